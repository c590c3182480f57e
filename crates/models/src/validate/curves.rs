//! The curves of ROC, and of precision over recall, as points to draw or to choose a threshold from.
//!
//! A point is what comes of contacting everyone whose probability is at least a threshold; there is
//! one for each probability that occurs, the greatest first. The ROC curve is the share of churners
//! contacted over the share of the others (Fawcett 2006) and begins with no one contacted. Precision
//! is the share of those contacted who churn, recall the share of churners contacted; where no one is
//! contacted there is no precision, so that curve has no such point (Davis and Goadrich 2006).
//!
//! More points than are asked for are thinned. Both shares on the way along a curve only grow: their
//! sum goes from 0 to 2, is cut into equal stretches, and the last point of each stays. So every point
//! that is left out has one that stays no further on than a stretch, and those that stay are exact. The
//! first and the last one always stay. Stretches are found in whole numbers. The areas are those of
//! all points.

use serde::{Deserialize, Serialize};
use stayput_core::{Error, Result};

use super::metrics::{pr_auc_of, roc_auc_of};
use super::ranked::Ranked;
use crate::data::refuse;

/// How many points of a curve there are at most, where nobody says.
pub const DEFAULT_POINTS: usize = 200;

/// One point of the ROC curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RocPoint {
    /// The smallest probability that is contacted; null where no one is.
    pub threshold: Option<f64>,
    /// The share of those who stay that is contacted.
    pub false_positive_rate: f64,
    /// The share of churners that is contacted.
    pub true_positive_rate: f64,
}

/// The ROC curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Roc {
    /// How many rows.
    pub rows: usize,
    /// How many of them churned.
    pub positives: usize,
    /// The area under the whole curve.
    pub roc_auc: f64,
    /// The points, from no one contacted to everyone.
    pub points: Vec<RocPoint>,
}

/// One point of the curve of precision over recall.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PrecisionRecallPoint {
    /// The smallest probability that is contacted.
    pub threshold: f64,
    /// The share of churners that is contacted.
    pub recall: f64,
    /// The share of those contacted that churned.
    pub precision: f64,
}

/// The curve of precision over recall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PrecisionRecall {
    /// How many rows.
    pub rows: usize,
    /// How many of them churned; their share is the precision of a choice at random.
    pub positives: usize,
    /// The average precision of the whole curve.
    pub pr_auc: f64,
    /// The points, from the fewest contacted to everyone.
    pub points: Vec<PrecisionRecallPoint>,
}

impl Roc {
    /// The curve of these rows, of at most so many points.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::ModelData`] when the labels are all alike, and
    /// [`stayput_core::ErrorCode::Argument`] for fewer than 3 points.
    #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
    pub fn new(labels: &[bool], probabilities: &[f64], points: usize) -> Result<Self> {
        let ranked = Ranked::new(labels, probabilities);
        let (positives, negatives) = (ranked.positives, ranked.negatives());
        let Some(roc_auc) = roc_auc_of(&ranked) else { return Err(alike("ROC curve")) };
        let scores = std::iter::once(None).chain(ranked.tied.iter().map(|tied| Some(tied.score)));
        let all = ranked.roc().zip(scores).map(|((below, above), threshold)| {
            let point = RocPoint {
                threshold,
                false_positive_rate: below as f64 / negatives as f64,
                true_positive_rate: above as f64 / positives as f64,
            };
            (place((above, positives), (below, negatives)), point)
        });
        let points = thinned(all, whole(positives, negatives), points)?;
        Ok(Self { rows: ranked.rows, positives, roc_auc, points })
    }
}

impl PrecisionRecall {
    /// The curve of these rows, of at most so many points.
    ///
    /// # Errors
    /// As for [`Roc::new`].
    #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
    pub fn new(labels: &[bool], probabilities: &[f64], points: usize) -> Result<Self> {
        let ranked = Ranked::new(labels, probabilities);
        let (rows, positives) = (ranked.rows, ranked.positives);
        let missing = || alike("curve of precision over recall");
        let pr_auc = pr_auc_of(&ranked).ok_or_else(missing)?;
        let all = ranked.roc().skip(1).zip(&ranked.tied).map(|((below, above), tied)| {
            let contacted = below + above;
            let point = PrecisionRecallPoint {
                threshold: tied.score,
                recall: above as f64 / positives as f64,
                precision: above as f64 / contacted as f64,
            };
            (place((above, positives), (contacted, rows)), point)
        });
        let points = thinned(all, whole(positives, rows), points)?;
        Ok(Self { rows, positives, pr_auc, points })
    }
}

fn alike(curve: &str) -> Error {
    refuse(format!("the labels are all alike, so there is no {curve}"))
}

/// The sum of two shares, each a part of a whole, times both wholes.
fn place((part, whole): (usize, usize), (other, others): (usize, usize)) -> u128 {
    part as u128 * others as u128 + other as u128 * whole as u128
}

/// What [`place`] comes to at the end of a curve.
fn whole(one: usize, other: usize) -> u128 {
    2 * one as u128 * other as u128
}

/// At most `most` of the points, which come with their places from 0 to `whole`.
fn thinned<T>(all: impl Iterator<Item = (u128, T)>, whole: u128, most: usize) -> Result<Vec<T>> {
    if most < 3 {
        return Err(Error::argument("points", format!("is {most}; expected 3 or more")));
    }
    let all: Vec<_> = all.collect();
    if all.len() <= most {
        return Ok(all.into_iter().map(|(_, point)| point).collect());
    }
    // The last point lies past the last stretch and is one of its own; the first may be too.
    let stretches = most as u128 - 2;
    let stretch = |place: u128| place * stretches / whole;
    let ends: Vec<bool> = all
        .iter()
        .zip(all.iter().skip(1).map(Some).chain([None]))
        .enumerate()
        .map(|(at, (point, next))| {
            at == 0 || next.is_none_or(|next| stretch(next.0) != stretch(point.0))
        })
        .collect();
    let kept = all.into_iter().zip(ends).filter(|(_, stays)| *stays);
    Ok(kept.map(|((_, point), _)| point).collect())
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
mod tests {
    use proptest::prelude::*;
    use stayput_core::ErrorCode;

    use super::*;
    use crate::validate::testing::{near, rows_of_both};

    const LABELS: [bool; 6] = [true, false, true, true, false, false];
    const SCORES: [f64; 6] = [0.9, 0.8, 0.8, 0.4, 0.3, 0.1];

    /// Expected: `roc_curve(…, drop_intermediate=False)` of scikit-learn 1.9.1.
    #[test]
    fn a_roc_curve_is_that_of_scikit_learn() {
        let roc = Roc::new(&LABELS, &SCORES, 100).unwrap();
        let found: Vec<_> = roc
            .points
            .iter()
            .map(|p| (p.threshold, p.false_positive_rate, p.true_positive_rate))
            .collect();
        let (third, thirds) = (1.0 / 3.0, 2.0 / 3.0);
        assert_eq!(
            found,
            [
                (None, 0.0, 0.0),
                (Some(0.9), 0.0, third),
                (Some(0.8), third, thirds),
                (Some(0.4), third, 1.0),
                (Some(0.3), thirds, 1.0),
                (Some(0.1), 1.0, 1.0),
            ]
        );
        assert_eq!((roc.rows, roc.positives), (6, 3));
        near(roc.roc_auc, 0.833_333_333_333_333_4, 1e-15);
    }

    /// Expected: `precision_recall_curve` of scikit-learn 1.9.1, from the last point to the first,
    /// without the one that has no threshold.
    #[test]
    fn precision_over_recall_is_that_of_scikit_learn() {
        let curve = PrecisionRecall::new(&LABELS, &SCORES, 100).unwrap();
        let found: Vec<_> =
            curve.points.iter().map(|p| (p.threshold, p.recall, p.precision)).collect();
        let (third, thirds) = (1.0 / 3.0, 2.0 / 3.0);
        assert_eq!(
            found,
            [
                (0.9, third, 1.0),
                (0.8, thirds, thirds),
                (0.4, 1.0, 0.75),
                (0.3, 1.0, 0.6),
                (0.1, 1.0, 0.5)
            ]
        );
        near(curve.pr_auc, third + third * thirds + third * 0.75, 1e-15);
    }

    #[test]
    fn a_curve_that_cannot_be_is_refused() {
        let error = Roc::new(&[true, true], &[0.5, 0.1], 9).unwrap_err();
        let message = "training data: the labels are all alike, so there is no ROC curve";
        assert_eq!(error.to_string(), message);
        let error = PrecisionRecall::new(&[false], &[0.5], 9).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ModelData);
        for points in [0, 2] {
            let error = Roc::new(&LABELS, &SCORES, points).unwrap_err();
            assert_eq!((error.code(), error.path()), (ErrorCode::Argument, Some("points")));
        }
    }

    proptest! {
        #[test]
        fn few_points_lie_near_all_of_them(
            (labels, probabilities) in rows_of_both(), most in 3..40_usize,
        ) {
            let all = Roc::new(&labels, &probabilities, usize::MAX).unwrap();
            let few = Roc::new(&labels, &probabilities, most).unwrap();
            prop_assert!(few.points.len() <= most);
            prop_assert_eq!(few.roc_auc, all.roc_auc);
            prop_assert_eq!(few.points.first(), all.points.first());
            prop_assert_eq!(few.points.last(), all.points.last());
            prop_assert!(few.points.iter().all(|point| all.points.contains(point)));
            let reach = 2.0 / (most - 2) as f64 + 1e-12;
            let along = |p: &RocPoint| p.false_positive_rate + p.true_positive_rate;
            for point in &all.points {
                let gap = |kept: &RocPoint| (along(kept) - along(point)).abs() <= reach;
                prop_assert!(few.points.iter().any(gap));
            }
            // The trapezoids of a whole curve are its area.
            let area: f64 = all.points.windows(2).map(|pair| {
                (pair[1].false_positive_rate - pair[0].false_positive_rate)
                    * (pair[0].true_positive_rate + pair[1].true_positive_rate) / 2.0
            }).sum();
            prop_assert!((area - all.roc_auc).abs() < 1e-12);
        }

        #[test]
        fn precision_ends_at_the_rate_of_churn_whatever_the_order_of_rows(
            (labels, probabilities) in rows_of_both(), most in 3..40_usize, turn in 0..60_usize,
        ) {
            let curve = PrecisionRecall::new(&labels, &probabilities, most).unwrap();
            let last = curve.points.last().unwrap();
            let rate = curve.positives as f64 / curve.rows as f64;
            prop_assert_eq!((last.recall, last.precision), (1.0, rate));
            prop_assert!(curve.points.len() <= most);
            for pair in curve.points.windows(2) {
                prop_assert!(pair[0].recall <= pair[1].recall);
                prop_assert!(pair[0].threshold > pair[1].threshold);
            }
            let (mut labels, mut probabilities) = (labels, probabilities);
            let turn = turn % labels.len();
            labels.rotate_left(turn);
            probabilities.rotate_left(turn);
            prop_assert_eq!(PrecisionRecall::new(&labels, &probabilities, most).unwrap(), curve);
        }
    }
}
