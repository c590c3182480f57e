//! Partial dependence: the mean answer when one input has the same value in all rows (Friedman
//! 2001).

use ndarray::ArrayView2;
use stayput_core::churn::Model;
use stayput_core::{Error, Result};

/// The mean answer at each of several values of an input.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependence {
    /// The values: numbers, 0 and 1, or indices of categories.
    pub values: Vec<f64>,
    /// The mean probability when all rows have the value.
    pub means: Vec<f64>,
}

/// The partial dependence of the probability on a feature, at the different values of the rows: at
/// most `points` of them, or 50, at equal distances of rank.
///
/// # Errors
/// [`stayput_core::ErrorCode::Argument`] when the model has no such feature, no row has a value of
/// it, or there are no rows; [`stayput_core::ErrorCode::ModelShape`] when the width is not the
/// model's.
#[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice is")]
pub fn partial_dependence(
    model: &Model,
    rows: ArrayView2<'_, f64>,
    feature: &str,
    points: Option<usize>,
) -> Result<Dependence> {
    let input = super::input(model, feature)?;
    model.predict(rows)?;
    if rows.nrows() == 0 {
        return Err(Error::argument("rows", "are none"));
    }
    let points = points.unwrap_or(super::POINTS);
    super::check_points(points)?;
    let values = super::levels(&super::values(model, &rows, input)?, points);
    let mut changed = rows.to_owned();
    let means = values
        .iter()
        .map(|&value| Ok(super::mean(&super::with_value(model, &mut changed, input, value)?)));
    Ok(Dependence { means: means.collect::<Result<_>>()?, values })
}
