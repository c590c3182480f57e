//! Segments of rows that a host has already: features as columns, without events and an engine.

use serde_json::{Map, Value as Json};

use super::Playbook;
use super::people::Conditions;
use crate::columns::Frame;
use crate::error::{Error, ErrorCode, Result, did_you_mean};
use crate::event::{Cells, read_column};
use crate::expr::{Column, Input, Program, Type, Value};
use crate::features::{FeatureSet, value_of};
use crate::schema::{Field, FieldType, Schema};
use crate::threads;
use crate::time::Timestamp;

/// The fewest rows that are worth a thread.
const SHARE: usize = 2048;
/// How many rows are looked at together: what one condition needs of them stays in the nearest cache.
const BLOCK: usize = 1024;

/// Which rows are in which segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRows {
    /// The segments, in the playbook's order.
    pub names: Vec<String>,
    /// For each segment, whether each row is in it. Where the condition is missing, it is not.
    pub members: Vec<Vec<bool>>,
}

/// The conditions of the segments, bound to columns.
#[derive(Debug, Clone)]
pub(super) struct RowSegments {
    columns: Vec<Field>,
    programs: Vec<Program>,
}

impl RowSegments {
    /// # Errors
    /// `unsupported` where a segment reads what is not a column: events, the instant, the clocks.
    pub(super) fn new(
        schema: &Schema,
        features: &FeatureSet,
        segments: &Conditions,
    ) -> Result<Self> {
        let mut columns: Vec<Field> = Vec::new();
        let mut programs = Vec::with_capacity(segments.programs.len());
        for (name, program) in segments.names.iter().zip(&segments.programs) {
            let mut refused = false;
            programs.push(program.clone().bind(|input| {
                let Some(field) = column(schema, features, input) else {
                    refused = true;
                    return 0;
                };
                let known = columns.iter().position(|known| known.name == field.name);
                known.unwrap_or_else(|| {
                    columns.push(field);
                    columns.len() - 1
                })
            }));
            if refused {
                let message = "reads events or the instant itself, and rows have neither; make what \
                               it reads a feature";
                let error = Error::new(ErrorCode::Unsupported, "playbook", message);
                return Err(error.at_path(format!("segments.{name}")));
            }
        }
        Ok(Self { columns, programs })
    }

    /// For each segment, whether each row from `start` up to `end` is in it.
    fn members(&self, cells: &[Cells], start: usize, end: usize) -> Vec<Vec<bool>> {
        let columns: Vec<Column<'_>> = cells.iter().map(as_column).collect();
        let mut members = vec![Vec::with_capacity(end - start); self.programs.len()];
        for start in (start..end).step_by(BLOCK) {
            let rows = start..end.min(start + BLOCK);
            for (program, into) in self.programs.iter().zip(&mut members) {
                match program.holds(&columns, rows.clone()) {
                    Some(holds) => into.extend(holds),
                    None => into.extend(rows.clone().map(|row| {
                        let frame: Vec<_> =
                            cells.iter().map(|cells| value_of(cells.get(row))).collect();
                        program.eval(&frame) == Value::Bool(true)
                    })),
                }
            }
        }
        members
    }
}

fn as_column(cells: &Cells) -> Column<'_> {
    match cells {
        Cells::Number(rows) => Column::Numbers(rows),
        Cells::Bool(rows) => Column::Truths(rows),
        Cells::Text { codes, values } => Column::Texts { codes, values },
        Cells::Time(_) => Column::Other,
    }
}

/// The column that an input is: a feature by its name, an attribute as `customer.plan`, and
/// `health`, `churn` and `lifecycle`.
fn column(schema: &Schema, features: &FeatureSet, input: &Input) -> Option<Field> {
    let field = |name: &str, kind| Some(Field::new(name, kind));
    match input {
        Input::Feature(index) => {
            let spec = &features.specs[*index];
            field(&spec.name, type_of(spec.program.kind())?)
        }
        Input::Attribute(index) => {
            let known = &schema.attributes[*index];
            field(&format!("customer.{}", known.name), known.kind.clone())
        }
        Input::Health => field("health", FieldType::Number),
        Input::Churn => field("churn", FieldType::Number),
        Input::Lifecycle => field("lifecycle", FieldType::Text),
        _ => None,
    }
}

fn type_of(kind: &Type) -> Option<FieldType> {
    Some(match kind {
        Type::Number => FieldType::Number,
        Type::Bool => FieldType::Bool,
        Type::Text => FieldType::Text,
        Type::Category(values) => FieldType::Category { values: values.clone() },
        Type::Timestamp => FieldType::Timestamp,
        // No table has a column of these.
        Type::Duration => return None,
    })
}

/// A value of a row, as a condition reads it.
fn read<'v>(field: &Field, value: Option<&'v Json>) -> Result<Value<'v>> {
    let value = value.unwrap_or(&Json::Null);
    let read = match (&field.kind, value) {
        (_, Json::Null) => Some(Value::Missing),
        (FieldType::Number, Json::Number(number)) => number.as_f64().map(Value::number),
        (FieldType::Bool, Json::Bool(truth)) => Some(Value::Bool(*truth)),
        (FieldType::Timestamp, Json::String(text)) => Timestamp::parse(text).ok().map(Value::Time),
        (
            FieldType::Category { .. } | FieldType::Text | FieldType::Timezone,
            Json::String(text),
        ) => Some(Value::Text(text)),
        _ => None,
    };
    read.ok_or_else(|| {
        let message = format!("is `{value}`; expected a {}", field.kind.name());
        Error::new(ErrorCode::TableValue, "row", message).at_path(&field.name)
    })
}

impl Playbook {
    /// Which segments each row of a host's table is in, as a score has them. The table has a column
    /// for each feature that the conditions read, by its name, for each attribute as `customer.plan`,
    /// and `health`, `churn` and `lifecycle` where they are read; others are not looked at.
    /// `n_jobs` threads work at it, all cores by default, and change nothing.
    ///
    /// # Errors
    /// `table_column` and `table_value` when a column or value is not what is read; `unsupported`
    /// when a segment reads events or the instant itself.
    pub fn segment_rows(&self, rows: &Frame, n_jobs: Option<i64>) -> Result<SegmentRows> {
        let segments = self.0.row_segments.as_ref().map_err(Clone::clone)?;
        let read = |field: &Field| {
            if rows.column(&field.name).is_none() {
                let near = did_you_mean(&field.name, rows.names().iter().map(String::as_str));
                let message = format!("is not there, and a segment reads it{near}");
                let error = Error::new(ErrorCode::TableColumn, "column", message);
                return Err(error.at_path(&field.name));
            }
            read_column("rows", field, rows)
        };
        let cells = segments.columns.iter().map(read).collect::<Result<Vec<_>>>()?;
        let threads = threads::count(n_jobs)?;
        let share = threads::part_of(rows.len(), threads, SHARE);
        let starts: Vec<usize> = (0..rows.len()).step_by(share).collect();
        let mut parts = threads::map(starts, threads, |start| {
            segments.members(&cells, start, rows.len().min(start + share))
        })
        .into_iter();
        let none = || vec![Vec::new(); segments.programs.len()];
        let mut members = parts.next().unwrap_or_else(none);
        for part in parts {
            for (all, more) in members.iter_mut().zip(part) {
                all.extend(more);
            }
        }
        Ok(SegmentRows { names: self.segments().names.clone(), members })
    }

    /// The segments of one such row, which is an object with the columns as keys; null is missing,
    /// and so is what is not there.
    ///
    /// # Errors
    /// As [`Playbook::segment_rows`].
    pub fn segments_of(&self, row: &Map<String, Json>) -> Result<Vec<&str>> {
        let segments = self.0.row_segments.as_ref().map_err(Clone::clone)?;
        let read = |field: &Field| read(field, row.get(&field.name));
        let frame = segments.columns.iter().map(read).collect::<Result<Vec<_>>>()?;
        let named = self.segments().names.iter().zip(&segments.programs);
        let members = named.filter(|(_, program)| program.eval(&frame) == Value::Bool(true));
        Ok(members.map(|(name, _)| name.as_str()).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PLAYBOOK: &str = r#"
[playbook]
name = "rows"
[customer]
plan = { type = "category", values = ["free", "pro"] }
[events.login]
[features]
logins = 'count(login, "30d")'
plan = 'customer.plan'
[health]
bands = { bad = 0, good = 50 }
[health.factors.usage]
weight = 1
score = 'logins'
[segments]
busy = 'logins > 10.0'
paying = 'customer.plan in ["pro"]'
failing = 'health < 40.0 || logins < 2.0 && plan == "free"'
"#;

    fn frame(rows: Json) -> Frame {
        let Json::Array(rows) = rows else { panic!("not rows") };
        Frame::from_objects(rows).unwrap()
    }

    #[test]
    fn rows_are_in_the_segments_whose_conditions_hold_and_missing_is_not_in() {
        let playbook = Playbook::parse(PLAYBOOK).unwrap();
        let rows = json!([
            {"logins": 20, "customer.plan": "pro", "plan": "pro", "health": 90, "other": 1},
            {"logins": 1, "customer.plan": "free", "plan": "free", "health": null, "other": 1},
            {"logins": null, "customer.plan": null, "plan": null, "health": 3.5, "other": 1},
            {"logins": 1, "customer.plan": "free", "plan": null, "health": null, "other": 1},
        ]);
        let found = playbook.segment_rows(&frame(rows.clone()), Some(1)).unwrap();
        assert_eq!(found.names, ["busy", "paying", "failing"]);
        let (t, f) = (true, false);
        assert_eq!(found.members, [[t, f, f, f], [t, f, f, f], [f, t, t, f]]);
        for (at, row) in rows.as_array().unwrap().iter().enumerate() {
            let alone = playbook.segments_of(row.as_object().unwrap()).unwrap();
            let named = found.names.iter().zip(&found.members);
            let members = named.filter(|(_, rows)| rows[at]).map(|(name, _)| name.as_str());
            assert_eq!(alone, members.collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let playbook = Playbook::parse(PLAYBOOK).unwrap();
        let error = playbook.segment_rows(&frame(json!([{"logins": 1}])), Some(1)).unwrap_err();
        assert_eq!((error.code(), error.path()), (ErrorCode::TableColumn, Some("customer.plan")));
        let row = json!({"logins": "many"});
        let error = playbook.segments_of(row.as_object().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "row `logins`: is `\"many\"`; expected a number");
        let with = |segment: &str| {
            let text = format!("{PLAYBOOK}other = '{segment}'");
            Playbook::parse(&text).unwrap().segments_of(&Map::new()).unwrap_err()
        };
        for segment in ["count(login, \"7d\") > 3.0", "as_of > last(login)"] {
            let error = with(segment);
            let code = ErrorCode::Unsupported;
            assert_eq!((error.code(), error.path()), (code, Some("segments.other")));
        }
    }
}
