//! Logistic regression with an L2 penalty, by the L-BFGS of the `argmin` crate.
//!
//! Numbers are standardised (by their mean and population standard deviation over the rows that
//! have a value, each counting its sample weight) and categories are one-hot, as
//! `stayput_core::churn::Linear` says; unscaled, the solver takes several times as long. The weights
//! `w` minimise `Σ s · log(1 + exp(-y · margin)) + |w|² / (2 C)` over rows that count `s`, the
//! intercept free, which is scikit-learn's `C`, `sample_weight` and `class_weight`. A row that counts
//! 2 is worth two rows that count 1.
//!
//! Sums run in the order of the rows, and `exp` and `ln` are the core's, so the same rows give the
//! same weights on every machine.

use argmin::core::{CostFunction, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use stayput_core::churn::{Encoding, InputKind, Linear, Predictor};
use stayput_core::{Result, math};

use crate::data::{Data, refuse};
use crate::lower::shares;
use crate::params::LogisticParams;

/// What the fit gives: the weights, and each input's share in the spread of the margin.
pub(crate) fn fit(data: &Data, params: &LogisticParams) -> Result<(Predictor, Vec<f64>)> {
    let mut linear = encoder(data);
    let (weights, intercept) = solve(&columns(&linear, data), linear.columns(), data, params)?;
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

/// The loss and its gradient. The parameters are the weights and, last, the intercept.
struct Loss<'a> {
    columns: &'a [f64],
    width: usize,
    data: &'a Data,
    penalty: f64,
}

impl Loss<'_> {
    /// Calls `each` with the columns of every row, what it counts, the sign of its label and its
    /// margin.
    fn rows(&self, at: &[f64], mut each: impl FnMut(&[f64], f64, f64, f64)) {
        let (weights, intercept) = at.split_at(self.width);
        for (row, columns) in self.columns.chunks_exact(self.width).enumerate() {
            let sign = if self.data.labels[row] { 1.0 } else { -1.0 };
            let products = columns.iter().zip(weights).map(|(column, weight)| column * weight);
            let margin = products.sum::<f64>() + intercept[0];
            each(columns, self.data.weight(row), sign, margin);
        }
    }
}

impl CostFunction for Loss<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, at: &Vec<f64>) -> std::result::Result<f64, argmin::core::Error> {
        let mut sum = 0.0;
        self.rows(at, |_, counts, sign, margin| {
            // log(1 + exp(-z)), by the side on which exp cannot overflow.
            let z = sign * margin;
            sum += counts * ((-z).max(0.0) + math::ln(1.0 + math::exp(-z.abs())));
        });
        let squares: f64 = at[..self.width].iter().map(|weight| weight * weight).sum();
        Ok(sum + 0.5 * self.penalty * squares)
    }
}

impl Gradient for Loss<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, at: &Vec<f64>) -> std::result::Result<Vec<f64>, argmin::core::Error> {
        let mut gradient: Vec<f64> = at.iter().map(|weight| self.penalty * weight).collect();
        gradient[self.width] = 0.0;
        self.rows(at, |columns, counts, sign, margin| {
            let step = -sign * counts * math::sigmoid(-sign * margin);
            for (sum, column) in gradient.iter_mut().zip(columns) {
                *sum += step * column;
            }
            gradient[self.width] += step;
        });
        Ok(gradient)
    }
}

/// Weights and intercept for the log-odds of label 1.
fn solve(
    columns: &[f64],
    width: usize,
    data: &Data,
    params: &LogisticParams,
) -> Result<(Vec<f64>, f64)> {
    let failed = |error: argmin::core::Error| {
        refuse(format!("logistic regression does not converge: {error}"))
    };
    let counted: f64 = (0..data.labels.len()).map(|row| data.weight(row)).sum();
    let loss = Loss { columns, width, data, penalty: 1.0 / params.c };
    // The loss is a sum over rows, so its gradient and what counts as flat grow with them.
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), 10)
        .with_tolerance_grad(1e-6 * counted)
        .map_err(failed)?;
    let fitted = Executor::new(loss, solver)
        .configure(|state| state.param(vec![0.0; width + 1]).max_iters(1_000))
        .run()
        .map_err(failed)?;
    let mut weights = fitted.state().get_best_param().cloned().unwrap_or_default();
    let intercept = weights.pop().unwrap_or_default();
    Ok((weights, intercept))
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
    use stayput_core::churn::Model;
    use stayput_core::features::TrainingSet;

    use super::*;
    use crate::params::{Algorithm, TrainParams};
    use crate::testing::{made_up, real};

    fn params() -> TrainParams {
        TrainParams { algorithm: Algorithm::Logistic, ..TrainParams::default() }
    }

    /// Trains on `set` and holds the core's margins against the products that the loss is of, bit
    /// for bit; and the gradient of the loss there is flat.
    fn same_as_the_loss(set: &TrainingSet, width: usize) {
        let data = Data::new(set).unwrap();
        let model: Model = crate::train(set, &params()).unwrap();
        let Predictor::Linear(linear) = &model.parts().predictor else { panic!("not linear") };
        assert_eq!(linear.columns(), width);
        let columns = columns(linear, &data);
        let loss = Loss { columns: &columns, width, data: &data, penalty: 1.0 };
        let at: Vec<f64> = linear.weights.iter().copied().chain([linear.intercept]).collect();
        let mut theirs = Vec::new();
        loss.rows(&at, |_, _, _, margin| theirs.push(margin));
        let ours = model.margins(data.rows.view()).unwrap();
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert!((ours - theirs).abs() <= 1e-12 * (1.0 + theirs.abs()), "{ours} {theirs}");
        }
        let gradient = loss.gradient(&at).unwrap();
        let most = gradient.iter().fold(0.0_f64, |most, part| most.max(part.abs()));
        let rows: f64 = set.labels.iter().map(|_| 1.0).sum();
        assert!(most < 1e-5 * rows, "{most}");
    }

    #[test]
    fn the_margin_is_what_the_loss_is_of() {
        same_as_the_loss(&made_up(700, 3), 102);
    }

    #[test]
    fn it_is_so_on_real_customers() {
        let Some(telco) = real::telco() else { return };
        same_as_the_loss(&telco, 46);
    }

    /// The difference quotient of the loss.
    #[test]
    fn the_gradient_is_that_of_the_loss() {
        let mut data = Data::new(&made_up(120, 8)).unwrap();
        data = data.weighed(&(0..120).map(|row| f64::from(row % 4)).collect::<Vec<_>>()).unwrap();
        let linear = encoder(&data);
        let (columns, width) = (columns(&linear, &data), linear.columns());
        let loss = Loss { columns: &columns, width, data: &data, penalty: 0.3 };
        let mut draw = crate::testing::Draw(5);
        let at: Vec<f64> = (0..=width).map(|_| 0.6 * draw.next() - 0.3).collect();
        let gradient = loss.gradient(&at).unwrap();
        for column in 0..=width {
            let moved = |by: f64| {
                let mut moved = at.clone();
                moved[column] += by;
                loss.cost(&moved).unwrap()
            };
            let quotient = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((quotient - gradient[column]).abs() < 1e-5, "{column}");
        }
    }

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
