//! `Playbook`: the document that says what a business measures and does.

use js_sys::Array;
use stayput_core::Result;
use stayput_core::time::Timestamp;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::error::throwing;
use crate::{document, frame, table};

/// A checked playbook.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Playbook(pub(crate) stayput_core::Playbook);

#[wasm_bindgen]
impl Playbook {
    /// Reads a playbook in TOML, or in JSON where its first character is `{`.
    ///
    /// # Errors
    /// The codes of the family `playbook`, with the path of the key, line and column.
    #[wasm_bindgen(constructor)]
    pub fn new(text: &str) -> Result<Self, JsValue> {
        throwing(|| Ok(Self(stayput_core::Playbook::parse(text)?)))
    }

    /// The business the playbook is for.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn name(&self) -> String {
        self.0.name().to_owned()
    }

    /// The version that its writer gave it.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn version(&self) -> String {
        self.0.version().to_owned()
    }

    /// The document as given.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn text(&self) -> String {
        self.0.text().to_owned()
    }

    /// The features of customers at one or more instants, and a report of the rows refused.
    ///
    /// The rows are those of `customers`, or, where that is left out, of everyone with an event
    /// at or before the instant.
    ///
    /// # Errors
    /// `table_column` when a column is missing or cannot be what the playbook says.
    #[wasm_bindgen(unchecked_return_type = "Features")]
    pub fn features(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Rows")] events: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "Rows | null | undefined")] customers: &JsValue,
        #[wasm_bindgen(js_name = asOf, unchecked_param_type = "Instant | Instant[]")]
        as_of: &JsValue,
    ) -> Result<JsValue, JsValue> {
        throwing(|| {
            let events = frame::of(events, "events")?;
            let customers = frame::optional(customers, "customers")?;
            let features = self.0.features(&events, customers.as_ref(), &instants(as_of)?)?;
            table::features_to_js(&features)
        })
    }
}

fn instants(as_of: &JsValue) -> Result<Vec<Timestamp>> {
    let one = |value| document::instant(&value, "asOf");
    if Array::is_array(as_of) {
        Array::from(as_of).iter().map(one).collect()
    } else {
        Ok(vec![one(as_of.clone())?])
    }
}
