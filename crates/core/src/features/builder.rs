//! A part of a feature table under construction: rows of frames become rows of typed columns.

use std::ops::Range;

use hashbrown::HashMap;

use super::columnar::{ColumnStep, Columnar, Read, Source};
use super::frames::Frames;
use crate::columns::{MISSING_TEXT, MISSING_TIME};
use crate::expr::{Column, Computed, Type, Value};
use crate::time::Timestamp;

/// From so many rows on, expressions over columns are computed.
pub(super) const BLOCK: usize = 2048;

/// Some rows of a feature table, written in order to room that begins as zeros.
#[derive(Debug)]
pub(super) struct Builder<'o> {
    pub(super) customer: &'o mut [u32],
    pub(super) as_of: &'o mut [i64],
    /// The room of each column; that of hidden columns is used again for each block.
    pub(super) rows: Vec<Rows<'o>>,
    /// The texts of each column.
    pub(super) texts: Vec<Texts>,
    pub(super) columnar: &'o Columnar<'o>,
    /// The number of rows written.
    pub(super) len: usize,
    /// How many rows that were to come were not kept: zeros before the next.
    pub(super) dropped: usize,
    /// The first row of the current block.
    pub(super) block: usize,
}

/// Rows of a column.
#[derive(Debug)]
pub(super) enum Rows<'o> {
    Numbers(&'o mut [f64]),
    Counts(&'o mut [i32]),
    /// Booleans as 0 and 1.
    Flags(&'o mut [f64]),
    Codes(&'o mut [u32]),
    Times(&'o mut [i64]),
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

impl Builder<'_> {
    /// The rows of a column to come, for aggregates to write to.
    pub(super) fn coming(&mut self, column: usize) -> Rows<'_> {
        let at = self.place(column, self.len);
        let rows = &mut self.rows[column];
        rows.part(at..rows.len())
    }

    /// Where a row stands in a column.
    fn place(&self, column: usize, row: usize) -> usize {
        if column < self.features() { row } else { row - self.block }
    }

    /// Adds the rows of a customer, by its place among all: one for each instant, or for each that
    /// is kept. What aggregates wrote is there already, behind rows to come that were not kept.
    pub(super) fn push(
        &mut self,
        customer: u32,
        instants: &[Timestamp],
        attributes: &[Value<'_>],
        (frames, first): (&Frames<'_>, usize),
        kept: Option<&[bool]>,
    ) {
        let (start, count) = (self.len + self.dropped, instants.len());
        self.customer[start..start + count].fill(customer);
        for (into, at) in self.as_of[start..].iter_mut().zip(instants) {
            *into = at.as_micros();
        }
        let columnar = self.columnar;
        for (column, source) in &columnar.pushed {
            let at = self.place(*column, start);
            let mut rows = self.rows[*column].part(at..at + count);
            let texts = &mut self.texts[*column];
            match *source {
                Source::Frame(slot) => rows.write(texts, frames.slot(slot, first).take(count)),
                Source::Attribute(index) => {
                    rows.write(texts, std::iter::repeat_n(attributes[index], count));
                }
            }
        }
        match kept {
            None => self.len += count,
            Some(kept) => self.keep(kept),
        }
    }

    /// Of the rows to come, brings those together that are kept.
    fn keep(&mut self, kept: &[bool]) {
        let (start, end) = (self.len, self.len + self.dropped + kept.len());
        keep(&mut self.customer[start..end], kept);
        keep(&mut self.as_of[start..end], kept);
        for column in 0..self.rows.len() {
            let at = self.place(column, start);
            self.rows[column].part(at..at + end - start).keep(kept);
        }
        let count = kept.iter().filter(|kept| **kept).count();
        self.len += count;
        self.dropped += kept.len() - count;
    }

    /// Says that no row is to come before aggregates write again.
    pub(super) fn settle(&mut self) {
        self.dropped = 0;
        if self.len - self.block >= BLOCK {
            self.compute();
        }
    }

    /// Computes the expressions over columns for the current block, and begins another.
    fn compute(&mut self) {
        let (features, block) = (self.features(), self.block..self.len);
        // Hidden columns hold the current block alone.
        let place = |column| if column < features { block.clone() } else { 0..block.len() };
        for ColumnStep { column, program, reads } in &self.columnar.computed {
            let columns: Vec<Column<'_>> = reads
                .iter()
                .map(|read| match *read {
                    Read::AsOf => Column::Times(&self.as_of[block.clone()]),
                    Read::Column(at) => self.rows[at].column(place(at), &self.texts[at]),
                })
                .collect();
            let computed = program.compute(&columns, 0..block.len()).map(Computed::into_owned);
            match (self.rows[*column].part(place(*column)), computed) {
                (Rows::Numbers(into), Some(Computed::Numbers(rows))) => into.copy_from_slice(&rows),
                (Rows::Flags(into), Some(Computed::Flags(rows))) => into.copy_from_slice(&rows),
                (Rows::Times(into), Some(Computed::Times(rows))) => into.copy_from_slice(&rows),
                // A step computes what its column holds.
                _ => {}
            }
        }
        self.rows[features..].iter_mut().for_each(|rows| rows.part(0..block.len()).clear());
        self.block = self.len;
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
        Written { len: self.len, texts: self.texts }
    }
}

impl Rows<'_> {
    /// The first `count` of them, which are no longer among these.
    pub(super) fn split_off(&mut self, count: usize) -> Self {
        match self {
            Self::Numbers(all) => Self::Numbers(first(all, count)),
            Self::Counts(all) => Self::Counts(first(all, count)),
            Self::Flags(all) => Self::Flags(first(all, count)),
            Self::Codes(all) => Self::Codes(first(all, count)),
            Self::Times(all) => Self::Times(first(all, count)),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Numbers(all) | Self::Flags(all) => all.len(),
            Self::Counts(all) => all.len(),
            Self::Codes(all) => all.len(),
            Self::Times(all) => all.len(),
        }
    }

    /// Some of them.
    #[inline]
    pub(super) fn part(&mut self, rows: Range<usize>) -> Rows<'_> {
        match self {
            Self::Numbers(all) => Rows::Numbers(&mut all[rows]),
            Self::Counts(all) => Rows::Counts(&mut all[rows]),
            Self::Flags(all) => Rows::Flags(&mut all[rows]),
            Self::Codes(all) => Rows::Codes(&mut all[rows]),
            Self::Times(all) => Rows::Times(&mut all[rows]),
        }
    }

    /// Writes a value, which is no text, to one row.
    #[inline]
    pub(super) fn set(&mut self, at: usize, value: Value<'_>) {
        match self {
            Self::Numbers(rows) => rows[at] = value.as_number(),
            Self::Counts(rows) => rows[at] = whole(value),
            Self::Flags(rows) => rows[at] = flag(value),
            Self::Codes(rows) => rows[at] = MISSING_TEXT,
            Self::Times(rows) => rows[at] = micros(value),
        }
    }

    /// Writes a value, which is no text, to all rows.
    pub(super) fn fill(self, value: Value<'_>) {
        match self {
            Self::Numbers(rows) => rows.fill(value.as_number()),
            Self::Counts(rows) => rows.fill(whole(value)),
            Self::Flags(rows) => rows.fill(flag(value)),
            Self::Codes(rows) => rows.fill(MISSING_TEXT),
            Self::Times(rows) => rows.fill(micros(value)),
        }
    }

    fn write<'v>(&mut self, texts: &mut Texts, values: impl Iterator<Item = Value<'v>>) {
        match self {
            Self::Codes(rows) => {
                for (into, value) in rows.iter_mut().zip(values) {
                    *into = value.as_text().map_or(MISSING_TEXT, |text| texts.code(text));
                }
            }
            rows => values.enumerate().for_each(|(at, value)| rows.set(at, value)),
        }
    }

    fn keep(self, kept: &[bool]) {
        match self {
            Self::Numbers(rows) | Self::Flags(rows) => keep(rows, kept),
            Self::Counts(rows) => keep(rows, kept),
            Self::Codes(rows) => keep(rows, kept),
            Self::Times(rows) => keep(rows, kept),
        }
    }

    fn clear(self) {
        match self {
            Self::Numbers(rows) | Self::Flags(rows) => rows.fill(0.0),
            Self::Counts(rows) => rows.fill(0),
            Self::Codes(rows) => rows.fill(0),
            Self::Times(rows) => rows.fill(0),
        }
    }

    /// Some of them, as expressions read them.
    fn column<'r>(&'r self, rows: Range<usize>, texts: &'r Texts) -> Column<'r> {
        match self {
            Self::Numbers(all) => Column::Numbers(&all[rows]),
            Self::Counts(all) => Column::Counts(&all[rows]),
            Self::Flags(all) => Column::Flags(&all[rows]),
            Self::Codes(all) => Column::Texts { codes: &all[rows], values: &texts.values },
            Self::Times(all) => Column::Times(&all[rows]),
        }
    }
}

/// The first `count` of some rows, which are no longer among them.
#[expect(clippy::mut_mut, reason = "the slice becomes shorter")]
pub(super) fn first<'o, T>(rows: &mut &'o mut [T], count: usize) -> &'o mut [T] {
    rows.split_off_mut(..count).unwrap_or_default()
}

/// Moves those of the last rows that are kept to the front, and leaves zeros behind them.
fn keep<T: Copy + Default>(rows: &mut [T], kept: &[bool]) {
    let first = rows.len() - kept.len();
    let mut len = 0;
    for (at, _) in kept.iter().enumerate().filter(|(_, kept)| **kept) {
        rows[len] = rows[first + at];
        len += 1;
    }
    rows[len..].fill(T::default());
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

/// A count, of which a batch has none past 2^31: no table has more rows.
#[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^31")]
fn whole(value: Value<'_>) -> i32 {
    value.as_number() as i32
}

/// A truth as 0 or 1.
fn flag(value: Value<'_>) -> f64 {
    value.as_bool().map_or(f64::NAN, |truth| f64::from(u8::from(truth)))
}

fn micros(value: Value<'_>) -> i64 {
    value.as_time().map_or(MISSING_TIME, Timestamp::as_micros)
}
