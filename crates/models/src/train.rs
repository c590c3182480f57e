//! Training: one call for every algorithm.

use std::panic::{AssertUnwindSafe, catch_unwind};

use stayput_core::Result;
use stayput_core::churn::{Model, ModelParts, Predictor};
use stayput_core::features::TrainingSet;

use crate::data::{Data, refuse};
use crate::params::{Calibrate, CheckedAlgorithm, CheckedTrainParams, TrainParams};
use crate::{calibrate, gbdt, gbm, logistic};

/// Fits a model that gives the probability of label 1.
///
/// Numbers, booleans and categories are read, a missing value as missing; instants and texts are
/// left out. The same set and parameters give the same model, whatever `n_jobs` is.
///
/// # Errors
/// [`stayput_core::ErrorCode::ModelParameter`] for a parameter that is not possible, and
/// [`stayput_core::ErrorCode::ModelData`] for rows that cannot be trained on: none, labels other
/// than 0 and 1 or all alike, no feature that a model reads, a value that is not what its column
/// says.
pub fn train(set: &TrainingSet, params: &TrainParams) -> Result<Model> {
    let params = params.check()?;
    let data = Data::new(set)?;
    let calibrator = match params.calibrate {
        Some(Calibrate::Platt) => Some(calibrate::out_of_fold(&data, &params)?),
        None => None,
    };
    fit(data, &params)?.calibrated(calibrator)
}

/// A model without a calibrator.
pub(crate) fn fit(data: Data, params: &CheckedTrainParams) -> Result<Model> {
    let (predictor, importance) = guarded(|| match &params.algorithm {
        CheckedAlgorithm::Gbm(own) => gbm::fit(&data, own),
        CheckedAlgorithm::Gbdt(own) => gbdt::fit(&data, own),
        CheckedAlgorithm::Logistic(own) => logistic::fit(&data, own),
    })?;
    let trained_on = data.trained_on();
    Model::new(ModelParts {
        inputs: data.inputs,
        predictor,
        calibrator: None,
        importance,
        algorithm: params.algorithm().to_owned(),
        params: params.record(),
        trained_on,
    })
}

/// A panic inside a training library as an error: a host must not die of one, and what the
/// library held is dropped with it.
fn guarded(fit: impl FnOnce() -> Result<(Predictor, Vec<f64>)>) -> Result<(Predictor, Vec<f64>)> {
    catch_unwind(AssertUnwindSafe(fit))
        .unwrap_or_else(|_| Err(refuse("the training library fails on these rows")))
}
