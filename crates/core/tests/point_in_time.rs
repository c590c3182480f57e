//! A row of features knows nothing of what came after its `as_of`, and the attributes of each
//! instant are the same in a batch and in an engine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use proptest::prelude::*;
use serde_json::{Value, json};
use stayput_core::columns::Frame;
use stayput_core::features::{Censored, CutOffs, FeatureTable, TrainingOptions};
use stayput_core::time::Timestamp;
use stayput_core::{Bundle, Engine, Playbook, wire};

const PLAYBOOK: &str = r#"
[playbook]
name = "point_in_time"
[customer]
plan = { type = "category", default = "none" }
mrr = "number"
zone = { type = "timezone", default = "America/St_Johns" }
[events.login]
[events.purchase]
amount = "number"
[features]
logins = 'count(login, "5d")'
spend = 'sum(purchase.amount, "9d")'
dear = 'count(purchase, "20d", purchase.amount > customer.mrr)'
days = 'active_days(events, "30d")'
hour = 'hour_of(last(events))'
second = 'nth(purchase.amount, 2)'
slope = 'trend(purchase.amount)'
followed = 'sequence(login, purchase, "36h")'
stayed = 'absent(login, purchase, "2d")'
recent = 'ewma(purchase.amount, "3d")'
plan = 'customer.plan'
worth = 'spend + customer.mrr'
[churn]
label = 'count(login, horizon) == 0 && !exists(purchase, horizon)'
horizon = "4d"
"#;

/// The first hour of all, and so many hours after it.
fn hour(hours: u32) -> Timestamp {
    let start = Timestamp::parse("2026-01-01").unwrap().as_micros();
    Timestamp::from_micros(start + i64::from(hours) * 3_600_000_000).unwrap()
}

const END: u32 = 30 * 24;

/// `(customer, hour, amount)`: a purchase, or a login where there is no amount.
type Event = (u8, u32, Option<i32>);
/// `(customer, hour, plan, mrr)`; a row that holds for ever has no hour.
type Row = (u8, Option<u32>, u8, Option<i32>);

fn event() -> impl Strategy<Value = Event> {
    (0..3_u8, 0..END, prop::option::of(-50..500_i32))
}

fn row() -> impl Strategy<Value = Row> {
    // Few instants, so that some rows are refused and some fall on a cut-off.
    let hours = prop::option::weighted(0.9, (0..END / 24).prop_map(|day| day * 24));
    (0..3_u8, hours, 0..4_u8, prop::option::of(0..300_i32))
}

fn event_rows(events: &[Event]) -> Frame {
    let row = |(customer, at, amount): &Event| match amount {
        None => {
            json!({"customer_id": format!("c{customer}"), "timestamp": hour(*at).to_string(), "type": "login"})
        }
        Some(amount) => {
            json!({"customer_id": format!("c{customer}"), "timestamp": hour(*at).to_string(), "type": "purchase", "amount": f64::from(*amount) / 7.0})
        }
    };
    Frame::from_objects(events.iter().map(row).collect()).unwrap()
}

fn customer_rows(rows: &[Row]) -> Frame {
    let row = |(customer, from, plan, mrr): &Row| {
        json!({
            "customer_id": format!("c{customer}"),
            "valid_from": from.map(|at| hour(at).to_string()),
            "plan": (*plan > 0).then(|| ["a", "b", "c"][usize::from(*plan) - 1]),
            "mrr": mrr.map(|cents| f64::from(cents) / 3.0),
            "zone": (*plan > 1).then_some("Asia/Kolkata"),
        })
    };
    // An empty table still has its columns.
    let mut all = vec![
        json!({"customer_id": "z", "valid_from": null, "plan": null, "mrr": null, "zone": null}),
    ];
    all.extend(rows.iter().map(row));
    Frame::from_objects(all).unwrap()
}

/// The first row of each customer and instant, which is the one that counts.
fn first_of_each(rows: &[Row]) -> Vec<Row> {
    let mut kept: Vec<Row> = Vec::new();
    for row in rows {
        if !kept.iter().any(|known| (known.0, known.1) == (row.0, row.1)) {
            kept.push(*row);
        }
    }
    kept
}

fn playbook() -> Playbook {
    Playbook::parse(PLAYBOOK).unwrap()
}

fn bits(table: &FeatureTable) -> Vec<Value> {
    let mut rows = wire::rows(table);
    for row in &mut rows {
        for value in row.values_mut() {
            if let Some(x) = value.as_f64() {
                *value = json!(x.to_bits());
            }
        }
    }
    rows.into_iter().map(Value::Object).collect()
}

fn cut_offs() -> Vec<Timestamp> {
    [6, 13, 20].map(|day| hour(day * 24)).to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_comes_after_changes_no_bit(
        events in prop::collection::vec(event(), 0..50),
        rows in prop::collection::vec(row(), 0..12),
        others in prop::collection::vec(event(), 0..20),
        other_rows in prop::collection::vec(row(), 0..8),
        shift in 0..200_u32,
        cut in 0..END / 24,
    ) {
        let at = cut * 24;
        let table = |events: &[Event], rows: &[Row]| {
            let (events, customers) = (event_rows(events), customer_rows(rows));
            let features = playbook().features(&events, Some(&customers), hour(at), Some(1));
            bits(&features.unwrap().table)
        };
        let rows = first_of_each(&rows);
        let early = |from: &Option<u32>| from.is_none_or(|from| from <= at);
        let mut named: Vec<u8> = rows.iter().map(|row| row.0).collect();
        named.extend(other_rows.iter().map(|row| row.0));
        // Both tables name the same customers, by a row that says nothing.
        let with_names = |rows: Vec<Row>| {
            let mut rows = rows;
            for id in &named {
                if !rows.iter().any(|row| row.0 == *id && row.1.is_none()) {
                    rows.push((*id, None, 0, None));
                }
            }
            rows
        };
        let before = table(&events, &with_names(rows.clone()));
        // The future goes, moves, and another comes.
        let mut changed: Vec<Event> =
            events.iter().filter(|event| event.1 <= at || event.1 % 3 > 0).copied().collect();
        for event in changed.iter_mut().filter(|event| event.1 > at) {
            event.1 += shift;
        }
        changed.extend(others.iter().filter(|event| event.1 > at));
        let mut changed_rows: Vec<Row> =
            rows.iter().filter(|row| early(&row.1) || row.2 > 1).copied().collect();
        changed_rows.extend(other_rows.iter().filter(|row| !early(&row.1)));
        prop_assert_eq!(&before, &table(&changed, &with_names(changed_rows)));
        let mut past = events.clone();
        past.retain(|event| event.1 <= at);
        let mut past_rows = rows.clone();
        past_rows.retain(|row| early(&row.1));
        prop_assert_eq!(before, table(&past, &with_names(past_rows)));
    }

    #[test]
    fn batch_and_engine_read_the_same_attributes(
        events in prop::collection::vec(event(), 0..50),
        rows in prop::collection::vec(row(), 0..14),
        turn in any::<prop::sample::Index>(),
        pieces in 1..5_usize,
        threads in 1..3_i64,
    ) {
        let rows = first_of_each(&rows);
        let (event_table, customers) = (event_rows(&events), customer_rows(&rows));
        let batch = playbook().features(&event_table, Some(&customers), cut_offs(), Some(threads));
        let batch = batch.unwrap();
        prop_assert!(batch.report.customers.rejected.is_empty());
        let rows_of_batch = wire::rows(&batch.table);
        // The engine gets its rows turned round and in pieces.
        let mut turned = rows.clone();
        if !turned.is_empty() {
            let by = turn.index(turned.len());
            turned.rotate_left(by);
        }
        let mut engine = Engine::new(Bundle::new(playbook(), None).unwrap());
        engine.upsert_customers(&customer_rows(&[])).unwrap();
        for piece in turned.chunks(pieces) {
            engine.upsert_customers(&customer_rows(piece)).unwrap();
        }
        engine.ingest(&event_table).unwrap();
        let bundle = engine.bundle().clone();
        let engine = Engine::restore(bundle, &engine.snapshot().unwrap()).unwrap();
        for row in &rows_of_batch {
            let at = Timestamp::parse(row["as_of"].as_str().unwrap()).unwrap();
            let score = engine.score(row["customer_id"].as_str().unwrap(), at).unwrap();
            for (name, value) in &score.features {
                prop_assert_eq!(&row[name], value, "{} of {:?}", name, row);
            }
        }
        // Who is known to the engine at an instant has started in a training set.
        let options = TrainingOptions {
            censored: Censored::Keep,
            n_jobs: Some(threads),
            ..TrainingOptions::default()
        };
        let set = playbook().training_set(&event_table, Some(&customers), cut_offs(), &options);
        let set = set.unwrap().set;
        let mut known = Vec::new();
        for at in cut_offs() {
            known.extend(engine.score_all(at).unwrap().into_iter().map(|score| (score.customer_id, at)));
        }
        let given: Vec<&str> = rows_of_batch.iter().filter_map(|row| row["customer_id"].as_str()).collect();
        known.retain(|(id, _)| given.contains(&id.as_str()));
        known.sort();
        let keys: Vec<_> = set.table.keys.iter().map(|key| (key.customer_id, key.as_of)).collect();
        prop_assert_eq!(&keys, &known);
        prop_assert_eq!(set.left_out.not_started, rows_of_batch.len() - keys.len());
    }

    #[test]
    fn own_cut_offs_give_the_rows_of_common_ones(
        events in prop::collection::vec(event(), 0..50),
        asked in prop::collection::btree_set((0..3_u8, 0..END / 24), 1..12),
        threads in 1..3_i64,
    ) {
        let events = event_rows(&events);
        let customers: Vec<Value> = asked
            .iter()
            .rev()
            .map(|(id, day)| json!({"customer_id": format!("c{id}"), "as_of": hour(day * 24).to_string(), "mrr": 7}))
            .collect();
        let own = Frame::from_objects(customers).unwrap();
        let own = playbook().features(&events, Some(&own), CutOffs::PerCustomer, Some(threads));
        let own = bits(&own.unwrap().table);
        let mut common = Vec::new();
        for (id, day) in &asked {
            let one = json!({"customer_id": format!("c{id}"), "mrr": 7});
            let one = Frame::from_objects(vec![one]).unwrap();
            let table = playbook().features(&events, Some(&one), hour(day * 24), Some(1)).unwrap().table;
            common.extend(bits(&table));
        }
        prop_assert_eq!(own, common);
    }

    #[test]
    fn a_label_that_is_kept_stays(
        events in prop::collection::vec(event(), 1..50),
        later in prop::collection::vec(event(), 0..50),
    ) {
        let end = events.iter().map(|event| event.1).max().unwrap();
        let options = TrainingOptions { censored: Censored::Keep, ..TrainingOptions::default() };
        let labels = |events: &[Event]| {
            let set = playbook().training_set(&event_rows(events), None, cut_offs(), &options).unwrap().set;
            let rows = set.table.keys.iter().zip(set.labels).zip(set.censored);
            rows.map(|((key, label), censored)| (key, label, censored)).collect::<Vec<_>>()
        };
        let now = labels(&events);
        let mut all = events.clone();
        // Whoever comes later, somebody's event closes the data.
        all.extend(later.iter().map(|event| (event.0, event.1 + end + 1, event.2)));
        all.push((9, 3 * END, None));
        let then = labels(&all);
        for (key, label, censored) in now {
            let (_, true_label, open) = then.iter().find(|row| row.0 == key).unwrap();
            prop_assert!(!open);
            prop_assert_eq!(censored, label.is_nan());
            prop_assert!(censored || label.to_bits() == true_label.to_bits(), "{:?}", key);
        }
    }
}
