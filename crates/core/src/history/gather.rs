//! Brings the rows of one customer in a table of events into canonical order.

use std::cmp::Ordering;

use super::customer::{CustomerHistory, Found, Marked};
use crate::error::{Error, ErrorCode};
use crate::event::{
    Divided, EventTable, IDENTITY, IngestReport, Layout, Mark, Rejected, TIME, word,
};

/// What became of the rows of a table, by their index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    rejected: Vec<u32>,
    duplicates: usize,
    superseded: usize,
    conflicts: Vec<u32>,
    late: Vec<u32>,
}

impl Tally {
    /// Counts in what became of other rows.
    pub fn add(&mut self, other: Self) {
        self.rejected.extend(other.rejected);
        self.duplicates += other.duplicates;
        self.superseded += other.superseded;
        self.conflicts.extend(other.conflicts);
        self.late.extend(other.late);
    }

    /// The report for the host.
    #[must_use]
    pub fn report(&self, table: &EventTable<'_>) -> IngestReport {
        let nobody = &table.groups().nobody;
        let refused = |row: &u32| Rejected::new(*row as usize, &table.error(*row as usize));
        let mut rejected: Vec<Rejected> = self.rejected.iter().chain(nobody).map(refused).collect();
        rejected.extend(self.conflicts.iter().map(|row| conflict(table, *row as usize)));
        rejected.extend(self.late.iter().map(|row| late(*row as usize)));
        rejected.sort_by_key(|rejected| rejected.index);
        let known = table.groups().len() + nobody.len();
        IngestReport {
            accepted: known - rejected.len() - self.duplicates - self.superseded,
            duplicates: self.duplicates,
            superseded: self.superseded,
            rejected,
            ignored_columns: table.ignored_columns(),
        }
    }
}

fn conflict(table: &EventTable<'_>, row: usize) -> Rejected {
    let message = format!(
        "`event_id` is `{}`, which this customer has already with other contents; a correction \
         needs a greater `revision`",
        table.event_id(row).unwrap_or_default()
    );
    Rejected::new(row, &Error::new(ErrorCode::EventConflict, format!("event {row}"), message))
}

fn late(row: usize) -> Rejected {
    let message = "comes too late: it belongs to events that were forgotten, or corrects one that \
                   may be among them";
    Rejected::new(row, &Error::new(ErrorCode::EventLate, format!("event {row}"), message))
}

/// The events of one customer at a time, taken from a table into memory that is used again.
#[derive(Debug, Default)]
pub struct Gatherer {
    /// For each event type, rows of words.
    pub(super) logs: Vec<Vec<i64>>,
    pub(super) divided: Divided,
    pub(super) sorter: Sorter,
    /// The events with an identity: it, and where the event stands.
    identified: Vec<Identified>,
    /// The events whose revision is not 0, or that are deleted, sorted by identity.
    pub(super) marks: Vec<Marked>,
    /// The identities that the history before has and that are replaced.
    pub(super) replaced: Vec<i64>,
    /// Whether the events came in order.
    rising: bool,
}

/// Memory for sorting.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    order: Vec<u32>,
    sorted: Vec<i64>,
}

/// A row with an identity.
#[derive(Debug, Clone, Copy)]
struct Identified {
    id: i64,
    row: u32,
    mark: Mark,
    /// Where its words stand: the type, and the first of them.
    kind: usize,
    at: usize,
}

/// What is known so far of an identity.
struct Known<'a> {
    marked: Marked,
    /// Its type and words; none where it is deleted.
    event: Option<(usize, &'a [i64])>,
}

impl<'a> Known<'a> {
    fn of(found: &'a Found) -> Self {
        let event = found.event.as_ref().map(|(kind, words)| (*kind, words.as_slice()));
        Self { marked: found.marked, event }
    }
}

/// Whether rows of one identity change an event up to its cut, or one that may have been there:
/// they correct an event of which nothing is known, and do not bring it.
fn too_late(found: Option<&Found>, rows: &[Identified], cuts: &[i64]) -> bool {
    match found {
        None => rows.iter().all(|row| row.mark != Mark::default()),
        Some(found) => found.event.as_ref().is_some_and(|(kind, words)| words[TIME] <= cuts[*kind]),
    }
}

impl Gatherer {
    /// A gatherer of events of that layout.
    #[must_use]
    pub fn new(layout: &Layout) -> Self {
        Self { logs: vec![Vec::new(); layout.types.len()], ..Self::default() }
    }

    /// Gathers the events of a customer of the table, by position.
    ///
    /// Cost: linear in the rows where they come in order of time, else a sort.
    pub fn gather(&mut self, table: &EventTable<'_>, customer: usize, tally: &mut Tally) {
        self.read(table, customer, &[], tally);
        self.resolve(table.layout(), None, &[], tally);
        self.sort(table.layout());
    }

    /// The same for a customer of whom events are known. Rows that say something about events of
    /// `before` are weighed against those. Where events were forgotten, up to the cut of their
    /// type, rows of events up to it come too late, and so do corrections and deletions of events
    /// that are not known: what they change may have been forgotten.
    pub fn gather_late(
        &mut self,
        table: &EventTable<'_>,
        customer: usize,
        before: &mut CustomerHistory,
        cuts: &[i64],
        tally: &mut Tally,
    ) {
        self.read(table, customer, cuts, tally);
        before.translate(table, &mut self.logs);
        self.resolve(table.layout(), Some(before), cuts, tally);
        self.sort(table.layout());
    }

    fn sort(&mut self, layout: &Layout) {
        if self.rising {
            return;
        }
        for (log, kind) in self.logs.iter_mut().zip(&layout.types) {
            self.sorter.sort(log, kind.stride());
        }
    }

    /// Reads the rows of a customer.
    fn read(&mut self, table: &EventTable<'_>, customer: usize, cuts: &[i64], tally: &mut Tally) {
        self.logs.iter_mut().for_each(Vec::clear);
        self.identified.clear();
        self.marks.clear();
        self.replaced.clear();
        if cuts.is_empty()
            && let Some(rising) = self.read_together(table, customer)
        {
            self.rising = rising;
            return;
        }
        self.logs.iter_mut().for_each(Vec::clear);
        self.rising = false;
        let (identified, marked) = (table.identified(), table.marked());
        for row in table.groups().rows(customer) {
            // A table has fewer than 2^32 rows.
            let index = u32::try_from(row).unwrap_or(u32::MAX);
            let Some(kind) = table.read(row, &mut self.logs) else {
                tally.rejected.push(index);
                continue;
            };
            if !identified && !marked && cuts.is_empty() {
                continue;
            }
            let log = &mut self.logs[kind];
            let at = log.len() - table.layout().types[kind].stride();
            if cuts.get(kind).is_some_and(|cut| log[at + TIME] <= *cut) {
                log.truncate(at);
                tally.late.push(index);
                continue;
            }
            let id = log[at + IDENTITY];
            let mark = if marked { table.mark(row) } else { Some(Mark::default()) };
            match mark {
                Some(mark) if id != word::MISSING => {
                    self.identified.push(Identified { id, row: index, mark, kind, at });
                }
                Some(mark) if mark == Mark::default() => {}
                _ => {
                    log.truncate(at);
                    tally.rejected.push(index);
                }
            }
        }
    }

    /// Reads the rows of a customer all together, and says whether each event is later than the one
    /// before; nothing where rows have to be looked at one by one.
    fn read_together(&mut self, table: &EventTable<'_>, customer: usize) -> Option<bool> {
        let Self { divided, logs, .. } = self;
        divided.clear(logs.len());
        let timing = table.divide(customer, None, divided)?;
        table.read_divided(divided, logs).then_some(timing.rising)
    }

    /// Whether nothing was gathered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty() && self.replaced.is_empty() && self.logs.iter().all(Vec::is_empty)
    }

    /// Of each identity, keeps the row that counts. What changes an event up to its cut comes too
    /// late.
    fn resolve(
        &mut self,
        layout: &Layout,
        before: Option<&CustomerHistory>,
        cuts: &[i64],
        tally: &mut Tally,
    ) {
        if self.identified.is_empty() {
            return;
        }
        self.identified.sort_unstable_by_key(|row| (row.id, row.row));
        let asked = |id| self.identified.binary_search_by_key(&id, |row| row.id).is_ok();
        let before = before.filter(|before| !before.is_new());
        let known = before.map_or_else(Vec::new, |before| before.find(layout, asked));
        let mut dropped: Vec<(usize, usize)> = Vec::new();
        let stride = |kind: usize| layout.types[kind].stride();
        for rows in self.identified.chunk_by(|a, b| a.id == b.id) {
            let id = rows[0].id;
            let found = known.binary_search_by_key(&id, |found| found.marked.id).ok();
            let found = found.map(|at| &known[at]);
            if !cuts.is_empty() && too_late(found, rows, cuts) {
                tally.late.extend(rows.iter().map(|row| row.row));
                dropped.extend(rows.iter().map(|row| (row.kind, row.at)));
                continue;
            }
            let mut best = found.map(Known::of);
            let mut winner = None;
            for row in rows {
                let words = &self.logs[row.kind][row.at..row.at + stride(row.kind)];
                let this = Known {
                    marked: Marked { id, mark: row.mark, time: words[TIME] },
                    event: (!row.mark.deleted).then_some((row.kind, words)),
                };
                let order = best.as_ref().map(|best| rank(row.mark).cmp(&rank(best.marked.mark)));
                match (order, &mut best) {
                    (Some(Ordering::Less), _) => tally.superseded += 1,
                    (Some(Ordering::Equal), Some(best)) if best.event == this.event => {
                        best.marked.time = best.marked.time.max(this.marked.time);
                        tally.duplicates += 1;
                    }
                    (Some(Ordering::Equal), _) => tally.conflicts.push(row.row),
                    _ => {
                        dropped.extend(winner.replace((row.kind, row.at)));
                        best = Some(this);
                        continue;
                    }
                }
                dropped.push((row.kind, row.at));
            }
            let Some(Known { marked, event }) = best else { continue };
            if marked.mark != Mark::default() && found.is_none_or(|found| found.marked != marked) {
                self.marks.push(marked);
            }
            if let Some(place) = winner {
                dropped.extend(event.is_none().then_some(place));
                self.replaced.extend(found.map(|_| id));
            }
        }
        // From the last to the first, so that places stay right.
        dropped.sort_unstable();
        for (kind, at) in dropped.into_iter().rev() {
            self.logs[kind].drain(at..at + stride(kind));
        }
    }
}

/// What counts more is greater.
fn rank(mark: Mark) -> (u32, bool) {
    (mark.revision, mark.deleted)
}

impl Sorter {
    /// Puts rows of `stride` words in order.
    pub(super) fn sort(&mut self, rows: &mut [i64], stride: usize) {
        // Times alone most often tell.
        let later = |a: &[i64], b: &[i64]| a[TIME] < b[TIME] || a <= b;
        if rows.chunks_exact(stride).is_sorted_by(|a, b| later(a, b)) {
            return;
        }
        let Self { order, sorted } = self;
        let row = |at: u32| &rows[at as usize * stride..(at as usize + 1) * stride];
        let count = u32::try_from(rows.len() / stride).unwrap_or(u32::MAX);
        order.clear();
        order.extend(0..count);
        order.sort_unstable_by(|a, b| row(*a).cmp(row(*b)));
        sorted.clear();
        for at in &*order {
            sorted.extend_from_slice(row(*at));
        }
        rows.copy_from_slice(sorted);
    }
}
