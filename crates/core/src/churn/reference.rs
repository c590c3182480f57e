//! What a model knows of the rows it was trained on: the customer who stays, and the average one.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::explain::mean_contributions;
use super::model::{InputKind, Model, Predictor};
use crate::error::{Error, ErrorCode, Result};

/// What is known of a model's training rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// The typical value of each input among the rows of label 0: the lower median of numbers, the
    /// most common boolean or category (the first of several); none where no row has a value.
    pub typical: Vec<Option<f64>>,
    /// How far numbers usually lie from that: the median distance, or where that is 0 the mean one;
    /// none for booleans and categories, and where all values are alike.
    pub spread: Vec<Option<f64>>,
    /// What each column of a linear form adds to the margin on average over all rows; empty for a
    /// forest.
    pub margins: Vec<f64>,
}

impl Reference {
    /// What is known of `rows` with these labels, 0 or 1; they are as for [`Model::predict`].
    ///
    /// # Errors
    /// [`ErrorCode::ModelShape`] when the width is not the model's or labels are not as many as
    /// rows.
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice is")]
    pub fn of(model: &Model, rows: ArrayView2<'_, f64>, labels: &[f64]) -> Result<Self> {
        model.check_width(rows.ncols())?;
        if labels.len() != rows.nrows() {
            let message = format!("there are {} labels for {} rows", labels.len(), rows.nrows());
            return Err(Error::new(ErrorCode::ModelShape, "reference", message));
        }
        let known = model.inputs().iter().zip(rows.columns()).map(|(input, column)| {
            let stay = column.iter().zip(labels).filter(|(_, label)| **label == 0.0);
            let mut values: Vec<f64> =
                stay.map(|(value, _)| *value).filter(|value| !value.is_nan()).collect();
            values.sort_unstable_by(f64::total_cmp);
            match input.kind {
                InputKind::Number => (middle(&values), spread(&values)),
                InputKind::Bool | InputKind::Category { .. } => (most_common(&values), None),
            }
        });
        let (typical, spread) = known.unzip();
        let margins = match &model.parts().predictor {
            Predictor::Forest(_) => Vec::new(),
            Predictor::Linear(linear) => {
                mean_contributions(linear, &model.encoded(&rows), model.width())
            }
        };
        Ok(Self { typical, spread, margins })
    }

    pub(super) fn check(&self, inputs: usize, columns: usize) -> Result<()> {
        let numbers = self.margins.iter().chain(self.typical.iter().flatten());
        let finite = numbers.chain(self.spread.iter().flatten()).all(|number| number.is_finite());
        let lengths = [self.typical.len(), self.spread.len(), self.margins.len()];
        if lengths == [inputs, inputs, columns] && finite {
            return Ok(());
        }
        let message = "what is known of the training rows does not fit the inputs";
        Err(Error::new(ErrorCode::ModelShape, "model", message).at_path("reference"))
    }
}

fn middle(sorted: &[f64]) -> Option<f64> {
    sorted.len().checked_sub(1).map(|last| sorted[last / 2])
}

/// How far values usually lie from the middle.
fn spread(sorted: &[f64]) -> Option<f64> {
    let middle_one = middle(sorted)?;
    let mut away: Vec<f64> = sorted.iter().map(|value| (value - middle_one).abs()).collect();
    away.sort_unstable_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, reason = "no table has 2^53 rows")]
    let mean = || away.iter().fold(0.0, |sum, away| sum + away) / away.len() as f64;
    let found = middle(&away).filter(|away| *away > 0.0).unwrap_or_else(mean);
    (found > 0.0 && found.is_finite()).then_some(found)
}

fn most_common(sorted: &[f64]) -> Option<f64> {
    let mut best = (0, None);
    for run in sorted.chunk_by(|a, b| a == b) {
        if run.len() > best.0 {
            best = (run.len(), Some(run[0]));
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_typical_value_is_the_middle_or_the_most_common() {
        assert_eq!((middle(&[]), most_common(&[])), (None, None));
        assert_eq!(middle(&[1.0, 2.0, 7.0]), Some(2.0));
        assert_eq!(middle(&[1.0, 2.0, 3.0, 4.0]), Some(2.0));
        assert_eq!(spread(&[1.0, 2.0, 3.0, 7.0, 9.0]), Some(2.0));
        assert_eq!(spread(&[0.0, 0.0, 0.0, 6.0]), Some(1.5));
        assert_eq!((spread(&[]), spread(&[4.0, 4.0])), (None, None));
        assert_eq!(most_common(&[0.0, 0.0, 1.0, 2.0, 2.0]), Some(0.0));
    }
}
