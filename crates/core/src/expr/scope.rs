//! What the names of an expression stand for, which depends on where in a playbook it is written.

use super::program::Program;
use super::value::Type;
use crate::schema::Schema;
use crate::time::{Recurrence, Span};

/// The names that an expression may use.
#[derive(Debug, Clone)]
pub struct Scope<'s> {
    /// Event types and customer attributes.
    pub schema: &'s Schema,
    /// Features, by their index in the playbook; those without a type cannot be used yet.
    pub features: &'s [(String, Option<Type>)],
    /// The label's gap and horizon, where the future may be read.
    pub horizon: Option<(Span, Span)>,
    /// Whether `health` is a name.
    pub health: bool,
    /// Whether `churn` is a name.
    pub churn: bool,
    /// The stages of `lifecycle`, where that is a name.
    pub stages: Option<&'s [String]>,
    /// The names in `segments`, where that is a name.
    pub segments: Option<&'s [String]>,
    /// Whether triggers may be written.
    pub triggers: bool,
}

impl<'s> Scope<'s> {
    /// The names a feature may use: events, attributes and other features.
    #[must_use]
    pub fn of_features(schema: &'s Schema, features: &'s [(String, Option<Type>)]) -> Self {
        Self {
            schema,
            features,
            horizon: None,
            health: false,
            churn: false,
            stages: None,
            segments: None,
            triggers: false,
        }
    }
}

/// What makes a campaign look at a customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger {
    /// How it is written, in one way whatever the spacing: what identifies it in a campaign.
    pub text: String,
    /// What it watches.
    pub kind: TriggerKind,
}

/// What a trigger watches.
#[derive(Debug, Clone, PartialEq)]
pub enum TriggerKind {
    /// A number rises above a threshold.
    RisesAbove {
        /// The number.
        operand: Program,
        /// The threshold.
        threshold: f64,
        /// How far below it the number has to fall before it can rise again; 0 or more.
        margin: f64,
    },
    /// A number falls below a threshold.
    FallsBelow {
        /// The number.
        operand: Program,
        /// The threshold.
        threshold: f64,
        /// How far above it the number has to rise before it can fall again; 0 or more.
        margin: f64,
    },
    /// The customer enters a stage or segment.
    Enters(State),
    /// The customer leaves a stage or segment.
    Leaves(State),
    /// An event of this type, by its index in the schema.
    Event(usize),
    /// No event within a time after another.
    Absent {
        /// The type that stays away, by its index in the schema; none for all.
        event: Option<usize>,
        /// The type after which it is waited for; none for all.
        since: Option<usize>,
        /// How long.
        wait: Span,
    },
    /// An event within a time after another.
    Sequence {
        /// The type of the first, by its index in the schema; none for all.
        first: Option<usize>,
        /// The type of the second; none for all.
        then: Option<usize>,
        /// How long the second may take.
        within: Span,
    },
    /// A time of day comes again.
    Every(Recurrence),
    /// A value becomes another, or missing, or is there again.
    Changed {
        /// The value.
        operand: Program,
    },
}

/// Somewhere a customer can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// A lifecycle stage, by its name.
    Stage(String),
    /// A segment, by its index in the playbook.
    Segment(usize),
}
