//! How far an estimate is to be trusted.
//!
//! The standard error of a mean is `√(Σ(t − t̄)²/(n − 1)/n)`; for `snips`, a ratio of two means, that
//! of `w(r − v)/w̄` by the delta method (Swaminathan and Joachims 2015; Owen 2013, chapter 9.2). A
//! bootstrap draws rows; what a resample draws is a function of the seed and its number.

use stayput_core::math;

use super::estimate::{Estimator, OffPolicyEstimate, OffPolicyParams, Row, Spread};
use crate::random::Stream;

/// The estimates with their intervals.
pub(super) fn estimates(
    rows: &[Row],
    estimators: &[Estimator],
    threshold: f64,
    params: &OffPolicyParams,
) -> Vec<OffPolicyEstimate> {
    let drawn = match params.spread {
        Spread::Bootstrap if rows.len() > 1 => resample(rows, estimators, threshold, params),
        _ => vec![Vec::new(); estimators.len()],
    };
    let pairs = estimators.iter().zip(drawn);
    pairs.map(|(&estimator, drawn)| one(rows, estimator, threshold, params, drawn)).collect()
}

fn one(
    rows: &[Row],
    estimator: Estimator,
    threshold: f64,
    params: &OffPolicyParams,
    mut drawn: Vec<f64>,
) -> OffPolicyEstimate {
    let n = count(rows.len());
    let weight = rows.iter().map(|row| row.weight).sum::<f64>() / n;
    let mean = rows.iter().map(|row| row.term(estimator, threshold)).sum::<f64>() / n;
    let value = if estimator == Estimator::Snips { mean / weight } else { mean };
    let square = |row: &Row| {
        let off = match estimator {
            Estimator::Snips => row.weight * (row.reward - value) / weight,
            _ => row.term(estimator, threshold) - value,
        };
        off * off
    };
    let standard_error =
        (rows.len() > 1).then(|| (rows.iter().map(square).sum::<f64>() / (n - 1.0) / n).sqrt());
    let (low, high) = match params.spread {
        Spread::Normal => {
            let reach =
                standard_error.map(|error| math::normal_quantile(0.5 + params.level / 2.0) * error);
            (reach.map(|reach| value - reach), reach.map(|reach| value + reach))
        }
        Spread::Bootstrap => {
            drawn.sort_by(f64::total_cmp);
            let tail = (1.0 - params.level) / 2.0;
            (quantile(&drawn, tail), quantile(&drawn, 1.0 - tail))
        }
    };
    OffPolicyEstimate { estimator, value, standard_error, low, high }
}

/// The values by each estimator on rows drawn with replacement.
fn resample(
    rows: &[Row],
    estimators: &[Estimator],
    threshold: f64,
    params: &OffPolicyParams,
) -> Vec<Vec<f64>> {
    let stream = Stream::new(params.seed, "off policy");
    let n = count(rows.len());
    let mut found = vec![Vec::with_capacity(params.resamples); estimators.len()];
    let mut sums = vec![0.0; estimators.len()];
    for number in 0..params.resamples {
        sums.fill(0.0);
        let mut weights = 0.0;
        for index in 0..rows.len().div_ceil(4) {
            let block = stream.block(number as u64, index as u64, 0);
            for draw in 0..(rows.len() - 4 * index).min(4) {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "from 0 to below the number of rows"
                )]
                let at = ((block.uniform(draw) * n) as usize).min(rows.len() - 1);
                weights += rows[at].weight;
                for (sum, &estimator) in sums.iter_mut().zip(estimators) {
                    *sum += rows[at].term(estimator, threshold);
                }
            }
        }
        for ((sum, &estimator), found) in sums.iter().zip(estimators).zip(&mut found) {
            // Rows of which the target would have made none say nothing of a ratio.
            match estimator {
                Estimator::Snips if weights > 0.0 => found.push(sum / weights),
                Estimator::Snips => {}
                _ => found.push(sum / n),
            }
        }
    }
    found
}

/// The quantile of sorted values, interpolated between neighbours.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share * count(last);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most `last`")]
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    Some(sorted[below] + (sorted[above] - sorted[below]) * (place - place.floor()))
}

fn count(n: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
    let n = n as f64;
    n
}
