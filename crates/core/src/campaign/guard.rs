//! The guardrails: what stops a send, and until when.
//!
//! They are asked in this order, and the first to say no is the one recorded: the campaign's
//! condition, whether it is worth its cost, suppression list, consent, global holdout, campaign
//! holdout, cooldown, re-entry, frequency caps, fatigue, quiet hours, blackout days; the budgets
//! come last, over all customers ([`super::settle`]). So the holdouts hold only customers who
//! would otherwise have been sent to as far as condition and consent go, which is what they are
//! compared with.
//!
//! Whatever is not known to be allowed is not allowed: a missing condition or consent stops a
//! send. A suppression list holds whom it names: a customer of whom it says nothing is not on it.
//!
//! Where the campaign's policy leaves the customer alone, what concerns the customer and the campaign
//! is asked first, up to re-entry, without worth and consent.
//!
//! A journey is entered by what concerns the customer and the campaign (up to re-entry, without
//! consent); each of its actions is asked about what concerns the send.

use super::assign::{in_campaign_holdout, in_global_holdout};
use super::decide::{CampaignInput, Customer};
use super::decision::Reason;
use super::rules::{Blackout, Cap, Fatigue};
use super::spec::{ActionSpec, CampaignSet, CampaignSpec, ReEntry};
use super::state::{CustomerCampaignState, Sent};
use crate::math;
use crate::time::Timestamp;

/// What stops a send.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// Why.
    pub reason: Reason,
    /// The same in a sentence, with the numbers.
    pub detail: String,
    /// When it would no longer stop it; nothing where that is not known.
    pub until: Option<Timestamp>,
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
    pub(super) input: &'a CampaignInput,
    pub(super) customer: &'a Customer<'a>,
    pub(super) state: &'a CustomerCampaignState,
    /// What is to be sent to the customer at this look already.
    pub(super) pending: &'a [Sent],
    pub(super) as_of: Timestamp,
}

impl Candidate<'_> {
    /// Asks all guardrails about a send that stands alone. The answers go to `trace`.
    pub(super) fn pass(&self, action: &ActionSpec, trace: &mut Vec<String>) -> Result<(), Stop> {
        trace.push(self.condition()?);
        trace.extend(self.worth(action)?);
        trace.extend(self.suppression()?);
        trace.push(self.consent(action)?);
        trace.push(self.global_holdout()?);
        trace.push(self.campaign_holdout()?);
        trace.push(self.cooldown()?);
        trace.extend(self.re_entry()?);
        self.of_the_moment(action, trace)
    }

    /// Asks about leaving the customer alone, as the policy chose with a chance: what else would
    /// have stopped a send goes before.
    pub(super) fn leave_alone(&self, propensity: f64, trace: &mut Vec<String>) -> Stop {
        let detail = format!("the policy leaves the customer alone, with a chance of {propensity}");
        let enter = self.enter(trace);
        enter.err().unwrap_or_else(|| Stop::new(Reason::Policy, detail))
    }

    /// Asks about entering a journey.
    pub(super) fn enter(&self, trace: &mut Vec<String>) -> Result<(), Stop> {
        trace.push(self.condition()?);
        trace.extend(self.suppression()?);
        trace.push(self.global_holdout()?);
        trace.push(self.campaign_holdout()?);
        trace.push(self.cooldown()?);
        trace.extend(self.re_entry()?);
        Ok(())
    }

    /// Asks about an action of a journey that the customer is in.
    pub(super) fn step(&self, action: &ActionSpec, trace: &mut Vec<String>) -> Result<(), Stop> {
        trace.extend(self.worth(action)?);
        trace.extend(self.suppression()?);
        trace.push(self.consent(action)?);
        trace.push(self.global_holdout()?);
        trace.push(self.campaign_holdout()?);
        self.of_the_moment(action, trace)
    }

    /// Caps, fatigue, quiet hours and blackout days.
    fn of_the_moment(&self, action: &ActionSpec, trace: &mut Vec<String>) -> Result<(), Stop> {
        self.caps(&action.channel, trace)?;
        trace.extend(self.fatigue()?);
        trace.extend(self.quiet_hours(&action.channel)?);
        trace.extend(self.blackout()?);
        Ok(())
    }

    fn condition(&self) -> Result<String, Stop> {
        let stop = |what| Err(Stop::new(Reason::Condition, format!("`when` is {what}")));
        match self.input.when {
            Some(true) => Ok("condition: true".to_owned()),
            Some(false) => stop("false"),
            None => stop("missing"),
        }
    }

    fn worth(&self, action: &ActionSpec) -> Result<Option<String>, Stop> {
        let (value, cost) = (math::finite(self.input.value), action.cost);
        if value < cost {
            let detail = format!("the value is {value}, and `{}` costs {cost}", action.name);
            return Err(Stop::new(Reason::NotWorth, detail));
        }
        Ok((!value.is_nan()).then(|| format!("worth: the value {value} less the cost {cost}")))
    }

    fn suppression(&self) -> Result<Option<String>, Stop> {
        if self.customer.suppressed == Some(true) {
            let detail = "the customer is on the suppression list";
            return Err(Stop::new(Reason::SuppressionList, detail));
        }
        let listed = self.set.guardrails.suppression;
        Ok(listed.then(|| "suppression list: not on it".to_owned()))
    }

    fn consent(&self, action: &ActionSpec) -> Result<String, Stop> {
        let channel = &action.channel;
        if let Some(ended) = self.state.ended(channel) {
            let detail = format!("the customer ended `{channel}` at {ended}");
            return Err(Stop::new(Reason::NoConsent, detail));
        }
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

    fn re_entry(&self) -> Result<Option<String>, Stop> {
        let entered = self.state.entry(&self.campaign.name).and_then(|entry| entry.entered);
        let stop = |detail, until| Err(Stop { reason: Reason::ReEntry, detail, until });
        match (self.campaign.re_entry, entered) {
            (ReEntry::Always, _) => Ok(None),
            (_, None) => Ok(Some("re-entry: never in before".to_owned())),
            (ReEntry::Never, Some(entered)) => {
                stop(format!("came in at {entered}, and nobody comes in twice"), None)
            }
            (ReEntry::After(span), Some(entered)) => {
                if self.as_of.since(entered) < span {
                    let until = Timestamp::from_micros(entered.plus(span).as_micros()).ok();
                    return stop(
                        format!("came in at {entered}, and can again after {span}"),
                        until,
                    );
                }
                Ok(Some(format!("re-entry: last in at {entered}, more than {span} before")))
            }
        }
    }

    /// All caps are asked; of those that are reached, the one that lifts last is recorded, since
    /// nothing can be sent before. Of several that lift at once it is the first in the playbook.
    fn caps(&self, channel: &str, trace: &mut Vec<String>) -> Result<(), Stop> {
        let mut worst: Option<Stop> = None;
        let caps = self.set.guardrails.caps.iter();
        for cap in caps.filter(|cap| cap.counts(self.set, &self.campaign.name, channel)) {
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
        let sends = self.state.sends().iter().chain(self.pending);
        let matching = sends.filter(|send| cap.counts(self.set, &send.campaign, &send.channel));
        let times = matching.map(|send| send.at);
        times.filter(|at| cap.per.holds(*at, self.as_of, self.customer.zone)).collect()
    }

    fn fatigue(&self) -> Result<Option<String>, Stop> {
        let Some(rule) = self.set.guardrails.fatigue else { return Ok(None) };
        let sends: Vec<Timestamp> = self
            .state
            .sends()
            .iter()
            .chain(self.pending)
            .filter(|send| send.outcomes.unanswered())
            .map(|send| send.at)
            .collect();
        let now = weariness(&rule, &sends, self.as_of);
        let max = rule.max;
        if now < max {
            return Ok(Some(format!("fatigue: {now} of {max}")));
        }
        // It only falls until something else is sent. At the end of the last send's reach it is 0.
        let reach = rule.reach().as_micros();
        let end = sends.last().map_or(i64::MAX, |last| last.as_micros().saturating_add(reach));
        let (mut tired, mut rested) = (self.as_of.as_micros(), end);
        while rested.saturating_sub(tired) > 1 {
            let middle = tired + (rested - tired) / 2;
            let at = Timestamp::from_micros(middle);
            if at.is_ok_and(|at| weariness(&rule, &sends, at) >= max) {
                tired = middle;
            } else {
                rested = middle;
            }
        }
        let until = Timestamp::from_micros(rested).ok();
        Err(Stop {
            reason: Reason::Fatigue,
            detail: format!("the fatigue is {now} of {max}"),
            until,
        })
    }

    fn quiet_hours(&self, channel: &str) -> Result<Option<String>, Stop> {
        let Some(quiet) = &self.set.guardrails.quiet_hours else { return Ok(None) };
        if !quiet.channels.is_empty() && !quiet.channels.iter().any(|known| known == channel) {
            return Ok(Some(format!("quiet hours: not of `{channel}`")));
        }
        let clock = quiet.clocks.zone(self.customer.zone).clock();
        let (from, to) = (quiet.window.from, quiet.window.to);
        if quiet.window.holds(self.as_of, clock) {
            let until = quiet.window.end(self.as_of, clock);
            let detail = format!("it is between {from} and {to}");
            return Err(Stop { reason: Reason::QuietHours, detail, until });
        }
        Ok(Some(format!("quiet hours: not between {from} and {to}")))
    }

    fn blackout(&self) -> Result<Option<String>, Stop> {
        let rules = &self.set.guardrails;
        if rules.blackout.is_empty() {
            return Ok(None);
        }
        let zone = rules.blackout_clocks.zone(self.customer.zone);
        let date = zone.date(self.as_of);
        if !Blackout::any(&rules.blackout, date) {
            return Ok(Some(format!("blackout: {date} is none of its days")));
        }
        // Where clocks go back over midnight, the free day may have begun already, for a while.
        let free = Blackout::free_day(&rules.blackout, date);
        let until = free.map(|day| zone.start_of(day)).filter(|start| *start > self.as_of);
        Err(Stop { reason: Reason::Blackout, detail: format!("{date} is one of its days"), until })
    }
}

/// The fatigue that unanswered sends make at an instant. The sum goes in the order of time.
fn weariness(rule: &Fatigue, sends: &[Timestamp], at: Timestamp) -> f64 {
    let reach = rule.reach();
    let ages = sends.iter().map(|send| at.since(*send)).filter(|age| *age < reach);
    ages.map(|age| math::exp2(-age.as_days() / rule.half_life.as_days())).fold(0.0, |a, b| a + b)
}

impl Cap {
    /// Whether it counts a send of `campaign` by `channel`.
    pub(super) fn counts(&self, set: &CampaignSet, campaign: &str, channel: &str) -> bool {
        let group = || set.campaign(campaign).and_then(|campaign| campaign.group.as_deref());
        self.campaign.as_deref().is_none_or(|only| only == campaign)
            && self.channel.as_deref().is_none_or(|only| only == channel)
            && self.group.as_deref().is_none_or(|only| group() == Some(only))
    }
}

/// What a cap counts, as in `sends by `email` in 7d`.
fn describe(cap: &Cap) -> String {
    let campaign = cap.campaign.as_ref().map_or_else(String::new, |name| format!(" of `{name}`"));
    let group = cap.group.as_ref().map_or_else(String::new, |name| format!(" of group `{name}`"));
    let channel = cap.channel.as_ref().map_or_else(String::new, |name| format!(" by `{name}`"));
    format!("sends{campaign}{group}{channel} in {}", cap.per)
}
