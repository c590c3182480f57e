//! What models answer when they are asked why.

use numpy::IntoPyArray;
use numpy::ndarray::ArrayD;
use pyo3::prelude::*;
use stayput_core::{Error, wire};

use crate::answers::Array;
use crate::arguments::{Matrix, Options};
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
        model: &Model,
        rows: &Matrix<'_>,
        background: Option<&Matrix<'_>>,
        options: &Options<'_>,
    ) -> Result<Self> {
        let py = rows.0.py();
        let rows = model.rows(py, rows)?;
        let background = background.map(|rows| model.rows(py, rows)).transpose()?;
        let options = options.json()?;
        detached(py, || {
            let background = background.as_ref().map(|rows| rows.view());
            let found = wire::explain(&model.inner, rows.view(), background, &options)?;
            let values = ArrayD::from_shape_vec(found.shape, found.values)
                .map_err(|_| Error::internal("contributions do not fill their table"))?;
            Ok(Self { base: found.base, values, names: found.names })
        })
    }
}
