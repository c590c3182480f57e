//! Every way to write a feature that knows what the label asks is refused when the playbook is
//! loaded, and the error names the place.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use stayput_core::Playbook;

const HEAD: &str = r#"
[playbook]
name = "leaks"
[customer]
left = { type = "bool", default = false }
cancelled_at = "timestamp"
mrr = "number"
zone = { type = "timezone", default = "UTC" }
[events.login]
[events.purchase]
amount = "number"
due = "timestamp"
"#;

fn playbook(features: &str, churn: &str) -> String {
    format!("{HEAD}[features]\n{features}\n[churn]\nhorizon = \"30d\"\n{churn}\n")
}

/// The error of a playbook with these features and this label.
fn refused(features: &str, label: &str) -> String {
    let text = playbook(features, &format!("label = '{label}'"));
    match Playbook::parse(&text) {
        Ok(_) => panic!("{features} is not refused with the label {label}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn an_attribute_of_the_label_is_refused_wherever_a_feature_reads_it() {
    let both = "reads `customer.left`, which the churn label reads too: the answer would be among the questions";
    for (features, place) in [
        ("v = 'customer.left'", "`features.v`: line 14, column 6"),
        ("v = 'has(customer.left)'", "`features.v`: line 14, column 6"),
        ("a = '1'\nv = 'customer.left ? 1 : 2'", "`features.v`: line 15, column 6"),
        // Of one that reads it through another, the other is named: it is the one that leaks.
        ("w = 'v > 1'\nv = 'if(customer.left, 1, 2)'", "`features.v`: line 15, column 6"),
        ("v = 'count(login, customer.left)'", "`features.v`: line 14, column 6"),
        (
            "v = 'sum(purchase.amount, \"9d\", purchase.amount > 3 && !customer.left)'",
            "`features.v`: line 14, column 6",
        ),
        ("v = 'sum(customer.left ? purchase.amount : 0.0)'", "`features.v`: line 14, column 6"),
        (
            "p = 'recency()'\nv = 'p_login + if(customer.left, 1, 2)'",
            "`features.v`: line 15, column 6",
        ),
    ] {
        for label in [
            "customer.left",
            "count(login, horizon) == 0 || customer.left",
            "exists(login, horizon, customer.left)",
        ] {
            assert_eq!(refused(features, label), format!("playbook {place}: {both}"), "{label}");
        }
    }
}

#[test]
fn instants_of_the_label_are_refused_in_arithmetic() {
    let both = "reads `customer.cancelled_at`, which the churn label reads too: the answer would be among the questions";
    for feature in [
        "days_until(customer.cancelled_at)",
        "(customer.cancelled_at - as_of) / duration(\"1d\")",
        "customer.cancelled_at > as_of",
        "count(purchase, purchase.due < customer.cancelled_at)",
        "weekday(customer.cancelled_at)",
    ] {
        for label in [
            "customer.cancelled_at > as_of && customer.cancelled_at <= as_of + \"30d\"",
            "days_until(customer.cancelled_at) < 30",
        ] {
            assert_eq!(
                refused(&format!("v = '{feature}'"), label),
                format!("playbook `features.v`: line 14, column 6: {both}")
            );
        }
    }
}

#[test]
fn a_label_that_reads_a_feature_reads_what_that_reads() {
    assert_eq!(
        refused("v = 'customer.left'", "v"),
        "playbook `features.v`: line 14, column 6: reads `customer.left`, which the churn label reads too through `v`: the answer would be among the questions"
    );
    assert_eq!(
        refused(
            "v = 'customer.mrr'\nw = 'v * 2'\nu = 'customer.mrr > 3'",
            "w > 3 && !exists(login, horizon)"
        ),
        "playbook `features.v`: line 14, column 6: reads `customer.mrr`, which the churn label reads too through `v`: the answer would be among the questions"
    );
}

#[test]
fn a_label_about_the_time_zone_is_refused_to_features_that_count_days() {
    for feature in [
        "customer.zone",
        "active_days(login, \"30d\")",
        "streak(events)",
        "hour_of(as_of)",
        "count(purchase, weekday(purchase.timestamp) == 1)",
    ] {
        assert!(refused(&format!("v = '{feature}'"), "customer.zone == \"UTC\"").contains(
            "`features.v`: line 14, column 6: reads `customer.zone`, which the churn label reads too"
        ));
    }
    // To count days in both is no leak: the zone is no answer.
    let text =
        playbook("v = 'active_days(login, \"30d\")'", "label = 'active_days(login, horizon) < 2'");
    assert!(Playbook::parse(&text).is_ok());
}

#[test]
fn a_label_that_only_the_past_decides_is_no_label() {
    for label in ["count(login, \"30d\") == 0", "v > 3", "true", "as_of > \"2026-01-01\"", "has(v)"]
    {
        let error = refused("v = 'count(login)'", label);
        assert_eq!(
            error,
            "playbook `churn.label`: line 17, column 10: the label reads neither `horizon` nor an attribute: what is known at `as_of` already is no outcome"
        );
    }
}

#[test]
fn the_future_has_no_other_name() {
    for (feature, message) in [
        (
            "count(login, horizon)",
            "column 19: `horizon` is known only to `churn.label`: anything else would read the future",
        ),
        (
            "sequence(login, purchase, \"1d\", horizon)",
            "column 38: `horizon` is known only to `churn.label`: anything else would read the future",
        ),
        ("recency(horizon)", "column 14: expected `recency()`"),
        (
            "rfm(purchase.amount, horizon)",
            "column 27: `horizon` is known only to `churn.label`: anything else would read the future",
        ),
        ("engagement(login, horizon)", "column 6: expected `engagement(event)`"),
        ("horizon", "column 6: `horizon` is known only to `churn.label`"),
        (
            "count(login, \"-7d\")",
            "column 19: `-7d` is not a length of time; expected a number and `w`, `d`, `h`, `m` or `s`, for instance `30d`",
        ),
        ("count(login, \"0d\")", "column 19: a window is longer than nothing"),
        (
            "count(login, -duration(\"7d\"))",
            "column 19: expected a window or a condition on one event, found a duration; a window is written as `\"30d\"`",
        ),
        ("count(login, duration(\"0d\"))", "column 19: a window is longer than nothing"),
        (
            "sequence(login, purchase, \"-1d\")",
            "column 32: `-1d` is not a length of time; expected a number and `w`, `d`, `h`, `m` or `s`, for instance `30d`",
        ),
        (
            "count(login, login.timestamp > as_of)",
            "column 37: `as_of` is not known of a single event; only `login.…` and `customer.…` are",
        ),
        (
            "health > 3",
            "column 6: `health` is not known here; stages, segments and campaigns may read it where there is a section `[health]`",
        ),
        (
            "churn > 0.5",
            "column 6: `churn` is not known here; stages, segments and campaigns may read it",
        ),
        (
            "lifecycle == \"gone\"",
            "column 6: `lifecycle` is not known here; segments and campaigns may read it where there is a section `[lifecycle]`",
        ),
        (
            "\"gone\" in segments",
            "column 16: `segments` is not known here; campaigns and guardrails may read it",
        ),
        (
            "enters(segments, \"gone\")",
            "column 6: `enters` is a trigger, and stands only in a campaign's `on`",
        ),
    ] {
        let text = playbook(&format!("v = '{feature}'"), "label = '!exists(login, horizon)'")
            + "[health]\nbands = { low = 0 }\n[health.factors.f]\nweight = 1\nscore = '1'\n[lifecycle]\ngone = 'true'\n[segments]\ngone = 'true'\n";
        let error = Playbook::parse(&text).unwrap_err().to_string();
        assert!(error.starts_with("playbook `features.v`: line 14, "), "{error}");
        assert!(error.ends_with(message), "{feature}\n{error}");
        // Nor for who is eligible.
        if feature == "count(login, horizon)" {
            let churn = format!("label = '!exists(login, horizon)'\neligible = '{feature} > 0'");
            let error = Playbook::parse(&playbook("v = '1'", &churn)).unwrap_err().to_string();
            assert!(error.starts_with("playbook `churn.eligible`: line 18, "), "{error}");
        }
    }
}

#[test]
fn what_does_not_leak_is_not_refused() {
    for (features, churn) in [
        // Whether somebody is gone yet may depend on what the label asks.
        (
            "v = 'customer.mrr'",
            "label = 'customer.cancelled_at > as_of'\neligible = '!has(customer.cancelled_at) || customer.cancelled_at > as_of'",
        ),
        // A label relative to a feature of events.
        ("v = 'count(login, \"30d\")'", "label = 'count(login, horizon) < 0.5 * v'"),
        // An attribute of one name and an event's property of the same are two things.
        ("v = 'sum(purchase.amount)'", "label = 'customer.mrr < 3'"),
    ] {
        let text = playbook(features, churn);
        Playbook::parse(&text).unwrap_or_else(|error| panic!("{error}"));
    }
}
