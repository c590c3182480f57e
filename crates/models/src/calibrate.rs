//! Platt scaling: a logistic curve through out-of-fold margins.
//!
//! The curve `p = 1 / (1 + exp(-(slope · margin + intercept)))` minimises the log-loss against
//! targets that are drawn in from 0 and 1, `1 / (n₋ + 2)` and `(n₊ + 1) / (n₊ + 2)`, so that it
//! stays finite when the classes separate (Platt 1999). It is found by Newton's method with
//! backtracking, in the form that loses no digits (Lin, Lin and Weng 2007).

use ndarray::Axis;
use stayput_core::churn::Calibrator;
use stayput_core::{Result, math};

use crate::data::{Data, refuse};
use crate::params::CheckedTrainParams;
use crate::train::fit;
use crate::validate::stratified;

/// The folds that margins are taken out of.
const FOLDS: usize = 5;

/// The least slope: below it the margins tell nothing, and all probabilities are the base rate.
const FLAT: f64 = 1e-9;

/// The calibrator for models trained as `params` say, from rows that each fold's model has not
/// seen.
///
/// # Errors
/// [`stayput_core::ErrorCode::ModelData`] when a class has fewer than two rows.
pub(crate) fn out_of_fold(data: &Data, params: &CheckedTrainParams) -> Result<Calibrator> {
    let positives = data.labels.iter().filter(|&&label| label).count();
    let rarest = positives.min(data.labels.len() - positives);
    if rarest < 2 {
        return Err(refuse("calibration needs at least two rows of each kind"));
    }
    let folds = FOLDS.min(rarest);
    let fold_of = stratified(&data.labels, folds, params.random_state);
    let mut margins = vec![0.0; data.labels.len()];
    for fold in 0..folds {
        let (test, rest): (Vec<usize>, Vec<usize>) =
            (0..fold_of.len()).partition(|&row| fold_of[row] == fold);
        let model = fit(data.select(&rest), params)?;
        let unseen = model.margins(data.rows.select(Axis(0), &test).view())?;
        for (row, margin) in test.into_iter().zip(unseen) {
            margins[row] = margin;
        }
    }
    Ok(platt(&margins, &data.labels))
}

/// The Platt calibrator for these margins and labels, of which it takes as many as there are of
/// both. Where the margins do not rise with the label, the curve is flat at the share of label 1.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
pub fn platt(margins: &[f64], labels: &[bool]) -> Calibrator {
    let positives = labels.iter().filter(|&&label| label).count() as f64;
    let negatives = labels.len() as f64 - positives;
    let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
    let rows: Vec<(f64, f64)> = margins
        .iter()
        .zip(labels)
        .map(|(&margin, &label)| (margin, if label { high } else { low }))
        .collect();

    let mut slope = 0.0;
    let mut intercept = math::ln((positives + 1.0) / (negatives + 1.0));
    let mut least = loss(&rows, slope, intercept);
    for _ in 0..100 {
        let Some((along_slope, along_intercept)) = newton(&rows, slope, intercept) else { break };
        // Half a step, and half of that, until the loss goes down.
        let next = (0..40).map(|halvings| math::pow(0.5, f64::from(halvings))).find_map(|share| {
            let to = (slope + share * along_slope, intercept + share * along_intercept);
            let loss = loss(&rows, to.0, to.1);
            (loss < least).then_some((to.0, to.1, loss))
        });
        let Some(next) = next else { break };
        (slope, intercept, least) = next;
    }
    if slope > FLAT && slope.is_finite() && intercept.is_finite() {
        return Calibrator::Platt { slope, intercept };
    }
    let intercept = math::ln((positives + 1.0) / (negatives + 1.0));
    Calibrator::Platt { slope: FLAT, intercept }
}

/// `Σ t·log(1 + e^-z) + (1 - t)·log(1 + e^z)`, `z` the calibrated log-odds.
fn loss(rows: &[(f64, f64)], slope: f64, intercept: f64) -> f64 {
    let one = |&(margin, target): &(f64, f64)| {
        let z = slope * margin + intercept;
        if z >= 0.0 {
            (1.0 - target) * z + math::ln_1p(math::exp(-z))
        } else {
            -target * z + math::ln_1p(math::exp(z))
        }
    };
    rows.iter().map(one).sum()
}

/// The Newton step in slope and intercept; none where the loss is flat already.
fn newton(rows: &[(f64, f64)], slope: f64, intercept: f64) -> Option<(f64, f64)> {
    // A little on the diagonal keeps the Hessian invertible.
    let (mut ss, mut si, mut ii) = (1e-12, 0.0, 1e-12);
    let (mut gs, mut gi) = (0.0, 0.0);
    for &(margin, target) in rows {
        let p = math::sigmoid(slope * margin + intercept);
        let weight = p * (1.0 - p);
        ss += margin * margin * weight;
        si += margin * weight;
        ii += weight;
        gs += margin * (p - target);
        gi += p - target;
    }
    let determinant = ss * ii - si * si;
    let step = (-(ii * gs - si * gi) / determinant, -(ss * gi - si * gs) / determinant);
    let flat = gs.abs() < 1e-9 && gi.abs() < 1e-9;
    (!flat && step.0.is_finite() && step.1.is_finite()).then_some(step)
}
