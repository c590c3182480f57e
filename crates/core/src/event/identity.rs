//! Columns of identifiers, whatever the host writes them with.

use std::borrow::Cow;

use super::Cell;
use super::reader::Reader;
use super::runs::runs;
use crate::columns::{ColumnData, Frame, Integers, Mask, Strings, TextColumn};
use crate::error::Result;
use crate::schema::Field;

/// A column of identifiers. None is missing where a row has none.
pub(crate) struct Identifiers<'a> {
    rows: Rows<'a>,
    /// Which rows are there, if not all.
    there: Option<Mask<'a>>,
}

enum Rows<'a> {
    Coded { column: &'a TextColumn, codes: &'a [u32] },
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
        let Some(data) = frame.column(&field.name) else { return Ok(None) };
        let (data, there) = data.unmasked();
        let rows = match data {
            ColumnData::Text(column) => Rows::Coded { column, codes: &column.codes },
            ColumnData::Strings(texts) => Rows::Strings(texts),
            ColumnData::Integer(rows) => Rows::Integers(rows),
            _ => match Reader::of(field, frame)? {
                Some(reader) => Rows::Other(reader),
                None => return Ok(None),
            },
        };
        Ok(Some(Self { rows, there }))
    }

    /// The same of a column that must be there.
    ///
    /// # Errors
    /// As [`Identifiers::of`], and when there is none.
    pub(crate) fn must(table: &str, field: &'a Field, frame: &'a Frame) -> Result<Self> {
        match Self::of(field, frame)? {
            Some(column) => Ok(column),
            None => Ok(Self { rows: Rows::Other(Reader::must(table, field, frame)?), there: None }),
        }
    }

    /// The identifier of a row, in range.
    pub(crate) fn get(&self, row: usize) -> Result<Option<Cow<'_, str>>> {
        if !self.is_there(row) {
            return Ok(None);
        }
        Ok(match &self.rows {
            Rows::Coded { column, codes } => {
                column.values.get(codes[row] as usize).map(Cow::Borrowed)
            }
            Rows::Strings(texts) => texts.get(row).map(Cow::Borrowed),
            Rows::Integers(rows) => Some(Cow::Owned(rows.get(row).to_string())),
            Rows::Other(reader) => match reader.get(row)? {
                Cell::Text(text) => Some(Cow::Borrowed(text)),
                _ => None,
            },
        })
    }

    fn is_there(&self, row: usize) -> bool {
        self.there.is_none_or(|there| there.get(row))
    }

    /// Calls `visit` with the first row, and the one after the last, of rows that certainly have
    /// the same identifier; they are all rows, in order.
    pub(super) fn runs(&self, rows: u32, visit: &mut dyn FnMut(u32, u32)) {
        match (&self.rows, self.there) {
            (Rows::Coded { codes, .. }, None) => runs(codes, visit),
            (Rows::Integers(Integers::I64(ids)), None) => runs(ids, visit),
            (Rows::Integers(Integers::I32(ids)), None) => runs(ids, visit),
            (Rows::Integers(Integers::U32(ids)), None) => runs(ids, visit),
            (Rows::Strings(texts), None) => {
                let mut start = 0;
                while start < rows {
                    let first = texts.get(start as usize);
                    let other = |row: &u32| texts.get(*row as usize) != first;
                    let end = (start..rows).find(other).unwrap_or(rows);
                    visit(start, end);
                    start = end;
                }
            }
            _ => (0..rows).for_each(|row| visit(row, row + 1)),
        }
    }

    /// The number that a row's identifier is, if it is one.
    pub(super) fn whole(&self, row: usize) -> Option<i64> {
        match &self.rows {
            Rows::Integers(rows) if self.is_there(row) => Some(rows.get(row)),
            _ => None,
        }
    }

    /// The code of a row's text in the column's dictionary, if it has one.
    pub(crate) fn code(&self, row: usize) -> Option<usize> {
        match &self.rows {
            Rows::Coded { codes, .. } if self.is_there(row) => Some(codes[row] as usize),
            _ => None,
        }
    }
}
