//! Calibration: a second, small map from the margin to a probability that is right on average.
//!
//! Platt scaling is `p = 1 / (1 + exp(-(slope · margin + intercept)))` (Platt 1999). It keeps the
//! order of the rows when the slope is positive, which it must be here.

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
}

impl Calibrator {
    /// The probability for a margin.
    #[must_use]
    pub fn probability(&self, margin: f64) -> f64 {
        match self {
            Self::Platt { slope, intercept } => math::sigmoid(slope * margin + intercept),
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        let Self::Platt { slope, intercept } = self;
        if slope.is_finite() && *slope > 0.0 && intercept.is_finite() {
            return Ok(());
        }
        Err(Error::new(
            ErrorCode::ModelShape,
            "model",
            format!(
                "Platt slope `{slope}` and intercept `{intercept}` must be finite, the slope positive"
            ),
        )
        .at_path("calibrator"))
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn platt_scaling_is_the_logistic_function_of_a_line() {
        let platt = Calibrator::Platt { slope: 2.0, intercept: -1.0 };
        assert_eq!(platt.probability(0.5), 0.5);
        // 1 / (1 + e^-3), from Python: 1 / (1 + math.exp(-3))
        assert!((platt.probability(2.0) - 0.952_574_126_822_433_1).abs() < 1e-15);
    }

    #[test]
    fn a_slope_that_turns_the_order_round_is_refused() {
        for (slope, intercept) in [(0.0, 0.0), (-1.0, 0.0), (f64::NAN, 0.0), (1.0, f64::INFINITY)] {
            let error = Calibrator::Platt { slope, intercept }.check().unwrap_err();
            assert_eq!(error.code(), ErrorCode::ModelShape);
        }
    }
}
