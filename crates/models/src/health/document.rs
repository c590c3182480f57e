//! What was learned and what was found, as documents.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Direction;

/// A health score that was learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FittedHealth {
    /// The section `[health]` of a playbook that has the features.
    pub playbook: String,
    /// How many rows it was learned from.
    pub rows: usize,
    /// How many of them churned.
    pub churners: usize,
    /// The area under the ROC curve on these rows, of which it is too good an estimate.
    pub auc: Option<f64>,
    /// The factors, the heaviest first.
    pub factors: Vec<FittedFactor>,
    /// The bands, from the lowest.
    pub bands: Vec<FittedBand>,
}

/// A factor of a health score that was learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FittedFactor {
    /// The feature, and the factor's name.
    pub feature: String,
    /// Its share of the score, 0 to 1.
    pub weight: f64,
    /// Which way it goes; null where it is no number.
    pub direction: Option<Direction>,
    /// What it scores.
    pub knots: Vec<Knot>,
    /// What its absence scores; null where it was never missing, and the others carry its weight.
    pub missing: Option<f64>,
    /// The expression of its score.
    pub score: String,
}

/// What a value of a feature scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Knot {
    /// The number; null for a boolean or category.
    pub x: Option<f64>,
    /// The name of a category, `true` or `false`; null for a number, and for names not listed.
    pub value: Option<String>,
    /// The score, 0 to 100.
    pub score: f64,
    /// How many rows it was learned from.
    pub rows: usize,
    /// The share of them that churned.
    pub churn_rate: f64,
}

/// A band of a health score that was learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FittedBand {
    /// The band.
    pub name: String,
    /// The score it starts at.
    pub start: f64,
    /// How many rows were in it.
    pub rows: usize,
    /// How many of them churned.
    pub churners: usize,
}

/// Whether a health score predicts who churns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HealthValidation {
    /// How many rows were asked.
    pub rows: usize,
    /// How many of them churned.
    pub churners: usize,
    /// The share of rows without a score, which count in nothing below.
    pub without_score: f64,
    /// How often who churned has the lower score, a tie counting half: the area under the ROC
    /// curve. Null where the labels are all alike.
    pub auc: Option<f64>,
    /// The lower end of its 95% interval (`DeLong` 1988); null where there are fewer than two of a
    /// kind. Rows are taken as independent.
    pub auc_low: Option<f64>,
    /// The upper end.
    pub auc_high: Option<f64>,
    /// The bands, from the lowest.
    pub bands: Vec<HealthBand>,
    /// Whether churn falls from each band that anyone is in to the next.
    pub monotone: bool,
}

/// What came true in a band.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HealthBand {
    /// The band.
    pub name: String,
    /// The score it starts at.
    pub start: f64,
    /// How many rows were in it.
    pub rows: usize,
    /// How many of them churned.
    pub churners: usize,
    /// The share that churned; null where there is no row.
    pub churn_rate: Option<f64>,
    /// The lower end of its 95% interval (Wilson 1927).
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// That share by the share of all rows with a score; null where that is 0 or there is no row.
    pub lift: Option<f64>,
}

impl fmt::Display for HealthValidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| format!("{x:.3}"));
        let (auc, low, high) = (shown(self.auc), shown(self.auc_low), shown(self.auc_high));
        writeln!(f, "{} rows, AUC {auc} ({low} to {high})", self.rows)?;
        for band in &self.bands {
            let [rate, low, high] = [band.churn_rate, band.low, band.high].map(shown);
            writeln!(f, "{}: {} rows, churn {rate} ({low} to {high})", band.name, band.rows)?;
        }
        Ok(())
    }
}
