//! What JavaScript is given: documents, and the core's typed errors.
//!
//! A panic is a trap, which JavaScript sees as a `WebAssembly.RuntimeError`: an object that was
//! being changed stays half changed, and refuses further calls.

use js_sys::{JSON, Reflect};
use stayput_core::{Error, Result};
use wasm_bindgen::JsValue;

/// An `Error` with `code`, and `path`, `line` and `column` where the core knows them.
fn to_js(error: &Error) -> JsValue {
    let thrown = JsValue::from(js_sys::Error::new(&error.to_string()));
    let set = |name: &str, value: JsValue| {
        // Cannot fail: the object was just made, and nothing froze it.
        let _ = Reflect::set(&thrown, &name.into(), &value);
    };
    set("code", error.code().as_str().into());
    if let Some(path) = error.path() {
        set("path", path.into());
    }
    if let Some(position) = error.position() {
        set("line", position.line.into());
        set("column", position.column.into());
    }
    thrown
}

/// An object with these values.
pub(crate) fn object(values: &[(&str, JsValue)]) -> JsValue {
    let object = JsValue::from(js_sys::Object::new());
    for (name, value) in values {
        // Cannot fail: the object was just made, and nothing froze it.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object
}

/// Runs `call`; its error becomes the one that JavaScript catches.
pub(crate) fn throwing<T>(call: impl FnOnce() -> Result<T>) -> Result<T, JsValue> {
    call().map_err(|error| to_js(&error))
}

/// Runs `call`, which gives a document as JSON text, for what the text says.
pub(crate) fn document(call: impl FnOnce() -> Result<String>) -> Result<JsValue, JsValue> {
    JSON::parse(&throwing(call)?)
}
