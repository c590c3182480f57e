//! A customer table: the attributes of each `customer_id`, checked and completed by defaults.

use std::collections::HashSet;

use super::cell::{Cell, Cells, CellsBuilder};
use super::layout::identifier;
use super::reader::Reader;
use super::report::{IngestReport, Rejected};
use super::value::{default_cell, value_error};
use crate::columns::Frame;
use crate::error::Result;
use crate::schema::{Field, Schema};

/// Attributes of customers, one row each.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CustomerTable {
    /// The customers, each once, in the order given.
    pub ids: Vec<String>,
    /// One column for each attribute of the schema.
    pub attributes: Vec<Cells>,
}

impl CustomerTable {
    /// A table of nobody.
    #[must_use]
    pub fn empty(schema: &Schema) -> Self {
        let attributes = schema.attributes.iter().map(|field| Cells::of(&field.kind)).collect();
        Self { ids: Vec::new(), attributes }
    }
}

/// What an attribute is where a customer has none.
#[must_use]
pub fn attribute_default(field: &Field) -> Cell<'_> {
    // The playbook refuses a default that is not a value of its field.
    field
        .default
        .as_ref()
        .and_then(|default| default_cell(field, default).ok())
        .unwrap_or(Cell::Missing)
}

/// Checks a default against its field, when a playbook is loaded.
///
/// # Errors
/// `table_value` when it is not a value of the field.
pub fn check_default(field: &Field) -> Result<()> {
    field.default.as_ref().map_or(Ok(()), |default| default_cell(field, default).map(|_| ()))
}

/// Checks a table keyed by `customer_id` against the schema.
///
/// Rows that are wrong are in the report, and not in the table. A customer's second row is wrong.
///
/// # Errors
/// `table_column` when `customer_id` is not there or a column cannot be an attribute.
pub fn check_customers(schema: &Schema, frame: &Frame) -> Result<(CustomerTable, IngestReport)> {
    let id_field = identifier("customer_id");
    let ids = Reader::must("customers", &id_field, frame)?;
    let readers = schema
        .attributes
        .iter()
        .map(|field| Reader::of(field, frame))
        .collect::<Result<Vec<_>>>()?;
    let mut report = IngestReport {
        ignored_columns: frame
            .names()
            .iter()
            .filter(|name| *name != "customer_id" && schema.attribute(name).is_none())
            .cloned()
            .collect(),
        ..IngestReport::default()
    };
    let mut table = CustomerTable::default();
    let mut attributes: Vec<CellsBuilder> =
        schema.attributes.iter().map(|field| CellsBuilder::new(&field.kind)).collect();
    let mut seen = HashSet::new();
    let mut cells = Vec::with_capacity(readers.len());
    for row in 0..frame.len() {
        cells.clear();
        let checked = (|| {
            if let Some(error) = frame.unread(row) {
                return Err(error.clone());
            }
            let Cell::Text(id) = ids.get(row)? else {
                return Err(value_error("`customer_id` is missing".to_owned()));
            };
            for (field, reader) in schema.attributes.iter().zip(&readers) {
                let cell = reader.as_ref().map_or(Ok(Cell::Missing), |reader| reader.get(row))?;
                if cell == Cell::Missing && field.required && field.default.is_none() {
                    return Err(value_error(format!("`{}` is missing", field.name)));
                }
                cells.push(if cell == Cell::Missing { attribute_default(field) } else { cell });
            }
            if !seen.insert(id) {
                return Err(value_error(format!("`{id}` appears twice; the first row counts")));
            }
            Ok(id)
        })();
        match checked {
            Ok(id) => {
                table.ids.push(id.to_owned());
                let columns = attributes.iter_mut();
                columns.zip(&cells).for_each(|(column, cell)| column.push(*cell));
                report.accepted += 1;
            }
            Err(error) => {
                let error = error.in_place(format!("customer {row}"));
                report.rejected.push(Rejected::new(row, &error));
            }
        }
    }
    table.attributes = attributes.into_iter().map(CellsBuilder::finish).collect();
    Ok((table, report))
}
