//! The threshold that brings most, when it is known what contacting a customer costs and brings.
//!
//! Everyone with at least the threshold's probability is contacted, at a `cost` each; of them who
//! would have churned, each brings a `benefit` (the share who stay times what they are worth). The
//! profit is `benefit · churners − cost · contacted`. Where probabilities are calibrated, the best
//! threshold is `cost / benefit`, whatever the rows are (Elkan 2001); how far the threshold that
//! was best on these rows is from it shows how well calibrated they are there.

use serde::{Deserialize, Serialize};
use stayput_core::{Error, Result};

use super::ranked::Ranked;
use crate::data::refuse;

/// A threshold and what it brings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ProfitThreshold {
    /// The least probability to contact a customer at; null where it is best to contact none.
    pub threshold: Option<f64>,
    /// The profit of these rows.
    pub profit: f64,
    /// How many of them are contacted.
    pub contacted: usize,
    /// How many of those churned.
    pub churners: usize,
    /// Which threshold is best where probabilities are calibrated.
    pub calibrated_threshold: f64,
}

/// The threshold with the greatest profit on these rows; the highest of several.
///
/// # Errors
/// [`stayput_core::ErrorCode::Argument`] when `benefit` is not positive, or `cost` negative, and
/// [`stayput_core::ErrorCode::ModelData`] when there are no rows.
#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
pub fn profit_threshold(
    labels: &[bool],
    probabilities: &[f64],
    benefit: f64,
    cost: f64,
) -> Result<ProfitThreshold> {
    if !(benefit > 0.0 && benefit <= 1e12) {
        let message = format!("is {benefit}; expected more than 0, up to 1e12");
        return Err(Error::argument("benefit", message));
    }
    if !(0.0..=1e12).contains(&cost) {
        return Err(Error::argument("cost", format!("is {cost}; expected 0 to 1e12")));
    }
    if labels.is_empty() {
        return Err(refuse("there are no rows"));
    }
    let calibrated_threshold = cost / benefit;
    let mut best = ProfitThreshold {
        threshold: None,
        profit: 0.0,
        contacted: 0,
        churners: 0,
        calibrated_threshold,
    };
    let (mut contacted, mut churners) = (0, 0);
    for tied in Ranked::new(labels, probabilities).tied {
        contacted += tied.rows;
        churners += tied.positives;
        let profit = benefit * churners as f64 - cost * contacted as f64;
        if profit > best.profit {
            let threshold = Some(tied.score);
            best = ProfitThreshold { threshold, profit, contacted, churners, ..best };
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::validate::testing::any_rows;

    #[test]
    fn a_threshold_worked_by_hand() {
        let (labels, p) = ([true, false, true, false], [0.9, 0.6, 0.6, 0.2]);
        let best = profit_threshold(&labels, &p, 50.0, 10.0).unwrap();
        assert_eq!((best.threshold, best.profit), (Some(0.6), 70.0));
        assert_eq!((best.contacted, best.churners, best.calibrated_threshold), (3, 2, 0.2));
        let none = profit_threshold(&labels, &p, 10.0, 10.0).unwrap();
        assert_eq!((none.threshold, none.profit, none.contacted), (None, 0.0, 0));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (benefit, cost, name) in
            [(0.0, 1.0, "benefit"), (f64::NAN, 1.0, "benefit"), (1.0, -1.0, "cost")]
        {
            let error = profit_threshold(&[true], &[0.5], benefit, cost).unwrap_err();
            assert_eq!(error.path(), Some(name));
        }
        assert!(profit_threshold(&[], &[], 1.0, 1.0).is_err());
    }

    proptest! {
        #[test]
        fn no_other_threshold_brings_more(
            (labels, p) in any_rows(), benefit in 0.1..100.0, cost in 0.0..50.0, other in 0.0..=1.0,
        ) {
            let best = profit_threshold(&labels, &p, benefit, cost).unwrap();
            let at = |threshold: f64| -> f64 {
                let of = |(&label, &p): (&bool, &f64)| {
                    if p >= threshold { f64::from(u8::from(label)) * benefit - cost } else { 0.0 }
                };
                labels.iter().zip(&p).map(of).sum()
            };
            prop_assert!(at(other) <= best.profit + 1e-9);
            let own = best.threshold.map_or(0.0, at);
            prop_assert!((own - best.profit).abs() < 1e-9);
        }
    }
}
