//! How a campaign chooses among its actions.
//!
//! A policy is asked with a [`PolicyContext`] and answers with a [`Choice`]: an action and the
//! chance it had. The chance is written into the decision, so that what another policy would have
//! done can be estimated later.
//!
//! A policy that learns counts, for each action, the sends of which it is known what became of them:
//! those that were followed by what the campaign hopes for, and those whose time for it is over. From
//! these follow the chances of all customers at an instant ([`chances`]); what is not known yet
//! teaches nothing, so that no send counts as a failure because it is young.

use serde::{Deserialize, Serialize};

use super::assign::{split_unit, unit};
use super::bandit::{Bandit, BanditSpec};
use super::spec::{CampaignSet, CampaignSpec};
use crate::error::Result;

/// How a campaign chooses among its actions.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Policy {
    /// Always the first.
    #[default]
    Fixed,
    /// Each with the chance its weight says; a customer gets the same one every time.
    Split {
        /// The weights, one for each action; only their ratios matter.
        weights: Vec<f64>,
    },
    /// By what is learned of each from earlier sends; each entry is drawn by itself.
    Bandit(BanditSpec),
}

/// What a policy that learns knows of one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// The campaign.
    pub campaign: String,
    /// The action.
    pub action: String,
    /// The sends of which it is known what became of them.
    pub sends: u64,
    /// Those that were followed by what the campaign hopes for.
    pub conversions: u64,
}

/// For each campaign whose policy learns, the chance of each of its actions.
///
/// # Errors
/// None of a set that [`CampaignSet::check`] accepts.
pub fn chances(set: &CampaignSet, learned: &[Learned]) -> Result<Vec<Option<Vec<f64>>>> {
    let of = |campaign: &CampaignSpec| {
        let Policy::Bandit(spec) = &campaign.policy else { return Ok(None) };
        let mut bandit = Bandit::new(spec.clone())?;
        let own = learned.iter().filter(|one| one.campaign == campaign.name);
        // What a new playbook no longer has is not chosen.
        for one in own.filter(|one| spec.actions.contains(&one.action)) {
            bandit.count(&one.action, one.sends, one.conversions)?;
        }
        bandit.propensities(&[], 0).map(Some)
    };
    set.campaigns.iter().map(of).collect()
}

/// What a policy may know when it chooses.
#[derive(Debug, Clone, Copy)]
pub struct PolicyContext<'a> {
    /// The name of the playbook.
    pub playbook: &'a str,
    /// The campaign.
    pub campaign: &'a str,
    /// The customer.
    pub customer_id: &'a str,
    /// The number of the entry.
    pub epoch: u64,
    /// How many actions there are.
    pub actions: usize,
    /// The chance of each action, where the policy learns.
    pub chances: Option<&'a [f64]>,
}

/// What a policy chose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// The index of the action.
    pub action: usize,
    /// The chance it had, above 0 and at most 1.
    pub propensity: f64,
}

impl Policy {
    /// Chooses; nothing where there is no action, or none with a weight.
    #[must_use]
    pub fn choose(&self, asked: &PolicyContext<'_>) -> Option<Choice> {
        let PolicyContext { playbook, campaign, customer_id, .. } = *asked;
        let (weights, unit) = match self {
            Self::Fixed => {
                return (asked.actions > 0).then_some(Choice { action: 0, propensity: 1.0 });
            }
            Self::Split { weights } => {
                (weights.as_slice(), split_unit(playbook, campaign, customer_id))
            }
            Self::Bandit(_) => {
                let epoch = asked.epoch.to_string();
                (asked.chances?, unit(&["bandit", playbook, campaign, customer_id, &epoch]))
            }
        };
        let total = weights.iter().fold(0.0, |sum, weight| sum + weight);
        let mark = unit * total;
        let mut running = 0.0;
        let mut chosen = None;
        let weighted = weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0);
        for (action, weight) in weighted.take_while(|(action, _)| *action < asked.actions) {
            // Should rounding put the mark at the very end, the last one with a weight has it.
            chosen = Some(Choice { action, propensity: weight / total });
            running += weight;
            if mark < running {
                break;
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::bandit::BanditKind;

    fn asked(customer_id: &str) -> PolicyContext<'_> {
        PolicyContext {
            playbook: "acme",
            campaign: "win_back",
            customer_id,
            epoch: 1,
            actions: 4,
            chances: None,
        }
    }

    #[test]
    fn an_action_without_weight_is_never_chosen_and_the_chance_is_the_weights() {
        let policy = Policy::Split { weights: vec![0.0, 3.0, 0.0, 1.0] };
        for index in 0..500 {
            let id = index.to_string();
            let choice = policy.choose(&asked(&id)).unwrap();
            let chance = [0.0, 0.75, 0.0, 0.25][choice.action];
            assert!(chance > 0.0 && choice.propensity == chance);
            assert_eq!(policy.choose(&PolicyContext { epoch: 9, ..asked(&id) }), Some(choice));
        }
        let chances = [0.25, 0.0, 0.75, 0.0];
        let asked_with = |epoch| PolicyContext { epoch, chances: Some(&chances), ..asked("c1") };
        let names = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let bandit = Policy::Bandit(BanditSpec::new(BanditKind::Thompson, names));
        let mut third = 0_u32;
        for epoch in 0..2_000 {
            let choice = bandit.choose(&asked_with(epoch)).unwrap();
            assert_eq!(choice.propensity, chances[choice.action]);
            third += u32::from(choice.action == 2);
        }
        // Five standard deviations of 2,000 draws at 0.75.
        assert!((third.abs_diff(1_500)) < 97, "{third}");
        assert_eq!(bandit.choose(&asked("c1")), None);
        let first = Choice { action: 0, propensity: 1.0 };
        assert_eq!(Policy::Fixed.choose(&asked("c1")), Some(first));
        assert_eq!(Policy::Fixed.choose(&PolicyContext { actions: 0, ..asked("c1") }), None);
    }
}
