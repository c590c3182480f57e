//! `Playbook`: the document that says what a business measures and does.

use stayput_core::wire::{self, TableOptions};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::answer::{document, throwing};
use crate::input;
use crate::table;

/// A checked playbook.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Playbook(pub(crate) stayput_core::Playbook);

impl From<stayput_core::Playbook> for Playbook {
    fn from(playbook: stayput_core::Playbook) -> Self {
        Self(playbook)
    }
}

#[wasm_bindgen]
impl Playbook {
    /// Reads a playbook in TOML, or in JSON where its first character is `{`.
    ///
    /// # Errors
    /// The codes of the family `playbook`, with the path of the key, line and column.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "string")] text: &JsValue,
    ) -> Result<Self, JsValue> {
        throwing(|| Ok(stayput_core::Playbook::parse(&input::text(text, "text")?)?.into()))
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

    /// The features as they are defined, in the playbook's order. A version changes if and only
    /// if what the feature means can.
    ///
    /// # Errors
    /// None that the playbook causes.
    #[wasm_bindgen(unchecked_return_type = "FeatureDefinition[]")]
    pub fn definitions(&self) -> Result<JsValue, JsValue> {
        document(|| wire::definitions_json(&self.0))
    }

    /// What a feature reads, directly or through other features.
    ///
    /// # Errors
    /// `argument` when there is no feature of that name.
    #[wasm_bindgen(unchecked_return_type = "Lineage")]
    pub fn lineage(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] feature: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| wire::lineage_json(&self.0, &input::text(feature, "feature")?))
    }

    /// How a feature is computed and what it reads, as text to print.
    ///
    /// # Errors
    /// `argument` when there is no feature of that name.
    pub fn explain(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] feature: &JsValue,
    ) -> Result<String, JsValue> {
        throwing(|| self.0.explain(&input::text(feature, "feature")?))
    }

    /// The features of customers at one or more instants, and a report of the rows refused.
    ///
    /// The rows are those of `customers`, or, where that is left out, of everyone with an event
    /// at or before the instant; by `customer_id`, then `asOf`. Without `asOf` the column `as_of`
    /// of `customers` says which instants each is asked about.
    ///
    /// # Errors
    /// `table_column` when a column is missing or cannot be what the playbook says.
    #[wasm_bindgen(unchecked_return_type = "{ rows: FeatureRow[]; report: Reports }")]
    pub fn features(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Rows")] events: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "Rows | null | undefined")] customers: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "TableOptions")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| {
            let options = TableOptions::of_features(&input::options(options)?)?;
            let events = table::read(events, "events")?.rename(&options.columns)?;
            let customers = table::read_optional(customers, "customers")?;
            wire::features_json(&self.0, &events, customers.as_ref(), options.as_of)
        })
    }
}
