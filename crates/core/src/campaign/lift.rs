//! What campaigns bring, by those whom they leave alone by chance.
//!
//! Of each campaign with a goal, the share of customers who reach it is compared between those who may
//! be sent to and those who are held out ([`super::trial`]). The campaign's own holdout is the control
//! where it has one; else it is the global one, and then what is told is the effect of all campaigns
//! together on that goal. Customers count when their time for the goal is over.
//!
//! The interval and p-value are those of an always-valid test ([`crate::experiment::sequential()`]): one
//! may look every day and stop whenever one likes. Per customer contacted it is the effect divided by
//! the share of the treated who were sent something, the effect on those whom a send reaches
//! (Bloom 1984; Angrist, Imbens and Rubin 1996).

use serde::Serialize;

use super::Name;
use super::spec::{CampaignSet, CampaignSpec};
use super::state::CustomerCampaignState;
use super::trial::Arm;
use crate::error::Result;
use crate::experiment::{AlwaysValid, Metric, Mixing, Summary, check_share, two_sizes};
use crate::time::Timestamp;

/// How lift is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiftParams {
    /// Only customers to whom a campaign came from this instant on; all where it is none.
    pub since: Option<Timestamp>,
    /// One less the chance of ever telling of a lift that is not there.
    pub level: f64,
    /// The difference of shares that is worth having. It settles the mixing variance of the test, so
    /// it has to be chosen before the data are seen.
    pub effect: f64,
}

impl Default for LiftParams {
    /// A level of 0.95, and an effect of 2 in 100.
    fn default() -> Self {
        Self { since: None, level: 0.95, effect: 0.02 }
    }
}

/// Who is compared with those who may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum LiftControl {
    /// Those in the campaign's holdout.
    CampaignHoldout,
    /// Those in the holdout of all campaigns.
    GlobalHoldout,
}

/// The customers on one side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LiftArm {
    /// How many there are whose time for the goal is over.
    pub customers: u64,
    /// How many of them were sent something.
    pub sent: u64,
    /// How many of them reached the goal.
    pub reached: u64,
    /// How many more there are whose time is not over.
    pub open: u64,
}

/// What one campaign brings.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CampaignLift {
    /// The campaign.
    pub campaign: Name,
    /// With whom it is compared; null where nobody is held out.
    pub control: Option<LiftControl>,
    /// Those who may be sent to.
    pub treated: LiftArm,
    /// Those who are held out.
    pub held_out: LiftArm,
    /// The share of the treated who reach the goal, less that of those held out; null until there is
    /// one of each.
    pub difference: Option<f64>,
    /// The lower end of its confidence sequence.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The always-valid p-value of this look.
    pub p_value: Option<f64>,
    /// The difference as a share of those held out who reach the goal; null where that is 0.
    pub relative_lift: Option<f64>,
    /// The difference for each treated customer who was sent something; null where none was.
    pub per_contact: Option<f64>,
    /// How many more of the treated reach the goal than would have without the campaign.
    pub gained: Option<f64>,
    /// The chance that arms are of such sizes where the holdout has the share that is meant; null
    /// where nobody is held out. Below 0.001 nothing else is to be believed.
    pub sample_ratio_p: Option<f64>,
}

/// The customers of one campaign, by arm.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Arms {
    treated: LiftArm,
    campaign_holdout: LiftArm,
    global_holdout: LiftArm,
}

impl Arms {
    /// Counts one customer.
    pub(crate) fn count(
        &mut self,
        campaign: &CampaignSpec,
        state: &CustomerCampaignState,
        first_event: &dyn Fn(&str, Timestamp) -> Option<Timestamp>,
        (since, as_of): (Option<Timestamp>, Timestamp),
    ) {
        let trial = state.entry(&campaign.name).and_then(|entry| entry.trial);
        let Some((mut trial, goal)) = trial.zip(campaign.goal.as_ref()) else { return };
        if trial.at > as_of || since.is_some_and(|since| trial.at < since) {
            return;
        }
        let arm = match trial.arm {
            Arm::Treated => &mut self.treated,
            Arm::CampaignHoldout => &mut self.campaign_holdout,
            Arm::GlobalHoldout => &mut self.global_holdout,
        };
        trial.observe(goal, first_event);
        let Some(reached) = trial.outcome(goal, as_of) else {
            arm.open += 1;
            return;
        };
        arm.customers += 1;
        arm.sent += u64::from(trial.sent);
        arm.reached += u64::from(reached);
    }

    /// What they tell of the campaign.
    ///
    /// # Errors
    /// `argument` for a level outside of 0 to 1, or an effect of 0.
    pub(crate) fn lift(
        &self,
        set: &CampaignSet,
        campaign: &CampaignSpec,
        params: &LiftParams,
    ) -> Result<CampaignLift> {
        let (control, share, held_out) = if campaign.holdout > 0.0 {
            (Some(LiftControl::CampaignHoldout), campaign.holdout, self.campaign_holdout)
        } else if set.guardrails.holdout > 0.0 {
            (Some(LiftControl::GlobalHoldout), set.guardrails.holdout, self.global_holdout)
        } else {
            (None, 0.0, LiftArm::default())
        };
        let mut lift = CampaignLift {
            campaign: campaign.name.clone(),
            control,
            treated: self.treated,
            held_out,
            difference: None,
            low: None,
            high: None,
            p_value: None,
            relative_lift: None,
            per_contact: None,
            gained: None,
            sample_ratio_p: None,
        };
        check_share("level", params.level)?;
        let mut test = AlwaysValid::new(Mixing::Effect(params.effect))?;
        let [treated, out] = [self.treated, held_out].map(|arm| exact(arm.customers + arm.open));
        if control.is_some() && share < 1.0 && treated + out > 0.0 {
            lift.sample_ratio_p = Some(two_sizes(treated, out, share));
        }
        lift.compare(&mut test, params.level);
        Ok(lift)
    }
}

impl CampaignLift {
    /// Compares the arms, where each has a customer.
    fn compare(&mut self, test: &mut AlwaysValid, level: f64) {
        let arms = [self.treated, self.held_out];
        if arms.iter().any(|arm| arm.customers == 0) {
            return;
        }
        let [treated, without] =
            arms.map(|arm| Summary::proportion(exact(arm.customers), exact(arm.reached)));
        let Some(variance) = treated.variance_beside(&without, Metric::Proportion) else { return };
        let difference = treated.mean - without.mean;
        let reach = test.reach(variance, level);
        let contacted = exact(self.treated.sent) / treated.n;
        let divided = |by: f64| (by > 0.0).then(|| difference / by);
        self.difference = Some(difference);
        self.p_value = Some(test.update(difference, variance));
        // No difference of shares is beyond 1.
        self.low = Some((difference - reach).max(-1.0));
        self.high = Some((difference + reach).min(1.0));
        (self.relative_lift, self.per_contact) = (divided(without.mean), divided(contacted));
        self.gained = Some(difference * treated.n);
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn exact(count: u64) -> f64 {
    count as f64
}
