//! Presets: one call that stands for several features, each an ordinary expression.
//!
//! They are expanded before anything is checked, so an error in an argument is found at its place,
//! and what is computed, explained and versioned is the expressions.

use super::ast::{Ast, AstKind, BinaryOp};
use super::check::{wrong_name, wrong_type};
use super::functions::signature;
use crate::error::{Position, Result, did_you_mean};
use crate::schema::Schema;

/// The features that a preset stands for: the end of each name, and its expression. None where
/// the expression is no preset.
pub(crate) fn expand(ast: &Ast, schema: &Schema) -> Result<Option<Vec<(String, Ast)>>> {
    let AstKind::Call { name, args, method: false } = &ast.kind else { return Ok(None) };
    let features = match name.as_str() {
        "rfm" => rfm(args, ast.at)?,
        "recency" => recency(args, schema, ast.at)?,
        "engagement" => engagement(args, schema, ast.at)?,
        _ => return Ok(None),
    };
    Ok(Some(features))
}

fn rfm(args: &[Ast], at: Position) -> Result<Vec<(String, Ast)>> {
    let [value, window @ ..] = args else { return Err(usage("rfm", at, at)) };
    let AstKind::Field(event, ..) = &value.kind else { return Err(usage("rfm", at, value.at)) };
    if window.len() > 1 {
        return Err(usage("rfm", at, window[1].at));
    }
    let over = |name: &str, subject: &Ast| {
        call(name, [std::slice::from_ref(subject), window].concat(), subject.at)
    };
    Ok(vec![
        ("recency_days".to_owned(), call("days_since", vec![over("last", event)], at)),
        ("frequency".to_owned(), over("count", event)),
        ("monetary".to_owned(), over("sum", value)),
    ])
}

fn recency(args: &[Ast], schema: &Schema, at: Position) -> Result<Vec<(String, Ast)>> {
    if let [arg, ..] = args {
        return Err(usage("recency", at, arg.at));
    }
    if schema.events.is_empty() {
        return Err(wrong_name(at, "there is no event type to take the recency of".to_owned()));
    }
    let events = schema.events.iter().map(|event| event.name.clone());
    Ok(events
        .map(|name| {
            let event = Ast { at, kind: AstKind::Name(name.clone()) };
            (name, days_since_last(event, at))
        })
        .collect())
}

fn engagement(args: &[Ast], schema: &Schema, at: Position) -> Result<Vec<(String, Ast)>> {
    let [event] = args else { return Err(usage("engagement", at, at)) };
    let AstKind::Name(name) = &event.kind else {
        return Err(usage("engagement", at, event.at));
    };
    if name != "events" && schema.event(name).is_none() {
        let known = schema.events.iter().map(|event| event.name.as_str());
        let near = did_you_mean(name, known.chain(["events"]));
        return Err(wrong_name(event.at, format!("`{name}` is not an event type{near}")));
    }
    let over = |name: &str, window: &str| {
        let window = Ast { at, kind: AstKind::Text(window.to_owned()) };
        call(name, vec![event.clone(), window], at)
    };
    let four = Ast { at, kind: AstKind::Number(4.0) };
    let week = AstKind::Binary(BinaryOp::Divide, Box::new(over("count", "28d")), Box::new(four));
    let pace = call("ratio", vec![over("count", "7d"), Ast { at, kind: week }], at);
    Ok(vec![
        ("count_7d".to_owned(), over("count", "7d")),
        ("count_28d".to_owned(), over("count", "28d")),
        ("active_days_28d".to_owned(), over("active_days", "28d")),
        ("pace".to_owned(), pace),
        ("days_quiet".to_owned(), days_since_last(event.clone(), at)),
    ])
}

fn days_since_last(event: Ast, at: Position) -> Ast {
    call("days_since", vec![call("last", vec![event], at)], at)
}

fn call(name: &str, args: Vec<Ast>, at: Position) -> Ast {
    Ast { at, kind: AstKind::Call { name: name.to_owned(), args, method: false } }
}

fn usage(name: &str, at: Position, found: Position) -> crate::error::Error {
    let place = found.max(at);
    wrong_type(place, format!("expected `{}`", signature(name).unwrap_or_default()))
}
