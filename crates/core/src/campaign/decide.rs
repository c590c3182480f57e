//! What becomes of the campaigns of one customer at one instant.
//!
//! Of several campaigns the one that promises most goes first: its value less the cost of the
//! chosen action. A campaign without a value promises 0. Equals go by priority, the higher first,
//! then by `unit("tie", playbook, campaign, customer)`, the lower first: by lot, but always the
//! same. Each passes the guardrails or is stopped, and a send counts towards the caps of those
//! after it. What is left are proposals, which [`super::settle`] holds to the budgets.
//!
//! Every firing opens an entry with the next epoch of that campaign and customer, and is used up
//! by it, whatever comes of it: a send that is suppressed is not made up for later, the trigger has
//! to fire again. (Quiet hours alone have a send wait: it is asked about again, from the first
//! guardrail on, at the first look after them.) A firing whose `when` is false or missing is
//! recorded too, as a suppression with the reason `condition`: it uses up an edge that may not
//! come back for months, and without a record nobody could tell it from a trigger that never fired.
//! While a send waits, or the customer is in the campaign's journey, a new firing is stopped as a
//! re-entry.
//!
//! The action is chosen before the guardrails are asked, and its channel is what they are asked
//! about. A split does not turn to another action when consent is missing for the one it drew,
//! since the shares would then no longer be those of the weights. A policy that leaves the customer
//! alone is asked about the same, as far as no channel is concerned, and then recorded as a
//! suppression: so what it is compared with are customers who could have been sent something.

use std::borrow::Cow;

use super::Name;
use super::assign::unit;
use super::budget::{Arbitration, settle};
use super::decision::{Decision, DecisionId, Reason, Suppression};
use super::guard::{Candidate, Stop};
use super::journey::{Passage, PassageKind};
use super::learning::Learning;
use super::ledger::{Ledger, Spend};
use super::outcome::Kinds;
use super::policy::{Added, Choice, Policy, PolicyContext};
use super::spec::{ActionSpec, CampaignSet, CampaignSpec};
use super::state::{CustomerCampaignState, Deferred, Sent, Withheld};
use super::trace::Trace;
use super::trial::Trial;
use crate::error::Result;
use crate::math::finite;
use crate::time::{Timestamp, Zone};

/// What was found of one campaign for one customer.
#[derive(Debug, Clone, PartialEq)]
pub struct CampaignInput {
    /// Whether its triggers fire.
    pub fired: bool,
    /// Which of them do and what they saw, for the trace.
    pub fired_by: Vec<String>,
    /// Its condition: true, false or missing. True when the playbook has none.
    pub when: Option<bool>,
    /// Its value, NaN when missing or when the playbook has none.
    pub value: f64,
    /// Of a journey, whether its `exit` holds.
    pub exit: Option<bool>,
    /// Of a journey, for each step whether its condition holds.
    pub truths: Vec<Option<bool>>,
    /// The numbers that the policy reads.
    pub context: Vec<f64>,
}

impl Default for CampaignInput {
    /// Not fired, no condition, no value.
    fn default() -> Self {
        Self {
            fired: false,
            fired_by: Vec::new(),
            when: Some(true),
            value: f64::NAN,
            exit: None,
            truths: Vec::new(),
            context: Vec::new(),
        }
    }
}

/// The customer who is decided about.
#[derive(Clone, Copy)]
pub struct Customer<'a> {
    /// The customer's id.
    pub id: &'a Name,
    /// The zone whose calendar and clocks the rules follow.
    pub zone: &'a Zone,
    /// Whether the customer is on the suppression list; missing is not.
    pub suppressed: Option<bool>,
    /// For each channel of [`super::Guardrails::consent`], in order, whether there is consent;
    /// missing is no consent.
    pub consent: &'a [Option<bool>],
    /// What the policies have learned; nothing where none learns.
    pub learning: Option<&'a Learning>,
    /// The first event of a type strictly after an instant, and not after the one decided at.
    pub first_event: &'a dyn Fn(&str, Timestamp) -> Option<Timestamp>,
}

/// A send that nothing of the customer's own stops.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The decision that it is, if the budgets allow.
    pub decision: Decision,
    /// What the campaign promises: its value less the cost, 0 without a value.
    pub net: f64,
    /// The campaign's priority.
    pub priority: f64,
    /// The lot that equals are ordered by.
    pub lot: f64,
    /// Whether it is the start of its entry, and so brings the customer in.
    pub enters: bool,
    /// What the policy knew of the customer.
    pub context: Vec<f64>,
}

/// What looks at customers came to, one after the other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Looked {
    /// What could be sent, in the order in which the campaigns went.
    pub proposals: Vec<Proposal>,
    /// What is not sent, and why, in the same order.
    pub suppressions: Vec<Suppression>,
    /// Who came into journeys and out of them.
    pub passages: Vec<Passage>,
    /// Where traces are written before it is known what becomes of them.
    trace: Trace,
}

impl Proposal {
    /// The send as it is remembered.
    #[must_use]
    pub fn sent(&self) -> Sent {
        let decision = &self.decision;
        Sent {
            at: decision.at,
            campaign: decision.campaign.clone(),
            action: decision.action.clone(),
            channel: decision.channel.clone(),
            cost: decision.cost,
            id: decision.id,
            outcomes: Kinds::default(),
            value: 0.0,
            context: self.context.clone(),
        }
    }
}

/// A send, or that none is made, which is asked about.
struct Asking<'a> {
    campaign: &'a CampaignSpec,
    input: &'a CampaignInput,
    /// Nothing where the policy leaves the customer alone.
    action: Option<&'a ActionSpec>,
    choice: Choice,
    /// What the send is thought to bring, NaN where that is not known.
    value: f64,
    epoch: u64,
    /// The step and its index, of a journey.
    step: Option<(usize, Name)>,
    fired_by: Cow<'a, [String]>,
    net: f64,
}

/// What one look works on.
pub(super) struct Look<'a> {
    set: &'a CampaignSet,
    pub(super) customer: &'a Customer<'a>,
    pub(super) as_of: Timestamp,
    bundle: &'a Name,
    pub(super) state: &'a mut CustomerCampaignState,
    asking: Vec<Asking<'a>>,
    pub(super) found: &'a mut Looked,
    /// Whether time alone had something to do: a send that waited, or a step of a journey.
    pub(super) timely: bool,
}

/// Says what one customer could be sent, of all campaigns of `set`, which [`CampaignSet::check`]
/// accepts: it is added to `found`. Gives whether time alone had something to do, a send that waited
/// or a step of a journey.
///
/// `inputs` has one for each campaign, in the order of the set. A campaign that has already fired
/// at this `as_of` does not fire again, so that asking twice gives nothing new. What is really
/// sent has to be noted by [`CustomerCampaignState::commit`].
///
/// # Errors
/// [`crate::ErrorCode::TimeOrder`] when it was decided for a later instant already; nothing is
/// changed then.
pub fn propose(
    set: &CampaignSet,
    customer: &Customer<'_>,
    as_of: Timestamp,
    inputs: &[CampaignInput],
    state: &mut CustomerCampaignState,
    bundle: &Name,
    found: &mut Looked,
) -> Result<bool> {
    state.check_order(as_of)?;
    // Before anything is forgotten.
    state.observe_goals(set, customer.first_event);
    state.note_decided(set, as_of);
    let (asking, timely) = (Vec::new(), false);
    let mut look = Look { set, customer, as_of, bundle, state, asking, found, timely };
    for (campaign, input) in set.campaigns.iter().zip(inputs) {
        look.travel(campaign, input);
    }
    for deferred in look.state.take_due(as_of) {
        look.timely = true;
        let at = set.campaigns.iter().position(|campaign| campaign.name == deferred.campaign);
        // What a new playbook no longer has is no longer sent.
        if let Some((campaign, input)) = at.and_then(|at| set.campaigns.get(at).zip(inputs.get(at)))
        {
            look.ask(campaign, input, deferred.epoch, Cow::Owned(deferred.fired_by), None);
        }
    }
    for (campaign, input) in set.campaigns.iter().zip(inputs).filter(|(_, input)| input.fired) {
        look.fire(campaign, input);
    }
    look.decide();
    Ok(look.timely)
}

/// Decides for one customer alone, as if there were no other whose sends the budgets pay for.
///
/// # Errors
/// As [`propose`].
pub fn decide(
    set: &CampaignSet,
    customer: &Customer<'_>,
    as_of: Timestamp,
    inputs: &[CampaignInput],
    state: &mut CustomerCampaignState,
    bundle: &Name,
) -> Result<(Vec<Decision>, Vec<Suppression>, Option<Arbitration>)> {
    let mut ledger = Ledger::new(state.sends().iter().map(Spend::of));
    let mut looked = Looked::default();
    propose(set, customer, as_of, inputs, state, bundle, &mut looked)?;
    let proposals = std::mem::take(&mut looked.proposals);
    let settled = settle(set, as_of, &mut ledger, &proposals);
    let arbitration = settled.arbitration;
    let (decisions, stopped) = settled.divide(proposals, |proposal| Some(state.commit(proposal)));
    looked.suppressions.extend(stopped);
    Ok((decisions, looked.suppressions, arbitration))
}

impl CustomerCampaignState {
    /// Notes that a proposal is sent, and gives its decision.
    #[must_use]
    pub fn commit(&mut self, proposal: Proposal) -> Decision {
        self.note_send(proposal.sent(), proposal.decision.epoch, proposal.enters);
        proposal.decision
    }
}

impl<'a> Look<'a> {
    fn candidate<'b>(
        &'b self,
        campaign: &'b CampaignSpec,
        input: &'b CampaignInput,
        pending: &'b [(&'b CampaignSpec, &'b ActionSpec)],
    ) -> Candidate<'b> {
        let Self { set, customer, as_of, .. } = *self;
        Candidate { set, campaign, input, customer, state: self.state, pending, as_of }
    }

    /// Whether a send of the campaign is asked about at this look.
    pub(super) fn is_asking(&self, campaign: &str) -> bool {
        self.asking.iter().any(|asking| asking.campaign.name == campaign)
    }

    /// Opens an entry for a campaign that fired.
    fn fire(&mut self, campaign: &'a CampaignSpec, input: &'a CampaignInput) {
        let name = &campaign.name;
        // Before the entry is opened: a firing at this very instant is a repetition.
        let waits = self.state.deferred().iter().find(|deferred| deferred.campaign == *name);
        let inside = match (waits, self.state.place(name)) {
            (Some(waits), _) => {
                let detail = format!("the send of entry {} waits until {}", waits.epoch, waits.due);
                Some((detail, Some(waits.due)))
            }
            (None, Some(place)) => Some((format!("in the journey since {}", place.entered), None)),
            (None, None) => {
                let asking = self.asking.iter().find(|asking| asking.campaign.name == *name);
                asking.map(|asking| (format!("entry {} is being decided", asking.epoch), None))
            }
        };
        let Some(epoch) = self.state.open(name, self.as_of) else { return };
        let mut trace = Trace::default();
        if let Some((detail, until)) = inside {
            fired(&input.fired_by, &mut trace);
            let stop = Stop { reason: Reason::ReEntry, detail: detail.into(), until };
            return self.suppress(name, epoch, None, stop, &trace);
        }
        let Some(journey) = &campaign.journey else {
            return self.ask(campaign, input, epoch, Cow::Borrowed(&input.fired_by), None);
        };
        fired(&input.fired_by, &mut trace);
        let entered = self.candidate(campaign, input, &[]).enter(&mut trace);
        self.take_part(campaign, epoch, entered.as_ref().err());
        if let Err(stop) = entered {
            return self.suppress(name, epoch, None, stop, &trace);
        }
        self.state.note_entered(name, self.as_of);
        self.note_passage(campaign, epoch, PassageKind::Entered, None);
        self.walk(campaign, input, journey, &mut journey.enter(epoch, self.as_of));
    }

    /// Has the policy choose, and asks about what it chose.
    fn ask(
        &mut self,
        campaign: &'a CampaignSpec,
        input: &'a CampaignInput,
        epoch: u64,
        fired_by: Cow<'a, [String]>,
        step: Option<(usize, Name)>,
    ) {
        let place = self.set.campaigns.iter().position(|known| known.name == campaign.name);
        let learning = self.customer.learning;
        let choice = campaign.policy.choose(&PolicyContext {
            playbook: &self.set.playbook,
            campaign: &campaign.name,
            customer_id: self.customer.id,
            epoch,
            actions: &campaign.actions,
            value: input.value,
            context: &input.context,
            lesson: place.zip(learning).and_then(|(at, learning)| learning.lesson(at)),
        });
        // Nothing of a campaign without actions, which the check refuses.
        let Some(choice) = choice else { return };
        self.ask_about(campaign, input, epoch, fired_by, step, choice);
    }

    pub(super) fn ask_about(
        &mut self,
        campaign: &'a CampaignSpec,
        input: &'a CampaignInput,
        epoch: u64,
        fired_by: Cow<'a, [String]>,
        step: Option<(usize, Name)>,
        choice: Choice,
    ) {
        let action = choice.action.and_then(|at| campaign.actions.get(at));
        let whole = finite(input.value);
        let value = choice.added.map_or(whole, |added| finite(whole * added.effect));
        let net = match (choice.added, action) {
            (Some(added), _) => finite(added.promise),
            (None, Some(action)) if !value.is_nan() => finite(value - action.cost),
            _ => 0.0,
        };
        self.asking.push(Asking {
            campaign,
            input,
            action,
            choice,
            value,
            epoch,
            step,
            fired_by,
            net,
        });
    }

    /// The id of what comes of an entry, or of a step of it.
    fn id(&self, campaign: &str, epoch: u64, step: Option<&str>) -> DecisionId {
        let (playbook, customer) = (&self.set.playbook, self.customer.id);
        match step {
            Some(step) => DecisionId::of_step(playbook, campaign, customer, epoch, step),
            None => DecisionId::new(playbook, campaign, customer, epoch),
        }
    }

    /// The lot that equals are ordered by.
    fn lot(&self, campaign: &CampaignSpec) -> f64 {
        unit(&["tie", &self.set.playbook, &campaign.name, self.customer.id])
    }

    /// Asks the guardrails about everything, the most promising first.
    fn decide(&mut self) {
        let mut asking = std::mem::take(&mut self.asking);
        asking.sort_by(|a, b| {
            let net = b.net.total_cmp(&a.net);
            let priority = || finite(b.campaign.priority).total_cmp(&finite(a.campaign.priority));
            let lot = || self.lot(a.campaign).total_cmp(&self.lot(b.campaign));
            net.then_with(priority).then_with(lot)
        });
        let mut pending: Vec<(&CampaignSpec, &ActionSpec)> = Vec::new();
        let mut trace = std::mem::take(&mut self.found.trace);
        for mut asked in asking {
            trace.clear();
            asked.begin(&mut trace);
            let candidate = self.candidate(asked.campaign, asked.input, &pending);
            let passed = match (asked.action, &asked.step) {
                (Some(action), Some(_)) => candidate.step(action, &mut trace),
                (Some(action), None) => candidate.pass(action, &mut trace),
                (None, _) => Err(candidate.leave_alone(asked.choice.propensity, &mut trace)),
            };
            if asked.step.is_none() {
                self.take_part(asked.campaign, asked.epoch, passed.as_ref().err());
            }
            let name = &asked.campaign.name;
            let step = asked.step.as_ref().map(|(_, step)| step.clone());
            // A send that is to wait stays where it is; any other takes the customer on.
            let waits = match &passed {
                Err(Stop { reason: Reason::QuietHours, until, .. }) => *until,
                _ => None,
            };
            match (&asked.step, waits) {
                (None, Some(due)) => self.state.defer(Deferred {
                    campaign: name.clone(),
                    epoch: asked.epoch,
                    due,
                    fired_by: std::mem::take(&mut asked.fired_by).into_owned(),
                }),
                (Some((at, _)), _) => self.step_on(asked.campaign, asked.input, *at, waits),
                (None, None) => {}
            }
            match passed {
                Ok(()) => {
                    if let Some(action) = asked.action {
                        pending.push((asked.campaign, action));
                        let proposal = self.proposal(&asked, action, step, &trace);
                        self.found.proposals.push(proposal);
                    }
                }
                Err(stop) => {
                    self.withhold(&asked, stop.reason);
                    self.suppress(name, asked.epoch, step, stop, &trace);
                }
            }
        }
        self.found.trace = trace;
    }

    /// Has the customer take part in the experiment that a campaign with a holdout is.
    fn take_part(&mut self, campaign: &CampaignSpec, epoch: u64, stop: Option<&Stop>) {
        let stopped = stop.map(|stop| stop.reason);
        if let Some(trial) = Trial::new(self.set, campaign, (epoch, self.as_of), stopped) {
            self.state.note_trial(&campaign.name, trial);
        }
    }

    /// Remembers that nothing was sent, where the policy is to learn of it.
    fn withhold(&mut self, asked: &Asking<'a>, reason: Reason) {
        let by_chance =
            matches!(reason, Reason::Policy | Reason::CampaignHoldout | Reason::GlobalHoldout);
        if by_chance && asked.campaign.policy.compares() {
            self.state.note_withheld(Withheld {
                at: self.as_of,
                campaign: asked.campaign.name.clone(),
                outcomes: Kinds::default(),
                context: asked.input.context.clone(),
            });
        }
    }

    fn proposal(
        &self,
        asked: &Asking<'a>,
        action: &ActionSpec,
        step: Option<Name>,
        trace: &Trace,
    ) -> Proposal {
        let Asking { campaign, input, value, epoch, net, .. } = *asked;
        let enters = step.is_none();
        let decision = Decision {
            id: self.id(&campaign.name, epoch, step.as_deref()),
            customer_id: self.customer.id.clone(),
            campaign: campaign.name.clone(),
            action: action.name.clone(),
            step,
            channel: action.channel.clone(),
            at: self.as_of,
            propensity: asked.choice.propensity,
            value: Some(value).filter(|value| !value.is_nan()),
            cost: action.cost,
            epoch,
            trace: trace.clone(),
            content: None,
            template: action.template.clone(),
            bundle: self.bundle.clone(),
        };
        let (priority, lot) = (finite(campaign.priority), self.lot(campaign));
        let context = input.context.clone();
        Proposal { decision, net, priority, lot, enters, context }
    }

    fn suppress(
        &mut self,
        campaign: &Name,
        epoch: u64,
        step: Option<Name>,
        stop: Stop,
        trace: &Trace,
    ) {
        let id = self.id(campaign, epoch, step.as_deref());
        self.found.suppressions.push(Suppression {
            id,
            customer_id: self.customer.id.clone(),
            campaign: campaign.clone(),
            step,
            at: self.as_of,
            reason: stop.reason,
            detail: stop.detail,
            until: stop.until,
            epoch,
            trace: trace.clone(),
        });
    }
}

impl Asking<'_> {
    /// Notes why it is asked about.
    fn begin(&self, trace: &mut Trace) {
        let what = if self.step.is_some() { "" } else { "fired: " };
        for line in &*self.fired_by {
            trace.note(format_args!("{what}{line}"));
        }
        self.chosen(trace);
    }

    /// Notes what was chosen, and how.
    fn chosen(&self, trace: &mut Trace) {
        let (campaign, choice) = (self.campaign, &self.choice);
        let (count, propensity) = (campaign.actions.len(), choice.propensity);
        let Some(ActionSpec { name, .. }) = self.action else {
            return trace.note(format_args!("action: none, with a chance of {propensity}"));
        };
        if self.step.is_some() {
            return trace.note(format_args!("action: `{name}`, of this step"));
        }
        match (&campaign.policy, choice.added) {
        (Policy::Fixed, _) => trace.note(format_args!("action: `{name}`, the first of {count}")),
        (Policy::Split { .. }, _) => {
            trace.note(format_args!("action: `{name}`, by a split that gives it {propensity}"));
        }
        (Policy::Learning(_), None) => trace.note(format_args!(
            "action: `{name}`, which what was learned gives a chance of {propensity}"
        )),
        (Policy::Learning(_), Some(Added { effect, .. })) => trace.note(format_args!(
            "action: `{name}`, which adds {effect:.4} to the chance of the goal by what was learned, \
             with a chance of {propensity}"
        )),
    }
    }
}

/// Notes what fired, and what it saw.
fn fired(fired_by: &[String], trace: &mut Trace) {
    for trigger in fired_by {
        trace.note(format_args!("fired: {trigger}"));
    }
}

#[cfg(test)]
mod tests;
