//! Both tables, read column by column.

use super::params::{Checked, Start};
use crate::columns::{Frame, MISSING_TIME};
use crate::error::{Error, ErrorCode, Result, did_you_mean};
use crate::event::{Cell, Groups, Head, Identifiers, Reader};
use crate::schema::{Field, FieldType};

/// What a row of events is for.
const START: u8 = 1;
const ACTIVITY: u8 = 2;

/// What the tables say.
#[derive(Debug)]
pub(super) struct Log {
    /// The customers in the order of their identifiers.
    pub(super) customers: Vec<Life>,
    /// The latest instant in the tables, or the one that was given; nothing of nobody.
    pub(super) until: Option<i64>,
    pub(super) not_started: u32,
    pub(super) unreadable: u32,
    /// The instants of the activity of all customers, with their amounts.
    active: Vec<(i64, f64)>,
}

/// One customer who has started.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) start: i64,
    /// When the customer left.
    pub(super) end: Option<i64>,
    /// Which part of the activity is theirs.
    active: (usize, usize),
}

impl Log {
    pub(super) fn active(&self, life: &Life) -> &[(i64, f64)] {
        &self.active[life.active.0..life.active.1]
    }

    pub(super) fn read(
        events: &Frame,
        customers: Option<&Frame>,
        asked: &Checked<'_>,
    ) -> Result<Self> {
        let events = Events::read(events, asked)?;
        let (people, mut unreadable) = match &asked.params.start {
            Start::Attribute(name) => {
                let (people, unreadable) = people(customers, name, asked.params.end.as_deref())?;
                (Some(people), unreadable)
            }
            _ => (None, 0),
        };
        unreadable += events.unreadable;
        let instants = people.iter().flatten();
        let instants = instants.flat_map(|(_, start, end)| [Some(*start), *end]).flatten();
        let last = instants.chain(events.last).max();
        let until = asked.params.until.map(crate::time::Timestamp::as_micros).or(last);
        let mut log =
            Self { customers: Vec::new(), until, not_started: 0, unreadable, active: Vec::new() };
        match people {
            Some(people) => {
                for (id, start, end) in people {
                    let group = events.groups.customers.binary_search(&id).ok();
                    log.take(&events, group, Some(start), end);
                }
            }
            None => {
                for group in 0..events.groups.customers.len() {
                    let start = events.start(group);
                    log.take(&events, Some(group), start, None);
                }
            }
        }
        Ok(log)
    }

    fn take(
        &mut self,
        events: &Events<'_>,
        group: Option<usize>,
        start: Option<i64>,
        end: Option<i64>,
    ) {
        let until = self.until.unwrap_or(i64::MIN);
        let Some(start) = start.filter(|start| *start <= until) else {
            self.not_started += 1;
            return;
        };
        let begin = self.active.len();
        for row in group.into_iter().flat_map(|group| events.groups.rows(group)) {
            let at = events.times[row];
            if at != MISSING_TIME && at >= start && at <= until && events.is(row, ACTIVITY) {
                self.active.push((at, events.amounts.as_ref().map_or(0.0, |amounts| amounts[row])));
            }
        }
        let active = (begin, self.active.len());
        // Whoever leaves later has not left yet.
        let end = end.filter(|end| *end <= until);
        self.customers.push(Life { start, end, active });
    }
}

/// The rows of the events.
struct Events<'a> {
    groups: Groups,
    /// One instant a row; missing where the row cannot be read.
    times: Vec<i64>,
    /// What each row is for, where it is not the same for all.
    uses: Option<Vec<u8>>,
    amounts: Option<Vec<f64>>,
    unreadable: u32,
    last: Option<i64>,
    start: &'a Start,
}

impl<'a> Events<'a> {
    fn read(frame: &Frame, asked: &Checked<'a>) -> Result<Self> {
        let params = asked.params;
        let start = &params.start;
        let none = Self {
            groups: Groups::default(),
            times: Vec::new(),
            uses: None,
            amounts: None,
            unreadable: 0,
            last: None,
            start,
        };
        // Where customers have an end, events are not asked.
        if params.end.is_some() || (frame.is_empty() && frame.names().is_empty()) {
            return Ok(none);
        }
        let head = Head::default();
        let too_many = |_| Error::argument("events", "has more than 4 billion rows");
        let rows = u32::try_from(frame.len()).map_err(too_many)?;
        let ids = Identifiers::must("events", &head.customer, frame)?;
        let groups = Groups::of(&ids, rows);
        let time = Reader::must("events", &head.time, frame)?;
        let mut times: Vec<i64> = (0..frame.len())
            .map(|row| match time.get(row) {
                Ok(Cell::Time(at)) => at.as_micros(),
                _ => MISSING_TIME,
            })
            .collect();
        for row in &groups.nobody {
            times[*row as usize] = MISSING_TIME;
        }
        let typed = matches!(start, Start::Event(_)) || params.activity.is_some();
        let uses = if typed { Some(uses(frame, &head, asked)?) } else { None };
        let mut amounts = None;
        if let Some(name) = &params.amount {
            let field = Field::new(name, FieldType::Number);
            must_have("events", frame, name)?;
            let amount = Reader::must("events", &field, frame)?;
            let mut read = Vec::with_capacity(frame.len());
            for (row, time) in times.iter_mut().enumerate() {
                match amount.get(row) {
                    Ok(Cell::Number(x)) => read.push(x),
                    Ok(_) => read.push(0.0),
                    Err(_) => {
                        *time = MISSING_TIME;
                        read.push(0.0);
                    }
                }
            }
            amounts = Some(read);
        }
        let unreadable = times.iter().filter(|at| **at == MISSING_TIME).count();
        let unreadable = u32::try_from(unreadable).unwrap_or(u32::MAX);
        let last = times.iter().copied().filter(|at| *at != MISSING_TIME).max();
        Ok(Self { groups, times, uses, amounts, unreadable, last, start })
    }

    fn is(&self, row: usize, what: u8) -> bool {
        self.uses.as_ref().is_none_or(|uses| uses[row] & what != 0)
    }

    /// When a customer starts, by the events.
    fn start(&self, group: usize) -> Option<i64> {
        let first = matches!(self.start, Start::FirstEvent);
        let rows = self.groups.rows(group).filter(|row| first || self.is(*row, START));
        rows.map(|row| self.times[row]).filter(|at| *at != MISSING_TIME).min()
    }
}

/// What each row is for, by its type.
fn uses(frame: &Frame, head: &Head, asked: &Checked<'_>) -> Result<Vec<u8>> {
    let params = asked.params;
    let kinds = Identifiers::must("events", &head.kind, frame)?;
    let of = |kind: &str| {
        let start = matches!(&params.start, Start::Event(name) if name == kind);
        let active = params.activity.as_ref();
        let active = active.is_none_or(|known| known.iter().any(|name| name == kind));
        u8::from(start) * START + u8::from(active) * ACTIVITY
    };
    let mut by_code: Vec<Option<u8>> = Vec::new();
    let mut uses = Vec::with_capacity(frame.len());
    for row in 0..frame.len() {
        let code = kinds.code(row);
        let known = code.and_then(|code| by_code.get(code).copied().flatten());
        let found = match known {
            Some(found) => found,
            None => kinds.get(row).ok().flatten().map_or(0, |kind| of(&kind)),
        };
        if let (Some(code), None) = (code, known) {
            by_code.resize(by_code.len().max(code + 1), None);
            by_code[code] = Some(found);
        }
        uses.push(found);
    }
    let names = params.activity.iter().flatten().map(|name| ("activity", name));
    let start = match &params.start {
        Start::Event(name) => Some(("start_event", name)),
        _ => None,
    };
    for (argument, name) in names.chain(start) {
        check_type(frame, &kinds, argument, name)?;
    }
    Ok(uses)
}

/// Refuses a type that no event has: it would be a slip of the pen.
fn check_type(frame: &Frame, kinds: &Identifiers<'_>, argument: &str, name: &str) -> Result<()> {
    let mut known: Vec<String> = Vec::new();
    for row in 0..frame.len() {
        let Ok(Some(kind)) = kinds.get(row) else { continue };
        if *kind == *name {
            return Ok(());
        }
        if known.len() < 100 && !known.iter().any(|other| **other == *kind) {
            known.push(kind.into_owned());
        }
    }
    if frame.is_empty() {
        return Ok(());
    }
    let near = did_you_mean(name, known.iter().map(String::as_str));
    Err(Error::argument(argument, format!("there is no event of the type `{name}`{near}")))
}

type People = Vec<(String, i64, Option<i64>)>;

/// The customers who have a start, in the order of their identifiers, and how many rows could not
/// be read. Of several rows of one customer the first counts.
fn people(frame: Option<&Frame>, start: &str, end: Option<&str>) -> Result<(People, u32)> {
    let Some(frame) = frame else {
        return Err(Error::argument("customers", "is missing, and `start_attribute` is of it"));
    };
    let head = Head::default();
    let instant = |name: &str| Field::new(name, FieldType::Timestamp);
    let (start, end) = (instant(start), end.map(instant));
    for field in [Some(&start), end.as_ref()].into_iter().flatten() {
        must_have("customers", frame, &field.name)?;
    }
    let ids = Identifiers::must("customers", &head.customer, frame)?;
    let start = Reader::must("customers", &start, frame)?;
    let end = end.as_ref().map(|end| Reader::must("customers", end, frame)).transpose()?;
    let mut people: Vec<(String, usize, i64, Option<i64>)> = Vec::new();
    let mut unreadable = 0;
    for row in 0..frame.len() {
        let end = end.as_ref().map_or(Ok(Cell::Missing), |end| end.get(row));
        match (ids.get(row), start.get(row), end) {
            (Ok(Some(id)), Ok(Cell::Time(start)), Ok(Cell::Time(end))) if start <= end => {
                people.push((id.into_owned(), row, start.as_micros(), Some(end.as_micros())));
            }
            (Ok(Some(id)), Ok(Cell::Time(start)), Ok(Cell::Missing)) => {
                people.push((id.into_owned(), row, start.as_micros(), None));
            }
            _ => unreadable += 1,
        }
    }
    people.sort_unstable_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    people.dedup_by(|later, first| later.0 == first.0);
    Ok((people.into_iter().map(|(id, _, start, end)| (id, start, end)).collect(), unreadable))
}

fn must_have(table: &str, frame: &Frame, name: &str) -> Result<()> {
    if frame.column(name).is_some() || frame.is_empty() {
        return Ok(());
    }
    let near = did_you_mean(name, frame.names().iter().map(String::as_str));
    let message = format!("there is no column of this name{near}");
    Err(Error::new(ErrorCode::TableColumn, table, message).at_path(name))
}
