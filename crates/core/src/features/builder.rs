//! Feature tables under construction: rows of frames become typed columns.

use std::collections::BTreeMap;

use super::plan::{Direct, FeatureSet, Frames, Plan};
use super::table::{FeatureColumn, FeatureData, FeatureTable, FeatureType, Keys};
use crate::columns::{Buffer, MISSING_TEXT, MISSING_TIME, TextColumn};
use crate::error::Result;
use crate::expr::{Type, Value};
use crate::time::Timestamp;

/// Some rows of a feature table, in order.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    customer: Vec<u32>,
    as_of: Vec<i64>,
    columns: Vec<ColumnBuilder<'a>>,
    /// The rows of each column.
    rows: Vec<Rows>,
    direct: Direct<'a>,
}

#[derive(Debug)]
struct ColumnBuilder<'a> {
    name: &'a str,
    kind: &'a Type,
    /// The texts of a category or of texts, by code.
    texts: Texts,
}

/// The rows of a column.
#[derive(Debug)]
pub(super) enum Rows {
    /// Numbers, and booleans as 0 and 1.
    Numbers(Vec<f64>),
    Codes(Vec<u32>),
    Times(Vec<i64>),
}

#[derive(Debug, Default)]
struct Texts {
    values: Vec<String>,
    codes: BTreeMap<String, usize>,
}

impl<'a> Builder<'a> {
    /// A builder with room for so many rows. What `direct` says is in the columns when rows are
    /// pushed.
    pub(super) fn new(set: &'a FeatureSet, direct: Direct<'a>, room: usize) -> Self {
        let kinds = || set.specs.iter().map(|spec| spec.program.kind());
        Self {
            customer: Vec::with_capacity(room),
            as_of: Vec::with_capacity(room),
            columns: set
                .specs
                .iter()
                .map(|spec| ColumnBuilder::new(&spec.name, spec.program.kind()))
                .collect(),
            rows: kinds().map(|kind| Rows::new(kind, room)).collect(),
            direct,
        }
    }

    /// The columns that aggregates write to themselves.
    pub(super) fn direct(&mut self) -> (&Direct<'a>, &mut [Rows]) {
        (&self.direct, &mut self.rows)
    }

    /// Adds the rows of a customer, by its place among all: one for each instant, or for each that
    /// is kept.
    pub(super) fn push(
        &mut self,
        customer: u32,
        instants: &[Timestamp],
        plan: &Plan,
        frames: &Frames<'_>,
        kept: Option<&[bool]>,
    ) {
        let instants = instants.iter().map(|at| at.as_micros());
        match kept {
            None => self.as_of.extend(instants),
            Some(kept) => {
                self.as_of.extend(instants.zip(kept).filter(|(_, k)| **k).map(|(at, _)| at));
            }
        }
        let before = self.customer.len();
        self.customer.resize(self.as_of.len(), customer);
        let columns = self.columns.iter_mut().zip(&mut self.rows);
        for (index, (column, rows)) in columns.enumerate() {
            if rows.len() == before {
                column.extend(rows, frames.slot(plan.feature(index)));
            }
            if let Some(kept) = kept {
                rows.keep(before, kept);
            }
        }
    }

    /// Adds the rows of another builder of the same features after its own.
    pub(super) fn append(&mut self, other: Self) {
        self.customer.extend(other.customer);
        self.as_of.extend(other.as_of);
        let others = other.columns.into_iter().zip(other.rows);
        for ((column, rows), (other, more)) in
            self.columns.iter_mut().zip(&mut self.rows).zip(others)
        {
            column.append(rows, &other, more);
        }
    }

    /// The table, whose keys name `customers` by their place.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub(super) fn finish(self, customers: Buffer<String>) -> Result<FeatureTable> {
        let keys = Keys { customers, customer: self.customer.into(), as_of: self.as_of.into() };
        let columns = self.columns.into_iter().zip(self.rows);
        FeatureTable::new(keys, columns.map(|(column, rows)| column.finish(rows)).collect())
    }
}

impl Texts {
    fn code(&mut self, text: &str) -> u32 {
        let code = self.codes.get(text).copied().unwrap_or_else(|| {
            self.values.push(text.to_owned());
            self.codes.insert(text.to_owned(), self.values.len() - 1);
            self.values.len() - 1
        });
        u32::try_from(code).unwrap_or(MISSING_TEXT)
    }
}

impl<'a> ColumnBuilder<'a> {
    fn new(name: &'a str, kind: &'a Type) -> Self {
        let mut texts = Texts::default();
        if let Type::Category(values) = kind {
            for value in values {
                texts.code(value);
            }
        }
        Self { name, kind, texts }
    }

    fn extend<'v>(&mut self, rows: &mut Rows, values: impl Iterator<Item = Value<'v>>) {
        match rows {
            Rows::Numbers(rows) => rows.extend(values.map(number)),
            Rows::Codes(rows) => {
                let code =
                    |text: Option<&str>| text.map_or(MISSING_TEXT, |text| self.texts.code(text));
                rows.extend(values.map(Value::as_text).map(code));
            }
            Rows::Times(rows) => rows.extend(values.map(micros)),
        }
    }

    fn append(&mut self, rows: &mut Rows, other: &Self, more: Rows) {
        match (rows, more) {
            (Rows::Numbers(rows), Rows::Numbers(more)) => rows.extend(more),
            (Rows::Times(rows), Rows::Times(more)) => rows.extend(more),
            (Rows::Codes(rows), Rows::Codes(more)) => {
                let texts = &mut self.texts;
                let code: Vec<u32> =
                    other.texts.values.iter().map(|text| texts.code(text)).collect();
                let known = |old: u32| code.get(old as usize).copied().unwrap_or(MISSING_TEXT);
                rows.extend(more.into_iter().map(known));
            }
            // Builders of the same features have columns of the same types.
            _ => {}
        }
    }

    fn finish(self, rows: Rows) -> FeatureColumn {
        let kind = match self.kind {
            Type::Number | Type::Duration => FeatureType::Number,
            Type::Bool => FeatureType::Bool,
            Type::Text => FeatureType::Text,
            Type::Timestamp => FeatureType::Timestamp,
            Type::Category(values) if !values.is_empty() => {
                FeatureType::Category { values: values.clone() }
            }
            // An open category: its names in alphabetical order, whatever order rows came in.
            Type::Category(_) => {
                FeatureType::Category { values: self.texts.codes.keys().cloned().collect() }
            }
        };
        let data = match (rows, &kind) {
            (Rows::Numbers(rows), _) => FeatureData::Number(rows.into()),
            (Rows::Times(rows), _) => FeatureData::Time(rows.into()),
            (Rows::Codes(rows), FeatureType::Category { .. }) => {
                let mut places: Vec<f64> = (0..self.texts.values.len()).map(index).collect();
                if matches!(self.kind, Type::Category(values) if values.is_empty()) {
                    let sorted = self.texts.codes.values().enumerate();
                    sorted.for_each(|(place, code)| places[*code] = index(place));
                }
                let number = |code: u32| places.get(code as usize).copied().unwrap_or(f64::NAN);
                FeatureData::Number(rows.into_iter().map(number).collect())
            }
            (Rows::Codes(rows), _) => FeatureData::Text(TextColumn {
                codes: rows.into(),
                values: self.texts.values.into(),
            }),
        };
        FeatureColumn { name: self.name.to_owned(), kind, data }
    }
}

impl Rows {
    fn new(kind: &Type, room: usize) -> Self {
        match kind {
            Type::Timestamp => Self::Times(Vec::with_capacity(room)),
            Type::Text | Type::Category(_) => Self::Codes(Vec::with_capacity(room)),
            Type::Number | Type::Bool | Type::Duration => Self::Numbers(Vec::with_capacity(room)),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Numbers(rows) => rows.len(),
            Self::Codes(rows) => rows.len(),
            Self::Times(rows) => rows.len(),
        }
    }

    /// Appends a value, which is no text, `times` times.
    pub(super) fn repeat(&mut self, value: Value<'_>, times: usize) {
        match self {
            Self::Numbers(rows) => rows.resize(rows.len() + times, number(value)),
            Self::Codes(rows) => rows.resize(rows.len() + times, MISSING_TEXT),
            Self::Times(rows) => rows.resize(rows.len() + times, micros(value)),
        }
    }

    /// Of the rows from `start` on, keeps those that `kept` says.
    fn keep(&mut self, start: usize, kept: &[bool]) {
        match self {
            Self::Numbers(rows) => keep(rows, start, kept),
            Self::Codes(rows) => keep(rows, start, kept),
            Self::Times(rows) => keep(rows, start, kept),
        }
    }
}

fn keep<T: Copy>(rows: &mut Vec<T>, start: usize, kept: &[bool]) {
    let mut end = start;
    for (at, _) in kept.iter().enumerate().filter(|(_, kept)| **kept) {
        rows[end] = rows[start + at];
        end += 1;
    }
    rows.truncate(end);
}

fn number(value: Value<'_>) -> f64 {
    match value {
        Value::Bool(truth) => f64::from(u8::from(truth)),
        value => value.as_number(),
    }
}

fn micros(value: Value<'_>) -> i64 {
    value.as_time().map_or(MISSING_TIME, Timestamp::as_micros)
}

/// A code as a number.
#[expect(clippy::cast_precision_loss, reason = "no dictionary has 2^53 names")]
fn index(code: usize) -> f64 {
    code as f64
}
