//! What could best be done for a customer, of what may be done.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use serde_json::json;
use stayput_core::campaign::Reason;
use stayput_core::columns::Frame;
use stayput_core::time::Timestamp;
use stayput_core::{Bundle, Engine, ErrorCode, Playbook};

const HEAD: &str = r#"
[playbook]
name = "acme"
[customer]
mrr = { type = "number", default = 50 }
[events.login]
[events.trial_started]
[events.purchase]
[features]
days_quiet = 'days_since(last(login))'
"#;

const CAMPAIGNS: &str = r#"
[guardrails]
consent = { phone = 'customer.mrr > 60' }
[[campaigns]]
name = "remind"
on = 'login'
value = 'customer.mrr * 2'
cooldown = "7d"
actions = [{ name = "mail", channel = "email", cost = 1 }, { name = "call", channel = "phone", cost = 20 }]
[[campaigns]]
name = "thanks"
on = 'purchase'
value = 'days_quiet * 100'
when = 'days_quiet < 30'
actions = [{ name = "gift", channel = "post", cost = 5 }]
[[campaigns]]
name = "hello"
on = 'trial_started'
actions = [{ name = "card", channel = "post", cost = 2 }]
"#;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

#[test]
fn the_next_best_action_is_what_may_go_and_brings_most() {
    let playbook = Playbook::parse(&format!("{HEAD}{CAMPAIGNS}")).unwrap();
    let mut engine = Engine::new(Bundle::new(playbook, None).unwrap());
    let login = json!({"customer_id": "a", "timestamp": "2026-03-01T09:00:00Z", "type": "login"});
    engine.ingest(&Frame::from_objects(vec![login]).unwrap()).unwrap();
    let before = engine.snapshot().unwrap();
    let ask = |engine: &Engine, day: &str| {
        let found = engine.next_best_actions("a", at(day)).unwrap();
        found
            .into_iter()
            .map(|one| (one.action.to_string(), one.net, one.reason))
            .collect::<Vec<_>>()
    };
    let call = ("call".to_owned(), 80.0, Some(Reason::NoConsent));
    let card = ("card".to_owned(), -2.0, None);
    let expected = [
        ("gift".to_owned(), 895.0, None),
        ("mail".to_owned(), 99.0, None),
        card.clone(),
        call.clone(),
    ];
    assert_eq!(ask(&engine, "2026-03-10T09:00:00Z"), expected);
    assert_eq!(engine.snapshot().unwrap(), before);
    let late = ("gift".to_owned(), 4995.0, Some(Reason::Condition));
    let expected = [("mail".to_owned(), 99.0, None), card.clone(), late, call.clone()];
    assert_eq!(ask(&engine, "2026-04-20T09:00:00Z"), expected);
    // What was sent counts, and nothing is asked about the past.
    let decided = engine.decide(at("2026-03-01T10:00:00Z")).unwrap();
    assert_eq!(decided.decisions.len(), 1);
    let expected = [
        ("gift".to_owned(), 95.0, None),
        card,
        ("mail".to_owned(), 99.0, Some(Reason::Cooldown)),
        call,
    ];
    assert_eq!(ask(&engine, "2026-03-02T09:00:00Z"), expected);
    let found = engine.next_best_actions("a", at("2026-03-02T09:00:00Z")).unwrap();
    assert_eq!(found[2].until, Some(at("2026-03-08T10:00:00Z")));
    let error = engine.next_best_actions("a", at("2026-02-01")).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TimeOrder);
    let error = engine.next_best_actions("b", at("2026-03-02")).unwrap_err();
    assert_eq!(error.code(), ErrorCode::UnknownCustomer);
}
