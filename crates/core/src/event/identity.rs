//! Columns of identifiers, whatever the host writes them with.

use std::borrow::Cow;

use super::Cell;
use super::reader::Reader;
use crate::columns::{ColumnData, Frame, Integers, Strings, TextColumn};
use crate::error::Result;
use crate::schema::Field;

/// A column of identifiers. None is missing where a row has none.
pub(crate) enum Identifiers<'a> {
    Coded(&'a TextColumn),
    Strings(&'a Strings),
    Integers(&'a Integers),
    Other(Reader<'a>),
}

impl<'a> Identifiers<'a> {
    /// The column that the field names, if there is one.
    ///
    /// # Errors
    /// `table_column` when no value of such a column is an identifier.
    pub(crate) fn of(field: &'a Field, frame: &'a Frame) -> Result<Option<Self>> {
        Ok(match frame.column(&field.name) {
            Some(ColumnData::Text(column)) => Some(Self::Coded(column)),
            Some(ColumnData::Strings(texts)) => Some(Self::Strings(texts)),
            Some(ColumnData::Integer(rows)) => Some(Self::Integers(rows)),
            Some(_) => Reader::of(field, frame)?.map(Self::Other),
            None => None,
        })
    }

    /// The same of a column that must be there.
    ///
    /// # Errors
    /// As [`Identifiers::of`], and when there is none.
    pub(crate) fn must(table: &str, field: &'a Field, frame: &'a Frame) -> Result<Self> {
        match Self::of(field, frame)? {
            Some(column) => Ok(column),
            None => Reader::must(table, field, frame).map(Self::Other),
        }
    }

    /// The identifier of a row, in range.
    pub(crate) fn get(&self, row: usize) -> Result<Option<Cow<'_, str>>> {
        Ok(match self {
            Self::Coded(column) => column.get(row).map(Cow::Borrowed),
            Self::Strings(texts) => texts.get(row).map(Cow::Borrowed),
            Self::Integers(rows) => rows.get(row).map(|id| Cow::Owned(id.to_string())),
            Self::Other(reader) => match reader.get(row)? {
                Cell::Text(text) => Some(Cow::Borrowed(text)),
                _ => None,
            },
        })
    }

    /// Whether a row certainly has the same identifier as the row before it.
    pub(super) fn repeats(&self, row: usize) -> bool {
        match self {
            Self::Coded(column) => column.codes[row] == column.codes[row - 1],
            Self::Strings(texts) => texts.get(row) == texts.get(row - 1),
            Self::Integers(rows) => rows.get(row) == rows.get(row - 1),
            Self::Other(_) => false,
        }
    }

    /// The code of a row's text in the column's dictionary, and the size of that, if it has one.
    pub(super) fn code(&self, row: usize) -> Option<usize> {
        if let Self::Coded(column) = self { Some(column.codes[row] as usize) } else { None }
    }
}
