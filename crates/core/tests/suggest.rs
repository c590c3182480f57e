//! A first playbook, written from data.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use stayput_core::columns::{ColumnData, Frame, TextColumn};
use stayput_core::features::TrainingOptions;
use stayput_core::time::{Span, Timestamp};
use stayput_core::{Playbook, wire};

fn frame(rows: &[Value]) -> Frame {
    Frame::from_objects(rows.to_vec()).unwrap()
}

fn at(hours: i64) -> String {
    let start = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
    start.plus(Span::micros(hours * 3_600_000_000)).to_string()
}

/// A year of a service: forty customers who log in every few days, buy now and then, and of whom
/// some fade and some cancel.
fn service() -> (Vec<Value>, Vec<Value>) {
    let (mut events, mut customers) = (Vec::new(), Vec::new());
    for customer in 0..40_i64 {
        let id = format!("c{customer:02}");
        let plan = match customer % 3 {
            0 => "free",
            1 => "pro",
            _ => "team",
        };
        let zone = if customer % 2 == 0 { "Europe/Berlin" } else { "America/New_York" };
        customers.push(json!({
            "customer_id": id, "plan": plan,
            "signed_up": at(customer * 24), "zone": zone,
            "seats": customer % 5, "newsletter": customer % 4 == 0, "note": format!("note {customer}"),
        }));
        let leaves = if customer % 4 == 0 { 150 } else { 365 };
        let mut day = customer;
        while day < leaves {
            let hours = day * 24 + customer % 24;
            events.push(json!({ "customer_id": id, "timestamp": at(hours), "type": "login" }));
            if day % 5 == 0 {
                events.push(json!({
                    "customer_id": id, "timestamp": at(hours + 1), "type": "purchase", "amount": 10 + day % 50,
                    "channel": if day % 3 == 0 { "web" } else { "shop" }, "gift": day % 2 == 0,
                }));
            }
            let slower = if customer % 3 == 1 && day > 150 { 12 } else { 0 };
            day += 1 + (day * 7 + customer) % 4 + (day + customer) % 7 * slower / 6;
        }
        if customer % 4 == 0 {
            events.push(
                json!({ "customer_id": id, "timestamp": at(leaves * 24), "type": "cancelled" }),
            );
        }
        events.push(
            json!({ "customer_id": id, "timestamp": at(customer * 24), "type": "page view" }),
        );
    }
    (events, customers)
}

#[test]
fn a_service_gets_the_playbook_that_a_person_would_begin_with() {
    let (events, customers) = service();
    let text = Playbook::suggest(&frame(&events), Some(&frame(&customers))).unwrap();
    insta::assert_snapshot!(text);
}

#[test]
fn what_is_suggested_computes_on_the_data_it_came_from() {
    let (events, customers) = service();
    let (events, customers) = (frame(&events), frame(&customers));
    let playbook = wire::suggest(&events, Some(&customers)).unwrap();
    let end = [Timestamp::parse("2026-09-01").unwrap()];
    let features = playbook.features(&events, Some(&customers), &end, None).unwrap();
    assert_eq!(features.report.customers.rejected, []);
    let refused = &features.report.events.rejected;
    assert!(refused.iter().all(|row| row.message.contains("`page view`")), "{refused:?}");
    assert_eq!(refused.len(), 40);
    let training = playbook
        .training_set(&events, Some(&customers), &end, &TrainingOptions::default())
        .unwrap();
    assert!(!training.set.labels.is_empty());
}

#[test]
fn nothing_readable_is_an_error() {
    let rows = [json!({ "customer_id": "a", "timestamp": "never", "type": "login" })];
    let error = Playbook::suggest(&frame(&rows), None).unwrap_err().to_string();
    assert_eq!(error, "events: no row names a customer, an instant and a type");
}

/// A value of some kind, often one that is there already.
fn value() -> impl Strategy<Value = Value> {
    let texts = [
        "Free",
        "free",
        "it's",
        "say \"x\"",
        "a\\b",
        "tab\tand\u{7}",
        "12",
        "007",
        "2026-02-03",
        "UTC",
        "Europe/Berlin",
        "yes",
        "",
        " ",
    ];
    prop_oneof![
        2 => Just(Value::Null),
        3 => (0..5_i32).prop_map(Value::from),
        2 => any::<f64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        2 => any::<bool>().prop_map(Value::from),
        4 => prop::sample::select(texts.to_vec()).prop_map(Value::from),
        1 => "\\PC{0,6}".prop_map(Value::from),
        1 => Just(json!([1])),
    ]
}

/// Rows of few columns, each mostly of one kind.
fn columns() -> impl Strategy<Value = Vec<(String, Vec<Value>)>> {
    let name = prop::sample::select(vec![
        "plan",
        "amount",
        "order_id",
        "signed_up",
        "if",
        "count",
        "in",
        "horizon",
        "page views",
        "1st",
        "é",
        "days_quiet",
        "tenure_days",
        "event_id",
        "revision",
        "timestamp2",
        "type_",
        "a\"b",
    ]);
    let alike = value().prop_flat_map(|one| {
        let same = one.clone();
        prop::collection::vec(prop_oneof![6 => Just(same), 1 => value()], 1..4)
    });
    let same_kind = prop_oneof![
        alike,
        prop::collection::vec((0..9_i32).prop_map(Value::from), 1..6),
        prop::collection::vec(
            prop::sample::select(vec!["x", "y", "z"]).prop_map(Value::from),
            1..4
        ),
        prop::collection::vec(any::<bool>().prop_map(Value::from), 1..4),
        prop::collection::vec((0..9000_i64).prop_map(|hours| Value::from(at(hours))), 1..6),
        prop::collection::vec(value(), 1..6),
    ];
    prop::collection::vec((name.prop_map(str::to_owned), same_kind), 0..5)
}

fn event() -> impl Strategy<Value = (u8, i64, &'static str)> {
    let kind = prop::sample::select(vec![
        "login",
        "login",
        "login",
        "purchase",
        "cancelled",
        "page view",
        "events",
        "if",
        "count",
        "days_quiet",
        "Login",
        "",
    ]);
    (0..6_u8, prop_oneof![9 => 0..4000_i64, 1 => Just(80_000_i64)], kind)
}

fn with(mut row: Map<String, Value>, columns: &[(String, Vec<Value>)], at: usize) -> Value {
    for (index, (name, values)) in columns.iter().enumerate() {
        // Not every row has every column, and the values of two columns are not in step.
        if (at + index) % 7 != 3 {
            row.insert(name.clone(), values[(at * (index + 3) / 2) % values.len()].clone());
        }
    }
    Value::Object(row)
}

fn head(pairs: Value) -> Map<String, Value> {
    match pairs {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The same rows as columns, as a host gives them that has no objects.
fn columnar(rows: &[Value]) -> Frame {
    let mut names: Vec<&String> =
        rows.iter().flat_map(|row| row.as_object().unwrap().keys()).collect();
    names.sort();
    names.dedup();
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        value => Some(value.to_string()),
    };
    let column = |name: &String| {
        let texts: Vec<_> = rows.iter().map(|row| row.get(name).and_then(text)).collect();
        ColumnData::Text(TextColumn::from_texts(texts.iter().map(Option::as_deref)))
    };
    Frame::new(names.into_iter().map(|name| (name.clone(), column(name))).collect()).unwrap()
}

proptest! {
    #[test]
    fn any_table_gets_a_playbook_that_computes_on_it_whatever_the_order_of_rows(
        events in prop::collection::vec(event(), 1..60),
        of_events in columns(),
        of_customers in columns(),
        order in Just((0..60_usize).collect::<Vec<_>>()).prop_shuffle(),
        objects: bool,
    ) {
        let events: Vec<Value> = events.iter().enumerate().map(|(row, (customer, hours, kind))| {
            let own = json!({ "customer_id": format!("c{customer}"), "timestamp": at(*hours), "type": kind });
            with(head(own), &of_events, row)
        }).collect();
        let customers: Vec<Value> = (0..7).map(|row| {
            with(head(json!({ "customer_id": format!("c{row}") })), &of_customers, row)
        }).collect();
        let shuffled = |rows: &[Value]| -> Vec<Value> {
            order.iter().filter_map(|at| rows.get(*at).cloned()).collect()
        };
        let table = |rows: &[Value]| if objects { frame(rows) } else { columnar(rows) };
        let text = Playbook::suggest(&table(&events), Some(&table(&customers))).unwrap();
        let again = Playbook::suggest(&table(&shuffled(&events)), Some(&table(&shuffled(&customers)))).unwrap();
        prop_assert_eq!(&text, &again);
        let playbook = match Playbook::parse(&text) {
            Ok(playbook) => playbook,
            Err(error) => return Err(TestCaseError::fail(format!("{error}\n{text}"))),
        };
        let (events, customers) = (table(&events), table(&customers));
        let end = [Timestamp::parse("2027-01-01").unwrap()];
        let features = playbook.features(&events, Some(&customers), &end, Some(1));
        prop_assert!(features.is_ok(), "{:?}\n{}", features, text);
        let features = features.unwrap();
        prop_assert_eq!(features.report.customers.rejected, vec![], "{}", text);
        for refused in features.report.events.rejected {
            let named = refused.code == "event_type" || refused.message.contains("`revision`") || refused.code == "event_conflict"
                || refused.message.contains("`event_id`");
            prop_assert!(named, "{:?}\n{}", refused, text);
        }
    }
}
