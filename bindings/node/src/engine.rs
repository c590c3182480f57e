//! `Engine`: a bundle and what is known of its customers.

use napi::bindgen_prelude::{Buffer, Env, Unknown};
use napi_derive::napi;
use stayput_core::Result;
use stayput_core::wire::{self, TableOptions};
use stayput_models::SharedEngine;

use crate::bundle::Bundle;
use crate::error::now;
use crate::input::{self, TableInput, TableRequest};
use crate::job::{Promised, answers, later};
use crate::json::{self, Document};

/// A bundle and the state of its customers. It has no clock: every question names its instant.
///
/// Calls may overlap: those that change the state wait for each other, in no stated order unless
/// you await them. `score` and `decideOne` answer on the event loop; while events are being taken in
/// they wait.
#[napi]
pub struct Engine {
    inner: SharedEngine,
}

answers!(Engine);

impl Engine {
    /// The answer to a question about one customer, here and now.
    pub(crate) fn ask(
        &self,
        env: Env,
        customer_id: Unknown<'_>,
        options: Option<Unknown<'_>>,
        question: fn(&stayput_core::Engine, &str, &str) -> Result<String>,
    ) -> napi::Result<Unknown<'static>> {
        let answer = now(env, || {
            let id = input::text(customer_id, "customerId")?;
            let options = json::options_text(env, options)?;
            question(&*self.inner.read()?, &id, &options).map(Document)
        })?;
        json::parse(env, &answer)
    }

    /// The answer to a call that changes what is known of one customer, here and now.
    pub(crate) fn tell_now(
        &self,
        env: Env,
        customer_id: Unknown<'_>,
        options: Option<Unknown<'_>>,
        call: fn(&mut stayput_core::Engine, &str, &str) -> Result<String>,
    ) -> napi::Result<Unknown<'static>> {
        let answer = now(env, || {
            let id = input::text(customer_id, "customerId")?;
            let options = json::options_text(env, options)?;
            call(&mut *self.inner.write()?, &id, &options).map(Document)
        })?;
        json::parse(env, &answer)
    }

    /// The answer to a question about all customers, from the thread pool.
    pub(crate) fn ask_all(
        &self,
        env: Env,
        options: Option<Unknown<'_>>,
        question: fn(&stayput_core::Engine, &str) -> Result<String>,
    ) -> Promised<Document> {
        let options = json::options_text(env, options);
        let engine = self.inner.clone();
        later(move || question(&*engine.read()?, &options?).map(Document))
    }

    /// The answer to a call that changes what is known of one customer, from the thread pool.
    pub(crate) fn tell_of(
        &self,
        env: Env,
        customer_id: Unknown<'_>,
        options: Option<Unknown<'_>>,
        call: fn(&mut stayput_core::Engine, &str, &str) -> Result<String>,
    ) -> Promised<Document> {
        let id = input::text(customer_id, "customerId");
        let options = json::options_text(env, options);
        let engine = self.inner.clone();
        later(move || call(&mut *engine.write()?, &id?, &options?).map(Document))
    }

    /// The answer to a call that changes what is known, from the thread pool.
    pub(crate) fn tell(
        &self,
        env: Env,
        options: Option<Unknown<'_>>,
        call: fn(&mut stayput_core::Engine, &str) -> Result<String>,
    ) -> Promised<Document> {
        let options = json::options_text(env, options);
        let engine = self.inner.clone();
        later(move || call(&mut *engine.write()?, &options?).map(Document))
    }
}

#[napi]
impl Engine {
    /// An engine that knows nobody yet.
    #[napi(constructor, ts_args_type = "bundle: Bundle")]
    pub fn new(env: Env, bundle: Unknown<'_>) -> napi::Result<Self> {
        now(env, || {
            let bundle = input::instance::<Bundle>(bundle, "bundle", "a `Bundle`")?;
            Ok(Self { inner: stayput_core::Engine::new(bundle.inner.clone()).into() })
        })
    }

    /// An engine that goes on from a snapshot.
    #[napi(ts_args_type = "bundle: Bundle, bytes: Uint8Array", ts_return_type = "Promise<Engine>")]
    pub fn restore(bundle: Unknown<'_>, bytes: Unknown<'_>) -> Promised<Engine> {
        let bundle = input::instance::<Bundle>(bundle, "bundle", "a `Bundle`")
            .map(|bundle| bundle.inner.clone());
        let bytes = input::bytes(bytes, "bytes");
        later(move || {
            let engine = stayput_core::Engine::restore(bundle?, &bytes?)?;
            Ok(Self { inner: engine.into() })
        })
    }

    /// The bundle.
    #[napi(getter)]
    pub fn bundle(&self, env: Env) -> napi::Result<Bundle> {
        now(env, || Ok(Bundle { inner: self.inner.read()?.bundle().clone() }))
    }

    /// The customers known, in order.
    #[napi(getter)]
    pub fn customers(&self, env: Env) -> napi::Result<Vec<String>> {
        now(env, || Ok(self.inner.read()?.customers().map(str::to_owned).collect()))
    }

    /// How many customers are known.
    #[napi(getter)]
    pub fn length(&self, env: Env) -> napi::Result<u32> {
        now(env, || {
            let known = self.inner.read()?.customers().count();
            Ok(u32::try_from(known).unwrap_or(u32::MAX))
        })
    }

    /// Takes in events, and before them customers with their attributes.
    ///
    /// A row that is wrong is in the report, by its index; those beside it count. An event with an
    /// `event_id` is corrected by a row with the same one and a greater `revision`, and deleted by
    /// a row whose `deleted` is true; these may come before what they correct.
    #[napi(
        ts_args_type = "events: Rows, customers?: Rows | null, options?: ColumnOptions",
        ts_return_type = "Promise<Reports>"
    )]
    pub fn ingest(
        &self,
        env: Env,
        events: Unknown<'_>,
        customers: Option<Unknown<'_>>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Document> {
        let tables = TableRequest::of(env, events, customers, options, TableOptions::of_tables);
        let engine = self.inner.clone();
        later(move || {
            // Read before the engine is held, so that it is held for as short as can be.
            let TableInput { events, customers, .. } = tables?.read()?;
            let mut engine = engine.write()?;
            wire::ingest_json(&mut engine, &events, customers.as_ref()).map(Document)
        })
    }

    /// Everything known of one customer at an instant. With `reasons: false` it is not told what raises
    /// the churn probability, which takes most of the time where a model has many deep trees.
    #[napi(ts_args_type = "customerId: string, options: ScoreAt", ts_return_type = "Score")]
    pub fn score(
        &self,
        env: Env,
        customer_id: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> napi::Result<Unknown<'static>> {
        self.ask(env, customer_id, options, wire::score_json)
    }

    /// Why a customer may churn at an instant: what raises the probability, the strongest first, as
    /// sentences in the words of the playbook's `[reasons]`.
    #[napi(
        ts_args_type = "customerId: string, options: ReasonsAt",
        ts_return_type = "ReasonCode[]"
    )]
    pub fn reasons(
        &self,
        env: Env,
        customer_id: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> napi::Result<Unknown<'static>> {
        self.ask(env, customer_id, options, wire::reasons_json)
    }

    /// The score of one customer at an instant as it is, and as it would be with other values. What
    /// is computed from a changed value changes with it: other features, health, churn, stage and
    /// segments.
    #[napi(ts_args_type = "customerId: string, options: WhatIfOptions", ts_return_type = "WhatIf")]
    pub fn what_if(
        &self,
        env: Env,
        customer_id: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> napi::Result<Unknown<'static>> {
        self.ask(env, customer_id, options, wire::what_if_json)
    }

    /// The least change to features that someone can act on which brings the churn probability of
    /// one customer down to a threshold, or that there is none. Each feature changes by itself:
    /// `whatIf` tells what else follows.
    #[napi(
        ts_args_type = "customerId: string, options: RecourseOptions",
        ts_return_type = "Recourse"
    )]
    pub fn recourse(
        &self,
        env: Env,
        customer_id: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> napi::Result<Unknown<'static>> {
        self.ask(env, customer_id, options, wire::recourse_json)
    }

    /// The features of one customer at an instant, in the playbook's order; null where missing.
    #[napi(
        ts_args_type = "customerId: string, options: At",
        ts_return_type = "Record<string, Value>"
    )]
    pub fn features(
        &self,
        env: Env,
        customer_id: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> napi::Result<Unknown<'static>> {
        self.ask(env, customer_id, options, wire::engine_features_json)
    }

    /// Everything known of each customer at an instant, by `customer_id`; options as of `score`.
    #[napi(ts_args_type = "options: ScoreAt", ts_return_type = "Promise<Array<Score>>")]
    pub fn score_all(&self, env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
        self.ask_all(env, options, wire::score_all_json)
    }

    /// The state of all customers, for `Engine.restore`.
    #[napi(ts_return_type = "Promise<Buffer>")]
    pub fn snapshot(&self) -> Promised<Buffer> {
        let engine = self.inner.clone();
        later(move || Ok(engine.read()?.snapshot()?.into()))
    }

    /// Forgets the events that no question about the instant or a later one reads, and gives how
    /// many they were. An earlier instant is refused from then on, and an event that comes too late
    /// is in the report with the code `event_late`.
    #[napi(ts_args_type = "options: At", ts_return_type = "Promise<number>")]
    pub fn forget(&self, env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
        self.tell(env, options, wire::forget_json)
    }

    /// The state of one customer, for `importCustomers` of any engine of the same playbook.
    #[napi(ts_args_type = "customerId: string")]
    pub fn export_customer(&self, env: Env, customer_id: Unknown<'_>) -> napi::Result<Buffer> {
        now(env, || {
            let id = input::text(customer_id, "customerId")?;
            Ok(self.inner.read()?.export_customer(&id)?.into())
        })
    }

    /// Takes up the customers of a snapshot, in place of what was known of them, and gives how many
    /// they are.
    #[napi(ts_args_type = "bytes: Uint8Array", ts_return_type = "Promise<number>")]
    pub fn import_customers(&self, bytes: Unknown<'_>) -> Promised<Document> {
        let bytes = input::bytes(bytes, "bytes");
        let engine = self.inner.clone();
        later(move || wire::to_json(&engine.write()?.import_customers(&bytes?)?).map(Document))
    }

    /// Forgets everything about a customer, and says whether there was anything. What budgets have
    /// paid stays paid: when, for which campaign and how much, but not for whom.
    #[napi(ts_args_type = "customerId: string")]
    pub fn delete_customer(&self, env: Env, customer_id: Unknown<'_>) -> napi::Result<bool> {
        now(env, || {
            let id = input::text(customer_id, "customerId")?;
            Ok(self.inner.write()?.delete_customer(&id))
        })
    }
}
