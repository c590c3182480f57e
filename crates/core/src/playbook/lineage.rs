//! What a feature reads, and how it is computed.

use serde::{Deserialize, Serialize};

use super::Playbook;
use crate::error::{Error, ErrorCode, Result, did_you_mean};
use crate::expr::{Aggregate, Input, Names, Program, Type, Window, cost, version};
use crate::schema::Schema;
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

/// What is read of a playbook, by index.
struct Reads {
    attributes: Vec<bool>,
    /// For each event type, whether its events are read, and which of its properties.
    events: Vec<(bool, Vec<bool>)>,
    window: Option<Reach>,
}

/// How far back something reads; all of the past is more than any length.
#[derive(PartialEq, PartialOrd)]
enum Reach {
    Last(Span),
    Past,
}

impl Reads {
    /// Adds what a program reads; `event` is the type of the event at hand.
    fn add(&mut self, schema: &Schema, program: &Program, event: Option<usize>) {
        for input in program.inputs() {
            match input {
                Input::Attribute(index) => self.attributes[*index] = true,
                Input::Zone => self.add_zone(schema),
                Input::Property(index) => {
                    if let Some(event) = event {
                        self.events[event].1[*index] = true;
                    }
                }
                Input::Aggregate(aggregate) => self.add_aggregate(schema, aggregate),
                _ => {}
            }
        }
    }

    fn add_aggregate(&mut self, schema: &Schema, aggregate: &Aggregate) {
        if aggregate.op.needs_zone() {
            self.add_zone(schema);
        }
        for (index, (read, _)) in self.events.iter_mut().enumerate() {
            *read = *read || aggregate.reads(index);
        }
        let reach = match aggregate.window {
            Window::Past => Reach::Past,
            Window::Last(span) | Window::Horizon { horizon: span, .. } => Reach::Last(span),
        };
        if self.window.as_ref().is_none_or(|known| *known < reach) {
            self.window = Some(reach);
        }
        for inner in [&aggregate.value, &aggregate.filter].into_iter().flatten() {
            self.add(schema, inner, aggregate.event);
        }
    }

    fn add_zone(&mut self, schema: &Schema) {
        if let Some(index) = schema.zone_attribute() {
            self.attributes[index] = true;
        }
    }
}

// Loops, where iterators would read as well: each adapter is compiled anew, and the package for
// browsers has a budget.
impl Playbook {
    /// The features as they are defined, in the playbook's order.
    #[must_use]
    pub fn definitions(&self) -> Vec<FeatureDefinition> {
        let mut definitions = Vec::new();
        let mut units = self.units();
        for (at, spec) in self.feature_set().specs.iter().enumerate() {
            definitions.push(FeatureDefinition {
                name: spec.name.clone(),
                kind: type_name(spec.program.kind()).to_owned(),
                expression: spec.text.clone(),
                unit: units[at].take(),
                version: spec.version().to_owned(),
            });
        }
        definitions
    }

    /// What a feature reads.
    ///
    /// # Errors
    /// `argument` when there is no feature of that name.
    pub fn lineage(&self, feature: &str) -> Result<Lineage> {
        let at = self.feature(feature)?;
        let (schema, specs) = (self.schema(), &self.feature_set().specs);
        let mut reads = Reads {
            attributes: vec![false; schema.attributes.len()],
            events: vec![],
            window: None,
        };
        for event in &schema.events {
            reads.events.push((false, vec![false; event.properties.len()]));
        }
        let mut lineage = Lineage {
            feature: feature.to_owned(),
            version: specs[at].version().to_owned(),
            attributes: Vec::new(),
            events: Vec::new(),
            features: Vec::new(),
            window: None,
            functions: Vec::new(),
        };
        let mut functions = Vec::new();
        for step in self.steps(at) {
            let spec = &specs[step];
            reads.add(schema, &spec.program, None);
            functions.extend_from_slice(&spec.program.functions());
            if step != at {
                lineage.features.push(spec.name.clone());
            }
        }
        for (index, field) in schema.attributes.iter().enumerate() {
            if reads.attributes[index] {
                lineage.attributes.push(field.name.clone());
            }
        }
        for (index, event) in schema.events.iter().enumerate() {
            let (read, of_event) = &reads.events[index];
            if *read {
                let mut properties = Vec::new();
                for (index, field) in event.properties.iter().enumerate() {
                    if of_event[index] {
                        properties.push(field.name.clone());
                    }
                }
                lineage.events.push(EventUse { event: event.name.clone(), properties });
            }
        }
        lineage.window = match reads.window {
            None => None,
            Some(Reach::Past) => Some("past".to_owned()),
            Some(Reach::Last(span)) => Some(span.to_string()),
        };
        functions.sort_unstable();
        functions.dedup();
        for name in functions {
            lineage.functions.push(FunctionUse { name: name.to_owned(), version: version(name) });
        }
        Ok(lineage)
    }

    /// How a feature is computed and what it reads, for a reader.
    ///
    /// # Errors
    /// `argument` when there is no feature of that name.
    pub fn explain(&self, feature: &str) -> Result<String> {
        let at = self.feature(feature)?;
        let specs = &self.feature_set().specs;
        let spec = &specs[at];
        let lineage = self.lineage(feature)?;
        let mut out =
            [feature, ": ", spec.program.kind().name(), ", version ", spec.version()].concat();
        line(&mut out, "written", &words(&spec.text));
        line(&mut out, "unit", self.units()[at].as_deref().unwrap_or_default());
        let mut events = Vec::new();
        for EventUse { event, properties } in lineage.events {
            events.push(match &properties[..] {
                [] => event,
                properties => [&event, " (", &properties.join(", "), ")"].concat(),
            });
        }
        line(&mut out, "events", &events.join(", "));
        line(&mut out, "attributes", &lineage.attributes.join(", "));
        line(&mut out, "features", &lineage.features.join(", "));
        line(&mut out, "window", lineage.window.as_deref().unwrap_or_default());
        let mut functions = Vec::new();
        for called in lineage.functions {
            functions.push([&called.name, " v", &called.version.to_string()].concat());
        }
        line(&mut out, "functions", &functions.join(", "));
        out.push_str("\nplan");
        let mut features = Vec::new();
        for spec in specs {
            features.push(spec.name.clone());
        }
        let names = Names { schema: self.schema(), features: &features, exact: false };
        let steps = self.steps(at);
        let mut plan: Vec<String> = Vec::new();
        for step in &steps {
            for input in specs[*step].program.inputs() {
                if let Input::Aggregate(aggregate) = input {
                    let cost = cost(aggregate.op.name());
                    let text = [&names.input(input, None), "   ", cost].concat();
                    if !plan.contains(&text) {
                        plan.push(text);
                    }
                }
            }
        }
        for step in &steps {
            plan.push([&specs[*step].name, " = ", &specs[*step].program.text(&names)].concat());
        }
        for (number, text) in plan.iter().enumerate() {
            out.push_str(&["\n  ", &(number + 1).to_string(), ". ", text].concat());
        }
        out.push('\n');
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
        let set = self.feature_set();
        let mut needed = vec![false; set.specs.len()];
        needed[at] = true;
        let mut steps = Vec::new();
        for &index in set.order.iter().rev() {
            if needed[index] {
                for input in set.specs[index].program.inputs() {
                    if let Input::Feature(other) = input {
                        needed[*other] = true;
                    }
                }
                if index != at {
                    steps.push(index);
                }
            }
        }
        steps.reverse();
        steps.push(at);
        steps
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

/// Begins a line of an explanation; none for what there is nothing of.
fn line(out: &mut String, name: &str, text: &str) {
    if !text.is_empty() {
        out.push_str("\n  ");
        out.push_str(name);
        out.push_str(&" ".repeat(12_usize.saturating_sub(name.len())));
        out.push_str(text);
    }
}

/// The text on one line, with one space between words.
fn words(text: &str) -> String {
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    words
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
