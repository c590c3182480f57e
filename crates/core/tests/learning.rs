//! A campaign that learns which of its actions brings customers back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use serde_json::json;
use stayput_core::campaign::Reason;
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
fn what_happened_since_the_last_look_is_learned() {
    let playbook = Playbook::parse(&PLAYBOOK.replace("KIND", "thompson")).unwrap();
    let mut engine = Engine::new(Bundle::new(playbook, None).unwrap());
    let at = |day: &str| Timestamp::parse(day).unwrap();
    let events = |kind: &str, from: usize, day: &str| {
        let event =
            |at: usize| json!({"customer_id": format!("c{at:02}"), "type": kind, "timestamp": day});
        Frame::from_objects((from..from + 40).map(event).collect()).unwrap()
    };
    engine.ingest(&events("signup", 0, "2026-01-01")).unwrap();
    let first = engine.decide(at("2026-01-01")).unwrap().decisions;
    // Everybody comes back, and nobody looks until long after.
    engine.ingest(&events("login", 0, "2026-01-02")).unwrap();
    engine.ingest(&events("signup", 40, "2026-01-20")).unwrap();
    let second = engine.decide(at("2026-01-20")).unwrap().decisions;
    let calls = first.iter().filter(|one| one.action == "call").count();
    // Of Beta(1 + n, 1) each the one with more sends is a little better; had all failed, it were much worse.
    let chance = second.iter().find(|one| one.action == "call").unwrap().propensity;
    assert!(calls > 5 && calls < 35 && (chance - 0.5).abs() < 0.35, "{calls} {chance}");
    let tallies = engine.outcomes();
    let conversions: u64 = tallies.iter().map(|tally| tally.tally.conversions).sum();
    assert_eq!(conversions, 40);
}

#[test]
fn a_greedy_policy_goes_on_trying_others() {
    let seen = run("epsilon_greedy", 12);
    assert!(seen[11].1 > 0.94, "{seen:?}");
    let mails: usize = seen[4..].iter().map(|(called, _)| 20 - called).sum();
    assert!(mails > 0, "{seen:?}");
}

const UPLIFT: &str = r#"
[playbook]
name = "uplift"
[customer]
frail = { type = "bool", default = false }
[events.renewal_due]
[events.cancelled]
[[campaigns]]
name = "retain"
on = 'renewal_due'
goal = { event = "cancelled", within = "10d", avoid = true }
value = '100'
policy = { kind = "KIND", context = ['customer.frail ? 1 : 0'] }
[[campaigns.actions]]
name = "mail"
channel = "email"
cost = 1
[[campaigns.actions]]
name = "call"
channel = "phone"
cost = 20
"#;

/// Sixty customers a day, every second one frail. A call keeps the frail, of whom half go otherwise; of
/// the others one in ten goes, whatever is done. Gives for each day who was called and mailed, frail and
/// others, and how many were left alone.
fn retain(kind: &str, days: i64) -> Vec<[[usize; 3]; 2]> {
    let playbook = Playbook::parse(&UPLIFT.replace("KIND", kind)).unwrap();
    let mut engine = Engine::new(Bundle::new(playbook, None).unwrap());
    let start = Timestamp::parse("2026-01-01").unwrap();
    let mut seen = Vec::new();
    for day in 0..days {
        let now = start.plus(Span::days(day));
        let id = |at: usize| format!("d{day:02}c{at:02}");
        let frail = |at: usize| at % 2 == 1;
        let customers = (0..60).map(|at| json!({"customer_id": id(at), "frail": frail(at)}));
        engine.upsert_customers(&Frame::from_objects(customers.collect()).unwrap()).unwrap();
        let event = |id: String, kind: &str, at: Timestamp| json!({"customer_id": id, "type": kind, "timestamp": at.to_string()});
        let due = (0..60).map(|at| event(id(at), "renewal_due", now));
        engine.ingest(&Frame::from_objects(due.collect()).unwrap()).unwrap();
        let decided = engine.decide(now).unwrap();
        assert_eq!(decided.decisions.len() + decided.suppressions.len(), 60);
        assert!(decided.suppressions.iter().all(|one| one.reason == Reason::Policy));
        let action = |id: &str| {
            let of = decided.decisions.iter().find(|one| one.customer_id == id);
            of.map_or(0, |one| if one.action == "mail" { 1 } else { 2 })
        };
        let mut counts = [[0; 3]; 2];
        let mut gone = Vec::new();
        for at in 0..60 {
            let action = action(&id(at));
            counts[usize::from(frail(at))][action] += 1;
            let goes = if frail(at) && action != 2 { at / 2 % 2 == 0 } else { at / 2 % 10 == 0 };
            if goes {
                gone.push(event(id(at), "cancelled", now.plus(Span::days(2))));
            }
        }
        engine.ingest(&Frame::from_objects(gone).unwrap()).unwrap();
        seen.push(counts);
        engine = Engine::restore(engine.bundle().clone(), &engine.snapshot().unwrap()).unwrap();
    }
    let tallies = engine.outcomes();
    let calls = tallies.iter().find(|tally| tally.action == "call").unwrap();
    assert!(calls.tally.conversions > 0 && calls.tally.conversions < calls.tally.sends);
    seen
}

#[test]
fn uplift_contacts_those_whom_it_helps_and_leaves_others_alone() {
    let seen = retain("uplift", 40);
    assert_eq!(seen, retain("uplift", 40));
    let last = seen[30..].iter().fold([[0; 3]; 2], |mut sum, day| {
        for (sum, day) in sum.iter_mut().zip(day) {
            sum.iter_mut().zip(day).for_each(|(sum, day)| *sum += day);
        }
        sum
    });
    let [others, frail] = last;
    // Of 300 each. A call of a frail customer brings 0.4 of 100 and costs 20; all else brings nothing.
    assert!(frail[2] > 240, "{last:?}");
    assert!(others[2] < 30, "{last:?}");
    assert!(others[0] > 150, "{last:?}");
}

#[test]
fn linear_policies_choose_by_what_is_known_of_the_customer() {
    for kind in ["linear_thompson", "lin_ucb"] {
        let seen = retain(kind, 30);
        let calls: usize = seen[20..].iter().map(|day| day[1][2]).sum();
        assert!(calls > 240, "{kind}: {seen:?}");
        assert!(seen.iter().all(|day| day[0][0] + day[1][0] == 0));
    }
}
