//! What each action of each campaign would bring one customer now, whether it fires or not.

use super::decide::{CampaignInput, Customer};
use super::guard::{Candidate, Stop};
use super::learning::Lesson;
use super::spec::{ActionSpec, CampaignSet, CampaignSpec};
use super::state::CustomerCampaignState;
use super::trace::Trace;
use crate::math::finite;
use crate::time::Timestamp;

/// An action, and what is thought of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed<'a> {
    /// The campaign's place in the set.
    pub campaign: usize,
    /// The action.
    pub action: &'a ActionSpec,
    /// What it is expected to bring: the campaign's value, and under `uplift` the part of it that the
    /// action adds; NaN where that is not known.
    pub value: f64,
    /// What stops it now: nothing where it could be sent, budgets aside.
    pub stop: Option<Stop>,
}

/// Weighs every action of every campaign that is no journey. Nothing is decided or remembered.
#[must_use]
pub fn weigh<'a>(
    set: &'a CampaignSet,
    customer: &Customer<'_>,
    as_of: Timestamp,
    inputs: &[CampaignInput],
    state: &CustomerCampaignState,
) -> Vec<Weighed<'a>> {
    let mut weighed = Vec::new();
    for (place, (campaign, input)) in set.campaigns.iter().zip(inputs).enumerate() {
        if campaign.journey.is_some() {
            continue;
        }
        let candidate = Candidate { set, campaign, input, customer, state, pending: &[], as_of };
        let values = values(campaign, place, input, customer);
        for (action, value) in campaign.actions.iter().zip(values) {
            let stop = candidate.pass(action, &mut Trace::default()).err();
            weighed.push(Weighed { campaign: place, action, value, stop });
        }
    }
    weighed
}

/// What each action of a campaign is expected to bring.
fn values(
    campaign: &CampaignSpec,
    place: usize,
    input: &CampaignInput,
    customer: &Customer<'_>,
) -> Vec<f64> {
    let lesson = customer.learning.and_then(|learning| learning.lesson(place));
    match lesson {
        Some(Lesson::Uplift(posterior)) => {
            let effects = posterior.effects(&input.context);
            effects.means().map(|effect| finite(input.value * effect.clamp(-1.0, 1.0))).collect()
        }
        // Not learned yet is no effect.
        None if campaign.policy.compares() => campaign.actions.iter().map(|_| 0.0).collect(),
        _ => campaign.actions.iter().map(|_| finite(input.value)).collect(),
    }
}
