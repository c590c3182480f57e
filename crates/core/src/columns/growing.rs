//! The columns of a table that grows row by row, with columns appearing on the way.
//!
//! A column is typed while all its values are of one kind; at the first value of another kind it
//! becomes a column of JSON values. A row that turns out bad half-way is blanked: it leaves nothing
//! behind, not even the columns it was first to name.

use std::collections::HashMap;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde_json::Value;

use super::{ColumnData, Dictionary, EXACT, MISSING_TEXT, TextColumn, number};
use crate::error::{Error, ErrorCode, Result};

/// A value on its way into a column.
pub(super) enum Cell<'a> {
    Missing,
    Bool(bool),
    Number(f64),
    Text(&'a str),
    Json(Value),
}

impl From<u64> for Cell<'_> {
    fn from(value: u64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "exact below 2^53")]
        let number = value as f64;
        if value <= EXACT { Self::Number(number) } else { Self::Json(value.into()) }
    }
}

impl From<i64> for Cell<'_> {
    fn from(value: i64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "exact below 2^53")]
        let number = value as f64;
        if value.unsigned_abs() <= EXACT { Self::Number(number) } else { Self::Json(value.into()) }
    }
}

/// The rows of a column so far.
enum Column {
    /// Missing, all of them.
    Missing(usize),
    Bool(Vec<Option<bool>>),
    Number(Vec<f64>),
    Text(GrowingTexts),
    Json(Vec<Value>),
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Self::Missing(len) => *len,
            Self::Bool(rows) => rows.len(),
            Self::Number(rows) => rows.len(),
            Self::Text(texts) => texts.codes.len(),
            Self::Json(rows) => rows.len(),
        }
    }

    /// Makes the column `len` rows long: with missing values, or by forgetting the last ones.
    fn resize(&mut self, len: usize) {
        match self {
            Self::Missing(rows) => *rows = len,
            Self::Bool(rows) => rows.resize(len, None),
            Self::Number(rows) => rows.resize(len, f64::NAN),
            Self::Text(texts) => texts.codes.resize(len, MISSING_TEXT),
            Self::Json(rows) => rows.resize(len, Value::Null),
        }
    }

    fn push(&mut self, cell: Cell<'_>) {
        match (&mut *self, cell) {
            (Self::Missing(rows), Cell::Missing) => *rows += 1,
            (Self::Bool(rows), Cell::Missing) => rows.push(None),
            (Self::Bool(rows), Cell::Bool(value)) => rows.push(Some(value)),
            (Self::Number(rows), Cell::Missing) => rows.push(f64::NAN),
            (Self::Number(rows), Cell::Number(value)) => rows.push(value),
            (Self::Text(texts), Cell::Missing) => texts.codes.push(MISSING_TEXT),
            (Self::Text(texts), Cell::Text(text)) => texts.push(text),
            (Self::Json(rows), cell) => rows.push(cell.into()),
            (_, cell) => {
                self.retype(&cell);
                self.push(cell);
            }
        }
    }

    /// Makes the column one that can hold `cell`, which it cannot yet.
    fn retype(&mut self, cell: &Cell<'_>) {
        let len = self.len();
        let mut column = match (&*self, cell) {
            (Self::Missing(_), Cell::Bool(_)) => Self::Bool(Vec::new()),
            (Self::Missing(_), Cell::Number(_)) => Self::Number(Vec::new()),
            (Self::Missing(_), Cell::Text(_)) => Self::Text(GrowingTexts::default()),
            _ => {
                let rows = std::mem::replace(self, Self::Missing(0)).into_data();
                Self::Json((0..rows.len()).map(|row| rows.value(row)).collect())
            }
        };
        column.resize(len);
        *self = column;
    }

    fn into_data(self) -> ColumnData {
        match self {
            Self::Missing(len) => ColumnData::Number(vec![f64::NAN; len].into()),
            Self::Bool(rows) => ColumnData::Bool(rows),
            Self::Number(rows) => ColumnData::Number(rows.into()),
            Self::Text(texts) => ColumnData::Text(TextColumn {
                codes: texts.codes.into(),
                values: texts.values.into(),
            }),
            Self::Json(rows) => ColumnData::Json(rows),
        }
    }
}

/// After so many distinct texts a column where most are new is taken for one of identifiers.
const IDENTIFIERS: usize = 8192;

/// A text column so far, and the codes of its texts.
///
/// A column of identifiers or instants hardly ever repeats a text: looking for each would cost
/// more than the few it would find. There every text has a code of its own from then on.
#[derive(Default)]
struct GrowingTexts {
    codes: Vec<u32>,
    values: Dictionary,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    identifiers: bool,
}

impl GrowingTexts {
    /// Pushes the code of an equal text before it, or a new one.
    fn push(&mut self, text: &str) {
        let code = if self.identifiers { None } else { self.find(text) };
        self.codes.push(code.unwrap_or_else(|| {
            self.values.push(text);
            u32::try_from(self.values.len() - 1).unwrap_or(MISSING_TEXT)
        }));
    }

    /// The code of an equal text; where there is none, the next text pushed is expected to be it.
    fn find(&mut self, text: &str) -> Option<u32> {
        let values = &self.values;
        let hash = self.hasher.hash_one(text);
        if let Some(code) = self.table.find(hash, |&code| values[code as usize] == *text) {
            return Some(*code);
        }
        if values.len() >= IDENTIFIERS && values.len() * 2 > self.codes.len() {
            self.identifiers = true;
            self.table = HashTable::new();
            return None;
        }
        let next = u32::try_from(values.len()).unwrap_or(MISSING_TEXT);
        let rehash = |&code: &u32| self.hasher.hash_one(&values[code as usize]);
        self.table.insert_unique(hash, next, rehash);
        None
    }
}

impl From<Cell<'_>> for Value {
    fn from(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Missing => Self::Null,
            Cell::Bool(value) => Self::Bool(value),
            Cell::Number(value) => number(value),
            Cell::Text(text) => text.into(),
            Cell::Json(value) => value,
        }
    }
}

/// Columns by name, in order of first appearance.
#[derive(Default)]
pub(super) struct Columns {
    names: Vec<String>,
    places: HashMap<String, usize>,
    cells: Vec<Column>,
    /// The rows kept.
    rows: usize,
    /// The columns named by the rows kept.
    known: usize,
    /// The column that comes next when this row has the same keys as the one before.
    next: usize,
    /// The columns that the current row has a value for.
    touched: Vec<usize>,
    /// The values given.
    values: usize,
    /// The missing values stored in their stead.
    gaps: usize,
    /// Whether the rows are too different from each other to make columns of.
    refused: bool,
}

/// A table has at most so many columns.
const MOST_COLUMNS: usize = 10_000;

/// So many missing values may be stored in any table, and so many more for each value given: rows
/// that have nothing in common would fill the memory with what they do not have.
const GAPS: usize = 1 << 25;
const GAPS_PER_VALUE: usize = 32;

impl Columns {
    /// The place of the column called `name`, which is created where there is none.
    pub(super) fn place(&mut self, name: &str) -> usize {
        let place = if self.names.get(self.next).is_some_and(|next| next == name) {
            self.next
        } else if let Some(&place) = self.places.get(name) {
            place
        } else if self.names.len() == MOST_COLUMNS {
            self.refused = true;
            return MOST_COLUMNS;
        } else {
            self.names.push(name.to_owned());
            self.places.insert(name.to_owned(), self.cells.len());
            self.cells.push(Column::Missing(self.rows));
            self.cells.len() - 1
        };
        self.next = place + 1;
        place
    }

    /// Sets a value of the current row; a second value for the same column replaces the first.
    pub(super) fn put(&mut self, place: usize, cell: Cell<'_>) {
        if self.refused {
            return;
        }
        let column = &mut self.cells[place];
        self.values += 1;
        self.gaps += match column {
            Column::Missing(_) => self.rows,
            _ => self.rows.saturating_sub(column.len()),
        };
        self.refused = self.gaps > GAPS + GAPS_PER_VALUE * self.values;
        if column.len() != self.rows {
            column.resize(self.rows);
        }
        column.push(cell);
        self.touched.push(place);
    }

    /// The current row is complete.
    pub(super) fn keep_row(&mut self) {
        self.rows += 1;
        self.known = self.cells.len();
        self.next = 0;
        self.touched.clear();
    }

    /// The current row is missing in every column.
    pub(super) fn blank_row(&mut self) {
        for name in self.names.drain(self.known..) {
            self.places.remove(&name);
        }
        self.cells.truncate(self.known);
        for place in &self.touched {
            if let Some(column) = self.cells.get_mut(*place) {
                column.resize(self.rows);
            }
        }
        self.keep_row();
    }

    /// The number of rows so far.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The columns by name, each as long as there are rows.
    ///
    /// # Errors
    /// [`ErrorCode::TableColumn`] when the rows have too little in common.
    pub(super) fn finish(self) -> Result<Vec<(String, ColumnData)>> {
        let gaps: usize = self.cells.iter().map(|column| self.rows - column.len()).sum();
        if self.refused || self.gaps + gaps > GAPS + GAPS_PER_VALUE * self.values {
            let message = "have too many different keys for one table, most of them missing in most rows; give rows of one kind at a time";
            return Err(Error::new(ErrorCode::TableColumn, "rows", message));
        }
        let columns = self.names.into_iter().zip(self.cells).map(|(name, mut column)| {
            column.resize(self.rows);
            (name, column.into_data())
        });
        Ok(columns.collect())
    }
}
