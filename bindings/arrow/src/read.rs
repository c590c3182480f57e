//! Arrow columns as columns of the core.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float64Type, Int32Type, Int64Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    AnyDictionaryArray, Array, ArrayAccessor, ArrayRef, RecordBatch, StringArrayType,
};
use arrow_buffer::NullBuffer;
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Schema, TimeUnit};
use serde_json::{Value, json};
use stayput_core::columns::{
    Bits, Buffer, ColumnData, Dictionary, Frame, Integers, MISSING_TEXT, MISSING_TIME, Strings,
    TextColumn, Texts,
};
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
        _ if kind.is_integer() => integers(kind, chunks)?,
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

fn cast_all(chunks: &[ArrayRef], to: &DataType) -> Result<Vec<ArrayRef>> {
    if chunks.iter().all(|chunk| chunk.data_type() == to) {
        return Ok(chunks.to_vec());
    }
    chunks.iter().map(|chunk| cast(chunk, to).map_err(|error| unreadable(&error))).collect()
}

fn unreadable(error: &ArrowError) -> Error {
    Error::new(ErrorCode::TableColumn, "", format!("cannot be read: {error}"))
}

/// The only chunk, if there is one.
fn only(chunks: &[ArrayRef]) -> Option<&ArrayRef> {
    if let [chunk] = chunks { Some(chunk) } else { None }
}

/// The values of the chunks, where they are if there is one, and which of them are there.
fn rows_of<T: ArrowPrimitiveType>(chunks: &[ArrayRef]) -> (Buffer<T::Native>, Option<Bits>)
where
    T::Native: Send + Sync + 'static,
{
    if let Some(chunk) = only(chunks) {
        let values = chunk.as_primitive::<T>().values().clone();
        return (Buffer::shared(Arc::new(values)), chunk.nulls().map(there));
    }
    let values = chunks.iter().flat_map(|chunk| chunk.as_primitive::<T>().values().iter().copied());
    let nulls = chunks.iter().any(|chunk| chunk.null_count() > 0).then(|| {
        let rows = chunks.iter().flat_map(|chunk| (0..chunk.len()).map(|row| chunk.is_valid(row)));
        there(&rows.collect::<NullBuffer>())
    });
    (values.collect(), nulls)
}

/// Arrow's bytes as a slice.
struct Bytes(arrow_buffer::Buffer);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice()
    }
}

/// Which rows are there, read where Arrow says so.
fn there(nulls: &NullBuffer) -> Bits {
    let bits = nulls.inner();
    Bits::new(Buffer::shared(Arc::new(Bytes(bits.inner().clone()))), bits.offset())
}

fn masked(data: ColumnData, there: Option<Bits>) -> ColumnData {
    match there {
        None => data,
        Some(there) => data.masked(there),
    }
}

fn integers(kind: &DataType, chunks: &[ArrayRef]) -> Result<ColumnData> {
    Ok(match kind {
        DataType::Int32 => {
            let (rows, there) = rows_of::<Int32Type>(chunks);
            masked(ColumnData::Integer(Integers::I32(rows)), there)
        }
        DataType::UInt32 => {
            let (rows, there) = rows_of::<UInt32Type>(chunks);
            masked(ColumnData::Integer(Integers::U32(rows)), there)
        }
        _ => {
            let (rows, there) = rows_of::<Int64Type>(&cast_all(chunks, &DataType::Int64)?);
            masked(ColumnData::Integer(Integers::I64(rows)), there)
        }
    })
}

fn numbers(chunks: &[ArrayRef]) -> Result<ColumnData> {
    let (rows, there) = rows_of::<Float64Type>(&cast_all(chunks, &DataType::Float64)?);
    Ok(masked(ColumnData::Number(rows), there))
}

/// Counts of `unit` since 1970 as instants; what is finer than a microsecond is cut off downwards.
fn times(chunks: &[ArrayRef], unit: TimeUnit) -> Result<ColumnData> {
    let (counts, there) = rows_of::<Int64Type>(&cast_all(chunks, &DataType::Int64)?);
    // What is out of range stays out of range, and is not taken for missing.
    let scaled = |by: i64| {
        let micros = |count: &i64| count.saturating_mul(by).max(MISSING_TIME + 1);
        counts.iter().map(micros).collect()
    };
    let rows = match unit {
        TimeUnit::Second => scaled(1_000_000),
        TimeUnit::Millisecond => scaled(1000),
        TimeUnit::Microsecond => counts,
        TimeUnit::Nanosecond => counts.iter().map(|count| count.div_euclid(1000)).collect(),
    };
    Ok(masked(ColumnData::Time(rows), there))
}

/// Texts, read where they are.
struct Chunks {
    chunks: Vec<ArrayRef>,
    /// The first row of each chunk, and the number of rows.
    starts: Vec<usize>,
}

/// One chunk of texts.
struct Single<A>(A);

impl<A> Texts for Single<A>
where
    A: Send + Sync + Array,
    for<'a> &'a A: StringArrayType<'a>,
{
    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, row: usize) -> Option<&str> {
        let array = &self.0;
        (!Array::is_null(array, row)).then(|| ArrayAccessor::value(&array, row))
    }
}

impl Texts for Chunks {
    fn len(&self) -> usize {
        self.starts.last().copied().unwrap_or_default()
    }

    fn get(&self, row: usize) -> Option<&str> {
        let at = self.starts.partition_point(|start| *start <= row) - 1;
        let (chunk, row) = (&self.chunks[at], row - self.starts[at]);
        if chunk.is_null(row) {
            return None;
        }
        Some(match chunk.data_type() {
            DataType::Utf8 => chunk.as_string::<i32>().value(row),
            DataType::Utf8View => chunk.as_string_view().value(row),
            _ => chunk.as_string::<i64>().value(row),
        })
    }
}

fn texts(chunks: &[ArrayRef]) -> Result<ColumnData> {
    let text = |chunk: &ArrayRef| chunk.data_type().is_string();
    let chunks = if chunks.iter().all(text) {
        chunks.to_vec()
    } else {
        cast_all(chunks, &DataType::LargeUtf8)?
    };
    if let [chunk] = &chunks[..] {
        return Ok(ColumnData::Strings(Strings::new(match chunk.data_type() {
            DataType::Utf8 => Arc::new(Single(chunk.as_string::<i32>().clone())),
            DataType::Utf8View => Arc::new(Single(chunk.as_string_view().clone())),
            _ => Arc::new(Single(chunk.as_string::<i64>().clone())),
        })));
    }
    let mut starts = vec![0];
    for chunk in &chunks {
        starts.push(starts[starts.len() - 1] + chunk.len());
    }
    Ok(ColumnData::Strings(Strings::new(Arc::new(Chunks { chunks, starts }))))
}

/// Texts that come with a dictionary, which may differ from chunk to chunk.
fn dictionary(chunks: &[ArrayRef]) -> Result<ColumnData> {
    if let Some(chunk) = only(chunks) {
        let keys = chunk.as_any_dictionary().keys();
        let values = values_of(chunk.as_any_dictionary())?;
        let values = values.as_string::<i64>();
        if let Some(codes) = keys.as_primitive_opt::<UInt32Type>()
            && values.null_count() == 0
        {
            let values = Arc::new(values.iter().flatten().collect());
            let codes = Buffer::shared(Arc::new(codes.values().clone()));
            let data = ColumnData::Text(TextColumn { codes, values });
            return Ok(masked(data, keys.nulls().map(there)));
        }
    }
    let mut texts = Dictionary::default();
    let mut rows = Vec::new();
    let mut seen = HashMap::new();
    for chunk in chunks {
        let chunk = chunk.as_any_dictionary();
        let values = values_of(chunk)?;
        let values = values.as_string::<i64>();
        // The code of each value of this chunk, given when a row first uses it.
        let mut codes = vec![None; values.len()];
        let keys = chunk.normalized_keys();
        for (row, key) in keys.into_iter().enumerate() {
            if chunk.is_null(row) || values.is_null(key) {
                rows.push(MISSING_TEXT);
                continue;
            }
            let code = *codes[key].get_or_insert_with(|| {
                let text = values.value(key).to_owned();
                *seen.entry(text).or_insert_with_key(|text| {
                    texts.push(text);
                    u32::try_from(texts.len() - 1).unwrap_or(MISSING_TEXT)
                })
            });
            rows.push(code);
        }
    }
    Ok(ColumnData::Text(TextColumn { codes: rows.into(), values: texts.into() }))
}

fn values_of(chunk: &dyn AnyDictionaryArray) -> Result<ArrayRef> {
    cast(chunk.values(), &DataType::LargeUtf8).map_err(|error| unreadable(&error))
}
