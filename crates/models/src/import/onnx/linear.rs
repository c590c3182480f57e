//! Linear models: weights of columns, put together by feature.

use std::collections::BTreeMap;

use stayput_core::Result;
use stayput_core::churn::{Encoding, Linear, Predictor};

use super::column::Column;
use super::unsupported;

/// A weighted sum of columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sum {
    pub(super) terms: Vec<(Column, f64)>,
    pub(super) intercept: f64,
}

impl Sum {
    /// This sum less another of the same columns: what two scores are compared by.
    pub(super) fn less(&self, other: &Self) -> Self {
        let pairs = self.terms.iter().zip(&other.terms);
        let terms = pairs.map(|((column, a), (_, b))| (column.clone(), a - b)).collect();
        Self { terms, intercept: self.intercept - other.intercept }
    }

    /// Whether every number of one is that of the other with the other sign.
    pub(super) fn is_negative_of(&self, other: &Self) -> bool {
        let mut pairs = self.terms.iter().zip(&other.terms);
        self.terms.len() == other.terms.len()
            && self.intercept == -other.intercept
            && pairs.all(|((a, one), (b, two))| a == b && *one == -*two)
    }

    /// The core's linear model of `width` features; `categories` is how many categories a feature
    /// has that is one.
    pub(super) fn model(
        &self,
        width: usize,
        categories: &BTreeMap<usize, usize>,
    ) -> Result<Predictor> {
        let mut numbers: Vec<Option<Encoding>> = vec![None; width];
        let mut weights: Vec<Vec<f64>> =
            (0..width).map(|at| vec![0.0; categories.get(&at).copied().unwrap_or(1)]).collect();
        let mut intercept = self.intercept;
        for (column, weight) in &self.terms {
            let feature = column.feature;
            if let Some(category) = column.category {
                weights[feature][category] += weight;
                continue;
            }
            if categories.contains_key(&feature) {
                return Err(unsupported("it reads a feature as a category and as a number"));
            }
            let line = column.line();
            let (mean, scale) = match &numbers[feature] {
                Some(Encoding::Number { mean, scale, .. }) => (*mean, *scale),
                _ => (line.missing.unwrap_or(line.center), line.scale),
            };
            if line.missing.is_some_and(|missing| missing != mean) {
                return Err(unsupported("it puts two values in the place of a missing one"));
            }
            numbers[feature] = Some(Encoding::Number { mean, scale, indicator: false });
            weights[feature][0] += weight * line.slope * scale;
            intercept += weight * (line.slope * mean + line.shift);
        }
        let encoding = |(at, number): (usize, Option<Encoding>)| match categories.get(&at) {
            Some(&count) => Encoding::Category {
                values: u32::try_from(count).unwrap_or(u32::MAX),
                indicator: false,
            },
            None => number.unwrap_or(Encoding::Number { mean: 0.0, scale: 1.0, indicator: false }),
        };
        let encodings = numbers.into_iter().enumerate().map(encoding).collect();
        let weights = weights.into_iter().flatten().collect();
        Ok(Predictor::Linear(Linear { encodings, weights, intercept }))
    }
}
