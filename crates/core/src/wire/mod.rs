//! The documents lane: questions and answers as JSON text, the same for every host.
//!
//! A binding hands text in and text out; numbers are written with the fewest digits that read back
//! to the same bits. Bulk data goes as columns instead (see [`crate::columns`]).

pub mod bandit;
mod campaigns;
mod cohorts;
pub mod experiment;
mod explain;
mod health;
mod lifecycle;
mod options;
mod replay;
mod tables;

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::bundle::Bundle;
use crate::columns::{ColumnData, Frame};
use crate::describe::describe;
use crate::engine::{Engine, ReasonParams, RecourseQuestion, ScoreParams};
use crate::error::{Error, Position, Result};
use crate::features::{CutOffs, FeatureTable};
use crate::playbook::{Playbook, Reports};
use crate::threads;
use crate::time::Timestamp;

pub use campaigns::{
    decide_one_json, lift_json, next_best_actions_json, next_due_json, outcomes_json, record_json,
    tick_json,
};
pub use cohorts::cohorts_json;
pub use explain::{Explained, explain, explain_rows};
pub use health::{
    account_health_json, health_change_json, health_history_json, health_overrides_json,
    lift_health_override_json, override_health_json,
};
pub use lifecycle::{rfm_json, row_jobs, segment_counts_json, segments_of_json, transitions_json};
pub use options::{Options, cut_offs};
pub use replay::{compare_json, replay_json};
pub use tables::TableOptions;

/// A feature table as rows, with the report of what it was made from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureRows {
    /// One object a row: `customer_id`, `as_of`, then the features; null where missing.
    pub rows: Vec<Map<String, Value>>,
    /// The rows of events and customers that were refused.
    pub report: Reports,
}

/// What a host makes an exception of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorDocument {
    /// The stable code.
    pub code: String,
    /// The whole sentence.
    pub message: String,
    /// The key, column or argument it is about.
    pub path: Option<String>,
    /// Where in the playbook's text.
    pub position: Option<Position>,
}

impl From<&Error> for ErrorDocument {
    fn from(error: &Error) -> Self {
        Self {
            code: error.code().as_str().to_owned(),
            message: error.to_string(),
            path: error.path().map(str::to_owned),
            position: error.position(),
        }
    }
}

/// A document as text.
///
/// # Errors
/// `internal` when it cannot be written, which none of the core's documents is.
pub fn to_json<T: Serialize + ?Sized>(document: &T) -> Result<String> {
    serde_json::to_string(document)
        .map_err(|error| Error::internal(format!("a document cannot be written: {error}")))
}

/// A document that a host gives as text; `name` is the argument that it is.
///
/// # Errors
/// `argument` when it is not such a document.
pub fn from_json<T: DeserializeOwned>(json: &str, name: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| {
        // The text is one line that the host has made: a place in it means nothing to a reader.
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = error.to_string();
        let message = message.strip_suffix(&place).unwrap_or(&message);
        Error::argument(name, in_words(message))
    })
}

/// What `serde` says of a wrong value, without the names of Rust's types.
fn in_words(message: &str) -> Cow<'_, str> {
    let Some((rest, expected)) = message.rsplit_once("expected ") else { return message.into() };
    let words = match expected {
        "u32" | "u64" | "usize" => "a whole number, not negative",
        "i64" => "a whole number",
        "f64" => "a number",
        named if named.starts_with("struct ") => "an object",
        _ => return message.into(),
    };
    format!("{rest}expected {words}").into()
}

/// The instant that a host gives as text.
///
/// # Errors
/// `argument` when it is not one in ISO 8601.
pub fn as_of(text: &str) -> Result<Timestamp> {
    Timestamp::parse(text).map_err(|error| Error::argument("as_of", error.message()))
}

/// [`Playbook::features`] as rows.
///
/// # Errors
/// Those of [`Playbook::features`].
pub fn features(
    playbook: &Playbook,
    events: &Frame,
    customers: Option<&Frame>,
    as_of: impl Into<CutOffs>,
) -> Result<FeatureRows> {
    let features = playbook.features(events, customers, as_of, Some(1))?;
    Ok(FeatureRows { rows: rows(&features.table), report: features.report })
}

/// [`describe`] as JSON text.
///
/// # Errors
/// Those of [`describe`].
pub fn describe_json(events: &Frame, customers: Option<&Frame>) -> Result<String> {
    to_json(&describe(events, customers)?)
}

/// The playbook that [`Playbook::suggest`] writes.
///
/// # Errors
/// Those of [`Playbook::suggest`].
pub fn suggest(events: &Frame, customers: Option<&Frame>) -> Result<Playbook> {
    Playbook::parse(&Playbook::suggest(events, customers)?)
}

/// [`features`] as JSON text.
///
/// # Errors
/// Those of [`Playbook::features`].
pub fn features_json(
    playbook: &Playbook,
    events: &Frame,
    customers: Option<&Frame>,
    as_of: impl Into<CutOffs>,
) -> Result<String> {
    to_json(&features(playbook, events, customers, as_of)?)
}

/// [`Playbook::definitions`] as JSON text.
///
/// # Errors
/// Those of [`to_json`].
pub fn definitions_json(playbook: &Playbook) -> Result<String> {
    to_json(&playbook.definitions())
}

/// [`Playbook::lint`] as JSON text.
///
/// # Errors
/// Those of [`to_json`].
pub fn lint_json(playbook: &Playbook) -> Result<String> {
    to_json(&playbook.lint())
}

/// [`Playbook::lineage`] as JSON text.
///
/// # Errors
/// Those of [`Playbook::lineage`].
pub fn lineage_json(playbook: &Playbook, feature: &str) -> Result<String> {
    to_json(&playbook.lineage(feature)?)
}

/// [`Engine::ingest`], and [`Engine::upsert_customers`] before it where customers are given, as
/// the JSON text of [`Reports`].
///
/// # Errors
/// Those of both; where the customers are refused as a whole, no event is taken in.
pub fn ingest_json(
    engine: &mut Engine,
    events: &Frame,
    customers: Option<&Frame>,
) -> Result<String> {
    to_json(&engine.ingest_tables(events, customers)?)
}

/// [`Engine::score_with`] as JSON text. Options: `asOf`, `reasons`.
///
/// # Errors
/// Those of [`Engine::score`].
pub fn score_json(engine: &Engine, customer_id: &str, options: &str) -> Result<String> {
    let (as_of, params) = scored(options)?;
    to_json(&engine.score_with(customer_id, as_of, params)?)
}

/// What is asked of scores.
fn scored(options: &str) -> Result<(Timestamp, ScoreParams)> {
    let options = Options::read(options, &["asOf", "reasons"])?;
    let reasons = options.flag("reasons")?.unwrap_or(ScoreParams::default().reasons);
    Ok((options.as_of()?, ScoreParams { reasons }))
}

/// [`Engine::reasons`] as JSON text. Options: `asOf`, `top`, `actionable`.
///
/// # Errors
/// Those of [`Engine::reasons`].
pub fn reasons_json(engine: &Engine, customer_id: &str, options: &str) -> Result<String> {
    let options = Options::read(options, &["asOf", "top", "actionable"])?;
    let params = ReasonParams {
        top: options.count("top")?,
        actionable: options.flag("actionable")?.unwrap_or_default(),
    };
    to_json(&engine.reasons(customer_id, options.as_of()?, params)?)
}

/// [`Engine::what_if`] as JSON text. Options: `asOf`, `changes`.
///
/// # Errors
/// Those of [`Engine::what_if`].
pub fn what_if_json(engine: &Engine, customer_id: &str, options: &str) -> Result<String> {
    let options = Options::read(options, &["asOf", "changes"])?;
    let changes = Options::need("changes", options.object("changes")?)?;
    to_json(&engine.what_if(customer_id, options.as_of()?, changes)?)
}

/// [`Engine::recourse`] as JSON text. Options: `asOf`, `threshold`, `features`, `maxChanges`.
///
/// # Errors
/// Those of [`Engine::recourse`].
pub fn recourse_json(engine: &Engine, customer_id: &str, options: &str) -> Result<String> {
    let options = Options::read(options, &["asOf", "threshold", "features", "maxChanges"])?;
    let features = options.texts("features")?;
    let question = RecourseQuestion {
        threshold: Options::need("threshold", options.number("threshold")?)?,
        features: features.map(|names| names.into_iter().map(str::to_owned).collect()),
        max_changes: options.count("maxChanges")?,
    };
    to_json(&engine.recourse(customer_id, options.as_of()?, &question)?)
}

/// [`Engine::features`] as a JSON object, in the playbook's order; null where missing. Options:
/// `asOf`.
///
/// # Errors
/// Those of [`Engine::features`].
pub fn engine_features_json(engine: &Engine, customer_id: &str, options: &str) -> Result<String> {
    let values = engine.features(customer_id, at(options)?)?;
    let specs = &engine.bundle().playbook().feature_set().specs;
    let features = specs.iter().zip(values).map(|(spec, value)| (spec.name.clone(), value.json()));
    to_json(&features.collect::<Map<String, Value>>())
}

/// [`Engine::score_all_with`] as JSON text. Options: `asOf`, `reasons`.
///
/// # Errors
/// Those of [`Engine::score_all`].
pub fn score_all_json(engine: &Engine, options: &str) -> Result<String> {
    let (as_of, params) = scored(options)?;
    to_json(&engine.score_all_with(as_of, params)?)
}

/// [`Engine::decide_on`] as JSON text. Options: `asOf`, `nJobs`; all cores by default.
///
/// # Errors
/// Those of [`Engine::decide`]; `argument` when `nJobs` is neither −1 nor 1 to 1024.
pub fn decide_json(engine: &mut Engine, options: &str) -> Result<String> {
    let options = Options::read(options, &["asOf", "nJobs"])?;
    let threads = threads::count(options.whole("nJobs")?)?;
    to_json(&engine.decide_on(options.as_of()?, threads)?)
}

/// [`Engine::forget`], and how many events it forgot. Options: `asOf`.
///
/// # Errors
/// Those of [`Engine::forget`].
pub fn forget_json(engine: &mut Engine, options: &str) -> Result<String> {
    to_json(&engine.forget(at(options)?)?)
}

/// The instant of `{asOf}`, where there is no other option.
fn at(options: &str) -> Result<Timestamp> {
    Options::read(options, &["asOf"])?.as_of()
}

/// [`Bundle::score_frame`] as a JSON array of probabilities.
///
/// # Errors
/// Those of [`Bundle::score_frame`].
pub fn score_rows_json(bundle: &Bundle, rows: &Frame) -> Result<String> {
    to_json(&bundle.score_frame(rows)?)
}

/// The rows of a feature table as objects.
#[must_use]
pub fn rows(table: &FeatureTable) -> Vec<Map<String, Value>> {
    let columns: Vec<(&str, ColumnData)> =
        table.columns.iter().map(|column| (column.name.as_str(), column.data())).collect();
    let row = |at: usize| {
        let mut object = Map::new();
        object.insert("customer_id".to_owned(), table.keys.customer_id(at).into());
        object.insert("as_of".to_owned(), table.keys.as_of(at).to_string().into());
        for (name, data) in &columns {
            let value = match data {
                // A number stays one with a point, and NaN is null.
                ColumnData::Number(rows) => Value::from(rows[at]),
                ColumnData::Integer(_) => data.value(at).as_f64().into(),
                data => data.value(at),
            };
            object.insert((*name).to_owned(), value);
        }
        object
    };
    (0..table.len()).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Named {
        #[expect(dead_code, reason = "only read")]
        name: String,
    }

    #[test]
    fn what_is_wrong_with_a_document_is_said_without_places_and_types_of_rust() {
        assert_eq!(from_json::<Vec<u32>>("[1, 2]", "rows").unwrap(), [1, 2]);
        for (json, message) in [
            ("[-1]", "invalid value: integer `-1`, expected a whole number, not negative"),
            ("[1.5]", "invalid type: floating point `1.5`, expected a whole number, not negative"),
            ("{}", "invalid type: map, expected a sequence"),
        ] {
            let error = from_json::<Vec<u32>>(json, "rows").unwrap_err();
            assert_eq!(error.to_string(), format!("argument `rows`: {message}"));
        }
        for (error, expected) in [
            (from_json::<f64>("null", "share").unwrap_err(), "a number"),
            (from_json::<Named>("7", "share").unwrap_err(), "an object"),
            (from_json::<Named>("{}", "share").unwrap_err(), "missing field `name`"),
        ] {
            assert!(error.to_string().ends_with(expected), "{error}");
        }
    }
}
