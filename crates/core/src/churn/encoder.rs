//! Categories as numbers, for forms that are to see numbers alone.
//!
//! An encoder stands between an input and the form: it turns the index of a name into one column
//! or several. What it needs for that was learned from the training rows and is stored with the
//! model. A row's category is a name of the dictionary, *missing* (NaN), or *unseen*, a name that
//! the dictionary does not have (any other number).
//!
//! | encoder | a name | missing | unseen |
//! |---|---|---|---|
//! | native | its index; the form knows the category | as the form says | as missing |
//! | one-hot | 1 in its own column, 0 in the others | 1 in a column of its own where training rows lacked it, else 0 in all | 0 in all |
//! | ordinal | its index in the dictionary, as a number | missing | missing |
//! | frequency | the share of training rows that have it | the share of those that lack it | 0 |
//! | target | the mean of the label, smoothed | the same of the rows that lack it | the mean label of all rows |
//!
//! The smoothed mean of `n` rows is `λ · mean + (1 − λ) · prior`, with `λ = 1 / (1 + exp(−(n − 20) / 10))`
//! and the mean label of all rows as the prior (Micci-Barreca 2001); with no row it is the prior.
//! How training keeps a row's own label out of its column stands in `stayput-models`.

use serde::{Deserialize, Serialize};

use super::model::InputKind;
use crate::error::{Error, ErrorCode, Result};
use crate::math;

/// The number of rows at which a category's own mean and the prior count the same.
const HALF: f64 = 20.0;
/// How slowly the one takes over from the other, in rows.
const SLOWNESS: f64 = 10.0;

/// How an input becomes columns of the form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Encoder {
    /// As it is.
    Native,
    /// One column a name.
    OneHot {
        /// Whether a further column says that the category is missing.
        indicator: bool,
    },
    /// The index of the name, as a number.
    Ordinal {
        /// How many names the dictionary has.
        values: u32,
    },
    /// How common the name was.
    Frequency(NumberOfName),
    /// How often rows of the name had label 1.
    Target(NumberOfName),
}

/// A number for each name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberOfName {
    /// One number a name of the dictionary.
    pub names: Vec<f64>,
    /// Where the category is missing.
    pub missing: f64,
    /// Where it is none of the dictionary.
    pub unseen: f64,
}

impl NumberOfName {
    fn of(&self, value: f64) -> f64 {
        if value.is_nan() {
            return self.missing;
        }
        index(value, self.names.len()).map_or(self.unseen, |at| self.names[at])
    }
}

/// The mean label of `count` rows of which `positives` have label 1, drawn to the `prior`.
#[must_use]
pub fn smoothed_mean(count: f64, positives: f64, prior: f64) -> f64 {
    if count == 0.0 {
        return prior;
    }
    let own = math::sigmoid((count - HALF) / SLOWNESS);
    own * (positives / count) + (1.0 - own) * prior
}

/// The name that a value stands for, if it is one of `count`.
fn index(value: f64, count: usize) -> Option<usize> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and a number too large is past the end"
    )]
    (value >= 0.0).then_some(value as usize).filter(|at| *at < count)
}

impl Encoder {
    /// What the columns are that it makes of an input.
    #[must_use]
    pub fn kinds(&self, kind: &InputKind) -> Vec<InputKind> {
        match self {
            Self::Native => vec![kind.clone()],
            Self::OneHot { .. } => vec![InputKind::Bool; self.columns(kind)],
            _ => vec![InputKind::Number],
        }
    }

    /// The number of columns that it makes of an input.
    #[must_use]
    pub fn columns(&self, kind: &InputKind) -> usize {
        match (self, kind) {
            (Self::OneHot { indicator }, InputKind::Category { values }) => {
                values.len() + usize::from(*indicator)
            }
            _ => 1,
        }
    }

    /// Writes the columns for `value`, of which there are as many as [`Self::columns`] says.
    pub fn encode(&self, value: f64, columns: &mut [f64]) {
        let number = match self {
            Self::Native => value,
            Self::OneHot { indicator } => {
                columns.fill(0.0);
                let names = columns.len() - usize::from(*indicator);
                if let Some(at) = index(value, names) {
                    columns[at] = 1.0;
                } else if *indicator && value.is_nan() {
                    columns[names] = 1.0;
                }
                return;
            }
            Self::Ordinal { values } => {
                let known = value >= 0.0 && value < f64::from(*values);
                if known { value } else { f64::NAN }
            }
            Self::Frequency(numbers) | Self::Target(numbers) => numbers.of(value),
        };
        columns.fill(number);
    }

    pub(super) fn check(&self, name: &str, kind: &InputKind) -> Result<()> {
        let refuse =
            |message: &str| Err(Error::new(ErrorCode::ModelShape, "model", message).at_path(name));
        let numbers = match self {
            Self::Native => return Ok(()),
            Self::OneHot { .. } | Self::Ordinal { .. } => None,
            Self::Frequency(numbers) | Self::Target(numbers) => Some(numbers),
        };
        let InputKind::Category { values } = kind else {
            return refuse("has an encoder, and is no category");
        };
        let names = match self {
            Self::Ordinal { values } => *values as usize,
            _ => numbers.map_or(values.len(), |numbers| numbers.names.len()),
        };
        if names != values.len() {
            return refuse("has an encoder of another number of names");
        }
        let Some(numbers) = numbers else { return Ok(()) };
        let mut all = numbers.names.iter().chain([&numbers.missing, &numbers.unseen]);
        if all.any(|share| !(0.0..=1.0).contains(share)) {
            return refuse("has an encoder with a number that is no share");
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these numbers are exact")]
mod tests {
    use super::*;

    fn three() -> InputKind {
        InputKind::Category { values: ["a", "b", "c"].map(str::to_owned).to_vec() }
    }

    fn encoded(encoder: &Encoder, value: f64) -> Vec<f64> {
        let mut columns = vec![9.0; encoder.kinds(&three()).len()];
        encoder.encode(value, &mut columns);
        columns
    }

    #[test]
    fn a_name_what_is_missing_and_what_is_unseen_are_told_apart() {
        let numbers = NumberOfName { names: vec![0.5, 0.25, 0.125], missing: 0.0625, unseen: 1.0 };
        let one_hot = Encoder::OneHot { indicator: true };
        for (value, columns) in [
            (1.0, [0.0, 1.0, 0.0, 0.0]),
            (f64::NAN, [0.0, 0.0, 0.0, 1.0]),
            (3.0, [0.0; 4]),
            (-1.0, [0.0; 4]),
        ] {
            assert_eq!(encoded(&one_hot, value), columns);
        }
        assert_eq!(encoded(&Encoder::OneHot { indicator: false }, f64::NAN), [0.0; 3]);
        for encoder in [Encoder::Frequency(numbers.clone()), Encoder::Target(numbers)] {
            let all = [0.0, 2.0, f64::NAN, 3.0, -1.0, f64::INFINITY];
            assert_eq!(
                all.map(|value| encoded(&encoder, value)[0]),
                [0.5, 0.125, 0.0625, 1.0, 1.0, 1.0]
            );
        }
        let ordinal = Encoder::Ordinal { values: 3 };
        assert_eq!(encoded(&ordinal, 2.0), [2.0]);
        assert!([f64::NAN, 3.0, -1.0].iter().all(|value| encoded(&ordinal, *value)[0].is_nan()));
    }

    #[test]
    fn few_rows_are_drawn_to_the_prior() {
        assert_eq!(smoothed_mean(0.0, 0.0, 0.3), 0.3);
        assert_eq!(smoothed_mean(20.0, 20.0, 0.5), 0.75);
        // From Python: s = 1 / (1 + math.exp(-(50 - 20) / 10)); s * 0.8 + (1 - s) * 0.2
        assert!((smoothed_mean(50.0, 40.0, 0.2) - 0.771_544_476_093_460_1).abs() < 1e-15);
    }
}
