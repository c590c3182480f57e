//! Documents across the border, as JSON text: `JSON.stringify` on the way in, `JSON.parse` out.
//!
//! An engine reads JSON faster than property by property, and the core has a JSON reader already.

use js_sys::{Date, JSON};
use serde::Serialize;
use serde_json::Value;
use stayput_core::columns::Frame;
use stayput_core::time::Timestamp;
use stayput_core::{Error, Result};
use wasm_bindgen::{JsCast, JsValue};

/// The value as JSON text; a `Date` is its ISO text, NaN and infinities are null.
fn json(value: &JsValue, name: &str) -> Result<String> {
    let text = JSON::stringify(value).ok().and_then(|text| text.as_string());
    text.ok_or_else(|| Error::argument(name, "cannot be written as JSON"))
}

/// A table given as an array of objects.
pub(crate) fn rows(array: &JsValue, name: &str) -> Result<Frame> {
    Frame::from_objects(values(array, name)?)
}

/// Values of mixed types.
pub(crate) fn values(array: &JsValue, name: &str) -> Result<Vec<Value>> {
    serde_json::from_str(&json(array, name)?)
        .map_err(|error| Error::argument(name, error.to_string()))
}

/// A document of the core as a value of JavaScript.
pub(crate) fn to_js(document: &impl Serialize) -> Result<JsValue> {
    let text =
        serde_json::to_string(document).map_err(|error| Error::internal(error.to_string()))?;
    JSON::parse(&text).map_err(|_| Error::internal("an answer that is not JSON"))
}

/// An instant: an ISO 8601 text or a `Date`.
pub(crate) fn instant(value: &JsValue, name: &str) -> Result<Timestamp> {
    if let Some(text) = value.as_string() {
        return Timestamp::parse(&text);
    }
    let date = value.dyn_ref::<Date>().and_then(of_date);
    date.ok_or_else(|| Error::argument(name, "expected an ISO 8601 text or a valid `Date`"))
}

/// The instant of a `Date`, unless it is an invalid one.
pub(crate) fn of_date(date: &Date) -> Option<Timestamp> {
    let millis = date.get_time();
    // A valid `Date` counts whole milliseconds, at most 8.64e15 of them.
    #[expect(clippy::cast_possible_truncation, reason = "at most 8.64e15")]
    let whole = millis as i64;
    if millis.is_nan() { None } else { Timestamp::from_millis(whole).ok() }
}
