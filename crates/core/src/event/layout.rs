//! How events of each type stand in rows of words.

use super::word;
use super::{Cell, Dictionary};
use crate::schema::{EventType, Field, FieldType, Schema};
use crate::time::Timestamp;

/// The word of an event's instant, in microseconds since 1970.
pub const TIME: usize = 0;
/// The word of its identity.
pub const IDENTITY: usize = 1;
/// The word of its first property.
pub const PROPERTIES: usize = 2;

/// A field that holds an identifier.
pub(super) fn identifier(name: &str) -> Field {
    Field { required: true, ..Field::new(name, FieldType::Text) }
}

/// The fields that every event has, as fields of the schema.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Head {
    pub(crate) customer: Field,
    pub(crate) time: Field,
    pub(crate) kind: Field,
    pub(crate) id: Field,
    pub(crate) revision: Field,
    pub(crate) deleted: Field,
}

impl Default for Head {
    fn default() -> Self {
        Self {
            customer: identifier("customer_id"),
            time: Field { kind: FieldType::Timestamp, ..identifier("timestamp") },
            kind: identifier("type"),
            id: identifier("event_id"),
            revision: Field {
                min: Some(0.0),
                max: Some(f64::from(u32::MAX)),
                ..Field::new("revision", FieldType::Number)
            },
            deleted: Field::new("deleted", FieldType::Bool),
        }
    }
}

/// How the events of a schema stand in rows of words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    pub(super) head: Head,
    /// For each event type, its properties.
    pub types: Vec<TypeLayout>,
    /// How many properties have a dictionary that the data make.
    pub dictionaries: usize,
}

/// The rows of one event type.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TypeLayout {
    /// The properties, in the playbook's order.
    pub properties: Vec<WordType>,
}

/// What a property's word means.
#[derive(Debug, Clone, PartialEq)]
pub enum WordType {
    /// A number, as [`word::of_number`] writes it.
    Number,
    /// 0 or 1.
    Bool,
    /// Microseconds since 1970.
    Time,
    /// The index of a name that the playbook lists.
    Closed(Dictionary),
    /// The index of a text in a sorted dictionary of the data, of that number.
    Open(usize),
}

impl Layout {
    /// The layout of a schema's events.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        let mut dictionaries = 0;
        let types = schema.events.iter().map(|event| TypeLayout::new(event, &mut dictionaries));
        let types = types.collect();
        Self { head: Head::default(), types, dictionaries }
    }
}

impl TypeLayout {
    fn new(event: &EventType, dictionaries: &mut usize) -> Self {
        let properties = event.properties.iter().map(|field| match &field.kind {
            FieldType::Number => WordType::Number,
            FieldType::Bool => WordType::Bool,
            FieldType::Timestamp => WordType::Time,
            FieldType::Category { values } if !values.is_empty() => {
                WordType::Closed(values.iter().map(|value| value.as_str().into()).collect())
            }
            FieldType::Category { .. } | FieldType::Text | FieldType::Timezone => {
                *dictionaries += 1;
                WordType::Open(*dictionaries - 1)
            }
        });
        Self { properties: properties.collect() }
    }

    /// The words of one event.
    #[must_use]
    pub fn stride(&self) -> usize {
        PROPERTIES + self.properties.len()
    }
}

impl WordType {
    /// The value of a word.
    #[must_use]
    pub fn cell<'a>(&'a self, word: i64, dictionaries: &'a [Dictionary]) -> Cell<'a> {
        if word == word::MISSING {
            return Cell::Missing;
        }
        let text = |dictionary: &'a Dictionary| {
            let text = usize::try_from(word).ok().and_then(|code| dictionary.get(code));
            text.map_or(Cell::Missing, |text| Cell::Text(text))
        };
        match self {
            Self::Number => Cell::Number(word::number(word)),
            Self::Bool => Cell::Bool(word != 0),
            Self::Time => Timestamp::from_micros(word).map_or(Cell::Missing, Cell::Time),
            Self::Closed(names) => text(names),
            Self::Open(at) => dictionaries.get(*at).map_or(Cell::Missing, text),
        }
    }
}
