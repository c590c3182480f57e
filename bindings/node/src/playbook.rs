//! `Playbook`, the document that says what a business knows, measures and does; and `describe`, what
//! there is to know before there is one.

use std::sync::Arc;

use napi::bindgen_prelude::{Env, Unknown};
use napi_derive::napi;
use stayput_core::wire;

use crate::error::now;
use crate::file;
use crate::input::{self, TableRequest, Tables};
use crate::job::{Promised, answers, later};
use crate::json::Document;
use crate::table::{Table, TrainingSet};

/// A checked playbook.
#[napi]
pub struct Playbook {
    pub(crate) inner: Arc<stayput_core::Playbook>,
}

impl From<stayput_core::Playbook> for Playbook {
    fn from(playbook: stayput_core::Playbook) -> Self {
        Self { inner: Arc::new(playbook) }
    }
}

answers!(Playbook);

/// What the events are, and the customers where they are given: counts, types, columns, gaps,
/// duplicates, and what looks wrong. No playbook is needed.
#[napi(
    ts_args_type = "events: Rows, customers?: Rows | null, options?: ColumnOptions",
    ts_return_type = "Promise<Description>"
)]
pub fn describe(
    env: Env,
    events: Unknown<'_>,
    customers: Option<Unknown<'_>>,
    options: Option<Unknown<'_>>,
) -> Promised<Document> {
    let tables = Tables::of(env, events, customers, options);
    later(move || {
        let (events, customers) = tables?.read()?;
        Ok(Document(wire::describe_json(&events, customers.as_ref())?))
    })
}

#[napi]
impl Playbook {
    /// Reads a playbook in TOML, or in JSON where its first character is `{`.
    #[napi(factory, ts_args_type = "text: string")]
    pub fn parse(env: Env, text: Unknown<'_>) -> napi::Result<Self> {
        now(env, || {
            let text = input::text(text, "text")?;
            Ok(stayput_core::Playbook::parse(&text)?.into())
        })
    }

    /// Reads a playbook from a file.
    #[napi(factory, ts_args_type = "path: string")]
    pub fn load(env: Env, path: Unknown<'_>) -> napi::Result<Self> {
        now(env, || {
            let text = file::read_text(&input::text(path, "path")?)?;
            Ok(stayput_core::Playbook::parse(&text)?.into())
        })
    }

    /// A first playbook for a business that has such events and customers. Its `text` has the
    /// reason of every choice beside it: read and change it.
    ///
    /// `events` has `customer_id`, `timestamp`, `type`, perhaps `event_id`, and anything else;
    /// `customers` has `customer_id` and anything else.
    #[napi(
        ts_args_type = "events: Rows, customers?: Rows | null, options?: ColumnOptions",
        ts_return_type = "Promise<Playbook>"
    )]
    pub fn suggest(
        env: Env,
        events: Unknown<'_>,
        customers: Option<Unknown<'_>>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Playbook> {
        let tables = Tables::of(env, events, customers, options);
        later(move || {
            let (events, customers) = tables?.read()?;
            Ok(wire::suggest(&events, customers.as_ref())?.into())
        })
    }

    /// The business the playbook is for.
    #[napi(getter)]
    pub fn name(&self) -> &str {
        self.inner.name()
    }

    /// The version that its writer gave it.
    #[napi(getter)]
    pub fn version(&self) -> &str {
        self.inner.version()
    }

    /// The document as given.
    #[napi(getter)]
    pub fn text(&self) -> &str {
        self.inner.text()
    }

    /// The features of customers at one or more instants.
    ///
    /// The rows are those of `customers`, or, where that is left out, of everyone with an event
    /// at or before the instant; by `customer_id`, then `asOf`. `table.report` tells of the rows
    /// that were refused.
    #[napi(
        ts_args_type = "events: Rows, customers: Rows | null | undefined, options: TableOptions",
        ts_return_type = "Promise<Table>"
    )]
    pub fn features(
        &self,
        env: Env,
        events: Unknown<'_>,
        customers: Option<Unknown<'_>>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Table> {
        let request = TableRequest::of(env, events, customers, options);
        let playbook = Arc::clone(&self.inner);
        later(move || {
            let input = request?.read()?;
            let features = playbook.features(
                &input.events,
                input.customers.as_ref(),
                &input.as_of,
                input.n_jobs,
            )?;
            Ok(features.into())
        })
    }

    /// The features at one or more instants, each row with the churn label that came true after it.
    #[napi(
        ts_args_type = "events: Rows, customers: Rows | null | undefined, options: TableOptions",
        ts_return_type = "Promise<TrainingSet>"
    )]
    pub fn training_set(
        &self,
        env: Env,
        events: Unknown<'_>,
        customers: Option<Unknown<'_>>,
        options: Option<Unknown<'_>>,
    ) -> Promised<TrainingSet> {
        let request = TableRequest::of(env, events, customers, options);
        let playbook = Arc::clone(&self.inner);
        later(move || {
            let input = request?.read()?;
            let training = playbook.training_set(
                &input.events,
                input.customers.as_ref(),
                &input.as_of,
                input.n_jobs,
            )?;
            Ok(TrainingSet { inner: Arc::new(training) })
        })
    }
}
