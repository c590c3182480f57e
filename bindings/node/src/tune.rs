//! `tune`: a study that is run at once.

use napi::bindgen_prelude::{Env, Unknown};
use napi_derive::napi;
use serde_json::{Map, Value};
use stayput_core::wire;

use crate::job::{Promised, later};
use crate::json;
use crate::study::{self, Study};

/// Finds parameters of training that do well on rows held out: a `Study` that was run.
/// `train(data, study.bestParams)` trains with them.
#[napi(
    ts_args_type = "data: TrainingSet, params?: TrainParams | null, options?: TuneOptions | null, callback?: (trial: Trial) => unknown",
    ts_return_type = "Promise<Study>"
)]
pub fn tune(
    env: Env,
    data: Unknown<'_>,
    params: Option<Unknown<'_>>,
    options: Option<Unknown<'_>>,
    callback: Option<Unknown<'_>>,
) -> Promised<Study> {
    let set = study::rows(data);
    let params = params.map(|params| json::stringify(env, params, "params")).transpose();
    let options = json::options::<Map<String, Value>>(env, options);
    let watcher = study::watcher(callback);
    later(move || {
        let mut options = options?;
        let trials = options.remove("trials").unwrap_or_default();
        let trials = wire::from_json(&wire::to_json(&trials)?, "trials")?;
        let study = Study::from(study::study(params?.as_deref(), options)?);
        study::run(&study.inner, &*set?, trials, watcher?.as_ref())?;
        Ok(study)
    })
}
