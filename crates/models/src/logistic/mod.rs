//! Logistic regression with an L2 penalty: by the `linfa-logistic` crate where every row counts the
//! same, and where rows have weights, which that crate does not take, by the solver it uses
//! (`weighted`).
//!
//! Numbers are standardised (by their mean and population standard deviation over the rows that
//! have a value, each counting its sample weight) and categories are one-hot, as
//! `stayput_core::churn::Linear` says; unscaled, the solver takes several times as long. The weights
//! `w` minimise `Σ s · log(1 + exp(-y · margin)) + |w|² / (2 C)` over rows that count `s`, the
//! intercept free, which is scikit-learn's `C`, `sample_weight` and `class_weight`. A row that counts
//! 2 is worth two rows that count 1.

mod weighted;

use linfa::dataset::Dataset;
use linfa::traits::Fit;
use linfa_ndarray::{Array1, Array2};
use stayput_core::Result;
use stayput_core::churn::{Encoding, InputKind, Linear, Predictor};

use crate::data::{Data, refuse};
use crate::lower::shares;
use crate::params::LogisticParams;

/// Steps of the solver, after which it stops where it is.
const MOST_STEPS: u64 = 1_000;

/// The loss is a sum over rows, so its gradient and what counts as flat grow with them.
const FLAT: f64 = 1e-6;

/// What the fit gives: the weights, and each input's share in the spread of the margin.
pub(crate) fn fit(data: &Data, params: &LogisticParams) -> Result<(Predictor, Vec<f64>)> {
    let mut linear = encoder(data);
    let (columns, width) = (columns(&linear, data), linear.columns());
    let (weights, intercept) = if data.weights_f32().is_none() {
        solve(columns, width, &data.labels, params)?
    } else {
        weighted::solve(&columns, width, data, params)?
    };
    linear.weights = weights;
    linear.intercept = intercept;
    let importance = importance(&linear, data);
    Ok((Predictor::Linear(linear), importance))
}

/// How each input becomes columns, with weights of 0.
fn encoder(data: &Data) -> Linear {
    let encodings = data.inputs.iter().zip(data.rows.columns()).map(|(input, column)| {
        let indicator = column.iter().any(|value| value.is_nan());
        match &input.kind {
            InputKind::Number | InputKind::Bool => {
                let rows = column.iter().enumerate().filter(|(_, value)| !value.is_nan());
                let (values, weights): (Vec<f64>, Vec<f64>) =
                    rows.map(|(row, &value)| (value, data.sample_weight(row))).unzip();
                let (mean, deviation) = moments(&values, &weights);
                let scale = if deviation > 0.0 { deviation } else { 1.0 };
                Encoding::Number { mean, scale, indicator }
            }
            InputKind::Category { values } => {
                let values = u32::try_from(values.len()).unwrap_or(u32::MAX);
                Encoding::Category { values, indicator }
            }
        }
    });
    let mut linear = Linear { encodings: encodings.collect(), weights: Vec::new(), intercept: 0.0 };
    linear.weights = vec![0.0; linear.columns()];
    linear
}

/// Mean and population standard deviation of values that count so much, on numbers divided by the
/// largest so that no sum overflows; 0 for no numbers.
fn moments(values: &[f64], weights: &[f64]) -> (f64, f64) {
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let count: f64 = weights.iter().sum();
    if count == 0.0 || largest == 0.0 {
        return (0.0, 0.0);
    }
    let both = || values.iter().map(|value| value / largest).zip(weights);
    let mean = both().map(|(value, weight)| value * weight).sum::<f64>() / count;
    let square = |(value, weight): (f64, &f64)| (value - mean) * (value - mean) * weight;
    let variance = both().map(square).sum::<f64>() / count;
    // A spread below the rounding of the mean is no spread.
    let deviation = if variance.sqrt() > 1e-12 * mean.abs() { variance.sqrt() } else { 0.0 };
    (mean * largest, deviation * largest)
}

/// The columns of every row, one row after the other.
fn columns(linear: &Linear, data: &Data) -> Vec<f64> {
    let width = linear.columns();
    let mut columns = vec![0.0; width * data.rows.nrows()];
    for (row, into) in data.rows.rows().into_iter().zip(columns.chunks_exact_mut(width)) {
        linear.encode(&row.to_vec(), into);
    }
    columns
}

/// Weights and intercept for the log-odds of label 1.
fn solve(
    columns: Vec<f64>,
    width: usize,
    labels: &[bool],
    params: &LogisticParams,
) -> Result<(Vec<f64>, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
    let rows = labels.len() as f64;
    // The shape is that of the vector by construction.
    let columns = Array2::from_shape_vec((labels.len(), width), columns).unwrap_or_default();
    let targets: Array1<usize> = labels.iter().map(|&label| usize::from(label)).collect();
    let fitted = linfa_logistic::LogisticRegression::default()
        .alpha(1.0 / params.c)
        .max_iterations(MOST_STEPS)
        .gradient_tolerance(FLAT * rows)
        .fit(&Dataset::new(columns, targets))
        .map_err(|error| refuse(format!("logistic regression does not converge: {error}")))?;
    // The crate takes for positive whichever class it orders last.
    let sign = if fitted.labels().pos.class == 1 { 1.0 } else { -1.0 };
    let weights = fitted.params().iter().map(|weight| sign * weight).collect();
    Ok((weights, sign * fitted.intercept()))
}

/// The standard deviation of what each input adds to the margin, as shares of their sum.
fn importance(linear: &Linear, data: &Data) -> Vec<f64> {
    let mut added = data.rows.clone();
    let mut into = vec![0.0; data.inputs.len()];
    for (row, mut added) in data.rows.rows().into_iter().zip(added.rows_mut()) {
        linear.contributions(&row.to_vec(), &mut into);
        added.iter_mut().zip(&into).for_each(|(to, from)| *to = *from);
    }
    let weights: Vec<f64> = (0..data.labels.len()).map(|row| data.sample_weight(row)).collect();
    shares(added.columns().into_iter().map(|column| moments(&column.to_vec(), &weights).1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_do_not_overflow_and_a_constant_has_no_spread() {
        assert_eq!(moments(&[1.0, 2.0, 3.0, 4.0], &[1.0; 4]), (2.5, 1.25_f64.sqrt()));
        assert_eq!(moments(&[1.0, 4.0], &[3.0, 1.0]), moments(&[1.0, 1.0, 4.0, 1.0], &[1.0; 4]));
        assert_eq!(moments(&[0.1; 7], &[1.0; 7]).1.to_bits(), 0.0_f64.to_bits());
        assert_eq!(moments(&[], &[]), (0.0, 0.0));
        assert_eq!(moments(&[3.0], &[0.0]), (0.0, 0.0));
        let (mean, deviation) = moments(&[1e308, -1e308, 1e308, -1e308], &[1.0; 4]);
        assert_eq!((mean, deviation), (0.0, 1e308));
    }
}
