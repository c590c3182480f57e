//! The core's typed errors as JavaScript errors, and nothing that panics past this border.

use std::panic::{AssertUnwindSafe, catch_unwind};

use napi::bindgen_prelude::{Env, JsObjectValue, JsValue};
use stayput_core::{Error, Result};

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

/// Runs `call`; a panic in it becomes an error of the code `internal`.
pub(crate) fn guard<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|cause| {
        let text = cause.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| cause.downcast_ref::<&str>().copied());
        Err(Error::internal(text.unwrap_or("a panic without a message")))
    })
}

/// Runs `call` here and now: for what is quick.
pub(crate) fn now<T>(env: Env, call: impl FnOnce() -> Result<T>) -> napi::Result<T> {
    guard(call).map_err(|error| to_js(env, &error))
}
