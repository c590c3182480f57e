//! `simulate`: a subscription company with a known truth, for trying things out.

use std::sync::Arc;

use napi::bindgen_prelude::{Buffer, Env, Unknown};
use napi_derive::napi;
use serde::Deserialize;
use serde_json::Value;
use stayput_core::time::{Span, Timestamp};
use stayput_core::{Result, wire};
use stayput_models::simulate::{self, Outcomes, SimulationParams};

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
#[napi(ts_args_type = "params?: SimulationParams | null", ts_return_type = "Promise<Simulation>")]
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
    #[serde(default = "horizon")]
    horizon: Span,
}

/// `{ asOf, horizon, paths }`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ForecastOptions {
    #[serde(default)]
    as_of: Value,
    #[serde(default = "horizon")]
    horizon: Span,
    #[serde(default = "paths")]
    paths: u32,
}

fn horizon() -> Span {
    Span::days(30)
}

fn paths() -> u32 {
    100
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

    /// Who leaves within `horizon` of each instant: `probability` and `label` of the path that each
    /// customer does take.
    #[napi(ts_args_type = "options: OutcomeOptions", ts_return_type = "Promise<Array<Outcome>>")]
    pub fn outcomes(&self, env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
        let options = json::options::<OutcomeOptions>(env, options);
        let simulation = Arc::clone(&self.inner);
        later(move || {
            let OutcomeOptions { as_of, horizon } = options?;
            documents(&simulation.outcomes(&instants(&as_of)?, horizon)?)
        })
    }

    /// The same, with the probability that is known at the instant: the mean over `paths` futures.
    /// No model can know more.
    #[napi(ts_args_type = "options: ForecastOptions", ts_return_type = "Promise<Array<Outcome>>")]
    pub fn forecast(&self, env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
        let options = json::options::<ForecastOptions>(env, options);
        let simulation = Arc::clone(&self.inner);
        later(move || {
            let ForecastOptions { as_of, horizon, paths } = options?;
            documents(&simulation.forecast(&instants(&as_of)?, horizon, paths)?)
        })
    }
}

fn instants(as_of: &Value) -> Result<Vec<Timestamp>> {
    wire::cut_offs(&as_of.to_string())?.common()
}

fn documents(outcomes: &Outcomes) -> Result<Document> {
    wire::to_json(&outcomes.documents()).map(Document)
}
