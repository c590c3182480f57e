//! Tables of the core as Arrow record batches.

use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt32Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, Int32Array, PrimitiveArray, RecordBatch,
    RecordBatchOptions, StringArray, make_array,
};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, Field, Schema};
use bytemuck::NoUninit;
use stayput_core::columns::{
    Buffer, ColumnData, Frame, Integers, MISSING_TEXT, MISSING_TIME, TextColumn,
};

/// The columns of `frame`, with null for missing. Of the text columns, those that
/// `is_category` names become Arrow dictionaries.
///
/// # Errors
/// None that a caller can cause.
pub fn batch(frame: &Frame, is_category: impl Fn(&str) -> bool) -> Result<RecordBatch, ArrowError> {
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for name in frame.names() {
        let Some(data) = frame.column(name) else { continue };
        let array = array(data, is_category(name))?;
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(frame.len()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
}

/// The rows of one column.
fn array(data: &ColumnData, is_category: bool) -> Result<ArrayRef, ArrowError> {
    Ok(match data {
        ColumnData::Number(rows) => Arc::new(primitive::<Float64Type>(rows, |row| !row.is_nan())?),
        ColumnData::Integer(rows) => match rows {
            Integers::I64(rows) => Arc::new(primitive::<Int64Type>(rows, |_| true)?),
            Integers::I32(rows) => Arc::new(primitive::<Int32Type>(rows, |_| true)?),
            Integers::U32(rows) => Arc::new(primitive::<UInt32Type>(rows, |_| true)?),
        },
        ColumnData::Bool(rows) => Arc::new(BooleanArray::from(rows.clone())),
        ColumnData::Text(column) if is_category => Arc::new(dictionary(column)?),
        ColumnData::Text(column) => {
            let texts = (0..column.codes.len()).map(|row| column.get(row));
            Arc::new(texts.collect::<StringArray>())
        }
        ColumnData::Strings(texts) => Arc::new(texts.iter().collect::<StringArray>()),
        ColumnData::Time(rows) => {
            let times = primitive::<TimestampMicrosecondType>(rows, |row| row != MISSING_TIME)?;
            Arc::new(times.with_timezone("UTC"))
        }
        ColumnData::Json(rows) => {
            let texts = rows.iter().map(|row| (!row.is_null()).then(|| row.to_string()));
            Arc::new(texts.collect::<StringArray>())
        }
        // Only what a host gives is masked.
        ColumnData::Masked(data, there) => {
            let array = array(data, is_category)?;
            let there = (0..array.len()).map(|row| array.is_valid(row) && there.mask().get(row));
            let nulls = Some(there.collect::<NullBuffer>());
            make_array(array.to_data().into_builder().nulls(nulls).build()?)
        }
    })
}

/// The rows of a column as bytes, so that Arrow can read them where they are.
struct Bytes<T>(Buffer<T>);

impl<T: NoUninit> AsRef<[u8]> for Bytes<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

/// Rows as an array, not copied; null where `known` is false.
fn primitive<T: ArrowPrimitiveType>(
    rows: &Buffer<T::Native>,
    known: impl Fn(T::Native) -> bool,
) -> Result<PrimitiveArray<T>, ArrowError>
where
    T::Native: NoUninit + Send + Sync,
{
    let nulls = if rows.iter().all(|row| known(*row)) {
        None
    } else {
        Some(rows.iter().map(|row| known(*row)).collect::<NullBuffer>())
    };
    let bytes = bytes::Bytes::from_owner(Bytes(rows.clone()));
    let values = ScalarBuffer::new(bytes.into(), 0, rows.len());
    PrimitiveArray::try_new(values, nulls)
}

fn dictionary(column: &TextColumn) -> Result<DictionaryArray<Int32Type>, ArrowError> {
    let codes = column
        .codes
        .iter()
        .map(|&code| if code == MISSING_TEXT { None } else { i32::try_from(code).ok() });
    let values = Arc::new(StringArray::from_iter_values(column.values.iter()));
    DictionaryArray::try_new(codes.collect::<Int32Array>(), values)
}
