//! Feature tables of many customers at many instants, and training sets.
//!
//! Customers are looked at one after the other: the events of one are brought together, asked
//! about at every instant, and forgotten. So the memory needed is that of the input, the output
//! and one customer; threads share the customers out and change no bit.

use super::agenda::Agenda;
use super::builder::Builder;
use super::cut_offs::CutOffs;
use super::plan::{FeatureSet, Frames, Plan, Scratch};
use super::roll::{Entry, Roll};
use super::subject::Subject;
use super::table::FeatureTable;
use super::training::{Censored, LabelSpec, LeftOut, TrainingSet};
use crate::error::Result;
use crate::event::{CustomerTable, EventTable};
use crate::expr::{Program, Value};
use crate::history::{Gatherer, History, Tally};
use crate::schema::Schema;
use crate::time::Timestamp;

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

/// What one thread makes of its share.
struct Share<T> {
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
    /// Whether customers of the table have rows at instants before they started.
    early: bool,
}

/// Rows of one customer: its place, the instants, and what is known at each.
struct Rows<'r, 'a> {
    place: u32,
    instants: &'r [Timestamp],
    frames: &'r Frames<'a>,
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
        let work = self.work(&plan, as_of, true)?;
        let new = |room| Builder::new(self.features, room);
        let shares = self.run(&work, new, |builder, Rows { place, instants, frames }| {
            builder.push(place, instants, &plan, frames, None);
        });
        let mut tally = Tally::default();
        let mut all: Option<Builder<'_>> = None;
        for share in shares {
            tally.add(share.tally);
            match &mut all {
                None => all = Some(share.made),
                Some(all) => all.append(share.made),
            }
        }
        Ok((all.unwrap_or_else(|| new(0)).finish(work.roll.names)?, tally))
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
        let work = self.work(&plan, as_of, false)?;
        let new = |_| (Builder::new(self.features, 0), Vec::<Outcome>::new(), LeftOut::default());
        let shares = self.run(&work, new, |made, Rows { place, instants, frames }| {
            let (builder, outcomes, left_out) = made;
            let known: Vec<Option<Outcome>> = (0..instants.len())
                .map(|at| labeller.outcome(instants[at], frames.at(at), left_out))
                .collect();
            outcomes.extend(known.iter().flatten());
            let kept: Vec<bool> = known.iter().map(Option::is_some).collect();
            builder.push(place, instants, &plan, frames, Some(&kept));
        });
        let mut tally = Tally::default();
        let (mut builder, mut outcomes, mut left_out) = new(0);
        for share in shares {
            tally.add(share.tally);
            builder.append(share.made.0);
            outcomes.extend(share.made.1);
            left_out.add(&share.made.2);
            left_out.not_started += share.not_started;
        }
        let set = TrainingSet {
            table: builder.finish(work.roll.names)?,
            labels: outcomes.iter().copied().map(Outcome::label).collect(),
            censored: outcomes.iter().map(|outcome| *outcome == Outcome::Censored).collect(),
            left_out,
        };
        Ok((set, tally))
    }

    fn work<'w>(&'w self, plan: &'w Plan, as_of: &CutOffs, early: bool) -> Result<Work<'w>> {
        let agenda = as_of.instants()?.map(|instants| plan.agenda(&instants));
        let roll = Roll::new(self.events.groups(), self.customers);
        Ok(Work { plan, roll, agenda, early })
    }

    /// Shares the customers out, and calls `visit` with the rows of each, in order.
    fn run<T: Send>(
        &self,
        work: &Work<'_>,
        new: impl Fn(usize) -> T + Sync,
        visit: impl Fn(&mut T, Rows<'_, '_>) + Sync,
    ) -> Vec<Share<T>> {
        let all = &work.roll.entries;
        let instants = work.agenda.as_ref().map_or(0, |agenda| agenda.instants.len());
        let shares: Vec<(usize, &[Entry])> =
            shares(all, self.threads).into_iter().enumerate().collect();
        crate::threads::map(&shares, |(at, entries)| {
            // The first share has room for all rows: the others are appended to it.
            let room = instants * if *at == 0 { all.len() } else { entries.len() };
            let mut share = Share { made: new(room), tally: Tally::default(), not_started: 0 };
            self.visit(work, entries, &mut share, &visit);
            share
        })
    }

    fn visit<T>(
        &self,
        work: &Work<'_>,
        entries: &[Entry],
        share: &mut Share<T>,
        visit: &impl Fn(&mut T, Rows<'_, '_>),
    ) {
        let Work { plan, roll, .. } = work;
        let layout = self.events.layout();
        let mut gatherer = Gatherer::new(layout);
        let (mut idle, mut scratch) = (Frames::default(), Scratch::default());
        for entry in entries {
            if let Some(group) = entry.group {
                gatherer.gather(self.events, group, &mut share.tally);
            }
            let Some(place) = entry.place else { continue };
            let history = match entry.group {
                Some(_) => gatherer.history(self.events),
                None => History::empty(layout),
            };
            let own;
            let agenda = if let Some(common) = &work.agenda {
                common
            } else {
                own = plan.agenda(roll.questions(entry));
                &own
            };
            let first_event = history.first().unwrap_or(i64::MAX);
            // They borrow from this customer's history.
            let mut frames = idle.recycled();
            // Attributes hold for a while: the instants of one row of them are filled together.
            let mut start = 0;
            while start < agenda.instants.len() {
                let (row, len) = roll.holds(entry, &agenda.instants[start..]);
                let mut within = start..start + len;
                start = within.end;
                let subject = match (self.customers, row) {
                    (Some(table), Some(row)) => {
                        Subject::new(history, self.schema, &table.attributes, row)
                    }
                    _ => Subject::by_default(history, self.schema),
                };
                if row.is_none() && !(work.early && self.customers.is_some()) {
                    let instants = &agenda.instants[within.clone()];
                    let before = instants.partition_point(|at| at.as_micros() < first_event);
                    share.not_started += before;
                    within.start += before;
                }
                let instants = &agenda.instants[within.clone()];
                if instants.is_empty() {
                    continue;
                }
                plan.fill(&subject, agenda, within, &mut frames, &mut scratch);
                visit(&mut share.made, Rows { place, instants, frames: &frames });
            }
            idle = frames.recycled();
        }
    }
}

/// About equal shares of the work.
fn shares(entries: &[Entry], threads: usize) -> Vec<&[Entry]> {
    entries.chunks(entries.len().div_ceil(threads.max(1)).max(1)).collect()
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
