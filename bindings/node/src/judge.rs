//! How good a model is: its report, tables and tests, and `compare` of two models.

use std::sync::Arc;

use napi::bindgen_prelude::{Env, Unknown};
use napi_derive::napi;
use serde::{Deserialize, Serialize};
use stayput_core::{Error, Result, Training, wire};
use stayput_models::Judged;
use stayput_models::validate::{Bins, BootstrapParams, EmpcParams};

use crate::job::{Promised, later};
use crate::json::Document;
use crate::model::Model;
use crate::table::TrainingSet;
use crate::{input, json};

/// `{ bins, by }`
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct BinOptions {
    bins: Option<usize>,
    by: Option<String>,
}

/// `{ benefit, cost }`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfitOptions {
    benefit: f64,
    cost: f64,
}

/// The rows that a model is judged on.
fn rows(data: Unknown<'_>) -> Result<Arc<Training>> {
    input::instance::<TrainingSet>(data, "data", "a `TrainingSet`")
        .map(|set| Arc::clone(&set.inner))
}

impl Model {
    /// The promise of what `of` makes of the model's probabilities of these rows.
    fn judged<T: Serialize>(
        &self,
        data: Unknown<'_>,
        of: impl FnOnce(Judged) -> Result<T> + Send + 'static,
    ) -> Promised<Document> {
        let (set, model) = (rows(data), Arc::clone(&self.inner));
        later(move || wire::to_json(&of(Judged::new(&model, &set?.set)?)?).map(Document))
    }
}

#[napi]
impl Model {
    /// The leaves of a model that is one `tree` as segments of a playbook, with the rows of the set
    /// that come to each.
    #[napi(ts_args_type = "data: TrainingSet", ts_return_type = "Promise<TreeSegments>")]
    pub fn segments(&self, data: Unknown<'_>) -> Promised<Document> {
        let (set, model) = (rows(data), Arc::clone(&self.inner));
        later(move || wire::to_json(&stayput_models::segments(&model, &set?.set)?).map(Document))
    }

    /// How the probabilities compare with what came true in a training set.
    #[napi(ts_args_type = "data: TrainingSet", ts_return_type = "Promise<Report>")]
    pub fn evaluate(&self, data: Unknown<'_>) -> Promised<Document> {
        self.judged(data, |judged| Ok(judged.report()))
    }

    /// How much churn there is among the customers most at risk: lift and gains, in stretches of
    /// equal length by probability (deciles by default).
    #[napi(
        ts_args_type = "data: TrainingSet, options?: LiftOptions",
        ts_return_type = "Promise<Lift>"
    )]
    pub fn lift(
        &self,
        env: Env,
        data: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Document> {
        let options = json::options::<BinOptions>(env, options);
        self.judged(data, |judged| {
            let BinOptions { bins, by } = options?;
            match by {
                None => judged.lift(bins.unwrap_or(10)),
                Some(_) => Err(Error::argument("options", "`by` is not one of them")),
            }
        })
    }

    /// Whether probabilities mean what they say, in bins of equal width or equal frequency.
    #[napi(
        ts_args_type = "data: TrainingSet, options?: ReliabilityOptions",
        ts_return_type = "Promise<Reliability>"
    )]
    pub fn reliability(
        &self,
        env: Env,
        data: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Document> {
        let options = json::options::<BinOptions>(env, options);
        self.judged(data, |judged| {
            let BinOptions { bins, by } = options?;
            judged.reliability(Bins::named(by.as_deref(), bins)?)
        })
    }

    /// The expected maximum profit of a campaign against churn; null when the labels are all alike.
    #[napi(
        ts_args_type = "data: TrainingSet, params?: EmpcParams",
        ts_return_type = "Promise<Empc | null>"
    )]
    pub fn empc(
        &self,
        env: Env,
        data: Unknown<'_>,
        params: Option<Unknown<'_>>,
    ) -> Promised<Document> {
        let params = json::options::<EmpcParams>(env, params);
        self.judged(data, |judged| judged.empc(&params?))
    }

    /// The threshold that brings most on these rows.
    #[napi(
        ts_args_type = "data: TrainingSet, options: ProfitOptions",
        ts_return_type = "Promise<ProfitThreshold>"
    )]
    pub fn profit_threshold(
        &self,
        env: Env,
        data: Unknown<'_>,
        options: Unknown<'_>,
    ) -> Promised<Document> {
        let options = json::options::<ProfitOptions>(env, Some(options));
        self.judged(data, |judged| {
            let ProfitOptions { benefit, cost } = options?;
            judged.profit_threshold(benefit, cost)
        })
    }

    /// The measures of the report with bootstrap intervals: customers are drawn with all their
    /// rows.
    #[napi(
        ts_args_type = "data: TrainingSet, options?: BootstrapOptions",
        ts_return_type = "Promise<Intervals>"
    )]
    pub fn intervals(
        &self,
        env: Env,
        data: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Document> {
        let params = json::options::<BootstrapParams>(env, options);
        self.judged(data, |judged| judged.intervals(&params?))
    }
}

/// Two models judged on the same rows: the one in use and the one that may replace it.
///
/// The areas under their ROC curves are compared by `DeLong`'s test, every measure by a paired
/// bootstrap that draws customers with all their rows.
#[napi(
    ts_args_type = "champion: Model, challenger: Model, data: TrainingSet, options?: BootstrapOptions",
    ts_return_type = "Promise<Comparison>"
)]
pub fn compare(
    env: Env,
    champion: Unknown<'_>,
    challenger: Unknown<'_>,
    data: Unknown<'_>,
    options: Option<Unknown<'_>>,
) -> Promised<Document> {
    let model = |value, name| {
        input::instance::<Model>(value, name, "a `Model`").map(|model| Arc::clone(&model.inner))
    };
    let (champion, challenger) = (model(champion, "champion"), model(challenger, "challenger"));
    let set = rows(data);
    let params = json::options::<BootstrapParams>(env, options);
    later(move || {
        let compared = stayput_models::compare(&*champion?, &*challenger?, &set?.set, &params?)?;
        wire::to_json(&compared).map(Document)
    })
}
