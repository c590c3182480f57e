//! The class `Playbook`, from events and customers to features and training sets; and `describe`,
//! what there is to know before there is a playbook.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use stayput_core::columns::Frame;
use stayput_core::features::{CutOffs, TrainingOptions};
use stayput_core::wire;
use stayput_models::files;

use crate::answers::{Answer as _, Description, FeatureDefinitions, Lineage};
use crate::arguments::{Instants, TableArgument};
use crate::errors::{Result, detached};
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
    /// of bad rows is in the table's `report`. `n_jobs` threads work at it, all cores by default.
    ///
    /// An event with an `event_id` is corrected by a row with the same one and a greater
    /// `revision` (0 where there is none), and deleted by a row whose `deleted` is true.
    ///
    /// `as_of` is one instant, several, or a grid: `{"from": …, "to": …, "every": "month"}`, with
    /// `day`, `week`, `month` or a length such as `7d`. Without it, the column `as_of` of
    /// `customers` says which instants each is asked about. A row of `customers` with `valid_from`
    /// holds from that instant until the customer's next.
    #[pyo3(signature = (events, customers=None, *, as_of=None, columns=None, n_jobs=None))]
    fn features(
        &self,
        py: Python<'_>,
        events: Option<TableArgument<'_>>,
        customers: Option<TableArgument<'_>>,
        as_of: Option<Instants<'_>>,
        columns: Option<BTreeMap<String, String>>,
        n_jobs: Option<i64>,
    ) -> Result<Table> {
        let (events, customers) = frames(events, customers, columns)?;
        let as_of = cut_offs(as_of)?;
        let features =
            detached(py, || self.inner.features(&events, customers.as_ref(), as_of, n_jobs))?;
        Table::of(Arc::new(features.table), features.report)
    }

    /// The features at many instants, each row with the churn label that came true after it.
    ///
    /// Arguments as in `features`; `horizon` and `gap` (`"60d"`) take the place of the playbook's.
    /// Rows of customers who had not started, are not eligible, or have no label are left out and
    /// counted in `left_out`. With `censored="keep"` rows whose horizon runs past the data stay,
    /// marked in `censored`, with NaN for a label that is open.
    #[expect(clippy::too_many_arguments, reason = "keywords of Python")]
    #[pyo3(signature = (
        events, customers=None, *, as_of=None, horizon=None, gap=None, censored="drop",
        columns=None, n_jobs=None,
    ))]
    fn training_set(
        &self,
        py: Python<'_>,
        events: Option<TableArgument<'_>>,
        customers: Option<TableArgument<'_>>,
        as_of: Option<Instants<'_>>,
        horizon: Option<&str>,
        gap: Option<&str>,
        censored: &str,
        columns: Option<BTreeMap<String, String>>,
        n_jobs: Option<i64>,
    ) -> Result<TrainingSet> {
        let (events, customers) = frames(events, customers, columns)?;
        let as_of = cut_offs(as_of)?;
        let options = TrainingOptions::read(horizon, gap, Some(censored), n_jobs)?;
        let training =
            detached(py, || self.inner.training_set(&events, customers.as_ref(), as_of, &options))?;
        Ok(TrainingSet { set: training.set, report: training.report })
    }

    /// The features as they are defined, in the playbook's order: `name`, `type`, `expression`,
    /// `unit` and `version`, which changes if and only if what the feature means can.
    fn definitions<'py>(&self, py: Python<'py>) -> Result<FeatureDefinitions<'py>> {
        FeatureDefinitions::of(py, &self.inner.definitions())
    }

    /// What a feature reads, directly or through other features.
    fn lineage<'py>(&self, py: Python<'py>, feature: &str) -> Result<Lineage<'py>> {
        Lineage::of(py, &self.inner.lineage(feature)?)
    }

    /// How a feature is computed and what it reads, as text to print.
    fn explain(&self, feature: &str) -> Result<String> {
        Ok(self.inner.explain(feature)?)
    }

    fn __repr__(&self) -> String {
        let features = self.inner.feature_set().specs.len();
        format!("Playbook {:?} {:?}: {features} features", self.name(), self.version())
    }
}

/// The instants given, or those that each customer's rows name.
fn cut_offs(as_of: Option<Instants<'_>>) -> Result<CutOffs> {
    as_of.map_or(Ok(CutOffs::PerCustomer), |as_of| as_of.read())
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
