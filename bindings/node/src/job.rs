//! Calls that take their time: run on Node's thread pool, answered by a promise.

use napi::bindgen_prelude::{
    AsyncTask, Buffer, Env, Float64Array, Task, ToNapiValue, TypeName, Unknown,
};
use stayput_core::{Error, Result};
use stayput_models::guard;

use crate::error::to_js;
use crate::json::{self, Document};

/// What a call gives, on its way back to JavaScript.
pub trait Answer: Send + Sized + 'static {
    /// What JavaScript gets.
    type Js: ToNapiValue + TypeName;

    /// Done on the event loop.
    fn into_js(self, env: Env) -> napi::Result<Self::Js>;
}

impl Answer for Document {
    type Js = Unknown<'static>;

    fn into_js(self, env: Env) -> napi::Result<Self::Js> {
        json::parse(env, &self)
    }
}

/// Answers that are values of JavaScript as they are.
macro_rules! answers {
    ($($kind:ty),+) => {$(
        impl $crate::job::Answer for $kind {
            type Js = Self;

            fn into_js(self, _: napi::Env) -> napi::Result<Self> {
                Ok(self)
            }
        }
    )+};
}
pub(crate) use answers;

answers!(Buffer, Float64Array);

/// A call on its way to the thread pool.
pub struct Job<T>(Option<Box<dyn FnOnce() -> Result<T> + Send>>);

/// The promise of a call's answer.
pub(crate) type Promised<T> = AsyncTask<Job<T>>;

/// Runs `call` on the thread pool.
pub(crate) fn later<T: Answer>(call: impl FnOnce() -> Result<T> + Send + 'static) -> Promised<T> {
    AsyncTask::new(Job(Some(Box::new(call))))
}

impl<T: Answer> Task for Job<T> {
    type Output = Result<T>;
    type JsValue = T::Js;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        let call = self.0.take();
        Ok(guard(|| call.ok_or_else(|| Error::internal("a job ran twice"))?()))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<T::Js> {
        output.map_err(|error| to_js(env, &error))?.into_js(env)
    }
}
