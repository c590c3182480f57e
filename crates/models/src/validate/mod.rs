//! How good a model is, on rows that it has not seen.

mod folds;
mod metrics;
mod report;

use stayput_core::Result;
use stayput_core::churn::Model;
use stayput_core::features::TrainingSet;

pub(crate) use folds::stratified;
pub use folds::{Folds, Split};
pub use metrics::{brier, log_loss, roc_auc};
pub use report::Report;

use crate::data;
use crate::params::TrainParams;
use crate::train::train;

/// How the model's probabilities compare with what came true in `set`.
///
/// # Errors
/// [`stayput_core::ErrorCode::ModelShape`] when the set lacks a feature of the model, and
/// [`stayput_core::ErrorCode::ModelData`] when it has no rows or a label other than 0 and 1.
pub fn evaluate(model: &Model, set: &TrainingSet) -> Result<Report> {
    let labels = data::labels(set)?;
    let probabilities = model.predict(model.rows_of(&set.table)?.view())?;
    Ok(Report::new(&labels, &probabilities))
}

/// One report a fold: a model trained on the fold's training rows, judged on its test rows.
///
/// # Errors
/// As for [`crate::train`] and [`Folds::split`].
pub fn cross_validate(
    set: &TrainingSet,
    params: &TrainParams,
    folds: &Folds,
) -> Result<Vec<Report>> {
    let splits = folds.split(set)?;
    let one = |split: &Split| {
        let model = train(&set.select(&split.train)?, params)?;
        evaluate(&model, &set.select(&split.test)?)
    };
    splits.iter().map(one).collect()
}
