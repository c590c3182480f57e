//! The Mann–Kendall test: whether a series rises or falls at all.
//!
//! `S = Σ sign(y_j − y_i)` over all `i < j` (Mann 1945). Without a trend its mean is 0 and its
//! variance `(n(n − 1)(2n + 5) − Σ t(t − 1)(2t + 5)) / 18`, the second sum over the groups of `t`
//! equal values (Kendall 1975). `z = (S ∓ 1) / √variance` is the normal score with continuity
//! correction, and the p-value is that of two sides. Cost: O(n²).

use crate::math::erfc;

/// What the test finds of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannKendall {
    /// How many more pairs rise than fall.
    pub s: f64,
    /// The variance of `s` without a trend, ties taken into account.
    pub variance: f64,
    /// The normal score; 0 where `s` is.
    pub z: f64,
    /// How probable so great a `|z|` is without a trend, 0 to 1.
    pub p_value: f64,
    /// Kendall's tau-b between value and order, −1 to 1; nothing where all values are equal.
    pub tau: Option<f64>,
}

/// The test of the values `y`, which are finite and in the order of time.
#[must_use]
pub fn mann_kendall(y: &[f64]) -> MannKendall {
    let mut s = 0.0;
    for (at, later) in y.iter().enumerate() {
        for earlier in &y[..at] {
            s += f64::from(i8::from(later > earlier) - i8::from(later < earlier));
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "no series has 2^53 values")]
    let count = |n: usize| n as f64;
    let (mut tied_pairs, mut ties) = (0.0, 0.0);
    let mut sorted = y.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    for group in sorted.chunk_by(|a, b| a == b) {
        let t = count(group.len());
        tied_pairs += t * (t - 1.0) / 2.0;
        ties += t * (t - 1.0) * (2.0 * t + 5.0);
    }
    let n = count(y.len());
    let pairs = n * (n - 1.0) / 2.0;
    let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - ties) / 18.0;
    let z = if s == 0.0 { 0.0 } else { (s - s.signum()) / variance.sqrt() };
    let tau = (pairs > tied_pairs).then(|| s / (pairs * (pairs - tied_pairs)).sqrt());
    MannKendall { s, variance, z, p_value: erfc(z.abs() / std::f64::consts::SQRT_2), tau }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_series_with_ties_has_the_variance_by_hand() {
        // n = 6, groups of 3 and 2: (6·5·17 − 3·2·11 − 2·1·9) / 18 = 426 / 18.
        let found = mann_kendall(&[1.0, 2.0, 1.0, 3.0, 3.0, 1.0]);
        assert_eq!((found.s, found.variance), (3.0, 426.0 / 18.0));
        assert_eq!(found.z, 2.0 / (426.0_f64 / 18.0).sqrt());
        assert!((found.p_value - 0.680_989_512_357_224_4).abs() < 1e-15, "{}", found.p_value);
        assert_eq!(found.tau, Some(3.0 / (15.0_f64 * 11.0).sqrt()));
    }

    #[test]
    fn a_constant_or_short_series_has_no_trend() {
        let flat = mann_kendall(&[2.0; 9]);
        assert_eq!(
            (flat.s, flat.variance, flat.z, flat.p_value, flat.tau),
            (0.0, 0.0, 0.0, 1.0, None)
        );
        for short in [&[][..], &[1.0]] {
            assert_eq!((mann_kendall(short).p_value, mann_kendall(short).tau), (1.0, None));
        }
        assert_eq!(mann_kendall(&[1.0, 2.0]).p_value, 1.0);
    }

    proptest! {
        #[test]
        fn turning_the_series_round_turns_the_sign(
            mut y in proptest::collection::vec((-5_i8..5).prop_map(f64::from), 2..30),
        ) {
            let straight = mann_kendall(&y);
            prop_assert!((0.0..=1.0).contains(&straight.p_value));
            prop_assert!(straight.tau.is_none_or(|tau| tau.abs() <= 1.0));
            y.reverse();
            let back = mann_kendall(&y);
            prop_assert_eq!((back.s, back.z), (-straight.s, -straight.z));
            prop_assert_eq!(back.p_value, straight.p_value);
        }
    }
}
