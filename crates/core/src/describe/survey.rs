//! Both tables read once, without a playbook: every column as words.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use super::column::{Column, ranked};
use super::document::{Duplicates, Gap, Gaps};
use super::numbers::{Values, days, repeated};
use crate::columns::{Frame, TextColumn};
use crate::error::{Error, ErrorCode, Result, did_you_mean};
use crate::event::{AS_OF, Cell, EVENT_COLUMNS, Head, Identifiers, Reader, VALID_FROM, word};
use crate::time::{Span, Timestamp};

/// What a table of events and one of customers hold. An event's place counts the rows that name a
/// customer, an instant and a type.
#[derive(Debug)]
pub(crate) struct Survey {
    /// How many rows the table has.
    pub(crate) rows: usize,
    /// For each event its customer, among `customer_ids`.
    pub(crate) customers: Vec<i64>,
    /// The customers with an event, sorted.
    pub(crate) customer_ids: Vec<String>,
    /// For each event, its instant.
    pub(crate) times: Vec<i64>,
    /// The same, sorted.
    pub(crate) sorted_times: Vec<i64>,
    /// For each event its type, among `types`.
    pub(crate) kinds: Vec<i64>,
    /// The event types, sorted.
    pub(crate) types: Vec<String>,
    /// For each event its `event_id`, in any order; missing where it has none.
    pub(super) event_ids: Vec<i64>,
    /// The other columns.
    pub(crate) columns: Vec<Column>,
    pub(crate) people: Option<People>,
}

/// The table of customers.
#[derive(Debug)]
pub(crate) struct People {
    /// How many rows it has.
    pub(crate) rows: usize,
    /// The customers it names, sorted.
    pub(crate) ids: Vec<String>,
    /// Whether rows say when they hold, so that a customer may have several.
    pub(super) history: bool,
    pub(crate) columns: Vec<Column>,
}

impl Survey {
    pub(crate) fn of(events: &Frame, customers: Option<&Frame>) -> Result<Self> {
        for name in ["customer_id", "timestamp", "type"] {
            must_have("events", events, name)?;
        }
        let head = Head::default();
        let customer = Identifiers::must("events", &head.customer, events)?;
        let time = Reader::must("events", &head.time, events)?;
        let kind = Identifiers::must("events", &head.kind, events)?;
        let id = Identifiers::of(&head.id, events)?;
        let mut kept = Vec::new();
        let mut times = Vec::new();
        for row in 0..events.len() {
            let named = |ids: &Identifiers<'_>| matches!(ids.get(row), Ok(Some(_)));
            if let (true, true, Ok(Cell::Time(at))) =
                (named(&customer), named(&kind), time.get(row))
            {
                kept.push(row);
                times.push(at.as_micros());
            }
        }
        let (customers_of, customer_ids) = identifiers(&customer, &kept);
        let (kinds, types) = identifiers(&kind, &kept);
        let event_ids = match &id {
            Some(id) => identifiers(id, &kept).0,
            None => vec![word::MISSING; kept.len()],
        };
        let mut sorted_times = times.clone();
        sorted_times.sort_unstable();
        Ok(Self {
            rows: events.len(),
            customers: customers_of,
            customer_ids,
            times,
            sorted_times,
            kinds,
            types,
            event_ids,
            columns: columns(events, &EVENT_COLUMNS, &kept),
            people: customers.map(People::of).transpose()?,
        })
    }

    /// The number of events.
    pub(crate) fn len(&self) -> usize {
        self.times.len()
    }

    /// The type of an event.
    pub(crate) fn kind(&self, event: usize) -> usize {
        usize::try_from(self.kinds[event]).unwrap_or_default()
    }

    /// The words of all events of each customer, or of those of one type, sorted.
    pub(crate) fn by_customer(&self, words: &[i64], kind: Option<usize>) -> Vec<Vec<i64>> {
        let with = |event: usize| kind.is_none_or(|kind| self.kind(event) == kind);
        grouped(&self.customers, self.customer_ids.len(), words, &with)
    }

    /// The words of the events of each type, sorted.
    pub(crate) fn by_type(&self, words: &[i64]) -> Vec<Vec<i64>> {
        grouped(&self.kinds, self.types.len(), words, &|_| true)
    }

    /// The customers that have an event of a type, once each.
    pub(crate) fn customers_of(&self, kind: usize) -> Vec<i64> {
        let events = (0..self.len()).filter(|event| self.kind(*event) == kind);
        let mut customers: Vec<i64> = events.map(|event| self.customers[event]).collect();
        customers.sort_unstable();
        customers.dedup();
        customers
    }

    /// The types that have a value in a column.
    pub(crate) fn types_with(&self, column: &Column) -> Vec<usize> {
        let mut with = vec![false; self.types.len()];
        for (event, _) in column.words.iter().enumerate().filter(|(_, w)| **w != word::MISSING) {
            with[self.kind(event)] = true;
        }
        (0..with.len()).filter(|at| with[*at]).collect()
    }

    /// The values of a column in the events of a type.
    pub(crate) fn values(&self, column: &Column, kind: usize) -> Values {
        let events = (0..self.len()).filter(|event| self.kind(*event) == kind);
        Values::of(events.map(|event| column.words[event]).collect())
    }

    /// The first and last instant of the events but for those far from all others, which are
    /// most often mistakes: within twice the time of the middle 98% and a month of it.
    pub(crate) fn bounds(&self) -> Option<(i64, i64)> {
        let sorted = &self.sorted_times;
        let last = sorted.len().checked_sub(1)?;
        let aside = if sorted.len() < 20 { 0 } else { (sorted.len() / 100).max(1) };
        let (low, high) = (sorted[aside], sorted[last - aside]);
        let reach =
            high.saturating_sub(low).saturating_mul(2).saturating_add(Span::days(30).as_micros());
        let first = sorted.partition_point(|at| *at < low.saturating_sub(reach));
        let end = sorted.partition_point(|at| *at <= high.saturating_add(reach));
        (aside > 0).then(|| (sorted[first], sorted[end - 1])).or(Some((low, high)))
    }

    pub(super) fn gaps(&self) -> Gaps {
        let (Some(first), Some(last)) = (self.sorted_times.first(), self.sorted_times.last())
        else {
            return Gaps::default();
        };
        let day = Span::days(1).as_micros();
        let mut longest = (0, 0, 0);
        let mut seen = 1;
        for pair in self.sorted_times.windows(2) {
            if pair[1] - pair[0] > longest.0 {
                longest = (pair[1] - pair[0], pair[0], pair[1]);
            }
            seen += usize::from(pair[0].div_euclid(day) != pair[1].div_euclid(day));
        }
        let all = usize::try_from(last.div_euclid(day) - first.div_euclid(day) + 1).unwrap_or(1);
        let at = |micros: i64| Timestamp::EPOCH.plus(Span::micros(micros));
        let (length, from, to) = longest;
        Gaps {
            longest: (length > 0).then(|| Gap { start: at(from), end: at(to), days: days(length) }),
            days_without: all - seen,
            days: all,
        }
    }

    pub(super) fn duplicates(&self) -> Duplicates {
        let again = |words: &[i64], rows: &[bool]| {
            let with = |event: usize| rows[event];
            let groups = grouped(&self.customers, self.customer_ids.len(), words, &with);
            groups.iter().map(|words| repeated(words)).sum::<usize>()
        };
        let hashes: Vec<i64> = (0..self.len()).map(|event| self.hash(event)).collect();
        let identified: Vec<bool> = self.event_ids.iter().map(|id| *id != word::MISSING).collect();
        let others: Vec<bool> = identified.iter().map(|known| !known).collect();
        let same = again(&self.event_ids, &identified);
        Duplicates {
            same_event_id: same,
            conflicting: same - again(&hashes, &identified).min(same),
            equal_rows: again(&hashes, &others),
        }
    }

    /// A number that equal rows have in common, and hardly any others.
    fn hash(&self, event: usize) -> i64 {
        let mut hasher = SipHasher13::new();
        let own = [self.times[event], self.kinds[event], self.event_ids[event]];
        for word in own.into_iter().chain(self.columns.iter().map(|column| column.words[event])) {
            hasher.write(&word.to_le_bytes());
        }
        hasher.finish().cast_signed()
    }
}

impl People {
    fn of(frame: &Frame) -> Result<Self> {
        must_have("customers", frame, "customer_id")?;
        let head = Head::default();
        let id = Identifiers::must("customers", &head.customer, frame)?;
        let kept: Vec<usize> =
            (0..frame.len()).filter(|row| matches!(id.get(*row), Ok(Some(_)))).collect();
        let (_, ids) = identifiers(&id, &kept);
        Ok(Self {
            rows: frame.len(),
            ids,
            history: [VALID_FROM, AS_OF].iter().any(|name| frame.column(name).is_some()),
            columns: columns(frame, &["customer_id", VALID_FROM, AS_OF], &kept),
        })
    }
}

fn must_have(table: &str, frame: &Frame, name: &str) -> Result<()> {
    if frame.column(name).is_some() {
        return Ok(());
    }
    let near = did_you_mean(name, frame.names().iter().map(String::as_str));
    let fix = match name {
        "type" if near.is_empty() => {
            "; where all events are of one kind, add a column that names it, for instance `purchase` in every row"
        }
        _ => "",
    };
    let message = format!("there is no column of this name{near}{fix}");
    Err(Error::new(ErrorCode::TableColumn, table, message).at_path(name))
}

/// The columns beside those of a `head`. Where the table came as rows of objects, its columns have
/// no order of their own, and go by name.
fn columns(frame: &Frame, head: &[&str], rows: &[usize]) -> Vec<Column> {
    let mut names: Vec<&str> = frame.names().iter().map(String::as_str).collect();
    if frame.by_row() {
        names.sort_unstable();
    }
    let others = names.into_iter().filter(|name| !head.contains(name));
    let data = others.filter_map(|name| Some((name, frame.column(name)?)));
    data.map(|(name, data)| Column::read(name, data, rows, frame.by_row())).collect()
}

/// The rank of each row's identifier, and the identifiers, sorted.
fn identifiers(ids: &Identifiers<'_>, rows: &[usize]) -> (Vec<i64>, Vec<String>) {
    let texts: Vec<_> = rows.iter().map(|row| ids.get(*row).ok().flatten()).collect();
    ranked(&TextColumn::from_texts(texts.iter().map(Option::as_deref)))
}

/// The words of the events that are `with`, by group, sorted.
fn grouped(
    groups: &[i64],
    count: usize,
    words: &[i64],
    with: &dyn Fn(usize) -> bool,
) -> Vec<Vec<i64>> {
    let mut grouped = vec![Vec::new(); count];
    for (event, (group, word)) in groups.iter().zip(words).enumerate() {
        if let Some(group) = usize::try_from(*group).ok().filter(|_| with(event)) {
            grouped[group].push(*word);
        }
    }
    for words in &mut grouped {
        words.sort_unstable();
    }
    grouped
}
