//! The rows of a table by customer.
//!
//! Tables most often come with each customer's rows together, or all sorted: then nothing is
//! moved and no identifier is looked up. Else rows are put in order by counting, not by comparing.

use std::borrow::Cow;

use hashbrown::HashMap;

use super::identity::Identifiers;

/// The rows of each customer, in the order given.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    /// The customers, sorted by their identifier.
    pub customers: Vec<String>,
    /// For each customer, the range of `order`, or of the rows themselves, that is theirs.
    ranges: Vec<(u32, u32)>,
    order: Option<Vec<u32>>,
    /// The rows that name no customer.
    pub nobody: Vec<u32>,
}

/// Rows in a row that name one customer.
struct Run {
    customer: u32,
    start: u32,
    end: u32,
}

impl Groups {
    /// Groups `rows` rows.
    pub(super) fn of(ids: &Identifiers<'_>, rows: u32) -> Self {
        let mut names = Names::default();
        let mut runs: Vec<Run> = Vec::new();
        let mut nobody = Vec::new();
        ids.runs(rows, &mut |row, repeats| {
            if repeats {
                match runs.last_mut() {
                    Some(run) if run.end == row => run.end += 1,
                    _ => nobody.push(row),
                }
                return;
            }
            match names.find(ids, row as usize) {
                Some(customer) => runs.push(Run { customer, start: row, end: row + 1 }),
                None => nobody.push(row),
            }
        });
        Self::of_runs(names.customers, &runs, nobody)
    }

    fn of_runs(customers: Vec<Cow<'_, str>>, runs: &[Run], nobody: Vec<u32>) -> Self {
        let (ranges, order) = if runs.len() == customers.len() {
            // A run a customer, in order of first appearance.
            (runs.iter().map(|run| (run.start, run.end)).collect(), None)
        } else {
            let (ranges, order) = count_out(customers.len(), runs);
            (ranges, Some(order))
        };
        let mut sorted: Vec<(String, (u32, u32))> =
            customers.into_iter().map(Cow::into_owned).zip(ranges).collect();
        if !sorted.is_sorted_by(|a, b| a.0 < b.0) {
            sorted.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        }
        let (customers, ranges) = sorted.into_iter().unzip();
        Self { customers, ranges, order, nobody }
    }

    /// The rows of a customer, by position.
    pub fn rows(&self, customer: usize) -> impl Iterator<Item = usize> + '_ {
        let (start, end) = self.ranges[customer];
        let row = |at: u32| self.order.as_ref().map_or(at, |order| order[at as usize]);
        (start..end).map(move |at| row(at) as usize)
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

/// The customers seen so far.
#[derive(Default)]
struct Names<'a> {
    customers: Vec<Cow<'a, str>>,
    /// Made when the first identifier comes that is not greater than all before it.
    places: Option<HashMap<Cow<'a, str>, u32>>,
    /// For a column with a dictionary: the customer of each code.
    codes: Vec<u32>,
}

/// The code of a text that was not seen yet.
const UNSEEN: u32 = u32::MAX;

impl<'a> Names<'a> {
    /// The customer that a row names.
    fn find(&mut self, ids: &'a Identifiers<'a>, row: usize) -> Option<u32> {
        let code = ids.code(row);
        if let Some(known) = code.and_then(|code| self.codes.get(code)).filter(|c| **c != UNSEEN) {
            return Some(*known);
        }
        let name = ids.get(row).ok().flatten()?;
        let customer = self.place(name);
        if let Some(code) = code {
            if self.codes.len() <= code {
                self.codes.resize(code + 1, UNSEEN);
            }
            self.codes[code] = customer;
        }
        Some(customer)
    }

    fn place(&mut self, name: Cow<'a, str>) -> u32 {
        // A table has fewer than 2^32 rows.
        let next = u32::try_from(self.customers.len()).unwrap_or(UNSEEN);
        if self.places.is_none() && self.customers.last().is_none_or(|last| *last < name) {
            self.customers.push(name);
            return next;
        }
        let places =
            self.places.get_or_insert_with(|| self.customers.iter().cloned().zip(0..).collect());
        *places.entry(name).or_insert_with_key(|name| {
            self.customers.push(name.clone());
            next
        })
    }
}
