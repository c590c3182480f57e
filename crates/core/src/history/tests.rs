//! What holds for the rows of a table, alone and among others.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{CustomerHistory, Gatherer, Tally};
use crate::columns::Frame;
use crate::event::{Cell, EventColumns, EventTable, IngestReport, Layout, PROPERTIES};
use crate::schema::{EventType, Field, FieldType, Schema};

fn schema() -> Schema {
    let amount = Field::new("amount", FieldType::Number);
    let paid = Field::new("paid", FieldType::Bool);
    let sku = Field::new("sku", FieldType::Category { values: Vec::new() });
    let buy = EventType { name: "buy".to_owned(), properties: vec![amount, paid, sku] };
    let login = EventType { name: "login".to_owned(), properties: Vec::new() };
    Schema { attributes: Vec::new(), events: vec![buy, login] }
}

/// The history of customer `a` after these tables, one after the other, and the last report.
fn after(tables: &[Frame]) -> (CustomerHistory, IngestReport) {
    let (schema, layout) = (schema(), Layout::new(&schema()));
    let mut history = CustomerHistory::default();
    let mut report = IngestReport::default();
    for frame in tables {
        let columns = EventColumns::new(&schema, &layout, frame).unwrap();
        let table = EventTable::new(&columns);
        let (mut gatherer, mut tally) = (Gatherer::new(&layout), Tally::default());
        for (at, customer) in table.groups().customers.iter().enumerate() {
            let mut other = CustomerHistory::default();
            let into = if customer == "a" { &mut history } else { &mut other };
            gatherer.gather_late(&table, at, into, &[], &mut tally);
            into.take(&gatherer, &layout);
        }
        report = tally.report(&table);
    }
    (history, report)
}

/// One event a line, and what is said of it.
const LINES: [(&str, &str); 12] = [
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
    (
        r#"{"customer_id":"a","timestamp":"2026-01-01","type":"login","deleted":true}"#,
        "`event_id` is missing, and a correction or deletion needs it",
    ),
    (
        r#"{"customer_id":"a","timestamp":"2026-01-01","type":"login","event_id":"1","revision":1.5}"#,
        "`revision` is not a whole number",
    ),
    (
        r#"{"customer_id":"a","timestamp":"2026-01-01","type":"login","event_id":"1","revision":-1}"#,
        "`revision` is -1, below its least value 0",
    ),
    (r#"{"timestamp":"2026-01-01","type":"login"}"#, "`customer_id` is missing"),
];

#[test]
fn a_row_is_judged_the_same_alone_and_among_others() {
    let text = LINES.map(|line| line.0).join("\n");
    let (history, together) = after(&[Frame::from_ndjson(text.as_bytes()).unwrap()]);
    let layout = Layout::new(&schema());
    let events = history.view(&layout).events(0);
    let row = events.rows().next().unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!((events.cell(row, 0), events.cell(row, 2)), (Cell::Number(1.0), Cell::Missing));
    assert_eq!(row.len(), PROPERTIES + 3);
    let mut rejected = together.rejected.iter();
    for (index, (line, said)) in LINES.iter().enumerate() {
        let (_, alone) = after(&[Frame::from_ndjson(line.as_bytes()).unwrap()]);
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

fn login(id: &str, day: u32, revision: u32, deleted: bool) -> Value {
    json!({
        "customer_id": "a", "timestamp": format!("2026-01-{day:02}"), "type": "login",
        "event_id": id, "revision": revision, "deleted": deleted,
    })
}

fn days(history: &CustomerHistory) -> Vec<i64> {
    let layout = Layout::new(&schema());
    let day = |at| (at - 1_767_225_600_000_000) / 86_400_000_000 + 1;
    history.view(&layout).events(1).times().map(day).collect()
}

#[test]
fn the_greatest_revision_counts_whatever_comes_first() {
    let rows = [
        login("x", 1, 0, false),
        login("x", 5, 2, false),
        login("x", 3, 1, false),
        login("y", 2, 0, false),
    ];
    let (history, report) = after(&[Frame::from_objects(rows.to_vec()).unwrap()]);
    assert_eq!(days(&history), [2, 5]);
    assert_eq!((report.accepted, report.superseded), (3, 1));
    let (history, report) = after(&rows.map(|row| Frame::from_objects(vec![row]).unwrap()));
    assert_eq!(days(&history), [2, 5]);
    assert_eq!((report.accepted, report.superseded), (1, 0));
}

#[test]
fn a_deleted_event_is_gone_even_when_it_comes_later() {
    let (deletion, event) = (login("x", 1, 0, true), login("x", 1, 0, false));
    for rows in [[deletion.clone(), event.clone()], [event, deletion]] {
        let (together, _) = after(&[Frame::from_objects(rows.to_vec()).unwrap()]);
        let (apart, _) = after(&rows.map(|row| Frame::from_objects(vec![row]).unwrap()));
        assert_eq!(together, apart);
        assert_eq!(days(&together), Vec::<i64>::new());
    }
}

#[test]
fn an_equal_event_is_a_duplicate_and_another_with_its_identity_a_conflict() {
    let rows = [login("x", 1, 0, false), login("x", 1, 0, false), login("x", 2, 0, false)];
    let (history, report) = after(&[Frame::from_objects(rows.to_vec()).unwrap()]);
    assert_eq!(days(&history), [1]);
    assert_eq!((report.accepted, report.duplicates), (1, 1));
    assert_eq!(
        report.rejected[0].message,
        "event 2: `event_id` is `x`, which this customer has already with other contents; a \
         correction needs a greater `revision`"
    );
}

/// Rows of some events, each with versions of its own.
fn rows() -> impl Strategy<Value = Vec<Value>> {
    let row = (0..6_u32, 0..4_u32, any::<bool>(), proptest::option::of(0..3_u32), 0..5_u32);
    let row = row.prop_map(|(id, revision, login, sku, amount)| {
        // What a version says is a function of identity and revision, so that no two conflict.
        let mut row = json!({
            "customer_id": "a", "timestamp": format!("2026-01-{:02}", 1 + (id * 7 + revision * 3) % 28),
            "type": "buy", "amount": 10 * id + revision, "sku": format!("s{}", id ^ revision),
        });
        if revision == 3 && login {
            row["type"] = "login".into();
            row["timestamp"] = format!("2026-01-{:02}", 1 + amount).into();
            row["sku"] = Value::Null;
            row["amount"] = Value::Null;
        } else if let Some(sku) = sku {
            row["event_id"] = format!("e{id}").into();
            row["revision"] = revision.into();
            row["deleted"] = (revision == 2 && id % 2 == 0).into();
            let _ = sku;
        } else {
            row["sku"] = format!("s{amount}").into();
        }
        row
    });
    proptest::collection::vec(row, 0..40)
}

proptest! {
    #[test]
    fn neither_the_order_nor_the_batches_of_rows_show(
        (rows, turned) in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        size in 1..7_usize,
    ) {
        let (straight, _) = after(&[Frame::from_objects(rows).unwrap()]);
        let batches = turned.chunks(size).map(|rows| Frame::from_objects(rows.to_vec()).unwrap());
        let (turned, _) = after(&batches.collect::<Vec<_>>());
        let layout = Layout::new(&schema());
        prop_assert_eq!(straight.document(&layout), turned.document(&layout));
        let read = CustomerHistory::from_document(&straight.document(&layout), &layout).unwrap();
        prop_assert_eq!(read.document(&layout), straight.document(&layout));
    }
}
