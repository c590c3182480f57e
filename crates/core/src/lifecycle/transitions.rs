//! How many customers were in each stage, and how many went from one to another.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::time::Timestamp;

/// How customers moved between stages, summed over the steps between consecutive instants.
///
/// In the rows of the matrices is the stage at the beginning of a step, in the columns that at its
/// end, both in the order of `stages`. A customer who is not known yet, or in no stage, is outside.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Transitions {
    /// The instants between which steps are counted.
    pub as_of: Vec<Timestamp>,
    /// The stages, in the playbook's order.
    pub stages: Vec<String>,
    /// The steps of customers from the stage of a row to that of a column.
    pub counts: Vec<Vec<u32>>,
    /// The share of `counts` in all steps from the stage of the row; null where there is none. With
    /// the row's share in `left_probabilities` a row sums to 1.
    pub probabilities: Vec<Vec<Option<f64>>>,
    /// For each stage, the steps of customers who came into it from outside.
    pub entered: Vec<u32>,
    /// For each stage, the steps of customers who were in it and then outside.
    pub left: Vec<u32>,
    /// The share of `left` in all steps from a stage; null where there is none.
    pub left_probabilities: Vec<Option<f64>>,
}

/// How many customers were where at each instant.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "SegmentCounts"))]
pub struct Counts {
    /// The instants.
    pub as_of: Vec<Timestamp>,
    /// At each instant, the customers who were known.
    pub customers: Vec<u32>,
    /// The stages of the lifecycle.
    pub stages: Vec<Named>,
    /// The segments.
    pub segments: Vec<Named>,
    /// The health bands, by the score alone: hysteresis goes on from decisions, and these are none.
    pub bands: Vec<Named>,
}

/// The customers of one stage, segment or band at each instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "NamedCounts"))]
pub struct Named {
    /// The stage, segment or band.
    pub name: String,
    /// One count an instant.
    pub counts: Vec<u32>,
}

impl Named {
    /// Nobody, at each of so many instants.
    #[must_use]
    pub fn none(name: &str, instants: usize) -> Self {
        Self { name: name.to_owned(), counts: vec![0; instants] }
    }
}

/// The most looks at a customer that one question may need.
#[derive(Debug, Clone, Copy)]
pub struct Looks;

impl Looks {
    /// A hundred million: some minutes of work.
    pub const MOST: usize = 100_000_000;

    /// Refuses a question about more than that.
    ///
    /// # Errors
    /// `argument`, of `every`.
    pub fn check(customers: usize, instants: usize) -> Result<()> {
        if customers.saturating_mul(instants) <= Self::MOST {
            return Ok(());
        }
        let message = format!(
            "{customers} customers at {instants} instants are more than {} looks; ask about fewer instants",
            Self::MOST
        );
        Err(Error::argument("every", message))
    }
}

impl Transitions {
    /// No step yet.
    #[must_use]
    pub fn new(as_of: Vec<Timestamp>, stages: Vec<String>) -> Self {
        let count = stages.len();
        Self {
            as_of,
            stages,
            counts: vec![vec![0; count]; count],
            probabilities: Vec::new(),
            entered: vec![0; count],
            left: vec![0; count],
            left_probabilities: Vec::new(),
        }
    }

    /// Counts a step of one customer between stages, by index; `None` is outside.
    pub fn count(&mut self, from: Option<usize>, to: Option<usize>) {
        match (from, to) {
            (Some(from), Some(to)) => self.counts[from][to] += 1,
            (None, Some(to)) => self.entered[to] += 1,
            (Some(from), None) => self.left[from] += 1,
            (None, None) => {}
        }
    }

    /// The matrix with its probabilities.
    #[must_use]
    pub fn finish(mut self) -> Self {
        let rows = self.counts.iter().zip(&self.left);
        (self.probabilities, self.left_probabilities) = rows
            .map(|(row, &left)| {
                let all: u64 = row.iter().chain([&left]).map(|count| u64::from(*count)).sum();
                #[expect(clippy::cast_precision_loss, reason = "exact below 2^53")]
                let share = |count: u32| (all > 0).then(|| f64::from(count) / all as f64);
                (row.iter().map(|count| share(*count)).collect(), share(left))
            })
            .unzip();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_and_shared_out_by_row() {
        let names = ["new", "active", "dormant"].map(str::to_owned).to_vec();
        let mut matrix = Transitions::new(Vec::new(), names);
        for (from, to) in [
            (Some(0), Some(1)),
            (Some(0), Some(1)),
            (Some(0), Some(0)),
            (Some(0), None),
            (None, Some(0)),
            (None, None),
        ] {
            matrix.count(from, to);
        }
        let matrix = matrix.finish();
        assert_eq!(matrix.counts, [[1, 2, 0], [0, 0, 0], [0, 0, 0]]);
        assert_eq!(matrix.probabilities[0], [Some(0.25), Some(0.5), Some(0.0)]);
        assert_eq!(matrix.probabilities[1], [None; 3]);
        assert_eq!((matrix.entered, matrix.left), (vec![1, 0, 0], vec![1, 0, 0]));
        assert_eq!(matrix.left_probabilities, [Some(0.25), None, None]);
    }

    #[test]
    fn a_question_without_end_is_refused() {
        assert!(Looks::check(1_000_000, 100).is_ok());
        let error = Looks::check(1_000_000, 101).unwrap_err();
        assert_eq!(error.path(), Some("every"));
    }
}
