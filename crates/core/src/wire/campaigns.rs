//! What campaigns are told and asked besides `decide`.

use serde_json::Value;

use super::options::{Options, instant};
use super::{at, to_json};
use crate::campaign::{LiftParams, Outcome};
use crate::engine::Engine;
use crate::error::{Error, ErrorCode, Result};
use crate::event::Rejected;

/// [`Engine::decide_one`] as JSON text. Options: `asOf`.
///
/// # Errors
/// Those of [`Engine::decide_one`].
pub fn decide_one_json(engine: &mut Engine, customer_id: &str, options: &str) -> Result<String> {
    to_json(&engine.decide_one(customer_id, at(options)?)?)
}

/// [`Engine::next_best_actions`] as JSON text. Options: `asOf`.
///
/// # Errors
/// Those of [`Engine::next_best_actions`].
pub fn next_best_actions_json(engine: &Engine, customer_id: &str, options: &str) -> Result<String> {
    to_json(&engine.next_best_actions(customer_id, at(options)?)?)
}

/// [`Engine::tick`] as JSON text. Options: `asOf`.
///
/// # Errors
/// Those of [`Engine::tick`].
pub fn tick_json(engine: &mut Engine, options: &str) -> Result<String> {
    to_json(&engine.tick(at(options)?)?)
}

/// [`Engine::next_due`] as JSON text, null where nothing will be due. Options: `asOf`.
///
/// # Errors
/// Those of [`Engine::next_due`].
pub fn next_due_json(engine: &Engine, options: &str) -> Result<String> {
    to_json(&engine.next_due(at(options)?)?)
}

/// [`Engine::outcomes`] as JSON text.
///
/// # Errors
/// Those of [`to_json`].
pub fn outcomes_json(engine: &Engine) -> Result<String> {
    to_json(&engine.outcomes())
}

/// [`Engine::lift`] as JSON text. Options: `asOf`, `since`, `level` (0.95 by default), `effect` (0.02).
///
/// # Errors
/// Those of [`Engine::lift`].
pub fn lift_json(engine: &Engine, options: &str) -> Result<String> {
    let options = Options::read(options, &["asOf", "since", "level", "effect"])?;
    let default = LiftParams::default();
    let params = LiftParams {
        since: options.instant("since")?,
        level: options.number("level")?.unwrap_or(default.level),
        effect: options.number("effect")?.unwrap_or(default.effect),
    };
    to_json(&engine.lift(options.as_of()?, &params)?)
}

/// [`Engine::record`] as JSON text. `outcomes` is an array of objects with `decision_id`,
/// `customer_id`, `kind`, `at`, and perhaps `value` and `channel`; an instant is a text in ISO 8601
/// or milliseconds since 1970. One that cannot be read is in the report.
///
/// # Errors
/// `argument` when `outcomes` is no array.
pub fn record_json(engine: &mut Engine, outcomes: &str) -> Result<String> {
    let Ok(Value::Array(rows)) = serde_json::from_str(outcomes) else {
        return Err(Error::argument("outcomes", "expected a list of objects"));
    };
    let (mut read, mut places, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
    for (index, row) in rows.into_iter().enumerate() {
        match outcome(row) {
            Ok(outcome) => {
                read.push(outcome);
                places.push(index);
            }
            Err(error) => rejected.push(Rejected::new(index, &error)),
        }
    }
    let mut report = engine.record(&read);
    for refused in &mut report.rejected {
        refused.index = places.get(refused.index).copied().unwrap_or_default();
    }
    report.rejected.extend(rejected);
    report.rejected.sort_by_key(|refused| refused.index);
    to_json(&report)
}

fn outcome(mut row: Value) -> Result<Outcome> {
    if let Some(at) = row.get_mut("at") {
        let text = instant(at).map_err(|error| error.at_path("at"))?.to_string();
        *at = text.into();
    }
    serde_json::from_value(row).map_err(|error| {
        Error::new(ErrorCode::Argument, "outcome", super::in_words(&error.to_string()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Bundle;
    use crate::playbook::Playbook;

    #[test]
    fn an_outcome_that_cannot_be_read_is_in_the_report_at_its_place() {
        let playbook = Playbook::parse("[playbook]\nname = \"acme\"").unwrap();
        let mut engine = Engine::new(Bundle::new(playbook, None).unwrap());
        let rows = r#"[
            {"decision_id": "00", "customer_id": "a", "kind": "opened", "at": 0},
            {"decision_id": "00", "customer_id": "a", "kind": "eaten", "at": "2026-03-01"},
            {"decision_id": "00", "customer_id": "a", "kind": "opened", "at": "soon"},
            {"decision_id": "00", "customer_id": "a", "kind": "opened", "at": 0, "vlaue": 1}
        ]"#;
        let report: Value = serde_json::from_str(&record_json(&mut engine, rows).unwrap()).unwrap();
        let refused = report["rejected"].as_array().unwrap();
        let codes: Vec<_> =
            refused.iter().map(|no| (no["index"].clone(), no["code"].clone())).collect();
        let code = |at: usize, code: &str| (Value::from(at), Value::from(code));
        assert_eq!(
            codes,
            [
                code(0, "unknown_customer"),
                code(1, "argument"),
                code(2, "argument"),
                code(3, "argument"),
            ]
        );
        assert!(refused[3]["message"].as_str().unwrap().contains("`vlaue`"));
        assert!(record_json(&mut engine, "{}").is_err());
    }
}
