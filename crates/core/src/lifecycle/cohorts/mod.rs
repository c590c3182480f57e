//! Cohorts: customers who began in the same period, and how many of them are still active so many
//! periods later.
//!
//! A customer's *start* is the first event, the first of one type, or an instant that the table of
//! customers holds. The *cohort* is the civil period of the start, in one zone for all. The *age* of
//! an event is the number of civil periods from the one of the start to its own: what happens in the
//! period of the start has age 0, whatever is left of it.
//!
//! A customer counts as retained at age `n`
//! - by `n_day`, who is active in the period of age `n` (the classic definition, for any period);
//! - by `unbounded`, who is active in it or later ("rolling retention"; what is yet to come may still
//!   raise it);
//! - by `bracket`, who is active in any period from one age up to before another.
//!
//! A cell is known when its last period has ended for the youngest possible customer of the cohort,
//! by the instant `until` up to which events were recorded. Before that it is null, and `known_from`
//! says when it will be known.
//!
//! Amounts are summed by age. Net revenue retention is the amount of age `n` by that of age 0;
//! gross revenue retention the same with every customer held to at most their own amount of age 0.
//!
//! Nothing depends on the order of the rows: amounts are added in order of their size for each
//! customer and age, then in the order of identifiers. Cost: linear in the events.

mod calendar;
mod curve;
mod document;
mod log;
mod params;
mod table;

pub use calendar::Period;
pub use document::{Ages, Cohort, Cohorts, RetentionPoint, Revenue, SurvivalPoint};
pub use params::{CohortParams, Definition, Start};

use crate::columns::Frame;
use crate::error::Result;
use log::Log;
use table::Table;

/// The cohorts of the customers of a table of events, and what became of them.
///
/// `events` has the columns `customer_id` and `timestamp`, `type` where types are asked for, and the
/// amount's; `customers` has `customer_id` and the instants of start and end where these are
/// attributes. Rows count as they stand, whatever their `event_id`; a row that cannot be read is
/// counted and passed over.
///
/// # Errors
/// `argument` where the parameters do not go together or make too large a table; `table_column` where
/// a column is missing or cannot be what it should be.
pub fn cohorts(
    events: &Frame,
    customers: Option<&Frame>,
    params: &CohortParams,
) -> Result<Cohorts> {
    let checked = params.check()?;
    let log = Log::read(events, customers, &checked)?;
    Table::of(&log, &checked)?.document(&log, &checked)
}

#[cfg(test)]
mod tests;
