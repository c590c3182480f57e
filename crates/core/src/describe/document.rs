//! The description of a table of events, as a document.

use serde::Serialize;

use super::numbers::quantile;
use crate::schema::Literal;
use crate::time::Timestamp;

/// What a table of events holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Description {
    /// How many rows the table has.
    pub rows: usize,
    /// How many of them name no customer, no instant or no type, and count nowhere else.
    pub unreadable: usize,
    /// How many customers have an event.
    pub customers: usize,
    /// The earliest instant.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub first: Option<Timestamp>,
    /// The latest instant.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub last: Option<Timestamp>,
    /// How many events customers have.
    pub events_per_customer: Option<Spread>,
    /// Days between one event of a customer and the next.
    pub days_between_events: Option<Spread>,
    /// The event types, the commonest first.
    pub types: Vec<TypeDescription>,
    /// The columns beside those that every event has, in the order of the table.
    pub columns: Vec<ColumnDescription>,
    /// Times without any event.
    pub gaps: Gaps,
    /// Rows that are there more than once.
    pub duplicates: Duplicates,
    /// The table of customers, where there is one.
    pub customer_table: Option<CustomersDescription>,
    /// What a person should look at.
    pub suspicious: Vec<Suspicion>,
}

/// How numbers are spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Spread {
    /// The least.
    pub min: f64,
    /// Half are below it.
    pub median: f64,
    /// The arithmetic mean.
    pub mean: f64,
    /// 95 of 100 are below it.
    pub p95: f64,
    /// The greatest.
    pub max: f64,
}

/// An event type.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TypeDescription {
    /// Its name.
    pub name: String,
    /// How many events are of it.
    pub rows: usize,
    /// The share of all events, from 0 to 1.
    pub share: f64,
    /// How many customers have one.
    pub customers: usize,
    /// The earliest.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub first: Option<Timestamp>,
    /// The latest.
    #[cfg_attr(feature = "typescript", ts(type = "string | null"))]
    pub last: Option<Timestamp>,
    /// The columns in which some event of it has a value.
    pub properties: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ColumnDescription {
    /// Its name.
    pub name: String,
    /// What its values are: `number`, `category`, `bool`, `timestamp`, `timezone`, `text`; `empty`
    /// where there is none, `nested` where they are lists or objects.
    #[serde(rename = "type")]
    pub kind: String,
    /// The event types that have values in it; none for a column of customers.
    pub events: Vec<String>,
    /// The share of rows without a value, from 0 to 1: of the rows of those event types.
    pub missing: f64,
    /// How many different values there are.
    pub distinct: usize,
    /// The least number or instant.
    #[cfg_attr(feature = "typescript", ts(type = "Value"))]
    pub min: Option<Literal>,
    /// The number or instant in the middle.
    #[cfg_attr(feature = "typescript", ts(type = "Value"))]
    pub median: Option<Literal>,
    /// The greatest number or instant.
    #[cfg_attr(feature = "typescript", ts(type = "Value"))]
    pub max: Option<Literal>,
    /// The ten commonest values, where they are neither numbers nor instants.
    pub commonest: Vec<Common>,
}

/// A value and how common it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "CommonValue"))]
pub struct Common {
    /// The value.
    #[cfg_attr(feature = "typescript", ts(type = "Value"))]
    pub value: Literal,
    /// How many rows have it.
    pub rows: usize,
    /// The share of the rows that have any, from 0 to 1.
    pub share: f64,
}

/// Times without any event of any customer.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Gaps {
    /// The longest time from one event to the next.
    pub longest: Option<Gap>,
    /// How many days (UTC) between the first and the last have none.
    pub days_without: usize,
    /// How many days there are from the first to the last.
    pub days: usize,
}

/// A time without any event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Gap {
    /// The event before it.
    pub start: Timestamp,
    /// The event after it.
    pub end: Timestamp,
    /// Its length in days.
    pub days: f64,
}

/// Rows that are there more than once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Duplicates {
    /// Rows with the `event_id` of another row of the customer, the first of each not counted.
    pub same_event_id: usize,
    /// Those of them that say something else than that other row.
    pub conflicting: usize,
    /// Rows without an `event_id` that say what another row says, the first of each not counted.
    pub equal_rows: usize,
}

/// The table of customers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CustomersDescription {
    /// How many rows it has.
    pub rows: usize,
    /// How many customers it names.
    pub customers: usize,
    /// How many of them have no event.
    pub without_events: usize,
    /// Its columns, in the order of the table.
    pub columns: Vec<ColumnDescription>,
}

/// Something that a person should look at.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Suspicion {
    /// The stable name of what it is.
    pub code: String,
    /// `events` or `customers`.
    pub table: String,
    /// The column.
    pub column: Option<String>,
    /// How many rows or values it is about.
    pub count: usize,
    /// The whole in a sentence.
    pub message: String,
}

impl Spread {
    /// The spread of `words`, of which `number` makes numbers in the same order; none of nothing.
    pub(super) fn of(mut words: Vec<i64>, number: fn(i64) -> f64) -> Option<Self> {
        words.sort_unstable();
        let sorted: Vec<f64> = words.into_iter().map(number).collect();
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let mean = sorted.iter().sum::<f64>() / super::numbers::count(sorted.len());
        Some(Self { min, median: quantile(&sorted, 0.5), mean, p95: quantile(&sorted, 0.95), max })
    }
}
