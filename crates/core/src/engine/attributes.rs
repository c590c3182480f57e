//! A customer's attributes as they stood at each instant.
//!
//! Most customers have one row, which holds for ever. Rows with a `valid_from` are kept one beside
//! the other, the [`MOST`] latest of them; what is known does not depend on the order in which they
//! came.

use serde::{Deserialize, Serialize};

use crate::event::{Cell, CustomerTable};
use crate::expr::Value;
use crate::schema::{FieldType, Schema};
use crate::time::Timestamp;

/// How many rows are kept of one customer. Before the earliest of them attributes are missing.
pub(super) const MOST: usize = 256;

/// What is known of one customer's attributes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) enum Attributes {
    /// No row was ever given.
    #[default]
    Unknown,
    /// One row, which holds for ever.
    Always(Row),
    /// Rows by the instant from which each holds until the next, ascending.
    Since(Vec<(Option<Timestamp>, Row)>),
}

/// One value for each attribute of the schema.
type Row = Box<[Attribute]>;

/// An attribute's value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Attribute {
    Missing,
    Number(f64),
    Bool(bool),
    Text(Box<str>),
    Time(Timestamp),
}

impl Attribute {
    fn of(cell: Cell<'_>) -> Self {
        match cell {
            Cell::Missing => Self::Missing,
            Cell::Number(x) => Self::Number(x),
            Cell::Bool(truth) => Self::Bool(truth),
            Cell::Text(text) => Self::Text(text.into()),
            Cell::Time(at) => Self::Time(at),
        }
    }

    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Missing => Value::Missing,
            Self::Number(x) => Value::number(*x),
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Text(text) => Value::Text(text),
            Self::Time(at) => Value::Time(*at),
        }
    }

    fn fits(&self, kind: &FieldType) -> bool {
        match self {
            Self::Missing => true,
            Self::Number(x) => *kind == FieldType::Number && x.is_finite(),
            Self::Bool(_) => *kind == FieldType::Bool,
            Self::Text(_) => {
                !matches!(kind, FieldType::Number | FieldType::Bool | FieldType::Timestamp)
            }
            Self::Time(_) => *kind == FieldType::Timestamp,
        }
    }
}

impl Attributes {
    /// The first instant after `as_of` from which on other attributes hold.
    pub(super) fn after(&self, as_of: Timestamp) -> Option<Timestamp> {
        let Self::Since(rows) = self else { return None };
        rows.iter().filter_map(|(since, _)| *since).find(|since| *since > as_of)
    }

    /// Takes a row of a table in. Where the table says since when its rows hold, it stands beside
    /// those of other instants; else it takes the place of all that was known.
    pub(super) fn take(&mut self, table: &CustomerTable, row: usize) {
        let since = table.valid_from(row);
        let row: Row = table.attributes.iter().map(|cells| Attribute::of(cells.get(row))).collect();
        let mut rows = match std::mem::take(self) {
            _ if table.valid_from.is_none() => Vec::new(),
            Self::Unknown => Vec::new(),
            Self::Always(known) => vec![(None, known)],
            Self::Since(rows) => rows,
        };
        match rows.binary_search_by_key(&since, |(known, _)| *known) {
            Ok(at) => rows[at].1 = row,
            Err(at) => rows.insert(at, (since, row)),
        }
        if rows.len() > MOST {
            rows.remove(0);
        }
        *self = match <[_; 1]>::try_from(rows) {
            Ok([(None, row)]) => Self::Always(row),
            Ok(rows) => Self::Since(rows.into()),
            Err(rows) => Self::Since(rows),
        };
    }

    /// The row that holds at an instant.
    pub(super) fn at(&self, as_of: Timestamp) -> Option<&[Attribute]> {
        match self {
            Self::Unknown => None,
            Self::Always(row) => Some(row),
            Self::Since(rows) => {
                let count = rows.partition_point(|(since, _)| *since <= Some(as_of));
                count.checked_sub(1).map(|at| &*rows[at].1)
            }
        }
    }

    /// Since when the row holds that holds at an instant; none where it always has, or none does.
    pub(super) fn since(&self, as_of: Timestamp) -> Option<Timestamp> {
        let Self::Since(rows) = self else { return None };
        let count = rows.partition_point(|(since, _)| *since <= Some(as_of));
        count.checked_sub(1).and_then(|at| rows[at].0)
    }

    /// The first instant that a row names.
    pub(super) fn first(&self) -> Option<Timestamp> {
        let Self::Since(rows) = self else { return None };
        rows.iter().find_map(|(since, _)| *since)
    }

    /// Whether what was read is what [`Attributes::take`] could have made.
    pub(super) fn is_sound(&self, schema: &Schema) -> bool {
        let fits = |row: &Row| {
            row.len() == schema.attributes.len()
                && row.iter().zip(&schema.attributes).all(|(value, field)| value.fits(&field.kind))
        };
        match self {
            Self::Unknown => true,
            Self::Always(row) => fits(row),
            Self::Since(rows) => {
                (1..=MOST).contains(&rows.len())
                    && rows.is_sorted_by(|a, b| a.0 < b.0)
                    && (rows.len() > 1 || rows[0].0.is_some())
                    && rows.iter().all(|(_, row)| fits(row))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::Frame;
    use crate::event::check_customers;
    use crate::schema::Field;

    fn schema() -> Schema {
        let attributes = vec![Field::new("plan", FieldType::Text)];
        Schema { attributes, events: Vec::new() }
    }

    fn take(attributes: &mut Attributes, rows: &serde_json::Value) {
        let frame = Frame::from_objects(rows.as_array().unwrap().clone()).unwrap();
        let (table, _) = check_customers(&schema(), &frame, false).unwrap();
        (0..table.ids.len()).for_each(|row| attributes.take(&table, row));
    }

    fn day(day: i64) -> Timestamp {
        Timestamp::from_micros(day * 86_400_000_000).unwrap()
    }

    fn plan(attributes: &Attributes, at: i64) -> Option<&str> {
        attributes.at(day(at))?[0].value().as_text()
    }

    fn row(from: i64, plan: &str) -> serde_json::Value {
        serde_json::json!({"customer_id": "a", "valid_from": day(from).to_string(), "plan": plan})
    }

    #[test]
    fn the_order_in_which_rows_come_does_not_show() {
        let always = serde_json::json!({"customer_id": "a", "valid_from": null, "plan": "none"});
        let rows = [row(10, "free"), row(20, "pro"), always, row(15, "team")];
        let (mut straight, mut turned) = (Attributes::default(), Attributes::default());
        for (row, other) in rows.iter().zip(rows.iter().rev()) {
            take(&mut straight, &serde_json::json!([row]));
            take(&mut turned, &serde_json::json!([other]));
        }
        assert_eq!(straight, turned);
        for (at, expected) in [(9, "none"), (10, "free"), (14, "free"), (15, "team"), (99, "pro")] {
            assert_eq!(plan(&straight, at), Some(expected), "{at}");
        }
        assert!(straight.is_sound(&schema()));
        take(&mut straight, &serde_json::json!([row(15, "other")]));
        assert_eq!(plan(&straight, 16), Some("other"), "the same instant once more replaces");
        take(&mut straight, &serde_json::json!([{"customer_id": "a", "plan": "all"}]));
        assert!(matches!(straight, Attributes::Always(_)), "a row without instants replaces all");
    }

    #[test]
    fn the_latest_rows_are_kept() {
        let (mut up, mut down) = (Attributes::default(), Attributes::default());
        for from in 0..300 {
            take(&mut up, &serde_json::json!([row(from, "x")]));
            take(&mut down, &serde_json::json!([row(299 - from, "x")]));
        }
        assert_eq!(up, down);
        assert_eq!((plan(&up, 43), plan(&up, 44)), (None, Some("x")));
        assert!(up.is_sound(&schema()));
    }

    #[test]
    fn a_document_that_no_table_makes_is_refused() {
        let row = || -> Row { [Attribute::Missing].into() };
        for wrong in [
            Attributes::Since(Vec::new()),
            Attributes::Since(vec![(None, row())]),
            Attributes::Since(vec![(Some(day(1)), row()), (Some(day(1)), row())]),
            Attributes::Since(vec![(Some(day(1)), row()), (None, row())]),
            Attributes::Always([].into()),
            Attributes::Always([Attribute::Number(1.0)].into()),
        ] {
            assert!(!wrong.is_sound(&schema()), "{wrong:?}");
        }
    }
}
