//! Training sets as the design defines them: cut-offs, attributes as they stood, who is left out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use serde_json::{Value, json};
use stayput_core::columns::Frame;
use stayput_core::features::{Censored, CutOffs, Every, Grid, LeftOut, TrainingOptions};
use stayput_core::time::{Span, Timestamp};
use stayput_core::{Bundle, Engine, Playbook, Training, wire};

const PLAYBOOK: &str = r#"
[playbook]
name = "training"
[customer]
plan = { type = "text", default = "none" }
mrr = "number"
signed_up = "timestamp"
[events.login]
[events.cancelled]
[features]
logins = 'count(login, "30d")'
plan = 'customer.plan'
mrr = 'customer.mrr'
[churn]
label = 'count(login, horizon) == 0'
horizon = "10d"
"#;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn frame(rows: &Value) -> Frame {
    Frame::from_objects(rows.as_array().unwrap().clone()).unwrap()
}

fn event(customer: &str, day: &str, kind: &str) -> Value {
    json!({"customer_id": customer, "timestamp": format!("2026-{day}"), "type": kind})
}

fn playbook() -> Playbook {
    Playbook::parse(PLAYBOOK).unwrap()
}

fn with(line: &str) -> Playbook {
    Playbook::parse(&format!("{PLAYBOOK}{line}\n")).unwrap()
}

/// `customer day: plan, mrr` of each row of features.
fn rows(customers: &Value, as_of: impl Into<CutOffs>) -> Vec<String> {
    let features =
        playbook().features(&Frame::default(), Some(&frame(customers)), as_of, Some(1)).unwrap();
    let row = |row: &serde_json::Map<String, Value>| {
        let day = row["as_of"].as_str().unwrap().get(5..10).unwrap();
        format!("{} {day}: {}, {}", row["customer_id"].as_str().unwrap(), row["plan"], row["mrr"])
    };
    wire::rows(&features.table).iter().map(row).collect()
}

fn keys(training: &Training) -> Vec<String> {
    let keys = training.set.table.keys.iter();
    keys.map(|key| format!("{} {}", key.customer_id, &key.as_of.to_string()[5..10])).collect()
}

#[test]
fn a_grid_asks_at_each_of_its_instants() {
    let customers = json!([{"customer_id": "a", "plan": "x"}]);
    let grid = Grid { from: at("2026-01-31"), to: at("2026-03-31"), every: Every::Month };
    assert_eq!(
        rows(&customers, grid),
        ["a 01-31: \"x\", null", "a 02-28: \"x\", null", "a 03-31: \"x\", null"]
    );
}

#[test]
fn attributes_hold_from_their_instant_until_the_next_row() {
    let customers = json!([
        {"customer_id": "b", "plan": "always"},
        {"customer_id": "a", "valid_from": "2026-02-10T00:00:00Z", "plan": "pro", "mrr": 20},
        {"customer_id": "a", "valid_from": "2026-02-01", "plan": "free", "mrr": 5},
        // A row holds as a whole: what it does not say is missing, not what it was before.
        {"customer_id": "a", "valid_from": "2026-02-20", "mrr": 30},
    ]);
    let days = ["2026-01-31T23:59:59.999999Z", "2026-02-01", "2026-02-09", "2026-02-10"];
    let days = days.into_iter().chain(["2026-03-01"]).map(at).collect::<Vec<_>>();
    assert_eq!(
        rows(&customers, &days),
        [
            "a 01-31: \"none\", null",
            "a 02-01: \"free\", 5.0",
            "a 02-09: \"free\", 5.0",
            "a 02-10: \"pro\", 20.0",
            "a 03-01: \"none\", 30.0",
            "b 01-31: \"always\", null",
            "b 02-01: \"always\", null",
            "b 02-09: \"always\", null",
            "b 02-10: \"always\", null",
            "b 03-01: \"always\", null",
        ]
    );
}

#[test]
fn two_rows_of_one_instant_are_one_too_many() {
    let report = |rows: &Value, as_of: CutOffs| {
        let features = playbook().features(&Frame::default(), Some(&frame(rows)), as_of, None);
        let report = features.unwrap().report.customers;
        report.rejected.into_iter().map(|row| row.message).collect::<Vec<_>>()
    };
    let day = CutOffs::from(at("2026-03-01"));
    let dated = json!([
        {"customer_id": "a", "valid_from": "2026-02-01", "plan": "x"},
        {"customer_id": "a", "valid_from": "2026-02-01T00:00:00Z", "plan": "y"},
        {"customer_id": "a", "plan": "z"},
        {"customer_id": "a", "plan": "z"},
        {"customer_id": "a", "valid_from": "soon"},
    ]);
    let twice = "customer 3: `a` appears twice; the first row counts".to_owned();
    assert_eq!(
        report(&dated, day.clone()),
        [
            "customer 1: `a` appears twice with `valid_from` `2026-02-01T00:00:00Z`; the first row counts".to_owned(),
            twice,
            "customer 4: `valid_from`: `soon` is not a date or time; expected ISO 8601, for instance `2026-11-21T10:00:00Z`".to_owned(),
        ]
    );
    // Without `valid_from` as ever; a column `as_of` that is not asked for is not read.
    let plain = json!([
        {"customer_id": "a", "as_of": "2026-02-01"},
        {"customer_id": "a", "as_of": "2026-02-02"},
    ]);
    assert_eq!(report(&plain, day), ["customer 1: `a` appears twice; the first row counts"]);
    let asked = json!([
        {"customer_id": "a", "as_of": "2026-02-01", "plan": "x"},
        {"customer_id": "a", "as_of": "2026-02-01", "plan": "x"},
        {"customer_id": "a", "plan": "x"},
    ]);
    assert_eq!(
        report(&asked, CutOffs::PerCustomer),
        [
            "customer 1: `a` is asked about twice as of `2026-02-01T00:00:00Z`; the first row counts",
            "customer 2: `as_of` is missing",
        ]
    );
}

#[test]
fn each_customer_can_be_asked_about_at_its_own_instants() {
    let customers = json!([
        {"customer_id": "b", "as_of": "2026-02-03", "plan": "b3"},
        {"customer_id": "a", "as_of": "2026-02-02", "plan": "a2"},
        {"customer_id": "b", "as_of": "2026-02-01", "plan": "b1"},
    ]);
    // Each row's attributes are those of its own question, and of no earlier one.
    assert_eq!(
        rows(&customers, CutOffs::PerCustomer),
        ["a 02-02: \"a2\", null", "b 02-01: \"b1\", null", "b 02-03: \"b3\", null"]
    );
    let history = json!([
        {"customer_id": "a", "valid_from": "2026-01-01", "plan": "free"},
        {"customer_id": "a", "valid_from": "2026-02-01", "as_of": "2026-02-02", "plan": "pro"},
        {"customer_id": "a", "valid_from": "2026-02-01", "as_of": "2026-02-04", "plan": "pro"},
        {"customer_id": "a", "valid_from": "2026-02-05", "as_of": "2026-01-15", "plan": "team"},
        {"customer_id": "b", "valid_from": "2026-02-01", "plan": "nobody asks"},
    ]);
    assert_eq!(
        rows(&history, CutOffs::PerCustomer),
        ["a 01-15: \"free\", null", "a 02-02: \"pro\", null", "a 02-04: \"pro\", null"]
    );
    for customers in [None, Some(frame(&json!([{"customer_id": "a"}])))] {
        let as_of = CutOffs::PerCustomer;
        let error = playbook().features(&Frame::default(), customers.as_ref(), as_of, None);
        assert_eq!(
            error.unwrap_err().to_string(),
            "argument `as_of`: expected an instant, a list of them or `{from, to, every}`, or else a column `as_of` in the table of customers"
        );
    }
}

#[test]
fn the_label_reads_attributes_as_they_stood() {
    let text = PLAYBOOK.replace(
        "'count(login, horizon) == 0'",
        "'count(login, horizon) == 0 && customer.signed_up <= as_of'",
    );
    let playbook = Playbook::parse(&text).unwrap();
    let customers = frame(&json!([
        {"customer_id": "a", "valid_from": "2026-01-01", "signed_up": "2030-01-01"},
        {"customer_id": "a", "valid_from": "2026-01-10", "signed_up": "2026-01-10"},
    ]));
    let events = frame(&json!([event("z", "03-01", "login")]));
    let days = ["2026-01-09", "2026-01-10"].map(at);
    let set = playbook
        .training_set(&events, Some(&customers), &days, &TrainingOptions::default())
        .unwrap()
        .set;
    assert_eq!(set.labels, [0.0, 1.0]);
}

#[test]
fn who_had_not_started_is_left_out_and_counted() {
    let events = frame(&json!([event("a", "01-10", "login"), event("z", "03-01", "login")]));
    let days = ["2026-01-01", "2026-01-10", "2026-01-20"].map(at);
    let options = TrainingOptions::default();
    let by_events = playbook().training_set(&events, None, &days, &options).unwrap();
    assert_eq!(keys(&by_events), ["a 01-10", "a 01-20"]);
    assert_eq!(by_events.set.left_out, LeftOut { not_started: 4, ..LeftOut::default() });
    // A row of attributes starts a customer too; one that holds for ever, from ever on.
    let customers = frame(&json!([
        {"customer_id": "a", "valid_from": "2026-01-15"},
        {"customer_id": "b", "valid_from": "2026-01-15"},
        {"customer_id": "c"},
    ]));
    let given = playbook().training_set(&events, Some(&customers), &days, &options).unwrap();
    assert_eq!(keys(&given), ["a 01-10", "a 01-20", "b 01-20", "c 01-01", "c 01-10", "c 01-20"]);
    assert_eq!(given.set.left_out.not_started, 3);
    assert_eq!(given.set.left_out.to_string(), "3 rows left out: 3 not started");
    let features = playbook().features(&events, Some(&customers), &days, None).unwrap();
    assert_eq!(features.table.len(), 9, "a table of features has every row that is asked for");
}

#[test]
fn started_before_and_not_yet_gone_is_for_the_playbook_to_say() {
    let line = r"eligible = 'customer.signed_up <= as_of && !exists(cancelled)'";
    let customers = frame(&json!([
        {"customer_id": "a", "signed_up": "2026-01-05"},
        {"customer_id": "b", "signed_up": "2026-01-01"},
    ]));
    let events = json!([event("b", "01-08", "cancelled"), event("z", "03-01", "login")]);
    let days = ["2026-01-04", "2026-01-05", "2026-01-08"].map(at);
    let options = TrainingOptions::default();
    let training =
        with(line).training_set(&frame(&events), Some(&customers), &days, &options).unwrap();
    assert_eq!(keys(&training), ["a 01-05", "a 01-08", "b 01-04", "b 01-05"]);
    assert_eq!(training.set.left_out, LeftOut { not_eligible: 2, ..LeftOut::default() });
    // Active lately, in terms of events alone.
    let events = json!([event("a", "01-01", "login"), event("z", "03-01", "login")]);
    let days = ["2026-01-31T00:00:00Z", "2026-01-30T23:59:59Z"].map(at);
    let training = with("eligible = 'exists(login, \"30d\")'")
        .training_set(&frame(&events), None, &days, &options)
        .unwrap();
    assert_eq!(keys(&training), ["a 01-30"]);
}

#[test]
fn a_call_may_ask_another_horizon_and_gap() {
    let events = frame(&json!([
        event("a", "01-01", "login"),
        event("a", "01-13", "login"),
        event("z", "03-01", "login"),
    ]));
    let label = |horizon: Option<&str>, gap: Option<&str>| {
        let options = TrainingOptions::read(horizon, gap, None, None).unwrap();
        let as_of = at("2026-01-01");
        playbook().training_set(&events, None, as_of, &options).unwrap().set.labels
    };
    assert_eq!(label(None, None), [1.0]);
    assert_eq!(label(Some("12d"), None), [0.0], "the end is inside");
    assert_eq!(label(Some("11d"), None), [1.0]);
    assert_eq!(label(None, Some("2d")), [0.0]);
    assert_eq!(label(None, Some("12d")), [1.0], "the start is outside");
    assert!(label(Some("60d"), None).is_empty(), "past the data");
    for (horizon, gap, censored, message) in [
        (Some("0d"), None, None, "`horizon`: a horizon is longer than nothing"),
        (None, None, Some("no"), "`censored`: is `no`; expected `drop` or `keep`"),
        (
            None,
            Some("-1d"),
            None,
            "`gap`: `-1d` is not a length of time; expected a number and `w`, `d`, `h`, `m` or `s`, for instance `30d`",
        ),
    ] {
        let error = TrainingOptions::read(horizon, gap, censored, None).unwrap_err();
        assert_eq!(error.to_string(), format!("argument {message}"));
    }
    for (label, message) in [
        ("customer.mrr > 3", "`horizon`: the playbook's `churn.label` reads no horizon"),
        (
            "trend(login, horizon) < 0",
            "`horizon`: `churn.label`: a trend of daily counts needs a window of two whole days or more, for instance `\"28d\"`; `trend(event.property, window?, filter?) or trend(event, window, filter?)`",
        ),
    ] {
        let text = PLAYBOOK.replace("count(login, horizon) == 0", label);
        let playbook = Playbook::parse(&text.replace("mrr = 'customer.mrr'\n", "")).unwrap();
        let options = TrainingOptions::read(Some("36h"), None, None, None).unwrap();
        let error = playbook.training_set(&events, None, at("2026-01-01"), &options).unwrap_err();
        assert_eq!(error.to_string(), format!("argument {message}"));
    }
}

#[test]
fn a_row_whose_horizon_runs_past_the_data_can_be_kept() {
    let events = json!([
        event("a", "01-01", "login"),
        event("b", "01-02", "login"),
        event("b", "01-12", "login"),
        event("c", "01-03", "login"),
        event("c", "01-14", "cancelled"),
    ]);
    let days = ["2026-01-04", "2026-01-05"].map(at);
    let kept = |censored| {
        let options = TrainingOptions { censored, ..TrainingOptions::default() };
        let training = playbook().training_set(&frame(&events), None, &days, &options).unwrap();
        let labels = training.set.labels.iter().map(|x| (!x.is_nan()).then_some(*x));
        let rows = keys(&training).into_iter().zip(labels).collect::<Vec<_>>();
        (rows, training.set)
    };
    let row = |key: &str, label| (key.to_owned(), label);
    let (rows, set) = kept(Censored::Drop);
    assert_eq!(
        rows,
        [row("a 01-04", Some(1.0)), row("b 01-04", Some(0.0)), row("c 01-04", Some(1.0))]
    );
    assert_eq!((set.censored, set.left_out.horizon_past_data), (vec![false; 3], 3));
    let (rows, set) = kept(Censored::Keep);
    assert_eq!(
        rows,
        [
            row("a 01-04", Some(1.0)),
            row("a 01-05", None),
            row("b 01-04", Some(0.0)),
            // The login is there already, and none that comes can take it back.
            row("b 01-05", Some(0.0)),
            row("c 01-04", Some(1.0)),
            row("c 01-05", None),
        ]
    );
    assert_eq!(set.censored, [false, true, false, false, false, true]);
    assert_eq!(set.left_out, LeftOut::default());
    assert_eq!(set.select(&[1, 3]).unwrap().censored, [true, false]);
}

#[test]
fn an_engine_scores_the_past_with_the_attributes_of_the_past() {
    let mut engine = Engine::new(Bundle::new(playbook(), None).unwrap());
    let upsert = |engine: &mut Engine, rows: Value| engine.upsert_customers(&frame(&rows)).unwrap();
    let plan =
        |engine: &Engine, day: &str| engine.score("a", at(day)).unwrap().features["plan"].clone();
    upsert(
        &mut engine,
        json!([
            {"customer_id": "a", "valid_from": "2026-02-01", "plan": "pro"},
            {"customer_id": "a", "valid_from": "2026-01-01", "plan": "free"},
        ]),
    );
    upsert(&mut engine, json!([{"customer_id": "a", "valid_from": "2026-01-15", "plan": "trial"}]));
    let days = ["2025-12-31", "2026-01-01", "2026-01-15", "2026-02-01"];
    let found = |engine: &Engine| days.map(|day| plan(engine, day));
    assert_eq!(found(&engine), ["none", "free", "trial", "pro"]);
    assert!(engine.score_all(at("2025-12-31")).unwrap().is_empty(), "not started");
    assert_eq!(engine.score_all(at("2026-01-01")).unwrap().len(), 1);
    let bytes = engine.snapshot().unwrap();
    let again = Engine::restore(engine.bundle().clone(), &bytes).unwrap();
    assert_eq!(found(&again), found(&engine));
    assert_eq!(again.snapshot().unwrap(), bytes);
    upsert(&mut engine, json!([{"customer_id": "a", "plan": "team"}]));
    assert_eq!(found(&engine), ["team", "team", "team", "team"]);
}

#[test]
fn days_of_a_grid_are_those_of_utc() {
    let every = Every::parse("day").unwrap();
    assert_eq!(every, Every::Span(Span::days(1)));
    let grid = Grid { from: at("2026-03-28"), to: at("2026-03-30"), every };
    assert_eq!(grid.instants().unwrap(), ["2026-03-28", "2026-03-29", "2026-03-30"].map(at));
}
