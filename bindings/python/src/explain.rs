//! What models answer when they are asked why.

use numpy::IntoPyArray;
use numpy::ndarray::{Array2, ArrayD};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use stayput_core::Error;
use stayput_core::churn::InputKind;
use stayput_core::wire::{self, Explained};

use crate::answers::Array;
use crate::arguments::{Matrix, Options};
use crate::errors::{Result, detached};
use crate::model::{Model, Rows};

/// What each feature contributes to each of several rows.
#[pyclass(frozen, module = "stayput")]
pub(crate) struct Explanation {
    base: f64,
    values: ArrayD<f64>,
    names: Vec<String>,
    output: String,
    data: Array2<f64>,
    categories: Vec<(String, Vec<String>)>,
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

    /// What is explained: `"log_odds"`, `"margin"` or `"probability"`.
    #[getter]
    fn output(&self) -> &str {
        &self.output
    }

    /// The rows that are explained, rows × features: booleans are 0 and 1, categories the index of
    /// their name in `categories`, missing values NaN.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> Array<'py> {
        Array(self.data.clone().into_pyarray(py).into_any())
    }

    /// What the numbers in `data` stand for, by feature, for booleans and categories.
    #[getter]
    fn categories<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyDict>> {
        let categories = PyDict::new(py);
        for (name, values) in &self.categories {
            categories.set_item(name, values)?;
        }
        Ok(categories)
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
        output: &str,
        options: &Options<'_>,
    ) -> Result<Self> {
        let py = rows.0.py();
        let rows = model.rows(py, rows)?;
        let background = background.map(|rows| model.rows(py, rows)).transpose()?;
        let (rows, background) = (rows.view(), background.as_ref().map(Rows::view));
        let options = options.json()?;
        let categories = model.inner.inputs().iter().filter_map(|input| {
            let values = match &input.kind {
                InputKind::Number => return None,
                InputKind::Bool => vec!["false".to_owned(), "true".to_owned()],
                InputKind::Category { values } => values.clone(),
            };
            Some((input.name.clone(), values))
        });
        let (categories, output) = (categories.collect(), output.to_owned());
        detached(py, || {
            let found = wire::explain(&model.inner, rows, background, &options)?;
            let Explained { base, names, shape, values } = found;
            let values = ArrayD::from_shape_vec(shape, values)
                .map_err(|_| Error::internal("contributions do not fill their table"))?;
            Ok(Self { base, values, names, output, data: rows.to_owned(), categories })
        })
    }
}
