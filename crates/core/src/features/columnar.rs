//! What of a plan is computed column by column, for many rows at once, and not frame by frame.
//!
//! An aggregate that no frame needs writes to a column itself. An expression of numbers, truths and
//! instants is computed for a block of rows ([`Program::compute`]) once the columns that it reads
//! are there. Frames are left to what reads texts and clocks, and to what is asked of single rows,
//! such as labels. Either way gives the same bits.

use super::aggregate::BoundAggregate;
use super::plan::{Plan, place};
use crate::expr::{Column, Computed, Input, Program, Type, Value};
use crate::schema::Schema;

/// What of a plan is computed column by column. Columns are those of the features, in order, then
/// hidden ones, which only expressions read.
#[derive(Debug, Clone, Default)]
pub(super) struct Columnar<'p> {
    /// For each aggregate, the column that it writes to itself.
    pub(super) aggregates: Vec<Option<OwnColumn<'p>>>,
    /// For each step of the plan, whether frames have it.
    pub(super) steps: Vec<bool>,
    /// The other steps, in order.
    pub(super) computed: Vec<ColumnStep>,
    /// The columns that are written a customer at a time, and where their rows come from.
    pub(super) pushed: Vec<(usize, Source)>,
    /// For each column, whether it holds counts, which are whole and never missing.
    pub(super) counts: Vec<bool>,
    /// The type of each hidden column.
    pub(super) hidden: Vec<Type>,
    /// Whether anything needs frames.
    pub(super) framed: bool,
}

/// The column of an aggregate.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnColumn<'p> {
    pub(super) column: usize,
    /// What it is of no events.
    pub(super) none: Option<Value<'p>>,
    /// Whether that is what a column has before anything is written.
    pub(super) blank: bool,
}

/// An expression over columns.
#[derive(Debug, Clone)]
pub(super) struct ColumnStep {
    /// Where its rows go.
    pub(super) column: usize,
    /// It is bound to what it reads.
    pub(super) program: Program,
    pub(super) reads: Vec<Read>,
}

/// A column that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// The instant of each row.
    AsOf,
    Column(usize),
}

/// Where the rows of a column come from, if neither an aggregate writes them nor an expression over
/// columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The slot of the frames.
    Frame(usize),
    /// The customer's attribute.
    Attribute(usize),
}

impl Plan {
    /// What can be computed column by column, where single rows are asked `others`.
    pub(super) fn columnar(&self, schema: &Schema, others: &[&Program]) -> Columnar<'_> {
        let kinds = self.kinds(schema);
        let features: Vec<usize> = (0..self.features()).map(|index| self.feature(index)).collect();
        // What frames need: what is asked of single rows, what fills more than one column, and what
        // steps in frames read.
        let mut needed: Vec<bool> = (0..self.slots.len())
            .map(|slot| {
                others.iter().any(|program| program.reads_slot(slot))
                    || features.iter().filter(|own| **own == slot).count() > 1
            })
            .collect();
        let mut steps = vec![false; self.steps.len()];
        for (at, (slot, program)) in self.steps.iter().enumerate().rev() {
            steps[at] = needed[*slot] || kind_of(program, &kinds).is_none();
            if steps[at] {
                for (slot, needed) in needed.iter_mut().enumerate() {
                    *needed |= program.reads_slot(slot);
                }
            }
        }
        // The slots of all columns: hidden ones are added as they are read.
        let mut slots = features;
        let mut computed = Vec::new();
        for ((slot, program), _) in self.steps.iter().zip(&steps).filter(|(_, framed)| !**framed) {
            let (mut reads, mut places) = (Vec::new(), vec![0; self.slots.len()]);
            for read in (0..self.slots.len()).filter(|slot| program.reads_slot(*slot)) {
                places[read] = reads.len();
                reads.push(match self.slots[read] {
                    Input::AsOf => Read::AsOf,
                    _ => Read::Column(place(&mut slots, read)),
                });
            }
            let program = program.clone().moved(&places);
            computed.push(ColumnStep { column: place(&mut slots, *slot), program, reads });
        }
        let source = |slot: usize| self.source(slot, needed[slot], &steps);
        let own = |(slot, aggregate): &(usize, BoundAggregate)| {
            let column = slots.iter().position(|known| known == slot)?;
            let none = aggregate.of_none(&self.selections[aggregate.selection]);
            let blank = none.is_some_and(|none| match none {
                Value::Number(x) => x.to_bits() == 0,
                none => none == Value::Bool(false),
            });
            let own = matches!(self.slots[*slot], Input::Aggregate(_)) && source(*slot).is_none();
            own.then_some(OwnColumn { column, none, blank })
        };
        let pushed = slots.iter().enumerate();
        let pushed = pushed.filter_map(|(column, slot)| Some((column, source(*slot)?)));
        let pushed: Vec<(usize, Source)> = pushed.collect();
        let in_frames = |(_, source): &(usize, Source)| matches!(source, Source::Frame(_));
        let counts = |slot: &usize| match &self.slots[*slot] {
            Input::Aggregate(aggregate) => aggregate.op.is_count(),
            _ => false,
        };
        let hidden = slots[self.features()..].iter().filter_map(|slot| kinds[*slot].clone());
        Columnar {
            aggregates: self.aggregates.iter().map(own).collect(),
            computed,
            counts: slots.iter().map(counts).collect(),
            hidden: hidden.collect(),
            framed: !others.is_empty() || pushed.iter().any(in_frames),
            pushed,
            steps,
        }
    }

    /// Where a column with the values of a slot gets its rows from; none where an aggregate or an
    /// expression over columns writes them.
    fn source(&self, slot: usize, needed: bool, steps: &[bool]) -> Option<Source> {
        let framed = |(of, framed): (&(usize, Program), &bool)| (of.0 == slot).then_some(*framed);
        match &self.slots[slot] {
            Input::Attribute(index) => Some(Source::Attribute(*index)),
            Input::Aggregate(_) if !needed && !self.gives_texts(slot) => None,
            Input::Feature(_) | Input::Shared(_)
                if self.steps.iter().zip(steps).find_map(framed) == Some(false) =>
            {
                None
            }
            _ => Some(Source::Frame(slot)),
        }
    }

    /// Whether the slot is that of an aggregate which gives texts.
    fn gives_texts(&self, slot: usize) -> bool {
        let own = self.aggregates.iter().find(|(of, _)| *of == slot);
        own.is_some_and(|(_, aggregate)| {
            aggregate.gives_words() && !self.selections[aggregate.selection].is_plain()
        })
    }

    /// The type of each slot, where a column can hold it.
    fn kinds(&self, schema: &Schema) -> Vec<Option<Type>> {
        let mut kinds: Vec<Option<Type>> = self
            .slots
            .iter()
            .map(|input| match input {
                Input::AsOf => Some(Type::Timestamp),
                Input::Attribute(index) => Some(Type::from(&schema.attributes[*index].kind)),
                Input::Aggregate(aggregate) => Some(aggregate.kind()),
                _ => None,
            })
            .collect();
        for (slot, program) in &self.steps {
            kinds[*slot] = match self.slots[*slot] {
                Input::Shared(_) => kind_of(program, &kinds),
                _ => Some(program.kind().clone()),
            };
        }
        kinds
    }
}

/// The type of what an expression comes to over columns of these types; nothing where it needs a
/// frame. It is found by computing it of no rows.
fn kind_of(program: &Program, kinds: &[Option<Type>]) -> Option<Type> {
    let columns: Vec<Column<'_>> = kinds.iter().map(|kind| empty(kind.as_ref())).collect();
    Some(match program.compute(&columns, 0..0)? {
        Computed::Numbers(_) => Type::Number,
        Computed::Flags(_) => Type::Bool,
        Computed::Times(_) => Type::Timestamp,
    })
}

/// A column of no rows.
fn empty(kind: Option<&Type>) -> Column<'static> {
    match kind {
        Some(Type::Number) => Column::Numbers(&[]),
        Some(Type::Bool) => Column::Flags(&[]),
        Some(Type::Timestamp) => Column::Times(&[]),
        Some(Type::Text | Type::Category(_)) => Column::Texts { codes: &[], values: &[] },
        Some(Type::Duration) | None => Column::Other,
    }
}
