//! Logistic regression with an L2 penalty, by the `linfa-logistic` crate.
//!
//! Numbers are standardised (by their mean and population standard deviation over the rows that
//! have a value) and categories are one-hot, as `stayput_core::churn::Linear` says; unscaled, the
//! solver takes several times as long. The weights minimise
//! `Σ log(1 + exp(-y · margin)) + |w|² / (2 C)`, the intercept free, which is scikit-learn's `C`.

use linfa::dataset::Dataset;
use linfa::traits::Fit;
use linfa_ndarray::{Array1, Array2};
use stayput_core::Result;
use stayput_core::churn::{Encoding, InputKind, Linear, Predictor};

use crate::data::{Data, refuse};
use crate::lower::shares;
use crate::params::LogisticParams;

/// What the fit gives: the weights, and each input's share in the spread of the margin.
pub(crate) fn fit(data: &Data, params: &LogisticParams) -> Result<(Predictor, Vec<f64>)> {
    let mut linear = encoder(data);
    let columns = columns(&linear, data);
    let (weights, intercept) = solve(columns, &data.labels, params)?;
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
                let present: Vec<f64> =
                    column.iter().copied().filter(|value| !value.is_nan()).collect();
                let (mean, deviation) = moments(&present);
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

/// Mean and population standard deviation, on numbers divided by the largest so that no sum
/// overflows; 0 for no numbers.
#[expect(clippy::cast_precision_loss, reason = "a count of rows")]
fn moments(values: &[f64]) -> (f64, f64) {
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    if values.is_empty() || largest == 0.0 {
        return (0.0, 0.0);
    }
    let count = values.len() as f64;
    let mean = values.iter().map(|value| value / largest).sum::<f64>() / count;
    let square = |value: &f64| (value / largest - mean) * (value / largest - mean);
    let variance = values.iter().map(square).sum::<f64>() / count;
    // A spread below the rounding of the mean is no spread.
    let deviation = if variance.sqrt() > 1e-12 * mean.abs() { variance.sqrt() } else { 0.0 };
    (mean * largest, deviation * largest)
}

fn columns(linear: &Linear, data: &Data) -> Array2<f64> {
    let width = linear.columns();
    let mut columns = vec![0.0; width * data.rows.nrows()];
    for (row, into) in data.rows.rows().into_iter().zip(columns.chunks_exact_mut(width)) {
        linear.encode(&row.to_vec(), into);
    }
    // The shape is that of the vector by construction.
    Array2::from_shape_vec((data.rows.nrows(), width), columns).unwrap_or_default()
}

/// Weights and intercept for the log-odds of label 1.
fn solve(
    columns: Array2<f64>,
    labels: &[bool],
    params: &LogisticParams,
) -> Result<(Vec<f64>, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
    let rows = labels.len() as f64;
    let targets: Array1<usize> = labels.iter().map(|&label| usize::from(label)).collect();
    // The loss is a sum over rows, so its gradient and what counts as flat grow with them.
    let fitted = linfa_logistic::LogisticRegression::default()
        .alpha(1.0 / params.c)
        .max_iterations(100)
        .gradient_tolerance(1e-6 * rows)
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
    shares(added.columns().into_iter().map(|column| moments(&column.to_vec()).1))
}

#[cfg(test)]
mod tests {
    use stayput_core::churn::Model;
    use stayput_core::features::TrainingSet;

    use super::*;
    use crate::params::{Algorithm, TrainParams};
    use crate::testing::{made_up, real};

    fn params() -> TrainParams {
        TrainParams { algorithm: Algorithm::Logistic, ..TrainParams::default() }
    }

    /// Trains on `set` and holds the core's margins against the dot product that the crate takes
    /// of the same columns, bit for bit.
    fn same_as_the_crate(set: &TrainingSet, width: usize) {
        let data = Data::new(set).unwrap();
        let model: Model = crate::train(set, &params()).unwrap();
        let Predictor::Linear(linear) = &model.parts().predictor else { panic!("not linear") };
        assert_eq!(linear.columns(), width);
        let weights = Array1::from(linear.weights.clone());
        let theirs = columns(linear, &data).dot(&weights) + linear.intercept;
        let ours = model.margins(data.rows.view()).unwrap();
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours.to_bits(), theirs.to_bits());
        }
    }

    #[test]
    fn the_margin_is_the_crates_dot_product() {
        same_as_the_crate(&made_up(700, 3), 102);
    }

    #[test]
    fn it_is_so_on_real_customers() {
        let Some(telco) = real::telco() else { return };
        same_as_the_crate(&telco, 46);
    }

    #[test]
    fn moments_do_not_overflow_and_a_constant_has_no_spread() {
        assert_eq!(moments(&[1.0, 2.0, 3.0, 4.0]), (2.5, 1.25_f64.sqrt()));
        assert_eq!(moments(&[0.1; 7]).1.to_bits(), 0.0_f64.to_bits());
        assert_eq!(moments(&[]), (0.0, 0.0));
        let (mean, deviation) = moments(&[1e308, -1e308, 1e308, -1e308]);
        assert_eq!((mean, deviation), (0.0, 1e308));
    }
}
