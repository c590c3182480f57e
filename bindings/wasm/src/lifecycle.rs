//! Stages, segments, RFM scores and cohorts.

use js_sys::Uint8Array;
use stayput_core::wire;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::answer::{document, object, throwing};
use crate::engine::Engine;
use crate::playbook::Playbook;
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

#[wasm_bindgen]
impl Playbook {
    /// Which segments each row is in: for each segment an array with 1 where the row is in it, and 0
    /// where it is not or that is missing. A row has each feature that a condition reads by its name,
    /// attributes as `customer.plan`, and `health`, `churn` and `lifecycle` where they are read.
    ///
    /// # Errors
    /// `table_column` and `table_value` when a column or value is not what is read; `unsupported`
    /// when a segment reads events or the instant itself.
    #[wasm_bindgen(js_name = segmentRows, unchecked_return_type = "Record<string, Uint8Array>")]
    pub fn segment_rows(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Rows")] rows: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let found = throwing(|| self.0.segment_rows(&table::read(rows, "rows")?, Some(1)))?;
        let bytes = |rows: &Vec<bool>| -> Vec<u8> { rows.iter().copied().map(u8::from).collect() };
        let members = found.members.iter().map(|rows| Uint8Array::from(&bytes(rows)[..]).into());
        let named: Vec<_> = found.names.iter().map(String::as_str).zip(members).collect();
        Ok(object(&named))
    }

    /// The segments of one such row.
    ///
    /// # Errors
    /// As `segmentRows`.
    #[wasm_bindgen(js_name = segmentsOf, unchecked_return_type = "string[]")]
    pub fn segments_of(
        &self,
        #[wasm_bindgen(unchecked_param_type = "object")] row: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| wire::segments_of_json(&self.0, &input::json(row, "row")?))
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
