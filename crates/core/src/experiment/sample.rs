//! What was seen of an arm: counts, moments, or one value a customer.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What of the arms is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The share of customers of whom something came true.
    Proportion,
    /// The mean of a number.
    Mean,
}

impl Metric {
    /// The metric of a name.
    ///
    /// # Errors
    /// [`crate::ErrorCode::Argument`] when there is none.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "proportion" => Ok(Self::Proportion),
            "mean" => Ok(Self::Mean),
            other => {
                let message = format!("found `{other}`; expected `proportion` or `mean`");
                Err(Error::argument("metric", message))
            }
        }
    }
}

/// What was seen of an arm.
#[derive(Debug, Clone, PartialEq)]
pub enum Sample {
    /// Of `n` customers it came true for `successes`.
    Counts {
        /// How many customers.
        n: u64,
        /// For how many it came true.
        successes: u64,
    },
    /// Of `n` numbers only mean and variance (divided by `n − 1`) are known.
    Moments {
        /// How many customers.
        n: u64,
        /// Their mean.
        mean: f64,
        /// Their variance.
        variance: f64,
    },
    /// One number a customer; for a proportion 0 or 1.
    Values(Vec<f64>),
}

/// An arm as the tests take it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// How many customers.
    pub n: f64,
    /// Their mean, or the share of successes.
    pub mean: f64,
    /// The variance: divided by `n − 1` for a mean, `p(1 − p)` for a proportion.
    pub variance: f64,
}

impl Summary {
    /// The variance of the mean.
    pub(super) fn of_mean(&self) -> f64 {
        self.variance / self.n
    }

    /// How many successes.
    pub(super) fn successes(&self) -> f64 {
        self.mean * self.n
    }

    /// An arm of whose customers so many are successes.
    pub(crate) fn proportion(n: f64, successes: f64) -> Self {
        let mean = successes / n;
        Self { n, mean, variance: mean * (1.0 - mean) }
    }

    /// The variance of the difference of two arms; `None` where it cannot be told yet.
    pub(crate) fn variance_beside(&self, control: &Self, metric: Metric) -> Option<f64> {
        let of = |arm: &Self| match metric {
            Metric::Mean => arm.of_mean(),
            Metric::Proportion => {
                let p = (arm.successes() + 1.0) / (arm.n + 2.0);
                p * (1.0 - p) / arm.n
            }
        };
        Some(of(self) + of(control)).filter(|variance| *variance > 0.0)
    }
}

impl Sample {
    /// The metric that the data are of, where nobody says: a proportion for counts, else a mean.
    pub(super) fn metric(&self) -> Metric {
        if matches!(self, Self::Counts { .. }) { Metric::Proportion } else { Metric::Mean }
    }

    /// The arm of this name as the tests take it.
    ///
    /// # Errors
    /// [`crate::ErrorCode::Argument`] when the arm is empty, has a number that is not
    /// finite, or cannot be asked for the metric.
    pub fn summary(&self, name: &str, metric: Metric) -> Result<Summary> {
        let wrong = |message: String| Error::argument(&format!("arms.{name}"), message);
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let summary = match (self, metric) {
            (Self::Counts { n, successes }, Metric::Proportion) => {
                if successes > n {
                    return Err(wrong(format!("has {successes} successes of {n} customers")));
                }
                Summary::proportion(*n as f64, *successes as f64)
            }
            (Self::Counts { .. }, Metric::Mean) => {
                return Err(wrong(
                    "has counts; expected values, or `n`, `mean` and `variance`".to_owned(),
                ));
            }
            (Self::Moments { .. }, Metric::Proportion) => {
                return Err(wrong(
                    "has moments; expected values, or `n` and `successes`".to_owned(),
                ));
            }
            (Self::Moments { n, mean, variance }, Metric::Mean) => {
                if !mean.is_finite() || !variance.is_finite() || *variance < 0.0 {
                    return Err(wrong(format!(
                        "has a mean of {mean} and a variance of {variance}; expected finite numbers, \
                         and no negative variance"
                    )));
                }
                Summary { n: *n as f64, mean: *mean, variance: *variance }
            }
            (Self::Values(values), Metric::Proportion) => {
                if let Some(at) = values.iter().position(|&y| y != 0.0 && y != 1.0) {
                    return Err(wrong(format!(
                        "value {at} is {}; expected 0 or 1 for a proportion (for a mean, say \
                         `metric` is `mean`)",
                        values[at]
                    )));
                }
                Summary::proportion(values.len() as f64, values.iter().sum())
            }
            (Self::Values(values), Metric::Mean) => {
                if let Some(at) = values.iter().position(|y| !y.is_finite()) {
                    return Err(wrong(format!("value {at} is not a finite number")));
                }
                moments(values)
            }
        };
        if summary.n < 1.0 || (metric == Metric::Mean && summary.n < 2.0) {
            let least = if metric == Metric::Mean { "two customers" } else { "one customer" };
            return Err(wrong(format!("has {} customers; expected at least {least}", summary.n)));
        }
        Ok(summary)
    }
}

/// Mean and variance in two passes, in the order of the values.
pub(super) fn moments(values: &[f64]) -> Summary {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|y| (y - mean) * (y - mean)).sum();
    Summary { n, mean, variance: squares / (n - 1.0) }
}
