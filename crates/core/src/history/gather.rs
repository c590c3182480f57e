//! Brings the rows of one customer in a table of events into canonical order.

use super::customer::CustomerHistory;
use super::{History, Logs};
use crate::error::{Error, ErrorCode};
use crate::event::{EventTable, IDENTITY, IngestReport, Layout, Mark, Rejected, TIME, word};

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
    let message = "comes too late: events of its time were forgotten";
    Rejected::new(row, &Error::new(ErrorCode::EventLate, format!("event {row}"), message))
}

/// The events of one customer at a time, taken from a table into memory that is used again.
#[derive(Debug, Default)]
pub struct Gatherer {
    /// For each event type, rows of words.
    pub(super) logs: Vec<Vec<i64>>,
    /// The events with an identity: it, and where the event stands.
    identified: Vec<Identified>,
    /// The identities whose revision is not 0, or that are deleted, sorted by identity.
    pub(super) marks: Vec<(i64, Mark)>,
    /// The identities that the history before has and that are replaced.
    pub(super) replaced: Vec<i64>,
    /// For sorting.
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
    mark: Mark,
    kind: usize,
    /// None where it is deleted.
    words: Option<&'a [i64]>,
}

impl Gatherer {
    /// A gatherer of events of that layout.
    #[must_use]
    pub fn new(layout: &Layout) -> Self {
        Self { logs: vec![Vec::new(); layout.types.len()], ..Self::default() }
    }

    /// Gathers the events of a customer of the table, by position. Rows of the table that say
    /// something about events of `before` are weighed against those.
    ///
    /// Cost: linear in the rows where they come in order of time, else a sort.
    pub fn gather(&mut self, table: &EventTable<'_>, customer: usize, tally: &mut Tally) {
        self.read(table, customer, &[], tally);
        self.resolve(table.layout(), None, tally);
        self.sort(table.layout());
    }

    /// The same for a customer of whom events are known. Rows that say something about events of
    /// `before` are weighed against those; rows of events up to the cut of their type come too
    /// late.
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
        self.resolve(table.layout(), Some(before), tally);
        self.sort(table.layout());
    }

    fn sort(&mut self, layout: &Layout) {
        for (log, kind) in self.logs.iter_mut().zip(&layout.types) {
            sort(log, kind.stride(), &mut self.order, &mut self.sorted);
        }
    }

    /// Reads the rows of a customer.
    fn read(&mut self, table: &EventTable<'_>, customer: usize, cuts: &[i64], tally: &mut Tally) {
        self.logs.iter_mut().for_each(Vec::clear);
        self.identified.clear();
        self.marks.clear();
        self.replaced.clear();
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

    /// Whether nothing was gathered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty() && self.replaced.is_empty() && self.logs.iter().all(Vec::is_empty)
    }

    /// Of each identity, keeps the row that counts.
    fn resolve(&mut self, layout: &Layout, before: Option<&CustomerHistory>, tally: &mut Tally) {
        if self.identified.is_empty() {
            return;
        }
        self.identified.sort_unstable_by_key(|row| (row.id, row.row));
        let before = before.filter(|before| !before.is_new());
        let known = before.map(|before| {
            before
                .find(layout, |id| self.identified.binary_search_by_key(&id, |row| row.id).is_ok())
        });
        let mut dropped: Vec<(usize, usize)> = Vec::new();
        let stride = |kind: usize| layout.types[kind].stride();
        for rows in self.identified.chunk_by(|a, b| a.id == b.id) {
            let id = rows[0].id;
            let found = known.as_ref().and_then(|known| {
                let at = known.binary_search_by_key(&id, |(id, _)| *id).ok()?;
                Some(&known[at].1)
            });
            let mut best = found.map(|(mark, kind, words)| Known {
                mark: *mark,
                kind: *kind,
                words: words.as_deref(),
            });
            let mut winner = None;
            for row in rows {
                let words = &self.logs[row.kind][row.at..row.at + stride(row.kind)];
                let order = best.as_ref().map(|best| rank(row.mark).cmp(&rank(best.mark)));
                match (order, &best) {
                    (None | Some(std::cmp::Ordering::Greater), _) => {
                        if let Some((kind, at)) = winner.replace((row.kind, row.at)) {
                            dropped.push((kind, at));
                        }
                        let words = (!row.mark.deleted).then_some(words);
                        best = Some(Known { mark: row.mark, kind: row.kind, words });
                        continue;
                    }
                    (Some(std::cmp::Ordering::Less), _) => tally.superseded += 1,
                    (Some(std::cmp::Ordering::Equal), Some(best))
                        if best.words.is_none()
                            || (best.kind == row.kind && best.words == Some(words)) =>
                    {
                        tally.duplicates += 1;
                    }
                    _ => tally.conflicts.push(row.row),
                }
                dropped.push((row.kind, row.at));
            }
            let (Some((kind, at)), Some(best)) = (winner, best) else { continue };
            if best.mark.deleted {
                dropped.push((kind, at));
            }
            if best.mark != Mark::default() {
                self.marks.push((id, best.mark));
            }
            if found.is_some() {
                self.replaced.push(id);
            }
        }
        // From the last to the first, so that places stay right.
        dropped.sort_unstable();
        for (kind, at) in dropped.into_iter().rev() {
            self.logs[kind].drain(at..at + stride(kind));
        }
    }

    /// The events gathered, to be read.
    #[must_use]
    pub fn history<'a>(&'a self, table: &'a EventTable<'_>) -> History<'a> {
        History {
            layout: table.layout(),
            logs: Logs::Apart(&self.logs),
            dictionaries: table.dictionaries(),
            folds: &[],
        }
    }
}

/// What counts more is greater.
fn rank(mark: Mark) -> (u32, bool) {
    (mark.revision, mark.deleted)
}

/// Puts rows of `stride` words in order.
fn sort(rows: &mut Vec<i64>, stride: usize, order: &mut Vec<u32>, sorted: &mut Vec<i64>) {
    // Times alone most often tell.
    let later = |a: &[i64], b: &[i64]| a[TIME] < b[TIME] || a <= b;
    if rows.chunks_exact(stride).is_sorted_by(|a, b| later(a, b)) {
        return;
    }
    let row = |at: u32| &rows[at as usize * stride..(at as usize + 1) * stride];
    let count = u32::try_from(rows.len() / stride).unwrap_or(u32::MAX);
    order.clear();
    order.extend(0..count);
    order.sort_unstable_by(|a, b| row(*a).cmp(row(*b)));
    sorted.clear();
    for at in &*order {
        sorted.extend_from_slice(row(*at));
    }
    std::mem::swap(rows, sorted);
}
