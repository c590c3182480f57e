//! Logistic regression on an encoded row.
//!
//! Each input becomes one or more columns, in the order of the inputs:
//!
//! - a number or boolean: `(value − mean) / scale`, held within ±10¹²; a missing one is 0, which
//!   stands for the mean, and sets an indicator column of its own where the training rows had
//!   missing values;
//! - a category: one column a name of the dictionary, 1 for the row's name and 0 for the others; a
//!   missing one is 0 in all of them, and sets an indicator column in the same way.
//!
//! The margin is `Σ weight · column + intercept`. The sum runs in eight lanes, column `i` in lane
//! `i mod 8`, over the columns that fill whole groups of eight; then come the lanes, as
//! `(0 + 4) + (1 + 5) + (2 + 6) + (3 + 7)`; then the columns left over; then the intercept. It is
//! the order of `ndarray`'s dot product, so that the margin has the bits of the trainer's own.

use serde::{Deserialize, Serialize};

use super::model::InputKind;
use crate::error::{Error, ErrorCode, Result};
use crate::math;

/// The greatest size of a standardised number, so that no row makes the sum overflow.
const FAR: f64 = 1e12;

/// The greatest size of a weight or intercept, for the same reason.
const HEAVY: f64 = 1e150;

/// How one input becomes columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// A number or boolean, standardised.
    Number {
        /// What is taken off, in the input's own unit; what a missing value stands for.
        mean: f64,
        /// What is divided by, in the input's own unit; positive.
        scale: f64,
        /// Whether a further column says that the value is missing.
        indicator: bool,
    },
    /// A category, one column a name.
    Category {
        /// How many names the dictionary has.
        values: u32,
        /// Whether a further column says that the value is missing.
        indicator: bool,
    },
}

impl Encoding {
    pub(super) fn columns(&self) -> usize {
        match self {
            Self::Number { indicator, .. } => 1 + usize::from(*indicator),
            Self::Category { values, indicator } => *values as usize + usize::from(*indicator),
        }
    }

    /// The columns that are not 0 for `value`, counted from this input's first.
    fn encode(&self, value: f64, mut put: impl FnMut(usize, f64)) {
        match self {
            Self::Number { mean, scale, indicator } => {
                if !value.is_nan() {
                    put(0, ((value - mean) / scale).clamp(-FAR, FAR));
                } else if *indicator {
                    put(1, 1.0);
                }
            }
            Self::Category { values, indicator } => {
                if value >= 0.0 && value < f64::from(*values) {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "within 0 and `values`"
                    )]
                    put(value as usize, 1.0);
                } else if *indicator {
                    put(*values as usize, 1.0);
                }
            }
        }
    }
}

/// A logistic regression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    /// How each input becomes columns.
    pub encodings: Vec<Encoding>,
    /// One weight a column.
    pub weights: Vec<f64>,
    /// Added last, in log-odds.
    pub intercept: f64,
}

impl Linear {
    /// The number of columns that the encodings make of a row.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.encodings.iter().fold(0, |sum, encoding| sum.saturating_add(encoding.columns()))
    }

    /// Writes the columns of `row` into `columns`, which is as long as [`Self::columns`] says.
    /// Inputs that the row does not have are left at 0.
    pub fn encode(&self, row: &[f64], columns: &mut [f64]) {
        columns.fill(0.0);
        self.each(row, |at, x| {
            if let Some(column) = columns.get_mut(at) {
                *column = x;
            }
        });
    }

    fn each(&self, row: &[f64], mut put: impl FnMut(usize, f64)) {
        let mut first = 0;
        for (encoding, &value) in self.encodings.iter().zip(row) {
            encoding.encode(value, |at, x| put(first + at, x));
            first += encoding.columns();
        }
    }

    /// Writes what each input adds to the margin of `row` into `into`, one number an input.
    pub fn contributions(&self, row: &[f64], into: &mut [f64]) {
        let mut first = 0;
        for ((encoding, &value), into) in self.encodings.iter().zip(row).zip(into) {
            *into = 0.0;
            encoding.encode(value, |at, x| {
                *into += x * self.weights.get(first + at).copied().unwrap_or_default();
            });
            first += encoding.columns();
        }
    }

    pub(super) fn margin(&self, row: &[f64]) -> f64 {
        let whole = self.weights.len() / 8 * 8;
        let mut lanes = [0.0; 8];
        // Columns come in order: those of the lanes first, then those left over.
        let mut rest = None;
        self.each(row, |at, x| {
            let product = x * self.weights[at];
            if at < whole {
                lanes[at % 8] += product;
            } else {
                rest = Some(rest.unwrap_or_else(|| fold(&lanes)) + product);
            }
        });
        rest.unwrap_or_else(|| fold(&lanes)) + self.intercept
    }

    pub(super) fn probability(margin: f64) -> f64 {
        math::sigmoid(margin)
    }

    pub(super) fn check(&self, kinds: &[&InputKind]) -> Result<()> {
        let refuse =
            |message: String| Error::new(ErrorCode::ModelShape, "model", message).at_path("linear");
        if self.encodings.len() != kinds.len() {
            return Err(refuse(format!(
                "has {} encodings for {} inputs",
                self.encodings.len(),
                kinds.len()
            )));
        }
        for (at, (encoding, kind)) in self.encodings.iter().zip(kinds).enumerate() {
            let fits = match (encoding, kind) {
                (Encoding::Number { mean, scale, .. }, InputKind::Number | InputKind::Bool) => {
                    mean.is_finite() && scale.is_finite() && *scale > 0.0
                }
                (Encoding::Category { values, .. }, InputKind::Category { values: names }) => {
                    *values as usize == names.len()
                }
                _ => false,
            };
            if !fits {
                return Err(refuse(format!("the encoding of input {at} does not fit its kind")));
            }
        }
        if self.columns() != self.weights.len() {
            return Err(refuse(format!(
                "has {} weights for {} columns",
                self.weights.len(),
                self.columns()
            )));
        }
        let mut numbers = self.weights.iter().chain([&self.intercept]);
        if numbers.any(|number| !number.is_finite() || number.abs() > HEAVY) {
            return Err(refuse(format!("has a weight that is not within ±{HEAVY:e}")));
        }
        Ok(())
    }
}

fn fold(lanes: &[f64; 8]) -> f64 {
    (0..4).fold(0.0, |sum, lane| sum + (lanes[lane] + lanes[lane + 4]))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these numbers are exact")]
mod tests {
    use super::*;

    fn two_inputs() -> Linear {
        Linear {
            encodings: vec![
                Encoding::Number { mean: 10.0, scale: 2.0, indicator: true },
                Encoding::Category { values: 3, indicator: false },
            ],
            weights: vec![0.5, -1.0, 0.1, 0.2, 0.3],
            intercept: 0.25,
        }
    }

    #[test]
    fn a_row_becomes_standardised_and_one_hot_columns() {
        let linear = two_inputs();
        let mut columns = [9.0; 5];
        linear.encode(&[13.0, 2.0], &mut columns);
        assert_eq!(columns, [1.5, 0.0, 0.0, 0.0, 1.0]);
        linear.encode(&[f64::NAN, f64::NAN], &mut columns);
        assert_eq!(columns, [0.0, 1.0, 0.0, 0.0, 0.0]);
        linear.encode(&[10.0, -1.0], &mut columns);
        assert_eq!(columns, [0.0; 5]);
    }

    #[test]
    fn the_margin_is_the_weighted_sum() {
        let linear = two_inputs();
        assert_eq!(linear.margin(&[13.0, 2.0]), 1.5 * 0.5 + 0.3 + 0.25);
        assert_eq!(linear.margin(&[f64::NAN, 0.0]), -1.0 + 0.1 + 0.25);
        let mut added = [f64::NAN; 2];
        linear.contributions(&[13.0, 1.0], &mut added);
        assert_eq!(added, [0.75, 0.2]);
    }

    #[test]
    fn no_row_makes_the_margin_something_else_than_a_number() {
        let mut linear = two_inputs();
        linear.weights = vec![HEAVY; 5];
        linear.encodings[0] = Encoding::Number { mean: -1.0, scale: 1e-300, indicator: true };
        for value in [f64::MAX, f64::MIN, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert!(linear.margin(&[value, value]).is_finite());
        }
    }
}
