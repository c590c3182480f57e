//! `Table` and `TrainingSet`: features by column, and the labels that came true.

use std::sync::Arc;

use napi::bindgen_prelude::{Either3, Env, Float64Array, Unknown};
use napi_derive::napi;
use serde_json::{Map, Value};
use stayput_core::columns::ColumnData;
use stayput_core::features::{FeatureColumn, FeatureTable, FeatureType};
use stayput_core::{Error, ErrorCode, Features, Reports, Result, Training, wire};

use crate::error::now;
use crate::input;
use crate::job::answers;
use crate::json::{self, Document};

/// Features of customers at instants: one row a customer and instant, one column a feature.
#[napi]
pub struct Table {
    source: Source,
}

/// What holds the table.
enum Source {
    Features(Arc<Features>),
    Training(Arc<Training>),
}

answers!(Table, TrainingSet);

impl From<Features> for Table {
    fn from(features: Features) -> Self {
        Self { source: Source::Features(Arc::new(features)) }
    }
}

/// A column: numbers with NaN where missing; texts or booleans with null where missing.
type Column = Either3<Float64Array, Vec<Option<String>>, Vec<Option<bool>>>;

#[napi]
impl Table {
    /// The number of rows.
    #[napi(getter)]
    pub fn length(&self) -> u32 {
        u32::try_from(self.table().len()).unwrap_or(u32::MAX)
    }

    /// The features, in the playbook's order.
    #[napi(getter)]
    pub fn names(&self) -> Vec<String> {
        self.table().columns.iter().map(|column| column.name.clone()).collect()
    }

    /// Every feature with its type.
    #[napi(getter, ts_return_type = "Record<string, FeatureType>")]
    pub fn types(&self, env: Env) -> napi::Result<Unknown<'static>> {
        let types = self.table().columns.iter();
        let types = types.map(|column| (column.name.clone(), column.kind.name().into()));
        let types: Map<String, Value> = types.collect();
        json::parse(env, &now(env, || wire::to_json(&types).map(Document))?)
    }

    /// The dictionary of a category: every name that it can have.
    #[napi(ts_args_type = "name: string")]
    pub fn categories(&self, env: Env, name: Unknown<'_>) -> napi::Result<Vec<String>> {
        now(env, || Ok(self.table().categories(&input::text(name, "name")?)?.to_vec()))
    }

    /// The customer of each row.
    #[napi(getter)]
    pub fn customer_ids(&self) -> Vec<String> {
        self.table().keys.iter().map(|row| row.customer_id).collect()
    }

    /// The instant that each row is about, in ISO 8601.
    #[napi(getter)]
    pub fn as_of(&self) -> Vec<String> {
        self.table().keys.iter().map(|row| row.as_of.to_string()).collect()
    }

    /// What became of the rows of events and customers.
    #[napi(getter, ts_return_type = "Reports")]
    pub fn report(&self, env: Env) -> napi::Result<Unknown<'static>> {
        let document = now(env, || wire::to_json(self.reports()).map(Document))?;
        json::parse(env, &document)
    }

    /// The rows as objects: `customer_id`, `as_of`, then the features; null where missing.
    #[napi(ts_return_type = "Array<FeatureRow>")]
    pub fn to_objects(&self, env: Env) -> napi::Result<Unknown<'static>> {
        let document = now(env, || wire::to_json(&wire::rows(self.table())).map(Document))?;
        json::parse(env, &document)
    }

    /// One feature of every row: numbers as a `Float64Array` with NaN where missing; categories,
    /// texts and instants as strings and booleans as booleans, with null where missing.
    #[napi(
        ts_args_type = "name: string",
        ts_return_type = "Float64Array | Array<string | null> | Array<boolean | null>"
    )]
    pub fn column(&self, env: Env, name: Unknown<'_>) -> napi::Result<Column> {
        now(env, || {
            let name = input::text(name, "name")?;
            let column = self.table().column(&name).ok_or_else(|| {
                Error::new(ErrorCode::TableColumn, "column", "is not in the table").at_path(name)
            })?;
            Ok(rows_of(column))
        })
    }
}

impl Table {
    pub(crate) fn table(&self) -> &FeatureTable {
        match &self.source {
            Source::Features(features) => &features.table,
            Source::Training(training) => &training.set.table,
        }
    }

    fn reports(&self) -> &Reports {
        match &self.source {
            Source::Features(features) => &features.report,
            Source::Training(training) => &training.report,
        }
    }

    /// The table once more; its rows are shared.
    pub(crate) fn share(&self) -> Self {
        let source = match &self.source {
            Source::Features(features) => Source::Features(Arc::clone(features)),
            Source::Training(training) => Source::Training(Arc::clone(training)),
        };
        Self { source }
    }
}

/// The rows of a column, as JavaScript has them.
fn rows_of(column: &FeatureColumn) -> Column {
    if let (FeatureType::Number, Some(rows)) = (&column.kind, column.numbers()) {
        return Either3::A(Float64Array::new(rows.into_owned()));
    }
    match column.data() {
        ColumnData::Bool(rows) => Either3::C(rows),
        data => {
            let text = |row| match data.value(row) {
                Value::String(text) => Some(text),
                _ => None,
            };
            Either3::B((0..data.len()).map(text).collect())
        }
    }
}

/// Feature rows with the churn label that came true after each of them.
#[napi]
pub struct TrainingSet {
    pub(crate) inner: Arc<Training>,
}

#[napi]
impl TrainingSet {
    /// The number of rows.
    #[napi(getter)]
    pub fn length(&self) -> u32 {
        self.table().length()
    }

    /// The features, in the playbook's order.
    #[napi(getter)]
    pub fn names(&self) -> Vec<String> {
        self.table().names()
    }

    /// The features, as they stood at each row's instant.
    #[napi(getter)]
    pub fn table(&self) -> Table {
        Table { source: Source::Training(Arc::clone(&self.inner)) }
    }

    /// One label a row: 1 when the customer churned, 0 when not, NaN where the row is censored.
    #[napi(getter)]
    pub fn labels(&self) -> Float64Array {
        Float64Array::new(self.inner.set.labels.clone())
    }

    /// For each row, whether the data end before its horizon does and leave the label open.
    #[napi(getter)]
    pub fn censored(&self) -> Vec<bool> {
        self.inner.set.censored.clone()
    }

    /// How many rows are not in the set, and why.
    #[napi(getter, ts_return_type = "LeftOut")]
    pub fn left_out(&self, env: Env) -> napi::Result<Unknown<'static>> {
        let document = now(env, || wire::to_json(&self.inner.set.left_out).map(Document))?;
        json::parse(env, &document)
    }

    /// What became of the rows of events and customers.
    #[napi(getter, ts_return_type = "Reports")]
    pub fn report(&self, env: Env) -> napi::Result<Unknown<'static>> {
        self.table().report(env)
    }

    /// The rows at `indices`, in that order.
    #[napi(ts_args_type = "indices: ReadonlyArray<number>")]
    pub fn select(&self, env: Env, indices: Unknown<'_>) -> napi::Result<TrainingSet> {
        now(env, || {
            let indices: Vec<usize> =
                wire::from_json(&json::stringify(env, indices, "indices")?, "indices")?;
            let (set, report) = (self.inner.set.select(&indices)?, self.inner.report.clone());
            Ok(Self { inner: Arc::new(Training { set, report }) })
        })
    }
}

/// The rows of a `Table` or of a `TrainingSet`, where `value` is one of them.
pub(crate) fn rows(value: Unknown<'_>, name: &str) -> Result<Table> {
    let expected = "a `Table` or a `TrainingSet`";
    if let Ok(set) = input::instance::<TrainingSet>(value, name, expected) {
        return Ok(set.table());
    }
    input::instance::<Table>(value, name, expected).map(|table| table.share())
}
