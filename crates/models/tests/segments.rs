//! The leaves of a tree, read back as segments of a playbook.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test says what it found, and stops where it cannot read"
)]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stayput_core::columns::Frame;
use stayput_core::features::{TrainingOptions, TrainingSet};
use stayput_core::time::Timestamp;
use stayput_core::{Bundle, Engine, ErrorCode, Playbook};
use stayput_models::simulate::{SimulationParams, simulate};
use stayput_models::{Algorithm, TrainParams, segments, train};

fn tree(max_depth: u64, min_samples_leaf: u64) -> TrainParams {
    TrainParams {
        algorithm: Algorithm::Tree,
        max_depth: Some(max_depth),
        min_samples_leaf: Some(min_samples_leaf),
        ..TrainParams::default()
    }
}

/// Every customer is in the segment of the leaf that the model leads them to, and in no other: the
/// probabilities are those of their segments. Gives how many are in each.
fn every_customer_is_in_the_segment_of_the_leaf(
    text: &str,
    events: &Frame,
    customers: &Frame,
    set: &TrainingSet,
    params: &TrainParams,
    now: Timestamp,
) -> BTreeMap<String, usize> {
    let model = train(set, params).unwrap();
    let found = segments(&model, set).unwrap();
    println!("{found}{}", found.playbook);
    assert_eq!(found.segments.iter().map(|segment| segment.rows).sum::<usize>(), found.rows);
    assert!(found.segments.len() > 4);
    // The segments take the place of those that the playbook has.
    let text = format!("{}\n{}", without_segments(text), found.playbook);
    let playbook = Playbook::parse(&text).unwrap();
    let mut engine = Engine::new(Bundle::new(playbook, Some(model.clone())).unwrap());
    engine.ingest_tables(events, Some(customers)).unwrap();
    let mut rows: BTreeMap<String, usize> = BTreeMap::new();
    for score in engine.score_all(now).unwrap() {
        let [name] = score.segments.as_slice() else { panic!("{:?}", score.segments) };
        let own = found.segments.iter().find(|segment| segment.name == *name).unwrap();
        let probability = score.churn.unwrap().probability;
        assert_eq!(probability.to_bits(), own.probability.to_bits(), "{name}");
        *rows.entry(name.clone()).or_default() += 1;
    }
    rows
}

/// The playbook without the sections of segments and campaigns.
fn without_segments(text: &str) -> String {
    let mut kept = true;
    let keep = |line: &&str| {
        if line.starts_with('[') {
            kept = !line.starts_with("[segments")
                && !line.contains("[campaigns")
                && !line.starts_with("[guardrails");
        }
        kept
    };
    text.lines().filter(keep).collect::<Vec<_>>().join("\n")
}

/// The rows of one instant.
fn set_at(set: &TrainingSet, at: Timestamp) -> TrainingSet {
    let keys = &set.table.keys;
    let rows: Vec<usize> = (0..keys.len()).filter(|&row| keys.as_of(row) == at).collect();
    set.select(&rows).unwrap()
}

#[test]
fn segments_of_a_simulated_company_are_its_leaves() {
    let params = SimulationParams::new(Timestamp::parse("2025-01-01").unwrap());
    let company = simulate(&params).unwrap();
    let text = include_str!("../../../examples/acme/playbook.toml");
    let playbook = Playbook::parse(text).unwrap();
    let months = (4..=9).map(|month| Timestamp::parse(&format!("2025-{month:02}-01")).unwrap());
    let months: Vec<Timestamp> = months.collect();
    let (events, customers) = (&company.events, &company.customers);
    let options = TrainingOptions::default();
    let set = playbook.training_set(events, Some(customers), &months, &options).unwrap().set;
    let now = *months.last().unwrap();
    for params in [tree(4, 50), tree(6, 10)] {
        let rows = every_customer_is_in_the_segment_of_the_leaf(
            text, events, customers, &set, &params, now,
        );
        // The rows of that instant are among them: whoever had not left by then.
        let model = train(&set, &params).unwrap();
        for segment in segments(&model, &set_at(&set, now)).unwrap().segments {
            let scored = rows.get(&segment.name).copied().unwrap_or_default();
            assert!(scored >= segment.rows, "{} {scored} {}", segment.name, segment.rows);
        }
    }
}

const PLAYBOOK: &str = r#"
[playbook]
name = "table"
[customer]
plan = "category"
paying = "bool"
spend = "number"
gone = "bool"
[features]
plan = 'customer.plan'
paying = 'customer.paying'
spend = 'customer.spend'
[churn]
label = 'customer.gone'
horizon = "30d"
"#;

/// Attributes of which many are missing, and the label depends on it; names with quotes.
#[test]
fn segments_hold_what_is_missing_and_names_that_training_did_not_see() {
    let plans = ["a \"b\"", "c\\d", "e'f", "g", "h"];
    let customer = |row: u32, plans: &[&str]| -> Value {
        let draw = |salt: u32| {
            let mixed = u64::from(row * 7 + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            u32::try_from(mixed >> 40).unwrap()
        };
        let plan = usize::try_from(draw(1)).unwrap() % (plans.len() + 1);
        let (paying, spend) = (draw(2) % 3, draw(3) % 5);
        let risk = u32::from(plan == 1) * 4
            + u32::from(plan > 3) * 2
            + u32::from(paying == 2) * 3
            + u32::from(spend == 4) * 3
            + paying;
        json!({
            "customer_id": format!("{row:05}"),
            "plan": plans.get(plan),
            "paying": (paying < 2).then_some(paying == 1),
            "spend": (spend < 4).then_some(f64::from(spend) * 0.1 + f64::from(draw(4)) * 1e-9),
            "gone": draw(5) % 10 < risk,
        })
    };
    let now = Timestamp::parse("2026-01-01").unwrap();
    let frame = |rows: Vec<Value>| Frame::from_objects(rows).unwrap();
    let known = frame((0..3_000).map(|row| customer(row, &plans)).collect());
    let playbook = Playbook::parse(PLAYBOOK).unwrap();
    let (nothing, options) = (Frame::default(), TrainingOptions::default());
    let set = playbook.training_set(&nothing, Some(&known), &[now][..], &options).unwrap().set;
    let rows = every_customer_is_in_the_segment_of_the_leaf(
        PLAYBOOK,
        &nothing,
        &known,
        &set,
        &tree(6, 20),
        now,
    );
    let counted = segments(&train(&set, &tree(6, 20)).unwrap(), &set).unwrap().segments;
    let counted = counted.into_iter().map(|segment| (segment.name, segment.rows)).collect();
    assert_eq!(rows, counted);
    let others = ["a \"b\"", "new", "e'f", "g", "newer"];
    let unseen = frame((0..900).map(|row| customer(row, &others)).collect());
    every_customer_is_in_the_segment_of_the_leaf(
        PLAYBOOK,
        &nothing,
        &unseen,
        &set,
        &tree(6, 20),
        now,
    );
}

#[test]
fn a_model_that_is_no_tree_has_no_segments() {
    let playbook = Playbook::parse(PLAYBOOK).unwrap();
    let row = |row: u32| {
        json!({
            "customer_id": row.to_string(), "spend": row, "gone": row.is_multiple_of(3),
        })
    };
    let known = Frame::from_objects((0..60).map(row).collect()).unwrap();
    let now = [Timestamp::parse("2026-01-01").unwrap()];
    let options = TrainingOptions::default();
    let set =
        playbook.training_set(&Frame::default(), Some(&known), &now[..], &options).unwrap().set;
    for algorithm in [Algorithm::Gbm, Algorithm::Logistic, Algorithm::Forest] {
        let model = train(&set, &TrainParams { algorithm, ..TrainParams::default() }).unwrap();
        let error = segments(&model, &set).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Unsupported);
        assert!(error.to_string().contains("train with `algorithm` `tree`"), "{error}");
    }
}
