//! Training sets: features as they stood at an instant, with the label that came true after it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::table::FeatureTable;
use crate::error::{Error, Result};
use crate::expr::Program;
use crate::time::Span;

/// The churn label: a condition asked of the time after `as_of`.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSpec {
    /// The label, as written.
    pub text: String,
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
    /// The value that no later event can take back, where that is certain from how the label is
    /// written: false for "no login", true for "cancelled".
    pub settles: Option<bool>,
}

/// What becomes of rows whose horizon runs past the end of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Censored {
    /// They are left out, and counted.
    #[default]
    Drop,
    /// They are kept, marked, and without a label; but for those whose label no later event can
    /// change.
    Keep,
}

/// How a training set departs from what the playbook says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrainingOptions {
    /// Length of the interval that the label reads, in place of the playbook's.
    pub horizon: Option<Span>,
    /// Time between `as_of` and that interval, in place of the playbook's.
    pub gap: Option<Span>,
    /// What becomes of rows whose horizon runs past the end of the data.
    pub censored: Censored,
    /// How many threads work at it, all cores by default.
    pub n_jobs: Option<i64>,
}

impl TrainingOptions {
    /// Options as a host gives them: lengths of time such as `60d`; `drop` or `keep`.
    ///
    /// # Errors
    /// `argument` for a text that is none of these, and a horizon of no time at all.
    pub fn read(
        horizon: Option<&str>,
        gap: Option<&str>,
        censored: Option<&str>,
        n_jobs: Option<i64>,
    ) -> Result<Self> {
        let span = |name: &str, text: Option<&str>| {
            let read = text.map(Span::parse).transpose();
            read.map_err(|error| Error::argument(name, error.message()))
        };
        let horizon = span("horizon", horizon)?;
        if horizon.is_some_and(|span| span <= Span::ZERO) {
            return Err(Error::argument("horizon", "a horizon is longer than nothing"));
        }
        let censored = match censored {
            None | Some("drop") => Censored::Drop,
            Some("keep") => Censored::Keep,
            Some(other) => {
                let message = format!("is `{other}`; expected `drop` or `keep`");
                return Err(Error::argument("censored", message));
            }
        };
        Ok(Self { horizon, gap: span("gap", gap)?, censored, n_jobs })
    }
}

/// What a training set left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LeftOut {
    /// Rows at instants when there was no event yet, and no attribute: the customer had not started.
    pub not_started: usize,
    /// Rows for which the playbook's `churn.eligible` is not true.
    pub not_eligible: usize,
    /// Rows whose label would need events after the end of the data.
    pub horizon_past_data: usize,
    /// Rows whose label is missing.
    pub label_missing: usize,
}

impl LeftOut {
    /// Counts in what others left out.
    pub(super) fn add(&mut self, other: &Self) {
        self.not_started += other.not_started;
        self.not_eligible += other.not_eligible;
        self.horizon_past_data += other.horizon_past_data;
        self.label_missing += other.label_missing;
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.not_started, "not started"),
            (self.not_eligible, "not eligible"),
            (self.horizon_past_data, "horizon past the data"),
            (self.label_missing, "label missing"),
        ];
        let total: usize = counts.iter().map(|(count, _)| count).sum();
        write!(f, "{total} rows left out")?;
        for (at, (count, why)) in counts.iter().filter(|(count, _)| *count > 0).enumerate() {
            write!(f, "{}{count} {why}", if at == 0 { ": " } else { ", " })?;
        }
        Ok(())
    }
}

/// Feature rows with the label that came true after each of them.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingSet {
    /// The features, as they stood at each row's `as_of`.
    pub table: FeatureTable,
    /// One label a row: 1 when the customer churned, 0 when not, NaN where the row is censored.
    pub labels: Vec<f64>,
    /// For each row, whether the data end before its horizon does and leave the label open.
    pub censored: Vec<bool>,
    /// How many rows are not here, and why.
    pub left_out: LeftOut,
}

impl TrainingSet {
    /// The rows at `indices`, in that order.
    ///
    /// # Errors
    /// [`ErrorCode::Argument`](crate::ErrorCode::Argument) when there is no row of an index.
    pub fn select(&self, indices: &[usize]) -> Result<Self> {
        let rows = self.labels.len();
        if let Some(index) = indices.iter().find(|index| **index >= rows) {
            let message = format!("there is no row {index}; there are {rows}");
            return Err(Error::argument("indices", message));
        }
        Ok(Self {
            table: self.table.select(indices),
            labels: indices.iter().map(|&at| self.labels[at]).collect(),
            censored: indices.iter().map(|&at| self.censored[at]).collect(),
            left_out: self.left_out.clone(),
        })
    }
}

impl fmt::Display for TrainingSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let churned = self.labels.iter().filter(|label| **label == 1.0).count();
        let (rows, columns) = (self.labels.len(), self.table.columns.len());
        write!(f, "TrainingSet: {rows} rows × {columns} features, {churned} churned")?;
        match self.censored.iter().filter(|censored| **censored).count() {
            0 => {}
            censored => write!(f, ", {censored} censored")?,
        }
        write!(f, "; {}", self.left_out)
    }
}
