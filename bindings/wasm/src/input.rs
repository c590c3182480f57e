//! What JavaScript gives besides tables: texts, bytes and options.

use js_sys::{JSON, Uint8Array};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use stayput_core::time::Timestamp;
use stayput_core::{Error, Result, wire};
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

fn options<T: DeserializeOwned>(value: &JsValue) -> Result<T> {
    if !value.is_object() {
        return Err(Error::argument("options", "expected an object with `asOf`"));
    }
    serde_json::from_str(&json(value, "options")?)
        .map_err(|error| Error::argument("options", error.to_string()))
}

/// The instant that a `Date`, an ISO 8601 text, or milliseconds since 1970 have become in JSON.
fn instant(value: &Value) -> Result<Timestamp> {
    if let Some(text) = value.as_str() {
        return wire::as_of(text);
    }
    let millis = value.as_f64().ok_or_else(no_instant)?;
    #[expect(clippy::cast_possible_truncation, reason = "out of range stays out of range")]
    Timestamp::from_micros((millis * 1000.0).floor() as i64)
        .map_err(|error| Error::argument("as_of", error.message()))
}

/// The instant of `{ asOf }`.
pub(crate) fn at(value: &JsValue) -> Result<Timestamp> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct At {
        #[serde(default)]
        as_of: Value,
    }
    instant(&options::<At>(value)?.as_of)
}

/// `{ asOf, columns }`: one instant or several, and columns of the events to rename, from the key
/// to the value.
pub(crate) struct TableOptions {
    pub(crate) as_of: Vec<Timestamp>,
    pub(crate) columns: Vec<(String, String)>,
}

impl TableOptions {
    pub(crate) fn of(value: &JsValue) -> Result<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct Given {
            #[serde(default)]
            as_of: Value,
            #[serde(default)]
            columns: Map<String, Value>,
        }
        let given: Given = options(value)?;
        let as_of = match &given.as_of {
            Value::Array(instants) => instants.iter().map(instant).collect::<Result<_>>()?,
            one => vec![instant(one)?],
        };
        let renamed = |(from, to): (String, Value)| match to {
            Value::String(to) => Ok((from, to)),
            _ => Err(Error::argument("columns", format!("expected a name for `{from}`"))),
        };
        let mut columns = given.columns.into_iter().map(renamed).collect::<Result<Vec<_>>>()?;
        columns.sort_unstable();
        Ok(Self { as_of, columns })
    }
}

fn no_instant() -> Error {
    let expected = "expected a valid `Date`, an ISO 8601 text or milliseconds since 1970";
    Error::argument("asOf", expected)
}
