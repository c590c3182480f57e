//! What a feature reads, and how it is computed.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::Playbook;
use crate::error::{Error, ErrorCode, Result, did_you_mean};
use crate::expr::{Aggregate, Input, Names, Program, Type, Window, cost, version};
use crate::time::Span;

/// A feature as the playbook defines it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FeatureDefinition {
    /// Its name.
    pub name: String,
    /// What it gives.
    #[serde(rename = "type")]
    #[cfg_attr(
        feature = "typescript",
        ts(type = "\"number\" | \"bool\" | \"category\" | \"text\" | \"timestamp\"")
    )]
    pub kind: String,
    /// Its expression as written, or what a preset made of it.
    pub expression: String,
    /// The unit of its values, where that is known.
    pub unit: Option<String>,
    /// Its version: equal where the meaning is.
    pub version: String,
}

/// Everything that a feature depends on, directly or through the features it reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Lineage {
    /// The feature.
    pub feature: String,
    /// Its version: equal where the meaning is.
    pub version: String,
    /// The customer attributes it reads, in the playbook's order.
    pub attributes: Vec<String>,
    /// The event types it reads, in the playbook's order.
    pub events: Vec<EventUse>,
    /// The features it reads, in the order in which they are computed.
    pub features: Vec<String>,
    /// How far back it reads: the longest window, `past` for all of the past, none where it reads
    /// no events.
    pub window: Option<String>,
    /// The functions it calls, in alphabetical order.
    pub functions: Vec<FunctionUse>,
}

/// What is read of the events of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EventUse {
    /// The event type.
    pub event: String,
    /// The properties, in the playbook's order; none where only the times are read.
    pub properties: Vec<String>,
}

/// A function and the version of what it gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FunctionUse {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
}

impl Playbook {
    /// The features as they are defined, in the playbook's order.
    #[must_use]
    pub fn definitions(&self) -> Vec<FeatureDefinition> {
        let specs = self.feature_set().specs.iter().zip(self.units());
        specs
            .map(|(spec, unit)| FeatureDefinition {
                name: spec.name.clone(),
                kind: type_name(spec.program.kind()).to_owned(),
                expression: spec.text.clone(),
                unit,
                version: spec.version().to_owned(),
            })
            .collect()
    }

    /// What a feature reads.
    ///
    /// # Errors
    /// `argument` when there is no feature of that name.
    pub fn lineage(&self, feature: &str) -> Result<Lineage> {
        let at = self.feature(feature)?;
        let steps = self.steps(at);
        let programs: Vec<&Program> =
            steps.iter().map(|step| &self.feature_set().specs[*step].program).collect();
        let schema = self.schema();
        let reads = |input: &Input| programs.iter().any(|program| program.reads(&|i| i == input));
        let aggregates: Vec<&Aggregate> = programs.iter().flat_map(|p| p.aggregates()).collect();
        let attributes = schema.attributes.iter().enumerate();
        let zone = schema.zone_attribute().filter(|_| {
            reads(&Input::Zone) || aggregates.iter().any(|aggregate| aggregate.op.needs_zone())
        });
        let events = schema.events.iter().enumerate();
        let properties = |event: usize, property: usize| {
            aggregates.iter().filter(|aggregate| aggregate.event == Some(event)).any(|aggregate| {
                let inner = [&aggregate.value, &aggregate.filter].into_iter().flatten();
                inner
                    .into_iter()
                    .any(|program| program.inputs().contains(&Input::Property(property)))
            })
        };
        let mut functions: Vec<&str> = programs.iter().flat_map(|p| p.functions()).collect();
        functions.sort_unstable();
        functions.dedup();
        Ok(Lineage {
            feature: feature.to_owned(),
            version: self.feature_set().specs[at].version().to_owned(),
            attributes: attributes
                .filter(|(index, _)| reads(&Input::Attribute(*index)) || zone == Some(*index))
                .map(|(_, field)| field.name.clone())
                .collect(),
            events: events
                .filter(|(index, _)| aggregates.iter().any(|aggregate| aggregate.reads(*index)))
                .map(|(index, event)| EventUse {
                    event: event.name.clone(),
                    properties: (0..event.properties.len())
                        .filter(|property| properties(index, *property))
                        .map(|property| event.properties[property].name.clone())
                        .collect(),
                })
                .collect(),
            features: steps[..steps.len() - 1]
                .iter()
                .map(|step| self.feature_set().specs[*step].name.clone())
                .collect(),
            window: longest(&aggregates),
            functions: functions
                .into_iter()
                .map(|name| FunctionUse { name: name.to_owned(), version: version(name) })
                .collect(),
        })
    }

    /// How a feature is computed and what it reads, for a reader.
    ///
    /// # Errors
    /// `argument` when there is no feature of that name.
    pub fn explain(&self, feature: &str) -> Result<String> {
        let at = self.feature(feature)?;
        let spec = &self.feature_set().specs[at];
        let lineage = self.lineage(feature)?;
        let features: Vec<String> =
            self.feature_set().specs.iter().map(|spec| spec.name.clone()).collect();
        let names = Names { schema: self.schema(), features: &features, exact: false };
        let kind = spec.program.kind().name();
        let mut out = format!("{feature}: {kind}, version {}\n", spec.version());
        let mut line = |name: &str, text: &str| {
            if !text.is_empty() {
                // Writing to a text cannot fail.
                let _ = writeln!(out, "  {name:<11} {text}");
            }
        };
        line("written", &spec.text.split_whitespace().collect::<Vec<_>>().join(" "));
        line("unit", &self.units()[at].clone().unwrap_or_default());
        let events: Vec<String> = lineage
            .events
            .iter()
            .map(|event| match &event.properties[..] {
                [] => event.event.clone(),
                properties => format!("{} ({})", event.event, properties.join(", ")),
            })
            .collect();
        line("events", &events.join(", "));
        line("attributes", &lineage.attributes.join(", "));
        line("features", &lineage.features.join(", "));
        line("window", lineage.window.as_deref().unwrap_or_default());
        let called = lineage.functions.iter();
        let called: Vec<String> = called.map(|f| format!("{} v{}", f.name, f.version)).collect();
        line("functions", &called.join(", "));
        out.push_str("plan\n");
        let mut plan: Vec<(String, &str)> = Vec::new();
        let steps = self.steps(at);
        for step in &steps {
            for input in self.feature_set().specs[*step].program.inputs() {
                if let Input::Aggregate(aggregate) = input {
                    let text = names.input(input, None);
                    if plan.iter().all(|(known, _)| *known != text) {
                        plan.push((text, cost(aggregate.op.name())));
                    }
                }
            }
        }
        for step in &steps {
            let spec = &self.feature_set().specs[*step];
            plan.push((format!("{} = {}", spec.name, spec.program.text(&names)), ""));
        }
        for (number, (text, cost)) in plan.iter().enumerate() {
            let cost = if cost.is_empty() { String::new() } else { format!("   {cost}") };
            let _ = writeln!(out, "  {}. {text}{cost}", number + 1);
        }
        Ok(out)
    }

    fn feature(&self, name: &str) -> Result<usize> {
        let specs = &self.feature_set().specs;
        specs.iter().position(|spec| spec.name == name).ok_or_else(|| {
            let near = did_you_mean(name, specs.iter().map(|spec| spec.name.as_str()));
            Error::new(ErrorCode::Argument, "argument", format!("`{name}` is not a feature{near}"))
                .at_path("feature")
        })
    }

    /// The features to compute for one feature, in order; it comes last.
    fn steps(&self, at: usize) -> Vec<usize> {
        let mut needed = vec![false; self.feature_set().specs.len()];
        needed[at] = true;
        for &index in self.feature_set().order.iter().rev() {
            if needed[index] {
                for input in self.feature_set().specs[index].program.inputs() {
                    if let Input::Feature(other) = input {
                        needed[*other] = true;
                    }
                }
            }
        }
        let order = self.feature_set().order.iter().copied();
        order.filter(|index| needed[*index] && *index != at).chain([at]).collect()
    }

    /// The unit of each feature, where it is known.
    fn units(&self) -> Vec<Option<String>> {
        let mut units = vec![None; self.feature_set().specs.len()];
        for &index in &self.feature_set().order {
            units[index] = self.feature_set().specs[index].program.unit(self.schema(), &units);
        }
        units
    }
}

/// A type as the playbook names it. No feature is a length of time.
fn type_name(kind: &Type) -> &'static str {
    match kind {
        Type::Number | Type::Duration => "number",
        Type::Bool => "bool",
        Type::Category(_) => "category",
        Type::Text => "text",
        Type::Timestamp => "timestamp",
    }
}

/// How far back any of them reads.
fn longest(aggregates: &[&Aggregate]) -> Option<String> {
    let spans = aggregates.iter().map(|aggregate| match aggregate.window {
        Window::Past => None,
        Window::Last(span) | Window::Horizon { horizon: span, .. } => Some(span),
    });
    // None, which has no end, is more than any.
    spans
        .reduce(|a, b| a.zip(b).map(|(a, b): (Span, Span)| a.max(b)))
        .map(|span| span.map_or_else(|| "past".to_owned(), |span| span.to_string()))
}
