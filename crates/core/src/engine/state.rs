//! What is kept of one customer, and how it is written. It is written alone.

use serde::{Deserialize, Serialize};

use super::attributes::{Attribute, Attributes};
use super::stages::Anchor;
use crate::campaign::CustomerCampaignState;
use crate::event::{CustomerTable, Layout};
use crate::features::Subject;
use crate::health::Overrides;
use crate::history::{CustomerHistory, HistoryDocument};
use crate::schema::Schema;
use crate::time::Timestamp;

/// The state of one customer.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct CustomerState {
    pub(super) history: CustomerHistory,
    attributes: Attributes,
    /// What decisions left behind; none before the first that did.
    pub(super) decided: Option<Box<Decided>>,
    /// What people say of the customer's health.
    pub(super) overrides: Overrides,
    /// The stage before what was forgotten; none before anything was.
    pub(super) anchor: Option<Box<Anchor>>,
}

/// What decisions leave behind.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Decided {
    pub(super) campaigns: CustomerCampaignState,
    /// The health band at the last decision, from which hysteresis goes on.
    pub(super) band: Option<String>,
}

/// The state of one customer as it is written, but for what few have.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StateDocument {
    history: HistoryDocument,
    attributes: Attributes,
    decided: Option<Box<Decided>>,
}

impl CustomerState {
    /// The state of a customer with that history.
    pub(super) fn of(history: CustomerHistory) -> Self {
        Self { history, ..Self::default() }
    }

    pub(super) fn set_attributes(&mut self, table: &CustomerTable, row: usize) {
        self.attributes.take(table, row);
    }

    /// The health band at the last decision, where that was not after `as_of`: what was decided
    /// later says nothing of a question about the past.
    pub(super) fn band(&self, as_of: Timestamp) -> Option<&str> {
        let decided = self.decided.as_deref()?;
        let at = decided.campaigns.decided().filter(|at| *at <= as_of);
        at.and(decided.band.as_deref())
    }

    /// Whether the same attributes hold at both instants.
    pub(super) fn same_attributes(&self, a: Timestamp, b: Timestamp) -> bool {
        let row = |at| self.attributes.at(at).map(<[Attribute]>::as_ptr);
        row(a) == row(b)
    }

    /// Whether there is anything to be known of the customer at `as_of`.
    pub(super) fn known_at(&self, layout: &Layout, as_of: Timestamp) -> bool {
        let first = || self.history.view(layout).first();
        self.attributes.at(as_of).is_some()
            || first().is_some_and(|first| first <= as_of.as_micros())
    }

    /// When the customer began, if events or dated attributes say so.
    pub(super) fn begins(&self, layout: &Layout) -> Option<Timestamp> {
        let first = self.history.view(layout).first();
        let first = first.and_then(|at| Timestamp::from_micros(at).ok());
        first.into_iter().chain(self.attributes.first()).min()
    }

    /// Since when the attributes hold that hold at `as_of`; none where they always have.
    pub(super) fn attributes_since(&self, as_of: Timestamp) -> Option<Timestamp> {
        self.attributes.since(as_of)
    }

    /// The stage before what was forgotten.
    pub(super) fn anchor(&self) -> Option<&Anchor> {
        self.anchor.as_deref()
    }

    /// Keeps the stage before what is about to be forgotten.
    pub(super) fn set_anchor(&mut self, anchor: Option<Anchor>) {
        if let Some(anchor) = anchor {
            self.anchor = Some(Box::new(anchor));
        }
    }

    /// The first instant after `as_of` from which on other attributes hold.
    pub(super) fn attributes_after(&self, as_of: Timestamp) -> Option<Timestamp> {
        self.attributes.after(as_of)
    }

    /// The customer as features read it at `as_of`.
    pub(super) fn subject<'a>(
        &'a self,
        schema: &'a Schema,
        layout: &'a Layout,
        as_of: Timestamp,
    ) -> Subject<'a> {
        let history = self.history.view(layout);
        match self.attributes.at(as_of) {
            Some(row) => {
                Subject::of_values(history, schema, row.iter().map(Attribute::value).collect())
            }
            None => Subject::by_default(history, schema),
        }
    }

    /// The state as it is written.
    pub(super) fn document(&self, layout: &Layout) -> StateDocument {
        StateDocument {
            history: self.history.document(layout),
            attributes: self.attributes.clone(),
            decided: self.decided.clone(),
        }
    }

    /// The state that was written, if it is one of this schema.
    pub(super) fn read(document: StateDocument, schema: &Schema, layout: &Layout) -> Option<Self> {
        let sound = |decided: &Decided| decided.campaigns.is_sound();
        let fits =
            document.attributes.is_sound(schema) && document.decided.as_deref().is_none_or(sound);
        let history = CustomerHistory::from_document(&document.history, layout)?;
        let StateDocument { attributes, decided, .. } = document;
        fits.then_some(Self { history, attributes, decided, ..Self::default() })
    }
}
