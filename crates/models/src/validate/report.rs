//! The report on a model.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::metrics::{brier, log_loss, roc_auc};

/// How probabilities compare with what came true.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Report {
    /// How many rows were judged.
    pub rows: usize,
    /// How many of them churned.
    pub positives: usize,
    /// Area under the ROC curve; none when the labels are all alike.
    pub roc_auc: Option<f64>,
    /// Mean negative logarithm of the probability of what came true.
    pub log_loss: f64,
    /// Mean squared error of the probability.
    pub brier: f64,
    /// Mean probability, to hold against the share that churned.
    pub mean_probability: f64,
}

impl Report {
    /// The report on these rows.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
    pub fn new(labels: &[bool], probabilities: &[f64]) -> Self {
        let sum: f64 = probabilities.iter().sum();
        Self {
            rows: labels.len(),
            positives: labels.iter().filter(|&&label| label).count(),
            roc_auc: roc_auc(labels, probabilities),
            log_loss: log_loss(labels, probabilities),
            brier: brier(labels, probabilities),
            mean_probability: sum / probabilities.len() as f64,
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
        writeln!(f, "rows              {:>8}", self.rows)?;
        writeln!(f, "churned           {:>8}  {:.4}", self.positives, self.churn_rate())?;
        writeln!(f, "mean probability            {:.4}", self.mean_probability)?;
        match self.roc_auc {
            Some(auc) => writeln!(f, "ROC-AUC                     {auc:.4}")?,
            None => writeln!(f, "ROC-AUC           undefined: the labels are all alike")?,
        }
        writeln!(f, "log-loss                    {:.4}", self.log_loss)?;
        write!(f, "Brier score                 {:.4}", self.brier)
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
            "log-loss                    0.4904",
            "Brier score                 0.1562",
        ];
        assert_eq!(report.to_string(), lines.join("\n"));
        assert_eq!(Report::new(&[true], &[0.5]).roc_auc, None);
    }
}
