//! The loss of rows that count differently, minimised by the L-BFGS of the `argmin` crate.
//!
//! Sums run in the order of the rows, and `exp` and `ln` are the core's, so the same rows give the
//! same weights on every machine.

use argmin::core::{CostFunction, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use stayput_core::{Result, math};

use super::{FLAT, MOST_STEPS};
use crate::data::{Data, refuse};
use crate::params::LogisticParams;

/// Steps whose gradients the solver remembers, as many as `linfa-logistic` has it remember.
const REMEMBERED: usize = 10;

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
pub(super) fn solve(
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
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), REMEMBERED)
        .with_tolerance_grad(FLAT * counted)
        .map_err(failed)?;
    let fitted = Executor::new(loss, solver)
        .configure(|state| state.param(vec![0.0; width + 1]).max_iters(MOST_STEPS))
        .run()
        .map_err(failed)?;
    let mut weights = fitted.state().get_best_param().cloned().unwrap_or_default();
    let intercept = weights.pop().unwrap_or_default();
    Ok((weights, intercept))
}

#[cfg(test)]
mod tests {
    use stayput_core::churn::{Model, Predictor};
    use stayput_core::features::TrainingSet;

    use super::super::{columns, encoder};
    use super::*;
    use crate::params::{Algorithm, CheckedAlgorithm, TrainParams};
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

    /// Rows that all count 1 have one minimum, whichever way it is looked for.
    #[test]
    fn weights_of_one_give_what_no_weights_give() {
        let data = Data::new(&made_up(700, 4)).unwrap();
        let CheckedAlgorithm::Logistic(checked) = params().check().unwrap().algorithm else {
            panic!("not logistic")
        };
        let linear = encoder(&data);
        let (columns, width) = (columns(&linear, &data), linear.columns());
        let ours = solve(&columns, width, &data, &checked).unwrap();
        let theirs = super::super::solve(columns, width, &data.labels, &checked).unwrap();
        for (ours, theirs) in ours.0.iter().zip(&theirs.0).chain([(&ours.1, &theirs.1)]) {
            assert!((ours - theirs).abs() < 1e-4, "{ours} {theirs}");
        }
    }
}
