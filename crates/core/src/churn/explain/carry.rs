//! From contributions to the margin to contributions to what a model states.
//!
//! A calibrator, or a link, maps the margin to the probability. Where the log-odds of that are a
//! straight line in the margin (the logistic link, Platt scaling), contributions are multiplied by
//! its slope, which is exact. Elsewhere (isotonic regression, beta calibration, a margin that is a
//! probability) all of a row's contributions are multiplied by one number, so that they add up: the
//! rescale rule for a series of models (Shrikumar, Greenside and Kundaje 2017; Chen, Lundberg and
//! Lee 2022).

use crate::churn::{Calibrator, Link, Model};
use crate::math;

/// A probability of 0 or 1 has no log-odds; those of a margin that is a probability are taken at
/// this distance from it.
const SURE: f64 = 1e-6;

/// What contributions add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Output {
    /// The log-odds of the stated probability.
    #[default]
    LogOdds,
    /// The margin, before any calibration.
    Margin,
    /// The stated probability.
    Probability,
}

impl Output {
    /// The output of a name: `log_odds`, `margin` or `probability`.
    ///
    /// # Errors
    /// [`ErrorCode::Argument`](crate::ErrorCode::Argument) when it is none of these.
    pub fn named(name: &str) -> crate::error::Result<Self> {
        match name {
            "log_odds" => Ok(Self::LogOdds),
            "margin" => Ok(Self::Margin),
            "probability" => Ok(Self::Probability),
            _ => {
                let names = ["log_odds", "margin", "probability"];
                let near = crate::error::did_you_mean(name, names);
                let message =
                    format!("is `{name}`; expected `log_odds`, `margin` or `probability`{near}");
                Err(crate::error::Error::argument("output", message))
            }
        }
    }
}

/// A map from the margin to what is explained.
pub(super) struct Carrier<'m> {
    pub(super) model: &'m Model,
    pub(super) link: Link,
    pub(super) output: Output,
}

impl Carrier<'_> {
    /// What is explained at a margin.
    pub(super) fn of(&self, margin: f64) -> f64 {
        match (self.output, self.model.calibrator(), self.link) {
            (Output::Margin, ..) | (Output::LogOdds, None, Link::Logistic) => margin,
            (Output::Probability, ..) => self.model.probability(margin),
            (Output::LogOdds, Some(calibrator), _) => calibrator.log_odds(margin),
            (Output::LogOdds, None, _) => {
                math::logit(self.model.probability(margin).clamp(SURE, 1.0 - SURE))
            }
        }
    }

    /// The slope, where it is the same everywhere.
    fn slope(&self) -> Option<f64> {
        match (self.output, self.model.calibrator(), self.link) {
            (Output::Margin, ..) | (Output::LogOdds, None, Link::Logistic) => Some(1.0),
            (Output::LogOdds, Some(Calibrator::Platt { slope, .. }), _) => Some(*slope),
            _ => None,
        }
    }

    /// What contributions are multiplied by, which move the margin from `mean` by `sum`, and whose
    /// sizes add up to `size`.
    fn factor(&self, mean: f64, sum: f64, size: f64) -> f64 {
        if let Some(slope) = self.slope() {
            return slope;
        }
        // Where contributions cancel, the slope of the map itself, over the way they could go.
        let step = if sum.abs() > 1e-3 * size { sum } else { 1e-3 * size };
        if step == 0.0 { 0.0 } else { (self.of(mean + step) - self.of(mean)) / step }
    }

    /// Carries a row's contributions from the margin, whose mean is `mean`, to what is explained,
    /// so that with what is explained at `mean` they add up to what it is at `margin`. Gives the
    /// factor they were multiplied by.
    pub(super) fn carry(&self, mean: f64, margin: f64, values: &mut [f64]) -> f64 {
        let sum: f64 = values.iter().sum();
        let size: f64 = values.iter().map(|value| value.abs()).sum();
        let factor = self.factor(mean, sum, size);
        let target = self.of(margin) - self.of(mean);
        // What is left is rounding, above all that of sums in single precision. It is shared out
        // in proportion to the sizes, or equally where all are 0; twice, to round that too.
        #[expect(clippy::cast_precision_loss, reason = "no model has 2^53 inputs")]
        let equal = 1.0 / values.len() as f64;
        let share = |value: f64, size: f64| if size > 0.0 { value.abs() / size } else { equal };
        for value in &mut *values {
            *value = if factor == 0.0 { target * share(*value, size) } else { *value * factor };
        }
        for _ in 0..2 {
            let left = target - values.iter().sum::<f64>();
            let size: f64 = values.iter().map(|value| value.abs()).sum();
            for value in &mut *values {
                *value += left * share(*value, size);
            }
        }
        factor
    }
}
