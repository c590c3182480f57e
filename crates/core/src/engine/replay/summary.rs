//! What the decisions of a replay come to: by campaign, by day, and between campaigns.

use jiff::civil::Date;

use super::super::Engine;
use super::{ReasonCount, Record, ReplayCampaign, ReplayDay, ReplayOverlap};
use crate::campaign::{CampaignSpec, Decision, Reason};
use crate::time::{Span, Timestamp, Zone};

/// How many days apart two sends are at most that count as near each other.
const NEAR_DAYS: i64 = 7;

/// What the decisions come to.
pub(super) struct Summary {
    pub(super) reached: usize,
    pub(super) cost: f64,
    pub(super) value: Option<f64>,
    pub(super) campaigns: Vec<ReplayCampaign>,
    pub(super) days: Vec<ReplayDay>,
    pub(super) overlaps: Vec<ReplayOverlap>,
}

/// What is counted of some decisions and suppressions.
#[derive(Default)]
struct Count {
    decisions: usize,
    /// By reason, in the order in which reasons are looked for.
    reasons: Vec<ReasonCount>,
    cost: f64,
    value: Option<f64>,
}

impl Count {
    fn send(&mut self, decision: &Decision) {
        self.decisions += 1;
        self.cost += decision.cost;
        if let Some(value) = decision.value {
            *self.value.get_or_insert(0.0) += value;
        }
    }

    fn stop(&mut self, reason: Reason) {
        let at = self.reasons.partition_point(|known| known.reason < reason);
        if self.reasons.get(at).is_none_or(|known| known.reason != reason) {
            self.reasons.insert(at, ReasonCount { reason, count: 0 });
        }
        self.reasons[at].count += 1;
    }

    fn suppressions(&self) -> usize {
        self.reasons.iter().map(|known| known.count).sum()
    }
}

/// What is counted of each civil day and campaign, ascending.
#[derive(Default)]
struct Days(Vec<((Date, usize), Count)>);

impl Days {
    fn count(&mut self, day: Date, campaign: usize) -> &mut Count {
        let at = self.0.partition_point(|(known, _)| *known < (day, campaign));
        if self.0.get(at).is_none_or(|(known, _)| *known != (day, campaign)) {
            self.0.insert(at, ((day, campaign), Count::default()));
        }
        &mut self.0[at].1
    }
}

/// A decision, as what campaigns have in common needs it.
struct Send<'r> {
    to: &'r str,
    campaign: usize,
    at: Timestamp,
}

pub(super) fn summary(engine: &Engine, record: &Record, last_event: Option<i64>) -> Summary {
    let specs = &engine.bundle.playbook().campaigns().set.campaigns;
    let place = |name: &str| specs.iter().position(|spec| spec.name == name);
    let day = |at: Timestamp| Zone::UTC.date(at);
    let mut all = Count::default();
    let mut of_campaigns: Vec<Count> = specs.iter().map(|_| Count::default()).collect();
    let mut of_days = Days::default();
    let mut sends = Vec::new();
    let mut goals = vec![(0, 0); specs.len()];
    for decision in &record.decisions {
        let Some(at) = place(&decision.campaign) else { continue };
        all.send(decision);
        of_campaigns[at].send(decision);
        of_days.count(day(decision.at), at).send(decision);
        sends.push(Send { to: &decision.customer_id, campaign: at, at: decision.at });
        match reached(engine, &specs[at], decision, last_event) {
            Some(true) => goals[at].0 += 1,
            Some(false) => {}
            None => goals[at].1 += 1,
        }
    }
    for stopped in &record.suppressions {
        let Some(at) = place(&stopped.campaign) else { continue };
        of_campaigns[at].stop(stopped.reason);
        of_days.count(day(stopped.at), at).stop(stopped.reason);
    }
    // Those of a customer stay in the order of time.
    sends.sort_by_key(|send| send.to);
    let of_customers = || sends.chunk_by(|a, b| a.to == b.to);
    let mut customers = vec![0; specs.len()];
    for sends in of_customers() {
        for (campaign, customers) in customers.iter_mut().enumerate() {
            *customers += usize::from(sends.iter().any(|send| send.campaign == campaign));
        }
    }
    let campaigns = specs.iter().zip(&of_campaigns).enumerate().map(|(at, (spec, count))| {
        let (reached, open) = goals[at];
        ReplayCampaign {
            campaign: spec.name.clone(),
            decisions: count.decisions,
            suppressions: count.suppressions(),
            reasons: count.reasons.clone(),
            reached: customers[at],
            cost: count.cost,
            value: count.value,
            goals: spec.goal.as_ref().map(|_| reached),
            open_goals: spec.goal.as_ref().map(|_| open),
        }
    });
    let days = of_days.0.into_iter().map(|((day, at), count)| ReplayDay {
        day: day.to_string(),
        campaign: specs[at].name.clone(),
        decisions: count.decisions,
        suppressions: count.suppressions(),
        reasons: count.reasons,
        cost: count.cost,
    });
    Summary {
        reached: of_customers().count(),
        cost: all.cost,
        value: all.value,
        campaigns: campaigns.collect(),
        days: days.collect(),
        overlaps: overlaps(specs, of_customers()),
    }
}

/// Whether a send reaches its goal, as all of history has it; none where that is decided after the
/// last event of all. A campaign without a goal reaches none.
fn reached(
    engine: &Engine,
    spec: &CampaignSpec,
    decision: &Decision,
    last_event: Option<i64>,
) -> Option<bool> {
    let Some(goal) = &spec.goal else { return Some(false) };
    let playbook = engine.bundle.playbook();
    let (from, until) = (decision.at.as_micros(), decision.at.plus(goal.within).as_micros());
    let state = engine.customers.get(decision.customer_id.as_str());
    let event = playbook.schema().event(&goal.event);
    let seen = state.zip(event).is_some_and(|(state, event)| {
        let events = state.history.view(playbook.layout()).events(event);
        !events.between(from, until).is_empty()
    });
    let over = last_event.is_some_and(|last| until <= last);
    if seen || over { Some(seen != goal.avoid) } else { None }
}

/// Each two campaigns that send to the same customers.
fn overlaps<'a>(
    specs: &[CampaignSpec],
    of_customers: impl Iterator<Item = &'a [Send<'a>]>,
) -> Vec<ReplayOverlap> {
    // Each two and customer they have in common, and whether within a short time.
    let mut pairs: Vec<((usize, usize), bool)> = Vec::new();
    for sends in of_customers {
        // The nearest earlier send of another campaign is its last.
        let mut last: Vec<(usize, Timestamp)> = Vec::new();
        let begin = pairs.len();
        for send in sends {
            for (other, before) in last.iter().filter(|(other, _)| *other != send.campaign) {
                let pair = (send.campaign.min(*other), send.campaign.max(*other));
                let is_near = send.at.since(*before) <= Span::days(NEAR_DAYS);
                match pairs[begin..].iter_mut().find(|(known, _)| *known == pair) {
                    Some((_, near)) => *near |= is_near,
                    None => pairs.push((pair, is_near)),
                }
            }
            last.retain(|(campaign, _)| *campaign != send.campaign);
            last.push((send.campaign, send.at));
        }
    }
    pairs.sort_unstable();
    let overlap = |same: &[((usize, usize), bool)]| ReplayOverlap {
        campaign: specs[same[0].0.0].name.clone(),
        other: specs[same[0].0.1].name.clone(),
        customers: same.len(),
        within_7d: same.iter().filter(|(_, near)| *near).count(),
    };
    pairs.chunk_by(|a, b| a.0 == b.0).map(overlap).collect()
}
