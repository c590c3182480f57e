//! Reads `[churn]`: the label, who is asked, and the static check that nothing leaks.

use std::rc::Rc;

use super::document::{Node, TableReader};
use super::features::known;
use crate::error::{Error, ErrorCode, Result};
use crate::expr::{Input, Program, Scope, Type, Window, compile_as};
use crate::features::{FeatureSet, LabelSpec, TrainingOptions};
use crate::schema::Schema;
use crate::time::Span;

/// Reads the label; `places` are where the features stand in the document.
pub(super) fn read(
    root: &mut TableReader,
    schema: &Schema,
    features: &FeatureSet,
    places: &[Rc<Node>],
) -> Result<Option<LabelSpec>> {
    let Some(node) = root.take("churn") else { return Ok(None) };
    let mut table = node.table()?;
    let label = table.require("label")?;
    let horizon = table.take("horizon");
    let gap = match table.take("gap") {
        Some(node) => node.span_of_time()?,
        None => Span::ZERO,
    };
    let span = match &horizon {
        Some(node) => {
            let span = node.span_of_time()?;
            if span <= Span::ZERO {
                return Err(
                    node.error(ErrorCode::PlaybookValue, "a horizon is longer than nothing")
                );
            }
            Some(span)
        }
        None => None,
    };
    let known = known(features);
    let past = Scope::of_features(schema, &known);
    let scope = Scope { horizon: span.map(|span| (gap, span)), ..past.clone() };
    let program = match compile_as(label.string()?, &scope, &Type::Bool) {
        Ok(program) => program,
        Err(error) if span.is_none() && error.message().contains("`horizon`") => {
            // Names a key that is a misspelling of it.
            let missing = table.require("horizon").err().unwrap_or(error);
            return Err(table.error(
                ErrorCode::PlaybookKey,
                format!("the label reads the horizon, and {}", missing.message()),
            ));
        }
        Err(error) => return Err(label.locate(error)),
    };
    let eligible = match table.take("eligible") {
        Some(node) => Some(
            compile_as(node.string()?, &past, &Type::Bool).map_err(|error| node.locate(error))?,
        ),
        None => None,
    };
    table.finish()?;
    check_leakage(schema, features, &program, &label, places)?;
    let text = label.string()?.to_owned();
    Ok(Some(LabelSpec {
        text,
        eligible,
        gap,
        horizon: span.unwrap_or(Span::ZERO),
        reads_horizon: program.reads(&reads_horizon),
        settles: program.settles(),
        label: program,
    }))
}

/// The label of another horizon or gap than the playbook's.
///
/// # Errors
/// `argument` when the label reads no horizon, or cannot be asked of one of that length.
pub(super) fn with_options(
    spec: &LabelSpec,
    schema: &Schema,
    features: &FeatureSet,
    options: &TrainingOptions,
) -> Result<LabelSpec> {
    let name = match (options.horizon, options.gap) {
        (None, None) => return Ok(spec.clone()),
        (Some(_), _) => "horizon",
        (None, Some(_)) => "gap",
    };
    if !spec.reads_horizon {
        return Err(Error::argument(name, "the playbook's `churn.label` reads no horizon"));
    }
    let horizon = options.horizon.unwrap_or(spec.horizon);
    let gap = options.gap.unwrap_or(spec.gap);
    let known = known(features);
    let scope = Scope { horizon: Some((gap, horizon)), ..Scope::of_features(schema, &known) };
    let label = compile_as(&spec.text, &scope, &Type::Bool)
        .map_err(|error| Error::argument(name, format!("`churn.label`: {}", error.message())))?;
    Ok(LabelSpec { label, gap, horizon, ..spec.clone() })
}

fn reads_horizon(input: &Input) -> bool {
    matches!(input, Input::Aggregate(aggregate) if matches!(aggregate.window, Window::Horizon { .. }))
}

/// Checks that no feature can know what the label asks.
///
/// - Events cannot leak: a feature's windows end at `as_of`, and the horizon begins there or
///   later. But a label that reads only what came before is no outcome, and the features may
///   well hold it.
/// - An attribute that the label reads, by itself or through a feature, may be known only
///   afterwards, so no feature may read it: not in a filter either, nor, where it is the
///   customer's time zone, by counting days.
fn check_leakage(
    schema: &Schema,
    features: &FeatureSet,
    label: &Program,
    place: &Node,
    places: &[Rc<Node>],
) -> Result<()> {
    let through = closure(features, label);
    let programs = || {
        let of_features = through.iter().map(|index| {
            let spec = &features.specs[*index];
            (&spec.program, format!(" through `{}`", spec.name))
        });
        std::iter::once((label, String::new())).chain(of_features)
    };
    let mut outcome = label.reads(&reads_horizon);
    for (index, attribute) in schema.attributes.iter().enumerate() {
        let is_it = |input: &Input| *input == Input::Attribute(index);
        let Some((_, how)) = programs().find(|(program, _)| program.reads(&is_it)) else {
            continue;
        };
        outcome = true;
        let zone = schema.zone_attribute() == Some(index);
        let leaks = |input: &Input| is_it(input) || (zone && reads_zone(input));
        let leaking =
            features.specs.iter().zip(places).find(|(spec, _)| spec.program.reads(&leaks));
        if let Some((spec, node)) = leaking {
            let error = node.error(
                ErrorCode::Leakage,
                format!(
                    "reads `customer.{}`, which the churn label reads too{how}: the answer would be among the questions",
                    attribute.name
                ),
            );
            return Err(error.at_path(format!("features.{}", spec.name)));
        }
    }
    if !outcome {
        return Err(place.error(
            ErrorCode::Leakage,
            "the label reads neither `horizon` nor an attribute: what is known at `as_of` already is no outcome",
        ));
    }
    Ok(())
}

/// The features that a program reads, and those that they read, in the playbook's order.
fn closure(features: &FeatureSet, program: &Program) -> Vec<usize> {
    let mut read = vec![false; features.specs.len()];
    // A feature comes after those it reads.
    for &index in features.order.iter().rev() {
        let is_it = |input: &Input| *input == Input::Feature(index);
        let by_others =
            (0..read.len()).any(|other| read[other] && features.specs[other].program.reads(&is_it));
        read[index] = by_others || program.reads(&is_it);
    }
    (0..read.len()).filter(|index| read[*index]).collect()
}

/// Whether an input depends on the customer's time zone.
fn reads_zone(input: &Input) -> bool {
    match input {
        Input::Zone => true,
        Input::Aggregate(aggregate) => aggregate.op.needs_zone(),
        _ => false,
    }
}
