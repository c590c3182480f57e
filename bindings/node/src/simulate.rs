//! `simulate`: a subscription company with a known truth, for trying things out.

use std::sync::Arc;

use napi::bindgen_prelude::{Buffer, Env, Unknown};
use napi_derive::napi;
use serde::Deserialize;
use serde_json::Value;
use stayput_core::time::Span;
use stayput_core::wire;
use stayput_models::simulate::{self, SimulationParams};

use crate::job::{Promised, answers, later};
use crate::json::{self, Document};

/// A simulated company: what a host would see, and the truth behind it.
#[napi]
pub struct Simulation {
    tables: Tables,
    inner: Arc<simulate::Simulation>,
}

/// The tables as NDJSON.
struct Tables {
    events: Vec<u8>,
    customers: Vec<u8>,
    truth: Vec<u8>,
}

answers!(Simulation);

/// Simulates a company. The same parameters give the same company.
#[napi(ts_args_type = "params: SimulationParams", ts_return_type = "Promise<Simulation>")]
pub fn simulate(env: Env, params: Option<Unknown<'_>>) -> Promised<Simulation> {
    let params = json::options::<SimulationParams>(env, params);
    later(move || {
        let inner = simulate::simulate(&params?)?;
        let tables = Tables {
            events: inner.events.to_ndjson()?,
            customers: inner.customers.to_ndjson()?,
            truth: inner.truth.to_ndjson()?,
        };
        Ok(Simulation { tables, inner: Arc::new(inner) })
    })
}

/// `{ asOf, horizon }`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OutcomeOptions {
    #[serde(default)]
    as_of: Value,
    horizon: Span,
}

#[napi]
impl Simulation {
    /// The events, as NDJSON.
    #[napi(getter)]
    pub fn events(&self) -> Buffer {
        self.tables.events.as_slice().into()
    }

    /// The customers and their attributes, as NDJSON.
    #[napi(getter)]
    pub fn customers(&self) -> Buffer {
        self.tables.customers.as_slice().into()
    }

    /// What no host can see of each customer, as NDJSON.
    #[napi(getter)]
    pub fn truth(&self) -> Buffer {
        self.tables.truth.as_slice().into()
    }

    /// Who leaves within `horizon` (for instance `30d`) of each instant, and with what probability.
    #[napi(ts_args_type = "options: OutcomeOptions", ts_return_type = "Promise<Array<Outcome>>")]
    pub fn outcomes(&self, env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
        let options = json::options::<OutcomeOptions>(env, options);
        let simulation = Arc::clone(&self.inner);
        later(move || {
            let options = options?;
            let outcomes = simulation.outcomes(
                &wire::cut_offs(&options.as_of.to_string())?.common()?,
                options.horizon,
            )?;
            wire::to_json(&outcomes.documents()).map(Document)
        })
    }
}
