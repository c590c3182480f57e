//! A bundle run over recorded history: what it would have decided, had it been live.
//!
//! A fresh engine is taken from instant to instant. Before each look it is given the events with a
//! timestamp up to then that it does not have yet, and the rows of customers that hold by then;
//! then it decides. So nothing is used before it happened, and the answers are, to the bit, those
//! of a host that makes the same calls at the same instants. What such a host cannot know is left
//! out: what became of sends, since these were not sent.
//!
//! Between two instants time alone may have something to do: a send waits for the end of quiet
//! hours, a journey's wait is over. With `tick` the engine is asked after each look when that is
//! ([`Engine::next_due`]), and looks then, as a host with a timer would.

mod compare;
mod feed;
mod recommend;
mod summary;

use serde::Serialize;

use super::recommendation::Recommendation;
use super::{Decisions, Engine};
use crate::bundle::Bundle;
use crate::campaign::{Decision, Name, Passage, Reason, Suppression};
use crate::columns::Frame;
use crate::error::{Error, Result};
use crate::features::CutOffs;
use crate::playbook::Reports;
use crate::time::Timestamp;
use feed::Feed;

pub use compare::{CampaignComparison, ReplayComparison, ReplayTotal};

/// The most looks of a replay.
const MOST_LOOKS: usize = 100_000;

/// At which instants a replay decides.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayParams {
    /// The instants, in any order.
    pub as_of: CutOffs,
    /// Whether the engine also looks in between, when time alone has something to do.
    pub tick: bool,
}

/// What a bundle would have decided over recorded history.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Replay {
    /// The hash of the bundle.
    pub bundle: String,
    /// The first instant decided at.
    pub from: Timestamp,
    /// The last.
    pub to: Timestamp,
    /// How often it was decided about everybody.
    pub looks: usize,
    /// How often time alone had something to do in between.
    pub ticks: usize,
    /// How many customers were known by the end.
    pub customers: usize,
    /// How many of them would have been sent something.
    pub reached: usize,
    /// What the sends would have cost.
    pub cost: f64,
    /// What the campaigns' values of the sends come to; null where none is known.
    pub value: Option<f64>,
    /// Each campaign, in the playbook's order.
    pub campaigns: Vec<ReplayCampaign>,
    /// Each civil day in UTC and campaign of which there is something, by day, then in the
    /// playbook's order.
    pub days: Vec<ReplayDay>,
    /// Each two campaigns that would have sent to the same customer.
    pub overlaps: Vec<ReplayOverlap>,
    /// Which campaigns to change, and why.
    pub recommendations: Vec<Recommendation>,
    /// What would have been sent, by time, then as [`Engine::decide`] has it.
    pub decisions: Vec<Decision>,
    /// What would not have been sent, and why.
    pub suppressions: Vec<Suppression>,
    /// Who would have come into journeys and out of them.
    pub passages: Vec<Passage>,
    /// The rows of events and customers that were refused.
    pub report: Reports,
}

/// How many firings came to nothing for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReasonCount {
    /// The reason.
    pub reason: Reason,
    /// How many.
    pub count: usize,
}

/// What one campaign would have done.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReplayCampaign {
    /// Its name.
    pub campaign: Name,
    /// How many sends it would have made.
    pub decisions: usize,
    /// How many firings came to nothing, or waited.
    pub suppressions: usize,
    /// The same by reason, in the order in which reasons are looked for.
    pub reasons: Vec<ReasonCount>,
    /// How many customers it would have sent something.
    pub reached: usize,
    /// What its sends would have cost.
    pub cost: f64,
    /// What its values come to; null where none is known.
    pub value: Option<f64>,
    /// How many of its sends were followed in time by the goal's event, as history has it: nobody
    /// was sent anything, so it is what happens by itself. Null without a goal.
    pub goals: Option<usize>,
    /// How many were not, but their time runs past the last event of all. Null without a goal.
    pub open_goals: Option<usize>,
}

/// What one campaign would have done on one day.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReplayDay {
    /// The civil day in UTC, for instance `2026-03-01`.
    pub day: String,
    /// The campaign.
    pub campaign: Name,
    /// How many sends it would have made.
    pub decisions: usize,
    /// How many firings came to nothing, or waited.
    pub suppressions: usize,
    /// The same by reason.
    pub reasons: Vec<ReasonCount>,
    /// What its sends would have cost.
    pub cost: f64,
}

/// Two campaigns that would have sent to the same customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReplayOverlap {
    /// The first of them in the playbook.
    pub campaign: Name,
    /// The other.
    pub other: Name,
    /// How many customers both would have sent something.
    pub customers: usize,
    /// How many of these within seven days.
    pub within_7d: usize,
}

/// What the looks gave, one after the other.
#[derive(Debug, Default)]
struct Record {
    decisions: Vec<Decision>,
    suppressions: Vec<Suppression>,
    passages: Vec<Passage>,
}

impl Record {
    fn add(&mut self, look: Decisions) {
        self.decisions.extend(look.decisions);
        self.suppressions.extend(look.suppressions);
        self.passages.extend(look.passages);
    }
}

impl Bundle {
    /// What the bundle would have decided over recorded history: at each instant of
    /// [`ReplayParams::as_of`], knowing the events up to it and no others.
    ///
    /// `events` and `customers` are as [`Engine::ingest_tables`] takes them, in any order. A row of
    /// customers with `valid_from` is known from then on, one without from the beginning. An
    /// event whose timestamp cannot be read is refused at the first look.
    ///
    /// The cost is that of the same looks of an engine: every customer is assessed at every
    /// instant. With [`ReplayParams::tick`] asking what is due next costs up to 30 assessments of
    /// each customer a look.
    ///
    /// # Errors
    /// Those of [`Engine::ingest_tables`]; `argument` when there is no instant, each customer is to
    /// have its own, or there would be more than 100,000 looks.
    pub fn replay(
        &self,
        events: &Frame,
        customers: Option<&Frame>,
        params: &ReplayParams,
    ) -> Result<Replay> {
        let mut instants = params.as_of.common()?;
        instants.sort_unstable();
        instants.dedup();
        let mut engine = Engine::new(self.clone());
        let mut feed = Feed::new(self, events, customers)?;
        let (mut record, mut ticks) = (Record::default(), 0);
        for (at, as_of) in instants.iter().enumerate() {
            feed.until(&mut engine, *as_of)?;
            record.add(engine.decide(*as_of)?);
            let Some(next) = instants.get(at + 1).filter(|_| params.tick) else { continue };
            let mut now = *as_of;
            while let Some(due) = engine.next_due(now)?.filter(|due| due < next) {
                if ticks + instants.len() >= MOST_LOOKS {
                    let message = format!(
                        "there would be more than {MOST_LOOKS} looks by `{due}`; replay a shorter time, or without `tick`"
                    );
                    return Err(Error::argument("tick", message));
                }
                feed.until(&mut engine, due)?;
                record.add(engine.tick(due)?);
                (now, ticks) = (due, ticks + 1);
            }
        }
        let ends = (instants.first().copied(), instants.last().copied());
        // An empty list is refused above.
        let (Some(from), Some(to)) = ends else {
            return Err(Error::internal("a replay without an instant"));
        };
        let (report, last_event) = feed.finish(&mut engine)?;
        let summary = summary::summary(&engine, &record, last_event);
        let mut replay = Replay {
            bundle: self.hash().to_owned(),
            from,
            to,
            looks: instants.len(),
            ticks,
            report,
            customers: engine.customers.len(),
            reached: summary.reached,
            cost: summary.cost,
            value: summary.value,
            campaigns: summary.campaigns,
            days: summary.days,
            overlaps: summary.overlaps,
            recommendations: Vec::new(),
            decisions: record.decisions,
            suppressions: record.suppressions,
            passages: record.passages,
        };
        replay.recommendations = replay.recommend();
        Ok(replay)
    }
}
