//! What is remembered of one customer between decisions.
//!
//! Its size is bounded: one memory for each trigger; one entry, one deferred send and one place in
//! a journey for each campaign that ever fired; the sends of the longest rule, or as far back as a
//! policy learns from, 35 days at least; and one tally for each action that was ever sent.

use serde::{Deserialize, Serialize};

use super::Name;
use super::decision::DecisionId;
use super::journey::Place;
use super::memories::{Memories, TriggerNames};
use super::outcome::{Kinds, Outcome, OutcomeKind, Tally};
use super::spec::{CampaignSet, Goal};
use super::trial::Trial;
use super::trigger::TriggerMemory;
use crate::error::{Error, ErrorCode, Result};
use crate::time::Timestamp;

/// A send that was decided, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// When.
    pub at: Timestamp,
    /// By which campaign.
    pub campaign: Name,
    /// Which action it was.
    pub action: Name,
    /// By which channel.
    pub channel: Name,
    /// What it cost.
    pub cost: f64,
    /// The id of the decision.
    pub id: DecisionId,
    /// What was recorded of it.
    pub outcomes: Kinds,
    /// What its conversion was worth.
    pub value: f64,
    /// What the policy knew of the customer when it chose, where it reads a context.
    pub context: Vec<f64>,
}

/// An entry of which a policy is to learn that nothing was sent: by its own choice, or because the
/// customer is held out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withheld {
    /// When.
    pub at: Timestamp,
    /// By which campaign.
    pub campaign: Name,
    /// What became of it.
    pub outcomes: Kinds,
    /// What the policy knew of the customer.
    pub context: Vec<f64>,
}

/// What is remembered of one campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// How often it fired: the number of the last entry.
    pub epoch: u64,
    /// When it last fired.
    pub fired: Timestamp,
    /// When it last sent something.
    pub sent: Option<Timestamp>,
    /// When the customer last came in: was sent something by a campaign, or entered its journey.
    pub entered: Option<Timestamp>,
    /// The customer's part in the campaign's experiment, where it is one.
    pub trial: Option<Trial>,
}

/// A send that waits for the end of quiet hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deferred {
    /// The campaign.
    pub campaign: Name,
    /// The number of the entry.
    pub epoch: u64,
    /// When it is asked about again.
    pub due: Timestamp,
    /// What fired.
    pub fired_by: Vec<String>,
}

/// Everything that campaigns remember of one customer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CustomerCampaignState {
    /// Ordered by campaign, then by the trigger's text.
    triggers: Memories,
    /// Ordered by campaign.
    entries: Vec<(Name, Entry)>,
    /// In the order of time.
    sends: Vec<Sent>,
    /// In the order of time.
    withheld: Vec<Withheld>,
    /// Ordered by campaign.
    deferred: Vec<Deferred>,
    /// Ordered by campaign.
    places: Vec<(Name, Place)>,
    /// For each channel that was ever ended, when it was last ended or taken up again, and whether
    /// that was an end. Ordered by channel.
    ends: Vec<(Name, Timestamp, bool)>,
    /// What became of the sends that are no longer remembered. Ordered by campaign and action.
    tallies: Vec<(Name, Name, Tally)>,
    /// The last instant decided at.
    decided: Option<Timestamp>,
}

/// Where `name` is among what is ordered by name, or where it belongs.
fn find<T>(all: &[T], name: &str, of: impl Fn(&T) -> &str) -> Result<usize, usize> {
    all.binary_search_by(|known| of(known).cmp(name))
}

impl CustomerCampaignState {
    /// The memory of one trigger of a campaign, a new one at the first look.
    ///
    /// `trigger` is what identifies it within the campaign: its text in the playbook, say. Another
    /// text is another trigger, which looks for the first time.
    pub fn memory(&mut self, campaign: &str, trigger: &str) -> &mut TriggerMemory {
        self.triggers.of(campaign, trigger)
    }

    /// The memory of the trigger at `place` of `names`.
    pub fn memory_at(&mut self, names: &TriggerNames, place: usize) -> &mut TriggerMemory {
        self.triggers.at(names, place)
    }

    /// Makes room for the memories of a playbook's triggers.
    pub fn remember(&mut self, names: &TriggerNames) {
        self.triggers.take(names);
    }

    /// Forgets the memories of triggers that `keep(campaign, trigger)` does not name, as after a
    /// change of playbook. Entries are kept: their numbers must never come again.
    pub fn keep_memories(&mut self, keep: impl FnMut(&str, &str) -> bool) {
        self.triggers.retain(keep);
    }

    /// Checks a state that was read from bytes: that it is in order, and names nothing twice.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.triggers.is_sound()
            && self.entries.is_sorted_by(|(a, _), (b, _)| a < b)
            && self.sends.is_sorted_by_key(|send| send.at)
            && self.sends.iter().all(|send| send.cost.is_finite() && send.value.is_finite())
            && self.withheld.is_sorted_by_key(|withheld| withheld.at)
            && self.deferred.is_sorted_by(|a, b| a.campaign < b.campaign)
            && self.places.is_sorted_by(|(a, _), (b, _)| a < b)
            && self.ends.is_sorted_by(|(a, ..), (b, ..)| a < b)
            && self.tallies.is_sorted_by(|(a, x, _), (b, y, _)| (a, x) < (b, y))
    }

    fn entry_at(&self, campaign: &str) -> Result<usize, usize> {
        find(&self.entries, campaign, |(of, _)| of)
    }

    /// What is remembered of a campaign, if it ever fired.
    #[must_use]
    pub fn entry(&self, campaign: &str) -> Option<&Entry> {
        self.entry_at(campaign).ok().map(|at| &self.entries[at].1)
    }

    /// The sends that are remembered, in the order of time.
    #[must_use]
    pub fn sends(&self) -> &[Sent] {
        &self.sends
    }

    /// The entries of which a policy is to learn that nothing was sent, in the order of time.
    #[must_use]
    pub fn withheld(&self) -> &[Withheld] {
        &self.withheld
    }

    /// What became of the sends of an action of a campaign that are no longer remembered.
    pub(super) fn tallies(&self) -> &[(Name, Name, Tally)] {
        &self.tallies
    }

    /// The sends that wait, by campaign.
    #[must_use]
    pub fn deferred(&self) -> &[Deferred] {
        &self.deferred
    }

    /// Where the customer is in a campaign's journey, if in it.
    #[must_use]
    pub fn place(&self, campaign: &str) -> Option<&Place> {
        find(&self.places, campaign, |(of, _)| of).ok().map(|at| &self.places[at].1)
    }

    /// Whether a campaign has something to do for the customer without firing: a send waits, or the
    /// customer is in its journey.
    #[must_use]
    pub fn goes_on(&self, campaign: &str) -> bool {
        find(&self.deferred, campaign, |known| &known.campaign).is_ok()
            || self.place(campaign).is_some()
    }

    /// The last instant decided at.
    #[must_use]
    pub fn decided(&self) -> Option<Timestamp> {
        self.decided
    }

    /// When the customer ended a channel, where that holds.
    #[must_use]
    pub fn ended(&self, channel: &str) -> Option<Timestamp> {
        let at = find(&self.ends, channel, |(of, ..)| of).ok()?;
        let (_, at, ended) = self.ends[at];
        ended.then_some(at)
    }

    /// The first instant at which time alone has something to do: a send that waits, or a step of a
    /// journey.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        let deferred = self.deferred.iter().map(|deferred| deferred.due);
        deferred.chain(self.places.iter().filter_map(|(_, place)| place.due)).min()
    }

    /// Checks that nothing was decided after `as_of` yet. To be asked before [`super::observe`].
    ///
    /// # Errors
    /// [`ErrorCode::TimeOrder`] when something was.
    pub fn check_order(&self, as_of: Timestamp) -> Result<()> {
        match self.decided.filter(|decided| *decided > as_of) {
            None => Ok(()),
            Some(decided) => Err(Error::new(
                ErrorCode::TimeOrder,
                "argument",
                format!("`{as_of}` is before `{decided}`, at which it was decided already"),
            )
            .at_path("as_of")),
        }
    }

    /// Notes that it was decided at `as_of`, and forgets the sends that no rule can count any
    /// more.
    pub(super) fn note_decided(&mut self, set: &CampaignSet, as_of: Timestamp) {
        self.decided = Some(as_of);
        let start = set.remembered_since(as_of);
        let old = self.sends.partition_point(|send| send.at <= start);
        for send in self.sends.drain(..old).collect::<Vec<_>>() {
            let reached = reached(set.goal(&send.campaign), send.outcomes, send.at, as_of);
            let tally = tally_of(&mut self.tallies, &send);
            tally.add(send.outcomes, reached == Some(true), send.value);
        }
        let old = self.withheld.partition_point(|withheld| withheld.at <= start);
        self.withheld.drain(..old);
        for (campaign, trial) in self.open_trials() {
            trial.reached = set.goal(campaign).and_then(|goal| trial.outcome(goal, start));
        }
    }

    /// Opens an entry of `campaign` and gives its number; nothing when one was opened at this very
    /// instant, which is then a repetition.
    pub(super) fn open(&mut self, campaign: &Name, as_of: Timestamp) -> Option<u64> {
        match self.entry_at(campaign) {
            Ok(at) => {
                let entry = &mut self.entries[at].1;
                if entry.fired == as_of {
                    return None;
                }
                entry.epoch = entry.epoch.saturating_add(1);
                entry.fired = as_of;
                Some(entry.epoch)
            }
            Err(at) => {
                let entry =
                    Entry { epoch: 1, fired: as_of, sent: None, entered: None, trial: None };
                self.entries.insert(at, (campaign.clone(), entry));
                Some(1)
            }
        }
    }

    /// Has a send wait.
    pub(super) fn defer(&mut self, deferred: Deferred) {
        match find(&self.deferred, &deferred.campaign, |known| &known.campaign) {
            Ok(at) => self.deferred[at] = deferred,
            Err(at) => self.deferred.insert(at, deferred),
        }
    }

    /// Takes out the sends that waited until now.
    pub(super) fn take_due(&mut self, as_of: Timestamp) -> Vec<Deferred> {
        let (due, later) =
            self.deferred.drain(..).partition(|deferred: &Deferred| deferred.due <= as_of);
        self.deferred = later;
        due
    }

    /// Puts the customer into a place of a campaign's journey, or out of it.
    pub(super) fn put(&mut self, campaign: &Name, place: Option<Place>) {
        match (find(&self.places, campaign, |(of, _)| of), place) {
            (Ok(at), Some(place)) => self.places[at].1 = place,
            (Ok(at), None) => {
                self.places.remove(at);
            }
            (Err(at), Some(place)) => self.places.insert(at, (campaign.clone(), place)),
            (Err(_), None) => {}
        }
    }

    /// Notes that the customer came into a campaign.
    pub(super) fn note_entered(&mut self, campaign: &str, as_of: Timestamp) {
        if let Ok(at) = self.entry_at(campaign) {
            self.entries[at].1.entered = Some(as_of);
        }
    }

    /// Has the customer take part in the campaign's experiment, from the first time on.
    pub(super) fn note_trial(&mut self, campaign: &str, trial: Trial) {
        if let Ok(at) = self.entry_at(campaign) {
            self.entries[at].1.trial.get_or_insert(trial);
        }
    }

    /// The experiments of campaigns of which it is not settled yet whether the goal is reached.
    fn open_trials(&mut self) -> impl Iterator<Item = (&Name, &mut Trial)> {
        self.entries.iter_mut().filter_map(|(campaign, entry)| {
            let open = entry.trial.as_mut().filter(|trial| trial.reached.is_none());
            open.map(|trial| (&*campaign, trial))
        })
    }

    /// Notes a send of an entry. One that starts it brings the customer into the campaign.
    pub(super) fn note_send(&mut self, send: Sent, epoch: u64, enters: bool) {
        if let Ok(at) = self.entry_at(&send.campaign) {
            let entry = &mut self.entries[at].1;
            entry.sent = Some(send.at);
            if let Some(trial) = entry.trial.as_mut().filter(|trial| trial.epoch == epoch) {
                trial.sent = true;
            }
            if enters {
                entry.entered = Some(send.at);
            }
        }
        if self.sends.is_empty() {
            // Most customers have one; room for four would be most of what they take.
            self.sends.reserve_exact(1);
        }
        self.sends.push(send);
    }

    /// Notes that nothing was sent.
    pub(super) fn note_withheld(&mut self, withheld: Withheld) {
        self.withheld.push(withheld);
    }

    /// Takes an outcome in, and says whether it is new.
    ///
    /// # Errors
    /// [`ErrorCode::Argument`] when its send is not known and it does not end a named channel.
    pub fn record(&mut self, outcome: &Outcome) -> Result<bool> {
        use OutcomeKind::{Complained, Converted, Resubscribed, Unsubscribed};
        let id = DecisionId::parse(&outcome.decision_id).ok();
        let send = self.sends.iter_mut().rfind(|send| Some(send.id) == id);
        let channel = send.as_ref().map(|send| send.channel.clone()).or(outcome.channel.clone());
        let ending = match outcome.kind {
            Unsubscribed | Complained => Some(true),
            Resubscribed => Some(false),
            _ => None,
        };
        if send.is_none() && (ending.is_none() || channel.is_none()) {
            let message = "is not the decision of a send that is remembered";
            return Err(Error::argument("decision_id", message));
        }
        let mut new = false;
        if let Some(send) = send {
            new = send.outcomes.insert(outcome.kind);
            // Of several values the greatest counts, in whatever order they come.
            let value = outcome.value.filter(|_| outcome.kind == Converted);
            if let Some(value) = value.filter(|value| *value > send.value) {
                send.value = value;
                new = true;
            }
        }
        if let (Some(ended), Some(channel)) = (ending, channel) {
            new |= self.note_end(channel, outcome.at, ended);
        }
        Ok(new)
    }

    /// Notes an end of a channel or its reversal; of one instant the end counts.
    fn note_end(&mut self, channel: Name, when: Timestamp, ended: bool) -> bool {
        match find(&self.ends, &channel, |(of, ..)| of) {
            Ok(at) => {
                let (_, known, was) = self.ends[at];
                let later = (when, ended) > (known, was);
                if later {
                    self.ends[at] = (channel, when, ended);
                }
                later
            }
            Err(at) => {
                self.ends.insert(at, (channel, when, ended));
                true
            }
        }
    }

    /// Notes of what was sent or withheld, and in experiments, whether the goal's event followed in
    /// its time.
    pub fn observe_goals(
        &mut self,
        set: &CampaignSet,
        first_event: &dyn Fn(&str, Timestamp) -> Option<Timestamp>,
    ) {
        let sent = self.sends.iter_mut().map(|send| (&send.campaign, send.at, &mut send.outcomes));
        let withheld = self.withheld.iter_mut();
        let withheld = withheld.map(|one| (&one.campaign, one.at, &mut one.outcomes));
        for (campaign, at, outcomes) in sent.chain(withheld) {
            let Some(goal) = set.goal(campaign) else { continue };
            if outcomes.missed() || !goal.avoid && outcomes.any(&[OutcomeKind::Converted]) {
                continue;
            }
            let found = first_event(&goal.event, at);
            if found.is_some_and(|found| found.since(at) <= goal.within) {
                if goal.avoid {
                    outcomes.miss();
                } else {
                    outcomes.insert(OutcomeKind::Converted);
                }
            }
        }
        for (campaign, trial) in self.open_trials() {
            if let Some(goal) = set.goal(campaign) {
                trial.observe(goal, first_event);
            }
        }
    }

    /// Adds what became of this customer's sends to `all`, which is ordered by campaign and action.
    pub fn tally(&self, set: &CampaignSet, all: &mut Vec<(Name, Name, Tally)>) {
        for (campaign, action, tally) in &self.tallies {
            tally_at(all, campaign, action).merge(tally);
        }
        for send in &self.sends {
            let now = self.decided.unwrap_or(send.at);
            let reached = reached(set.goal(&send.campaign), send.outcomes, send.at, now);
            tally_of(all, send).add(send.outcomes, reached == Some(true), send.value);
        }
    }
}

/// Whether the goal was reached of something sent or withheld at `at`, as far as it is known at
/// `as_of`.
pub(super) fn reached(
    goal: Option<&Goal>,
    outcomes: Kinds,
    at: Timestamp,
    as_of: Timestamp,
) -> Option<bool> {
    let avoid = goal.is_some_and(|goal| goal.avoid);
    if avoid && outcomes.missed() {
        return Some(false);
    }
    if outcomes.any(&[OutcomeKind::Converted]) {
        return Some(true);
    }
    let over = goal.is_none_or(|goal| at.plus(goal.within) <= as_of);
    over.then_some(avoid)
}

fn tally_of<'a>(all: &'a mut Vec<(Name, Name, Tally)>, send: &Sent) -> &'a mut Tally {
    tally_at(all, &send.campaign, &send.action)
}

fn tally_at<'a>(
    all: &'a mut Vec<(Name, Name, Tally)>,
    campaign: &Name,
    action: &Name,
) -> &'a mut Tally {
    let order = |(of, by, _): &(Name, Name, _)| of.cmp(campaign).then_with(|| by.cmp(action));
    let at = all.binary_search_by(order).unwrap_or_else(|at| {
        all.insert(at, (campaign.clone(), action.clone(), Tally::default()));
        at
    });
    &mut all[at].2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_out_of_order_or_with_a_name_twice_is_not_sound() {
        let mut state = CustomerCampaignState::default();
        for campaign in ["b", "a", "c"] {
            let campaign = &Name::from(campaign);
            state.memory(campaign, "y");
            state.memory(campaign, "x");
            state.open(campaign, Timestamp::EPOCH);
        }
        assert!(state.is_sound());
        let mut swapped = serde_json::to_value(&state).unwrap();
        swapped["triggers"].as_array_mut().unwrap().swap(0, 1);
        let swapped: CustomerCampaignState = serde_json::from_value(swapped).unwrap();
        assert!(!swapped.is_sound());
        state.entries[1].0 = "a".into();
        assert!(!state.is_sound());
    }

    #[test]
    fn the_latest_word_on_a_channel_counts_in_whatever_order_it_is_recorded() {
        let outcome = |kind, at: i64| Outcome {
            decision_id: "0".repeat(32),
            customer_id: "c1".to_owned(),
            kind,
            at: Timestamp::from_micros(at).unwrap(),
            value: None,
            channel: Some("email".into()),
        };
        let ends = [
            outcome(OutcomeKind::Unsubscribed, 1),
            outcome(OutcomeKind::Resubscribed, 2),
            outcome(OutcomeKind::Complained, 3),
        ];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let mut state = CustomerCampaignState::default();
            for at in order {
                state.record(&ends[at]).unwrap();
            }
            assert_eq!(state.ended("email"), Some(Timestamp::from_micros(3).unwrap()));
            assert!(!state.record(&ends[2]).unwrap());
        }
        let mut state = CustomerCampaignState::default();
        state.record(&ends[0]).unwrap();
        state.record(&ends[1]).unwrap();
        assert_eq!(state.ended("email"), None);
        let opened = outcome(OutcomeKind::Opened, 4);
        assert_eq!(state.record(&opened).unwrap_err().code(), ErrorCode::Argument);
    }
}
