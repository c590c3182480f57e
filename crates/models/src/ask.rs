//! Questions about a model and rows with labels, as hosts ask them: options as a JSON object in,
//! the answer as JSON out, and nothing of it in a binding.

use ndarray::Array2;
use serde::Serialize;
use stayput_core::churn::{InputKind, Model};
use stayput_core::features::TrainingSet;
use stayput_core::wire::{self, Options};
use stayput_core::{Error, Result};

use crate::data;
use crate::inspect;
use crate::validate::{self, Bins, BootstrapParams, DEFAULT_POINTS, EmpcParams, Judged};

/// A question, so that a host can pass it on.
pub type Question = fn(&Model, &TrainingSet, &str) -> Result<String>;

/// What a feature is worth to a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FeatureImportance {
    /// The feature.
    pub feature: String,
    /// How much: a share, the loss of ROC-AUC, or a mean contribution to the margin, by the kind of
    /// importance.
    pub importance: f64,
    /// The standard deviation over the shuffles; null for what is not shuffled.
    pub std: Option<f64>,
}

/// What a model's answer makes of the values of a feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FeatureDependence {
    /// The feature.
    pub feature: String,
    /// The values: numbers, truths or names.
    #[cfg_attr(feature = "typescript", ts(type = "Array<Value>"))]
    pub values: Vec<serde_json::Value>,
    /// For partial dependence the mean probability when all rows have the value; for accumulated
    /// effects what the value adds to the mean.
    pub effects: Vec<f64>,
    /// How many rows have a value in the bin that ends at this one, or this category; null for
    /// partial dependence.
    pub counts: Option<Vec<usize>>,
}

/// The model's report on these rows. No options.
///
/// # Errors
/// As [`Judged::new`]; so have all others that judge.
pub fn evaluate(model: &Model, set: &TrainingSet, options: &str) -> Result<String> {
    Options::read(options, &[])?;
    wire::to_json(&Judged::new(model, set)?.report())
}

/// Lift and gains. Options: `bins`, 10 by default.
///
/// # Errors
/// As [`Judged::lift`].
pub fn lift(model: &Model, set: &TrainingSet, options: &str) -> Result<String> {
    let bins = Options::read(options, &["bins"])?.count("bins")?;
    wire::to_json(&Judged::new(model, set)?.lift(bins.unwrap_or(10))?)
}

/// The ROC curve. Options: `points`, at most how many; 200 by default.
///
/// # Errors
/// As [`Judged::roc`].
pub fn roc(model: &Model, set: &TrainingSet, options: &str) -> Result<String> {
    let points = points(options)?;
    wire::to_json(&Judged::new(model, set)?.roc(points)?)
}

/// The curve of precision over recall. Options: `points`, at most how many; 200 by default.
///
/// # Errors
/// As [`Judged::precision_recall`].
pub fn precision_recall(model: &Model, set: &TrainingSet, options: &str) -> Result<String> {
    let points = points(options)?;
    wire::to_json(&Judged::new(model, set)?.precision_recall(points)?)
}

/// The reliability table. Options: `bins`, `by`.
///
/// # Errors
/// As [`Bins::named`] and [`Judged::reliability`].
pub fn reliability(model: &Model, set: &TrainingSet, options: &str) -> Result<String> {
    let options = Options::read(options, &["bins", "by"])?;
    let bins = Bins::named(options.text("by")?, options.count("bins")?)?;
    wire::to_json(&Judged::new(model, set)?.reliability(bins)?)
}

/// The expected maximum profit. Options: those of [`EmpcParams`].
///
/// # Errors
/// As [`Judged::empc`].
pub fn empc(model: &Model, set: &TrainingSet, options: &str) -> Result<String> {
    let params: EmpcParams = params(options)?;
    wire::to_json(&Judged::new(model, set)?.empc(&params)?)
}

/// The threshold that brings most. Options: `benefit`, `cost`.
///
/// # Errors
/// As [`Judged::profit_threshold`].
pub fn profit_threshold(model: &Model, set: &TrainingSet, options: &str) -> Result<String> {
    let options = Options::read(options, &["benefit", "cost"])?;
    let benefit = Options::need("benefit", options.number("benefit")?)?;
    let cost = Options::need("cost", options.number("cost")?)?;
    wire::to_json(&Judged::new(model, set)?.profit_threshold(benefit, cost)?)
}

/// Bootstrap intervals of the report's measures. Options: those of [`BootstrapParams`].
///
/// # Errors
/// As [`Judged::intervals`].
pub fn intervals(model: &Model, set: &TrainingSet, options: &str) -> Result<String> {
    let params: BootstrapParams = params(options)?;
    wire::to_json(&Judged::new(model, set)?.intervals(&params)?)
}

/// Two models on the same rows. Options: those of [`BootstrapParams`].
///
/// # Errors
/// As [`validate::compare`].
pub fn compare(
    champion: &Model,
    challenger: &Model,
    set: &TrainingSet,
    options: &str,
) -> Result<String> {
    wire::to_json(&validate::compare(champion, challenger, set, &params(options)?)?)
}

/// The leaves of a tree as segments. No options.
///
/// # Errors
/// As [`crate::segments()`].
pub fn segments(model: &Model, set: &TrainingSet, options: &str) -> Result<String> {
    Options::read(options, &[])?;
    wire::to_json(&crate::segments(model, set)?)
}

/// What each feature is worth, the most important first. Options: `kind` is `permutation` (the
/// default; with `repeats`, 5 by default, and `seed`), `contribution` (mean |SHAP| of the margin;
/// with `nJobs`), `gain` or `cover`.
///
/// # Errors
/// As [`inspect::permutation_importance`] and [`inspect::mean_contributions`]; `argument` for
/// another kind.
pub fn feature_importance(model: &Model, set: &TrainingSet, options: &str) -> Result<String> {
    let options = Options::read(options, &["kind", "repeats", "seed", "nJobs"])?;
    let rows = model.rows_of(&set.table)?;
    let plain = |values: Vec<f64>| values.into_iter().map(|value| (value, None)).collect();
    let found: Vec<(f64, Option<f64>)> = match options.text("kind")?.unwrap_or("permutation") {
        "permutation" => {
            let repeats = options.count("repeats")?.unwrap_or(5);
            let seed = options.count("seed")?.unwrap_or(0) as u64;
            let labels = data::labels(set)?;
            let drops =
                inspect::permutation_importance(model, rows.view(), &labels, repeats, seed)?;
            drops.into_iter().map(|drop| (drop.mean, Some(drop.std))).collect()
        }
        "contribution" => {
            let n_jobs = options.whole("nJobs")?;
            plain(inspect::mean_contributions(model, rows.view(), None, n_jobs)?)
        }
        "gain" => plain(model.importance().to_vec()),
        "cover" => plain(inspect::cover_importance(model)),
        other => {
            let message = format!(
                "found `{other}`; expected `permutation`, `contribution`, `gain` or `cover`"
            );
            return Err(Error::argument("kind", message));
        }
    };
    let mut features: Vec<FeatureImportance> = model
        .inputs()
        .iter()
        .zip(found)
        .map(|(input, (importance, std))| FeatureImportance {
            feature: input.name.clone(),
            importance,
            std,
        })
        .collect();
    features.sort_by(|a, b| b.importance.total_cmp(&a.importance));
    wire::to_json(&features)
}

/// How the answer depends on a feature. Options: `feature`; `kind`: `partial` (the default) or
/// `accumulated`; `points`: at how many values at most, or for `accumulated` in how many bins; 50 by
/// default.
///
/// # Errors
/// As [`inspect::partial_dependence`] and [`inspect::accumulated_effects`]; `argument` for another
/// kind.
pub fn feature_dependence(model: &Model, set: &TrainingSet, options: &str) -> Result<String> {
    let options = Options::read(options, &["feature", "kind", "points"])?;
    let feature = Options::need("feature", options.text("feature")?)?;
    let points = options.count("points")?;
    let rows: Array2<f64> = model.rows_of(&set.table)?;
    let (values, effects, counts) = match options.text("kind")?.unwrap_or("partial") {
        "partial" => {
            let found = inspect::partial_dependence(model, rows.view(), feature, points)?;
            (found.values, found.means, None)
        }
        "accumulated" => {
            let found = inspect::accumulated_effects(model, rows.view(), feature, points)?;
            (found.values, found.effects, Some(found.counts))
        }
        other => {
            let message = format!("found `{other}`; expected `partial` or `accumulated`");
            return Err(Error::argument("kind", message));
        }
    };
    let kind = model.inputs().iter().find(|input| input.name == feature).map(|input| &input.kind);
    let named = |value: f64| match kind {
        Some(InputKind::Bool) => (value != 0.0).into(),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index past the end is none"
        )]
        Some(InputKind::Category { values }) => values.get(value as usize).cloned().into(),
        _ => value.into(),
    };
    let values = values.into_iter().map(named).collect();
    wire::to_json(&FeatureDependence { feature: feature.to_owned(), values, effects, counts })
}

fn points(options: &str) -> Result<usize> {
    Ok(Options::read(options, &["points"])?.count("points")?.unwrap_or(DEFAULT_POINTS))
}

fn params<T: serde::de::DeserializeOwned>(options: &str) -> Result<T> {
    if !options.starts_with('{') {
        return Err(Error::argument("options", "expected an object"));
    }
    wire::from_json(options, "options")
}
