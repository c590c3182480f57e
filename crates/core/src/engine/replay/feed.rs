//! Recorded tables given to an engine as time goes on.

use super::super::Engine;
use crate::bundle::Bundle;
use crate::columns::Frame;
use crate::error::Result;
use crate::event::{CustomerTable, EventColumns, EventTable, IngestReport, check_customers};
use crate::playbook::Reports;
use crate::time::Timestamp;

/// What of the tables was given, and what comes next.
pub(super) struct Feed<'a> {
    events: &'a Frame,
    /// The rows of `events` by time, those without one first.
    rows: Vec<(Option<i64>, usize)>,
    given: usize,
    customers: CustomerTable,
    /// The rows of `customers` by the instant from which they hold.
    holding: Vec<(Option<Timestamp>, usize)>,
    held: usize,
    report: Reports,
}

impl<'a> Feed<'a> {
    /// Checks both tables and orders their rows.
    pub(super) fn new(
        bundle: &Bundle,
        events: &'a Frame,
        customers: Option<&Frame>,
    ) -> Result<Self> {
        let playbook = bundle.playbook();
        let columns = EventColumns::new(playbook.schema(), playbook.layout(), events)?;
        let table = EventTable::new(&columns);
        let mut rows: Vec<_> = (0..events.len()).map(|row| (table.time(row), row)).collect();
        rows.sort_unstable();
        let (table, of_customers) = match customers {
            Some(customers) => check_customers(playbook.schema(), customers, false)?,
            None => (CustomerTable::default(), IngestReport::default()),
        };
        let mut holding: Vec<_> =
            (0..table.ids.len()).map(|row| (table.valid_from(row), row)).collect();
        holding.sort_unstable();
        let report = Reports { customers: of_customers, ..Reports::default() };
        Ok(Self { events, rows, given: 0, customers: table, holding, held: 0, report })
    }

    /// Gives the engine what is known at `as_of` and was not given before.
    pub(super) fn until(&mut self, engine: &mut Engine, as_of: Timestamp) -> Result<()> {
        let now = as_of.as_micros();
        let held = self.holding.partition_point(|(from, _)| from.is_none_or(|from| from <= as_of));
        let given = self.rows.partition_point(|(at, _)| at.is_none_or(|at| at <= now));
        self.give(engine, held, given)
    }

    /// Gives the engine the rest; what became of all rows, and when the last event was.
    pub(super) fn finish(mut self, engine: &mut Engine) -> Result<(Reports, Option<i64>)> {
        self.give(engine, self.holding.len(), self.rows.len())?;
        self.report.events.rejected.sort_by_key(|refused| refused.index);
        Ok((self.report, self.rows.last().and_then(|(at, _)| *at)))
    }

    fn give(&mut self, engine: &mut Engine, held: usize, given: usize) -> Result<()> {
        for (_, row) in &self.holding[self.held..held.max(self.held)] {
            let id = &self.customers.ids[*row];
            engine.customers.entry(id.clone()).or_default().set_attributes(&self.customers, *row);
        }
        self.held = held.max(self.held);
        let rows: Vec<usize> =
            self.rows[self.given..given.max(self.given)].iter().map(|(_, row)| *row).collect();
        self.given = given.max(self.given);
        // A table without rows still tells of columns that are not read.
        if rows.is_empty() && !self.events.is_empty() {
            return Ok(());
        }
        let mut report = engine.ingest(&self.events.pick(&rows))?;
        for refused in &mut report.rejected {
            let row = rows.get(refused.index).copied().unwrap_or(refused.index);
            // The sentence begins with the row's number in the table that it came in.
            let rest = refused.message.strip_prefix(&format!("event {}", refused.index));
            if let Some(rest) = rest {
                refused.message = format!("event {row}{rest}");
            }
            refused.index = row;
        }
        self.report.events.add(report);
        Ok(())
    }
}
