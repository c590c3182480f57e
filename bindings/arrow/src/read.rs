//! Arrow columns as columns of the core.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, UInt64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Schema, TimeUnit};
use serde_json::{Value, json};
use stayput_core::columns::{ColumnData, Frame, MISSING_TEXT, TextColumn};
use stayput_core::time::Timestamp;
use stayput_core::{Error, ErrorCode, Result};

/// The columns of record batches, all of that schema.
///
/// # Errors
/// `table_column` when two columns share a name or one cannot be read; `time` when an instant is
/// out of range.
pub fn frame(schema: &Schema, batches: &[RecordBatch]) -> Result<Frame> {
    let mut columns = Vec::new();
    for (at, field) in schema.fields().iter().enumerate() {
        // pandas hands its row numbers over under this name.
        if field.name().starts_with("__index_level_") {
            continue;
        }
        let chunks: Vec<_> = batches.iter().map(|batch| batch.column(at).clone()).collect();
        let data = column(field.data_type(), &chunks)
            .map_err(|error| error.in_place("column").at_path(field.name()))?;
        columns.push((field.name().clone(), data));
    }
    Frame::new(columns)
}

/// One column, whose chunks are all of type `kind`.
///
/// A type that no field of a playbook can hold does not stop the reading: the column may not be
/// asked for. Where it is, the report of each row names the type.
///
/// # Errors
/// As for [`frame`].
pub fn column(kind: &DataType, chunks: &[ArrayRef]) -> Result<ColumnData> {
    Ok(match kind {
        DataType::Null => ColumnData::Json(vec![Value::Null; rows(chunks)]),
        DataType::Boolean => ColumnData::Bool(
            chunks.iter().flat_map(arrow_array::cast::AsArray::as_boolean).collect(),
        ),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => texts(chunks)?,
        // What only a text holds digit for digit; a field of numbers reads it as a number.
        DataType::UInt64 if chunks.iter().any(beyond_i64) => texts(chunks)?,
        _ if kind.is_integer() => integers(chunks)?,
        _ if kind.is_numeric() => numbers(chunks)?,
        DataType::Timestamp(unit, _) => times(chunks, *unit)?,
        DataType::Date32 => times(&cast_all(chunks, &DataType::Date64)?, TimeUnit::Millisecond)?,
        DataType::Date64 => times(chunks, TimeUnit::Millisecond)?,
        DataType::Dictionary(_, value) if value.is_string() => dictionary(chunks)?,
        DataType::Dictionary(_, value) => column(value, &cast_all(chunks, value)?)?,
        other => ColumnData::Json(vec![json!({ "type": other.to_string() }); rows(chunks)]),
    })
}

fn rows(chunks: &[ArrayRef]) -> usize {
    chunks.iter().map(arrow_array::Array::len).sum()
}

fn beyond_i64(chunk: &ArrayRef) -> bool {
    chunk.as_primitive::<UInt64Type>().iter().flatten().any(|row| i64::try_from(row).is_err())
}

fn integers(chunks: &[ArrayRef]) -> Result<ColumnData> {
    let chunks = cast_all(chunks, &DataType::Int64)?;
    let rows = chunks.iter().flat_map(arrow_array::cast::AsArray::as_primitive::<Int64Type>);
    Ok(ColumnData::Integer(rows.collect()))
}

fn cast_all(chunks: &[ArrayRef], to: &DataType) -> Result<Vec<ArrayRef>> {
    chunks.iter().map(|chunk| cast(chunk, to).map_err(|error| unreadable(&error))).collect()
}

fn unreadable(error: &ArrowError) -> Error {
    Error::new(ErrorCode::TableColumn, "", format!("cannot be read: {error}"))
}

fn numbers(chunks: &[ArrayRef]) -> Result<ColumnData> {
    let chunks = cast_all(chunks, &DataType::Float64)?;
    let rows = chunks.iter().flat_map(arrow_array::cast::AsArray::as_primitive::<Float64Type>);
    Ok(ColumnData::Number(rows.map(|row| row.unwrap_or(f64::NAN)).collect()))
}

fn texts(chunks: &[ArrayRef]) -> Result<ColumnData> {
    let chunks = cast_all(chunks, &DataType::LargeUtf8)?;
    let rows = chunks.iter().flat_map(arrow_array::cast::AsArray::as_string::<i64>);
    Ok(ColumnData::Text(TextColumn::from_texts(rows)))
}

/// Counts of `unit` since 1970 as instants; what is finer than a microsecond is cut off downwards.
fn times(chunks: &[ArrayRef], unit: TimeUnit) -> Result<ColumnData> {
    let micros = |count: i64| match unit {
        TimeUnit::Second => count.saturating_mul(1_000_000),
        TimeUnit::Millisecond => count.saturating_mul(1000),
        TimeUnit::Microsecond => count,
        TimeUnit::Nanosecond => count.div_euclid(1000),
    };
    let chunks = cast_all(chunks, &DataType::Int64)?;
    let rows = chunks.iter().flat_map(arrow_array::cast::AsArray::as_primitive::<Int64Type>);
    let times = rows.map(|row| row.map(|count| Timestamp::from_micros(micros(count))).transpose());
    Ok(ColumnData::Time(times.collect::<Result<_>>()?))
}

/// Texts that come with a dictionary, which may differ from chunk to chunk.
fn dictionary(chunks: &[ArrayRef]) -> Result<ColumnData> {
    let mut column = TextColumn::default();
    let mut seen = HashMap::new();
    for chunk in chunks {
        let chunk = chunk.as_any_dictionary();
        let values = cast(chunk.values(), &DataType::LargeUtf8).map_err(|e| unreadable(&e))?;
        let values = values.as_string::<i64>();
        // The code of each value of this chunk, given when a row first uses it.
        let mut codes = vec![None; values.len()];
        let keys = chunk.normalized_keys();
        for (row, key) in keys.into_iter().enumerate() {
            if chunk.is_null(row) || values.is_null(key) {
                column.codes.push(MISSING_TEXT);
                continue;
            }
            let code = *codes[key].get_or_insert_with(|| {
                let text = values.value(key).to_owned();
                *seen.entry(text).or_insert_with_key(|text| {
                    column.values.push(text.clone());
                    u32::try_from(column.values.len() - 1).unwrap_or(MISSING_TEXT)
                })
            });
            column.codes.push(code);
        }
    }
    Ok(ColumnData::Text(column))
}
