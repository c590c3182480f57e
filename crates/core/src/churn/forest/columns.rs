//! What the nodes of a forest ask, as columns of small numbers.
//!
//! A row's value is compared with the thresholds of its input once, and not at every node: its
//! *rank* is how many of them are not above it, and a node then asks whether the rank is above that
//! of its own threshold (Lucchese et al. 2017). An input with more than 255 thresholds has several
//! scales, so that a rank is a byte. A missing value has rank 0 where it goes left and 255 where it
//! goes right, in two columns where nodes differ. A set of categories is a column of its own: 0 for
//! what goes left, 255 for the rest.

use fearless_simd::Simd;
use ndarray::ArrayView2;

use super::block::{Lanes, ROWS};
use super::real::Real;
use super::thresholds::{MOST, Thresholds};
use super::walk::{Grove, Question, Set, Test};

/// More columns than a byte can name leave a forest to be walked.
const MOST_COLUMNS: usize = 256;

/// The ranks of a row, sixteen columns at a time, offset so that the order of signed bytes is
/// theirs.
#[derive(Debug)]
pub(super) struct Ranks(pub(super) [[i8; 16]; MOST_COLUMNS / 16]);

impl Ranks {
    pub(super) fn new() -> Self {
        Self([[0; 16]; _])
    }

    #[inline(always)]
    fn put(&mut self, column: u8, rank: i8) {
        self.0[usize::from(column / 16)][usize::from(column % 16)] = rank;
    }
}

/// The rank of what goes left at every node, and of what goes right.
const LEFT: u8 = 0;
const RIGHT: u8 = 255;

#[expect(clippy::cast_possible_wrap, reason = "the offset keeps the order")]
pub(super) const fn signed(rank: u8) -> i8 {
    (rank ^ 128) as i8
}

/// All that the nodes of a forest ask.
#[derive(Debug, Clone)]
pub(super) struct Columns<T> {
    scales: Vec<Scale<T>>,
    sets: Vec<SetColumn>,
}

/// Up to 255 thresholds of an input.
#[derive(Debug, Clone)]
struct Scale<T> {
    input: u32,
    thresholds: Thresholds<T>,
    /// The column that sends the missing right, and the one that sends them left.
    columns: [Option<u8>; 2],
}

#[derive(Debug, Clone)]
struct SetColumn {
    input: u32,
    set: Set,
    column: u8,
    missing: u8,
}

/// Where a node finds the answer: right when the rank in the column is above this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Asks {
    pub(super) column: u8,
    pub(super) rank: i8,
}

/// The columns of a forest, while they are found: first those of scales, then those of sets.
#[derive(Debug)]
pub(super) struct Finder {
    /// The thresholds of each input, ascending.
    thresholds: Vec<(u32, f64)>,
    /// Each scale, by input, its first threshold and where the missing go, ascending; and each set.
    scales: Vec<(u32, usize, bool)>,
    sets: Vec<(u32, Set, bool)>,
}

impl Finder {
    /// The columns for all these questions; none where they are too many.
    pub(super) fn new(questions: impl Iterator<Item = Question>) -> Option<Self> {
        let (mut asked, mut sets) = (Vec::new(), Vec::new());
        for Question { input, test, missing_left } in questions {
            match test {
                Test::Below(threshold) => asked.push((input, threshold, missing_left)),
                Test::In(set) => sets.push((input, set, missing_left)),
            }
        }
        let mut thresholds: Vec<(u32, f64)> =
            asked.iter().map(|(input, threshold, _)| (*input, *threshold)).collect();
        thresholds.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        // 0 and -0 are one threshold.
        thresholds.dedup();
        let mut finder = Self { thresholds, scales: Vec::new(), sets };
        let scale = |(input, threshold, missing_left)| {
            (input, finder.place(input, threshold).0, missing_left)
        };
        finder.scales = asked.into_iter().map(scale).collect();
        finder.scales.sort_unstable();
        finder.scales.dedup();
        finder.sets.sort_unstable();
        finder.sets.dedup();
        (finder.len() <= MOST_COLUMNS).then_some(finder)
    }

    /// The number of columns.
    pub(super) fn len(&self) -> usize {
        self.scales.len() + self.sets.len()
    }

    /// The thresholds of an input.
    fn of(&self, input: u32) -> &[(u32, f64)] {
        let begin = self.thresholds.partition_point(|(other, _)| *other < input);
        let of = &self.thresholds[begin..];
        &of[..of.partition_point(|(other, _)| *other == input)]
    }

    /// The first threshold of the scale that a threshold is on, and its rank there.
    fn place(&self, input: u32, threshold: f64) -> (usize, u8) {
        let at = self.of(input).partition_point(|(_, other)| *other < threshold);
        let rank = at % MOST;
        (at - rank, u8::try_from(rank).unwrap_or(u8::MAX))
    }

    /// Where a question that was among those of [`Self::new`] finds its answer.
    pub(super) fn find(&self, question: Question) -> Asks {
        let Question { input, test, missing_left } = question;
        let (column, rank) = match test {
            Test::Below(threshold) => {
                let (first, rank) = self.place(input, threshold);
                let asked = (input, first, missing_left);
                (self.scales.partition_point(|scale| *scale < asked), rank)
            }
            Test::In(set) => {
                let asked = (input, set, missing_left);
                (self.scales.len() + self.sets.partition_point(|set| *set < asked), LEFT)
            }
        };
        Asks { column: number(column), rank: signed(rank) }
    }

    pub(super) fn columns<T: Real>(self) -> Columns<T> {
        let mut scales: Vec<Scale<T>> = Vec::new();
        let mut last = None;
        for (column, &(input, first, missing_left)) in self.scales.iter().enumerate() {
            if last != Some((input, first)) {
                let thresholds = self.of(input)[first..].iter().take(MOST);
                let thresholds: Vec<_> = thresholds.map(|(_, at)| T::of(*at)).collect();
                let thresholds = Thresholds::new(&thresholds);
                scales.push(Scale { input, thresholds, columns: [None; 2] });
                last = Some((input, first));
            }
            if let Some(scale) = scales.last_mut() {
                scale.columns[usize::from(missing_left)] = Some(number(column));
            }
        }
        let set = |(column, &(input, set, missing_left))| SetColumn {
            input,
            set,
            column: number(self.scales.len() + column),
            missing: if missing_left { LEFT } else { RIGHT },
        };
        Columns { sets: self.sets.iter().enumerate().map(set).collect(), scales }
    }
}

/// A column's number: there are at most 256.
fn number(column: usize) -> u8 {
    u8::try_from(column).unwrap_or_default()
}

impl<T: Real> Columns<T> {
    /// Puts the rank of a row in every column.
    #[inline(always)]
    pub(super) fn rank<S: Simd>(&self, simd: S, grove: &Grove<T>, row: &[f64], ranks: &mut Ranks) {
        for scale in &self.scales {
            let value = T::of(row[scale.input as usize]);
            let missing = grove.is_missing(value);
            let rank = scale.thresholds.rank(simd, value);
            let [right, left] = scale.columns;
            if let Some(column) = right {
                ranks.put(column, signed(if missing { RIGHT } else { rank }));
            }
            if let Some(column) = left {
                ranks.put(column, signed(if missing { LEFT } else { rank }));
            }
        }
        for set in &self.sets {
            let value = T::of(row[set.input as usize]);
            ranks.put(set.column, set.rank(grove, value));
        }
    }

    /// The same for each row of a block, column by column.
    #[inline(always)]
    pub(super) fn rank_rows<S: Simd>(
        &self,
        simd: S,
        grove: &Grove<T>,
        rows: &ArrayView2<'_, f64>,
        lanes: &mut Lanes,
    ) {
        let mut values = [T::ZERO; ROWS];
        let mut ranks = [0; ROWS];
        for scale in &self.scales {
            read(rows, scale.input as usize, &mut values);
            scale.thresholds.ranks(simd, &values, &mut ranks);
            let [right, left] = scale.columns;
            if let Some(column) = right {
                put(grove, &values, &ranks, RIGHT, lanes.column(column));
            }
            if let Some(column) = left {
                put(grove, &values, &ranks, LEFT, lanes.column(column));
            }
        }
        for set in &self.sets {
            read(rows, set.input as usize, &mut values);
            let column = lanes.column(set.column);
            for row in 0..ROWS {
                column[row] = set.rank(grove, values[row]);
            }
        }
    }
}

impl SetColumn {
    #[inline(always)]
    fn rank<T: Real>(&self, grove: &Grove<T>, value: T) -> i8 {
        let left = grove.in_set(self.set, value);
        signed(left.map_or(self.missing, |left| if left { LEFT } else { RIGHT }))
    }
}

/// Puts ranks in a column, where what is missing has the rank `of_missing`.
#[inline(always)]
fn put<T: Real>(
    grove: &Grove<T>,
    values: &[T; ROWS],
    ranks: &[u8; ROWS],
    of_missing: u8,
    column: &mut [i8; ROWS],
) {
    for row in 0..ROWS {
        let missing = grove.is_missing(values[row]);
        column[row] = signed(if missing { of_missing } else { ranks[row] });
    }
}

/// Reads one input of a block of rows, in whichever order they stand.
#[inline(always)]
fn read<T: Real>(rows: &ArrayView2<'_, f64>, input: usize, values: &mut [T; ROWS]) {
    let column = rows.column(input);
    if let Some(column) = column.as_slice() {
        // By vectors, which the other loop cannot be.
        for row in 0..column.len().min(ROWS) {
            values[row] = T::of(column[row]);
        }
    } else {
        for row in 0..column.len().min(ROWS) {
            values[row] = T::of(column[row]);
        }
    }
}
