//! The report on a model.

use std::fmt;

use serde::{Deserialize, Serialize};
use stayput_core::{Error, Result, did_you_mean};

use super::empc::{EmpcParams, empc_of};
use super::metrics::{brier, ks_of, log_loss, pr_auc_of, roc_auc_of};
use super::ranked::Ranked;
use super::reliability::{Bins, Reliability};

/// How probabilities compare with what came true.
///
/// Calibration is measured in ten bins of equal width, profit at the published defaults of
/// [`EmpcParams`]; [`Reliability`] and [`super::empc`] do so with others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Report {
    /// How many rows were judged.
    pub rows: usize,
    /// How many of them churned.
    pub positives: usize,
    /// Mean probability, to hold against the share that churned.
    pub mean_probability: f64,
    /// Area under the ROC curve; none when the labels are all alike.
    pub roc_auc: Option<f64>,
    /// Area under the precision–recall curve, as average precision; none when the labels are all
    /// alike.
    pub pr_auc: Option<f64>,
    /// Statistic of Kolmogorov and Smirnov between the scores of either label; none when the labels
    /// are all alike.
    pub ks: Option<f64>,
    /// Mean negative logarithm of the probability of what came true.
    pub log_loss: f64,
    /// Mean squared error of the probability.
    pub brier: f64,
    /// Part of it that calibration could take away (Murphy 1973).
    pub brier_reliability: f64,
    /// Part of the uncertainty that the model resolves.
    pub brier_resolution: f64,
    /// The variance of the label, which no model changes.
    pub brier_uncertainty: f64,
    /// Expected calibration error.
    pub ece: f64,
    /// Expected maximum profit for each customer (Verbraken, Verbeke and Baesens 2013); none when
    /// the labels are all alike.
    pub empc: Option<f64>,
    /// The share of customers who get an offer then.
    pub empc_fraction: Option<f64>,
}

/// A measure of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Measure {
    /// Area under the ROC curve; more is better.
    RocAuc,
    /// Area under the precision–recall curve; more is better.
    PrAuc,
    /// Statistic of Kolmogorov and Smirnov; more is better.
    Ks,
    /// Mean negative logarithm of the probability of what came true; less is better.
    LogLoss,
    /// Mean squared error of the probability; less is better.
    Brier,
    /// Expected calibration error; less is better.
    Ece,
    /// Expected maximum profit for each customer; more is better.
    Empc,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::RocAuc, Self::PrAuc, Self::Ks, Self::LogLoss, Self::Brier, Self::Ece, Self::Empc];

    /// The name in documents, and the field of a report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RocAuc => "roc_auc",
            Self::PrAuc => "pr_auc",
            Self::Ks => "ks",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::Ece => "ece",
            Self::Empc => "empc",
        }
    }

    /// The measure of a name.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::Argument`] for any other.
    pub fn named(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            let near = did_you_mean(name, names);
            let [others @ .., last] = names.map(|name| format!("`{name}`"));
            let message = format!("`{name}` is none of {} and {last}{near}", others.join(", "));
            Error::argument("measure", message)
        })
    }

    /// Whether more of it is better.
    #[must_use]
    pub fn more_is_better(self) -> bool {
        match self {
            Self::RocAuc | Self::PrAuc | Self::Ks | Self::Empc => true,
            Self::LogLoss | Self::Brier | Self::Ece => false,
        }
    }

    /// What a report says of it.
    #[must_use]
    pub fn of(self, report: &Report) -> Option<f64> {
        match self {
            Self::RocAuc => report.roc_auc,
            Self::PrAuc => report.pr_auc,
            Self::Ks => report.ks,
            Self::LogLoss => Some(report.log_loss),
            Self::Brier => Some(report.brier),
            Self::Ece => Some(report.ece),
            Self::Empc => report.empc,
        }
    }
}

impl Report {
    /// The report on these rows.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
    pub fn new(labels: &[bool], probabilities: &[f64]) -> Self {
        let sum: f64 = probabilities.iter().sum();
        let ranked = Ranked::new(labels, probabilities);
        let table = Reliability::of(labels, probabilities, Bins::REPORTED);
        let profit = empc_of(&ranked, &EmpcParams::default());
        Self {
            rows: labels.len(),
            positives: ranked.positives,
            mean_probability: sum / probabilities.len() as f64,
            roc_auc: roc_auc_of(&ranked),
            pr_auc: pr_auc_of(&ranked),
            ks: ks_of(&ranked),
            log_loss: log_loss(labels, probabilities),
            brier: brier(labels, probabilities),
            brier_reliability: table.brier_reliability,
            brier_resolution: table.brier_resolution,
            brier_uncertainty: table.brier_uncertainty,
            ece: table.ece,
            empc: profit.map(|profit| profit.empc),
            empc_fraction: profit.map(|profit| profit.fraction),
        }
    }

    /// The share of rows that churned.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
    pub fn churn_rate(&self) -> f64 {
        self.positives as f64 / self.rows as f64
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<18}{:>8}", "rows", self.rows)?;
        writeln!(f, "{:<18}{:>8}  {:.4}", "churned", self.positives, self.churn_rate())?;
        let values = [
            ("mean probability", Some(self.mean_probability)),
            ("ROC-AUC", self.roc_auc),
            ("PR-AUC", self.pr_auc),
            ("KS", self.ks),
            ("log-loss", Some(self.log_loss)),
            ("Brier score", Some(self.brier)),
            ("  reliability", Some(self.brier_reliability)),
            ("  resolution", Some(self.brier_resolution)),
            ("  uncertainty", Some(self.brier_uncertainty)),
            ("ECE", Some(self.ece)),
            ("EMPC", self.empc),
        ];
        for (name, value) in values {
            match value {
                Some(value) => writeln!(f, "{name:<28}{value:.4}")?,
                None => writeln!(f, "{name:<18}undefined: the labels are all alike")?,
            }
        }
        let fraction = self.empc_fraction.map_or("undefined".to_owned(), |it| format!("{it:.4}"));
        write!(f, "{:<28}{fraction}", "  offered to")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_as_a_table() {
        let report = Report::new(&[true, false, false, true], &[0.75, 0.25, 0.5, 0.5]);
        let lines = [
            "rows                     4",
            "churned                  2  0.5000",
            "mean probability            0.5000",
            "ROC-AUC                     0.8750",
            "PR-AUC                      0.8333",
            "KS                          0.5000",
            "log-loss                    0.4904",
            "Brier score                 0.1562",
            "  reliability               0.0312",
            "  resolution                0.1250",
            "  uncertainty               0.2500",
            "ECE                         0.1250",
            "EMPC                        25.2504",
            "  offered to                0.7496",
        ];
        assert_eq!(report.to_string(), lines.join("\n"));
        let alike = Report::new(&[true], &[0.5]);
        assert_eq!((alike.roc_auc, alike.empc), (None, None));
        assert!(
            alike.to_string().contains("ROC-AUC           undefined: the labels are all alike")
        );
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }
}
