//! The class `Table`: rows that the core gave, or that a host brought, ready to leave as Arrow,
//! numpy or pandas.

use std::sync::Arc;

use arrow_array::{Array as _, ArrayRef, StructArray};
use arrow_schema::Field;
use numpy::IntoPyArray;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3_arrow::ffi::{ArrayIterator, to_schema_pycapsule, to_stream_pycapsule};
use stayput_core::columns::{ColumnData, Frame, TextColumn};
use stayput_core::features::FeatureTable;
use stayput_core::{Error, ErrorCode, Reports};

use crate::answers::{self, Answer as _, Anything, Array, DataFrame};
use crate::arguments::TableArgument;
use crate::errors::Result;

/// A table of typed columns.
///
/// `pyarrow.table(t)`, `polars.DataFrame(t)`, `DuckDB` and all else that knows the Arrow capsule
/// interface take it as it is; `to_pandas` and `to_numpy` need no Arrow library. The rows of a
/// table of features are keyed by its first two columns, `customer_id` and `as_of`.
/// In Arrow, a feature that tells how many (`count`, `distinct`, `active_days`, `streak`) is an Int32.
#[pyclass(frozen, module = "stayput")]
pub(crate) struct Table {
    pub(crate) frame: Frame,
    pub(crate) features: Option<Arc<FeatureTable>>,
    report: Option<Reports>,
}

impl From<Frame> for Table {
    fn from(frame: Frame) -> Self {
        Self { frame, features: None, report: None }
    }
}

impl Table {
    /// The table of `features`, with their keys as the first columns.
    pub(crate) fn of(features: Arc<FeatureTable>, report: Reports) -> Result<Self> {
        let frame = features.frame()?;
        Ok(Self { frame, features: Some(features), report: Some(report) })
    }

    /// The type of a column, as `types` has it.
    fn type_of(&self, name: &str) -> Option<&'static str> {
        let feature = self.features.as_ref().and_then(|features| features.column(name));
        let data = || self.frame.column(name).map(ColumnData::type_name);
        feature.map(|feature| feature.kind.name()).or_else(data)
    }

    fn struct_array(&self) -> Result<StructArray> {
        let is_category = |name: &str| self.type_of(name) == Some("category");
        let batch = stayput_arrow::batch(&self.frame, is_category);
        Ok(batch.map_err(|error| Error::internal(error.to_string()))?.into())
    }
}

/// What `function` of `stayput._tables` makes of a table.
fn made<'py>(table: &Bound<'py, Table>, function: &str) -> PyResult<Bound<'py, PyAny>> {
    table.py().import("stayput._tables")?.call_method1(function, (table,))
}

#[pymethods]
impl Table {
    fn __len__(&self) -> usize {
        self.frame.len()
    }

    /// The features, in the playbook's order; for other tables, all columns.
    #[getter]
    fn names(&self) -> &[String] {
        &self.frame.names()[if self.features.is_some() { 2 } else { 0 }..]
    }

    /// Every column with its type: `number`, `integer`, `bool`, `category`, `text`, `timestamp`
    /// or `json`.
    #[getter]
    fn types<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyDict>> {
        let types = PyDict::new(py);
        for name in self.frame.names() {
            types.set_item(name, self.type_of(name))?;
        }
        Ok(types)
    }

    /// One column as a one-dimensional array: numbers and booleans as float64 (NaN where
    /// missing), counts and other whole numbers as int64 where none is missing, instants as
    /// datetime64[us] in UTC, categories and texts as objects.
    fn __getitem__<'py>(slf: &Bound<'py, Self>, name: &str) -> PyResult<Array<'py>> {
        let tables = slf.py().import("stayput._tables")?;
        Ok(Array(tables.call_method1("column", (slf, name))?))
    }

    /// A column as `stayput._tables` takes it further.
    fn _raw<'py>(&self, py: Python<'py>, name: &str) -> Result<Anything<'py>> {
        let data = self.frame.column(name).ok_or_else(|| {
            let message =
                format!("there is none; the columns are {}", self.frame.names().join(", "));
            Error::new(ErrorCode::TableColumn, "column", message).at_path(name)
        })?;
        let data = data.filled();
        let texts = |column: &TextColumn| {
            let values: Vec<&str> = column.values.iter().collect();
            (column.codes.to_vec().into_pyarray(py), values).into_pyobject(py)
        };
        Ok(Anything(match &*data {
            ColumnData::Masked(..) => {
                let rows = (0..data.len()).map(|row| data.value(row).as_i64());
                rows.collect::<Vec<_>>().into_pyobject(py)?
            }
            ColumnData::Number(rows) => rows.to_vec().into_pyarray(py).into_any(),
            ColumnData::Integer(rows) => {
                rows.iter().collect::<Vec<_>>().into_pyarray(py).into_any()
            }
            ColumnData::Bool(rows) => rows.into_pyobject(py)?,
            ColumnData::Text(column) => texts(column)?.into_any(),
            ColumnData::Strings(rows) => texts(&TextColumn::from_texts(rows.iter()))?.into_any(),
            ColumnData::Time(rows) => rows.to_vec().into_pyarray(py).into_any(),
            ColumnData::Json(rows) => {
                let texts = rows.iter().map(|row| (!row.is_null()).then(|| row.to_string()));
                texts.collect::<Vec<_>>().into_pyobject(py)?
            }
        }))
    }

    /// The dictionary of a category: what its numbers in `to_numpy` stand for.
    fn categories(&self, name: &str) -> Result<&[String]> {
        let features = self.features.as_ref().ok_or_else(|| {
            Error::new(ErrorCode::TableColumn, "column", "is not a category").at_path(name)
        })?;
        Ok(features.categories(name)?)
    }

    /// The columns that `to_numpy` gives: numbers, booleans and categories.
    #[getter]
    fn numeric_names(slf: &Bound<'_, Self>) -> PyResult<Vec<String>> {
        made(slf, "numeric_names")?.extract()
    }

    /// A matrix of float64, one row a row and one column for each of `numeric_names`: booleans
    /// are 0 and 1, categories their index in `categories(name)`, missing values NaN.
    pub(crate) fn to_numpy<'py>(slf: &Bound<'py, Self>) -> PyResult<Array<'py>> {
        made(slf, "to_numpy").map(Array)
    }

    /// A pandas data frame, keys first.
    fn to_pandas<'py>(slf: &Bound<'py, Self>) -> PyResult<DataFrame<'py>> {
        made(slf, "to_pandas").map(DataFrame)
    }

    /// What became of the events and customers that the table was made from, if it was.
    #[getter]
    fn report<'py>(&self, py: Python<'py>) -> Result<Option<answers::Reports<'py>>> {
        self.report.as_ref().map(|report| answers::Reports::of(py, report)).transpose()
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> Result<Anything<'py>> {
        let array = self.struct_array()?;
        let capsule = to_schema_pycapsule(py, array.data_type()).map_err(PyErr::from)?;
        Ok(Anything(capsule.into_any()))
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> Result<Anything<'py>> {
        let requested_schema =
            requested_schema.map(Bound::cast_into).transpose().map_err(PyErr::from)?;
        let array: ArrayRef = Arc::new(self.struct_array()?);
        let field = Arc::new(Field::new("", array.data_type().clone(), false));
        let reader = Box::new(ArrayIterator::new([Ok(array)], field));
        let capsule = to_stream_pycapsule(py, reader, requested_schema).map_err(PyErr::from)?;
        Ok(Anything(capsule.into_any()))
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        made(slf, "text")?.extract()
    }

    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        made(slf, "html")?.extract()
    }
}

/// Reads any table that Stayput takes, without a playbook: to see what it makes of one.
#[pyfunction]
#[pyo3(signature = (data))]
pub(crate) fn table(data: TableArgument<'_>) -> Result<Table> {
    Ok(data.frame()?.into())
}
