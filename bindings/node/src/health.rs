//! `Engine`: health over time, overrides, and the health of accounts.

use napi::bindgen_prelude::{Env, Unknown};
use napi_derive::napi;
use stayput_core::wire;

use crate::engine::Engine;
use crate::job::Promised;
use crate::json::Document;

#[napi]
impl Engine {
    /// The health of one customer at many instants, each as it was known then, and its trend.
    #[napi(
        ts_args_type = "customerId: string, options: HealthHistoryOptions",
        ts_return_type = "HealthHistory"
    )]
    pub fn health_history(
        &self,
        env: Env,
        customer_id: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> napi::Result<Unknown<'static>> {
        self.ask(env, customer_id, options, wire::health_history_json)
    }

    /// What changed one customer's health since an earlier instant: the passage of time and new
    /// data by factor, factors that came or went, caps and overrides. The terms, added from first
    /// to last, are exactly the change.
    #[napi(
        ts_args_type = "customerId: string, options: HealthChangeOptions",
        ts_return_type = "HealthChange"
    )]
    pub fn health_change(
        &self,
        env: Env,
        customer_id: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> napi::Result<Unknown<'static>> {
        self.ask(env, customer_id, options, wire::health_change_json)
    }

    /// Says what a customer's health is from `from` until before `until`: a score, a band or both.
    /// It takes the place of an override of the same `from`; of several that hold, the one that
    /// began last counts.
    #[napi(
        ts_args_type = "customerId: string, options: HealthOverrideOptions",
        ts_return_type = "Promise<HealthOverride>"
    )]
    pub fn override_health(
        &self,
        env: Env,
        customer_id: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Document> {
        self.tell_of(env, customer_id, options, wire::override_health_json)
    }

    /// Ends the overrides of a customer's health that hold at an instant, and gives them as they
    /// are then. Questions about earlier instants still see them.
    #[napi(
        ts_args_type = "customerId: string, options: At",
        ts_return_type = "Promise<Array<HealthOverride>>"
    )]
    pub fn lift_health_override(
        &self,
        env: Env,
        customer_id: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Document> {
        self.tell_of(env, customer_id, options, wire::lift_health_override_json)
    }

    /// The overrides of a customer's health, past and future ones too, in the order in which they
    /// begin.
    #[napi(ts_args_type = "customerId: string", ts_return_type = "Array<HealthOverride>")]
    pub fn health_overrides(
        &self,
        env: Env,
        customer_id: Unknown<'_>,
    ) -> napi::Result<Unknown<'static>> {
        self.ask(env, customer_id, None, wire::health_overrides_json)
    }

    /// The health of each account, or of one, by name: the weighted mean of its customers' scores,
    /// with the worst of them.
    #[napi(
        ts_args_type = "options: AccountHealthOptions",
        ts_return_type = "Promise<Array<AccountHealth>>"
    )]
    pub fn account_health(&self, env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
        self.ask_all(env, options, wire::account_health_json)
    }
}
