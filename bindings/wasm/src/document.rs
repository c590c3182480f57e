//! Documents across the border, as JSON text: `JSON.stringify` on the way in, `JSON.parse` out.
//!
//! An engine reads JSON faster than property by property, and the core has a JSON reader already.

use js_sys::{Date, JSON};
use serde::Serialize;
use serde_json::Value;
use stayput_core::time::Timestamp;
use stayput_core::{Error, Result};
use wasm_bindgen::{JsCast, JsValue};

/// The value as a JSON document; a `Date` is its ISO text, NaN and infinities are null.
pub(crate) fn from_js(value: &JsValue, name: &str) -> Result<Value> {
    let text = JSON::stringify(value).ok().and_then(|text| text.as_string());
    let text = text.ok_or_else(|| Error::argument(name, "cannot be written as JSON"))?;
    serde_json::from_str(&text).map_err(|error| Error::argument(name, error.to_string()))
}

/// A document of the core as a value of JavaScript.
pub(crate) fn to_js(document: &impl Serialize) -> Result<JsValue> {
    let text = serde_json::to_string(document).map_err(|error| Error::internal(error.to_string()))?;
    JSON::parse(&text).map_err(|_| Error::internal("an answer that is not JSON"))
}

/// An instant: an ISO 8601 text or a `Date`.
pub(crate) fn instant(value: &JsValue, name: &str) -> Result<Timestamp> {
    let instant = match (value.as_string(), value.dyn_ref::<Date>()) {
        (Some(text), _) => Timestamp::parse(&text)?,
        (None, Some(date)) => of_date(date)
            .unwrap_or_else(|| Err(Error::argument(name, "is a `Date` of no instant")))?,
        (None, None) => return Err(Error::argument(name, "expected a `Date` or an ISO 8601 text")),
    };
    Ok(instant)
}
