//! What is remembered of one customer between decisions.
//!
//! Its size is bounded: one memory for each trigger, one entry for each campaign that ever fired,
//! and the sends of the longest cap, 35 days at least.

use serde::{Deserialize, Serialize};

use super::trigger::TriggerMemory;
use crate::error::{Error, ErrorCode, Result};
use crate::time::{Span, Timestamp};

/// A send that was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// When.
    pub at: Timestamp,
    /// By which campaign.
    pub campaign: String,
    /// By which channel.
    pub channel: String,
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
}

/// Everything that campaigns remember of one customer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CustomerCampaignState {
    /// Ordered by campaign, then by the trigger's text.
    triggers: Vec<(String, String, TriggerMemory)>,
    /// Ordered by campaign.
    entries: Vec<(String, Entry)>,
    /// In the order of time.
    sends: Vec<Sent>,
    /// The last instant decided at.
    decided: Option<Timestamp>,
}

impl CustomerCampaignState {
    /// The memory of one trigger of a campaign, a new one at the first look.
    ///
    /// `trigger` is what identifies it within the campaign: its text in the playbook, say. Another
    /// text is another trigger, which looks for the first time.
    pub fn memory(&mut self, campaign: &str, trigger: &str) -> &mut TriggerMemory {
        let order = |(of, text, _): &(String, String, _)| {
            of.as_str().cmp(campaign).then_with(|| text.as_str().cmp(trigger))
        };
        let at = self.triggers.binary_search_by(order).unwrap_or_else(|at| {
            let new = (campaign.to_owned(), trigger.to_owned(), TriggerMemory::default());
            self.triggers.insert(at, new);
            at
        });
        &mut self.triggers[at].2
    }

    /// Forgets the memories of triggers that `keep(campaign, trigger)` does not name, as after a
    /// change of playbook. Entries are kept: their numbers must never come again.
    pub fn keep_memories(&mut self, mut keep: impl FnMut(&str, &str) -> bool) {
        self.triggers.retain(|(campaign, trigger, _)| keep(campaign, trigger));
    }

    /// Checks a state that was read from bytes: that it is in order, and names nothing twice.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.triggers.is_sorted_by(|(a, x, _), (b, y, _)| (a, x) < (b, y))
            && self.entries.is_sorted_by(|(a, _), (b, _)| a < b)
    }

    /// Where the entry of a campaign is, or where it belongs.
    fn place(&self, campaign: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|(of, _)| of.as_str().cmp(campaign))
    }

    /// What is remembered of a campaign, if it ever fired.
    #[must_use]
    pub fn entry(&self, campaign: &str) -> Option<&Entry> {
        self.place(campaign).ok().map(|at| &self.entries[at].1)
    }

    /// The sends that are remembered, in the order of time.
    #[must_use]
    pub fn sends(&self) -> &[Sent] {
        &self.sends
    }

    /// The last instant decided at.
    #[must_use]
    pub fn decided(&self) -> Option<Timestamp> {
        self.decided
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

    /// Notes that it was decided at `as_of`.
    pub(super) fn note_decided(&mut self, as_of: Timestamp) {
        self.decided = Some(as_of);
    }

    /// Opens an entry of `campaign` and gives its number; nothing when one was opened at this very
    /// instant, which is then a repetition.
    pub(super) fn open(&mut self, campaign: &str, as_of: Timestamp) -> Option<u64> {
        match self.place(campaign) {
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
                let entry = Entry { epoch: 1, fired: as_of, sent: None };
                self.entries.insert(at, (campaign.to_owned(), entry));
                Some(1)
            }
        }
    }

    /// Notes a send.
    pub(super) fn note_send(&mut self, campaign: &str, channel: &str, as_of: Timestamp) {
        if let Ok(at) = self.place(campaign) {
            self.entries[at].1.sent = Some(as_of);
        }
        let (campaign, channel) = (campaign.to_owned(), channel.to_owned());
        self.sends.push(Sent { at: as_of, campaign, channel });
    }

    /// Forgets the sends that no cap of a length up to `needed` can count any more. What a month
    /// needs is kept in any case, for the caps that the next playbook may bring.
    pub(super) fn forget(&mut self, needed: Span, as_of: Timestamp) {
        let start = as_of.minus(needed.max(Span::days(35)));
        self.sends.retain(|send| send.at > start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_out_of_order_or_with_a_name_twice_is_not_sound() {
        let mut state = CustomerCampaignState::default();
        for campaign in ["b", "a", "c"] {
            state.memory(campaign, "y");
            state.memory(campaign, "x");
            state.open(campaign, Timestamp::EPOCH);
        }
        assert!(state.is_sound());
        let mut swapped = state.clone();
        swapped.triggers.swap(0, 1);
        assert!(!swapped.is_sound());
        state.entries[1].0 = "a".to_owned();
        assert!(!state.is_sound());
    }
}
