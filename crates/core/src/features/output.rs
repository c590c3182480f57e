//! A feature table under construction. There is room for every row that may come, and threads fill
//! parts of it that are their own: nothing is copied but what closes the gaps between them.

use std::sync::Arc;

use super::builder::{Builder, Rows, Texts, Written, first};
use super::columnar::Columnar;
use super::plan::{FeatureSet, FeatureSpec};
use super::table::{FeatureColumn, FeatureData, FeatureTable, FeatureType, Keys};
use crate::columns::{Dictionary, MISSING_TEXT, TextColumn};
use crate::error::Result;
use crate::expr::Type;

/// A table with room for all rows.
#[derive(Debug)]
pub(super) struct Output {
    /// The room of each part.
    rooms: Vec<usize>,
    customer: Vec<u32>,
    as_of: Vec<i64>,
    columns: Vec<Column>,
    /// The room of a hidden column in each part.
    block: usize,
    /// Columns that only others are computed from, with room for a block of rows in each part.
    hidden: Vec<Column>,
}

/// A column with room for all rows, zeros before it is written.
#[derive(Debug)]
enum Column {
    Numbers(Vec<f64>),
    Counts(Vec<i32>),
    Flags(Vec<f64>),
    Codes(Vec<u32>),
    Times(Vec<i64>),
}

impl Output {
    /// A table of parts with so much room, where hidden columns have room for a `block` of rows,
    /// made by so many threads: memory that was used before is written with zeros.
    pub(super) fn new(
        set: &FeatureSet,
        rooms: Vec<usize>,
        columnar: &Columnar<'_>,
        block: usize,
        threads: usize,
    ) -> Self {
        let room = rooms.iter().sum();
        let (counts, hidden_counts) = columnar.counts.split_at(set.specs.len());
        let kinds = set.specs.iter().map(|spec| spec.program.kind()).zip(counts).collect();
        let hidden = columnar.hidden.iter().zip(hidden_counts);
        let column = |room| move |(kind, counts): (&Type, &bool)| Column::new(kind, *counts, room);
        Self {
            columns: crate::threads::map(kinds, threads, column(room)),
            hidden: hidden.map(column(block * rooms.len())).collect(),
            rooms,
            block,
            customer: vec![0; room],
            as_of: vec![0; room],
        }
    }

    /// The builders of the parts.
    pub(super) fn builders<'o>(
        &'o mut self,
        set: &FeatureSet,
        columnar: &'o Columnar<'o>,
    ) -> Vec<Builder<'o>> {
        let Self { rooms, block, customer, as_of, columns, hidden } = self;
        let (mut customer, mut as_of) = (&mut customer[..], &mut as_of[..]);
        let mut columns: Vec<Rows<'_>> = columns.iter_mut().map(Column::rows).collect();
        let mut hidden: Vec<Rows<'_>> = hidden.iter_mut().map(Column::rows).collect();
        let kinds = || set.specs.iter().map(|spec| spec.program.kind()).chain(&columnar.hidden);
        let builder = |room: &usize| {
            let columns = columns.iter_mut().map(|rest| rest.split_off(*room));
            let hidden = hidden.iter_mut().map(|rest| rest.split_off(*block));
            Builder {
                customer: first(&mut customer, *room),
                as_of: first(&mut as_of, *room),
                rows: columns.chain(hidden).collect(),
                texts: kinds().map(Texts::new).collect(),
                columnar,
                len: 0,
                dropped: 0,
                block: 0,
            }
        };
        rooms.iter().map(builder).collect()
    }

    /// The table, whose keys name `customers` by their place, of what was written to the parts.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub(super) fn finish(
        self,
        set: &FeatureSet,
        customers: Arc<Dictionary>,
        written: Vec<Written>,
        threads: usize,
    ) -> Result<FeatureTable> {
        let Self { rooms, mut customer, mut as_of, columns, .. } = self;
        let (lens, texts): (Vec<usize>, Vec<Vec<Texts>>) =
            written.into_iter().map(|part| (part.len, part.texts)).unzip();
        let spans: Vec<(usize, usize)> = rooms.into_iter().zip(lens).collect();
        close(&mut customer, &spans);
        close(&mut as_of, &spans);
        let mut texts: Vec<_> = texts.into_iter().map(Vec::into_iter).collect();
        let columns: Vec<(Column, &FeatureSpec, Vec<Texts>)> = columns
            .into_iter()
            .zip(&set.specs)
            .map(|(column, spec)| {
                (column, spec, texts.iter_mut().filter_map(Iterator::next).collect())
            })
            .collect();
        let columns = crate::threads::map(columns, threads, |(column, spec, texts)| {
            column.join(spec, &texts, &spans)
        });
        let keys = Keys { customers, customer: customer.into(), as_of: as_of.into() };
        FeatureTable::new(keys, columns)
    }
}

impl Column {
    /// Room for values of a type, or for counts.
    fn new(kind: &Type, counts: bool, room: usize) -> Self {
        match kind {
            Type::Number if counts => Self::Counts(vec![0; room]),
            Type::Timestamp => Self::Times(vec![0; room]),
            Type::Text | Type::Category(_) => Self::Codes(vec![0; room]),
            Type::Bool => Self::Flags(vec![0.0; room]),
            Type::Number | Type::Duration => Self::Numbers(vec![0.0; room]),
        }
    }

    fn rows(&mut self) -> Rows<'_> {
        match self {
            Self::Numbers(rows) => Rows::Numbers(rows),
            Self::Counts(rows) => Rows::Counts(rows),
            Self::Flags(rows) => Rows::Flags(rows),
            Self::Codes(rows) => Rows::Codes(rows),
            Self::Times(rows) => Rows::Times(rows),
        }
    }

    /// Brings the parts together.
    fn join(
        mut self,
        spec: &FeatureSpec,
        texts: &[Texts],
        spans: &[(usize, usize)],
    ) -> FeatureColumn {
        let mut all = Texts::new(spec.program.kind());
        match &mut self {
            Self::Numbers(rows) | Self::Flags(rows) => close(rows, spans),
            Self::Counts(rows) => close(rows, spans),
            Self::Times(rows) => close(rows, spans),
            Self::Codes(rows) => {
                let mut start = 0;
                for (texts, (room, len)) in texts.iter().zip(spans) {
                    // Each part has codes of its own.
                    let codes: Vec<u32> = texts.values.iter().map(|text| all.code(text)).collect();
                    for row in &mut rows[start..start + len] {
                        *row = codes.get(*row as usize).copied().unwrap_or(MISSING_TEXT);
                    }
                    start += room;
                }
                close(rows, spans);
            }
        }
        self.finish(spec, all)
    }

    /// The column as it is in the table.
    fn finish(self, spec: &FeatureSpec, texts: Texts) -> FeatureColumn {
        let kind = match spec.program.kind() {
            Type::Number | Type::Duration => FeatureType::Number,
            Type::Bool => FeatureType::Bool,
            Type::Text => FeatureType::Text,
            Type::Timestamp => FeatureType::Timestamp,
            Type::Category(values) if !values.is_empty() => {
                FeatureType::Category { values: values.clone() }
            }
            // An open category: its names in alphabetical order, whatever order rows came in.
            Type::Category(_) => {
                let mut values = texts.values.clone();
                values.sort_unstable();
                FeatureType::Category { values }
            }
        };
        let data = match (self, &kind) {
            (Self::Numbers(rows) | Self::Flags(rows), _) => FeatureData::Number(rows.into()),
            (Self::Counts(rows), _) => FeatureData::Count(rows.into()),
            (Self::Times(rows), _) => FeatureData::Time(rows.into()),
            (Self::Codes(rows), FeatureType::Category { values }) => {
                let seen = &texts.values;
                let places: Vec<f64> = match spec.program.kind() {
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
            (Self::Codes(rows), _) => FeatureData::Text(TextColumn::new(rows, texts.values)),
        };
        FeatureColumn { name: spec.name.clone(), kind, data }
    }
}

/// Moves the rows of all parts together: of each the room and how many rows there are.
fn close<T: Copy>(rows: &mut Vec<T>, spans: &[(usize, usize)]) {
    let (mut from, mut to) = (0, 0);
    for (room, len) in spans {
        if from != to {
            rows.copy_within(from..from + len, to);
        }
        from += room;
        to += len;
    }
    rows.truncate(to);
    rows.shrink_to_fit();
}

/// A code as a number.
#[expect(clippy::cast_precision_loss, reason = "no dictionary has 2^53 names")]
fn index(code: usize) -> f64 {
    code as f64
}
