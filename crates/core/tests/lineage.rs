//! What a feature reads, how it is computed, and what its version depends on.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use proptest::prelude::*;
use serde_json::json;
use stayput_core::Playbook;
use stayput_core::columns::Frame;
use stayput_core::features::FeatureSpec;
use stayput_core::time::Timestamp;

const PLAYBOOK: &str = r#"
[playbook]
name = "test"
[customer]
plan = { type = "category", values = ["free", "pro"] }
mrr = { type = "number", unit = "usd/month" }
zone = { type = "timezone", default = "Europe/Berlin" }
[events.login]
[events.purchase]
amount = { type = "number", unit = "usd" }
sku = "text"
[features]
pace = 'count(login, "7d") / (count(login, "28d") / (2.0 + 2.0))'
spend = 'sum(purchase.amount, "90d", purchase.sku.startsWith("a"))'
worth = 'spend * 4 + 12 * customer.mrr'
keen = 'pace > 1.0 && customer.plan != "free"'
buyer = 'rfm(purchase.amount, "365d")'
both = 'if(keen, worth, 0)'
days = 'streak(events)'
followed = 'sequence(login, purchase, "1d")'
"#;

fn playbook(text: &str) -> Playbook {
    Playbook::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn version(text: &str, feature: &str) -> String {
    playbook(text).lineage(feature).unwrap().version
}

#[test]
fn an_explanation_shows_what_is_computed() {
    let playbook = playbook(PLAYBOOK);
    let all = ["pace", "both", "buyer_recency_days", "days"]
        .map(|feature| playbook.explain(feature).unwrap());
    insta::assert_snapshot!(all.join("\n"));
    assert_eq!(
        playbook.explain("pase").unwrap_err().to_string(),
        "argument `feature`: `pase` is not a feature; did you mean `pace`?"
    );
}

#[test]
fn a_lineage_goes_through_the_features_that_are_read() {
    let playbook = playbook(PLAYBOOK);
    let mut lineage = serde_json::to_value(playbook.lineage("both").unwrap()).unwrap();
    assert_eq!(lineage["version"].take().as_str().unwrap().len(), 16);
    assert_eq!(
        lineage,
        json!({
            "feature": "both",
            "version": null,
            "attributes": ["plan", "mrr"],
            "events": [
                {"event": "login", "properties": []},
                {"event": "purchase", "properties": ["amount", "sku"]},
            ],
            "features": ["pace", "spend", "worth", "keen"],
            "window": "90d",
            "functions": [
                {"name": "count", "version": 1},
                {"name": "startsWith", "version": 1},
                {"name": "sum", "version": 1},
            ],
        })
    );
    let days = playbook.lineage("days").unwrap();
    assert_eq!((days.attributes, days.window.as_deref()), (vec!["zone".to_owned()], Some("past")));
    assert_eq!(days.events.len(), 2);
    assert_eq!(playbook.lineage("followed").unwrap().events.len(), 2);
    assert_eq!(playbook.lineage("worth").unwrap().features, ["spend"]);
}

#[test]
fn a_version_changes_just_when_the_meaning_can() {
    let of = |from: &str, to: &str, feature: &str| {
        assert!(PLAYBOOK.contains(from), "{from}");
        version(&PLAYBOOK.replace(from, to), feature)
    };
    for (feature, from, to) in [
        // Spacing, comments, order and quotes.
        ("pace", "count(login, \"7d\") /", "count( login,  \"7d\" )/"),
        ("pace", "[features]", "# Features\n[features]\nfirst = '1'"),
        ("worth", "spend * 4 + 12 * customer.mrr", "12.0 * customer.mrr + (4 * spend)"),
        ("keen", "pace > 1.0", "1.0 < pace"),
        // What is folded, and lengths of time that are equal.
        ("pace", "(2.0 + 2.0)", "4"),
        ("keen", "pace > 1.0 &&", "(true || pace > 3) && pace > 1.0 &&"),
        ("spend", "\"90d\"", "\"2160h\""),
        ("both", "if(keen, worth, 0)", "keen ? worth : 0.0"),
        // What it does not read.
        ("pace", "\"90d\"", "\"91d\""),
        ("worth", "[events.login]", "[events.login]\ndevice = \"text\""),
        ("spend", "\"Europe/Berlin\"", "\"UTC\""),
        ("keen", "name = \"test\"", "name = \"other\""),
        ("followed", "[events.login]", "[events.logout]\n[events.login]"),
    ] {
        assert_eq!(version(PLAYBOOK, feature), of(from, to, feature), "{feature}: {from} → {to}");
    }
    // A feature that it reads is known by its meaning, not by its name.
    let renamed = PLAYBOOK.replace("pace", "tempo");
    assert_eq!(version(PLAYBOOK, "keen"), version(&renamed, "keen"));
    assert_eq!(version(PLAYBOOK, "pace"), version(&renamed, "tempo"));
    for (feature, from, to) in [
        ("pace", "\"7d\"", "\"8d\""),
        ("keen", "\"7d\"", "\"8d\""),
        ("both", "\"7d\"", "\"8d\""),
        ("keen", "pace > 1.0", "pace >= 1.0"),
        ("keen", "[\"free\", \"pro\"]", "[\"free\", \"pro\", \"team\"]"),
        ("spend", "sum(purchase.amount,", "sum(purchase.amount * 2,"),
        ("spend", "unit = \"usd\"", "unit = \"eur\""),
        ("days", "\"Europe/Berlin\"", "\"UTC\""),
        ("days", "[events.login]", "[events.logout]\n[events.login]"),
        ("followed", "\"1d\")'", "\"2d\")'"),
        ("worth", "spend * 4", "spend / 4"),
        ("buyer_frequency", "\"365d\"", "\"364d\""),
    ] {
        assert_ne!(version(PLAYBOOK, feature), of(from, to, feature), "{feature}: {from} → {to}");
    }
    let playbook = playbook(PLAYBOOK);
    let mut versions: Vec<&str> =
        playbook.feature_set().specs.iter().map(FeatureSpec::version).collect();
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions.len(), 10, "each feature means something else");
}

/// An expression of numbers over two attributes and some constants.
fn number() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("customer.a".to_owned()),
        Just("customer.b".to_owned()),
        (-3..4_i32).prop_map(|x| format!("{x}.0")),
        Just("count(login)".to_owned()),
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let operator = prop::sample::select(vec!["+", "-", "*", "/", "%"]);
        let test = prop::sample::select(vec!["<", ">=", "==", "!="]);
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("ratio({a}, {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("coalesce({a} / 0.0, {b})")),
            (inner.clone(), test, inner.clone(), inner.clone(), inner.clone()).prop_map(
                |(a, op, b, c, d)| format!("({a} {op} {b} && ({b} > 1.0 || true) ? {c} : {d})")
            ),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_folded_or_shared_gives_the_same_bits(
        texts in prop::collection::vec(number(), 1..4),
        a in -3..4_i32,
        b in prop::option::of(-3..4_i32),
    ) {
        // Written with its attributes, then with the numbers in their place.
        let head = "[playbook]\nname = \"x\"\n[customer]\na = \"number\"\nb = \"number\"\n[events.login]\n[features]\n";
        let written = |text: &str| {
            let b = b.map_or("(0.0 / 0.0)".to_owned(), |b| format!("({b}.0)"));
            text.replace("customer.a", &format!("({a}.0)")).replace("customer.b", &b)
        };
        let mut text = head.to_owned();
        for (at, expression) in texts.iter().enumerate() {
            let lines = [format!("x{at} = '{expression}'\n"), format!("y{at} = '{}'\n", written(expression))];
            text.extend(lines);
        }
        let table = |text: &str| {
            let customers = Frame::from_objects(vec![json!({"customer_id": "c", "a": a, "b": b})]);
            let as_of = [Timestamp::EPOCH];
            let features = playbook(text)
                .features(&Frame::default(), Some(&customers.unwrap()), &as_of, None)
                .unwrap();
            let columns = features.table.columns.iter();
            columns.map(|column| column.numbers().unwrap()[0].to_bits()).collect::<Vec<_>>()
        };
        let bits = table(&text);
        for (at, expression) in texts.iter().enumerate() {
            prop_assert_eq!(bits[2 * at], bits[2 * at + 1], "folded: {}", expression);
            let alone = table(&format!("{head}x = '{expression}'\n"));
            prop_assert_eq!(bits[2 * at], alone[0], "shared: {}", expression);
        }
    }
}
