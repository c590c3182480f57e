//! What a host asks of a table: `{asOf, columns, nJobs, horizon, gap, censored}` as JSON.

use serde_json::{Map, Value};

use crate::engine::ReasonParams;
use crate::error::{Error, Result, did_you_mean};
use crate::features::{CutOffs, Every, Grid, TrainingOptions};
use crate::time::Timestamp;

/// The options of a table of features or of a training set, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct TableOptions {
    /// The instants. Where the document does not say, each customer's own.
    pub as_of: CutOffs,
    /// Columns of the events to rename, from and to, in order.
    pub columns: Vec<(String, String)>,
    /// How a training set departs from the playbook, and how many threads work.
    pub training: TrainingOptions,
}

impl TableOptions {
    /// The options of a table of features: `asOf`, `columns`, `nJobs`.
    ///
    /// # Errors
    /// `argument` for a key that there is not, or a value that is not what its key says.
    pub fn of_features(json: &str) -> Result<Self> {
        Self::read(json, &["asOf", "columns", "nJobs"])
    }

    /// The options of two tables that are only read: `columns`.
    ///
    /// # Errors
    /// As [`TableOptions::of_features`].
    pub fn of_tables(json: &str) -> Result<Self> {
        Self::read(json, &["columns"])
    }

    /// The options of a training set: also `horizon`, `gap`, `censored`.
    ///
    /// # Errors
    /// As [`TableOptions::of_features`].
    pub fn of_training_set(json: &str) -> Result<Self> {
        Self::read(json, &["asOf", "columns", "nJobs", "horizon", "gap", "censored"])
    }

    fn read(json: &str, keys: &[&str]) -> Result<Self> {
        let given = object(json, keys)?;
        let text = |key: &str| match given.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(other) => Err(Error::argument(key, format!("expected a text, found `{other}`"))),
        };
        let n_jobs = match given.get("nJobs") {
            None | Some(Value::Null) => None,
            Some(jobs) => Some(jobs.as_i64().ok_or_else(|| {
                Error::argument("n_jobs", format!("expected a whole number, found `{jobs}`"))
            })?),
        };
        let mut columns = Vec::new();
        match given.get("columns") {
            None | Some(Value::Null) => {}
            Some(Value::Object(renamed)) => {
                for (from, to) in renamed {
                    let to = to.as_str().ok_or_else(|| {
                        Error::argument("columns", format!("expected a name for `{from}`"))
                    })?;
                    columns.push((from.clone(), to.to_owned()));
                }
            }
            Some(other) => {
                let message = format!("expected an object of names, found `{other}`");
                return Err(Error::argument("columns", message));
            }
        }
        columns.sort_unstable();
        Ok(Self {
            as_of: given.get("asOf").map_or(Ok(CutOffs::PerCustomer), of_value)?,
            columns,
            training: TrainingOptions::read(
                text("horizon")?,
                text("gap")?,
                text("censored")?,
                n_jobs,
            )?,
        })
    }
}

/// The instant of `{asOf}`.
///
/// # Errors
/// `argument` when it is none, or another key is there.
pub fn at(json: &str) -> Result<Timestamp> {
    object(json, &["asOf"])?.get("asOf").map_or_else(|| Err(no_instant()), instant)
}

/// The instant and what is asked of reasons: `{asOf, top, actionable}`.
///
/// # Errors
/// `argument` when a value is not what its key says, or another key is there.
pub fn of_reasons(json: &str) -> Result<(Timestamp, ReasonParams)> {
    let given = object(json, &["asOf", "top", "actionable"])?;
    let as_of = given.get("asOf").map_or_else(|| Err(no_instant()), instant)?;
    let top = match given.get("top") {
        None | Some(Value::Null) => None,
        Some(top) => {
            Some(top.as_u64().and_then(|top| usize::try_from(top).ok()).ok_or_else(|| {
                Error::argument("top", format!("expected a whole number, found `{top}`"))
            })?)
        }
    };
    let actionable = match given.get("actionable") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(truth)) => *truth,
        Some(other) => {
            let message = format!("expected true or false, found `{other}`");
            return Err(Error::argument("actionable", message));
        }
    };
    Ok((as_of, ReasonParams { top, actionable }))
}

/// Cut-offs as JSON: an instant, a list of them, or `{from, to, every}`.
///
/// # Errors
/// `argument` when the text is none of these.
pub fn cut_offs(json: &str) -> Result<CutOffs> {
    let value = serde_json::from_str(json).map_err(|error| not_json("as_of", &error))?;
    of_value(&value)
}

fn of_value(value: &Value) -> Result<CutOffs> {
    Ok(match value {
        Value::Array(instants) => CutOffs::At(instants.iter().map(instant).collect::<Result<_>>()?),
        Value::Object(grid) => CutOffs::Grid(of_grid(grid)?),
        one => CutOffs::At(vec![instant(one)?]),
    })
}

fn of_grid(given: &Map<String, Value>) -> Result<Grid> {
    check_keys("as_of", given, &["from", "to", "every"])?;
    let need = |key: &str| {
        let expected =
            || Error::argument("as_of", format!("`{key}` of `{{from, to, every}}` is missing"));
        given.get(key).ok_or_else(expected)
    };
    let every = need("every")?;
    let every = every.as_str().ok_or_else(|| {
        let message =
            format!("expected `month`, `week`, `day` or a length such as `7d`, found `{every}`");
        Error::argument("as_of.every", message)
    })?;
    let end =
        |key: &str| instant(need(key)?).map_err(|error| error.at_path(format!("as_of.{key}")));
    Ok(Grid { from: end("from")?, to: end("to")?, every: Every::parse(every)? })
}

/// An instant: a text in ISO 8601, or milliseconds since 1970.
fn instant(value: &Value) -> Result<Timestamp> {
    if let Some(text) = value.as_str() {
        return super::as_of(text);
    }
    let millis = value.as_f64().ok_or_else(no_instant)?;
    #[expect(clippy::cast_possible_truncation, reason = "out of range stays out of range")]
    Timestamp::from_micros((millis * 1000.0).floor() as i64)
        .map_err(|error| Error::argument("as_of", error.message()))
}

/// What JSON makes of a `Date` that is not valid is null.
fn no_instant() -> Error {
    let expected = "expected a valid `Date`, an ISO 8601 text or milliseconds since 1970";
    Error::argument("as_of", expected)
}

fn object(json: &str, keys: &[&str]) -> Result<Map<String, Value>> {
    let given = serde_json::from_str(json).map_err(|error| not_json("options", &error))?;
    let Value::Object(given) = given else {
        return Err(Error::argument("options", "expected an object with `asOf`"));
    };
    check_keys("options", &given, keys)?;
    Ok(given)
}

fn check_keys(name: &str, given: &Map<String, Value>, keys: &[&str]) -> Result<()> {
    match given.keys().find(|key| !keys.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let near = did_you_mean(key, keys.iter().copied());
            Err(Error::argument(name, format!("`{key}` is not an option{near}")))
        }
    }
}

fn not_json(name: &str, error: &serde_json::Error) -> Error {
    Error::argument(name, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Censored;
    use crate::time::Span;

    #[test]
    fn options_are_read() {
        let first = Timestamp::parse("2026-01-01").unwrap();
        let read = TableOptions::of_training_set(
            r#"{"asOf": ["2026-01-01", 1767225600000], "columns": {"who": "customer_id", "at": "timestamp"},
                "nJobs": 2, "horizon": "60d", "gap": "7d", "censored": "keep"}"#,
        )
        .unwrap();
        assert_eq!(read.as_of, CutOffs::At(vec![first, first]));
        let names = |(from, to): (&str, &str)| (from.to_owned(), to.to_owned());
        assert_eq!(read.columns, [("at", "timestamp"), ("who", "customer_id")].map(names));
        let training = TrainingOptions {
            horizon: Some(Span::days(60)),
            gap: Some(Span::days(7)),
            censored: Censored::Keep,
            n_jobs: Some(2),
        };
        assert_eq!(read.training, training);
        assert_eq!(TableOptions::of_features("{}").unwrap().as_of, CutOffs::PerCustomer);
        assert_eq!(cut_offs("\"2026-01-01\"").unwrap(), CutOffs::from(first));
        let grid = cut_offs(r#"{"from": "2026-01-01", "to": 1767225600000, "every": "month"}"#);
        assert_eq!(grid.unwrap(), Grid { from: first, to: first, every: Every::Month }.into());
        assert_eq!(at(r#"{"asOf": 1767225600000}"#).unwrap(), first);
    }

    #[test]
    fn what_is_asked_of_reasons_is_read() {
        let first = Timestamp::parse("2026-01-01").unwrap();
        let read = of_reasons(r#"{"asOf": "2026-01-01", "top": 2, "actionable": true}"#).unwrap();
        assert_eq!(read, (first, ReasonParams { top: Some(2), actionable: true }));
        let read = of_reasons(r#"{"asOf": "2026-01-01"}"#).unwrap();
        assert_eq!(read, (first, ReasonParams::default()));
        for (json, message) in [
            (r#"{"asOf": 0, "top": -1}"#, "`top`: expected a whole number, found `-1`"),
            (r#"{"asOf": 0, "actionable": 1}"#, "`actionable`: expected true or false, found `1`"),
            (r#"{"asOf": 0, "tops": 1}"#, "`options`: `tops` is not an option"),
        ] {
            let error = of_reasons(json).unwrap_err().to_string();
            assert!(error.starts_with(&format!("argument {message}")), "{error}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, message) in [
            ("7", "`options`: expected an object with `asOf`"),
            (r#"{"asof": 0}"#, "`options`: `asof` is not an option; did you mean `asOf`?"),
            (r#"{"horizon": "3d"}"#, "`options`: `horizon` is not an option"),
            (
                r#"{"asOf": null}"#,
                "`as_of`: expected a valid `Date`, an ISO 8601 text or milliseconds since 1970",
            ),
            (r#"{"asOf": {}}"#, "`as_of`: `every` of `{from, to, every}` is missing"),
            (
                r#"{"asOf": {"from": 0, "to": "soon", "every": "7d"}}"#,
                "`as_of.to`: `soon` is not a date or time; expected ISO 8601, for instance `2026-11-21T10:00:00Z`",
            ),
            (
                r#"{"asOf": {"from": 0, "to": 1, "every": 7}}"#,
                "`as_of.every`: expected `month`, `week`, `day` or a length such as `7d`, found `7`",
            ),
            (
                r#"{"asOf": {"from": 0, "till": 1, "every": "7d"}}"#,
                "`as_of`: `till` is not an option",
            ),
            (r#"{"asOf": 0, "columns": {"a": 1}}"#, "`columns`: expected a name for `a`"),
            (
                r#"{"asOf": 0, "columns": "a"}"#,
                "`columns`: expected an object of names, found `\"a\"`",
            ),
            (r#"{"asOf": 0, "nJobs": 1.5}"#, "`n_jobs`: expected a whole number, found `1.5`"),
        ] {
            let error = TableOptions::of_features(json).unwrap_err();
            assert_eq!(error.to_string(), format!("argument {message}"));
        }
        let wrong = TableOptions::of_training_set(r#"{"asOf": 0, "gap": 3}"#).unwrap_err();
        assert_eq!(wrong.to_string(), "argument `gap`: expected a text, found `3`");
        assert!(at("{}").is_err() && at(r#"{"asOf": []}"#).is_err() && at("[").is_err());
        assert!(cut_offs("[").is_err());
    }
}
