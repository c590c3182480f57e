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

use super::weights::Weights;

/// Margins farther from 0 are taken as this.
const FARTHEST: f64 = 1e300;

/// Rows with margins from `first` to `last`: what they count, and what those of label 1 do.
#[derive(Debug, Clone, Copy)]
struct Pool {
    first: f64,
    last: f64,
    rows: f64,
    positives: f64,
}

impl Pool {
    /// Whether its churn rate is less than that of `other`; exact where rows are counted.
    fn below(&self, other: &Self) -> bool {
        self.positives * other.rows < other.positives * self.rows
    }
}

/// The isotonic calibrator for these margins and labels, of which it takes as many as there are of
/// both. `weights` say what each row counts, once where there are none. Where the margins do not rise with the
/// label, it is flat at the share of label 1.
#[must_use]
pub fn isotonic(margins: &[f64], labels: &[bool], weights: Option<&[f64]>) -> Calibrator {
    let weights = Weights(weights);
    let [negatives, positives] = weights.of_labels(labels);
    let all = negatives + positives;
    let (least, most) = (1.0 / (all + 2.0), (all + 1.0) / (all + 2.0));
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for pool in pools(margins, labels, weights) {
        let level = (pool.positives / pool.rows).clamp(least, most);
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

fn pools(margins: &[f64], labels: &[bool], weights: Weights<'_>) -> Vec<Pool> {
    let mut rows: Vec<(f64, bool, f64)> = margins
        .iter()
        .zip(labels)
        .enumerate()
        .map(|(row, (margin, label))| (margin.clamp(-FARTHEST, FARTHEST), *label, weights.of(row)))
        .filter(|(.., weight)| *weight > 0.0)
        .collect();
    // Equals too have one order, for the sums of their weights.
    rows.sort_unstable_by(|a, b| {
        a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)).then_with(|| a.2.total_cmp(&b.2))
    });
    let mut pools: Vec<Pool> = Vec::new();
    for tied in rows.chunk_by(|a, b| a.0 == b.0) {
        let mut pool = Pool {
            first: tied[0].0,
            last: tied[0].0,
            rows: tied.iter().map(|row| row.2).sum(),
            positives: tied.iter().filter(|row| row.1).map(|row| row.2).sum(),
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

    use super::super::{beta, platt};
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
        let fitted = isotonic(&margins, &labels, None);
        let (at, levels) = points(&fitted);
        // -2 | -1 0 0 1 with half of them churned | 2 3, and within 1/9 and 8/9.
        assert_eq!(at, [-2.0, -1.0, 1.0, 2.0, 3.0]);
        assert_eq!(levels, [1.0 / 9.0, 0.5, 0.5, 8.0 / 9.0, 8.0 / 9.0]);
    }

    /// Expected: `IsotonicRegression` of scikit-learn 1.9.1, whose 0 and 1 are held within `1/(n + 2)`
    /// and `(n + 1)/(n + 2)` of all weight here.
    #[test]
    fn levels_of_weighed_rows_are_those_of_scikit_learn() {
        let labels = [false, false, true, false, false, true, true, false, true, true];
        let margins = [-3.0, -1.5, -1.0, -0.2, 0.3, 0.4, 0.9, 1.7, 2.2, 4.0];
        let weights = [1.0, 0.5, 2.0, 1.5, 3.0, 0.25, 1.0, 2.0, 0.75, 1.25];
        let fitted = isotonic(&margins, &labels, Some(&weights));
        let levels =
            [[1.0 / 15.25; 2].as_slice(), &[4.0 / 13.0; 3], &[5.0 / 13.0; 3], &[14.25 / 15.25; 2]];
        for (margin, level) in margins.into_iter().zip(levels.concat()) {
            near(fitted.probability(margin), level, 1e-12);
        }
    }

    #[test]
    fn margins_that_tell_nothing_give_the_base_rate() {
        let labels = [true, false, true, false];
        for margins in [[0.5; 4], [1.0, 2.0, 1.0, 2.0]] {
            let fitted = isotonic(&margins, &labels, None);
            assert_eq!(fitted.probability(1.0), 0.5);
        }
        assert_eq!(isotonic(&[], &[], None).probability(1.0), 0.5);
        let far = isotonic(&[f64::MAX, f64::MIN], &[true, false], None);
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
            let fitted = isotonic(&margins, &labels, None);
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
        fn a_row_that_counts_twice_is_two_rows(
            (labels, margins) in any_rows(), counts in prop::collection::vec(0_u8..4, 60),
        ) {
            let weights: Vec<f64> = counts.iter().map(|&count| f64::from(count)).collect();
            let again = |row: &usize| std::iter::repeat_n(*row, usize::from(counts[*row]));
            let rows: Vec<usize> = (0..labels.len()).collect::<Vec<_>>().iter().flat_map(again).collect();
            let (many, their): (Vec<f64>, Vec<bool>) =
                rows.iter().map(|&row| (margins[row], labels[row])).unzip();
            let weights = &weights[..labels.len()];
            prop_assert_eq!(isotonic(&margins, &labels, Some(weights)), isotonic(&many, &their, None));
            let kinds = [platt(&margins, &labels, Some(weights)), beta(&margins, &labels, Some(weights))];
            for (one, other) in kinds.iter().zip([platt(&many, &their, None), beta(&many, &their, None)]) {
                near(one.probability(0.5), other.probability(0.5), 1e-6);
            }
        }

        #[test]
        fn the_order_of_rows_changes_nothing((labels, margins) in any_rows(), turn in 0..60_usize) {
            let fitted = isotonic(&margins, &labels, None);
            let (mut labels, mut margins) = (labels, margins);
            let turn = turn % labels.len();
            labels.rotate_left(turn);
            margins.rotate_left(turn);
            prop_assert_eq!(isotonic(&margins, &labels, None), fitted);
        }
    }
}
