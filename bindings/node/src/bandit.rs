//! The class `Bandit`: a policy that learns.

use napi::bindgen_prelude::{Env, Unknown};
use napi_derive::napi;
use stayput_core::wire::{self, bandit as ask};

use crate::error::now;
use crate::input;
use crate::json::{self, Document};

/// A policy that chooses among actions while it learns what each is worth.
#[napi]
pub struct Bandit {
    inner: stayput_core::campaign::bandit::Bandit,
}

#[napi]
impl Bandit {
    /// A bandit that has learned nothing.
    #[napi(constructor, ts_args_type = "options: BanditOptions")]
    pub fn new(env: Env, options: Option<Unknown<'_>>) -> napi::Result<Self> {
        now(env, || Ok(Self { inner: ask::bandit(&json::options_text(env, options)?)? }))
    }

    /// The bandit that `toJson` wrote.
    #[napi(ts_args_type = "text: string")]
    pub fn from_json(env: Env, text: Unknown<'_>) -> napi::Result<Self> {
        now(env, || Ok(Self { inner: ask::bandit_from_json(&input::text(text, "text")?)? }))
    }

    /// What it is made of, has learned and waits for, as JSON.
    #[napi]
    pub fn to_json(&self, env: Env) -> napi::Result<String> {
        now(env, || ask::bandit_json(&self.inner))
    }

    /// Chooses an action for the decision `key`. The same key chooses the same while nothing is learned,
    /// so every decision needs one of its own.
    #[napi(ts_args_type = "key: string, options?: ChooseOptions", ts_return_type = "Choice")]
    pub fn choose(
        &self,
        env: Env,
        key: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> napi::Result<Unknown<'static>> {
        let choice = now(env, || {
            let (key, options) = (input::text(key, "key")?, json::options_text(env, options)?);
            wire::to_json(&ask::choose(&self.inner, &key, &options)?).map(Document)
        })?;
        json::parse(env, &choice)
    }

    /// Learns what an action brought. The order of updates changes nothing.
    #[napi(ts_args_type = "options: UpdateOptions")]
    pub fn update(&mut self, env: Env, options: Option<Unknown<'_>>) -> napi::Result<()> {
        now(env, || ask::update(&mut self.inner, &json::options_text(env, options)?))
    }

    /// Waits for the outcome of the decision `key`; false where it is waited for already.
    #[napi(ts_args_type = "key: string, options: ExpectOptions")]
    pub fn expect(
        &mut self,
        env: Env,
        key: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> napi::Result<bool> {
        now(env, || {
            let (key, options) = (input::text(key, "key")?, json::options_text(env, options)?);
            ask::expect(&mut self.inner, &key, &options)
        })
    }

    /// Learns the outcome of a decision that is waited for; false where it is not, or past its window.
    #[napi(ts_args_type = "key: string, options: OutcomeOptions")]
    pub fn outcome(
        &mut self,
        env: Env,
        key: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> napi::Result<bool> {
        now(env, || {
            let (key, options) = (input::text(key, "key")?, json::options_text(env, options)?);
            ask::outcome(&mut self.inner, &key, &options)
        })
    }

    /// Learns a reward of 0 for every decision whose window has closed; says how many.
    #[napi(ts_args_type = "options: { at: Instant }")]
    pub fn close(&mut self, env: Env, options: Option<Unknown<'_>>) -> napi::Result<u32> {
        now(env, || {
            let closed = ask::close(&mut self.inner, &json::options_text(env, options)?)?;
            Ok(u32::try_from(closed).unwrap_or(u32::MAX))
        })
    }

    /// Adds what another bandit of the same making has learned, of other decisions.
    #[napi(ts_args_type = "other: Bandit")]
    pub fn merge(&mut self, env: Env, other: Unknown<'_>) -> napi::Result<()> {
        now(env, || {
            let other = input::instance::<Bandit>(other, "other", "a `Bandit`")?.inner.clone();
            self.inner.merge(&other)
        })
    }
}
