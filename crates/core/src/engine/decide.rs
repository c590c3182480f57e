//! Looks at customers and decides about every campaign.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde::Serialize;

use super::scorer::{Memory, Scorer};
use super::stages::Moment;
use super::state::{CustomerState, Decided};
use super::watch::Seen;
use crate::bundle::Bundle;
use crate::campaign::{
    self, Arbitration, CampaignInput, Customer, CustomerCampaignState, Decision, Learning, Ledger,
    Looked, Name, Passage, Spend, Suppression,
};
use crate::error::Result;
use crate::expr::Value;
use crate::health::Health;
use crate::history::History;
use crate::schema::Schema;
use crate::threads;
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
    /// Who came into journeys and out of them, by customer.
    pub passages: Vec<Passage>,
    /// How well the budgets were used; null where there is none, or nothing to pay.
    pub arbitration: Option<Arbitration>,
}

/// Who is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look<'a> {
    /// Everybody.
    All,
    /// One customer.
    One(&'a str),
    /// Those for whom time alone has something to do, of those who were looked at before.
    Due,
}

impl Look<'_> {
    /// The customers who may be looked at.
    fn at(
        self,
        customers: &mut BTreeMap<String, CustomerState>,
    ) -> impl Iterator<Item = (&String, &mut CustomerState)> {
        let only = |id: &str| (Bound::Included(id.to_owned()), Bound::Included(id.to_owned()));
        let range = match self {
            Self::One(id) => only(id),
            Self::All | Self::Due => (Bound::Unbounded, Bound::Unbounded),
        };
        customers.range_mut(range)
    }
}

/// What is looked with, the same for every customer.
pub(super) struct Looking<'e> {
    pub(super) bundle: &'e Bundle,
    pub(super) scorer: &'e Scorer,
    pub(super) learning: Option<&'e Learning>,
    pub(super) as_of: Timestamp,
    /// Whether only what time alone has to do counts.
    pub(super) due: bool,
    /// Whether campaigns are asked in full that have nothing to do.
    pub(super) whole: bool,
}

/// What is known of one customer.
pub(super) struct Sight<'s, 'a> {
    pub(super) customer: &'s Customer<'s>,
    /// For each campaign, what was found.
    pub(super) inputs: &'s [CampaignInput],
    frame: &'s [Value<'a>],
    /// Whether time alone had a trigger fire or remember something new.
    timely: bool,
}

/// What the engine has learned from all customers together.
pub(super) struct Known<'e> {
    pub(super) learning: &'e mut Option<Learning>,
    /// What was paid for, as far as that was asked.
    pub(super) ledger: &'e mut Option<Ledger>,
    /// What went to customers who are no longer known.
    pub(super) departed: &'e [Spend],
}

/// The fewest customers that are worth a thread.
const SHARE: usize = 512;

pub(super) fn decide(
    (bundle, scorer): (&Bundle, &Scorer),
    customers: &mut BTreeMap<String, CustomerState>,
    known: Known<'_>,
    as_of: Timestamp,
    look: Look<'_>,
    threads: usize,
) -> Result<Decisions> {
    let Known { learning, ledger, departed } = known;
    for (_, state) in look.at(customers) {
        if let Some(decided) = &state.decided {
            decided.campaigns.check_order(as_of)?;
        }
    }
    let set = &bundle.playbook().campaigns().set;
    if set.learns() && !learning.as_ref().is_some_and(|known| known.is_current(as_of)) {
        observe_goals(bundle, customers, as_of);
        *learning = Some(Learning::gather(set, states(customers), as_of)?);
    }
    let learning = learning.as_ref();
    let due = look == Look::Due;
    let looking = Looking { bundle, scorer, learning, as_of, due, whole: false };
    let found = looking.look(look.at(customers).collect(), threads)?;
    let mut all = Decisions {
        as_of,
        decisions: Vec::new(),
        suppressions: found.suppressions,
        passages: found.passages,
        arbitration: None,
    };
    let ledger = match ledger {
        Some(ledger) if ledger.serves(as_of) => ledger,
        // Without a proposal nobody asks the ledger.
        _ if found.proposals.is_empty() || !set.has_budgets() => &mut Ledger::default(),
        _ => {
            let sends = states(customers).flat_map(CustomerCampaignState::sends);
            ledger.insert(Ledger::new(sends.map(Spend::of).chain(departed.iter().cloned())))
        }
    };
    let settled = campaign::settle(set, as_of, ledger, &found.proposals);
    all.arbitration = settled.arbitration;
    // Proposals come in the order of the customers.
    let mut states = look.at(customers).peekable();
    let (sent, stopped) = settled.divide(found.proposals, |proposal| {
        let id = proposal.decision.customer_id.as_str();
        while states.next_if(|(known, _)| known.as_str() < id).is_some() {}
        let decided = states.peek_mut().and_then(|(_, state)| state.decided.as_mut())?;
        Some(decided.campaigns.commit(proposal))
    });
    all.decisions = sent;
    if !stopped.is_empty() {
        all.suppressions.extend(stopped);
        // What the budgets stop stands behind what else was stopped of the same customer.
        all.suppressions.sort_by(|a, b| a.customer_id.cmp(&b.customer_id));
    }
    Ok(all)
}

/// Notes which goals are reached by `as_of`, also of customers who are not looked at, so that nothing
/// that is known already is taught as a failure.
fn observe_goals(
    bundle: &Bundle,
    customers: &mut BTreeMap<String, CustomerState>,
    as_of: Timestamp,
) {
    let playbook = bundle.playbook();
    let (set, layout) = (&playbook.campaigns().set, playbook.layout());
    for state in customers.values_mut() {
        let Some(mut decided) = state.decided.take() else { continue };
        let history = state.history.view(layout);
        let first =
            |name: &str, after| first_event(playbook.schema(), &history, name, after, as_of);
        decided.campaigns.observe_goals(set, &first);
        state.decided = Some(decided);
    }
}

/// The first event of a type after an instant, and not after `as_of`.
pub(super) fn first_event(
    schema: &Schema,
    history: &History<'_>,
    name: &str,
    after: Timestamp,
    as_of: Timestamp,
) -> Option<Timestamp> {
    let events = history.events(schema.event(name)?);
    let first = events.between(after.as_micros(), as_of.as_micros()).times().next()?;
    Timestamp::from_micros(first).ok()
}

/// What campaigns remember of each customer.
fn states(
    customers: &BTreeMap<String, CustomerState>,
) -> impl Iterator<Item = &CustomerCampaignState> {
    let decided = customers.values().filter_map(|state| state.decided.as_ref());
    decided.map(|decided| &decided.campaigns)
}

impl Looking<'_> {
    /// Looks at customers, whose looks have nothing to do with each other: threads share them out,
    /// and what they find stands in the order of the customers.
    fn look(
        &self,
        mut customers: Vec<(&String, &mut CustomerState)>,
        threads: usize,
    ) -> Result<Looked> {
        let share = threads::part_of(customers.len(), threads, SHARE);
        let mut parts = Vec::new();
        while customers.len() > share {
            let rest = customers.split_off(share);
            parts.push(std::mem::replace(&mut customers, rest));
        }
        parts.push(customers);
        let mut found = threads::map(parts, threads, |part| self.look_at_all(part)).into_iter();
        let mut all = found.next().unwrap_or_else(|| Ok(Looked::default()))?;
        for part in found {
            add(&mut all, part?);
        }
        Ok(all)
    }

    /// Looks at one customer after the other.
    fn look_at_all(&self, customers: Vec<(&String, &mut CustomerState)>) -> Result<Looked> {
        let layout = self.bundle.playbook().layout();
        let mut moment = self.scorer.moment(self.as_of);
        let mut all = Looked::default();
        let mut idle = Memory::default();
        for (id, state) in customers {
            if !state.known_at(layout, self.as_of) || self.due && state.decided.is_none() {
                continue;
            }
            let mut memory = idle.recycled();
            // A look leaves its mark at once; where time had nothing to do, it is taken back.
            let before = if self.due { state.decided.clone() } else { None };
            let mut decided = state.decided.take().unwrap_or_default();
            let counts = (all.proposals.len(), all.suppressions.len(), all.passages.len());
            let timely =
                self.look_at((id, state), &mut decided, &mut moment, &mut memory, &mut all);
            idle = memory.recycled();
            state.decided = Some(decided);
            let timely = timely?;
            if self.due && !timely {
                state.decided = before;
                all.proposals.truncate(counts.0);
                all.suppressions.truncate(counts.1);
                all.passages.truncate(counts.2);
            }
        }
        Ok(all)
    }

    /// One customer: what becomes of the campaigns, which is added to `found`, and what is left behind for
    /// the next time. Gives whether time alone had something to do.
    fn look_at<'a>(
        &'a self,
        customer: (&str, &'a CustomerState),
        decided: &mut Decided,
        moment: &mut Moment,
        memory: &mut Memory<'a>,
        found: &mut Looked,
    ) -> Result<bool> {
        let Self { bundle, scorer, as_of, .. } = *self;
        let (set, hash) = (&bundle.playbook().campaigns().set, bundle.name());
        self.see(customer, decided, moment, memory, |seen, campaigns| {
            let Sight { customer, inputs, frame, .. } = seen;
            let before = found.proposals.len();
            let timely = campaign::propose(set, customer, as_of, inputs, campaigns, hash, found)?;
            for proposal in &mut found.proposals[before..] {
                fill_in(scorer, bundle, frame, &mut proposal.decision);
            }
            Ok(timely || seen.timely)
        })
    }

    /// Hands `then` what is known of one customer, and what campaigns remember of it: triggers have
    /// left their mark there, and the health band is kept for the next time.
    pub(super) fn see<'a, T>(
        &'a self,
        (id, state): (&str, &'a CustomerState),
        decided: &mut Decided,
        moment: &mut Moment,
        memory: &mut Memory<'a>,
        then: impl FnOnce(&Sight<'_, 'a>, &mut CustomerCampaignState) -> Result<T>,
    ) -> Result<T> {
        let Self { bundle, scorer, learning, as_of, .. } = *self;
        let playbook = bundle.playbook();
        let schema = playbook.schema();
        let subject = &state.subject(schema, playbook.layout(), as_of);
        let known = (decided.band.as_deref(), state.overrides.at(as_of));
        let assessment = scorer.assess(bundle, (state, subject), known, false, moment, memory)?;
        let frame = memory.frames.at_mut(0);
        let campaigns = &mut decided.campaigns;
        campaigns.remember(&scorer.triggers);
        let (history, zone) = (&subject.history, &subject.zone);
        let seen = Seen { assessment: &assessment, history, zone, as_of };
        let set = &playbook.campaigns().set;
        let mut inputs = Vec::with_capacity(set.campaigns.len());
        let mut timely = false;
        for (spec, bound) in set.campaigns.iter().zip(&scorer.campaigns) {
            let names = (spec.name.as_str(), &scorer.triggers);
            let asked = bound.ask(names, &seen, campaigns, frame, self.whole);
            inputs.push(asked.input);
            timely |= asked.timely;
        }
        let consent: Vec<Option<bool>> =
            scorer.consent.iter().map(|program| program.eval(frame).as_bool()).collect();
        let suppressed = scorer.suppression.as_ref().and_then(|list| list.eval(frame).as_bool());
        let first_event = |name: &str, after| first_event(schema, history, name, after, as_of);
        let (id, consent, first_event) = (&Name::from(id), &consent, &first_event);
        let customer = &Customer { id, zone, suppressed, consent, learning, first_event };
        let found = then(&Sight { customer, inputs: &inputs, frame, timely }, campaigns)?;
        if let Some(band) = assessment.health.as_ref().and_then(Health::computed_band) {
            decided.band = Some(band.to_owned());
        }
        Ok(found)
    }
}

/// Adds what looks at later customers came to.
fn add(all: &mut Looked, later: Looked) {
    all.proposals.extend(later.proposals);
    all.suppressions.extend(later.suppressions);
    all.passages.extend(later.passages);
}

/// Fills in the template of a decision's action.
#[cfg(feature = "templates")]
fn fill_in(scorer: &Scorer, bundle: &Bundle, frame: &[Value<'_>], decision: &mut Decision) {
    use crate::campaign::{TemplateValue, render};

    let Some(text) = decision.template.take() else { return };
    let set = &bundle.playbook().campaigns().set;
    let place = set.campaigns.iter().zip(&scorer.campaigns);
    let names =
        place.filter(|(spec, _)| spec.name == decision.campaign).find_map(|(spec, bound)| {
            let at = spec.actions.iter().position(|action| action.name == decision.action)?;
            bound.templates.get(at)
        });
    let values = names.into_iter().flatten().filter_map(|(name, program)| {
        let value = match program.eval(frame) {
            Value::Missing => return None,
            Value::Number(number) => TemplateValue::Number(number),
            Value::Bool(truth) => TemplateValue::Bool(truth),
            value => match value.json() {
                serde_json::Value::String(text) => TemplateValue::Text(text),
                other => TemplateValue::Text(other.to_string()),
            },
        };
        Some((name.clone(), value))
    });
    match render(&text, &decision.channel, values) {
        Ok(content) => decision.content = Some(content),
        Err(error) => {
            decision.trace.note(format_args!("content: none, for {}", error.message()));
        }
    }
}

#[cfg(not(feature = "templates"))]
fn fill_in(_: &Scorer, _: &Bundle, _: &[Value<'_>], _: &mut Decision) {}
