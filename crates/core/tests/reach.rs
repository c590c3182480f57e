//! Tables sorted by customer and time, of which a batch reads only what some window reaches, give
//! the same features, labels and refusals as the same rows in disorder, of which it reads all.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fmt::Write as _;

use proptest::prelude::*;
use stayput_core::columns::{ColumnData, Frame, MISSING_TIME, TextColumn};
use stayput_core::features::TrainingOptions;
use stayput_core::time::Timestamp;
use stayput_core::{Playbook, Reports, wire};

const SCHEMA: &str = r#"
[playbook]
name = "reach"
[events.login]
[events.purchase]
amount = { type = "number", min = 0 }
sku = "category"
[events.note]
text = { type = "text", required = true }
[events.call]
due = "timestamp"
[events.unread]
[churn]
label = 'count(login, horizon) == 0'
horizon = "6d"
eligible = 'exists(events, "20d")'
[features]
"#;

const DAY: i64 = 86_400_000_000;

/// An event, by numbers that say what stands in each column.
#[derive(Debug, Clone)]
struct Event {
    customer: u32,
    time: i64,
    kind: &'static str,
    amount: f64,
    sku: &'static str,
    text: Option<&'static str>,
    due: i64,
}

fn start() -> i64 {
    Timestamp::parse("2026-03-01").unwrap().as_micros()
}

fn playbook() -> impl Strategy<Value = Playbook> {
    let features = prop::sample::select(vec![
        "count(login{w})",
        "if(exists(login{w}), 1.0, 0.0)",
        "days_since(last(login{w}))",
        "days_since(first(login{w}))",
        "sum(purchase.amount{w})",
        "last(purchase.amount{w})",
        "count(purchase{w}, purchase.sku == \"a\")",
        "days_since(last(purchase{w}, purchase.amount > 3.0))",
        "count(note{w})",
        "days_since(last(note{w}))",
        "days_since(last(call.due{w}))",
        "if(exists(call{w}), 1.0, 0.0)",
        "days_since(last(events{w}))",
        "active_days(login{w})",
        "if(sequence(login, purchase, \"18h\"{w}), 1.0, 0.0)",
    ]);
    let windows = prop::sample::select(vec!["", ", \"2d\"", ", \"7d\"", ", \"30d\""]);
    prop::collection::vec((features, windows), 1..6).prop_map(|all| {
        let mut text = SCHEMA.to_owned();
        for (at, (feature, window)) in all.iter().enumerate() {
            writeln!(text, "f{at} = '{}'", feature.replace("{w}", window)).unwrap();
        }
        Playbook::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    })
}

/// What may be wrong with events: at most one thing in a table, lest one hide another.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wrong {
    Nothing,
    Kind,
    Time,
    Amount,
    Text,
    Due,
}

fn wrong() -> impl Strategy<Value = Wrong> {
    use Wrong::{Amount, Due, Kind, Nothing, Text, Time};
    prop::sample::select(vec![Nothing, Kind, Time, Amount, Text, Due])
}

fn events(wrong: Wrong) -> impl Strategy<Value = Vec<Event>> {
    let kinds = ["login", "login", "purchase", "purchase", "note", "call", "unread", "lost", ""];
    let amounts = [1.5, 20.0, f64::NAN, 4.0, -1.0, f64::INFINITY];
    let some = |count: usize, all: usize, of: Wrong| 0..if wrong == of { all } else { count };
    let (kind, amount) = (some(7, kinds.len(), Wrong::Kind), some(4, amounts.len(), Wrong::Amount));
    let event = (0..4_u32, 0..480_i64, kind, amount, 0..3_usize, 0..12_usize, 0..9_i64);
    let event = event.prop_map(move |(customer, time, kind, amount, sku, text, due)| Event {
        customer,
        // Few instants, so that now and then two events share one.
        time: if wrong == Wrong::Time && time < 4 {
            MISSING_TIME
        } else {
            start() + time * DAY / 8
        },
        kind: kinds[kind],
        amount: amounts[amount],
        sku: ["a", "b", "c"][sku],
        text: (wrong != Wrong::Text || text > 0).then_some("said"),
        due: match due {
            0 => MISSING_TIME,
            1 if wrong == Wrong::Due => i64::MAX,
            due => start() + due * DAY,
        },
    });
    prop::collection::vec(event, 0..90)
}

/// Rows where the events of each customer stand together, in order of time.
fn in_order(mut events: Vec<Event>) -> Vec<Event> {
    events.sort_by_key(|event| (event.customer, event.time));
    events
}

fn frame(events: &[Event]) -> Frame {
    let texts = |text: &dyn Fn(&Event) -> Option<&'static str>| {
        ColumnData::Text(TextColumn::from_texts(events.iter().map(text)))
    };
    let times = |time: fn(&Event) -> i64| ColumnData::Time(events.iter().map(time).collect());
    let names = ["c0", "c1", "c2", "c3"];
    Frame::new(vec![
        ("customer_id".to_owned(), texts(&|event| Some(names[event.customer as usize]))),
        ("timestamp".to_owned(), times(|event| event.time)),
        ("type".to_owned(), texts(&|event| Some(event.kind).filter(|kind| !kind.is_empty()))),
        (
            "amount".to_owned(),
            ColumnData::Number(events.iter().map(|event| event.amount).collect()),
        ),
        ("sku".to_owned(), texts(&|event| Some(event.sku))),
        ("text".to_owned(), texts(&|event| event.text)),
        ("due".to_owned(), times(|event| event.due)),
    ])
    .unwrap()
}

fn instants(which: usize) -> Vec<Timestamp> {
    let all = [9, 20, 21, 44, 70].map(|day| Timestamp::from_micros(start() + day * DAY).unwrap());
    match which {
        0 => all.to_vec(),
        which => vec![all[which - 1]],
    }
}

/// What was refused, by the row's number in the table that `places` were drawn from.
fn refused(reports: &Reports, places: &[usize]) -> Vec<(usize, String)> {
    let rejected = &reports.events.rejected;
    let mut refused: Vec<_> =
        rejected.iter().map(|row| (places[row.index], row.code.clone())).collect();
    refused.sort();
    refused
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_no_window_reaches_changes_nothing(
        playbook in playbook(),
        (events, places) in wrong().prop_flat_map(events).prop_map(in_order).prop_flat_map(|events| {
            let places: Vec<usize> = (0..events.len()).collect();
            (Just(events), Just(places).prop_shuffle())
        }),
        which in 0..6_usize,
    ) {
        let turned: Vec<Event> = places.iter().map(|at| events[*at].clone()).collect();
        let ordered: Vec<usize> = (0..events.len()).collect();
        let (one, other) = (frame(&events), frame(&turned));
        let as_of = instants(which);

        let features = |frame: &Frame, n_jobs| {
            playbook.features(frame, None, &as_of[..], Some(n_jobs)).unwrap()
        };
        let (sorted, all) = (features(&one, 2), features(&other, 1));
        prop_assert_eq!(wire::rows(&sorted.table), wire::rows(&all.table));
        prop_assert_eq!(refused(&sorted.report, &ordered), refused(&all.report, &places));

        let options = TrainingOptions::default();
        let training = |frame: &Frame| {
            playbook.training_set(frame, None, &as_of[..], &options).unwrap()
        };
        let (sorted, all) = (training(&one), training(&other));
        prop_assert_eq!(wire::rows(&sorted.set.table), wire::rows(&all.set.table));
        prop_assert_eq!(sorted.set.labels, all.set.labels);
        prop_assert_eq!(sorted.set.left_out, all.set.left_out);
        prop_assert_eq!(refused(&sorted.report, &ordered), refused(&all.report, &places));
    }
}
