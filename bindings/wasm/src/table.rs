//! Tables across the border: an array of objects, or an object of columns.
//!
//! A column is a typed array of numbers, an array of texts, booleans, numbers or `Date`s (null or
//! undefined where missing), or texts by dictionary: `{ codes, values }`, where a code past the
//! end of `values` is missing.

use js_sys::{
    Array, ArrayBuffer, BigInt64Array, BigUint64Array, DataView, Date, Float64Array, Object,
    Reflect, Uint32Array,
};
use stayput_core::columns::{
    ColumnData, Dictionary, Frame, Integers, MISSING_TEXT, MISSING_TIME, TextColumn,
};
use stayput_core::time::Timestamp;
use stayput_core::{Error, ErrorCode, Result};
use wasm_bindgen::{JsCast, JsValue};

use crate::input;

/// The table that `value` is; `name` is what an error calls it.
pub(crate) fn read(value: &JsValue, name: &str) -> Result<Frame> {
    if Array::is_array(value) {
        return Frame::from_json(&input::json(value, name)?);
    }
    let Some(object) = value.dyn_ref::<Object>().filter(|_| !ArrayBuffer::is_view(value)) else {
        let expected = "expected an array of objects or an object of columns";
        return Err(Error::argument(name, expected));
    };
    let columns = Object::entries(object).into_iter().map(|entry| {
        let entry = Array::from(&entry);
        let name = entry.get(0).as_string().unwrap_or_default();
        column(&entry.get(1), &name).map(|data| (name, data))
    });
    Frame::new(columns.collect::<Result<_>>()?)
}

/// The same, or nothing where `value` is null or undefined.
pub(crate) fn read_optional(value: &JsValue, name: &str) -> Result<Option<Frame>> {
    if is_missing(value) { Ok(None) } else { read(value, name).map(Some) }
}

fn column(value: &JsValue, name: &str) -> Result<ColumnData> {
    if let Some(numbers) = value.dyn_ref::<Float64Array>() {
        return Ok(ColumnData::Number(numbers.to_vec().into()));
    }
    if let Some(numbers) = value.dyn_ref::<BigInt64Array>() {
        return Ok(ColumnData::Integer(Integers::I64(numbers.to_vec().into())));
    }
    if Array::is_array(value) {
        return list(&Array::from(value), name);
    }
    let numeric = !value.is_instance_of::<BigUint64Array>() && !value.is_instance_of::<DataView>();
    if ArrayBuffer::is_view(value) && numeric {
        // Every number of the narrower kinds is a 64-bit float.
        return Ok(ColumnData::Number(Float64Array::new(value).to_vec().into()));
    }
    dictionary(value).ok_or_else(|| {
        let message = "expected a typed array, an array or `{ codes, values }`";
        Error::new(ErrorCode::TableColumn, "column", message).at_path(name)
    })
}

/// Texts by dictionary: `{ codes: Uint32Array, values: string[] }`.
fn dictionary(value: &JsValue) -> Option<ColumnData> {
    let part = |name: &str| Reflect::get(value, &name.into()).ok();
    let codes = part("codes")?.dyn_into::<Uint32Array>().ok()?.to_vec();
    let values = part("values").filter(Array::is_array).map(|values| Array::from(&values))?;
    let values: Dictionary = values.iter().map(|text| text.as_string()).collect::<Option<_>>()?;
    let known = |code: u32| if (code as usize) < values.len() { code } else { MISSING_TEXT };
    let codes = codes.into_iter().map(known).collect();
    Some(ColumnData::Text(TextColumn { codes, values: values.into() }))
}

/// A plain array: of one type, or, where its values are of several, of JSON values.
fn list(array: &Array, name: &str) -> Result<ColumnData> {
    let Some(first) = array.iter().find(|value| !is_missing(value)) else {
        return Ok(ColumnData::Json(vec![serde_json::Value::Null; array.length() as usize]));
    };
    let typed = if first.is_string() {
        let texts = rows(array, JsValue::as_string);
        texts
            .map(|texts| TextColumn::from_texts(texts.iter().map(Option::as_deref)))
            .map(ColumnData::Text)
    } else if first.as_f64().is_some() {
        let numbers = rows(array, JsValue::as_f64);
        numbers.map(|rows| {
            ColumnData::Number(rows.into_iter().map(|x| x.unwrap_or(f64::NAN)).collect())
        })
    } else if first.as_bool().is_some() {
        rows(array, JsValue::as_bool).map(ColumnData::Bool)
    } else {
        let times = rows(array, |value| of_date(value.dyn_ref()?));
        times.map(|rows| {
            let micros = |at: Option<Timestamp>| at.map_or(MISSING_TIME, Timestamp::as_micros);
            ColumnData::Time(rows.into_iter().map(micros).collect())
        })
    };
    if let Some(column) = typed {
        return Ok(column);
    }
    let values = serde_json::from_str(&input::json(array, name)?);
    values
        .map(ColumnData::Json)
        .map_err(|error: serde_json::Error| Error::argument(name, error.to_string()))
}

/// Every value read by `read`, or nothing when one of them is not of its kind.
fn rows<T>(array: &Array, read: impl Fn(&JsValue) -> Option<T>) -> Option<Vec<Option<T>>> {
    let row = |value: JsValue| if is_missing(&value) { Some(None) } else { read(&value).map(Some) };
    array.iter().map(row).collect()
}

/// The instant of a `Date`, unless it is an invalid one.
fn of_date(date: &Date) -> Option<Timestamp> {
    let millis = date.get_time();
    // A valid `Date` counts whole milliseconds, at most 8.64e15 of them.
    #[expect(clippy::cast_possible_truncation, reason = "at most 8.64e15")]
    let whole = millis as i64;
    if millis.is_nan() { None } else { Timestamp::from_millis(whole).ok() }
}

fn is_missing(value: &JsValue) -> bool {
    value.is_null() || value.is_undefined()
}
