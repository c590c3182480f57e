//! The customers of a batch in order, each with the events, attributes and questions that are known
//! of it.

use std::ops::Range;
use std::sync::Arc;

use crate::columns::Dictionary;
use crate::event::{CustomerTable, Groups};
use crate::time::Timestamp;

/// The customers of a batch.
pub(super) struct Roll<'a> {
    /// Every customer that is in either table, ordered by identifier; none where there is no table
    /// of customers, and all have events and a place.
    entries: Option<Vec<Entry>>,
    /// The identifiers of those that may have rows in the answer, in the same order.
    pub(super) names: Arc<Dictionary>,
    table: Option<&'a CustomerTable>,
    /// The rows of the table by customer, then by the instant from which they hold.
    rows: Vec<usize>,
    /// What the table asks, by customer, then by instant.
    questions: Vec<Timestamp>,
}

/// A customer.
#[derive(Clone)]
pub(super) struct Entry {
    /// Its position in the groups of the event table.
    pub(super) group: Option<usize>,
    /// Its position among the names; none for those who are known by events alone where a table
    /// of customers was given.
    pub(super) place: Option<u32>,
    rows: Range<usize>,
    questions: Range<usize>,
}

impl<'a> Roll<'a> {
    /// The customers of `table`, or, where there is none, those with an event.
    pub(super) fn new(groups: &Groups, table: Option<&'a CustomerTable>) -> Self {
        let groups = &groups.customers;
        let mut roll = Self {
            entries: None,
            names: Arc::clone(groups),
            table,
            rows: Vec::new(),
            questions: Vec::new(),
        };
        let Some(table) = table else { return roll };
        let (mut entries, mut names) = (Vec::new(), Dictionary::default());
        let id = |row: usize| table.ids[row].as_str();
        roll.rows =
            sorted((0..table.ids.len()).collect(), |row| (id(*row), table.valid_from(*row)));
        let asked = sorted(table.questions.clone(), |(row, at)| (id(*row), *at));
        roll.questions = asked.iter().map(|(_, at)| *at).collect();
        let (mut group, mut question) = (0, 0);
        let mut start = 0;
        while start < roll.rows.len() {
            let name = id(roll.rows[start]);
            let own = |row: &&usize| id(**row) == name;
            let end = start + roll.rows[start..].iter().take_while(own).count();
            while groups.get(group).is_some_and(|known| known < name) {
                entries.push(Entry::of_events(group, None));
                group += 1;
            }
            let found = groups.get(group).is_some_and(|known| known == name);
            let first = question;
            question += asked[first..].iter().take_while(|(row, _)| id(*row) == name).count();
            entries.push(Entry {
                group: found.then_some(group),
                // There are fewer than 2^32 customers.
                place: u32::try_from(names.len()).ok(),
                rows: start..end,
                questions: first..question,
            });
            names.push(name);
            group += usize::from(found);
            start = end;
        }
        entries.extend((group..groups.len()).map(|group| Entry::of_events(group, None)));
        (roll.names, roll.entries) = (names.into(), Some(entries));
        roll
    }

    /// The number of customers.
    pub(super) fn len(&self) -> usize {
        self.entries.as_ref().map_or(self.names.len(), Vec::len)
    }

    /// A customer in range.
    pub(super) fn entry(&self, at: usize) -> Entry {
        match &self.entries {
            Some(entries) => entries[at].clone(),
            // There are fewer than 2^32 customers.
            None => Entry::of_events(at, u32::try_from(at).ok()),
        }
    }

    /// The instants that the table asks of a customer, in order.
    pub(super) fn questions(&self, entry: &Entry) -> &[Timestamp] {
        &self.questions[entry.questions.clone()]
    }

    /// The row of a customer's attributes that holds at an instant, and how many of `instants`,
    /// which are ascending and begin with it, it holds at. Without a row the attributes are those
    /// of nobody.
    pub(super) fn holds(&self, entry: &Entry, instants: &[Timestamp]) -> (Option<usize>, usize) {
        let (Some(table), Some(at)) = (self.table, instants.first()) else {
            return (None, instants.len());
        };
        let rows = &self.rows[entry.rows.clone()];
        let began = |at: Timestamp| {
            rows.partition_point(|row| table.valid_from(*row).is_none_or(|since| since <= at))
        };
        let version = began(*at);
        let len = match rows.get(version).and_then(|row| table.valid_from(*row)) {
            Some(next) => instants.partition_point(|at| *at < next),
            None => instants.len(),
        };
        (version.checked_sub(1).map(|at| rows[at]), len)
    }
}

impl Entry {
    /// A customer who is known by events alone.
    fn of_events(group: usize, place: Option<u32>) -> Self {
        Self { group: Some(group), place, rows: 0..0, questions: 0..0 }
    }
}

/// The same in order; what is in order already is not sorted.
fn sorted<T, K: Ord>(mut items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    if !items.is_sorted_by(|a, b| key(a) <= key(b)) {
        items.sort_unstable_by_key(key);
    }
    items
}
