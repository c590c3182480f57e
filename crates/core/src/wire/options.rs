//! The options of a call: a JSON object with known keys, in JavaScript's spelling.

use serde_json::{Map, Value};

use crate::error::{Error, Result, did_you_mean};
use crate::features::{CutOffs, Every, Grid};
use crate::time::Timestamp;

/// The options of a call. A key that is null is as one that is not there; an error names its key.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    given: Map<String, Value>,
}

impl Options {
    /// Reads options, which have no other keys than `keys`.
    ///
    /// # Errors
    /// `argument` when `json` is no object, or has another key.
    pub fn read(json: &str, keys: &[&str]) -> Result<Self> {
        let given = serde_json::from_str(json).map_err(|error| not_json("options", &error))?;
        let Value::Object(given) = given else {
            let known: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
            let message = format!("expected an object with {}", known.join(", "));
            return Err(Error::argument("options", message));
        };
        check_keys("options", &given, keys)?;
        Ok(Self { given })
    }

    /// The value of a key, as it is.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.given.get(key).filter(|value| !value.is_null())
    }

    /// The value of `key` as `read` gives it; `expected` is what an error says it should be.
    fn typed<'a, T>(
        &'a self,
        key: &str,
        expected: &str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(value) = self.given.get(key).filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        read(value).map(Some).ok_or_else(|| unexpected(key, expected, value))
    }

    /// A text.
    ///
    /// # Errors
    /// `argument` when it is none.
    pub fn text(&self, key: &str) -> Result<Option<&str>> {
        self.typed(key, "a text", Value::as_str)
    }

    /// A number.
    ///
    /// # Errors
    /// `argument` when it is none.
    pub fn number(&self, key: &str) -> Result<Option<f64>> {
        self.typed(key, "a number", Value::as_f64)
    }

    /// True or false.
    ///
    /// # Errors
    /// `argument` when it is neither.
    pub fn flag(&self, key: &str) -> Result<Option<bool>> {
        self.typed(key, "true or false", Value::as_bool)
    }

    /// A whole number, which may be negative.
    ///
    /// # Errors
    /// `argument` when it is none.
    pub fn whole(&self, key: &str) -> Result<Option<i64>> {
        self.typed(key, "a whole number", Value::as_i64)
    }

    /// How many.
    ///
    /// # Errors
    /// `argument` when it is no whole number, or negative.
    pub fn count(&self, key: &str) -> Result<Option<usize>> {
        self.typed(key, "a whole number, not negative", |value| {
            usize::try_from(value.as_u64()?).ok()
        })
    }

    /// Values by their names.
    ///
    /// # Errors
    /// `argument` when it is no object.
    pub fn object(&self, key: &str) -> Result<Option<&Map<String, Value>>> {
        self.typed(key, "an object", Value::as_object)
    }

    /// Columns to rename, from and to, in order.
    ///
    /// # Errors
    /// `argument` when it is no object of texts.
    pub fn renames(&self, key: &str) -> Result<Vec<(String, String)>> {
        let mut columns = Vec::new();
        for (from, to) in self.object(key)?.into_iter().flatten() {
            let to = to.as_str().ok_or_else(|| {
                Error::argument(&snake(key), format!("expected a name for `{from}`"))
            })?;
            columns.push((from.clone(), to.to_owned()));
        }
        columns.sort_unstable();
        Ok(columns)
    }

    /// Several values.
    ///
    /// # Errors
    /// `argument` when it is no array.
    pub fn list(&self, key: &str) -> Result<Option<&[Value]>> {
        self.typed(key, "a list", |value| Some(value.as_array()?.as_slice()))
    }

    /// Several texts.
    ///
    /// # Errors
    /// `argument` when it is no array of texts.
    pub fn texts(&self, key: &str) -> Result<Option<Vec<&str>>> {
        self.typed(key, "a list of texts", |value| {
            value.as_array()?.iter().map(Value::as_str).collect()
        })
    }

    /// What has to be there.
    ///
    /// # Errors
    /// `argument` when it is not.
    pub fn need<T>(key: &str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| Error::argument(&snake(key), "is missing"))
    }

    /// An instant, where it is given: a text in ISO 8601, or milliseconds since 1970.
    ///
    /// # Errors
    /// `argument` when it is none.
    pub fn instant(&self, key: &str) -> Result<Option<Timestamp>> {
        let value = self.value(key);
        value.map(|value| instant(value).map_err(|error| error.at_path(snake(key)))).transpose()
    }

    /// The instant that a question is about: `asOf`, which has to be there.
    ///
    /// # Errors
    /// `argument` when it is not there, or no instant.
    pub fn as_of(&self) -> Result<Timestamp> {
        self.given.get("asOf").map_or_else(|| Err(no_instant()), instant)
    }

    /// The instants of `asOf`: one, a list of them, or `{from, to, every}`; each customer's own
    /// where it is not there.
    ///
    /// # Errors
    /// `argument` when it is none of these.
    pub fn cut_offs(&self) -> Result<CutOffs> {
        self.given.get("asOf").map_or(Ok(CutOffs::PerCustomer), of_value)
    }
}

/// `asOf` as errors and Python have it: `as_of`.
fn snake(key: &str) -> String {
    let mut name = String::with_capacity(key.len() + 2);
    for letter in key.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

fn unexpected(key: &str, expected: &str, found: &Value) -> Error {
    Error::argument(&snake(key), format!("expected {expected}, found `{found}`"))
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
pub(super) fn instant(value: &Value) -> Result<Timestamp> {
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

    fn read(json: &str) -> Result<Options> {
        Options::read(json, &["asOf", "top", "nJobs", "changes", "names"])
    }

    #[test]
    fn values_are_read_and_null_is_not_there() {
        let options = read(r#"{"top": 2, "nJobs": -1, "changes": {"a": 1}, "names": ["a"]}"#);
        let options = options.unwrap();
        assert_eq!(options.count("top").unwrap(), Some(2));
        assert_eq!(options.number("top").unwrap(), Some(2.0));
        assert_eq!(options.whole("nJobs").unwrap(), Some(-1));
        assert_eq!(options.object("changes").unwrap().unwrap()["a"], 1);
        assert_eq!(options.texts("names").unwrap(), Some(vec!["a"]));
        assert_eq!(options.list("names").unwrap().unwrap().len(), 1);
        assert_eq!(read(r#"{"top": null}"#).unwrap().count("top").unwrap(), None);
        assert_eq!(read("{}").unwrap().flag("top").unwrap(), None);
    }

    #[test]
    fn instants_are_texts_or_milliseconds() {
        let first = Timestamp::parse("2026-01-01").unwrap();
        let as_of = |json: &str| read(json)?.as_of();
        assert_eq!(as_of(r#"{"asOf": 1767225600000}"#).unwrap(), first);
        assert_eq!(read(r#"{"top": "2026-01-01"}"#).unwrap().instant("top").unwrap(), Some(first));
        for wrong in ["{}", r#"{"asOf": []}"#, r#"{"asOf": null}"#, "["] {
            assert!(as_of(wrong).is_err(), "{wrong}");
        }
        assert_eq!(cut_offs("\"2026-01-01\"").unwrap(), CutOffs::from(first));
        let grid = cut_offs(r#"{"from": "2026-01-01", "to": 1767225600000, "every": "month"}"#);
        assert_eq!(grid.unwrap(), Grid { from: first, to: first, every: Every::Month }.into());
        assert!(cut_offs("[").is_err());
    }

    #[test]
    fn what_is_wrong_is_named_as_errors_have_it() {
        let wrong = |json: &str, read_key: fn(&Options) -> Result<()>| {
            read(json).and_then(|options| read_key(&options)).unwrap_err().to_string()
        };
        for (error, message) in [
            (
                wrong("[]", |_| Ok(())),
                "`options`: expected an object with `asOf`, `top`, `nJobs`, `changes`, `names`",
            ),
            (wrong(r#"{"tops": 1}"#, |_| Ok(())), "`options`: `tops` is not an option"),
            (
                wrong(r#"{"top": -1}"#, |options| options.count("top").map(drop)),
                "`top`: expected a whole number, not negative, found `-1`",
            ),
            (
                wrong(r#"{"nJobs": 1.5}"#, |options| options.whole("nJobs").map(drop)),
                "`n_jobs`: expected a whole number, found `1.5`",
            ),
            (
                wrong(r#"{"top": 1}"#, |options| options.flag("top").map(drop)),
                "`top`: expected true or false, found `1`",
            ),
            (
                wrong(r#"{"names": [1]}"#, |options| options.texts("names").map(drop)),
                "`names`: expected a list of texts, found `[1]`",
            ),
            (
                wrong("{}", |options| Options::need("nJobs", options.text("nJobs")?).map(drop)),
                "`n_jobs`: is missing",
            ),
            (
                wrong(r#"{"top": "soon"}"#, |options| options.instant("top").map(drop)),
                "`top`: `soon` is not a date or time; expected ISO 8601, for instance `2026-11-21T10:00:00Z`",
            ),
        ] {
            assert!(error.starts_with(&format!("argument {message}")), "{error}");
        }
    }
}
