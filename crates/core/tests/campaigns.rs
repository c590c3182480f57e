//! Campaigns of whole playbooks over whole histories: triggers, time, journeys and outcomes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use proptest::prelude::*;
use serde_json::{Value, json};
use stayput_core::campaign::{DecisionId, Outcome, OutcomeKind, PassageKind, Reason};
use stayput_core::columns::Frame;
use stayput_core::time::{Span, Timestamp};
use stayput_core::{Bundle, Decisions, Engine, ErrorCode, Playbook};

const HEAD: &str = r#"
[playbook]
name = "acme"
[customer]
zone = { type = "timezone", default = "America/New_York" }
mrr = { type = "number", default = 50 }
left_alone = { type = "bool", default = false }
[events.login]
[events.trial_started]
[events.purchase]
amount = "number"
[features]
logins_7d = 'count(login, "7d")'
days_quiet = 'days_since(last(login))'
[lifecycle]
dormant = 'days_quiet > 10'
quiet = 'days_quiet > 3'
active = 'true'
"#;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn engine(campaigns: &str) -> Engine {
    let playbook =
        Playbook::parse(&format!("{HEAD}{campaigns}")).unwrap_or_else(|error| panic!("{error}"));
    Engine::new(Bundle::new(playbook, None).unwrap())
}

fn ingest(engine: &mut Engine, events: &[(&str, &str, &str)]) {
    let row = |(id, at, kind): &(&str, &str, &str)| json!({"customer_id": id, "timestamp": at, "type": kind});
    take(engine, &events.iter().map(row).collect::<Vec<_>>());
}

fn take(engine: &mut Engine, rows: &[Value]) {
    let report = engine.ingest(&frame(rows)).unwrap();
    assert_eq!(report.rejected, []);
}

fn frame(rows: &[Value]) -> Frame {
    Frame::from_objects(rows.to_vec()).unwrap()
}

fn sent(decisions: &Decisions) -> Vec<(String, String)> {
    let decisions = decisions.decisions.iter();
    decisions.map(|sent| (sent.customer_id.to_string(), sent.campaign.to_string())).collect()
}

fn mail(name: &str, on: &str, more: &str) -> String {
    format!(
        "[[campaigns]]\nname = \"{name}\"\non = '{on}'\n{more}\n\
         actions = [{{ name = \"mail\", channel = \"email\", cost = 1 }}]\n"
    )
}

#[test]
fn an_absence_fires_when_its_time_is_over_and_once() {
    let mut engine = engine(&mail("nudge", r#"absent(login, trial_started, "14d")"#, ""));
    ingest(
        &mut engine,
        &[
            ("a", "2026-03-01T09:00:00Z", "trial_started"),
            ("b", "2026-03-01T09:00:00Z", "trial_started"),
            ("b", "2026-03-15T09:00:00Z", "login"),
        ],
    );
    assert_eq!(sent(&engine.decide(at("2026-03-02")).unwrap()), []);
    let due = engine.next_due(at("2026-03-02")).unwrap();
    assert_eq!(due, Some(at("2026-03-15T09:00:00Z")));
    assert_eq!(sent(&engine.tick(at("2026-03-15T08:59:59Z")).unwrap()), []);
    let found = engine.tick(due.unwrap()).unwrap();
    assert_eq!(sent(&found), [("a".to_owned(), "nudge".to_owned())]);
    assert_eq!(
        found.decisions[0].trace.lines().next().unwrap(),
        r#"fired: absent(login, trial_started, "14d"): at 2026-03-15T09:00:00Z"#
    );
    // A login that comes in late takes nothing back, and nothing fires twice.
    ingest(&mut engine, &[("a", "2026-03-10T09:00:00Z", "login")]);
    assert_eq!(sent(&engine.decide(at("2026-03-16")).unwrap()), []);
    assert_eq!(engine.next_due(at("2026-03-16")).unwrap(), None);
    // A trial that began earlier and is heard of late fires when its own time is over.
    ingest(&mut engine, &[("a", "2026-03-12T09:00:00Z", "trial_started")]);
    assert_eq!(engine.next_due(at("2026-03-16")).unwrap(), Some(at("2026-03-26T09:00:00Z")));
    assert_eq!(sent(&engine.tick(at("2026-03-27")).unwrap()).len(), 1);
}

#[test]
fn of_a_customer_whose_events_were_all_deleted_nothing_is_due() {
    let mut engine = engine(&mail("morning", r#"every("day", "09:00")"#, ""));
    let row = |at: &str, revision: u8, deleted: bool| {
        let row = format!(
            r#"{{"customer_id":"a","timestamp":"{at}","type":"login","event_id":"e","revision":{revision},"deleted":{deleted}}}"#
        );
        Frame::from_ndjson(row.as_bytes()).unwrap()
    };
    engine.ingest(&row("2026-03-01T00:00:00Z", 0, false)).unwrap();
    engine.decide(at("2026-03-02")).unwrap();
    assert!(engine.next_due(at("2026-03-02")).unwrap().is_some());
    engine.ingest(&row("2026-03-02T01:00:00Z", 1, true)).unwrap();
    assert_eq!(engine.next_due(at("2026-03-03")).unwrap(), None);
    // What is told of a later time is due when it begins to count.
    engine.ingest(&row("2026-03-05T10:00:00Z", 2, false)).unwrap();
    let due = engine.next_due(at("2026-03-03")).unwrap();
    assert_eq!(due, Some(at("2026-03-05T10:00:00Z")));
    // Once for the mornings in between; then it is 09:00 in New York.
    assert_eq!(engine.tick(due.unwrap()).unwrap().decisions.len(), 1);
    assert_eq!(engine.next_due(due.unwrap()).unwrap(), Some(at("2026-03-05T14:00:00Z")));
}

#[test]
fn a_sequence_fires_with_its_second_event_even_a_late_one() {
    let mut engine = engine(&mail("thanks", r#"sequence(login, purchase, "2d")"#, ""));
    ingest(&mut engine, &[("a", "2026-03-01T09:00:00Z", "login")]);
    assert_eq!(sent(&engine.decide(at("2026-03-02")).unwrap()), []);
    ingest(&mut engine, &[("a", "2026-03-05T09:00:00Z", "purchase")]);
    assert_eq!(sent(&engine.decide(at("2026-03-06")).unwrap()), []);
    // Of four days ago, but later than what was answered.
    ingest(&mut engine, &[("a", "2026-03-03T08:00:00Z", "purchase")]);
    assert_eq!(sent(&engine.decide(at("2026-03-07")).unwrap()).len(), 1);
    assert_eq!(sent(&engine.decide(at("2026-03-08")).unwrap()).len(), 0);
    // Time alone completes no sequence: a tick leaves it to the next decision.
    ingest(
        &mut engine,
        &[("a", "2026-03-08T09:00:00Z", "login"), ("a", "2026-03-08T10:00:00Z", "purchase")],
    );
    assert_eq!(sent(&engine.tick(at("2026-03-09")).unwrap()), []);
    assert_eq!(sent(&engine.decide(at("2026-03-09")).unwrap()).len(), 1);
}

#[test]
fn a_schedule_follows_the_customers_clocks() {
    let mut engine = engine(&mail("digest", r#"every("week", "sun 02:30")"#, ""));
    ingest(&mut engine, &[("a", "2026-03-01T09:00:00Z", "login")]);
    assert_eq!(sent(&engine.decide(at("2026-03-02")).unwrap()), []);
    // 02:30 is skipped on that Sunday in New York: the digest comes at the end of the gap.
    let due = engine.next_due(at("2026-03-02")).unwrap().unwrap();
    assert_eq!(due, at("2026-03-08T03:00:00-04:00"));
    assert_eq!(sent(&engine.tick(due).unwrap()).len(), 1);
    assert_eq!(sent(&engine.tick(due).unwrap()).len(), 0);
    assert_eq!(engine.next_due(due).unwrap(), Some(at("2026-03-15T02:30:00-04:00")));
    assert_eq!(sent(&engine.tick(at("2026-04-20")).unwrap()).len(), 1);
}

#[test]
fn time_alone_crosses_thresholds_and_changes_stages() {
    let campaigns = mail("lapse", "falls_below(logins_7d, 2)", "")
        + &mail("asleep", "enters(lifecycle, \"dormant\")", "");
    let mut engine = engine(&campaigns);
    ingest(
        &mut engine,
        &[
            ("a", "2026-03-01T09:00:00Z", "login"),
            ("a", "2026-03-02T10:00:00Z", "login"),
            ("a", "2026-03-03T11:00:00Z", "login"),
        ],
    );
    engine.decide(at("2026-03-04")).unwrap();
    let mut now = at("2026-03-04");
    let mut found = Vec::new();
    for _ in 0..3 {
        now = engine.next_due(now).unwrap().unwrap();
        let decided = engine.tick(now).unwrap();
        found.extend(decided.decisions.iter().map(|sent| (sent.campaign.clone(), sent.at)));
    }
    // An event leaves a window of seven days at the very instant seven days later.
    assert_eq!(found[0], ("lapse".into(), at("2026-03-09T10:00:00Z")));
    // And more than ten days are over a microsecond after ten.
    assert_eq!(found[1], ("asleep".into(), at("2026-03-13T11:00:00.000001Z")));
    assert_eq!(now, found[1].1.plus(Span::days(30)));
}

#[test]
fn quiet_hours_have_a_send_wait_and_what_holds_then_counts() {
    let rules = "[guardrails]\nquiet_hours = { from = \"21:00\", to = \"08:00\" }\n\
                 suppression = 'customer.left_alone'\n";
    let mut engine = engine(&(rules.to_owned() + &mail("hello", "login", "")));
    ingest(
        &mut engine,
        &[("a", "2026-03-07T22:00:00-05:00", "login"), ("b", "2026-03-07T22:00:00-05:00", "login")],
    );
    let night = at("2026-03-07T23:00:00-05:00");
    let found = engine.decide(night).unwrap();
    assert_eq!(found.suppressions.len(), 2);
    let morning = at("2026-03-08T08:00:00-04:00");
    assert_eq!(found.suppressions[0].until, Some(morning));
    assert_eq!(engine.next_due(night).unwrap(), Some(morning));
    let customers = [json!({"customer_id": "b", "left_alone": true})];
    engine.upsert_customers(&frame(&customers)).unwrap();
    let later = engine.tick(morning).unwrap();
    assert_eq!(sent(&later), [("a".to_owned(), "hello".to_owned())]);
    assert_eq!(later.decisions[0].id, found.suppressions[0].id);
    assert_eq!(later.suppressions[0].reason, Reason::SuppressionList);
    assert_eq!(engine.next_due(morning).unwrap(), None);
}

#[test]
fn a_budget_has_paid_for_customers_who_are_deleted() {
    let budget = r#"budget = { max = 2, per = "calendar_month" }"#;
    let (mut engine, came) = (engine(&mail("hello", "login", budget)), "2026-03-01T09:00:00Z");
    ingest(&mut engine, &[("a", came, "login"), ("b", came, "login")]);
    assert_eq!(engine.decide(at("2026-03-01T12:00:00Z")).unwrap().decisions.len(), 2);
    assert!(engine.delete_customer("a") && !engine.delete_customer("a"));
    let bytes = engine.snapshot().unwrap();
    let stored = Engine::restore(engine.bundle().clone(), &bytes).unwrap();
    assert_eq!(stored.snapshot().unwrap(), bytes);
    for mut engine in [engine, stored] {
        assert!(engine.delete_customer("b"));
        // Come again: nothing is known of the send, but it was paid.
        ingest(&mut engine, &[("a", "2026-03-02T09:00:00Z", "login")]);
        let found = engine.decide(at("2026-03-02T12:00:00Z")).unwrap();
        assert_eq!((sent(&found), found.suppressions[0].reason), (vec![], Reason::Budget));
        ingest(&mut engine, &[("a", "2026-04-01T09:00:00Z", "login")]);
        assert_eq!(engine.decide(at("2026-04-01T12:00:00Z")).unwrap().decisions.len(), 1);
    }
}

#[test]
fn a_budget_goes_to_those_who_promise_most_for_it() {
    let campaign = mail(
        "offer",
        "login",
        "value = 'customer.mrr'\nbudget = { max = 2, per = \"calendar_day\" }",
    );
    let mut engine = engine(&campaign);
    let customers: Vec<Value> = (0..5)
        .map(|at| json!({"customer_id": format!("c{at}"), "mrr": (at * 7) % 5 * 10}))
        .collect();
    engine.upsert_customers(&frame(&customers)).unwrap();
    let events: Vec<Value> = (0..5)
        .map(|at| json!({"customer_id": format!("c{at}"), "timestamp": "2026-03-01T09:00:00Z", "type": "login"}))
        .collect();
    take(&mut engine, &events);
    let found = engine.decide(at("2026-03-01T12:00:00Z")).unwrap();
    // mrr is 0, 20, 40, 10 and 30: c0 is not worth the cost.
    assert_eq!(
        sent(&found),
        [("c2".to_owned(), "offer".to_owned()), ("c4".to_owned(), "offer".to_owned())]
    );
    let reasons: Vec<_> = found.suppressions.iter().map(|stopped| stopped.reason).collect();
    assert_eq!(reasons, [Reason::NotWorth, Reason::Budget, Reason::Budget]);
    assert_eq!(found.suppressions[1].until, Some(at("2026-03-02")));
    assert_eq!(
        found.suppressions[1].detail,
        "2 of 2 of `offer` is spent in calendar_day, and `mail` costs 1"
    );
    let used = found.arbitration.unwrap();
    assert_eq!((used.proposed, used.sent, used.value, used.gap), (4, 2, 68.0, 0.0));
}

const JOURNEY: &str = r#"
[[campaigns]]
name = "onboarding"
on = 'trial_started'
goal = { event = "purchase", within = "30d" }
exit = 'customer.left_alone'
re_entry = "never"
actions = [{ name = "welcome", channel = "email" }, { name = "tips", channel = "email" }, { name = "call", channel = "task", cost = 9 }]
journey = [
  { action = "welcome" },
  { wait_for = "login", within = "3d", then = "pause", otherwise = "worth" },
  { name = "worth", branch = 'customer.mrr > 100', then = "call", otherwise = "pause" },
  { name = "call", action = "call" },
  { name = "pause", wait = "2d" },
  { action = "tips" },
]
"#;

#[test]
fn a_journey_goes_on_with_time_and_events_and_ends_at_its_goal() {
    let mut engine = engine(JOURNEY);
    let start = |id| (id, "2026-03-01T09:00:00Z", "trial_started");
    ingest(&mut engine, &["a", "b", "c", "d"].map(start));
    engine.upsert_customers(&frame(&[json!({"customer_id": "b", "mrr": 500})])).unwrap();
    ingest(
        &mut engine,
        &[("a", "2026-03-02T09:00:00Z", "login"), ("c", "2026-03-03T09:00:00Z", "purchase")],
    );
    let first = engine.decide(at("2026-03-01T10:00:00Z")).unwrap();
    assert_eq!(first.decisions.len(), 4);
    assert!(first.passages.iter().all(|passage| passage.kind == PassageKind::Entered));
    let mut now = at("2026-03-01T10:00:00Z");
    let mut found = Vec::new();
    let mut ends = Vec::new();
    while let Some(due) = engine.next_due(now).unwrap() {
        // A journey does not depend on whether it was written down on the way.
        engine = Engine::restore(engine.bundle().clone(), &engine.snapshot().unwrap()).unwrap();
        if due == at("2026-03-04T10:00:00Z") {
            engine
                .upsert_customers(&frame(&[json!({"customer_id": "d", "left_alone": true})]))
                .unwrap();
        }
        let decided = engine.tick(due).unwrap();
        for sent in &decided.decisions {
            found.push((
                sent.customer_id.to_string(),
                sent.action.to_string(),
                sent.at.to_string(),
            ));
        }
        for passage in &decided.passages {
            ends.push((passage.customer_id.to_string(), passage.kind, passage.at.to_string()));
        }
        now = due;
    }
    let row = |id: &str, action: &str, at: &str| (id.to_owned(), action.to_owned(), at.to_owned());
    assert_eq!(
        found,
        [
            // Two days after the login.
            row("a", "tips", "2026-03-04T09:00:00Z"),
            row("b", "call", "2026-03-04T10:00:00Z"),
            row("b", "tips", "2026-03-06T10:00:00Z"),
        ]
    );
    let row = |id: &str, kind, at: &str| (id.to_owned(), kind, at.to_owned());
    assert_eq!(
        ends,
        [
            row("c", PassageKind::Goal, "2026-03-03T09:00:00Z"),
            row("a", PassageKind::End, "2026-03-04T09:00:00Z"),
            row("d", PassageKind::Exit, "2026-03-04T10:00:00Z"),
            row("b", PassageKind::End, "2026-03-06T10:00:00Z"),
        ]
    );
    ingest(&mut engine, &[("a", "2026-03-20T09:00:00Z", "trial_started")]);
    let again = engine.decide(at("2026-03-20T10:00:00Z")).unwrap();
    assert_eq!(again.suppressions[0].reason, Reason::ReEntry);
}

#[test]
fn outcomes_end_channels_and_are_counted_and_goals_are_seen() {
    let campaign = mail("hello", "login", "goal = { event = \"purchase\", within = \"2d\" }");
    let mut engine = engine(&campaign);
    let logins = ["a", "b"].map(|id| (id, "2026-03-01T09:00:00Z", "login"));
    ingest(&mut engine, &logins);
    let first = engine.decide(at("2026-03-01T10:00:00Z")).unwrap();
    let outcome = |of: usize, kind| Outcome {
        decision_id: first.decisions[of].id.to_string(),
        customer_id: first.decisions[of].customer_id.to_string(),
        kind,
        at: at("2026-03-01T11:00:00Z"),
        value: None,
        channel: None,
    };
    let all = [
        outcome(0, OutcomeKind::Delivered),
        outcome(0, OutcomeKind::Unsubscribed),
        Outcome { decision_id: "0".repeat(32), ..outcome(1, OutcomeKind::Opened) },
        Outcome { customer_id: "z".to_owned(), ..outcome(1, OutcomeKind::Opened) },
        outcome(0, OutcomeKind::Delivered),
    ];
    let report = engine.record(&all);
    assert_eq!((report.accepted, report.duplicates), (2, 1));
    let codes: Vec<_> = report.rejected.iter().map(|no| (no.index, no.code.as_str())).collect();
    assert_eq!(codes, [(2, "argument"), (3, "unknown_customer")]);
    ingest(
        &mut engine,
        &[
            ("a", "2026-03-02T09:00:00Z", "login"),
            ("b", "2026-03-02T09:00:00Z", "login"),
            ("b", "2026-03-03T10:00:00Z", "purchase"),
        ],
    );
    let second = engine.decide(at("2026-03-03T12:00:00Z")).unwrap();
    assert_eq!(sent(&second), [("b".to_owned(), "hello".to_owned())]);
    assert_eq!(second.suppressions[0].detail, "the customer ended `email` at 2026-03-01T11:00:00Z");
    let [tally] = &engine.outcomes()[..] else { panic!() };
    assert_eq!((tally.tally.sends, tally.tally.delivered, tally.tally.ended), (3, 1, 1));
    assert_eq!(tally.tally.conversions, 1);
    // Sends are forgotten, what became of them is not.
    engine.decide(at("2026-09-01")).unwrap();
    assert_eq!(engine.outcomes()[0].tally, tally.tally);
}

#[cfg(feature = "templates")]
#[test]
fn a_decision_says_what_to_send_and_a_wrong_template_is_refused() {
    let action = |template: &str| {
        format!(
            "[[campaigns]]\nname = \"hello\"\non = 'login'\n[[campaigns.actions]]\nname = \"mail\"\n\
             channel = \"email\"\ntemplate = '''{template}'''\n"
        )
    };
    let text = "{{ logins_7d }} & {{ customer.mrr }} {% if lifecycle == \"active\" %}<b>on</b>{% endif %}{{ days_quiet|round|int }}";
    let mut engine = engine(&action(text));
    ingest(&mut engine, &[("a", "2026-03-01T09:00:00Z", "login")]);
    let found = engine.decide(at("2026-03-01T10:00:00Z")).unwrap();
    assert_eq!(found.decisions[0].content.as_deref(), Some("1 & 50 <b>on</b>0"));
    assert_eq!(found.decisions[0].template, None);
    for (template, message) in [
        (
            "Hi\n  {{ customer.mr }}",
            "template: `mr` is not a customer attribute; did you mean `mrr`?",
        ),
        ("{{ logins_30d }}", "`logins_30d` is not a feature; did you mean `logins_7d`?"),
        ("{{ logins_7d|shout }}", "unknown filter: filter shout is unknown"),
        ("{% if logins_7d %}", "syntax error: unexpected end of input"),
    ] {
        let error = Playbook::parse(&format!("{HEAD}{}", action(template))).unwrap_err();
        let message = message.strip_prefix("template: ").unwrap_or(message);
        assert!(error.message().contains(message), "{error}");
        assert_eq!(error.path(), Some("campaigns[0].actions[0].template"));
    }
    let error =
        Playbook::parse(&format!("{HEAD}{}", action("Hi\n  {{ customer.mr }}"))).unwrap_err();
    let line = HEAD.lines().count() + 8;
    assert_eq!(error.position().map(|place| (place.line as usize, place.column)), Some((line, 6)));
}

/// One event of a random history: who, the minute, what.
type Event = (u8, u32, u8);

fn any_history() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec((0_u8..4, 0_u32..50 * 1440, 0_u8..3), 0..60)
}

fn rows(events: &[Event]) -> Vec<Value> {
    let start = at("2026-03-01");
    let row = |(id, minute, kind): &Event| {
        let when = start.plus(Span::micros(i64::from(*minute) * 60_000_000));
        let kind = ["login", "purchase", "trial_started"][usize::from(*kind)];
        json!({"customer_id": format!("c{id}"), "timestamp": when.to_string(), "type": kind})
    };
    events.iter().map(row).collect()
}

/// Campaigns of every kind of trigger, and rules of every kind.
fn busy() -> String {
    let rules = r#"
[guardrails]
suppression = 'customer.left_alone'
caps = [{ channel = "email", max = 3, per = "7d" }, { group = "promo", max = 2, per = "calendar_week" }]
quiet_hours = { from = "21:00", to = "08:00" }
blackout = ["2026-03-17"]
budget = { max = 20, per = "calendar_month" }
fatigue = { max = 4, half_life = "3d" }
"#;
    rules.to_owned()
        + &mail(
            "lapse",
            "falls_below(logins_7d, 2, 1)",
            "group = \"promo\"\nvalue = 'customer.mrr - days_quiet'",
        )
        + &mail(
            "asleep",
            "enters(lifecycle, \"dormant\") || leaves(lifecycle, \"active\")",
            "priority = 2",
        )
        + &mail(
            "nudge",
            r#"absent(login, trial_started, "4d")"#,
            "group = \"promo\"\ncooldown = \"5d\"",
        )
        + &mail("thanks", r#"sequence(login, purchase, "2d")"#, "re_entry = \"9d\"")
        + &mail("digest", r#"every("day", "09:30") && rises_above(days_quiet, 1)"#, "")
        + &mail("moved", "changed(lifecycle)", "holdout = 0.3")
        + JOURNEY
}

/// Everything that deciding each day gives, where `before` brings the events of a day in.
fn daily(mut before: impl FnMut(&mut Engine, i64, Timestamp)) -> Vec<Decisions> {
    let mut engine = engine(&busy());
    (1..=56)
        .map(|day| {
            let as_of = at("2026-03-01T15:00:00Z").plus(Span::days(day));
            before(&mut engine, day, as_of);
            engine.decide(as_of).unwrap()
        })
        .collect()
}

fn of_day(history: &[Event], day: i64) -> Vec<Event> {
    let minute = |day: i64| day * 1440 + 900;
    let inside = |event: &&Event| {
        minute(day - 1) < i64::from(event.1) && i64::from(event.1) <= minute(day)
            || day == 1 && i64::from(event.1) <= minute(0)
    };
    history.iter().filter(inside).copied().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn neither_order_nor_batches_nor_snapshots_change_a_decision(history in any_history(), cut in 1_usize..9) {
        let plain = daily(|engine, day, _| take(engine, &rows(&of_day(&history, day))));
        let pieces = daily(|engine, day, _| {
            let mut events = of_day(&history, day);
            events.reverse();
            for piece in events.chunks(cut) {
                take(engine, &rows(piece));
            }
        });
        prop_assert_eq!(&plain, &pieces);
        let stored = daily(|engine, day, _| {
            take(engine, &rows(&of_day(&history, day)));
            let bytes = engine.snapshot().unwrap();
            *engine = Engine::restore(engine.bundle().clone(), &bytes).unwrap();
            assert_eq!(engine.snapshot().unwrap(), bytes);
        });
        prop_assert_eq!(&plain, &stored);
        let again = daily(|engine, day, as_of| {
            take(engine, &rows(&of_day(&history, day)));
            // Deciding twice, and ticking where there is nothing to do, sends nothing again.
            let mut copy = engine.clone();
            let first = copy.decide(as_of).unwrap();
            let second = copy.decide(as_of).unwrap();
            assert!(second.decisions.is_empty() && second.suppressions.is_empty());
            assert!(copy.tick(as_of).unwrap().decisions.is_empty());
            assert_eq!(engine.decide(as_of).unwrap(), first);
        });
        // The second engine had decided already, so it gives nothing again.
        prop_assert!(again.iter().all(|day| day.decisions.is_empty()));
        let mut ids: Vec<DecisionId> =
            plain.iter().flat_map(|day| &day.decisions).map(|sent| sent.id).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), count);
    }

    #[test]
    fn customers_one_by_one_are_decided_as_all_at_once(history in any_history()) {
        // Budgets aside, which pay for whom comes first.
        let busy = busy().replace("budget = { max = 20, per = \"calendar_month\" }\n", "");
        let (mut whole, mut single) = (engine(&busy), engine(&busy));
        for day in (1..=50).step_by(3) {
            let as_of = at("2026-03-01T15:00:00Z").plus(Span::days(day));
            let events: Vec<Event> = (day - 2..=day).flat_map(|day| of_day(&history, day)).collect();
            take(&mut whole, &rows(&events));
            take(&mut single, &rows(&events));
            let all = whole.decide(as_of).unwrap();
            let ids: Vec<String> = single.customers().map(str::to_owned).collect();
            let mut each = Decisions { decisions: Vec::new(), suppressions: Vec::new(), passages: Vec::new(), ..all.clone() };
            for id in ids.iter().rev() {
                let one = single.decide_one(id, as_of).unwrap();
                prop_assert!(one.decisions.iter().all(|decision| decision.customer_id == *id));
                each.decisions.extend(one.decisions);
                each.suppressions.extend(one.suppressions);
                each.passages.extend(one.passages);
            }
            each.decisions.sort_by(|a, b| a.customer_id.cmp(&b.customer_id));
            each.suppressions.sort_by(|a, b| a.customer_id.cmp(&b.customer_id));
            each.passages.sort_by(|a, b| a.customer_id.cmp(&b.customer_id));
            prop_assert_eq!(all, each);
        }
        prop_assert_eq!(single.decide_one("nobody", at("2027-01-01")).unwrap_err().code(), ErrorCode::UnknownCustomer);
    }

    #[test]
    fn a_host_that_asks_when_told_misses_nothing(history in any_history()) {
        let mut told = engine(&busy());
        take(&mut told, &rows(&history));
        let start = at("2026-04-20");
        told.decide(start).unwrap();
        let mut often = told.clone();
        let end = start.plus(Span::days(20));
        let mut now = start;
        let mut asked = Vec::new();
        let mut found = Vec::new();
        while let Some(due) = told.next_due(now).unwrap().filter(|due| *due <= end) {
            prop_assert!(due > now);
            // Nothing is due before it, to the microsecond.
            let early = due.minus(Span::micros(1));
            if early > now {
                let mut copy = told.clone();
                let before = copy.snapshot().unwrap();
                let none = copy.tick(early).unwrap();
                prop_assert!(none.decisions.is_empty() && none.suppressions.is_empty());
                prop_assert_eq!(copy.snapshot().unwrap(), before);
            }
            found.extend(told.tick(due).unwrap().decisions);
            asked.push(due);
            now = due;
        }
        // Who asks every half hour besides finds the same, and nothing else. (Who asks every half
        // hour only sends later, and each cap then counts from there.)
        let half_hours = (1..).map(|n| start.plus(Span::micros(n * 1_800_000_000)));
        asked.extend(half_hours.take_while(|now| *now <= end));
        asked.sort();
        asked.dedup();
        let mut seen = Vec::new();
        for now in asked {
            seen.extend(often.tick(now).unwrap().decisions);
        }
        prop_assert_eq!(found, seen);
    }
}
