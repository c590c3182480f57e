//! Why a customer may churn: contributions of features, told in the playbook's words.
//!
//! Contributions are those of the log-odds of the stated probability ([`crate::churn::Explainer`]).
//! Those of a group are added up; a group is told through the feature that moves it most. Reasons
//! are what raises the probability, the strongest first.

use serde::Serialize;
use serde_json::Value as Json;

use crate::churn::{Input, InputKind, Model, Output};
use crate::error::{Error, ErrorCode, Result};
use crate::expr::Value;
use crate::math::to_hundredths;
use crate::playbook::{Playbook, ReasonsPlan};

/// What is asked of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReasonParams {
    /// How many at most; as many as the playbook says where it is none.
    pub top: Option<usize>,
    /// Whether only features count that the playbook marks as actionable.
    pub actionable: bool,
}

/// Something that raises a customer's churn probability.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReasonCode {
    /// The group of features; null for a feature of none.
    pub group: Option<String>,
    /// The feature; of a group the one that contributes most.
    pub feature: String,
    /// The customer's value; null where missing.
    #[cfg_attr(feature = "typescript", ts(type = "Value"))]
    pub value: Json,
    /// The typical value of customers who stay; null where it is not known.
    #[cfg_attr(feature = "typescript", ts(type = "Value"))]
    pub typical: Json,
    /// What the feature or group adds to the log-odds of churn.
    pub contribution: f64,
    /// The reason as a sentence.
    pub text: String,
}

/// The reasons of one customer: `row` is as the model reads it, and `values` are the features in
/// the playbook's order, of which `inputs` says which each input of the model is.
pub(super) fn reasons(
    playbook: &Playbook,
    model: &Model,
    row: &[f64],
    values: &[Value<'_>],
    inputs: &[usize],
    params: ReasonParams,
) -> Result<Vec<ReasonCode>> {
    let plan = playbook.reasons();
    let specs = &playbook.feature_set().specs;
    let explainer = model.explainer(None).map_err(|error| match error.code() {
        ErrorCode::Argument => {
            let message = "knows nothing of the rows it was trained on, so that it cannot be \
                           explained; train it here, or import trees with the weights of their nodes";
            Error::new(ErrorCode::ModelData, "model", message)
        }
        _ => error,
    })?;
    let contributions = explainer.explain_row(row, Output::LogOdds)?;
    // One entry a group, then one a feature without: the sum, and the feature that moves it most.
    let mut sums = vec![(0.0, None::<usize>, 0.0); plan.groups.len() + specs.len()];
    for (at, (&feature, &contribution)) in inputs.iter().zip(&contributions).enumerate() {
        let told = &plan.features[feature];
        if params.actionable && told.actionable.is_none() {
            continue;
        }
        let (sum, most, of_most) = &mut sums[told.group.unwrap_or(plan.groups.len() + feature)];
        *sum += contribution;
        if most.is_none() || contribution > *of_most {
            (*most, *of_most) = (Some(at), contribution);
        }
    }
    let mut order: Vec<(usize, f64, usize)> = sums
        .iter()
        .enumerate()
        .filter_map(|(at, &(sum, most, _))| Some((at, sum, most?)))
        .filter(|(_, sum, _)| *sum > 0.0)
        .collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order.truncate(params.top.unwrap_or(plan.top));
    let reasons = order.into_iter().map(|(at, contribution, input)| {
        let value = values[inputs[input]].json();
        tell(plan, model, at, input, inputs[input], value, contribution)
    });
    Ok(reasons.collect())
}

/// Reasons that were asked for; none where there is no model, or one that cannot be explained.
pub(super) fn if_any_can_be_told(
    asked: Result<Vec<ReasonCode>>,
) -> Result<Option<Vec<ReasonCode>>> {
    match asked {
        Err(error) if matches!(error.code(), ErrorCode::ModelMissing | ErrorCode::ModelData) => {
            Ok(None)
        }
        told => told.map(Some),
    }
}

/// One reason: entry `at` of the groups and features, told through one of the model's inputs.
fn tell(
    plan: &ReasonsPlan,
    model: &Model,
    at: usize,
    input: usize,
    feature: usize,
    value: Json,
    contribution: f64,
) -> ReasonCode {
    let Input { name, kind } = &model.inputs()[input];
    let typical = model.reference().and_then(|known| known.typical[input]);
    let typical = typical.map_or(Json::Null, |value| as_json(kind, value));
    let group = plan.groups.get(at);
    let template = group.and_then(|group| group.text.as_ref());
    let template = template.or(plan.features[feature].text.as_ref());
    let (own, usual) = (shown(&value), shown(&typical));
    let text = match template {
        Some(template) => template.render(name, &own, &usual),
        None if typical.is_null() => format!("{name} is {own}"),
        None => format!("{name} is {own}; of customers who stay it is typically {usual}"),
    };
    ReasonCode {
        group: group.map(|group| group.name.clone()),
        feature: name.clone(),
        value,
        typical,
        contribution,
        text,
    }
}

/// A value of a model's input as a document has it.
pub(super) fn as_json(kind: &InputKind, value: f64) -> Json {
    match kind {
        InputKind::Number => value.into(),
        InputKind::Bool => (value != 0.0).into(),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index past the end is none"
        )]
        InputKind::Category { values } => values.get(value as usize).cloned().into(),
    }
}

/// A value for people: numbers to two decimals, what is missing as `not known`.
fn shown(value: &Json) -> String {
    match value {
        Json::Null => "not known".to_owned(),
        Json::Bool(true) => "yes".to_owned(),
        Json::Bool(false) => "no".to_owned(),
        Json::String(text) => text.clone(),
        value => to_hundredths(value.as_f64().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_for_people() {
        for (value, text) in [
            (Json::Null, "not known"),
            (true.into(), "yes"),
            ("pro".into(), "pro"),
            (3.0.into(), "3"),
            ((-0.001).into(), "0"),
            (12.345_678.into(), "12.35"),
            (1e12.into(), "1000000000000"),
        ] {
            assert_eq!(shown(&value), text);
        }
    }
}
