//! Tables of features that no playbook has made: any table of a host, with labels.

use std::sync::Arc;

use super::table::{FeatureColumn, FeatureData, FeatureTable, FeatureType, Keys};
use super::training::{LeftOut, TrainingSet};
use crate::columns::{ColumnData, Frame, MISSING_TEXT};
use crate::error::{Error, ErrorCode, Result};
use crate::event::{Cells, read_column};
use crate::schema::{Field, FieldType};

impl FeatureTable {
    /// Every column of a host's table as a feature, each row a customer of its own.
    ///
    /// Numbers, booleans and instants are such, texts are categories with the names that occur, in
    /// order. A column of nothing but nulls is a number that is always missing.
    ///
    /// # Errors
    /// [`ErrorCode::TableColumn`] for a column of mixed values, and [`ErrorCode::TableValue`] for a
    /// value that is not finite.
    pub fn of_frame(frame: &Frame) -> Result<Self> {
        let column = |name: &String| {
            let data =
                frame.column(name).ok_or_else(|| Error::internal("a column without data"))?;
            FeatureColumn::of(name, data, frame)
        };
        let columns = frame.names().iter().map(column).collect::<Result<_>>()?;
        Self::new(keys(frame.len())?, columns)
    }
}

/// Keys of rows that are of a customer each, at one instant: the customer is the row's number,
/// with as many digits for all.
fn keys(rows: usize) -> Result<Keys> {
    let count = u32::try_from(rows)
        .map_err(|_| Error::new(ErrorCode::TableColumn, "table", "has 2^32 rows or more"))?;
    let digits = rows.saturating_sub(1).to_string().len();
    Ok(Keys {
        customers: Arc::new((0..count).map(|row| format!("{row:0digits$}")).collect()),
        customer: (0..count).collect(),
        as_of: vec![0; rows].into(),
    })
}

impl FeatureColumn {
    /// The feature that a host's column is.
    fn of(name: &str, data: &ColumnData, frame: &Frame) -> Result<Self> {
        let field = match data.type_name() {
            "bool" => FieldType::Bool,
            "text" => FieldType::Category { values: Vec::new() },
            "timestamp" => FieldType::Timestamp,
            "json" if (0..data.len()).any(|row| !data.value(row).is_null()) => {
                let message = "holds values of several types, or of one that no feature has";
                return Err(Error::new(ErrorCode::TableColumn, "column", message).at_path(name));
            }
            _ => FieldType::Number,
        };
        let (kind, data) = match read_column("rows", &Field::new(name, field), frame)? {
            Cells::Number(rows) => (FeatureType::Number, FeatureData::Number(rows.into())),
            Cells::Bool(rows) => {
                let number = |truth: Option<bool>| truth.map_or(f64::NAN, |t| u8::from(t).into());
                (FeatureType::Bool, FeatureData::Number(rows.into_iter().map(number).collect()))
            }
            Cells::Time(rows) => (FeatureType::Timestamp, FeatureData::Time(rows.into())),
            Cells::Text { codes, values } => category(&codes, &values),
        };
        Ok(Self { name: name.to_owned(), kind, data })
    }
}

/// A category whose names stand in order, however the rows come.
fn category(codes: &[u32], values: &[String]) -> (FeatureType, FeatureData) {
    let mut order: Vec<u32> = (0..).take(values.len()).collect();
    order.sort_unstable_by_key(|&code| &values[code as usize]);
    let mut place = vec![0.0; values.len()];
    for (at, &code) in (0_u32..).zip(&order) {
        place[code as usize] = f64::from(at);
    }
    let number = |&code: &u32| if code == MISSING_TEXT { f64::NAN } else { place[code as usize] };
    let rows = codes.iter().map(number).collect();
    let values = order.iter().map(|&code| values[code as usize].clone()).collect();
    (FeatureType::Category { values }, FeatureData::Number(rows))
}

impl TrainingSet {
    /// Feature rows with a label each, wherever they come from: 1 where the customer churned, 0
    /// where not.
    ///
    /// # Errors
    /// [`ErrorCode::ModelData`] when there are not as many labels as rows.
    pub fn of_table(table: FeatureTable, labels: Vec<f64>) -> Result<Self> {
        if labels.len() != table.len() {
            let message = format!("there are {} labels for {} rows", labels.len(), table.len());
            return Err(Error::new(ErrorCode::ModelData, "training data", message));
        }
        let censored = vec![false; labels.len()];
        Ok(Self { table, labels, censored, left_out: LeftOut::default() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn frame(rows: serde_json::Value) -> Frame {
        let serde_json::Value::Array(rows) = rows else { panic!("not rows") };
        Frame::from_objects(rows).unwrap()
    }

    #[test]
    fn columns_are_features_of_the_type_that_their_values_have() {
        let table = FeatureTable::of_frame(&frame(json!([
            {"spend": 2.5, "paying": true, "plan": "pro", "none": null},
            {"spend": null, "paying": null, "plan": "free", "none": null},
            {"spend": 7, "paying": false, "plan": null, "none": null},
            {"spend": 0, "paying": true, "plan": "pro", "none": null},
        ])))
        .unwrap();
        let bits = |name: &str| -> Vec<Option<f64>> {
            let rows = table.column(name).unwrap().numbers().unwrap();
            rows.iter().map(|&x| (!x.is_nan()).then_some(x)).collect()
        };
        assert_eq!(bits("spend"), [Some(2.5), None, Some(7.0), Some(0.0)]);
        assert_eq!(bits("paying"), [Some(1.0), None, Some(0.0), Some(1.0)]);
        assert_eq!(bits("plan"), [Some(1.0), Some(0.0), None, Some(1.0)]);
        assert_eq!(bits("none"), [None; 4]);
        assert_eq!(table.categories("plan").unwrap(), ["free", "pro"]);
        let kinds: Vec<_> = table.columns.iter().map(|column| column.kind.name()).collect();
        assert_eq!(kinds, ["number", "bool", "category", "number"]);
        let ids: Vec<_> = (0..4).map(|row| table.keys.customer_id(row)).collect();
        assert_eq!(ids, ["0", "1", "2", "3"]);
    }

    #[test]
    fn what_no_feature_can_be_is_refused_by_name() {
        let mixed = frame(json!([{"plan": "pro"}, {"plan": 3}]));
        let error = FeatureTable::of_frame(&mixed).unwrap_err();
        assert_eq!((error.code(), error.path()), (ErrorCode::TableColumn, Some("plan")));
        let table = FeatureTable::of_frame(&frame(json!([{"a": 1}, {"a": 2}]))).unwrap();
        let error = TrainingSet::of_table(table.clone(), vec![1.0]).unwrap_err();
        assert_eq!(error.to_string(), "training data: there are 1 labels for 2 rows");
        assert_eq!(TrainingSet::of_table(table, vec![1.0, 0.0]).unwrap().labels, [1.0, 0.0]);
    }
}
