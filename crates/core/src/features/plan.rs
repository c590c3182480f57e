//! The order of work for some customers: each aggregate once, then the features in an order in
//! which each finds what it reads; at one instant or at many.

use super::agenda::Agenda;
use super::aggregate::BoundAggregate;
use super::answers::Scratch;
use super::builder::Builder;
use super::frames::Frames;
use super::selection::Selection;
use super::subject::Case;
use crate::event::Reach;
use crate::expr::{Aggregate, AggregateOp, Input, Program, Value, Window, share};
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

/// Where each input of the bound programs stands in a frame, and how it gets there.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) slots: Vec<Input>,
    /// Which events are read, each once.
    pub(super) selections: Vec<Selection>,
    /// The windows that are asked about, each once: of which selection, and which part of time.
    pub(super) windows: Vec<(usize, Window)>,
    /// For each slot that one fills, the aggregate.
    pub(super) aggregates: Vec<(usize, BoundAggregate)>,
    /// For each selection, the aggregates that read it, and perhaps another.
    pub(super) asks: Vec<Vec<usize>>,
    /// For each step, the slot and its program.
    pub(super) steps: Vec<(usize, Program)>,
    /// For each feature, its slot.
    features: Vec<Option<usize>>,
    needs_zone: bool,
}

impl Plan {
    /// The plan that computes all features.
    #[must_use]
    pub fn new(schema: &Schema, set: &FeatureSet) -> Self {
        let mut plan = Self {
            slots: Vec::new(),
            selections: Vec::new(),
            windows: Vec::new(),
            aggregates: Vec::new(),
            asks: Vec::new(),
            steps: Vec::new(),
            features: vec![None; set.specs.len()],
            needs_zone: false,
        };
        for &index in &set.order {
            let program = plan.bind(schema, &set.specs[index].program);
            plan.features[index] = program.as_input();
            if plan.features[index].is_none() {
                let slot = plan.slot(schema, &Input::Feature(index));
                plan.features[index] = Some(slot);
                plan.steps.push((slot, program));
            }
        }
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
        if let Input::Feature(index) = input
            && let Some(slot) = self.features[*index]
        {
            return slot;
        }
        if let Some(slot) = self.slots.iter().position(|known| known == input) {
            return slot;
        }
        let slot = self.slots.len();
        self.needs_zone |= *input == Input::Zone;
        if let Input::Aggregate(aggregate) = input {
            let bound = self.aggregate(schema, aggregate);
            self.ask(slot, bound);
        }
        self.slots.push(input.clone());
        slot
    }

    fn aggregate(&mut self, schema: &Schema, aggregate: &Aggregate) -> BoundAggregate {
        let read = Selection::of(aggregate, schema);
        self.needs_zone |= aggregate.op.needs_zone() || read.needs_zone(schema);
        let selection = place(&mut self.selections, read);
        let window = place(&mut self.windows, (selection, aggregate.window));
        let other = match aggregate.op {
            AggregateOp::Sequence { then: other, .. }
            | AggregateOp::Absent { since: other, .. } => {
                let other = place(&mut self.selections, Selection::of_times(other));
                place(&mut self.windows, (other, aggregate.window))
            }
            _ => window,
        };
        let folds =
            matches!(aggregate.op, AggregateOp::Count | AggregateOp::Sum | AggregateOp::Mean);
        let fold = (folds && aggregate.window == Window::Past)
            .then(|| self.aggregates.iter().filter(|(_, known)| known.fold.is_some()).count());
        BoundAggregate { op: aggregate.op, selection, window, other, spec: aggregate.window, fold }
    }

    /// Adds an aggregate that fills a slot.
    fn ask(&mut self, slot: usize, aggregate: BoundAggregate) {
        let index = self.aggregates.len();
        self.asks.resize(self.selections.len(), Vec::new());
        self.asks[aggregate.selection].push(index);
        self.aggregates.push((slot, aggregate));
    }

    /// The part of this plan that fills the slots which `programs`, bound to it, read, and `slots`
    /// besides. Frames have the same slots, of which the others stay missing.
    #[must_use]
    pub fn only(&self, programs: &[&Program], slots: &[usize]) -> Self {
        let mut needed = vec![false; self.slots.len()];
        let mark = |needed: &mut Vec<bool>, program: &Program| {
            for (slot, known) in needed.iter_mut().enumerate() {
                *known |= program.reads_slot(slot);
            }
        };
        for slot in slots {
            needed[*slot] = true;
        }
        for program in programs {
            mark(&mut needed, program);
        }
        // A step comes after those it reads.
        for (slot, program) in self.steps.iter().rev() {
            if needed[*slot] {
                mark(&mut needed, program);
            }
        }
        let mut part = self.clone();
        part.steps.retain(|(slot, _)| needed[*slot]);
        (part.selections, part.windows, part.asks) = (Vec::new(), Vec::new(), Vec::new());
        let aggregates = std::mem::take(&mut part.aggregates);
        for (slot, mut aggregate) in aggregates.into_iter().filter(|(slot, _)| needed[*slot]) {
            for window in [&mut aggregate.window, &mut aggregate.other] {
                let (selection, spec) = self.windows[*window];
                let selection = place(&mut part.selections, self.selections[selection].clone());
                *window = place(&mut part.windows, (selection, spec));
            }
            let selection = self.selections[aggregate.selection].clone();
            aggregate.selection = place(&mut part.selections, selection);
            part.ask(slot, aggregate);
        }
        part
    }

    /// The slot of a feature.
    #[must_use]
    pub fn feature(&self, index: usize) -> usize {
        // Every feature got its slot when the plan was made.
        self.features[index].unwrap_or_default()
    }

    /// The number of features.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features.len()
    }

    /// Whether any value depends on the customer's zone.
    #[must_use]
    pub fn needs_zone(&self) -> bool {
        self.needs_zone
    }

    /// The windows of this plan at these instants.
    #[must_use]
    pub fn agenda(&self, instants: &[Timestamp]) -> Agenda {
        let mut instants = instants.to_vec();
        instants.sort_unstable();
        instants.dedup();
        Agenda::new(self.selections.len(), &self.windows, instants)
    }

    /// For each of so many event types, which events the windows reach at the agenda's instants.
    pub(super) fn reaches(&self, agenda: &Agenda, types: usize) -> Vec<Reach> {
        let mut reaches = vec![Reach::NONE; types];
        for (_, aggregate) in &self.aggregates {
            for window in [aggregate.window, aggregate.other] {
                let (selection, window) = self.windows[window];
                let selection = &self.selections[selection];
                let newest = aggregate.needs_newest_alone() && selection.is_every_instant();
                let reach = agenda.reach(window, newest);
                match selection.event {
                    Some(event) => reaches[event] = reaches[event].or(reach),
                    None => reaches.iter_mut().for_each(|of| *of = of.or(reach)),
                }
            }
        }
        reaches
    }

    /// Fills one frame for each instant of a case, one case after the other, with everything that
    /// history and attributes say, features included. What the engine adds later (health, churn, …)
    /// is missing as yet.
    ///
    /// Cost: the events once for each selection, a step for each window and instant, then the
    /// events inside. Nothing is allocated once `frames` and `scratch` have been used.
    pub fn fill<'a>(
        &'a self,
        cases: &[Case<'_, 'a>],
        agenda: &Agenda,
        frames: &mut Frames<'a>,
        scratch: &mut Scratch,
    ) {
        self.fill_columns(cases, agenda, frames, scratch, None);
    }

    /// The same, but for what goes to the columns of a table.
    pub(super) fn fill_columns<'a>(
        &'a self,
        cases: &[Case<'_, 'a>],
        agenda: &Agenda,
        frames: &mut Frames<'a>,
        scratch: &mut Scratch,
        table: Option<&mut Builder<'_>>,
    ) {
        let columnar = table.as_ref().map(|table| table.columnar);
        let framed = columnar.is_none_or(|columnar| columnar.framed);
        frames.begin(cases, agenda, if framed { &self.slots } else { &[] });
        self.answer(cases, agenda, frames, scratch, table);
        let in_frames = |step: usize| columnar.is_none_or(|columnar| columnar.steps[step]);
        for frame in frames.each_mut() {
            for (_, (slot, program)) in
                self.steps.iter().enumerate().filter(|(step, _)| in_frames(*step))
            {
                frame[*slot] = program.eval(frame);
            }
        }
    }

    /// Gives features other values in a frame that was filled, and computes those that read them
    /// again. A feature that is an aggregate as it stands changes it for all that read it.
    pub fn change<'a>(&'a self, frame: &mut [Value<'a>], changes: &[(usize, Value<'a>)]) {
        if changes.is_empty() {
            return;
        }
        for (feature, value) in changes {
            frame[self.feature(*feature)] = *value;
        }
        let given = |slot| changes.iter().any(|(feature, _)| self.feature(*feature) == slot);
        for (slot, program) in self.steps.iter().filter(|(slot, _)| !given(*slot)) {
            frame[*slot] = program.eval(frame);
        }
    }
}

/// The place of an element, which is added where it is not there.
pub(super) fn place<T: PartialEq>(all: &mut Vec<T>, element: T) -> usize {
    let known = all.iter().position(|known| *known == element);
    known.unwrap_or_else(|| {
        all.push(element);
        all.len() - 1
    })
}
