//! What the policies of campaigns have learned from what became of earlier entries.
//!
//! It is gathered once a day, at the first look on or after midnight UTC, from the states of all
//! customers, and holds for that day: so a decision about one customer reads no other, and all
//! decisions of a day have the same policy. An entry teaches when its time for the goal is over, whether
//! it reached it before or not: were successes taught as they come and failures at the end, what was
//! sent most of late would look best (delayed feedback: Chapelle 2014).
//!
//! A policy that reads a context, or discounts, learns from the entries of its `memory`, which the
//! states keep; any other from all that was ever sent.

use serde::{Deserialize, Serialize};

use super::Name;
use super::bandit::{Bandit, Posterior};
use super::policy::{LearningPolicy, NO_CONTACT};
use super::spec::CampaignSet;
use super::state::{CustomerCampaignState, reached};
use crate::error::Result;
use crate::time::{Span, Timestamp};

/// What all campaigns that learn have learned, up to a day.
#[derive(Debug, Clone)]
pub struct Learning {
    document: LearningDocument,
    /// For each campaign of the set, what its policy can be asked.
    lessons: Vec<Option<Lesson>>,
}

/// The same as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LearningDocument {
    /// Days since 1970.
    day: i64,
    /// By campaign, in the order of the playbook.
    bandits: Vec<(Name, Bandit)>,
}

/// What one policy has learned, made ready to be asked.
#[derive(Debug, Clone)]
pub(super) enum Lesson {
    /// The chance of each action, whoever the customer.
    Chances(Vec<f64>),
    /// Sums that tell the chances in a context.
    Linear(Bandit, Vec<Vec<f64>>),
    /// What each action adds in a context.
    Uplift(Box<Posterior>),
}

/// The day of an instant, since 1970 in UTC.
fn day_of(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(Span::DAY.as_micros())
}

impl Learning {
    /// Gathers what is known at `as_of`. Cost: linear in the entries that are remembered.
    ///
    /// # Errors
    /// None of a set that [`CampaignSet::check`] accepts.
    pub fn gather<'s>(
        set: &CampaignSet,
        states: impl Iterator<Item = &'s CustomerCampaignState>,
        as_of: Timestamp,
    ) -> Result<Self> {
        let mut bandits = Vec::new();
        for campaign in &set.campaigns {
            if let Some(policy) = campaign.policy.learning() {
                bandits.push((campaign.name.clone(), Bandit::new(policy.bandit.clone())?));
            }
        }
        for state in states {
            for (name, bandit) in &mut bandits {
                let campaign = set.campaign(name);
                if let Some(policy) = campaign.and_then(|campaign| campaign.policy.learning()) {
                    learn(bandit, policy, set, name, state, as_of)?;
                }
            }
        }
        Ok(Self::of(LearningDocument { day: day_of(as_of), bandits }, set))
    }

    /// What was learned before, where it is of the policies of `set`.
    #[must_use]
    pub fn restore(document: LearningDocument, set: &CampaignSet) -> Option<Self> {
        let policies = set.campaigns.iter().filter_map(|campaign| {
            Some((campaign.name.as_str(), &campaign.policy.learning()?.bandit))
        });
        let known = document.bandits.iter().map(|(name, bandit)| (name.as_str(), bandit.spec()));
        let sound = |(_, bandit): &(Name, Bandit)| bandit.clone().checked().is_ok();
        let fits = known.eq(policies) && document.bandits.iter().all(sound);
        fits.then(|| Self::of(document, set))
    }

    fn of(document: LearningDocument, set: &CampaignSet) -> Self {
        let LearningDocument { day, bandits } = &document;
        let lessons = set.campaigns.iter().map(|campaign| {
            let (_, bandit) = bandits.iter().find(|(name, _)| *name == campaign.name)?;
            let policy = campaign.policy.learning()?;
            Some(if policy.control.is_some() {
                Lesson::Uplift(Box::new(Posterior::new(bandit, *day)))
            } else if bandit.spec().kind.is_linear() {
                Lesson::Linear(bandit.clone(), bandit.read(*day))
            } else {
                Lesson::Chances(bandit.chances(&bandit.read(*day), &[]))
            })
        });
        Self { lessons: lessons.collect(), document }
    }

    /// Whether it is of the day of `as_of`, or of a later one.
    #[must_use]
    pub fn is_current(&self, as_of: Timestamp) -> bool {
        self.document.day >= day_of(as_of)
    }

    /// The same as it is written.
    #[must_use]
    pub fn document(&self) -> &LearningDocument {
        &self.document
    }

    /// What the policy of the campaign at that place of the set has learned.
    pub(super) fn lesson(&self, campaign: usize) -> Option<&Lesson> {
        self.lessons.get(campaign)?.as_ref()
    }
}

/// Teaches a policy what became of the entries of one customer.
fn learn(
    bandit: &mut Bandit,
    policy: &LearningPolicy,
    set: &CampaignSet,
    campaign: &str,
    state: &CustomerCampaignState,
    as_of: Timestamp,
) -> Result<()> {
    let goal = set.goal(campaign);
    // What a new playbook no longer has is not chosen, and another context is not read.
    let fits = |action: &str, context: &[f64]| {
        policy.bandit.actions.iter().any(|known| known == action)
            && context.len() == policy.bandit.context.len()
    };
    if policy.memory.is_none() {
        let of =
            state.tallies().iter().filter(|(of, action, _)| of == campaign && fits(action, &[]));
        for (_, action, tally) in of {
            bandit.count(action, tally.sends, tally.conversions)?;
        }
    }
    let start = policy.memory.map(|memory| as_of.minus(memory));
    let within = goal.map_or(Span::ZERO, |goal| goal.within);
    let counts = |at: Timestamp| at.plus(within) <= as_of && start.is_none_or(|start| at > start);
    let sends = state.sends().iter().map(|send| {
        (send.campaign.as_str(), send.action.as_str(), send.at, send.outcomes, &send.context)
    });
    let withheld = state
        .withheld()
        .iter()
        .map(|one| (one.campaign.as_str(), NO_CONTACT, one.at, one.outcomes, &one.context));
    for (of, action, at, outcomes, context) in sends.chain(withheld) {
        if of != campaign || !counts(at) || !fits(action, context) {
            continue;
        }
        if let Some(reached) = reached(goal, outcomes, at, as_of) {
            bandit.update(action, context, f64::from(u8::from(reached)), day_of(at))?;
        }
    }
    Ok(())
}
