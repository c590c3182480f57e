//! `describe`: what there is to know of tables before there is a playbook.

use napi::bindgen_prelude::{Env, Unknown};
use napi_derive::napi;
use stayput_core::wire::{self, TableOptions};

use crate::input::TableRequest;
use crate::job::{Promised, later};
use crate::json::Document;

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
    let tables = TableRequest::of(env, events, customers, options, TableOptions::of_tables);
    later(move || {
        let tables = tables?.read()?;
        Ok(Document(wire::describe_json(&tables.events, tables.customers.as_ref())?))
    })
}
