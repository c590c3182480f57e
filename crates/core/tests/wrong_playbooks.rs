//! Every error of a playbook as its writer reads it.
//!
//! The cases are in `data/wrong_playbooks.txt`: a title after `===`, then the text. A line of `+`
//! stands for a playbook's head with attributes and events. The snapshot shows for each case the
//! code, the message, and the line that it points to.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::fmt::Write;

use stayput_core::{ErrorCode, Playbook};

const HEAD: &str = r#"[playbook]
name = "acme"
[customer]
plan = { type = "category", values = ["free", "pro"] }
mrr = { type = "number", unit = "usd", min = 0 }
since = "timestamp"
zone = { type = "timezone", default = "UTC" }
vip = { type = "bool", default = false }
[events.login]
[events.purchase]
amount = "number"
sku = "category""#;

fn cases() -> Vec<(&'static str, String)> {
    let cases = include_str!("data/wrong_playbooks.txt").split("\n=== ").skip(1).map(|case| {
        let (title, text) = case.split_once('\n').unwrap_or((case, ""));
        let lines = text.lines().map(|line| if line == "+" { HEAD } else { line });
        (title, lines.collect::<Vec<_>>().join("\n"))
    });
    // Too large to be read by anyone.
    let deep = format!("{HEAD}\n[features]\nx = '{}1{}'", "(".repeat(100), ")".repeat(100));
    let long = format!("{HEAD}\n[features]\nx = '1{}'", " + 1".repeat(1000));
    let nested = format!("x = {}{}", "[".repeat(100), "]".repeat(100));
    let generated = [
        ("brackets a hundred deep", deep),
        ("a thousand operators", long),
        ("arrays a hundred deep", nested),
        ("a text of two million bytes", format!("#{}", " ".repeat(2_000_000))),
    ];
    cases.chain(generated).collect()
}

#[test]
fn every_wrong_playbook_says_where_and_what_instead() {
    let cases = cases();
    let mut out = String::new();
    let mut codes = BTreeSet::new();
    for (title, text) in &cases {
        let Err(error) = Playbook::parse(text) else { panic!("`{title}` is no error:\n{text}") };
        codes.insert(error.code().as_str());
        writeln!(out, "=== {title}\n{}\n{error}", error.code().as_str()).unwrap();
        if let Some(at) = error.position() {
            let line = text.lines().nth(at.line as usize - 1).unwrap_or_default();
            if line.chars().count() < 120 {
                let margin = at.line.to_string();
                let below = " ".repeat(margin.len());
                let indent = " ".repeat(at.column as usize - 1);
                writeln!(out, "  {margin} | {line}\n  {below} | {indent}^").unwrap();
            }
        }
        out.push('\n');
        let message = error.message();
        for rust in ["Some(", "None", "f64", "String", "::", "Vec<", "\\\""] {
            assert!(!message.contains(rust), "{title}: {message}");
        }
        let first = message.chars().next().unwrap();
        assert!(!first.is_uppercase(), "{title}: {message}");
        assert!(!message.ends_with('.'), "{title}: {message}");
    }
    assert!(cases.len() >= 60, "{} cases", cases.len());
    for code in [
        ErrorCode::PlaybookSyntax,
        ErrorCode::PlaybookKey,
        ErrorCode::PlaybookValue,
        ErrorCode::ExpressionSyntax,
        ErrorCode::ExpressionName,
        ErrorCode::ExpressionType,
        ErrorCode::ExpressionCycle,
        ErrorCode::Leakage,
    ] {
        assert!(codes.contains(code.as_str()), "{} is not shown", code.as_str());
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(out);
    });
}
