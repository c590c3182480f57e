//! `Bundle`: a playbook and its model in one checksummed file.

use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use stayput_core::wire;

use crate::answer::throwing;
use crate::playbook::Playbook;
use crate::{answer, input, table};

/// A playbook and, where there is one, its churn model. It never changes.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Bundle(pub(crate) stayput_core::Bundle);

#[wasm_bindgen]
impl Bundle {
    /// The bundle of a playbook without a model: for health, segments and campaigns by rule.
    ///
    /// # Errors
    /// `internal` when it cannot be written.
    #[wasm_bindgen(constructor)]
    pub fn new(playbook: &Playbook) -> Result<Self, JsValue> {
        throwing(|| Ok(Self(stayput_core::Bundle::new(playbook.0.clone(), None)?)))
    }

    /// Reads a bundle from the bytes of its file.
    ///
    /// # Errors
    /// The codes of the family `bundle` when the bytes are not a whole one.
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] bytes: &JsValue,
    ) -> Result<Self, JsValue> {
        throwing(|| Ok(Self(stayput_core::Bundle::from_bytes(&input::bytes(bytes, "bytes")?)?)))
    }

    /// The bytes of the file.
    #[wasm_bindgen(js_name = toBytes)]
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes().to_vec()
    }

    /// BLAKE3 of the file, in hexadecimal: what scores and decisions name the bundle by.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn hash(&self) -> String {
        self.0.hash().to_owned()
    }

    /// The playbook.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn playbook(&self) -> Playbook {
        self.0.playbook().clone().into()
    }

    /// The churn probability of each row, in row order. A row has each feature by its name.
    ///
    /// # Errors
    /// `model_missing` when the bundle has no model; `table_column` when a feature that the model
    /// reads is not there or of another type.
    #[wasm_bindgen(js_name = scoreRows, unchecked_return_type = "Float64Array")]
    pub fn score_rows(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Rows")] rows: &JsValue,
    ) -> Result<Vec<f64>, JsValue> {
        throwing(|| self.0.score_frame(&table::read(rows, "rows")?))
    }

    /// What each feature contributes to the churn of each row: exact Shapley values, which with the
    /// base add up to what the model states. `background` is a sample of rows that stands for
    /// features that are not known; without it, trees take the shares of training rows that went
    /// each way.
    ///
    /// # Errors
    /// As `scoreRows`; `argument` where the model needs a background.
    #[wasm_bindgen(js_name = explainRows, unchecked_return_type = "Explanation")]
    pub fn explain_rows(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Rows")] rows: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "ExplainOptions | null")] options: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "Rows | null")] background: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let found = throwing(|| {
            let rows = table::read(rows, "rows")?;
            let background = table::read_optional(background, "background")?;
            wire::explain_rows(&self.0, &rows, background.as_ref(), &input::options(options)?)
        })?;
        let shape = found.shape.into_iter().map(JsValue::from).collect::<js_sys::Array>();
        let names = found.names.into_iter().map(JsValue::from).collect::<js_sys::Array>();
        Ok(answer::object(&[
            ("names", names.into()),
            ("base", found.base.into()),
            ("shape", shape.into()),
            ("values", js_sys::Float64Array::from(&found.values[..]).into()),
        ]))
    }
}
