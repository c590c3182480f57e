//! The guardrails: what stops a send, and until when.
//!
//! They are asked in this order, and the first to say no is the one recorded: the campaign's
//! condition, consent, global holdout, campaign holdout, cooldown, frequency caps. So the holdouts
//! hold only customers who would otherwise have been sent to as far as condition and consent go,
//! which is what they are compared with. Whatever is not known to be allowed is not allowed: a
//! missing condition or consent stops a send.

use super::assign::{in_campaign_holdout, in_global_holdout};
use super::decide::{CampaignInput, Customer};
use super::decision::Reason;
use super::spec::{ActionSpec, CampaignSet, CampaignSpec, Cap};
use super::state::CustomerCampaignState;
use crate::time::Timestamp;

/// What stops a send.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stop {
    pub(super) reason: Reason,
    pub(super) detail: String,
    pub(super) until: Option<Timestamp>,
}

impl Stop {
    fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), until: None }
    }
}

/// One send that is asked about.
pub(super) struct Candidate<'a> {
    pub(super) set: &'a CampaignSet,
    pub(super) campaign: &'a CampaignSpec,
    pub(super) action: &'a ActionSpec,
    pub(super) input: &'a CampaignInput,
    pub(super) customer: &'a Customer<'a>,
    pub(super) state: &'a CustomerCampaignState,
    pub(super) as_of: Timestamp,
}

impl Candidate<'_> {
    /// The answers of all guardrails when the send can go out, else the one that stops it.
    pub(super) fn pass(&self) -> Result<Vec<String>, Stop> {
        let mut trace = vec![
            self.condition()?,
            self.consent()?,
            self.global_holdout()?,
            self.campaign_holdout()?,
            self.cooldown()?,
        ];
        self.caps(&mut trace)?;
        Ok(trace)
    }

    fn condition(&self) -> Result<String, Stop> {
        let stop = |what| Err(Stop::new(Reason::Condition, format!("`when` is {what}")));
        match self.input.when {
            Some(true) => Ok("condition: true".to_owned()),
            Some(false) => stop("false"),
            None => stop("missing"),
        }
    }

    fn consent(&self) -> Result<String, Stop> {
        let channel = &self.action.channel;
        let rules = &self.set.guardrails.consent;
        let Some(rule) = rules.iter().position(|name| name == channel) else {
            return Ok(format!("consent: `{channel}` needs none"));
        };
        let stop =
            |what| Err(Stop::new(Reason::NoConsent, format!("consent to `{channel}` is {what}")));
        match self.customer.consent.get(rule).copied().flatten() {
            Some(true) => Ok(format!("consent: given to `{channel}`")),
            Some(false) => stop("not given"),
            None => stop("missing"),
        }
    }

    fn global_holdout(&self) -> Result<String, Stop> {
        let share = self.set.guardrails.holdout;
        if in_global_holdout(&self.set.playbook, self.customer.id, share) {
            let detail = format!("the customer is in the global holdout of {share}");
            return Err(Stop::new(Reason::GlobalHoldout, detail));
        }
        Ok(format!("global holdout: not in the share of {share}"))
    }

    fn campaign_holdout(&self) -> Result<String, Stop> {
        let share = self.campaign.holdout;
        if in_campaign_holdout(&self.set.playbook, self.campaign, self.customer.id) {
            let name = &self.campaign.name;
            let detail = format!("the customer is in the holdout of {share} of `{name}`");
            return Err(Stop::new(Reason::CampaignHoldout, detail));
        }
        Ok(format!("campaign holdout: not in the share of {share}"))
    }

    fn cooldown(&self) -> Result<String, Stop> {
        let Some(cooldown) = self.campaign.cooldown else {
            return Ok("cooldown: none".to_owned());
        };
        let Some(sent) = self.state.entry(&self.campaign.name).and_then(|entry| entry.sent) else {
            return Ok(format!("cooldown: {cooldown}, nothing sent before"));
        };
        // The cooldown is over at `sent + cooldown`, as a window that long no longer holds `sent`.
        if self.as_of.since(sent) < cooldown {
            return Err(Stop {
                reason: Reason::Cooldown,
                detail: format!("sent at {sent}, and the cooldown is {cooldown}"),
                until: Timestamp::from_micros(sent.plus(cooldown).as_micros()).ok(),
            });
        }
        Ok(format!("cooldown: {cooldown}, last sent at {sent}"))
    }

    /// All caps are asked; of those that are reached, the one that lifts last is recorded, since
    /// nothing can be sent before. Of several that lift at once it is the first in the playbook.
    fn caps(&self, trace: &mut Vec<String>) -> Result<(), Stop> {
        let mut worst: Option<Stop> = None;
        let caps = self.set.guardrails.caps.iter();
        for cap in caps.filter(|cap| cap.counts(&self.campaign.name, &self.action.channel)) {
            let counted = self.counted(cap);
            let (max, name) = (cap.max, describe(cap));
            // A `u32` fits a `usize` on every target.
            let Some(excess) = counted.len().checked_sub(max as usize) else {
                trace.push(format!("frequency cap: {} of {max} {name}", counted.len()));
                continue;
            };
            // The cap lifts when all but `max - 1` of the counted sends have gone out of it.
            let last = counted.get(excess);
            let until = last.and_then(|at| cap.per.end(*at, self.as_of, self.customer.zone));
            let lifts = |until: Option<Timestamp>| (until.is_none(), until);
            if worst.as_ref().is_none_or(|stop| lifts(until) > lifts(stop.until)) {
                let detail = format!("{} of {max} {name}", counted.len());
                worst = Some(Stop { reason: Reason::FrequencyCap, detail, until });
            }
        }
        worst.map_or(Ok(()), Err)
    }

    /// The times of the sends that `cap` counts now, in order.
    fn counted(&self, cap: &Cap) -> Vec<Timestamp> {
        let sends = self.state.sends().iter();
        let matching = sends.filter(|send| cap.counts(&send.campaign, &send.channel));
        let times = matching.map(|send| send.at);
        times.filter(|at| cap.per.holds(*at, self.as_of, self.customer.zone)).collect()
    }
}

/// What a cap counts, as in `sends by `email` in 7d`.
fn describe(cap: &Cap) -> String {
    let campaign = cap.campaign.as_ref().map_or_else(String::new, |name| format!(" of `{name}`"));
    let channel = cap.channel.as_ref().map_or_else(String::new, |name| format!(" by `{name}`"));
    format!("sends{campaign}{channel} in {}", cap.per)
}
