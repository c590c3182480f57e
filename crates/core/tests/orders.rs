//! The same answers to the bit, however the events come in: as one batch, in pieces, in any
//! order, twice, and through a snapshot.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use proptest::prelude::*;
use serde_json::{Value, json};
use stayput_core::columns::Frame;
use stayput_core::time::Timestamp;
use stayput_core::{Bundle, Engine, Playbook, wire};

const PLAYBOOK: &str = r#"
[playbook]
name = "orders"
[customer]
zone = { type = "timezone", default = "America/St_Johns" }
[events.login]
[events.purchase]
amount = "number"
sku = "category"
[features]
logins   = 'count(login, "5d")'
spend    = 'sum(purchase.amount, "9d")'
average  = 'mean(purchase.amount)'
spread   = 'std(purchase.amount, "20d")'
least    = 'min(purchase.amount, "3d", purchase.sku != "b")'
kinds    = 'distinct(purchase.sku, "12d")'
first_of = 'first(purchase.sku)'
last_of  = 'last(purchase.amount)'
days     = 'active_days(events, "30d")'
quiet    = 'days_since(last(events))'
second   = 'nth(purchase.amount, 2, "25d")'
slope    = 'trend(purchase.amount, "20d")'
rising   = 'trend(login, "14d")'
streaks  = 'streak(events)'
between  = 'gaps(purchase, purchase.sku != "a")'
mixed    = 'entropy(purchase.sku)'
upper    = 'percentile(purchase.amount, 90, "20d")'
recent   = 'ewma(purchase.amount, "3d")'
decayed  = 'ewma(events, "36h")'
mornings = 'count(login, hour_of(login.timestamp) < 12.0)'
followed = 'sequence(login, purchase, "12h", "10d")'
stayed   = 'absent(purchase, login, "2d")'
pace     = 'logins / (count(login, "20d") / 4.0)'
often    = 'logins > 2.0 && !(kinds > 1.0)'
waiting  = 'spend > 20.0 ? quiet : coalesce(average, 0.0)'
habit    = 'first_of == "a" || last(purchase.sku) in ["b", "c"]'
level    = 'bucket(count(login, "8d"), 1, 3)'
touched  = 'coalesce(last(login), last(purchase, "5d"))'
island   = 'customer.zone == "America/St_Johns" && often'
worded   = 'size(last(purchase.sku)) + level'
[health]
bands = { low = 0, high = 50 }
hysteresis = 5
[health.factors.use]
weight = 2
score = 'curve(logins, 0, 0, 3, 100)'
[health.factors.spend]
weight = 1
score = 'clamp(average, 0.0, 100.0)'
[lifecycle]
quiet = 'quiet > 4.0'
active = 'true'
[segments]
buyers = 'spend > 20.0'
[[campaigns]]
name = "wake"
on = 'enters(lifecycle, "quiet") || purchase || leaves(segments, "buyers") || changed(last_of)'
cooldown = "2d"
actions = [{ name = "mail", channel = "email" }]
"#;

/// An event of customer `customer`, `minutes` into January 2026.
#[derive(Debug, Clone)]
struct Event {
    customer: u8,
    minutes: u32,
    amount: Option<i32>,
    sku: u8,
    login: bool,
    id: bool,
}

fn event() -> impl Strategy<Value = Event> {
    (
        0..3_u8,
        0..30_000_u32,
        prop::option::of(-500..5000_i32),
        0..3_u8,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(customer, minutes, amount, sku, login, id)| Event {
            customer,
            // Many at the same instant, so that ties matter.
            minutes: minutes / 700 * 700,
            amount,
            sku,
            login,
            id,
        })
}

fn row(index: usize, event: &Event) -> Value {
    let start = Timestamp::parse("2026-01-01").unwrap().as_micros();
    let at = Timestamp::from_micros(start + i64::from(event.minutes) * 60_000_000).unwrap();
    let mut row = json!({
        "customer_id": format!("c{}", event.customer),
        "timestamp": at.to_string(),
        "type": if event.login { "login" } else { "purchase" },
    });
    if event.id {
        row["event_id"] = json!(format!("e{index}"));
    }
    if !event.login {
        row["amount"] = json!(event.amount.map(|cents| f64::from(cents) / 7.0));
        row["sku"] = json!(["a", "b", "c"][usize::from(event.sku)]);
    }
    row
}

fn frame(rows: Vec<Value>) -> Frame {
    Frame::from_objects(rows).unwrap()
}

fn engine() -> Engine {
    Engine::new(Bundle::new(Playbook::parse(PLAYBOOK).unwrap(), None).unwrap())
}

fn instants() -> [Timestamp; 3] {
    ["2026-01-06", "2026-01-13T12:00:00Z", "2026-01-22"].map(|text| Timestamp::parse(text).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn batch_stream_and_any_order_agree(
        events in prop::collection::vec(event(), 0..60),
        shuffle in any::<prop::sample::Index>(),
        pieces in 1..9_usize,
    ) {
        let rows: Vec<Value> = events.iter().enumerate().map(|(at, event)| row(at, event)).collect();
        let mut straight = engine();
        let report = straight.ingest(&frame(rows.clone())).unwrap();
        prop_assert_eq!(report.accepted, rows.len());

        // Turned round, cut into pieces, the events with an identity sent twice.
        let mut turned = rows.clone();
        if !turned.is_empty() {
            let by = shuffle.index(turned.len());
            turned.rotate_left(by);
            turned.reverse();
        }
        let again: Vec<Value> =
            rows.iter().filter(|row| row.get("event_id").is_some()).cloned().collect();
        let mut pieced = engine();
        for piece in turned.chunks(pieces) {
            pieced.ingest(&frame(piece.to_vec())).unwrap();
        }
        let repeated = pieced.ingest(&frame(again.clone())).unwrap();
        prop_assert_eq!((repeated.accepted, repeated.duplicates), (0, again.len()));
        prop_assert_eq!(straight.snapshot().unwrap(), pieced.snapshot().unwrap());

        let playbook = Playbook::parse(PLAYBOOK).unwrap();
        let batch = playbook.features(&frame(turned), None, &instants(), Some(2)).unwrap();
        let batch = wire::rows(&batch.table);
        for at in instants() {
            let scores = straight.score_all(at).unwrap();
            let of_batch: Vec<_> =
                batch.iter().filter(|row| row["as_of"] == at.to_string()).collect();
            prop_assert_eq!(scores.len(), of_batch.len());
            for (score, row) in scores.iter().zip(of_batch) {
                prop_assert_eq!(&row["customer_id"], &json!(score.customer_id));
                for (name, value) in &score.features {
                    prop_assert_eq!(&row[name], value, "{}", name);
                }
            }
        }
    }

    #[test]
    fn deciding_goes_on_from_a_snapshot_as_if_nothing_had_happened(
        events in prop::collection::vec(event(), 0..60),
    ) {
        let rows: Vec<Value> = events.iter().enumerate().map(|(at, event)| row(at, event)).collect();
        let mut straight = engine();
        straight.ingest(&frame(rows)).unwrap();
        let mut restored = straight.clone();
        for at in instants() {
            let decided = straight.decide(at).unwrap();
            let bundle = restored.bundle().clone();
            restored = Engine::restore(bundle, &restored.snapshot().unwrap()).unwrap();
            prop_assert_eq!(&restored.decide(at).unwrap(), &decided);
            let again = straight.decide(at).unwrap();
            prop_assert!(again.decisions.is_empty() && again.suppressions.is_empty());
        }
        let nobody = straight.customers().next().is_none();
        prop_assert_eq!(straight.decide(instants()[0]).is_err(), !nobody);
    }

    #[test]
    fn events_after_as_of_change_no_feature(
        events in prop::collection::vec(event(), 0..60),
    ) {
        let at = instants()[1];
        let known = |row: &&Value| Timestamp::parse(row["timestamp"].as_str().unwrap()).unwrap() <= at;
        let rows: Vec<Value> = events.iter().enumerate().map(|(at, event)| row(at, event)).collect();
        let past: Vec<Value> = rows.iter().filter(known).cloned().collect();
        let playbook = Playbook::parse(PLAYBOOK).unwrap();
        let with = playbook.features(&frame(rows), None, &[at], Some(1)).unwrap();
        let without = playbook.features(&frame(past), None, &[at], Some(1)).unwrap();
        prop_assert_eq!(wire::rows(&with.table), wire::rows(&without.table));
    }
}
