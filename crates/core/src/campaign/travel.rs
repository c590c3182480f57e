//! The journeys of one look: how a customer goes on in them, comes in and goes out.

use std::borrow::Cow;

use super::Name;
use super::decide::{CampaignInput, Look};
use super::journey::{Asked, Journey, Passage, PassageKind, Place, Stand};
use super::policy::Choice;
use super::spec::CampaignSpec;
use crate::time::Timestamp;

impl<'a> Look<'a> {
    /// Takes a customer who is in a journey on.
    pub(super) fn travel(&mut self, campaign: &'a CampaignSpec, input: &'a CampaignInput) {
        let Some(mut place) = self.state.place(&campaign.name).cloned() else { return };
        let before = place.clone();
        match &campaign.journey {
            Some(journey) => self.walk(campaign, input, journey, &mut place),
            None => self.leave(campaign, &place, PassageKind::Gone),
        }
        self.timely |=
            self.state.place(&campaign.name) != Some(&before) || self.is_asking(&campaign.name);
    }

    /// Walks as far as possible; an action on the way is asked about.
    pub(super) fn walk(
        &mut self,
        campaign: &'a CampaignSpec,
        input: &'a CampaignInput,
        journey: &'a Journey,
        place: &mut Place,
    ) {
        let asked = Asked {
            as_of: self.as_of,
            exit: input.exit,
            goal: campaign.goal.as_ref(),
            truths: &input.truths,
            first_event: self.customer.first_event,
        };
        match journey.walk(place, &asked) {
            Stand::Out(kind) => return self.leave(campaign, place, kind),
            Stand::Waits => {}
            Stand::Act(step, action) => {
                let name = place.step.clone();
                let entered = format!("journey: step `{name}`, entered at {}", place.entered);
                let step = Some((step, name));
                let choice = Choice { action: Some(action), propensity: 1.0, added: None };
                self.ask_about(
                    campaign,
                    input,
                    place.epoch,
                    Cow::Owned(vec![entered]),
                    step,
                    choice,
                );
            }
        }
        self.state.put(&campaign.name, Some(place.clone()));
    }

    fn leave(&mut self, campaign: &CampaignSpec, place: &Place, kind: PassageKind) {
        self.state.put(&campaign.name, None);
        let step = Some(place.step.clone()).filter(|step| !step.is_empty());
        self.note_passage(campaign, place.epoch, kind, step);
    }

    pub(super) fn note_passage(
        &mut self,
        campaign: &CampaignSpec,
        epoch: u64,
        kind: PassageKind,
        step: Option<Name>,
    ) {
        self.found.passages.push(Passage {
            customer_id: self.customer.id.to_owned(),
            campaign: campaign.name.clone(),
            epoch,
            at: self.as_of,
            kind,
            step,
        });
    }

    /// Takes a customer past an action of a journey, or has the customer wait there.
    pub(super) fn step_on(
        &mut self,
        campaign: &'a CampaignSpec,
        input: &'a CampaignInput,
        at: usize,
        waits: Option<Timestamp>,
    ) {
        let place = self.state.place(&campaign.name).cloned();
        let (Some(mut place), Some(journey)) = (place, &campaign.journey) else { return };
        if waits.is_some() {
            place.due = waits;
            self.state.put(&campaign.name, Some(place));
            return;
        }
        journey.pass(&mut place, at, self.as_of);
        // No action follows at once: the playbook's check holds that.
        self.walk(campaign, input, journey, &mut place);
    }
}
