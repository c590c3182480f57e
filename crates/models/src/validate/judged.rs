//! A model's probabilities of labelled rows: what every measure of a model is made from.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use stayput_core::Result;
use stayput_core::churn::Model;
use stayput_core::features::TrainingSet;

use super::bootstrap::{BootstrapParams, Difference, Intervals, Rows, differences, intervals};
use super::curves::{PrecisionRecall, Roc};
use super::delong::{DeLong, delong};
use super::empc::{Empc, EmpcParams, empc};
use super::lift::Lift;
use super::reliability::{Bins, Reliability};
use super::report::Report;
use super::threshold::{ProfitThreshold, profit_threshold};
use crate::data;

/// Rows with what came true, what a model said, and whose they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    labels: Vec<bool>,
    probabilities: Vec<f64>,
    /// The same number for rows of one customer.
    customers: Vec<usize>,
}

/// Two models on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Comparison {
    /// The report on the model that is in use.
    pub champion: Report,
    /// The report on the model that may replace it.
    pub challenger: Report,
    /// `DeLong`'s test of the areas under their ROC curves, which takes rows as independent.
    pub delong: DeLong,
    /// The probability that an interval is to hold the difference with.
    pub level: f64,
    /// How many resamples were drawn.
    pub resamples: usize,
    /// The differences in every measure, with intervals from a paired bootstrap by customer.
    pub differences: Vec<Difference>,
}

impl Judged {
    /// What `model` says of the rows of `set`.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::ModelShape`] when the set lacks a feature of the model, and
    /// [`stayput_core::ErrorCode::ModelData`] when it has no rows or a label other than 0 and 1.
    pub fn new(model: &Model, set: &TrainingSet) -> Result<Self> {
        let labels = data::labels(set)?;
        let probabilities = model.predict(model.rows_of(&set.table)?.view())?;
        let mut known: HashMap<&str, usize> = HashMap::new();
        let customers = (0..labels.len()).map(|row| {
            let next = known.len();
            *known.entry(set.table.keys.customer_id(row)).or_insert(next)
        });
        let customers = customers.collect();
        Ok(Self { labels, probabilities, customers })
    }

    /// The same of labels and probabilities from anywhere, each row of a customer of its own.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::ModelData`] when there are no rows, not as many of both, or a
    /// probability that is not 0 to 1.
    pub fn of(labels: &[bool], probabilities: &[f64]) -> Result<Self> {
        if labels.is_empty() {
            return Err(data::refuse("there are no rows"));
        }
        if labels.len() != probabilities.len() {
            let (labels, rows) = (labels.len(), probabilities.len());
            return Err(data::refuse(format!("there are {labels} labels for {rows} rows")));
        }
        if let Some(row) = probabilities.iter().position(|p| !(0.0..=1.0).contains(p)) {
            let found = probabilities[row];
            let message = format!("the probability of row {row} is `{found}`; expected 0 to 1");
            return Err(data::refuse(message));
        }
        let customers = (0..labels.len()).collect();
        Ok(Self { labels: labels.to_vec(), probabilities: probabilities.to_vec(), customers })
    }

    /// The measures in one report.
    #[must_use]
    pub fn report(&self) -> Report {
        Report::new(&self.labels, &self.probabilities)
    }

    /// How much churn there is among the customers most at risk, in so many stretches.
    ///
    /// # Errors
    /// As for [`Lift::new`].
    pub fn lift(&self, bins: usize) -> Result<Lift> {
        Lift::new(&self.labels, &self.probabilities, bins)
    }

    /// The ROC curve, of at most so many points.
    ///
    /// # Errors
    /// As for [`Roc::new`].
    pub fn roc(&self, points: usize) -> Result<Roc> {
        Roc::new(&self.labels, &self.probabilities, points)
    }

    /// The curve of precision over recall, of at most so many points.
    ///
    /// # Errors
    /// As for [`PrecisionRecall::new`].
    pub fn precision_recall(&self, points: usize) -> Result<PrecisionRecall> {
        PrecisionRecall::new(&self.labels, &self.probabilities, points)
    }

    /// Whether probabilities mean what they say.
    ///
    /// # Errors
    /// None for rows that are there, as these are.
    pub fn reliability(&self, bins: Bins) -> Result<Reliability> {
        Reliability::new(&self.labels, &self.probabilities, bins)
    }

    /// The expected maximum profit; none when the labels are all alike.
    ///
    /// # Errors
    /// As for [`empc`].
    pub fn empc(&self, params: &EmpcParams) -> Result<Option<Empc>> {
        empc(&self.labels, &self.probabilities, params)
    }

    /// The threshold that brings most, at a `benefit` for each churner contacted and a `cost` for
    /// each contact.
    ///
    /// # Errors
    /// As for [`profit_threshold`].
    pub fn profit_threshold(&self, benefit: f64, cost: f64) -> Result<ProfitThreshold> {
        profit_threshold(&self.labels, &self.probabilities, benefit, cost)
    }

    /// The measures of the report with bootstrap intervals, drawn by customer.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::Argument`] naming a parameter that is out of range, and
    /// [`stayput_core::ErrorCode::ModelData`] for too few rows of one label.
    pub fn intervals(&self, params: &BootstrapParams) -> Result<Intervals> {
        intervals(self.rows(), &self.probabilities, params)
    }

    /// This model, the champion, beside a challenger judged on the same rows.
    ///
    /// # Errors
    /// As for [`Judged::intervals`] and [`delong`], and
    /// [`stayput_core::ErrorCode::ModelData`] when the rows are not the same.
    pub fn compare(&self, challenger: &Self, params: &BootstrapParams) -> Result<Comparison> {
        if self.labels != challenger.labels || self.customers != challenger.customers {
            return Err(data::refuse("the two models were judged on different rows"));
        }
        let (ours, theirs) = (&self.probabilities, &challenger.probabilities);
        Ok(Comparison {
            champion: self.report(),
            challenger: challenger.report(),
            delong: delong(&self.labels, ours, theirs, params.level)?,
            level: params.level,
            resamples: params.resamples,
            differences: differences(self.rows(), ours, theirs, params)?,
        })
    }

    fn rows(&self) -> Rows<'_> {
        Rows { labels: &self.labels, customers: &self.customers }
    }
}

/// Two models on the rows of `set`.
///
/// # Errors
/// As for [`Judged::new`] and [`Judged::compare`].
pub fn compare(
    champion: &Model,
    challenger: &Model,
    set: &TrainingSet,
    params: &BootstrapParams,
) -> Result<Comparison> {
    Judged::new(champion, set)?.compare(&Judged::new(challenger, set)?, params)
}
