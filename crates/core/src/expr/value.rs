//! Types and values of the language.

use crate::schema::FieldType;
use crate::time::{Clock, Span, Timestamp};

/// The type of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// A finite number.
    Number,
    /// True or false.
    Bool,
    /// Free text.
    Text,
    /// One of a set of names; an empty set means any.
    Category(Vec<String>),
    /// An instant.
    Timestamp,
    /// A length of time.
    Duration,
}

impl Type {
    /// How an error names the type.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Bool => "a boolean",
            Self::Text => "a text",
            Self::Category(_) => "a category",
            Self::Timestamp => "a timestamp",
            Self::Duration => "a duration",
        }
    }

    /// Whether values of the two types can be compared and stand in for each other.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        let text = |kind: &Self| matches!(kind, Self::Text | Self::Category(_));
        (text(self) && text(other)) || std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl From<&FieldType> for Type {
    fn from(kind: &FieldType) -> Self {
        match kind {
            FieldType::Number => Self::Number,
            FieldType::Category { values } => Self::Category(values.clone()),
            FieldType::Bool => Self::Bool,
            FieldType::Timestamp => Self::Timestamp,
            FieldType::Text | FieldType::Timezone => Self::Text,
        }
    }
}

/// A value, or its absence. Texts are borrowed, so that a value is copied freely.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Not known.
    Missing,
    /// A finite number.
    Number(f64),
    /// True or false.
    Bool(bool),
    /// A text or the name of a category.
    Text(&'a str),
    /// An instant.
    Time(Timestamp),
    /// A length of time.
    Span(Span),
    /// The clocks of the customer's time zone, which no expression can name.
    Clock(Clock),
}

impl<'a> Value<'a> {
    /// A number, missing where it is not finite.
    #[must_use]
    pub fn number(x: f64) -> Self {
        let x = crate::math::finite(x);
        if x.is_nan() { Self::Missing } else { Self::Number(x) }
    }

    /// True, false or missing.
    #[must_use]
    pub fn truth(truth: Option<bool>) -> Self {
        truth.map_or(Self::Missing, Self::Bool)
    }

    /// The number, or NaN.
    #[must_use]
    pub fn as_number(self) -> f64 {
        if let Self::Number(x) = self { x } else { f64::NAN }
    }

    /// The truth, or none where it is missing.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        if let Self::Bool(truth) = self { Some(truth) } else { None }
    }

    /// The text, or none where it is missing.
    #[must_use]
    pub fn as_text(self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The clocks; those of UTC where there are none.
    #[must_use]
    pub fn as_clock(self) -> Clock {
        if let Self::Clock(clock) = self { clock } else { Clock::UTC }
    }

    /// A number that differs where values differ: 64 bits of the BLAKE3 hash of type and content.
    #[must_use]
    pub fn fingerprint(self) -> u64 {
        let (tag, bytes) = match &self {
            Self::Missing | Self::Clock(_) => (0_u8, Vec::new()),
            Self::Number(x) => (1, x.to_bits().to_le_bytes().to_vec()),
            Self::Bool(truth) => (2, vec![u8::from(*truth)]),
            Self::Text(text) => (3, text.as_bytes().to_vec()),
            Self::Time(at) => (4, at.as_micros().to_le_bytes().to_vec()),
            Self::Span(span) => (5, span.as_micros().to_le_bytes().to_vec()),
        };
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[tag]).update(&bytes);
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        u64::from_le_bytes(first)
    }

    /// The instant, or none where it is missing.
    #[must_use]
    pub fn as_time(self) -> Option<Timestamp> {
        if let Self::Time(at) = self { Some(at) } else { None }
    }
}

impl Value<'_> {
    /// The value as a document has it.
    #[must_use]
    pub fn json(self) -> serde_json::Value {
        match self {
            // No feature is a clock.
            Self::Missing | Self::Clock(_) => serde_json::Value::Null,
            Self::Number(x) => x.into(),
            Self::Bool(truth) => truth.into(),
            Self::Text(text) => text.into(),
            Self::Time(at) => at.to_string().into(),
            Self::Span(span) => span.to_string().into(),
        }
    }
}
