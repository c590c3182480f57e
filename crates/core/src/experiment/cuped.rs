//! CUPED: what was known before the experiment takes variance away (Deng, Xu, Kohavi and Walker 2013).
//!
//! With a covariate `x` of before the assignment, such as the same metric a month earlier, every `y`
//! becomes `y − θ(x − x̄)`, where `x̄` is the mean over all arms and
//! `θ = Σ(y − ȳₐ)(x − x̄ₐ) / Σ(x − x̄ₐ)²` with the means of each arm. The difference of the adjusted means
//! is then the coefficient of the arm in a regression of `y` on arms and `x`, and the variance within
//! arms shrinks by the `R²` of `y` on `x` there. A covariate that the treatment can change makes the
//! answer wrong.

use serde::Serialize;

use super::sample::{Summary, moments};
use crate::error::{Error, Result};

/// What the covariate did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Cuped {
    /// What one unit of the covariate is worth in the metric.
    pub theta: f64,
    /// The share of the variance within arms that went away, 0 to 1: the squared correlation there.
    pub variance_reduction: f64,
}

/// An arm's name, its values, and what was known before, row by row.
pub(super) type Paired<'a> = (&'a str, &'a [f64], &'a [f64]);

/// The arms with their values adjusted.
pub(super) fn adjust(arms: &[Paired<'_>]) -> Result<(Vec<Summary>, Cuped)> {
    let (mut products, mut squares, mut total) = (0.0, 0.0, 0.0);
    let (mut sum, mut rows) = (0.0, 0.0);
    let mut means = Vec::with_capacity(arms.len());
    for &(name, y, x) in arms {
        let wrong = |message| Error::argument(&format!("covariate.{name}"), message);
        if x.len() != y.len() {
            return Err(wrong(format!("has {} values for {} customers", x.len(), y.len())));
        }
        if let Some(at) = x.iter().position(|x| !x.is_finite()) {
            return Err(wrong(format!("value {at} is not a finite number")));
        }
        let (of_y, of_x) = (moments(y), moments(x));
        for (y, x) in y.iter().zip(x) {
            let (y, x) = (y - of_y.mean, x - of_x.mean);
            products += y * x;
            squares += x * x;
            total += y * y;
        }
        sum += of_x.mean * of_x.n;
        rows += of_x.n;
        means.push((of_y.mean, of_x.mean));
    }
    if squares <= 0.0 {
        let message = "is the same for all customers of an arm; it can tell nothing";
        return Err(Error::argument("covariate", message));
    }
    let theta = products / squares;
    let grand = sum / rows;
    let adjusted = arms.iter().zip(means).map(|(&(_, y, x), (mean_y, mean_x))| {
        let residuals: Vec<f64> =
            y.iter().zip(x).map(|(y, x)| (y - mean_y) - theta * (x - mean_x)).collect();
        let found = moments(&residuals);
        Summary { mean: mean_y - theta * (mean_x - grand), ..found }
    });
    let reduction = if total > 0.0 { (products * theta / total).min(1.0) } else { 0.0 };
    Ok((adjusted.collect(), Cuped { theta, variance_reduction: reduction }))
}
