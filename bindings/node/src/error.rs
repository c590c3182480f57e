//! The core's typed errors as JavaScript errors, and calls that end in one where they panic.

use napi::bindgen_prelude::{Env, JsObjectValue, JsValue};
use stayput_core::{Error, Result};
use stayput_models::guard;

/// An `Error` with `code`, and `path`, `line` and `column` where the core knows them.
pub(crate) fn to_js(env: Env, error: &Error) -> napi::Error {
    let build = || -> napi::Result<napi::Error> {
        let mut object = env.create_error(napi::Error::from_reason(error.to_string()))?;
        object.set_named_property("code", error.code().as_str())?;
        if let Some(path) = error.path() {
            object.set_named_property("path", path)?;
        }
        if let Some(position) = error.position() {
            object.set_named_property("line", position.line)?;
            object.set_named_property("column", position.column)?;
        }
        Ok(object.to_unknown().into())
    };
    build().unwrap_or_else(|failure| failure)
}

/// Runs `call` here and now: for what is quick.
pub(crate) fn now<T>(env: Env, call: impl FnOnce() -> Result<T>) -> napi::Result<T> {
    guard(call).map_err(|error| to_js(env, &error))
}
