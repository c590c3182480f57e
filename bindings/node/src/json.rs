//! Documents across the border, as JSON text: `JSON.stringify` on the way in, `JSON.parse` out.
//!
//! V8 reads and writes JSON faster than Node-API does objects property by property.

use napi::bindgen_prelude::{
    Env, FromNapiValue, Function, JsObjectValue, JsValuesTupleIntoVec, Object, Unknown,
};
use serde::de::DeserializeOwned;
use stayput_core::{Error, Result, wire};

/// An answer of the core as JSON text.
pub struct Document(pub(crate) String);

/// A function of JavaScript's `JSON`.
fn json<In: JsValuesTupleIntoVec, Out: FromNapiValue>(
    env: Env,
    name: &str,
) -> napi::Result<Function<'static, In, Out>> {
    let json: Object<'static> = env.get_global()?.get_named_property("JSON")?;
    json.get_named_property(name)
}

/// The value that a document stands for.
pub(crate) fn parse(env: Env, Document(text): &Document) -> napi::Result<Unknown<'static>> {
    json::<&str, Unknown<'static>>(env, "parse")?.call(text)
}

/// A value as JSON text: a `Date` is its ISO text, NaN is null. `name` is what an error calls it.
pub(crate) fn stringify(env: Env, value: Unknown<'_>, name: &str) -> Result<String> {
    let text = json::<Unknown<'_>, String>(env, "stringify").and_then(|json| json.call(value));
    text.map_err(|error| Error::argument(name, format!("cannot be JSON: {}", error.reason)))
}

/// The options of a call as JSON text.
pub(crate) fn options_text(env: Env, value: Option<Unknown<'_>>) -> Result<String> {
    value.map_or_else(|| Ok("{}".to_owned()), |value| stringify(env, value, "options"))
}

/// The options of a call.
pub(crate) fn options<T: DeserializeOwned>(env: Env, value: Option<Unknown<'_>>) -> Result<T> {
    let text = options_text(env, value)?;
    if !text.starts_with('{') {
        return Err(Error::argument("options", "expected an object"));
    }
    wire::from_json(&text, "options")
}
