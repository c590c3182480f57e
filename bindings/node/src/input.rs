//! What JavaScript gives: texts, bytes, instants, rows, and instances of our own classes.

use napi::bindgen_prelude::{
    ClassInstance, Env, Float64ArraySlice, FromNapiValue, JsValue, Object, Uint8ArraySlice, Unknown,
};
use stayput_core::columns::Frame;
use stayput_core::features::{CutOffs, TrainingOptions};
use stayput_core::wire::TableOptions;
use stayput_core::{Error, Result, did_you_mean};

use crate::json;

/// A text.
pub(crate) fn text(value: Unknown<'_>, name: &str) -> Result<String> {
    String::from_unknown(value).map_err(|_| Error::argument(name, "expected a string"))
}

/// The bytes of a `Buffer` or another `Uint8Array`. They are copied: JavaScript may change its own
/// while ours are read on another thread.
pub(crate) fn bytes(value: Unknown<'_>, name: &str) -> Result<Vec<u8>> {
    let bytes = Uint8ArraySlice::from_unknown(value);
    bytes
        .map(|bytes| bytes.to_vec())
        .map_err(|_| Error::argument(name, "expected a `Buffer` or another `Uint8Array`"))
}

/// The numbers of an array or a `Float64Array`. They are copied, as bytes are.
pub(crate) fn numbers(value: Unknown<'_>, name: &str) -> Result<Vec<f64>> {
    let numbers = if value.is_array().unwrap_or(false) {
        Vec::<f64>::from_unknown(value)
    } else {
        Float64ArraySlice::from_unknown(value).map(|numbers| numbers.to_vec())
    };
    numbers.map_err(|_| Error::argument(name, "expected an array of numbers or a `Float64Array`"))
}

/// The fields of an object by their names, in that order; one that is `undefined` or `null` is not
/// there.
pub(crate) fn fields<'a, const N: usize>(
    value: Unknown<'a>,
    name: &str,
    known: [&str; N],
) -> Result<[Option<Unknown<'a>>; N]> {
    let refuse = || Error::argument(name, "expected an object");
    let object = Object::from_unknown(value).map_err(|_| refuse())?;
    for key in Object::keys(&object).map_err(|_| refuse())? {
        if !known.contains(&key.as_str()) {
            let near = did_you_mean(&key, known);
            return Err(Error::argument(name, format!("`{key}` is not known{near}")));
        }
    }
    Ok(known.map(|key| object.get::<Option<Unknown<'a>>>(key).ok().flatten().flatten()))
}

/// An instance of one of our classes; `expected` is what an error says it should be.
pub(crate) fn instance<'a, T>(
    value: Unknown<'a>,
    name: &str,
    expected: &str,
) -> Result<ClassInstance<'a, T>>
where
    ClassInstance<'a, T>: FromNapiValue,
{
    ClassInstance::from_unknown(value)
        .map_err(|_| Error::argument(name, format!("expected {expected}")))
}

/// Rows, still as text.
pub(crate) enum Rows {
    /// A JSON array of objects.
    Json(String),
    /// A JSON object a line.
    Ndjson(Vec<u8>),
}

impl Rows {
    /// Rows from an array of objects, or from the bytes of NDJSON.
    pub(crate) fn of(env: Env, value: Unknown<'_>, name: &str) -> Result<Self> {
        if value.is_array().unwrap_or(false) {
            return json::stringify(env, value, name).map(Self::Json);
        }
        bytes(value, name).map(Self::Ndjson).map_err(|_| {
            Error::argument(name, "expected an array of objects, or a `Buffer` of NDJSON")
        })
    }

    /// The table of the rows.
    pub(crate) fn read(&self) -> Result<Frame> {
        match self {
            Self::Json(text) => Frame::from_json(text),
            Self::Ndjson(bytes) => Frame::from_ndjson(bytes),
        }
    }
}

/// The tables that a call is given and what it asks of them, not read yet.
pub(crate) struct TableRequest {
    events: Rows,
    customers: Option<Rows>,
    options: TableOptions,
}

/// The tables that a call is given and what it asks of them.
pub(crate) struct TableInput {
    pub(crate) events: Frame,
    pub(crate) customers: Option<Frame>,
    pub(crate) as_of: CutOffs,
    pub(crate) options: TrainingOptions,
}

impl TableRequest {
    /// The arguments of a call; `read` knows the options that it has.
    pub(crate) fn of(
        env: Env,
        events: Unknown<'_>,
        customers: Option<Unknown<'_>>,
        options: Option<Unknown<'_>>,
        read: fn(&str) -> Result<TableOptions>,
    ) -> Result<Self> {
        Ok(Self {
            events: Rows::of(env, events, "events")?,
            customers: customers.map(|rows| Rows::of(env, rows, "customers")).transpose()?,
            options: read(&json::options_text(env, options)?)?,
        })
    }

    pub(crate) fn read(self) -> Result<TableInput> {
        let TableOptions { as_of, columns, training } = self.options;
        let customers = self.customers.as_ref().map(Rows::read).transpose()?;
        let events = self.events.read()?.rename(&columns)?;
        Ok(TableInput { events, customers, as_of, options: training })
    }
}
