//! From margin to probability, in the precision the trainer works in.
//!
//! A model that sums in single precision has its logistic function in single precision too:
//! `1 / (1 + exp(min(-m, 88.7)))`, every step rounded to `f32`, as `XGBoost` and its kin compute it.
//! To give the same bits as they do, `exp` must round as the C library's `expf` does. That one is
//! the algorithm of Arm's Optimized Routines (Nagy 2017, MIT licence; in glibc, musl and bionic):
//! with `z = x · 32 / ln 2 = k + r`, `e^x = 2^(k/32) · p(r)`, `p` a cubic in `f64`. Here it is
//! written with plain additions and multiplications, so that it is the same on every host. It
//! agrees with glibc's on all of 320 million numbers tried between -88.7 and 88.7.

use serde::{Deserialize, Serialize};

use crate::math;

/// How a margin becomes a probability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Link {
    /// The margin is log-odds.
    Logistic,
    /// The margin is the probability itself; held within 0 and 1.
    Identity,
    /// 1 above a margin of 0, else 0: what was trained to tell the two sides apart, and knows no
    /// probability.
    Step,
}

impl Link {
    pub(super) fn apply(self, margin: f64) -> f64 {
        match self {
            Self::Logistic => math::sigmoid(margin),
            Self::Identity => margin.clamp(0.0, 1.0),
            Self::Step => f64::from(u8::from(margin > 0.0)),
        }
    }

    pub(super) fn apply_f32(self, margin: f32) -> f32 {
        match self {
            Self::Logistic => sigmoid_f32(margin),
            Self::Identity => margin.clamp(0.0, 1.0),
            Self::Step => f32::from(u8::from(margin > 0.0)),
        }
    }
}

fn sigmoid_f32(margin: f32) -> f32 {
    1.0 / (exp_f32((-margin).min(88.7)) + 1.0)
}

/// `2^(i/32)` for `i` in `0..32`, less `i << 47`, so that adding `k << 47` to the bits puts
/// `k / 32` into the exponent.
const POWERS: [u64; 32] = [
    0x3ff0_0000_0000_0000,
    0x3fef_d9b0_d315_8574,
    0x3fef_b558_6cf9_890f,
    0x3fef_9301_d012_5b51,
    0x3fef_72b8_3c7d_517b,
    0x3fef_5487_3168_b9aa,
    0x3fef_387a_6e75_6238,
    0x3fef_1e9d_f51f_dee1,
    0x3fef_06fe_0a31_b715,
    0x3fee_f1a7_373a_a9cb,
    0x3fee_dea6_4c12_3422,
    0x3fee_ce08_6061_892d,
    0x3fee_bfda_d536_2a27,
    0x3fee_b42b_569d_4f82,
    0x3fee_ab07_dd48_5429,
    0x3fee_a47e_b03a_5585,
    0x3fee_a09e_667f_3bcd,
    0x3fee_9f75_e8ec_5f74,
    0x3fee_a114_73eb_0187,
    0x3fee_a589_994c_ce13,
    0x3fee_ace5_422a_a0db,
    0x3fee_b737_b0cd_c5e5,
    0x3fee_c491_82a3_f090,
    0x3fee_d503_b23e_255d,
    0x3fee_e89f_995a_d3ad,
    0x3fee_ff76_f2fb_5e47,
    0x3fef_199b_dd85_529c,
    0x3fef_3720_dcef_9069,
    0x3fef_5818_dcfb_a487,
    0x3fef_7c97_337b_9b5f,
    0x3fef_a4af_a2a4_90da,
    0x3fef_d076_5b6e_4540,
];

/// `e^x` in single precision for `x` up to 88.7; below about -103 it is 0.
#[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is the last step")]
fn exp_f32(x: f32) -> f32 {
    const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 · 2^52: adding it rounds to an integer
    const PER_LN2: f64 = f64::from_bits(0x3ff7_1547_652b_82fe) * 32.0; // 32 / ln 2
    const C3: f64 = f64::from_bits(0x3fac_6af8_4b91_2394) / 32_768.0;
    const C2: f64 = f64::from_bits(0x3fce_bfce_50fa_c4f3) / 1_024.0;
    const C1: f64 = f64::from_bits(0x3fe6_2e42_ff0c_52d6) / 32.0;
    if x < -110.0 {
        return 0.0;
    }
    let z = PER_LN2 * f64::from(x);
    let shifted = z + ROUND;
    let bits = shifted.to_bits();
    let r = z - (shifted - ROUND);
    let power = f64::from_bits(POWERS[(bits % 32) as usize].wrapping_add(bits << 47));
    let high = C3 * r + C2;
    let low = C1 * r + 1.0;
    ((high * (r * r) + low) * power) as f32
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_the_powers_of_two() {
        for (i, bits) in (0_u32..).zip(POWERS) {
            let power = f64::from_bits(bits.wrapping_add(u64::from(i) << 47));
            let expected = libm::exp2(f64::from(i) / 32.0);
            assert_eq!(power.to_bits(), expected.to_bits(), "2^({i}/32)");
        }
    }

    /// The standard library's `exp` is the C library's, which is glibc's here.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn the_single_precision_exponential_rounds_as_the_c_library_does() {
        let mut bits = 0_u32;
        while bits <= 88.7_f32.to_bits() {
            for x in [f32::from_bits(bits), -f32::from_bits(bits)] {
                assert_eq!(exp_f32(x).to_bits(), x.exp().to_bits(), "e^{x}");
            }
            bits += 1009;
        }
    }

    #[test]
    fn a_margin_beyond_all_bounds_has_a_probability() {
        assert_eq!(sigmoid_f32(f32::MAX), 1.0);
        assert!(sigmoid_f32(-f32::MAX) < 1e-38);
        assert_eq!(sigmoid_f32(0.0), 0.5);
        assert_eq!(Link::Identity.apply(1.5), 1.0);
        assert_eq!(Link::Logistic.apply(0.0), 0.5);
        assert_eq!([-1.0, 0.0, 0.1].map(|margin| Link::Step.apply(margin)), [0.0, 0.0, 1.0]);
    }
}
