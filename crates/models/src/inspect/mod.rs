//! What a model makes of its inputs over many rows: importance, and the answer as one input moves.
//!
//! Rows are as for [`Model::predict`]. Everything is a function of them, and of a seed where rows
//! are shuffled.

mod accumulated;
mod dependence;
mod importance;
mod permutation;
#[cfg(test)]
mod tests;

use ndarray::{Array2, ArrayView2};
use stayput_core::churn::{InputKind, Model};
use stayput_core::{Error, Result, did_you_mean};

pub use accumulated::{AccumulatedEffects, accumulated_effects};
pub use dependence::{Dependence, partial_dependence};
pub use importance::{cover_importance, mean_contributions};
pub use permutation::{Permuted, permutation_importance};

/// How many points or bins there are where nobody says.
const POINTS: usize = 50;

/// The input of a name.
fn input(model: &Model, name: &str) -> Result<usize> {
    let names = || model.inputs().iter().map(|input| input.name.as_str());
    names().position(|known| known == name).ok_or_else(|| {
        let near = did_you_mean(name, names());
        Error::argument("feature", format!("`{name}` is not a feature of the model{near}"))
    })
}

/// The values of an input that are there, rising; of a category those that the model knows.
fn values(model: &Model, rows: &ArrayView2<'_, f64>, input: usize) -> Result<Vec<f64>> {
    let known = match &model.inputs()[input].kind {
        InputKind::Category { values } => values.len(),
        InputKind::Number | InputKind::Bool => usize::MAX,
    };
    #[expect(clippy::cast_precision_loss, reason = "no dictionary has 2^53 names")]
    let there = |value: &f64| !value.is_nan() && (known == usize::MAX || *value < known as f64);
    let mut values: Vec<f64> = rows.column(input).iter().copied().filter(there).collect();
    if values.is_empty() {
        let name = &model.inputs()[input].name;
        return Err(Error::argument("feature", format!("no row has a value of `{name}`")));
    }
    values.sort_unstable_by(f64::total_cmp);
    Ok(values)
}

/// At most `points` values of sorted ones, each there, at equal distances of rank; all different
/// ones where they are no more.
fn levels(sorted: &[f64], points: usize) -> Vec<f64> {
    let mut different = sorted.to_vec();
    different.dedup();
    if different.len() <= points {
        return different;
    }
    let mut levels: Vec<f64> =
        (0..points).map(|at| sorted[at * (sorted.len() - 1) / (points - 1).max(1)]).collect();
    levels.dedup();
    levels
}

fn check_points(points: usize) -> Result<()> {
    if (2..=10_000).contains(&points) {
        return Ok(());
    }
    Err(Error::argument("points", format!("is {points}; expected 2 to 10000")))
}

/// The rows with one value in place of an input's own, and what the model says of each.
fn with_value(model: &Model, rows: &mut Array2<f64>, input: usize, value: f64) -> Result<Vec<f64>> {
    rows.column_mut(input).fill(value);
    model.predict(rows.view())
}

#[expect(clippy::cast_precision_loss, reason = "a count of rows")]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
