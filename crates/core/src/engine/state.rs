//! What is kept of one customer. It serialises alone.

use serde::{Deserialize, Serialize};

use crate::campaign::CustomerCampaignState;
use crate::event::{Cell, CustomerTable};
use crate::expr::Value;
use crate::features::Subject;
use crate::history::CustomerHistory;
use crate::schema::{FieldType, Schema};
use crate::time::Timestamp;

/// The state of one customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct CustomerState {
    pub(super) history: CustomerHistory,
    /// One for each attribute of the schema; none where no row was ever given.
    attributes: Option<Vec<Attribute>>,
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
    Text(String),
    Time(Timestamp),
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
    /// A customer of whom nothing is known.
    pub(super) fn new(schema: &Schema) -> Self {
        Self {
            history: CustomerHistory::new(schema),
            attributes: None,
            campaigns: CustomerCampaignState::default(),
            band: None,
        }
    }

    pub(super) fn set_attributes(&mut self, table: &CustomerTable, row: usize) {
        let read = table.attributes.iter().map(|cells| match cells.get(row) {
            Cell::Missing => Attribute::Missing,
            Cell::Number(x) => Attribute::Number(x),
            Cell::Bool(truth) => Attribute::Bool(truth),
            Cell::Text(text) => Attribute::Text(text.to_owned()),
            Cell::Time(at) => Attribute::Time(at),
        });
        self.attributes = Some(read.collect());
    }

    /// Whether there is anything to be known of the customer at `as_of`.
    pub(super) fn known_at(&self, as_of: Timestamp) -> bool {
        self.attributes.is_some()
            || self
                .history
                .view()
                .types
                .iter()
                .any(|events| !events.between(None, as_of).is_empty())
    }

    /// The customer as features read it.
    pub(super) fn subject<'a>(&'a self, schema: &'a Schema) -> Subject<'a> {
        let history = self.history.view();
        match &self.attributes {
            Some(attributes) => Subject::of_values(
                history,
                schema,
                attributes.iter().map(Attribute::value).collect(),
            ),
            None => Subject::by_default(history, schema),
        }
    }

    /// Whether a state read from bytes is one of this schema.
    pub(super) fn fits(&self, schema: &Schema) -> bool {
        let attributes = self.attributes.as_ref().is_none_or(|attributes| {
            attributes.len() == schema.attributes.len()
                && attributes.iter().zip(&schema.attributes).all(|(a, field)| a.fits(&field.kind))
        });
        attributes && self.history.fits(schema) && self.campaigns.is_sound()
    }
}
