//! `train`: a model from a training set; and `crossValidate`, how good such models are.

use std::sync::Arc;

use napi::bindgen_prelude::{Env, Unknown};
use napi_derive::napi;
use serde::Deserialize;
use stayput_core::{Result, wire};
use stayput_models::{Folds, TrainOptions, TrainParams};

use crate::job::{Promised, later};
use crate::json::Document;
use crate::model::Model;
use crate::table::TrainingSet;
use crate::{input, json};

/// Trains a model that gives the probability of churn. The same set and parameters give the same
/// model, on any number of threads.
///
/// `beside.sampleWeight` says what each row counts. `beside.initModel` is a model of `gbm` that
/// training goes on from: `n_estimators` trees are added to it.
#[napi(
    ts_args_type = "data: TrainingSet, params?: TrainParams | null, beside?: { sampleWeight?: Float64Array | Array<number>, initModel?: Model }",
    ts_return_type = "Promise<Model>"
)]
pub fn train(
    env: Env,
    data: Unknown<'_>,
    params: Option<Unknown<'_>>,
    beside: Option<Unknown<'_>>,
) -> Promised<Model> {
    let set = input::instance::<TrainingSet>(data, "data", "a `TrainingSet`")
        .map(|set| Arc::clone(&set.inner));
    let params = read_params(env, params);
    let beside = read_beside(beside);
    later(move || {
        let (sample_weight, init_model) = beside?;
        let options = TrainOptions {
            sample_weight: sample_weight.as_deref(),
            init_model: init_model.as_deref(),
        };
        Ok(stayput_models::train_with(&set?.set, &params?, options)?.into())
    })
}

/// What training is given beside rows and parameters.
type Beside = (Option<Vec<f64>>, Option<Arc<stayput_core::churn::Model>>);

fn read_beside(beside: Option<Unknown<'_>>) -> Result<Beside> {
    let Some(beside) = beside else { return Ok((None, None)) };
    let [weights, model] = input::fields(beside, "beside", ["sampleWeight", "initModel"])?;
    let weights = weights.map(|weights| input::numbers(weights, "sampleWeight")).transpose()?;
    let model = model.map(|model| input::instance::<Model>(model, "initModel", "a `Model`"));
    Ok((weights, model.transpose()?.map(|model| Arc::clone(&model.inner))))
}

/// `{ by, folds, seed, purge }`
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct FoldOptions {
    by: Option<String>,
    folds: Option<usize>,
    seed: Option<u64>,
    purge: Option<String>,
}

/// Trains and judges a model on each of several folds; one report a fold. `params` are those of
/// `train`.
#[napi(
    ts_args_type = "data: TrainingSet, params?: TrainParams | null, options?: FoldOptions",
    ts_return_type = "Promise<Array<Report>>"
)]
pub fn cross_validate(
    env: Env,
    data: Unknown<'_>,
    params: Option<Unknown<'_>>,
    options: Option<Unknown<'_>>,
) -> Promised<Document> {
    let set = input::instance::<TrainingSet>(data, "data", "a `TrainingSet`")
        .map(|set| Arc::clone(&set.inner));
    let params = read_params(env, params);
    let folds = json::options::<FoldOptions>(env, options).and_then(|options| {
        let FoldOptions { by, folds, seed, purge } = options;
        Folds::named(by.as_deref(), folds, seed, purge.as_deref())
    });
    later(move || {
        let reports = stayput_models::cross_validate(&set?.set, &params?, &folds?)?;
        wire::to_json(&reports).map(Document)
    })
}

fn read_params(env: Env, params: Option<Unknown<'_>>) -> Result<TrainParams> {
    let params = params.map(|params| json::stringify(env, params, "params")).transpose()?;
    TrainParams::from_json(&params.unwrap_or_default())
}
