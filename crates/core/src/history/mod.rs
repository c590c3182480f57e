//! One customer's events in their canonical order.
//!
//! Events of one type are ordered by time, then identity (none first), then the properties in the
//! playbook's order. The order depends on the events alone, so a sum over it does not depend on
//! the order in which they came in.
//!
//! Of several rows with one `event_id`, the one with the greatest `revision` counts, and one that
//! says `deleted` before one of the same revision that does not. Among equals the first counts.

mod block;
mod codec;
mod customer;
mod forget;
mod gather;
#[cfg(test)]
mod tests;

pub use block::Block;
pub use codec::HistoryDocument;
pub use customer::CustomerHistory;
pub use forget::Fold;
pub use gather::{Gatherer, Tally};

use crate::event::{Cell, Dictionary, Layout, TIME, TypeLayout};

/// One customer's events, to be read.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    layout: &'a Layout,
    logs: Logs<'a>,
    dictionaries: &'a [Dictionary],
    folds: &'a [Fold],
    /// Later events are not there.
    until: i64,
}

/// Where the words of each event type stand.
#[derive(Debug, Clone, Copy)]
enum Logs<'a> {
    /// Each type apart, with the events of other customers: from which and up to which row they are.
    Together { logs: &'a [Vec<i64>], starts: &'a [usize], ends: &'a [usize] },
    /// One type after the other; `ends` says where each ends.
    Packed { words: &'a [i64], ends: &'a [u32] },
}

impl<'a> History<'a> {
    /// The history of a customer of whom there is no event.
    #[must_use]
    pub fn empty(layout: &'a Layout) -> Self {
        let logs = Logs::Packed { words: &[], ends: &[] };
        Self { layout, logs, dictionaries: &[], folds: &[], until: i64::MAX }
    }

    /// The history as it was known at an instant, in microseconds: without later events. What was
    /// forgotten is forgotten.
    #[must_use]
    pub fn known_at(self, until: i64) -> Self {
        Self { until: self.until.min(until), ..self }
    }

    /// The number of event types.
    #[must_use]
    pub fn types(&self) -> usize {
        self.layout.types.len()
    }

    /// The events of one type.
    #[must_use]
    #[inline]
    pub fn events(&self, kind: usize) -> Events<'a> {
        let (words, len) = self.words(kind);
        let layout = &self.layout.types[kind];
        let stride = layout.stride();
        let all = Events { words, stride, len, start: 0, layout, dictionaries: self.dictionaries };
        if self.until == i64::MAX { all } else { all.between(i64::MIN, self.until) }
    }

    /// The words of all events of one type, how many make one, and how many events there are.
    #[must_use]
    #[expect(clippy::inline_always, reason = "for each customer and selection or aggregate")]
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    pub fn rows(&self, kind: usize) -> (&'a [i64], usize, usize) {
        if self.until == i64::MAX {
            let (words, len) = self.words(kind);
            return (words, self.layout.types[kind].stride(), len);
        }
        let events = self.events(kind);
        (events.words, events.stride, events.len)
    }

    /// The words of one type, later events too, and the number of events.
    #[expect(clippy::inline_always, reason = "for each customer and selection or aggregate")]
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    fn words(&self, kind: usize) -> (&'a [i64], usize) {
        let stride = self.layout.types[kind].stride();
        match self.logs {
            Logs::Together { logs, starts, ends } => {
                let (start, end) = (starts[kind], ends[kind]);
                (&logs[kind][start * stride..end * stride], end - start)
            }
            Logs::Packed { words, ends } => match ends.get(kind) {
                Some(end) => {
                    let start = if kind == 0 { 0 } else { ends[kind - 1] };
                    let words = &words[start as usize..*end as usize];
                    (words, words.len() / stride)
                }
                None => (&[], 0),
            },
        }
    }

    /// What is known of events that were forgotten.
    #[must_use]
    pub fn folds(&self) -> &'a [Fold] {
        self.folds
    }

    /// The instant of the first event of all.
    #[must_use]
    pub fn first(&self) -> Option<i64> {
        let first = |kind| self.words(kind).0.first().copied();
        (0..self.types()).filter_map(first).filter(|first| *first <= self.until).min()
    }
}

/// One customer's events of one type, or those of them inside a window.
#[derive(Debug, Clone, Copy)]
pub struct Events<'a> {
    words: &'a [i64],
    stride: usize,
    len: usize,
    /// The number of the first among all of the type.
    start: usize,
    layout: &'a TypeLayout,
    dictionaries: &'a [Dictionary],
}

impl<'a> Events<'a> {
    /// The number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The number of the first of them among all events of the type.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    /// The words of one event.
    #[must_use]
    pub fn row(&self, row: usize) -> &'a [i64] {
        &self.words[row * self.stride..(row + 1) * self.stride]
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// When an event happened, in microseconds.
    #[must_use]
    pub fn time(&self, row: usize) -> i64 {
        self.words[row * self.stride + TIME]
    }

    /// When they happened, in order.
    #[must_use]
    pub fn times(&self) -> impl DoubleEndedIterator<Item = i64> + ExactSizeIterator + 'a {
        self.words.chunks_exact(self.stride).map(|row| row[TIME])
    }

    /// The events as rows of words, in order.
    pub fn rows(&self) -> std::slice::ChunksExact<'a, i64> {
        self.words.chunks_exact(self.stride)
    }

    /// The value of a property in a row of words.
    #[must_use]
    pub fn cell(&self, row: &[i64], property: usize) -> Cell<'a> {
        let word = row[crate::event::PROPERTIES + property];
        self.layout.properties[property].cell(word, self.dictionaries)
    }

    /// The text that a word of a property stands for.
    #[must_use]
    pub fn text(&self, property: usize, word: i64) -> Cell<'a> {
        self.layout.properties[property].cell(word, self.dictionaries)
    }

    /// The number of properties.
    #[must_use]
    pub fn properties(&self) -> usize {
        self.layout.properties.len()
    }

    /// The texts that the words of a property stand for, if they stand for texts.
    #[must_use]
    pub fn dictionary(&self, property: usize) -> Option<&'a [Box<str>]> {
        match &self.layout.properties[property] {
            crate::event::WordType::Closed(names) => Some(names),
            crate::event::WordType::Open(at) => self.dictionaries.get(*at).map(|known| &**known),
            _ => None,
        }
    }

    /// The rows from `start` to before `end`.
    #[must_use]
    pub fn slice(&self, start: usize, end: usize) -> Self {
        let words = &self.words[start * self.stride..end * self.stride];
        Self { words, len: end - start, start: self.start + start, ..*self }
    }

    /// How many events are not later than `until`.
    #[must_use]
    pub fn count_until(&self, until: i64) -> usize {
        let len = self.len();
        // Most questions are asked after the last event, or before the first that matters.
        if len == 0 || self.time(len - 1) <= until {
            return len;
        }
        if self.time(0) > until {
            return 0;
        }
        let (mut low, mut high) = (0, len - 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.time(middle) <= until {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Those later than `after` and not later than `until`, in microseconds.
    #[must_use]
    pub fn between(&self, after: i64, until: i64) -> Self {
        let end = self.count_until(until);
        // No event is as early as the least integer.
        let start = if after == i64::MIN { 0 } else { self.count_until(after).min(end) };
        self.slice(start, end)
    }
}
