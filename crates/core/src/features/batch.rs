//! Feature tables of many customers at many instants, and training sets.
//!
//! Customers are looked at one after the other: the events of one are brought together, asked
//! about at every instant, and forgotten. So the memory needed is that of the input, the output
//! and one customer; threads share the customers out and change no bit.

use std::ops::Range;
use std::sync::Arc;

use super::agenda::Agenda;
use super::answers::Scratch;
use super::builder::{BLOCK, Builder};
use super::columnar::Columnar;
use super::cut_offs::CutOffs;
use super::frames::Frames;
use super::output::Output;
use super::plan::{FeatureSet, Plan};
use super::roll::{Entry, Roll};
use super::subject::{Case, Subject};
use super::table::FeatureTable;
use super::training::{Censored, LabelSpec, LeftOut, TrainingSet};
use crate::error::Result;
use crate::event::{CustomerTable, EventTable, Sieve};
use crate::expr::{Program, Value};
use crate::history::{Block, Tally};
use crate::schema::Schema;
use crate::time::Timestamp;

/// A thread takes so many customers at a time at least.
const LEAST: usize = 256;

/// So many customers, and so many rows, are looked at at once at most.
const TOGETHER: usize = 128;
const ROWS_TOGETHER: usize = 1024;

/// Everything a batch reads.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// The features.
    pub features: &'a FeatureSet,
    /// The events of all customers.
    pub events: &'a EventTable<'a>,
    /// The customers that make the rows; where there are none, those with an event do.
    pub customers: Option<&'a CustomerTable>,
    /// How many threads work at it, where the package is built with threads.
    pub threads: usize,
}

/// What is made of a share of the customers.
struct Share<'a, T> {
    builder: Builder<'a>,
    made: T,
    tally: Tally,
    not_started: usize,
}

/// What is made of all.
struct Finished<T> {
    table: FeatureTable,
    made: T,
    tally: Tally,
    not_started: usize,
}

/// What is asked, and of whom.
struct Work<'a> {
    plan: &'a Plan,
    roll: Roll<'a>,
    /// The instants that are the same for every customer; none where each has its own.
    agenda: Option<Agenda>,
    /// What holds back the events that no window reaches, if any.
    sieve: Option<Sieve>,
    columnar: Columnar<'a>,
    /// Whether customers of the table have rows at instants before they started.
    early: bool,
    /// Whether there is no table of customers.
    by_events: bool,
}

impl Work<'_> {
    /// How many customers are looked at at once: one where each has instants of its own.
    fn together(&self) -> usize {
        let instants = |agenda: &Agenda| agenda.instants.len().max(1);
        let most = |agenda| (ROWS_TOGETHER / instants(agenda)).clamp(1, TOGETHER);
        self.agenda.as_ref().map_or(1, most)
    }

    /// How many rows there may be of a customer. Those known by events alone have none before the
    /// first: where that is most of the room, it is worth a look, for parts of a table with room to
    /// spare have to be moved together in the end.
    fn room(&self, events: &EventTable<'_>, entry: &Entry) -> usize {
        let instants = match (&self.agenda, entry.place) {
            (_, None) => return 0,
            (Some(common), _) => &common.instants,
            (None, _) => self.roll.questions(entry),
        };
        let first = match entry.group {
            Some(group) if self.by_events && instants.len() > 1 => events.earliest(group),
            _ => None,
        };
        let before = |first| instants.partition_point(|at| at.as_micros() < first);
        instants.len() - first.map_or(0, before)
    }
}

/// Rows of one customer: its place, the instants, and what is known at each.
struct Rows<'r, 'a> {
    place: u32,
    instants: &'r [Timestamp],
    attributes: &'r [Value<'a>],
    frames: &'r Frames<'a>,
    /// The number of the frame of the first instant.
    first: usize,
}

/// Memory for a block of customers.
struct Memory {
    block: Block,
    frames: Frames<'static>,
    scratch: Scratch,
}

impl Batch<'_> {
    /// One row for each customer at each instant, ordered by `customer_id`, then `as_of`, and what
    /// became of the rows of events.
    ///
    /// Without a customer table, a customer has rows from the instant of the first event on.
    /// Cost: for each row, a binary search a window and the events inside it.
    ///
    /// # Errors
    /// `argument` when there is no instant.
    pub fn features(&self, as_of: &CutOffs) -> Result<(FeatureTable, Tally)> {
        let plan = Plan::new(self.schema, self.features);
        let work = self.work(&plan, plan.columnar(self.schema, &[]), as_of, true)?;
        let made = self.run(&work, |share: &mut Share<'_, ()>, rows| {
            let Rows { place, instants, attributes, frames, first } = rows;
            share.builder.push(place, instants, attributes, (frames, first), None);
        })?;
        Ok((made.table, made.tally))
    }

    /// The same rows with the label that came true after each, without those that have none.
    ///
    /// # Errors
    /// `argument` when there is no instant.
    pub fn training_set(
        &self,
        label: &LabelSpec,
        censored: Censored,
        as_of: &CutOffs,
    ) -> Result<(TrainingSet, Tally)> {
        let mut plan = Plan::new(self.schema, self.features);
        let labeller = Labeller {
            spec: label,
            churned: plan.bind(self.schema, &label.label),
            eligible: label.eligible.as_ref().map(|program| plan.bind(self.schema, program)),
            end: self.events.end(),
            censored,
        };
        let others: Vec<&Program> =
            [Some(&labeller.churned), labeller.eligible.as_ref()].into_iter().flatten().collect();
        let work = self.work(&plan, plan.columnar(self.schema, &others), as_of, false)?;
        let made = self.run(&work, |share: &mut Share<'_, Outcomes>, rows| {
            let Rows { place, instants, attributes, frames, first } = rows;
            let Outcomes { known, left_out } = &mut share.made;
            let outcomes: Vec<Option<Outcome>> = (0..instants.len())
                .map(|at| labeller.outcome(instants[at], frames.at(first + at), left_out))
                .collect();
            known.extend(outcomes.iter().flatten());
            let kept: Vec<bool> = outcomes.iter().map(Option::is_some).collect();
            share.builder.push(place, instants, attributes, (frames, first), Some(&kept));
        })?;
        let Outcomes { known: outcomes, mut left_out } = made.made;
        left_out.not_started += made.not_started;
        let set = TrainingSet {
            table: made.table,
            labels: outcomes.iter().copied().map(Outcome::label).collect(),
            censored: outcomes.iter().map(|outcome| *outcome == Outcome::Censored).collect(),
            left_out,
        };
        Ok((set, made.tally))
    }

    fn work<'w>(
        &'w self,
        plan: &'w Plan,
        columnar: Columnar<'w>,
        as_of: &CutOffs,
        early: bool,
    ) -> Result<Work<'w>> {
        let agenda = as_of.instants()?.map(|instants| plan.agenda(&instants));
        let roll = Roll::new(self.events.groups(), self.customers);
        let by_events = self.customers.is_none();
        let sieve = agenda.as_ref().filter(|_| Sieve::IS_USED).and_then(|agenda| {
            let reaches = plan.reaches(agenda, self.schema.events.len());
            self.events.sieve(&reaches, self.threads)
        });
        Ok(Work { plan, roll, agenda, sieve, columnar, early, by_events })
    }

    /// Shares the customers out, calls `visit` with the rows of each, in order, and joins what
    /// the threads made.
    fn run<T: Made>(
        &self,
        work: &Work<'_>,
        visit: impl Fn(&mut Share<'_, T>, Rows<'_, '_>) + Sync,
    ) -> Result<Finished<T>> {
        let shares = shares(work.roll.len(), self.threads);
        let (rooms, most): (Vec<usize>, Vec<usize>) =
            crate::threads::map(shares.clone(), self.threads, |entries| {
                let rooms = entries.map(|at| work.room(self.events, &work.roll.entry(at)));
                rooms.fold((0, 0), |(sum, most), room| (sum + room, most.max(room)))
            })
            .into_iter()
            .unzip();
        let (most, columnar) = (most.into_iter().max().unwrap_or(0), &work.columnar);
        let block = BLOCK + most * work.together();
        let mut output = Output::new(self.features, rooms, columnar, block, self.threads);
        let builders = output.builders(self.features, columnar);
        let parts: Vec<_> = builders.into_iter().zip(shares).collect();
        let parts = crate::threads::map(parts, self.threads, |(builder, entries)| {
            let (made, tally) = (T::default(), Tally::default());
            let mut share = Share { builder, made, tally, not_started: 0 };
            self.visit(work, entries, &mut share, &visit);
            (share.builder.written(), share.made, share.tally, share.not_started)
        });
        let (mut all, mut tally, mut not_started) = (T::default(), Tally::default(), 0);
        let mut written = Vec::with_capacity(parts.len());
        for (rows, made, own, early) in parts {
            written.push(rows);
            all.add(made);
            tally.add(own);
            not_started += early;
        }
        let names = Arc::clone(&work.roll.names);
        let table = output.finish(self.features, names, written, self.threads)?;
        Ok(Finished { table, made: all, tally, not_started })
    }

    fn visit<T>(
        &self,
        work: &Work<'_>,
        entries: Range<usize>,
        share: &mut Share<'_, T>,
        visit: &impl Fn(&mut Share<'_, T>, Rows<'_, '_>),
    ) {
        let mut memory = Memory {
            block: Block::new(self.events.layout()),
            frames: Frames::default(),
            scratch: Scratch::default(),
        };
        let mut start = entries.start;
        while start < entries.end {
            let end = entries.end.min(start + work.together());
            let block: Vec<Entry> = (start..end).map(|at| work.roll.entry(at)).collect();
            self.visit_block(work, &block, &mut memory, share, visit);
            start = end;
        }
    }

    /// Looks at some customers at once.
    fn visit_block<T>(
        &self,
        work: &Work<'_>,
        entries: &[Entry],
        memory: &mut Memory,
        share: &mut Share<'_, T>,
        visit: &impl Fn(&mut Share<'_, T>, Rows<'_, '_>),
    ) {
        let Work { plan, roll, sieve, .. } = work;
        let Memory { block, frames: idle, scratch } = memory;
        let groups: Vec<Option<usize>> = entries.iter().map(|entry| entry.group).collect();
        block.gather(self.events, &groups, sieve.as_ref(), &mut share.tally);
        let own;
        let agenda = if let Some(common) = &work.agenda {
            common
        } else {
            // They are looked at one by one.
            let questions = entries.first().map_or(&[][..], |entry| roll.questions(entry));
            own = plan.agenda(questions);
            &own
        };
        let (mut places, mut people) = (Vec::new(), Vec::new());
        for (at, entry) in entries.iter().enumerate() {
            let Some(place) = entry.place else { continue };
            let history = block.history(self.events, at);
            let first_event = block.first(at).unwrap_or(i64::MAX);
            // Attributes hold for a while: the instants of one row of them are one case.
            let mut start = 0;
            while start < agenda.instants.len() {
                let (row, len) = roll.holds(entry, &agenda.instants[start..]);
                let mut within = start..start + len;
                start = within.end;
                if row.is_none() && !(work.early && self.customers.is_some()) {
                    let instants = &agenda.instants[within.clone()];
                    let before = instants.partition_point(|at| at.as_micros() < first_event);
                    share.not_started += before;
                    within.start += before;
                }
                if within.is_empty() {
                    continue;
                }
                let subject = match (self.customers, row) {
                    (Some(table), Some(row)) => {
                        Subject::new(history, self.schema, &table.attributes, row)
                    }
                    _ => Subject::by_default(history, self.schema),
                };
                places.push(place);
                people.push((subject, within));
            }
        }
        let cases: Vec<Case<'_, '_>> = people
            .iter()
            .map(|(subject, within)| Case { subject, within: within.clone() })
            .collect();
        if cases.is_empty() {
            return;
        }
        // They borrow from the histories.
        let mut frames = std::mem::take(idle).recycled();
        let table = Some(&mut share.builder);
        plan.fill_columns(&cases, agenda, &mut frames, scratch, table);
        let mut first = 0;
        for (place, Case { subject, within }) in places.into_iter().zip(&cases) {
            let instants = &agenda.instants[within.clone()];
            let (attributes, frames) = (&subject.attributes[..], &frames);
            visit(share, Rows { place, instants, attributes, frames, first });
            first += instants.len();
        }
        share.builder.settle();
        *idle = frames.recycled();
    }
}

/// Shares of the work, which is that of so many customers.
fn shares(customers: usize, threads: usize) -> Vec<Range<usize>> {
    let part = crate::threads::part_of(customers, threads, LEAST);
    (0..customers).step_by(part).map(|start| start..customers.min(start + part)).collect()
}

/// What is made besides the table.
trait Made: Default + Send {
    /// Adds what was made of later customers.
    fn add(&mut self, later: Self);
}

impl Made for () {
    fn add(&mut self, (): ()) {}
}

/// What came of customers.
#[derive(Default)]
struct Outcomes {
    known: Vec<Outcome>,
    left_out: LeftOut,
}

impl Made for Outcomes {
    fn add(&mut self, later: Self) {
        self.known.extend(later.known);
        self.left_out.add(&later.left_out);
    }
}

/// Says what came of a customer.
struct Labeller<'a> {
    spec: &'a LabelSpec,
    churned: Program,
    eligible: Option<Program>,
    /// The instant of the last event of all.
    end: Option<Timestamp>,
    censored: Censored,
}

/// What came of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Known(bool),
    /// The data end before the horizon does.
    Censored,
}

impl Outcome {
    fn label(self) -> f64 {
        match self {
            Self::Known(churned) => f64::from(u8::from(churned)),
            Self::Censored => f64::NAN,
        }
    }
}

impl Labeller<'_> {
    /// What came of a customer, or none where the row is left out, which is counted.
    fn outcome(
        &self,
        at: Timestamp,
        frame: &[Value<'_>],
        left_out: &mut LeftOut,
    ) -> Option<Outcome> {
        let eligible = |program: &Program| program.eval(frame) == Value::Bool(true);
        if self.eligible.as_ref().is_some_and(|program| !eligible(program)) {
            left_out.not_eligible += 1;
            return None;
        }
        let needs = at.plus(self.spec.gap).plus(self.spec.horizon);
        if self.spec.reads_horizon && self.end.is_none_or(|end| needs > end) {
            if self.censored == Censored::Drop {
                left_out.horizon_past_data += 1;
                return None;
            }
            let now = self.churned.eval(frame).as_bool();
            let settled = now.filter(|_| now == self.spec.settles);
            return Some(settled.map_or(Outcome::Censored, Outcome::Known));
        }
        let Value::Bool(churned) = self.churned.eval(frame) else {
            left_out.label_missing += 1;
            return None;
        };
        Some(Outcome::Known(churned))
    }
}
