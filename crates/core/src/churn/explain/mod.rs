//! Explanation: what each input contributes to a customer's churn.
//!
//! Contributions are Shapley values (Shapley 1953; Lundberg and Lee 2017), exact for both forms.
//! What stands for an input that is not known:
//!
//! | | forest | linear form |
//! |---|---|---|
//! | alone | the rows that went each way in training: path-dependent `TreeSHAP` (Lundberg et al. 2020) | the mean of the training rows |
//! | against a background | the background's rows: interventional SHAP | the background's mean |
//!
//! Contributions of the columns that an encoder makes of an input are added up. The base is what
//! is explained at the mean margin; base and contributions add up to what the model states.

mod against;
mod asks;
mod carry;
mod interactions;
mod prepared;
mod quadrature;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod twig;
mod walk;

use std::sync::Arc;

use ndarray::{Array2, Array3, ArrayView2, Axis};

pub use carry::Output;
pub(super) use prepared::{Prepared, mean_contributions};
pub(super) use tree::{NONE, Trees};

use super::link::Link;
use super::model::{Model, Predictor, encoded_kinds};
use crate::error::{Error, Result};
use crate::threads;
use carry::Carrier;
use interactions::Paths;
use prepared::Scratch;

/// Rows that are explained tree by tree while a tree is in the cache.
const BLOCK: usize = 32;

/// What the inputs contribute to each of several rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// What is explained where no input is known.
    pub base: f64,
    /// One row a row, one column an input: what the input adds to the base.
    pub values: Array2<f64>,
}

/// What pairs of inputs contribute to each of several rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Interactions {
    /// What is explained where no input is known.
    pub base: f64,
    /// A symmetric square for each row: half of what two inputs contribute together on either side
    /// of the diagonal, and on it what an input contributes by itself. Each line of a square adds
    /// up to the input's contribution.
    pub values: Array3<f64>,
}

/// A model, prepared to be explained.
#[derive(Debug, Clone)]
pub struct Explainer<'m> {
    model: &'m Model,
    prepared: Arc<Prepared>,
    path_dependent: bool,
}

impl Model {
    /// Prepares the model to be explained, against a sample of rows where one is given. Without,
    /// what is prepared is kept with the model.
    ///
    /// `background` is as the rows of [`Model::predict`]; a few hundred rows do.
    ///
    /// # Errors
    /// [`ErrorCode::Argument`](crate::ErrorCode::Argument) when the background has no rows, or
    /// there is none and the model does not know its training rows: then one is needed.
    /// [`ErrorCode::ModelShape`](crate::ErrorCode::ModelShape) when the background's width is not
    /// the model's.
    pub fn explainer(&self, background: Option<ArrayView2<'_, f64>>) -> Result<Explainer<'_>> {
        let (prepared, path_dependent) = match background {
            None => (self.prepared()?, true),
            Some(rows) => (Arc::new(self.prepare_against(&rows)?), false),
        };
        Ok(Explainer { model: self, prepared, path_dependent })
    }

    /// What explains it alone, or why nothing can; found out once.
    fn prepared(&self) -> Result<Arc<Prepared>> {
        let prepare = || {
            let kinds = encoded_kinds(self.inputs(), &self.parts().encoders);
            let means = self.parts().reference.as_ref().map(|reference| &reference.margins[..]);
            Prepared::new(&self.parts().predictor, &kinds, means).map(Arc::new)
        };
        self.kept.0.get_or_init(prepare).clone()
    }

    fn prepare_against(&self, rows: &ArrayView2<'_, f64>) -> Result<Prepared> {
        self.check_width(rows.ncols())?;
        if rows.nrows() == 0 {
            return Err(Error::argument("background", "has no rows"));
        }
        let kinds = encoded_kinds(self.inputs(), &self.parts().encoders);
        let encoded = self.encoded(rows);
        Prepared::against(&self.parts().predictor, &kinds, &encoded)
    }

    /// The columns that the predictor reads, row after row.
    pub(in crate::churn) fn encoded(&self, rows: &ArrayView2<'_, f64>) -> Vec<f64> {
        if self.parts().encoders.is_empty() {
            return rows.iter().copied().collect();
        }
        let width = self.width();
        let mut encoded = vec![0.0; rows.nrows() * width];
        for (row, into) in rows.rows().into_iter().zip(encoded.chunks_exact_mut(width.max(1))) {
            self.encode(row.iter().copied(), into);
        }
        encoded
    }
}

impl Explainer<'_> {
    /// What is explained where no input is known.
    #[must_use]
    pub fn base(&self, output: Output) -> f64 {
        self.carrier(output).of(self.prepared.mean)
    }

    fn carrier(&self, output: Output) -> Carrier<'_> {
        let link = match &self.model.parts().predictor {
            Predictor::Forest(_) => self.prepared.link,
            Predictor::Linear(_) => Link::Logistic,
        };
        Carrier { model: self.model, link, output }
    }

    /// What each input contributes to each row; rows are as for [`Model::predict`].
    ///
    /// Each row has the same bits alone, among others, and whatever `n_jobs` is: that many threads
    /// work at it, all cores by default.
    ///
    /// # Errors
    /// [`ErrorCode::ModelShape`](crate::ErrorCode::ModelShape) when the width is not the model's;
    /// [`ErrorCode::Argument`](crate::ErrorCode::Argument) for an `n_jobs` that is not possible.
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice is")]
    pub fn explain(
        &self,
        rows: ArrayView2<'_, f64>,
        output: Output,
        n_jobs: Option<i64>,
    ) -> Result<Explanation> {
        self.model.check_width(rows.ncols())?;
        let threads = threads::count(n_jobs)?;
        let carrier = self.carrier(output);
        let blocks: Vec<_> = rows.axis_chunks_iter(Axis(0), BLOCK).collect();
        let values = threads::map(blocks, threads, |block| self.block(&block, &carrier));
        let values = values.into_iter().collect::<Result<Vec<_>>>()?.concat();
        let shape = (rows.nrows(), rows.ncols());
        let values = Array2::from_shape_vec(shape, values)
            .map_err(|_| Error::internal("contributions do not fill their table"))?;
        Ok(Explanation { base: carrier.of(self.prepared.mean), values })
    }

    /// What each input contributes to one row.
    ///
    /// # Errors
    /// [`ErrorCode::ModelShape`](crate::ErrorCode::ModelShape) when the length is not the model's.
    pub fn explain_row(&self, row: &[f64], output: Output) -> Result<Vec<f64>> {
        self.model.check_width(row.len())?;
        let row = ArrayView2::from_shape((1, row.len()), row)
            .map_err(|_| Error::internal("a row is not a table"))?;
        self.block(&row, &self.carrier(output))
    }

    fn block(&self, rows: &ArrayView2<'_, f64>, carrier: &Carrier<'_>) -> Result<Vec<f64>> {
        let encoded = self.model.encoded(rows);
        let width = self.model.width();
        let mut columns = vec![0.0; encoded.len()];
        self.prepared.add(&encoded, width, &mut Scratch::default(), &mut columns);
        let margins = self.model.margins(rows.view())?;
        let mut values = if self.model.parts().encoders.is_empty() {
            columns
        } else {
            let inputs = self.model.input_of_column();
            let mut values = vec![0.0; rows.len()];
            let into = values.chunks_exact_mut(rows.ncols().max(1));
            for (columns, into) in columns.chunks_exact(width.max(1)).zip(into) {
                for (&input, column) in inputs.iter().zip(columns) {
                    into[input] += column;
                }
            }
            values
        };
        for (values, margin) in values.chunks_exact_mut(rows.ncols().max(1)).zip(margins) {
            carrier.carry(self.prepared.mean, margin, values);
        }
        Ok(values)
    }

    /// What each pair of inputs contributes together to each row; rows and threads are as for
    /// [`Self::explain`]. The linear form has no interactions, but for the margin's map.
    ///
    /// # Errors
    /// As [`Self::explain`]; [`ErrorCode::Unsupported`](crate::ErrorCode::Unsupported) for a forest
    /// against a background.
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice is")]
    pub fn interactions(
        &self,
        rows: ArrayView2<'_, f64>,
        output: Output,
        n_jobs: Option<i64>,
    ) -> Result<Interactions> {
        self.model.check_width(rows.ncols())?;
        let threads = threads::count(n_jobs)?;
        let paths = match &self.model.parts().predictor {
            Predictor::Linear(_) => None,
            Predictor::Forest(_) if !self.path_dependent => {
                let message = "interactions of trees against a background are not built; leave \
                               `background` out";
                return Err(Error::unsupported(message));
            }
            Predictor::Forest(forest) => {
                let kinds = encoded_kinds(self.model.inputs(), &self.model.parts().encoders);
                Some(Paths::new(tree::Trees::new(forest.parts(), &kinds)))
            }
        };
        let carrier = self.carrier(output);
        let blocks: Vec<_> = rows.axis_chunks_iter(Axis(0), BLOCK).collect();
        let squares =
            threads::map(blocks, threads, |block| self.squares(&block, &carrier, paths.as_ref()));
        let squares = squares.into_iter().collect::<Result<Vec<_>>>()?.concat();
        let (count, width) = rows.dim();
        let values = Array3::from_shape_vec((count, width, width), squares)
            .map_err(|_| Error::internal("interactions do not fill their table"))?;
        Ok(Interactions { base: carrier.of(self.prepared.mean), values })
    }

    fn squares(
        &self,
        rows: &ArrayView2<'_, f64>,
        carrier: &Carrier<'_>,
        paths: Option<&Paths>,
    ) -> Result<Vec<f64>> {
        let (inputs, count) = (self.model.input_of_column(), rows.ncols());
        let width = self.model.width();
        let encoded = self.model.encoded(rows);
        let margins = self.model.margins(rows.view())?;
        let mut squares = vec![0.0; rows.nrows() * count * count];
        let (mut columns, mut pairs) = (vec![0.0; width], vec![0.0; width * width]);
        let mut scratch = Scratch::default();
        let mut rounded = Vec::new();
        for (at, square) in squares.chunks_exact_mut((count * count).max(1)).enumerate() {
            let row = &encoded[at * width..][..width];
            columns.fill(0.0);
            self.prepared.add(row, width, &mut scratch, &mut columns);
            let mut values = vec![0.0; count];
            for (&input, column) in inputs.iter().zip(&columns) {
                values[input] += column;
            }
            let factor = carrier.carry(self.prepared.mean, margins[at], &mut values);
            if let Some(paths) = paths {
                pairs.fill(0.0);
                rounded.clear();
                paths.rounded(row, &mut rounded);
                paths.add(&rounded, width, &mut pairs);
                for (low, line) in pairs.chunks_exact(width).enumerate() {
                    for (high, both) in line.iter().enumerate().skip(low + 1) {
                        let (one, other) = (inputs[low], inputs[high]);
                        if one != other {
                            square[one * count + other] += both * factor;
                            square[other * count + one] += both * factor;
                        }
                    }
                }
            }
            for (input, value) in values.iter().enumerate() {
                let others: f64 = square[input * count..][..count].iter().sum();
                square[input * count + input] = value - others;
            }
        }
        Ok(squares)
    }
}
