//! Health over time, as the engine computes it from what it keeps: trends, changes, overrides and
//! accounts, also after it has forgotten and through snapshots.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use proptest::prelude::*;
use serde_json::{Value, json};
use stayput_core::columns::Frame;
use stayput_core::features::{Every, Grid};
use stayput_core::health::{ChangeKind, HealthOverride, HealthSource, TrendDirection};
use stayput_core::time::{Span, Timestamp};
use stayput_core::{Bundle, Engine, ErrorCode, Playbook};

const PLAYBOOK: &str = r#"
[playbook]
name = "health"
[customer]
mrr = "number"
account = "text"
[events.login]
[events.ticket]
severity = "number"
[features]
logins = 'count(login, "28d")'
ever = 'count(login)'
worst = 'max(ticket.severity, "14d")'
[health]
bands = { critical = 0, at_risk = 40, healthy = 70 }
hysteresis = 3
trend = { over = "56d", every = "7d" }
accounts = { parent = 'customer.account', weight = 'customer.mrr', fallback = "own" }
[health.factors.usage]
weight = 3
[health.factors.usage.factors.recent]
weight = 2
score = 'curve(logins, 0, 0, 10, 100)'
[health.factors.usage.factors.always]
weight = 1
score = '100.0 - decay(ever, 8)'
[health.factors.support]
weight = 1
score = '100.0 - 20.0 * worst'
cap = 50
cap_below = 30
"#;

fn day(day: i64) -> Timestamp {
    Timestamp::from_micros(1_767_225_600_000_000 + day * 86_400_000_000).unwrap()
}

fn frame(rows: Vec<Value>) -> Frame {
    Frame::from_objects(rows).unwrap()
}

fn login(id: &str, at: i64) -> Value {
    json!({"customer_id": id, "timestamp": day(at).to_string(), "type": "login"})
}

fn ticket(id: &str, at: i64, severity: i64) -> Value {
    json!({"customer_id": id, "timestamp": day(at).to_string(), "type": "ticket", "severity": severity})
}

fn customer(id: &str, from: i64, mrr: Option<f64>, account: Option<&str>) -> Value {
    let from = day(from).to_string();
    json!({"customer_id": id, "valid_from": from, "mrr": mrr, "account": account})
}

fn engine(events: Vec<Value>, customers: Vec<Value>) -> Engine {
    let bundle = Bundle::new(Playbook::parse(PLAYBOOK).unwrap(), None).unwrap();
    let mut engine = Engine::new(bundle);
    engine.ingest_tables(&frame(events), Some(&frame(customers))).unwrap();
    engine
}

/// Someone who logs in less and less.
fn fading() -> Vec<Value> {
    (0..100).filter(|at| at % (1 + at / 12) == 0).map(|at| login("a", at)).collect()
}

fn weekly(from: i64, to: i64) -> Grid {
    Grid { from: day(from), to: day(to), every: Every::Span(Span::days(7)) }
}

fn says(score: f64, from: i64, until: i64) -> HealthOverride {
    HealthOverride {
        score: Some(score),
        band: None,
        author: "ann".to_owned(),
        reason: "spoke to them".to_owned(),
        from: day(from),
        until: day(until),
    }
}

#[test]
fn the_trend_is_that_of_the_scores_of_the_past() {
    let engine = engine(fading(), vec![]);
    let health = engine.score("a", day(100)).unwrap().health.unwrap();
    let trend = health.trend.unwrap();
    assert_eq!((trend.points, trend.direction), (8, TrendDirection::Decreasing));
    let history = engine.health_history("a", weekly(51, 100)).unwrap();
    assert_eq!(history.trend, Some(trend));
    for point in &history.points {
        let then = engine.score("a", point.as_of).unwrap().health.unwrap();
        assert_eq!((point.score, point.coverage), (Some(then.score), Some(then.coverage)));
    }
    assert_eq!(history.points[7].score, Some(health.score));
    // Before the first event nothing is known, and so it takes no part.
    let early = engine.health_history("a", weekly(-14, 7)).unwrap();
    let scores: Vec<bool> = early.points.iter().map(|point| point.score.is_some()).collect();
    assert_eq!((scores, early.trend), (vec![false, false, true, true], None));
    assert_eq!(engine.score("a", day(7)).unwrap().health.unwrap().trend, None);
}

#[test]
fn bands_go_on_from_one_instant_to_the_next() {
    // 10 logins in the window are 100 points of two thirds, and so on down.
    let engine = engine(fading(), vec![]);
    let history = engine.health_history("a", weekly(2, 100)).unwrap();
    let mut before: Option<&str> = None;
    for point in &history.points {
        let (score, band) = (point.score.unwrap(), point.band.as_deref().unwrap());
        if let Some(before) = before.filter(|before| *before != band) {
            let boundary = if [before, band].contains(&"critical") { 40.0 } else { 70.0 };
            assert!((score - boundary).abs() >= 3.0 || score == boundary + 3.0, "{score}");
        }
        before = Some(band);
    }
    assert!(history.points.iter().any(|point| point.band.as_deref() != before));
}

#[test]
fn a_score_of_the_past_knows_nothing_of_later_decisions() {
    let events = (0..10).map(|at| login("a", at)).collect();
    let mut engine = engine(events, vec![]);
    let before = engine.score("a", day(30)).unwrap();
    engine.decide(day(60)).unwrap();
    assert_eq!(engine.score("a", day(30)).unwrap(), before);
    let history = engine.health_history("a", weekly(9, 30)).unwrap();
    engine.decide(day(90)).unwrap();
    assert_eq!(engine.health_history("a", weekly(9, 30)).unwrap(), history);
}

#[test]
fn what_a_trend_looks_at_is_not_forgotten() {
    let mut events = fading();
    events.extend([ticket("a", 20, 3), ticket("a", 90, 4)]);
    let mut engine = engine(events, vec![customer("a", 0, Some(10.0), Some("x"))]);
    let asked = |engine: &Engine| {
        (
            engine.score("a", day(100)).unwrap(),
            engine.health_history("a", weekly(44, 100)).unwrap(),
            engine.health_change("a", day(50), day(100)).unwrap(),
        )
    };
    let before = asked(&engine);
    assert!(engine.forget(day(100)).unwrap() > 0);
    assert_eq!(asked(&engine), before);
    let restored = Engine::restore(engine.bundle().clone(), &engine.snapshot().unwrap()).unwrap();
    assert_eq!(asked(&restored), before);
    for error in [
        engine.health_history("a", weekly(43, 100)).unwrap_err(),
        engine.health_change("a", day(43), day(100)).unwrap_err(),
        engine.score("a", day(99)).unwrap_err(),
    ] {
        assert_eq!(error.code(), ErrorCode::TimeOrder, "{error}");
    }
    // A bundle that looks further back cannot go on.
    let text = PLAYBOOK.replace("\"56d\"", "\"70d\"");
    let longer = Bundle::new(Playbook::parse(&text).unwrap(), None).unwrap();
    let error = Engine::restore(longer, &engine.snapshot().unwrap()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::StateVersion);
}

#[test]
fn an_override_holds_for_its_time_and_goes_with_the_state() {
    let mut engine = engine(fading(), vec![]);
    let computed = engine.score("a", day(80)).unwrap().health.unwrap();
    let mut plain = engine.clone();
    engine.override_health("a", says(90.0, 70, 90)).unwrap();
    let stated = |engine: &Engine, at| engine.score("a", day(at)).unwrap().health.unwrap();
    let health = stated(&engine, 80);
    assert_eq!((health.score, health.band.as_str()), (90.0, "healthy"));
    assert_eq!((&health.factors, health.trend), (&computed.factors, computed.trend));
    let over = health.overridden.unwrap();
    assert_eq!((over.computed_score, over.author.as_str()), (Some(computed.score), "ann"));
    assert_eq!(computed.score + over.contribution, 90.0);
    assert_eq!(stated(&engine, 69).overridden, None);
    assert_eq!(stated(&engine, 90).overridden, None);
    // Decisions see it, and hysteresis does not remember it.
    engine.decide(day(80)).unwrap();
    plain.decide(day(80)).unwrap();
    assert_eq!(stated(&engine, 90), stated(&plain, 90));
    let bytes = engine.snapshot().unwrap();
    let mut restored = Engine::restore(engine.bundle().clone(), &bytes).unwrap();
    assert_eq!(restored.snapshot().unwrap(), bytes);
    assert_eq!(restored.health_overrides("a").unwrap(), [says(90.0, 70, 90)]);
    let alone = engine.export_customer("a").unwrap();
    let mut other = Engine::new(engine.bundle().clone());
    other.import_customers(&alone).unwrap();
    assert_eq!(stated(&other, 80), stated(&engine, 80));
    // Lifted, it holds before and not after.
    assert_eq!(restored.lift_health_override("a", day(75)).unwrap(), [says(90.0, 70, 75)]);
    assert_eq!(stated(&restored, 74).score, 90.0);
    assert_eq!(stated(&restored, 75).overridden, None);
    assert!(restored.lift_health_override("a", day(75)).unwrap().is_empty());
    for error in [
        restored.override_health("b", says(1.0, 0, 1)).unwrap_err(),
        restored.lift_health_override("b", day(0)).unwrap_err(),
        restored.health_overrides("b").unwrap_err(),
    ] {
        assert_eq!(error.code(), ErrorCode::UnknownCustomer);
    }
    restored.forget(day(200)).unwrap();
    assert!(restored.health_overrides("a").unwrap().is_empty());
}

#[test]
fn a_change_names_time_data_missingness_cap_and_override() {
    let events = vec![login("a", 0), login("a", 40), ticket("a", 41, 5)];
    let mut engine = engine(events, vec![]);
    engine.override_health("a", says(20.0, 41, 60)).unwrap();
    let change = engine.health_change("a", day(1), day(42)).unwrap();
    let kinds: Vec<(ChangeKind, Option<&str>)> =
        change.terms.iter().map(|term| (term.kind, term.factor.as_deref())).collect();
    assert_eq!(
        kinds,
        [
            (ChangeKind::Time, Some("usage.recent")),
            (ChangeKind::Data, Some("usage.recent")),
            (ChangeKind::Data, Some("usage.always")),
            (ChangeKind::Missingness, Some("support")),
            (ChangeKind::Override, None),
        ]
    );
    // The login left the window, and another came: 10 points down and up, of 2/3.
    assert_eq!(change.terms[0].points, -change.terms[1].points);
    let sum = change.terms.iter().fold(0.0, |sum, term| sum + term.points);
    assert_eq!(Some(sum), change.change);
    assert_eq!(change.after, Some(20.0));
    // Nobody is known on the day before the first event.
    let none = engine.health_change("a", day(-1), day(42)).unwrap();
    assert_eq!((none.before, none.change, none.terms.len()), (None, None, 0));
    assert_eq!(engine.health_change("a", day(2), day(1)).unwrap_err().path(), Some("since"));
}

#[test]
fn an_account_is_its_customers_by_weight() {
    let mut events = fading();
    events.extend((60..100).map(|at| login("b", at)));
    events.extend([login("x", 90), login("c", 99)]);
    let customers = vec![
        customer("a", 0, Some(300.0), Some("x")),
        customer("b", 0, Some(100.0), Some("x")),
        customer("c", 0, None, Some("y")),
        customer("d", 0, Some(5.0), None),
        customer("b", 200, Some(100.0), Some("y")),
        customer("x", 0, Some(1.0), None),
        customer("z", 0, Some(1.0), Some("x")),
    ];
    let mut engine = engine(events, customers);
    let score = |engine: &Engine, id| engine.score(id, day(100)).unwrap().health.unwrap().score;
    let all = engine.account_health(day(100), None, 1).unwrap();
    assert_eq!(all.iter().map(|one| one.account.as_str()).collect::<Vec<_>>(), ["x", "y"]);
    let (x, y) = (&all[0], &all[1]);
    // z has no events, but a score all the same: nothing was ever done.
    let naive =
        (300.0 * score(&engine, "a") + 100.0 * score(&engine, "b") + score(&engine, "z")) / 401.0;
    assert!((x.score.unwrap() - naive).abs() < 1e-11);
    assert_eq!((x.children, x.scored, x.coverage), (3, 3, 1.0));
    assert_eq!((x.worst.len(), x.worst[0].customer_id.as_str()), (1, "z"));
    assert_eq!(x.worst[0].contribution + x.others, x.score.unwrap());
    // c has no weight, and there is no customer y to stand for the account.
    assert_eq!((y.score, y.source, y.children, y.scored), (None, None, 1, 0));
    engine.override_health("a", says(0.0, 99, 101)).unwrap();
    let one = engine.account_health(day(100), Some("x"), 9).unwrap();
    assert_eq!((one.len(), one[0].worst.len(), one[0].worst[0].score), (1, 3, 0.0));
    let later = engine.account_health(day(200), Some("y"), 9).unwrap();
    assert_eq!((later[0].children, later[0].source), (2, Some(HealthSource::Children)));
    let error = engine.account_health(day(100), Some("w"), 1).unwrap_err();
    assert_eq!((error.code(), error.path()), (ErrorCode::Argument, Some("account")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_comes_when_the_terms_sum_to_the_change_of_the_scores(
        logins in proptest::collection::vec(0_i64..120, 0..60),
        tickets in proptest::collection::vec((0_i64..120, 0_i64..6), 0..6),
        from in 0_i64..60,
        until in 61_i64..120,
        said in 0.0_f64..100.0,
        since in 0_i64..119,
    ) {
        let mut events: Vec<Value> = logins.iter().map(|at| login("a", *at)).collect();
        events.extend(tickets.iter().map(|(at, severity)| ticket("a", *at, *severity)));
        let mut engine = engine(events, vec![customer("a", 0, Some(1.0), Some("x"))]);
        engine.override_health("a", says(said, from, until)).unwrap();
        for as_of in [since, i64::midpoint(since, 119), 119] {
            let change = engine.health_change("a", day(since), day(as_of)).unwrap();
            let score = |at| engine.score("a", day(at)).unwrap().health.unwrap().score;
            let (before, after) = (score(since), score(as_of));
            prop_assert_eq!((change.before, change.after), (Some(before), Some(after)));
            let sum = change.terms.iter().fold(0.0, |sum, term| sum + term.points);
            prop_assert_eq!((sum, change.change), (after - before, Some(after - before)));
        }
    }
}
