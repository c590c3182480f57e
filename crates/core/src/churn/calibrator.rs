//! Calibration: a second, small map from the margin to a probability that is right on average.
//!
//! - Platt scaling: `p = 1 / (1 + exp(-(slope · margin + intercept)))` (Platt 1999).
//! - Isotonic regression (Zadrozny and Elkan 2002): straight lines between points that never fall,
//!   flat before the first and after the last.
//! - Beta calibration: with `q` the probability of the margin as log-odds, the log-odds of `p` are
//!   `a · ln q − b · ln(1 − q) + c` (Kull, Silva Filho and Flach 2017).
//!
//! Each keeps the order of the rows (isotonic regression makes equals of some) and gives a finite
//! margin finite log-odds: a probability is never held to be 0 or 1.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorCode, Result};
use crate::math;

/// A map from margins to probabilities, fitted on rows the model had not seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Calibrator {
    /// Platt scaling: the logistic function of a straight line in the margin.
    Platt {
        /// What the margin is multiplied by; positive.
        slope: f64,
        /// What is added then, in log-odds.
        intercept: f64,
    },
    /// Isotonic regression: straight lines between points.
    Isotonic {
        /// Where the points are, rising, within 1e300 of 0.
        margins: Vec<f64>,
        /// How high they are: between 0 and 1 and neither, never falling.
        probabilities: Vec<f64>,
    },
    /// Beta calibration.
    Beta {
        /// How much the log of the probability counts; not negative, nor 0 when `b` is.
        a: f64,
        /// How much the log of what it lacks to 1 counts, with the sign changed; not negative.
        b: f64,
        /// What is added then, in log-odds.
        c: f64,
    },
}

/// The greatest margin of a point: differences of points are to be numbers.
const FARTHEST: f64 = 1e300;

impl Calibrator {
    /// The probability for a margin.
    #[must_use]
    pub fn probability(&self, margin: f64) -> f64 {
        match self {
            Self::Isotonic { margins, probabilities } => between(margins, probabilities, margin),
            _ => math::sigmoid(self.log_odds(margin)),
        }
    }

    /// The log-odds of that probability; finite for a finite margin, unless it is so large that
    /// no number holds them.
    #[must_use]
    pub fn log_odds(&self, margin: f64) -> f64 {
        match self {
            Self::Platt { slope, intercept } => slope * margin + intercept,
            Self::Isotonic { margins, probabilities } => {
                math::logit(between(margins, probabilities, margin))
            }
            Self::Beta { a, b, c } => b * softplus(margin) - a * softplus(-margin) + c,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        let wrong = match self {
            Self::Platt { slope, intercept } => {
                let good = slope.is_finite() && *slope > 0.0 && intercept.is_finite();
                (!good).then(|| {
                    format!(
                        "Platt slope `{slope}` and intercept `{intercept}` must be finite, the slope positive"
                    )
                })
            }
            Self::Isotonic { margins, probabilities } => wrong_points(margins, probabilities),
            Self::Beta { a, b, c } => {
                let weights = a.is_finite() && b.is_finite() && *a >= 0.0 && *b >= 0.0;
                let good = weights && a + b > 0.0 && c.is_finite();
                (!good).then(|| {
                    format!(
                        "beta `a` = `{a}`, `b` = `{b}` and `c` = `{c}` must be finite, `a` and `b` not negative and not both 0"
                    )
                })
            }
        };
        match wrong {
            None => Ok(()),
            Some(message) => {
                Err(Error::new(ErrorCode::ModelShape, "model", message).at_path("calibrator"))
            }
        }
    }
}

/// What is wrong with the points of an isotonic regression.
fn wrong_points(margins: &[f64], probabilities: &[f64]) -> Option<String> {
    if margins.is_empty() || margins.len() != probabilities.len() {
        let (margins, probabilities) = (margins.len(), probabilities.len());
        return Some(format!("has {margins} margins for {probabilities} probabilities"));
    }
    let far = |margin: &f64| !(-FARTHEST..=FARTHEST).contains(margin);
    if let Some(at) = margins.iter().position(far) {
        return Some(format!("margin {at} is `{}`; expected -1e300 to 1e300", margins[at]));
    }
    let sure = |p: &f64| !(*p > 0.0 && *p < 1.0);
    if let Some(at) = probabilities.iter().position(sure) {
        let found = probabilities[at];
        return Some(format!("probability {at} is `{found}`; expected more than 0, less than 1"));
    }
    if let Some(at) = margins.windows(2).position(|pair| pair[0] >= pair[1]) {
        return Some(format!("margin {} does not rise", at + 1));
    }
    let falls = probabilities.windows(2).position(|pair| pair[0] > pair[1])?;
    Some(format!("probability {} falls", falls + 1))
}

/// The height at `x` of straight lines between checked points, flat outside; NaN at NaN.
fn between(xs: &[f64], ys: &[f64], x: f64) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    let after = xs.partition_point(|at| *at <= x);
    if after == 0 {
        return ys[0];
    }
    if after == xs.len() {
        return ys[after - 1];
    }
    let (low, high) = (ys[after - 1], ys[after]);
    let share = (x - xs[after - 1]) / (xs[after] - xs[after - 1]);
    (low + (high - low) * share).clamp(low, high)
}

/// `ln(1 + e^x)`.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + math::ln_1p(math::exp(-x.abs()))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these numbers are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn platt_scaling_is_the_logistic_function_of_a_line() {
        let platt = Calibrator::Platt { slope: 2.0, intercept: -1.0 };
        assert_eq!(platt.probability(0.5), 0.5);
        // 1 / (1 + e^-3), from Python: 1 / (1 + math.exp(-3))
        assert!((platt.probability(2.0) - 0.952_574_126_822_433_1).abs() < 1e-15);
        assert_eq!(platt.log_odds(2.0), 3.0);
    }

    #[test]
    fn a_slope_that_turns_the_order_round_is_refused() {
        for (slope, intercept) in [(0.0, 0.0), (-1.0, 0.0), (f64::NAN, 0.0), (1.0, f64::INFINITY)] {
            let error = Calibrator::Platt { slope, intercept }.check().unwrap_err();
            assert_eq!(error.code(), ErrorCode::ModelShape);
        }
    }

    fn isotonic(points: &[(f64, f64)]) -> Calibrator {
        let (margins, probabilities) = points.iter().copied().unzip();
        Calibrator::Isotonic { margins, probabilities }
    }

    #[test]
    fn isotonic_regression_runs_through_its_points_and_is_flat_outside() {
        let steps = isotonic(&[(-1.0, 0.25), (1.0, 0.5), (2.0, 0.5), (4.0, 0.75)]);
        steps.check().unwrap();
        for (margin, p) in [
            (f64::NEG_INFINITY, 0.25),
            (-1.0, 0.25),
            (0.0, 0.375),
            (1.0, 0.5),
            (1.5, 0.5),
            (3.0, 0.625),
            (4.0, 0.75),
            (f64::INFINITY, 0.75),
        ] {
            assert_eq!(steps.probability(margin), p, "{margin}");
            assert_eq!(steps.log_odds(margin), math::logit(p));
        }
        assert!(steps.probability(f64::NAN).is_nan());
        assert_eq!(isotonic(&[(0.0, 0.5)]).probability(9.0), 0.5);
    }

    #[test]
    fn points_that_were_damaged_are_refused() {
        for (points, message) in [
            (vec![], "has 0 margins for 0 probabilities"),
            (vec![(f64::NAN, 0.5)], "margin 0 is `NaN`; expected -1e300 to 1e300"),
            (vec![(0.0, 0.1), (1e301, 0.5)], "margin 1 is"),
            (vec![(0.0, 0.0)], "probability 0 is `0`; expected more than 0, less than 1"),
            (vec![(0.0, 0.5), (1.0, f64::NAN)], "probability 1 is `NaN`"),
            (vec![(0.0, 0.5), (0.0, 0.6)], "margin 1 does not rise"),
            (vec![(0.0, 0.5), (1.0, 0.4)], "probability 1 falls"),
        ] {
            let error = isotonic(&points).check().unwrap_err();
            assert_eq!((error.code(), error.path()), (ErrorCode::ModelShape, Some("calibrator")));
            assert!(error.to_string().contains(message), "{error}");
        }
        let uneven = Calibrator::Isotonic { margins: vec![0.0], probabilities: vec![0.1, 0.2] };
        assert!(uneven.check().is_err());
    }

    #[test]
    fn beta_calibration_weighs_both_logarithms() {
        let same = Calibrator::Beta { a: 1.0, b: 1.0, c: 0.0 };
        for margin in [-800.0, -3.0, 0.0, 0.5, 40.0, 800.0] {
            assert!((same.log_odds(margin) - margin).abs() <= 1e-15 * margin.abs());
        }
        // Python: q = 1 / (1 + math.exp(-1.5)); 0.5 * log(q) - 2 * log(1 - q) + 0.25
        let other = Calibrator::Beta { a: 0.5, b: 2.0, c: 0.25 };
        assert!((other.log_odds(1.5) - 3.552_119_916_974_129).abs() < 1e-14);
        for (a, b, c) in
            [(0.0, 0.0, 0.0), (-1.0, 2.0, 0.0), (1.0, f64::NAN, 0.0), (1.0, 1.0, f64::INFINITY)]
        {
            let error = Calibrator::Beta { a, b, c }.check().unwrap_err();
            assert_eq!(error.code(), ErrorCode::ModelShape);
        }
    }

    proptest! {
        #[test]
        fn no_calibrator_turns_the_order_of_margins_round(
            steps in prop::collection::vec((1e-9..1e3_f64, 0.0..1.0_f64), 1..9),
            (a, b, c) in (0.0..3.0, 0.001..3.0, -3.0..3.0),
            margins in prop::collection::vec(-40.0..40.0_f64, 2..30),
        ) {
            let (mut margin, mut p) = (-500.0, 1e-9);
            let points: Vec<(f64, f64)> = steps.iter().map(|(by, share)| {
                margin += by;
                p += (1.0 - p) * share * 0.9;
                (margin, p)
            }).collect();
            let mut margins = margins;
            margins.sort_by(f64::total_cmp);
            for calibrator in [isotonic(&points), Calibrator::Beta { a, b, c }] {
                calibrator.check().unwrap();
                let p: Vec<f64> = margins.iter().map(|&m| calibrator.probability(m)).collect();
                prop_assert!(p.windows(2).all(|pair| pair[0] <= pair[1]), "{p:?}");
                prop_assert!(margins.iter().all(|&m| calibrator.log_odds(m).is_finite()));
            }
        }
    }
}
