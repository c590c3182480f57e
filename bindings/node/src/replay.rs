//! A bundle over recorded history, and what a playbook says that is hardly meant.

use napi::bindgen_prelude::{Env, Unknown};
use napi_derive::napi;
use stayput_core::wire;

use crate::bundle::Bundle;
use crate::error::now;
use crate::input::{self, Rows};
use crate::job::{Promised, later};
use crate::json::{self, Document};
use crate::playbook::Playbook;

#[napi]
impl Bundle {
    /// What the bundle would have decided over recorded history: at each instant of `asOf`, knowing
    /// the events up to it and no others. With `tick` also in between, whenever time alone has
    /// something to do.
    #[napi(
        ts_args_type = "events: Rows, customers: Rows | null | undefined, options: ReplayOptions",
        ts_return_type = "Promise<Replay>"
    )]
    pub fn replay(
        &self,
        env: Env,
        events: Unknown<'_>,
        customers: Option<Unknown<'_>>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Document> {
        let events = Rows::of(env, events, "events");
        let customers = customers.map(|rows| Rows::of(env, rows, "customers")).transpose();
        let options = json::options_text(env, options);
        let bundle = self.inner.clone();
        later(move || {
            let customers = customers?.as_ref().map(Rows::read).transpose()?;
            let events = events?.read()?;
            wire::replay_json(&bundle, events, customers.as_ref(), &options?).map(Document)
        })
    }
}

#[napi]
impl Bundle {
    /// What another bundle would have done otherwise over the same history, before it is published:
    /// which sends there are more and less, for whom, and what each campaign comes to.
    #[napi(
        ts_args_type = "other: Bundle, events: Rows, customers: Rows | null | undefined, options: ReplayOptions",
        ts_return_type = "Promise<ReplayComparison>"
    )]
    pub fn compare(
        &self,
        env: Env,
        other: Unknown<'_>,
        events: Unknown<'_>,
        customers: Option<Unknown<'_>>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Document> {
        let other =
            input::instance::<Self>(other, "other", "a `Bundle`").map(|other| other.inner.clone());
        let events = Rows::of(env, events, "events");
        let customers = customers.map(|rows| Rows::of(env, rows, "customers")).transpose();
        let options = json::options_text(env, options);
        let bundle = self.inner.clone();
        later(move || {
            let customers = customers?.as_ref().map(Rows::read).transpose()?;
            let events = events?.read()?;
            wire::compare_json(&bundle, &other?, events, customers.as_ref(), &options?)
                .map(Document)
        })
    }
}

#[napi]
impl Playbook {
    /// What the playbook says that is hardly meant: campaigns that can never fire, conditions that
    /// are always the same, rules that cannot come to bear, and notes about what nothing reads.
    #[napi(ts_return_type = "Array<Lint>")]
    pub fn lint(&self, env: Env) -> napi::Result<Unknown<'static>> {
        let document = now(env, || wire::lint_json(&self.inner).map(Document))?;
        json::parse(env, &document)
    }
}
