//! A table of events, checked and divided by type.

use super::cell::{Cell, Cells, CellsBuilder, Reader, value_error};
use super::report::{IngestReport, Rejected};
use crate::columns::Frame;
use crate::error::{Error, ErrorCode, Result, did_you_mean};
use crate::schema::{Field, FieldType, Schema};
use crate::time::Timestamp;

/// The columns that every event table has; `event_id` may be left out.
const FIXED: [&str; 4] = ["customer_id", "timestamp", "type", "event_id"];

/// Checked events, divided by type.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventRows {
    /// The customers, in order of first appearance.
    pub customers: Vec<String>,
    /// One table for each event type of the schema.
    pub types: Vec<TypeRows>,
}

/// Checked events of one type, in the order given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TypeRows {
    /// The row in the table given.
    pub rows: Vec<usize>,
    /// The customer, as an index into [`EventRows::customers`].
    pub customers: Vec<u32>,
    /// When it happened.
    pub times: Vec<Timestamp>,
    /// The host's own identity of the event.
    pub ids: Vec<Option<String>>,
    /// One column for each property of the type.
    pub properties: Vec<Cells>,
}

/// A field that holds an identifier.
pub(super) fn identifier(name: &str) -> Field {
    Field { required: true, ..Field::new(name, FieldType::Text) }
}

/// Checks an event table against the schema.
///
/// Rows that are wrong are in the report, and not among the events; `accepted` counts the others.
///
/// # Errors
/// `table_column` when a column that must be there is not, or cannot be what it should be.
pub fn check_events(schema: &Schema, frame: &Frame) -> Result<(EventRows, IngestReport)> {
    let mut report = IngestReport::default();
    let mut events =
        EventRows { customers: Vec::new(), types: vec![TypeRows::default(); schema.events.len()] };
    let mut properties: Vec<Vec<CellsBuilder>> = schema
        .events
        .iter()
        .map(|event| event.properties.iter().map(|field| CellsBuilder::new(&field.kind)).collect())
        .collect();
    let finish = |events: &mut EventRows, properties: Vec<Vec<CellsBuilder>>| {
        for (rows, builders) in events.types.iter_mut().zip(properties) {
            rows.properties = builders.into_iter().map(CellsBuilder::finish).collect();
        }
    };
    if frame.is_empty() {
        finish(&mut events, properties);
        return Ok((events, report));
    }
    let head = Head::new();
    let columns = Columns::new(schema, &head, frame)?;
    let known = |name: &String| {
        FIXED.contains(&name.as_str())
            || schema.events.iter().any(|event| event.property(name).is_some())
    };
    report.ignored_columns = frame.names().iter().filter(|name| !known(name)).cloned().collect();
    let mut customers = std::collections::HashMap::new();
    let mut cells = Vec::new();
    for row in 0..frame.len() {
        let event = match frame.unread(row) {
            Some(error) => Err(error.clone()),
            None => columns.event(schema, row, &mut cells),
        };
        match event {
            Ok((customer, time, kind, id)) => {
                let customer = *customers.entry(customer).or_insert_with(|| {
                    events.customers.push(customer.to_owned());
                    u32::try_from(events.customers.len() - 1).unwrap_or(u32::MAX)
                });
                let rows = &mut events.types[kind];
                rows.rows.push(row);
                rows.customers.push(customer);
                rows.times.push(time);
                rows.ids.push(id.map(str::to_owned));
                let columns = properties[kind].iter_mut();
                columns.zip(&cells).for_each(|(column, cell)| column.push(*cell));
                report.accepted += 1;
            }
            Err(error) => {
                report.rejected.push(Rejected::new(row, &error.in_place(format!("event {row}"))));
            }
        }
    }
    drop(cells);
    finish(&mut events, properties);
    Ok((events, report))
}

/// The fields that every event has, as fields of the schema.
struct Head {
    customer: Field,
    time: Field,
    kind: Field,
    id: Field,
}

impl Head {
    fn new() -> Self {
        Self {
            customer: identifier("customer_id"),
            time: Field { kind: FieldType::Timestamp, ..identifier("timestamp") },
            kind: identifier("type"),
            id: identifier("event_id"),
        }
    }
}

/// Readers of an event table's columns.
struct Columns<'a> {
    customer: Reader<'a>,
    time: Reader<'a>,
    kind: Reader<'a>,
    id: Option<Reader<'a>>,
    /// For each event type, a reader for each property.
    properties: Vec<Vec<Option<Reader<'a>>>>,
}

impl<'a> Columns<'a> {
    fn new(schema: &'a Schema, head: &'a Head, frame: &'a Frame) -> Result<Self> {
        let properties = schema.events.iter().map(|event| {
            let readers = event.properties.iter().map(|field| Reader::of(field, frame));
            readers.collect::<Result<Vec<_>>>()
        });
        Ok(Self {
            customer: Reader::must("events", &head.customer, frame)?,
            time: Reader::must("events", &head.time, frame)?,
            kind: Reader::must("events", &head.kind, frame)?,
            id: Reader::of(&head.id, frame)?,
            properties: properties.collect::<Result<Vec<_>>>()?,
        })
    }

    /// The event of a row: customer, time, index of the type, identity; its properties go into
    /// `cells`.
    fn event<'r>(
        &'r self,
        schema: &Schema,
        row: usize,
        cells: &mut Vec<Cell<'r>>,
    ) -> Result<(&'r str, Timestamp, usize, Option<&'r str>)> {
        let missing = |name: &str| value_error(format!("`{name}` is missing"));
        let Cell::Text(customer) = self.customer.get(row)? else {
            return Err(missing("customer_id"));
        };
        let Cell::Time(time) = self.time.get(row)? else { return Err(missing("timestamp")) };
        let Cell::Text(kind) = self.kind.get(row)? else { return Err(missing("type")) };
        let Some(index) = schema.event(kind) else {
            let near = did_you_mean(kind, schema.events.iter().map(|event| event.name.as_str()));
            return Err(Error::new(
                ErrorCode::EventType,
                "",
                format!("`{kind}` is not an event type of the playbook{near}"),
            ));
        };
        let id = match self.id.as_ref().map(|id| id.get(row)).transpose()? {
            Some(Cell::Text(id)) => Some(id),
            _ => None,
        };
        cells.clear();
        for (field, reader) in schema.events[index].properties.iter().zip(&self.properties[index]) {
            let cell = reader.as_ref().map_or(Ok(Cell::Missing), |reader| reader.get(row))?;
            if cell == Cell::Missing && field.required {
                return Err(value_error(format!("`{}` of `{kind}` is missing", field.name)));
            }
            cells.push(cell);
        }
        Ok((customer, time, index, id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::EventType;

    fn schema() -> Schema {
        let amount = Field { kind: FieldType::Number, required: false, ..identifier("amount") };
        let paid = Field { kind: FieldType::Bool, required: false, ..identifier("paid") };
        let buy = EventType { name: "buy".to_owned(), properties: vec![amount, paid] };
        Schema { attributes: Vec::new(), events: vec![buy] }
    }

    /// One event a line, and what is said of it.
    const LINES: [(&str, &str); 8] = [
        (r#"{"customer_id":"a","timestamp":"2026-01-01","type":"buy","amount":1,"paid":true}"#, ""),
        (r#"{"customer_id":7,"timestamp":"2026-01-01","type":"buy"}"#, ""),
        (
            r#"{"customer_id":"a","timestamp":1767225600000,"type":"buy"}"#,
            "`timestamp` is 1767225600000; expected a time in ISO 8601",
        ),
        (
            r#"{"customer_id":"a","timestamp":"2026-01-01","type":"buy","amount":"12"}"#,
            "`amount` is \"12\"; expected a number",
        ),
        (
            r#"{"customer_id":"a","timestamp":"2026-01-01","type":"buy","amount":true}"#,
            "`amount` is true; expected a number",
        ),
        (
            r#"{"customer_id":"a","timestamp":"2026-01-01","type":"buy","paid":1}"#,
            "`paid` is 1; expected true or false",
        ),
        (r#"{"customer_id":"a","timestamp":"2026-01-01"}"#, "`type` is missing"),
        (r#"["customer_id"]"#, "expected an object, found an array"),
    ];

    #[test]
    fn a_row_is_judged_the_same_alone_and_among_others() {
        let text = LINES.map(|line| line.0).join("\n");
        let (events, together) =
            check_events(&schema(), &Frame::from_ndjson(text.as_bytes()).unwrap()).unwrap();
        assert_eq!(events.types[0].properties[0].get(0), Cell::Number(1.0));
        assert_eq!(events.types[0].properties[0].get(1), Cell::Missing);
        let mut rejected = together.rejected.iter();
        for (index, (line, said)) in LINES.iter().enumerate() {
            let frame = Frame::from_ndjson(line.as_bytes()).unwrap();
            let (_, alone) = check_events(&schema(), &frame).unwrap();
            assert_eq!(alone.accepted, usize::from(said.is_empty()), "{line}");
            if !said.is_empty() {
                assert_eq!(alone.rejected[0].message, format!("event 0: {said}"));
                let refused = rejected.next().unwrap();
                assert_eq!(refused.message, format!("event {index}: {said}"));
                assert_eq!((refused.index, &refused.code), (index, &alone.rejected[0].code));
            }
        }
        assert_eq!(together.accepted, 2);
    }
}
