//! A health score learned from outcomes, and one judged by them.
//!
//! [`fit_health`] learns for each feature a monotone curve of how likely customers are to churn, and
//! how much each curve counts beside the others; it writes them as a section `[health]` of a
//! playbook, to be read and changed by people. [`validate_health`] says of any playbook's score
//! whether it predicts anything.

mod bands;
mod document;
mod shape;
mod text;
mod validate;
mod weights;

use std::collections::BTreeMap;

use stayput_core::churn::InputKind;
use stayput_core::features::TrainingSet;
use stayput_core::{Error, Result};

pub use document::{FittedBand, FittedFactor, FittedHealth, HealthBand, HealthValidation, Knot};
pub use validate::validate_health;

use crate::data::{self, Data};
use crate::validate::roc_auc;
use shape::Shape;

/// Which way a feature goes with health.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Direction {
    /// The more, the healthier.
    Up,
    /// The more, the less healthy.
    Down,
}

/// What [`fit_health`] is to learn.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct FitHealthParams {
    /// The features to learn from; all where there is none.
    pub features: Option<Vec<String>>,
    /// For numbers, which way they go; where it is not said, the way that fits better.
    pub directions: Option<BTreeMap<String, Direction>>,
    /// The most factors of the score: 10 where it is not said.
    pub max_factors: Option<usize>,
}

/// The least share of the weight that a factor is kept for.
const LEAST_WEIGHT: f64 = 0.01;

/// Learns a health score from what came true in `set`.
///
/// Each number becomes a curve by isotonic regression of churn (pool adjacent violators: Ayer et al.
/// 1955) of at most 8 knots, each boolean and category a score for each of its values. A rate is
/// drawn towards that of all rows by 10 rows of it, and is taken as log-odds, which add up; a factor's score is
/// 100 where they are least and 0 where they are greatest. The weights are those of a logistic
/// regression on the curves, held to be at least 0. A curve is of its feature alone: what goes along
/// with it in the data, such as being new, shows in it. Where a feature was missing in training, its
/// rows have a score of their own; else the other factors carry its weight.
///
/// The bands are the two boundaries, whole points, that tell most about churn (the greatest
/// likelihood), with churn falling from band to band and a twentieth of the rows in each.
///
/// # Errors
/// [`stayput_core::ErrorCode::ModelData`] as for [`crate::train`], and where no feature tells who
/// churns; [`stayput_core::ErrorCode::Argument`] for a feature that there is not, or a direction of
/// what is no number.
pub fn fit_health(set: &TrainingSet, params: &FitHealthParams) -> Result<FittedHealth> {
    let data = Data::new(set)?;
    let most = params.max_factors.unwrap_or(10);
    if most == 0 {
        return Err(Error::argument("max_factors", "is 0; expected at least 1"));
    }
    let chosen = chosen(&data, params)?;
    let mut shapes = Vec::new();
    for input in chosen {
        let column: Vec<f64> = data.rows.column(input).to_vec();
        let known = &data.inputs[input];
        let direction = params.directions.as_ref().and_then(|ways| ways.get(&known.name));
        if let Some(shape) = Shape::fit(known, &column, &data.labels, direction.copied()) {
            shapes.push((shape, column));
        }
    }
    let mut weights = weigh(&shapes, &data.labels);
    // Those that count, the heaviest first, are weighed again without the others.
    let mut order: Vec<usize> = (0..shapes.len()).collect();
    order.sort_by(|a, b| weights[*b].total_cmp(&weights[*a]));
    let all: f64 = weights.iter().sum();
    order.retain(|at| weights[*at] > LEAST_WEIGHT * all);
    order.truncate(most);
    if order.is_empty() {
        return Err(data::refuse("no feature tells who churns, so there is no health to learn"));
    }
    let mut kept: Vec<(Shape, Vec<f64>)> = order.iter().map(|at| shapes[*at].clone()).collect();
    weights = weigh(&kept, &data.labels);
    let all: f64 = weights.iter().sum();
    let mut factors: Vec<(f64, (Shape, Vec<f64>))> = weights
        .iter()
        .map(|weight| text::rounded(weight / all, 4))
        .zip(kept.drain(..))
        .filter(|(weight, _)| *weight > 0.0)
        .collect();
    factors.sort_by(|a, b| b.0.total_cmp(&a.0));
    let scores = scores(&factors, data.labels.len());
    let bands = bands::choose(&scores, &data.labels);
    let losses: Vec<f64> = scores.iter().map(|score| -score).collect();
    let factors: Vec<FittedFactor> =
        factors.iter().map(|(weight, (shape, _))| shape.document(*weight)).collect();
    Ok(FittedHealth {
        playbook: text::section(&factors, &bands),
        rows: data.labels.len(),
        churners: data.labels.iter().filter(|label| **label).count(),
        auc: roc_auc(&data.labels, &losses),
        factors,
        bands,
    })
}

/// The inputs to learn from.
fn chosen(data: &Data, params: &FitHealthParams) -> Result<Vec<usize>> {
    let names = || data.inputs.iter().map(|input| input.name.as_str());
    let find = |argument: &str, name: &str| {
        names().position(|known| known == name).ok_or_else(|| {
            let near = stayput_core::did_you_mean(name, names());
            Error::argument(argument, format!("`{name}` is not a feature to learn from{near}"))
        })
    };
    for name in params.directions.iter().flatten().map(|(name, _)| name) {
        if data.inputs[find("directions", name)?].kind != InputKind::Number {
            let message = format!("`{name}` is no number, and has no direction");
            return Err(Error::argument("directions", message));
        }
    }
    let chosen = match &params.features {
        None => (0..data.inputs.len()).collect(),
        Some(names) => {
            names.iter().map(|name| find("features", name)).collect::<Result<Vec<_>>>()?
        }
    };
    for input in &chosen {
        text::check_name(&data.inputs[*input].name)?;
    }
    Ok(chosen)
}

/// How much each shape counts: its coefficient times the log-odds between its ends.
fn weigh(shapes: &[(Shape, Vec<f64>)], labels: &[bool]) -> Vec<f64> {
    let columns: Vec<Vec<f64>> = shapes
        .iter()
        .map(|(shape, column)| {
            column.iter().map(|x| (100.0 - shape.score(*x).unwrap_or(50.0)) / 100.0).collect()
        })
        .collect();
    weights::solve(&columns, labels)
}

/// The health score of every training row.
fn scores(factors: &[(f64, (Shape, Vec<f64>))], rows: usize) -> Vec<f64> {
    let score = |row: usize| {
        let (mut sum, mut all) = (0.0, 0.0);
        for (weight, (shape, column)) in factors {
            if let Some(score) = shape.score(column[row]) {
                sum += weight * score;
                all += weight;
            }
        }
        sum / all
    };
    (0..rows).map(score).collect()
}
