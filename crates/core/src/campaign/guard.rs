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

use std::borrow::Cow;
use std::fmt;

use super::assign::{in_campaign_holdout, in_global_holdout};
use super::decide::{CampaignInput, Customer};
use super::decision::Reason;
use super::rules::{Blackout, Cap, Fatigue};
use super::spec::{ActionSpec, CampaignSet, CampaignSpec, ReEntry};
use super::state::CustomerCampaignState;
use super::trace::Trace;
use crate::math;
use crate::time::Timestamp;

/// What stops a send.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// Why.
    pub reason: Reason,
    /// The same in a sentence, with the numbers.
    pub detail: Cow<'static, str>,
    /// When it would no longer stop it; nothing where that is not known.
    pub until: Option<Timestamp>,
}

impl Stop {
    fn new(reason: Reason, detail: impl Into<Cow<'static, str>>) -> Self {
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
    pub(super) pending: &'a [(&'a CampaignSpec, &'a ActionSpec)],
    pub(super) as_of: Timestamp,
}

impl Candidate<'_> {
    /// Asks all guardrails about a send that stands alone. The answers go to `trace`.
    pub(super) fn pass(&self, action: &ActionSpec, trace: &mut Trace) -> Result<(), Stop> {
        self.condition(trace)?;
        self.worth(action, trace)?;
        self.suppression(trace)?;
        self.consent(action, trace)?;
        self.global_holdout(trace)?;
        self.campaign_holdout(trace)?;
        self.cooldown(trace)?;
        self.re_entry(trace)?;
        self.of_the_moment(action, trace)
    }

    /// Asks about leaving the customer alone, as the policy chose with a chance: what else would
    /// have stopped a send goes before.
    pub(super) fn leave_alone(&self, propensity: f64, trace: &mut Trace) -> Stop {
        let detail = format!("the policy leaves the customer alone, with a chance of {propensity}");
        let enter = self.enter(trace);
        enter.err().unwrap_or_else(|| Stop::new(Reason::Policy, detail))
    }

    /// Asks about entering a journey.
    pub(super) fn enter(&self, trace: &mut Trace) -> Result<(), Stop> {
        self.condition(trace)?;
        self.suppression(trace)?;
        self.global_holdout(trace)?;
        self.campaign_holdout(trace)?;
        self.cooldown(trace)?;
        self.re_entry(trace)?;
        Ok(())
    }

    /// Asks about an action of a journey that the customer is in.
    pub(super) fn step(&self, action: &ActionSpec, trace: &mut Trace) -> Result<(), Stop> {
        self.worth(action, trace)?;
        self.suppression(trace)?;
        self.consent(action, trace)?;
        self.global_holdout(trace)?;
        self.campaign_holdout(trace)?;
        self.of_the_moment(action, trace)
    }

    /// Caps, fatigue, quiet hours and blackout days.
    fn of_the_moment(&self, action: &ActionSpec, trace: &mut Trace) -> Result<(), Stop> {
        self.caps(&action.channel, trace)?;
        self.fatigue(trace)?;
        self.quiet_hours(&action.channel, trace)?;
        self.blackout(trace)?;
        Ok(())
    }

    fn condition(&self, trace: &mut Trace) -> Result<(), Stop> {
        let stop = |detail: &'static str| Err(Stop::new(Reason::Condition, detail));
        match self.input.when {
            Some(true) => {
                trace.note(format_args!("condition: true"));
                Ok(())
            }
            Some(false) => stop("`when` is false"),
            None => stop("`when` is missing"),
        }
    }

    fn worth(&self, action: &ActionSpec, trace: &mut Trace) -> Result<(), Stop> {
        let (value, cost) = (math::finite(self.input.value), action.cost);
        if value < cost {
            let detail = format!("the value is {value}, and `{}` costs {cost}", action.name);
            return Err(Stop::new(Reason::NotWorth, detail));
        }
        if !value.is_nan() {
            trace.note(format_args!("worth: the value {value} less the cost {cost}"));
        }
        Ok(())
    }

    fn suppression(&self, trace: &mut Trace) -> Result<(), Stop> {
        if self.customer.suppressed == Some(true) {
            let detail = "the customer is on the suppression list";
            return Err(Stop::new(Reason::SuppressionList, detail));
        }
        if self.set.guardrails.suppression {
            trace.note(format_args!("suppression list: not on it"));
        }
        Ok(())
    }

    fn consent(&self, action: &ActionSpec, trace: &mut Trace) -> Result<(), Stop> {
        let channel = &action.channel;
        if let Some(ended) = self.state.ended(channel) {
            let detail = format!("the customer ended `{channel}` at {ended}");
            return Err(Stop::new(Reason::NoConsent, detail));
        }
        let rules = &self.set.guardrails.consent;
        let Some(rule) = rules.iter().position(|name| name == channel) else {
            trace.note(format_args!("consent: `{channel}` needs none"));
            return Ok(());
        };
        let stop =
            |what| Err(Stop::new(Reason::NoConsent, format!("consent to `{channel}` is {what}")));
        match self.customer.consent.get(rule).copied().flatten() {
            Some(true) => {
                trace.note(format_args!("consent: given to `{channel}`"));
                Ok(())
            }
            Some(false) => stop("not given"),
            None => stop("missing"),
        }
    }

    fn global_holdout(&self, trace: &mut Trace) -> Result<(), Stop> {
        let share = self.set.guardrails.holdout;
        if in_global_holdout(&self.set.playbook, self.customer.id, share) {
            let detail = format!("the customer is in the global holdout of {share}");
            return Err(Stop::new(Reason::GlobalHoldout, detail));
        }
        trace.note(format_args!("global holdout: not in the share of {share}"));
        Ok(())
    }

    fn campaign_holdout(&self, trace: &mut Trace) -> Result<(), Stop> {
        let share = self.campaign.holdout;
        if in_campaign_holdout(&self.set.playbook, self.campaign, self.customer.id) {
            let name = &self.campaign.name;
            let detail = format!("the customer is in the holdout of {share} of `{name}`");
            return Err(Stop::new(Reason::CampaignHoldout, detail));
        }
        trace.note(format_args!("campaign holdout: not in the share of {share}"));
        Ok(())
    }

    fn cooldown(&self, trace: &mut Trace) -> Result<(), Stop> {
        let Some(cooldown) = self.campaign.cooldown else {
            trace.note(format_args!("cooldown: none"));
            return Ok(());
        };
        let Some(sent) = self.state.entry(&self.campaign.name).and_then(|entry| entry.sent) else {
            trace.note(format_args!("cooldown: {cooldown}, nothing sent before"));
            return Ok(());
        };
        // The cooldown is over at `sent + cooldown`, as a window that long no longer holds `sent`.
        if self.as_of.since(sent) < cooldown {
            return Err(Stop {
                reason: Reason::Cooldown,
                detail: format!("sent at {sent}, and the cooldown is {cooldown}").into(),
                until: Timestamp::from_micros(sent.plus(cooldown).as_micros()).ok(),
            });
        }
        trace.note(format_args!("cooldown: {cooldown}, last sent at {sent}"));
        Ok(())
    }

    fn re_entry(&self, trace: &mut Trace) -> Result<(), Stop> {
        let entered = self.state.entry(&self.campaign.name).and_then(|entry| entry.entered);
        let stop = |detail: String, until| {
            Err(Stop { reason: Reason::ReEntry, detail: detail.into(), until })
        };
        match (self.campaign.re_entry, entered) {
            (ReEntry::Always, _) => Ok(()),
            (_, None) => {
                trace.note(format_args!("re-entry: never in before"));
                Ok(())
            }
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
                trace.note(format_args!("re-entry: last in at {entered}, more than {span} before"));
                Ok(())
            }
        }
    }

    /// All caps are asked; of those that are reached, the one that lifts last is recorded, since
    /// nothing can be sent before. Of several that lift at once it is the first in the playbook.
    fn caps(&self, channel: &str, trace: &mut Trace) -> Result<(), Stop> {
        let mut worst: Option<Stop> = None;
        let caps = self.set.guardrails.caps.iter();
        for cap in caps.filter(|cap| cap.counts(self.set, &self.campaign.name, channel)) {
            let counted = self.counted(cap);
            let (max, name) = (cap.max, Counted(cap));
            // A `u32` fits a `usize` on every target.
            let Some(excess) = counted.len().checked_sub(max as usize) else {
                trace.note(format_args!("frequency cap: {} of {max} {name}", counted.len()));
                continue;
            };
            // The cap lifts when all but `max - 1` of the counted sends have gone out of it.
            let last = counted.get(excess);
            let until = last.and_then(|at| cap.per.end(*at, self.as_of, self.customer.zone));
            let lifts = |until: Option<Timestamp>| (until.is_none(), until);
            if worst.as_ref().is_none_or(|stop| lifts(until) > lifts(stop.until)) {
                let detail = format!("{} of {max} {name}", counted.len());
                worst = Some(Stop { reason: Reason::FrequencyCap, detail: detail.into(), until });
            }
        }
        worst.map_or(Ok(()), Err)
    }

    /// The times of the sends that `cap` counts now, in order.
    fn counted(&self, cap: &Cap) -> Vec<Timestamp> {
        let before = self.state.sends().iter();
        let before = before.map(|send| (send.at, &*send.campaign, &*send.channel));
        let now = self.pending.iter();
        let now = now.map(|(campaign, action)| (self.as_of, &*campaign.name, &*action.channel));
        before
            .chain(now)
            .filter(|(_, campaign, channel)| cap.counts(self.set, campaign, channel))
            .map(|(at, ..)| at)
            .filter(|at| cap.per.holds(*at, self.as_of, self.customer.zone))
            .collect()
    }

    fn fatigue(&self, trace: &mut Trace) -> Result<(), Stop> {
        let Some(rule) = self.set.guardrails.fatigue else { return Ok(()) };
        let before = self.state.sends().iter().filter(|send| send.outcomes.unanswered());
        let now = self.pending.iter().map(|_| self.as_of);
        let sends: Vec<Timestamp> = before.map(|send| send.at).chain(now).collect();
        let now = weariness(&rule, &sends, self.as_of);
        let max = rule.max;
        if now < max {
            trace.note(format_args!("fatigue: {now} of {max}"));
            return Ok(());
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
            detail: format!("the fatigue is {now} of {max}").into(),
            until,
        })
    }

    fn quiet_hours(&self, channel: &str, trace: &mut Trace) -> Result<(), Stop> {
        let Some(quiet) = &self.set.guardrails.quiet_hours else { return Ok(()) };
        if !quiet.channels.is_empty() && !quiet.channels.iter().any(|known| known == channel) {
            trace.note(format_args!("quiet hours: not of `{channel}`"));
            return Ok(());
        }
        let clock = quiet.clocks.zone(self.customer.zone).clock();
        let (from, to) = (quiet.window.from, quiet.window.to);
        if quiet.window.holds(self.as_of, clock) {
            let until = quiet.window.end(self.as_of, clock);
            let detail = format!("it is between {from} and {to}").into();
            return Err(Stop { reason: Reason::QuietHours, detail, until });
        }
        trace.note(format_args!("quiet hours: not between {from} and {to}"));
        Ok(())
    }

    fn blackout(&self, trace: &mut Trace) -> Result<(), Stop> {
        let rules = &self.set.guardrails;
        if rules.blackout.is_empty() {
            return Ok(());
        }
        let zone = rules.blackout_clocks.zone(self.customer.zone);
        let date = zone.date(self.as_of);
        if !Blackout::any(&rules.blackout, date) {
            trace.note(format_args!("blackout: {date} is none of its days"));
            return Ok(());
        }
        // Where clocks go back over midnight, the free day may have begun already, for a while.
        let free = Blackout::free_day(&rules.blackout, date);
        let until = free.map(|day| zone.start_of(day)).filter(|start| *start > self.as_of);
        let detail = format!("{date} is one of its days").into();
        Err(Stop { reason: Reason::Blackout, detail, until })
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
struct Counted<'a>(&'a Cap);

impl fmt::Display for Counted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(cap) = self;
        f.write_str("sends")?;
        for (of, name) in [("of", &cap.campaign), ("of group", &cap.group), ("by", &cap.channel)] {
            if let Some(name) = name {
                write!(f, " {of} `{name}`")?;
            }
        }
        write!(f, " in {}", cap.per)
    }
}
