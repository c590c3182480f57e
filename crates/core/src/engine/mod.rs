//! The engine: a bundle and the state of its customers.
//!
//! It is told of events and asked at instants; it has no clock. The order in which events come in
//! does not show in any answer.

mod decide;
mod score;
mod scorer;
mod snapshot;
mod state;

use std::collections::BTreeMap;

pub use decide::Decisions;
pub use score::{Churn, Reason, Score};

use crate::bundle::Bundle;
use crate::columns::Frame;
use crate::error::{Error, ErrorCode, Result};
use crate::event::{CustomerTable, EventTable, IngestReport, check_customers};
use crate::history::{CustomerHistory, Gatherer, Tally};
use crate::playbook::Reports;
use crate::time::Timestamp;
use scorer::{Memory, Scorer};
use state::CustomerState;

/// A bundle and the state of its customers.
#[derive(Debug, Clone)]
pub struct Engine {
    bundle: Bundle,
    scorer: Scorer,
    customers: BTreeMap<String, CustomerState>,
}

impl Engine {
    /// An engine that knows nobody yet.
    #[must_use]
    pub fn new(bundle: Bundle) -> Self {
        let scorer = Scorer::new(&bundle);
        Self { bundle, scorer, customers: BTreeMap::new() }
    }

    /// The bundle.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The customers known, in order.
    pub fn customers(&self) -> impl Iterator<Item = &str> {
        self.customers.keys().map(String::as_str)
    }

    /// Takes events in: `customer_id`, `timestamp`, `type`, perhaps `event_id` and with it
    /// `revision` and `deleted`, and properties.
    ///
    /// A row that is wrong is in the report; those beside it count.
    ///
    /// # Errors
    /// `table_column` when a column is missing or cannot be what it should be; nothing is taken in
    /// then.
    pub fn ingest(&mut self, events: &Frame) -> Result<IngestReport> {
        Ok(self.ingest_tables(events, None)?.events)
    }

    /// Takes customers in: `customer_id` and attributes. A known customer's attributes are
    /// replaced as a whole.
    ///
    /// # Errors
    /// As [`Engine::ingest`].
    pub fn upsert_customers(&mut self, customers: &Frame) -> Result<IngestReport> {
        let (table, report) = check_customers(self.bundle.playbook().schema(), customers)?;
        take_customers(&mut self.customers, &table);
        Ok(report)
    }

    /// Takes customers, where they are given, and events in.
    ///
    /// # Errors
    /// As [`Engine::ingest`] for either table; nothing of both is taken in then.
    pub fn ingest_tables(&mut self, events: &Frame, customers: Option<&Frame>) -> Result<Reports> {
        let Self { bundle, customers: known, .. } = self;
        let playbook = bundle.playbook();
        let events = EventTable::new(playbook.schema(), playbook.layout(), events)?;
        let mut reports = Reports::default();
        if let Some(customers) = customers {
            let (table, report) = check_customers(playbook.schema(), customers)?;
            take_customers(known, &table);
            reports.customers = report;
        }
        reports.events = take_events(known, &events);
        Ok(reports)
    }

    /// Everything known of one customer at `as_of`.
    ///
    /// # Errors
    /// `unknown_customer` when there is no event and no attribute of such a customer.
    pub fn score(&self, customer_id: &str, as_of: Timestamp) -> Result<Score> {
        let state = self.customers.get(customer_id).ok_or_else(|| {
            Error::new(
                ErrorCode::UnknownCustomer,
                "customer",
                "is not known; ingest an event or upsert its attributes first",
            )
            .at_path(customer_id)
        })?;
        let mut frame = Memory::default();
        self.scorer.score(&self.bundle, customer_id, state, as_of, &mut frame)
    }

    /// Everything known at `as_of` of each customer, ordered by identifier: those with attributes,
    /// or with an event at or before `as_of`.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn score_all(&self, as_of: Timestamp) -> Result<Vec<Score>> {
        let layout = self.bundle.playbook().layout();
        let mut frame = Memory::default();
        self.customers
            .iter()
            .filter(|(_, state)| state.known_at(layout, as_of))
            .map(|(id, state)| self.scorer.score(&self.bundle, id, state, as_of, &mut frame))
            .collect()
    }

    /// Looks at every customer at `as_of` and decides about every campaign.
    ///
    /// What is given was decided by this call: calling again at the same instant gives nothing.
    ///
    /// # Errors
    /// `time_order` when something was decided for a later instant already; nothing is decided
    /// then.
    pub fn decide(&mut self, as_of: Timestamp) -> Result<Decisions> {
        decide::decide(&self.bundle, &self.scorer, &mut self.customers, as_of)
    }

    /// The state of all customers, as bytes. The same state gives the same bytes.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn snapshot(&self) -> Result<Vec<u8>> {
        snapshot::write(&self.bundle, &self.customers)
    }

    /// An engine that goes on from a snapshot. The bundle may be a newer one, as long as attributes
    /// and event types are the same.
    ///
    /// # Errors
    /// `state_format` when the bytes are damaged; `state_version` when they were written for other
    /// attributes or event types, or by a version that this one cannot read.
    pub fn restore(bundle: Bundle, bytes: &[u8]) -> Result<Self> {
        let customers = snapshot::read(&bundle, bytes)?;
        Ok(Self { customers, ..Self::new(bundle) })
    }
}

/// Takes the events of a table into the histories of its customers.
fn take_events(
    known: &mut BTreeMap<String, CustomerState>,
    events: &EventTable<'_>,
) -> IngestReport {
    let mut gatherer = Gatherer::new(events.layout());
    let mut tally = Tally::default();
    for (group, customer) in events.groups().customers.iter().enumerate() {
        let mut new = CustomerHistory::default();
        let history = known.get_mut(customer).map_or(&mut new, |state| &mut state.history);
        gatherer.gather(events, group, Some(history), &mut tally);
        // A customer all of whose rows are refused stays unknown.
        if gatherer.is_empty() {
            continue;
        }
        history.take(&gatherer, events.layout());
        if !new.is_new() {
            known.insert(customer.clone(), CustomerState::of(new));
        }
    }
    tally.report(events)
}

fn take_customers(known: &mut BTreeMap<String, CustomerState>, table: &CustomerTable) {
    for (row, id) in table.ids.iter().enumerate() {
        known.entry(id.clone()).or_default().set_attributes(table, row);
    }
}
