//! Health at other instants than the one asked about, and of all customers of an account.

mod accounts;
mod change;
mod history;
mod overrides;

use super::Engine;
use super::scorer::Memory;
use super::state::CustomerState;
use crate::error::{Error, ErrorCode, Result};
use crate::expr::{Program, Value};
use crate::features::{Agenda, Plan};
use crate::health::Fallback;
use crate::playbook::{HealthPlan, Playbook};
use crate::time::{Span, Timestamp};

pub use change::HealthChange;
pub use history::{HealthHistory, HealthPoint};

/// What the health score reads, bound to the frames of the engine's plan.
#[derive(Debug, Clone)]
pub(super) struct HealthScorer {
    /// The part of the plan that health reads.
    plan: Plan,
    /// The scores of the factors.
    factors: Vec<Program>,
    accounts: Option<Accounts>,
}

/// What the health of accounts reads.
#[derive(Debug, Clone)]
struct Accounts {
    parent: Program,
    weight: Option<Program>,
    fallback: Fallback,
}

/// Ascending instants, and the windows of health at them.
#[derive(Debug)]
pub(super) struct Instants {
    list: Vec<Timestamp>,
    agenda: Agenda,
}

impl Instants {
    pub(super) fn list(&self) -> &[Timestamp] {
        &self.list
    }
}

/// How far back of an instant health is looked at.
pub(super) fn reach(playbook: &Playbook) -> Span {
    let trend = playbook.health().and_then(|plan| plan.trend);
    trend.map_or(Span::ZERO, |trend| trend.over)
}

impl HealthScorer {
    pub(super) fn new(plan: &mut Plan, playbook: &Playbook) -> Self {
        let schema = playbook.schema();
        let health = playbook.health();
        let scores = health.map_or(&[][..], |health| &health.scores);
        let factors: Vec<Program> = scores.iter().map(|score| plan.bind(schema, score)).collect();
        let accounts = health.and_then(|health| health.accounts.as_ref()).map(|known| Accounts {
            parent: plan.bind(schema, &known.parent),
            weight: known.weight.as_ref().map(|weight| plan.bind(schema, weight)),
            fallback: known.fallback,
        });
        let mut read: Vec<&Program> = factors.iter().collect();
        if let Some(accounts) = &accounts {
            read.push(&accounts.parent);
            read.extend(&accounts.weight);
        }
        Self { plan: plan.only(&read, &[]), factors, accounts }
    }

    /// The scores of the factors, as expressions.
    pub(super) fn factors(&self) -> &[Program] {
        &self.factors
    }

    /// The windows of health at ascending instants.
    pub(super) fn at(&self, list: Vec<Timestamp>) -> Instants {
        Instants { agenda: self.plan.agenda(&list), list }
    }

    /// The scores of the factors, NaN where missing.
    pub(super) fn scores<'a>(&'a self, frame: &[Value<'a>]) -> Vec<f64> {
        self.factors.iter().map(|factor| factor.eval(frame).as_number()).collect()
    }

    /// Shows `each` what is known of a customer at each instant at which anything is.
    pub(super) fn look<'a>(
        &'a self,
        playbook: &'a Playbook,
        state: &'a CustomerState,
        instants: &Instants,
        memory: &mut Memory<'a>,
        each: &mut dyn FnMut(Timestamp, &[Value<'a>]),
    ) {
        let (schema, layout) = (playbook.schema(), playbook.layout());
        let Memory { past: frames, scratch, .. } = memory;
        let list = &instants.list;
        let mut start = list.partition_point(|at| !state.known_at(layout, *at));
        while start < list.len() {
            // Instants of the same attributes are filled together.
            let same = |at: &&Timestamp| state.same_attributes(list[start], **at);
            let end = start + list[start..].iter().take_while(same).count();
            let subject = state.subject(schema, layout, list[start]);
            self.plan.fill(&subject.at(start..end), &instants.agenda, frames, scratch);
            for (index, at) in list[start..end].iter().enumerate() {
                each(*at, frames.at(index));
            }
            start = end;
        }
    }
}

impl Engine {
    /// The playbook's health score.
    fn health_plan(&self, what: &str) -> Result<&HealthPlan> {
        self.bundle.playbook().health().ok_or_else(|| {
            let message = format!("the section `health` is missing, and {what} needs it");
            Error::new(ErrorCode::PlaybookKey, "playbook", message).at_path("health")
        })
    }
}
