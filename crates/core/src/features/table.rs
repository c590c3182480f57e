//! The feature table: one row a `(customer_id, as_of)`, one typed column a feature.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorCode, Result};
use crate::time::Timestamp;

/// The type of a feature, which is also what a model may expect of an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum FeatureType {
    /// A finite number.
    Number,
    /// True or false.
    Bool,
    /// A name; `values` lists what the playbook or the data allow, and a row holds the index.
    Category {
        /// The dictionary.
        values: Vec<String>,
    },
    /// An instant; never a model input.
    Timestamp,
    /// Free text; never a model input.
    Text,
}

/// The rows of one feature.
#[derive(Debug, Clone, PartialEq)]
pub enum FeatureData {
    /// Numbers, NaN where missing; booleans as 0 and 1; categories as the index of their name.
    Number(Vec<f64>),
    /// Instants.
    Time(Vec<Option<Timestamp>>),
    /// Texts.
    Text(Vec<Option<String>>),
}

/// One feature of every row.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureColumn {
    /// The feature's name.
    pub name: String,
    /// Its type.
    pub kind: FeatureType,
    /// Its rows.
    pub data: FeatureData,
}

impl FeatureColumn {
    /// The rows of a number, boolean or category; none for an instant or a text.
    #[must_use]
    pub fn numbers(&self) -> Option<&[f64]> {
        match &self.data {
            FeatureData::Number(rows) => Some(rows),
            FeatureData::Time(_) | FeatureData::Text(_) => None,
        }
    }
}

/// The key of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowKey {
    /// The customer.
    pub customer_id: String,
    /// The instant the row is about.
    pub as_of: Timestamp,
}

/// Features of many customers at many instants, ordered by `customer_id`, then `as_of`.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureTable {
    /// One key a row.
    pub rows: Vec<RowKey>,
    /// The columns, in the playbook's order.
    pub columns: Vec<FeatureColumn>,
}

impl FeatureTable {
    /// A table whose columns all have one value a row.
    ///
    /// # Errors
    /// [`ErrorCode::TableColumn`] when a column is longer or shorter than the keys.
    pub fn new(rows: Vec<RowKey>, columns: Vec<FeatureColumn>) -> Result<Self> {
        for column in &columns {
            let len = match &column.data {
                FeatureData::Number(rows) => rows.len(),
                FeatureData::Time(rows) => rows.len(),
                FeatureData::Text(rows) => rows.len(),
            };
            if len != rows.len() {
                return Err(Error::new(
                    ErrorCode::TableColumn,
                    "feature",
                    format!("has {len} rows; the table has {}", rows.len()),
                )
                .at_path(&column.name));
            }
        }
        Ok(Self { rows, columns })
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A column by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&FeatureColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The rows at `indices`, in that order.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        let columns = self.columns.iter().map(|column| FeatureColumn {
            name: column.name.clone(),
            kind: column.kind.clone(),
            data: match &column.data {
                FeatureData::Number(rows) => {
                    FeatureData::Number(indices.iter().map(|&at| rows[at]).collect())
                }
                FeatureData::Time(rows) => {
                    FeatureData::Time(indices.iter().map(|&at| rows[at]).collect())
                }
                FeatureData::Text(rows) => {
                    FeatureData::Text(indices.iter().map(|&at| rows[at].clone()).collect())
                }
            },
        });
        Self {
            rows: indices.iter().map(|&at| self.rows[at].clone()).collect(),
            columns: columns.collect(),
        }
    }
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
