//! Accumulated local effects (Apley and Zhu 2020): how the answer moves as an input does, among
//! the rows that are near, so that no row is asked about that could not be.
//!
//! A number: bins between quantiles of the rows; the rows of a bin are moved to its ends, the mean
//! difference is the step from one end to the other, and steps are added up. A category: the same in
//! the order of the dictionary, where the rows of two neighbours are each taken to be of the other.
//! The whole is moved so that its mean over the rows is 0. Rows without a value stand aside.

use ndarray::{ArrayView2, Axis};
use stayput_core::Result;
use stayput_core::churn::{InputKind, Model};

/// The effect at each of several values of an input.
#[derive(Debug, Clone, PartialEq)]
pub struct AccumulatedEffects {
    /// The values: ends of bins, or the indices of categories that rows have.
    pub values: Vec<f64>,
    /// What the value adds to the probability, beside the mean of the rows.
    pub effects: Vec<f64>,
    /// How many rows lie in the bin that ends at the value (0 for the first), or have the category.
    pub counts: Vec<usize>,
}

/// The accumulated local effects of a feature on the probability, in at most `bins` bins, or 50.
///
/// # Errors
/// [`stayput_core::ErrorCode::Argument`] when the model has no such feature, no row has a value of
/// it, or there cannot be so many bins; [`stayput_core::ErrorCode::ModelShape`] when the width is not
/// the model's.
#[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice is")]
pub fn accumulated_effects(
    model: &Model,
    rows: ArrayView2<'_, f64>,
    feature: &str,
    bins: Option<usize>,
) -> Result<AccumulatedEffects> {
    let input = super::input(model, feature)?;
    let bins = bins.unwrap_or(super::POINTS);
    super::check_points(bins + 1)?;
    model.predict(rows)?;
    let sorted = super::values(model, &rows, input)?;
    match model.inputs()[input].kind {
        InputKind::Number => numbers(model, &rows, input, &super::levels(&sorted, bins + 1)),
        InputKind::Bool | InputKind::Category { .. } => {
            names(model, &rows, input, &super::levels(&sorted, usize::MAX))
        }
    }
}

/// The differences of what the model says of these rows at two values.
fn differences(
    model: &Model,
    rows: &ArrayView2<'_, f64>,
    which: &[usize],
    input: usize,
    (low, high): (f64, f64),
) -> Result<Vec<f64>> {
    let mut changed = rows.select(Axis(0), which);
    let at_low = super::with_value(model, &mut changed, input, low)?;
    let at_high = super::with_value(model, &mut changed, input, high)?;
    Ok(at_high.iter().zip(at_low).map(|(high, low)| high - low).collect())
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
fn numbers(
    model: &Model,
    rows: &ArrayView2<'_, f64>,
    input: usize,
    ends: &[f64],
) -> Result<AccumulatedEffects> {
    // The first bin has its lower end too.
    let mut within = vec![Vec::new(); ends.len()];
    for (row, &value) in rows.column(input).iter().enumerate() {
        if !value.is_nan() {
            let bin = ends.partition_point(|&end| end < value).max(1);
            within[bin.min(ends.len() - 1)].push(row);
        }
    }
    let (mut effects, mut sum) = (vec![0.0], 0.0);
    let (mut centre, mut count) = (0.0, 0.0);
    for (bin, which) in within.iter().enumerate().skip(1) {
        let before = sum;
        if !which.is_empty() {
            let ends = (ends[bin - 1], ends[bin]);
            sum += super::mean(&differences(model, rows, which, input, ends)?);
        }
        centre += which.len() as f64 * (before + sum) / 2.0;
        count += which.len() as f64;
        effects.push(sum);
    }
    let centre = if count > 0.0 { centre / count } else { 0.0 };
    for effect in &mut effects {
        *effect -= centre;
    }
    let counts = within.iter().enumerate();
    let counts = counts.map(|(bin, which)| if bin == 0 { 0 } else { which.len() }).collect();
    Ok(AccumulatedEffects { values: ends.to_vec(), effects, counts })
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
fn names(
    model: &Model,
    rows: &ArrayView2<'_, f64>,
    input: usize,
    codes: &[f64],
) -> Result<AccumulatedEffects> {
    let column = rows.column(input);
    let of = |code: f64| -> Vec<usize> {
        column.iter().enumerate().filter(|(_, value)| **value == code).map(|(row, _)| row).collect()
    };
    let (mut effects, mut sum) = (vec![0.0], 0.0);
    let mut counts = vec![of(codes[0]).len()];
    for pair in codes.windows(2) {
        let mut both = of(pair[0]);
        let next = of(pair[1]);
        counts.push(next.len());
        both.extend(next);
        sum += super::mean(&differences(model, rows, &both, input, (pair[0], pair[1]))?);
        effects.push(sum);
    }
    let total: usize = counts.iter().sum();
    let weighted = effects.iter().zip(&counts).map(|(effect, &count)| effect * count as f64);
    let centre = weighted.sum::<f64>() / total as f64;
    for effect in &mut effects {
        *effect -= centre;
    }
    Ok(AccumulatedEffects { values: codes.to_vec(), effects, counts })
}
