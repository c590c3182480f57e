//! Feature tables of many customers at many instants, and training sets.

use std::collections::BTreeMap;

use super::plan::{FeatureSet, Plan, Subject};
use super::table::{
    FeatureColumn, FeatureData, FeatureTable, FeatureType, LeftOut, RowKey, TrainingSet,
};
use crate::error::{Error, Result};
use crate::event::CustomerTable;
use crate::expr::{Program, Type, Value};
use crate::history::EventLog;
use crate::schema::Schema;
use crate::time::{Span, Timestamp};

/// The churn label: a condition asked of the time after `as_of`.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSpec {
    /// Whether the customer churned.
    pub label: Program,
    /// Which customers the question is asked of; all where there is none.
    pub eligible: Option<Program>,
    /// Time between `as_of` and the interval that the label reads.
    pub gap: Span,
    /// Length of that interval.
    pub horizon: Span,
    /// Whether the label reads the interval at all.
    pub reads_horizon: bool,
}

/// Everything a batch reads.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// The features.
    pub features: &'a FeatureSet,
    /// The events of all customers.
    pub events: &'a EventLog,
    /// The customers that make the rows; where there are none, those with an event do.
    pub customers: Option<&'a CustomerTable>,
}

/// A row's subject, by position in the event log and in the customer table.
struct Row {
    id: String,
    in_log: Option<usize>,
    in_table: Option<usize>,
}

impl Batch<'_> {
    /// One row for each customer at each instant, ordered by `customer_id`, then `as_of`.
    ///
    /// Without a customer table, a customer has rows from the instant of the first event on.
    /// Cost: for each row, a binary search an aggregate and the events inside its window.
    ///
    /// # Errors
    /// `argument` when there is no instant.
    pub fn features(&self, as_of: &[Timestamp]) -> Result<FeatureTable> {
        let plan = Plan::new(self.schema, self.features);
        let mut builder = Builder::new(self.features);
        let mut frame = Vec::new();
        self.each(&plan, as_of, &mut frame, |id, at, frame| {
            builder.push(id, at, &plan, frame);
            Ok(())
        })?;
        builder.finish()
    }

    /// The same rows with the label that came true after each, without those that have none.
    ///
    /// # Errors
    /// `argument` when there is no instant.
    pub fn training_set(&self, label: &LabelSpec, as_of: &[Timestamp]) -> Result<TrainingSet> {
        let mut plan = Plan::new(self.schema, self.features);
        let churned = plan.bind(self.schema, &label.label);
        let eligible = label.eligible.as_ref().map(|program| plan.bind(self.schema, program));
        let end = self.events.end();
        let mut builder = Builder::new(self.features);
        let mut labels = Vec::new();
        let mut left_out = LeftOut::default();
        let mut frame = Vec::new();
        self.each(&plan, as_of, &mut frame, |id, at, frame| {
            let needs = at.plus(label.gap).plus(label.horizon);
            if eligible.as_ref().is_some_and(|program| program.eval(frame) != Value::Bool(true)) {
                left_out.not_eligible += 1;
            } else if label.reads_horizon && end.is_none_or(|end| needs > end) {
                left_out.horizon_past_data += 1;
            } else if let Value::Bool(truth) = churned.eval(frame) {
                labels.push(f64::from(u8::from(truth)));
                builder.push(id, at, &plan, frame);
            } else {
                left_out.label_missing += 1;
            }
            Ok(())
        })?;
        Ok(TrainingSet { table: builder.finish()?, labels, left_out })
    }

    /// Calls `visit` with the filled frame of each row, in order.
    fn each<'p>(
        &'p self,
        plan: &'p Plan,
        as_of: &[Timestamp],
        frame: &mut Vec<Value<'p>>,
        mut visit: impl FnMut(&str, Timestamp, &[Value<'p>]) -> Result<()>,
    ) -> Result<()> {
        if as_of.is_empty() {
            return Err(Error::argument("as_of", "expected at least one instant, found none"));
        }
        let mut instants = as_of.to_vec();
        instants.sort_unstable();
        instants.dedup();
        for row in self.rows() {
            let history = self.events.view(row.in_log);
            let first =
                history.types.iter().filter_map(|events| events.times().first()).min().copied();
            let subject = match (self.customers, row.in_table) {
                (Some(table), Some(at)) => {
                    Subject::new(history, self.schema, &table.attributes, at)
                }
                _ => Subject::by_default(history, self.schema),
            };
            for at in &instants {
                let started = first.is_some_and(|first| first <= at.as_micros());
                if self.customers.is_some() || started {
                    plan.fill(&subject, *at, frame);
                    visit(&row.id, *at, frame)?;
                }
            }
        }
        Ok(())
    }

    /// The subjects, ordered by identifier.
    fn rows(&self) -> Vec<Row> {
        let Some(table) = self.customers else {
            let rows = self.events.customers.iter().enumerate();
            return rows
                .map(|(at, id)| Row { id: id.clone(), in_log: Some(at), in_table: None })
                .collect();
        };
        let mut rows: Vec<Row> = table
            .ids
            .iter()
            .enumerate()
            .map(|(at, id)| Row {
                id: id.clone(),
                in_log: self.events.find(id),
                in_table: Some(at),
            })
            .collect();
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        rows
    }
}

/// A feature table under construction.
struct Builder<'a> {
    keys: Vec<RowKey>,
    columns: Vec<ColumnBuilder<'a>>,
}

struct ColumnBuilder<'a> {
    name: &'a str,
    kind: &'a Type,
    data: FeatureData,
    /// For a category: the code of each name.
    codes: BTreeMap<String, usize>,
}

impl<'a> Builder<'a> {
    fn new(set: &'a FeatureSet) -> Self {
        let columns =
            set.specs.iter().map(|spec| ColumnBuilder::new(&spec.name, spec.program.kind()));
        Self { keys: Vec::new(), columns: columns.collect() }
    }

    fn push(&mut self, id: &str, as_of: Timestamp, plan: &Plan, frame: &[Value<'_>]) {
        self.keys.push(RowKey { customer_id: id.to_owned(), as_of });
        for (index, column) in self.columns.iter_mut().enumerate() {
            column.push(frame[plan.feature(index)]);
        }
    }

    fn finish(self) -> Result<FeatureTable> {
        let columns = self.columns.into_iter().map(ColumnBuilder::finish).collect();
        FeatureTable::new(self.keys, columns)
    }
}

impl<'a> ColumnBuilder<'a> {
    fn new(name: &'a str, kind: &'a Type) -> Self {
        let data = match kind {
            Type::Timestamp => FeatureData::Time(Vec::new()),
            Type::Text => FeatureData::Text(Vec::new()),
            _ => FeatureData::Number(Vec::new()),
        };
        let codes = match kind {
            Type::Category(values) => values.iter().cloned().zip(0..).collect(),
            _ => BTreeMap::new(),
        };
        Self { name, kind, data, codes }
    }

    fn push(&mut self, value: Value<'_>) {
        match &mut self.data {
            FeatureData::Time(rows) => rows.push(value.as_time()),
            FeatureData::Text(rows) => rows.push(value.as_text().map(str::to_owned)),
            FeatureData::Number(rows) => rows.push(match value {
                Value::Bool(truth) => f64::from(u8::from(truth)),
                Value::Text(text) => {
                    let next = self.codes.len();
                    let known = self.codes.get(text).copied();
                    index(known.unwrap_or_else(|| {
                        self.codes.insert(text.to_owned(), next);
                        next
                    }))
                }
                value => value.as_number(),
            }),
        }
    }

    fn finish(self) -> FeatureColumn {
        let mut data = self.data;
        let kind = match self.kind {
            Type::Number | Type::Duration => FeatureType::Number,
            Type::Bool => FeatureType::Bool,
            Type::Text => FeatureType::Text,
            Type::Timestamp => FeatureType::Timestamp,
            Type::Category(values) if !values.is_empty() => {
                FeatureType::Category { values: values.clone() }
            }
            Type::Category(_) => {
                // An open category: its names in alphabetical order, whatever order rows came in.
                let mut place = vec![f64::NAN; self.codes.len()];
                for (rank, code) in self.codes.values().enumerate() {
                    place[*code] = index(rank);
                }
                if let FeatureData::Number(rows) = &mut data {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "codes are indices"
                    )]
                    rows.iter_mut()
                        .filter(|code| !code.is_nan())
                        .for_each(|code| *code = place[*code as usize]);
                }
                FeatureType::Category { values: self.codes.into_keys().collect() }
            }
        };
        FeatureColumn { name: self.name.to_owned(), kind, data }
    }
}

/// A code as a number: exact, as no dictionary has 2^53 names.
#[expect(clippy::cast_precision_loss, reason = "no dictionary has 2^53 names")]
fn index(code: usize) -> f64 {
    code as f64
}
