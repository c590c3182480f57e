//! Reads `[customer]` and `[events]`.

use super::check_name;
use super::document::{Node, TableReader};
use crate::error::{ErrorCode, Result};
use crate::event::{EVENT_COLUMNS, VALID_FROM, check_default};
use crate::schema::{EventType, Field, FieldType, Literal, Schema};

const TYPES: [&str; 6] = ["number", "category", "bool", "timestamp", "text", "timezone"];

pub(super) fn read(root: &mut TableReader) -> Result<Schema> {
    let mut schema = Schema::default();
    if let Some(customer) = root.take("customer") {
        for (name, node) in customer.entries()? {
            check_name(&name, &node)?;
            if name == "customer_id" {
                return Err(node.key_error(
                    ErrorCode::PlaybookKey,
                    "`customer_id` is there without being declared",
                ));
            }
            if name == VALID_FROM {
                return Err(node.key_error(
                    ErrorCode::PlaybookKey,
                    "`valid_from` says since when a row of customers holds; choose another name",
                ));
            }
            schema.attributes.push(field(&name, node)?);
        }
    }
    if let Some(events) = root.take("events") {
        for (name, node) in events.entries()? {
            check_name(&name, &node)?;
            let mut properties = Vec::new();
            for (property, node) in node.entries()? {
                check_name(&property, &node)?;
                if EVENT_COLUMNS.contains(&property.as_str()) {
                    return Err(node.key_error(
                        ErrorCode::PlaybookKey,
                        format!("`{property}` is there in every event without being declared"),
                    ));
                }
                properties.push(field(&property, node)?);
            }
            schema.events.push(EventType { name, properties });
        }
    }
    Ok(schema)
}

/// A field: `{ type = "number", … }`, or the name of the type alone.
fn field(name: &str, node: Node) -> Result<Field> {
    let mut field = Field::new(name, FieldType::Number);
    if node.is_string() {
        field.kind = field_type(node.one_of(&TYPES)?, Vec::new());
        return Ok(field);
    }
    let mut table = node.table()?;
    // A number with a unit needs no type: `amount = { unit = "usd" }`.
    let kind = table.take("type");
    let unit = table.take("unit");
    let kind = match kind {
        Some(kind) => kind.one_of(&TYPES)?,
        None if unit.is_some() => "number",
        None => return Err(table.error(ErrorCode::PlaybookKey, "the key `type` is missing")),
    };
    let mut values = Vec::new();
    if kind == "category"
        && let Some(node) = table.take("values")
    {
        for value in node.array()? {
            let name = value.string()?.to_owned();
            if values.contains(&name) {
                return Err(
                    value.error(ErrorCode::PlaybookValue, format!("`{name}` is there twice"))
                );
            }
            values.push(name);
        }
    }
    field.kind = field_type(kind, values);
    field.unit = unit.map(|unit| unit.string().map(str::to_owned)).transpose()?;
    if kind == "number" {
        field.min = table.take("min").map(|node| node.number()).transpose()?;
        field.max = match table.take("max") {
            Some(node) => Some(node.number_in(field.min.unwrap_or(f64::MIN), f64::MAX)?),
            None => None,
        };
    }
    if let Some(node) = table.take("required") {
        field.required = node.boolean()?;
    }
    if let Some(node) = table.take("default") {
        field.default = Some(if node.is_boolean() {
            Literal::Bool(node.boolean()?)
        } else if node.is_number() {
            Literal::Number(node.number()?)
        } else {
            Literal::Text(node.string()?.to_owned())
        });
        check_default(&field)
            .map_err(|error| node.error(ErrorCode::PlaybookValue, error.message()))?;
    }
    table.finish()?;
    Ok(field)
}

fn field_type(name: &str, values: Vec<String>) -> FieldType {
    match name {
        "number" => FieldType::Number,
        "category" => FieldType::Category { values },
        "bool" => FieldType::Bool,
        "timestamp" => FieldType::Timestamp,
        "timezone" => FieldType::Timezone,
        _ => FieldType::Text,
    }
}
