//! Whether probabilities mean what they say: rows in bins of probability, what was said in each
//! against what came true.
//!
//! With `n_k` rows, mean probability `p_k` and churn rate `o_k` in bin `k`, and `o` the churn rate
//! of all `n` rows:
//!
//! - expected calibration error `ECE = Σ n_k·|p_k − o_k| / n` (Naeini, Cooper and Hauskrecht 2015),
//!   maximum calibration error `max |p_k − o_k|`;
//! - the parts of the Brier score (Murphy 1973): reliability `Σ n_k·(p_k − o_k)² / n`, which is to
//!   be small, resolution `Σ n_k·(o_k − o)² / n`, which is to be large, and uncertainty
//!   `o·(1 − o)`, which no model changes. `reliability − resolution + uncertainty` is the Brier
//!   score of the bins' mean probabilities. The Brier score itself is more by what goes on inside
//!   the bins, `Σ ((p − p_k)² − 2·(p − p_k)·(y − o_k)) / n` (Stephenson, Coelho and Jolliffe 2008).

use serde::{Deserialize, Serialize};
use stayput_core::{Error, Result};

use crate::data::refuse;

/// How rows are parted by their probability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bins {
    /// `0 to 1/k`, `1/k to 2/k` and so on: a probability on an edge falls below it.
    Width(usize),
    /// As many rows in each as can be: row `i` of `n` in order of probability (from 0) falls in bin
    /// `⌊i·k/n⌋`, and rows of one probability where the first of them falls.
    Frequency(usize),
}

impl Bins {
    /// What the report is made with: ten of equal width.
    pub(crate) const REPORTED: Self = Self::Width(10);

    /// Bins as a host names them: `by` is `width` (the default) or `frequency`, and there are 10 by
    /// default.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::Argument`] naming what is neither, or a number of bins that is
    /// not 1 to 1,000.
    pub fn named(by: Option<&str>, bins: Option<usize>) -> Result<Self> {
        let bins = match bins.unwrap_or(10) {
            bins @ 1..=1_000 => bins,
            other => {
                return Err(Error::argument("bins", format!("is {other}; expected 1 to 1000")));
            }
        };
        match by.unwrap_or("width") {
            "width" => Ok(Self::Width(bins)),
            "frequency" => Ok(Self::Frequency(bins)),
            other => {
                let message = format!("found `{other}`; expected `width` or `frequency`");
                Err(Error::argument("by", message))
            }
        }
    }
}

/// Rows whose probabilities are near each other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ReliabilityBin {
    /// The smallest probability of its rows.
    pub least: f64,
    /// The greatest probability of its rows.
    pub greatest: f64,
    /// How many rows.
    pub rows: usize,
    /// The mean of their probabilities.
    pub mean_probability: f64,
    /// The share of them that churned.
    pub churn_rate: f64,
}

/// What was said against what came true, bin by bin, and what that adds up to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Reliability {
    /// The bins that have rows, by probability.
    pub bins: Vec<ReliabilityBin>,
    /// Expected calibration error: the mean distance of what was said from what came true.
    pub ece: f64,
    /// The greatest such distance of a bin.
    pub mce: f64,
    /// Reliability: the mean square of that distance; 0 for a calibrated model.
    pub brier_reliability: f64,
    /// Resolution: the mean square of the distance of a bin's churn rate from that of all rows.
    pub brier_resolution: f64,
    /// Uncertainty: the variance of the label.
    pub brier_uncertainty: f64,
    /// What the Brier score is more than reliability, less resolution, and uncertainty.
    pub brier_within_bins: f64,
}

impl Reliability {
    /// The table of these rows.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::ModelData`] when there are no rows.
    pub fn new(labels: &[bool], probabilities: &[f64], bins: Bins) -> Result<Self> {
        if labels.is_empty() {
            return Err(refuse("there are no rows"));
        }
        Ok(Self::of(labels, probabilities, bins))
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
    pub(super) fn of(labels: &[bool], probabilities: &[f64], bins: Bins) -> Self {
        let (bin_of, count) = match bins {
            Bins::Width(bins) => (by_width(probabilities, bins), bins),
            Bins::Frequency(bins) => (by_frequency(probabilities, bins), bins),
        };
        let mut sums = vec![Sums::default(); count];
        for ((&bin, &label), &p) in bin_of.iter().zip(labels).zip(probabilities) {
            sums[bin].add(label, p);
        }
        let bins: Vec<Option<ReliabilityBin>> = sums.iter().map(Sums::bin).collect();
        let all = labels.len() as f64;
        let rate = labels.iter().filter(|&&label| label).count() as f64 / all;
        let (mut ece, mut mce) = (0.0, 0.0_f64);
        let (mut reliability, mut resolution, mut within) = (0.0, 0.0, 0.0);
        for bin in bins.iter().flatten() {
            let (share, apart) = (bin.rows as f64 / all, bin.mean_probability - bin.churn_rate);
            ece += share * apart.abs();
            mce = mce.max(apart.abs());
            reliability += share * apart * apart;
            resolution += share * (bin.churn_rate - rate) * (bin.churn_rate - rate);
        }
        for ((&bin, &label), &p) in bin_of.iter().zip(labels).zip(probabilities) {
            let Some(bin) = bins[bin] else { continue };
            let from_mean = p - bin.mean_probability;
            let from_rate = f64::from(u8::from(label)) - bin.churn_rate;
            within += from_mean * (from_mean - 2.0 * from_rate);
        }
        Self {
            bins: bins.into_iter().flatten().collect(),
            ece,
            mce,
            brier_reliability: reliability,
            brier_resolution: resolution,
            brier_uncertainty: rate * (1.0 - rate),
            brier_within_bins: within / all,
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    rows: usize,
    positives: usize,
    probability: f64,
    least: f64,
    greatest: f64,
}

impl Sums {
    fn add(&mut self, label: bool, p: f64) {
        let first = self.rows == 0;
        self.least = if first { p } else { self.least.min(p) };
        self.greatest = if first { p } else { self.greatest.max(p) };
        self.rows += 1;
        self.positives += usize::from(label);
        self.probability += p;
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
    fn bin(&self) -> Option<ReliabilityBin> {
        (self.rows > 0).then(|| ReliabilityBin {
            least: self.least,
            greatest: self.greatest,
            rows: self.rows,
            // A mean lies among its numbers; its rounding is not to push it out.
            mean_probability: (self.probability / self.rows as f64)
                .clamp(self.least, self.greatest),
            churn_rate: self.positives as f64 / self.rows as f64,
        })
    }
}

/// The bin of each row: bin `k` of `n` is above `k/n` and up to `(k + 1)/n`; the first has 0 too.
#[expect(clippy::cast_precision_loss, reason = "at most 1,000 bins")]
fn by_width(probabilities: &[f64], bins: usize) -> Vec<usize> {
    let edges: Vec<f64> = (1..bins).map(|edge| edge as f64 / bins as f64).collect();
    probabilities.iter().map(|&p| edges.partition_point(|&edge| edge < p)).collect()
}

fn by_frequency(probabilities: &[f64], bins: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
    let mut bin_of = vec![0; order.len()];
    let mut first = 0;
    for tied in order.chunk_by(|&a, &b| probabilities[a] == probabilities[b]) {
        for &row in tied {
            bin_of[row] = first * bins / order.len();
        }
        first += tied.len();
    }
    bin_of
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use stayput_core::ErrorCode;

    use super::*;
    use crate::validate::brier;
    use crate::validate::testing::{any_rows, near};

    #[test]
    fn a_table_worked_by_hand() {
        let labels = [false, true, false, true, true];
        let probabilities = [0.1, 0.2, 0.5, 0.5, 0.9];
        let table = Reliability::new(&labels, &probabilities, Bins::Width(2)).unwrap();
        // 0.5 lies on the edge, so below it: four rows with mean 0.325, half of which churned.
        let [low, high] = table.bins[..] else { panic!("{table:?}") };
        assert_eq!((low.rows, low.least, low.greatest, low.churn_rate), (4, 0.1, 0.5, 0.5));
        near(low.mean_probability, 0.325, 1e-15);
        assert_eq!((high.rows, high.mean_probability, high.churn_rate), (1, 0.9, 1.0));
        near(table.ece, 0.8 * 0.175 + 0.2 * 0.1, 1e-15);
        near(table.mce, 0.175, 1e-15);
        near(table.brier_reliability, 0.8 * 0.175 * 0.175 + 0.2 * 0.01, 1e-15);
        near(table.brier_resolution, 0.8 * 0.01 + 0.2 * 0.16, 1e-15);
        near(table.brier_uncertainty, 0.24, 1e-15);
    }

    #[test]
    fn bins_of_equal_frequency_have_as_many_rows_each() {
        let probabilities = [0.9, 0.1, 0.3, 0.2, 0.8, 0.4, 0.4, 0.4];
        let rows = |bins| -> Vec<usize> {
            let table = Reliability::new(&[true; 8], &probabilities, Bins::Frequency(bins));
            table.unwrap().bins.iter().map(|bin| bin.rows).collect()
        };
        // In order 0.1 0.2 | 0.3 0.4 0.4 0.4 | | 0.8 0.9: equals stay together.
        assert_eq!(rows(4), [2, 4, 2]);
        assert_eq!(rows(1), [8]);
    }

    #[test]
    fn bins_that_cannot_be_are_refused() {
        assert_eq!(Bins::named(None, None).unwrap(), Bins::Width(10));
        assert_eq!(Bins::named(Some("frequency"), Some(5)).unwrap(), Bins::Frequency(5));
        for (by, bins, message) in [
            (Some("size"), None, "argument `by`: found `size`; expected `width` or `frequency`"),
            (None, Some(0), "argument `bins`: is 0; expected 1 to 1000"),
        ] {
            let error = Bins::named(by, bins).unwrap_err();
            assert_eq!((error.code(), error.to_string().as_str()), (ErrorCode::Argument, message));
        }
        let error = Reliability::new(&[], &[], Bins::Width(3)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ModelData);
    }

    proptest! {
        #[test]
        fn the_parts_add_up_to_the_brier_score(
            (labels, probabilities) in any_rows(), bins in 1..15_usize, width: bool,
        ) {
            let bins = if width { Bins::Width(bins) } else { Bins::Frequency(bins) };
            let table = Reliability::of(&labels, &probabilities, bins);
            let sum = table.brier_reliability - table.brier_resolution + table.brier_uncertainty
                + table.brier_within_bins;
            prop_assert!((sum - brier(&labels, &probabilities)).abs() < 1e-12);
            prop_assert!(table.ece <= table.mce + 1e-15);
            prop_assert_eq!(table.bins.iter().map(|bin| bin.rows).sum::<usize>(), labels.len());
            for pair in table.bins.windows(2) {
                prop_assert!(pair[0].greatest < pair[1].least);
            }
        }
    }
}
