//! The order of work for one customer at one instant: attributes, then each aggregate once, then
//! the features in an order in which each finds what it reads.

use super::aggregate::{BoundAggregate, Reading};
use super::subject::Subject;
use crate::expr::{Input, Program, Value, Window};
use crate::history::Events;
use crate::schema::Schema;
use crate::time::Timestamp;

/// A feature of the playbook.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureSpec {
    /// Its name.
    pub name: String,
    /// Its expression, as written.
    pub text: String,
    /// Its expression, compiled.
    pub program: Program,
}

/// The features of a playbook.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureSet {
    /// The features, in the playbook's order.
    pub specs: Vec<FeatureSpec>,
    /// Indices of `specs` such that each feature comes after those it reads.
    pub order: Vec<usize>,
}

/// Where each input of the bound programs stands in a frame, and how it gets there.
#[derive(Debug, Clone)]
pub struct Plan {
    slots: Vec<Input>,
    /// The windows that aggregates read, each once: the event type, and which part of time.
    windows: Vec<(usize, Window)>,
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
            windows: Vec::new(),
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
            let window = self.window(schema, aggregate.event, aggregate.window);
            self.aggregates.push((slot, BoundAggregate::new(aggregate, schema, window)));
        }
        self.slots.push(input.clone());
        slot
    }

    /// The number of a window of one event type; of all types, the first of as many as there are.
    fn window(&mut self, schema: &Schema, event: Option<usize>, window: Window) -> usize {
        let types = event.map_or(0..schema.events.len(), |event| event..event + 1);
        let wanted: Vec<(usize, Window)> = types.map(|kind| (kind, window)).collect();
        let known = self.windows.windows(wanted.len().max(1)).position(|known| *known == *wanted);
        known.unwrap_or_else(|| {
            let first = self.windows.len();
            self.windows.extend(wanted);
            first
        })
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
        self.aggregates.iter().any(|(_, aggregate)| aggregate.needs_zone())
    }

    /// Fills `frame` with everything that history and attributes say at `as_of`, features
    /// included. What the engine adds later (health, churn, …) is missing as yet.
    ///
    /// Cost: a binary search a window, then the events inside it for each aggregate. Nothing is
    /// allocated once `frame` and `scratch` have been used.
    pub fn fill<'a>(
        &'a self,
        subject: &Subject<'a>,
        as_of: Timestamp,
        frame: &mut Vec<Value<'a>>,
        scratch: &mut Scratch<'a>,
    ) {
        frame.clear();
        frame.extend(self.slots.iter().map(|input| match input {
            Input::AsOf => Value::Time(as_of),
            Input::Attribute(index) => subject.attributes[*index],
            _ => Value::Missing,
        }));
        scratch.windows.clear();
        for (kind, window) in &self.windows {
            let (after, until) = bounds(*window, as_of);
            scratch.windows.push(subject.history.events(*kind).between(after, until));
        }
        let reading = Reading {
            history: subject.history,
            windows: &scratch.windows,
            attributes: &subject.attributes,
            zone: &subject.zone,
        };
        for (slot, aggregate) in &self.aggregates {
            frame[*slot] = aggregate.evaluate(&reading, &mut scratch.words);
        }
        for (slot, program) in &self.steps {
            frame[*slot] = program.eval(frame);
        }
    }
}

/// Memory that [`Plan::fill`] uses again.
#[derive(Debug, Default)]
pub struct Scratch<'a> {
    windows: Vec<Events<'a>>,
    words: Vec<i64>,
}

/// The interval `(after, until]` that a window is at `as_of`; without `after`, all before.
fn bounds(window: Window, as_of: Timestamp) -> (Option<Timestamp>, Timestamp) {
    match window {
        Window::Past => (None, as_of),
        Window::Last(span) => (Some(as_of.minus(span)), as_of),
        Window::Horizon { gap, horizon } => {
            let after = as_of.plus(gap);
            (Some(after), after.plus(horizon))
        }
    }
}
