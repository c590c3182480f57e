//! Feature tables across the border: an object of columns.

use js_sys::{Array, Float64Array, Object, Reflect};
use stayput_core::Features;
use stayput_core::Result;
use stayput_core::features::{FeatureColumn, FeatureData, FeatureTable, FeatureType};
use wasm_bindgen::JsValue;

use crate::document;

/// `{ columns, report }`.
pub(crate) fn features_to_js(features: &Features) -> Result<JsValue> {
    let object = Object::new();
    put(&object, "columns", &to_js(&features.table));
    put(&object, "report", &document::to_js(&features.report)?);
    Ok(object.into())
}

/// The columns `customer_id` and `as_of`, and one of each feature: numbers as a `Float64Array`
/// with NaN where missing, everything else as an array with null where missing.
fn to_js(table: &FeatureTable) -> JsValue {
    let object = Object::new();
    let texts =
        |texts: &mut dyn Iterator<Item = String>| texts.map(JsValue::from).collect::<Array>();
    let rows = &table.rows;
    put(&object, "customer_id", &texts(&mut rows.iter().map(|row| row.customer_id.clone())));
    put(&object, "as_of", &texts(&mut rows.iter().map(|row| row.as_of.to_string())));
    for column in &table.columns {
        put(&object, &column.name, &column_to_js(column));
    }
    object.into()
}

fn column_to_js(column: &FeatureColumn) -> JsValue {
    match (&column.data, &column.kind) {
        (FeatureData::Number(rows), FeatureType::Bool) => {
            array(rows, |x| if x.is_nan() { None } else { Some((*x != 0.0).into()) })
        }
        (FeatureData::Number(rows), FeatureType::Category { values }) => {
            let names: Vec<JsValue> = values.iter().map(Into::into).collect();
            // The core keeps the index of a name as a number, NaN where there is none.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
            let name = |x: &f64| if x.is_nan() { None } else { names.get(*x as usize).cloned() };
            array(rows, name)
        }
        (FeatureData::Number(rows), _) => Float64Array::from(rows.as_slice()).into(),
        (FeatureData::Time(rows), _) => array(rows, |at| at.map(|at| at.to_string().into())),
        (FeatureData::Text(rows), _) => array(rows, |text| text.as_deref().map(JsValue::from)),
    }
}

fn array<T>(rows: &[T], value: impl Fn(&T) -> Option<JsValue>) -> JsValue {
    rows.iter().map(|row| value(row).unwrap_or(JsValue::NULL)).collect::<Array>().into()
}

fn put(object: &Object, name: &str, value: &JsValue) {
    // Cannot fail: the object was just made, and nothing froze it.
    let _ = Reflect::set(object, &name.into(), value);
}
