//! How a campaign chooses among its actions.
//!
//! A policy is asked with a [`PolicyContext`] and answers with a [`Choice`]: an action and the
//! chance it had. The chance is written into the decision, so that what another policy would have
//! done can be estimated later. What became of earlier sends comes in as one [`Tally`] an action.

use serde::{Deserialize, Serialize};

use super::assign::split_unit;
use super::outcome::Tally;

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
    /// The numbers that the campaign's policy names as its context; NaN where missing.
    pub context: &'a [f64],
    /// What became of each action's sends so far; none where that is not gathered.
    pub tallies: &'a [Tally],
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
        let Self::Split { weights } = self else {
            return (asked.actions > 0).then_some(Choice { action: 0, propensity: 1.0 });
        };
        let total = weights.iter().fold(0.0, |sum, weight| sum + weight);
        let mark = split_unit(asked.playbook, asked.campaign, asked.customer_id) * total;
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

    fn asked(customer_id: &str) -> PolicyContext<'_> {
        PolicyContext {
            playbook: "acme",
            campaign: "win_back",
            customer_id,
            epoch: 1,
            actions: 4,
            context: &[],
            tallies: &[],
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
        let first = Choice { action: 0, propensity: 1.0 };
        assert_eq!(Policy::Fixed.choose(&asked("c1")), Some(first));
        assert_eq!(Policy::Fixed.choose(&PolicyContext { actions: 0, ..asked("c1") }), None);
    }
}
