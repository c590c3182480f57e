//! The simulated company, whose truth is known.

use std::sync::Arc;

use pyo3::prelude::*;
use stayput_core::columns::Frame;
use stayput_core::time::Span;
use stayput_core::wire;
use stayput_models::simulate::SimulationParams;

use crate::arguments::{Instant, Instants, as_json};
use crate::errors::{Result, detached};
use crate::table::Table;

/// A simulated company: what a host would see of it, and the truth behind.
#[pyclass(frozen, module = "stayput")]
pub(crate) struct Simulation {
    /// One row an event, as `Playbook.features` and `Engine.ingest` take them.
    #[pyo3(get)]
    events: Py<Table>,
    /// One row a customer.
    #[pyo3(get)]
    customers: Py<Table>,
    /// One row a customer, of what no host can see: when the customer leaves, how the customer
    /// answers to each action.
    #[pyo3(get)]
    truth: Py<Table>,
    inner: Arc<stayput_models::simulate::Simulation>,
}

/// Simulates a subscription company: customers arrive, use the product, fall quiet, open tickets,
/// see prices rise, and leave. The same arguments give the same bytes.
///
/// `treatments` is a list of `{"customer_id", "action", "at"}`, whose effects are the customer's
/// own.
#[pyfunction]
#[pyo3(signature = (
    *, customers=2_000, days=365, seed=1, start=None, event_ids=true, treatments=None
))]
pub(crate) fn simulate(
    py: Python<'_>,
    customers: u32,
    days: u32,
    seed: u64,
    start: Option<Instant<'_>>,
    event_ids: bool,
    treatments: Option<Bound<'_, PyAny>>,
) -> Result<Simulation> {
    let mut params = SimulationParams { customers, days, seed, event_ids, ..Default::default() };
    if let Some(start) = start {
        params.start = start.read()?;
    }
    if let Some(treatments) = treatments {
        params.treatments = wire::from_json(&as_json(&treatments)?, "treatments")?;
    }
    let mut inner = detached(py, || stayput_models::simulate::simulate(&params))?;
    let table = |frame: &mut Frame| Py::new(py, Table::from(std::mem::take(frame)));
    Ok(Simulation {
        events: table(&mut inner.events)?,
        customers: table(&mut inner.customers)?,
        truth: table(&mut inner.truth)?,
        inner: Arc::new(inner),
    })
}

#[pymethods]
impl Simulation {
    /// Who leaves within `horizon` (`"30d"`) of each `as_of`: `probability` and `label` of the
    /// path that each customer does take.
    #[pyo3(signature = (as_of, horizon="30d"))]
    fn outcomes(&self, py: Python<'_>, as_of: Instants<'_>, horizon: &str) -> Result<Table> {
        let (as_of, horizon) = (as_of.read()?.common()?, Span::parse(horizon)?);
        let frame = detached(py, || self.inner.outcomes(&as_of, horizon)?.frame())?;
        Ok(frame.into())
    }

    /// The same, with the probability that is known at `as_of`: the mean over `paths` futures.
    /// No model can know more.
    #[pyo3(signature = (as_of, horizon="30d", paths=100))]
    fn forecast(
        &self,
        py: Python<'_>,
        as_of: Instants<'_>,
        horizon: &str,
        paths: u32,
    ) -> Result<Table> {
        let (as_of, horizon) = (as_of.read()?.common()?, Span::parse(horizon)?);
        let frame = detached(py, || self.inner.forecast(&as_of, horizon, paths)?.frame())?;
        Ok(frame.into())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let customers = self.customers.bind(py).len()?;
        Ok(format!("Simulation: {customers} customers, {} events", self.events.bind(py).len()?))
    }
}
