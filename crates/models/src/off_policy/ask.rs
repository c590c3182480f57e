//! Off-policy evaluation as hosts ask for it: columns and options as JSON in, the answer as JSON out.

use ndarray::ArrayView2;
use stayput_core::wire::{self, Options};
use stayput_core::{Error, Result};

use super::{OffPolicyParams, OffPolicyRows, Spread};

/// Decisions as a host has them: columns of numbers, and matrices row by row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    /// The action chosen in each row, a whole number from 0.
    pub actions: Vec<f64>,
    /// The chance that it was chosen with.
    pub propensities: Vec<f64>,
    /// What it brought.
    pub rewards: Vec<f64>,
    /// The chances of the target policy.
    pub target: Matrix,
    /// The rewards that a model expects.
    pub predictions: Option<Matrix>,
}

/// A matrix row by row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matrix {
    /// How many rows.
    pub rows: usize,
    /// The numbers, one row after the other.
    pub values: Vec<f64>,
}

impl Matrix {
    /// The matrix of rows of one length; `name` is what an error calls it.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::Argument`] when a row has another length than the first.
    pub fn of_rows(name: &str, rows: &[Vec<f64>]) -> Result<Self> {
        let width = rows.first().map_or(0, Vec::len);
        if let Some(at) = rows.iter().position(|row| row.len() != width) {
            let message = format!("row {at} has {} numbers; the first has {width}", rows[at].len());
            return Err(Error::argument(name, message));
        }
        Ok(Self { rows: rows.len(), values: rows.concat() })
    }

    fn view(&self, name: &str) -> Result<ArrayView2<'_, f64>> {
        let width = self.values.len().checked_div(self.rows).unwrap_or(0);
        ArrayView2::from_shape((self.rows, width), &self.values).map_err(|_| {
            let (numbers, rows) = (self.values.len(), self.rows);
            Error::argument(
                name,
                format!("has {numbers} numbers, not so many in each of {rows} rows"),
            )
        })
    }
}

/// What another policy would have brought. Options: `clip`, `switchThreshold`, `level`, `interval`
/// (`normal` or `bootstrap`), `resamples`, `seed`.
///
/// # Errors
/// As [`super::off_policy`].
pub fn off_policy(columns: &Columns, options: &str) -> Result<String> {
    let keys = ["clip", "switchThreshold", "level", "interval", "resamples", "seed"];
    let options = Options::read(options, &keys)?;
    let usual = OffPolicyParams::default();
    let params = OffPolicyParams {
        clip: options.number("clip")?,
        switch_threshold: options.number("switchThreshold")?,
        level: options.number("level")?.unwrap_or(usual.level),
        spread: match options.text("interval")?.unwrap_or("normal") {
            "normal" => Spread::Normal,
            "bootstrap" => Spread::Bootstrap,
            other => {
                let message = format!("found `{other}`; expected `normal` or `bootstrap`");
                return Err(Error::argument("interval", message));
            }
        },
        resamples: options.count("resamples")?.unwrap_or(usual.resamples),
        seed: options.count("seed")?.unwrap_or(0) as u64,
    };
    let n = columns.actions.len();
    let mut actions = Vec::with_capacity(n);
    for (at, &action) in columns.actions.iter().enumerate() {
        if !((0.0..1e9).contains(&action) && action.fract() == 0.0) {
            let message = format!("row {at} is {action}; expected a whole number from 0");
            return Err(Error::argument("actions", message));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
        actions.push(action as usize);
    }
    let rows = OffPolicyRows {
        actions: &actions,
        propensities: &columns.propensities,
        rewards: &columns.rewards,
        target: columns.target.view("target")?,
        predictions: match &columns.predictions {
            Some(predictions) => Some(predictions.view("predictions")?),
            None => None,
        },
    };
    wire::to_json(&super::off_policy(&rows, &params)?)
}
