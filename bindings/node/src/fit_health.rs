//! Health learned from outcomes, and judged by them.

use std::sync::Arc;

use napi::bindgen_prelude::{Env, Unknown};
use napi_derive::napi;
use stayput_core::wire;
use stayput_models::FitHealthParams;

use crate::input;
use crate::job::{Promised, later};
use crate::json::{self, Document};
use crate::playbook::Playbook;
use crate::table::TrainingSet;

/// Learns a health score from what came true: monotone curves, weights and bands, as a section
/// `[health]` of a playbook.
#[napi(
    ts_args_type = "data: TrainingSet, options?: FitHealthParams",
    ts_return_type = "Promise<FittedHealth>"
)]
pub fn fit_health(env: Env, data: Unknown<'_>, options: Option<Unknown<'_>>) -> Promised<Document> {
    let set = input::instance::<TrainingSet>(data, "data", "a `TrainingSet`")
        .map(|set| Arc::clone(&set.inner));
    let params = json::options::<FitHealthParams>(env, options);
    later(move || wire::to_json(&stayput_models::fit_health(&set?.set, &params?)?).map(Document))
}

/// Whether the health score of a playbook predicts who churns.
#[napi(
    ts_args_type = "playbook: Playbook, data: TrainingSet",
    ts_return_type = "Promise<HealthValidation>"
)]
pub fn validate_health(playbook: Unknown<'_>, data: Unknown<'_>) -> Promised<Document> {
    let playbook = input::instance::<Playbook>(playbook, "playbook", "a `Playbook`")
        .map(|playbook| playbook.inner.clone());
    let set = input::instance::<TrainingSet>(data, "data", "a `TrainingSet`")
        .map(|set| Arc::clone(&set.inner));
    later(move || {
        wire::to_json(&stayput_models::validate_health(&*playbook?, &set?.set)?).map(Document)
    })
}
