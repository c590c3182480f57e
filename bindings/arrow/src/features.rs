//! A table of features as plain columns.

use stayput_core::Result;
use stayput_core::columns::{ColumnData, Frame, MISSING_TEXT, TextColumn};
use stayput_core::features::{FeatureColumn, FeatureData, FeatureTable, FeatureType};

/// The keys `customer_id` and `as_of`, then every feature: booleans as such, categories as texts
/// with the whole dictionary.
///
/// # Errors
/// `table_column` when a feature has the name of a key.
pub fn frame_of(table: &FeatureTable) -> Result<Frame> {
    let keys = &table.keys;
    let ids = TextColumn { codes: keys.customer.clone(), values: keys.customers.clone() };
    let mut columns = vec![
        ("customer_id".to_owned(), ColumnData::Text(ids)),
        ("as_of".to_owned(), ColumnData::Time(keys.as_of.clone())),
    ];
    columns.extend(table.columns.iter().map(|column| (column.name.clone(), data(column))));
    Frame::new(columns)
}

fn data(column: &FeatureColumn) -> ColumnData {
    match (&column.data, &column.kind) {
        (FeatureData::Number(rows), FeatureType::Bool) => {
            let truth = |row: &f64| (!row.is_nan()).then_some(*row != 0.0);
            ColumnData::Bool(rows.iter().map(truth).collect())
        }
        (FeatureData::Number(rows), FeatureType::Category { values }) => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the index of a value"
            )]
            let code = |row: &f64| if row.is_nan() { MISSING_TEXT } else { *row as u32 };
            let codes = rows.iter().map(code).collect();
            ColumnData::Text(TextColumn { codes, values: values.clone() })
        }
        (FeatureData::Number(rows), _) => ColumnData::Number(rows.clone()),
        (FeatureData::Time(rows), _) => ColumnData::Time(rows.clone()),
        (FeatureData::Text(column), _) => ColumnData::Text(column.clone()),
    }
}
