//! One typed column of a field, and the reading of a host's value into it.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::columns::{ColumnData, Frame, MISSING_TEXT, TextColumn};
use crate::error::{Error, ErrorCode, Result, did_you_mean};
use crate::math;
use crate::schema::{Field, FieldType, Literal};
use crate::time::{Timestamp, Zone};

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

impl Cell<'_> {
    /// A total order: missing first, then by value.
    #[must_use]
    pub fn order(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(&b),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(&b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(&b),
            (a, b) => (a != Cell::Missing).cmp(&(b != Cell::Missing)),
        }
    }
}

/// The typed rows of one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

/// The microseconds that stand for a missing instant.
const MISSING_TIME: i64 = i64::MIN;

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

    /// Adds a row to a column that grew by this function alone: its dictionary is kept in order,
    /// so that it does not tell in which order the rows came. A cell of another type than the
    /// column's is missing.
    pub fn push(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Self::Number(rows), Cell::Number(x)) => rows.push(x),
            (Self::Number(rows), _) => rows.push(f64::NAN),
            (Self::Bool(rows), Cell::Bool(truth)) => rows.push(Some(truth)),
            (Self::Bool(rows), _) => rows.push(None),
            (Self::Text { codes, values }, Cell::Text(text)) => {
                let place = values.binary_search_by(|known| known.as_str().cmp(text));
                let code = place.unwrap_or_else(|at| {
                    values.insert(at, text.to_owned());
                    for code in codes.iter_mut().filter(|code| **code != MISSING_TEXT) {
                        *code += u32::from(*code as usize >= at);
                    }
                    at
                });
                codes.push(u32::try_from(code).unwrap_or(MISSING_TEXT));
            }
            (Self::Text { codes, .. }, _) => codes.push(MISSING_TEXT),
            (Self::Time(rows), Cell::Time(at)) => rows.push(at.as_micros()),
            (Self::Time(rows), _) => rows.push(MISSING_TIME),
        }
    }

    /// Adds a row before row `at`.
    pub fn insert(&mut self, at: usize, cell: Cell<'_>) {
        self.push(cell);
        match self {
            Self::Number(rows) => rows[at..].rotate_right(1),
            Self::Bool(rows) => rows[at..].rotate_right(1),
            Self::Text { codes, .. } => codes[at..].rotate_right(1),
            Self::Time(rows) => rows[at..].rotate_right(1),
        }
    }

    /// Whether the column is one of a field of that type that grew by [`Cells::push`], with that
    /// many rows, every one of which can be read.
    #[must_use]
    pub fn fits(&self, kind: &FieldType, rows: usize) -> bool {
        let same = std::mem::discriminant(self) == std::mem::discriminant(&Self::of(kind));
        let readable = match self {
            Self::Number(rows) => rows.iter().all(|x| !x.is_infinite()),
            Self::Text { codes, values } => {
                values.is_sorted_by(|a, b| a < b)
                    && codes
                        .iter()
                        .all(|code| *code == MISSING_TEXT || (*code as usize) < values.len())
            }
            Self::Bool(_) | Self::Time(_) => true,
        };
        same && readable && self.len() == rows
    }

    /// The rows at `order`, in that order.
    #[must_use]
    pub fn select(&self, order: &[usize]) -> Self {
        match self {
            Self::Number(rows) => Self::Number(order.iter().map(|&row| rows[row]).collect()),
            Self::Bool(rows) => Self::Bool(order.iter().map(|&row| rows[row]).collect()),
            Self::Text { codes, values } => Self::Text {
                codes: order.iter().map(|&row| codes[row]).collect(),
                values: values.clone(),
            },
            Self::Time(rows) => Self::Time(order.iter().map(|&row| rows[row]).collect()),
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

    pub(super) fn finish(self) -> Cells {
        self.cells
    }
}

/// Reads the rows of one host column as values of one field.
///
/// Texts are checked once for each distinct text, not once a row.
pub(super) struct Reader<'a> {
    field: &'a Field,
    data: Cow<'a, ColumnData>,
    /// For a text column: what each of its distinct texts is.
    texts: Vec<Result<Parsed>>,
}

/// A checked text; where it stays a text, the column holds it.
#[derive(Clone, Copy)]
enum Parsed {
    Cell(Cell<'static>),
    Text,
}

impl<'a> Reader<'a> {
    /// A reader of the column of `frame` that has the field's name, if there is one.
    ///
    /// # Errors
    /// `table_column` when no value of such a column can be one of the field.
    pub(super) fn of(field: &'a Field, frame: &'a Frame) -> Result<Option<Self>> {
        let Some(data) = frame.column(&field.name) else { return Ok(None) };
        let data = if frame.by_row() { one_by_one(field, data) } else { Cow::Borrowed(data) };
        Self::new(field, data).map(Some)
    }

    /// The same of a column that must be there. It always is in rows of objects, where each row
    /// answers for itself whether it has the value.
    ///
    /// # Errors
    /// `table_column` as with [`Reader::of`], and when there is none.
    pub(super) fn must(table: &str, field: &'a Field, frame: &'a Frame) -> Result<Self> {
        if let Some(reader) = Self::of(field, frame)? {
            return Ok(reader);
        }
        if frame.by_row() {
            let missing = ColumnData::Json(vec![Json::Null; frame.len()]);
            return Self::new(field, Cow::Owned(missing));
        }
        let near = did_you_mean(&field.name, frame.names().iter().map(String::as_str));
        let message = format!("there is no column of this name{near}");
        Err(Error::new(ErrorCode::TableColumn, table, message).at_path(&field.name))
    }

    fn new(field: &'a Field, data: Cow<'a, ColumnData>) -> Result<Self> {
        let of_text = matches!(field.kind, FieldType::Category { .. } | FieldType::Text);
        let found = match &*data {
            ColumnData::Text(_) | ColumnData::Json(_) => None,
            ColumnData::Number(rows) if rows.iter().all(|x| x.is_nan()) => None,
            ColumnData::Number(_) | ColumnData::Integer(_) => {
                // Numbers are no instants: a unit would have to be guessed.
                let fits = of_text || matches!(field.kind, FieldType::Number | FieldType::Bool);
                (!fits).then_some("numbers")
            }
            ColumnData::Bool(_) => {
                let fits = of_text || matches!(field.kind, FieldType::Number | FieldType::Bool);
                (!fits).then_some("booleans")
            }
            ColumnData::Time(_) => (field.kind != FieldType::Timestamp).then_some("timestamps"),
        };
        if let Some(found) = found {
            let message = format!("expected values of type {}, found {found}", field.kind.name());
            return Err(Error::new(ErrorCode::TableColumn, "column", message).at_path(&field.name));
        }
        let data = if of_text { texts_of(data) } else { data };
        let texts = match &*data {
            ColumnData::Text(TextColumn { values, .. }) => values
                .iter()
                .map(|text| {
                    parse(field, text).map(|cell| match cell {
                        Cell::Text(_) => Parsed::Text,
                        Cell::Missing => Parsed::Cell(Cell::Missing),
                        Cell::Number(x) => Parsed::Cell(Cell::Number(x)),
                        Cell::Bool(truth) => Parsed::Cell(Cell::Bool(truth)),
                        Cell::Time(at) => Parsed::Cell(Cell::Time(at)),
                    })
                })
                .collect(),
            _ => Vec::new(),
        };
        Ok(Self { field, data, texts })
    }

    /// The value of a row, in range.
    pub(super) fn get(&self, row: usize) -> Result<Cell<'_>> {
        let field = self.field;
        match &*self.data {
            ColumnData::Number(rows) => numeric(field, rows[row]),
            #[expect(clippy::cast_precision_loss, reason = "a number of the playbook is an f64")]
            ColumnData::Integer(rows) => numeric(field, rows[row].map_or(f64::NAN, |x| x as f64)),
            ColumnData::Bool(rows) => Ok(match (rows[row], &field.kind) {
                (None, _) => Cell::Missing,
                (Some(truth), FieldType::Number) => Cell::Number(f64::from(u8::from(truth))),
                (Some(truth), _) => Cell::Bool(truth),
            }),
            ColumnData::Text(column) => {
                let code = column.codes[row] as usize;
                match self.texts.get(code) {
                    None => Ok(Cell::Missing),
                    Some(Ok(Parsed::Text)) => Ok(Cell::Text(&column.values[code])),
                    Some(Ok(Parsed::Cell(cell))) => Ok(*cell),
                    Some(Err(error)) => Err(error.clone()),
                }
            }
            ColumnData::Time(rows) => Ok(rows[row].map_or(Cell::Missing, Cell::Time)),
            ColumnData::Json(rows) => json(field, &rows[row]),
        }
    }
}

/// The same column, as JSON values where its type would let values pass or fail together that
/// are judged one by one.
fn one_by_one<'a>(field: &Field, data: &'a ColumnData) -> Cow<'a, ColumnData> {
    let alike = match (data, &field.kind) {
        (ColumnData::Json(_), _)
        | (_, FieldType::Category { .. } | FieldType::Text)
        | (ColumnData::Number(_) | ColumnData::Integer(_), FieldType::Number)
        | (ColumnData::Bool(_), FieldType::Bool)
        | (ColumnData::Time(_), FieldType::Timestamp) => true,
        (ColumnData::Text(_), kind) => !matches!(kind, FieldType::Number | FieldType::Bool),
        _ => false,
    };
    if alike {
        return Cow::Borrowed(data);
    }
    Cow::Owned(ColumnData::Json((0..data.len()).map(|row| data.value(row)).collect()))
}

/// The same column with numbers and booleans written out, as names and identifiers are read.
fn texts_of(data: Cow<'_, ColumnData>) -> Cow<'_, ColumnData> {
    let written: Vec<Option<Cow<'_, str>>> = match &*data {
        ColumnData::Number(rows) => {
            rows.iter().map(|x| (!x.is_nan()).then(|| x.to_string().into())).collect()
        }
        ColumnData::Integer(rows) => rows.iter().map(|x| x.map(|x| x.to_string().into())).collect(),
        ColumnData::Bool(rows) => {
            rows.iter().map(|truth| truth.map(|truth| truth.to_string().into())).collect()
        }
        ColumnData::Json(rows) if rows.iter().all(|row| !row.is_array() && !row.is_object()) => {
            rows.iter()
                .map(|row| match row {
                    Json::Null => None,
                    Json::String(text) => Some(text.as_str().into()),
                    row => Some(row.to_string().into()),
                })
                .collect()
        }
        _ => return data,
    };
    Cow::Owned(ColumnData::Text(TextColumn::from_texts(written.iter().map(Option::as_deref))))
}

/// A host's number as a value of a numeric or boolean field.
fn numeric(field: &Field, x: f64) -> Result<Cell<'static>> {
    match &field.kind {
        _ if x.is_nan() => Ok(Cell::Missing),
        FieldType::Bool if x == 0.0 || x == 1.0 => Ok(Cell::Bool(x != 0.0)),
        FieldType::Number => number(field, x),
        _ => Err(wrong(field, &x.to_string())),
    }
}

/// A JSON value as a value of the field.
fn json<'a>(field: &Field, value: &'a Json) -> Result<Cell<'a>> {
    match (value, &field.kind) {
        (Json::Null, _) => Ok(Cell::Missing),
        (Json::Number(x), FieldType::Number) => number(field, x.as_f64().unwrap_or(f64::NAN)),
        (Json::Bool(truth), FieldType::Bool) => Ok(Cell::Bool(*truth)),
        (Json::String(text), FieldType::Number | FieldType::Bool) => {
            Err(wrong(field, &format!("\"{text}\"")))
        }
        (Json::String(text), _) => parse(field, text),
        (value, _) => Err(wrong(field, &value.to_string())),
    }
}

/// A text as a value of the field; an empty text is missing, but for free text.
fn parse<'a>(field: &Field, text: &'a str) -> Result<Cell<'a>> {
    if text.trim().is_empty() && field.kind != FieldType::Text {
        return Ok(Cell::Missing);
    }
    match &field.kind {
        FieldType::Number => match math::decimal(text.trim()) {
            Some(x) => number(field, x),
            _ => Err(wrong(field, &format!("\"{text}\""))),
        },
        FieldType::Bool => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Ok(Cell::Bool(true)),
            "false" | "0" | "no" => Ok(Cell::Bool(false)),
            _ => Err(wrong(field, &format!("\"{text}\""))),
        },
        FieldType::Category { values } => {
            if values.is_empty() || values.iter().any(|known| known == text) {
                return Ok(Cell::Text(text));
            }
            let near = did_you_mean(text, values.iter().map(String::as_str));
            let all = values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>();
            Err(value_error(format!(
                "`{}` is \"{text}\", which is not one of {}{near}",
                field.name,
                all.join(", ")
            )))
        }
        FieldType::Text => Ok(Cell::Text(text)),
        FieldType::Timestamp => Timestamp::parse(text)
            .map(Cell::Time)
            .map_err(|error| value_error(format!("`{}`: {}", field.name, error.message()))),
        FieldType::Timezone => Zone::named(text)
            .map(|_| Cell::Text(text))
            .map_err(|error| value_error(format!("`{}`: {}", field.name, error.message()))),
    }
}

fn number(field: &Field, x: f64) -> Result<Cell<'static>> {
    if !x.is_finite() {
        return Err(wrong(field, &x.to_string()));
    }
    if let Some(min) = field.min.filter(|min| x < *min) {
        return Err(value_error(format!("`{}` is {x}, below its least value {min}", field.name)));
    }
    if let Some(max) = field.max.filter(|max| x > *max) {
        return Err(value_error(format!(
            "`{}` is {x}, above its greatest value {max}",
            field.name
        )));
    }
    Ok(Cell::Number(crate::math::finite(x)))
}

fn wrong(field: &Field, found: &str) -> Error {
    let what = match field.kind {
        FieldType::Number => "a number",
        FieldType::Bool => "true or false",
        FieldType::Category { .. } => "one of the category's names",
        FieldType::Text => "a text",
        FieldType::Timestamp => "a time in ISO 8601",
        FieldType::Timezone => "the name of a time zone",
    };
    value_error(format!("`{}` is {found}; expected {what}", field.name))
}

pub(super) fn value_error(message: String) -> Error {
    Error::new(ErrorCode::TableValue, "", message)
}

/// A default as a cell of the field.
pub(super) fn default_cell<'a>(field: &Field, default: &'a Literal) -> Result<Cell<'a>> {
    match (default, &field.kind) {
        (Literal::Bool(truth), FieldType::Bool) => Ok(Cell::Bool(*truth)),
        (Literal::Number(x), FieldType::Number) => number(field, *x),
        (Literal::Text(text), kind) if !matches!(kind, FieldType::Number | FieldType::Bool) => {
            parse(field, text)
        }
        (other, _) => Err(wrong(
            field,
            &match other {
                Literal::Bool(truth) => truth.to_string(),
                Literal::Number(x) => x.to_string(),
                Literal::Text(text) => format!("\"{text}\""),
            },
        )),
    }
}
