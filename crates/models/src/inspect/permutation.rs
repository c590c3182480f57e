//! Permutation importance: what is lost when an input's values are dealt out anew (Breiman 2001).

use ndarray::{Array1, ArrayView2};
use stayput_core::churn::Model;
use stayput_core::{Error, Result};

use crate::validate::{keyed, roc_auc};

/// What an input's own values bring.
#[derive(Debug, Clone, PartialEq)]
pub struct Permuted {
    /// ROC-AUC less that of each shuffle.
    pub drops: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, over all shuffles.
    pub std: f64,
}

/// By how much ROC-AUC falls on labelled rows when one input after the other is shuffled, `repeats`
/// times each. The shuffle is a function of `seed`, the input's number and that of the repeat.
///
/// # Errors
/// [`stayput_core::ErrorCode::Argument`] for no repeats, other than one label a row, or labels that
/// are all alike; [`stayput_core::ErrorCode::ModelShape`] when the width is not the model's.
#[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice is")]
pub fn permutation_importance(
    model: &Model,
    rows: ArrayView2<'_, f64>,
    labels: &[bool],
    repeats: usize,
    seed: u64,
) -> Result<Vec<Permuted>> {
    if repeats == 0 {
        return Err(Error::argument("repeats", "is 0; expected at least 1"));
    }
    if labels.len() != rows.nrows() {
        let message = format!("there are {} labels for {} rows", labels.len(), rows.nrows());
        return Err(Error::argument("labels", message));
    }
    let judge = |probabilities: &[f64]| {
        roc_auc(labels, probabilities)
            .ok_or_else(|| Error::argument("labels", "are all alike; both kinds are needed"))
    };
    let whole = judge(&model.predict(rows)?)?;
    let mut changed = rows.to_owned();
    let mut order: Vec<usize> = (0..rows.nrows()).collect();
    (0..rows.ncols())
        .map(|input| {
            let own = rows.column(input);
            let mut drops = Vec::with_capacity(repeats);
            for repeat in 0..repeats {
                let key = keyed(keyed(seed, input as u64), repeat as u64);
                order.sort_unstable_by_key(|&row| (keyed(key, row as u64), row));
                let shuffled: Array1<f64> = order.iter().map(|&row| own[row]).collect();
                changed.column_mut(input).assign(&shuffled);
                drops.push(whole - judge(&model.predict(changed.view())?)?);
            }
            changed.column_mut(input).assign(&own);
            let mean = super::mean(&drops);
            let squares: Vec<f64> =
                drops.iter().map(|drop| (drop - mean) * (drop - mean)).collect();
            Ok(Permuted { std: super::mean(&squares).sqrt(), mean, drops })
        })
        .collect()
}
