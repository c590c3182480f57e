//! Beta calibration (Kull, Silva Filho and Flach 2017).
//!
//! With `q` the probability of a margin as log-odds, the log-odds are
//! `a · ln q − b · ln(1 − q) + c`: what is right where the margins of either label have probabilities
//! that are spread as two beta distributions. Unlike Platt scaling it can leave a model as it is
//! (`a = b = 1`, `c = 0`) and bend either end alone. It is a logistic regression on two columns, found
//! by Newton's method with backtracking; a column with a negative weight is left out, as in the
//! paper. A penalty of `10⁻⁶ · (a² + b²) / 2` keeps it finite when the classes separate.

use stayput_core::churn::Calibrator;
use stayput_core::math;

use super::weights::Weights;

/// Margins farther from 0 are taken as this: their probabilities are 0 and 1 to any double.
const FARTHEST: f64 = 700.0;

/// The penalty on the weights, and what keeps the last of three equations solvable.
const RIDGE: [f64; 3] = [1e-6, 1e-6, 1e-12];

/// The weights where the margins tell nothing.
const FLAT: f64 = 1e-9;

/// A row: `ln q`, `−ln(1 − q)` and 1, the label, and what it counts.
type Row = ([f64; 3], f64, f64);

/// The beta calibrator for these margins and labels, of which it takes as many as there are of
/// both. `weights` say what each row counts, once where there are none. Where the margins do not rise with the
/// label, the curve is flat at the share of label 1.
#[must_use]
pub fn beta(margins: &[f64], labels: &[bool], weights: Option<&[f64]>) -> Calibrator {
    let counts = Weights(weights);
    let softplus = |x: f64| x.max(0.0) + math::ln_1p(math::exp(-x.abs()));
    let row = |(at, (margin, label)): (usize, (&f64, &bool))| -> Row {
        let margin = margin.clamp(-FARTHEST, FARTHEST);
        let columns = [-softplus(-margin), softplus(margin), 1.0];
        (columns, f64::from(u8::from(*label)), counts.of(at))
    };
    let rows: Vec<Row> = margins.iter().zip(labels).enumerate().map(row).collect();
    let without = |column: usize| -> Vec<Row> {
        let mut rows = rows.clone();
        for row in &mut rows {
            row.0[column] = 0.0;
        }
        rows
    };
    let mut weights = fit(&rows);
    if weights[0] < 0.0 {
        weights = fit(&without(0));
    } else if weights[1] < 0.0 {
        weights = fit(&without(1));
    }
    let [a, b, c] = weights;
    if a >= 0.0 && b >= 0.0 && a + b > FLAT && weights.iter().all(|weight| weight.is_finite()) {
        return Calibrator::Beta { a, b, c };
    }
    let [negatives, positives] = counts.of_labels(labels);
    Calibrator::Beta { a: FLAT, b: FLAT, c: math::ln((positives + 1.0) / (negatives + 1.0)) }
}

/// The weights with the least loss.
fn fit(rows: &[Row]) -> [f64; 3] {
    let mut weights = [0.0; 3];
    let mut least = loss(rows, weights);
    for _ in 0..200 {
        let Some(step) = newton(rows, weights) else { break };
        let next = (0..40).map(|halvings| math::pow(0.5, f64::from(halvings))).find_map(|share| {
            let to = [0, 1, 2].map(|at| weights[at] + share * step[at]);
            let loss = loss(rows, to);
            (loss < least).then_some((to, loss))
        });
        let Some(next) = next else { break };
        (weights, least) = next;
    }
    weights
}

fn log_odds(row: &Row, weights: [f64; 3]) -> f64 {
    row.0[0] * weights[0] + row.0[1] * weights[1] + weights[2]
}

/// The log-loss of all rows with the penalty.
fn loss(rows: &[Row], weights: [f64; 3]) -> f64 {
    let one = |row: &Row| {
        let z = log_odds(row, weights);
        row.2 * (z.max(0.0) - row.1 * z + math::ln_1p(math::exp(-z.abs())))
    };
    let penalty: f64 = (0..3).map(|at| RIDGE[at] * weights[at] * weights[at]).sum();
    rows.iter().map(one).sum::<f64>() + penalty / 2.0
}

/// The Newton step; none where the loss is flat already.
fn newton(rows: &[Row], weights: [f64; 3]) -> Option<[f64; 3]> {
    let mut gradient = [0, 1, 2].map(|at| RIDGE[at] * weights[at]);
    let mut hessian = [[0.0; 3]; 3];
    for at in 0..3 {
        hessian[at][at] = RIDGE[at];
    }
    for row in rows {
        let p = math::sigmoid(log_odds(row, weights));
        for i in 0..3 {
            gradient[i] += row.2 * row.0[i] * (p - row.1);
            // The lower triangle is all that is read.
            for (second, column) in hessian[i].iter_mut().zip(&row.0).take(i + 1) {
                *second += row.2 * row.0[i] * column * p * (1.0 - p);
            }
        }
    }
    if gradient.iter().all(|slope| slope.abs() < 1e-9) {
        return None;
    }
    solve(&hessian, gradient.map(|slope| -slope))
}

/// `x` with `matrix · x = right`, by Cholesky's factors of the lower triangle; none where it is not
/// positive definite to the precision there is.
fn solve(matrix: &[[f64; 3]; 3], right: [f64; 3]) -> Option<[f64; 3]> {
    let mut factor = [[0.0_f64; 3]; 3];
    let mut x = right;
    for i in 0..3 {
        for j in 0..=i {
            let rest: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
            let value = matrix[i][j] - rest;
            factor[i][j] = if i == j { value.sqrt() } else { value / factor[j][j] };
        }
        if !(factor[i][i] > 0.0 && factor[i][i].is_finite()) {
            return None;
        }
        let known: f64 = (0..i).map(|k| factor[i][k] * x[k]).sum();
        x[i] = (x[i] - known) / factor[i][i];
    }
    for i in (0..3).rev() {
        let known: f64 = (i + 1..3).map(|k| factor[k][i] * x[k]).sum();
        x[i] = (x[i] - known) / factor[i][i];
    }
    x.iter().all(|value| value.is_finite()).then_some(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::testing::near;

    const LABELS: [bool; 10] = [false, false, true, false, false, true, true, false, true, true];
    const MARGINS: [f64; 10] = [-3.0, -1.5, -1.0, -0.2, 0.3, 0.4, 0.9, 1.7, 2.2, 4.0];

    fn parameters(calibrator: &Calibrator) -> [f64; 3] {
        let Calibrator::Beta { a, b, c } = calibrator else { panic!("not beta") };
        [*a, *b, *c]
    }

    /// Expected: `LogisticRegression(C=inf)` of scikit-learn 1.9.1 on the two columns, and on one
    /// of them where the other's weight is negative.
    #[test]
    fn the_weights_are_those_of_scikit_learn() {
        let bent = MARGINS.map(|margin| 2.0 * margin.max(-1.0));
        let (turned, others) = (bent.map(|margin| -margin), LABELS.map(|label| !label));
        let both = [0.747_144_624_277_783, 0.620_670_207_433_295, -0.131_628_587_146_798];
        let one = [0.497_850_814_342_021, 0.914_366_095_619_015];
        for (margins, labels, expected) in [
            (MARGINS, LABELS, both),
            (bent, LABELS, [0.0, one[0], -one[1]]),
            (turned, others, [one[0], 0.0, one[1]]),
        ] {
            let found = parameters(&beta(&margins, &labels, None));
            for (found, expected) in found.into_iter().zip(expected) {
                near(found, expected, 1e-5);
            }
        }
        let weights = [2.0, 1.5, 0.5, 1.5, 1.0, 0.25, 1.0, 1.0, 1.75, 2.25];
        let weighed = [0.631_402_448_982_892, 1.463_085_249_106_595, -1.734_359_957_526_749];
        let found = parameters(&beta(&MARGINS, &LABELS, Some(&weights)));
        for (found, expected) in found.into_iter().zip(weighed) {
            near(found, expected, 1e-5);
        }
    }

    #[test]
    fn margins_that_tell_nothing_or_all_stay_finite() {
        for margins in [[0.0; 10], MARGINS.map(|margin| -margin)] {
            let p = beta(&margins, &LABELS, None).probability(1.0);
            assert!((p - 0.5).abs() < 1e-6, "{p}");
        }
        for margins in [[1e300, -1e300, 3.0], [5.0, -5.0, -4.0]] {
            let fitted = beta(&margins, &[true, false, false], None);
            assert!(parameters(&fitted).iter().all(|value| value.is_finite()), "{fitted:?}");
            assert!(fitted.probability(5.0) > fitted.probability(-5.0));
        }
        assert!((beta(&[], &[], None).probability(3.0) - 0.5).abs() < 1e-6);
    }
}
