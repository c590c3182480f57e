//! How good a model is and what it makes of its features: reports, tables and tests.

use std::sync::Arc;

use napi::bindgen_prelude::{Env, Unknown};
use napi_derive::napi;
use stayput_core::{Result, Training};
use stayput_models::ask::{self, Question};

use crate::input;
use crate::job::{Promised, later};
use crate::json::{self, Document};
use crate::model::Model;
use crate::table::TrainingSet;

/// The rows that a model is judged on.
fn rows(data: Unknown<'_>) -> Result<Arc<Training>> {
    input::instance::<TrainingSet>(data, "data", "a `TrainingSet`")
        .map(|set| Arc::clone(&set.inner))
}

impl Model {
    /// The promise of the answer to a question about the model and these rows.
    fn ask(
        &self,
        env: Env,
        data: Unknown<'_>,
        options: Option<Unknown<'_>>,
        question: Question,
    ) -> Promised<Document> {
        let (set, model) = (rows(data), Arc::clone(&self.inner));
        let options = json::options_text(env, options);
        later(move || question(&model, &set?.set, &options?).map(Document))
    }
}

#[napi]
impl Model {
    /// The leaves of a model that is one `tree` as segments of a playbook, with the rows of the set
    /// that come to each.
    #[napi(ts_args_type = "data: TrainingSet", ts_return_type = "Promise<TreeSegments>")]
    pub fn segments(&self, env: Env, data: Unknown<'_>) -> Promised<Document> {
        self.ask(env, data, None, ask::segments)
    }

    /// How the probabilities compare with what came true in a training set.
    #[napi(ts_args_type = "data: TrainingSet", ts_return_type = "Promise<Report>")]
    pub fn evaluate(&self, env: Env, data: Unknown<'_>) -> Promised<Document> {
        self.ask(env, data, None, ask::evaluate)
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
        self.ask(env, data, options, ask::lift)
    }

    /// The ROC curve: the share of churners contacted over the share of the others, for every
    /// threshold.
    #[napi(
        ts_args_type = "data: TrainingSet, options?: CurveOptions",
        ts_return_type = "Promise<Roc>"
    )]
    pub fn roc(
        &self,
        env: Env,
        data: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Document> {
        self.ask(env, data, options, ask::roc)
    }

    /// The curve of precision over recall, for every threshold.
    #[napi(
        ts_args_type = "data: TrainingSet, options?: CurveOptions",
        ts_return_type = "Promise<PrecisionRecall>"
    )]
    pub fn precision_recall(
        &self,
        env: Env,
        data: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Document> {
        self.ask(env, data, options, ask::precision_recall)
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
        self.ask(env, data, options, ask::reliability)
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
        options: Option<Unknown<'_>>,
    ) -> Promised<Document> {
        self.ask(env, data, options, ask::empc)
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
        options: Option<Unknown<'_>>,
    ) -> Promised<Document> {
        self.ask(env, data, options, ask::profit_threshold)
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
        self.ask(env, data, options, ask::intervals)
    }

    /// What each feature is worth to the model on these rows, the most important first: what ROC-AUC
    /// loses where the feature is shuffled, or another kind of importance.
    #[napi(
        ts_args_type = "data: TrainingSet, options?: ImportanceOptions",
        ts_return_type = "Promise<Array<FeatureImportance>>"
    )]
    pub fn feature_importance(
        &self,
        env: Env,
        data: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Document> {
        self.ask(env, data, options, ask::feature_importance)
    }

    /// How the probability depends on a feature over these rows: partial dependence (Friedman 2001) or
    /// accumulated local effects (Apley and Zhu 2020).
    #[napi(
        ts_args_type = "data: TrainingSet, options: DependenceOptions",
        ts_return_type = "Promise<FeatureDependence>"
    )]
    pub fn feature_dependence(
        &self,
        env: Env,
        data: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> Promised<Document> {
        self.ask(env, data, options, ask::feature_dependence)
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
    let (set, options) = (rows(data), json::options_text(env, options));
    later(move || ask::compare(&*champion?, &*challenger?, &set?.set, &options?).map(Document))
}
