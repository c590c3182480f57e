//! Sorted values, and what follows from their order.

use crate::event::word;
use crate::time::Span;

/// The values of a column in some rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    /// How many rows, with a value or without.
    pub(crate) rows: usize,
    /// The words of those with a value, sorted.
    pub(crate) sorted: Vec<i64>,
}

impl Values {
    pub(crate) fn of(mut words: Vec<i64>) -> Self {
        let rows = words.len();
        words.sort_unstable();
        let present = words.partition_point(|known| *known == word::MISSING);
        words.drain(..present);
        Self { rows, sorted: words }
    }

    /// Each different word, in order, and how many rows have it.
    pub(crate) fn runs(&self) -> Vec<(i64, usize)> {
        self.sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect()
    }

    /// The words as numbers, in order.
    pub(crate) fn numbers(&self) -> Vec<f64> {
        self.sorted.iter().map(|word| word::number(*word)).collect()
    }

    /// Whether every row has a value.
    pub(crate) fn complete(&self) -> bool {
        self.sorted.len() == self.rows
    }
}

/// The value below which a share `p` of sorted numbers lies; NaN of none.
pub(crate) fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = count(last) * p;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most `last`")]
    let below = (place as usize).min(last);
    let (a, b) = (sorted[below], sorted[(below + 1).min(last)]);
    let part = place - count(below);
    // Halves, so that the distance of far numbers does not overflow.
    if part == 0.0 { a } else { a * (1.0 - part) + b * part }
}

/// A count as a number.
#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
pub(crate) fn count(n: usize) -> f64 {
    n as f64
}

/// The same of a count among words.
#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
pub(super) fn count_of(n: i64) -> f64 {
    n as f64
}

/// A length of time in microseconds as days.
pub(super) fn days(micros: i64) -> f64 {
    Span::micros(micros).as_days()
}

/// `part` of `whole`, from 0 to 1; 0 of nothing.
pub(crate) fn share(part: usize, whole: usize) -> f64 {
    count(part) / count(whole.max(1))
}

/// How many of sorted words equal the one before.
pub(super) fn repeated(sorted: &[i64]) -> usize {
    sorted.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_lies_between_the_values_around_it() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        for (p, expected) in [(0.0, 1.0), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0)] {
            assert!((quantile(&sorted, p) - expected).abs() < 1e-12, "{p}");
        }
        assert!(quantile(&[], 0.5).is_nan());
        assert!(quantile(&[f64::MIN, f64::MAX], 0.25).is_finite());
    }

    #[test]
    fn what_is_missing_is_no_value() {
        let values = Values::of(vec![3, word::MISSING, 1, 3]);
        assert_eq!((values.rows, values.runs()), (4, vec![(1, 1), (3, 2)]));
        assert!(!values.complete());
    }
}
