//! Calibration: from out-of-fold margins to probabilities that are right on average.
//!
//! Five models are trained, each without a fifth of the rows, and give the margins of those. A
//! calibrator of these margins stands for one of the model that is then trained on all rows.

mod beta;
mod isotonic;
mod platt;
mod prior;
mod venn_abers;
mod weights;

use ndarray::Axis;
use stayput_core::Result;
use stayput_core::churn::Calibrator;

pub use beta::beta;
pub use isotonic::isotonic;
pub(crate) use platt::line;
pub use platt::platt;
pub use prior::{corrected_for_prior, with_prior};
pub use venn_abers::venn_abers;

use crate::data::{Data, refuse};
use crate::params::{Calibrate, CheckedTrainParams};
use crate::train::fit;
use crate::validate::stratified;

/// The folds that margins are taken out of.
const FOLDS: usize = 5;

/// The margin of each row by a model, trained as `params` say, that has not seen it.
///
/// # Errors
/// [`stayput_core::ErrorCode::ModelData`] when a class has fewer than two rows.
pub(crate) fn out_of_fold(data: &Data, params: &CheckedTrainParams) -> Result<Vec<f64>> {
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
    Ok(margins)
}

/// The calibrator of a kind for these margins of the rows, each of which counts what it weighs by
/// itself: probabilities are of rows as they come, whatever their labels count in training.
pub(crate) fn calibrator(kind: Calibrate, margins: &[f64], data: &Data) -> Calibrator {
    let (labels, weights) = (&data.labels, data.sample_weight.as_deref());
    match kind {
        Calibrate::Platt => platt(margins, labels, weights),
        Calibrate::Isotonic => isotonic(margins, labels, weights),
        Calibrate::Beta => beta(margins, labels, weights),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::TrainParams;
    use crate::testing::made_up;
    use crate::{Error, evaluate, train};

    #[test]
    fn calibration_mends_a_model_that_is_too_sure() {
        let (set, unseen) = (made_up(1_200, 21), made_up(2_000, 22));
        let sure = TrainParams {
            n_estimators: Some(100),
            max_depth: Some(8),
            learning_rate: Some(0.5),
            ..TrainParams::default()
        };
        let before = evaluate(&train(&set, &sure).unwrap(), &unseen).unwrap();
        for kind in Calibrate::ALL {
            let calibrated = TrainParams { calibrate: Some(kind), ..sure.clone() };
            let model = train(&set, &calibrated).unwrap();
            let after = evaluate(&model, &unseen).unwrap();
            assert!(after.log_loss < before.log_loss - 0.05, "{kind:?}\n{before}\n{after}");
            assert!(after.ece < 0.5 * before.ece, "{kind:?}\n{before}\n{after}");
            // Isotonic regression makes equals of some rows; the others change no order.
            let auc = [before, after].map(|report| report.roc_auc.unwrap());
            let most = if kind == Calibrate::Isotonic { 0.01 } else { 0.0 };
            assert!((auc[0] - auc[1]).abs() <= most, "{kind:?} {auc:?}");
            let again = crate::Model::from_bytes(&model.to_bytes().unwrap()).unwrap();
            assert_eq!(again, model);
        }
    }

    #[test]
    fn a_class_of_one_row_is_refused() {
        let mut set = made_up(40, 5);
        set.labels.fill(0.0);
        set.labels[3] = 1.0;
        for kind in Calibrate::ALL {
            let params = TrainParams { calibrate: Some(kind), ..TrainParams::default() };
            let message = train(&set, &params).map_err(|error: Error| error.to_string());
            assert_eq!(
                message.unwrap_err(),
                "training data: calibration needs at least two rows of each kind"
            );
        }
    }
}
