//! The space that is searched: names of parameters, with the values that each may take.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use stayput_core::{Error, Result, math};

use crate::params::Algorithm;

/// The values that a parameter may take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Dimension {
    /// A number between two others, ends included.
    Float {
        /// The least.
        low: f64,
        /// The greatest.
        high: f64,
        /// Whether ratios count and not differences: what is drawn evenly is the logarithm.
        #[serde(default)]
        log: bool,
    },
    /// A whole number between two others, ends included.
    Int {
        /// The least.
        low: i64,
        /// The greatest.
        high: i64,
        /// Whether ratios count and not differences.
        #[serde(default)]
        log: bool,
    },
    /// One of several values without an order.
    Choice {
        /// Texts, numbers, booleans or null, each once.
        values: Vec<Value>,
    },
}

/// How a dimension is searched: a stretch of the line, or so many values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Axis {
    /// Coordinates from `low` to `high`; where `whole`, a value stands for the half on either side
    /// of it, of which the ends are the coordinates.
    Line { low: f64, high: f64 },
    /// Coordinates 0, 1, 2, … below the number.
    Choice(usize),
}

/// Names of parameters, with the values that each may take.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Space(BTreeMap<String, Dimension>);

/// The whole numbers that a double tells apart.
const MOST_WHOLE: i64 = 1 << 53;

impl Dimension {
    /// A number from `low` to `high`.
    #[must_use]
    pub fn float(low: f64, high: f64) -> Self {
        Self::Float { low, high, log: false }
    }

    /// A number from `low` to `high`, drawn evenly by its logarithm.
    #[must_use]
    pub fn log_float(low: f64, high: f64) -> Self {
        Self::Float { low, high, log: true }
    }

    /// A whole number from `low` to `high`.
    #[must_use]
    pub fn int(low: i64, high: i64) -> Self {
        Self::Int { low, high, log: false }
    }

    /// A whole number from `low` to `high`, drawn evenly by its logarithm.
    #[must_use]
    pub fn log_int(low: i64, high: i64) -> Self {
        Self::Int { low, high, log: true }
    }

    /// One of these values.
    #[must_use]
    pub fn choice<T: Into<Value>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::Choice { values: values.into_iter().map(Into::into).collect() }
    }

    fn check(&self, name: &str) -> Result<()> {
        let refuse = |message: String| Err(place(name, message));
        match self {
            Self::Float { low, high, log } => {
                if !(low.is_finite() && high.is_finite() && low < high) {
                    return refuse(format!(
                        "has the ends {low} and {high}; expected two numbers, the lesser first"
                    ));
                }
                if !(high - low).is_finite() {
                    return refuse(format!("is too long, from {low} to {high}"));
                }
                if *log && *low <= 0.0 {
                    return refuse(format!("begins at {low}; on a log scale expected more than 0"));
                }
            }
            Self::Int { low, high, log } => {
                if low >= high || *low < -MOST_WHOLE || *high > MOST_WHOLE {
                    return refuse(format!(
                        "has the ends {low} and {high}; expected two whole numbers of at most 2^53, the lesser first"
                    ));
                }
                if *log && *low < 1 {
                    return refuse(format!("begins at {low}; on a log scale expected 1 or more"));
                }
            }
            Self::Choice { values } => {
                if values.len() < 2 || values.len() > 1_000 {
                    return refuse(format!("has {} values; expected 2 to 1000", values.len()));
                }
                for (at, value) in values.iter().enumerate() {
                    if value.is_array() || value.is_object() {
                        return refuse(format!(
                            "has the value `{value}`; expected texts, numbers, booleans or null"
                        ));
                    }
                    if values[..at].contains(value) {
                        return refuse(format!("has the value `{value}` twice"));
                    }
                }
            }
        }
        Ok(())
    }

    /// How it is searched.
    #[expect(clippy::cast_precision_loss, reason = "checked: at most 2^53")]
    pub(super) fn axis(&self) -> Axis {
        let line = |low: f64, high: f64, log: bool| {
            if log {
                Axis::Line { low: math::ln(low), high: math::ln(high) }
            } else {
                Axis::Line { low, high }
            }
        };
        match self {
            Self::Float { low, high, log } => line(*low, *high, *log),
            Self::Int { low, high, log } => line(*low as f64 - 0.5, *high as f64 + 0.5, *log),
            Self::Choice { values } => Axis::Choice(values.len()),
        }
    }

    /// The value at a coordinate of its axis.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "held within the ends"
    )]
    pub(super) fn value(&self, at: f64) -> Value {
        let scaled = |log: bool| if log { math::exp(at) } else { at };
        match self {
            Self::Float { low, high, log } => scaled(*log).clamp(*low, *high).into(),
            Self::Int { low, high, log } => {
                (scaled(*log).round().clamp(*low as f64, *high as f64) as i64).into()
            }
            Self::Choice { values } => values[(at as usize).min(values.len() - 1)].clone(),
        }
    }

    /// The coordinate of a value; none where the dimension does not have it.
    #[expect(clippy::cast_precision_loss, reason = "checked: at most 2^53")]
    pub(super) fn coordinate(&self, value: &Value) -> Option<f64> {
        let scaled = |x: f64, log: bool| if log { math::ln(x) } else { x };
        match self {
            Self::Float { low, high, log } => {
                let x = value.as_f64().filter(|x| (*low..=*high).contains(x))?;
                Some(scaled(x, *log))
            }
            Self::Int { low, high, log } => {
                let x = value.as_i64().filter(|x| (*low..=*high).contains(x))?;
                Some(scaled(x as f64, *log))
            }
            Self::Choice { values } => {
                let at = values.iter().position(|known| known == value)?;
                Some(at as f64)
            }
        }
    }

    /// The coordinates that a value stands for: for a whole number, the halves on either side.
    #[expect(clippy::cast_precision_loss, reason = "checked: at most 2^53")]
    pub(super) fn cell(&self, at: f64) -> (f64, f64) {
        match self {
            Self::Int { log, .. } => {
                let whole = self.value(at).as_i64().unwrap_or_default() as f64;
                let (low, high) = (whole - 0.5, whole + 0.5);
                if *log { (math::ln(low), math::ln(high)) } else { (low, high) }
            }
            _ => (at, at),
        }
    }

    /// The values that show whether all are possible: both ends, or each choice.
    pub(super) fn extremes(&self) -> Vec<Value> {
        match self {
            Self::Float { low, high, .. } => vec![(*low).into(), (*high).into()],
            Self::Int { low, high, .. } => vec![(*low).into(), (*high).into()],
            Self::Choice { values } => values.clone(),
        }
    }
}

impl Space {
    /// A space of these dimensions.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::Argument`] naming the parameter whose values cannot be searched,
    /// or when there is none.
    pub fn new<N: Into<String>>(
        dimensions: impl IntoIterator<Item = (N, Dimension)>,
    ) -> Result<Self> {
        let space = Self(dimensions.into_iter().map(|(name, of)| (name.into(), of)).collect());
        space.check()?;
        Ok(space)
    }

    /// A space from a JSON object, for instance
    /// `{"max_depth": {"type": "int", "low": 3, "high": 8}}`.
    ///
    /// # Errors
    /// As for [`Space::new`].
    pub fn from_json(text: &str) -> Result<Self> {
        Self::from_value(serde_json::from_str(text).map_err(|error| {
            Error::argument("space", format!("cannot be read as JSON: {error}"))
        })?)
    }

    /// The same of a value of JSON.
    pub(super) fn from_value(value: Value) -> Result<Self> {
        let Value::Object(map) = value else {
            return Err(Error::argument("space", format!("is `{value}`; expected an object")));
        };
        let dimension = |(name, value): (String, Value)| {
            let of = serde_json::from_value(value).map_err(|error| {
                place(&name, format!("{error}; expected `{{\"type\": \"float\" or \"int\", \"low\": …, \"high\": …, \"log\": true or false}}` or `{{\"type\": \"choice\", \"values\": […]}}`"))
            })?;
            Ok((name, of))
        };
        Self::new(map.into_iter().map(dimension).collect::<Result<Vec<_>>>()?)
    }

    /// What is searched where nothing else is said: the parameters of the algorithm that matter
    /// most, but for those in `fixed`, around their defaults.
    ///
    /// The number of `gbm`'s trees is not among them: rows held out say it.
    #[must_use]
    pub fn of(algorithm: Algorithm, fixed: &Map<String, Value>) -> Self {
        use Dimension as D;
        let depthwise = fixed.get("grow_policy").and_then(Value::as_str) == Some("depthwise");
        let dimensions = match algorithm {
            Algorithm::Gbm if depthwise => vec![
                ("max_depth", D::int(2, 8)),
                ("learning_rate", D::log_float(0.01, 0.1)),
                ("min_child_weight", D::log_float(0.5, 50.0)),
                ("subsample", D::float(0.5, 1.0)),
                ("colsample_bytree", D::float(0.3, 1.0)),
                ("reg_lambda", D::log_float(0.01, 30.0)),
            ],
            Algorithm::Gbm => vec![
                ("max_depth", D::int(3, 8)),
                ("learning_rate", D::log_float(0.02, 0.15)),
                ("subsample", D::float(0.5, 1.0)),
                ("colsample_bylevel", D::float(0.2, 1.0)),
                ("random_strength", D::float(0.0, 3.0)),
                ("reg_lambda", D::log_float(0.01, 30.0)),
            ],
            Algorithm::Gbdt => vec![
                ("n_estimators", D::log_int(30, 300)),
                ("max_depth", D::int(2, 6)),
                ("learning_rate", D::log_float(0.03, 0.3)),
                ("min_child_samples", D::log_int(5, 100)),
            ],
            Algorithm::Logistic => {
                vec![("C", D::log_float(1e-4, 1e3)), ("encoding", D::choice(["onehot", "target"]))]
            }
            Algorithm::Forest => vec![
                ("min_samples_leaf", D::log_int(1, 50)),
                ("max_features", D::float(0.1, 1.0)),
                ("max_samples", D::float(0.3, 1.0)),
            ],
            Algorithm::Tree => {
                vec![("max_depth", D::int(2, 8)), ("min_samples_leaf", D::log_int(5, 200))]
            }
        };
        let free =
            dimensions.into_iter().filter(|(name, _)| fixed.get(*name).is_none_or(Value::is_null));
        Self(free.map(|(name, of)| (name.to_owned(), of)).collect())
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.0.is_empty() {
            return Err(Error::argument("space", "has no parameter; there is nothing to search"));
        }
        self.iter().try_for_each(|(name, of)| of.check(name))
    }

    /// The dimensions, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Dimension)> {
        self.0.iter().map(|(name, of)| (name.as_str(), of))
    }

    /// The dimension of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Dimension> {
        self.0.get(name)
    }

    /// How many parameters there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is no empty one")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The coordinates of parameters; none where one is not there or not of the space.
    pub(super) fn coordinates(&self, params: &Map<String, Value>) -> Option<Vec<f64>> {
        self.iter().map(|(name, of)| of.coordinate(params.get(name)?)).collect()
    }

    /// The parameters at coordinates.
    pub(super) fn params(&self, at: &[f64]) -> Map<String, Value> {
        let values = self.iter().zip(at).map(|((name, of), at)| (name.to_owned(), of.value(*at)));
        values.collect()
    }
}

/// An error about a parameter of a space.
pub(super) fn place(name: &str, message: impl Into<String>) -> Error {
    Error::argument(name, message).in_place("space")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn refused(text: &str) -> String {
        Space::from_json(text).unwrap_err().to_string()
    }

    #[test]
    fn a_space_that_cannot_be_searched_is_refused_by_name() {
        for (text, message) in [
            ("[]", "argument `space`: is `[]`; expected an object"),
            ("{}", "argument `space`: has no parameter; there is nothing to search"),
            (
                r#"{"a": {"type": "float", "low": 1, "high": 1}}"#,
                "space `a`: has the ends 1 and 1; expected two numbers, the lesser first",
            ),
            (
                r#"{"a": {"type": "float", "low": 0, "high": 1, "log": true}}"#,
                "space `a`: begins at 0; on a log scale expected more than 0",
            ),
            (
                r#"{"a": {"type": "int", "low": 0, "high": 5, "log": true}}"#,
                "space `a`: begins at 0; on a log scale expected 1 or more",
            ),
            (
                r#"{"a": {"type": "choice", "values": ["x"]}}"#,
                "space `a`: has 1 values; expected 2 to 1000",
            ),
            (
                r#"{"a": {"type": "choice", "values": ["x", "y", "x"]}}"#,
                "space `a`: has the value `\"x\"` twice",
            ),
            (
                r#"{"a": {"type": "choice", "values": ["x", [1]]}}"#,
                "space `a`: has the value `[1]`; expected texts, numbers, booleans or null",
            ),
        ] {
            assert_eq!(refused(text), message);
        }
        for text in [
            r#"{"a": 3}"#,
            r#"{"a": {"type": "real", "low": 0, "high": 1}}"#,
            r#"{"a": {"type": "int", "low": 0.5, "high": 3}}"#,
            r#"{"a": {"type": "int", "low": 1, "high": 3, "step": 2}}"#,
        ] {
            assert!(refused(text).starts_with("space `a`: "), "{}", refused(text));
            assert!(refused(text).contains("expected"), "{}", refused(text));
        }
        assert!(refused("{").starts_with("argument `space`: cannot be read as JSON"));
        let long = [("a", Dimension::float(f64::MIN, f64::MAX))];
        assert!(Space::new(long).unwrap_err().to_string().contains("is too long"));
    }

    #[test]
    fn what_is_fixed_is_not_searched() {
        let fixed = |value: Value| value.as_object().unwrap().clone();
        let space = Space::of(Algorithm::Gbm, &fixed(json!({"max_depth": 4, "subsample": null})));
        let names: Vec<&str> = space.iter().map(|(name, _)| name).collect();
        let searched =
            ["colsample_bylevel", "learning_rate", "random_strength", "reg_lambda", "subsample"];
        assert_eq!(names, searched);
        let space = Space::of(Algorithm::Gbm, &fixed(json!({"grow_policy": "depthwise"})));
        assert!(space.get("min_child_weight").is_some());
        assert!(
            Space::of(Algorithm::Logistic, &fixed(json!({"C": 1, "encoding": "onehot"})))
                .check()
                .is_err()
        );
    }

    proptest! {
        #[test]
        fn a_value_comes_back_from_its_coordinate(low in 1_i32..500, long in 1_i32..500, log: bool, share in 0.0..1.0_f64) {
            let high = low + long;
            let (a, b) = (f64::from(low), f64::from(high));
            let (low, high) = (i64::from(low), i64::from(high));
            for of in [Dimension::Int { low, high, log }, Dimension::Float { low: a, high: b, log }] {
                let Axis::Line { low, high } = of.axis() else { panic!() };
                let at = low + share * (high - low);
                let value = of.value(at);
                let back = of.coordinate(&value).unwrap();
                prop_assert!((low..=high).contains(&back));
                prop_assert_eq!(of.value(back).as_f64().unwrap().round(), value.as_f64().unwrap().round());
                let (from, to) = of.cell(back);
                prop_assert!(from <= back && back <= to);
            }
        }
    }
}
