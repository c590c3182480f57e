//! Platt scaling: a logistic curve through margins.
//!
//! The curve `p = 1 / (1 + exp(-(slope · margin + intercept)))` minimises the log-loss against
//! targets that are drawn in from 0 and 1, `1 / (n₋ + 2)` and `(n₊ + 1) / (n₊ + 2)`, so that it
//! stays finite when the classes separate (Platt 1999). Where rows have weights, `n₋` and `n₊` are
//! those of the labels, and the loss is weighed, as in scikit-learn. It is found by Newton's method
//! with backtracking, in the form that loses no digits (Lin, Lin and Weng 2007).

use stayput_core::churn::Calibrator;
use stayput_core::math;

use super::weights::Weights;

/// The least slope: below it the margins tell nothing, and all probabilities are the base rate.
const FLAT: f64 = 1e-9;

/// A row: its margin, target and weight.
type Row = (f64, f64, f64);

/// The Platt calibrator for these margins and labels, of which it takes as many as there are of
/// both. `weights` say what each row counts, once where there are none. Where the margins do not rise
/// with the label, the curve is flat at the share of label 1.
#[must_use]
pub fn platt(margins: &[f64], labels: &[bool], weights: Option<&[f64]>) -> Calibrator {
    let (slope, intercept) = line(margins, labels, weights);
    Calibrator::Platt { slope, intercept }
}

/// The slope and the intercept of [`platt`].
pub(crate) fn line(margins: &[f64], labels: &[bool], weights: Option<&[f64]>) -> (f64, f64) {
    let weights = Weights(weights);
    let [negatives, positives] = weights.of_labels(labels);
    let (high, low) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
    let rows: Vec<Row> = margins
        .iter()
        .zip(labels)
        .enumerate()
        .map(|(row, (&margin, &label))| (margin, if label { high } else { low }, weights.of(row)))
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
        return (slope, intercept);
    }
    (FLAT, math::ln((positives + 1.0) / (negatives + 1.0)))
}

/// `Σ w·(t·log(1 + e^-z) + (1 - t)·log(1 + e^z))`, `z` the calibrated log-odds.
fn loss(rows: &[Row], slope: f64, intercept: f64) -> f64 {
    let one = |&(margin, target, weight): &Row| {
        let z = slope * margin + intercept;
        weight
            * if z >= 0.0 {
                (1.0 - target) * z + math::ln_1p(math::exp(-z))
            } else {
                -target * z + math::ln_1p(math::exp(z))
            }
    };
    rows.iter().map(one).sum()
}

/// The Newton step in slope and intercept; none where the loss is flat already.
fn newton(rows: &[Row], slope: f64, intercept: f64) -> Option<(f64, f64)> {
    // A little on the diagonal keeps the Hessian invertible.
    let (mut ss, mut si, mut ii) = (1e-12, 0.0, 1e-12);
    let (mut gs, mut gi) = (0.0, 0.0);
    for &(margin, target, weight) in rows {
        let p = math::sigmoid(slope * margin + intercept);
        let (curve, rest) = (weight * p * (1.0 - p), weight * (p - target));
        ss += margin * margin * curve;
        si += margin * curve;
        ii += curve;
        gs += margin * rest;
        gi += rest;
    }
    let determinant = ss * ii - si * si;
    let step = (-(ii * gs - si * gi) / determinant, -(ss * gi - si * gs) / determinant);
    let flat = gs.abs() < 1e-9 && gi.abs() < 1e-9;
    (!flat && step.0.is_finite() && step.1.is_finite()).then_some(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [bool; 10] = [false, false, true, false, false, true, true, false, true, true];
    const MARGINS: [f64; 10] = [-3.0, -1.5, -1.0, -0.2, 0.3, 0.4, 0.9, 1.7, 2.2, 4.0];
    const WEIGHTS: [f64; 10] = [1.0, 0.5, 2.0, 1.5, 3.0, 0.25, 1.0, 2.0, 0.75, 1.25];

    /// Expected: `_SigmoidCalibration` of scikit-learn 1.9.1, which minimises the same sum by
    /// L-BFGS, and whose `a_` and `b_` are ours with the sign changed.
    #[test]
    fn the_curve_is_that_of_scikit_learn() {
        let fitted = platt(&MARGINS, &LABELS, Some(&WEIGHTS));
        let Calibrator::Platt { slope, intercept } = fitted else { panic!("not Platt") };
        assert!((slope - 0.273_689_146_23).abs() < 1e-6, "{slope}");
        assert!((intercept + 0.538_853_519_115).abs() < 1e-6, "{intercept}");
        let fitted = platt(&MARGINS, &LABELS, None);
        let Calibrator::Platt { slope, intercept } = fitted else { panic!("not Platt") };
        assert!((slope - 0.415_436_462_759).abs() < 1e-5, "{slope}");
        assert!((intercept + 0.154_115_592_885).abs() < 1e-5, "{intercept}");
        // At the minimum the loss rises both ways.
        let rows: Vec<Row> = MARGINS
            .iter()
            .zip(LABELS)
            .map(|(&margin, label)| (margin, if label { 6.0 / 7.0 } else { 1.0 / 7.0 }, 1.0))
            .collect();
        let least = loss(&rows, slope, intercept);
        for (by_slope, by_intercept) in [(1e-4, 0.0), (-1e-4, 0.0), (0.0, 1e-4), (0.0, -1e-4)] {
            assert!(loss(&rows, slope + by_slope, intercept + by_intercept) > least);
        }
    }

    #[test]
    fn margins_that_tell_nothing_give_the_base_rate() {
        for margins in [[0.0; 10], MARGINS.map(|margin| -margin)] {
            let p = platt(&margins, &LABELS, None).probability(1.0);
            assert!((p - 0.5).abs() < 1e-6, "{p}");
        }
        let p = platt(&[1e300, -1e300, 3.0], &[true, false, false], None).probability(2.0);
        assert!((0.0..=1.0).contains(&p));
    }
}
