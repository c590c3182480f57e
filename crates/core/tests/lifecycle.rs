//! Stages over time: where customers are, since when, and how they got there.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use proptest::prelude::*;
use serde_json::{Value, json};
use stayput_core::columns::Frame;
use stayput_core::features::CutOffs;
use stayput_core::lifecycle::RfmParams;
use stayput_core::time::{Span, Timestamp};
use stayput_core::{Bundle, Engine, Playbook, wire};

const HEAD: &str = r#"
[playbook]
name = "acme"
[customer]
plan = "category"
[events.login]
[events.purchase]
amount = "number"
[features]
plan = 'customer.plan'
quiet = 'days_since(last(login))'
logins = 'count(login, "7d")'
spend = 'sum(purchase.amount)'
[segments]
buyers = 'spend > 0'
"#;

const FREE: &str = "[lifecycle]
new = 'coalesce(days_since(first(events)), 0) < 3'
dormant = 'quiet > 5'
active = 'logins > 0'
";

/// Who has gone quiet never becomes active again at once, but must be won back first.
const RULED: &str = r#"[lifecycle.dormant]
when = 'quiet > 5'
from = ["active", "back"]
[lifecycle.back]
when = 'logins > 0'
from = ["dormant", "back"]
enter = 'logins >= 2'
[lifecycle.active]
when = 'logins > 0'
from = ["none", "new"]
[lifecycle]
new = 'plan != "paid"'
"#;

fn engine(lifecycle: &str) -> Engine {
    let playbook = Playbook::parse(&format!("{HEAD}{lifecycle}")).unwrap();
    Engine::new(Bundle::new(playbook, None).unwrap())
}

fn at(days: f64) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "some days")]
    let span = Span::micros((days * 86_400_000_000.0) as i64);
    Timestamp::parse("2026-01-01").unwrap().plus(span)
}

fn ingest(engine: &mut Engine, events: &[(&str, f64, &str)]) {
    let rows = events.iter().map(|(who, day, kind)| {
        json!({"customer_id": who, "timestamp": at(*day).to_string(), "type": kind, "amount": 10})
    });
    let report = engine.ingest(&Frame::from_objects(rows.collect()).unwrap()).unwrap();
    assert!(report.rejected.is_empty(), "{report:?}");
}

fn stage(engine: &Engine, who: &str, day: f64) -> Option<(String, Option<Timestamp>)> {
    let score = engine.score(who, at(day)).unwrap();
    let stage = score.lifecycle?;
    assert_eq!(stage.days, stage.since.map(|since| at(day).since(since).as_days()));
    Some((stage.stage, stage.since))
}

#[expect(clippy::unnecessary_wraps, reason = "compared with what `stage` gives")]
fn found(name: &str, day: f64) -> Option<(String, Option<Timestamp>)> {
    Some((name.to_owned(), Some(at(day))))
}

#[test]
fn a_stage_lasts_since_the_first_daily_look_that_found_it() {
    let mut engine = engine(FREE);
    ingest(&mut engine, &[("a", 0.5, "login"), ("a", 4.25, "login"), ("a", 20.0, "login")]);
    assert_eq!(stage(&engine, "a", 0.5), found("new", 0.5), "begins with the first event");
    assert_eq!(stage(&engine, "a", 3.0), found("new", 0.5));
    assert_eq!(stage(&engine, "a", 3.75), found("active", 3.75), "no midnight has seen it yet");
    assert_eq!(stage(&engine, "a", 4.0), found("active", 4.0));
    assert_eq!(stage(&engine, "a", 9.0), found("active", 4.0));
    // Quiet since 4.25, for more than five days from 9.25 on.
    assert_eq!(stage(&engine, "a", 9.5), found("dormant", 9.5));
    assert_eq!(stage(&engine, "a", 19.9), found("dormant", 10.0));
    assert_eq!(stage(&engine, "a", 300.0), found("dormant", 26.0));
    assert_eq!(stage(&engine, "a", 0.25), found("new", 0.25).map(|(name, _)| (name, None)));
}

#[test]
fn a_stage_may_last_for_decades() {
    let mut engine = engine(FREE);
    ingest(&mut engine, &[("a", 0.5, "login")]);
    // Days looked back over double: more often than a number of days has bits.
    assert_eq!(stage(&engine, "a", 40.0 * 365.0), found("dormant", 6.0));
    // Beyond a hundred years it is the stage still, but not known since when.
    assert_eq!(stage(&engine, "a", 6.0 + 36_523.0), found("dormant", 6.0));
    assert_eq!(stage(&engine, "a", 6.0 + 36_524.0), Some(("dormant".to_owned(), None)));
}

#[test]
fn a_customer_of_attributes_alone_has_a_stage_and_no_beginning() {
    let mut engine = engine("[lifecycle]\npaying = 'plan == \"paid\"'\nfree = 'true'");
    let paid = |from: Option<f64>| {
        let row = json!({"customer_id": "a", "plan": "paid", "valid_from": from.map(|d| at(d).to_string())});
        Frame::from_objects(vec![row]).unwrap()
    };
    engine.upsert_customers(&paid(None)).unwrap();
    assert_eq!(stage(&engine, "a", 3.0), Some(("paying".to_owned(), None)));
    engine.upsert_customers(&paid(Some(1.5))).unwrap();
    assert_eq!(stage(&engine, "a", 300.0), found("paying", 1.5));
}

#[test]
fn attributes_are_those_of_the_day() {
    let mut engine = engine("[lifecycle]\npaying = 'plan == \"paid\"'\nfree = 'true'");
    let row = |plan: &str, from: f64| json!({"customer_id": "a", "plan": plan, "valid_from": at(from).to_string()});
    let rows = vec![row("free", 0.0), row("paid", 10.5), row("free", 12.5), row("paid", 40.0)];
    engine.upsert_customers(&Frame::from_objects(rows).unwrap()).unwrap();
    assert_eq!(stage(&engine, "a", 12.0), found("paying", 11.0));
    assert_eq!(stage(&engine, "a", 39.0), found("free", 13.0));
    assert_eq!(stage(&engine, "a", 200.0), found("paying", 40.0));
}

#[test]
fn entry_rules_hold_whenever_one_asks() {
    let mut engine = engine(RULED);
    let logins = [0.5, 1.5, 20.5, 40.5, 41.5];
    let events: Vec<_> = logins.iter().map(|day| ("a", *day, "login")).collect();
    ingest(&mut engine, &events);
    engine
        .upsert_customers(
            &Frame::from_objects(vec![json!({"customer_id": "a", "plan": "paid"})]).unwrap(),
        )
        .unwrap();
    assert_eq!(stage(&engine, "a", 2.0), found("active", 0.5));
    assert_eq!(stage(&engine, "a", 15.0), found("dormant", 7.0));
    // One login is too little to be back; and whoever was dormant may not be active at once.
    assert_eq!(stage(&engine, "a", 21.0), None);
    assert_eq!(stage(&engine, "a", 23.0), found("active", 22.0), "from none, `active` is open");
    assert_eq!(stage(&engine, "a", 40.0), found("dormant", 26.0));
    assert_eq!(stage(&engine, "a", 42.5), found("active", 42.0));
    assert_eq!(stage(&engine, "a", 48.0), found("dormant", 47.0));
}

#[test]
fn a_wrong_stage_says_where_and_what_instead() {
    for (text, expected) in [
        (
            "[lifecycle.a]\nwhen = 'true'\nfrom = [\"b\", \"aa\"]\n[lifecycle.b]\nwhen = 'false'",
            "`aa` is not a stage of the lifecycle; did you mean `a`?",
        ),
        (
            "[lifecycle.a]\nwhem = 'true'",
            "the key `when` is missing; is `whem` a misspelling of it?",
        ),
        ("[lifecycle]\nnone = 'true'", "`none` stands for no stage at all; choose another name"),
        ("[lifecycle.a]\nwhen = 'true'\nenter = '3'", "expected"),
        ("[lifecycle.a]\nwhen = 'true'\nfrom = 'b'", "expected an array"),
    ] {
        let error = Playbook::parse(&format!("{HEAD}{text}")).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("line"), "{error}");
    }
}

#[test]
fn transitions_count_every_customer_between_every_two_instants() {
    let mut engine = engine(FREE);
    ingest(
        &mut engine,
        &[("a", 0.0, "login"), ("b", 0.0, "login"), ("b", 6.0, "login"), ("c", 8.0, "login")],
    );
    engine
        .upsert_customers(&Frame::from_objects(vec![json!({"customer_id": "d"})]).unwrap())
        .unwrap();
    let days = |days: &[f64]| CutOffs::At(days.iter().map(|day| at(*day)).collect());
    let found = engine.transitions(&days(&[1.0, 7.0, 9.0])).unwrap();
    assert_eq!(found.stages, ["new", "dormant", "active"]);
    // From day 1 to 7: a goes dormant, b active. From 7 to 9: both stay, c is new. d is always new.
    assert_eq!(found.counts, [[2, 1, 1], [0, 1, 0], [0, 0, 1]]);
    assert_eq!(found.entered, [1, 0, 0]);
    assert_eq!(found.left, [0, 0, 0]);
    assert_eq!(found.probabilities[0], [Some(0.5), Some(0.25), Some(0.25)]);
    let error = engine.transitions(&days(&[1.0])).unwrap_err();
    assert_eq!(error.to_string(), "argument `as_of`: expected at least two instants, found one");

    let counts = engine.segment_counts(&days(&[1.0, 9.0])).unwrap();
    assert_eq!(counts.customers, [3, 4]);
    let of: Vec<_> = counts.stages.iter().map(|named| named.counts.clone()).collect();
    assert_eq!(of, [[3, 2], [0, 1], [0, 1]]);
    assert_eq!(counts.segments[0].counts, [0, 0]);
}

#[test]
fn rfm_scores_are_those_of_the_events_in_the_window() {
    let mut engine = engine(FREE);
    let mut events = Vec::new();
    let names = ["a", "b", "c", "d", "e"];
    for (number, name) in names.iter().enumerate() {
        for purchase in 0..=number {
            #[expect(clippy::cast_precision_loss, reason = "five of them")]
            let day = (10 * number + purchase) as f64;
            events.push((*name, day, "purchase"));
        }
    }
    events.push(("f", 1.0, "login"));
    ingest(&mut engine, &events);
    let params = RfmParams { value: "purchase.amount".to_owned(), window: None };
    let rfm = engine.rfm(at(50.0), &params).unwrap();
    let of = |name: &str| rfm.customers.iter().find(|own| own.customer_id == name).unwrap();
    assert_eq!(rfm.customers.len(), 5, "f bought nothing");
    assert_eq!((of("e").r, of("e").f, of("e").m), (5, 5, 5));
    assert_eq!((of("a").recency_days, of("a").frequency, of("a").monetary), (50.0, 1.0, 10.0));
    assert_eq!((of("a").r, of("a").f, of("a").m), (1, 1, 1));
    let share: f64 = rfm.segments.iter().map(|segment| segment.share).sum();
    assert!((share - 1.0).abs() < 1e-12);
    let recent = RfmParams { window: Some("20d".to_owned()), ..params.clone() };
    assert_eq!(engine.rfm(at(50.0), &recent).unwrap().customers.len(), 2);
    for (value, window, expected) in [
        (
            "purchas.amount",
            None,
            "argument `value`: expected a property of an event such as `purchase.amount`, found `purchas.amount`; did you mean `purchase`?",
        ),
        (
            "purchase",
            None,
            "argument `value`: expected a property of an event such as `purchase.amount`, found `purchase`",
        ),
        ("purchase.amont", None, "argument `value`: "),
        ("purchase.amount", Some("x"), "argument `window`: `x` is not a length of time"),
    ] {
        let params = RfmParams { value: value.to_owned(), window: window.map(str::to_owned) };
        let error = engine.rfm(at(50.0), &params).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    engine.forget(at(45.0)).unwrap();
    let error = engine.rfm(at(50.0), &params).unwrap_err().to_string();
    assert!(error.contains("reaches into what was forgotten"), "{error}");
}

fn any_logins() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((0..160_u8).prop_map(|quarter| f64::from(quarter) / 4.0), 1..14)
}

proptest! {
    /// The definition: from the beginning on, a look at every midnight, each from the one before.
    #[test]
    fn the_stage_is_that_of_looks_from_the_beginning_on(
        logins in any_logins(),
        ruled in any::<bool>(),
        day in (0..200_u8).prop_map(|quarter| f64::from(quarter) / 4.0),
        paid in any::<bool>(),
        forget in prop::option::of((0..160_u8).prop_map(|quarter| f64::from(quarter) / 4.0)),
    ) {
        let mut engine = engine(if ruled { RULED } else { FREE });
        let events: Vec<_> = logins.iter().map(|day| ("a", *day, "login")).collect();
        ingest(&mut engine, &events);
        let plan = if paid { "paid" } else { "free" };
        let row = json!({"customer_id": "a", "plan": plan});
        engine.upsert_customers(&Frame::from_objects(vec![row]).unwrap()).unwrap();
        let start = logins.iter().copied().fold(f64::INFINITY, f64::min);
        prop_assume!(day >= start);
        let mut looks = vec![start];
        looks.extend((0..60).map(f64::from).filter(|at| *at > start && *at < day));
        if day > start {
            looks.push(day);
        }
        let mut now: Option<&str> = None;
        let mut since = start;
        for look in looks {
            let quiet = logins.iter().filter(|at| **at <= look).map(|at| look - at).fold(f64::INFINITY, f64::min);
            let recent = logins.iter().filter(|at| **at <= look && **at > look - 7.0).count();
            let next = if ruled {
                if quiet > 5.0 && matches!(now, Some("active" | "back" | "dormant")) {
                    Some("dormant")
                } else if recent > 0 && (now == Some("back") || now == Some("dormant") && recent >= 2) {
                    Some("back")
                } else if recent > 0 && matches!(now, None | Some("new" | "active")) {
                    Some("active")
                } else if !paid {
                    Some("new")
                } else {
                    None
                }
            } else if look - start < 3.0 {
                Some("new")
            } else if quiet > 5.0 {
                Some("dormant")
            } else if recent > 0 {
                Some("active")
            } else {
                None
            };
            if next != now {
                since = look;
            }
            now = next;
        }
        let expected = now.map(|name| (name.to_owned(), Some(at(since))));
        prop_assert_eq!(stage(&engine, "a", day), expected.clone());
        // Asking in between and forgetting change nothing, and neither does a snapshot.
        if let Some(before) = forget.filter(|before| *before <= day) {
            stage(&engine, "a", before);
            engine.decide(at(before)).unwrap();
            engine.forget(at(before)).unwrap();
            prop_assert_eq!(stage(&engine, "a", day), expected.clone());
            engine.forget(at(before + (day - before) / 2.0)).unwrap();
            let bytes = engine.snapshot().unwrap();
            let again = Engine::restore(engine.bundle().clone(), &bytes).unwrap();
            prop_assert_eq!(stage(&again, "a", day), expected);
        }
    }
}

#[test]
fn questions_as_json_are_those_of_the_engine() {
    let mut engine = engine(FREE);
    ingest(&mut engine, &[("a", 0.0, "login"), ("a", 1.0, "purchase")]);
    let grid = r#"{"asOf": {"from": "2026-01-01", "to": "2026-01-09", "every": "week"}}"#;
    let read = |json: String| -> Value { serde_json::from_str(&json).unwrap() };
    let found = read(wire::transitions_json(&engine, grid).unwrap());
    assert_eq!(found["counts"], json!([[0, 1, 0], [0, 0, 0], [0, 0, 0]]));
    let found = read(wire::segment_counts_json(&engine, grid).unwrap());
    assert_eq!(found["segments"], json!([{"name": "buyers", "counts": [0, 1]}]));
    let options = r#"{"asOf": "2026-02-01", "value": "purchase.amount"}"#;
    let found = read(wire::rfm_json(&engine, options).unwrap());
    assert_eq!(found["customers"][0]["segment"], "lost");
    let error = wire::rfm_json(&engine, r#"{"asOf": 0}"#).unwrap_err();
    assert_eq!(error.to_string(), "argument `value`: is missing");
}
