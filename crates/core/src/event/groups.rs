//! The rows of a table by customer.
//!
//! Tables most often come with each customer's rows together, or all sorted: then nothing is
//! moved and no identifier is looked up. Else rows are put in order by counting, not by comparing.

use std::cmp::Ordering;
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
pub(super) enum RowsOf<'g> {
    /// One after the other.
    Together(Range<u32>),
    /// Anywhere.
    Apart(&'g [u32]),
}

/// Rows, one after the other, that name one customer.
#[derive(Debug, Clone, Copy)]
struct Run {
    customer: u32,
    start: u32,
    end: u32,
}

/// All runs of rows that name a customer.
#[derive(Default)]
struct Runs {
    /// The first of each customer, in order of first appearance: from which row and up to which.
    first: Vec<(u32, u32)>,
    /// Those of customers who were seen before.
    later: Vec<Run>,
}

impl Runs {
    fn add(&mut self, Run { customer, start, end }: Run) {
        if customer as usize == self.first.len() {
            return self.first.push((start, end));
        }
        let goes_on = |before: &mut u32| {
            let same = *before == start;
            if same {
                *before = end;
            }
            same
        };
        let newest = customer as usize + 1 == self.first.len() && self.later.is_empty();
        let before = match self.later.last_mut() {
            Some(run) if run.customer == customer => Some(&mut run.end),
            _ if newest => self.first.last_mut().map(|(_, end)| end),
            _ => None,
        };
        if !before.is_some_and(goes_on) {
            self.later.push(Run { customer, start, end });
        }
    }

    /// For each customer the range of rows, or, where one has several runs, of the rows in the
    /// order that is given then: counting sort, which leaves those of a customer as they came.
    fn ranges(self) -> (Vec<(u32, u32)>, Option<Vec<u32>>) {
        let Self { first, later } = self;
        if later.is_empty() {
            return (first, None);
        }
        let firsts = (0..).zip(&first).map(|(customer, (start, end))| {
            let (start, end) = (*start, *end);
            Run { customer, start, end }
        });
        let runs = firsts.chain(later.iter().copied());
        let mut ranges = vec![(0_u32, 0_u32); first.len()];
        for run in runs.clone() {
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
        (ranges, Some(order))
    }
}

impl Groups {
    /// Groups `rows` rows.
    pub(crate) fn of(ids: &Identifiers<'_>, rows: u32) -> Self {
        let (mut names, mut runs, mut nobody) = (Names::default(), Runs::default(), Vec::new());
        ids.runs(rows, &mut |start, end| match names.find(ids, start as usize) {
            Some(customer) => runs.add(Run { customer, start, end }),
            None => nobody.extend(start..end),
        });
        let (mut ranges, order) = runs.ranges();
        let (customers, places) = names.in_order();
        if let Some(places) = places {
            ranges = places.iter().map(|at| ranges[*at as usize]).collect();
        }
        Self { customers: customers.into(), ranges, order, nobody }
    }

    /// The rows of a customer, by position.
    pub fn rows(&self, customer: usize) -> impl Iterator<Item = usize> + '_ {
        let (start, end) = self.ranges[customer];
        let row = |at: u32| self.order.as_ref().map_or(at, |order| order[at as usize]);
        (start..end).map(move |at| row(at) as usize)
    }

    /// The same, as they stand.
    pub(super) fn rows_of(&self, customer: usize) -> RowsOf<'_> {
        let (start, end) = self.ranges[customer];
        match &self.order {
            None => RowsOf::Together(start..end),
            Some(order) => RowsOf::Apart(&order[start as usize..end as usize]),
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

/// The places of so many texts in alphabetical order, where `head` gives the first eight bytes of
/// one as a number, and `order` compares two; none where they stand in it.
fn sorted(
    count: usize,
    head: &dyn Fn(usize) -> u64,
    order: &dyn Fn(usize, usize) -> Ordering,
) -> Option<Vec<u32>> {
    let mut places: Vec<(u64, u32)> = (0..count).map(head).zip(0..).collect();
    let order = |a: &(u64, u32), b: &(u64, u32)| {
        a.0.cmp(&b.0).then_with(|| order(a.1 as usize, b.1 as usize))
    };
    if places.is_sorted_by(|a, b| order(a, b).is_le()) {
        return None;
    }
    // Numbers in order are a few stretches in the order of their texts, of which this sort makes use.
    places.sort_by(order);
    Some(places.into_iter().map(|(_, at)| at).collect())
}

/// The first eight bytes of a text, which tell most names apart, as a number; zeros where it has
/// fewer.
fn head(text: &str) -> u64 {
    let bytes = text.as_bytes();
    if let Some(head) = bytes.first_chunk() {
        return u64::from_be_bytes(*head);
    }
    let head = bytes.iter().fold(0_u64, |head, byte| head << 8 | u64::from(*byte));
    (bytes.len()..8).fold(head, |head, _| head << 8)
}

/// The customers seen so far, in order of first appearance.
#[derive(Default)]
struct Names {
    /// Those that texts name.
    texts: Dictionary,
    /// For a column with a dictionary: the customer of each code.
    codes: Vec<u32>,
    /// For a column of whole numbers, in place of texts: that of each customer.
    wholes: Vec<i64>,
    /// The customers by what they are called; none while each comes after all before it.
    places: Option<HashTable<u32>>,
    hasher: DefaultHashBuilder,
}

/// Most numbers of customers are no longer.
const FEW_DIGITS: usize = 8;

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

    fn whole(&mut self, whole: i64) -> u32 {
        let Self { wholes, places, hasher, .. } = self;
        let order = wholes.last().map_or(Ordering::Less, |last| last.cmp(&whole));
        let place = Place { places, order, known: wholes.len() };
        let own = || hasher.hash_one(whole);
        let place = place.of(own, |at| hasher.hash_one(wholes[at]), |at| wholes[at] == whole);
        if place as usize == wholes.len() {
            wholes.push(whole);
        }
        place
    }

    fn text(&mut self, name: &str) -> u32 {
        let Self { texts, places, hasher, .. } = self;
        let order = texts.last().map_or(Ordering::Less, |last| last.cmp(name));
        let place = Place { places, order, known: texts.len() };
        let own = || hasher.hash_one(name);
        let place = place.of(own, |at| hasher.hash_one(&texts[at]), |at| texts[at] == *name);
        if place as usize == texts.len() {
            texts.push(name);
        }
        place
    }

    /// The names in alphabetical order, and the place that each had before; none where they stood
    /// in it.
    fn in_order(self) -> (Dictionary, Option<Vec<u32>>) {
        let Self { texts, wholes, .. } = self;
        if wholes.is_empty() {
            let order = |a: usize, b: usize| texts[a].cmp(&texts[b]);
            let Some(places) = sorted(texts.len(), &|at| head(&texts[at]), &order) else {
                return (texts, None);
            };
            return (places.iter().map(|at| &texts[*at as usize]).collect(), Some(places));
        }
        let head = |at: usize| head(itoa::Buffer::new().format(wholes[at]));
        let order = |a: usize, b: usize| {
            let (mut one, mut other) = (itoa::Buffer::new(), itoa::Buffer::new());
            one.format(wholes[a]).cmp(other.format(wholes[b]))
        };
        let places = sorted(wholes.len(), &head, &order);
        let mut names = Dictionary::with_capacity(wholes.len(), wholes.len() * FEW_DIGITS);
        match &places {
            None => wholes.iter().for_each(|whole| names.push_whole(*whole)),
            Some(places) => places.iter().for_each(|at| names.push_whole(wholes[*at as usize])),
        }
        (names, places)
    }
}

/// Where a name stands among so many that are `known`. `order` is how the last of them compares
/// with it: while names ascend, none needs to be looked up, and `places` are only made once one
/// comes before the last.
struct Place<'p> {
    places: &'p mut Option<HashTable<u32>>,
    order: Ordering,
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
        let Self { places, order, known } = self;
        // A table has fewer than 2^32 rows.
        let next = u32::try_from(known).unwrap_or(UNSEEN);
        if order == Ordering::Equal {
            return next - 1;
        }
        let places = match places {
            None if order == Ordering::Less => return next,
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
