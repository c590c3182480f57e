//! A campaign with a goal and a holdout is a standing experiment, in which each customer takes part
//! once.
//!
//! It begins at the first firing at which the holdouts are asked: condition, worth, suppression list
//! and consent have said yes by then, the same for those who are held out and those who are not. The
//! arm is what the holdouts said and not what was sent (intention to treat: Fisher 1935), so that
//! cooldowns, caps and budgets after it make no arm better than it was. Later firings add nothing: who
//! fires again depends on what the first one did. The goal is looked for from then on, in the events
//! alone, since only they tell the same of both arms.

use serde::{Deserialize, Serialize};

use super::decision::Reason;
use super::spec::{CampaignSet, CampaignSpec, Goal};
use crate::time::Timestamp;

/// What the holdouts said of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arm {
    /// The customer may be sent to.
    Treated,
    /// The customer is in the campaign's holdout.
    CampaignHoldout,
    /// The customer is in the holdout of all campaigns.
    GlobalHoldout,
}

/// A customer's part in the experiment of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Since when.
    pub at: Timestamp,
    /// The number of the entry.
    pub epoch: u64,
    /// Where the customer is in it.
    pub arm: Arm,
    /// Whether that entry sent anything.
    pub sent: bool,
    /// Whether the goal was reached in its time, where that is settled.
    pub reached: Option<bool>,
}

impl Trial {
    /// The part of a customer in the experiment of a campaign that fired and was stopped for this
    /// reason; nothing where the holdouts were not asked, or there is nothing to compare.
    pub(super) fn new(
        set: &CampaignSet,
        campaign: &CampaignSpec,
        (epoch, at): (u64, Timestamp),
        stopped: Option<Reason>,
    ) -> Option<Self> {
        campaign.goal.as_ref()?;
        if campaign.holdout.max(set.guardrails.holdout) <= 0.0 {
            return None;
        }
        // Reasons stand in the order in which they are looked for.
        let arm = match stopped {
            Some(reason) if reason < Reason::GlobalHoldout => return None,
            Some(Reason::GlobalHoldout) => Arm::GlobalHoldout,
            Some(Reason::CampaignHoldout) => Arm::CampaignHoldout,
            _ => Arm::Treated,
        };
        Some(Self { at, epoch, arm, sent: false, reached: None })
    }

    /// Notes whether the goal is reached, where an event says so: `first_event` gives the first one
    /// of a type strictly after an instant.
    pub(super) fn observe(
        &mut self,
        goal: &Goal,
        first_event: &dyn Fn(&str, Timestamp) -> Option<Timestamp>,
    ) {
        if self.reached.is_none() {
            let first = first_event(&goal.event, self.at);
            let seen = first.is_some_and(|first| first.since(self.at) <= goal.within);
            self.reached = seen.then_some(!goal.avoid);
        }
    }

    /// Whether the goal was reached, where that is known at `as_of`.
    pub(super) fn outcome(&self, goal: &Goal, as_of: Timestamp) -> Option<bool> {
        let over = self.at.plus(goal.within) <= as_of;
        over.then_some(self.reached.unwrap_or(goal.avoid))
    }
}
