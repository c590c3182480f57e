//! One checked value, and one typed column of them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::columns::{MISSING_TEXT, MISSING_TIME};
use crate::schema::FieldType;
use crate::time::Timestamp;

/// Texts, each once, that are known by their index.
pub type Dictionary = Arc<[Box<str>]>;

/// One value of a field, of the field's type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Not known.
    Missing,
    /// A finite number.
    Number(f64),
    /// True or false.
    Bool(bool),
    /// A text, category or time zone.
    Text(&'a str),
    /// An instant.
    Time(Timestamp),
}

/// The typed rows of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// Numbers, NaN where missing.
    Number(Vec<f64>),
    /// Booleans.
    Bool(Vec<Option<bool>>),
    /// Codes into a dictionary, [`MISSING_TEXT`] where missing.
    Text {
        /// One code a row.
        codes: Vec<u32>,
        /// The texts.
        values: Vec<String>,
    },
    /// Instants in microseconds, the least of all where missing.
    Time(Vec<i64>),
}

impl Cells {
    /// An empty column for a field of that type.
    #[must_use]
    pub fn of(kind: &FieldType) -> Self {
        match kind {
            FieldType::Number => Self::Number(Vec::new()),
            FieldType::Bool => Self::Bool(Vec::new()),
            FieldType::Category { .. } | FieldType::Text | FieldType::Timezone => {
                Self::Text { codes: Vec::new(), values: Vec::new() }
            }
            FieldType::Timestamp => Self::Time(Vec::new()),
        }
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Number(rows) => rows.len(),
            Self::Bool(rows) => rows.len(),
            Self::Text { codes, .. } => codes.len(),
            Self::Time(rows) => rows.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a row.
    #[must_use]
    pub fn get(&self, row: usize) -> Cell<'_> {
        match self {
            Self::Number(rows) if rows[row].is_nan() => Cell::Missing,
            Self::Number(rows) => Cell::Number(rows[row]),
            Self::Bool(rows) => rows[row].map_or(Cell::Missing, Cell::Bool),
            Self::Text { codes, values } => {
                values.get(codes[row] as usize).map_or(Cell::Missing, |text| Cell::Text(text))
            }
            Self::Time(rows) => Timestamp::from_micros(rows[row]).map_or(Cell::Missing, Cell::Time),
        }
    }

    /// Adds a row. A cell of another type than the column's is missing.
    fn push(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Self::Number(rows), Cell::Number(x)) => rows.push(x),
            (Self::Number(rows), _) => rows.push(f64::NAN),
            (Self::Bool(rows), Cell::Bool(truth)) => rows.push(Some(truth)),
            (Self::Bool(rows), _) => rows.push(None),
            // Texts come from `CellsBuilder`, which knows their codes.
            (Self::Text { codes, .. }, _) => codes.push(MISSING_TEXT),
            (Self::Time(rows), Cell::Time(at)) => rows.push(at.as_micros()),
            (Self::Time(rows), _) => rows.push(MISSING_TIME),
        }
    }
}

/// A column under construction, which finds a text's code without searching its dictionary.
pub(super) struct CellsBuilder {
    cells: Cells,
    codes: HashMap<String, u32>,
}

impl CellsBuilder {
    pub(super) fn new(kind: &FieldType) -> Self {
        Self { cells: Cells::of(kind), codes: HashMap::new() }
    }

    pub(super) fn push(&mut self, cell: Cell<'_>) {
        let (Cells::Text { codes, values }, Cell::Text(text)) = (&mut self.cells, cell) else {
            return self.cells.push(cell);
        };
        if let Some(code) = self.codes.get(text) {
            return codes.push(*code);
        }
        let code = u32::try_from(values.len()).unwrap_or(MISSING_TEXT);
        self.codes.insert(text.to_owned(), code);
        values.push(text.to_owned());
        codes.push(code);
    }

    pub(super) fn get(&self, row: usize) -> Cell<'_> {
        self.cells.get(row)
    }

    pub(super) fn finish(self) -> Cells {
        self.cells
    }
}
