//! The values of the leaves, and their sums for 64 rows.
//!
//! Where the processor looks up 64 bytes among 64 in one instruction (AVX-512), the leaves of a tree
//! stand byte by byte, the lowest of all of them first, and a block of rows takes as many look-ups as
//! a value has bytes. Elsewhere the leaf of each row is read by itself. Each row's sum is that of the
//! trees in their order, so both are the same to the bit.

#[cfg(target_arch = "x86_64")]
use fearless_simd::Avx512;
use fearless_simd::Level;
#[cfg(target_arch = "x86_64")]
use fearless_simd::Simd;

use super::block::ROWS;
use super::plan::LEAVES;
use super::real::Real;

/// The leaves of every tree.
#[derive(Debug, Clone)]
pub(super) enum Leaves<T> {
    Values(Vec<[T; LEAVES]>),
    /// As many for each tree as a value has bytes.
    #[cfg(target_arch = "x86_64")]
    Bytes(Avx512, Vec<[u8; LEAVES]>),
}

impl<T: Real> Leaves<T> {
    /// These leaves of each tree, for a processor of that level.
    pub(super) fn new(level: Level, trees: Vec<[T; LEAVES]>) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(simd) = level.as_avx512() {
            let bytes = |tree: &[T; LEAVES]| {
                let tree = *tree;
                (0..size_of::<T>()).map(move |at| tree.map(|value| value.byte(at)))
            };
            return Self::Bytes(simd, trees.iter().flat_map(bytes).collect());
        }
        let _ = level;
        Self::Values(trees)
    }

    /// Adds to the sum of each row the leaf that it ends at in each tree, in order, from number
    /// `first` on.
    #[inline(always)]
    pub(super) fn add(&self, first: usize, ends: &[[u8; ROWS]], sums: &mut [T; ROWS]) {
        match self {
            Self::Values(trees) => one_by_one(&trees[first..], ends, sums),
            #[cfg(target_arch = "x86_64")]
            Self::Bytes(simd, bytes) => {
                let bytes = &bytes[first * size_of::<T>()..];
                simd.vectorize(
                    #[inline(always)]
                    || T::look_up(*simd, bytes, ends, sums),
                );
            }
        }
    }
}

/// Four trees in one go, which spares storing the sums of three.
#[inline(always)]
fn one_by_one<T: Real>(trees: &[[T; LEAVES]], ends: &[[u8; ROWS]], sums: &mut [T; ROWS]) {
    let leaf = |tree: &[T; LEAVES], number: u8| tree[usize::from(number) % LEAVES];
    let (fours, rest) = ends.as_chunks::<4>();
    for (at, [a, b, c, d]) in fours.iter().enumerate() {
        let of = &trees[4 * at..4 * at + 4];
        for row in 0..ROWS {
            let sum = sums[row] + leaf(&of[0], a[row]) + leaf(&of[1], b[row]);
            sums[row] = sum + leaf(&of[2], c[row]) + leaf(&of[3], d[row]);
        }
    }
    for (at, ends) in rest.iter().enumerate() {
        let of = &trees[4 * fours.len() + at];
        for row in 0..ROWS {
            sums[row] = sums[row] + leaf(of, ends[row]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By the level of this processor and one by one.
    fn same<T: Real>(values: &[f64], ends: &[[u8; ROWS]]) {
        let trees: Vec<[T; LEAVES]> =
            values.chunks(LEAVES).map(|tree| std::array::from_fn(|at| T::of(tree[at]))).collect();
        let leaves = Leaves::new(Level::new(), trees.clone());
        for first in 0..ends.len() {
            let (mut sums, mut expected) = ([T::NEGATIVE_ZERO; ROWS], [T::NEGATIVE_ZERO; ROWS]);
            leaves.add(first, &ends[first..], &mut sums);
            one_by_one(&trees[first..], &ends[first..], &mut expected);
            for row in 0..ROWS {
                let of_row = ends.iter().zip(&trees).skip(first);
                let sum = of_row
                    .fold(T::NEGATIVE_ZERO, |sum, (ends, tree)| sum + tree[usize::from(ends[row])]);
                assert_eq!(sums[row].widen().to_bits(), sum.widen().to_bits());
                assert_eq!(expected[row].widen().to_bits(), sum.widen().to_bits());
            }
        }
    }

    proptest! {
        #[test]
        fn the_leaf_of_every_tree_is_added_in_order(
            trees in prop::collection::vec(prop::collection::vec(-1e3_f64..1e3, LEAVES), 1..9),
            numbers in prop::collection::vec(0..64_u8, 9 * ROWS),
        ) {
            let (ends, _) = numbers.as_chunks::<ROWS>();
            let values = trees.concat();
            same::<f32>(&values, &ends[..trees.len()]);
            same::<f64>(&values, &ends[..trees.len()]);
        }
    }
}
