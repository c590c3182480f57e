//! Random playbooks over random histories, with events that come late, twice, corrected and
//! deleted: a batch on one thread and on two, an engine fed in pieces, an engine that was written
//! and read in between, and each customer alone give the same bits.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use stayput_core::columns::Frame;
use stayput_core::time::Timestamp;
use stayput_core::{Bundle, Engine, Playbook, wire};

const SCHEMA: &str = r#"
[playbook]
name = "streams"
[customer]
zone = { type = "timezone", default = "Australia/Lord_Howe" }
limit = { type = "number", default = 20 }
[events.login]
[events.purchase]
amount = "number"
sku = "category"
size = { type = "category", values = ["small", "large"] }
paid = "bool"
due = "timestamp"
[features]
"#;

/// A window as a last argument, or none.
fn window() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just(String::new()),
        2 => (1..40_u32).prop_map(|days| format!(", \"{days}d\"")),
        1 => (1..200_u32).prop_map(|hours| format!(", \"{hours}h\"")),
    ]
}

/// A filter of purchases as a last argument, or none.
fn filter() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just(String::new()),
        1 => (0..60_u32, prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]))
            .prop_map(|(than, is)| format!(", purchase.amount {is} {than}.0")),
        1 => prop::sample::select(vec!["==", "!="]).prop_map(|is| format!(", purchase.sku {is} \"b\"")),
        1 => Just(", purchase.size in [\"large\"]".to_owned()),
        1 => Just(", purchase.paid && purchase.amount < customer.limit".to_owned()),
        1 => Just(", weekday(purchase.timestamp) < 6.0".to_owned()),
        1 => Just(", purchase.due > purchase.timestamp".to_owned()),
    ]
}

/// A number made of events.
fn aggregate() -> impl Strategy<Value = String> {
    let of_number = prop::sample::select(vec![
        "sum(purchase.amount",
        "mean(purchase.amount",
        "min(purchase.amount",
        "max(purchase.amount",
        "std(purchase.amount",
        "distinct(purchase.amount",
        "first(purchase.amount",
        "last(purchase.amount",
        "nth(purchase.amount, 2",
        "nth(purchase.amount, -2",
        "trend(purchase.amount",
        "percentile(purchase.amount, 37.5",
        "ewma(purchase.amount, \"5d\"",
        "sum(purchase.amount * purchase.amount",
        "distinct(purchase.sku",
        "entropy(purchase.sku",
        "entropy(purchase.size",
        "distinct(purchase.paid",
        "count(purchase",
        "active_days(purchase",
        "streak(purchase",
        "gaps(purchase",
        "ewma(purchase, \"36h\"",
    ]);
    let of_any = prop::sample::select(vec![
        "count(login",
        "count(events",
        "active_days(events",
        "streak(events",
        "gaps(login",
        "ewma(events, \"3d\"",
    ]);
    let text = prop::sample::select(vec![
        "if(exists(login{w}), 1.0, 2.0)",
        "days_since(last(login{w}))",
        "days_since(first(events{w}))",
        "days_since(last(purchase.due{w}))",
        "hour_of(last(login{w}))",
        "if(first(purchase.sku{w}) == \"a\", 1.0, 0.0)",
        "if(last(purchase.size{w}) == \"large\", 1.0, 0.0)",
        "if(sequence(login, purchase, \"18h\"{w}), 1.0, 0.0)",
        "if(absent(purchase, login, \"2d\"), 1.0, 0.0)",
    ]);
    prop_oneof![
        4 => (of_number, window(), filter()).prop_map(|(call, w, f)| format!("{call}{w}{f})")),
        1 => (of_any, window()).prop_map(|(call, w)| format!("{call}{w})")),
        1 => (text, window()).prop_map(|(text, w)| text.replace("{w}", &w)),
        1 => (2..30_u32).prop_map(|days| format!("trend(login, \"{days}d\")")),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    aggregate().prop_recursive(2, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} + {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("ratio({a}, {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("coalesce({a}, {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} > {b} ? {a} : {b})")),
            inner.prop_map(|a| format!("log1p(clamp({a}, 0.0, 100.0))")),
        ]
    })
}

/// The text of a playbook.
fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(expression(), 1..12).prop_map(|expressions| {
        let mut text = SCHEMA.to_owned();
        for (at, expression) in expressions.iter().enumerate() {
            writeln!(text, "f{at} = '{expression}'").unwrap();
        }
        text
    })
}

fn playbook() -> impl Strategy<Value = Playbook> {
    text().prop_map(|text| Playbook::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

/// Rows of events: those with an identity in several versions, every version with contents of its
/// own, so that no two conflict.
fn rows() -> impl Strategy<Value = Vec<Value>> {
    let row = (0..3_u32, 0..9_u32, prop::option::of(0..4_u32), any::<u32>());
    let row = row.prop_map(|(customer, id, revision, random)| {
        // What a version says is a function of customer, identity and revision.
        let seed = match revision {
            Some(revision) => customer * 1_000 + id * 10 + revision,
            None => random,
        };
        let mut mixed = u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut draw = |of: u64| {
            mixed = mixed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (mixed >> 33) % of
        };
        let start = Timestamp::parse("2026-03-20").unwrap().as_micros();
        // Few instants, so that many events share one.
        let at = start + i64::try_from(draw(120)).unwrap() * 6 * 3_600_000_000;
        let time = |at| Timestamp::from_micros(at).unwrap().to_string();
        let mut row = json!({ "customer_id": format!("c{customer}"), "timestamp": time(at) });
        if draw(3) == 0 {
            row["type"] = "login".into();
        } else {
            row["type"] = "purchase".into();
            row["amount"] = if draw(5) == 0 {
                Value::Null
            } else {
                json!(f64::from(u32::try_from(draw(500)).unwrap()) / 7.0)
            };
            row["sku"] = ["a", "b", "c", "d"][usize::try_from(draw(4)).unwrap()].into();
            row["size"] = [json!("small"), json!("large"), Value::Null]
                [usize::try_from(draw(3)).unwrap()]
            .clone();
            row["paid"] = (draw(2) == 0).into();
            row["due"] =
                time(at + i64::try_from(draw(9)).unwrap() * 43_200_000_000 - 86_400_000_000).into();
        }
        if let Some(revision) = revision {
            row["event_id"] = format!("e{id}").into();
            row["revision"] = revision.into();
            row["deleted"] = (draw(4) == 0).into();
        }
        row
    });
    prop::collection::vec(row, 0..70)
}

fn frame(rows: Vec<Value>) -> Frame {
    Frame::from_objects(rows).unwrap()
}

fn instants() -> Vec<Timestamp> {
    ["2026-03-25", "2026-04-05T00:30:00Z", "2026-04-12T06:00:00Z", "2026-04-25"]
        .map(|text| Timestamp::parse(text).unwrap())
        .to_vec()
}

type Rows = Vec<Map<String, Value>>;

fn batch(playbook: &Playbook, rows: &[Value], n_jobs: i64) -> Rows {
    let features =
        playbook.features(&frame(rows.to_vec()), None, instants(), Some(n_jobs)).unwrap();
    assert_eq!(features.report.events.rejected, []);
    wire::rows(&features.table)
}

fn scores(engine: &Engine) -> Rows {
    let mut rows = Vec::new();
    for at in instants() {
        for score in engine.score_all(at).unwrap() {
            let mut row = Map::new();
            row.insert("customer_id".to_owned(), score.customer_id.into());
            row.insert("as_of".to_owned(), at.to_string().into());
            row.extend(score.features);
            rows.push(row);
        }
    }
    // As a table has them.
    rows.sort_by_key(|row| row["customer_id"].to_string());
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn batch_stream_and_one_customer_alone_agree(
        playbook in playbook(),
        (rows, turned) in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        pieces in 1..12_usize,
        written in any::<prop::sample::Index>(),
    ) {
        let one = batch(&playbook, &rows, 1);
        prop_assert_eq!(&batch(&playbook, &turned, 2), &one);

        let bundle = Bundle::new(playbook.clone(), None).unwrap();
        let mut engine = Engine::new(bundle.clone());
        let pieces: Vec<&[Value]> = turned.chunks(pieces).collect();
        let written = if pieces.is_empty() { 0 } else { written.index(pieces.len()) };
        for (at, piece) in pieces.into_iter().enumerate() {
            engine.ingest(&frame(piece.to_vec())).unwrap();
            if at == written {
                engine = Engine::restore(bundle.clone(), &engine.snapshot().unwrap()).unwrap();
            }
        }
        prop_assert_eq!(&scores(&engine), &one);

        // Everything once more changes nothing.
        engine.ingest(&frame(rows.iter().filter(|row| row.get("event_id").is_some()).cloned().collect())).unwrap();
        prop_assert_eq!(&scores(&engine), &one);

        let mut alone = Vec::new();
        for customer in ["c0", "c1", "c2"] {
            let own = |row: &&Value| row["customer_id"] == customer;
            alone.extend(batch(&playbook, &turned.iter().filter(own).cloned().collect::<Vec<_>>(), 1));
        }
        prop_assert_eq!(&alone, &one);
    }

    #[test]
    fn forgetting_changes_no_answer(playbook in playbook(), rows in rows()) {
        let bundle = Bundle::new(playbook, None).unwrap();
        let mut whole = Engine::new(bundle.clone());
        let mut forgetful = Engine::new(bundle.clone());
        // What is known of a version is forgotten with its timestamp: older ones come before it.
        let event = |row: &Value| (row["customer_id"].clone(), row.get("event_id").cloned());
        let older = |row: &Value, than: &Value| {
            event(row) == event(than) && row["revision"].as_u64() < than["revision"].as_u64()
        };
        let in_order = |at: &usize| {
            rows[*at].get("event_id").is_none()
                || !rows[..*at].iter().any(|earlier| older(&rows[*at], earlier))
        };
        let rows: Vec<Value> =
            (0..rows.len()).filter(in_order).map(|at| rows[at].clone()).collect();
        let instants = instants();
        let pieces = rows.len().div_ceil(instants.len()).max(1);
        for (at, before) in instants.iter().enumerate() {
            let mut new = rows.chunks(pieces).nth(at).unwrap_or_default().to_vec();
            let report = forgetful.ingest(&frame(new.clone())).unwrap();
            // What comes too late is returned, and the rest is answered as if that had not come.
            for rejected in report.rejected.iter().rev() {
                prop_assert_eq!(&rejected.code, "event_late");
                new.remove(rejected.index);
            }
            prop_assert_eq!(whole.ingest(&frame(new)).unwrap().rejected, []);
            forgetful.forget(*before).unwrap();
            forgetful = Engine::restore(bundle.clone(), &forgetful.snapshot().unwrap()).unwrap();
            for later in &instants[at..] {
                prop_assert_eq!(whole.score_all(*later).unwrap(), forgetful.score_all(*later).unwrap());
            }
            if at > 0 {
                prop_assert!(forgetful.score_all(instants[at - 1]).is_err());
            }
        }
    }
}

/// The same as vectors, which every host runs: cases drawn from a generator that always starts
/// alike. `STAYPUT_BLESS=1` writes them, and the vectors' own blessing their answers.
#[test]
fn the_vectors_hold_random_cases_for_every_host() {
    let mut runner = TestRunner::deterministic();
    let cases: Vec<Value> = (0..10).map(|at| random_case(&mut runner, at)).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/streams.json");
    if std::env::var_os("STAYPUT_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&json!({ "cases": cases })).unwrap();
        return std::fs::write(path, text + "\n").unwrap();
    }
    let mut written: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in written["cases"].as_array_mut().unwrap() {
        for step in case["steps"].as_array_mut().unwrap() {
            assert!(step.as_object_mut().unwrap().remove("expect").is_some());
        }
    }
    assert_eq!(written, json!({ "cases": cases }));
}

/// A random playbook and history: as a batch, as a stream in pieces with a snapshot between, and
/// each customer's history alone.
fn random_case(runner: &mut TestRunner, at: usize) -> Value {
    let draw = (text(), rows(), any::<prop::sample::Index>());
    let (text, mut rows, written) = draw.new_tree(runner).unwrap().current();
    rows.truncate(36);
    let as_of: Vec<String> = instants().iter().map(ToString::to_string).collect();
    let batch = |rows: &[Value]| json!({"call": "features", "events": rows, "as_of": as_of});
    let mut steps = vec![batch(&rows)];
    let pieces: Vec<&[Value]> = rows.chunks(9).collect();
    for (at, piece) in pieces.iter().enumerate() {
        steps.push(json!({"call": "ingest", "events": piece}));
        if at == written.index(pieces.len()) {
            steps.push(json!({"call": "snapshot"}));
        }
    }
    steps.extend(as_of.iter().map(|at| json!({"call": "score_all", "as_of": at})));
    for customer in ["c0", "c1", "c2"] {
        let own: Vec<Value> =
            rows.iter().filter(|row| row["customer_id"] == customer).cloned().collect();
        steps.push(batch(&own));
    }
    json!({
        "name": format!("random case {at}"),
        "why": "Batch, stream and a customer alone give the same bits, which a Rust test holds \
                these answers to; the formulas are tested in Rust against their definitions.",
        "playbook": text.trim().lines().collect::<Vec<_>>(),
        "steps": steps,
    })
}

#[test]
fn what_nothing_asks_for_is_forgotten_and_what_comes_too_late_is_returned() {
    let text = format!(
        "{SCHEMA}recent = 'count(login, \"7d\")'\nall = 'count(login)'\nspread = 'std(purchase.amount)'\nquiet = 'days_since(last(events))'"
    );
    let mut engine = Engine::new(Bundle::new(Playbook::parse(&text).unwrap(), None).unwrap());
    let login = |day: u32| json!({"customer_id": "a", "timestamp": format!("2026-03-{day:02}"), "type": "login"});
    let buy = |day: u32| json!({"customer_id": "a", "timestamp": format!("2026-03-{day:02}"), "type": "purchase", "amount": day});
    let rows: Vec<Value> = (1..=20).flat_map(|day| [login(day), buy(day)]).collect();
    engine.ingest(&frame(rows)).unwrap();
    let at = Timestamp::parse("2026-03-20").unwrap();
    let before = engine.score("a", at).unwrap();
    // Of the logins, the first, the 13th as the last before the window, and those inside it stay.
    assert_eq!(engine.forget(at).unwrap(), 11);
    assert_eq!(engine.score("a", at).unwrap(), before);
    assert_eq!(engine.forget(at).unwrap(), 0);
    let report = engine.ingest(&frame(vec![login(13), login(14), buy(2)])).unwrap();
    assert_eq!((report.accepted, report.rejected.len()), (2, 1));
    assert_eq!(report.rejected[0].code, "event_late");
    let error = engine.score("a", Timestamp::parse("2026-03-19").unwrap()).unwrap_err();
    assert_eq!(error.code().as_str(), "time_order");
}

#[test]
fn a_customer_moves_between_engines_alone() {
    let text = format!("{SCHEMA}all = 'count(login)'\nlast = 'days_since(last(login))'");
    let bundle = Bundle::new(Playbook::parse(&text).unwrap(), None).unwrap();
    let (mut from, mut to) = (Engine::new(bundle.clone()), Engine::new(bundle));
    let login = |who: &str, day: u32| json!({"customer_id": who, "timestamp": format!("2026-03-{day:02}"), "type": "login"});
    from.ingest(&frame(vec![login("a", 1), login("a", 2), login("b", 3)])).unwrap();
    to.ingest(&frame(vec![login("a", 9), login("c", 4)])).unwrap();
    assert_eq!(to.import_customers(&from.export_customer("a").unwrap()).unwrap(), 1);
    let at = Timestamp::parse("2026-03-20").unwrap();
    assert_eq!(to.score("a", at).unwrap(), from.score("a", at).unwrap());
    assert_eq!(to.customers().collect::<Vec<_>>(), ["a", "c"]);
    assert!(to.delete_customer("a") && !to.delete_customer("a"));
    assert_eq!(to.score("a", at).unwrap_err().code().as_str(), "unknown_customer");
    assert_eq!(from.export_customer("nobody").unwrap_err().code().as_str(), "unknown_customer");

    // Who takes up a customer of whom events were forgotten knows no more than that.
    from.forget(at).unwrap();
    to.import_customers(&from.export_customer("b").unwrap()).unwrap();
    assert_eq!(
        to.score("c", Timestamp::parse("2026-03-19").unwrap()).unwrap_err().code().as_str(),
        "time_order"
    );
}
