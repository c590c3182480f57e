//! A host's value, checked against the field that it is to be a value of.

use serde_json::Value as Json;

use super::Cell;
use crate::error::{Error, ErrorCode, Result, did_you_mean};
use crate::math;
use crate::schema::{Field, FieldType, Literal};
use crate::time::{Timestamp, Zone};

/// A host's number as a value of a numeric or boolean field.
pub(super) fn numeric(field: &Field, x: f64) -> Result<Cell<'static>> {
    match &field.kind {
        _ if x.is_nan() => Ok(Cell::Missing),
        FieldType::Bool if x == 0.0 || x == 1.0 => Ok(Cell::Bool(x != 0.0)),
        FieldType::Number => number(field, x),
        _ => Err(wrong(field, &x.to_string())),
    }
}

/// A JSON value as a value of the field.
pub(super) fn json<'a>(field: &Field, value: &'a Json) -> Result<Cell<'a>> {
    match (value, &field.kind) {
        (Json::Null, _) => Ok(Cell::Missing),
        (Json::Number(x), FieldType::Number) => number(field, x.as_f64().unwrap_or(f64::NAN)),
        (Json::Bool(truth), FieldType::Bool) => Ok(Cell::Bool(*truth)),
        (Json::String(text), FieldType::Number | FieldType::Bool) => {
            Err(wrong(field, &format!("\"{text}\"")))
        }
        (Json::String(text), _) => parse(field, text),
        (value, _) => Err(wrong(field, &value.to_string())),
    }
}

/// A text as a value of the field; an empty text is missing, but for free text.
pub(super) fn parse<'a>(field: &Field, text: &'a str) -> Result<Cell<'a>> {
    if text.trim().is_empty() && field.kind != FieldType::Text {
        return Ok(Cell::Missing);
    }
    match &field.kind {
        FieldType::Number => match math::decimal(text.trim()) {
            Some(x) => number(field, x),
            _ => Err(wrong(field, &format!("\"{text}\""))),
        },
        FieldType::Bool => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Ok(Cell::Bool(true)),
            "false" | "0" | "no" => Ok(Cell::Bool(false)),
            _ => Err(wrong(field, &format!("\"{text}\""))),
        },
        FieldType::Category { values } => {
            if values.is_empty() || values.iter().any(|known| known == text) {
                return Ok(Cell::Text(text));
            }
            let near = did_you_mean(text, values.iter().map(String::as_str));
            let all = values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>();
            Err(value_error(format!(
                "`{}` is \"{text}\", which is not one of {}{near}",
                field.name,
                all.join(", ")
            )))
        }
        FieldType::Text => Ok(Cell::Text(text)),
        FieldType::Timestamp => Timestamp::parse(text)
            .map(Cell::Time)
            .map_err(|error| value_error(format!("`{}`: {}", field.name, error.message()))),
        FieldType::Timezone => Zone::named(text)
            .map(|_| Cell::Text(text))
            .map_err(|error| value_error(format!("`{}`: {}", field.name, error.message()))),
    }
}

fn number(field: &Field, x: f64) -> Result<Cell<'static>> {
    if !x.is_finite() {
        return Err(wrong(field, &x.to_string()));
    }
    if let Some(min) = field.min.filter(|min| x < *min) {
        return Err(value_error(format!("`{}` is {x}, below its least value {min}", field.name)));
    }
    if let Some(max) = field.max.filter(|max| x > *max) {
        return Err(value_error(format!(
            "`{}` is {x}, above its greatest value {max}",
            field.name
        )));
    }
    Ok(Cell::Number(crate::math::finite(x)))
}

fn wrong(field: &Field, found: &str) -> Error {
    let what = match field.kind {
        FieldType::Number => "a number",
        FieldType::Bool => "true or false",
        FieldType::Category { .. } => "one of the category's names",
        FieldType::Text => "a text",
        FieldType::Timestamp => "a time in ISO 8601",
        FieldType::Timezone => "the name of a time zone",
    };
    value_error(format!("`{}` is {found}; expected {what}", field.name))
}

pub(super) fn value_error(message: String) -> Error {
    Error::new(ErrorCode::TableValue, "", message)
}

/// A default as a cell of the field.
pub(super) fn default_cell<'a>(field: &Field, default: &'a Literal) -> Result<Cell<'a>> {
    match (default, &field.kind) {
        (Literal::Bool(truth), FieldType::Bool) => Ok(Cell::Bool(*truth)),
        (Literal::Number(x), FieldType::Number) => number(field, *x),
        (Literal::Text(text), kind) if !matches!(kind, FieldType::Number | FieldType::Bool) => {
            parse(field, text)
        }
        (other, _) => Err(wrong(
            field,
            &match other {
                Literal::Bool(truth) => truth.to_string(),
                Literal::Number(x) => x.to_string(),
                Literal::Text(text) => format!("\"{text}\""),
            },
        )),
    }
}
