//! Stages, segments, RFM scores and cohorts.

use stayput_core::wire;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::answer::document;
use crate::engine::Engine;
use crate::{input, table};

#[wasm_bindgen]
impl Engine {
    /// How customers moved between the stages of the lifecycle from each instant to the next.
    ///
    /// # Errors
    /// `argument` for fewer than two instants, or without a lifecycle.
    #[wasm_bindgen(unchecked_return_type = "Transitions")]
    pub fn transitions(
        &self,
        #[wasm_bindgen(unchecked_param_type = "AtEach")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| wire::transitions_json(&self.0, &input::options(options)?))
    }

    /// How many customers were in each stage, segment and health band at each instant.
    ///
    /// # Errors
    /// `argument` when `asOf` names no instants.
    #[wasm_bindgen(js_name = segmentCounts, unchecked_return_type = "SegmentCounts")]
    pub fn segment_counts(
        &self,
        #[wasm_bindgen(unchecked_param_type = "AtEach")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| wire::segment_counts_json(&self.0, &input::options(options)?))
    }

    /// Recency, frequency and monetary scores of all customers who have such an event.
    ///
    /// # Errors
    /// `argument` when `value` is no property of an event.
    #[wasm_bindgen(unchecked_return_type = "Rfm")]
    pub fn rfm(
        &self,
        #[wasm_bindgen(unchecked_param_type = "RfmAt")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| wire::rfm_json(&self.0, &input::options(options)?))
    }
}

/// Customers who started in the same period, and how many of them came back; no playbook is
/// needed.
///
/// # Errors
/// `argument` when the options do not go together.
#[wasm_bindgen(unchecked_return_type = "Cohorts")]
pub fn cohorts(
    #[wasm_bindgen(unchecked_param_type = "Rows")] events: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "Rows | null")] customers: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "CohortOptions")] options: &JsValue,
) -> Result<JsValue, JsValue> {
    document(|| {
        let events = table::read(events, "events")?;
        let customers = table::read_optional(customers, "customers")?;
        wire::cohorts_json(events, customers.as_ref(), &input::options(options)?)
    })
}
