//! What campaigns bring, by those held out: counted by hand on histories whose truth is known.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a test stops at the first surprise, and its counts are small"
)]

use serde_json::{Value, json};
use stayput_core::campaign::{LiftArm, LiftControl, LiftParams, unit};
use stayput_core::columns::Frame;
use stayput_core::time::{Span, Timestamp};
use stayput_core::{Bundle, Engine, ErrorCode, LiftReport, Playbook, RecommendationCode};

const HEAD: &str = r#"
[playbook]
name = "acme"
[customer]
vip = { type = "bool", default = false }
[events.login]
[events.purchase]
[events.cancelled]
"#;

const HELLO: &str = r#"
[[campaigns]]
name = "hello"
on = 'login'
when = '!customer.vip'
cooldown = "30d"
holdout = 0.4
goal = { event = "purchase", within = "7d" }
actions = [{ name = "mail", channel = "email", cost = 1 }]
"#;

fn bundle(campaigns: &str) -> Bundle {
    let text = format!("{HEAD}{campaigns}");
    Bundle::new(Playbook::parse(&text).unwrap_or_else(|error| panic!("{error}")), None).unwrap()
}

fn at(day: i64, minute: i64) -> Timestamp {
    Timestamp::parse("2026-03-01")
        .unwrap()
        .plus(Span::days(day))
        .plus(Span::micros(minute * 60_000_000))
}

fn event(id: usize, kind: &str, at: Timestamp) -> Value {
    json!({"customer_id": format!("c{id}"), "type": kind, "timestamp": at.to_string()})
}

fn ingest(engine: &mut Engine, rows: Vec<Value>) {
    engine.ingest(&Frame::from_objects(rows).unwrap()).unwrap();
}

fn held_out(campaign: &str, id: usize, share: f64) -> bool {
    unit(&["campaign holdout", "acme", campaign, &format!("c{id}")]) < share
}

fn lift(engine: &Engine, day: i64) -> LiftReport {
    engine.lift(at(day, 0), &LiftParams::default()).unwrap()
}

fn codes(report: &LiftReport) -> Vec<RecommendationCode> {
    report.recommendations.iter().map(|one| one.code).collect()
}

/// An engine in which customers 0 to `count` log in on day 0, and the campaign's goal comes of those
/// of whom `reaches(id, held out)` says so.
fn company(campaigns: &str, count: usize, reaches: impl Fn(usize, bool) -> bool) -> Engine {
    let mut engine = Engine::new(bundle(campaigns));
    ingest(&mut engine, (0..count).map(|id| event(id, "login", at(0, -5))).collect());
    engine.decide(at(0, 0)).unwrap();
    let buyers = (0..count).filter(|id| reaches(*id, held_out("hello", *id, 0.4)));
    ingest(&mut engine, buyers.map(|id| event(id, "purchase", at(2, 0))).collect());
    engine
}

#[test]
fn customers_count_once_from_their_first_firing_by_what_the_holdout_said() {
    let mut engine = Engine::new(bundle(HELLO));
    let vips = (0..10).map(|id| json!({"customer_id": format!("c{id}"), "vip": true}));
    engine.upsert_customers(&Frame::from_objects(vips.collect()).unwrap()).unwrap();
    // All log in on day 0, and again on day 3; 10 to 59 buy at the last instant that counts, 60 to
    // 99 a moment later, 100 to 149 at the very instant of the decision, which is not after it.
    ingest(&mut engine, (0..300).map(|id| event(id, "login", at(0, -5))).collect());
    ingest(&mut engine, (100..150).map(|id| event(id, "purchase", at(0, 0))).collect());
    engine.decide(at(0, 0)).unwrap();
    ingest(&mut engine, (0..300).map(|id| event(id, "login", at(2, 9))).collect());
    engine.decide(at(3, 0)).unwrap();
    ingest(&mut engine, (10..60).map(|id| event(id, "purchase", at(7, 0))).collect());
    ingest(&mut engine, (60..100).map(|id| event(id, "purchase", at(7, 1))).collect());
    let arm = |control: bool| {
        let all: Vec<usize> =
            (10..300).filter(|id| held_out("hello", *id, 0.4) == control).collect();
        let customers = all.len() as u64;
        let reached = all.iter().filter(|id| (10..60).contains(*id)).count() as u64;
        LiftArm { customers, sent: if control { 0 } else { customers }, reached, open: 0 }
    };
    let report = lift(&engine, 7);
    let found = &report.campaigns[0];
    assert_eq!(found.control, Some(LiftControl::CampaignHoldout));
    assert_eq!((found.treated, found.held_out), (arm(false), arm(true)));
    let share = |arm: &LiftArm| arm.reached as f64 / arm.customers as f64;
    let difference = share(&found.treated) - share(&found.held_out);
    assert_eq!(found.difference, Some(difference));
    assert_eq!(found.gained, Some(difference * found.treated.customers as f64));
    assert_eq!(found.relative_lift, Some(difference / share(&found.held_out)));
    assert_eq!(found.per_contact, Some(difference));
    assert!(found.low.unwrap() < difference && difference < found.high.unwrap());
    assert!(found.p_value.unwrap() > 0.05 && found.sample_ratio_p.unwrap() > 0.001);
    // A moment before, no customer's time is over.
    let before = engine.lift(at(7, -1), &LiftParams::default()).unwrap();
    let (customers, reached) = (0, 0);
    let open = |arm: LiftArm| LiftArm { customers, sent: 0, reached, open: arm.customers };
    let found = &before.campaigns[0];
    assert_eq!((found.treated, found.held_out), (open(arm(false)), open(arm(true))));
    assert_eq!((found.difference, found.p_value), (None, None));
    // Nobody came to it since.
    let since = LiftParams { since: Some(at(1, 0)), ..LiftParams::default() };
    assert_eq!(engine.lift(at(20, 0), &since).unwrap().campaigns[0].treated, LiftArm::default());
    // What is settled stays so, through snapshots and long after what it was settled by is forgotten.
    let settled = lift(&engine, 7).campaigns;
    for day in [8, 50, 90] {
        ingest(&mut engine, vec![event(0, "login", at(day, -5))]);
        engine.decide(at(day, 0)).unwrap();
        let bytes = engine.snapshot().unwrap();
        engine = Engine::restore(engine.bundle().clone(), &bytes).unwrap();
        assert_eq!(lift(&engine, day).campaigns, settled);
    }
}

#[test]
fn a_lift_is_found_and_its_absence_too() {
    let good = company(HELLO, 6_000, |id, out| id % 10 < if out { 2 } else { 4 });
    let report = lift(&good, 10);
    let found = &report.campaigns[0];
    assert!(found.low.unwrap() > 0.1 && found.high.unwrap() < 0.3 && found.p_value.unwrap() < 1e-9);
    assert_eq!(codes(&report), []);
    let none = company(HELLO, 60_000, |id, _| id % 10 < 2);
    assert_eq!(codes(&lift(&none, 10)), [RecommendationCode::NoLift]);
    // With few customers nothing can be said.
    let few = company(HELLO, 600, |id, _| id % 10 < 2);
    assert_eq!(codes(&lift(&few, 10)), []);
    let bad = company(HELLO, 6_000, |id, out| id % 10 < if out { 4 } else { 2 });
    let report = lift(&bad, 10);
    assert_eq!(codes(&report), [RecommendationCode::Harmful]);
    assert!(report.recommendations[0].message.contains("in 100 at least"), "{report:?}");
}

#[test]
fn a_goal_to_avoid_is_reached_where_its_event_does_not_come() {
    let avoid = HELLO.replace("within = \"7d\"", "within = \"7d\", avoid = true");
    let report = lift(&company(&avoid, 500, |id, _| id % 5 == 0), 10);
    let arms = report.campaigns[0].treated.reached + report.campaigns[0].held_out.reached;
    assert_eq!(arms, 400);
}

#[test]
fn without_a_holdout_of_its_own_a_campaign_is_compared_with_the_global_one() {
    let own = HELLO.replace("holdout = 0.4\n", "");
    let report = lift(&company(&own, 100, |_, _| true), 10);
    assert_eq!(codes(&report), [RecommendationCode::NoHoldout]);
    assert_eq!((report.campaigns[0].control, report.campaigns[0].difference), (None, None));
    let global = format!("[guardrails]\nholdout = 0.25\n{own}");
    let found = lift(&company(&global, 1_000, |_, _| true), 10).campaigns.remove(0);
    let out = (0..1_000).filter(|id| unit(&["global holdout", "acme", &format!("c{id}")]) < 0.25);
    assert_eq!(found.control, Some(LiftControl::GlobalHoldout));
    assert_eq!(found.held_out.customers, out.count() as u64);
    assert_eq!(found.treated.customers + found.held_out.customers, 1_000);
    // Beside a holdout of its own, the global one is left out.
    let both = format!("[guardrails]\nholdout = 0.25\n{HELLO}");
    let own = lift(&company(&both, 1_000, |_, _| true), 10).campaigns.remove(0);
    assert_eq!(own.control, Some(LiftControl::CampaignHoldout));
    assert_eq!(own.treated.customers + own.held_out.customers, 1_000 - found.held_out.customers);
}

#[test]
fn who_is_stopped_after_the_holdout_was_asked_stays_in_the_arm() {
    let capped = format!("[guardrails]\ncaps = [{{ max = 0, per = \"7d\" }}]\n{HELLO}");
    let found = lift(&company(&capped, 500, |id, _| id % 2 == 0), 10).campaigns.remove(0);
    assert_eq!((found.treated.sent, found.per_contact), (0, None));
    assert!(found.treated.customers > 250 && found.difference.is_some());
}

#[test]
fn a_journey_is_such_an_experiment_too() {
    let journey = HELLO
        .replace("actions =", "journey = [{ wait = \"1d\" }, { action = \"mail\" }]\nactions =");
    let mut engine = company(&journey, 500, |_, _| false);
    assert_eq!(lift(&engine, 10).campaigns[0].treated.sent, 0);
    engine.decide(at(3, 0)).unwrap();
    let found = lift(&engine, 10).campaigns.remove(0);
    assert_eq!(found.treated.sent, found.treated.customers);
    assert_eq!(found.held_out.sent, 0);
    assert_eq!(found.treated.customers + found.held_out.customers, 500);
}

#[test]
fn arms_of_other_sizes_than_meant_are_told_of() {
    let mut engine = company(HELLO, 2_000, |_, _| true);
    let other = bundle(&HELLO.replace("0.4", "0.1"));
    engine = Engine::restore(other, &engine.snapshot().unwrap()).unwrap();
    let report = lift(&engine, 10);
    assert_eq!(codes(&report), [RecommendationCode::SampleRatio]);
    assert!(report.recommendations[0].share > 0.35);
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let engine = company(HELLO, 10, |_, _| true);
    for params in [
        LiftParams { level: 1.0, ..LiftParams::default() },
        LiftParams { effect: 0.0, ..LiftParams::default() },
        LiftParams { effect: f64::NAN, ..LiftParams::default() },
    ] {
        let error = engine.lift(at(10, 0), &params).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Argument);
    }
}
