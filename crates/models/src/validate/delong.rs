//! The test of `DeLong`, `DeLong` and Clarke-Pearson (1988): whether two models that were judged on
//! the same rows differ in the area under the ROC curve.
//!
//! With `m` rows of label 1 and `n` of label 0, `V10_i` is the share of rows of label 0 that row `i`
//! of label 1 has a greater score than, a tie counting half, and `V01_j` the share of rows of label
//! 1 that have a greater score than row `j` of label 0. Their mean is the area; with `S10` and `S01`
//! the covariances of two models' shares, the variance of the difference of areas is
//! `(S10[a,a] + S10[b,b] − 2·S10[a,b])/m + (S01[a,a] + S01[b,b] − 2·S01[a,b])/n`. The shares come
//! from mid-ranks, in `O(N log N)` (Sun and Xu 2014).
//!
//! The rows are taken as independent; where one customer has several rows, the bootstrap by
//! customer ([`super::compare`]) says how much that matters.

use serde::{Deserialize, Serialize};
use stayput_core::{Error, Result, math};

use crate::data::refuse;

/// The difference of two areas under the ROC curve, tested.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DeLong {
    /// The challenger's area less the champion's.
    pub difference: f64,
    /// The standard error of the difference.
    pub standard_error: f64,
    /// The lower end of the interval of the difference.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How probable so great a difference is, either way, between equal models.
    pub p_value: f64,
}

/// The test of scores of a `champion` and a `challenger` on the same rows, with an interval that
/// holds the difference with probability `level`.
///
/// # Errors
/// [`stayput_core::ErrorCode::ModelData`] when a label has fewer than two rows, and
/// [`stayput_core::ErrorCode::Argument`] when `level` is not between 0 and 1.
pub fn delong(labels: &[bool], champion: &[f64], challenger: &[f64], level: f64) -> Result<DeLong> {
    check_level(level)?;
    let positives = labels.iter().filter(|&&label| label).count();
    if positives.min(labels.len() - positives) < 2 {
        return Err(refuse("DeLong's test needs at least two rows of each kind"));
    }
    let (champion, challenger) = (shares(labels, champion), shares(labels, challenger));
    let of = |label: bool| -> (f64, f64) {
        let rows = || champion.iter().zip(&challenger).zip(labels).filter(|row| *row.1 == label);
        let differences: Vec<f64> = rows().map(|((a, b), _)| b - a).collect();
        mean_and_error(&differences)
    };
    let ((difference, error10), (_, error01)) = (of(true), of(false));
    let standard_error = (error10 + error01).sqrt();
    let p_value = if difference == 0.0 {
        1.0
    } else {
        math::erfc(difference.abs() / standard_error / std::f64::consts::SQRT_2)
    };
    let reach = math::normal_quantile(0.5 + level / 2.0) * standard_error;
    Ok(DeLong {
        difference,
        standard_error,
        low: difference - reach,
        high: difference + reach,
        p_value,
    })
}

pub(super) fn check_level(level: f64) -> Result<()> {
    if level > 0.0 && level < 1.0 {
        return Ok(());
    }
    Err(Error::argument("level", format!("is {level}; expected more than 0 and less than 1")))
}

/// For each row the share of rows of the other label on the right side of it.
#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
fn shares(labels: &[bool], scores: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let positives = labels.iter().filter(|&&label| label).count();
    let negatives = labels.len() - positives;
    let mut shares = vec![0.0; scores.len()];
    let (mut positives_below, mut negatives_below) = (0, 0);
    for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let tied_positives = tied.iter().filter(|&&row| labels[row]).count();
        let tied_negatives = tied.len() - tied_positives;
        for &row in tied {
            // Mid-rank among all less mid-rank among its own label, without the halves.
            shares[row] = if labels[row] {
                (2 * negatives_below + tied_negatives) as f64 / (2 * negatives) as f64
            } else {
                let above = positives - positives_below - tied_positives;
                (2 * above + tied_positives) as f64 / (2 * positives) as f64
            };
        }
        positives_below += tied_positives;
        negatives_below += tied_negatives;
    }
    shares
}

/// The mean, and the variance of the mean.
#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, squares / (count - 1.0) / count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::validate::roc_auc;
    use crate::validate::testing::{near, rows_of_both};

    /// The definition, pair by pair.
    fn by_definition(labels: &[bool], a: &[f64], b: &[f64]) -> (f64, f64) {
        let rows = |label| (0..labels.len()).filter(move |&row| labels[row] == label);
        let won = |scores: &[f64], i: usize, j: usize| {
            if scores[i] > scores[j] {
                1.0
            } else if scores[i] == scores[j] {
                0.5
            } else {
                0.0
            }
        };
        let gain = |i, j| won(b, i, j) - won(a, i, j);
        let mean = |values: Vec<f64>| mean_and_error(&values);
        let v10 = rows(true).map(|i| mean(rows(false).map(|j| gain(i, j)).collect()).0).collect();
        let v01 = rows(false).map(|j| mean(rows(true).map(|i| gain(i, j)).collect()).0).collect();
        let ((difference, error10), (_, error01)) = (mean(v10), mean(v01));
        (difference, (error10 + error01).sqrt())
    }

    #[test]
    fn a_model_does_not_differ_from_itself() {
        let (labels, scores) = ([true, false, true, false], [0.9, 0.3, 0.2, 0.1]);
        let found = delong(&labels, &scores, &scores, 0.95).unwrap();
        assert_eq!((found.difference, found.standard_error, found.p_value), (0.0, 0.0, 1.0));
        let turned = scores.map(|score| -score);
        let perfect = [0.9, 0.1, 0.8, 0.2];
        let found = delong(&labels, &turned, &perfect, 0.95).unwrap();
        assert!(found.p_value < 0.5 && found.difference > 0.0);
    }

    #[test]
    fn too_few_rows_and_levels_that_cannot_be_are_refused() {
        assert!(delong(&[true, false, false], &[0.1; 3], &[0.2; 3], 0.9).is_err());
        let error = delong(&[true, false], &[0.1; 2], &[0.2; 2], 1.0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "argument `level`: is 1; expected more than 0 and less than 1"
        );
    }

    proptest! {
        #[test]
        fn mid_ranks_give_what_pairs_give((labels, a) in rows_of_both(), turn in 1..60_usize) {
            let mut b = a.clone();
            b.rotate_left(turn % a.len());
            let found = delong(&labels, &a, &b, 0.95).unwrap();
            let (difference, standard_error) = by_definition(&labels, &a, &b);
            near(found.difference, difference, 1e-12);
            near(found.standard_error, standard_error, 1e-12);
            let areas = roc_auc(&labels, &b).unwrap() - roc_auc(&labels, &a).unwrap();
            near(found.difference, areas, 1e-12);
            prop_assert!(found.low <= found.difference && found.difference <= found.high);
            prop_assert!((0.0..=1.0).contains(&found.p_value));
        }
    }
}
