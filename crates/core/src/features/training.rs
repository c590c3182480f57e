//! Training sets: features as they stood at an instant, with the label that came true after it.

use serde::{Deserialize, Serialize};

use super::table::FeatureTable;
use crate::expr::Program;
use crate::time::Span;

/// The churn label: a condition asked of the time after `as_of`.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSpec {
    /// Whether the customer churned.
    pub label: Program,
    /// Which customers the question is asked of; all where there is none.
    pub eligible: Option<Program>,
    /// Time between `as_of` and the interval that the label reads.
    pub gap: Span,
    /// Length of that interval.
    pub horizon: Span,
    /// Whether the label reads the interval at all.
    pub reads_horizon: bool,
}

/// What a training set left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LeftOut {
    /// Rows whose label would need events after the end of the data.
    pub horizon_past_data: usize,
    /// Rows for which the playbook's `churn.eligible` is not true.
    pub not_eligible: usize,
    /// Rows whose label is missing.
    pub label_missing: usize,
}

impl LeftOut {
    /// Counts in what others left out.
    pub(super) fn add(&mut self, other: &Self) {
        self.horizon_past_data += other.horizon_past_data;
        self.not_eligible += other.not_eligible;
        self.label_missing += other.label_missing;
    }
}

/// Feature rows with the label that came true after each of them.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingSet {
    /// The features, as they stood at each row's `as_of`.
    pub table: FeatureTable,
    /// One label a row: 1 when the customer churned, 0 when not.
    pub labels: Vec<f64>,
    /// How many rows are not here, and why.
    pub left_out: LeftOut,
}

impl TrainingSet {
    /// The rows at `indices`, in that order.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        Self {
            table: self.table.select(indices),
            labels: indices.iter().map(|&at| self.labels[at]).collect(),
            left_out: self.left_out.clone(),
        }
    }
}
