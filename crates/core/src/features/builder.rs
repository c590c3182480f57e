//! A part of a feature table under construction: rows of frames become rows of typed columns.

use hashbrown::HashMap;

use super::output::Part;
use super::plan::{Direct, Frames, Plan};
use crate::columns::{MISSING_TEXT, MISSING_TIME};
use crate::expr::{Type, Value};
use crate::time::Timestamp;

/// Some rows of a feature table, in order.
#[derive(Debug)]
pub(super) struct Builder<'o> {
    pub(super) customer: Part<'o, u32>,
    pub(super) as_of: Part<'o, i64>,
    /// The rows of each column.
    pub(super) rows: Vec<Rows<'o>>,
    /// The texts of each column.
    pub(super) texts: Vec<Texts>,
    pub(super) direct: Direct<'o>,
}

/// The rows of a column.
#[derive(Debug)]
pub(super) enum Rows<'o> {
    /// Numbers, and booleans as 0 and 1.
    Numbers(Part<'o, f64>),
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
    pub(super) fn direct(&mut self) -> (&Direct<'o>, &mut [Rows<'o>]) {
        (&self.direct, &mut self.rows)
    }

    /// Adds the rows of a customer, by its place among all: one for each instant, or for each that
    /// is kept. What aggregates wrote themselves is there already.
    pub(super) fn push(
        &mut self,
        customer: u32,
        instants: &[Timestamp],
        plan: &Plan,
        frames: &Frames<'_>,
        kept: Option<&[bool]>,
    ) {
        let before = self.customer.len();
        self.customer.repeat(customer, instants.len());
        self.as_of.extend(instants.iter().map(|at| at.as_micros()));
        for (index, (rows, texts)) in self.rows.iter_mut().zip(&mut self.texts).enumerate() {
            if rows.len() == before {
                rows.extend(texts, frames.slot(plan.feature(index)));
            }
        }
        if let Some(kept) = kept {
            self.customer.keep(before, kept);
            self.as_of.keep(before, kept);
            self.rows.iter_mut().for_each(|rows| rows.keep(before, kept));
        }
    }

    /// What is left when all rows are written.
    pub(super) fn written(self) -> Written {
        Written { len: self.customer.len(), texts: self.texts }
    }
}

impl Rows<'_> {
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
            Self::Numbers(rows) => rows.repeat(number(value), times),
            Self::Codes(rows) => rows.repeat(MISSING_TEXT, times),
            Self::Times(rows) => rows.repeat(micros(value), times),
        }
    }

    fn extend<'v>(&mut self, texts: &mut Texts, values: impl Iterator<Item = Value<'v>>) {
        match self {
            Self::Numbers(rows) => rows.extend(values.map(number)),
            Self::Codes(rows) => {
                let code = |text: Option<&str>| text.map_or(MISSING_TEXT, |text| texts.code(text));
                rows.extend(values.map(Value::as_text).map(code));
            }
            Self::Times(rows) => rows.extend(values.map(micros)),
        }
    }

    /// Of the rows from `start` on, keeps those that `kept` says.
    fn keep(&mut self, start: usize, kept: &[bool]) {
        match self {
            Self::Numbers(rows) => rows.keep(start, kept),
            Self::Codes(rows) => rows.keep(start, kept),
            Self::Times(rows) => rows.keep(start, kept),
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

fn number(value: Value<'_>) -> f64 {
    match value {
        Value::Bool(truth) => f64::from(u8::from(truth)),
        value => value.as_number(),
    }
}

fn micros(value: Value<'_>) -> i64 {
    value.as_time().map_or(MISSING_TIME, Timestamp::as_micros)
}
