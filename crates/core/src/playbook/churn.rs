//! Reads `[churn]`: the label, who is asked, and the static check that nothing leaks.

use super::document::TableReader;
use super::features::known;
use crate::error::{Error, ErrorCode, Result};
use crate::expr::{Input, Program, Scope, Type, Window, compile_as};
use crate::features::{FeatureSet, LabelSpec};
use crate::schema::Schema;
use crate::time::Span;

pub(super) fn read(
    root: &mut TableReader,
    schema: &Schema,
    features: &FeatureSet,
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
    check_leakage(schema, features, &program)?;
    let reads_horizon = program.reads(&|input| {
        matches!(input, Input::Aggregate(aggregate) if matches!(aggregate.window, Window::Horizon { .. }))
    });
    Ok(Some(LabelSpec {
        label: program,
        eligible,
        gap,
        horizon: span.unwrap_or(Span::ZERO),
        reads_horizon,
    }))
}

/// An attribute that the label reads is known only afterwards, so no feature may read it. (Events
/// cannot leak: a feature's windows end at `as_of`, and the horizon begins there.)
fn check_leakage(schema: &Schema, features: &FeatureSet, label: &Program) -> Result<()> {
    for (index, attribute) in schema.attributes.iter().enumerate() {
        if !label.reads(&|input| *input == Input::Attribute(index)) {
            continue;
        }
        let leaking = features
            .specs
            .iter()
            .find(|spec| spec.program.reads(&|input| *input == Input::Attribute(index)));
        if let Some(spec) = leaking {
            return Err(Error::new(
                ErrorCode::Leakage,
                "playbook",
                format!("reads `customer.{}`, which the churn label reads too: the answer would be among the questions", attribute.name),
            )
            .at_path(format!("features.{}", spec.name)));
        }
    }
    Ok(())
}
