//! Budgets: which of all customers' proposals are paid for.
//!
//! Proposals go by density, the promise of a send for each unit of its cost, the greater first;
//! then by priority, then by lot. Each is sent when every budget that counts it has room, or is
//! stopped, and a cheaper one after it may still go.
//!
//! How good is that? Were sends divisible, the best would be a linear program: maximise the sum of
//! promises with the spending of each budget bounded. The sets that budgets count, all sends and
//! those of one campaign, lie inside each other or apart, so the program's feasible spendings form
//! a polymatroid, and taking by density, with a part of the last, solves it exactly (Edmonds 1970).
//! Its optimum is at least that of any choice of whole sends. It is reported as the `bound`, and
//! `gap` is how far the promises of what is sent stay behind: never more than the promise of one
//! send for each budget that ran out (Dantzig 1957).

use serde::{Deserialize, Serialize};

use super::decide::Proposal;
use super::decision::{Decision, Reason, Suppression};
use super::guard::Stop;
use super::ledger::{Counted, Ledger, Paid, Spend, Sum};
use super::period::Period;
use super::rules::Budget;
use super::spec::CampaignSet;
use crate::time::{Timestamp, Zone};

/// Of costs that were added up, so much is rounding.
const ROUNDING: f64 = 1e-9;

/// How well the budgets were used.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Arbitration {
    /// How many sends nothing but a budget could stop.
    pub proposed: usize,
    /// How many of them are sent.
    pub sent: usize,
    /// What they cost.
    pub cost: f64,
    /// The sum of their values less their costs.
    pub value: f64,
    /// What no choice can exceed: the optimum if sends were divisible.
    pub bound: f64,
    /// `bound − value`.
    pub gap: f64,
}

/// What becomes of proposals.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settled {
    /// For each proposal what stops it, where a budget does; empty where there is nothing to pay for.
    pub stops: Vec<Option<Stop>>,
    /// How well the budgets were used; nothing where there are none, or no proposals.
    pub arbitration: Option<Arbitration>,
}

impl Settled {
    /// Divides the proposals: what is sent goes through `send`, and what is stopped has its reason.
    pub fn divide(
        self,
        proposals: Vec<Proposal>,
        mut send: impl FnMut(Proposal) -> Option<Decision>,
    ) -> (Vec<Decision>, Vec<Suppression>) {
        let mut stopped = Vec::new();
        let mut stops = self.stops.into_iter();
        // Decisions take the room of the proposals, of which there can be a million.
        let sent = proposals.into_iter().filter_map(|proposal| match stops.next().flatten() {
            None => send(proposal),
            Some(stop) => {
                stopped.push(suppression(proposal.decision, stop));
                None
            }
        });
        (sent.collect(), stopped)
    }
}

/// One budget at one instant.
struct Purse<'a> {
    budget: &'a Budget,
    /// Counts only this campaign.
    campaign: Option<&'a str>,
    zone: Zone,
    /// What was spent in the period before, in the order of time.
    before: &'a [Paid],
    /// All of it, and what is spent now.
    spent: f64,
    /// What divisible sends have left.
    left: f64,
}

impl<'a> Purse<'a> {
    fn new(((budget, campaign), zone, sum): (Counted<'a>, Zone, &'a Sum)) -> Self {
        let (before, spent) = (sum.counted(), sum.spent());
        let left = (budget.max - spent).max(0.0);
        Self { budget, campaign, zone, before, spent, left }
    }

    fn counts(&self, proposal: &Proposal) -> bool {
        self.campaign.is_none_or(|only| only == proposal.decision.campaign)
    }

    fn has_room(&self, cost: f64) -> bool {
        self.spent + cost <= self.budget.max * (1.0 + ROUNDING)
    }

    /// When there is room for `cost`, if nothing else is spent. Cost: O(log n) in what was spent.
    fn until(&self, cost: f64, as_of: Timestamp) -> Option<Timestamp> {
        let most = self.budget.max * (1.0 + ROUNDING);
        if cost > most {
            return None;
        }
        let Period::Rolling(_) = self.budget.per else {
            return self.budget.per.end(as_of, as_of, &self.zone);
        };
        // The first whose leaving the period, after all before it, makes room; else that of what is
        // spent now, which leaves together.
        let too_much = |paid: &Paid| self.spent - paid.sum + cost > most;
        let last = self.before.get(self.before.partition_point(too_much));
        self.budget.per.end(last.map_or(as_of, |paid| paid.at), as_of, &self.zone)
    }

    fn stop(&self, proposal: &Proposal, as_of: Timestamp) -> Stop {
        let decision = &proposal.decision;
        let Budget { max, per, .. } = self.budget;
        let of = self.campaign.map_or_else(String::new, |name| format!(" of `{name}`"));
        let (spent, cost) = (self.spent, decision.cost);
        let detail = format!(
            "{spent} of {max}{of} is spent in {per}, and `{}` costs {cost}",
            decision.action
        );
        Stop { reason: Reason::Budget, detail: detail.into(), until: self.until(cost, as_of) }
    }
}

/// Holds proposals to the budgets of `set`, which have paid before for what is in the ledger; so
/// what they pay for now is when this returns.
///
/// Cost: O(n log n).
#[must_use]
pub fn settle(
    set: &CampaignSet,
    as_of: Timestamp,
    ledger: &mut Ledger,
    proposals: &[Proposal],
) -> Settled {
    if proposals.is_empty() || !set.has_budgets() {
        return Settled::default();
    }
    let mut purses: Vec<Purse<'_>> = ledger.sums(set, as_of).map(Purse::new).collect();
    // What orders them stands together: a proposal is large, and there can be a million.
    let keys = proposals.iter().zip(0..);
    let keys =
        keys.map(|(proposal, place)| (density(proposal), proposal.priority, proposal.lot, place));
    let mut order: Vec<(f64, f64, f64, usize)> = keys.collect();
    order.sort_unstable_by(|a, b| {
        let priority = || b.1.total_cmp(&a.1);
        let lot = || a.2.total_cmp(&b.2);
        let id = || proposals[a.3].decision.id.cmp(&proposals[b.3].decision.id);
        b.0.total_cmp(&a.0).then_with(priority).then_with(lot).then_with(id)
    });
    let mut used =
        Arbitration { proposed: order.len(), sent: 0, cost: 0.0, value: 0.0, bound: 0.0, gap: 0.0 };
    let mut stops = vec![None; order.len()];
    let mut paid = Vec::new();
    for (.., place) in order {
        let proposal = &proposals[place];
        used.bound += divided(&mut purses, proposal);
        let cost = proposal.decision.cost;
        // Of several that are empty, the one that fills up last is told: nothing goes before.
        let mut empty =
            purses.iter().filter(|purse| purse.counts(proposal) && !purse.has_room(cost));
        if let Some(first) = empty.next() {
            let until = |purse: &Purse<'_>| {
                let until = purse.until(cost, as_of);
                (until.is_none(), until)
            };
            let last = empty.fold(first, |a, b| if until(b) > until(a) { b } else { a });
            stops[place] = Some(last.stop(proposal, as_of));
            continue;
        }
        for purse in purses.iter_mut().filter(|purse| purse.counts(proposal)) {
            purse.spent += cost;
        }
        used.sent += 1;
        used.cost += cost;
        used.value += proposal.net;
        paid.push(Spend { at: as_of, campaign: proposal.decision.campaign.clone(), cost });
    }
    ledger.add(paid);
    used.bound = used.bound.max(used.value);
    used.gap = used.bound - used.value;
    Settled { stops, arbitration: Some(used) }
}

/// The suppression that a decision becomes.
fn suppression(decision: Decision, stop: Stop) -> Suppression {
    Suppression {
        id: decision.id,
        customer_id: decision.customer_id,
        campaign: decision.campaign,
        step: decision.step,
        at: decision.at,
        reason: stop.reason,
        detail: stop.detail,
        until: stop.until,
        epoch: decision.epoch,
        trace: decision.trace,
    }
}

/// What a send promises for each unit of its cost.
fn density(proposal: &Proposal) -> f64 {
    if proposal.decision.cost > 0.0 { proposal.net / proposal.decision.cost } else { f64::INFINITY }
}

/// What the part of a send promises that is left to divisible ones, which then is used up.
fn divided(purses: &mut [Purse<'_>], proposal: &Proposal) -> f64 {
    let cost = proposal.decision.cost;
    if cost <= 0.0 {
        return proposal.net;
    }
    let counting = || purses.iter().filter(|purse| purse.counts(proposal));
    let part = counting().map(|purse| purse.left / cost).fold(1.0, f64::min);
    for purse in purses.iter_mut().filter(|purse| purse.counts(proposal)) {
        purse.left = (purse.left - part * cost).max(0.0);
    }
    part * proposal.net
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{ActionSpec, CampaignSpec, DecisionId, Guardrails, Name, Trace};
    use super::*;

    fn at() -> Timestamp {
        Timestamp::parse("2026-03-01T12:00:00Z").unwrap()
    }

    fn proposal(campaign: u8, number: usize, net: f64, cost: f64) -> Proposal {
        let decision = Decision {
            id: DecisionId::parse(&format!("{number:032}")).unwrap(),
            customer_id: format!("c{number}").into(),
            campaign: format!("k{campaign}").into(),
            action: "mail".into(),
            step: None,
            channel: "email".into(),
            at: at(),
            propensity: 1.0,
            value: Some(net + cost),
            cost,
            epoch: 1,
            trace: Trace::default(),
            content: None,
            template: None,
            bundle: Name::default(),
        };
        Proposal { decision, net, priority: 0.0, lot: 0.5, enters: true, context: Vec::new() }
    }

    fn set(overall: f64, own: [f64; 2]) -> CampaignSet {
        let budget = |max| vec![Budget { max, per: Period::CalendarDay, zone: None }];
        let campaign = |(name, max): (&str, f64)| CampaignSpec {
            name: name.into(),
            budgets: budget(max),
            actions: vec![ActionSpec {
                name: "mail".into(),
                channel: "email".into(),
                cost: 1.0,
                template: None,
            }],
            ..CampaignSpec::default()
        };
        let set = CampaignSet {
            playbook: "acme".to_owned(),
            campaigns: [("k0", own[0]), ("k1", own[1])].map(campaign).to_vec(),
            guardrails: Guardrails { budgets: budget(overall), ..Guardrails::default() },
        };
        set.check().unwrap();
        set
    }

    /// The best choice of whole sends, by trying all.
    fn best(overall: f64, own: [f64; 2], sends: &[(u8, f64, f64)]) -> f64 {
        let mut best = 0.0_f64;
        for choice in 0_u32..1 << sends.len() {
            let taken = || sends.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1);
            let cost = |of: Option<u8>| -> f64 {
                let counted = taken().filter(|(_, send)| of.is_none_or(|of| of == send.0));
                counted.map(|(_, send)| send.2).sum()
            };
            if cost(None) <= overall && cost(Some(0)) <= own[0] && cost(Some(1)) <= own[1] {
                best = best.max(taken().map(|(_, send)| send.1).sum());
            }
        }
        best
    }

    proptest! {
        #[test]
        fn the_best_choice_lies_between_what_is_sent_and_the_bound(
            sends in proptest::collection::vec((0_u8..2, 0_u32..50, 0_u32..12), 1..11),
            overall in 0_u32..40,
            own in (0_u32..30, 0_u32..30),
        ) {
            let (overall, own) = (f64::from(overall), [f64::from(own.0), f64::from(own.1)]);
            let sends: Vec<(u8, f64, f64)> = sends
                .into_iter()
                .map(|(campaign, net, cost)| (campaign, f64::from(net), f64::from(cost)))
                .collect();
            let all = sends.iter().enumerate();
            let proposals: Vec<Proposal> = all
                .map(|(number, (campaign, net, cost))| proposal(*campaign, number, *net, *cost))
                .collect();
            let settled = settle(&set(overall, own), at(), &mut Ledger::default(), &proposals);
            let used = settled.arbitration.unwrap();
            let mut value = 0.0;
            let (sent, stopped) = settled.divide(proposals, |sent| {
                value += sent.net;
                Some(sent.decision)
            });
            prop_assert_eq!(stopped.len(), used.proposed - used.sent);
            prop_assert_eq!(sent.len(), used.sent);
            prop_assert_eq!(used.value, value);
            prop_assert!(sent.is_sorted_by_key(|sent| sent.id) && stopped.is_sorted_by_key(|one| one.id));
            let best = best(overall, own, &sends);
            prop_assert!(used.value <= best && best <= used.bound + 1e-9, "{used:?} {best}");
            // One send for each of three budgets.
            let most = sends.iter().map(|send| send.1).fold(0.0, f64::max);
            prop_assert!(used.gap <= 3.0 * most + 1e-9, "{used:?}");
            let least = own[0].min(own[1]).min(overall);
            for stopped in stopped.iter().filter(|stopped| stopped.until.is_none()) {
                let number: usize = stopped.customer_id[1..].parse().unwrap();
                prop_assert!(sends[number].2 > least);
            }
        }
    }

    #[test]
    fn the_parts_of_a_rolling_budget_come_back_one_by_one() {
        let mut set = set(10.0, [99.0, 99.0]);
        set.guardrails.budgets[0].per = Period::parse("7d").unwrap();
        let spend = |day: &str, cost| Spend {
            at: Timestamp::parse(day).unwrap(),
            campaign: "k0".into(),
            cost,
        };
        let spent = [spend("2026-02-27", 6.0), spend("2026-02-23", 3.0), spend("2026-02-10", 9.0)];
        for (cost, until) in [(1.0, None), (4.0, Some("2026-03-02")), (8.0, Some("2026-03-06"))] {
            let mut ledger = Ledger::new(spent.iter().cloned());
            let settled = settle(&set, at(), &mut ledger, &[proposal(0, 0, 1.0, cost)]);
            let until = until.map(|day| Timestamp::parse(day).unwrap());
            let [stop] = &settled.stops[..] else { panic!("one proposal, one answer") };
            assert_eq!(stop.as_ref().and_then(|stop| stop.until), until);
            assert_eq!(stop.is_none(), until.is_none());
        }
    }
}
