//! Reads the rows of one host column as values of one field, or as words of them.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::layout::WordType;
use super::value::{json, numeric, parse};
use super::{Cell, Dictionary, word};
use crate::columns::{ColumnData, Frame, MISSING_TIME, Mask, TextColumn};
use crate::error::{Error, ErrorCode, Result, did_you_mean};
use crate::schema::{Field, FieldType};
use crate::time::Timestamp;

/// Reads the rows of one host column as values of one field.
///
/// Texts are checked once for each distinct text, not once a row.
pub(crate) struct Reader<'a> {
    field: &'a Field,
    data: Cow<'a, ColumnData>,
    /// Which rows are there, if not all.
    there: Option<Mask<'a>>,
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
        let (data, there) = data.unmasked();
        let data = if frame.by_row() { one_by_one(field, data) } else { Cow::Borrowed(data) };
        Ok(Some(Self { there, ..Self::new(field, data)? }))
    }

    /// The same of a column that must be there. It always is in rows of objects, where each row
    /// answers for itself whether it has the value.
    ///
    /// # Errors
    /// `table_column` as with [`Reader::of`], and when there is none.
    pub(crate) fn must(table: &str, field: &'a Field, frame: &'a Frame) -> Result<Self> {
        if let Some(reader) = Self::of(field, frame)? {
            return Ok(reader);
        }
        if frame.by_row() || frame.is_empty() {
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
            ColumnData::Text(_)
            | ColumnData::Strings(_)
            | ColumnData::Json(_)
            | ColumnData::Masked(..) => None,
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
        if let Some(found) = found.filter(|_| !data.is_empty()) {
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
        Ok(Self { field, data, there: None, texts })
    }

    /// The value of a row, in range.
    pub(crate) fn get(&self, row: usize) -> Result<Cell<'_>> {
        let field = self.field;
        if !self.is_there(row) {
            return Ok(Cell::Missing);
        }
        match &*self.data {
            ColumnData::Number(rows) => numeric(field, rows[row]),
            #[expect(clippy::cast_precision_loss, reason = "a number of the playbook is an f64")]
            ColumnData::Integer(rows) => numeric(field, rows.get(row) as f64),
            ColumnData::Bool(rows) => Ok(match (rows[row], &field.kind) {
                (None, _) => Cell::Missing,
                (Some(truth), FieldType::Number) => Cell::Number(f64::from(u8::from(truth))),
                (Some(truth), _) => Cell::Bool(truth),
            }),
            ColumnData::Text(column) => self.text(column, column.codes[row] as usize),
            ColumnData::Strings(texts) => {
                texts.get(row).map_or(Ok(Cell::Missing), |text| parse(field, text))
            }
            ColumnData::Time(rows) if rows[row] == MISSING_TIME => Ok(Cell::Missing),
            ColumnData::Time(rows) => Timestamp::from_micros(rows[row]).map(Cell::Time),
            ColumnData::Json(rows) => json(field, &rows[row]),
            // A column is masked once.
            ColumnData::Masked(..) => Ok(Cell::Missing),
        }
    }

    /// The numbers of all rows, where it is a column of numbers without one that is wrong.
    pub(super) fn numbers(&self) -> Option<Vec<f64>> {
        let ColumnData::Number(rows) = &*self.data else { return None };
        let Field { kind: FieldType::Number, min, max, .. } = self.field else { return None };
        let (min, max) = (min.unwrap_or(f64::MIN), max.unwrap_or(f64::MAX));
        let rows: &[f64] = rows;
        let right = |x: &f64| x.is_nan() || (*x >= min && *x <= max);
        let all = self.there.is_none() && rows.iter().all(right);
        all.then(|| rows.iter().map(|x| crate::math::finite(*x)).collect())
    }

    fn is_there(&self, row: usize) -> bool {
        self.there.is_none_or(|there| there.get(row))
    }

    /// The value of a text of the column's dictionary.
    fn text<'r>(&'r self, column: &'r TextColumn, code: usize) -> Result<Cell<'r>> {
        match self.texts.get(code) {
            None => Ok(Cell::Missing),
            Some(Ok(Parsed::Text)) => Ok(Cell::Text(&column.values[code])),
            Some(Ok(Parsed::Cell(cell))) => Ok(*cell),
            Some(Err(error)) => Err(error.clone()),
        }
    }

    /// Every text that some row may have.
    fn all_texts(&self) -> Vec<&str> {
        let text = |cell: Result<Cell<'_>>| matches!(cell, Ok(Cell::Text(_)));
        match &*self.data {
            ColumnData::Text(column) => {
                let codes = 0..column.values.len();
                let known = codes.filter(|code| text(self.text(column, *code)));
                known.map(|code| &column.values[code]).collect()
            }
            ColumnData::Json(rows) => rows.iter().filter_map(Json::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

/// Reads the rows of one host column as words of one field.
pub(super) struct WordReader<'c> {
    reader: &'c Reader<'c>,
    there: Option<Mask<'c>>,
    words: Words<'c>,
}

/// So many rows are looked at at once.
const BLOCK: usize = 1024;

/// A column to be filled of rows of words.
pub(super) struct Rows<'r> {
    pub(super) log: &'r mut [i64],
    pub(super) stride: usize,
    /// The word of each row.
    pub(super) at: usize,
}

/// How a row becomes a word.
enum Words<'c> {
    /// Numbers, of which those from `min` to `max` are right.
    Numbers { rows: &'c [f64], min: f64, max: f64 },
    /// Instants.
    Times(&'c [i64]),
    /// The word of each text of the dictionary; none where the text is wrong.
    Texts { codes: &'c [u32], words: Vec<Option<i64>> },
    /// Each value is looked at by itself.
    OneByOne { kind: &'c WordType, dictionary: &'c [Box<str>] },
}

impl<'c> WordReader<'c> {
    /// A reader of words of that type. Texts of an open dictionary are looked up in `dictionary`,
    /// which [`dictionary`] gives.
    pub(super) fn new(
        reader: &'c Reader<'c>,
        kind: &'c WordType,
        dictionary: &'c [Box<str>],
    ) -> Self {
        let words = match (&*reader.data, kind) {
            (ColumnData::Number(rows), WordType::Number) => Words::Numbers {
                rows,
                min: reader.field.min.unwrap_or(f64::MIN),
                max: reader.field.max.unwrap_or(f64::MAX),
            },
            (ColumnData::Time(rows), WordType::Time) => Words::Times(rows),
            (ColumnData::Text(column), kind) => {
                let word = |code| {
                    let cell = reader.text(column, code).ok();
                    cell.map(|cell| of_cell(cell, kind, dictionary))
                };
                let words = (0..column.values.len()).map(word).collect();
                Words::Texts { codes: &column.codes, words }
            }
            (_, kind) => Words::OneByOne { kind, dictionary },
        };
        Self { reader, there: reader.there, words }
    }

    /// The value of a row, in range, or what is wrong with it.
    pub(super) fn get(&self, row: usize) -> Result<Cell<'_>> {
        self.reader.get(row)
    }

    /// The word of a row, in range; none where the row is wrong.
    #[inline]
    pub(super) fn word(&self, row: usize) -> Option<i64> {
        if self.there.is_some_and(|there| !there.get(row)) {
            return Some(word::MISSING);
        }
        match &self.words {
            Words::Numbers { rows, min, max } => {
                let x = rows[row];
                if x >= *min && x <= *max {
                    return Some(word::of_number(crate::math::finite(x)));
                }
                x.is_nan().then_some(word::MISSING)
            }
            Words::Times(rows) => {
                let at = rows[row];
                (at == MISSING_TIME || Timestamp::in_range(at)).then_some(at)
            }
            Words::Texts { codes, words } => {
                words.get(codes[row] as usize).copied().unwrap_or(Some(word::MISSING))
            }
            Words::OneByOne { kind, dictionary } => {
                self.reader.get(row).ok().map(|cell| of_cell(cell, kind, dictionary))
            }
        }
    }
}

impl WordReader<'_> {
    /// The instants of all rows as they are, none masked and none checked.
    pub(super) fn times(&self) -> Option<&[i64]> {
        match &self.words {
            Words::Times(times) if self.there.is_none() => Some(times),
            _ => None,
        }
    }

    /// Whether no row is wrong, where that can be told without reading row by row.
    ///
    /// Cost: of texts, their dictionary; of numbers and instants, the column, on so many threads.
    pub(super) fn is_right(&self, threads: usize) -> bool {
        match &self.words {
            Words::Numbers { rows, min, max } => {
                let right = |x: &f64| (*min..=*max).contains(x) | x.is_nan();
                self.all_right(rows, threads, right)
            }
            Words::Times(rows) => self.all_right(rows, threads, |at: &i64| {
                (*at == MISSING_TIME) | Timestamp::in_range(*at)
            }),
            Words::Texts { words, .. } => words.iter().all(Option::is_some),
            Words::OneByOne { .. } => false,
        }
    }

    /// Whether all rows are right or not there.
    fn all_right<T: Sync>(
        &self,
        rows: &[T],
        threads: usize,
        right: impl Fn(&T) -> bool + Sync,
    ) -> bool {
        let part = crate::threads::part_of(rows.len(), threads, BLOCK).next_multiple_of(BLOCK);
        let parts = rows.chunks(part).enumerate().collect();
        let all = crate::threads::map(parts, threads, |(part_at, rows): (usize, &[T])| {
            rows.chunks(BLOCK).enumerate().all(|(at, block)| {
                let first = part_at * part + at * BLOCK;
                let there = |at| self.there.is_none_or(|there: Mask<'_>| there.get(first + at));
                // Most often all are right, and many are looked at at once.
                block.iter().fold(true, |all, row| all & right(row))
                    || block.iter().enumerate().all(|(at, row)| right(row) || !there(at))
            })
        });
        all.into_iter().all(|right| right)
    }

    /// Whether the other reads the same rows and takes the same for right.
    pub(super) fn reads_like(&self, other: &Self) -> bool {
        match (&self.words, &other.words) {
            (
                Words::Numbers { rows, min, max },
                Words::Numbers { rows: others, min: least, max: most },
            ) => std::ptr::eq(*rows, *others) && min == least && max == most,
            (Words::Times(rows), Words::Times(others)) => std::ptr::eq(*rows, *others),
            _ => false,
        }
    }

    /// Fills a column of `log` with the words of these rows of the table; false where one is wrong,
    /// or missing but `required`.
    pub(super) fn column(&self, rows: &[u32], log: &mut Rows<'_>, required: bool) -> bool {
        match &self.words {
            Words::Texts { codes, words } => log.fill(rows, required, |row| {
                let word = words.get(codes[row] as usize).copied().unwrap_or(Some(word::MISSING));
                let there = self.there.is_none_or(|there| there.get(row));
                let known = word.unwrap_or(word::MISSING);
                (if there { known } else { word::MISSING }, !there || word.is_some())
            }),
            _ => log.fill(rows, required, |row| {
                let word = self.word(row);
                (word.unwrap_or(word::MISSING), word.is_some())
            }),
        }
    }
}

impl Rows<'_> {
    /// Fills a column with words, each with whether it is right.
    fn fill(&mut self, rows: &[u32], required: bool, word: impl Fn(usize) -> (i64, bool)) -> bool {
        let mut right = true;
        for (into, row) in self.log.chunks_exact_mut(self.stride).zip(rows) {
            let (word, fits) = word(*row as usize);
            into[self.at] = word;
            right &= fits && !(required && word == word::MISSING);
        }
        right
    }
}

/// The texts of a field's column, sorted, each once.
pub(super) fn dictionary(reader: &Reader<'_>) -> Dictionary {
    let mut texts = reader.all_texts();
    texts.sort_unstable();
    texts.dedup();
    texts.into_iter().map(Box::from).collect()
}

/// The word of a value of the field.
fn of_cell(cell: Cell<'_>, kind: &WordType, dictionary: &[Box<str>]) -> i64 {
    let code = |at: Option<usize>| at.and_then(|at| i64::try_from(at).ok());
    match (cell, kind) {
        (Cell::Missing, _) => word::MISSING,
        (Cell::Number(x), _) => word::of_number(x),
        (Cell::Bool(truth), _) => i64::from(truth),
        (Cell::Time(at), _) => at.as_micros(),
        (Cell::Text(text), WordType::Closed(names)) => {
            code(names.iter().position(|name| **name == *text)).unwrap_or(word::MISSING)
        }
        (Cell::Text(text), _) => {
            let at = dictionary.binary_search_by(|known| (**known).cmp(text));
            code(at.ok()).unwrap_or(word::MISSING)
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
        (ColumnData::Text(_) | ColumnData::Strings(_), kind) => {
            !matches!(kind, FieldType::Number | FieldType::Bool)
        }
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
        ColumnData::Strings(texts) => {
            return Cow::Owned(ColumnData::Text(TextColumn::from_texts(texts.iter())));
        }
        ColumnData::Integer(rows) => rows.iter().map(|x| Some(x.to_string().into())).collect(),
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
