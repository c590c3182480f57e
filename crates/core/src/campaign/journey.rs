//! Journeys: campaigns of several steps, and where a customer is in one.
//!
//! A firing enters the customer; each look takes the customer on as far as time and events allow.
//! A wait begins when the step before it ended, not when somebody looked: two waits of three days
//! end six days after the first began, however seldom the engine is asked. A step leads only to
//! later ones, so every journey ends. Before anything else a look asks whether the journey is
//! over: by an event of the goal since the entry, or by the `exit` condition.

use serde::{Deserialize, Serialize};

use super::Name;
use super::spec::{CampaignSpec, Goal, wrong};
use crate::error::Result;
use crate::time::{Span, Timestamp};

/// The steps of a campaign, and whether a condition ends it early.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Journey {
    /// The steps, in the playbook's order.
    pub steps: Vec<Step>,
    /// Whether there is an `exit` condition.
    pub exit: bool,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name; its number where the playbook gives none.
    pub name: Name,
    /// What happens at it.
    pub kind: StepKind,
}

/// What happens at a step. Where it leads is the index of a later step; one past the last is the
/// end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepKind {
    /// An action, by its index in the campaign; then the next step.
    Act(usize),
    /// Time passes; then the next step.
    Wait(Span),
    /// An event of this type happens, or does not within the time.
    WaitFor {
        /// The event type.
        event: String,
        /// How long it may take.
        within: Span,
        /// Where it leads when it happens.
        then: usize,
        /// Where it leads when it does not.
        otherwise: usize,
    },
    /// A condition, asked when the customer comes here; missing is false.
    Branch {
        /// Where it leads when true.
        then: usize,
        /// Where it leads when false.
        otherwise: usize,
    },
}

/// Where a customer is in a journey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The number of the entry.
    pub epoch: u64,
    /// When the customer came in.
    pub entered: Timestamp,
    /// The name of the step.
    pub step: Name,
    /// When the step began.
    pub since: Timestamp,
    /// When time alone takes the customer on; nothing where the step is ready.
    pub due: Option<Timestamp>,
}

/// A customer coming into a journey or out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Passage {
    /// The customer.
    pub customer_id: Name,
    /// The campaign.
    pub campaign: Name,
    /// The number of the entry, from 1.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub epoch: u64,
    /// When it was decided.
    pub at: Timestamp,
    /// Which way.
    pub kind: PassageKind,
    /// The step the customer left, where it is one out of the journey.
    pub step: Option<Name>,
}

/// Which way a customer passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum PassageKind {
    /// Into the journey.
    Entered,
    /// Out of it, for the goal is reached.
    Goal,
    /// Out of it, for what the goal is to avoid happened.
    Missed,
    /// Out of it, for the `exit` condition holds.
    Exit,
    /// Out of it, past the last step.
    End,
    /// Out of it, for the playbook no longer has the step.
    Gone,
}

/// Where a walk comes to a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stand {
    /// At an action that is to be decided now, by the step's index and the action's.
    Act(usize, usize),
    /// At a step that waits.
    Waits,
    /// Out of the journey.
    Out(PassageKind),
}

/// What a walk asks of a customer.
pub(super) struct Asked<'a> {
    pub(super) as_of: Timestamp,
    pub(super) exit: Option<bool>,
    pub(super) goal: Option<&'a Goal>,
    /// For each step, whether its condition holds.
    pub(super) truths: &'a [Option<bool>],
    /// The first event of a type after an instant, not after `as_of`.
    pub(super) first_event: &'a dyn Fn(&str, Timestamp) -> Option<Timestamp>,
}

impl Journey {
    /// The place of a customer who comes in at `as_of`.
    pub(super) fn enter(&self, epoch: u64, as_of: Timestamp) -> Place {
        let mut place =
            Place { epoch, entered: as_of, step: Name::default(), since: as_of, due: None };
        self.go(&mut place, 0, as_of);
        place
    }

    /// Puts the customer at a step; past the last the name is empty.
    fn go(&self, place: &mut Place, step: usize, since: Timestamp) {
        let name = self.steps.get(step).map(|step| step.name.clone());
        place.step = name.unwrap_or_default();
        place.since = since;
        place.due = None;
    }

    /// The index of the step a customer is at; the number of steps at the end, nothing where the
    /// playbook has no such step.
    fn at(&self, place: &Place) -> Option<usize> {
        if place.step.is_empty() {
            return Some(self.steps.len());
        }
        self.steps.iter().position(|step| step.name == place.step)
    }

    /// Takes the customer past an action at `as_of`.
    pub(super) fn pass(&self, place: &mut Place, step: usize, as_of: Timestamp) {
        self.go(place, step + 1, as_of);
    }

    /// Whether the journey is over, and if not how far it goes.
    pub(super) fn walk(&self, place: &mut Place, asked: &Asked<'_>) -> Stand {
        let happened = |goal: &&Goal| (asked.first_event)(&goal.event, place.entered).is_some();
        if let Some(goal) = asked.goal.filter(happened) {
            return Stand::Out(if goal.avoid { PassageKind::Missed } else { PassageKind::Goal });
        }
        if self.exit && asked.exit == Some(true) {
            return Stand::Out(PassageKind::Exit);
        }
        loop {
            let Some(at) = self.at(place) else { return Stand::Out(PassageKind::Gone) };
            let Some(step) = self.steps.get(at) else { return Stand::Out(PassageKind::End) };
            match &step.kind {
                StepKind::Act(action) => {
                    if place.due.is_some_and(|due| due > asked.as_of) {
                        return Stand::Waits;
                    }
                    return Stand::Act(at, *action);
                }
                StepKind::Wait(length) => {
                    let end = place.since.plus(*length);
                    if end > asked.as_of {
                        place.due = Some(end);
                        return Stand::Waits;
                    }
                    self.go(place, at + 1, end);
                }
                StepKind::WaitFor { event, within, then, otherwise } => {
                    let end = place.since.plus(*within);
                    let found = (asked.first_event)(event, place.since);
                    match found.filter(|found| *found <= end) {
                        Some(found) => self.go(place, *then, found),
                        None if end <= asked.as_of => self.go(place, *otherwise, end),
                        None => {
                            place.due = Some(end);
                            return Stand::Waits;
                        }
                    }
                }
                StepKind::Branch { then, otherwise } => {
                    let truth = asked.truths.get(at).copied().flatten() == Some(true);
                    let since = place.since;
                    self.go(place, if truth { *then } else { *otherwise }, since);
                }
            }
        }
    }

    /// The steps that `step` may lead to.
    fn exits(&self, step: usize) -> Vec<usize> {
        match self.steps.get(step).map(|step| &step.kind) {
            Some(StepKind::Act(_) | StepKind::Wait(_)) => vec![step + 1],
            Some(
                StepKind::WaitFor { then, otherwise, .. } | StepKind::Branch { then, otherwise },
            ) => vec![*then, *otherwise],
            None => Vec::new(),
        }
    }

    /// Checks that steps lead to later ones, and that between two actions time passes.
    pub(super) fn check(&self, campaign: &CampaignSpec, path: &str) -> Result<()> {
        let at = |step: usize, message: String| Err(wrong(format!("{path}[{step}]"), message));
        if self.steps.is_empty() {
            return Err(wrong(path.to_owned(), "there is no step; expected one or more"));
        }
        for (index, step) in self.steps.iter().enumerate() {
            let name = &step.name;
            if self.steps.iter().take(index).any(|earlier| earlier.name == *name) {
                return at(index, format!("the step `{name}` is there twice"));
            }
            match &step.kind {
                StepKind::Act(action) if *action >= campaign.actions.len() => {
                    return at(index, "there is no such action".to_owned());
                }
                StepKind::Wait(length) | StepKind::WaitFor { within: length, .. }
                    if *length <= Span::ZERO =>
                {
                    return at(index, "a wait is longer than no time".to_owned());
                }
                _ => {}
            }
            if let Some(back) = self.exits(index).into_iter().find(|to| *to <= index) {
                let to = self.steps.get(back).map_or("", |step| step.name.as_str());
                return at(
                    index,
                    format!("`{to}` is not a later step; a journey goes on, never back"),
                );
            }
            if matches!(step.kind, StepKind::Act(_)) {
                let mut ahead = vec![index + 1];
                while let Some(next) = ahead.pop() {
                    match self.steps.get(next).map(|step| &step.kind) {
                        Some(StepKind::Act(_)) => {
                            return at(
                                next,
                                format!(
                                    "it follows the action of step `{name}` at once; put a `wait` between them"
                                ),
                            );
                        }
                        Some(StepKind::Branch { .. }) => ahead.extend(self.exits(next)),
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }
}
