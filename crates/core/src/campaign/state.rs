//! What is remembered of one customer between decisions.
//!
//! Its size is bounded: one memory for each trigger, one entry for each campaign that ever fired,
//! and the sends of the longest cap, 35 days at least.

use std::collections::BTreeMap;

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
    /// By campaign, then by the trigger's text.
    triggers: BTreeMap<String, BTreeMap<String, TriggerMemory>>,
    /// By campaign.
    entries: BTreeMap<String, Entry>,
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
        let memories = self.triggers.entry(campaign.to_owned()).or_default();
        memories.entry(trigger.to_owned()).or_default()
    }

    /// Forgets the memories of triggers that `keep(campaign, trigger)` does not name, as after a
    /// change of playbook. Entries are kept: their numbers must never come again.
    pub fn keep_memories(&mut self, mut keep: impl FnMut(&str, &str) -> bool) {
        self.triggers.retain(|campaign, memories| {
            memories.retain(|trigger, _| keep(campaign, trigger));
            !memories.is_empty()
        });
    }

    /// What is remembered of a campaign, if it ever fired.
    #[must_use]
    pub fn entry(&self, campaign: &str) -> Option<&Entry> {
        self.entries.get(campaign)
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
        if let Some(entry) = self.entries.get_mut(campaign) {
            if entry.fired == as_of {
                return None;
            }
            entry.epoch = entry.epoch.saturating_add(1);
            entry.fired = as_of;
            return Some(entry.epoch);
        }
        self.entries.insert(campaign.to_owned(), Entry { epoch: 1, fired: as_of, sent: None });
        Some(1)
    }

    /// Notes a send.
    pub(super) fn note_send(&mut self, campaign: &str, channel: &str, as_of: Timestamp) {
        if let Some(entry) = self.entries.get_mut(campaign) {
            entry.sent = Some(as_of);
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
