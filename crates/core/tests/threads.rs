//! Deciding about many customers on several threads is deciding about them on one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fmt::Write as _;

use stayput_core::columns::Frame;
use stayput_core::time::{Span, Timestamp};
use stayput_core::{Bundle, Engine, Playbook};

const PLAYBOOK: &str = r#"
[playbook]
name = "many"
[events.login]
[events.purchase]
amount = "number"
[features]
logins_7d = 'count(login, "7d")'
spent = 'sum(purchase.amount, "30d")'
days_quiet = 'days_since(last(login))'
[lifecycle]
dormant = 'days_quiet > 3'
active = 'true'
[guardrails]
caps = [{ max = 1, per = "2d" }]
budget = { max = 40, per = "calendar_week" }
[[campaigns]]
name = "back"
on = 'enters(lifecycle, "dormant") || absent(login, login, "2d")'
value = 'spent / 10 + 1'
cooldown = "1d"
holdout = 0.1
actions = [{ name = "mail", channel = "email", cost = 0.3 }]
[[campaigns]]
name = "thanks"
on = 'purchase'
goal = { event = "login", within = "2d" }
value = 'spent'
actions = [{ name = "mail", channel = "email", cost = 0.1 }]
journey = [{ action = "mail" }, { wait = "1d" }, { branch = 'logins_7d > 2', then = "end", otherwise = "end" }]
"#;

/// Events of 2,000 customers over twelve days, whoever they come to.
fn events() -> Frame {
    let mut text = String::new();
    let start = Timestamp::parse("2026-03-01").unwrap();
    let mut state = 1_u64;
    let mut draw = |of: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % of
    };
    for _ in 0..9_000 {
        let minutes = i64::try_from(draw(12 * 24 * 60)).unwrap();
        let at = start.plus(Span::micros(minutes * 60_000_000));
        let (id, amount) = (draw(2_000), draw(100));
        let what = match draw(4) {
            0 => format!(r#""type":"purchase","amount":{amount}"#),
            _ => r#""type":"login""#.to_owned(),
        };
        writeln!(text, r#"{{"customer_id":"c{id}","timestamp":"{at}",{what}}}"#).unwrap();
    }
    Frame::from_ndjson(text.as_bytes()).unwrap()
}

#[test]
fn threads_change_neither_what_is_decided_nor_what_is_remembered() {
    let playbook = Playbook::parse(PLAYBOOK).unwrap();
    let mut one = Engine::new(Bundle::new(playbook, None).unwrap());
    one.ingest(&events()).unwrap();
    let (mut two, mut three) = (one.clone(), one.clone());
    let mut sent = 0;
    for day in 4..13 {
        let now = Timestamp::parse(&format!("2026-03-{day:02}")).unwrap();
        let decided = one.decide(now).unwrap();
        sent += decided.decisions.len();
        assert_eq!(two.decide_on(now, 2).unwrap(), decided);
        assert_eq!(three.decide_on(now, 3).unwrap(), decided);
    }
    assert!(sent > 200, "{sent}");
    assert_eq!(one.snapshot().unwrap(), two.snapshot().unwrap());
    assert_eq!(one.snapshot().unwrap(), three.snapshot().unwrap());
}

/// Whether budgets were asked before makes no difference: an engine that was restored gathers what
/// they paid for anew.
#[test]
fn an_engine_that_was_restored_decides_as_one_that_went_on() {
    let playbook = Playbook::parse(PLAYBOOK).unwrap();
    let bundle = Bundle::new(playbook, None).unwrap();
    let mut on = Engine::new(bundle.clone());
    on.ingest(&events()).unwrap();
    let ids: Vec<String> = on.customers().map(str::to_owned).collect();
    let mut sent = 0;
    for (at, id) in ids.iter().enumerate().take(90) {
        // Some instants come twice, and some lie before others.
        let hours = i64::try_from(at / 3 * 2 + at % 3).unwrap();
        let now = Timestamp::parse("2026-03-04").unwrap().plus(Span::micros(hours * 1_800_000_000));
        let mut anew = Engine::restore(bundle.clone(), &on.snapshot().unwrap()).unwrap();
        let decided = on.decide_one(id, now).unwrap();
        sent += decided.decisions.len();
        assert_eq!(anew.decide_one(id, now).unwrap(), decided);
        if at % 30 == 0 {
            assert_eq!(anew.snapshot().unwrap(), on.snapshot().unwrap());
        }
    }
    assert!(sent > 10, "{sent}");
}
