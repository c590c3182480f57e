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
    /// The first 32 bits, sign, exponent and the first of the digits.
    fn high_bits(self) -> i32;
    /// How many of the thresholds are not above `value`; NaN is neither.
    fn count_not_above<S: Simd>(simd: S, thresholds: &[Self; 8], value: Self) -> u8;
}

macro_rules! real {
    ($type:ty, $vector:ident) => {
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
        }
    };
}

real!(f32, f32x8);
real!(f64, f64x8);
