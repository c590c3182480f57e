//! The two precisions a forest may have.

use std::ops::{Add, Sub};

use fearless_simd::{Simd, f32x8, f64x8, prelude::*};
#[cfg(target_arch = "x86_64")]
use fearless_simd::{f32x16, u8x64, u16x32, u32x16};

#[cfg(target_arch = "x86_64")]
use super::{block::ROWS, plan::LEAVES};

/// A number of a forest: `f32` or `f64`.
pub(super) trait Real: Copy + PartialOrd + Add<Output = Self> + Sub<Output = Self> {
    const ZERO: Self;
    const NEGATIVE_ZERO: Self;
    const NAN: Self;
    /// The nearest number to `value`.
    fn of(value: f64) -> Self;
    fn widen(self) -> f64;
    /// The next number above.
    fn above(self) -> Self;
    fn is_missing(self) -> bool;
    /// The category that a value names, when it names one of `size`.
    fn category(self, size: u32) -> Option<u32>;
    /// The first 32 bits, sign, exponent and the first of the digits.
    fn high_bits(self) -> i32;
    /// How many of the thresholds are not above `value`; NaN is neither.
    fn count_not_above<S: Simd>(simd: S, thresholds: &[Self; 8], value: Self) -> u8;
    /// One of its bytes, the lowest first.
    #[cfg(target_arch = "x86_64")]
    fn byte(self, at: usize) -> u8;
    /// Adds to the sum of each row the leaf that it ends at, tree after tree, whose leaves stand byte
    /// by byte.
    #[cfg(target_arch = "x86_64")]
    fn look_up<S: Simd>(
        simd: S,
        leaves: &[[u8; LEAVES]],
        ends: &[[u8; ROWS]],
        sums: &mut [Self; ROWS],
    );
}

macro_rules! real {
    ($type:ty, $vector:ident, $sums:ident, $look_up:ident) => {
        impl Real for $type {
            const ZERO: Self = 0.0;
            const NEGATIVE_ZERO: Self = -0.0;
            const NAN: Self = <$type>::NAN;

            #[allow(clippy::cast_possible_truncation, reason = "f64 as f32 rounds, as trainers do")]
            #[inline(always)]
            fn of(value: f64) -> Self {
                value as Self
            }

            #[inline(always)]
            fn widen(self) -> f64 {
                f64::from(self)
            }

            fn above(self) -> Self {
                self.next_up()
            }

            #[inline(always)]
            fn is_missing(self) -> bool {
                self.is_nan()
            }

            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                clippy::cast_lossless,
                reason = "within 0 and `size`, checked on the line before"
            )]
            #[inline(always)]
            fn category(self, size: u32) -> Option<u32> {
                (self >= 0.0 && self < size as Self).then(|| self as u32)
            }

            #[allow(clippy::cast_possible_truncation, reason = "32 bits are left")]
            #[allow(trivial_numeric_casts, clippy::unnecessary_cast, reason = "of f32 all are")]
            #[inline(always)]
            fn high_bits(self) -> i32 {
                ((self.to_bits() >> (8 * size_of::<Self>() - 32)) as u32).cast_signed()
            }

            #[expect(clippy::cast_possible_truncation, reason = "at most eight")]
            #[inline(always)]
            fn count_not_above<S: Simd>(simd: S, thresholds: &[Self; 8], value: Self) -> u8 {
                let not_above = $vector::simd_from(simd, *thresholds).simd_le(value);
                not_above.to_bitmask().count_ones() as u8
            }

            #[cfg(target_arch = "x86_64")]
            fn byte(self, at: usize) -> u8 {
                self.to_le_bytes()[at]
            }

            #[cfg(target_arch = "x86_64")]
            #[inline(always)]
            fn look_up<S: Simd>(
                simd: S,
                leaves: &[[u8; LEAVES]],
                ends: &[[u8; ROWS]],
                sums: &mut [Self; ROWS],
            ) {
                let (trees, _) = leaves.as_chunks::<{ size_of::<Self>() }>();
                let (of_rows, _) = sums.as_chunks_mut();
                let mut own = [$sums::splat(simd, 0.0); ROWS * size_of::<Self>() / 64];
                for at in 0..own.len() {
                    own[at] = $sums::simd_from(simd, of_rows[at]);
                }
                for tree in 0..ends.len() {
                    let leaves = $look_up(simd, &trees[tree], u8x64::simd_from(simd, ends[tree]));
                    for at in 0..own.len() {
                        own[at] += leaves[at];
                    }
                }
                for at in 0..own.len() {
                    of_rows[at] = own[at].into();
                }
            }
        }
    };
}

real!(f32, f32x8, f32x16, look_up_f32);
real!(f64, f64x8, f64x8, look_up_f64);

/// Four bytes of the leaves of these numbers, each looked up among those of all leaves.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn look_up<S: Simd>(simd: S, bytes: &[[u8; LEAVES]], ends: u8x64<S>) -> [u32x16<S>; 4] {
    let first = u8x64::simd_from(simd, bytes[0]).swizzle_dyn(ends);
    let second = u8x64::simd_from(simd, bytes[1]).swizzle_dyn(ends);
    let third = u8x64::simd_from(simd, bytes[2]).swizzle_dyn(ends);
    let fourth = u8x64::simd_from(simd, bytes[3]).swizzle_dyn(ends);
    // Side by side by twos, then by fours.
    let (low, low_of_rest) = first.interleave(second);
    let (high, high_of_rest) = third.interleave(fourth);
    let (a, b) = low.bitcast::<u16x32<S>>().interleave(high.bitcast::<u16x32<S>>());
    let (c, d) = low_of_rest.bitcast::<u16x32<S>>().interleave(high_of_rest.bitcast::<u16x32<S>>());
    [a.bitcast(), b.bitcast(), c.bitcast(), d.bitcast()]
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn look_up_f32<S: Simd>(simd: S, bytes: &[[u8; LEAVES]; 4], ends: u8x64<S>) -> [f32x16<S>; 4] {
    let [a, b, c, d] = look_up(simd, bytes, ends);
    [a.bitcast(), b.bitcast(), c.bitcast(), d.bitcast()]
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn look_up_f64<S: Simd>(simd: S, bytes: &[[u8; LEAVES]; 8], ends: u8x64<S>) -> [f64x8<S>; 8] {
    let (low, high) = (look_up(simd, &bytes[..4], ends), look_up(simd, &bytes[4..], ends));
    let mut eights = [f64x8::splat(simd, 0.0); 8];
    for at in 0..4 {
        let (first, second) = low[at].interleave(high[at]);
        (eights[2 * at], eights[2 * at + 1]) = (first.bitcast(), second.bitcast());
    }
    eights
}
