//! The class `Engine`: a bundle and the state of its customers.

use std::collections::BTreeMap;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use stayput_core::wire;
use stayput_models::SharedEngine;

use crate::answers::{Answer, FeatureValues, Reasons, Recourse, Reports, Score, Scores, WhatIf};
use crate::arguments::{Instant, Options, TableArgument};
use crate::bundle::Bundle;
use crate::errors::{Result, detached};
use crate::playbook::frames;

/// A bundle and the state of its customers: takes events in, scores, decides.
///
/// Several threads may use one engine: those that only read go side by side.
#[pyclass(frozen, module = "stayput")]
pub(crate) struct Engine {
    inner: SharedEngine,
}

impl Engine {
    /// The answer to a question about what is known.
    pub(crate) fn ask<'py, A: Answer<'py>>(
        &self,
        py: Python<'py>,
        options: &Options<'py>,
        question: impl FnOnce(&stayput_core::Engine, &str) -> stayput_core::Result<String> + Send,
    ) -> Result<A> {
        let options = options.json()?;
        A::read(py, &detached(py, || question(&*self.inner.read()?, &options))?)
    }

    /// The answer to a call that changes what is known.
    pub(crate) fn tell<'py, A: Answer<'py>>(
        &self,
        py: Python<'py>,
        options: &Options<'py>,
        call: impl FnOnce(&mut stayput_core::Engine, &str) -> stayput_core::Result<String> + Send,
    ) -> Result<A> {
        self.tell_text(py, &options.json()?, call)
    }

    /// The same, of what is JSON already.
    pub(crate) fn tell_text<'py, A: Answer<'py>>(
        &self,
        py: Python<'py>,
        text: &str,
        call: impl FnOnce(&mut stayput_core::Engine, &str) -> stayput_core::Result<String> + Send,
    ) -> Result<A> {
        A::read(py, &detached(py, || call(&mut *self.inner.write()?, text))?)
    }
}

#[pymethods]
impl Engine {
    #[new]
    fn new(bundle: &Bundle) -> Self {
        Self { inner: stayput_core::Engine::new(bundle.inner.clone()).into() }
    }

    /// Takes events in, and before them customers with their attributes.
    ///
    /// Tables and `columns` are as in `Playbook.features`, corrections and deletions of events
    /// included; these may come before what they correct. A known customer's attributes are
    /// replaced as a whole. A row that is wrong is in the report; those beside it count.
    #[pyo3(signature = (events=None, customers=None, *, columns=None))]
    fn ingest<'py>(
        &self,
        py: Python<'py>,
        events: Option<TableArgument<'_>>,
        customers: Option<TableArgument<'_>>,
        columns: Option<BTreeMap<String, String>>,
    ) -> Result<Reports<'py>> {
        let (events, customers) = frames(events, customers, columns)?;
        let ingest = || wire::ingest_json(&mut *self.inner.write()?, &events, customers.as_ref());
        Reports::read(py, &detached(py, ingest)?)
    }

    /// Everything known of one customer at `as_of`. Without `reasons` it is not told what raises the
    /// churn probability, which takes most of the time where a model has many deep trees.
    #[pyo3(signature = (customer_id, *, as_of, reasons=true))]
    fn score<'py>(
        &self,
        py: Python<'py>,
        customer_id: &str,
        as_of: Instant<'py>,
        reasons: bool,
    ) -> Result<Score<'py>> {
        let options = Options::at(&as_of)?.with("reasons", reasons)?;
        self.ask(py, &options, |engine, options| wire::score_json(engine, customer_id, options))
    }

    /// Why a customer may churn at `as_of`: what raises the probability, the strongest first, as
    /// sentences in the words of the playbook's `[reasons]`; at most `top` of them, or as many as the
    /// playbook says, and of actionable features alone where `actionable` is true.
    #[pyo3(signature = (customer_id, *, as_of, top=None, actionable=false))]
    fn reasons<'py>(
        &self,
        py: Python<'py>,
        customer_id: &str,
        as_of: Instant<'py>,
        top: Option<usize>,
        actionable: bool,
    ) -> Result<Reasons<'py>> {
        let options = Options::at(&as_of)?.with("top", top)?.with("actionable", actionable)?;
        self.ask(py, &options, |engine, options| wire::reasons_json(engine, customer_id, options))
    }

    /// The score of one customer at `as_of` as it is (`.before`), and as it would be with other
    /// values (`.after`): `changes` has features by their names and attributes as `"customer.plan"`,
    /// None for missing. What is computed from a changed value changes with it: other features,
    /// health, churn, stage and segments.
    #[pyo3(signature = (customer_id, *, as_of, changes))]
    fn what_if<'py>(
        &self,
        py: Python<'py>,
        customer_id: &str,
        as_of: Instant<'py>,
        changes: Bound<'py, PyDict>,
    ) -> Result<WhatIf<'py>> {
        self.ask(py, &Options::at(&as_of)?.with("changes", changes)?, |engine, options| {
            wire::what_if_json(engine, customer_id, options)
        })
    }

    /// The least change to features that someone can act on which brings the churn probability of
    /// one customer at `as_of` down to `threshold`, or that there is none. By default those
    /// `features` may change that the playbook marks as `actionable` in `[reasons]`, at the costs and
    /// within the bounds given there; `max_changes` of them at most. Each feature changes by itself:
    /// `what_if` tells what else follows.
    #[pyo3(signature = (customer_id, *, as_of, threshold, features=None, max_changes=None))]
    fn recourse<'py>(
        &self,
        py: Python<'py>,
        customer_id: &str,
        as_of: Instant<'py>,
        threshold: f64,
        features: Option<Vec<String>>,
        max_changes: Option<usize>,
    ) -> Result<Recourse<'py>> {
        let options = Options::at(&as_of)?.with("threshold", threshold)?;
        let options = options.with("features", features)?.with("maxChanges", max_changes)?;
        self.ask(py, &options, |engine, options| wire::recourse_json(engine, customer_id, options))
    }

    /// The features of one customer at `as_of`, in the playbook's order; None where missing.
    #[pyo3(signature = (customer_id, *, as_of))]
    fn features<'py>(
        &self,
        py: Python<'py>,
        customer_id: &str,
        as_of: Instant<'py>,
    ) -> Result<FeatureValues<'py>> {
        self.ask(py, &Options::at(&as_of)?, |engine, options| {
            wire::engine_features_json(engine, customer_id, options)
        })
    }

    /// Everything known at `as_of` of each customer, ordered by `customer_id`; `reasons` as in
    /// `score`.
    #[pyo3(signature = (*, as_of, reasons=true))]
    fn score_all<'py>(
        &self,
        py: Python<'py>,
        as_of: Instant<'py>,
        reasons: bool,
    ) -> Result<Scores<'py>> {
        self.ask(py, &Options::at(&as_of)?.with("reasons", reasons)?, wire::score_all_json)
    }

    /// The state of all customers, as bytes: the same state gives the same bytes.
    fn snapshot<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &detached(py, || self.inner.read()?.snapshot())?))
    }

    /// Forgets the events that no question about `before` or a later instant reads, and gives how
    /// many they were. An earlier `as_of` is refused from then on, and an event that comes too late
    /// is in the report with the code `event_late`.
    fn forget(&self, py: Python<'_>, before: Instant<'_>) -> Result<usize> {
        let options = Options::at(&before)?.json()?;
        let forgot = detached(py, || wire::forget_json(&mut *self.inner.write()?, &options))?;
        Ok(wire::from_json(&forgot, "events")?)
    }

    /// The state of one customer, for `import_customers` of any engine of the same playbook.
    fn export_customer<'py>(
        &self,
        py: Python<'py>,
        customer_id: &str,
    ) -> Result<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &detached(py, || self.inner.read()?.export_customer(customer_id))?))
    }

    /// Takes up the customers of a snapshot, in place of what was known of them, and gives how many
    /// they are.
    fn import_customers(&self, py: Python<'_>, data: &[u8]) -> Result<usize> {
        detached(py, || self.inner.write()?.import_customers(data))
    }

    /// Forgets everything about a customer, and says whether there was anything. What budgets have
    /// paid stays paid: when, for which campaign and how much, but not for whom.
    fn delete_customer(&self, py: Python<'_>, customer_id: &str) -> Result<bool> {
        detached(py, || Ok(self.inner.write()?.delete_customer(customer_id)))
    }

    /// An engine that goes on from a snapshot; the bundle may be a newer one.
    #[staticmethod]
    fn restore(py: Python<'_>, bundle: &Bundle, data: &[u8]) -> Result<Self> {
        let bundle = bundle.inner.clone();
        let inner = detached(py, || stayput_core::Engine::restore(bundle, data))?;
        Ok(Self { inner: inner.into() })
    }

    /// The bundle that scores and decides.
    #[getter]
    fn bundle(&self, py: Python<'_>) -> Result<Bundle> {
        Ok(Bundle { inner: detached(py, || Ok(self.inner.read()?.bundle().clone()))? })
    }

    /// The customers known, in order.
    #[getter]
    fn customers(&self, py: Python<'_>) -> Result<Vec<String>> {
        detached(py, || Ok(self.inner.read()?.customers().map(str::to_owned).collect()))
    }

    fn __len__(&self, py: Python<'_>) -> Result<usize> {
        detached(py, || Ok(self.inner.read()?.customers().count()))
    }

    fn __repr__(&self, py: Python<'_>) -> Result<String> {
        Ok(format!("Engine: {} customers", self.__len__(py)?))
    }
}
