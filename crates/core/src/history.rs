//! Events in their canonical order: of one customer (a state) or of many (a log for batches).
//!
//! The canonical order of events of one type is by time, then `event_id` (none first), then the
//! properties in the playbook's order. It depends on the events alone, so sums over it do not
//! depend on the order in which events came in.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorCode};
use crate::event::{Cell, Cells, EventRows, IngestReport, Rejected};
use crate::schema::Schema;
use crate::time::Timestamp;

/// Events of one type, column by column.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Log {
    /// When each happened, in microseconds.
    pub times: Vec<i64>,
    /// The host's own identity of each.
    pub ids: Vec<Option<String>>,
    /// One column for each property.
    pub properties: Vec<Cells>,
}

impl Log {
    /// No events of a type with these properties.
    fn empty(properties: Vec<Cells>) -> Self {
        Self { times: Vec::new(), ids: Vec::new(), properties }
    }

    /// The canonical order of two events.
    fn order(&self, a: usize, b: usize) -> Ordering {
        self.times[a]
            .cmp(&self.times[b])
            .then_with(|| self.ids[a].cmp(&self.ids[b]))
            .then_with(|| self.order_of_properties(a, b))
    }

    fn order_of_properties(&self, a: usize, b: usize) -> Ordering {
        let orders = self.properties.iter().map(|cells| cells.get(a).order(cells.get(b)));
        orders.fold(Ordering::Equal, Ordering::then)
    }

    /// The canonical order of an event and one that is not in the log.
    fn order_with(&self, row: usize, event: &NewEvent<'_>) -> Ordering {
        let properties = || {
            let pairs = self.properties.iter().zip(&event.properties);
            pairs
                .map(|(cells, cell)| cells.get(row).order(*cell))
                .fold(Ordering::Equal, Ordering::then)
        };
        self.times[row]
            .cmp(&event.time.as_micros())
            .then_with(|| self.ids[row].as_deref().cmp(&event.id))
            .then_with(properties)
    }
}

/// An event on its way into a history.
#[derive(Debug, Clone)]
pub struct NewEvent<'a> {
    /// Its type, by the index in the schema.
    pub kind: usize,
    /// When it happened.
    pub time: Timestamp,
    /// The host's own identity of it.
    pub id: Option<&'a str>,
    /// The properties of its type.
    pub properties: Vec<Cell<'a>>,
}

impl<'a> NewEvent<'a> {
    /// The event in row `at` of the rows of type `kind`.
    #[must_use]
    pub fn of(rows: &'a EventRows, kind: usize, at: usize) -> Self {
        let table = &rows.types[kind];
        Self {
            kind,
            time: table.times[at],
            id: table.ids[at].as_deref(),
            properties: table.properties.iter().map(|cells| cells.get(at)).collect(),
        }
    }
}

/// What became of an event on its way into a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insertion {
    /// It is part of the history now.
    New,
    /// It was there before.
    Duplicate,
    /// Another event has its `event_id`.
    Conflict,
}

impl Insertion {
    /// Enters it in a report, in which the event at row `index` is accepted so far.
    pub fn enter(self, report: &mut IngestReport, index: usize, id: Option<&str>) {
        match self {
            Self::New => {}
            Self::Duplicate => {
                report.accepted -= 1;
                report.duplicates += 1;
            }
            Self::Conflict => {
                report.accepted -= 1;
                let message = format!(
                    "`event_id` is `{}`, which this customer has already with other contents",
                    id.unwrap_or_default()
                );
                let error = Error::new(ErrorCode::EventConflict, format!("event {index}"), message);
                report.rejected.push(Rejected::new(index, &error));
                report.rejected.sort_by_key(|rejected| rejected.index);
            }
        }
    }
}

/// All events of one customer, exact; it serialises alone.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CustomerHistory {
    /// One log for each event type of the schema.
    logs: Vec<Log>,
    /// The type and time of each event that has an identity.
    ids: BTreeMap<String, (usize, i64)>,
}

impl CustomerHistory {
    /// The history of a customer of whom nothing is known.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        let log = |event: &crate::schema::EventType| {
            Log::empty(event.properties.iter().map(|field| Cells::of(&field.kind)).collect())
        };
        Self { logs: schema.events.iter().map(log).collect(), ids: BTreeMap::new() }
    }

    /// Takes an event in, at its place. Cost: a binary search and, for a late event, moving what
    /// came after it.
    pub fn insert(&mut self, event: &NewEvent<'_>) -> Insertion {
        if let Some(id) = event.id {
            if let Some(&(kind, time)) = self.ids.get(id) {
                let same = kind == event.kind
                    && time == event.time.as_micros()
                    && self.position(event).is_ok();
                return if same { Insertion::Duplicate } else { Insertion::Conflict };
            }
            self.ids.insert(id.to_owned(), (event.kind, event.time.as_micros()));
        }
        let at = self.position(event).unwrap_or_else(|at| at);
        let log = &mut self.logs[event.kind];
        log.times.insert(at, event.time.as_micros());
        log.ids.insert(at, event.id.map(str::to_owned));
        for (cells, cell) in log.properties.iter_mut().zip(&event.properties) {
            cells.insert(at, *cell);
        }
        Insertion::New
    }

    /// Where the event is, or where it belongs.
    fn position(&self, event: &NewEvent<'_>) -> Result<usize, usize> {
        let log = &self.logs[event.kind];
        let (mut at, mut end) = (0, log.times.len());
        // Most events come last: look there first.
        if end > 0 && log.order_with(end - 1, event) == Ordering::Less {
            return Err(end);
        }
        while at < end {
            let middle = at + (end - at) / 2;
            if log.order_with(middle, event) == Ordering::Less {
                at = middle + 1;
            } else {
                end = middle;
            }
        }
        let found = at < log.times.len() && log.order_with(at, event) == Ordering::Equal;
        if found { Ok(at) } else { Err(at) }
    }

    /// The events, to be read.
    #[must_use]
    pub fn view(&self) -> History<'_> {
        let all = |log| Events { log, range: 0..log.times.len() };
        History { types: self.logs.iter().map(all).collect() }
    }
}

impl CustomerHistory {
    /// Checks a history that was read from bytes: as many logs, columns and rows as the schema
    /// asks for, in canonical order.
    #[must_use]
    pub fn fits(&self, schema: &Schema) -> bool {
        self.logs.len() == schema.events.len()
            && self.logs.iter().zip(&schema.events).all(|(log, event)| {
                let rows = log.times.len();
                let columns = log.properties.iter().zip(&event.properties);
                log.ids.len() == rows
                    && log.properties.len() == event.properties.len()
                    && columns.clone().all(|(cells, field)| cells.fits(&field.kind, rows))
                    && log.times.iter().all(|time| Timestamp::from_micros(*time).is_ok())
                    && (1..rows).all(|row| log.order(row - 1, row) != Ordering::Greater)
            })
    }
}

/// Events of many customers, each type sorted by customer and canonical order.
#[derive(Debug, Clone, PartialEq)]
pub struct EventLog {
    /// The customers, sorted by their identifier.
    pub customers: Vec<String>,
    types: Vec<GroupedLog>,
}

/// The events of one type; those of customer `i` are the rows `starts[i]..starts[i + 1]`.
#[derive(Debug, Clone, PartialEq)]
struct GroupedLog {
    starts: Vec<usize>,
    log: Log,
}

impl EventLog {
    /// Groups checked events; duplicates and conflicts go into the report.
    #[must_use]
    pub fn new(mut rows: EventRows, report: &mut IngestReport) -> Self {
        drop_repeated(&mut rows, report);
        let mut customers: Vec<(String, u32)> = rows.customers.iter().cloned().zip(0..).collect();
        customers.sort_unstable();
        let mut rank = vec![0_u32; customers.len()];
        for (position, (_, code)) in (0_u32..).zip(&customers) {
            rank[*code as usize] = position;
        }
        let types = rows
            .types
            .into_iter()
            .map(|table| {
                let ranks: Vec<u32> =
                    table.customers.iter().map(|code| rank[*code as usize]).collect();
                let log = Log {
                    times: table.times.iter().map(|time| time.as_micros()).collect(),
                    ids: table.ids,
                    properties: table.properties,
                };
                GroupedLog::new(customers.len(), &ranks, &log)
            })
            .collect();
        Self { customers: customers.into_iter().map(|(id, _)| id).collect(), types }
    }

    /// The position of a customer in [`EventLog::customers`].
    #[must_use]
    pub fn find(&self, customer: &str) -> Option<usize> {
        self.customers.binary_search_by(|known| known.as_str().cmp(customer)).ok()
    }

    /// The events of a customer, by position; of one unknown there are none.
    #[must_use]
    pub fn view(&self, customer: Option<usize>) -> History<'_> {
        let range = |starts: &[usize]| match customer {
            Some(at) => starts[at]..starts[at + 1],
            None => 0..0,
        };
        let types = self
            .types
            .iter()
            .map(|grouped| Events { log: &grouped.log, range: range(&grouped.starts) });
        History { types: types.collect() }
    }

    /// The instant of the latest event of all.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        let latest =
            self.types.iter().filter_map(|grouped| grouped.log.times.iter().max()).max()?;
        Timestamp::from_micros(*latest).ok()
    }
}

impl GroupedLog {
    fn new(customers: usize, ranks: &[u32], log: &Log) -> Self {
        let mut order: Vec<usize> = (0..ranks.len()).collect();
        order.sort_unstable_by(|&a, &b| ranks[a].cmp(&ranks[b]).then_with(|| log.order(a, b)));
        let mut starts = vec![0; customers + 1];
        for rank in ranks {
            starts[*rank as usize + 1] += 1;
        }
        for at in 0..customers {
            starts[at + 1] += starts[at];
        }
        let log = Log {
            times: order.iter().map(|&row| log.times[row]).collect(),
            ids: order.iter().map(|&row| log.ids[row].clone()).collect(),
            properties: log.properties.iter().map(|cells| cells.select(&order)).collect(),
        };
        Self { starts, log }
    }
}

/// Takes out events whose customer and `event_id` came before; the first row counts.
fn drop_repeated(rows: &mut EventRows, report: &mut IngestReport) {
    let mut identified: Vec<(usize, usize, usize)> = Vec::new();
    for (kind, table) in rows.types.iter().enumerate() {
        let with_id = (0..table.ids.len()).filter(|at| table.ids[*at].is_some());
        identified.extend(with_id.map(|at| (table.rows[at], kind, at)));
    }
    identified.sort_unstable();
    let mut repeated: Vec<Vec<bool>> =
        rows.types.iter().map(|table| vec![false; table.rows.len()]).collect();
    let mut first: HashMap<(u32, &str), (usize, usize)> = HashMap::new();
    for (index, kind, at) in identified {
        let table = &rows.types[kind];
        let id = table.ids[at].as_deref().unwrap_or_default();
        let Some(&(first_kind, first_at)) = first.get(&(table.customers[at], id)) else {
            first.insert((table.customers[at], id), (kind, at));
            continue;
        };
        let same = first_kind == kind
            && table.times[first_at] == table.times[at]
            && table
                .properties
                .iter()
                .all(|cells| cells.get(first_at).order(cells.get(at)).is_eq());
        let outcome = if same { Insertion::Duplicate } else { Insertion::Conflict };
        outcome.enter(report, index, Some(id));
        repeated[kind][at] = true;
    }
    drop(first);
    for (table, repeated) in rows.types.iter_mut().zip(repeated) {
        if repeated.contains(&true) {
            let keep: Vec<usize> = (0..repeated.len()).filter(|at| !repeated[*at]).collect();
            table.rows = keep.iter().map(|&at| table.rows[at]).collect();
            table.customers = keep.iter().map(|&at| table.customers[at]).collect();
            table.times = keep.iter().map(|&at| table.times[at]).collect();
            table.ids = keep.iter().map(|&at| table.ids[at].clone()).collect();
            table.properties = table.properties.iter().map(|cells| cells.select(&keep)).collect();
        }
    }
}

/// One customer's events, to be read: one entry for each event type of the schema.
#[derive(Debug, Clone)]
pub struct History<'a> {
    /// The events by type.
    pub types: Vec<Events<'a>>,
}

/// One customer's events of one type: the rows `range` of a log.
#[derive(Debug, Clone)]
pub struct Events<'a> {
    /// Where they are.
    pub log: &'a Log,
    /// Which of its rows.
    pub range: Range<usize>,
}

impl<'a> Events<'a> {
    /// Those later than `after` and not later than `until`.
    #[must_use]
    pub fn between(&self, after: Option<Timestamp>, until: Timestamp) -> Events<'a> {
        let times = self.times();
        let start = after.map_or(0, |after| times.partition_point(|t| *t <= after.as_micros()));
        let end = times.partition_point(|t| *t <= until.as_micros()).max(start);
        Events { log: self.log, range: self.range.start + start..self.range.start + end }
    }

    /// When they happened, in microseconds, in order.
    #[must_use]
    pub fn times(&self) -> &'a [i64] {
        &self.log.times[self.range.clone()]
    }

    /// The number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }
}
