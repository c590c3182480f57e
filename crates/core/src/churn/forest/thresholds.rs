//! The ranks of values among thresholds: how many of them are not above.
//!
//! The bits of a positive number grow as it does, by as much from one power of two to the next. So
//! the distance from the first threshold, cut off after some bits, names a *bucket*, and few
//! thresholds share one, whether they are spread evenly or over many powers of ten. A rank is then
//! the number of thresholds in the buckets before, and of the next eight that are not above. Where
//! more than eight share a bucket, the rank is found by halving.

use fearless_simd::Simd;

use super::block::ROWS;
use super::real::Real;

/// A rank is a byte.
pub(super) const MOST: usize = 255;

/// Thresholds that are compared at once.
const WIDTH: usize = 8;

const BUCKETS: usize = 256;

/// Up to 255 thresholds.
#[derive(Debug, Clone)]
pub(super) struct Thresholds<T> {
    /// Ascending, and then NaN, which is above nothing and below nothing.
    sorted: [T; MOST + 1 + WIDTH],
    buckets: Option<Buckets<T>>,
}

#[derive(Debug, Clone)]
struct Buckets<T> {
    /// What distances are from.
    first: T,
    /// The bits of a distance that are taken off, and how many of the rest are cut off.
    floor: i32,
    shift: u32,
    /// How many thresholds are in the buckets before each.
    before: [u8; BUCKETS],
}

impl<T: Real> Thresholds<T> {
    /// Of thresholds in ascending order.
    pub(super) fn new(thresholds: &[T]) -> Self {
        let mut sorted = [T::NAN; _];
        sorted[..thresholds.len()].copy_from_slice(thresholds);
        Self { sorted, buckets: Buckets::new(thresholds) }
    }

    /// How many thresholds are not above `value`; of NaN, any number.
    #[inline(always)]
    pub(super) fn rank<S: Simd>(&self, simd: S, value: T) -> u8 {
        match &self.buckets {
            Some(buckets) => self.rank_from(simd, buckets.before(buckets.bucket(value)), value),
            None => self.rank_by_halving(value),
        }
    }

    /// The same for each row of a block.
    #[inline(always)]
    pub(super) fn ranks<S: Simd>(&self, simd: S, values: &[T; ROWS], ranks: &mut [u8; ROWS]) {
        if let Some(buckets) = &self.buckets {
            for row in 0..ROWS {
                ranks[row] = buckets.bucket(values[row]);
            }
            for row in 0..ROWS {
                ranks[row] = self.rank_from(simd, buckets.before(ranks[row]), values[row]);
            }
        } else {
            for row in 0..ROWS {
                ranks[row] = self.rank_by_halving(values[row]);
            }
        }
    }

    #[inline(always)]
    fn rank_from<S: Simd>(&self, simd: S, before: u8, value: T) -> u8 {
        let Some(next) = self.sorted[usize::from(before)..].first_chunk() else { return before };
        before + T::count_not_above(simd, next, value)
    }

    #[inline(always)]
    fn rank_by_halving(&self, value: T) -> u8 {
        let mut rank = 0;
        for bit in (0..8).rev() {
            let more = rank + (1 << bit);
            rank = if self.sorted[usize::from(more) - 1] <= value { more } else { rank };
        }
        rank
    }
}

impl<T: Real> Buckets<T> {
    /// None where too many thresholds share a bucket.
    fn new(thresholds: &[T]) -> Option<Self> {
        let (&[first, ..], &[.., last]) = (thresholds, thresholds) else { return None };
        // Few thresholds need one bucket only.
        let mut buckets = Self { first, floor: i32::MAX, shift: 0, before: [0; BUCKETS] };
        if thresholds.len() > WIDTH {
            if !(last - first).widen().is_finite() {
                return None;
            }
            let (near, far) = ((thresholds[1] - first).high_bits(), (last - first).high_bits());
            while (far - near) >> buckets.shift >= 255 {
                buckets.shift += 1;
            }
            buckets.floor = (near - (1 << buckets.shift)).max(0);
        }
        let mut counts = [0; BUCKETS];
        for &threshold in thresholds {
            counts[usize::from(buckets.bucket(threshold))] += 1;
        }
        let mut before = 0;
        for (bucket, &count) in counts.iter().enumerate() {
            buckets.before[bucket] = before;
            before += count;
        }
        counts.iter().all(|&count| usize::from(count) <= WIDTH).then_some(buckets)
    }

    /// Never less for a larger value.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to 255, by what stands before"
    )]
    #[inline(always)]
    fn bucket(&self, value: T) -> u8 {
        // The bits of a negative distance are those of a negative integer.
        let bits = (value - self.first).high_bits().max(self.floor);
        ((bits - self.floor) >> self.shift).min(255) as u8
    }

    #[inline(always)]
    fn before(&self, bucket: u8) -> u8 {
        self.before[usize::from(bucket)]
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd::dispatch;
    use proptest::prelude::*;

    use super::super::block;
    use super::*;

    fn check<T: Real + std::fmt::Debug>(thresholds: &[f64], more: &[f64]) {
        let mut thresholds: Vec<T> = thresholds.iter().map(|&at| T::of(at)).collect();
        thresholds.sort_by(|a, b| a.widen().total_cmp(&b.widen()));
        thresholds.dedup();
        thresholds.truncate(MOST);
        let found = Thresholds::new(&thresholds);
        let at = thresholds.iter().map(|at| at.widen());
        let near = at.flat_map(|at| [at, at.next_up(), at.next_down(), -at]);
        let more = more.iter().copied().chain([0.0, f64::INFINITY, f64::NEG_INFINITY]);
        let values: Vec<T> = near.chain(more).map(T::of).collect();
        for chunk in values.chunks(ROWS) {
            let mut block = [T::ZERO; ROWS];
            block[..chunk.len()].copy_from_slice(chunk);
            let mut ranks = [0; ROWS];
            dispatch!(block::level(), simd => found.ranks(simd, &block, &mut ranks));
            for (&value, &rank) in block.iter().zip(&ranks) {
                let expected = thresholds.iter().filter(|at| **at <= value).count();
                assert_eq!(usize::from(rank), expected, "{value:?} among {thresholds:?}");
                let alone = dispatch!(block::level(), simd => found.rank(simd, value));
                assert_eq!(alone, rank);
            }
        }
    }

    /// Numbers close together, far apart, whole, and at both ends of what there is.
    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![
            4 => -3.0..3.0,
            2 => (-30.0..30.0).prop_map(f64::exp2),
            2 => (-20..200).prop_map(f64::from),
            1 => 5.0..5.001,
            1 => prop::num::f64::NORMAL.prop_map(|x| x.clamp(-1e38, 1e38)),
        ]
    }

    proptest! {
        #[test]
        fn a_rank_is_how_many_are_not_above(
            thresholds in prop::collection::vec(number(), 1..256),
            more in prop::collection::vec(number(), 64),
        ) {
            check::<f32>(&thresholds, &more);
            check::<f64>(&thresholds, &more);
        }
    }

    #[test]
    fn thresholds_are_in_buckets_where_few_share_one() {
        let is_in_buckets = |spread: fn(f64) -> f64, count: u8| {
            let thresholds: Vec<f64> = (1..=count).map(|at| spread(f64::from(at))).collect();
            check::<f64>(&thresholds, &[]);
            Thresholds::new(&thresholds).buckets.is_some()
        };
        assert!(is_in_buckets(|at| at, 255));
        assert!(is_in_buckets(|at| at.powi(9), 255));
        assert!(is_in_buckets(|_| f64::INFINITY, 1));
        assert!(is_in_buckets(|at| f64::MAX * (at - 4.0) / 4.0, 8));
        assert!(!is_in_buckets(|at| f64::MAX * (at - 9.0) / 9.0, 18));
        assert!(!is_in_buckets(|at| at + 1e15 * (at - 1.0).min(1.0), 99));
    }
}
