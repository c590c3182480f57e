//! What became of the rows of a table.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A row that was refused, and why. The rows beside it count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Rejected {
    /// The row's index in the table given, from 0.
    pub index: usize,
    /// The stable code of the error.
    #[cfg_attr(feature = "typescript", ts(type = "ErrorCode"))]
    pub code: String,
    /// What is wrong, in a sentence that names the value.
    pub message: String,
}

impl Rejected {
    pub(crate) fn new(index: usize, error: &Error) -> Self {
        Self { index, code: error.code().as_str().to_owned(), message: error.to_string() }
    }
}

/// What became of a table of events or customers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct IngestReport {
    /// How many rows count from now on.
    pub accepted: usize,
    /// How many events were there before: same customer, `event_id` and contents.
    pub duplicates: usize,
    /// How many rows speak of an event of which a later revision is known.
    pub superseded: usize,
    /// The rows refused, in order of their index.
    pub rejected: Vec<Rejected>,
    /// Columns that the playbook does not know, which were not read.
    pub ignored_columns: Vec<String>,
}

impl IngestReport {
    /// Counts in another report, of another table.
    pub fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.superseded += other.superseded;
        self.rejected.extend(other.rejected);
        for column in other.ignored_columns {
            if !self.ignored_columns.contains(&column) {
                self.ignored_columns.push(column);
            }
        }
    }
}
