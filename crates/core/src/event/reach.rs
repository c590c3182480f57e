//! Which events of a table anybody reads: most windows begin long after most events.

use fearless_simd::{Simd, mask32x16, prelude::*, u32x16};

/// Which events of one type are read: those later than `after` and not later than `until`, in
/// microseconds, and, where `newest` says so, the last of those that are not later than `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Events up to it are not read.
    pub after: i64,
    /// Later events are not read.
    pub until: i64,
    /// Whether the last event up to `after` is read all the same.
    pub newest: bool,
}

impl Reach {
    /// No event.
    pub const NONE: Self = Self { after: i64::MAX, until: i64::MIN, newest: false };
    /// Every event.
    pub const ALL: Self = Self { after: i64::MIN, until: i64::MAX, newest: false };

    /// What either reads.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            after: self.after.min(other.after),
            until: self.until.max(other.until),
            newest: self.newest || other.newest,
        }
    }
}

/// Lets those rows of a table pass that somebody reads, by their instant and the code of their
/// type.
#[derive(Debug, Clone)]
pub struct Sieve {
    /// Stretches of time, one after the other, from the first instant to the last.
    pub(super) stretches: Vec<Stretch>,
    /// The types of which the newest row passes that is not later than a stretch, by its number.
    pub(super) newest: Vec<(usize, usize)>,
}

/// A stretch of time in which all rows of a type are treated alike.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    /// Its last instant.
    pub(super) until: i64,
    /// Which codes of types have rows that are held back: 32 codes a word, the first its lowest bit.
    holds: Vec<u32>,
}

/// So many rows are looked at at once.
pub(super) const ROWS: usize = 16;

impl Stretch {
    /// Which of so many rows at most pass, by their codes: a bit for each, the first the lowest.
    #[expect(clippy::inline_always, reason = "code of vectors is to be compiled with its caller")]
    #[inline(always)]
    pub(super) fn passing<S: Simd>(&self, simd: S, codes: &[u32]) -> u64 {
        let mut room = [0; ROWS];
        let block = codes.as_array().unwrap_or_else(|| {
            room[..codes.len()].copy_from_slice(codes);
            &room
        });
        let mut at = u32x16::from_slice(simd, block);
        let mut held = mask32x16::splat(simd, false);
        for word in &self.holds {
            let bit = (u32x16::splat(simd, *word) >> (at & 31)) & 1;
            held |= bit.simd_eq(1) & at.simd_lt(32);
            at -= 32;
        }
        !held.to_bitmask() & ((1 << codes.len()) - 1)
    }
}

impl Sieve {
    /// Whether tables are sifted: not in a page, whose tables are small, and so is its code to be.
    pub const IS_USED: bool = !cfg!(target_family = "wasm");

    /// The sieve for a table where each code stands for one of `kinds`, which have such a reach;
    /// none where every row is read.
    pub(super) fn new(kinds: &[Option<usize>], reaches: &[Reach]) -> Option<Self> {
        if kinds.iter().flatten().all(|kind| reaches[*kind] == Reach::ALL) {
            return None;
        }
        let mut ends: Vec<i64> =
            reaches.iter().flat_map(|reach| [reach.after, reach.until]).collect();
        ends.push(i64::MAX);
        // No instant is that early.
        ends.retain(|end| *end != i64::MIN);
        ends.sort_unstable();
        ends.dedup();
        let mut before = i64::MIN;
        let stretch = |until: &i64| {
            // What has no type passes, to be found.
            let held = |kind: &Option<usize>| {
                let reach = kind.map_or(Reach::ALL, |kind| reaches[kind]);
                before < reach.after || reach.until < *until
            };
            let word = |kinds: &[Option<usize>]| {
                kinds.iter().rev().fold(0, |word, kind| word << 1 | u32::from(held(kind)))
            };
            let holds = kinds.chunks(32).map(word).collect();
            before = *until;
            Stretch { until: *until, holds }
        };
        let stretches = ends.iter().map(stretch).collect();
        let newest = reaches.iter().enumerate().filter(|(_, reach)| reach.newest);
        let newest = newest.filter_map(|(kind, reach)| {
            // None is before the least instant.
            Some((kind, ends.iter().position(|end| *end == reach.after)?))
        });
        Some(Self { newest: newest.collect(), stretches })
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};
    use proptest::prelude::*;

    use super::*;

    fn kinds() -> impl Strategy<Value = Vec<Option<usize>>> {
        prop::collection::vec(prop::option::weighted(0.9, 0..5_usize), 1..90)
    }

    fn reach() -> impl Strategy<Value = Reach> {
        let some = (-9..9_i64, 0..9_i64, any::<bool>());
        some.prop_map(|(after, len, newest)| Reach { after, until: after + len, newest })
    }

    proptest! {
        #[test]
        fn rows_pass_inside_their_reach(
            kinds in kinds(),
            reaches in prop::collection::vec(reach(), 5),
            time in -20..20_i64,
            codes in prop::collection::vec(prop_oneof![9 => 0..90_u32, 1 => Just(u32::MAX)], 1..=ROWS),
        ) {
            let Some(sieve) = Sieve::new(&kinds, &reaches) else { return Ok(()) };
            let stretch = sieve.stretches.iter().find(|stretch| time <= stretch.until).unwrap();
            let passing = dispatch!(Level::new(), simd => stretch.passing(simd, &codes));
            for (at, code) in codes.iter().enumerate() {
                let kind = kinds.get(*code as usize).copied().flatten();
                let expected = kind.is_none_or(|kind| {
                    reaches[kind].after < time && time <= reaches[kind].until
                });
                prop_assert_eq!(passing >> at & 1 == 1, expected, "code {}", code);
            }
            prop_assert_eq!(passing >> codes.len(), 0);
        }
    }
}
