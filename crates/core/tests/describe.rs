//! What a table holds, told without a playbook.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use serde_json::{Value, json};
use stayput_core::columns::{ColumnData, Frame, TextColumn};
use stayput_core::{Description, describe, wire};

fn frame(rows: Vec<Value>) -> Frame {
    Frame::from_objects(rows).unwrap()
}

fn texts(rows: &[&str]) -> ColumnData {
    let texts = rows.iter().map(|text| Some(*text).filter(|text| !text.is_empty()));
    ColumnData::Text(TextColumn::from_texts(texts))
}

/// A small shop: logins without properties, purchases with an amount and perhaps a coupon.
fn shop() -> Vec<Value> {
    let mut rows = Vec::new();
    for day in 1..=9 {
        for customer in ["a", "b", "c"] {
            if customer != "c" || day % 3 == 0 {
                let at = format!("2026-01-0{day}T10:00:00Z");
                rows.push(json!({ "customer_id": customer, "timestamp": at, "type": "login" }));
            }
        }
        let at = format!("2026-01-0{day}T12:30:00Z");
        rows.push(json!({
            "customer_id": "a", "timestamp": at, "type": "purchase", "amount": 10 * day,
            "coupon": if day > 7 { json!("spring") } else { Value::Null },
        }));
    }
    rows
}

fn codes(description: &Description) -> Vec<(String, Option<String>, usize)> {
    let found = description.suspicious.iter();
    found.map(|what| (what.code.clone(), what.column.clone(), what.count)).collect()
}

#[test]
fn a_table_is_counted_by_customer_type_and_column() {
    let found: Value =
        serde_json::from_str(&wire::describe_json(&frame(shop()), None).unwrap()).unwrap();
    assert_eq!(
        (&found["rows"], &found["customers"], &found["unreadable"]),
        (&json!(30), &json!(3), &json!(0))
    );
    assert_eq!(found["first"], "2026-01-01T10:00:00Z");
    assert_eq!(found["last"], "2026-01-09T12:30:00Z");
    assert_eq!(
        found["events_per_customer"],
        json!({ "min": 3.0, "median": 9.0, "mean": 10.0, "p95": 17.1, "max": 18.0 })
    );
    let login = &found["types"][0];
    assert_eq!(
        (&login["name"], &login["rows"], &login["share"]),
        (&json!("login"), &json!(21), &json!(0.7))
    );
    assert_eq!((&login["customers"], &login["properties"]), (&json!(3), &json!([])));
    assert_eq!(found["types"][1]["properties"], json!(["amount", "coupon"]));
    let amount = &found["columns"][0];
    assert_eq!(amount["type"], "number");
    assert_eq!(
        (&amount["min"], &amount["median"], &amount["max"]),
        (&json!(10.0), &json!(50.0), &json!(90.0))
    );
    // Missing is what purchases lack, not what logins never have.
    assert_eq!((&amount["events"], &amount["missing"]), (&json!(["purchase"]), &json!(0.0)));
    let coupon = &found["columns"][1];
    assert_eq!((&coupon["type"], &coupon["distinct"]), (&json!("category"), &json!(1)));
    assert_eq!(coupon["commonest"], json!([{ "value": "spring", "rows": 2, "share": 1.0 }]));
    assert_eq!(found["gaps"]["days_without"], 0);
    assert_eq!(found["customer_table"], Value::Null);
}

#[test]
fn a_column_is_what_all_its_values_can_be_read_as() {
    let head = |rows: usize| {
        vec![
            ("customer_id".to_owned(), texts(&vec!["a"; rows])),
            ("timestamp".to_owned(), texts(&vec!["2026-01-01"; rows])),
            ("type".to_owned(), texts(&vec!["visit"; rows])),
        ]
    };
    let cases: [(&str, &str, &[&str]); 14] = [
        ("number", "x", &["1", "2.5", "-3e4", ""]),
        ("number", "x", &["0.5", "0", "0"]),
        ("category", "x", &["007", "007", "008", "008"]),
        ("category", "zip", &["100", "100", "200", "200"]),
        ("bool", "x", &["yes", "no", "", "no"]),
        ("timestamp", "x", &["2026-01-01", "2026-01-01T10:00:00+02:00"]),
        ("number", "x", &["20260101", "20260102"]),
        ("timezone", "x", &["Europe/Berlin", "UTC", "Asia/Kolkata"]),
        ("category", "x", &["free", "pro", "free", "pro"]),
        ("text", "x", &["Ann", "Bob", "Cy"]),
        ("text", "order_id", &["1", "2", "3"]),
        ("text", "x", &["1", "2", "12,50"]),
        ("empty", "x", &["", " ", ""]),
        ("category", "x", &["1", "one", "1", "one"]),
    ];
    for (kind, name, rows) in cases {
        let mut columns = head(rows.len());
        columns.push((name.to_owned(), texts(rows)));
        let found = describe(&Frame::new(columns).unwrap(), None).unwrap();
        assert_eq!(found.columns[0].kind, kind, "{rows:?}");
    }
    let rows = [json!([1]), json!(2)]
        .map(|x| json!({ "customer_id": 1, "timestamp": "2026-01-01", "type": "visit", "x": x }));
    assert_eq!(describe(&frame(rows.to_vec()), None).unwrap().columns[0].kind, "nested");
}

#[test]
fn what_looks_wrong_is_said() {
    let mut rows = shop();
    let event = |id: &str, at: &str, kind: &str| json!({ "customer_id": id, "timestamp": at, "type": kind });
    rows.push(event("a", "2062-01-01", "login"));
    rows.push(event(" b", "2026-01-03", "Login"));
    rows.push(rows[0].clone());
    rows.push(json!({ "customer_id": "a", "timestamp": "yesterday", "type": "login" }));
    rows.push(
        json!({ "customer_id": "a", "timestamp": "2026-01-04", "type": "purchase", "amount": -5 }),
    );
    let found = describe(&frame(rows), None).unwrap();
    let expected = [
        ("unreadable_row", None, 1),
        ("equal_row", None, 1),
        ("late_event", Some("timestamp"), 1),
        ("blank", Some("customer_id"), 1),
        ("case_variants", Some("type"), 1),
        ("rare_type", Some("type"), 1),
        ("negative", Some("amount"), 1),
        ("mostly_missing", Some("coupon"), 8),
    ];
    let expected: Vec<_> = expected
        .map(|(code, column, count)| (code.to_owned(), column.map(str::to_owned), count))
        .to_vec();
    assert_eq!(codes(&found), expected);
    let late = &found.suspicious[2].message;
    assert_eq!(
        late,
        "events long after all others, which end at 2026-01-09T12:30:00Z, as if in the future: 1, the last of 2062-01-01T00:00:00Z"
    );
}

#[test]
fn equal_identities_are_told_from_conflicts() {
    let event = |id: Value, amount: f64| json!({ "customer_id": "a", "timestamp": "2026-01-01", "type": "buy", "event_id": id, "amount": amount });
    let rows = vec![
        event(json!("1"), 1.0),
        event(json!("1"), 1.0),
        event(json!("1"), 2.0),
        event(json!("2"), 1.0),
        event(Value::Null, 1.0),
        event(Value::Null, 1.0),
    ];
    let found = describe(&frame(rows), None).unwrap().duplicates;
    assert_eq!((found.same_event_id, found.conflicting, found.equal_rows), (2, 1, 1));
}

#[test]
fn two_units_in_one_column_are_seen() {
    let amount = |at: i32| if at % 4 == 0 { 1000 + at * 100 } else { 10 + at };
    let rows = (0..40).map(|at| {
        json!({ "customer_id": at, "timestamp": "2026-01-01T10:00:00Z", "type": "buy", "amount": amount(at) })
    });
    let found = describe(&frame(rows.collect()), None).unwrap();
    let mixed = found.suspicious.iter().find(|what| what.code == "mixed_units").unwrap();
    assert!(
        mixed.message.starts_with("values lie in two groups, up to 49 and from 1000 on"),
        "{}",
        mixed.message
    );
}

#[test]
fn customers_are_described_beside_their_events() {
    let customers = frame(vec![
        json!({ "customer_id": "a", "plan": "Free", "signed_up": "2026-01-01" }),
        json!({ "customer_id": "b", "plan": "free", "signed_up": "2026-01-02" }),
        json!({ "customer_id": "b", "plan": "free", "signed_up": "2026-01-02" }),
        json!({ "customer_id": "z", "plan": "Free", "signed_up": "2026-01-02" }),
    ]);
    let found = describe(&frame(shop()), Some(&customers)).unwrap();
    let table = found.customer_table.as_ref().unwrap();
    assert_eq!((table.rows, table.customers, table.without_events), (4, 3, 1));
    let kinds: Vec<_> = table.columns.iter().map(|column| column.kind.as_str()).collect();
    assert_eq!(kinds, ["category", "timestamp"]);
    let said: Vec<_> = codes(&found).into_iter().map(|(code, ..)| code).collect();
    assert!(
        said.contains(&"repeated_customer".to_owned())
            && said.contains(&"unknown_customer".to_owned())
    );
    assert!(said.contains(&"case_variants".to_owned()), "{said:?}");
}

#[test]
fn a_customer_with_a_past_has_several_rows() {
    let customers = frame(vec![
        json!({ "customer_id": "a", "plan": "free", "valid_from": "2026-01-01" }),
        json!({ "customer_id": "a", "plan": "pro", "valid_from": "2026-01-05" }),
    ]);
    let found = describe(&frame(shop()), Some(&customers)).unwrap();
    let table = found.customer_table.as_ref().unwrap();
    assert_eq!((table.customers, table.columns.len()), (1, 1));
    assert!(codes(&found).iter().all(|(code, ..)| code != "repeated_customer"));
}

#[test]
fn a_table_without_its_head_is_refused_with_the_way_out() {
    let refused = |names: &[&str]| {
        let columns = names.iter().map(|name| ((*name).to_owned(), texts(&["x"]))).collect();
        describe(&Frame::new(columns).unwrap(), None).unwrap_err().to_string()
    };
    assert_eq!(
        refused(&["customer_id", "timestamp"]),
        "events `type`: there is no column of this name; where all events are of one kind, add a column that names it, for instance `purchase` in every row"
    );
    assert_eq!(
        refused(&["customer", "timestamp", "type"]),
        "events `customer_id`: there is no column of this name; did you mean `customer`?"
    );
    assert_eq!(
        refused(&["customer_id", "timestamps", "type"]),
        "events `timestamp`: there is no column of this name; did you mean `timestamps`?"
    );
}

#[test]
fn a_table_of_no_rows_has_nothing_in_it() {
    let columns = ["customer_id", "timestamp", "type"].map(|name| (name.to_owned(), texts(&[])));
    let found = describe(&Frame::new(columns.to_vec()).unwrap(), None).unwrap();
    assert_eq!((found.rows, found.events_per_customer, found.first), (0, None, None));
    assert_eq!(found.suspicious, []);
}
