//! The class `Bundle`: a playbook and a model in one checksummed file.

use std::path::PathBuf;

use numpy::IntoPyArray;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use stayput_models::files;

use crate::answers::Array;
use crate::arguments::TableArgument;
use crate::errors::{Result, detached};
use crate::model::Model;
use crate::playbook::Playbook;

/// A playbook and, where there is one, the model trained on its features.
#[pyclass(frozen, module = "stayput")]
pub(crate) struct Bundle {
    pub(crate) inner: stayput_core::Bundle,
}

#[pymethods]
impl Bundle {
    #[new]
    #[pyo3(signature = (playbook, model=None))]
    fn new(playbook: &Playbook, model: Option<&Model>) -> Result<Self> {
        let model = model.map(|model| model.inner.clone());
        Ok(Self { inner: stayput_core::Bundle::new(playbook.inner.clone(), model)? })
    }

    /// Reads a bundle from a file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> Result<Self> {
        let inner = detached(py, || stayput_core::Bundle::from_bytes(&files::read(&path)?))?;
        Ok(Self { inner })
    }

    /// Writes the bundle to a file: a reader sees the old file or the new one, never half of it.
    fn save(&self, py: Python<'_>, path: PathBuf) -> Result<()> {
        detached(py, || files::write(&path, self.inner.to_bytes()))
    }

    /// Reads a bundle from the bytes of one, wherever they come from.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> Result<Self> {
        let inner = detached(py, || stayput_core::Bundle::from_bytes(data))?;
        Ok(Self { inner })
    }

    /// The bytes of the file: the same playbook and model give the same bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.inner.to_bytes())
    }

    /// BLAKE3 of the file, in hexadecimal: what scores and decisions name the bundle by.
    #[getter]
    fn hash(&self) -> &str {
        self.inner.hash()
    }

    /// The playbook.
    #[getter]
    fn playbook(&self) -> Playbook {
        Playbook { inner: self.inner.playbook().clone() }
    }

    /// The model, if there is one.
    #[getter]
    fn model(&self) -> Option<Model> {
        self.inner.model().map(|model| Model { inner: model.clone() })
    }

    /// The probability of churn of each row of a table, as a one-dimensional array.
    ///
    /// The table is one of features, or any other with a column for each feature of the model.
    fn score_rows<'py>(&self, py: Python<'py>, table: TableArgument<'py>) -> Result<Array<'py>> {
        let probabilities = if let Some(features) = table.features() {
            detached(py, || self.inner.score_rows(&features))?
        } else {
            let frame = table.frame()?;
            detached(py, || self.inner.score_frame(&frame))?
        };
        Ok(Array(probabilities.into_pyarray(py).into_any()))
    }

    fn __repr__(&self) -> String {
        let model = self.inner.model().map_or("no model", |model| model.algorithm());
        format!("Bundle {:?} ({model}), {}", self.inner.playbook().name(), self.hash())
    }
}
