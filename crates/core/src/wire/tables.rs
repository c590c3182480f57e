//! What a host asks of a table: `{asOf, columns, nJobs, horizon, gap, censored}` as JSON.

use super::options::Options;
use crate::error::Result;
use crate::features::{CutOffs, TrainingOptions};

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
        let options = Options::read(json, keys)?;
        Ok(Self {
            as_of: options.cut_offs()?,
            columns: options.renames("columns")?,
            training: TrainingOptions::read(
                options.text("horizon")?,
                options.text("gap")?,
                options.text("censored")?,
                options.whole("nJobs")?,
            )?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Censored;
    use crate::time::{Span, Timestamp};

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
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, message) in [
            ("7", "`options`: expected an object with `asOf`, `columns`, `nJobs`"),
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
            (r#"{"asOf": 0, "columns": "a"}"#, "`columns`: expected an object, found `\"a\"`"),
            (r#"{"asOf": 0, "nJobs": 1.5}"#, "`n_jobs`: expected a whole number, found `1.5`"),
        ] {
            let error = TableOptions::of_features(json).unwrap_err();
            assert_eq!(error.to_string(), format!("argument {message}"));
        }
        let wrong = TableOptions::of_training_set(r#"{"asOf": 0, "gap": 3}"#).unwrap_err();
        assert_eq!(wrong.to_string(), "argument `gap`: expected a text, found `3`");
    }
}
