//! The class `Playbook`, from events and customers to features and training sets; and `describe`,
//! what there is to know before there is a playbook.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use stayput_core::columns::Frame;
use stayput_core::wire;

use crate::answers::Description;
use crate::arguments::{Instants, TableArgument};
use crate::errors::{Result, detached};
use crate::files;
use crate::table::Table;
use crate::training_set::TrainingSet;

/// What a business knows, measures and does: customer attributes, event types, features, health,
/// lifecycle, segments, churn, campaigns and guardrails, in one TOML or JSON document.
#[pyclass(frozen, module = "stayput")]
pub(crate) struct Playbook {
    pub(crate) inner: stayput_core::Playbook,
}

#[pymethods]
impl Playbook {
    /// Reads a playbook from a file.
    #[staticmethod]
    fn load(path: PathBuf) -> Result<Self> {
        Self::parse(&files::read_text(&path)?)
    }

    /// Reads a playbook from its text: TOML, or JSON where it begins with `{`.
    #[staticmethod]
    fn parse(text: &str) -> Result<Self> {
        Ok(Self { inner: stayput_core::Playbook::parse(text)? })
    }

    /// A first playbook for a business that has such events and customers. Its `text` has the
    /// reason of every choice beside it: read and change it.
    ///
    /// `events` has the columns `customer_id`, `timestamp`, `type`, perhaps `event_id`, and any
    /// others; `customers` has `customer_id` and any others. `columns` renames columns of the
    /// events, `{yours: ours}`.
    #[staticmethod]
    #[pyo3(signature = (events, customers=None, *, columns=None))]
    fn suggest(
        py: Python<'_>,
        events: TableArgument<'_>,
        customers: Option<TableArgument<'_>>,
        columns: Option<BTreeMap<String, String>>,
    ) -> Result<Self> {
        let (events, customers) = frames(Some(events), customers, columns)?;
        Ok(Self { inner: detached(py, || wire::suggest(&events, customers.as_ref()))? })
    }

    /// The business the playbook is for.
    #[getter]
    fn name(&self) -> &str {
        self.inner.name()
    }

    /// The version that its writer gave it.
    #[getter]
    fn version(&self) -> &str {
        self.inner.version()
    }

    /// The document as given.
    #[getter]
    fn text(&self) -> &str {
        self.inner.text()
    }

    /// The features of customers at one instant or several.
    ///
    /// `events` has the columns `customer_id`, `timestamp`, `type`, perhaps `event_id`, and one
    /// for each property; `customers` has `customer_id` and one for each attribute. `columns`
    /// renames columns of the events, `{yours: ours}`. The rows are those of `customers`, or, without
    /// it, of everyone with an event by then, ordered by `customer_id` and `as_of`. What became
    /// of bad rows is in the table's `report`.
    #[pyo3(signature = (events, customers=None, *, as_of, columns=None, n_jobs=None))]
    fn features(
        &self,
        py: Python<'_>,
        events: Option<TableArgument<'_>>,
        customers: Option<TableArgument<'_>>,
        as_of: Instants<'_>,
        columns: Option<BTreeMap<String, String>>,
        n_jobs: Option<i64>,
    ) -> Result<Table> {
        let (events, customers) = frames(events, customers, columns)?;
        let as_of = as_of.read()?;
        let features =
            detached(py, || self.inner.features(&events, customers.as_ref(), &as_of, n_jobs))?;
        Table::of(Arc::new(features.table), features.report)
    }

    /// The features at many instants, each row with the churn label that came true after it.
    ///
    /// Arguments as in `features`. A row whose label cannot be known is left out and counted in
    /// `left_out`.
    #[pyo3(signature = (events, customers=None, *, as_of, columns=None, n_jobs=None))]
    fn training_set(
        &self,
        py: Python<'_>,
        events: Option<TableArgument<'_>>,
        customers: Option<TableArgument<'_>>,
        as_of: Instants<'_>,
        columns: Option<BTreeMap<String, String>>,
        n_jobs: Option<i64>,
    ) -> Result<TrainingSet> {
        let (events, customers) = frames(events, customers, columns)?;
        let as_of = as_of.read()?;
        let training =
            detached(py, || self.inner.training_set(&events, customers.as_ref(), &as_of, n_jobs))?;
        Ok(TrainingSet { set: training.set, report: training.report })
    }

    fn __repr__(&self) -> String {
        let features = self.inner.feature_set().specs.len();
        format!("Playbook {:?} {:?}: {features} features", self.name(), self.version())
    }
}

/// What the events are, and the customers where they are given: counts, types, columns, gaps,
/// duplicates, and what looks wrong. No playbook is needed; arguments as in `Playbook.suggest`.
#[pyfunction]
#[pyo3(signature = (events, customers=None, *, columns=None))]
pub(crate) fn describe<'py>(
    py: Python<'py>,
    events: TableArgument<'py>,
    customers: Option<TableArgument<'py>>,
    columns: Option<BTreeMap<String, String>>,
) -> Result<Description<'py>> {
    let (events, customers) = frames(Some(events), customers, columns)?;
    let json = detached(py, || wire::describe_json(&events, customers.as_ref()))?;
    Description::read(py, &json)
}

/// Both tables, the events with columns renamed.
pub(crate) fn frames(
    events: Option<TableArgument<'_>>,
    customers: Option<TableArgument<'_>>,
    columns: Option<BTreeMap<String, String>>,
) -> Result<(Frame, Option<Frame>)> {
    let events = events.map_or_else(|| Ok(Frame::default()), |table| table.frame())?;
    let renames: Vec<_> = columns.into_iter().flatten().collect();
    let customers = customers.map(|table| table.frame()).transpose()?;
    Ok((events.rename(&renames)?, customers))
}
