//! Recourse: the least change to inputs that someone can act on which brings a customer's
//! probability down to a threshold (Ustun, Spangher and Liu 2019), or the proof that there is none.
//!
//! A change costs what its [`Lever`] says: a number by the distance, a name or truth at once. A
//! forest asks a finite number of questions, so between them only finitely many values differ:
//! [`choices`] lists them, [`search`] finds the cheapest combination by branch and bound. A linear
//! form is met by the levers that bring most for their cost, which is exact where they are numbers
//! without steps ([`linear`]).

mod choices;
mod linear;
mod search;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use super::explain::Trees;
use super::model::{InputKind, Model, Predictor, encoded_kinds};
use crate::error::{Error, ErrorCode, Result};

/// What may be done to one input.
#[derive(Debug, Clone, PartialEq)]
pub struct Lever {
    /// The input.
    pub input: usize,
    /// The least number it may be set to; or its own value, where that is less.
    pub min: f64,
    /// The greatest number it may be set to; or its own value, where that is greater.
    pub max: f64,
    /// What one unit costs, or another name or truth. Not negative.
    pub cost: f64,
    /// What numbers are multiples of, for instance 1 where only whole numbers make sense.
    pub step: Option<f64>,
}

impl Lever {
    /// What a number may be set to.
    fn range(&self, own: f64) -> RangeInclusive<f64> {
        self.min.min(own)..=self.max.max(own)
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct RecourseParams<'a> {
    /// The probability to come down to, 0 to 1.
    pub threshold: f64,
    /// What may be changed. An input that is missing, or a name that the model does not know, stays.
    pub levers: &'a [Lever],
    /// How many inputs may change.
    pub max_changes: usize,
}

/// What is known of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RecourseStatus {
    /// The probability is at or below the threshold as it is.
    NotNeeded,
    /// No cheaper change does it.
    Optimal,
    /// It does it, and whether a cheaper one would was not settled.
    Found,
    /// No change within the bounds does it.
    Impossible,
    /// None was found before the search was given up.
    NotFound,
}

/// The changed row.
#[derive(Debug, Clone, PartialEq)]
pub struct Recoursed {
    /// What is known of it.
    pub status: RecourseStatus,
    /// The row with the changes; as it was where there are none.
    pub row: Vec<f64>,
    /// What the changes cost in all.
    pub cost: f64,
}

impl Recoursed {
    fn none(status: RecourseStatus, row: &[f64]) -> Self {
        Self { status, row: row.to_vec(), cost: 0.0 }
    }
}

impl Model {
    /// The least change to `row`, which is as for [`Model::predict_row`], after which the
    /// probability is at most the threshold. Inputs change by themselves: where one is computed from
    /// another, that is for the caller to mind.
    ///
    /// Cost: a step of the search looks at every node whose question a lever can change; it is given
    /// up after 10,000 steps.
    ///
    /// # Errors
    /// [`ErrorCode::ModelShape`] when the length is not the model's; [`ErrorCode::Argument`] for a
    /// threshold that is no probability and a lever that makes no sense.
    pub fn recourse(&self, row: &[f64], params: &RecourseParams<'_>) -> Result<Recoursed> {
        self.check_width(row.len())?;
        if !(0.0..=1.0).contains(&params.threshold) {
            let message = format!("`{}` is not a probability; expected 0 to 1", params.threshold);
            return Err(Error::argument("threshold", message));
        }
        for lever in params.levers {
            self.check_lever(lever)?;
        }
        let margin = self.margin_row(row)?;
        if self.probability(margin) <= params.threshold {
            return Ok(Recoursed::none(RecourseStatus::NotNeeded, row));
        }
        let Some(target) = self.target(params.threshold, margin) else {
            return Ok(Recoursed::none(RecourseStatus::Impossible, row));
        };
        let levers: Vec<&Lever> =
            params.levers.iter().filter(|lever| self.can_move(lever, row[lever.input])).collect();
        match &self.parts().predictor {
            Predictor::Forest(forest) => {
                let kinds = encoded_kinds(self.inputs(), &self.parts().encoders);
                let trees = Trees::new(forest.parts(), &kinds);
                let choices = choices::choices(self, &trees, row, &levers);
                search::search(self, &trees, row, &choices, target, params)
            }
            Predictor::Linear(form) => linear::search(self, form, row, &levers, target, params),
        }
    }

    fn check_lever(&self, lever: &Lever) -> Result<()> {
        let refuse = |message: String| Err(Error::argument("levers", message));
        let Some(input) = self.inputs().get(lever.input) else {
            return Err(Error::new(ErrorCode::ModelShape, "model", "has no such input"));
        };
        let name = &input.name;
        if !(lever.cost.is_finite() && lever.cost >= 0.0) {
            return refuse(format!(
                "the cost `{}` of `{name}` is not a number of 0 or more",
                lever.cost
            ));
        }
        if lever.min.is_nan() || lever.max.is_nan() || lever.min > lever.max {
            return refuse(format!(
                "`{name}` cannot be between `{}` and `{}`",
                lever.min, lever.max
            ));
        }
        if lever.step.is_some_and(|step| !(step.is_finite() && step > 0.0)) {
            return refuse(format!("the step of `{name}` is not a number above 0"));
        }
        Ok(())
    }

    /// Whether a value is one that a lever can change.
    fn can_move(&self, lever: &Lever, value: f64) -> bool {
        match &self.inputs()[lever.input].kind {
            InputKind::Number | InputKind::Bool => !value.is_nan(),
            #[expect(clippy::cast_precision_loss, reason = "no dictionary has 2^53 names")]
            InputKind::Category { values } => value >= 0.0 && value < values.len() as f64,
        }
    }

    /// The greatest margin, below one that is too great, of a probability that is not: probability
    /// does not fall where the margin rises.
    fn target(&self, threshold: f64, too_great: f64) -> Option<f64> {
        let low_enough = |margin: f64| self.probability(margin) <= threshold;
        let (mut below, mut above) = (-f64::from(f32::MAX), too_great);
        if !low_enough(below) {
            return None;
        }
        loop {
            let middle = below + (above - below) / 2.0;
            if middle <= below || middle >= above {
                return Some(below);
            }
            if low_enough(middle) {
                below = middle;
            } else {
                above = middle;
            }
        }
    }
}
