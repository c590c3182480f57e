//! The engine: a bundle and the state of its customers.
//!
//! It is told of events and asked at instants; it has no clock. The order in which events come in
//! does not show in any answer.

mod attributes;
mod decide;
mod due;
mod forget;
mod health;
mod lift;
mod movement;
mod next_best;
mod outcomes;
mod reasons;
mod recommendation;
mod recourse;
mod replay;
mod score;
mod scorer;
mod snapshot;
mod stages;
mod state;
mod watch;
mod what_if;

use std::collections::BTreeMap;

use decide::{Known, Look};

pub use decide::Decisions;
pub use health::{HealthChange, HealthHistory, HealthPoint};
pub use lift::LiftReport;
pub use next_best::NextAction;
pub use reasons::{ReasonCode, ReasonParams};
pub use recommendation::{Recommendation, RecommendationCode};
pub use recourse::{Recourse, RecourseChange, RecourseQuestion};
pub use replay::{
    CampaignComparison, ReasonCount, Replay, ReplayCampaign, ReplayComparison, ReplayDay,
    ReplayOverlap, ReplayParams, ReplayTotal,
};
pub use score::{Churn, Score, ScoreParams, Stage};
pub use what_if::WhatIf;

use crate::bundle::Bundle;
use crate::campaign::{Learning, Ledger, Spend};
use crate::columns::Frame;
use crate::error::{Error, ErrorCode, Result};
use crate::event::{CustomerTable, EventColumns, EventTable, IngestReport, check_customers};
use crate::expr::Value;
use crate::history::{CustomerHistory, Gatherer, Tally};
use crate::playbook::Reports;
use crate::time::Timestamp;
use forget::Forgotten;
use scorer::{Memory, Scorer};
use state::CustomerState;

/// A bundle and the state of its customers.
#[derive(Debug, Clone)]
pub struct Engine {
    bundle: Bundle,
    scorer: Scorer,
    customers: BTreeMap<String, CustomerState>,
    /// Up to where events were forgotten, if any were.
    forgotten: Option<Forgotten>,
    /// What the campaigns' policies have learned, if any does and was asked.
    learning: Option<Learning>,
    /// What the budgets have paid for, if there are any and they were asked. It follows from the
    /// states of the customers, and is gathered anew where those change by themselves.
    ledger: Option<Ledger>,
    /// What went to customers who were deleted since, as long as a budget may count it. It names
    /// nobody.
    departed: Vec<Spend>,
}

impl Engine {
    /// An engine that knows nobody yet.
    #[must_use]
    pub fn new(bundle: Bundle) -> Self {
        let scorer = Scorer::new(&bundle);
        Self {
            bundle,
            scorer,
            customers: BTreeMap::new(),
            forgotten: None,
            learning: None,
            ledger: None,
            departed: Vec::new(),
        }
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

    /// Forgets the events that no question about `before` or a later instant reads, and gives how
    /// many they were. An earlier instant is refused from then on. So is an event whose like were
    /// forgotten, and a correction or deletion of an event that was or may have been among them:
    /// it is in the report, with the code `event_late`. What is known of an event's version is
    /// forgotten with its timestamp: an older version that comes after that, itself of a later
    /// timestamp, is taken for a new event.
    ///
    /// Kept are the events inside the longest window of each type, counts and sums of the rest,
    /// and single events that are asked for, such as the last. What needs every event (a spread, a
    /// percentile over all of the past) keeps its type whole. Where the playbook asks for a trend of
    /// health, all this counts from so much earlier as the trend looks back. No answer changes by a
    /// bit.
    ///
    /// Cost: linear in the events.
    ///
    /// # Errors
    /// `time_order` when more was forgotten already.
    pub fn forget(&mut self, before: Timestamp) -> Result<usize> {
        let Self { bundle, scorer, customers, forgotten, .. } = self;
        let playbook = bundle.playbook();
        let retention = scorer.retention(playbook);
        Forgotten::check(forgotten.as_ref(), before)?;
        let mut moments = Vec::new();
        for state in customers.values_mut() {
            let anchor = scorer.stages.anchor(bundle, state, before, &mut moments)?;
            state.set_anchor(anchor);
        }
        let until = (before, health::reach(playbook));
        let (now, events) = forget::forget(customers, &retention, playbook.layout(), until);
        *forgotten = Some(now);
        Ok(events)
    }

    /// Takes customers in: `customer_id` and attributes. A known customer's attributes are
    /// replaced as a whole.
    ///
    /// With a column `valid_from` a row holds from that instant until the customer's next one,
    /// and replaces only a row of the same instant. So a question about the past finds the
    /// attributes of the past. The 256 latest rows of a customer are kept.
    ///
    /// # Errors
    /// As [`Engine::ingest`].
    pub fn upsert_customers(&mut self, customers: &Frame) -> Result<IngestReport> {
        let (table, report) = check_customers(self.bundle.playbook().schema(), customers, false)?;
        take_customers(&mut self.customers, &table);
        Ok(report)
    }

    /// Takes customers, where they are given, and events in.
    ///
    /// # Errors
    /// As [`Engine::ingest`] for either table; nothing of both is taken in then.
    pub fn ingest_tables(&mut self, events: &Frame, customers: Option<&Frame>) -> Result<Reports> {
        let Self { bundle, customers: known, forgotten, .. } = self;
        let playbook = bundle.playbook();
        let columns = EventColumns::new(playbook.schema(), playbook.layout(), events)?;
        let events = EventTable::new(&columns);
        let mut reports = Reports::default();
        if let Some(customers) = customers {
            let (table, report) = check_customers(playbook.schema(), customers, false)?;
            take_customers(known, &table);
            reports.customers = report;
        }
        reports.events = take_events(known, &events, Forgotten::cuts(forgotten.as_ref()));
        Ok(reports)
    }

    /// The features of one customer at `as_of`, in the playbook's order.
    ///
    /// Cost: a search for each window and the events inside it; no document is made.
    ///
    /// # Errors
    /// As [`Engine::score`].
    pub fn features(&self, customer_id: &str, as_of: Timestamp) -> Result<Vec<Value<'_>>> {
        Forgotten::check(self.forgotten.as_ref(), as_of)?;
        Ok(self.scorer.features(&self.bundle, self.customer(customer_id)?, as_of))
    }

    /// Everything known of one customer at `as_of`.
    ///
    /// # Errors
    /// `unknown_customer` when there is no event and no attribute of such a customer.
    pub fn score(&self, customer_id: &str, as_of: Timestamp) -> Result<Score> {
        self.score_with(customer_id, as_of, ScoreParams::default())
    }

    /// The same, with or without what takes time.
    ///
    /// # Errors
    /// As [`Engine::score`].
    pub fn score_with(
        &self,
        customer_id: &str,
        as_of: Timestamp,
        params: ScoreParams,
    ) -> Result<Score> {
        Forgotten::check(self.forgotten.as_ref(), as_of)?;
        let state = self.customer(customer_id)?;
        let mut moment = self.scorer.question(&self.bundle, as_of, params);
        let mut memory = Memory::default();
        self.scorer.score(&self.bundle, customer_id, state, &mut moment, &mut memory)
    }

    /// Why a customer may churn at `as_of`: what raises the probability, the strongest first, told
    /// in the words of the playbook's `[reasons]`, with the value that customers who stay have.
    ///
    /// # Errors
    /// As [`Engine::score`]; `model_missing` when the bundle has no model, and `model_data` when
    /// the model knows nothing of the rows it was trained on.
    pub fn reasons(
        &self,
        customer_id: &str,
        as_of: Timestamp,
        params: ReasonParams,
    ) -> Result<Vec<ReasonCode>> {
        Forgotten::check(self.forgotten.as_ref(), as_of)?;
        self.scorer.reasons(&self.bundle, self.customer(customer_id)?, as_of, params)
    }

    fn customer(&self, customer_id: &str) -> Result<&CustomerState> {
        self.customers.get(customer_id).ok_or_else(|| {
            Error::new(
                ErrorCode::UnknownCustomer,
                "customer",
                "is not known; ingest an event or upsert its attributes first",
            )
            .at_path(customer_id)
        })
    }

    /// Everything known at `as_of` of each customer, ordered by identifier: those with attributes
    /// that hold by then, or with an event at or before `as_of`.
    ///
    /// # Errors
    /// `time_order` when `as_of` lies in what was forgotten.
    pub fn score_all(&self, as_of: Timestamp) -> Result<Vec<Score>> {
        self.score_all_with(as_of, ScoreParams::default())
    }

    /// The same, with or without what takes time.
    ///
    /// # Errors
    /// As [`Engine::score_all`].
    pub fn score_all_with(&self, as_of: Timestamp, params: ScoreParams) -> Result<Vec<Score>> {
        Forgotten::check(self.forgotten.as_ref(), as_of)?;
        let layout = self.bundle.playbook().layout();
        let mut moment = self.scorer.question(&self.bundle, as_of, params);
        let mut memory = Memory::default();
        let known = self.customers.iter().filter(|(_, state)| state.known_at(layout, as_of));
        known
            .map(|(id, state)| self.scorer.score(&self.bundle, id, state, &mut moment, &mut memory))
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
        self.look(as_of, Look::All, 1)
    }

    /// The same as [`Engine::decide`], on as many threads. They change no bit: only what is settled
    /// between customers, the budgets, is done by one.
    ///
    /// # Errors
    /// As [`Engine::decide`].
    pub fn decide_on(&mut self, as_of: Timestamp, threads: usize) -> Result<Decisions> {
        self.look(as_of, Look::All, threads)
    }

    /// Looks at one customer at `as_of` and decides about every campaign, as [`Engine::decide`] does of
    /// all: for a backend that decides when an event has come in.
    ///
    /// Budgets pay for whom comes first then; among many customers [`Engine::decide`] spends them
    /// better. Cost: that of one customer, but where customers were taken up or deleted since budgets
    /// were last asked, or `as_of` is earlier than then, linear in what was sent.
    ///
    /// # Errors
    /// `unknown_customer` when nothing is known of such a customer; `time_order` when something was
    /// decided about the customer for a later instant already.
    pub fn decide_one(&mut self, customer_id: &str, as_of: Timestamp) -> Result<Decisions> {
        self.customer(customer_id)?;
        self.look(as_of, Look::One(customer_id), 1)
    }

    /// Decides what time alone makes due by `now`: sends that waited for the end of quiet hours,
    /// steps of journeys, times that come again, absences that are long enough, and what crosses a
    /// threshold or changes its stage without any event.
    ///
    /// It looks, as [`Engine::decide`] does, at the customers for whom there is something of the
    /// kind, and leaves the others as they are, and those whom no `decide` has looked at yet.
    ///
    /// # Errors
    /// As [`Engine::decide`].
    pub fn tick(&mut self, now: Timestamp) -> Result<Decisions> {
        self.look(now, Look::Due, 1)
    }

    /// The first instant after `as_of` at which [`Engine::tick`] has something to do, if nothing is
    /// ingested or recorded before. Where campaigns watch what changes with time it is at most 30
    /// days later, when it is to be asked again; nothing where nothing will ever be due.
    ///
    /// Where the watched values change at most once a day by time alone, the instant is exact to
    /// the microsecond. Cost: up to 30 assessments of each customer.
    ///
    /// # Errors
    /// `time_order` when `as_of` lies in what was forgotten.
    pub fn next_due(&self, as_of: Timestamp) -> Result<Option<Timestamp>> {
        Forgotten::check(self.forgotten.as_ref(), as_of)?;
        due::next_due(&self.bundle, &self.scorer, &self.customers, as_of)
    }

    fn look(&mut self, as_of: Timestamp, look: Look<'_>, threads: usize) -> Result<Decisions> {
        Forgotten::check(self.forgotten.as_ref(), as_of)?;
        let Self { bundle, scorer, customers, learning, ledger, departed, .. } = self;
        bundle.playbook().campaigns().set.forget_spends(departed, as_of);
        let known = Known { learning, ledger, departed };
        decide::decide((bundle, scorer), customers, known, as_of, look, threads)
    }

    /// The state of all customers, as bytes. The same state gives the same bytes.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn snapshot(&self) -> Result<Vec<u8>> {
        let (forgotten, learning) = (self.forgotten.as_ref(), self.learning.as_ref());
        let customers = self.customers.iter();
        snapshot::write(&self.bundle, customers, forgotten, learning, &self.departed)
    }

    /// An engine that goes on from a snapshot. The bundle may be a newer one, as long as attributes
    /// and event types are the same.
    ///
    /// # Errors
    /// `state_format` when the bytes are damaged; `state_version` when they were written for other
    /// attributes or event types, by a version that this one cannot read, or when they forgot what
    /// the bundle needs.
    pub fn restore(bundle: Bundle, bytes: &[u8]) -> Result<Self> {
        let mut engine = Self::new(bundle);
        (_, engine.departed) = engine.take_up(bytes)?;
        Ok(engine)
    }

    /// The state of one customer, as bytes: a snapshot of nobody else, to be kept where the host
    /// likes and taken up by any engine of the same playbook.
    ///
    /// # Errors
    /// `unknown_customer` when nothing is known of such a customer.
    pub fn export_customer(&self, customer_id: &str) -> Result<Vec<u8>> {
        self.customer(customer_id)?;
        let only = self.customers.iter().filter(|(id, _)| *id == customer_id);
        snapshot::write(&self.bundle, only, self.forgotten.as_ref(), None, &[])
    }

    /// Takes up the customers of a snapshot, in place of what was known of them, and gives how many
    /// they are. Where the snapshot has forgotten more than this engine, so has the engine then. What
    /// policies have learned is taken up by an engine whose policies were not asked yet.
    ///
    /// # Errors
    /// As [`Engine::restore`]; nothing is taken up then.
    pub fn import_customers(&mut self, bytes: &[u8]) -> Result<usize> {
        Ok(self.take_up(bytes)?.0)
    }

    /// Takes up the customers, and gives how many they are and what deleted ones had cost.
    fn take_up(&mut self, bytes: &[u8]) -> Result<(usize, Vec<Spend>)> {
        let snapshot::Taken { customers, forgotten, learning, departed } =
            snapshot::read(&self.bundle, bytes)?;
        let schema = self.bundle.playbook().schema();
        let needs = self.scorer.retention(self.bundle.playbook());
        let reach = health::reach(self.bundle.playbook());
        if forgotten.as_ref().is_some_and(|known| !known.fits(&needs, reach, schema.events.len())) {
            let message = "has forgotten events that this playbook needs; it can go on under the \
                           playbook that it was made with";
            return Err(Error::new(ErrorCode::StateVersion, "snapshot", message));
        }
        self.forgotten = Forgotten::later(self.forgotten.take(), forgotten);
        self.learning = self.learning.take().or(learning);
        let count = customers.len();
        self.ledger = None;
        self.customers.extend(customers);
        Ok((count, departed))
    }

    /// Forgets everything about a customer, and says whether there was anything. What budgets have
    /// paid stays paid: when, for which campaign and how much, but not for whom.
    pub fn delete_customer(&mut self, customer_id: &str) -> bool {
        let Some(state) = self.customers.remove(customer_id) else { return false };
        let sends = state.decided.iter().flat_map(|decided| decided.campaigns.sends());
        self.departed.extend(sends.map(Spend::of).filter(|spend| spend.cost() > 0.0));
        true
    }
}

/// Takes the events of a table into the histories of its customers.
fn take_events(
    known: &mut BTreeMap<String, CustomerState>,
    events: &EventTable<'_>,
    cuts: &[i64],
) -> IngestReport {
    let mut gatherer = Gatherer::new(events.layout());
    let mut tally = Tally::default();
    for (group, customer) in events.groups().customers.iter().enumerate() {
        let mut new = CustomerHistory::default();
        let history = known.get_mut(customer).map_or(&mut new, |state| &mut state.history);
        gatherer.gather_late(events, group, history, cuts, &mut tally);
        // A customer all of whose rows are refused stays unknown.
        if gatherer.is_empty() {
            continue;
        }
        history.take(&gatherer, events.layout());
        if !new.is_new() {
            known.insert(customer.to_owned(), CustomerState::of(new));
        }
    }
    tally.report(events)
}

fn take_customers(known: &mut BTreeMap<String, CustomerState>, table: &CustomerTable) {
    for (row, id) in table.ids.iter().enumerate() {
        known.entry(id.clone()).or_default().set_attributes(table, row);
    }
}
