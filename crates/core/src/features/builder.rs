//! A part of a feature table under construction: rows of frames become rows of typed columns.

use hashbrown::HashMap;

use super::columnar::{ColumnStep, Columnar, Read, Source};
use super::output::Part;
use super::plan::Frames;
use crate::columns::{MISSING_TEXT, MISSING_TIME};
use crate::expr::{Column, Computed, Type, Value};
use crate::time::Timestamp;

/// From so many rows on, expressions over columns are computed.
pub(super) const BLOCK: usize = 2048;

/// Some rows of a feature table, in order.
#[derive(Debug)]
pub(super) struct Builder<'o> {
    pub(super) customer: Part<'o, u32>,
    pub(super) as_of: Part<'o, i64>,
    /// The rows of each column; hidden columns have those of the current block.
    pub(super) rows: Vec<Rows<'o>>,
    /// The texts of each column.
    pub(super) texts: Vec<Texts>,
    pub(super) columnar: &'o Columnar<'o>,
    /// Where the current block begins.
    pub(super) block: usize,
}

/// The rows of a column.
#[derive(Debug)]
pub(super) enum Rows<'o> {
    Numbers(Part<'o, f64>),
    /// Booleans as 0 and 1.
    Flags(Part<'o, f64>),
    Codes(Part<'o, u32>),
    Times(Part<'o, i64>),
}

/// The texts of a category or of texts, by code.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Those seen, in the order in which they came.
    pub(super) values: Vec<String>,
    codes: HashMap<String, usize>,
}

/// What is left of a builder when its rows are written.
#[derive(Debug)]
pub(super) struct Written {
    /// The number of rows.
    pub(super) len: usize,
    pub(super) texts: Vec<Texts>,
}

impl<'o> Builder<'o> {
    /// The columns that aggregates write to themselves.
    pub(super) fn columns(&mut self) -> (&'o Columnar<'o>, &mut [Rows<'o>]) {
        (self.columnar, &mut self.rows)
    }

    /// Adds the rows of a customer, by its place among all: one for each instant, or for each that
    /// is kept. What aggregates wrote themselves is there already.
    pub(super) fn push(
        &mut self,
        customer: u32,
        instants: &[Timestamp],
        attributes: &[Value<'_>],
        frames: &Frames<'_>,
        kept: Option<&[bool]>,
    ) {
        let count = instants.len();
        self.customer.repeat(customer, count);
        self.as_of.extend(instants.iter().map(|at| at.as_micros()));
        let columns = self.rows.iter_mut().zip(&mut self.texts).zip(&self.columnar.sources);
        for ((rows, texts), source) in columns {
            match *source {
                Source::Aggregate | Source::Step => {}
                Source::Frame(slot) => rows.extend(texts, frames.slot(slot)),
                Source::Attribute(index) => {
                    rows.extend(texts, std::iter::repeat_n(attributes[index], count));
                }
            }
        }
        if let Some(kept) = kept {
            self.customer.keep(kept);
            self.as_of.keep(kept);
            let columns = self.rows.iter_mut().zip(&self.columnar.sources);
            let there = columns.filter(|(_, source)| **source != Source::Step);
            there.for_each(|(rows, _)| rows.keep(kept));
        }
        if self.customer.len() - self.block >= BLOCK {
            self.compute();
        }
    }

    /// Computes the expressions over columns for the current block, and begins another.
    fn compute(&mut self) {
        let (features, count) = (self.features(), self.customer.len() - self.block);
        for ColumnStep { column, program, reads } in &self.columnar.computed {
            let columns: Vec<Column<'_>> = reads
                .iter()
                .map(|read| match *read {
                    Read::AsOf => Column::Times(self.as_of.last(count)),
                    Read::Column(at) => self.rows[at].last(count, &self.texts[at]),
                })
                .collect();
            let computed = program.compute(&columns, 0..count).map(Computed::into_owned);
            match (&mut self.rows[*column], computed) {
                (Rows::Numbers(into), Some(Computed::Numbers(rows))) => into.append(&rows),
                (Rows::Flags(into), Some(Computed::Flags(rows))) => into.append(&rows),
                (Rows::Times(into), Some(Computed::Times(rows))) => into.append(&rows),
                // A step computes what its column holds.
                _ => {}
            }
        }
        self.rows[features..].iter_mut().for_each(Rows::clear);
        self.block = self.customer.len();
    }

    /// The number of features: the columns behind them are hidden.
    fn features(&self) -> usize {
        self.rows.len() - self.columnar.hidden.len()
    }

    /// What is left when all rows are written.
    pub(super) fn written(mut self) -> Written {
        self.compute();
        let features = self.features();
        self.texts.truncate(features);
        Written { len: self.customer.len(), texts: self.texts }
    }
}

impl Rows<'_> {
    /// Appends a value, which is no text, `times` times.
    pub(super) fn repeat(&mut self, value: Value<'_>, times: usize) {
        match self {
            Self::Numbers(rows) => rows.repeat(value.as_number(), times),
            Self::Flags(rows) => rows.repeat(flag(value), times),
            Self::Codes(rows) => rows.repeat(MISSING_TEXT, times),
            Self::Times(rows) => rows.repeat(micros(value), times),
        }
    }

    fn extend<'v>(&mut self, texts: &mut Texts, values: impl Iterator<Item = Value<'v>>) {
        match self {
            Self::Numbers(rows) => rows.extend(values.map(Value::as_number)),
            Self::Flags(rows) => rows.extend(values.map(flag)),
            Self::Codes(rows) => {
                let code = |text: Option<&str>| text.map_or(MISSING_TEXT, |text| texts.code(text));
                rows.extend(values.map(Value::as_text).map(code));
            }
            Self::Times(rows) => rows.extend(values.map(micros)),
        }
    }

    /// Of the last rows, keeps those that `kept` says.
    fn keep(&mut self, kept: &[bool]) {
        match self {
            Self::Numbers(rows) | Self::Flags(rows) => rows.keep(kept),
            Self::Codes(rows) => rows.keep(kept),
            Self::Times(rows) => rows.keep(kept),
        }
    }

    /// The last rows, as expressions read them.
    fn last<'r>(&'r self, count: usize, texts: &'r Texts) -> Column<'r> {
        match self {
            Self::Numbers(rows) => Column::Numbers(rows.last(count)),
            Self::Flags(rows) => Column::Flags(rows.last(count)),
            Self::Codes(rows) => Column::Texts { codes: rows.last(count), values: &texts.values },
            Self::Times(rows) => Column::Times(rows.last(count)),
        }
    }

    fn clear(&mut self) {
        match self {
            Self::Numbers(rows) | Self::Flags(rows) => rows.clear(),
            Self::Codes(rows) => rows.clear(),
            Self::Times(rows) => rows.clear(),
        }
    }
}

impl Texts {
    /// The texts of a column of that type before the first row.
    pub(super) fn new(kind: &Type) -> Self {
        let mut texts = Self::default();
        if let Type::Category(values) = kind {
            for value in values {
                texts.code(value);
            }
        }
        texts
    }

    pub(super) fn code(&mut self, text: &str) -> u32 {
        let next = self.values.len();
        let code = *self.codes.entry_ref(text).or_insert(next);
        if code == next {
            self.values.push(text.to_owned());
        }
        u32::try_from(code).unwrap_or(MISSING_TEXT)
    }
}

/// A truth as 0 or 1.
fn flag(value: Value<'_>) -> f64 {
    value.as_bool().map_or(f64::NAN, |truth| f64::from(u8::from(truth)))
}

fn micros(value: Value<'_>) -> i64 {
    value.as_time().map_or(MISSING_TIME, Timestamp::as_micros)
}
