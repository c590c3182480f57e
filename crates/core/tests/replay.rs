//! A replay is live deciding over recorded history, and its counts are those of its decisions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;

use std::fmt::Write;

use proptest::prelude::*;
use serde_json::{Value, json};
use stayput_core::campaign::{Decision, Passage, Reason, Suppression};
use stayput_core::columns::Frame;
use stayput_core::features::{CutOffs, Every, Grid};
use stayput_core::time::{Span, Timestamp};
use stayput_core::{Bundle, Engine, Playbook, Replay, ReplayCampaign, ReplayParams};

const HEAD: &str = r#"
[playbook]
name = "acme"
[customer]
zone = { type = "timezone", default = "America/New_York" }
mrr = { type = "number", default = 50 }
email_ok = { type = "bool", default = true }
[events.login]
[events.trial]
[events.purchase]
amount = "number"
[features]
logins_7d = 'count(login, "7d")'
days_quiet = 'days_since(last(login))'
[lifecycle]
dormant = 'days_quiet > 5'
active = 'true'
"#;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn hour(hour: i64) -> Timestamp {
    at("2026-03-01").plus(Span::micros(hour * 3_600_000_000))
}

fn bundle(campaigns: &str) -> Bundle {
    let text = format!("{HEAD}{campaigns}");
    let playbook = Playbook::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    Bundle::new(playbook, None).unwrap()
}

fn frame(rows: &[Value]) -> Frame {
    Frame::from_objects(rows.to_vec()).unwrap()
}

fn daily(from: &str, to: &str, tick: bool) -> ReplayParams {
    let grid = Grid { from: at(from), to: at(to), every: Every::parse("day").unwrap() };
    ReplayParams { as_of: CutOffs::Grid(grid), tick }
}

fn event(customer: &str, at: &str, kind: &str) -> Value {
    json!({"customer_id": customer, "timestamp": at, "type": kind})
}

const TWO: &str = r#"
[[campaigns]]
name = "hello"
on = 'login'
value = 'customer.mrr * 2'
goal = { event = "purchase", within = "2d" }
actions = [{ name = "mail", channel = "email", cost = 1 }]
[[campaigns]]
name = "call"
on = 'purchase'
when = 'customer.mrr > 60'
actions = [{ name = "call", channel = "phone", cost = 5 }]
"#;

#[test]
fn counts_cost_goals_and_overlap_by_hand() {
    let events = frame(&[
        // In no order: a replay finds it.
        event("a", "2026-03-09T12:00:00Z", "purchase"),
        event("a", "2026-03-01T12:00:00Z", "login"),
        event("b", "2026-03-02T12:00:00Z", "login"),
        event("b", "2026-03-03T12:00:00Z", "purchase"),
        event("b", "2026-03-10T12:00:00Z", "login"),
        event("c", "2026-03-03T12:00:00Z", "purchase"),
        event("c", "never", "purchase"),
    ]);
    let customers = frame(&[
        json!({"customer_id": "a", "mrr": 100}),
        json!({"customer_id": "b", "mrr": 100}),
        json!({"customer_id": "d", "mrr": 100, "zone": "Mars/Base"}),
    ]);
    let replay = bundle(TWO)
        .replay(&events, Some(&customers), &daily("2026-03-01", "2026-03-12", false))
        .unwrap();
    assert_eq!((replay.looks, replay.ticks, replay.customers, replay.reached), (12, 0, 3, 2));
    // a: hello on the 2nd, call on the 10th; b: hello on the 3rd and 11th, call on the 4th; c has
    // not the value for a call.
    assert_eq!((replay.cost, replay.value), (13.0, Some(600.0)));
    let [hello, call] = &replay.campaigns[..] else { panic!("{:?}", replay.campaigns) };
    assert_eq!((hello.decisions, hello.suppressions, hello.reached), (3, 0, 2));
    // b buys on the 3rd after the send that morning; two days after the 11th are not over.
    assert_eq!((hello.goals, hello.open_goals), (Some(1), Some(1)));
    assert_eq!((call.decisions, call.suppressions, call.reached), (2, 1, 2));
    assert_eq!((call.goals, call.value, call.cost), (None, None, 10.0));
    assert_eq!(call.reasons[0].reason, Reason::Condition);
    let days: Vec<_> = replay.days.iter().map(|of| (&of.day[8..], of.decisions)).collect();
    assert_eq!(days, [("02", 1), ("03", 1), ("04", 1), ("10", 1), ("11", 1)]);
    // Eight days for a, one for b.
    let [overlap] = &replay.overlaps[..] else { panic!("{:?}", replay.overlaps) };
    assert_eq!((overlap.customers, overlap.within_7d), (2, 1));
    // A refused row has its own number, whenever it was given.
    let [refused] = &replay.report.events.rejected[..] else { panic!("{:?}", replay.report) };
    assert_eq!(refused.index, 6);
    assert!(refused.message.starts_with("event 6: "), "{}", refused.message);
    assert_eq!(replay.report.events.accepted, 6);
    assert_eq!(replay.report.customers.rejected.len(), 1);
}

#[test]
fn between_two_instants_time_alone_sends_what_waited() {
    let quiet =
        format!("[guardrails]\nquiet_hours = {{ from = \"21:00\", to = \"08:00\" }}\n{TWO}");
    // Midnight in UTC is 19:00 in New York before the clocks change, and 20:00 after.
    let events = frame(&[event("a", "2026-03-08T03:00:00Z", "login")]);
    let instants = vec![at("2026-03-08T04:00:00Z"), at("2026-03-09")];
    let params = |tick| ReplayParams { as_of: CutOffs::At(instants.clone()), tick };
    let without = bundle(&quiet).replay(&events, None, &params(false)).unwrap();
    assert_eq!(without.decisions[0].at, at("2026-03-09"));
    let with = bundle(&quiet).replay(&events, None, &params(true)).unwrap();
    assert_eq!(with.decisions[0].at, at("2026-03-08T12:00:00Z"));
    assert_eq!((with.ticks, with.decisions.len(), with.suppressions.len()), (1, 1, 1));
    assert_eq!(with.decisions[0].id, without.decisions[0].id);
}

#[test]
fn an_instant_has_to_be_said() {
    let params = ReplayParams { as_of: CutOffs::PerCustomer, tick: false };
    let error = bundle(TWO).replay(&Frame::default(), None, &params).unwrap_err();
    assert_eq!(error.path(), Some("as_of"));
}

fn pick(from: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(from)
}

#[test]
fn a_replay_recommends_what_its_counts_show() {
    let campaign = |name: &str, on: &str, more: &str| {
        format!(
            "[[campaigns]]\nname = \"{name}\"\non = '{on}'\n{more}\nactions = [{{ name = \"mail\", channel = \"email\" }}]\n"
        )
    };
    let goal = "goal = { event = \"purchase\", within = \"2d\" }";
    let bundle = bundle(
        &[
            campaign("fine", "login", ""),
            campaign("never", "falls_below(logins_7d, -1)", ""),
            campaign("capped", "login", "when = 'customer.mrr > 100'"),
            campaign("gains", "trial", goal),
            campaign("rare", "purchase", "when = 'customer.mrr < 10'\nholdout = 0.9"),
        ]
        .concat(),
    );
    let mut rows = Vec::new();
    for customer in 0..150 {
        let id = format!("c{customer:03}");
        rows.push(event(
            &id,
            "2026-03-01T10:00:00Z",
            if customer < 30 { "trial" } else { "login" },
        ));
        if customer < 29 {
            rows.push(event(&id, "2026-03-02T10:00:00Z", "purchase"));
        }
    }
    // The time of every goal is over by then.
    rows.push(event("c149", "2026-03-05T10:00:00Z", "login"));
    let replay = bundle.replay(&frame(&rows), None, &daily("2026-03-02", "2026-03-06", false));
    let replay = replay.unwrap();
    let found = replay.recommendations.iter();
    let found: Vec<(&str, Value, f64)> = found
        .map(|one| {
            let code = serde_json::to_value(one.code).unwrap();
            assert!(one.message.contains(&format!("`{}`", one.campaign)), "{}", one.message);
            (one.campaign.as_str(), code, one.share)
        })
        .collect();
    let expected = [
        ("never", json!("never_fires"), 0.0),
        ("capped", json!("low_reach"), 0.0),
        ("capped", json!("high_suppression"), 1.0),
        ("gains", json!("little_to_gain"), 29.0 / 30.0),
        ("rare", json!("low_reach"), 0.0),
        ("rare", json!("high_suppression"), 1.0),
    ];
    assert_eq!(found, expected);
}

prop_compose! {
    fn any_campaign()(
        on in pick(&[
            "login",
            "purchase",
            "falls_below(logins_7d, 2.0)",
            "rises_above(logins_7d, 1.0)",
            "enters(lifecycle, \"dormant\") || trial",
            "absent(login, trial, \"2d\")",
            "sequence(trial, purchase, \"3d\")",
            "every(\"day\", \"09:00\")",
            "changed(customer.mrr)",
        ]),
        when in pick(&["", "when = 'customer.mrr > 40'", "when = 'days_quiet < 3'"]),
        more in pick(&["", "cooldown = \"2d\"", "re_entry = \"3d\"", "holdout = 0.3", "priority = 3"]),
        budget in pick(&["", "budget = { max = 4, per = \"7d\" }"]),
        value in pick(&["", "value = 'customer.mrr / 10'"]),
        channel in pick(&["email", "push"]),
    ) -> String {
        format!(
            "on = '{on}'\n{when}\n{more}\n{budget}\n{value}\ngoal = {{ event = \"purchase\", within = \"2d\" }}\n\
             actions = [{{ name = \"one\", channel = \"{channel}\", cost = 1 }}, {{ name = \"two\", channel = \"email\", cost = 2 }}]\n\
             policy = {{ kind = \"split\", weights = {{ one = 1, two = 1 }} }}\n"
        )
    }
}

prop_compose! {
    fn any_bundle()(
        campaigns in prop::collection::vec(any_campaign(), 1..4),
        caps in pick(&["", "caps = [{ max = 1, per = \"2d\" }]", "caps = [{ channel = \"email\", max = 2, per = \"calendar_week\" }]"]),
        quiet in pick(&["", "quiet_hours = { from = \"21:00\", to = \"08:00\" }"]),
        consent in pick(&["", "consent = { email = 'customer.email_ok' }"]),
    ) -> Bundle {
        let mut text = format!("[guardrails]\n{caps}\n{quiet}\n{consent}\n");
        for (at, campaign) in campaigns.iter().enumerate() {
            writeln!(text, "[[campaigns]]\nname = \"c{at}\"\n{campaign}").unwrap();
        }
        bundle(&text)
    }
}

fn any_events() -> impl Strategy<Value = Vec<(i64, Value)>> {
    let event = (
        0..300_i64,
        0..4_u8,
        pick(&["login", "trial", "purchase"]),
        0..30_u8,
        0..3_u8,
        any::<bool>(),
    );
    let row = event.prop_map(|(hours, customer, kind, id, revision, deleted)| {
        let mut row = json!({
            "customer_id": format!("c{customer}"),
            "timestamp": hour(hours).to_string(),
            "type": kind,
        });
        // Some can be corrected and deleted, also by rows of another time.
        if id < 8 {
            row["event_id"] = json!(format!("e{id}"));
            row["revision"] = json!(revision);
            row["deleted"] = json!(deleted && revision == 2);
        }
        (hours, row)
    });
    prop::collection::vec(row, 0..60)
}

fn any_customers() -> impl Strategy<Value = Vec<(i64, Value)>> {
    let row = (0..5_u8, 0..200_i64, 0..3_u8, any::<bool>());
    let row = row.prop_map(|(customer, hours, mrr, ok)| {
        let from = hour(hours).to_string();
        let row = json!({"customer_id": format!("c{customer}"), "valid_from": from, "mrr": mrr * 40, "email_ok": ok});
        (hours, row)
    });
    prop::collection::vec(row, 0..10)
}

/// What a host gets that is live: it ingests what has happened since, then asks.
fn live(
    bundle: &Bundle,
    events: &[(i64, Value)],
    customers: &[(i64, Value)],
    hours: &[i64],
    tick: bool,
) -> (Vec<Decision>, Vec<Suppression>, Vec<Passage>) {
    let mut engine = Engine::new(bundle.clone());
    let mut all = (Vec::new(), Vec::new(), Vec::new());
    let mut known = None;
    let mut seen = BTreeSet::new();
    let mut catch_up = |engine: &mut Engine, now: Timestamp| {
        let new = |(hours, _): &&(i64, Value)| {
            hour(*hours) <= now && known.is_none_or(|known| hour(*hours) > known)
        };
        // One at a time, as they would come: a table tells which of two rows is the second.
        let mut rows: Vec<_> = customers.iter().filter(new).collect();
        rows.sort_by_key(|(hours, _)| *hours);
        for (hours, row) in rows {
            if seen.insert((*hours, row["customer_id"].to_string())) {
                engine.upsert_customers(&frame(std::slice::from_ref(row))).unwrap();
            }
        }
        let mut rows: Vec<_> = events.iter().filter(new).collect();
        rows.sort_by_key(|(hours, _)| *hours);
        for (_, row) in rows {
            engine.ingest(&frame(std::slice::from_ref(row))).unwrap();
        }
        known = Some(now);
    };
    let mut take = |look: stayput_core::Decisions| {
        all.0.extend(look.decisions);
        all.1.extend(look.suppressions);
        all.2.extend(look.passages);
    };
    for (at, own) in hours.iter().enumerate() {
        let as_of = hour(*own);
        catch_up(&mut engine, as_of);
        take(engine.decide(as_of).unwrap());
        let Some(next) = hours.get(at + 1).filter(|_| tick) else { continue };
        let mut now = as_of;
        while let Some(due) = engine.next_due(now).unwrap().filter(|due| *due < hour(*next)) {
            catch_up(&mut engine, due);
            take(engine.tick(due).unwrap());
            now = due;
        }
    }
    all
}

fn check_counts(replay: &Replay) {
    let sum = |of: fn(&stayput_core::ReplayCampaign) -> usize| {
        replay.campaigns.iter().map(of).sum::<usize>()
    };
    assert_eq!(sum(|campaign| campaign.decisions), replay.decisions.len());
    assert_eq!(sum(|campaign| campaign.suppressions), replay.suppressions.len());
    assert_eq!(replay.days.iter().map(|day| day.decisions).sum::<usize>(), replay.decisions.len());
    for campaign in &replay.campaigns {
        let own = || replay.decisions.iter().filter(|sent| sent.campaign == campaign.campaign);
        let who: BTreeSet<_> = own().map(|sent| &sent.customer_id).collect();
        assert_eq!(campaign.reached, who.len());
        assert!(campaign.goals.unwrap() + campaign.open_goals.unwrap() <= campaign.decisions);
    }
    for overlap in &replay.overlaps {
        let of = |name: &str| -> Vec<(&str, Timestamp)> {
            let own = replay.decisions.iter().filter(|sent| sent.campaign == name);
            own.map(|sent| (&*sent.customer_id, sent.at)).collect()
        };
        let (a, b) = (of(&overlap.campaign), of(&overlap.other));
        let both = |near: i64| {
            let far = |x: Timestamp, y: Timestamp| x.since(y).as_micros().abs();
            let met = a.iter().filter(|(id, at)| {
                b.iter().any(|(other, then)| other == id && far(*at, *then) <= near)
            });
            met.map(|(id, _)| *id).collect::<BTreeSet<_>>().len()
        };
        assert_eq!(overlap.customers, both(i64::MAX));
        assert_eq!(overlap.within_7d, both(Span::days(7).as_micros()));
    }
}

proptest! {
    #[test]
    fn a_replay_is_what_live_deciding_gives(
        bundle in any_bundle(),
        events in any_events(),
        customers in any_customers(),
        hours in prop::collection::btree_set(0..320_i64, 1..12),
        tick in any::<bool>(),
    ) {
        let hours: Vec<i64> = hours.into_iter().collect();
        let rows = |of: &[(i64, Value)]| frame(&of.iter().map(|(_, row)| row.clone()).collect::<Vec<_>>());
        // Given backwards: the order of instants is no matter.
        let instants = hours.iter().rev().map(|hours| hour(*hours)).collect();
        let params = ReplayParams { as_of: CutOffs::At(instants), tick };
        let table = rows(&customers);
        let table = Some(&table).filter(|_| !customers.is_empty());
        let columns = json!({"customer_id": "c0", "timestamp": "x", "type": "login"});
        // A table of no rows has no columns; one refused row gives it them.
        let mut all = events.clone();
        all.push((0, columns));
        let replay = bundle.replay(&rows(&all), table, &params).unwrap();
        let (decisions, suppressions, passages) = live(&bundle, &events, &customers, &hours, tick);
        prop_assert_eq!(&replay.decisions, &decisions);
        prop_assert_eq!(&replay.suppressions, &suppressions);
        prop_assert_eq!(&replay.passages, &passages);
        check_counts(&replay);
    }

    #[test]
    fn a_comparison_tells_every_send_that_differs(
        bundles in (any_bundle(), any_bundle()),
        events in any_events(),
    ) {
        let refused = json!({"customer_id": "c0", "timestamp": "x", "type": "login"});
        let events = events.iter().map(|(_, row)| row.clone()).chain([refused]);
        let events = frame(&events.collect::<Vec<_>>());
        let params = daily("2026-03-01", "2026-03-14", false);
        let (a, b) = (
            bundles.0.replay(&events, None, &params).unwrap(),
            bundles.1.replay(&events, None, &params).unwrap(),
        );
        let same = a.compare(&a);
        prop_assert!(same.added.is_empty() && same.dropped.is_empty());
        prop_assert_eq!((same.gained, same.lost), (0, 0));
        let found = a.compare(&b);
        // Taking away what is dropped and adding what is added makes one of the other.
        let contact = |sent: &Decision| {
            let Decision { customer_id, campaign, action, at, .. } = sent.clone();
            (customer_id, campaign, action, at.to_string()[..10].to_owned())
        };
        let contacts = |sends: &[Decision]| sends.iter().map(contact).collect::<Vec<_>>();
        let mut changed = contacts(&a.decisions);
        for gone in contacts(&found.dropped) {
            let at = changed.iter().position(|known| *known == gone).unwrap();
            changed.remove(at);
        }
        changed.extend(contacts(&found.added));
        changed.sort();
        let mut expected = contacts(&b.decisions);
        expected.sort();
        prop_assert_eq!(changed, expected);
        prop_assert!(found.added.iter().all(|new| !contacts(&found.dropped).contains(&contact(new))));
        for one in &found.campaigns {
            let sends = |of: &Option<ReplayCampaign>| of.as_ref().map_or(0, |of| of.decisions);
            prop_assert_eq!(one.kept + one.dropped, sends(&one.before));
            prop_assert_eq!(one.kept + one.added, sends(&one.after));
        }
        let reached = |of: &Replay| of.reached;
        prop_assert_eq!(reached(&a) + found.gained, reached(&b) + found.lost);
    }

    #[test]
    fn what_happens_after_the_last_look_changes_no_decision(
        bundle in any_bundle(),
        events in any_events(),
        tick in any::<bool>(),
    ) {
        let rows = |until: i64| {
            let known = events.iter().filter(|(hours, _)| *hours <= until);
            let refused = json!({"customer_id": "c0", "timestamp": "x", "type": "login"});
            frame(&known.map(|(_, row)| row.clone()).chain([refused]).collect::<Vec<_>>())
        };
        let instants: Vec<Timestamp> = [24, 48, 72, 150].map(hour).into();
        let params = ReplayParams { as_of: CutOffs::At(instants), tick };
        let all = bundle.replay(&rows(i64::MAX), None, &params).unwrap();
        let until = bundle.replay(&rows(150), None, &params).unwrap();
        prop_assert_eq!(&all.decisions, &until.decisions);
        prop_assert_eq!(&all.suppressions, &until.suppressions);
        prop_assert_eq!((all.ticks, &all.days), (until.ticks, &until.days));
    }
}
