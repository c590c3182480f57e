//! Isotonic regression: the steps that never fall and are nearest to the labels.
//!
//! Rows are taken in order of their margins, equals together, and neighbours that fall are pooled
//! until none does (pool adjacent violators: Ayer, Brunk, Ewing, Reid and Silverman 1955; for
//! calibration Zadrozny and Elkan 2002). Each pool is a level at its churn rate from its first
//! margin to its last, and between pools there is a straight line.
//!
//! Pools of one label alone would be sure of it. Levels are held within `1/(n + 2)` and
//! `(n + 1)/(n + 2)` of `n` rows, what Laplace's rule says of as many rows that are all alike.

use stayput_core::churn::Calibrator;

/// Margins farther from 0 are taken as this.
const FARTHEST: f64 = 1e300;

/// Rows with margins from `first` to `last`.
#[derive(Debug, Clone, Copy)]
struct Pool {
    first: f64,
    last: f64,
    rows: u64,
    positives: u64,
}

impl Pool {
    /// Whether its churn rate is less than that of `other`, in whole numbers.
    fn below(&self, other: &Self) -> bool {
        u128::from(self.positives) * u128::from(other.rows)
            < u128::from(other.positives) * u128::from(self.rows)
    }
}

/// The isotonic calibrator for these margins and labels, of which it takes as many as there are of
/// both. Where the margins do not rise with the label, it is flat at the share of label 1.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
pub fn isotonic(margins: &[f64], labels: &[bool]) -> Calibrator {
    let all = labels.len() as f64;
    let (least, most) = (1.0 / (all + 2.0), (all + 1.0) / (all + 2.0));
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for pool in pools(margins, labels) {
        let level = (pool.positives as f64 / pool.rows as f64).clamp(least, most);
        xs.push(pool.first);
        ys.push(level);
        if pool.first < pool.last {
            xs.push(pool.last);
            ys.push(level);
        }
    }
    if xs.is_empty() {
        (xs, ys) = (vec![0.0], vec![0.5]);
    }
    Calibrator::Isotonic { margins: xs, probabilities: ys }
}

fn pools(margins: &[f64], labels: &[bool]) -> Vec<Pool> {
    let mut rows: Vec<(f64, bool)> = margins
        .iter()
        .map(|margin| margin.clamp(-FARTHEST, FARTHEST))
        .zip(labels.iter().copied())
        .collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut pools: Vec<Pool> = Vec::new();
    for tied in rows.chunk_by(|a, b| a.0 == b.0) {
        let mut pool = Pool {
            first: tied[0].0,
            last: tied[0].0,
            rows: tied.len() as u64,
            positives: tied.iter().filter(|row| row.1).count() as u64,
        };
        while let Some(before) = pools.pop_if(|before| !before.below(&pool)) {
            pool = Pool {
                first: before.first,
                rows: before.rows + pool.rows,
                positives: before.positives + pool.positives,
                ..pool
            };
        }
        pools.push(pool);
    }
    pools
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::validate::testing::{any_rows, near};

    fn points(calibrator: &Calibrator) -> (&[f64], &[f64]) {
        let Calibrator::Isotonic { margins, probabilities } = calibrator else { panic!() };
        (margins, probabilities)
    }

    #[test]
    fn neighbours_that_fall_are_pooled() {
        let margins = [-2.0, -1.0, 0.0, 0.0, 1.0, 2.0, 3.0];
        let labels = [false, true, false, true, false, true, true];
        let fitted = isotonic(&margins, &labels);
        let (at, levels) = points(&fitted);
        // -2 | -1 0 0 1 with half of them churned | 2 3, and within 1/9 and 8/9.
        assert_eq!(at, [-2.0, -1.0, 1.0, 2.0, 3.0]);
        assert_eq!(levels, [1.0 / 9.0, 0.5, 0.5, 8.0 / 9.0, 8.0 / 9.0]);
    }

    #[test]
    fn margins_that_tell_nothing_give_the_base_rate() {
        let labels = [true, false, true, false];
        for margins in [[0.5; 4], [1.0, 2.0, 1.0, 2.0]] {
            let fitted = isotonic(&margins, &labels);
            assert_eq!(fitted.probability(1.0), 0.5);
        }
        assert_eq!(isotonic(&[], &[]).probability(1.0), 0.5);
        let far = isotonic(&[f64::MAX, f64::MIN], &[true, false]);
        assert_eq!((far.probability(1e308), far.probability(-1e308)), (0.75, 0.25));
    }

    /// The definition: the fit at `i` is the greatest over all beginnings up to it of the least
    /// mean over all ends from it (Barlow, Bartholomew, Bremner and Brunk 1972).
    fn by_definition(margins: &[f64], labels: &[bool], at: f64) -> f64 {
        let mean = |from: f64, to: f64| {
            let among = || margins.iter().zip(labels).filter(|(m, _)| **m >= from && **m <= to);
            let churned = f64::from(u32::try_from(among().filter(|row| *row.1).count()).unwrap());
            churned / f64::from(u32::try_from(among().count()).unwrap())
        };
        let ends = margins.iter().filter(|m| **m >= at);
        let least = |from: f64| ends.clone().map(|&to| mean(from, to)).fold(1.0, f64::min);
        margins.iter().filter(|m| **m <= at).map(|&from| least(from)).fold(0.0, f64::max)
    }

    proptest! {
        #[test]
        fn levels_are_those_of_the_definition_and_rise((labels, margins) in any_rows()) {
            let fitted = isotonic(&margins, &labels);
            let rows = f64::from(u32::try_from(labels.len()).unwrap());
            for &margin in &margins {
                let expected = by_definition(&margins, &labels, margin);
                let expected = expected.clamp(1.0 / (rows + 2.0), (rows + 1.0) / (rows + 2.0));
                near(fitted.probability(margin), expected, 1e-12);
            }
            let (at, levels) = points(&fitted);
            prop_assert!(at.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(levels.windows(2).all(|pair| pair[0] <= pair[1]));
        }

        #[test]
        fn the_order_of_rows_changes_nothing((labels, margins) in any_rows(), turn in 0..60_usize) {
            let fitted = isotonic(&margins, &labels);
            let (mut labels, mut margins) = (labels, margins);
            let turn = turn % labels.len();
            labels.rotate_left(turn);
            margins.rotate_left(turn);
            prop_assert_eq!(isotonic(&margins, &labels), fitted);
        }
    }
}
