//! Tables as a host gives them: named columns, not yet checked against a playbook.
//!
//! Every host's tables (Arrow, numpy, objects, typed arrays) become a [`Frame`] first, so that
//! one piece of code says what is wrong with them.

mod buffer;
mod growing;
mod ndjson;
mod row;
mod rows;
mod texts;

use serde_json::{Number, Value};

pub use buffer::Buffer;
pub use texts::{MISSING_TEXT, Strings, TextColumn, Texts};

use crate::error::{Error, ErrorCode, Result};
use crate::time::Timestamp;

/// Whole numbers, exact where a float would not be.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Integers {
    values: Buffer<i64>,
    /// Whether each row is there; none where all are.
    present: Option<Buffer<bool>>,
}

impl Integers {
    /// Rows of which all are there.
    #[must_use]
    pub fn new(values: Buffer<i64>) -> Self {
        Self { values, present: None }
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The number in a row, in range.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<i64> {
        self.present.as_ref().is_none_or(|present| present[row]).then(|| self.values[row])
    }

    /// All rows in order.
    pub fn iter(&self) -> impl Iterator<Item = Option<i64>> {
        (0..self.len()).map(|row| self.get(row))
    }
}

impl FromIterator<Option<i64>> for Integers {
    fn from_iter<I: IntoIterator<Item = Option<i64>>>(rows: I) -> Self {
        let (values, present): (Vec<i64>, Vec<bool>) =
            rows.into_iter().map(|row| (row.unwrap_or_default(), row.is_some())).unzip();
        let present = present.contains(&false).then(|| present.into());
        Self { values: values.into(), present }
    }
}

/// The microseconds that stand for a missing instant in [`ColumnData::Time`].
pub const MISSING_TIME: i64 = i64::MIN;

/// The rows of one column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnData {
    /// Numbers; missing is NaN.
    Number(Buffer<f64>),
    /// Whole numbers, exact where a float would not be: identifiers.
    Integer(Integers),
    /// Booleans.
    Bool(Vec<Option<bool>>),
    /// Texts with a dictionary.
    Text(TextColumn),
    /// Texts as they are.
    Strings(Strings),
    /// Instants in microseconds since 1970; missing is [`MISSING_TIME`].
    Time(Buffer<i64>),
    /// Values of mixed JSON types, from rows of objects; missing is null.
    Json(Vec<Value>),
}

impl ColumnData {
    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Number(rows) => rows.len(),
            Self::Integer(rows) => rows.len(),
            Self::Bool(rows) => rows.len(),
            Self::Text(column) => column.codes.len(),
            Self::Strings(texts) => texts.len(),
            Self::Time(rows) => rows.len(),
            Self::Json(rows) => rows.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A row, in range, as JSON; a whole number has no decimal point.
    #[must_use]
    pub fn value(&self, row: usize) -> Value {
        match self {
            Self::Number(rows) => number(rows[row]),
            Self::Integer(rows) => rows.get(row).map_or(Value::Null, Value::from),
            Self::Bool(rows) => rows[row].map_or(Value::Null, Value::Bool),
            Self::Text(column) => column.get(row).map_or(Value::Null, Value::from),
            Self::Strings(texts) => texts.get(row).map_or(Value::Null, Value::from),
            Self::Time(rows) => {
                Timestamp::from_micros(rows[row]).map_or(Value::Null, |at| at.to_string().into())
            }
            Self::Json(rows) => rows[row].clone(),
        }
    }
}

/// Every whole number up to this one is a 64-bit float.
const EXACT: u64 = 1 << 53;

fn number(value: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "checked by the comparison")]
    let whole = value as i64;
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53")]
    if (whole as f64).to_bits() == value.to_bits() && whole.unsigned_abs() <= EXACT {
        return whole.into();
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// A table as a host gives it: columns of equal length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Frame {
    names: Vec<String>,
    columns: Vec<ColumnData>,
    len: usize,
    by_row: bool,
    unread: Vec<(usize, Error)>,
}

impl Frame {
    /// A table of named columns.
    ///
    /// # Errors
    /// [`ErrorCode::TableColumn`] when two columns share a name or differ in length.
    pub fn new(columns: Vec<(String, ColumnData)>) -> Result<Self> {
        let mut frame = Self::default();
        let mut seen = std::collections::HashSet::new();
        for (name, data) in columns {
            if frame.names.is_empty() {
                frame.len = data.len();
            } else if data.len() != frame.len {
                return Err(Error::new(
                    ErrorCode::TableColumn,
                    "column",
                    format!("has {} rows; the columns before it have {}", data.len(), frame.len),
                )
                .at_path(name));
            }
            if !seen.insert(name.clone()) {
                return Err(
                    Error::new(ErrorCode::TableColumn, "column", "appears twice").at_path(name)
                );
            }
            frame.names.push(name);
            frame.columns.push(data);
        }
        Ok(frame)
    }

    /// Whether the table came as rows of JSON objects. Each value is then judged by itself, and
    /// none by what else is in its column.
    #[must_use]
    pub fn by_row(&self) -> bool {
        self.by_row
    }

    /// Why a row could not be read as an object; such a row is missing in every column.
    #[must_use]
    pub fn unread(&self, row: usize) -> Option<&Error> {
        let at = self.unread.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        Some(&self.unread[at].1)
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The column names, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// A column by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnData> {
        self.names.iter().position(|known| known == name).map(|at| &self.columns[at])
    }

    /// The same table with columns renamed: `(from, to)` pairs.
    ///
    /// # Errors
    /// [`ErrorCode::TableColumn`] when there is no column `from`, or two end with one name.
    pub fn rename(mut self, pairs: &[(String, String)]) -> Result<Self> {
        for (from, to) in pairs {
            let Some(at) = self.names.iter().position(|name| name == from) else {
                return Err(Error::new(
                    ErrorCode::TableColumn,
                    "column",
                    format!(
                        "there is none of this name{}",
                        crate::error::did_you_mean(from, self.names.iter().map(String::as_str))
                    ),
                )
                .at_path(from));
            };
            self.names[at].clone_from(to);
        }
        let columns = self.names.into_iter().zip(self.columns).collect();
        let Self { len, by_row, unread, .. } = self;
        Ok(Self { len, by_row, unread, ..Self::new(columns)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_different_lengths_are_refused() {
        let error = Frame::new(vec![
            ("a".into(), ColumnData::Number(vec![1.0].into())),
            ("b".into(), ColumnData::Number(vec![].into())),
        ])
        .unwrap_err();
        assert_eq!(error.to_string(), "column `b`: has 0 rows; the columns before it have 1");
    }
}
