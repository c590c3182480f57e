//! Stages, segments, RFM scores and cohorts.

use napi::bindgen_prelude::{Env, Unknown};
use napi_derive::napi;
use stayput_core::wire;

use crate::engine::Engine;
use crate::input::Rows;
use crate::job::{Promised, later};
use crate::json::{self, Document};

#[napi]
impl Engine {
    /// How customers moved between the stages of the lifecycle from each instant to the next.
    #[napi(ts_args_type = "options: AtEach", ts_return_type = "Promise<Transitions>")]
    pub fn transitions(&self, env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
        self.ask_all(env, options, wire::transitions_json)
    }

    /// How many customers were in each stage, segment and health band at each instant.
    #[napi(ts_args_type = "options: AtEach", ts_return_type = "Promise<SegmentCounts>")]
    pub fn segment_counts(&self, env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
        self.ask_all(env, options, wire::segment_counts_json)
    }

    /// Recency, frequency and monetary scores of all customers who have such an event.
    #[napi(ts_args_type = "options: RfmAt", ts_return_type = "Promise<Rfm>")]
    pub fn rfm(&self, env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
        self.ask_all(env, options, wire::rfm_json)
    }
}

/// Customers who started in the same period, and how many of them came back; no playbook is needed.
#[napi(
    ts_args_type = "events: Rows, customers?: Rows | null, options?: CohortOptions",
    ts_return_type = "Promise<Cohorts>"
)]
pub fn cohorts(
    env: Env,
    events: Unknown<'_>,
    customers: Option<Unknown<'_>>,
    options: Option<Unknown<'_>>,
) -> Promised<Document> {
    let events = Rows::of(env, events, "events");
    let customers = customers.map(|rows| Rows::of(env, rows, "customers")).transpose();
    let options = json::options_text(env, options);
    later(move || {
        let customers = customers?.as_ref().map(Rows::read).transpose()?;
        let answer = wire::cohorts_json(events?.read()?, customers.as_ref(), &options?)?;
        Ok(Document(answer))
    })
}
