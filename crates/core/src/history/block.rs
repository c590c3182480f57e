//! The events of some customers of a table, brought together one customer after the other.

use super::gather::{Gatherer, Tally};
use super::{History, Logs};
use crate::event::{EventTable, Layout, Sieve, Timing};

/// The events of some customers, in memory that is used again.
#[derive(Debug, Default)]
pub struct Block {
    /// For each event type, rows of words: those of one customer after the other.
    logs: Vec<Vec<i64>>,
    /// How many rows of each type there are, before the first customer and then up to each.
    ends: Vec<usize>,
    /// For each customer, what is known of its rows.
    timings: Vec<Timing>,
    /// For those whose rows have to be looked at one by one; its memory serves all.
    gatherer: Gatherer,
}

/// Of no events.
const NO_EVENTS: Timing = Timing { rising: true, earliest: i64::MAX };

impl Block {
    /// A block of events of that layout.
    #[must_use]
    pub fn new(layout: &Layout) -> Self {
        let logs = vec![Vec::new(); layout.types.len()];
        Self { logs, gatherer: Gatherer::new(layout), ..Self::default() }
    }

    /// Gathers the events of customers of the table, by position, in place of those before; none
    /// has no events. Those that `sieve` holds back are left out where that is sure to change
    /// nothing else.
    ///
    /// Cost: linear in the rows where those of each customer come in order of time, else a sort.
    pub fn gather(
        &mut self,
        table: &EventTable<'_>,
        customers: &[Option<usize>],
        sieve: Option<&Sieve>,
        tally: &mut Tally,
    ) {
        self.clear();
        // Where tables are not sifted, little is gained by it.
        if Sieve::IS_USED && self.gather_together(table, customers, sieve).is_some() {
            return;
        }
        // A row is wrong, or rows have identities.
        self.clear();
        for customer in customers {
            let mut timing = NO_EVENTS;
            if let Some(customer) = customer {
                self.gatherer.gather(table, *customer, tally);
                for (all, own) in self.logs.iter_mut().zip(&self.gatherer.logs) {
                    all.extend_from_slice(own);
                    timing.earliest =
                        own.first().map_or(timing.earliest, |at| timing.earliest.min(*at));
                }
            }
            let types = table.layout().types.iter();
            let counts = self.logs.iter().zip(types).map(|(log, kind)| log.len() / kind.stride());
            self.ends.extend(counts);
            self.timings.push(timing);
        }
    }

    /// Gathers the rows of all customers together; nothing where some have to be looked at one by
    /// one.
    fn gather_together(
        &mut self,
        table: &EventTable<'_>,
        customers: &[Option<usize>],
        sieve: Option<&Sieve>,
    ) -> Option<()> {
        let Self { logs, ends, timings, gatherer: Gatherer { divided, sorter, .. } } = self;
        divided.clear(logs.len());
        for customer in customers {
            timings.push(match customer {
                None => NO_EVENTS,
                Some(at) => table.divide(*at, sieve, divided)?,
            });
            ends.extend(divided.counts());
        }
        if !table.read_divided(divided, logs) {
            return None;
        }
        let types = logs.len();
        for at in (0..timings.len()).filter(|at| !timings[*at].rising) {
            for (kind, log) in logs.iter_mut().enumerate() {
                let (start, end) = (ends[at * types + kind], ends[(at + 1) * types + kind]);
                let stride = table.layout().types[kind].stride();
                sorter.sort(&mut log[start * stride..end * stride], stride);
            }
        }
        Some(())
    }

    fn clear(&mut self) {
        self.logs.iter_mut().for_each(Vec::clear);
        self.ends.clear();
        self.ends.resize(self.logs.len(), 0);
        self.timings.clear();
    }

    /// The instant of the first event of a customer, left out or not.
    #[must_use]
    pub fn first(&self, customer: usize) -> Option<i64> {
        Some(self.timings[customer].earliest).filter(|first| *first != i64::MAX)
    }

    /// The events of a customer, by its place in the block.
    #[must_use]
    pub fn history<'a>(&'a self, table: &'a EventTable<'_>, customer: usize) -> History<'a> {
        let types = self.logs.len();
        let (starts, ends) = self.ends[customer * types..(customer + 2) * types].split_at(types);
        History {
            layout: table.layout(),
            logs: Logs::Together { logs: &self.logs, starts, ends },
            dictionaries: table.dictionaries(),
            folds: &[],
            until: i64::MAX,
        }
    }
}
