//! What JavaScript gives: texts, bytes, instants, rows, and instances of our own classes.

use std::collections::BTreeMap;

use napi::bindgen_prelude::{ClassInstance, Env, FromNapiValue, JsValue, Uint8ArraySlice, Unknown};
use serde::Deserialize;
use stayput_core::columns::Frame;
use stayput_core::time::Timestamp;
use stayput_core::{Error, Result, wire};

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

/// A `Date`, an ISO 8601 text, or milliseconds since 1970, as they are in JSON.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Instant {
    Text(String),
    Millis(f64),
}

impl Instant {
    pub(crate) fn read(&self) -> Result<Timestamp> {
        match self {
            Self::Text(text) => wire::as_of(text),
            #[expect(clippy::cast_possible_truncation, reason = "out of range stays out of range")]
            Self::Millis(millis) => Timestamp::from_micros((millis * 1000.0).floor() as i64)
                .map_err(|error| Error::argument("as_of", error.message())),
        }
    }
}

/// `{ asOf }`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct At {
    as_of: Option<Instant>,
}

impl At {
    pub(crate) fn read(env: Env, value: Option<Unknown<'_>>) -> Result<Timestamp> {
        let options: Self = json::options(env, value)?;
        options.as_of.ok_or_else(no_instant)?.read()
    }
}

/// One instant or several.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Instants {
    Many(Vec<Instant>),
    One(Instant),
}

impl Instants {
    pub(crate) fn read(&self) -> Result<Vec<Timestamp>> {
        match self {
            Self::Many(instants) => instants.iter().map(Instant::read).collect(),
            Self::One(instant) => Ok(vec![instant.read()?]),
        }
    }
}

/// `{ asOf, columns, nJobs }`, where `columns` renames columns of the events, from the key to the
/// value.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TableOptions {
    as_of: Option<Instants>,
    #[serde(default)]
    columns: BTreeMap<String, String>,
    n_jobs: Option<i64>,
}

/// `{ columns }`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ColumnOptions {
    #[serde(default)]
    columns: BTreeMap<String, String>,
}

/// Events and customers, not read yet.
pub(crate) struct Tables {
    events: Rows,
    customers: Option<Rows>,
    columns: BTreeMap<String, String>,
}

impl Tables {
    pub(crate) fn of(
        env: Env,
        events: Unknown<'_>,
        customers: Option<Unknown<'_>>,
        options: Option<Unknown<'_>>,
    ) -> Result<Self> {
        Ok(Self {
            events: Rows::of(env, events, "events")?,
            customers: customers.map(|rows| Rows::of(env, rows, "customers")).transpose()?,
            columns: json::options::<ColumnOptions>(env, options)?.columns,
        })
    }

    pub(crate) fn read(self) -> Result<(Frame, Option<Frame>)> {
        let renamed: Vec<_> = self.columns.into_iter().collect();
        let customers = self.customers.as_ref().map(Rows::read).transpose()?;
        Ok((self.events.read()?.rename(&renamed)?, customers))
    }
}

/// What a table of features is asked of, not read yet.
pub(crate) struct TableRequest {
    events: Rows,
    customers: Option<Rows>,
    options: TableOptions,
}

/// What a table of features is made from.
pub(crate) struct TableInput {
    pub(crate) events: Frame,
    pub(crate) customers: Option<Frame>,
    pub(crate) as_of: Vec<Timestamp>,
    pub(crate) n_jobs: Option<i64>,
}

impl TableRequest {
    pub(crate) fn of(
        env: Env,
        events: Unknown<'_>,
        customers: Option<Unknown<'_>>,
        options: Option<Unknown<'_>>,
    ) -> Result<Self> {
        Ok(Self {
            events: Rows::of(env, events, "events")?,
            customers: customers.map(|rows| Rows::of(env, rows, "customers")).transpose()?,
            options: json::options(env, options)?,
        })
    }

    pub(crate) fn read(self) -> Result<TableInput> {
        let Self { events, customers, options } = self;
        let as_of = options.as_of.ok_or_else(no_instant)?.read()?;
        let tables = Tables { events, customers, columns: options.columns };
        let (events, customers) = tables.read()?;
        Ok(TableInput { events, customers, as_of, n_jobs: options.n_jobs })
    }
}

fn no_instant() -> Error {
    let expected = "expected a valid `Date`, an ISO 8601 text or milliseconds since 1970";
    Error::argument("as_of", expected)
}
