//! A customer table: the attributes of each `customer_id`, checked and completed by defaults, and,
//! where the table says so, since when they hold and which instants it asks about.
//!
//! With a column `valid_from` each row holds from that instant until the customer's next one; a
//! row without it holds since ever. A column `as_of` is read where the table itself asks the
//! questions: then each row is one, and holds from its `as_of` where it says nothing else.

use std::collections::{HashMap, HashSet};

use super::cell::{Cell, Cells, CellsBuilder};
use super::layout::identifier;
use super::reader::Reader;
use super::report::{IngestReport, Rejected};
use super::value::{default_cell, value_error};
use crate::columns::Frame;
use crate::error::{Error, Result};
use crate::schema::{Field, FieldType, Schema};
use crate::time::Timestamp;

/// The column that says since when a row holds.
pub const VALID_FROM: &str = "valid_from";
/// The column that says which instant a row asks about.
pub const AS_OF: &str = "as_of";

/// Attributes of customers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CustomerTable {
    /// The customer of each row, in the order given; no two rows of one hold from the same instant.
    pub ids: Vec<String>,
    /// One column for each attribute of the schema.
    pub attributes: Vec<Cells>,
    /// Since when each row holds, none for ever; where the table does not say, every row is the
    /// only one of its customer and holds for ever.
    pub valid_from: Option<Vec<Option<Timestamp>>>,
    /// What is asked, where the table was asked for it: a row of the customer, and the instant.
    pub questions: Vec<(usize, Timestamp)>,
}

impl CustomerTable {
    /// A table of nobody.
    #[must_use]
    pub fn empty(schema: &Schema) -> Self {
        let attributes = schema.attributes.iter().map(|field| Cells::of(&field.kind)).collect();
        Self { attributes, ..Self::default() }
    }

    /// Since when a row holds; none for ever.
    #[must_use]
    pub fn valid_from(&self, row: usize) -> Option<Timestamp> {
        self.valid_from.as_ref().and_then(|since| since[row])
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

/// Checks a table keyed by `customer_id` against the schema. Its column `as_of` is read where
/// `asking`.
///
/// Rows that are wrong are in the report, and not in the table. A customer's second row is wrong,
/// unless it holds from another instant; so is a second question about one instant.
///
/// # Errors
/// `table_column` when `customer_id` is not there or a column cannot be what it should be;
/// `argument` when the table is to ask and has no column `as_of`.
pub fn check_customers(
    schema: &Schema,
    frame: &Frame,
    asking: bool,
) -> Result<(CustomerTable, IngestReport)> {
    let fields = [identifier("customer_id"), instant(VALID_FROM), instant(AS_OF)];
    let columns = Columns {
        schema,
        frame,
        ids: Reader::must("customers", &fields[0], frame)?,
        valid_from: Reader::of(&fields[1], frame)?,
        as_of: if asking { Reader::of(&fields[2], frame)? } else { None },
        attributes: schema
            .attributes
            .iter()
            .map(|field| Reader::of(field, frame))
            .collect::<Result<Vec<_>>>()?,
    };
    if asking && columns.as_of.is_none() && !frame.is_empty() {
        return Err(no_instants());
    }
    let mut report = IngestReport { ignored_columns: columns.ignored(), ..IngestReport::default() };
    let mut kept = Kept::new(schema);
    for row in 0..frame.len() {
        match columns.read(row).and_then(|read| kept.take(read)) {
            Ok(()) => report.accepted += 1,
            Err(error) => {
                let error = error.in_place(format!("customer {row}"));
                report.rejected.push(Rejected::new(row, &error));
            }
        }
    }
    Ok((kept.finish(columns.valid_from.is_some() || columns.as_of.is_some()), report))
}

/// The error where nothing says which instants are asked about.
#[must_use]
pub fn no_instants() -> Error {
    let message = "expected an instant, a list of them or `{from, to, every}`, or else a column \
                   `as_of` in the table of customers";
    Error::argument(AS_OF, message)
}

fn instant(name: &str) -> Field {
    Field::new(name, FieldType::Timestamp)
}

/// The columns that are read.
struct Columns<'a> {
    schema: &'a Schema,
    frame: &'a Frame,
    ids: Reader<'a>,
    valid_from: Option<Reader<'a>>,
    as_of: Option<Reader<'a>>,
    /// One for each attribute of the schema.
    attributes: Vec<Option<Reader<'a>>>,
}

/// A row that is right by itself.
struct Row<'r> {
    id: &'r str,
    valid_from: Option<Timestamp>,
    as_of: Option<Timestamp>,
    cells: Vec<Cell<'r>>,
}

impl Columns<'_> {
    fn ignored(&self) -> Vec<String> {
        let read = |name: &str| match name {
            "customer_id" | VALID_FROM => true,
            AS_OF => self.as_of.is_some(),
            name => self.schema.attribute(name).is_some(),
        };
        self.frame.names().iter().filter(|name| !read(name)).cloned().collect()
    }

    fn read(&self, row: usize) -> Result<Row<'_>> {
        if let Some(error) = self.frame.unread(row) {
            return Err(error.clone());
        }
        let Cell::Text(id) = self.ids.get(row)? else {
            return Err(value_error("`customer_id` is missing".to_owned()));
        };
        let mut cells = Vec::with_capacity(self.attributes.len());
        for (field, reader) in self.schema.attributes.iter().zip(&self.attributes) {
            let cell = reader.as_ref().map_or(Ok(Cell::Missing), |reader| reader.get(row))?;
            if cell == Cell::Missing && field.required && field.default.is_none() {
                return Err(value_error(format!("`{}` is missing", field.name)));
            }
            cells.push(if cell == Cell::Missing { attribute_default(field) } else { cell });
        }
        let time = |reader: &Option<Reader<'_>>| match reader.as_ref().map(|own| own.get(row)) {
            Some(Ok(Cell::Time(at))) => Ok(Some(at)),
            Some(Err(error)) => Err(error),
            _ => Ok(None),
        };
        let as_of = time(&self.as_of)?;
        if as_of.is_none() && self.as_of.is_some() && self.valid_from.is_none() {
            return Err(value_error("`as_of` is missing".to_owned()));
        }
        let valid_from = time(&self.valid_from)?.or(as_of);
        Ok(Row { id, valid_from, as_of, cells })
    }
}

/// The rows that count.
struct Kept<'r> {
    table: CustomerTable,
    valid_from: Vec<Option<Timestamp>>,
    attributes: Vec<CellsBuilder>,
    /// The row of a customer that holds from an instant.
    rows: HashMap<(&'r str, Option<Timestamp>), usize>,
    asked: HashSet<(&'r str, Timestamp)>,
}

impl<'r> Kept<'r> {
    fn new(schema: &Schema) -> Self {
        Self {
            table: CustomerTable::default(),
            valid_from: Vec::new(),
            attributes: schema.attributes.iter().map(|f| CellsBuilder::new(&f.kind)).collect(),
            rows: HashMap::new(),
            asked: HashSet::new(),
        }
    }

    fn take(&mut self, row: Row<'r>) -> Result<()> {
        let Row { id, valid_from, as_of, cells } = row;
        if let Some(at) = as_of.filter(|at| self.asked.contains(&(id, *at))) {
            return Err(value_error(format!(
                "`{id}` is asked about twice as of `{at}`; the first row counts"
            )));
        }
        let known = self.rows.get(&(id, valid_from)).copied();
        // The same row once more may ask about another instant.
        let again = |row: usize| {
            as_of.is_some() && self.attributes.iter().zip(&cells).all(|(a, b)| a.get(row) == *b)
        };
        let row = match known {
            Some(row) if again(row) => row,
            Some(_) => {
                let since = valid_from.map(|at| format!(" with `valid_from` `{at}`"));
                return Err(value_error(format!(
                    "`{id}` appears twice{}; the first row counts",
                    since.unwrap_or_default()
                )));
            }
            None => {
                self.rows.insert((id, valid_from), self.table.ids.len());
                self.table.ids.push(id.to_owned());
                self.valid_from.push(valid_from);
                let columns = self.attributes.iter_mut();
                columns.zip(&cells).for_each(|(column, cell)| column.push(*cell));
                self.table.ids.len() - 1
            }
        };
        if let Some(at) = as_of {
            self.asked.insert((id, at));
            self.table.questions.push((row, at));
        }
        Ok(())
    }

    fn finish(self, dated: bool) -> CustomerTable {
        CustomerTable {
            attributes: self.attributes.into_iter().map(CellsBuilder::finish).collect(),
            valid_from: dated.then_some(self.valid_from),
            ..self.table
        }
    }
}
