//! What is kept of one customer, and how it is written. It is written alone.

use serde::{Deserialize, Serialize};

use crate::campaign::CustomerCampaignState;
use crate::event::{Cell, CustomerTable, Layout};
use crate::expr::Value;
use crate::features::Subject;
use crate::history::{CustomerHistory, HistoryDocument};
use crate::schema::{FieldType, Schema};
use crate::time::Timestamp;

/// The state of one customer.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct CustomerState {
    pub(super) history: CustomerHistory,
    /// One for each attribute of the schema; none where no row was ever given.
    attributes: Option<Box<[Attribute]>>,
    /// What decisions left behind; none before the first that did.
    pub(super) decided: Option<Box<Decided>>,
}

/// What decisions leave behind.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Decided {
    pub(super) campaigns: CustomerCampaignState,
    /// The health band at the last decision, from which hysteresis goes on.
    pub(super) band: Option<String>,
}

/// An attribute's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Attribute {
    Missing,
    Number(f64),
    Bool(bool),
    Text(Box<str>),
    Time(Timestamp),
}

/// The state of one customer as it is written.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StateDocument {
    history: HistoryDocument,
    attributes: Option<Box<[Attribute]>>,
    decided: Option<Box<Decided>>,
}

impl Attribute {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Missing => Value::Missing,
            Self::Number(x) => Value::number(*x),
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Text(text) => Value::Text(text),
            Self::Time(at) => Value::Time(*at),
        }
    }

    fn fits(&self, kind: &FieldType) -> bool {
        match self {
            Self::Missing => true,
            Self::Number(x) => *kind == FieldType::Number && x.is_finite(),
            Self::Bool(_) => *kind == FieldType::Bool,
            Self::Text(_) => {
                !matches!(kind, FieldType::Number | FieldType::Bool | FieldType::Timestamp)
            }
            Self::Time(_) => *kind == FieldType::Timestamp,
        }
    }
}

impl CustomerState {
    /// The state of a customer with that history.
    pub(super) fn of(history: CustomerHistory) -> Self {
        Self { history, ..Self::default() }
    }

    pub(super) fn set_attributes(&mut self, table: &CustomerTable, row: usize) {
        let read = table.attributes.iter().map(|cells| match cells.get(row) {
            Cell::Missing => Attribute::Missing,
            Cell::Number(x) => Attribute::Number(x),
            Cell::Bool(truth) => Attribute::Bool(truth),
            Cell::Text(text) => Attribute::Text(text.into()),
            Cell::Time(at) => Attribute::Time(at),
        });
        self.attributes = Some(read.collect());
    }

    /// The health band at the last decision.
    pub(super) fn band(&self) -> Option<&str> {
        self.decided.as_ref().and_then(|decided| decided.band.as_deref())
    }

    /// Whether there is anything to be known of the customer at `as_of`.
    pub(super) fn known_at(&self, layout: &Layout, as_of: Timestamp) -> bool {
        let first = || self.history.view(layout).first();
        self.attributes.is_some() || first().is_some_and(|first| first <= as_of.as_micros())
    }

    /// The customer as features read it.
    pub(super) fn subject<'a>(&'a self, schema: &'a Schema, layout: &'a Layout) -> Subject<'a> {
        let history = self.history.view(layout);
        match &self.attributes {
            Some(attributes) => Subject::of_values(
                history,
                schema,
                attributes.iter().map(Attribute::value).collect(),
            ),
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
        let fits = document.attributes.as_ref().is_none_or(|attributes| {
            attributes.len() == schema.attributes.len()
                && attributes.iter().zip(&schema.attributes).all(|(a, field)| a.fits(&field.kind))
        });
        let sound = |decided: &Decided| decided.campaigns.is_sound();
        let fits = fits && document.decided.as_deref().is_none_or(sound);
        let history = CustomerHistory::from_document(&document.history, layout)?;
        let StateDocument { attributes, decided, .. } = document;
        fits.then_some(Self { history, attributes, decided })
    }
}
