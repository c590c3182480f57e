//! Tables of the core as Arrow record batches.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch,
    RecordBatchOptions, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{ArrowError, Field, Schema};
use stayput_core::columns::{ColumnData, Frame, MISSING_TEXT, TextColumn};
use stayput_core::time::Timestamp;

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
        let array: ArrayRef = match data {
            ColumnData::Number(rows) => Arc::new(
                rows.iter().map(|row| (!row.is_nan()).then_some(*row)).collect::<Float64Array>(),
            ),
            ColumnData::Integer(rows) => Arc::new(Int64Array::from(rows.clone())),
            ColumnData::Bool(rows) => Arc::new(BooleanArray::from(rows.clone())),
            ColumnData::Text(column) if is_category(name) => Arc::new(dictionary(column)?),
            ColumnData::Text(column) => {
                let texts = (0..column.codes.len()).map(|row| column.get(row));
                Arc::new(texts.collect::<StringArray>())
            }
            ColumnData::Time(rows) => {
                let micros = rows.iter().map(|row| row.map(Timestamp::as_micros));
                Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
            }
            ColumnData::Json(rows) => {
                let texts = rows.iter().map(|row| (!row.is_null()).then(|| row.to_string()));
                Arc::new(texts.collect::<StringArray>())
            }
        };
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(frame.len()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
}

fn dictionary(
    column: &TextColumn,
) -> Result<DictionaryArray<arrow_array::types::Int32Type>, ArrowError> {
    let codes = column
        .codes
        .iter()
        .map(|&code| if code == MISSING_TEXT { None } else { i32::try_from(code).ok() });
    let values = Arc::new(StringArray::from_iter_values(&column.values));
    DictionaryArray::try_new(codes.collect::<Int32Array>(), values)
}
