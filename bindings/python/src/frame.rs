//! Any table that a Python program has, as a [`Frame`].
//!
//! Tried in this order: the Arrow capsule interface (polars, pyarrow, `DuckDB`, pandas with
//! pyarrow), a list of mappings, and columns by name, which `stayput._tables` takes apart.

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyList, PyTuple};
use pyo3_arrow::input::{AnyArray, AnyRecordBatch};
use stayput_core::Error;
use stayput_core::columns::{ColumnData, Frame, Integers, TextColumn};

use crate::arguments::as_json;
use crate::errors::{Failure, Result};
use crate::table::Table;

/// Reads a table.
pub(crate) fn read(table: &Bound<'_, PyAny>) -> Result<Frame> {
    if let Ok(ours) = table.cast::<Table>() {
        return Ok(ours.get().frame.clone());
    }
    if table.is_instance_of::<PyList>() || table.is_instance_of::<PyTuple>() {
        return Ok(Frame::from_json(&as_json(table)?)?);
    }
    if table.hasattr("__arrow_c_stream__")? || table.hasattr("__arrow_c_array__")? {
        match table.extract::<AnyRecordBatch>().and_then(|any| Ok(any.into_table()?)) {
            Ok(arrow) => {
                let (batches, schema) = arrow.into_inner();
                return Ok(stayput_arrow::frame(&schema, &batches)?);
            }
            // pandas offers the interface but cannot serve it for a column of mixed objects, nor
            // polars for one of the type `Null`, which it gives a buffer that Arrow does not know.
            Err(_) if table.hasattr("items")? || table.hasattr("get_columns")? => {}
            Err(error) => return Err(error.into()),
        }
    }
    let columns = table.py().import("stayput._tables")?.call_method1("columns", (table,))?;
    let mut read = Vec::new();
    for (name, kind, data) in columns.extract::<Vec<(String, String, Bound<'_, PyAny>)>>()? {
        let data = column(&kind, &data).map_err(|failure| match failure {
            Failure::Core(error) => error.in_place("column").at_path(&name).into(),
            failure @ Failure::Python(_) => failure,
        })?;
        read.push((name, data));
    }
    Ok(Frame::new(read)?)
}

/// A column of one of the kinds that `stayput._tables.columns` makes.
fn column(kind: &str, data: &Bound<'_, PyAny>) -> Result<ColumnData> {
    Ok(match kind {
        "arrow" => {
            let array = data.extract::<AnyArray>()?.into_chunked_array().map_err(PyErr::from)?;
            stayput_arrow::column(array.data_type(), array.chunks())?
        }
        "numbers" => {
            let rows: PyReadonlyArray1<'_, f64> = data.extract()?;
            ColumnData::Number(rows.as_array().to_vec().into())
        }
        "integers" => {
            let rows: PyReadonlyArray1<'_, i64> = data.extract()?;
            ColumnData::Integer(Integers::I64(rows.as_array().to_vec().into()))
        }
        "integers or none" => {
            let rows: Vec<Option<i64>> = data.extract()?;
            rows.into_iter().collect()
        }
        "booleans" => ColumnData::Bool(data.extract()?),
        "texts" => {
            let texts: Vec<Option<PyBackedStr>> = data.extract()?;
            ColumnData::Text(TextColumn::from_texts(texts.iter().map(Option::as_deref)))
        }
        "times" => {
            let rows: PyReadonlyArray1<'_, i64> = data.extract()?;
            // numpy's least integer is its "not a time", and ours.
            ColumnData::Time(rows.as_array().to_vec().into())
        }
        _ => ColumnData::Json(
            serde_json::from_str(data.extract()?).map_err(|e| Error::internal(e.to_string()))?,
        ),
    })
}
