//! `Engine`: health over time, overrides, and the health of accounts.

use stayput_core::wire;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::answer::document;
use crate::engine::Engine;
use crate::input;

#[wasm_bindgen]
impl Engine {
    /// The health of one customer at many instants, each as it was known then, and its trend.
    ///
    /// # Errors
    /// `unknown_customer` when there is none of that id; `playbook_key` without a health score.
    #[wasm_bindgen(js_name = healthHistory, unchecked_return_type = "HealthHistory")]
    pub fn health_history(
        &self,
        #[wasm_bindgen(js_name = customerId, unchecked_param_type = "string")] id: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "HealthHistoryOptions")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        self.ask(id, options, wire::health_history_json)
    }

    /// What changed one customer's health since an earlier instant: the passage of time and new
    /// data by factor, factors that came or went, caps and overrides. The terms, added from first
    /// to last, are exactly the change.
    ///
    /// # Errors
    /// `unknown_customer` when there is none of that id; `playbook_key` without a health score.
    #[wasm_bindgen(js_name = healthChange, unchecked_return_type = "HealthChange")]
    pub fn health_change(
        &self,
        #[wasm_bindgen(js_name = customerId, unchecked_param_type = "string")] id: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "HealthChangeOptions")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        self.ask(id, options, wire::health_change_json)
    }

    /// Says what a customer's health is from `from` until before `until`: a score, a band or both.
    /// It takes the place of an override of the same `from`; of several that hold, the one that
    /// began last counts.
    ///
    /// # Errors
    /// `unknown_customer` when there is none of that id; `argument` naming what is wrong.
    #[wasm_bindgen(js_name = overrideHealth, unchecked_return_type = "HealthOverride")]
    pub fn override_health(
        &mut self,
        #[wasm_bindgen(js_name = customerId, unchecked_param_type = "string")] id: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "HealthOverrideOptions")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        self.tell_of(id, options, wire::override_health_json)
    }

    /// Ends the overrides of a customer's health that hold at an instant, and gives them as they
    /// are then. Questions about earlier instants still see them.
    ///
    /// # Errors
    /// `unknown_customer` when there is none of that id.
    #[wasm_bindgen(js_name = liftHealthOverride, unchecked_return_type = "HealthOverride[]")]
    pub fn lift_health_override(
        &mut self,
        #[wasm_bindgen(js_name = customerId, unchecked_param_type = "string")] id: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "At")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        self.tell_of(id, options, wire::lift_health_override_json)
    }

    /// The overrides of a customer's health, past and future ones too, in the order in which they
    /// begin.
    ///
    /// # Errors
    /// `unknown_customer` when there is none of that id.
    #[wasm_bindgen(js_name = healthOverrides, unchecked_return_type = "HealthOverride[]")]
    pub fn health_overrides(
        &self,
        #[wasm_bindgen(js_name = customerId, unchecked_param_type = "string")] id: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| wire::health_overrides_json(&self.0, &input::text(id, "customerId")?, "{}"))
    }

    /// The health of each account, or of one, by name: the weighted mean of its customers' scores,
    /// with the worst of them.
    ///
    /// # Errors
    /// `playbook_key` where the playbook has no accounts; `argument` for an account of nobody.
    #[wasm_bindgen(js_name = accountHealth, unchecked_return_type = "AccountHealth[]")]
    pub fn account_health(
        &self,
        #[wasm_bindgen(unchecked_param_type = "AccountHealthOptions")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| wire::account_health_json(&self.0, &input::options(options)?))
    }
}
