//! Logistic regression with weights of at least 0.
//!
//! The loss is convex, and so is what is allowed, so there is one answer but for columns that say the
//! same. Newton's quadratic is minimised column by column, each held at 0 where it would fall below
//! (Friedman, Hastie and Tibshirani 2010), and a step is halved until the loss falls. A penalty of
//! half a square of each weight keeps them finite where classes come apart.

use stayput_core::math::{exp, ln, logit, sigmoid};

/// The most steps, and the sweeps over the columns in each.
const STEPS: usize = 100;
const SWEEPS: usize = 50;
/// A step that changes nothing by more than this is the last.
const STILL: f64 = 1e-8;
const PENALTY: f64 = 1.0;

/// The weight of each column for the log-odds of label 1.
pub(super) fn solve(columns: &[Vec<f64>], labels: &[bool]) -> Vec<f64> {
    let rows = labels.len();
    let target: Vec<f64> = labels.iter().map(|label| f64::from(u8::from(*label))).collect();
    #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
    let base = target.iter().sum::<f64>() / rows as f64;
    let mut weights = vec![0.0; columns.len()];
    let mut intercept = logit(base);
    let mut loss = f64::INFINITY;
    for _ in 0..STEPS {
        let margins = margins(columns, &weights, intercept, rows);
        loss = loss.min(cost(&margins, &target, &weights));
        let shares: Vec<f64> = margins.iter().map(|margin| sigmoid(*margin)).collect();
        let curve: Vec<f64> = shares.iter().map(|p| (p * (1.0 - p)).max(1e-9)).collect();
        let (to, level) = newton(columns, &weights, &target, &shares, &curve);
        let mut step = 1.0;
        let mut moved = 0.0_f64;
        while step > 1e-6 {
            let at: Vec<f64> =
                weights.iter().zip(&to).map(|(from, to)| from + step * (to - from)).collect();
            let height = intercept + step * level;
            let found = cost(&self::margins(columns, &at, height, rows), &target, &at);
            if found <= loss {
                let far = at.iter().zip(&weights).map(|(a, b)| (a - b).abs());
                moved = far.fold((height - intercept).abs(), f64::max);
                (weights, intercept, loss) = (at, height, found);
                break;
            }
            step /= 2.0;
        }
        if moved < STILL {
            break;
        }
    }
    weights
}

/// Where the quadratic about the weights is least, and how far the intercept moves.
fn newton(
    columns: &[Vec<f64>],
    weights: &[f64],
    target: &[f64],
    shares: &[f64],
    curve: &[f64],
) -> (Vec<f64>, f64) {
    let mut to = weights.to_vec();
    // What is left of the slope after the moves so far.
    let mut left: Vec<f64> = target.iter().zip(shares).map(|(y, p)| y - p).collect();
    let whole: f64 = curve.iter().sum();
    let bends: Vec<f64> = columns
        .iter()
        .map(|column| column.iter().zip(curve).map(|(x, w)| w * x * x).sum::<f64>() + PENALTY)
        .collect();
    let mut level = 0.0;
    for _ in 0..SWEEPS {
        let rise = left.iter().sum::<f64>() / whole;
        level += rise;
        left.iter_mut().zip(curve).for_each(|(left, w)| *left -= w * rise);
        let mut moved = rise.abs();
        for (at, column) in columns.iter().enumerate() {
            let slope: f64 = column.iter().zip(&left).map(|(x, left)| x * left).sum();
            let best = (to[at] + (slope - PENALTY * to[at]) / bends[at]).max(0.0);
            let change = best - to[at];
            if change != 0.0 {
                to[at] = best;
                let rows = left.iter_mut().zip(column).zip(curve);
                rows.for_each(|((left, x), w)| *left -= w * x * change);
                moved = moved.max(change.abs());
            }
        }
        if moved < STILL {
            break;
        }
    }
    (to, level)
}

fn margins(columns: &[Vec<f64>], weights: &[f64], intercept: f64, rows: usize) -> Vec<f64> {
    let mut margins = vec![intercept; rows];
    for (column, weight) in columns.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
        margins.iter_mut().zip(column).for_each(|(margin, x)| *margin += weight * x);
    }
    margins
}

fn cost(margins: &[f64], target: &[f64], weights: &[f64]) -> f64 {
    let rows = margins.iter().zip(target);
    // ln(1 + exp(z)) − y·z, by the side on which exp cannot overflow.
    let loss: f64 = rows.map(|(z, y)| z.max(0.0) + ln(1.0 + exp(-z.abs())) - y * z).sum();
    loss + 0.5 * PENALTY * weights.iter().map(|weight| weight * weight).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Draw;

    #[test]
    fn weights_are_those_that_made_the_labels_and_never_negative() {
        let mut draw = Draw(7);
        let mut columns = vec![Vec::new(); 4];
        let mut labels = Vec::new();
        for _ in 0..20_000 {
            let row: Vec<f64> = (0..4).map(|_| draw.next()).collect();
            let margin = -2.0 + 3.0 * row[0] + row[1] - 1.5 * row[2];
            labels.push(draw.next() < sigmoid(margin));
            columns.iter_mut().zip(row).for_each(|(column, x)| column.push(x));
        }
        let weights = solve(&columns, &labels);
        assert!((weights[0] - 3.0).abs() < 0.15, "{weights:?}");
        assert!((weights[1] - 1.0).abs() < 0.15, "{weights:?}");
        assert_eq!(weights[2], 0.0, "it goes the other way");
        assert!(weights[3] < 0.15, "{weights:?}");
        // Karush–Kuhn–Tucker: flat where a weight is positive, and no slope upwards at 0.
        let target: Vec<f64> = labels.iter().map(|label| f64::from(u8::from(*label))).collect();
        let at = |weights: &[f64]| {
            let best = (-400..-100).map(|level| {
                cost(
                    &margins(&columns, weights, f64::from(level) / 100.0, labels.len()),
                    &target,
                    weights,
                )
            });
            best.fold(f64::INFINITY, f64::min)
        };
        for column in 0..4 {
            for change in [-0.2, 0.2] {
                let mut other = weights.clone();
                other[column] = (other[column] + change).max(0.0);
                assert!(at(&other) >= at(&weights) - 0.05, "{column} {change}");
            }
        }
    }
}
