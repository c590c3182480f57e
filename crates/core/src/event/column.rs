//! One column of a host's table, read whole.

use super::cell::{Cells, CellsBuilder};
use super::reader::Reader;
use crate::columns::Frame;
use crate::error::Result;
use crate::schema::Field;

/// The values of the column that `field` names, one for each row of the frame.
///
/// # Errors
/// `table_column` when there is no such column, or none of its values can be one of the field;
/// `table_value` for the first value that is not one, naming its row.
pub fn read_column(table: &str, field: &Field, frame: &Frame) -> Result<Cells> {
    let reader = Reader::must(table, field, frame)?;
    if let Some(numbers) = reader.numbers().filter(|_| !frame.by_row()) {
        return Ok(Cells::Number(numbers));
    }
    let mut cells = CellsBuilder::new(&field.kind);
    for row in 0..frame.len() {
        let cell = match frame.unread(row) {
            Some(error) => Err(error.clone()),
            None => reader.get(row),
        };
        cells.push(cell.map_err(|error| error.in_place(format!("row {row}")))?);
    }
    Ok(cells.finish())
}
