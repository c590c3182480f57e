//! The order of work for one customer at one instant: attributes, then each aggregate once, then
//! the features in an order in which each finds what it reads.

use super::aggregate::{BoundAggregate, Reading, value_of};
use crate::event::Cells;
use crate::expr::{Input, Program, Value, share};
use crate::history::History;
use crate::schema::Schema;
use crate::time::{Timestamp, Zone};

/// A feature of the playbook.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureSpec {
    /// Its name.
    pub name: String,
    /// Its expression, as written.
    pub text: String,
    /// Its expression, compiled.
    pub program: Program,
    version: String,
}

impl FeatureSpec {
    /// A feature whose version is `version`.
    #[must_use]
    pub fn new(name: String, text: String, program: Program, version: String) -> Self {
        Self { name, text, program, version }
    }

    /// Sixteen hexadecimal digits that change if and only if the meaning can: a hash of the
    /// expression as it is computed, the definitions of what it reads, and the versions of its
    /// functions. Spacing, comments, order of keys and the feature's own name do not show.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}

/// The features of a playbook.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureSet {
    /// The features, in the playbook's order.
    pub specs: Vec<FeatureSpec>,
    /// Indices of `specs` such that each feature comes after those it reads.
    pub order: Vec<usize>,
}

/// What is known of one customer.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// The events.
    pub history: History<'a>,
    /// One value for each attribute of the schema.
    pub attributes: Vec<Value<'a>>,
    /// The zone of calendar functions.
    pub zone: Zone,
}

impl<'a> Subject<'a> {
    /// The customer in a row of attribute columns.
    #[must_use]
    pub fn new(history: History<'a>, schema: &Schema, attributes: &'a [Cells], row: usize) -> Self {
        let values = attributes.iter().map(|cells| value_of(cells.get(row))).collect();
        Self::of_values(history, schema, values)
    }

    /// The customer with one value for each attribute of the schema.
    #[must_use]
    pub fn of_values(history: History<'a>, schema: &Schema, attributes: Vec<Value<'a>>) -> Self {
        let zone = zone_of(schema, &attributes);
        Self { history, attributes, zone }
    }

    /// A customer with nothing but the schema's defaults.
    #[must_use]
    pub fn by_default(history: History<'a>, schema: &'a Schema) -> Self {
        let defaults = schema.attributes.iter().map(crate::event::attribute_default);
        Self::of_values(history, schema, defaults.map(value_of).collect())
    }
}

/// The zone that the customer's time zone attribute names, else UTC.
fn zone_of(schema: &Schema, attributes: &[Value<'_>]) -> Zone {
    let name = schema.zone_attribute().and_then(|at| attributes[at].as_text());
    // A zone is checked when its row is read.
    name.and_then(|name| Zone::named(name).ok()).unwrap_or(Zone::UTC)
}

/// Where each input of the bound programs stands in a frame, and how it gets there.
#[derive(Debug, Clone)]
pub struct Plan {
    slots: Vec<Input>,
    aggregates: Vec<(usize, BoundAggregate)>,
    /// For each step, the feature's slot and its program.
    steps: Vec<(usize, Program)>,
    /// For each feature, its slot.
    features: Vec<usize>,
}

impl Plan {
    /// The plan that computes all features.
    #[must_use]
    pub fn new(schema: &Schema, set: &FeatureSet) -> Self {
        let mut plan = Self {
            slots: Vec::new(),
            aggregates: Vec::new(),
            steps: Vec::new(),
            features: Vec::new(),
        };
        plan.features =
            (0..set.specs.len()).map(|index| plan.slot(schema, &Input::Feature(index))).collect();
        plan.steps = set
            .order
            .iter()
            .map(|&index| {
                let program = plan.bind(schema, &set.specs[index].program);
                (plan.features[index], program)
            })
            .collect();
        let slots = plan.slots.len();
        let shared = share(&mut plan.steps, slots);
        plan.slots.extend((0..shared).map(Input::Shared));
        plan
    }

    /// Makes room for what `program` reads, and binds it to the frames of this plan.
    pub fn bind(&mut self, schema: &Schema, program: &Program) -> Program {
        program.clone().bind(|input| self.slot(schema, input))
    }

    /// The slot of an input, whoever fills it.
    pub fn slot(&mut self, schema: &Schema, input: &Input) -> usize {
        if let Some(slot) = self.slots.iter().position(|known| known == input) {
            return slot;
        }
        let slot = self.slots.len();
        if let Input::Aggregate(aggregate) = input {
            self.aggregates.push((slot, BoundAggregate::new(aggregate, schema)));
        }
        self.slots.push(input.clone());
        slot
    }

    /// The slot of a feature.
    #[must_use]
    pub fn feature(&self, index: usize) -> usize {
        self.features[index]
    }

    /// The number of features.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features.len()
    }

    /// Whether any value depends on the customer's zone.
    #[must_use]
    pub fn needs_zone(&self) -> bool {
        self.slots.contains(&Input::Zone)
            || self.aggregates.iter().any(|(_, aggregate)| aggregate.needs_zone())
    }

    /// Fills `frame` with everything that history and attributes say at `as_of`, features
    /// included. What the engine adds later (health, churn, …) is missing as yet.
    pub fn fill<'a>(&'a self, subject: &Subject<'a>, as_of: Timestamp, frame: &mut Vec<Value<'a>>) {
        frame.clear();
        frame.extend(self.slots.iter().map(|input| match input {
            Input::AsOf => Value::Time(as_of),
            Input::Zone => Value::Clock(subject.zone.clock()),
            Input::Attribute(index) => subject.attributes[*index],
            _ => Value::Missing,
        }));
        let reading = Reading {
            history: &subject.history,
            attributes: &subject.attributes,
            zone: &subject.zone,
            as_of,
        };
        for (slot, aggregate) in &self.aggregates {
            frame[*slot] = aggregate.evaluate(&reading);
        }
        for (slot, program) in &self.steps {
            frame[*slot] = program.eval(frame);
        }
    }
}
