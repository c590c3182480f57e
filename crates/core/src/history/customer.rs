//! All events of one customer, kept small.
//!
//! The rows of words of all types stand in one vector, one type after the other; what most
//! customers do not have (corrections, texts) stands apart. Rows are inserted at their place, so
//! a late event costs moving what came after it.

use super::forget::Fold;
use super::gather::Gatherer;
use super::{History, Logs};
use crate::event::{
    Dictionary, EventTable, IDENTITY, Layout, Mark, PROPERTIES, TIME, WordType, word,
};

/// All events of one customer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CustomerHistory {
    pub(super) words: Vec<i64>,
    /// Where the words of each event type end; empty until the first event.
    pub(super) ends: Box<[u32]>,
    pub(super) rest: Option<Box<Rest>>,
}

/// What most customers do not have.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Rest {
    /// The texts of each property with an open dictionary, sorted.
    pub(super) dictionaries: Vec<Dictionary>,
    /// What is said of corrected and deleted events, sorted by identity.
    pub(super) marks: Vec<Marked>,
    /// What is known of events that were forgotten.
    pub(super) folds: Vec<Fold>,
}

impl Rest {
    pub(super) fn new(layout: &Layout) -> Self {
        let dictionaries = vec![Dictionary::default(); layout.dictionaries];
        Self { dictionaries, ..Self::default() }
    }
}

/// A corrected or deleted event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marked {
    pub(super) id: i64,
    pub(super) mark: Mark,
    /// When it happened, as its last version says, in microseconds.
    pub(super) time: i64,
}

/// Where a property stands: the event type, the word in a row, the words of a row.
#[derive(Clone, Copy)]
struct Place {
    kind: usize,
    word: usize,
    stride: usize,
}

impl Place {
    /// Gives each code in these rows another.
    fn rewrite(self, rows: &mut [i64], other: impl Fn(usize) -> usize) {
        for row in rows.chunks_exact_mut(self.stride) {
            if let Ok(code) = usize::try_from(row[self.word]) {
                row[self.word] = i64::try_from(other(code)).unwrap_or(word::MISSING);
            }
        }
    }
}

/// What is known of an identity: its version and, where it is not deleted, its type and words.
pub(super) struct Found {
    pub(super) marked: Marked,
    pub(super) event: Option<(usize, Vec<i64>)>,
}

impl CustomerHistory {
    /// Whether there never was an event.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.words.is_empty() && self.rest.is_none()
    }

    /// The events, to be read.
    #[must_use]
    pub fn view<'a>(&'a self, layout: &'a Layout) -> History<'a> {
        let (dictionaries, folds) =
            self.rest.as_ref().map_or((&[][..], &[][..]), |rest| (&rest.dictionaries, &rest.folds));
        History {
            layout,
            logs: Logs::Packed { words: &self.words, ends: &self.ends },
            dictionaries,
            folds,
            until: i64::MAX,
        }
    }

    /// What is known of the identities that are asked for, sorted. Cost: linear in the events.
    pub(super) fn find(&self, layout: &Layout, asked: impl Fn(i64) -> bool) -> Vec<Found> {
        let marks = self.rest.as_ref().map_or(&[][..], |rest| &rest.marks);
        let mut found = Vec::new();
        for known in marks.iter().filter(|known| known.mark.deleted && asked(known.id)) {
            found.push(Found { marked: *known, event: None });
        }
        for kind in 0..self.ends.len() {
            for row in self.view(layout).events(kind).rows() {
                let id = row[IDENTITY];
                if id != word::MISSING && asked(id) {
                    let at = marks.binary_search_by_key(&id, |known| known.id);
                    let mark = at.map_or(Mark::default(), |at| marks[at].mark);
                    let marked = Marked { id, mark, time: row[TIME] };
                    found.push(Found { marked, event: Some((kind, row.to_vec())) });
                }
            }
        }
        found.sort_unstable_by_key(|found| found.marked.id);
        found
    }

    /// Writes the texts of rows of the table as this customer's dictionaries have them, which
    /// learn the texts that they lack.
    pub(super) fn translate(&mut self, table: &EventTable<'_>, logs: &mut [Vec<i64>]) {
        let layout = table.layout();
        for (kind, log) in logs.iter_mut().enumerate().filter(|(_, log)| !log.is_empty()) {
            let stride = layout.types[kind].stride();
            for (property, word_type) in layout.types[kind].properties.iter().enumerate() {
                let WordType::Open(dictionary) = word_type else { continue };
                let place = Place { kind, word: PROPERTIES + property, stride };
                let theirs = &table.dictionaries()[*dictionary];
                self.learn(layout, *dictionary, place, theirs, log);
                let ours =
                    self.rest.as_ref().map_or(&[][..], |rest| &rest.dictionaries[*dictionary]);
                place.rewrite(log, |code| {
                    let text = &theirs[code];
                    ours.binary_search(text).unwrap_or_default()
                });
            }
        }
    }

    /// Adds the texts that `rows` use and a dictionary lacks.
    fn learn(
        &mut self,
        layout: &Layout,
        dictionary: usize,
        place: Place,
        theirs: &Dictionary,
        rows: &[i64],
    ) {
        let codes = rows.chunks_exact(place.stride).map(|row| row[place.word]);
        let mut texts: Vec<&Box<str>> =
            codes.filter_map(|code| theirs.get(usize::try_from(code).ok()?)).collect();
        texts.sort_unstable();
        texts.dedup();
        if let Some(rest) = &self.rest {
            texts.retain(|text| rest.dictionaries[dictionary].binary_search(text).is_err());
        }
        if texts.is_empty() {
            return;
        }
        let rest = self.rest.get_or_insert_with(|| Box::new(Rest::new(layout)));
        let old = std::mem::take(&mut rest.dictionaries[dictionary]);
        let mut all: Vec<Box<str>> = old.iter().chain(texts).cloned().collect();
        all.sort_unstable();
        if let Some(end) = self.ends.get(place.kind) {
            let start = if place.kind == 0 { 0 } else { self.ends[place.kind - 1] };
            let words = &mut self.words[start as usize..*end as usize];
            place.rewrite(words, |code| all.binary_search(&old[code]).unwrap_or_default());
        }
        rest.dictionaries[dictionary] = all.into();
    }

    /// Takes in what was gathered for this customer.
    pub fn take(&mut self, gathered: &Gatherer, layout: &Layout) {
        if self.ends.is_empty() {
            self.ends = vec![0; layout.types.len()].into();
        }
        for id in &gathered.replaced {
            self.remove(layout, *id);
        }
        if !gathered.marks.is_empty() {
            let rest = self.rest.get_or_insert_with(|| Box::new(Rest::new(layout)));
            let marks = &mut rest.marks;
            for marked in &gathered.marks {
                match marks.binary_search_by_key(&marked.id, |known| known.id) {
                    Ok(at) => marks[at] = *marked,
                    Err(at) => marks.insert(at, *marked),
                }
            }
        }
        for (kind, rows) in gathered.logs.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            self.merge(kind, rows, layout.types[kind].stride());
        }
    }

    /// Merges sorted rows of one type into those there are.
    fn merge(&mut self, kind: usize, rows: &[i64], stride: usize) {
        let start = if kind == 0 { 0 } else { self.ends[kind - 1] as usize };
        let end = self.ends[kind] as usize;
        self.grow(rows.len());
        let tail = self.words.len();
        self.words.resize(tail + rows.len(), 0);
        self.words.copy_within(end..tail, end + rows.len());
        // From the last: most rows come after all that are there.
        let (mut old, mut free) = (end, end + rows.len());
        for row in rows.rchunks_exact(stride) {
            while old > start && self.words[old - stride..old] > *row {
                self.words.copy_within(old - stride..old, free - stride);
                (old, free) = (old - stride, free - stride);
            }
            self.words[free - stride..free].copy_from_slice(row);
            free -= stride;
        }
        self.shift(kind, rows.len(), true);
    }

    /// Makes room for so many words, an eighth more at the least: less is wasted than by doubling.
    fn grow(&mut self, more: usize) {
        if self.words.capacity() - self.words.len() < more {
            self.words.reserve_exact(more.max(self.words.len() / 8));
        }
    }

    /// Moves the ends of a type and those after it.
    fn shift(&mut self, kind: usize, words: usize, up: bool) {
        // No customer has 2^32 words of events.
        let words = u32::try_from(words).unwrap_or(u32::MAX);
        for end in &mut self.ends[kind..] {
            *end = if up { *end + words } else { *end - words };
        }
    }

    /// Takes out the event of an identity, if it is there.
    fn remove(&mut self, layout: &Layout, id: i64) {
        let mut start = 0;
        for kind in 0..self.ends.len() {
            let end = self.ends[kind] as usize;
            let stride = layout.types[kind].stride();
            let rows = self.words[start..end].chunks_exact(stride);
            if let Some(row) = rows.map(|row| row[IDENTITY]).position(|known| known == id) {
                let at = start + row * stride;
                self.words.drain(at..at + stride);
                return self.shift(kind, stride, false);
            }
            start = end;
        }
    }
}
