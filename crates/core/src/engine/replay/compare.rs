//! Two replays over the same history, side by side: what a new playbook would change.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Replay, ReplayCampaign};
use crate::campaign::{Decision, Name};
use crate::time::Zone;

/// What another bundle would have done otherwise over the same history.
///
/// Two sends are the same when they are of one campaign and action for one customer on the same civil
/// day in UTC.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReplayComparison {
    /// What the bundle comes to.
    pub before: ReplayTotal,
    /// What the other one comes to.
    pub after: ReplayTotal,
    /// How many customers the other would have sent something, and the bundle nothing.
    pub gained: usize,
    /// How many customers the bundle would have sent something, and the other nothing.
    pub lost: usize,
    /// Each campaign of either, in the order of the other's playbook, then what only the bundle has.
    pub campaigns: Vec<CampaignComparison>,
    /// What only the other would have sent, by time.
    pub added: Vec<Decision>,
    /// What only the bundle would have sent, by time.
    pub dropped: Vec<Decision>,
}

/// What a replay comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReplayTotal {
    /// The hash of the bundle.
    pub bundle: String,
    /// How many sends it would have made.
    pub decisions: usize,
    /// How many firings came to nothing, or waited.
    pub suppressions: usize,
    /// How many customers it would have sent something.
    pub reached: usize,
    /// What the sends would have cost.
    pub cost: f64,
    /// What the campaigns' values of the sends come to; null where none is known.
    pub value: Option<f64>,
}

/// One campaign under both bundles.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CampaignComparison {
    /// Its name.
    pub campaign: Name,
    /// What it would have done under the bundle; null where that does not have it.
    pub before: Option<ReplayCampaign>,
    /// What it would have done under the other; null where that does not have it.
    pub after: Option<ReplayCampaign>,
    /// How many sends are the same.
    pub kept: usize,
    /// How many are new.
    pub added: usize,
    /// How many there are no longer.
    pub dropped: usize,
}

/// What makes two sends the same.
type Contact<'a> = (&'a str, &'a str, &'a str, String);

fn contact(decision: &Decision) -> Contact<'_> {
    let day = Zone::UTC.date(decision.at).to_string();
    (&decision.campaign, &decision.action, &decision.customer_id, day)
}

impl Replay {
    /// What `other`, of the same history, has otherwise. Cost: `O(n log n)` in the sends of both.
    #[must_use]
    pub fn compare(&self, other: &Self) -> ReplayComparison {
        let (dropped, added) = (self.beyond(other), other.beyond(self));
        let of = |decisions: &[Decision]| {
            let mut counts: BTreeMap<Name, usize> = BTreeMap::new();
            for decision in decisions {
                *counts.entry(decision.campaign.clone()).or_default() += 1;
            }
            counts
        };
        let (fewer, more) = (of(&dropped), of(&added));
        let old = self.campaigns.iter().filter(|old| other.campaign(&old.campaign).is_none());
        let names = other.campaigns.iter().chain(old).map(|known| known.campaign.as_str());
        let campaigns = names.map(|name| {
            let (before, after) = (self.campaign(name), other.campaign(name));
            let dropped = fewer.get(name).copied().unwrap_or_default();
            let sends = before.map_or(0, |before| before.decisions);
            CampaignComparison {
                campaign: name.into(),
                before: before.cloned(),
                after: after.cloned(),
                kept: sends - dropped,
                added: more.get(name).copied().unwrap_or_default(),
                dropped,
            }
        });
        let campaigns = campaigns.collect();
        let (old, new) = (self.customers_reached(), other.customers_reached());
        ReplayComparison {
            before: self.total(),
            after: other.total(),
            gained: new.difference(&old).count(),
            lost: old.difference(&new).count(),
            campaigns,
            added,
            dropped,
        }
    }

    /// The sends that `other` does not have. Of several alike on one day as many as there are more.
    fn beyond(&self, other: &Self) -> Vec<Decision> {
        let mut known: BTreeMap<Contact<'_>, usize> = BTreeMap::new();
        for decision in &other.decisions {
            *known.entry(contact(decision)).or_default() += 1;
        }
        let new = self.decisions.iter().filter(|decision| {
            match known.get_mut(&contact(decision)).filter(|left| **left > 0) {
                Some(left) => {
                    *left -= 1;
                    false
                }
                None => true,
            }
        });
        new.cloned().collect()
    }

    fn campaign(&self, name: &str) -> Option<&ReplayCampaign> {
        self.campaigns.iter().find(|known| known.campaign == name)
    }

    fn customers_reached(&self) -> BTreeSet<&str> {
        self.decisions.iter().map(|decision| decision.customer_id.as_str()).collect()
    }

    fn total(&self) -> ReplayTotal {
        ReplayTotal {
            bundle: self.bundle.clone(),
            decisions: self.decisions.len(),
            suppressions: self.suppressions.len(),
            reached: self.reached,
            cost: self.cost,
            value: self.value,
        }
    }
}
