//! `train`: a model from a training set.

use std::sync::Arc;

use napi::bindgen_prelude::{Env, Unknown};
use napi_derive::napi;
use stayput_models::TrainParams;

use crate::job::{Promised, later};
use crate::model::Model;
use crate::table::TrainingSet;
use crate::{input, json};

/// Trains a model that gives the probability of churn. The same set and parameters give the same
/// model, on any number of threads.
#[napi(
    ts_args_type = "data: TrainingSet, params?: TrainParams | null",
    ts_return_type = "Promise<Model>"
)]
pub fn train(env: Env, data: Unknown<'_>, params: Option<Unknown<'_>>) -> Promised<Model> {
    let set = input::instance::<TrainingSet>(data, "data", "a `TrainingSet`")
        .map(|set| Arc::clone(&set.inner));
    let params = params.map(|params| json::stringify(env, params, "params")).transpose();
    later(move || {
        let (set, params) = (set?, TrainParams::from_json(&params?.unwrap_or_default())?);
        Ok(stayput_models::train(&set.set, &params)?.into())
    })
}
