//! Stages, segments, RFM scores and cohorts.

use std::sync::Arc;

use napi::bindgen_prelude::{Env, JsObjectValue, Object, Uint8Array, Unknown};
use napi_derive::napi;
use stayput_core::{SegmentRows, wire};

use crate::engine::Engine;
use crate::error::now;
use crate::input::Rows;
use crate::job::{Answer, Promised, later};
use crate::json::{self, Document};
use crate::playbook::Playbook;

/// Which rows are in which segments: an array of ones and zeros for each.
pub struct Members(SegmentRows);

impl Answer for Members {
    type Js = Object<'static>;

    fn into_js(self, env: Env) -> napi::Result<Self::Js> {
        let mut object = Object::new(&env)?;
        for (name, members) in self.0.names.iter().zip(self.0.members) {
            let bytes: Vec<u8> = members.into_iter().map(u8::from).collect();
            object.set_named_property(name, Uint8Array::new(bytes))?;
        }
        Ok(object)
    }
}

#[napi]
impl Playbook {
    /// Which segments each row is in: for each segment an array with 1 where the row is in it, and 0
    /// where it is not or that is missing. A row has each feature that a condition reads by its name,
    /// attributes as `customer.plan`, and `health`, `churn` and `lifecycle` where they are read.
    /// `nJobs` threads work at it, all cores by default, and change nothing.
    #[napi(
        ts_args_type = "rows: Rows, options?: RowsOptions",
        ts_return_type = "Promise<Record<string, Uint8Array>>"
    )]
    pub fn segment_rows(
        &self,
        env: Env,
        rows: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Members> {
        let rows = Rows::of(env, rows, "rows");
        let options = json::options_text(env, options);
        let playbook = Arc::clone(&self.inner);
        later(move || {
            let jobs = wire::row_jobs(&options?)?;
            playbook.segment_rows(&rows?.read()?, jobs).map(Members)
        })
    }

    /// The segments of one such row, here and now.
    #[napi(ts_args_type = "row: object", ts_return_type = "Array<string>")]
    pub fn segments_of(&self, env: Env, row: Unknown<'_>) -> napi::Result<Unknown<'static>> {
        let answer = now(env, || {
            let row = json::stringify(env, row, "row")?;
            wire::segments_of_json(&self.inner, &row).map(Document)
        })?;
        json::parse(env, &answer)
    }
}

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
