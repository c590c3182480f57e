//! What JavaScript gives besides tables: texts, bytes and options.

use js_sys::{JSON, Uint8Array};
use stayput_core::{Error, Result};
use wasm_bindgen::{JsCast, JsValue};

/// A text.
pub(crate) fn text(value: &JsValue, name: &str) -> Result<String> {
    value.as_string().ok_or_else(|| Error::argument(name, "expected a string"))
}

/// The bytes of a `Uint8Array`.
pub(crate) fn bytes(value: &JsValue, name: &str) -> Result<Vec<u8>> {
    let bytes = value.dyn_ref::<Uint8Array>();
    bytes.map(Uint8Array::to_vec).ok_or_else(|| Error::argument(name, "expected a `Uint8Array`"))
}

/// The value as JSON text; a `Date` is its ISO text, NaN and infinities are null.
pub(crate) fn json(value: &JsValue, name: &str) -> Result<String> {
    let text = JSON::stringify(value).ok().and_then(|text| text.as_string());
    text.ok_or_else(|| Error::argument(name, "cannot be written as JSON"))
}

/// The options of a call as JSON text.
pub(crate) fn options(value: &JsValue) -> Result<String> {
    if value.is_undefined() || value.is_null() {
        return Ok("{}".to_owned());
    }
    json(value, "options")
}
