//! What models answer when they are asked why.

use numpy::IntoPyArray;
use numpy::ndarray::ArrayD;
use pyo3::prelude::*;
use stayput_core::churn::{Interactions, Output};

use crate::answers::Array;
use crate::arguments::Matrix;
use crate::errors::{Result, detached};
use crate::model::Model;

/// What each feature contributes to each of several rows.
#[pyclass(frozen, module = "stayput")]
pub(crate) struct Explanation {
    base: f64,
    values: ArrayD<f64>,
    names: Vec<String>,
}

#[pymethods]
impl Explanation {
    /// What is explained where no feature is known.
    #[getter]
    fn base(&self) -> f64 {
        self.base
    }

    /// What each feature adds to the base: rows × features, or, for interactions, rows × features ×
    /// features.
    #[getter]
    fn values<'py>(&self, py: Python<'py>) -> Array<'py> {
        Array(self.values.clone().into_pyarray(py).into_any())
    }

    /// The names of the features, in order.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn __repr__(&self) -> String {
        format!("Explanation of {} rows by {} features", self.values.shape()[0], self.names.len())
    }
}

impl Explanation {
    /// The contributions of a model's features to each row of `rows`.
    pub(crate) fn of(
        py: Python<'_>,
        model: &Model,
        rows: &Matrix<'_>,
        background: Option<&Matrix<'_>>,
        output: &str,
        interactions: bool,
        n_jobs: Option<i64>,
    ) -> Result<Self> {
        let rows = model.rows(py, rows)?;
        let background = background.map(|rows| model.rows(py, rows)).transpose()?;
        let output = Output::named(output)?;
        let names = model.inner.inputs().iter().map(|input| input.name.clone()).collect();
        let (base, values) = detached(py, || {
            let explainer = model.inner.explainer(background.as_ref().map(|rows| rows.view()))?;
            if interactions {
                let Interactions { base, values } =
                    explainer.interactions(rows.view(), output, n_jobs)?;
                return Ok((base, values.into_dyn()));
            }
            let found = explainer.explain(rows.view(), output, n_jobs)?;
            Ok((found.base, found.values.into_dyn()))
        })?;
        Ok(Self { base, values, names })
    }
}
