//! What the decisions of a replay come to: by campaign, by day, and between campaigns.

use std::collections::{BTreeMap, BTreeSet};

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
    reasons: BTreeMap<Reason, usize>,
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

    fn suppressions(&self) -> usize {
        self.reasons.values().sum()
    }

    fn reasons(&self) -> Vec<ReasonCount> {
        let count =
            |(reason, count): (&Reason, &usize)| ReasonCount { reason: *reason, count: *count };
        self.reasons.iter().map(count).collect()
    }
}

pub(super) fn summary(engine: &Engine, record: &Record, last_event: Option<i64>) -> Summary {
    let specs = &engine.bundle.playbook().campaigns().set.campaigns;
    let place = |name: &str| specs.iter().position(|spec| spec.name == name);
    let day = |at: Timestamp| Zone::UTC.date(at);
    let mut all = Count::default();
    let mut of_campaigns: Vec<Count> = specs.iter().map(|_| Count::default()).collect();
    let mut of_days: BTreeMap<_, Count> = BTreeMap::new();
    let mut of_customers: BTreeMap<&str, Vec<(Timestamp, usize)>> = BTreeMap::new();
    let mut goals = vec![(0, 0); specs.len()];
    for decision in &record.decisions {
        let Some(at) = place(&decision.campaign) else { continue };
        all.send(decision);
        of_campaigns[at].send(decision);
        of_days.entry((day(decision.at), at)).or_default().send(decision);
        of_customers.entry(&decision.customer_id).or_default().push((decision.at, at));
        match reached(engine, &specs[at], decision, last_event) {
            Some(true) => goals[at].0 += 1,
            Some(false) => {}
            None => goals[at].1 += 1,
        }
    }
    for stopped in &record.suppressions {
        let Some(at) = place(&stopped.campaign) else { continue };
        let days = of_days.entry((day(stopped.at), at)).or_default();
        for count in [&mut of_campaigns[at], days] {
            *count.reasons.entry(stopped.reason).or_default() += 1;
        }
    }
    let mut customers = vec![0; specs.len()];
    for sends in of_customers.values() {
        let campaigns: BTreeSet<usize> = sends.iter().map(|(_, campaign)| *campaign).collect();
        for campaign in campaigns {
            customers[campaign] += 1;
        }
    }
    let campaigns = specs.iter().zip(&of_campaigns).enumerate().map(|(at, (spec, count))| {
        let (reached, open) = goals[at];
        ReplayCampaign {
            campaign: spec.name.clone(),
            decisions: count.decisions,
            suppressions: count.suppressions(),
            reasons: count.reasons(),
            reached: customers[at],
            cost: count.cost,
            value: count.value,
            goals: spec.goal.as_ref().map(|_| reached),
            open_goals: spec.goal.as_ref().map(|_| open),
        }
    });
    let days = of_days.iter().map(|((day, at), count)| ReplayDay {
        day: day.to_string(),
        campaign: specs[*at].name.clone(),
        decisions: count.decisions,
        suppressions: count.suppressions(),
        reasons: count.reasons(),
        cost: count.cost,
    });
    Summary {
        reached: of_customers.len(),
        cost: all.cost,
        value: all.value,
        campaigns: campaigns.collect(),
        days: days.collect(),
        overlaps: overlaps(specs, of_customers.values()),
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
    let state = engine.customers.get(&decision.customer_id);
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
    of_customers: impl Iterator<Item = &'a Vec<(Timestamp, usize)>>,
) -> Vec<ReplayOverlap> {
    let mut pairs: BTreeMap<(usize, usize), (usize, usize)> = BTreeMap::new();
    for sends in of_customers {
        // Sends of a customer are in the order of time: the nearest earlier one of another
        // campaign is the last.
        let mut last: BTreeMap<usize, Timestamp> = BTreeMap::new();
        let mut near: BTreeMap<(usize, usize), bool> = BTreeMap::new();
        for (at, campaign) in sends {
            for (other, before) in last.iter().filter(|(other, _)| *other != campaign) {
                let pair = ((*campaign).min(*other), (*campaign).max(*other));
                *near.entry(pair).or_default() |= at.since(*before) <= Span::days(NEAR_DAYS);
            }
            last.insert(*campaign, *at);
        }
        for (pair, near) in near {
            let (customers, within) = pairs.entry(pair).or_default();
            *customers += 1;
            *within += usize::from(near);
        }
    }
    let overlap = |((a, b), (customers, within_7d)): ((usize, usize), _)| ReplayOverlap {
        campaign: specs[a].name.clone(),
        other: specs[b].name.clone(),
        customers,
        within_7d,
    };
    pairs.into_iter().map(overlap).collect()
}
