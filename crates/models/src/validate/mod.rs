//! How good a model is, on rows that it has not seen.

mod bootstrap;
mod curves;
mod delong;
mod empc;
mod folds;
mod judged;
mod lift;
mod metrics;
mod ranked;
mod reliability;
mod report;
#[cfg(test)]
pub(crate) mod testing;
mod threshold;

use stayput_core::Result;
use stayput_core::churn::Model;
use stayput_core::features::TrainingSet;

pub use bootstrap::{BootstrapParams, Difference, Interval, Intervals};
pub use curves::{DEFAULT_POINTS, PrecisionRecall, PrecisionRecallPoint, Roc, RocPoint};
pub use delong::{DeLong, delong};
pub use empc::{Empc, EmpcParams, empc};
pub use folds::{Folds, Split};
pub(crate) use folds::{keyed, stratified};
pub use judged::{Comparison, Judged, compare};
pub use lift::{Lift, LiftBin};
pub use metrics::{brier, ks, log_loss, pr_auc, roc_auc};
pub use reliability::{Bins, Reliability, ReliabilityBin};
pub use report::{Measure, Report};
pub use threshold::{ProfitThreshold, profit_threshold};

use crate::params::TrainParams;
use crate::train::train;

/// How the model's probabilities compare with what came true in `set`.
///
/// # Errors
/// [`stayput_core::ErrorCode::ModelShape`] when the set lacks a feature of the model, and
/// [`stayput_core::ErrorCode::ModelData`] when it has no rows or a label other than 0 and 1.
pub fn evaluate(model: &Model, set: &TrainingSet) -> Result<Report> {
    Ok(Judged::new(model, set)?.report())
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
