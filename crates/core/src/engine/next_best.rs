//! What could best be done for a customer now, and which of the reasons to churn it answers.

use std::borrow::Cow;

use serde::Serialize;

use super::Engine;
use super::decide::Looking;
use super::forget::Forgotten;
use super::reasons::{self, ReasonCode, ReasonParams};
use super::scorer::Memory;
use crate::campaign::{self, Name, Reason, Weighed};
use crate::error::Result;
use crate::time::Timestamp;

/// Something that could be done for a customer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NextAction {
    /// The campaign.
    pub campaign: Name,
    /// Its action.
    pub action: Name,
    /// By which channel.
    pub channel: Name,
    /// What it costs.
    pub cost: f64,
    /// What it is expected to bring: the campaign's value, and under `uplift` the part of it that the
    /// action adds, as far as that was learned. Null where it is missing, or the playbook has none.
    pub value: Option<f64>,
    /// The value less the cost; less the cost alone where there is no value.
    pub net: f64,
    /// Whether it could be sent now, were it to fire; budgets are not asked.
    pub allowed: bool,
    /// What stops it; null where nothing does.
    pub reason: Option<Reason>,
    /// The same in a sentence; null where nothing does.
    pub detail: Option<Cow<'static, str>>,
    /// When that would no longer stop it; null where that is not known.
    pub until: Option<Timestamp>,
    /// The customer's reasons to churn that the campaign is about, the strongest first: those of
    /// features that its triggers, conditions, value or policy read. None without a model.
    pub answers: Vec<ReasonCode>,
}

impl Engine {
    /// What could be done for a customer at `as_of`, by every campaign that is no journey, whether it fires
    /// or not: first what could be sent, and of that what is expected to bring most beyond its cost. Equals
    /// stand in the order of the playbook. Nothing is decided.
    ///
    /// # Errors
    /// `unknown_customer` when nothing is known of such a customer; `time_order` when `as_of` lies in
    /// what was forgotten, or before what was decided about the customer.
    pub fn next_best_actions(
        &self,
        customer_id: &str,
        as_of: Timestamp,
    ) -> Result<Vec<NextAction>> {
        Forgotten::check(self.forgotten.as_ref(), as_of)?;
        let state = self.customer(customer_id)?;
        let (bundle, scorer) = (&self.bundle, &self.scorer);
        let set = &bundle.playbook().campaigns().set;
        let mut decided = state.decided.clone().unwrap_or_default();
        decided.campaigns.check_order(as_of)?;
        let learning = self.learning.as_ref();
        let looking = Looking { bundle, scorer, learning, as_of, due: false, whole: true };
        let (mut moment, mut memory) = (scorer.moment(as_of), Memory::default());
        let weighed = looking.see(
            (customer_id, state),
            &mut decided,
            &mut moment,
            &mut memory,
            |seen, campaigns| {
                Ok(campaign::weigh(set, seen.customer, as_of, seen.inputs, campaigns))
            },
        )?;
        let all = ReasonParams { top: Some(usize::MAX), actionable: false };
        let reasons = reasons::if_any_can_be_told(self.reasons(customer_id, as_of, all))?;
        let reasons = reasons.unwrap_or_default();
        let mut actions: Vec<NextAction> =
            weighed.into_iter().map(|weighed| self.next_action(weighed, &reasons)).collect();
        actions.sort_by(|a, b| b.allowed.cmp(&a.allowed).then_with(|| b.net.total_cmp(&a.net)));
        Ok(actions)
    }

    fn next_action(&self, weighed: Weighed<'_>, reasons: &[ReasonCode]) -> NextAction {
        let Weighed { campaign, action, value, stop } = weighed;
        let playbook = self.bundle.playbook();
        let plan = playbook.reasons();
        let features = playbook.feature_set().specs.iter().zip(&plan.features);
        let about = features.zip(&self.scorer.campaigns[campaign].about);
        let about: Vec<_> = about.filter(|(_, about)| **about).map(|(known, _)| known).collect();
        // A group is answered where any of its features is.
        let answered = |reason: &&ReasonCode| {
            about.iter().any(|(spec, told)| match &reason.group {
                Some(group) => told.group.is_some_and(|at| plan.groups[at].name == *group),
                None => spec.name == reason.feature,
            })
        };
        let answers = reasons.iter().filter(answered);
        let known = Some(value).filter(|value| !value.is_nan());
        NextAction {
            campaign: playbook.campaigns().set.campaigns[campaign].name.clone(),
            action: action.name.clone(),
            channel: action.channel.clone(),
            cost: action.cost,
            value: known,
            net: known.unwrap_or(0.0) - action.cost,
            allowed: stop.is_none(),
            reason: stop.as_ref().map(|stop| stop.reason),
            detail: stop.as_ref().map(|stop| stop.detail.clone()),
            until: stop.and_then(|stop| stop.until),
            answers: answers.cloned().collect(),
        }
    }
}
