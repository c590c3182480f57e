//! What a business knows of its customers and their events: names, types, units and ranges.

use serde::{Deserialize, Serialize};

/// The type of a customer attribute or an event property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum FieldType {
    /// A finite number.
    Number,
    /// One of a set of names; an empty list means that any name may occur.
    Category {
        /// The possible names, in the playbook's order.
        values: Vec<String>,
    },
    /// True or false.
    Bool,
    /// An instant.
    Timestamp,
    /// Free text, never a model input.
    Text,
    /// The IANA name of a time zone.
    Timezone,
}

impl FieldType {
    /// The name of the type in a playbook.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Category { .. } => "category",
            Self::Bool => "bool",
            Self::Timestamp => "timestamp",
            Self::Text => "text",
            Self::Timezone => "timezone",
        }
    }
}

/// A default for a field that a customer does not have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Literal {
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A category, text, time zone or, in ISO 8601, an instant.
    Text(String),
}

/// One customer attribute or event property.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: FieldType,
    /// The unit that a number is in, for the reader.
    pub unit: Option<String>,
    /// The least number allowed.
    pub min: Option<f64>,
    /// The greatest number allowed.
    pub max: Option<f64>,
    /// Whether a row without it is refused.
    pub required: bool,
    /// What stands in where it is missing.
    pub default: Option<Literal>,
}

/// An event type and its properties.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventType {
    /// Its name.
    pub name: String,
    /// Its properties, in the playbook's order.
    pub properties: Vec<Field>,
}

/// The attributes and event types of a playbook, in its order.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Schema {
    /// Customer attributes.
    pub attributes: Vec<Field>,
    /// Event types.
    pub events: Vec<EventType>,
}

impl Field {
    /// A field of that name and type, without unit, bounds or default.
    #[must_use]
    pub fn new(name: &str, kind: FieldType) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            unit: None,
            min: None,
            max: None,
            required: false,
            default: None,
        }
    }
}

impl Schema {
    /// The index of an event type.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<usize> {
        self.events.iter().position(|event| event.name == name)
    }

    /// The index of a customer attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<usize> {
        self.attributes.iter().position(|attribute| attribute.name == name)
    }

    /// The first attribute of type `timezone`: the zone that calendar functions use.
    #[must_use]
    pub fn zone_attribute(&self) -> Option<usize> {
        self.attributes.iter().position(|attribute| attribute.kind == FieldType::Timezone)
    }
}

impl EventType {
    /// The index of a property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<usize> {
        self.properties.iter().position(|property| property.name == name)
    }
}
