//! Forgetting events that nothing asks for any more.

use serde::{Deserialize, Serialize};

use super::customer::{Marked, Rest};
use super::{CustomerHistory, Events};
use crate::event::{IDENTITY, Layout};

/// What stands for forgotten events in a count or a sum over all of the past.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    /// How many events that count were forgotten.
    pub dropped: u64,
    /// The sum over all events up to `until`, in canonical order.
    pub sum: f64,
    /// How many were summed.
    pub summed: u64,
    /// In microseconds since 1970.
    pub until: i64,
}

impl Default for Fold {
    fn default() -> Self {
        Self { dropped: 0, sum: 0.0, summed: 0, until: i64::MIN }
    }
}

impl CustomerHistory {
    /// Forgets events of each type up to its cut, but for those that `keep` says; so many folds
    /// stand for them from then on. Gives how many were forgotten.
    pub fn forget(
        &mut self,
        layout: &Layout,
        cuts: &[i64],
        folds: usize,
        keep: impl Fn(usize, &Events<'_>, i64, &mut [Fold]) -> Vec<bool>,
    ) -> usize {
        if self.ends.is_empty() {
            return 0;
        }
        let mut known = self.view(layout).folds().to_vec();
        known.resize(folds, Fold::default());
        let mut words = Vec::new();
        let mut ends = Vec::with_capacity(self.ends.len());
        let mut gone = Vec::new();
        for (kind, cut) in cuts.iter().enumerate() {
            let events = self.view(layout).events(kind);
            let keep = keep(kind, &events, *cut, &mut known);
            for (row, of_event) in events.rows().enumerate() {
                if keep.get(row).copied().unwrap_or(true) {
                    words.extend_from_slice(of_event);
                } else {
                    gone.push(of_event[IDENTITY]);
                }
            }
            // There are fewer than before.
            ends.push(u32::try_from(words.len()).unwrap_or(u32::MAX));
        }
        let forgotten = gone.len();
        gone.sort_unstable();
        // An event up to every cut comes too late anyway: nobody asks whether it was deleted.
        let all = cuts.iter().min().copied().unwrap_or(i64::MIN);
        let needed = |known: &Marked| {
            if known.mark.deleted {
                known.time > all
            } else {
                gone.binary_search(&known.id).is_err()
            }
        };
        words.shrink_to_fit();
        (self.words, self.ends) = (words, ends.into());
        if forgotten > 0 || self.rest.is_some() {
            let rest = self.rest.get_or_insert_with(|| Box::new(Rest::new(layout)));
            rest.marks.retain(needed);
            rest.folds = known;
        }
        forgotten
    }
}
