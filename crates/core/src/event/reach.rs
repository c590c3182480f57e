//! Which events of a table anybody reads: most windows begin long after most events.

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
    /// For each code of a type, 1 where its rows pass, else 0.
    pub(super) passes: Vec<u32>,
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
            let passes = kinds.iter().map(|kind| {
                kind.is_none_or(|kind| {
                    reaches[kind].after <= before && *until <= reaches[kind].until
                })
            });
            let passes = passes.map(u32::from).collect();
            before = *until;
            Stretch { until: *until, passes }
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
