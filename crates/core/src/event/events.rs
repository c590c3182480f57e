//! A table of events, checked against the schema and read row by row as words.

use super::cell::{Cell, Dictionary};
use super::divided::{Divided, Timing};
use super::groups::{Groups, RowsOf};
use super::identity::Identifiers;
use super::layout::{Layout, PROPERTIES, TIME, WordType};
use super::reach::{Reach, Sieve};
use super::reader::{self, Reader, Rows, WordReader};
use super::value::value_error;
use super::word;
use crate::columns::{ColumnData, Frame};
use crate::error::{Error, ErrorCode, Result, did_you_mean};
use crate::schema::{Field, Schema};
use crate::time::Timestamp;

/// The columns that an event table may have besides properties; the first three it must have.
pub const EVENT_COLUMNS: [&str; 6] =
    ["customer_id", "timestamp", "type", "event_id", "revision", "deleted"];

/// What stands beside the words of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// Which version of the event it is: the greatest counts.
    pub revision: u32,
    /// Whether it says that the event is gone.
    pub deleted: bool,
}

/// The columns of an event table, checked against the schema.
pub struct EventColumns<'a> {
    schema: &'a Schema,
    frame: &'a Frame,
    layout: &'a Layout,
    customer: Identifiers<'a>,
    time: Reader<'a>,
    kind: Kinds<'a>,
    id: Option<Identifiers<'a>>,
    revision: Option<Reader<'a>>,
    deleted: Option<Reader<'a>>,
    /// For each event type, a reader of each property that the table has.
    properties: Vec<Vec<Option<Reader<'a>>>>,
    /// One for each property with a dictionary of the data.
    dictionaries: Vec<Dictionary>,
}

impl<'a> EventColumns<'a> {
    /// Checks the columns of `frame`.
    ///
    /// # Errors
    /// `table_column` when a column that must be there is not, or cannot be what it should be.
    pub fn new(schema: &'a Schema, layout: &'a Layout, frame: &'a Frame) -> Result<Self> {
        let head = &layout.head;
        let customer = Identifiers::must("events", &head.customer, frame)?;
        let time = Reader::must("events", &head.time, frame)?;
        let kind = Kinds::of(schema, &head.kind, frame)?;
        let mut dictionaries = vec![Dictionary::default(); layout.dictionaries];
        let mut properties = Vec::with_capacity(schema.events.len());
        for (event, kinds) in schema.events.iter().zip(&layout.types) {
            let fields = event.properties.iter().zip(&kinds.properties);
            let readers = fields.map(|(field, kind)| {
                let reader = Reader::of(field, frame)?;
                if let (Some(reader), WordType::Open(at)) = (&reader, kind) {
                    dictionaries[*at] = reader::dictionary(reader);
                }
                Ok(reader)
            });
            properties.push(readers.collect::<Result<Vec<_>>>()?);
        }
        if i32::try_from(frame.len()).is_err() {
            let message = "has 2^31 rows or more; divide it";
            return Err(Error::new(ErrorCode::TableColumn, "events", message));
        }
        Ok(Self {
            schema,
            frame,
            layout,
            customer,
            time,
            kind,
            id: Identifiers::of(&head.id, frame)?,
            revision: Reader::of(&head.revision, frame)?,
            deleted: Reader::of(&head.deleted, frame)?,
            properties,
            dictionaries,
        })
    }
}

/// A checked table of events by customer. Rows that are wrong are found when they are read.
pub struct EventTable<'c> {
    columns: &'c EventColumns<'c>,
    groups: Groups,
    /// For each code of the column of types, the type; the greatest number of all for none.
    kinds: Vec<usize>,
    time: WordReader<'c>,
    revision: Option<WordReader<'c>>,
    deleted: Option<WordReader<'c>>,
    /// For each event type, its properties.
    properties: Vec<Vec<Property<'c>>>,
}

/// A property's column, if the table has it.
struct Property<'c> {
    field: &'c Field,
    reader: Option<WordReader<'c>>,
}

/// The column of event types.
enum Kinds<'a> {
    /// The type of each text of the dictionary.
    Coded { codes: &'a [u32], kinds: Vec<Option<usize>> },
    /// Whatever else it is.
    Named(Identifiers<'a>),
}

impl<'c> EventTable<'c> {
    /// The table of these columns, its rows grouped by customer.
    #[must_use]
    pub fn new(columns: &'c EventColumns<'c>) -> Self {
        let word_reader = |reader: &'c Option<Reader<'c>>, kind: &'c WordType| {
            reader.as_ref().map(|reader| WordReader::new(reader, kind, &[]))
        };
        let types = columns.schema.events.iter().zip(&columns.layout.types);
        let properties = types.zip(&columns.properties).map(|((event, kinds), readers)| {
            let fields = event.properties.iter().zip(&kinds.properties).zip(readers);
            let property =
                |((field, kind), reader): ((_, &'c WordType), &'c Option<Reader<'c>>)| {
                    let dictionary = match kind {
                        WordType::Open(at) => &columns.dictionaries[*at][..],
                        _ => &[],
                    };
                    let reader = reader.as_ref();
                    let reader = reader.map(|reader| WordReader::new(reader, kind, dictionary));
                    Property { field, reader }
                };
            fields.map(property).collect()
        });
        // More rows are refused with the columns.
        let rows = u32::try_from(columns.frame.len()).unwrap_or(u32::MAX);
        Self {
            columns,
            groups: Groups::of(&columns.customer, rows),
            kinds: columns.kind.numbers(),
            time: WordReader::new(&columns.time, &WordType::Time, &[]),
            revision: word_reader(&columns.revision, &WordType::Number),
            deleted: word_reader(&columns.deleted, &WordType::Bool),
            properties: properties.collect(),
        }
    }

    /// When the event of a row happened, in microseconds since 1970; none where that is missing or
    /// wrong.
    #[must_use]
    pub fn time(&self, row: usize) -> Option<i64> {
        self.time.word(row).filter(|time| *time != word::MISSING)
    }

    /// The instant before which no row of a customer is, right or wrong; none where that takes more
    /// than a look at each row.
    #[must_use]
    pub fn earliest(&self, customer: usize) -> Option<i64> {
        let times = self.time.times()?;
        match self.groups.rows_of(customer) {
            RowsOf::Together(rows) => {
                times[rows.start as usize..rows.end as usize].iter().copied().min()
            }
            RowsOf::Apart(rows) => rows.iter().map(|row| times[*row as usize]).min(),
        }
    }

    /// How the events stand in words.
    #[must_use]
    pub fn layout(&self) -> &'c Layout {
        self.columns.layout
    }

    /// The rows by customer.
    #[must_use]
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// The sorted texts of each property with an open dictionary.
    #[must_use]
    pub fn dictionaries(&self) -> &[Dictionary] {
        &self.columns.dictionaries
    }

    /// Whether events have identities.
    #[must_use]
    pub fn identified(&self) -> bool {
        self.columns.id.is_some()
    }

    /// Appends the words of a row to those of its type in `logs`, and gives the type; none where
    /// the row is wrong, and then nothing is appended.
    pub fn read(&self, row: usize, logs: &mut [Vec<i64>]) -> Option<usize> {
        let kind = self.columns.kind.get(self.columns.schema, row)?;
        let time = self.time(row)?;
        let identity = match &self.columns.id {
            None => word::MISSING,
            Some(id) => id.get(row).ok()?.map_or(word::MISSING, |id| word::of_identity(&id)),
        };
        let gone = self.deletes(row);
        let log = &mut logs[kind];
        let start = log.len();
        log.extend_from_slice(&[time, identity]);
        for property in &self.properties[kind] {
            let Some(word) = property.word(row, gone) else {
                log.truncate(start);
                return None;
            };
            log.push(word);
        }
        Some(kind)
    }

    /// What lets the rows pass that are inside the reach of their type, and of types with a column
    /// in which some row may be wrong, all; none where all pass.
    ///
    /// Cost: one pass over each column of numbers or instants of a type that is not read whole, on
    /// so many threads.
    #[must_use]
    pub fn sieve(&self, reaches: &[Reach], threads: usize) -> Option<Sieve> {
        let Kinds::Coded { kinds, .. } = &self.columns.kind else { return None };
        self.time.times().filter(|_| !self.identified() && !self.marked())?;
        let mut reaches = reaches.to_vec();
        // Types may share a column.
        let mut known: Vec<(&WordReader<'_>, bool)> = Vec::new();
        for (reach, properties) in reaches.iter_mut().zip(&self.properties) {
            let read_whole = *reach == Reach::ALL;
            for property in properties.iter().filter(|_| !read_whole) {
                let all_right = match &property.reader {
                    None => true,
                    Some(reader) => {
                        let same = known.iter().find(|(other, _)| other.reads_like(reader));
                        let right =
                            same.map_or_else(|| reader.is_right(threads), |(_, right)| *right);
                        known.push((reader, right));
                        right
                    }
                };
                if property.field.required || !all_right {
                    *reach = Reach::ALL;
                    break;
                }
            }
        }
        Sieve::new(kinds, &reaches)
    }

    /// Divides the rows of a customer among their types: all of them, or those that `sieve` lets
    /// pass, where their order in time is known. Nothing where rows have to be looked at one by one:
    /// one has no type or no instant, or the table has identities.
    pub fn divide(
        &self,
        customer: usize,
        sieve: Option<&Sieve>,
        divided: &mut Divided,
    ) -> Option<Timing> {
        let Kinds::Coded { codes, .. } = &self.columns.kind else { return None };
        let times = self.time.times().filter(|_| !self.identified() && !self.marked())?;
        let kind = |code: u32| self.kinds.get(code as usize).copied().unwrap_or(usize::MAX);
        if let RowsOf::Together(rows) = self.groups.rows_of(customer)
            && let Some(sieve) = sieve.filter(|_| Sieve::IS_USED)
        {
            let range = rows.start as usize..rows.end as usize;
            let (codes, times) = (&codes[range.clone()], &times[range]);
            if divided.sift(sieve, (rows.start, codes, times), kind)? {
                return timing([times.first(), times.last()].into_iter().flatten().copied())
                    .map(|timing| Timing { rising: true, ..timing });
            }
        }
        let rows = || self.groups.rows(customer);
        // A table has fewer than 2^32 rows.
        let number = |row: usize| u32::try_from(row).unwrap_or(u32::MAX);
        divided.add(rows().map(|row| (number(row), kind(codes[row]))))?;
        timing(rows().map(|row| times[row]))
    }

    /// Appends the words of rows that were divided to those of their types in `logs`, column by
    /// column, which is several times as fast as row by row; false where one is wrong, and then
    /// something may have been appended.
    pub fn read_divided(&self, divided: &Divided, logs: &mut [Vec<i64>]) -> bool {
        let Some(times) = self.time.times() else { return false };
        let mut kinds = logs.iter_mut().enumerate();
        kinds.all(|(kind, log)| {
            let rows = divided.of(kind);
            let (start, stride) = (log.len(), self.columns.layout.types[kind].stride());
            log.resize(start + rows.len() * stride, word::MISSING);
            let log = &mut log[start..];
            for (words, row) in log.chunks_exact_mut(stride).zip(rows) {
                words[TIME] = times[*row as usize];
            }
            let mut columns = self.properties[kind].iter().enumerate();
            rows.is_empty()
                || columns.all(|(at, property)| match &property.reader {
                    None => !property.field.required,
                    Some(reader) => {
                        let mut words = Rows { log, stride, at: PROPERTIES + at };
                        reader.column(rows, &mut words, property.field.required)
                    }
                })
        })
    }

    /// What a row of an event with an identity says of its version; none where that is wrong.
    #[must_use]
    pub fn mark(&self, row: usize) -> Option<Mark> {
        let word = |reader: &Option<WordReader<'_>>| match reader {
            None => Some(word::MISSING),
            Some(reader) => reader.word(row),
        };
        let revision = match word(&self.revision)? {
            word::MISSING => 0.0,
            known => word::number(known),
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "compared with what it was"
        )]
        let whole = revision as u32;
        let deleted = word(&self.deleted)? == 1;
        (f64::from(whole) == revision).then_some(Mark { revision: whole, deleted })
    }

    /// Whether a row says that its event is gone. Such a row need not repeat the properties.
    fn deletes(&self, row: usize) -> bool {
        self.deleted.as_ref().is_some_and(|deleted| deleted.word(row) == Some(1))
    }

    /// Whether rows may say that they correct or delete events.
    #[must_use]
    pub fn marked(&self) -> bool {
        self.revision.is_some() || self.deleted.is_some()
    }

    /// The identity of a row's event, as the host wrote it.
    #[must_use]
    pub fn event_id(&self, row: usize) -> Option<String> {
        Some(self.columns.id.as_ref()?.get(row).ok()??.into_owned())
    }

    /// Columns that the playbook does not know.
    #[must_use]
    pub fn ignored_columns(&self) -> Vec<String> {
        let known = |name: &str| {
            EVENT_COLUMNS.contains(&name)
                || self.columns.schema.events.iter().any(|event| event.property(name).is_some())
        };
        self.columns.frame.names().iter().filter(|name| !known(name)).cloned().collect()
    }

    /// The instant of the latest event that is right.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        let mut latest = None;
        let mut logs = vec![Vec::new(); self.columns.layout.types.len()];
        for customer in 0..self.groups.customers.len() {
            for row in self.groups.rows(customer) {
                let time = self.time.word(row);
                if time > latest && self.read(row, &mut logs).is_some() {
                    latest = time;
                }
            }
        }
        Timestamp::from_micros(latest?).ok()
    }

    /// What is wrong with a row that could not be read.
    #[must_use]
    pub fn error(&self, row: usize) -> Error {
        let error = match self.columns.frame.unread(row) {
            Some(error) => error.clone(),
            None => self.check(row).err().unwrap_or_else(|| {
                Error::internal("a row that can be read was refused".to_owned())
            }),
        };
        error.in_place(format!("event {row}"))
    }

    fn check(&self, row: usize) -> Result<()> {
        let missing = |name: &str| value_error(format!("`{name}` is missing"));
        self.columns.customer.get(row)?.ok_or_else(|| missing("customer_id"))?;
        if self.time.get(row)? == Cell::Missing {
            return Err(missing("timestamp"));
        }
        let kind =
            self.columns.kind.name(self.columns.frame, row)?.ok_or_else(|| missing("type"))?;
        let Some(index) = self.columns.schema.event(&kind) else {
            let events = self.columns.schema.events.iter().map(|event| event.name.as_str());
            let near = did_you_mean(&kind, events);
            let message = format!("`{kind}` is not an event type of the playbook{near}");
            return Err(Error::new(ErrorCode::EventType, "", message));
        };
        let id = self.columns.id.as_ref().map_or(Ok(None), |id| id.get(row))?;
        for property in &self.properties[index] {
            let reader = property.reader.as_ref();
            let cell = reader.map_or(Ok(Cell::Missing), |reader| reader.get(row))?;
            if cell == Cell::Missing && property.field.required && !self.deletes(row) {
                return Err(value_error(format!(
                    "`{}` of `{kind}` is missing",
                    property.field.name
                )));
            }
        }
        for reader in [&self.revision, &self.deleted].into_iter().flatten() {
            reader.get(row)?;
        }
        match self.mark(row) {
            None => Err(value_error("`revision` is not a whole number".to_owned())),
            Some(mark) if id.is_none() && (mark.deleted || mark.revision > 0) => Err(value_error(
                "`event_id` is missing, and a correction or deletion needs it".to_owned(),
            )),
            Some(_) => Ok(()),
        }
    }
}

/// What the instants of rows say; nothing where one is none.
#[inline]
fn timing(times: impl Iterator<Item = i64>) -> Option<Timing> {
    let (mut earliest, mut latest, mut rising) = (i64::MAX, i64::MIN, true);
    for time in times {
        rising &= latest < time;
        latest = latest.max(time);
        earliest = earliest.min(time);
    }
    let right =
        latest == i64::MIN || (Timestamp::in_range(earliest) && Timestamp::in_range(latest));
    right.then_some(Timing { rising, earliest })
}

impl Property<'_> {
    /// The word of a row; none where it is wrong, or missing but required of what is not `gone`.
    #[inline]
    fn word(&self, row: usize, gone: bool) -> Option<i64> {
        let word = match &self.reader {
            None => word::MISSING,
            Some(reader) => reader.word(row)?,
        };
        (word != word::MISSING || gone || !self.field.required).then_some(word)
    }
}

impl<'a> Kinds<'a> {
    fn of(schema: &Schema, field: &'a Field, frame: &'a Frame) -> Result<Self> {
        if let Some(ColumnData::Text(column)) = frame.column(&field.name) {
            let kinds = column.values.iter().map(|name| schema.event(name)).collect();
            return Ok(Self::Coded { codes: &column.codes, kinds });
        }
        Identifiers::must("events", field, frame).map(Self::Named)
    }

    #[inline]
    fn get(&self, schema: &Schema, row: usize) -> Option<usize> {
        match self {
            Self::Coded { codes, kinds } => *kinds.get(codes[row] as usize)?,
            Self::Named(names) => schema.event(&names.get(row).ok()??),
        }
    }

    /// The type of each code; the greatest number of all for none.
    fn numbers(&self) -> Vec<usize> {
        let Self::Coded { kinds, .. } = self else { return Vec::new() };
        kinds.iter().map(|kind| kind.unwrap_or(usize::MAX)).collect()
    }

    /// The name of a row's type, as the host wrote it.
    fn name(&self, frame: &Frame, row: usize) -> Result<Option<String>> {
        match self {
            Self::Coded { .. } => Ok(match frame.column("type") {
                Some(ColumnData::Text(column)) => column.get(row).map(str::to_owned),
                _ => None,
            }),
            Self::Named(names) => Ok(names.get(row)?.map(std::borrow::Cow::into_owned)),
        }
    }
}
