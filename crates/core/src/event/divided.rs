//! Rows of a table divided among the event types: all of them, or those that somebody reads.

use fearless_simd::{Level, Simd, dispatch};

use super::reach::{ROWS, Sieve};

/// Rows of a table divided among the event types.
#[derive(Debug, Default)]
pub struct Divided {
    /// The rows of each type, in the order in which they came.
    rows: Vec<Vec<u32>>,
    /// To work in: where stretches of a customer's rows end.
    ends: Vec<usize>,
}

/// What the instants of rows say that were divided together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Whether each event is later than the one before.
    pub rising: bool,
    /// The instant of the first event of all, read or not; the greatest number of all where there
    /// is none.
    pub earliest: i64,
}

impl Divided {
    /// Forgets all rows, to begin anew with so many types.
    pub fn clear(&mut self, types: usize) {
        self.rows.resize(types, Vec::new());
        self.rows.iter_mut().for_each(Vec::clear);
    }

    /// The rows of a type.
    #[must_use]
    pub fn of(&self, kind: usize) -> &[u32] {
        &self.rows[kind]
    }

    /// How many rows of each type there are.
    pub fn counts(&self) -> impl Iterator<Item = usize> {
        self.rows.iter().map(Vec::len)
    }

    /// Adds rows with their types; nothing where one has none.
    #[inline]
    pub(super) fn add(&mut self, rows: impl Iterator<Item = (u32, usize)>) -> Option<()> {
        for (row, kind) in rows {
            self.rows.get_mut(kind)?.push(row);
        }
        Some(())
    }

    /// Adds those of the rows from `first` on that pass the sieve, where `kind` says what their
    /// codes stand for; false, and none is added, where their instants do not rise. Nothing where
    /// one has no type.
    ///
    /// Cost: a search for each stretch, a step for sixteen rows, and one for each row that passes.
    pub(super) fn sift(
        &mut self,
        sieve: &Sieve,
        (first, codes, times): (u32, &[u32], &[i64]),
        kind: impl Fn(u32) -> usize,
    ) -> Option<bool> {
        dispatch!(Level::new(), simd => self.sift_with(simd, sieve, (first, codes, times), kind))
    }

    #[expect(clippy::inline_always, reason = "code of vectors is to be compiled with its caller")]
    #[inline(always)]
    fn sift_with<S: Simd>(
        &mut self,
        simd: S,
        sieve: &Sieve,
        (first, codes, times): (u32, &[u32], &[i64]),
        kind: impl Fn(u32) -> usize,
    ) -> Option<bool> {
        // Without a branch, many are compared at once.
        let mut rising = true;
        for pair in times.windows(2) {
            rising &= pair[0] < pair[1];
        }
        if !rising {
            return Some(false);
        }
        self.ends.clear();
        let mut end = 0;
        for stretch in &sieve.stretches {
            let inside = |time: &i64| *time <= stretch.until;
            let rest = &times[end..];
            // Most stretches have none of the rows, or all that are left.
            end += match (rest.first(), rest.last()) {
                (Some(first), _) if !inside(first) => 0,
                (_, Some(last)) if inside(last) => rest.len(),
                _ => rest.partition_point(inside),
            };
            self.ends.push(end);
        }
        for (newest, stretch) in &sieve.newest {
            let mut before = codes[..self.ends[*stretch]].iter();
            let at = before.rposition(|code| kind(*code) == *newest);
            self.rows[*newest].extend(at.map(|at| row(first, at)));
        }
        let mut start = 0;
        for (stretch, end) in sieve.stretches.iter().zip(&self.ends) {
            for (at, codes) in codes[start..*end].chunks(ROWS).enumerate() {
                let from = row(first, start + ROWS * at);
                let mut left = stretch.passing(simd, codes);
                while left != 0 {
                    let at = left.trailing_zeros();
                    let kind = kind(codes[at as usize]);
                    self.rows.get_mut(kind)?.push(from + at);
                    left &= left - 1;
                }
            }
            start = *end;
        }
        Some(true)
    }
}

/// The row so many behind another. A table has fewer than 2^32 rows.
fn row(first: u32, at: usize) -> u32 {
    first + u32::try_from(at).unwrap_or(u32::MAX)
}
