//! Feature tables of many customers at many instants, and training sets.
//!
//! Customers are looked at one after the other: the events of one are brought together, asked
//! about at every instant, and forgotten. So the memory needed is that of the input, the output
//! and one customer; threads share the customers out and change no bit.

use super::agenda::Agenda;
use super::builder::Builder;
use super::plan::{FeatureSet, Frames, Plan, Scratch};
use super::subject::Subject;
use super::table::FeatureTable;
use super::training::{LabelSpec, LeftOut, TrainingSet};
use crate::error::{Error, Result};
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

/// A customer, by position in the groups of the event table and in the customer table.
struct Job {
    group: Option<usize>,
    row: Option<usize>,
    /// The position among the customers that have rows in the answer; none for those who are
    /// known by events alone where customers were given.
    place: Option<u32>,
}

/// What one thread makes of its share.
struct Share<T> {
    made: T,
    tally: Tally,
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
    pub fn features(&self, as_of: &[Timestamp]) -> Result<(FeatureTable, Tally)> {
        let plan = Plan::new(self.schema, self.features);
        let (jobs, customers) = self.jobs();
        let new = |room| Builder::new(self.features, room);
        let shares = self.run(&plan, &jobs, as_of, new, |builder, place, instants, frames| {
            builder.push(place, instants, &plan, frames, None);
        })?;
        let mut tally = Tally::default();
        let mut all: Option<Builder<'_>> = None;
        for share in shares {
            tally.add(share.tally);
            match &mut all {
                None => all = Some(share.made),
                Some(all) => all.append(share.made),
            }
        }
        Ok((all.unwrap_or_else(|| new(0)).finish(customers)?, tally))
    }

    /// The same rows with the label that came true after each, without those that have none.
    ///
    /// # Errors
    /// `argument` when there is no instant.
    pub fn training_set(
        &self,
        label: &LabelSpec,
        as_of: &[Timestamp],
    ) -> Result<(TrainingSet, Tally)> {
        let mut plan = Plan::new(self.schema, self.features);
        let labeller = Labeller {
            spec: label,
            churned: plan.bind(self.schema, &label.label),
            eligible: label.eligible.as_ref().map(|program| plan.bind(self.schema, program)),
            end: self.events.end(),
        };
        let (jobs, customers) = self.jobs();
        let new = |_| (Builder::new(self.features, 0), Vec::new(), LeftOut::default());
        let shares = self.run(&plan, &jobs, as_of, new, |made, place, instants, frames| {
            let (builder, labels, left_out) = made;
            let known: Vec<Option<bool>> = (0..instants.len())
                .map(|at| labeller.label(instants[at], frames.at(at), left_out))
                .collect();
            labels.extend(known.iter().flatten().map(|churned| f64::from(u8::from(*churned))));
            let kept: Vec<bool> = known.iter().map(Option::is_some).collect();
            builder.push(place, instants, &plan, frames, Some(&kept));
        })?;
        let mut tally = Tally::default();
        let (mut builder, mut labels, mut left_out) = new(0);
        for share in shares {
            tally.add(share.tally);
            builder.append(share.made.0);
            labels.extend(share.made.1);
            left_out.add(&share.made.2);
        }
        Ok((TrainingSet { table: builder.finish(customers)?, labels, left_out }, tally))
    }

    /// The customers, ordered by identifier, and the names of those with rows.
    fn jobs(&self) -> (Vec<Job>, Vec<String>) {
        let groups = &self.events.groups().customers;
        let Some(table) = self.customers else {
            let job = |(place, group)| Job { group: Some(group), row: None, place: Some(place) };
            return ((0..).zip(0..groups.len()).map(job).collect(), groups.clone());
        };
        let mut rows: Vec<usize> = (0..table.ids.len()).collect();
        if !table.ids.is_sorted() {
            rows.sort_unstable_by(|a, b| table.ids[*a].cmp(&table.ids[*b]));
        }
        let mut jobs = Vec::with_capacity(rows.len());
        let mut group = 0;
        let without_row = |group| Job { group: Some(group), row: None, place: None };
        for (place, row) in (0..).zip(&rows) {
            while groups.get(group).is_some_and(|name| *name < table.ids[*row]) {
                jobs.push(without_row(group));
                group += 1;
            }
            let found = groups.get(group).is_some_and(|name| *name == table.ids[*row]);
            jobs.push(Job { group: found.then_some(group), row: Some(*row), place: Some(place) });
            group += usize::from(found);
        }
        jobs.extend((group..groups.len()).map(without_row));
        (jobs, rows.iter().map(|row| table.ids[*row].clone()).collect())
    }

    /// Shares the customers out, and calls `visit` with the filled frames of each, in order.
    fn run<T: Send>(
        &self,
        plan: &Plan,
        jobs: &[Job],
        as_of: &[Timestamp],
        new: impl Fn(usize) -> T + Sync,
        visit: impl Fn(&mut T, u32, &[Timestamp], &Frames<'_>) + Sync,
    ) -> Result<Vec<Share<T>>> {
        if as_of.is_empty() {
            return Err(Error::argument("as_of", "expected at least one instant, found none"));
        }
        let agenda = plan.agenda(as_of);
        // The first share has room for all rows: the others are appended to it.
        let room = |at: usize, share: &[Job]| {
            agenda.instants.len() * if at == 0 { jobs.len() } else { share.len() }
        };
        let shares: Vec<(usize, &[Job])> =
            shares(jobs, self.threads).into_iter().enumerate().collect();
        Ok(crate::threads::map(&shares, |(at, jobs)| {
            let mut share = Share { made: new(room(*at, jobs)), tally: Tally::default() };
            self.work(plan, jobs, &agenda, &mut share, &visit);
            share
        }))
    }

    fn work<T>(
        &self,
        plan: &Plan,
        jobs: &[Job],
        agenda: &Agenda,
        share: &mut Share<T>,
        visit: &impl Fn(&mut T, u32, &[Timestamp], &Frames<'_>),
    ) {
        let layout = self.events.layout();
        let mut gatherer = Gatherer::new(layout);
        let (mut idle, mut scratch) = (Frames::default(), Scratch::default());
        for job in jobs {
            if let Some(group) = job.group {
                gatherer.gather(self.events, group, &mut share.tally);
            }
            let Some(place) = job.place else { continue };
            let history = match job.group {
                Some(_) => gatherer.history(self.events),
                None => History::empty(layout),
            };
            let (subject, from) = match (self.customers, job.row) {
                (Some(table), Some(row)) => {
                    (Subject::new(history, self.schema, &table.attributes, row), Some(i64::MIN))
                }
                _ => (Subject::by_default(history, self.schema), history.first()),
            };
            let Some(from) = from else { continue };
            let first = agenda.instants.partition_point(|at| at.as_micros() < from);
            // They borrow from this customer's history.
            let mut frames = idle.recycled();
            plan.fill(&subject, agenda, first, &mut frames, &mut scratch);
            visit(&mut share.made, place, &agenda.instants[first..], &frames);
            idle = frames.recycled();
        }
    }
}

/// About equal shares of the work.
fn shares(jobs: &[Job], threads: usize) -> Vec<&[Job]> {
    jobs.chunks(jobs.len().div_ceil(threads.max(1)).max(1)).collect()
}

/// Says what came of a customer.
struct Labeller<'a> {
    spec: &'a LabelSpec,
    churned: Program,
    eligible: Option<Program>,
    /// The instant of the last event of all.
    end: Option<Timestamp>,
}

impl Labeller<'_> {
    fn label(&self, at: Timestamp, frame: &[Value<'_>], left_out: &mut LeftOut) -> Option<bool> {
        let needs = at.plus(self.spec.gap).plus(self.spec.horizon);
        let eligible = |program: &Program| program.eval(frame) == Value::Bool(true);
        if self.eligible.as_ref().is_some_and(|program| !eligible(program)) {
            left_out.not_eligible += 1;
        } else if self.spec.reads_horizon && self.end.is_none_or(|end| needs > end) {
            left_out.horizon_past_data += 1;
        } else if let Value::Bool(churned) = self.churned.eval(frame) {
            return Some(churned);
        } else {
            left_out.label_missing += 1;
        }
        None
    }
}
