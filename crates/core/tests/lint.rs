//! What a playbook says that is hardly meant: each finding by a playbook that has it, and that what
//! is called impossible never happens.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fmt::Write;

use proptest::prelude::*;
use serde_json::json;
use stayput_core::columns::Frame;
use stayput_core::time::Timestamp;
use stayput_core::{Bundle, Engine, LintCode, LintLevel, Playbook};

const HEAD: &str = r#"[playbook]
name = "acme"
[customer]
plan = { type = "category", values = ["free", "pro"], default = "free" }
mrr = { type = "number", min = 0, max = 100 }
[events.login]
[events.purchase]
amount = { type = "number", min = 0, max = 500 }
[features]
logins = 'count(login, "30d")'
spend = 'sum(purchase.amount, "90d")'
quiet = 'days_since(last(login))'
[health]
bands = { low = 0, high = 50 }
[health.factors.use]
weight = 1
score = 'curve(logins, 0, 0, 10, 100) + 0 * (customer.plan == "free" ? spend : customer.mrr)'
"#;

fn playbook(more: &str) -> Playbook {
    let text = format!("{HEAD}{more}");
    Playbook::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn campaign(on: &str, more: &str) -> String {
    format!(
        "[[campaigns]]\nname = \"one\"\non = '{on}'\n{more}\n\
         actions = [{{ name = \"mail\", channel = \"email\", cost = 2 }}]\n"
    )
}

fn warnings(more: &str) -> Vec<(LintCode, String)> {
    let found = playbook(more).lint();
    let found = found.into_iter().filter(|lint| lint.level == LintLevel::Warning);
    found.map(|lint| (lint.code, lint.path)).collect()
}

#[test]
fn each_finding_has_its_code_and_place() {
    use LintCode::*;
    let when = |text: &str| campaign("login", &format!("when = '{text}'"));
    let caps = |text: &str| format!("[guardrails]\ncaps = [{text}]\n{}", campaign("login", ""));
    let twin = campaign("login", "priority = 2").replace("\"one\"", "\"two\"");
    for (more, code, path) in [
        (campaign("rises_above(churn, 1.0)", ""), CampaignNeverFires, "campaigns[0].on"),
        (campaign("falls_below(health, 0.0)", ""), CampaignNeverFires, "campaigns[0].on"),
        (campaign("login && falls_below(logins, 0.0)", ""), CampaignNeverFires, "campaigns[0].on"),
        (campaign("login || rises_above(health, 120.0)", ""), TriggerNeverFires, "campaigns[0].on"),
        (campaign("rises_above(logins, -1.0)", ""), TriggerFiresOnce, "campaigns[0].on"),
        (when("health > 100"), NeverTrue, "campaigns[0].when"),
        (when("health < 40 && health > 70"), NeverTrue, "campaigns[0].when"),
        (when("churn * 2 + 1 > 3"), NeverTrue, "campaigns[0].when"),
        (when("!(customer.plan in [\"free\", \"pro\"])"), NeverTrue, "campaigns[0].when"),
        (
            when("customer.plan != \"free\" && customer.plan != \"pro\""),
            NeverTrue,
            "campaigns[0].when",
        ),
        (when("!(logins >= 0)"), NeverTrue, "campaigns[0].when"),
        (when("quiet < 0"), NeverTrue, "campaigns[0].when"),
        (when("max(purchase.amount, \"7d\") > 500"), NeverTrue, "campaigns[0].when"),
        (when("customer.mrr / 10 > 10"), NeverTrue, "campaigns[0].when"),
        (when("churn >= 0"), AlwaysTrue, "campaigns[0].when"),
        (when("health < 70 || health >= 40"), AlwaysTrue, "campaigns[0].when"),
        (when("true"), AlwaysTrue, "campaigns[0].when"),
        (
            format!("[lifecycle]\nall = 'logins >= 0'\nrest = 'true'\n{}", campaign("login", "")),
            StageUnreachable,
            "lifecycle.rest",
        ),
        (
            "[lifecycle]\nall = 'distinct(purchase.amount) >= 0 && active_days(login) >= 0 && \
             streak(login) >= 0'\nrest = 'true'\n"
                .to_owned(),
            StageUnreachable,
            "lifecycle.rest",
        ),
        (
            "[lifecycle]\nno = 'logins < 0'\nrest = 'true'\n".to_owned(),
            StageUnreachable,
            "lifecycle.no",
        ),
        ("[segments]\nnobody = 'spend < 0'\n".to_owned(), SegmentEmpty, "segments.nobody"),
        ("[segments]\nall = 'spend >= 0'\n".to_owned(), SegmentOfAll, "segments.all"),
        (caps("{ max = 0, per = \"7d\" }"), CapOfZero, "guardrails.caps[0].max"),
        (
            caps("{ channel = \"email\", max = 5, per = \"7d\" }, { max = 2, per = \"30d\" }"),
            CapUnreachable,
            "guardrails.caps[0].max",
        ),
        (
            format!("[guardrails]\nholdout = 1.0\n{}", campaign("login", "")),
            HoldoutOfAll,
            "guardrails.holdout",
        ),
        (campaign("login", "holdout = 1"), HoldoutOfAll, "campaigns[0].holdout"),
        (
            campaign("login", "cooldown = \"60d\"\nre_entry = \"30d\""),
            CooldownOutlastsReEntry,
            "campaigns[0].cooldown",
        ),
        (campaign("login", "value = 'customer.mrr / 100'"), ValueBelowCost, "campaigns[0].value"),
        (
            campaign("login", "budget = { max = 1, per = \"7d\" }"),
            BudgetBelowCost,
            "campaigns[0].budget",
        ),
        (caps("{ max = 1, per = \"7d\" }") + &twin, CampaignHidden, "campaigns[0].on"),
        (
            format!("[guardrails]\nconsent = {{ email = 'churn > 1' }}\n{}", campaign("login", "")),
            NeverTrue,
            "guardrails.consent.email",
        ),
    ] {
        assert_eq!(warnings(&more), [(code, path.to_owned())], "{more}");
    }
}

#[test]
fn what_is_meant_is_not_warned_of() {
    let caps = "[guardrails]\nholdout = 0.1\ncaps = [{ channel = \"email\", max = 1, per = \"7d\" }, { max = 2, per = \"7d\" }]\n";
    for more in [
        format!(
            "[lifecycle]\nquiet_now = 'quiet > 9'\nrest = 'true'\n{}",
            campaign("enters(lifecycle, \"quiet_now\")", "")
        ),
        campaign(
            "rises_above(churn, 0.7) || falls_below(health, 40.0)",
            "when = 'health < 40 && customer.plan != \"free\"'",
        ),
        format!(
            "{caps}{}",
            campaign("login", "cooldown = \"7d\"\nre_entry = \"30d\"\nvalue = 'customer.mrr / 10'")
        ),
        // The one that goes first has a holdout: this one is for whom it leaves.
        format!(
            "[guardrails]\ncaps = [{{ max = 1, per = \"7d\" }}]\n{}{}",
            campaign("login", ""),
            campaign("login", "priority = 2\nholdout = 0.5").replace("\"one\"", "\"two\"")
        ),
    ] {
        assert_eq!(warnings(&more), [], "{more}");
    }
}

#[test]
fn a_finding_names_the_line_and_the_fix_and_notes_what_is_not_read() {
    let playbook = playbook(&campaign("login", "when = 'health > 100'"));
    let found = playbook.lint();
    let wrong = found.iter().find(|lint| lint.code == LintCode::NeverTrue).unwrap();
    let (line, column) = (wrong.line.unwrap() as usize, wrong.column.unwrap() as usize);
    let text = playbook.text().lines().nth(line - 1).unwrap();
    assert!(text[column - 1..].starts_with("health > 100"), "{text}");
    assert_eq!(wrong.message, "the condition is never true: the campaign never sends");
    assert_eq!(wrong.fix, "ask for what can be, or take it out");
    let notes: Vec<_> = found.iter().filter(|lint| lint.level == LintLevel::Note).collect();
    assert_eq!(notes.iter().map(|lint| &*lint.path).collect::<Vec<_>>(), ["features.quiet"]);
}

fn any_number() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        proptest::sample::select(
            &[
                "health",
                "customer.mrr",
                "logins",
                "spend",
                "quiet",
                "mean(purchase.amount, \"30d\")",
                "distinct(purchase.amount, \"30d\")",
                "streak(login, \"1d\")"
            ][..]
        )
        .prop_map(str::to_owned),
        (-3..12_i32).prop_map(|x| format!("{}.0", x * 10)),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        let op = proptest::sample::select(&["+", "-", "*", "/"][..]);
        (inner.clone(), op, inner).prop_map(|(a, op, b)| format!("({a} {op} {b})"))
    })
}

fn any_condition() -> impl Strategy<Value = String> {
    let op = proptest::sample::select(&["<", "<=", ">", ">=", "==", "!="][..]);
    let leaf = prop_oneof![
        4 => (any_number(), op, any_number()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => proptest::sample::select(&["customer.plan == \"free\"", "customer.plan != \"pro\"", "customer.plan in [\"pro\"]", "exists(login, \"7d\")", "has(quiet)"][..])
            .prop_map(|text| format!("({text})")),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.clone().prop_map(|a| format!("!{a}")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_called_impossible_never_happens(
        conditions in prop::collection::vec(any_condition(), 8),
        customers in prop::collection::vec((any::<Option<bool>>(), proptest::option::of(0..=10_u8), 0..5_u8, prop::collection::vec(0..=5_u16, 0..4)), 1..8),
    ) {
        let mut more = "[segments]\n".to_owned();
        for (at, condition) in conditions.iter().enumerate() {
            writeln!(more, "s{at} = '{condition}'").unwrap();
        }
        let playbook = playbook(&more);
        let found = playbook.lint();
        let mut engine = Engine::new(Bundle::new(playbook, None).unwrap());
        let (mut people, mut events) = (Vec::new(), Vec::new());
        for (at, (plan, mrr, logins, bought)) in customers.iter().enumerate() {
            let id = format!("c{at}");
            let plan = plan.map(|pro| if pro { "pro" } else { "free" });
            people.push(json!({"customer_id": id, "plan": plan, "mrr": mrr.map(|mrr| u16::from(mrr) * 10)}));
            for day in 0..*logins {
                events.push(json!({"customer_id": id, "timestamp": format!("2026-03-0{}", day + 1), "type": "login"}));
            }
            for amount in bought {
                events.push(json!({"customer_id": id, "timestamp": "2026-03-01", "type": "purchase", "amount": amount * 100}));
            }
        }
        engine.upsert_customers(&Frame::from_objects(people).unwrap()).unwrap();
        if !events.is_empty() {
            engine.ingest(&Frame::from_objects(events).unwrap()).unwrap();
        }
        let scores = engine.score_all(Timestamp::parse("2026-03-06").unwrap()).unwrap();
        prop_assert_eq!(scores.len(), customers.len());
        for lint in found {
            let Some(name) = lint.path.strip_prefix("segments.") else { continue };
            let within = scores.iter().any(|score| score.segments.iter().any(|own| own == name));
            let at: usize = name[1..].parse().unwrap();
            prop_assert!(lint.code != LintCode::SegmentEmpty || !within, "{}", conditions[at]);
        }
    }
}
