//! Feature tables under construction: rows of frames become typed columns.

use hashbrown::HashMap;

use super::plan::{FeatureSet, Frames, Plan};
use super::table::{FeatureColumn, FeatureData, FeatureTable, FeatureType, Keys};
use crate::columns::{MISSING_TEXT, MISSING_TIME, TextColumn};
use crate::error::Result;
use crate::expr::{Type, Value};
use crate::time::Timestamp;

/// Some rows of a feature table, in order.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    customer: Vec<u32>,
    as_of: Vec<i64>,
    columns: Vec<ColumnBuilder<'a>>,
}

#[derive(Debug)]
struct ColumnBuilder<'a> {
    name: &'a str,
    kind: &'a Type,
    rows: Rows,
    /// The texts of a category or of texts, by code.
    texts: Texts,
}

#[derive(Debug)]
enum Rows {
    /// Numbers, and booleans as 0 and 1.
    Numbers(Vec<f64>),
    Codes(Vec<u32>),
    Times(Vec<i64>),
}

#[derive(Debug, Default)]
struct Texts {
    /// Those seen, in the order in which they came.
    values: Vec<String>,
    codes: HashMap<String, usize>,
}

impl<'a> Builder<'a> {
    /// A builder with room for so many rows.
    pub(super) fn new(set: &'a FeatureSet, room: usize) -> Self {
        let column = |spec: &'a super::FeatureSpec| {
            ColumnBuilder::new(&spec.name, spec.program.kind(), room)
        };
        let columns = set.specs.iter().map(column).collect();
        Self { customer: Vec::with_capacity(room), as_of: Vec::with_capacity(room), columns }
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
        self.customer.resize(self.as_of.len(), customer);
        for (index, column) in self.columns.iter_mut().enumerate() {
            let values = frames.slot(plan.feature(index));
            match kept {
                None => column.extend(values),
                Some(kept) => {
                    column.extend(values.zip(kept).filter(|(_, k)| **k).map(|(value, _)| value));
                }
            }
        }
    }

    /// Adds the rows of another builder of the same features after its own.
    pub(super) fn append(&mut self, other: Self) {
        self.customer.extend(other.customer);
        self.as_of.extend(other.as_of);
        for (column, other) in self.columns.iter_mut().zip(other.columns) {
            column.append(other);
        }
    }

    /// The table, whose keys name `customers` by their place.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub(super) fn finish(self, customers: Vec<String>) -> Result<FeatureTable> {
        let keys = Keys { customers, customer: self.customer.into(), as_of: self.as_of.into() };
        FeatureTable::new(keys, self.columns.into_iter().map(ColumnBuilder::finish).collect())
    }
}

impl Texts {
    fn code(&mut self, text: &str) -> u32 {
        let next = self.values.len();
        let code = *self.codes.entry_ref(text).or_insert(next);
        if code == next {
            self.values.push(text.to_owned());
        }
        u32::try_from(code).unwrap_or(MISSING_TEXT)
    }
}

impl<'a> ColumnBuilder<'a> {
    fn new(name: &'a str, kind: &'a Type, room: usize) -> Self {
        let rows = match kind {
            Type::Timestamp => Rows::Times(Vec::with_capacity(room)),
            Type::Text | Type::Category(_) => Rows::Codes(Vec::with_capacity(room)),
            Type::Number | Type::Bool | Type::Duration => Rows::Numbers(Vec::with_capacity(room)),
        };
        let mut texts = Texts::default();
        if let Type::Category(values) = kind {
            for value in values {
                texts.code(value);
            }
        }
        Self { name, kind, rows, texts }
    }

    fn extend<'v>(&mut self, values: impl Iterator<Item = Value<'v>>) {
        match &mut self.rows {
            Rows::Numbers(rows) => rows.extend(values.map(|value| match value {
                Value::Bool(truth) => f64::from(u8::from(truth)),
                value => value.as_number(),
            })),
            Rows::Codes(rows) => {
                let code =
                    |text: Option<&str>| text.map_or(MISSING_TEXT, |text| self.texts.code(text));
                rows.extend(values.map(Value::as_text).map(code));
            }
            Rows::Times(rows) => {
                let micros = |at: Option<Timestamp>| at.map_or(MISSING_TIME, Timestamp::as_micros);
                rows.extend(values.map(Value::as_time).map(micros));
            }
        }
    }

    fn append(&mut self, other: Self) {
        match (&mut self.rows, other.rows) {
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

    fn finish(self) -> FeatureColumn {
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
                let mut values = self.texts.values.clone();
                values.sort_unstable();
                FeatureType::Category { values }
            }
        };
        let data = match (self.rows, &kind) {
            (Rows::Numbers(rows), _) => FeatureData::Number(rows.into()),
            (Rows::Times(rows), _) => FeatureData::Time(rows.into()),
            (Rows::Codes(rows), FeatureType::Category { values }) => {
                let seen = &self.texts.values;
                let places: Vec<f64> = match self.kind {
                    Type::Category(declared) if !declared.is_empty() => {
                        (0..seen.len()).map(index).collect()
                    }
                    _ => {
                        let place = |name| values.binary_search(name).map_or(f64::NAN, index);
                        seen.iter().map(place).collect()
                    }
                };
                let number = |code: u32| places.get(code as usize).copied().unwrap_or(f64::NAN);
                FeatureData::Number(rows.into_iter().map(number).collect())
            }
            (Rows::Codes(rows), _) => {
                FeatureData::Text(TextColumn { codes: rows.into(), values: self.texts.values })
            }
        };
        FeatureColumn { name: self.name.to_owned(), kind, data }
    }
}

/// A code as a number.
#[expect(clippy::cast_precision_loss, reason = "no dictionary has 2^53 names")]
fn index(code: usize) -> f64 {
    code as f64
}
