//! The leaves that a row ends at, by 32 trees at a time, and their sum.
//!
//! A byte stands for a tree, so what a batch does with rows in [`block`](super::block) is done here
//! with trees: a vector of questions, one of each tree, is looked up in the row's ranks and
//! compared in one go. Of full trees that is the first three levels. They lead to one of eight
//! subtrees, all seven nodes of which are asked at once: such a subtree with its leaves is one line
//! of the cache, where all questions of six levels, and sixty-four leaves, would be many.

#![expect(
    clippy::needless_range_loop,
    reason = "a step of an iterator would be a function that has no wide vectors"
)]

use fearless_simd::{Simd, i8x16, i8x32, prelude::*, u8x32};

use super::block::FirstLeft;
use super::columns::{Asks, Ranks, signed};
use super::plan::{FULL_DEPTH, LEAVES, NEVER, Plan};
use super::real::Real;
use super::walk::Grove;

/// Trees that are gone through at once.
pub(super) const TREES: usize = 32;

/// The levels that are asked before and in a subtree, their nodes, and what these lead to.
const HALF_DEPTH: usize = FULL_DEPTH / 2;
const NODES: usize = ENDS - 1;
const ENDS: usize = 1 << HALF_DEPTH;

/// Up to 32 trees, one after the other in the forest.
#[derive(Debug, Clone)]
pub(super) struct Group<T> {
    form: Form,
    ends: Ends<T>,
}

/// What all trees of a group are asked; see [`Plan`] for the forms.
#[derive(Debug, Clone)]
enum Form {
    Symmetric(Box<[Questions; FULL_DEPTH]>),
    /// The first three levels of full trees, counted by level.
    Half(Box<[Questions; NODES]>),
    Masks(Vec<Vec<Mask>>),
}

/// What each tree's answers lead to.
#[derive(Debug, Clone)]
enum Ends<T> {
    Leaves(Vec<[T; LEAVES]>),
    /// Of two trees each; the last may be one that adds nothing.
    Subtrees(Vec<[[Subtree<T>; ENDS]; 2]>),
}

/// A question of each tree, in one line of the cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Questions {
    /// In the order of signed bytes, as ranks are.
    columns: [i8; TREES],
    ranks: [i8; TREES],
}

impl Questions {
    /// Where there is no tree the question sends all left.
    const NONE: Self = Self { columns: [signed(NEVER.column); TREES], ranks: [NEVER.rank; TREES] };

    fn put(&mut self, tree: usize, asks: Asks) {
        (self.columns[tree], self.ranks[tree]) = (signed(asks.column), asks.rank);
    }

    #[inline(always)]
    fn load<S: Simd>(&self, simd: S) -> Asked<S> {
        Asked {
            columns: i8x32::simd_from(simd, self.columns),
            ranks: i8x32::simd_from(simd, self.ranks),
        }
    }
}

/// The last three levels of a full tree, in one line of the cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Subtree<T> {
    /// The columns that the nodes ask about, counted by level, and then their ranks.
    asks: [i8; 2 * ENDS],
    leaves: [T; ENDS],
}

/// For the answers of seven nodes, counted by level, as bits: which of eight ends they lead to.
const LEADS_TO: [u8; 1 << NODES] = {
    let mut leads = [0; 1 << NODES];
    let mut answers = 0;
    while answers < leads.len() {
        let (mut end, mut level) = (0, 0);
        while level < HALF_DEPTH {
            let node = (1 << level) - 1 + end;
            end = 2 * end + (answers >> node & 1);
            level += 1;
        }
        leads[answers] = LOW_BYTES[end];
        answers += 1;
    }
    leads
};

/// The numbers of the ends, as bytes.
const LOW_BYTES: [u8; ENDS] = [0, 1, 2, 3, 4, 5, 6, 7];

impl<T: Real> Subtree<T> {
    /// Of a tree that is not there: adding -0 changes no sum, not even one of -0.
    const NONE: Self = Self { asks: [0; 2 * ENDS], leaves: [T::NEGATIVE_ZERO; ENDS] };

    /// What a full tree of these questions and leaves has from node `end` of its fourth level on.
    fn new(nodes: &[Asks; LEAVES], leaves: &[T; LEAVES], end: usize) -> Self {
        let mut asks = [0; 2 * ENDS];
        for level in 0..HALF_DEPTH {
            for side in 0..1 << level {
                let node = nodes[((ENDS + end) << level) + side];
                let at = (1 << level) - 1 + side;
                (asks[at], asks[ENDS + at]) = (signed(node.column), node.rank);
            }
        }
        Self { asks, leaves: leaves.as_chunks().0[end] }
    }

    /// The leaves that a row ends at in two subtrees.
    #[inline(always)]
    fn leaves<S: Simd>(row: Row<'_, S>, first: &Self, second: &Self) -> [T; 2] {
        let load = |subtree: &Self| i8x16::simd_from(row.simd, subtree.asks);
        let asks = load(first).combine(load(second));
        let asked = asks.slide_within_blocks::<ENDS>(i8x32::splat(row.simd, 0));
        // What the ranks themselves would ask about, past the seven nodes, is left out.
        let answers = row.right(Asked { columns: asks, ranks: asked }).to_bitmask();
        [first.leaf(answers.to_le_bytes()[0]), second.leaf(answers.to_le_bytes()[2])]
    }

    #[inline(always)]
    fn leaf(&self, answers: u8) -> T {
        self.leaves[usize::from(LEADS_TO[usize::from(answers) % LEADS_TO.len()]) % ENDS]
    }
}

/// A question of each tree, and the bits that stay where it is answered by going right.
#[derive(Debug, Clone)]
struct Mask {
    questions: Questions,
    keep: [u8; TREES],
}

impl Mask {
    /// Where a tree has no such mask, nothing is taken out.
    const NONE: Self = Self { questions: Questions::NONE, keep: [u8::MAX; TREES] };

    fn put(&mut self, tree: usize, asks: Asks, keep: u8) {
        self.questions.put(tree, asks);
        self.keep[tree] = keep;
    }
}

/// Questions in vectors.
#[derive(Clone, Copy)]
struct Asked<S: Simd> {
    columns: i8x32<S>,
    ranks: i8x32<S>,
}

/// Which trees go right.
type Right<S> = <i8x32<S> as SimdBase<S>>::Mask;

impl<T: Real> Group<T> {
    pub(super) fn new(grove: &Grove<T>, plans: &[Plan<'_>]) -> Self {
        let form = Form::new(plans);
        let ends = Ends::new(grove, plans, &form);
        Self { form, ends }
    }

    /// What the answers lead to.
    #[inline(always)]
    pub(super) fn ask<S: Simd>(&self, row: Row<'_, S>) -> [u8; TREES] {
        self.form.ask(row)
    }

    /// `sum` and the leaf of each tree, by what [`Self::ask`] said, in the order of the trees.
    #[inline(always)]
    pub(super) fn add<S: Simd>(&self, row: Row<'_, S>, ends: &[u8; TREES], sum: T) -> T {
        let mut sum = sum;
        match &self.ends {
            Ends::Leaves(leaves) => {
                for tree in 0..leaves.len().min(TREES) {
                    sum = sum + leaves[tree][usize::from(ends[tree]) % LEAVES];
                }
            }
            Ends::Subtrees(pairs) => {
                for pair in 0..pairs.len().min(TREES / 2) {
                    let [first, second] = &pairs[pair];
                    let first = &first[usize::from(ends[2 * pair]) % ENDS];
                    let second = &second[usize::from(ends[2 * pair + 1]) % ENDS];
                    let [first, second] = Subtree::leaves(row, first, second);
                    sum = sum + first + second;
                }
            }
        }
        sum
    }
}

impl Form {
    fn new(plans: &[Plan<'_>]) -> Self {
        Self::of_symmetric(plans)
            .or_else(|| Self::of_full(plans))
            .unwrap_or_else(|| Self::of_any(plans))
    }

    /// Where all trees are symmetric.
    fn of_symmetric(plans: &[Plan<'_>]) -> Option<Self> {
        let mut levels = Box::new([Questions::NONE; FULL_DEPTH]);
        for (tree, plan) in plans.iter().enumerate() {
            for (level, asks) in plan.symmetric()?.into_iter().enumerate() {
                levels[level].put(tree, asks);
            }
        }
        Some(Self::Symmetric(levels))
    }

    /// Where all trees are full.
    fn of_full(plans: &[Plan<'_>]) -> Option<Self> {
        let mut nodes = Box::new([Questions::NONE; NODES]);
        for (tree, plan) in plans.iter().enumerate() {
            let full = plan.full()?;
            for node in 0..NODES {
                nodes[node].put(tree, full[node + 1]);
            }
        }
        Some(Self::Half(nodes))
    }

    fn of_any(plans: &[Plan<'_>]) -> Self {
        let mut bytes: Vec<Vec<Mask>> = Vec::new();
        for (tree, plan) in plans.iter().enumerate() {
            for (byte, masks) in plan.masks().into_iter().enumerate() {
                bytes.resize(bytes.len().max(byte + 1), Vec::new());
                let of_all = &mut bytes[byte];
                of_all.resize(of_all.len().max(masks.len()), Mask::NONE);
                for (at, (asks, keep)) in masks.into_iter().enumerate() {
                    of_all[at].put(tree, asks, keep);
                }
            }
        }
        Self::Masks(bytes)
    }

    // In wasm every function may use vectors, and one copy of this one is enough.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn ask<S: Simd>(&self, row: Row<'_, S>) -> [u8; TREES] {
        let ends = match self {
            Self::Symmetric(levels) => row.symmetric(levels),
            Self::Half(nodes) => row.half(nodes),
            Self::Masks(bytes) => row.masks(bytes),
        };
        ends.into()
    }
}

impl<T: Real> Ends<T> {
    fn new(grove: &Grove<T>, plans: &[Plan<'_>], form: &Form) -> Self {
        let is_half = matches!(form, Form::Half(_));
        if is_half && plans.iter().any(|plan| plan.depth > HALF_DEPTH) {
            return Self::subtrees(grove, plans);
        }
        let mut ends = vec![[T::ZERO; LEAVES]; plans.len()];
        for (tree, plan) in plans.iter().enumerate() {
            let leaves = if matches!(form, Form::Masks(_)) {
                plan.in_order(grove)
            } else {
                plan.by_position(grove)
            };
            // Three levels lead to every eighth position of six.
            let step = if is_half { ENDS } else { 1 };
            for end in 0..LEAVES {
                ends[tree][end] = leaves[step * end % LEAVES];
            }
        }
        Self::Leaves(ends)
    }

    fn subtrees(grove: &Grove<T>, plans: &[Plan<'_>]) -> Self {
        let mut pairs = vec![[[Subtree::NONE; ENDS]; 2]; plans.len().div_ceil(2)];
        for (tree, plan) in plans.iter().enumerate() {
            let nodes = plan.full().unwrap_or([NEVER; LEAVES]);
            let leaves = plan.by_position(grove);
            for end in 0..ENDS {
                pairs[tree / 2][tree % 2][end] = Subtree::new(&nodes, &leaves, end);
            }
        }
        Self::Subtrees(pairs)
    }
}

/// The ranks of a row, in sixteens of columns.
#[derive(Clone, Copy)]
pub(super) struct Row<'a, S> {
    simd: S,
    first: &'a [[i8; 16]; 2],
    /// Most forests ask about no more than 32 columns.
    others: &'a [[i8; 16]],
}

impl<'a, S: Simd> Row<'a, S> {
    /// The ranks of a row in so many columns.
    #[inline(always)]
    pub(super) fn new(simd: S, ranks: &'a Ranks, columns: usize) -> Self {
        let (first, others) = ranks.0.split_first_chunk().unwrap_or((&[[0; 16]; 2], &[]));
        let others = &others[..columns.div_ceil(16).saturating_sub(2).min(others.len())];
        Self { simd, first, others }
    }

    /// Which trees go right.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn right(self, asked: Asked<S>) -> Right<S> {
        self.look_up(asked.columns).simd_gt(asked.ranks)
    }

    /// The ranks in these columns.
    #[inline(always)]
    fn look_up(self, columns: i8x32<S>) -> i8x32<S> {
        let Self { simd, first, others } = self;
        let in_sixteen = (columns & i8x32::splat(simd, 15)).to_bytes();
        let from = |ranks: &[i8; 16]| i8x32::block_splat(i8x16::simd_from(simd, *ranks));
        let low = from(&first[0]).swizzle_dyn_within_blocks(in_sixteen);
        let high = from(&first[1]).swizzle_dyn_within_blocks(in_sixteen);
        let mut found = columns.simd_gt(i8x32::splat(simd, signed(15))).select(high, low);
        for at in 0..others.len() {
            let before = i8x32::splat(simd, signed(u8::try_from(16 * at + 31).unwrap_or(u8::MAX)));
            let there = from(&others[at]).swizzle_dyn_within_blocks(in_sixteen);
            found = columns.simd_gt(before).select(there, found);
        }
        found
    }

    #[inline(always)]
    fn symmetric(self, levels: &[Questions; FULL_DEPTH]) -> u8x32<S> {
        let (zero, one) = (u8x32::splat(self.simd, 0), u8x32::splat(self.simd, 1));
        let mut leaf = zero;
        for level in levels {
            leaf = leaf + leaf + self.right(level.load(self.simd)).select(one, zero);
        }
        leaf
    }

    #[inline(always)]
    fn half(self, nodes: &[Questions; NODES]) -> u8x32<S> {
        let Self { simd, .. } = self;
        let mut asked = [nodes[0].load(simd); NODES];
        for node in 1..NODES {
            asked[node] = nodes[node].load(simd);
        }
        let first = self.right(asked[0]);
        let second = self.right(either(first, &asked[2], &asked[1]));
        let left = either(first, &asked[5], &asked[3]);
        let right = either(first, &asked[6], &asked[4]);
        let third = self.right(either(second, &right, &left));
        let bit =
            |right: Right<S>, bit| right.select(u8x32::splat(simd, bit), u8x32::splat(simd, 0));
        bit(first, 4) | bit(second, 2) | bit(third, 1)
    }

    #[inline(always)]
    fn masks(self, bytes: &[Vec<Mask>]) -> u8x32<S> {
        let Self { simd, .. } = self;
        let mut first = FirstLeft::new(simd);
        for (byte, masks) in bytes.iter().enumerate().rev() {
            let mut bits = u8x32::splat(simd, u8::MAX);
            for Mask { questions, keep } in masks {
                let kept = bits & u8x32::simd_from(simd, *keep);
                bits = self.right(questions.load(simd)).select(kept, bits);
            }
            first.put(simd, byte, bits);
        }
        first.number(simd)
    }
}

/// `right` where trees go right, else `left`.
#[inline(always)]
fn either<S: Simd>(goes: Right<S>, right: &Asked<S>, left: &Asked<S>) -> Asked<S> {
    Asked {
        columns: goes.select(right.columns, left.columns),
        ranks: goes.select(right.ranks, left.ranks),
    }
}
