//! Curves over all cohorts: shares with Wilson's interval, and the Kaplan–Meier estimate.

use super::document::{Ages, RetentionPoint, SurvivalPoint};
use crate::math::{exp, ln, wilson};

/// The 0.975 quantile of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

impl RetentionPoint {
    /// `retained` of `customers`.
    pub(super) fn new(ages: Ages, customers: u32, retained: u32) -> Self {
        let (of, all) = (f64::from(retained), f64::from(customers));
        let (low, high) = wilson(of, all).unzip();
        let rate = low.map(|_| of / all);
        Self { ages, customers, retained, rate, low, high }
    }
}

/// The Kaplan–Meier estimate from how many left and how many were last seen at each age, who are at
/// risk up to it. It ends with the last age that anyone is at risk at.
pub(super) fn survival(ended: &[u32], censored: &[u32]) -> Vec<SurvivalPoint> {
    let mut at_risk: u32 = ended.iter().chain(censored).sum();
    let (mut survival, mut variance) = (1.0, 0.0);
    let mut points = Vec::new();
    for (age, (&ended, &censored)) in (0..).zip(ended.iter().zip(censored)) {
        if at_risk == 0 {
            break;
        }
        let (n, d) = (f64::from(at_risk), f64::from(ended));
        survival *= 1.0 - d / n;
        variance += d / (n * (n - d));
        let (low, high) = band(survival, variance);
        points.push(SurvivalPoint { age, at_risk, ended, censored, survival, low, high });
        at_risk -= ended + censored;
    }
    points
}

/// `S^exp(±z·√v / ln S)`, where `v` is Greenwood's sum: the interval never leaves 0 to 1.
fn band(survival: f64, variance: f64) -> (f64, f64) {
    // Nobody left, or nobody stayed: the logarithm says nothing.
    if survival >= 1.0 || survival <= 0.0 {
        return (survival, survival);
    }
    let log = ln(survival);
    let reach = Z * variance.sqrt() / log;
    (exp(log * exp(-reach)), exp(log * exp(reach)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_wilson_is_that_of_the_table() {
        // Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (retained, customers, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let point = RetentionPoint::new(Ages { first: 0, last: None }, customers, retained);
            assert!((point.low.unwrap() - low).abs() < 5e-5, "{point:?}");
            assert!((point.high.unwrap() - high).abs() < 5e-5, "{point:?}");
        }
        assert_eq!(RetentionPoint::new(Ages { first: 0, last: None }, 0, 0).rate, None);
    }

    #[test]
    fn survival_is_that_of_the_remission_times() {
        // 6-mercaptopurine of Freireich et al. (1963): S(6) = 0.857, S(10) = 0.753, S(22) = 0.538,
        // S(23) = 0.448.
        let (mut ended, mut censored) = ([0; 36], [0; 36]);
        for at in [6, 6, 6, 7, 10, 13, 16, 22, 23] {
            ended[at] += 1;
        }
        for at in [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35] {
            censored[at] += 1;
        }
        let points = survival(&ended, &censored);
        assert_eq!(points.len(), 36);
        for (age, at_risk, expected) in
            [(6, 21, 0.857), (10, 15, 0.753), (22, 7, 0.538), (23, 6, 0.448)]
        {
            let point = &points[age];
            assert_eq!(point.at_risk, at_risk);
            assert!((point.survival - expected).abs() < 5e-4, "{point:?}");
            assert!(point.low < point.survival && point.survival < point.high);
        }
        assert_eq!((points[0].low, points[0].high), (1.0, 1.0));
    }
}
