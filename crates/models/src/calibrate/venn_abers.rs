//! Venn–Abers intervals from margins: both fits at every margin at once.
//!
//! With the rows in order of their margins, equals together, `N_i` of them up to the `i`-th margin
//! and `S_i` of those with label 1, isotonic regression with one more row of label 1 at the `i`-th
//! margin is there the slope, right of its `i`-th point, of the greatest convex curve below the
//! points `(−1, −1), …, (N_{i−1} − 1, S_{i−1} − 1), (N_i, S_i), …`. From one margin to the next one
//! point moves, and what it hides never comes back: so all slopes take one pass (Vovk, Petej and
//! Fedorova 2015, algorithms 1 and 2). One more row of label 0 is the same with labels and order
//! turned round.

use stayput_core::churn::{Steps, VennAbers};

type Point = (i64, i64);

/// The intervals for these margins and labels, of which it takes as many as there are of both.
#[must_use]
pub fn venn_abers(margins: &[f64], labels: &[bool]) -> VennAbers {
    let mut rows: Vec<(f64, bool)> =
        margins.iter().map(|m| m.clamp(f64::MIN, f64::MAX)).zip(labels.iter().copied()).collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let groups: Vec<(f64, Point)> = rows
        .chunk_by(|a, b| a.0 == b.0)
        .map(|tied| {
            let positives = tied.iter().filter(|row| row.1).count();
            (tied[0].0, (count(tied.len()), count(positives)))
        })
        .collect();
    let at: Vec<f64> = groups.iter().map(|group| group.0).collect();
    let counts: Vec<Point> = groups.iter().map(|group| group.1).collect();
    let turned: Vec<Point> = counts.iter().rev().map(|(all, ones)| (*all, all - ones)).collect();
    let upper = with_one(&counts);
    let lower: Vec<f64> = with_one(&turned).into_iter().rev().map(|p| 1.0 - p).collect();
    VennAbers { lower: first_of_equals(&at, &lower), upper: last_of_equals(&at, &upper) }
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// For each group of `(rows, rows of label 1)` the isotonic fit there with one more of label 1.
fn with_one(groups: &[Point]) -> Vec<f64> {
    let mut points: Vec<Point> = vec![(0, 0)];
    for &(rows, ones) in groups {
        let (x, y) = points[points.len() - 1];
        points.push((x + rows, y + ones));
    }
    // The corners of the curve, the leftmost on top: those right of it wait below.
    let mut corners: Vec<Point> = Vec::new();
    for &point in points.iter().rev() {
        push(&mut corners, point);
    }
    let mut moved = (-1, -1);
    push(&mut corners, moved);
    let mut fits = Vec::with_capacity(groups.len());
    for &(rows, ones) in groups {
        let [.., next, top] = corners[..] else { break };
        fits.push(slope(top, next));
        moved = (moved.0 + rows, moved.1 + ones);
        if cross(top, next, moved) < 0 {
            corners.pop();
            push(&mut corners, moved);
        }
    }
    fits
}

/// Puts a point left of all corners, and takes away those that it hides.
fn push(corners: &mut Vec<Point>, point: Point) {
    while let [.., after, next] = corners[..]
        && cross(point, next, after) <= 0
    {
        corners.pop();
    }
    corners.push(point);
}

/// Positive when `c` is above the line from `a` through `b`, negative below; `a` is left of `b`.
fn cross(a: Point, b: Point, c: Point) -> i128 {
    let step = |to: i64, from: i64| i128::from(to) - i128::from(from);
    step(b.0, a.0) * step(c.1, a.1) - step(b.1, a.1) * step(c.0, a.0)
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
fn slope(from: Point, to: Point) -> f64 {
    (to.1 - from.1) as f64 / (to.0 - from.0) as f64
}

/// The steps without those that are as high as the one before.
fn first_of_equals(at: &[f64], height: &[f64]) -> Steps {
    let keep = |i: &usize| *i == 0 || height[*i] != height[*i - 1];
    steps(at, height, (0..at.len()).filter(keep))
}

/// The steps without those that are as high as the one after.
fn last_of_equals(at: &[f64], height: &[f64]) -> Steps {
    let keep = |i: &usize| *i + 1 == at.len() || height[*i] != height[*i + 1];
    steps(at, height, (0..at.len()).filter(keep))
}

fn steps(at: &[f64], height: &[f64], kept: impl Iterator<Item = usize>) -> Steps {
    let (at, height) = kept.map(|i| (at[i], height[i])).unzip();
    Steps { at, height }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use stayput_core::churn::ProbabilityInterval;

    use super::*;
    use crate::params::{Calibrate, TrainParams};
    use crate::testing::made_up;
    use crate::train;
    use crate::validate::testing::{any_rows, near};

    /// The definition: isotonic regression, made anew with the row, read at it.
    fn refit(margins: &[f64], labels: &[bool], margin: f64, label: bool) -> f64 {
        let mut rows: Vec<(f64, bool)> =
            margins.iter().copied().zip(labels.iter().copied()).collect();
        rows.push((margin, label));
        let mean = |from: f64, to: f64| {
            let among = || rows.iter().filter(|row| row.0 >= from && row.0 <= to);
            let ones = f64::from(u32::try_from(among().filter(|row| row.1).count()).unwrap());
            ones / f64::from(u32::try_from(among().count()).unwrap())
        };
        let ends = || rows.iter().filter(|row| row.0 >= margin);
        let least = |from: f64| ends().map(|to| mean(from, to.0)).fold(1.0, f64::min);
        rows.iter().filter(|row| row.0 <= margin).map(|row| least(row.0)).fold(0.0, f64::max)
    }

    #[test]
    fn an_interval_worked_by_hand() {
        // In order 0 has label 0, 1 has 1, 2 has 0. One more 0 at 2 makes the mean of 1, 0 and 0
        // there; one more 1, the mean of 1, 0 and 1.
        let fitted = venn_abers(&[1.0, 2.0, 0.0], &[true, false, false]);
        let interval = fitted.interval(2.0);
        near(interval.low, 1.0 / 3.0, 1e-15);
        near(interval.high, 2.0 / 3.0, 1e-15);
        let none = venn_abers(&[], &[]).interval(0.0);
        assert_eq!((none.low, none.high), (0.0, 1.0));
    }

    #[test]
    fn a_model_carries_its_intervals_through_bytes() {
        let (set, unseen) = (made_up(900, 41), made_up(3_000, 42));
        let params = TrainParams {
            n_estimators: Some(30),
            learning_rate: Some(0.1),
            calibrate: Some(Calibrate::Isotonic),
            confidence: Some(true),
            ..TrainParams::default()
        };
        let model = train(&set, &params).unwrap();
        assert_eq!(crate::Model::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
        let rows = model.rows_of(&unseen.table).unwrap();
        let intervals = model.predict_interval(rows.view()).unwrap();
        for ((interval, p), row) in
            intervals.iter().zip(model.predict(rows.view()).unwrap()).zip(rows.rows())
        {
            assert!(interval.low < interval.high);
            // Isotonic calibration leaves out one row of hundreds, and draws in what is sure.
            assert!(interval.low - 0.01 < p && p < interval.high + 0.01, "{interval:?} {p}");
            let margin = model.margin_row(&row.to_vec()).unwrap();
            assert_eq!(model.interval(margin), Some(*interval));
        }
        // On rows not seen, the churn rate lies between the mean ends.
        let rate = unseen.labels.iter().sum::<f64>() / 3_000.0;
        let mean =
            |end: fn(&ProbabilityInterval) -> f64| intervals.iter().map(end).sum::<f64>() / 3_000.0;
        let (low, high) = (mean(|one| one.low), mean(|one| one.high));
        assert!(low - 0.02 < rate && rate < high + 0.02, "{low} {rate} {high}");
        let without = train(&set, &TrainParams { confidence: None, ..params }).unwrap();
        let error = without.predict_interval(rows.view()).unwrap_err();
        assert_eq!(error.path(), Some("confidence"));
        assert_eq!(
            model.with_confidence(None).unwrap().parts().predictor,
            without.parts().predictor
        );
    }

    proptest! {
        #[test]
        fn intervals_are_those_of_the_definition(
            (labels, margins) in any_rows(), others in prop::collection::vec(-0.2..1.2_f64, 1..8),
        ) {
            let fitted = venn_abers(&margins, &labels);
            for margin in margins.iter().copied().chain(others) {
                let interval = fitted.interval(margin);
                near(interval.low, refit(&margins, &labels, margin, false), 1e-12);
                near(interval.high, refit(&margins, &labels, margin, true), 1e-12);
                let merged = interval.merged();
                prop_assert!(interval.low <= merged && merged <= interval.high);
            }
        }
    }
}
