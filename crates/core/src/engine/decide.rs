//! Looks at every customer and decides about every campaign.

use std::collections::BTreeMap;

use serde::Serialize;

use super::scorer::{Assessment, BoundCampaign, Memory, Scorer};
use super::stages::Moment;
use super::state::{CustomerState, Decided};
use crate::bundle::Bundle;
use crate::campaign::{
    self, CampaignInput, Customer, CustomerCampaignState, Decision, Observation, Suppression,
};
use crate::error::Result;
use crate::expr::{State, TriggerKind, Value};
use crate::history::History;
use crate::schema::Schema;
use crate::time::Timestamp;

/// What was decided at one instant.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Decisions {
    /// The instant.
    pub as_of: Timestamp,
    /// What to send, by customer, then in the order in which the campaigns went.
    pub decisions: Vec<Decision>,
    /// What is not sent, and why, in the same order.
    pub suppressions: Vec<Suppression>,
}

pub(super) fn decide(
    bundle: &Bundle,
    scorer: &Scorer,
    customers: &mut BTreeMap<String, CustomerState>,
    as_of: Timestamp,
) -> Result<Decisions> {
    let layout = bundle.playbook().layout();
    for decided in customers.values().filter_map(|state| state.decided.as_ref()) {
        decided.campaigns.check_order(as_of)?;
    }
    let mut moment = scorer.moment(as_of);
    let mut all = Decisions { as_of, decisions: Vec::new(), suppressions: Vec::new() };
    for (id, state) in customers.iter_mut().filter(|(_, state)| state.known_at(layout, as_of)) {
        let mut decided = state.decided.take().unwrap_or_default();
        let looked = look(bundle, scorer, (id, state), &mut decided, &mut moment);
        state.decided = Some(decided);
        let (decisions, suppressions) = looked?;
        all.decisions.extend(decisions);
        all.suppressions.extend(suppressions);
    }
    Ok(all)
}

type Looked = (Vec<Decision>, Vec<Suppression>);

/// One customer: what becomes of the campaigns, and what is left behind for the next time.
fn look(
    bundle: &Bundle,
    scorer: &Scorer,
    (id, state): (&str, &CustomerState),
    decided: &mut Decided,
    moment: &mut Moment,
) -> Result<Looked> {
    let playbook = bundle.playbook();
    let as_of = moment.as_of;
    let subject = &state.subject(playbook.schema(), playbook.layout(), as_of);
    let mut memory = Memory::default();
    let known = (decided.band.as_deref(), state.overrides.at(as_of));
    let assessment = scorer.assess(bundle, (state, subject), known, false, moment, &mut memory)?;
    let frame = memory.frames.at_mut(0);
    let campaigns = &mut decided.campaigns;
    let seen = Seen {
        assessment: &assessment,
        history: &subject.history,
        schema: playbook.schema(),
        as_of,
    };
    let set = &playbook.campaigns().set;
    let mut inputs = Vec::with_capacity(set.campaigns.len());
    for (spec, bound) in set.campaigns.iter().zip(&scorer.campaigns) {
        inputs.push(ask(&spec.name, bound, &seen, campaigns, frame));
    }
    let consent: Vec<Option<bool>> =
        scorer.consent.iter().map(|program| program.eval(frame).as_bool()).collect();
    let customer = Customer { id, zone: &subject.zone, consent: &consent };
    let (decisions, suppressions) =
        campaign::decide(set, &customer, as_of, &inputs, campaigns, bundle.hash())?;
    if let Some(band) = assessment.health.as_ref().and_then(crate::health::Health::computed_band) {
        decided.band = Some(band.to_owned());
    }
    Ok((decisions, suppressions))
}

/// What triggers watch.
struct Seen<'s, 'a> {
    assessment: &'s Assessment<'a>,
    history: &'s History<'a>,
    schema: &'s Schema,
    as_of: Timestamp,
}

/// Asks one campaign's triggers, condition and value.
fn ask<'a>(
    name: &str,
    bound: &'a BoundCampaign,
    seen: &Seen<'_, 'a>,
    campaigns: &mut CustomerCampaignState,
    frame: &mut [Value<'a>],
) -> CampaignInput {
    let mut fired_by = Vec::new();
    for (slot, trigger) in &bound.triggers {
        let (watched, observation) = seen.watch(&trigger.kind, frame);
        let memory = campaigns.memory(name, &trigger.text);
        let fired = campaign::observe(&watched, memory, observation, seen.as_of);
        frame[*slot] = Value::Bool(fired);
        if fired {
            fired_by.push(trigger.text.clone());
        }
    }
    let fired = !fired_by.is_empty() && bound.on.eval(frame) == Value::Bool(true);
    CampaignInput {
        fired,
        fired_by,
        when: bound.when.as_ref().map_or(Some(true), |program| program.eval(frame).as_bool()),
        value: bound.value.as_ref().map_or(f64::NAN, |program| program.eval(frame).as_number()),
    }
}

impl<'a> Seen<'_, 'a> {
    /// The trigger as campaigns know it, and what is seen of it now.
    fn watch<'o>(
        &'o self,
        kind: &'o TriggerKind,
        frame: &[Value<'a>],
    ) -> (campaign::Trigger, Observation<'o>)
    where
        'a: 'o,
    {
        let state = |state: &'o State| match state {
            State::Stage(name) => (name.clone(), Observation::State(self.assessment.stage)),
            State::Segment(index) => {
                (String::new(), Observation::Member(self.assessment.segments[*index]))
            }
        };
        match kind {
            TriggerKind::RisesAbove { operand, threshold } => (
                campaign::Trigger::RisesAbove { threshold: *threshold },
                Observation::Number(number(operand, frame)),
            ),
            TriggerKind::FallsBelow { operand, threshold } => (
                campaign::Trigger::FallsBelow { threshold: *threshold },
                Observation::Number(number(operand, frame)),
            ),
            TriggerKind::Enters(watched) => {
                let (state, observation) = state(watched);
                (campaign::Trigger::Enters { state }, observation)
            }
            TriggerKind::Leaves(watched) => {
                let (state, observation) = state(watched);
                (campaign::Trigger::Leaves { state }, observation)
            }
            TriggerKind::Changed { operand } => {
                let value = operand.eval(frame);
                (campaign::Trigger::Changed, Observation::Fingerprint(value.fingerprint()))
            }
            TriggerKind::Event(event) => {
                let events = self.history.events(*event).between(i64::MIN, self.as_of.as_micros());
                let latest = events.times().next_back();
                let latest = latest.and_then(|at| Timestamp::from_micros(at).ok());
                let event = self.schema.events[*event].name.clone();
                (campaign::Trigger::Event { event }, Observation::LatestEvent(latest))
            }
        }
    }
}

fn number<'a>(operand: &'a crate::expr::Program, frame: &[Value<'a>]) -> f64 {
    operand.eval(frame).as_number()
}
