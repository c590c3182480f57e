//! Confidence: an inductive Venn–Abers interval for each probability (Vovk and Petej 2014).
//!
//! To a row with margin `s` belong two probabilities: `p0`, what isotonic regression says at `s` of
//! the calibration rows and `(s, 0)`, and `p1`, what it says with `(s, 1)`. One of the two is
//! calibrated whatever the model is, so long as rows are exchangeable; how far they are apart shows
//! how little is known near `s`. Both are steps in `s`, made once and looked up in `O(log n)` (Vovk,
//! Petej and Fedorova 2015). Here the calibration rows are those that the model's folds had not
//! seen, so the guarantee is that of cross-calibration: close, not exact.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorCode, Result};

/// Steps that never fall.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Steps {
    /// The margins at which they are, rising.
    pub at: Vec<f64>,
    /// How high each is, 0 to 1, never falling.
    pub height: Vec<f64>,
}

/// The intervals of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VennAbers {
    /// `p0`: the height of the last step at or below a margin, or 0.
    pub lower: Steps,
    /// `p1`: the height of the first step at or above a margin, or 1.
    pub upper: Steps,
}

/// Where a probability lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ProbabilityInterval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// How well a probability is known, by the width of its interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ConfidenceLevel {
    /// Wider than 0.15.
    Low,
    /// At most 0.15 wide.
    Medium,
    /// At most 0.05 wide.
    High,
}

impl ProbabilityInterval {
    /// The one probability with the least regret in log-loss, `p1 / (1 − p0 + p1)` (Vovk, Petej and
    /// Fedorova 2015); it lies in the interval.
    #[must_use]
    pub fn merged(self) -> f64 {
        (self.high / (1.0 - self.low + self.high)).clamp(self.low, self.high)
    }

    /// How well the probability is known.
    #[must_use]
    pub fn level(self) -> ConfidenceLevel {
        let width = self.high - self.low;
        if width <= 0.05 {
            ConfidenceLevel::High
        } else if width <= 0.15 {
            ConfidenceLevel::Medium
        } else {
            ConfidenceLevel::Low
        }
    }
}

impl Steps {
    fn wrong(&self) -> Option<&'static str> {
        let rising = self.at.iter().all(|at| at.is_finite())
            && self.at.windows(2).all(|pair| pair[0] < pair[1]);
        let shares = self.height.iter().all(|height| (0.0..=1.0).contains(height))
            && self.height.windows(2).all(|pair| pair[0] <= pair[1]);
        if self.at.len() != self.height.len() {
            Some("has not as many heights as steps")
        } else if !rising {
            Some("has margins that are not finite or do not rise")
        } else {
            (!shares).then_some("has heights that are not 0 to 1 or fall")
        }
    }
}

impl VennAbers {
    /// The interval of the probability for a margin.
    #[must_use]
    pub fn interval(&self, margin: f64) -> ProbabilityInterval {
        let below = self.lower.at.partition_point(|at| *at <= margin);
        let low = below.checked_sub(1).map_or(0.0, |last| self.lower.height[last]);
        let above = self.upper.at.partition_point(|at| *at < margin);
        let high = self.upper.height.get(above).copied().unwrap_or(1.0);
        ProbabilityInterval { low, high }
    }

    pub(super) fn check(&self) -> Result<()> {
        let crossed = || {
            let above = |(&at, &low): (&f64, &f64)| low > self.interval(at).high;
            self.lower.at.iter().zip(&self.lower.height).any(above)
        };
        let wrong = self.lower.wrong().or_else(|| self.upper.wrong());
        let wrong = wrong.or_else(|| crossed().then_some("has a lower end above its upper end"));
        wrong.map_or(Ok(()), |what| {
            Err(Error::new(ErrorCode::ModelShape, "model", what).at_path("confidence"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(points: &[(f64, f64)]) -> Steps {
        let (at, height) = points.iter().copied().unzip();
        Steps { at, height }
    }

    #[test]
    fn an_interval_is_looked_up_on_either_side() {
        let intervals = VennAbers {
            lower: steps(&[(0.0, 0.1), (2.0, 0.5)]),
            upper: steps(&[(0.0, 0.3), (2.0, 0.6)]),
        };
        intervals.check().unwrap();
        for (margin, low, high) in [
            (f64::NEG_INFINITY, 0.0, 0.3),
            (0.0, 0.1, 0.3),
            (1.0, 0.1, 0.6),
            (2.0, 0.5, 0.6),
            (3.0, 0.5, 1.0),
        ] {
            assert_eq!(intervals.interval(margin), ProbabilityInterval { low, high }, "{margin}");
        }
    }

    #[test]
    fn the_level_follows_the_width() {
        let level = |low: f64, high: f64| ProbabilityInterval { low, high }.level();
        assert_eq!(level(0.25, 0.28), ConfidenceLevel::High);
        assert_eq!(level(0.25, 0.375), ConfidenceLevel::Medium);
        assert_eq!(level(0.25, 0.5), ConfidenceLevel::Low);
        assert_eq!(ProbabilityInterval { low: 0.0, high: 1.0 }.merged(), 0.5);
        assert_eq!(ProbabilityInterval { low: 0.5, high: 0.5 }.merged(), 0.5);
    }

    #[test]
    fn steps_that_were_damaged_are_refused() {
        let good = steps(&[(0.0, 0.2), (1.0, 0.4)]);
        for (lower, upper, message) in [
            (steps(&[(f64::NAN, 0.2)]), good.clone(), "not finite"),
            (steps(&[(1.0, 0.2), (1.0, 0.3)]), good.clone(), "do not rise"),
            (good.clone(), steps(&[(0.0, 1.5)]), "not 0 to 1"),
            (good.clone(), steps(&[(0.0, 0.5), (1.0, 0.4)]), "fall"),
            (steps(&[(0.0, 0.3)]), good.clone(), "lower end above"),
            (Steps { at: vec![0.0], height: vec![] }, good.clone(), "not as many"),
        ] {
            let error = VennAbers { lower, upper }.check().unwrap_err();
            assert_eq!((error.code(), error.path()), (ErrorCode::ModelShape, Some("confidence")));
            assert!(error.to_string().contains(message), "{error}");
        }
    }
}
