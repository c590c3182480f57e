//! The two precisions a forest may have.

use std::ops::{Add, Sub};

use fearless_simd::{Simd, f32x8, f64x8, prelude::*};

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
    /// How many of the thresholds are not above `value`; NaN is neither.
    fn count_not_above<S: Simd>(simd: S, thresholds: &[Self; 16], value: Self) -> usize;
}

macro_rules! real {
    ($type:ty, $count:expr) => {
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

            #[inline(always)]
            fn count_not_above<S: Simd>(simd: S, thresholds: &[Self; 16], value: Self) -> usize {
                $count(simd, thresholds, value)
            }
        }
    };
}

#[inline(always)]
fn count_f32<S: Simd>(simd: S, thresholds: &[f32; 16], value: f32) -> usize {
    let value = f32x8::splat(simd, value);
    let mut count = 0;
    for half in thresholds.as_chunks::<8>().0 {
        count += f32x8::simd_from(simd, *half).simd_le(value).to_bitmask().count_ones();
    }
    count as usize
}

#[inline(always)]
fn count_f64<S: Simd>(simd: S, thresholds: &[f64; 16], value: f64) -> usize {
    let value = f64x8::splat(simd, value);
    let mut count = 0;
    for half in thresholds.as_chunks::<8>().0 {
        count += f64x8::simd_from(simd, *half).simd_le(value).to_bitmask().count_ones();
    }
    count as usize
}

real!(f32, count_f32);
real!(f64, count_f64);
