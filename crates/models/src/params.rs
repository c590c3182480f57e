//! Training parameters: taken by name as they come, checked once, and from then on only possible.
//!
//! The names are those of scikit-learn and `LightGBM`. A parameter that is not given has the default of
//! its algorithm; one that the algorithm does not have is refused rather than left unused.

mod check;
mod kinds;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use stayput_core::{Error, ErrorCode, Result, did_you_mean};

use crate::encode::Encode;
pub use check::CheckedTrainParams;
pub(crate) use check::{
    CheckedAlgorithm, ForestParams, GbdtParams, GbmParams, HeldOut, LogisticParams, Settled,
    TreeParams, Trees, Weights,
};
use kinds::COMMON;
pub use kinds::{Algorithm, Calibrate, ClassWeight, EarlyStopping, GrowPolicy, MaxFeatures};

/// Parameters of [`crate::train`]; what is `None` has the algorithm's default.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct TrainParams {
    /// What trains; `gbm` by default.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Algorithm>"))]
    pub algorithm: Algorithm,
    /// How many trees, 1 to 100,000. `gbm` chooses by default: as many, up to 1,000, as give the
    /// least log-loss on rows held out. With `early_stopping` it is the most that are tried, and
    /// with a model to go on from the number of trees added to it.
    pub n_estimators: Option<u64>,
    /// Which rows `gbm` holds out to choose the number of trees; `folds` by default, where
    /// `n_estimators` is not given. So many trees are then grown on all rows, and their sum is scaled
    /// as the rows held out say (Platt 1999), unless a calibrator is asked for or trees are added
    /// to a model.
    pub early_stopping: Option<EarlyStopping>,
    /// After so many trees without a lower log-loss no more are tried, 1 or more; 100 by default.
    pub early_stopping_rounds: Option<u64>,
    /// How `gbm` grows a tree; `symmetric` by default.
    pub grow_policy: Option<GrowPolicy>,
    /// The greatest number of splits on a path, 1 to 16; to 64 for `forest`.
    pub max_depth: Option<u64>,
    /// What each tree's leaves are multiplied by, above 0 and up to 1.
    pub learning_rate: Option<f64>,
    /// The least sum in a leaf of second derivatives, or, for symmetric trees without monotone
    /// constraints, of rows, each counting its weight; 0 or more.
    pub min_child_weight: Option<f64>,
    /// The least number of rows in a node that is split, 1 or more.
    pub min_child_samples: Option<u64>,
    /// The least weight of rows in a leaf, 1 or more; a row weighs 1 where it has no weight.
    pub min_samples_leaf: Option<u64>,
    /// How many features `forest` draws for each split: `sqrt`, or a share, above 0 and up to 1.
    pub max_features: Option<MaxFeatures>,
    /// The share of rows that `forest` draws for each tree, without putting them back, above 0 and
    /// up to 1.
    pub max_samples: Option<f64>,
    /// The share of rows drawn for each tree, above 0 and up to 1.
    pub subsample: Option<f64>,
    /// The share of features drawn for each tree, above 0 and up to 1.
    pub colsample_bytree: Option<f64>,
    /// The share of those drawn for each level of a tree, above 0 and up to 1.
    pub colsample_bylevel: Option<f64>,
    /// How strong the noise is with which `gbm` chooses the splits of symmetric trees, 0 to 10, in
    /// standard deviations of the gradients. It is for trees without monotone constraints.
    pub random_strength: Option<f64>,
    /// The penalty on the square of a leaf's value, 0 or more.
    pub reg_lambda: Option<f64>,
    /// The inverse of the penalty on the squares of the weights, above 0 (`C` in documents).
    #[cfg_attr(feature = "typescript", ts(rename = "C"))]
    pub c: Option<f64>,
    /// For some numbers and booleans, whether the probability may not fall (1) or not rise (-1) with
    /// them, all else equal and none of it missing; 0 says nothing.
    #[cfg_attr(feature = "typescript", ts(optional, type = "Record<string, -1 | 0 | 1>"))]
    pub monotone_constraints: Option<BTreeMap<String, i8>>,
    /// Groups of features: what one path of a tree asks about lies in one group. A feature in no
    /// group stands alone.
    pub interaction_constraints: Option<Vec<Vec<String>>>,
    /// How much the rows of each label count; all the same by default. Probabilities are then
    /// those of rows so weighed.
    pub class_weight: Option<ClassWeight>,
    /// What rows of label 1 count, where others count 1; above 0. Not beside `class_weight`.
    pub scale_pos_weight: Option<f64>,
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
                "algorithm" => params.algorithm = read::named(key, value)?,
                "n_estimators" => params.n_estimators = Some(read::whole(key, value)?),
                "early_stopping" => params.early_stopping = Some(read::named(key, value)?),
                "early_stopping_rounds" => {
                    params.early_stopping_rounds = Some(read::whole(key, value)?);
                }
                "grow_policy" => params.grow_policy = Some(read::named(key, value)?),
                "max_depth" => params.max_depth = Some(read::whole(key, value)?),
                "learning_rate" => params.learning_rate = Some(read::number(key, value)?),
                "min_child_weight" => params.min_child_weight = Some(read::number(key, value)?),
                "min_child_samples" => params.min_child_samples = Some(read::whole(key, value)?),
                "min_samples_leaf" => params.min_samples_leaf = Some(read::whole(key, value)?),
                "max_features" => params.max_features = Some(read::max_features(key, value)?),
                "max_samples" => params.max_samples = Some(read::number(key, value)?),
                "subsample" => params.subsample = Some(read::number(key, value)?),
                "colsample_bytree" => params.colsample_bytree = Some(read::number(key, value)?),
                "colsample_bylevel" => params.colsample_bylevel = Some(read::number(key, value)?),
                "random_strength" => params.random_strength = Some(read::number(key, value)?),
                "reg_lambda" => params.reg_lambda = Some(read::number(key, value)?),
                "C" => params.c = Some(read::number(key, value)?),
                "monotone_constraints" => {
                    params.monotone_constraints = Some(read::monotone(key, value)?);
                }
                "interaction_constraints" => {
                    params.interaction_constraints = Some(read::interactions(key, value)?);
                }
                "class_weight" => params.class_weight = Some(read::named(key, value)?),
                "scale_pos_weight" => params.scale_pos_weight = Some(read::number(key, value)?),
                "random_state" => params.random_state = Some(read::whole(key, value)?),
                "n_jobs" => params.n_jobs = Some(read::threads(key, value)?),
                "encoding" => params.encoding = Some(read::named(key, value)?),
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
