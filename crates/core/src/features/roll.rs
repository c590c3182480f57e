//! The customers of a batch in order, each with the events, attributes and questions that are known
//! of it.

use std::ops::Range;

use crate::columns::Buffer;
use crate::event::{CustomerTable, Groups};
use crate::time::Timestamp;

/// The customers of a batch.
pub(super) struct Roll<'a> {
    /// Every customer that is in either table, ordered by identifier.
    pub(super) entries: Vec<Entry>,
    /// The identifiers of those that may have rows in the answer, in the same order.
    pub(super) names: Buffer<String>,
    table: Option<&'a CustomerTable>,
    /// The rows of the table by customer, then by the instant from which they hold.
    rows: Vec<usize>,
    /// What the table asks, by customer, then by instant.
    questions: Vec<Timestamp>,
}

/// A customer.
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
        let mut names = Vec::new();
        let mut roll = Self {
            entries: Vec::new(),
            names: Buffer::default(),
            table,
            rows: Vec::new(),
            questions: Vec::new(),
        };
        let of_events =
            |group, place| Entry { group: Some(group), place, rows: 0..0, questions: 0..0 };
        let Some(table) = table else {
            roll.names = groups.clone();
            roll.entries =
                (0..).zip(0..groups.len()).map(|(place, at)| of_events(at, Some(place))).collect();
            return roll;
        };
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
            while groups.get(group).is_some_and(|known| known.as_str() < name) {
                roll.entries.push(of_events(group, None));
                group += 1;
            }
            let found = groups.get(group).is_some_and(|known| known == name);
            let first = question;
            question += asked[first..].iter().take_while(|(row, _)| id(*row) == name).count();
            roll.entries.push(Entry {
                group: found.then_some(group),
                // There are fewer than 2^32 customers.
                place: u32::try_from(names.len()).ok(),
                rows: start..end,
                questions: first..question,
            });
            names.push(name.to_owned());
            group += usize::from(found);
            start = end;
        }
        roll.names = names.into();
        roll.entries.extend((group..groups.len()).map(|group| of_events(group, None)));
        roll
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

/// The same in order; what is in order already is not sorted.
fn sorted<T, K: Ord>(mut items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    if !items.is_sorted_by(|a, b| key(a) <= key(b)) {
        items.sort_unstable_by_key(key);
    }
    items
}
