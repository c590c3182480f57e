//! The rows of a table by customer.
//!
//! Tables most often come with each customer's rows together, or all sorted: then nothing is
//! moved and no identifier is looked up. Else rows are put in order by counting, not by comparing.

use std::hash::BuildHasher;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::identity::Identifiers;
use crate::columns::Dictionary;

/// The rows of each customer, in the order given.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    /// The customers, sorted by their identifier.
    pub customers: Arc<Dictionary>,
    /// For each customer, the range of `order`, or of the rows themselves, that is theirs.
    ranges: Vec<(u32, u32)>,
    order: Option<Vec<u32>>,
    /// The rows that name no customer.
    pub nobody: Vec<u32>,
}

/// The rows of one customer.
pub(super) enum Span<'g> {
    /// One after the other.
    Together(Range<u32>),
    /// Anywhere.
    Apart(&'g [u32]),
}

/// Rows in a row that name one customer.
struct Run {
    customer: u32,
    start: u32,
    end: u32,
}

impl Groups {
    /// Groups `rows` rows.
    pub(crate) fn of(ids: &Identifiers<'_>, rows: u32) -> Self {
        let mut names = Names::default();
        let mut runs: Vec<Run> = Vec::new();
        let mut nobody = Vec::new();
        ids.runs(rows, &mut |start, end| {
            let Some(customer) = names.find(ids, start as usize) else {
                nobody.extend(start..end);
                return;
            };
            match runs.last_mut() {
                Some(run) if run.customer == customer && run.end == start => run.end = end,
                _ => runs.push(Run { customer, start, end }),
            }
        });
        Self::of_runs(names.customers, &runs, nobody)
    }

    fn of_runs(customers: Dictionary, runs: &[Run], nobody: Vec<u32>) -> Self {
        let (ranges, order) = if runs.len() == customers.len() {
            // A run a customer, in order of first appearance.
            (runs.iter().map(|run| (run.start, run.end)).collect(), None)
        } else {
            let (ranges, order) = count_out(customers.len(), runs);
            (ranges, Some(order))
        };
        let Some(places) = sorted(&customers) else {
            return Self { customers: customers.into(), ranges, order, nobody };
        };
        let customers: Dictionary = places.iter().map(|at| &customers[*at as usize]).collect();
        let ranges = places.iter().map(|at| ranges[*at as usize]).collect();
        Self { customers: customers.into(), ranges, order, nobody }
    }

    /// The rows of a customer, by position.
    pub fn rows(&self, customer: usize) -> impl Iterator<Item = usize> + '_ {
        let (start, end) = self.ranges[customer];
        let row = |at: u32| self.order.as_ref().map_or(at, |order| order[at as usize]);
        (start..end).map(move |at| row(at) as usize)
    }

    /// The same, as they stand.
    pub(super) fn span(&self, customer: usize) -> Span<'_> {
        let (start, end) = self.ranges[customer];
        match &self.order {
            None => Span::Together(start..end),
            Some(order) => Span::Apart(&order[start as usize..end as usize]),
        }
    }

    /// The number of rows that name a customer.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranges.iter().map(|(start, end)| (end - start) as usize).sum()
    }

    /// Whether no row names a customer.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

/// Counting sort: the rows of each customer, in the order given.
fn count_out(customers: usize, runs: &[Run]) -> (Vec<(u32, u32)>, Vec<u32>) {
    let mut ranges = vec![(0_u32, 0_u32); customers];
    for run in runs {
        ranges[run.customer as usize].1 += run.end - run.start;
    }
    let mut start = 0;
    for range in &mut ranges {
        let count = range.1;
        *range = (start, start);
        start += count;
    }
    let mut order = vec![0; start as usize];
    for run in runs {
        let (_, at) = &mut ranges[run.customer as usize];
        for row in run.start..run.end {
            order[*at as usize] = row;
            *at += 1;
        }
    }
    (ranges, order)
}

/// The places of names in alphabetical order; none where they stand in it.
fn sorted(names: &Dictionary) -> Option<Vec<u32>> {
    if names.iter().is_sorted() {
        return None;
    }
    // The first eight bytes tell most names apart, and are compared as one number.
    let head = |name: &str| {
        let mut head = [0; 8];
        head.iter_mut().zip(name.bytes()).for_each(|(into, byte)| *into = byte);
        u64::from_be_bytes(head)
    };
    let mut places: Vec<(u64, u32)> = names.iter().map(head).zip(0..).collect();
    let order = |a: &(u64, u32), b: &(u64, u32)| {
        a.0.cmp(&b.0).then_with(|| names[a.1 as usize].cmp(&names[b.1 as usize]))
    };
    // Numbers in order are a few stretches in the order of their texts, of which this sort makes use.
    places.sort_by(order);
    Some(places.into_iter().map(|(_, at)| at).collect())
}

/// The customers seen so far.
#[derive(Default)]
struct Names {
    customers: Dictionary,
    /// For a column with a dictionary: the customer of each code.
    codes: Vec<u32>,
    /// For a column of whole numbers: that of each customer.
    wholes: Vec<i64>,
    /// The customers by what they are called; none while each comes after all before it.
    places: Option<HashTable<u32>>,
    hasher: DefaultHashBuilder,
}

/// The code of a text that was not seen yet.
const UNSEEN: u32 = u32::MAX;

impl Names {
    /// The customer that a row names.
    fn find(&mut self, ids: &Identifiers<'_>, row: usize) -> Option<u32> {
        if let Some(whole) = ids.whole(row) {
            return Some(self.whole(whole));
        }
        let code = ids.code(row);
        if let Some(known) = code.and_then(|code| self.codes.get(code)).filter(|c| **c != UNSEEN) {
            return Some(*known);
        }
        let customer = self.text(&ids.get(row).ok().flatten()?);
        if let Some(code) = code {
            if self.codes.len() <= code {
                self.codes.resize(code + 1, UNSEEN);
            }
            self.codes[code] = customer;
        }
        Some(customer)
    }

    /// The customer of a number. It is written out once.
    fn whole(&mut self, whole: i64) -> u32 {
        let Self { customers, wholes, places, hasher, .. } = self;
        let rises = wholes.last().is_none_or(|last| *last < whole);
        let place = Place { places, rises, known: wholes.len() };
        let own = || hasher.hash_one(whole);
        let place = place.of(own, |at| hasher.hash_one(wholes[at]), |at| wholes[at] == whole);
        if place as usize == wholes.len() {
            wholes.push(whole);
            customers.push_display(whole);
        }
        place
    }

    fn text(&mut self, name: &str) -> u32 {
        let Self { customers, places, hasher, .. } = self;
        let rises = customers.last().is_none_or(|last| last < name);
        let place = Place { places, rises, known: customers.len() };
        let own = || hasher.hash_one(name);
        let place =
            place.of(own, |at| hasher.hash_one(&customers[at]), |at| customers[at] == *name);
        if place as usize == customers.len() {
            customers.push(name);
        }
        place
    }
}

/// Where a name stands among so many that are `known`; it `rises` where it is greater than the last
/// of them, and `places` are made for the first that does not.
struct Place<'p> {
    places: &'p mut Option<HashTable<u32>>,
    rises: bool,
    known: usize,
}

impl Place<'_> {
    /// The place of the name whose hash is `own`, or the number of those known where it is new.
    fn of(
        self,
        own: impl Fn() -> u64,
        hash: impl Fn(usize) -> u64,
        same: impl Fn(usize) -> bool,
    ) -> u32 {
        let Self { places, rises, known } = self;
        // A table has fewer than 2^32 rows.
        let next = u32::try_from(known).unwrap_or(UNSEEN);
        let places = match places {
            None if rises => return next,
            None => {
                let mut table = HashTable::with_capacity(known);
                (0..next).for_each(|at| {
                    table.insert_unique(hash(at as usize), at, |at| hash(*at as usize));
                });
                places.insert(table)
            }
            Some(places) => places,
        };
        let own = own();
        if let Some(at) = places.find(own, |at| same(*at as usize)) {
            return *at;
        }
        places.insert_unique(own, next, |at| if *at == next { own } else { hash(*at as usize) });
        next
    }
}
