//! `Playbook`: the document that says what a business knows, measures and does.

use std::sync::Arc;

use napi::bindgen_prelude::{Env, Unknown};
use napi_derive::napi;
use stayput_core::wire::{self, TableOptions};
use stayput_models::files;

use crate::error::now;
use crate::input::{self, TableRequest};
use crate::job::{Promised, answers, later};
use crate::json::{self, Document};
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
            let text = files::read_text(input::text(path, "path")?)?;
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
        let tables = TableRequest::of(env, events, customers, options, TableOptions::of_tables);
        later(move || {
            let tables = tables?.read()?;
            Ok(wire::suggest(&tables.events, tables.customers.as_ref())?.into())
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

    /// The features as they are defined, in the playbook's order. A version changes if and only
    /// if what the feature means can.
    #[napi(ts_return_type = "Array<FeatureDefinition>")]
    pub fn definitions(&self, env: Env) -> napi::Result<Unknown<'static>> {
        let document = now(env, || wire::definitions_json(&self.inner).map(Document))?;
        json::parse(env, &document)
    }

    /// What a feature reads, directly or through other features.
    #[napi(ts_args_type = "feature: string", ts_return_type = "Lineage")]
    pub fn lineage(&self, env: Env, feature: Unknown<'_>) -> napi::Result<Unknown<'static>> {
        let document = now(env, || {
            wire::lineage_json(&self.inner, &input::text(feature, "feature")?).map(Document)
        })?;
        json::parse(env, &document)
    }

    /// How a feature is computed and what it reads, as text to print.
    #[napi(ts_args_type = "feature: string")]
    pub fn explain(&self, env: Env, feature: Unknown<'_>) -> napi::Result<String> {
        now(env, || self.inner.explain(&input::text(feature, "feature")?))
    }

    /// The features of customers at one or more instants.
    ///
    /// The rows are those of `customers`, or, where that is left out, of everyone with an event
    /// at or before the instant; by `customer_id`, then `asOf`. Without `asOf` the column `as_of`
    /// of `customers` says which instants each is asked about. A row of `customers` with
    /// `valid_from` holds from that instant until the customer's next. `table.report` tells of the
    /// rows that were refused.
    #[napi(
        ts_args_type = "events: Rows, customers: Rows | null | undefined, options?: TableOptions",
        ts_return_type = "Promise<Table>"
    )]
    pub fn features(
        &self,
        env: Env,
        events: Unknown<'_>,
        customers: Option<Unknown<'_>>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Table> {
        let request = TableRequest::of(env, events, customers, options, TableOptions::of_features);
        let playbook = Arc::clone(&self.inner);
        later(move || {
            let input = request?.read()?;
            let features = playbook.features(
                &input.events,
                input.customers.as_ref(),
                input.as_of,
                input.options.n_jobs,
            )?;
            Ok(features.into())
        })
    }

    /// The features at one or more instants, each row with the churn label that came true after it.
    ///
    /// Rows that have none are counted in `leftOut`; with `censored: 'keep'` those whose horizon
    /// runs past the data stay, marked in `censored`, and without a label where it is open.
    #[napi(
        ts_args_type = "events: Rows, customers: Rows | null | undefined, options?: TrainingSetOptions",
        ts_return_type = "Promise<TrainingSet>"
    )]
    pub fn training_set(
        &self,
        env: Env,
        events: Unknown<'_>,
        customers: Option<Unknown<'_>>,
        options: Option<Unknown<'_>>,
    ) -> Promised<TrainingSet> {
        let request =
            TableRequest::of(env, events, customers, options, TableOptions::of_training_set);
        let playbook = Arc::clone(&self.inner);
        later(move || {
            let input = request?.read()?;
            let training = playbook.training_set(
                &input.events,
                input.customers.as_ref(),
                input.as_of,
                &input.options,
            )?;
            Ok(TrainingSet { inner: Arc::new(training) })
        })
    }
}
