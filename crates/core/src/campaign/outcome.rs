//! What became of a send: what a host records, and what campaigns learn from it.
//!
//! | kind | what it does |
//! |---|---|
//! | `delivered` | is counted |
//! | `opened`, `clicked`, `converted` | the send is answered, and no longer tires the customer |
//! | `bounced` | the send reached nobody, and does not tire the customer |
//! | `unsubscribed`, `complained` | nothing more goes to the customer by that channel |
//! | `resubscribed` | takes such an end back |
//!
//! Of ends and their reversals by one channel the latest counts, whichever was recorded first.
//! A kind counts once for a send, so recording twice changes nothing.

use serde::{Deserialize, Serialize};

use super::Name;
use crate::event::Rejected;
use crate::time::Timestamp;

/// What became of a send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum OutcomeKind {
    /// It arrived.
    Delivered,
    /// It was opened.
    Opened,
    /// Something in it was clicked.
    Clicked,
    /// The customer did what the campaign hoped for.
    Converted,
    /// It could not be delivered.
    Bounced,
    /// The customer wants nothing more by the channel.
    Unsubscribed,
    /// The customer called it spam.
    Complained,
    /// The customer wants the channel again.
    Resubscribed,
}

/// Something that became of a send, as a host records it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct Outcome {
    /// The decision that it came of.
    pub decision_id: String,
    /// The customer it was for.
    pub customer_id: String,
    /// What became of it.
    pub kind: OutcomeKind,
    /// When.
    pub at: Timestamp,
    /// What it was worth, of a conversion.
    #[serde(default)]
    pub value: Option<f64>,
    /// The channel, so that an end of consent counts even where the send is no longer known.
    #[serde(default)]
    pub channel: Option<Name>,
}

/// What became of recorded outcomes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RecordReport {
    /// How many were taken in.
    pub accepted: usize,
    /// How many were known already.
    pub duplicates: usize,
    /// Those that were refused, by their index.
    pub rejected: Vec<Rejected>,
}

/// What became of the sends of one action, or of many of them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Tally {
    /// How many sends were decided.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub sends: u64,
    /// How many arrived.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub delivered: u64,
    /// How many were opened.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub opened: u64,
    /// How many were clicked in.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub clicked: u64,
    /// How many reached the campaign's goal, as far as that is known.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub conversions: u64,
    /// How many could not be delivered.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub bounced: u64,
    /// How many made the customer end or condemn the channel.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub ended: u64,
    /// What the conversions were worth, where that was recorded.
    pub value: f64,
}

/// What became of the sends of one action.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ActionTally {
    /// The campaign.
    pub campaign: Name,
    /// The action.
    pub action: Name,
    /// What became of its sends.
    #[serde(flatten)]
    #[cfg_attr(feature = "typescript", ts(flatten))]
    pub tally: Tally,
}

/// A set of kinds, and whether the event happened that the campaign hopes to avoid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Kinds(u16);

/// The bit for what was to be avoided.
const MISSED: u16 = 1 << 15;

impl Kinds {
    fn bit(kind: OutcomeKind) -> u16 {
        1 << kind as u16
    }

    /// Notes that what the campaign hopes to avoid happened.
    pub(super) fn miss(&mut self) {
        self.0 |= MISSED;
    }

    /// Whether what the campaign hopes to avoid happened.
    pub(super) fn missed(self) -> bool {
        self.0 & MISSED != 0
    }

    /// Adds a kind, and says whether it is new.
    pub(super) fn insert(&mut self, kind: OutcomeKind) -> bool {
        let before = self.0;
        self.0 |= Self::bit(kind);
        self.0 != before
    }

    /// Whether one of `kinds` is there.
    #[must_use]
    pub fn any(self, kinds: &[OutcomeKind]) -> bool {
        kinds.iter().any(|kind| self.0 & Self::bit(*kind) != 0)
    }

    /// Whether the send still tires the customer: neither answered nor bounced.
    #[must_use]
    pub fn unanswered(self) -> bool {
        use OutcomeKind::{Bounced, Clicked, Converted, Opened};
        !self.any(&[Opened, Clicked, Converted, Bounced])
    }
}

impl Tally {
    /// Adds one send, what became of it, and whether it reached the campaign's goal.
    pub(super) fn add(&mut self, kinds: Kinds, reached: bool, value: f64) {
        let of = |kinds_of: &[OutcomeKind]| u64::from(kinds.any(kinds_of));
        self.sends += 1;
        self.delivered += of(&[OutcomeKind::Delivered]);
        self.opened += of(&[OutcomeKind::Opened]);
        self.clicked += of(&[OutcomeKind::Clicked]);
        self.conversions += u64::from(reached);
        self.bounced += of(&[OutcomeKind::Bounced]);
        self.ended += of(&[OutcomeKind::Unsubscribed, OutcomeKind::Complained]);
        self.value += value;
    }

    /// Adds what became of other sends.
    pub(super) fn merge(&mut self, other: &Self) {
        self.sends += other.sends;
        self.delivered += other.delivered;
        self.opened += other.opened;
        self.clicked += other.clicked;
        self.conversions += other.conversions;
        self.bounced += other.bounced;
        self.ended += other.ended;
        self.value += other.value;
    }
}
