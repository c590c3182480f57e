//! What would have to change for a customer not to be at risk.

use serde::Serialize;
use serde_json::Value as Json;

use super::Engine;
use super::forget::Forgotten;
use super::reasons::as_json;
use crate::churn::{InputKind, Lever, Model, RecourseParams, RecourseStatus};
use crate::error::{Error, Result, did_you_mean};
use crate::playbook::{Actionable, Direction, Playbook};
use crate::time::Timestamp;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct RecourseQuestion {
    /// The churn probability to come down to, 0 to 1.
    pub threshold: f64,
    /// The features that may change; where it is none, those that `[reasons]` marks as actionable.
    pub features: Option<Vec<String>>,
    /// How many features may change; any number where it is none.
    pub max_changes: Option<usize>,
}

/// The least change to a customer's features that brings the churn probability down to a threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Recourse {
    /// What is known of it.
    pub status: RecourseStatus,
    /// The threshold.
    pub threshold: f64,
    /// The probability as it is.
    pub probability: f64,
    /// The probability with the changes; as it is where there are none.
    pub changed_probability: f64,
    /// What the changes cost in all.
    pub cost: f64,
    /// The changes, in the order of the model's inputs.
    pub changes: Vec<RecourseChange>,
}

/// A feature that is to change.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RecourseChange {
    /// The feature.
    pub feature: String,
    /// The customer's value.
    #[cfg_attr(feature = "typescript", ts(type = "Value"))]
    pub value: Json,
    /// The value it is to have.
    #[cfg_attr(feature = "typescript", ts(type = "Value"))]
    pub changed_value: Json,
    /// What that costs.
    pub cost: f64,
}

impl Engine {
    /// The least change to features that someone can act on which brings one customer's churn
    /// probability at `as_of` down to a threshold, or that there is none (Ustun, Spangher and Liu
    /// 2019). Costs, bounds and steps are those of `actionable` in the playbook's `[reasons]`. Each
    /// feature changes by itself: [`Engine::what_if`] tells what else follows.
    ///
    /// # Errors
    /// As [`Engine::score`]; `model_missing` when the bundle has no model, `argument` where nothing
    /// may change or a feature is not one of the model's.
    pub fn recourse(
        &self,
        customer_id: &str,
        as_of: Timestamp,
        asked: &RecourseQuestion,
    ) -> Result<Recourse> {
        Forgotten::check(self.forgotten.as_ref(), as_of)?;
        self.scorer.recourse(&self.bundle, self.customer(customer_id)?, as_of, asked)
    }
}

/// The recourse of a row as the model reads it; `inputs` says which feature each input is.
pub(super) fn recourse(
    playbook: &Playbook,
    model: &Model,
    row: &[f64],
    inputs: &[usize],
    asked: &RecourseQuestion,
) -> Result<Recourse> {
    let levers = levers(playbook, model, row, inputs, asked)?;
    let params = RecourseParams {
        threshold: asked.threshold,
        levers: &levers,
        max_changes: asked.max_changes.unwrap_or(usize::MAX),
    };
    let found = model.recourse(row, &params)?;
    let changed = levers.iter().filter(|lever| found.row[lever.input] != row[lever.input]);
    let changes = changed.map(|lever| {
        let input = &model.inputs()[lever.input];
        let (own, to) = (row[lever.input], found.row[lever.input]);
        let units = if input.kind == InputKind::Number { (to - own).abs() } else { 1.0 };
        RecourseChange {
            feature: input.name.clone(),
            value: as_json(&input.kind, own),
            changed_value: as_json(&input.kind, to),
            cost: lever.cost * units,
        }
    });
    let changes = changes.filter(|change| change.value != change.changed_value).collect();
    Ok(Recourse {
        status: found.status,
        threshold: asked.threshold,
        probability: model.predict_row(row)?,
        changed_probability: model.predict_row(&found.row)?,
        cost: found.cost,
        changes,
    })
}

/// What may be changed, in the order of the model's inputs.
fn levers(
    playbook: &Playbook,
    model: &Model,
    row: &[f64],
    inputs: &[usize],
    asked: &RecourseQuestion,
) -> Result<Vec<Lever>> {
    let told = &playbook.reasons().features;
    for name in asked.features.iter().flatten() {
        let known = || model.inputs().iter().map(|input| input.name.as_str());
        if !known().any(|known| known == name) {
            let near = did_you_mean(name, known());
            let message = format!("the model does not read `{name}`{near}");
            return Err(Error::argument("features", message));
        }
    }
    let spread = |input: usize| model.reference().and_then(|known| known.spread[input]);
    let lever = |(input, &feature): (usize, &usize)| {
        let name = &model.inputs()[input].name;
        let marked = told[feature].actionable;
        let may = match &asked.features {
            None => marked,
            Some(named) => named.contains(name).then(|| marked.unwrap_or_default()),
        };
        let Actionable { mut min, mut max, direction, cost, step } = may?;
        match direction {
            Some(Direction::Increase) => min = min.max(row[input]),
            Some(Direction::Decrease) => max = max.min(row[input]),
            None => {}
        }
        let by_spread = || spread(input).map_or(1.0, |spread| 1.0 / spread);
        // A bound beyond which the customer is already leaves nothing to do.
        (min <= max).then(|| Lever { input, min, max, cost: cost.unwrap_or_else(by_spread), step })
    };
    let levers: Vec<Lever> = inputs.iter().enumerate().filter_map(lever).collect();
    let marked = inputs.iter().any(|&feature| told[feature].actionable.is_some());
    if levers.is_empty() && asked.features.is_none() && !marked {
        let message = "the playbook marks no feature of the model as `actionable` in `[reasons.features]`; \
                       mark some, or name them here";
        return Err(Error::argument("features", message));
    }
    Ok(levers)
}
