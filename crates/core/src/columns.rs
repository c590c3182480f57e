//! Tables as a host gives them: named columns, not yet checked against a playbook.
//!
//! Every host's tables (Arrow, numpy, objects, typed arrays) become a [`Frame`] first, so that
//! one piece of code says what is wrong with them.

mod buffer;
mod dictionary;
mod growing;
mod ndjson;
mod pick;
mod row;
mod rows;
mod texts;

use std::borrow::Cow;

use serde_json::{Number, Value};

pub use buffer::{Bits, Buffer, Mask};
pub use dictionary::Dictionary;
pub use texts::{MISSING_TEXT, Strings, TextColumn, Texts};

use crate::error::{Error, ErrorCode, Result};
use crate::time::Timestamp;

/// Whole numbers, exact where a float would not be, as wide as the host has them.
#[derive(Debug, Clone, PartialEq)]
pub enum Integers {
    /// Of 64 bits.
    I64(Buffer<i64>),
    /// Of 32 bits.
    I32(Buffer<i32>),
    /// Of 32 bits, not negative.
    U32(Buffer<u32>),
}

impl Integers {
    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::I64(rows) => rows.len(),
            Self::I32(rows) => rows.len(),
            Self::U32(rows) => rows.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number in a row, in range.
    #[must_use]
    pub fn get(&self, row: usize) -> i64 {
        match self {
            Self::I64(rows) => rows[row],
            Self::I32(rows) => i64::from(rows[row]),
            Self::U32(rows) => i64::from(rows[row]),
        }
    }

    /// All rows in order.
    pub fn iter(&self) -> impl Iterator<Item = i64> {
        (0..self.len()).map(|row| self.get(row))
    }
}

impl FromIterator<Option<i64>> for ColumnData {
    /// A column of whole numbers, some of them missing.
    fn from_iter<I: IntoIterator<Item = Option<i64>>>(rows: I) -> Self {
        let (values, there): (Vec<i64>, Vec<bool>) =
            rows.into_iter().map(|row| (row.unwrap_or_default(), row.is_some())).unzip();
        let data = Self::Integer(Integers::I64(values.into()));
        if there.iter().all(|there| *there) {
            return data;
        }
        let byte = |bits: &[bool]| {
            let bits = bits.iter().enumerate();
            bits.fold(0_u8, |byte, (at, bit)| byte | u8::from(*bit) << at)
        };
        data.masked(Bits::new(there.chunks(8).map(byte).collect(), 0))
    }
}

/// The microseconds that stand for a missing instant in [`ColumnData::Time`].
pub const MISSING_TIME: i64 = i64::MIN;

/// The rows of one column.
#[derive(Debug, Clone)]
pub enum ColumnData {
    /// Numbers; missing is NaN.
    Number(Buffer<f64>),
    /// Whole numbers: identifiers.
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
    /// Any of the others, of which some rows are not there, whatever stands in them.
    Masked(Box<ColumnData>, Bits),
}

impl PartialEq for ColumnData {
    /// Whether they hold the same values, row by row.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && (0..self.len()).all(|row| self.value(row) == other.value(row))
    }
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
            Self::Masked(data, _) => data.len(),
        }
    }

    /// What its values are: `number`, `integer`, `bool`, `text`, `timestamp` or `json`.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.unmasked().0 {
            Self::Number(_) => "number",
            Self::Integer(_) => "integer",
            Self::Bool(_) => "bool",
            Self::Text(_) | Self::Strings(_) => "text",
            Self::Time(_) => "timestamp",
            Self::Json(_) | Self::Masked(..) => "json",
        }
    }

    /// The column without the rows that `there` lacks.
    #[must_use]
    pub fn masked(self, there: Bits) -> Self {
        Self::Masked(Box::new(self), there)
    }

    /// The same column with what stands for missing in the rows that are not there; whole numbers,
    /// which have nothing of the kind, are left as they are.
    #[must_use]
    pub fn filled(&self) -> Cow<'_, Self> {
        let Self::Masked(data, there) = self else { return Cow::Borrowed(self) };
        let (rows, there) = (0..data.len(), there.mask());
        Cow::Owned(match &**data {
            Self::Number(values) => {
                let value = |row| if there.get(row) { values[row] } else { f64::NAN };
                Self::Number(rows.map(value).collect())
            }
            Self::Time(values) => {
                let value = |row| if there.get(row) { values[row] } else { MISSING_TIME };
                Self::Time(rows.map(value).collect())
            }
            Self::Bool(values) => {
                Self::Bool(rows.map(|row| values[row].filter(|_| there.get(row))).collect())
            }
            Self::Text(texts) => {
                let code = |row| if there.get(row) { texts.codes[row] } else { MISSING_TEXT };
                let (codes, values) = (rows.map(code).collect(), texts.values.clone());
                Self::Text(TextColumn { codes, values })
            }
            Self::Strings(texts) => {
                let text = |row| texts.get(row).filter(|_| there.get(row));
                Self::Text(TextColumn::from_texts(rows.map(text)))
            }
            _ => return Cow::Borrowed(self),
        })
    }

    /// The column, and which of its rows are there if not all.
    #[must_use]
    pub fn unmasked(&self) -> (&Self, Option<Mask<'_>>) {
        match self {
            Self::Masked(data, there) => (data, Some(there.mask())),
            data => (data, None),
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
            Self::Integer(rows) => rows.get(row).into(),
            Self::Bool(rows) => rows[row].map_or(Value::Null, Value::Bool),
            Self::Text(column) => column.get(row).map_or(Value::Null, Value::from),
            Self::Strings(texts) => texts.get(row).map_or(Value::Null, Value::from),
            Self::Time(rows) => {
                Timestamp::from_micros(rows[row]).map_or(Value::Null, |at| at.to_string().into())
            }
            Self::Json(rows) => rows[row].clone(),
            Self::Masked(data, there) if there.mask().get(row) => data.value(row),
            Self::Masked(..) => Value::Null,
        }
    }
}

/// Every whole number up to this one is a 64-bit float.
const EXACT: u64 = 1 << 53;

/// A number as JSON has it: a whole one is such, and what is none is null.
pub(crate) fn number(value: f64) -> Value {
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
