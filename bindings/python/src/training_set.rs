//! The class `TrainingSet`: feature rows with the label that came true after each.

use std::sync::Arc;

use numpy::ToPyArray;
use pyo3::prelude::*;
use stayput_core::Reports;
use stayput_core::features::FeatureTable;

use crate::answers::{self, Answer as _, Array};
use crate::arguments::{Labels, TableArgument};
use crate::errors::{Result, detached};
use crate::table::Table;

/// Feature rows as they stood at each `as_of`, with the label that came true afterwards.
#[pyclass(frozen, module = "stayput")]
pub(crate) struct TrainingSet {
    pub(crate) set: stayput_core::features::TrainingSet,
    pub(crate) report: Reports,
}

#[pymethods]
impl TrainingSet {
    /// A training set of any table, each row a customer of its own, and a label for each: 1 where
    /// the customer churned, 0 where not.
    ///
    /// Numbers, booleans and instants are features of that type, texts are categories. Of a table
    /// of features the keys are kept.
    #[staticmethod]
    #[pyo3(signature = (X, y))]
    #[expect(non_snake_case, reason = "the names that scikit-learn has made known")]
    fn from_table(py: Python<'_>, X: TableArgument<'_>, y: Labels<'_>) -> Result<Self> {
        let labels = y.read()?;
        let set = if let Some(features) = X.features() {
            let table = features.as_ref().clone();
            stayput_core::features::TrainingSet::of_table(table, labels)?
        } else {
            let frame = X.frame()?;
            detached(py, || {
                let table = FeatureTable::of_frame(&frame)?;
                stayput_core::features::TrainingSet::of_table(table, labels)
            })?
        };
        Ok(Self { set, report: Reports::default() })
    }

    fn __len__(&self) -> usize {
        self.set.labels.len()
    }

    /// The features, in the playbook's order.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.set.table.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// The features of every row.
    #[getter(X)]
    fn features(&self) -> Result<Table> {
        Table::of(Arc::new(self.set.table.clone()), self.report.clone())
    }

    /// The labels: 1.0 where the customer churned, 0.0 where not, NaN where the row is censored.
    #[getter(y)]
    fn labels<'py>(&self, py: Python<'py>) -> Array<'py> {
        Array(self.set.labels.to_pyarray(py).into_any())
    }

    /// For each row, whether the data end before its horizon does and leave the label open.
    #[getter]
    fn censored<'py>(&self, py: Python<'py>) -> Array<'py> {
        Array(self.set.censored.to_pyarray(py).into_any())
    }

    /// The matrix of `X.to_numpy()`.
    fn to_numpy<'py>(&self, py: Python<'py>) -> Result<Array<'py>> {
        Ok(Table::to_numpy(&Bound::new(py, self.features()?)?)?)
    }

    /// The rows at `indices`, in that order.
    fn select(&self, indices: Vec<usize>) -> Result<Self> {
        Ok(Self { set: self.set.select(&indices)?, report: self.report.clone() })
    }

    /// How many rows are not here, and why.
    #[getter]
    fn left_out<'py>(&self, py: Python<'py>) -> Result<answers::LeftOut<'py>> {
        answers::LeftOut::of(py, &self.set.left_out)
    }

    /// What became of the events and customers given.
    #[getter]
    fn report<'py>(&self, py: Python<'py>) -> Result<answers::Reports<'py>> {
        answers::Reports::of(py, &self.report)
    }

    fn __repr__(&self) -> String {
        self.set.to_string()
    }
}
