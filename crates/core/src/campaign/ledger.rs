//! What was paid for, kept from look to look, so that a budget does not ask every customer again.
//!
//! The sum of a budget runs over its spends in one order: by time, then campaign, then cost. What
//! is added later mostly comes behind what is there, and the sum goes on; where it does not, it
//! begins anew. So a sum that was kept has the bits of one made of all spends.

use serde::{Deserialize, Serialize};

use super::Name;
use super::rules::Budget;
use super::spec::CampaignSet;
use super::state::Sent;
use crate::time::{Span, Timestamp, Zone};

/// Something that was paid for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spend {
    pub(super) at: Timestamp,
    pub(super) campaign: Name,
    pub(super) cost: f64,
}

impl Spend {
    /// What a send cost.
    #[must_use]
    pub fn of(send: &Sent) -> Self {
        Self { at: send.at, campaign: send.campaign.clone(), cost: send.cost }
    }

    /// How much it was.
    #[must_use]
    pub fn cost(&self) -> f64 {
        self.cost
    }

    /// In the order in which sums run.
    fn order(a: &Self, b: &Self) -> std::cmp::Ordering {
        let campaign = || a.campaign.cmp(&b.campaign);
        a.at.cmp(&b.at).then_with(campaign).then_with(|| a.cost.total_cmp(&b.cost))
    }
}

/// What was paid for by all budgets of a set.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// In the order in which sums run.
    spends: Vec<Spend>,
    /// One for each budget: those of all campaigns, then each campaign's own.
    sums: Vec<Sum>,
    /// The latest instant that was asked about.
    asked: Option<Timestamp>,
}

/// What a budget has paid for in its period.
#[derive(Debug, Clone, Default)]
pub(super) struct Sum {
    /// An instant of the period.
    within: Option<Timestamp>,
    /// How many spends of the ledger were looked at.
    read: usize,
    /// The spends in the period, in order.
    counted: Vec<Paid>,
}

/// A spend that a budget counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paid {
    pub(super) at: Timestamp,
    pub(super) cost: f64,
    /// Where it stands in the ledger.
    place: usize,
    /// What it and those before it come to.
    pub(super) sum: f64,
}

/// A budget, and the campaign that it counts, where that is only one.
pub(super) type Counted<'a> = (&'a Budget, Option<&'a str>);

/// The budgets of a set, in the order of [`Ledger::sums`].
fn budgets(set: &CampaignSet) -> impl Iterator<Item = Counted<'_>> {
    let overall = set.guardrails.budgets.iter().map(|budget| (budget, None));
    let own = set.campaigns.iter().flat_map(|campaign| {
        campaign.budgets.iter().map(|budget| (budget, Some(campaign.name.as_str())))
    });
    overall.chain(own)
}

impl CampaignSet {
    /// Forgets what no budget counts any more at `as_of`.
    pub fn forget_spends(&self, spends: &mut Vec<Spend>, as_of: Timestamp) {
        let start = self.remembered_since(as_of);
        spends.retain(|spend| spend.at > start);
    }
}

impl Ledger {
    /// A ledger of these spends, in whatever order they come.
    #[must_use]
    pub fn new(spends: impl Iterator<Item = Spend>) -> Self {
        let mut ledger = Self::default();
        ledger.add(spends.collect());
        ledger
    }

    /// Whether it can be asked about `as_of`. Not about an earlier instant than before: customers
    /// may have forgotten sends since, which counted then.
    #[must_use]
    pub fn serves(&self, as_of: Timestamp) -> bool {
        self.asked.is_none_or(|asked| asked <= as_of)
    }

    /// Takes spends in.
    pub(super) fn add(&mut self, mut new: Vec<Spend>) {
        new.sort_by(Spend::order);
        let Some(first) = new.first() else { return };
        let place = self.spends.partition_point(|spend| Spend::order(spend, first).is_le());
        let in_order = place == self.spends.len();
        self.spends.append(&mut new);
        if !in_order {
            self.spends[place..].sort_by(Spend::order);
            self.sums.iter_mut().for_each(|sum| sum.go_back(place));
        }
    }

    /// Each budget of `set` with what it has paid for in the period of `as_of`.
    pub(super) fn sums<'a>(
        &'a mut self,
        set: &'a CampaignSet,
        as_of: Timestamp,
    ) -> impl Iterator<Item = (Counted<'a>, Zone, &'a Sum)> {
        self.asked = Some(as_of);
        self.drop_old(set, as_of);
        self.sums.resize_with(budgets(set).count(), Sum::default);
        let Self { spends, sums, .. } = self;
        budgets(set).zip(sums).map(move |(counted, sum)| {
            let zone = counted.0.calendar();
            sum.bring(counted, &zone, as_of, spends);
            (counted, zone, &*sum)
        })
    }

    /// Drops the spends that no period reaches any more, once they are the most.
    fn drop_old(&mut self, set: &CampaignSet, as_of: Timestamp) {
        let longest = budgets(set).map(|(budget, _)| budget.per.longest()).max();
        let start = as_of.minus(longest.unwrap_or(Span::ZERO));
        let old = self.spends.partition_point(|spend| spend.at <= start);
        if old > self.spends.len() / 2 {
            self.spends.drain(..old);
            self.sums.clear();
        }
    }
}

impl Sum {
    /// The spends in the period, in order.
    pub(super) fn counted(&self) -> &[Paid] {
        &self.counted
    }

    /// All of them together.
    pub(super) fn spent(&self) -> f64 {
        self.counted.last().map_or(0.0, |last| last.sum)
    }

    fn push(&mut self, at: Timestamp, cost: f64, place: usize) {
        let sum = self.spent() + cost;
        self.counted.push(Paid { at, cost, place, sum });
    }

    /// Forgets what stands in the ledger from `place` on.
    fn go_back(&mut self, place: usize) {
        self.counted.truncate(self.counted.partition_point(|paid| paid.place < place));
        self.read = self.read.min(place);
    }

    /// Brings it up to the period of `as_of`.
    fn bring(
        &mut self,
        (budget, campaign): Counted<'_>,
        zone: &Zone,
        as_of: Timestamp,
        all: &[Spend],
    ) {
        let holds = |at: Timestamp| budget.holds(at, as_of, zone);
        // Of a calendar's periods either all of what was counted is in this one, or nothing; what
        // leaves a rolling one does so from the front, and the sum begins anew.
        if !self.within.is_some_and(holds) {
            *self = Self::default();
        }
        let over = self.counted.partition_point(|paid| !holds(paid.at));
        if over > 0 {
            let left = self.counted.split_off(over);
            self.counted.clear();
            for paid in left {
                self.push(paid.at, paid.cost, paid.place);
            }
        }
        let counts = |spend: &Spend| campaign.is_none_or(|only| only == spend.campaign);
        for (place, spend) in all.iter().enumerate().skip(self.read) {
            if counts(spend) && holds(spend.at) {
                self.push(spend.at, spend.cost, place);
            }
        }
        self.read = all.len();
        self.within = Some(as_of);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{CampaignSpec, Guardrails, Period};
    use super::*;

    fn set(per: &str) -> CampaignSet {
        let budget = |per: &str| Budget {
            max: 9.0,
            per: Period::parse(per).unwrap(),
            zone: Some("America/New_York".to_owned()),
        };
        let own = CampaignSpec {
            name: "k1".into(),
            budgets: vec![budget(per)],
            ..CampaignSpec::default()
        };
        CampaignSet {
            playbook: "acme".to_owned(),
            campaigns: vec![own],
            guardrails: Guardrails { budgets: vec![budget(per)], ..Guardrails::default() },
        }
    }

    fn found(ledger: &mut Ledger, set: &CampaignSet, as_of: Timestamp) -> Vec<(Vec<i64>, u64)> {
        let sums = ledger.sums(set, as_of);
        let counted = |sum: &Sum| sum.counted.iter().map(|paid| paid.at.as_micros()).collect();
        sums.map(|(_, _, sum)| (counted(sum), sum.spent().to_bits())).collect()
    }

    proptest! {
        #[test]
        fn a_ledger_that_was_kept_says_what_one_of_all_spends_says(
            looks in proptest::collection::vec(
                (prop_oneof![Just(0_i64), 0_i64..40], proptest::collection::vec((0_u8..3, 1_u32..90), 0..5)),
                1..12,
            ),
            per in prop_oneof![Just("3d"), Just("calendar_day"), Just("calendar_month")],
        ) {
            let set = set(per);
            let mut kept = Ledger::default();
            let mut all = Vec::new();
            let mut now = Timestamp::parse("2026-10-20T12:00:00Z").unwrap();
            for (hours, spends) in looks {
                now = now.plus(Span::micros(hours * 3_600_000_000));
                let mut fresh = Ledger::new(all.iter().cloned());
                prop_assert_eq!(found(&mut kept, &set, now), found(&mut fresh, &set, now));
                let spend = |(campaign, cost)| Spend {
                    at: now,
                    campaign: format!("k{campaign}").into(),
                    cost: f64::from(cost) / 10.0,
                };
                let spends: Vec<Spend> = spends.into_iter().map(spend).collect();
                all.extend(spends.iter().cloned());
                kept.add(spends);
                prop_assert!(kept.serves(now));
            }
            prop_assert!(!kept.serves(now.minus(Span::DAY)) || kept.asked.is_none());
        }
    }
}
