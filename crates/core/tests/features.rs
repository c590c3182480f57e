//! Features as the design defines them, on histories small enough to check by eye.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test stops at the first surprise"
)]

use serde_json::{Value, json};
use stayput_core::columns::Frame;
use stayput_core::features::{FeatureData, FeatureType, TrainingOptions};
use stayput_core::time::Timestamp;
use stayput_core::{Bundle, Engine, Playbook};

const SCHEMA: &str = r#"
[playbook]
name = "test"
[customer]
plan = { type = "category", values = ["free", "pro"] }
mrr = { type = "number", min = 0 }
since = { type = "timestamp" }
zone = { type = "timezone", default = "UTC" }
vip = { type = "bool", default = false }
[events.login]
[events.purchase]
amount = { type = "number", required = true }
sku = "category"
[features]
"#;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn events() -> Value {
    json!([
        {"customer_id": "a", "timestamp": "2026-01-01T00:00:00Z", "type": "login"},
        {"customer_id": "a", "timestamp": "2026-01-08T00:00:00Z", "type": "login"},
        {"customer_id": "a", "timestamp": "2026-01-08T23:30:00Z", "type": "login"},
        {"customer_id": "a", "timestamp": "2026-01-03T00:00:00Z", "type": "purchase", "amount": 10.0, "sku": "x"},
        {"customer_id": "a", "timestamp": "2026-01-05T00:00:00Z", "type": "purchase", "amount": 30.0, "sku": "y"},
        {"customer_id": "a", "timestamp": "2026-01-06T00:00:00Z", "type": "purchase", "amount": 2.0, "sku": "x"},
        {"customer_id": "a", "timestamp": "2026-02-01T00:00:00Z", "type": "purchase", "amount": 1e6},
    ])
}

fn customers() -> Value {
    json!([{"customer_id": "a", "plan": "pro", "mrr": 20, "since": "2025-12-01", "zone": "Asia/Tokyo"}])
}

fn frame(rows: Value) -> Frame {
    let Value::Array(rows) = rows else { panic!("rows are an array") };
    Frame::from_objects(rows).unwrap()
}

/// The value of one expression for customer `a` on 2026-01-08.
fn value(expression: &str) -> Value {
    let text = format!("{SCHEMA}x = '{expression}'\n");
    let playbook = Playbook::parse(&text).unwrap_or_else(|error| panic!("{expression}: {error}"));
    let as_of = at("2026-01-08T00:00:00Z");
    let table = playbook
        .features(&frame(events()), Some(&frame(customers())), &[as_of], Some(1))
        .unwrap()
        .table;
    let column = &table.columns[0];
    let batch = match (&column.data, &column.kind) {
        (FeatureData::Number(rows), _) if rows[0].is_nan() => Value::Null,
        (FeatureData::Number(rows), FeatureType::Bool) => json!(rows[0] == 1.0),
        (FeatureData::Number(rows), FeatureType::Category { values }) => {
            json!(values[rows[0] as usize])
        }
        (FeatureData::Number(rows), _) => json!(rows[0]),
        (FeatureData::Count(rows), _) => json!(f64::from(rows[0])),
        (FeatureData::Time(rows), _) => {
            Timestamp::from_micros(rows[0]).map_or(Value::Null, |at| json!(at.to_string()))
        }
        (FeatureData::Text(column), _) => json!(column.get(0)),
    };
    let mut engine = Engine::new(Bundle::new(playbook, None).unwrap());
    engine.upsert_customers(&frame(customers())).unwrap();
    // One by one and in reverse: the order of arrival does not show.
    let Value::Array(events) = events() else { unreachable!() };
    for event in events.into_iter().rev() {
        engine.ingest(&frame(json!([event]))).unwrap();
    }
    let score = engine.score("a", as_of).unwrap();
    assert_eq!(score.features["x"], batch, "{expression}: engine and batch");
    batch
}

#[test]
fn each_function_does_what_its_definition_says() {
    for (expression, expected) in [
        // The window (as_of - 7d, as_of] leaves its start out and takes its end in.
        (r#"count(login, "7d")"#, json!(1.0)),
        (r#"count(login, "168h1s")"#, json!(2.0)),
        ("count(login)", json!(2.0)),
        (r#"count(events, "7d")"#, json!(4.0)),
        (r#"count(purchase, "30d", purchase.amount > 5.0)"#, json!(2.0)),
        (r#"count(purchase, purchase.sku == "x")"#, json!(2.0)),
        (r#"exists(login, "1d")"#, json!(true)),
        (r#"exists(purchase, "1d")"#, json!(false)),
        (r#"sum(purchase.amount, "30d")"#, json!(42.0)),
        (r#"sum(purchase.amount, "1h")"#, json!(0.0)),
        (r#"sum(purchase.amount * 2.0 + 1.0, "30d")"#, json!(87.0)),
        ("mean(purchase.amount)", json!(14.0)),
        (r#"mean(purchase.amount, "1h")"#, Value::Null),
        ("min(purchase.amount)", json!(2.0)),
        ("max(purchase.amount)", json!(30.0)),
        (r#"max(purchase.timestamp, "30d", purchase.sku == "x")"#, json!("2026-01-06T00:00:00Z")),
        // 10, 30, 2 about 14: (16 + 256 + 144) / 2 = 208.
        ("std(purchase.amount)", json!(208.0_f64.sqrt())),
        (r#"std(purchase.amount, "30d", purchase.amount > 20.0)"#, Value::Null),
        ("distinct(purchase.sku)", json!(2.0)),
        (r#"distinct(purchase.sku, "1h")"#, json!(0.0)),
        ("first(purchase.amount)", json!(10.0)),
        ("last(purchase.sku)", json!("x")),
        ("last(login)", json!("2026-01-08T00:00:00Z")),
        (r#"last(events, "2d")"#, json!("2026-01-08T00:00:00Z")),
        ("days_since(last(purchase))", json!(2.0)),
        ("days_until(customer.since)", json!(-38.0)),
        // Purchases: 10, 30, 2 on days 3, 5, 6; logins on days 1 and 8, as_of is day 8.
        ("nth(purchase.amount, 2)", json!(30.0)),
        ("nth(purchase.amount, -1)", json!(2.0)),
        (r#"nth(purchase.amount, 1, "30d", purchase.amount < 5)"#, json!(2.0)),
        ("nth(purchase.amount, 4)", Value::Null),
        ("nth(login, 1)", json!("2026-01-01T00:00:00Z")),
        ("nth(events, -2)", json!("2026-01-06T00:00:00Z")),
        ("nth(purchase.sku, 2)", json!("y")),
        // Days 0, 2, 3 about 5/3; amounts about 14: (20/3 + 16/3 - 16) / (42/9).
        ("trend(purchase.amount) + 6.0/7.0 < 1e-12", json!(true)),
        (r#"trend(purchase.amount, "1h")"#, Value::Null),
        // Bought 5, 3 and 2 days before, of 6.
        (r#"trend(purchase, "6d")"#, json!(6.0 * (3.0 * 5.0 - 2.0 * 10.0) / 210.0)),
        (r#"trend(login, "2d")"#, json!(1.0)),
        (r#"trend(login, "2d", weekday(login.timestamp) == 4.0)"#, json!(1.0)),
        (r#"trend(login, "2d", weekday(login.timestamp) == 3.0)"#, json!(0.0)),
        ("streak(login)", json!(1.0)),
        ("streak(events)", json!(1.0)),
        ("streak(purchase)", json!(0.0)),
        ("gaps(login)", json!(7.0)),
        ("gaps(purchase)", json!(1.5)),
        (r#"gaps(login, "7d")"#, Value::Null),
        ("gaps(purchase, purchase.amount < 20)", json!(3.0)),
        ("entropy(purchase.amount > 5)", json!(2.0 / 3.0 * 1.5_f64.log2() + 3.0_f64.log2() / 3.0)),
        (r#"entropy(purchase.sku, "1h")"#, Value::Null),
        ("percentile(purchase.amount, 50)", json!(10.0)),
        ("percentile(purchase.amount, 75)", json!(20.0)),
        (r#"percentile(purchase.amount, 75, "1h")"#, Value::Null),
        // Weights 1/8, 1/2, 1.
        (r#"ewma(purchase.amount, "1d")"#, json!((1.25 + 15.0 + 2.0) / 1.625)),
        (r#"ewma(purchase, "1d")"#, json!(1.625 / 4.0)),
        (r#"ewma(login, "7d")"#, json!(1.5)),
        (r#"ewma(login, "7d", "1d")"#, json!(1.0)),
        (r#"ewma(events, "1000000d") > 4.999"#, json!(true)),
        // Nine hours ahead: a Thursday, 9 o'clock.
        ("hour_of(as_of)", json!(9.0)),
        ("weekday(as_of)", json!(4.0)),
        ("weekday(customer.since)", json!(1.0)),
        ("count(purchase, hour_of(purchase.timestamp) == 9)", json!(3.0)),
        ("if(customer.vip, 1, 2)", json!(2.0)),
        (r#"if(mean(purchase.amount, "1h") > 0, 1, 2)"#, Value::Null),
        ("bucket(customer.mrr, 0, 20, 40)", json!(2.0)),
        ("bucket(-customer.mrr, 0, 20, 40)", json!(0.0)),
        (r#"bucket(mean(purchase.amount, "1h"), 0)"#, Value::Null),
        (r#"sequence(login, purchase, "2d")"#, json!(true)),
        (r#"sequence(login, purchase, "47h")"#, json!(false)),
        (r#"sequence(login, purchase, "2d", "7d")"#, json!(false)),
        (r#"sequence(purchase, purchase, "1d")"#, json!(true)),
        (r#"sequence(purchase, login, "2d")"#, json!(true)),
        (r#"absent(login, purchase, "2d")"#, json!(false)),
        (r#"absent(purchase, login, "7d")"#, json!(false)),
        (r#"absent(login, purchase, "1d")"#, json!(true)),
        (r#"absent(events, purchase, "12h")"#, json!(true)),
        // In Tokyo, nine hours ahead, both logins still fall on two days.
        ("active_days(login)", json!(2.0)),
        ("ratio(customer.mrr, 8.0)", json!(2.5)),
        ("ratio(customer.mrr, 0.0)", Value::Null),
        ("curve(customer.mrr, 0, 0, 10, 50, 30, 90)", json!(70.0)),
        ("clamp(customer.mrr, 0.0, 5.0)", json!(5.0)),
        ("log1p(customer.mrr - 21.0)", Value::Null),
        (r#"coalesce(mean(purchase.amount, "1h"), -1.0)"#, json!(-1.0)),
        ("customer.plan", json!("pro")),
        (r#"customer.plan in ["free"]"#, json!(false)),
        (r#"customer.plan.startsWith("p") ? 1 : 0"#, json!(1.0)),
        ("has(customer.mrr) && !customer.vip", json!(true)),
        (r#"as_of - customer.since > "30d""#, json!(true)),
        (r#"(as_of - customer.since) / duration("1d")"#, json!(38.0)),
        // Kleene: what is certain without the missing value is certain.
        (r#"mean(purchase.amount, "1h") > 0 || true"#, json!(true)),
        (r#"mean(purchase.amount, "1h") > 0 && false"#, json!(false)),
        (r#"mean(purchase.amount, "1h") > 0 && true"#, Value::Null),
        ("1.0 / 0.0", Value::Null),
        ("-7.0 % 4.0", json!(-3.0)),
        ("2 + 3 * 4 - 6 / 2", json!(11.0)),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn curves_give_points() {
    for (expression, expected) in [
        ("logistic(customer.mrr, customer.mrr, -3)", json!(50.0)),
        ("logistic(0, 0, 1) + customer.mrr * 0", json!(50.0)),
        (r#"logistic(mean(purchase.amount, "1h"), 0, 1)"#, Value::Null),
        ("decay(-customer.mrr, 7)", json!(100.0)),
        ("decay(customer.mrr, customer.mrr)", json!(50.0)),
        ("decay(customer.mrr, -customer.mrr)", Value::Null),
        ("percentile_rank(customer.mrr - customer.mrr, -1, 1)", json!(50.0)),
        ("percentile_rank(customer.mrr * 0 + 250, 0, 0, 0, 1000)", json!(75.0)),
        (r#"percentile_rank(mean(purchase.amount, "1h"), 0, 1)"#, Value::Null),
    ] {
        assert_eq!(value(expression), expected, "{expression}");
    }
}

#[test]
fn a_wrong_expression_says_where_and_what_instead() {
    for (expression, message) in [
        ("count(logn)", "line 15, column 12: `logn` is not an event type; did you mean `login`?"),
        (
            "count(login, \"30 days\")",
            "line 15, column 19: `30 days` is not a length of time; expected a number and `w`, `d`, `h`, `m` or `s`, for instance `30d`",
        ),
        ("cont(login)", "line 15, column 6: `cont` is not a function; did you mean `count`?"),
        (
            "customer.plam",
            "line 15, column 15: `plam` is not a customer attribute; did you mean `plan`?",
        ),
        (
            "customer.plan == \"prp\"",
            "line 15, column 23: `prp` is not one of `free`, `pro`; did you mean `pro`?",
        ),
        (
            "sum(purchase.sku)",
            "line 15, column 10: expected numbers, found a category; `sum(event.property, window?, filter?)`",
        ),
        (
            "purchase.amount > 1",
            "line 15, column 6: `purchase.amount` has a value for each event; take one, for instance `last(purchase.amount)`",
        ),
        (
            "login",
            "line 15, column 6: `login` is an event type; count it or take one of its properties, for instance `count(login, \"30d\")`",
        ),
        (
            "count(login, horizon)",
            "line 15, column 19: `horizon` is known only to `churn.label`: anything else would read the future",
        ),
        ("count(login) && true", "line 15, column 6: expected a boolean, found a number"),
        ("mrr + 1", "line 15, column 6: `mrr` is not a feature; did you mean `customer.mrr`?"),
        (
            "health > 4",
            "line 15, column 6: `health` is not known here; stages, segments and campaigns may read it where there is a section `[health]`",
        ),
        (
            "as_of - customer.since",
            "line 15, column 6: a feature is not a duration; divide it by one, for instance `(…) / duration(\"1d\")`",
        ),
        (
            "rises_above(customer.mrr, 3)",
            "line 15, column 6: `rises_above` is a trigger, and stands only in a campaign's `on`",
        ),
        ("x + 1", "line 15, column 6: features read each other in a circle: `x` reads `x`"),
        ("curve(1.0, 5, 0, 5, 1)", "line 15, column 23: a curve's x values increase; 5 follows 5"),
    ] {
        let error = Playbook::parse(&format!("{SCHEMA}x = '{expression}'\n")).unwrap_err();
        assert_eq!(error.to_string(), format!("playbook `features.x`: {message}"));
    }
}

#[test]
fn a_preset_stands_for_several_features() {
    let text = format!(
        "{SCHEMA}buyer = 'rfm(purchase.amount, \"365d\")'\nquiet = 'recency()'\nuse = 'engagement(login)'\nboth = 'buyer_frequency + use_count_7d'\n"
    );
    let playbook = Playbook::parse(&text).unwrap();
    let specs = &playbook.feature_set().specs;
    let written: Vec<(&str, &str)> =
        specs.iter().map(|spec| (spec.name.as_str(), spec.text.as_str())).collect();
    assert_eq!(
        written,
        [
            ("buyer_recency_days", "days_since(last(purchase, \"365d\"))"),
            ("buyer_frequency", "count(purchase, \"365d\")"),
            ("buyer_monetary", "sum(purchase.amount, \"365d\")"),
            ("quiet_login", "days_since(last(login))"),
            ("quiet_purchase", "days_since(last(purchase))"),
            ("use_count_7d", "count(login, \"7d\")"),
            ("use_count_28d", "count(login, \"28d\")"),
            ("use_active_days_28d", "active_days(login, \"28d\")"),
            ("use_pace", "ratio(count(login, \"7d\"), count(login, \"28d\") / 4.0)"),
            ("use_days_quiet", "days_since(last(login))"),
            ("both", "buyer_frequency + use_count_7d"),
        ]
    );
    let table = playbook
        .features(&frame(events()), Some(&frame(customers())), &[at("2026-01-08T00:00:00Z")], None)
        .unwrap()
        .table;
    let row: Vec<f64> = table.columns.iter().map(|column| column.numbers().unwrap()[0]).collect();
    assert_eq!(row, [2.0, 3.0, 42.0, 0.0, 2.0, 1.0, 2.0, 2.0, 2.0, 0.0, 4.0]);
}

#[test]
fn a_wrong_preset_says_where_and_what_instead() {
    for (lines, message) in [
        (
            "x = 'rfm(purchase)'",
            "`features.x`: line 15, column 10: expected `rfm(event.property, window?)`",
        ),
        (
            "x = 'rfm(purchase.amonut)'",
            "`features.x`: line 15, column 19: `amonut` is not a property of `purchase`; did you mean `amount`?",
        ),
        (
            "x = 'rfm(purchase.amount, \"30\")'",
            "`features.x`: line 15, column 27: `30` is not a length of time; expected a number and `w`, `d`, `h`, `m` or `s`, for instance `30d`",
        ),
        (
            "x = 'engagement(logn)'",
            "`features.x`: line 15, column 17: `logn` is not an event type; did you mean `login`?",
        ),
        (
            "x = '1 + recency()'",
            "`features.x`: line 15, column 10: `recency` makes several features, and stands alone as the expression of one",
        ),
        ("x = 'recency(login)'", "`features.x`: line 15, column 14: expected `recency()`"),
        (
            "x = 'recency()'\nx_login = '1'",
            "`features.x`: line 15, column 1: the preset makes `x_login`, which is a feature already; choose another name than `x`",
        ),
    ] {
        let error = Playbook::parse(&format!("{SCHEMA}{lines}\n")).unwrap_err();
        assert_eq!(error.to_string(), format!("playbook {message}"));
    }
}

#[test]
fn deep_nesting_costs_no_more_than_its_length() {
    for (open, close) in [("coalesce(", ", 1.0)"), ("(true ? ", " : 2.0)"), ("clamp(", ", 0, 1)")] {
        let nested = format!("{}1.0{}", open.repeat(30), close.repeat(30));
        assert_eq!(value(&nested), json!(1.0));
    }
}

#[test]
fn a_label_reads_after_the_gap_up_to_the_end_of_the_horizon() {
    let text = format!(
        "{SCHEMA}n = 'count(login)'\n[churn]\nlabel = 'count(login, horizon) == 0'\nhorizon = \"7d\"\ngap = \"1d\"\n"
    );
    let playbook = Playbook::parse(&text).unwrap();
    let login = |day: &str| json!({"customer_id": "a", "timestamp": day, "type": "login"});
    let label = |days: &[&str]| {
        let mut rows: Vec<Value> = days.iter().map(|day| login(day)).collect();
        // Somebody else's event closes the data.
        rows.push(json!({"customer_id": "z", "timestamp": "2026-03-01", "type": "login"}));
        let set = playbook
            .training_set(
                &frame(Value::Array(rows)),
                None,
                &[at("2026-01-01")],
                &TrainingOptions::default(),
            )
            .unwrap()
            .set;
        (set.labels.clone(), set.table.columns[0].numbers().unwrap().to_vec())
    };
    assert_eq!(label(&["2026-01-01", "2026-01-02"]), (vec![1.0], vec![1.0]), "inside the gap");
    assert_eq!(label(&["2026-01-01", "2026-01-02T00:00:01Z"]).0, [0.0], "after the gap");
    assert_eq!(label(&["2026-01-01", "2026-01-09"]).0, [0.0], "the end is inside");
    assert_eq!(label(&["2026-01-01", "2026-01-09T00:00:01Z"]).0, [1.0], "after the end");
    assert!(label(&["2026-01-02"]).0.is_empty(), "nobody before the first event");
}

#[test]
fn rows_past_the_data_and_not_eligible_are_left_out_and_counted() {
    let text = format!(
        "{SCHEMA}n = 'count(login)'\n[churn]\nlabel = 'count(login, horizon) == 0'\nhorizon = \"7d\"\neligible = 'n >= 2'\n"
    );
    let playbook = Playbook::parse(&text).unwrap();
    let days = ["2026-01-01", "2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z"].map(at);
    let training =
        playbook.training_set(&frame(events()), None, &days, &TrainingOptions::default()).unwrap();
    let left_out = training.set.left_out;
    assert_eq!((left_out.not_eligible, left_out.horizon_past_data), (2, 0));
    assert_eq!(training.set.labels, [1.0]);
    let late = playbook
        .training_set(&frame(events()), None, &[at("2026-01-30")], &TrainingOptions::default())
        .unwrap();
    assert_eq!(late.set.left_out.horizon_past_data, 1);
}

#[test]
fn a_feature_that_reads_what_the_label_reads_is_refused() {
    let text = format!("{SCHEMA}v = 'customer.vip'\n[churn]\nlabel = 'customer.vip'\n");
    let error = Playbook::parse(&text).unwrap_err();
    assert_eq!(error.code().as_str(), "leakage");
    assert_eq!(
        error.to_string(),
        "playbook `features.v`: line 15, column 6: reads `customer.vip`, which the churn label reads too: the answer would be among the questions"
    );
}

#[test]
fn a_bad_event_is_in_the_report_and_the_good_ones_count() {
    let playbook = Playbook::parse(&format!("{SCHEMA}n = 'count(events)'\n")).unwrap();
    let mut engine = Engine::new(Bundle::new(playbook, None).unwrap());
    let report = engine
        .ingest(&frame(json!([
            {"customer_id": "a", "timestamp": "2026-01-01", "type": "login", "event_id": "1", "country": "de"},
            {"customer_id": "a", "timestamp": "2026-01-01", "type": "logn"},
            {"customer_id": "a", "timestamp": "yesterday", "type": "login"},
            {"customer_id": "a", "timestamp": "2026-01-01", "type": "purchase"},
            {"customer_id": "a", "timestamp": "2026-01-01", "type": "purchase", "amount": "12,50"},
            {"customer_id": null, "timestamp": "2026-01-01", "type": "login"},
            {"customer_id": "a", "timestamp": "2026-01-01", "type": "login", "event_id": "1"},
            {"customer_id": "a", "timestamp": "2026-01-02", "type": "login", "event_id": "1"},
            {"customer_id": 7, "timestamp": "2026-01-02", "type": "login"},
        ])))
        .unwrap();
    assert_eq!((report.accepted, report.duplicates), (2, 1));
    assert_eq!(report.ignored_columns, ["country"]);
    let rejected: Vec<&str> = report.rejected.iter().map(|row| row.message.as_str()).collect();
    assert_eq!(
        rejected,
        [
            "event 1: `logn` is not an event type of the playbook; did you mean `login`?",
            "event 2: `timestamp`: `yesterday` is not a date or time; expected ISO 8601, for instance `2026-11-21T10:00:00Z`",
            "event 3: `amount` of `purchase` is missing",
            "event 4: `amount` is \"12,50\"; expected a number",
            "event 5: `customer_id` is missing",
            "event 7: `event_id` is `1`, which this customer has already with other contents; a correction needs a greater `revision`",
        ]
    );
    assert_eq!(engine.customers().collect::<Vec<_>>(), ["7", "a"]);
}

#[test]
fn rows_of_several_blocks_are_what_each_is_alone() {
    let features = r#"
        bought = 'count(purchase, "20d")'
        each = 'sum(purchase.amount, "20d") / bought'
        dear = 'each > 12.0 || bought > 2.0 && customer.plan == "pro"'
        waits = 'dear ? days_since(last(purchase)) : -1.0'
        named = 'size(last(purchase.sku)) + each'
    "#;
    let playbook = Playbook::parse(&format!("{SCHEMA}{features}")).unwrap();
    let day = |day: usize| json!(format!("2026-01-{:02}T00:00:00Z", 1 + day % 28));
    let of = |customer: usize| {
        (0..customer % 5).map(move |nth| {
            json!({
                "customer_id": format!("c{customer:04}"), "timestamp": day(customer + 3 * nth),
                "type": "purchase", "amount": 10 + nth, "sku": "a".repeat(1 + nth),
            })
        })
    };
    let person = |customer: usize| {
        let plan = if customer.is_multiple_of(2) { json!("pro") } else { Value::Null };
        json!({"customer_id": format!("c{customer:04}"), "plan": plan})
    };
    let instants: Vec<Timestamp> =
        (10..28).map(|day| at(&format!("2026-01-{day}T12:00:00Z"))).collect();
    let rows = |customers: std::ops::Range<usize>, threads| {
        let events = frame(customers.clone().flat_map(of).collect());
        let people = frame(customers.map(person).collect());
        playbook.features(&events, Some(&people), &instants[..], Some(threads)).unwrap().table
    };
    let all = rows(0..500, 2);
    assert_eq!(all.len(), 500 * 18);
    for customer in [0, 1, 113, 114, 227, 228, 341, 342, 497, 498, 499] {
        let alone = rows(customer..customer + 1, 1);
        for (many, one) in all.columns.iter().zip(&alone.columns) {
            assert_eq!(many.data().type_name(), one.data().type_name(), "{}", many.name);
            let (many, one) = (many.numbers().unwrap(), one.numbers().unwrap());
            let bits = |rows: &[f64]| rows.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&many[customer * 18..][..18]), bits(&one), "customer {customer}");
        }
    }
}

#[test]
fn how_many_is_a_whole_number_in_its_column_and_any_number_to_what_reads_it() {
    let features = r#"
logins = 'count(login, "7d")'
skus = 'distinct(purchase.sku, "30d")'
days = 'active_days(login, "30d")'
row = 'streak(login, "30d")'
same = 'logins'
half = 'logins / 2.0'
spend = 'sum(purchase.amount, "30d")'
often = 'logins > skus && days > 0.0'
"#;
    let playbook = Playbook::parse(&format!("{SCHEMA}{features}")).unwrap();
    let instants = ["2026-01-02T00:00:00Z", "2026-01-09T00:00:00Z", "2026-02-01T00:00:00Z"].map(at);
    let table = playbook.features(&frame(events()), None, &instants[..], Some(1)).unwrap().table;
    let data = |name: &str| &table.column(name).unwrap().data;
    let counts = |rows: [i32; 3]| FeatureData::Count(rows.to_vec().into());
    let numbers = |rows: [f64; 3]| FeatureData::Number(rows.to_vec().into());
    assert_eq!(*data("logins"), counts([1, 2, 0]));
    assert_eq!(*data("skus"), counts([0, 2, 2]));
    assert_eq!(*data("days"), counts([1, 2, 1]));
    assert_eq!(*data("row"), counts([1, 1, 0]));
    assert_eq!(*data("same"), counts([1, 2, 0]));
    assert_eq!(*data("half"), numbers([0.5, 1.0, 0.0]));
    assert_eq!(*data("spend"), numbers([0.0, 42.0, 1_000_042.0]));
    assert_eq!(*data("often"), numbers([1.0, 0.0, 0.0]));
    assert!(table.columns[..7].iter().all(|column| column.kind == FeatureType::Number));
    assert_eq!(table.column("logins").unwrap().numbers().unwrap()[..], [1.0, 2.0, 0.0]);
    let two = table.select(&[2, 1]);
    assert_eq!(two.column("days").unwrap().data, FeatureData::Count(vec![1, 2].into()));
}
