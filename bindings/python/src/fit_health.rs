//! Health learned from outcomes, and judged by them.

use std::collections::BTreeMap;

use pyo3::prelude::*;
use stayput_core::Error;
use stayput_models::FitHealthParams;
use stayput_models::health::Direction;

use crate::answers::{Answer as _, FittedHealth, HealthValidation};
use crate::errors::{Result, detached};
use crate::playbook::Playbook;
use crate::training_set::TrainingSet;

/// Learns a health score from what came true: for each feature a monotone curve, how much it counts,
/// and bands between which churn differs; `.playbook` is the section `[health]` to be added to a
/// playbook.
///
/// `features` are those to learn from, all where there is none; `directions` says of numbers
/// whether more is healthier (`"up"`) or not (`"down"`); there are at most `max_factors`, 10 by
/// default.
#[pyfunction]
#[pyo3(signature = (data, *, features=None, directions=None, max_factors=None))]
pub(crate) fn fit_health<'py>(
    py: Python<'py>,
    data: &TrainingSet,
    features: Option<Vec<String>>,
    directions: Option<BTreeMap<String, String>>,
    max_factors: Option<usize>,
) -> Result<FittedHealth<'py>> {
    let directions = directions.map(|ways| ways.into_iter().map(direction).collect());
    let params = FitHealthParams { features, directions: directions.transpose()?, max_factors };
    let fitted = detached(py, || stayput_models::fit_health(&data.set, &params))?;
    FittedHealth::of(py, &fitted)
}

fn direction((feature, way): (String, String)) -> stayput_core::Result<(String, Direction)> {
    match way.as_str() {
        "up" => Ok((feature, Direction::Up)),
        "down" => Ok((feature, Direction::Down)),
        _ => {
            let message =
                format!("`{way}` is no direction of `{feature}`; expected `up` or `down`");
            Err(Error::argument("directions", message))
        }
    }
}

/// Whether the health score of a playbook predicts who churns: AUC with its interval, and what came
/// true in each band.
#[pyfunction]
pub(crate) fn validate_health<'py>(
    py: Python<'py>,
    playbook: &Playbook,
    data: &TrainingSet,
) -> Result<HealthValidation<'py>> {
    let found = detached(py, || stayput_models::validate_health(&playbook.inner, &data.set))?;
    HealthValidation::of(py, &found)
}
