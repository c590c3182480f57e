//! From a table to the rows a model reads, matched by name.

use std::collections::HashMap;
use std::sync::Arc;

use ndarray::{Array2, ArrayView1, ShapeBuilder as _};

use super::model::{Input, InputKind, Model};
use crate::columns::{Frame, MISSING_TEXT};
use crate::error::{Error, ErrorCode, Result, did_you_mean};
use crate::event::{Cells, read_column};
use crate::features::{FeatureColumn, FeatureData, FeatureTable, FeatureType, Keys};
use crate::schema::{Field, FieldType};

impl Model {
    /// The rows of `table` in the form this model reads: `table.len() × self.inputs().len()`.
    ///
    /// Columns are found by name and may stand in any order beside others. A category is carried
    /// over by its name; one that the model has never seen is a
    /// number beyond its dictionary.
    ///
    /// # Errors
    /// [`ErrorCode::ModelShape`], naming the feature, when the table does not have it or has it
    /// with another type.
    pub fn rows_of(&self, table: &FeatureTable) -> Result<Array2<f64>> {
        // Column by column, as they come and as a forest asks for them.
        let mut rows = Array2::zeros((table.len(), self.inputs().len()).f());
        for (input, mut into) in self.inputs().iter().zip(rows.columns_mut()) {
            let column = table.column(&input.name).ok_or_else(|| missing(input, table))?;
            let values = column.numbers().ok_or_else(|| mismatch(input, column))?;
            let Some(codes) = translation(input, column)? else {
                into.assign(&ArrayView1::from(&*values));
                continue;
            };
            for (into, &value) in into.iter_mut().zip(&*values) {
                *into = translated(&codes, value);
            }
        }
        Ok(rows)
    }

    /// The same of a host's table, which has a column for each feature that the model reads:
    /// booleans and categories as such, missing where missing.
    ///
    /// # Errors
    /// [`ErrorCode::TableColumn`] and [`ErrorCode::TableValue`] when a column or value is not what
    /// the feature is.
    pub fn rows_of_frame(&self, frame: &Frame) -> Result<Array2<f64>> {
        let columns = self.inputs().iter().map(|input| column_of(input, frame));
        let columns = columns.collect::<Result<_>>()?;
        let keys = Keys {
            customers: Arc::new([""].into_iter().collect()),
            customer: vec![0; frame.len()].into(),
            as_of: vec![0; frame.len()].into(),
        };
        self.rows_of(&FeatureTable::new(keys, columns)?)
    }
}

/// The column of a host's table that a model's input is.
fn column_of(input: &Input, frame: &Frame) -> Result<FeatureColumn> {
    let (field, feature) = match &input.kind {
        InputKind::Number => (FieldType::Number, FeatureType::Number),
        InputKind::Bool => (FieldType::Bool, FeatureType::Bool),
        // Any name may come: one that the model has not seen is missing to it.
        InputKind::Category { .. } => (
            FieldType::Category { values: Vec::new() },
            FeatureType::Category { values: Vec::new() },
        ),
    };
    let cells = read_column("rows", &Field::new(&input.name, field), frame)?;
    let (kind, rows) = match cells {
        Cells::Text { codes, values } => {
            let code = |code: u32| {
                if code == MISSING_TEXT { f64::NAN } else { f64::from(code) }
            };
            (FeatureType::Category { values }, codes.into_iter().map(code).collect())
        }
        Cells::Bool(rows) => {
            let number = |truth: Option<bool>| truth.map_or(f64::NAN, |t| f64::from(u8::from(t)));
            (feature, rows.into_iter().map(number).collect())
        }
        Cells::Number(rows) => (feature, rows),
        // No input is an instant.
        Cells::Time(rows) => (feature, vec![f64::NAN; rows.len()]),
    };
    Ok(FeatureColumn { name: input.name.clone(), kind, data: FeatureData::Number(rows.into()) })
}

/// The model's index for each index of the table's dictionary; none for an input that has none.
fn translation(input: &Input, column: &FeatureColumn) -> Result<Option<Vec<f64>>> {
    let found = InputKind::of(&column.kind).ok_or_else(|| mismatch(input, column))?;
    match (&input.kind, &found) {
        (InputKind::Number, InputKind::Number) | (InputKind::Bool, InputKind::Bool) => Ok(None),
        (InputKind::Category { values: known }, InputKind::Category { values: names }) => {
            let known: HashMap<&str, u32> = known.iter().map(String::as_str).zip(0..).collect();
            let unseen = u32::try_from(known.len()).unwrap_or(u32::MAX);
            let code = |name: &String| known.get(name.as_str()).copied().unwrap_or(unseen).into();
            Ok(Some(names.iter().map(code).collect()))
        }
        _ => Err(mismatch(input, column)),
    }
}

fn translated(codes: &[f64], value: f64) -> f64 {
    if value < 0.0 || value.is_nan() {
        return f64::NAN;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and a number too large is past the end"
    )]
    codes.get(value as usize).copied().unwrap_or(f64::NAN)
}

fn missing(input: &Input, table: &FeatureTable) -> Error {
    let near = did_you_mean(&input.name, table.columns.iter().map(|column| column.name.as_str()));
    let message = format!("the model needs this feature and the table does not have it{near}");
    Error::new(ErrorCode::ModelShape, "feature", message).at_path(&input.name)
}

fn mismatch(input: &Input, column: &FeatureColumn) -> Error {
    let found = InputKind::of(&column.kind).map_or("not a model input", |kind| kind.name());
    let message = format!("is {found}; the model was trained on {}", input.kind.name());
    Error::new(ErrorCode::ModelShape, "feature", message).at_path(&input.name)
}
