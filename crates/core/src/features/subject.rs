//! What is known of one customer: events, attributes, time zone.

use std::ops::Range;

use super::selection::value_of;
use crate::event::Cells;
use crate::expr::Value;
use crate::history::History;
use crate::schema::Schema;
use crate::time::Zone;

/// What is known of one customer.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// The events.
    pub history: History<'a>,
    /// One value for each attribute of the schema.
    pub attributes: Vec<Value<'a>>,
    /// The zone of calendar functions.
    pub zone: Zone,
}

/// A customer at some instants.
#[derive(Debug, Clone)]
pub struct Case<'s, 'a> {
    /// The customer.
    pub subject: &'s Subject<'a>,
    /// Their numbers among the instants of an agenda.
    pub within: Range<usize>,
}

impl<'a> Subject<'a> {
    /// The case of this customer at instants of an agenda, by their numbers.
    #[must_use]
    pub fn at(&self, within: Range<usize>) -> [Case<'_, 'a>; 1] {
        [Case { subject: self, within }]
    }

    /// The customer in a row of attribute columns.
    #[must_use]
    pub fn new(history: History<'a>, schema: &Schema, attributes: &'a [Cells], row: usize) -> Self {
        let values = attributes.iter().map(|cells| value_of(cells.get(row))).collect();
        Self::of_values(history, schema, values)
    }

    /// The customer with one value for each attribute of the schema.
    #[must_use]
    pub fn of_values(history: History<'a>, schema: &Schema, attributes: Vec<Value<'a>>) -> Self {
        let zone = zone_of(schema, &attributes);
        Self { history, attributes, zone }
    }

    /// A customer with nothing but the schema's defaults.
    #[must_use]
    pub fn by_default(history: History<'a>, schema: &'a Schema) -> Self {
        let defaults = schema.attributes.iter().map(crate::event::attribute_default);
        Self::of_values(history, schema, defaults.map(value_of).collect())
    }
}

/// The zone that the customer's time zone attribute names, else UTC.
fn zone_of(schema: &Schema, attributes: &[Value<'_>]) -> Zone {
    let name = schema.zone_attribute().and_then(|at| attributes[at].as_text());
    // A zone is checked when its row is read.
    name.filter(|name| *name != "UTC").and_then(|name| Zone::named(name).ok()).unwrap_or(Zone::UTC)
}
