//! The feature table: one row a `(customer_id, as_of)`, one typed column a feature.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::columns::{Buffer, ColumnData, Dictionary, Frame, Integers, MISSING_TEXT, TextColumn};
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

impl FeatureType {
    /// `number`, `bool`, `category`, `timestamp` or `text`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Bool => "bool",
            Self::Category { .. } => "category",
            Self::Timestamp => "timestamp",
            Self::Text => "text",
        }
    }
}

/// The rows of one feature.
#[derive(Debug, Clone, PartialEq)]
pub enum FeatureData {
    /// Numbers, NaN where missing; booleans as 0 and 1; categories as the index of their name.
    Number(Buffer<f64>),
    /// Numbers of events, days or values, of a feature that is `count`, `distinct`, `active_days`
    /// or `streak` as it stands: none of them missing, in half the memory.
    Count(Buffer<i32>),
    /// Instants in microseconds since 1970; missing is [`MISSING_TIME`](crate::columns::MISSING_TIME).
    Time(Buffer<i64>),
    /// Texts.
    Text(TextColumn),
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
    /// The rows of a number, boolean or category; none for an instant or a text. Counts are made
    /// numbers, all others are borrowed.
    #[must_use]
    pub fn numbers(&self) -> Option<Cow<'_, [f64]>> {
        match &self.data {
            FeatureData::Number(rows) => Some(Cow::Borrowed(rows)),
            FeatureData::Count(rows) => Some(rows.iter().copied().map(f64::from).collect()),
            FeatureData::Time(_) | FeatureData::Text(_) => None,
        }
    }
}

impl FeatureColumn {
    /// The rows as a host knows them: booleans as such, categories as texts with the whole
    /// dictionary.
    #[must_use]
    pub fn data(&self) -> ColumnData {
        match (&self.data, &self.kind) {
            (FeatureData::Number(rows), FeatureType::Bool) => {
                let truth = |row: &f64| (!row.is_nan()).then_some(*row != 0.0);
                ColumnData::Bool(rows.iter().map(truth).collect())
            }
            (FeatureData::Number(rows), FeatureType::Category { values }) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "the index of a value"
                )]
                let code = |row: &f64| if row.is_nan() { MISSING_TEXT } else { *row as u32 };
                let codes: Buffer<u32> = rows.iter().map(code).collect();
                ColumnData::Text(TextColumn::new(codes, values))
            }
            (FeatureData::Number(rows), _) => ColumnData::Number(rows.clone()),
            (FeatureData::Count(rows), _) => ColumnData::Integer(Integers::I32(rows.clone())),
            (FeatureData::Time(rows), _) => ColumnData::Time(rows.clone()),
            (FeatureData::Text(column), _) => ColumnData::Text(column.clone()),
        }
    }
}

/// The key of a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    /// The customer.
    pub customer_id: String,
    /// The instant the row is about.
    pub as_of: Timestamp,
}

/// The keys of rows: a customer and the instant that the row is about.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Keys {
    /// The customers that rows name, sorted, each once.
    pub customers: Arc<Dictionary>,
    /// For each row, the place of its customer in `customers`.
    pub customer: Buffer<u32>,
    /// For each row, its instant in microseconds since 1970.
    pub as_of: Buffer<i64>,
}

impl Keys {
    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.customer.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.customer.is_empty()
    }

    /// The customer of a row.
    #[must_use]
    pub fn customer_id(&self, row: usize) -> &str {
        &self.customers[self.customer[row] as usize]
    }

    /// The instant of a row.
    #[must_use]
    pub fn as_of(&self, row: usize) -> Timestamp {
        // A key is made from an instant.
        Timestamp::from_micros(self.as_of[row]).unwrap_or(Timestamp::EPOCH)
    }

    /// The key of each row.
    pub fn iter(&self) -> impl Iterator<Item = RowKey> {
        let key =
            |row| RowKey { customer_id: self.customer_id(row).to_owned(), as_of: self.as_of(row) };
        (0..self.len()).map(key)
    }

    /// The rows at `indices`, in that order.
    #[must_use]
    pub fn select(&self, indices: &[usize]) -> Self {
        Self {
            customers: Arc::clone(&self.customers),
            customer: indices.iter().map(|&at| self.customer[at]).collect(),
            as_of: indices.iter().map(|&at| self.as_of[at]).collect(),
        }
    }
}

impl FromIterator<RowKey> for Keys {
    /// The keys of rows of which those of one customer stand together.
    fn from_iter<I: IntoIterator<Item = RowKey>>(rows: I) -> Self {
        let (mut customers, mut customer, mut as_of) =
            (Dictionary::default(), Vec::new(), Vec::new());
        for row in rows {
            if customers.last() != Some(&row.customer_id) {
                customers.push(&row.customer_id);
            }
            // A table has fewer than 2^32 rows.
            customer.push(u32::try_from(customers.len() - 1).unwrap_or(u32::MAX));
            as_of.push(row.as_of.as_micros());
        }
        Self { customers: customers.into(), customer: customer.into(), as_of: as_of.into() }
    }
}

/// Features of many customers at many instants, ordered by `customer_id`, then `as_of`.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureTable {
    /// The key of each row.
    pub keys: Keys,
    /// The columns, in the playbook's order.
    pub columns: Vec<FeatureColumn>,
}

impl FeatureTable {
    /// A table whose columns all have one value a row.
    ///
    /// # Errors
    /// [`ErrorCode::TableColumn`] when a column is longer or shorter than the keys.
    pub fn new(keys: Keys, columns: Vec<FeatureColumn>) -> Result<Self> {
        for column in &columns {
            let len = match &column.data {
                FeatureData::Number(rows) => rows.len(),
                FeatureData::Count(rows) => rows.len(),
                FeatureData::Time(rows) => rows.len(),
                FeatureData::Text(column) => column.codes.len(),
            };
            if len != keys.len() {
                return Err(Error::new(
                    ErrorCode::TableColumn,
                    "feature",
                    format!("has {len} rows; the table has {}", keys.len()),
                )
                .at_path(&column.name));
            }
        }
        Ok(Self { keys, columns })
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// A column by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&FeatureColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The dictionary of a category.
    ///
    /// # Errors
    /// [`ErrorCode::TableColumn`] when `name` is none.
    pub fn categories(&self, name: &str) -> Result<&[String]> {
        match self.column(name).map(|column| &column.kind) {
            Some(FeatureType::Category { values }) => Ok(values),
            _ => {
                Err(Error::new(ErrorCode::TableColumn, "column", "is not a category").at_path(name))
            }
        }
    }

    /// The table as a host knows it: the keys `customer_id` and `as_of`, then every feature.
    ///
    /// # Errors
    /// [`ErrorCode::TableColumn`] when a feature has the name of a key.
    pub fn frame(&self) -> Result<Frame> {
        let keys = &self.keys;
        let ids = TextColumn { codes: keys.customer.clone(), values: Arc::clone(&keys.customers) };
        let mut columns = vec![
            ("customer_id".to_owned(), ColumnData::Text(ids)),
            ("as_of".to_owned(), ColumnData::Time(keys.as_of.clone())),
        ];
        columns.extend(self.columns.iter().map(|column| (column.name.clone(), column.data())));
        Frame::new(columns)
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
                FeatureData::Count(rows) => {
                    FeatureData::Count(indices.iter().map(|&at| rows[at]).collect())
                }
                FeatureData::Time(rows) => {
                    FeatureData::Time(indices.iter().map(|&at| rows[at]).collect())
                }
                FeatureData::Text(column) => FeatureData::Text(TextColumn {
                    codes: indices.iter().map(|&at| column.codes[at]).collect(),
                    values: Arc::clone(&column.values),
                }),
            },
        });
        Self { keys: self.keys.select(indices), columns: columns.collect() }
    }
}
