//! The score document: everything known of one customer at one instant.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::reasons::ReasonCode;
use crate::churn::{ConfidenceLevel, ProbabilityInterval};
use crate::health::Health;
use crate::time::Timestamp;

/// What is asked of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreParams {
    /// Whether the reasons of the churn probability are told. Of many customers and a model of many
    /// deep trees they take most of the time.
    pub reasons: bool,
}

impl Default for ScoreParams {
    /// With reasons.
    fn default() -> Self {
        Self { reasons: true }
    }
}

/// Everything known of one customer at one instant.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Score {
    /// The customer.
    pub customer_id: String,
    /// The instant.
    pub as_of: Timestamp,
    /// The features, in the playbook's order; null where missing.
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, Value>"))]
    pub features: Map<String, Json>,
    /// The health score; null where the playbook has none, or too little is known.
    pub health: Option<Health>,
    /// The churn probability; null where the bundle has no model.
    pub churn: Option<Churn>,
    /// The stage of the lifecycle and since when; null where none matches.
    pub lifecycle: Option<Stage>,
    /// The segments, in the playbook's order.
    pub segments: Vec<String>,
    /// The hash of the bundle that says so.
    pub bundle: String,
}

/// The stage of the lifecycle that a customer is in.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "LifecycleStage"))]
pub struct Stage {
    /// The stage.
    pub stage: String,
    /// The first of the daily looks that found it without another between it and `as_of`: a
    /// midnight in UTC, the customer's beginning, or `as_of`. Null where neither an event nor a
    /// `valid_from` says when the customer began, and no other stage came before.
    pub since: Option<Timestamp>,
    /// Days of 24 hours from then to `as_of`.
    pub days: Option<f64>,
}

/// A churn probability and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Churn {
    /// The probability of churn within the horizon, 0 to 1.
    pub probability: f64,
    /// Where a calibrated probability lies; null where the model was trained without confidence.
    pub interval: Option<ProbabilityInterval>,
    /// How well it is known: `high` where the interval is at most 0.05 wide, `medium` where 0.15.
    pub confidence_level: Option<ConfidenceLevel>,
    /// What raises the probability, the strongest first, as many as the playbook says; null where
    /// that was not asked for, or the model cannot be explained.
    pub reasons: Option<Vec<ReasonCode>>,
}
