//! Lift and gains: how much churn there is among the customers most at risk.
//!
//! The rows are taken in order of probability, the greatest first, and cut into as many stretches
//! of equal length as there are to be (deciles for ten). Rows of one probability have no order:
//! where a cut falls among them, their churn is shared out in proportion, which is its mean over
//! all orders. A stretch's lift is its churn rate over that of all rows; the cumulative gain is the
//! share of all churn found so far, which ends at 1, and the cumulative lift is that over the share
//! of rows so far (Berry and Linoff 1997).

use serde::{Deserialize, Serialize};
use stayput_core::{Error, Result};

use super::ranked::Ranked;
use crate::data::refuse;

/// One stretch of the rows in order of probability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LiftBin {
    /// How many rows.
    pub rows: usize,
    /// How many of them churned; a fraction where a cut falls among equals.
    pub positives: f64,
    /// The smallest probability of them.
    pub least: f64,
    /// The share of them that churned.
    pub churn_rate: f64,
    /// That over the share of all rows that churned.
    pub lift: f64,
    /// The share of all rows that is in this stretch and those before.
    pub cumulative_share: f64,
    /// The share of all churn that is there.
    pub cumulative_gain: f64,
    /// How many times more than a random choice of as many rows would find.
    pub cumulative_lift: f64,
}

/// The stretches, those most at risk first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Lift {
    /// How many rows.
    pub rows: usize,
    /// How many of them churned.
    pub positives: usize,
    /// The stretches.
    pub bins: Vec<LiftBin>,
}

impl Lift {
    /// The table of these rows in so many stretches, which differ by at most one row.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::ModelData`] when no row churned, and
    /// [`stayput_core::ErrorCode::Argument`] when there are fewer rows than stretches, or none.
    #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
    pub fn new(labels: &[bool], probabilities: &[f64], bins: usize) -> Result<Self> {
        let ranked = Ranked::new(labels, probabilities);
        if ranked.positives == 0 {
            return Err(refuse("no row churned, so there is no lift"));
        }
        if bins == 0 || bins > ranked.rows {
            let message = format!("is {bins}; expected 1 to {}, the number of rows", ranked.rows);
            return Err(Error::argument("bins", message));
        }
        let (all, positives) = (ranked.rows as f64, ranked.positives as f64);
        let (mut tied, mut rows, mut found) = (ranked.tied.iter().peekable(), 0, 0);
        let (mut from, mut gained) = (0, 0.0);
        let mut stretches = Vec::with_capacity(bins);
        for bin in 1..=bins {
            let until = bin * ranked.rows / bins;
            // The whole groups before the cut, and the part before it of the group it falls in.
            while let Some(whole) = tied.next_if(|tied| rows + tied.rows <= until) {
                (rows, found) = (rows + whole.rows, found + whole.positives);
            }
            let part = tied.peek().map_or(0.0, |cut| {
                (until - rows) as f64 * (cut.positives as f64 / cut.rows as f64)
            });
            let (count, gain) = (until - from, found as f64 + part);
            let churned = gain - gained;
            let churn_rate = churned / count as f64;
            stretches.push(LiftBin {
                rows: count,
                positives: churned,
                least: 0.0,
                churn_rate,
                lift: churn_rate / (positives / all),
                cumulative_share: until as f64 / all,
                cumulative_gain: gain / positives,
                cumulative_lift: (gain / positives) / (until as f64 / all),
            });
            (from, gained) = (until, gain);
        }
        ends(&ranked, &mut stretches);
        Ok(Self { rows: ranked.rows, positives: ranked.positives, bins: stretches })
    }
}

/// Fills in the probability of the last row of each stretch.
fn ends(ranked: &Ranked, stretches: &mut [LiftBin]) {
    let (mut tied, mut seen, mut until) = (ranked.tied.iter(), 0, 0);
    let mut score = 0.0;
    for stretch in stretches {
        until += stretch.rows;
        while seen < until
            && let Some(next) = tied.next()
        {
            (seen, score) = (seen + next.rows, next.score);
        }
        stretch.least = score;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use stayput_core::ErrorCode;

    use super::*;
    use crate::validate::testing::rows_of_both;

    #[test]
    fn a_table_worked_by_hand() {
        let labels = [true, true, false, true, false, false, false, false];
        let probabilities = [0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1];
        let lift = Lift::new(&labels, &probabilities, 4).unwrap();
        let column = |of: fn(&LiftBin) -> f64| lift.bins.iter().map(of).collect::<Vec<_>>();
        assert_eq!(column(|bin| bin.positives), [2.0, 1.0, 0.0, 0.0]);
        assert_eq!(column(|bin| bin.least), [0.8, 0.6, 0.3, 0.1]);
        assert_eq!(column(|bin| bin.churn_rate), [1.0, 0.5, 0.0, 0.0]);
        assert_eq!(column(|bin| bin.lift), [1.0 / 0.375, 0.5 / 0.375, 0.0, 0.0]);
        assert_eq!(column(|bin| bin.cumulative_share), [0.25, 0.5, 0.75, 1.0]);
        assert_eq!(column(|bin| bin.cumulative_gain), [2.0 / 3.0, 1.0, 1.0, 1.0]);
        assert_eq!(column(|bin| bin.cumulative_lift), [8.0 / 3.0, 2.0, 4.0 / 3.0, 1.0]);
    }

    #[test]
    fn churn_of_equals_is_shared_out() {
        let labels = [true, false, false, true];
        let lift = Lift::new(&labels, &[0.5; 4], 2).unwrap();
        assert_eq!(lift.bins.iter().map(|bin| bin.positives).collect::<Vec<_>>(), [1.0, 1.0]);
        let lift = Lift::new(&labels, &[0.5, 0.5, 0.5, 0.1], 2).unwrap();
        assert!((lift.bins[0].positives - 2.0 / 3.0).abs() < 1e-15);
        assert_eq!((lift.bins[0].least, lift.bins[1].least), (0.5, 0.1));
    }

    #[test]
    fn a_table_that_cannot_be_is_refused() {
        for bins in [0, 3] {
            let error = Lift::new(&[true, false], &[0.5, 0.1], bins).unwrap_err();
            assert_eq!(error.code(), ErrorCode::Argument);
        }
        let error = Lift::new(&[false], &[0.5], 1).unwrap_err();
        assert_eq!(error.to_string(), "training data: no row churned, so there is no lift");
    }

    proptest! {
        #[test]
        fn gains_rise_to_one_whatever_the_order_of_rows(
            (labels, probabilities) in rows_of_both(), bins in 1..5_usize, turn in 0..60_usize,
        ) {
            let lift = Lift::new(&labels, &probabilities, bins).unwrap();
            let last = lift.bins.last().unwrap();
            prop_assert_eq!((last.cumulative_share, last.cumulative_gain), (1.0, 1.0));
            prop_assert_eq!(last.cumulative_lift, 1.0);
            for pair in lift.bins.windows(2) {
                prop_assert!(pair[0].cumulative_gain <= pair[1].cumulative_gain);
                prop_assert!(pair[0].least >= pair[1].least);
            }
            let (mut labels, mut probabilities) = (labels, probabilities);
            let turn = turn % labels.len();
            labels.rotate_left(turn);
            probabilities.rotate_left(turn);
            prop_assert_eq!(Lift::new(&labels, &probabilities, bins).unwrap(), lift);
        }
    }
}
