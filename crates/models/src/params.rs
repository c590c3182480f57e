//! Training parameters: taken by name as they come, checked once, and from then on only possible.
//!
//! The names are those of scikit-learn and `LightGBM`. A parameter that is not given has the default of
//! its algorithm; one that the algorithm does not have is refused rather than left unused.

mod read;

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use stayput_core::schema::Literal;
use stayput_core::{Error, ErrorCode, Result, did_you_mean};

use crate::encode::Encode;

/// What trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename_all = "lowercase"))]
pub enum Algorithm {
    /// Gradient boosting on histograms.
    #[default]
    Gbm,
    /// Gradient boosting by exact greedy splits; slow, one thread.
    Gbdt,
    /// Logistic regression.
    Logistic,
}

impl Algorithm {
    const ALL: [Self; 3] = [Self::Gbm, Self::Gbdt, Self::Logistic];

    /// The name in parameters and in a model.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gbm => "gbm",
            Self::Gbdt => "gbdt",
            Self::Logistic => "logistic",
        }
    }

    /// The parameters it has beside those that all have.
    fn own(self) -> &'static [&'static str] {
        match self {
            Self::Gbm => &[
                "n_estimators",
                "grow_policy",
                "max_depth",
                "learning_rate",
                "min_child_weight",
                "subsample",
                "colsample_bytree",
                "colsample_bylevel",
                "reg_lambda",
            ],
            Self::Gbdt => &["n_estimators", "max_depth", "learning_rate", "min_child_samples"],
            Self::Logistic => &["C"],
        }
    }
}

/// How boosting grows a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename_all = "lowercase"))]
pub enum GrowPolicy {
    /// Every level asks one question of all its nodes (oblivious trees: Prokhorenkova et al.
    /// 2018). It splits numbers alone, so categories are encoded.
    #[default]
    Symmetric,
    /// Level by level, every node with a question of its own; categories are split as sets.
    Depthwise,
}

impl GrowPolicy {
    /// The name in parameters and in a model.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Symmetric => "symmetric",
            Self::Depthwise => "depthwise",
        }
    }
}

/// How the margin is turned into a probability after training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename_all = "lowercase"))]
pub enum Calibrate {
    /// Platt scaling on out-of-fold margins.
    Platt,
    /// Isotonic regression on them.
    Isotonic,
    /// Beta calibration on them.
    Beta,
}

impl Calibrate {
    pub(crate) const ALL: [Self; 3] = [Self::Platt, Self::Isotonic, Self::Beta];

    /// The name in parameters and in a model.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Platt => "platt",
            Self::Isotonic => "isotonic",
            Self::Beta => "beta",
        }
    }
}

/// Parameters of [`crate::train`]; what is `None` has the algorithm's default.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct TrainParams {
    /// What trains; `gbm` by default.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Algorithm>"))]
    pub algorithm: Algorithm,
    /// How many trees, 1 to 100,000. `gbm` chooses by default: as many, up to 1,000, as give the
    /// least log-loss on rows held out.
    pub n_estimators: Option<u64>,
    /// How `gbm` grows a tree; `symmetric` by default.
    pub grow_policy: Option<GrowPolicy>,
    /// The greatest number of splits on a path, 1 to 16.
    pub max_depth: Option<u64>,
    /// What each tree's leaves are multiplied by, above 0 and up to 1.
    pub learning_rate: Option<f64>,
    /// The least sum of second derivatives in a leaf, 0 or more.
    pub min_child_weight: Option<f64>,
    /// The least number of rows in a node that is split, 1 or more.
    pub min_child_samples: Option<u64>,
    /// The share of rows drawn for each tree, above 0 and up to 1.
    pub subsample: Option<f64>,
    /// The share of features drawn for each tree, above 0 and up to 1.
    pub colsample_bytree: Option<f64>,
    /// The share of those drawn for each level of a tree, above 0 and up to 1.
    pub colsample_bylevel: Option<f64>,
    /// The penalty on the square of a leaf's value, 0 or more.
    pub reg_lambda: Option<f64>,
    /// The inverse of the penalty on the squares of the weights, above 0 (`C` in documents).
    #[cfg_attr(feature = "typescript", ts(rename = "C"))]
    pub c: Option<f64>,
    /// What all draws are seeded with; 0 by default.
    pub random_state: Option<u64>,
    /// How many threads, or -1 for all cores, which is the default. It changes no result.
    pub n_jobs: Option<i64>,
    /// How categories become numbers; `auto` for symmetric trees and `native` for others by default.
    pub encoding: Option<Encode>,
    /// How the margin is calibrated; not at all by default.
    #[cfg_attr(feature = "typescript", ts(optional, type = "Calibrate | \"none\""))]
    pub calibrate: Option<Calibrate>,
    /// Whether the model is to say how well each probability is known; not by default.
    pub confidence: Option<bool>,
}

/// The parameters that every algorithm has.
const COMMON: [&str; 6] =
    ["algorithm", "random_state", "n_jobs", "encoding", "calibrate", "confidence"];

/// Parameters that are possible.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedTrainParams {
    pub(crate) algorithm: CheckedAlgorithm,
    pub(crate) random_state: u64,
    pub(crate) encoding: Encode,
    pub(crate) calibrate: Option<Calibrate>,
    pub(crate) confidence: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CheckedAlgorithm {
    Gbm(GbmParams),
    Gbdt(GbdtParams),
    Logistic(LogisticParams),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GbmParams {
    /// None where rows held out are to say.
    pub(crate) n_estimators: Option<usize>,
    pub(crate) grow_policy: GrowPolicy,
    pub(crate) max_depth: usize,
    pub(crate) learning_rate: f64,
    pub(crate) min_child_weight: f64,
    pub(crate) subsample: f64,
    pub(crate) colsample_bytree: f64,
    pub(crate) colsample_bylevel: f64,
    pub(crate) reg_lambda: f64,
    pub(crate) random_state: u64,
    /// None for all cores.
    pub(crate) threads: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GbdtParams {
    pub(crate) n_estimators: usize,
    pub(crate) max_depth: u32,
    pub(crate) learning_rate: f32,
    pub(crate) min_child_samples: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LogisticParams {
    pub(crate) c: f64,
}

impl TrainParams {
    /// Parameters from a JSON object, for instance `{"algorithm": "gbm", "max_depth": 4}`.
    ///
    /// `null` stands for the default, and an empty text for no parameters at all.
    ///
    /// # Errors
    /// [`ErrorCode::ModelParameter`] when the text is no JSON object, a key is unknown (the nearest
    /// name is offered) or a value has the wrong type.
    pub fn from_json(text: &str) -> Result<Self> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let value: Value = serde_json::from_str(text)
            .map_err(|error| refuse("", format!("cannot be read as JSON: {error}")))?;
        match value {
            Value::Object(map) => Self::from_map(&map),
            other => Err(refuse("", format!("`{other}` is not a JSON object"))),
        }
    }

    pub(crate) fn from_map(map: &Map<String, Value>) -> Result<Self> {
        let mut params = Self::default();
        for (key, value) in map.iter().filter(|(_, value)| !value.is_null()) {
            match key.as_str() {
                "algorithm" => params.algorithm = read::algorithm(key, value)?,
                "n_estimators" => params.n_estimators = Some(read::whole(key, value)?),
                "grow_policy" => params.grow_policy = Some(read::grow_policy(key, value)?),
                "max_depth" => params.max_depth = Some(read::whole(key, value)?),
                "learning_rate" => params.learning_rate = Some(read::number(key, value)?),
                "min_child_weight" => params.min_child_weight = Some(read::number(key, value)?),
                "min_child_samples" => params.min_child_samples = Some(read::whole(key, value)?),
                "subsample" => params.subsample = Some(read::number(key, value)?),
                "colsample_bytree" => params.colsample_bytree = Some(read::number(key, value)?),
                "colsample_bylevel" => params.colsample_bylevel = Some(read::number(key, value)?),
                "reg_lambda" => params.reg_lambda = Some(read::number(key, value)?),
                "C" => params.c = Some(read::number(key, value)?),
                "random_state" => params.random_state = Some(read::whole(key, value)?),
                "n_jobs" => params.n_jobs = Some(read::threads(key, value)?),
                "encoding" => params.encoding = Some(read::encoding(key, value)?),
                "calibrate" => params.calibrate = read::calibrate(key, value)?,
                "confidence" => params.confidence = Some(read::truth(key, value)?),
                unknown => {
                    let own = Algorithm::ALL.into_iter().flat_map(Algorithm::own).copied();
                    let near = did_you_mean(unknown, COMMON.into_iter().chain(own));
                    return Err(refuse(unknown, format!("is not a parameter{near}")));
                }
            }
        }
        Ok(params)
    }

    /// The parameters with defaults filled in, when all of them are possible.
    ///
    /// # Errors
    /// [`ErrorCode::ModelParameter`] naming the parameter that is out of range or that the
    /// algorithm does not have.
    pub fn check(&self) -> Result<CheckedTrainParams> {
        for name in self.given() {
            if !self.algorithm.own().contains(&name) {
                let message = format!("is not a parameter of `{}`", self.algorithm.name());
                return Err(refuse(name, message));
            }
        }
        let random_state = self.random_state.unwrap_or(0);
        let algorithm = match self.algorithm {
            Algorithm::Gbm => CheckedAlgorithm::Gbm(self.gbm(random_state)?),
            Algorithm::Gbdt => CheckedAlgorithm::Gbdt(self.gbdt()?),
            Algorithm::Logistic => CheckedAlgorithm::Logistic(LogisticParams {
                c: within(
                    "C",
                    self.c.unwrap_or(1.0),
                    |c| (1e-12..=1e12).contains(&c),
                    "1e-12 to 1e12",
                )?,
            }),
        };
        self.threads()?;
        let encoding = self.encoding.unwrap_or(match &algorithm {
            CheckedAlgorithm::Gbm(gbm) if gbm.grow_policy == GrowPolicy::Symmetric => Encode::Auto,
            _ => Encode::Native,
        });
        let (calibrate, confidence) = (self.calibrate, self.confidence.unwrap_or(false));
        Ok(CheckedTrainParams { algorithm, random_state, encoding, calibrate, confidence })
    }

    /// The parameters of single algorithms that are given.
    fn given(&self) -> impl Iterator<Item = &'static str> {
        [
            ("n_estimators", self.n_estimators.is_some()),
            ("grow_policy", self.grow_policy.is_some()),
            ("max_depth", self.max_depth.is_some()),
            ("learning_rate", self.learning_rate.is_some()),
            ("min_child_weight", self.min_child_weight.is_some()),
            ("min_child_samples", self.min_child_samples.is_some()),
            ("subsample", self.subsample.is_some()),
            ("colsample_bytree", self.colsample_bytree.is_some()),
            ("colsample_bylevel", self.colsample_bylevel.is_some()),
            ("reg_lambda", self.reg_lambda.is_some()),
            ("C", self.c.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
    }

    /// Defaults: docs/decisions/0004-training-defaults.md says what they were measured to bring.
    fn gbm(&self, random_state: u64) -> Result<GbmParams> {
        let grow_policy = self.grow_policy.unwrap_or_default();
        let symmetric = grow_policy == GrowPolicy::Symmetric;
        if symmetric && self.encoding == Some(Encode::Native) {
            let message = "`native` is not for symmetric trees, which split numbers alone; choose \
                           another, or `grow_policy` `depthwise`";
            return Err(refuse("encoding", message));
        }
        let or = |own: Option<f64>, symmetric_trees: f64, others: f64| {
            own.unwrap_or(if symmetric { symmetric_trees } else { others })
        };
        let n_estimators = self.n_estimators.map(|trees| count("n_estimators", trees, 100_000));
        let depth = self.max_depth.unwrap_or(if symmetric { 6 } else { 4 });
        Ok(GbmParams {
            n_estimators: n_estimators.transpose()?,
            grow_policy,
            max_depth: count("max_depth", depth, 16)?,
            learning_rate: share("learning_rate", or(self.learning_rate, 0.05, 0.03))?,
            min_child_weight: penalty("min_child_weight", or(self.min_child_weight, 0.0, 5.0))?,
            subsample: share("subsample", or(self.subsample, 1.0, 0.7))?,
            colsample_bytree: share("colsample_bytree", or(self.colsample_bytree, 1.0, 0.7))?,
            colsample_bylevel: share("colsample_bylevel", or(self.colsample_bylevel, 0.5, 1.0))?,
            reg_lambda: penalty("reg_lambda", or(self.reg_lambda, 0.3, 1.0))?,
            random_state,
            threads: self.threads()?,
        })
    }

    fn gbdt(&self) -> Result<GbdtParams> {
        #[expect(clippy::cast_possible_truncation, reason = "the trainer takes single precision")]
        let learning_rate = share("learning_rate", self.learning_rate.unwrap_or(0.1))? as f32;
        let depth = count("max_depth", self.max_depth.unwrap_or(3), 16)?;
        Ok(GbdtParams {
            n_estimators: count("n_estimators", self.n_estimators.unwrap_or(100), 100_000)?,
            max_depth: u32::try_from(depth).unwrap_or(16),
            learning_rate,
            min_child_samples: count(
                "min_child_samples",
                self.min_child_samples.unwrap_or(20),
                1_000_000_000,
            )?,
        })
    }

    fn threads(&self) -> Result<Option<usize>> {
        match self.n_jobs {
            None | Some(-1) => Ok(None),
            Some(jobs) => match usize::try_from(jobs) {
                Ok(threads @ 1..=1024) => Ok(Some(threads)),
                _ => Err(refuse(
                    "n_jobs",
                    format!("is {jobs}; expected 1 to 1024, or -1 for all cores"),
                )),
            },
        }
    }
}

impl CheckedTrainParams {
    /// These parameters with so many trees.
    pub(crate) fn with_trees(mut self, trees: usize) -> Self {
        if let CheckedAlgorithm::Gbm(gbm) = &mut self.algorithm {
            gbm.n_estimators = Some(trees);
        }
        self
    }

    /// The name of the algorithm.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match self.algorithm {
            CheckedAlgorithm::Gbm(_) => Algorithm::Gbm.name(),
            CheckedAlgorithm::Gbdt(_) => Algorithm::Gbdt.name(),
            CheckedAlgorithm::Logistic(_) => Algorithm::Logistic.name(),
        }
    }

    /// The parameters that shape a model, as it records them.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    pub(crate) fn record(&self) -> BTreeMap<String, Literal> {
        let count = |value: usize| Literal::Number(value as f64);
        let mut record: Vec<(&str, Literal)> = match &self.algorithm {
            CheckedAlgorithm::Gbm(gbm) => vec![
                ("n_estimators", count(gbm.n_estimators.unwrap_or_default())),
                ("grow_policy", Literal::Text(gbm.grow_policy.name().to_owned())),
                ("max_depth", count(gbm.max_depth)),
                ("learning_rate", Literal::Number(gbm.learning_rate)),
                ("min_child_weight", Literal::Number(gbm.min_child_weight)),
                ("subsample", Literal::Number(gbm.subsample)),
                ("colsample_bytree", Literal::Number(gbm.colsample_bytree)),
                ("colsample_bylevel", Literal::Number(gbm.colsample_bylevel)),
                ("reg_lambda", Literal::Number(gbm.reg_lambda)),
            ],
            CheckedAlgorithm::Gbdt(gbdt) => vec![
                ("n_estimators", count(gbdt.n_estimators)),
                ("max_depth", Literal::Number(f64::from(gbdt.max_depth))),
                ("learning_rate", Literal::Number(f64::from(gbdt.learning_rate))),
                ("min_child_samples", count(gbdt.min_child_samples)),
            ],
            CheckedAlgorithm::Logistic(logistic) => vec![("C", Literal::Number(logistic.c))],
        };
        record.push(("random_state", Literal::Text(self.random_state.to_string())));
        if self.encoding != Encode::Native {
            record.push(("encoding", Literal::Text(self.encoding.name().to_owned())));
        }
        if let Some(kind) = self.calibrate {
            record.push(("calibrate", Literal::Text(kind.name().to_owned())));
        }
        if self.confidence {
            record.push(("confidence", Literal::Bool(true)));
        }
        record.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

fn refuse(name: &str, message: impl Into<String>) -> Error {
    let error = Error::new(ErrorCode::ModelParameter, "parameter", message);
    if name.is_empty() { error.in_place("parameters") } else { error.at_path(name) }
}

fn within(name: &str, value: f64, good: impl Fn(f64) -> bool, expected: &str) -> Result<f64> {
    if good(value) {
        return Ok(value);
    }
    Err(refuse(name, format!("is {value}; expected {expected}")))
}

fn share(name: &str, value: f64) -> Result<f64> {
    within(name, value, |value| (1e-6..=1.0).contains(&value), "above 0 and up to 1")
}

fn penalty(name: &str, value: f64) -> Result<f64> {
    within(name, value, |value| (0.0..=1e12).contains(&value), "0 to 1e12")
}

fn count(name: &str, value: u64, most: u64) -> Result<usize> {
    match usize::try_from(value) {
        Ok(count) if (1..=most).contains(&value) => Ok(count),
        _ => Err(refuse(name, format!("is {value}; expected 1 to {most}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let error = TrainParams::from_json(text).and_then(|params| params.check()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ModelParameter, "{text}");
        error.to_string()
    }

    #[test]
    fn every_parameter_is_read_by_its_name() {
        let text = r#"{"algorithm": "gbm", "n_estimators": 50, "max_depth": 3.0,
            "learning_rate": 0.2, "min_child_weight": 2, "subsample": 0.5, "colsample_bytree": 0.6,
            "colsample_bylevel": 0.7, "grow_policy": "depthwise", "reg_lambda": 0, "random_state": 18446744073709551615, "n_jobs": 2,
            "calibrate": "platt"}"#;
        let params = TrainParams::from_json(text).unwrap();
        let expected = TrainParams {
            algorithm: Algorithm::Gbm,
            n_estimators: Some(50),
            max_depth: Some(3),
            learning_rate: Some(0.2),
            min_child_weight: Some(2.0),
            subsample: Some(0.5),
            colsample_bytree: Some(0.6),
            colsample_bylevel: Some(0.7),
            grow_policy: Some(GrowPolicy::Depthwise),
            reg_lambda: Some(0.0),
            random_state: Some(u64::MAX),
            n_jobs: Some(2),
            calibrate: Some(Calibrate::Platt),
            ..TrainParams::default()
        };
        assert_eq!(params, expected);
        assert!(params.check().is_ok());
        for text in ["", "{}", r#"{"max_depth": null, "calibrate": "none", "n_jobs": null}"#] {
            assert_eq!(TrainParams::from_json(text).unwrap(), TrainParams::default());
        }
        let others = [
            r#"{"algorithm": "gbdt", "min_child_samples": 5}"#,
            r#"{"algorithm": "logistic", "C": 0.5}"#,
        ];
        for text in others {
            assert!(TrainParams::from_json(text).unwrap().check().is_ok());
        }
    }

    #[test]
    fn what_is_not_possible_is_refused_by_name() {
        let cases = [
            ("[1]", "parameters: `[1]` is not a JSON object"),
            (
                r#"{"max_dept": 4}"#,
                "parameter `max_dept`: is not a parameter; did you mean `max_depth`?",
            ),
            (r#"{"colour": 4}"#, "parameter `colour`: is not a parameter"),
            (
                r#"{"algorithm": "gmb"}"#,
                "parameter `algorithm`: \"gmb\" is none of `gbm`, `gbdt` and `logistic`; \
                 did you mean `gbm`?",
            ),
            (
                r#"{"algorithm": "logistic", "max_depth": 4}"#,
                "parameter `max_depth`: is not a parameter of `logistic`",
            ),
            (
                r#"{"algorithm": "gbdt", "subsample": 0.5}"#,
                "parameter `subsample`: is not a parameter of `gbdt`",
            ),
            (r#"{"C": 1}"#, "parameter `C`: is not a parameter of `gbm`"),
            (r#"{"max_depth": 0}"#, "parameter `max_depth`: is 0; expected 1 to 16"),
            (
                r#"{"max_depth": 2.5}"#,
                "parameter `max_depth`: is `2.5`; expected a whole number, 0 or more",
            ),
            (
                r#"{"n_estimators": "many"}"#,
                "parameter `n_estimators`: is `\"many\"`; expected a whole number, 0 or more",
            ),
            (
                r#"{"learning_rate": 0}"#,
                "parameter `learning_rate`: is 0; expected above 0 and up to 1",
            ),
            (
                r#"{"n_jobs": 0}"#,
                "parameter `n_jobs`: is 0; expected 1 to 1024, or -1 for all cores",
            ),
            (
                r#"{"encoding": "one_hot"}"#,
                "parameter `encoding`: \"one_hot\" is none of `auto`, `native`, `onehot`, `ordinal`, `frequency` and `target`; did you mean `onehot`?",
            ),
            (
                r#"{"grow_policy": "symetric"}"#,
                "parameter `grow_policy`: \"symetric\" is none of `symmetric` and `depthwise`; did you mean `symmetric`?",
            ),
            (
                r#"{"encoding": "native"}"#,
                "parameter `encoding`: `native` is not for symmetric trees, which split numbers alone; choose another, or `grow_policy` `depthwise`",
            ),
            (
                r#"{"confidence": "high"}"#,
                "parameter `confidence`: is `\"high\"`; expected true or false",
            ),
            (
                r#"{"calibrate": "sigmoid"}"#,
                "parameter `calibrate`: \"sigmoid\" is none of `platt`, `isotonic`, `beta` and `none`",
            ),
        ];
        for (text, message) in cases {
            assert_eq!(refused(text), message);
        }
        assert!(refused("{").starts_with("parameters: cannot be read as JSON"));
        for text in [
            r#"{"reg_lambda": -1}"#,
            r#"{"subsample": 1.5}"#,
            r#"{"min_child_weight": 1e300}"#,
            r#"{"algorithm": "logistic", "C": 0}"#,
            r#"{"random_state": -1}"#,
            r#"{"n_estimators": 1e18}"#,
        ] {
            refused(text);
        }
        let nan = TrainParams { learning_rate: Some(f64::NAN), ..TrainParams::default() };
        assert_eq!(nan.check().unwrap_err().code(), ErrorCode::ModelParameter);
    }
}
