//! What the triggers of campaigns see of a customer.

use std::fmt;

use super::scorer::{Assessment, BoundCampaign, BoundTrigger};
use crate::campaign::bandit::MOST;
use crate::campaign::{
    self, CampaignInput, CustomerCampaignState, Observation, Trigger, TriggerMemory, TriggerNames,
};
use crate::expr::{Program, State, TriggerKind, Value};
use crate::features::Retention;
use crate::history::History;
use crate::playbook::Playbook;
use crate::time::{Span, Timestamp, Zone};

/// How far back of the last look what happened late is looked for.
const LATE: Span = Span::DAY;

/// What triggers watch.
pub(super) struct Seen<'s, 'a> {
    pub(super) assessment: &'s Assessment<'a>,
    pub(super) history: &'s History<'a>,
    pub(super) zone: &'s Zone,
    pub(super) as_of: Timestamp,
}

/// What asking one campaign came to.
pub(super) struct Asked {
    pub(super) input: CampaignInput,
    /// Whether a trigger that time alone can fire did, or remembers something new.
    pub(super) timely: bool,
}

/// Whether time alone, without any event, can fire such a trigger.
pub(super) fn is_timely(kind: &TriggerKind) -> bool {
    !matches!(kind, TriggerKind::Event(_) | TriggerKind::Sequence { .. })
}

/// Whether it watches something that changes with time.
pub(super) fn is_watching(kind: &TriggerKind) -> bool {
    matches!(
        kind,
        TriggerKind::RisesAbove { .. }
            | TriggerKind::FallsBelow { .. }
            | TriggerKind::Enters(_)
            | TriggerKind::Leaves(_)
            | TriggerKind::Changed { .. }
    )
}

/// Keeps the events that triggers, goals and journeys read.
pub(super) fn keep(retention: &mut Retention, playbook: &Playbook) {
    let plan = playbook.campaigns();
    for trigger in plan.programs.iter().flat_map(|campaign| &campaign.triggers) {
        match &trigger.kind {
            TriggerKind::Event(event) => retention.keep_recent(Some(*event), LATE),
            TriggerKind::Absent { event, since, wait } => {
                retention.keep_recent(*event, wait.plus(LATE));
                retention.keep_recent(*since, wait.plus(LATE));
            }
            TriggerKind::Sequence { first, then, within } => {
                retention.keep_recent(*first, within.plus(LATE));
                retention.keep_recent(*then, LATE);
            }
            _ => {}
        }
    }
    for campaign in &plan.set.campaigns {
        for (event, span) in campaign.watched_events() {
            retention.keep_recent(playbook.schema().event(event), span);
        }
    }
}

impl BoundCampaign {
    /// Asks one campaign's triggers and, where it has something to do or `whole`, its conditions and
    /// value.
    pub(super) fn ask<'a>(
        &'a self,
        (name, names): (&str, &TriggerNames),
        seen: &Seen<'_, 'a>,
        campaigns: &mut CustomerCampaignState,
        frame: &mut [Value<'a>],
        whole: bool,
    ) -> Asked {
        let mut fired_by = Vec::new();
        let mut timely = false;
        for BoundTrigger { slot, place, trigger } in &self.triggers {
            let memory = campaigns.memory_at(names, *place);
            let before = *memory;
            let saw = seen.look(&trigger.kind, memory, frame);
            frame[*slot] = Value::Bool(saw.is_some());
            timely |= is_timely(&trigger.kind) && (saw.is_some() || memory.differs(&before));
            fired_by.extend(saw.map(|saw| format!("{}: {saw}", trigger.text)));
        }
        let fired = !fired_by.is_empty() && self.on.eval(frame) == Value::Bool(true);
        // Most campaigns have nothing to do for most customers, and then nothing reads the rest.
        if !fired && !whole && !campaigns.goes_on(name) {
            return Asked { input: CampaignInput::default(), timely };
        }
        let truth = |program: &Program| program.eval(frame).as_bool();
        let input = CampaignInput {
            fired,
            fired_by,
            when: self.when.as_ref().map_or(Some(true), truth),
            value: self.value.as_ref().map_or(f64::NAN, |program| program.eval(frame).as_number()),
            exit: self.exit.as_ref().and_then(truth),
            context: self.context.iter().map(|program| number(program.eval(frame))).collect(),
            truths: self.steps.iter().map(|step| step.as_ref().and_then(truth)).collect(),
        };
        Asked { input, timely }
    }
}

/// What a trigger that fires saw, as it is told in a trace.
#[derive(Debug, Clone, Copy)]
pub(super) enum Saw<'a> {
    Value(Value<'a>),
    Number(f64),
    Stage(Option<&'a str>),
    Member(bool),
    Time(Timestamp),
    Latest(Option<Timestamp>),
}

impl fmt::Display for Saw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "it is {}", value.json()),
            Self::Number(number) => write!(f, "it is {number}"),
            Self::Time(at) => write!(f, "it is {at}"),
            Self::Stage(Some(stage)) => write!(f, "in `{stage}`"),
            Self::Latest(Some(at)) => write!(f, "at {at}"),
            Self::Stage(None) | Self::Latest(None) => Ok(()),
            Self::Member(member) => f.write_str(if *member { "a member" } else { "no member" }),
        }
    }
}

impl<'a> Seen<'_, 'a> {
    /// What a trigger saw, where it fires.
    pub(super) fn look(
        &self,
        kind: &'a TriggerKind,
        memory: &mut TriggerMemory,
        frame: &[Value<'a>],
    ) -> Option<Saw<'a>> {
        let as_of = self.as_of;
        let (trigger, seen, saw) = match kind {
            TriggerKind::RisesAbove { operand, threshold, margin } => {
                let number = operand.eval(frame).as_number();
                let trigger = Trigger::RisesAbove { threshold: *threshold, margin: *margin };
                (trigger, Observation::Number(number), Saw::Number(number))
            }
            TriggerKind::FallsBelow { operand, threshold, margin } => {
                let number = operand.eval(frame).as_number();
                let trigger = Trigger::FallsBelow { threshold: *threshold, margin: *margin };
                (trigger, Observation::Number(number), Saw::Number(number))
            }
            TriggerKind::Enters(state) => {
                let (member, saw) = self.state(state);
                (Trigger::Enters { state: String::new() }, Observation::Member(member), saw)
            }
            TriggerKind::Leaves(state) => {
                let (member, saw) = self.state(state);
                (Trigger::Leaves { state: String::new() }, Observation::Member(member), saw)
            }
            TriggerKind::Changed { operand } => {
                let value = operand.eval(frame);
                let seen = Observation::Fingerprint(value.fingerprint());
                (Trigger::Changed, seen, Saw::Value(value))
            }
            TriggerKind::Every(every) => {
                (Trigger::Every(*every), Observation::Clocks(self.zone), Saw::Time(as_of))
            }
            TriggerKind::Event(_) | TriggerKind::Absent { .. } | TriggerKind::Sequence { .. } => {
                let latest = self.latest(kind, memory.answered(as_of));
                (Trigger::Happens, Observation::Latest(latest), Saw::Latest(latest))
            }
        };
        campaign::observe(&trigger, memory, seen, as_of).then_some(saw)
    }

    /// Whether the customer is in a stage or a segment.
    fn state(&self, state: &State) -> (Option<bool>, Saw<'a>) {
        match state {
            State::Stage(name) => {
                let stage = self.assessment.stage;
                (stage.map(|stage| stage == name), Saw::Stage(stage))
            }
            State::Segment(index) => {
                let member = self.assessment.segments[*index];
                (member, Saw::Member(member == Some(true)))
            }
        }
    }

    /// When it last happened, after `since` and not after `as_of`.
    fn latest(&self, kind: &TriggerKind, since: Timestamp) -> Option<Timestamp> {
        let (since, as_of) = (since.as_micros(), self.as_of.as_micros());
        let latest = match kind {
            TriggerKind::Event(event) => {
                self.history.events(*event).between(since, as_of).times().next_back()
            }
            TriggerKind::Absent { event, since: start, wait } => {
                let wait = wait.as_micros();
                let starts = times(self.history, *start, since - wait, as_of - wait);
                let events = times(self.history, *event, since - wait, as_of);
                let over = starts.iter().rev().map(|start| (start, start + wait));
                let mut over = over.filter(|(start, end)| !any_in(&events, **start, *end));
                over.next().map(|(_, end)| end)
            }
            TriggerKind::Sequence { first, then, within } => {
                let within = within.as_micros();
                let firsts = times(self.history, *first, since - within - 1, as_of);
                let thens = times(self.history, *then, since, as_of);
                let mut done = thens.iter().rev().filter(|then| {
                    // The first comes strictly before, at most so much.
                    any_in(&firsts, **then - within - 1, **then - 1)
                });
                done.next().copied()
            }
            _ => None,
        };
        latest.and_then(|at| Timestamp::from_micros(at).ok())
    }

    /// When time alone next has such a trigger fire or remember something, by what it is: not what
    /// it watches.
    pub(super) fn due(&self, kind: &TriggerKind, memory: &TriggerMemory) -> Option<Timestamp> {
        match kind {
            TriggerKind::Every(every) => {
                every.next(memory.looked().unwrap_or(self.as_of), self.zone)
            }
            TriggerKind::Absent { event, since, wait } => {
                let wait = wait.as_micros();
                let answered = memory.answered(self.as_of).as_micros();
                let starts = times(self.history, *since, answered - wait, i64::MAX);
                let events = times(self.history, *event, answered - wait, i64::MAX);
                let over = starts.iter().map(|start| (start, start + wait));
                let mut over = over.filter(|(start, end)| !any_in(&events, **start, *end));
                over.next().and_then(|(_, end)| Timestamp::from_micros(end).ok())
            }
            _ => None,
        }
    }
}

/// A number that a policy can read: 0 where it is missing, and never beyond its bounds.
fn number(value: Value<'_>) -> f64 {
    let number = value.as_number();
    if number.is_nan() { 0.0 } else { number.clamp(-MOST, MOST) }
}

/// Whether one of `times`, which ascend, lies in `(after, until]`.
fn any_in(times: &[i64], after: i64, until: i64) -> bool {
    times.get(times.partition_point(|time| *time <= after)).is_some_and(|time| *time <= until)
}

/// When events of a type, or of all, happened in `(after, until]`, in order.
fn times(history: &History<'_>, event: Option<usize>, after: i64, until: i64) -> Vec<i64> {
    let of = |event: usize| -> Vec<i64> {
        history.events(event).between(after, until).times().collect()
    };
    if let Some(event) = event {
        return of(event);
    }
    let mut all: Vec<i64> = (0..history.types()).flat_map(of).collect();
    all.sort_unstable();
    all
}
