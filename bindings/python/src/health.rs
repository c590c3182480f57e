//! The class `Engine`: health over time, overrides, and the health of accounts.

use pyo3::prelude::*;
use stayput_core::wire;

use crate::answers::{Accounts, HealthChange, HealthHistory, HealthOverride, HealthOverrides};
use crate::arguments::{Instant, Instants, Options};
use crate::engine::Engine;
use crate::errors::Result;

#[pymethods]
impl Engine {
    /// The health of one customer at many instants, each as it was known then, and its trend;
    /// `as_of` is a list of instants or a grid, `{"from": …, "to": …, "every": "7d"}`.
    #[pyo3(signature = (customer_id, *, as_of))]
    fn health_history<'py>(
        &self,
        py: Python<'py>,
        customer_id: &str,
        as_of: Instants<'py>,
    ) -> Result<HealthHistory<'py>> {
        self.ask(py, &Options::at_each(&as_of)?, |engine, options| {
            wire::health_history_json(engine, customer_id, options)
        })
    }

    /// What changed one customer's health between `since` and `as_of`: the passage of time and new
    /// data by factor, factors that came or went, caps and overrides. The terms, added from first
    /// to last, are exactly the change.
    #[pyo3(signature = (customer_id, *, as_of, since))]
    fn health_change<'py>(
        &self,
        py: Python<'py>,
        customer_id: &str,
        as_of: Instant<'py>,
        since: Instant<'py>,
    ) -> Result<HealthChange<'py>> {
        let options = Options::at(&as_of)?.instant("since", Some(&since))?;
        self.ask(py, &options, |engine, options| {
            wire::health_change_json(engine, customer_id, options)
        })
    }

    /// Says what a customer's health is from `from_` until before `until`: a `score` from 0 to 100,
    /// a `band` or both. It takes the place of an override of the same `from_`; of several that
    /// hold, the one that began last counts.
    #[pyo3(signature = (customer_id, *, author, reason, from_, until, score=None, band=None))]
    #[expect(clippy::too_many_arguments, reason = "Python names them")]
    fn override_health<'py>(
        &self,
        py: Python<'py>,
        customer_id: &str,
        author: &str,
        reason: &str,
        from_: Instant<'py>,
        until: Instant<'py>,
        score: Option<f64>,
        band: Option<&str>,
    ) -> Result<HealthOverride<'py>> {
        let options = Options::new(py)
            .instant("from", Some(&from_))?
            .instant("until", Some(&until))?
            .with("author", author)?
            .with("reason", reason)?
            .with("score", score)?
            .with("band", band)?;
        self.tell(py, &options, |engine, options| {
            wire::override_health_json(engine, customer_id, options)
        })
    }

    /// Ends the overrides of a customer's health that hold at `as_of`, and gives them as they are
    /// then. Questions about earlier instants still see them.
    #[pyo3(signature = (customer_id, *, as_of))]
    fn lift_health_override<'py>(
        &self,
        py: Python<'py>,
        customer_id: &str,
        as_of: Instant<'py>,
    ) -> Result<HealthOverrides<'py>> {
        self.tell(py, &Options::at(&as_of)?, |engine, options| {
            wire::lift_health_override_json(engine, customer_id, options)
        })
    }

    /// The overrides of a customer's health, past and future ones too, in the order in which they
    /// begin.
    fn health_overrides<'py>(
        &self,
        py: Python<'py>,
        customer_id: &str,
    ) -> Result<HealthOverrides<'py>> {
        self.ask(py, &Options::new(py), |engine, options| {
            wire::health_overrides_json(engine, customer_id, options)
        })
    }

    /// The health of each account, or of one, by name: the weighted mean of its customers' scores,
    /// with the `worst` of them (5 where it is left out).
    #[pyo3(signature = (*, as_of, account=None, worst=None))]
    fn account_health<'py>(
        &self,
        py: Python<'py>,
        as_of: Instant<'py>,
        account: Option<&str>,
        worst: Option<usize>,
    ) -> Result<Accounts<'py>> {
        let options = Options::at(&as_of)?.with("account", account)?.with("worst", worst)?;
        self.ask(py, &options, wire::account_health_json)
    }
}
