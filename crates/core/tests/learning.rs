//! A campaign that learns which of its actions brings customers back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use serde_json::json;
use stayput_core::columns::Frame;
use stayput_core::time::{Span, Timestamp};
use stayput_core::{Bundle, Engine, Playbook};

const PLAYBOOK: &str = r#"
[playbook]
name = "learning"
[events.signup]
[events.login]
[[campaigns]]
name = "welcome"
on = 'signup'
goal = { event = "login", within = "2d" }
policy = { kind = "KIND" }
[[campaigns.actions]]
name = "mail"
channel = "email"
[[campaigns.actions]]
name = "call"
channel = "phone"
"#;

/// Twenty customers a day for so many days; those who are called log in the day after, and of the
/// others one in ten. What was decided each day: how many were called, and the chances.
fn run(kind: &str, days: u32) -> Vec<(usize, f64)> {
    let playbook = Playbook::parse(&PLAYBOOK.replace("KIND", kind)).unwrap();
    let mut engine = Engine::new(Bundle::new(playbook, None).unwrap());
    let start = Timestamp::parse("2026-01-01").unwrap();
    let mut seen = Vec::new();
    for day in 0..days {
        let now = start.plus(Span::days(i64::from(day)));
        let event = |id: &str, kind: &str, at: Timestamp| json!({"customer_id": id, "type": kind, "timestamp": at.to_string()});
        let signups = (0..20).map(|at| event(&format!("d{day}c{at}"), "signup", now));
        engine.ingest(&Frame::from_objects(signups.collect()).unwrap()).unwrap();
        let decided = engine.decide(now).unwrap();
        assert_eq!(decided.decisions.len(), 20, "{:?}", decided.suppressions);
        let called = decided.decisions.iter().filter(|one| one.action == "call");
        let chance = decided.decisions.iter().find(|one| one.action == "call");
        seen.push((called.count(), chance.map_or(0.0, |one| one.propensity)));
        let back = decided.decisions.iter().enumerate();
        let back = back.filter(|(at, one)| one.action == "call" || at % 10 == 0);
        let later = now.plus(Span::micros(12 * 3_600_000_000));
        let logins: Vec<_> = back.map(|(_, one)| event(&one.customer_id, "login", later)).collect();
        if !logins.is_empty() {
            engine.ingest(&Frame::from_objects(logins).unwrap()).unwrap();
        }
        // Nothing depends on where the state was kept meanwhile.
        engine = Engine::restore(engine.bundle().clone(), &engine.snapshot().unwrap()).unwrap();
    }
    seen
}

#[test]
fn thompson_sampling_finds_the_action_that_works() {
    let seen = run("thompson", 12);
    assert_eq!(seen, run("thompson", 12));
    let (first, last) = (seen[0], seen[11]);
    // Nothing is known on the first day: both actions are alike, by a thousand draws.
    assert!((first.1 - 0.5).abs() < 0.08, "{seen:?}");
    assert!(last.1 > 0.99 && last.0 >= 19, "{seen:?}");
}

#[test]
fn a_greedy_policy_goes_on_trying_others() {
    let seen = run("epsilon_greedy", 12);
    assert!(seen[11].1 > 0.94, "{seen:?}");
    let mails: usize = seen[4..].iter().map(|(called, _)| 20 - called).sum();
    assert!(mails > 0, "{seen:?}");
}
