//! A row alone, which goes through eight trees at once, since the steps of one wait for each other.
//!
//! A vector of 64 bytes asks eight nodes of each tree: it looks up the ranks that they ask about and
//! compares them, and each tree has the answers as the bits of a byte. That is all of a symmetric
//! tree. A full tree of six levels is asked twice: the seven nodes of its first three levels, then
//! the seven of the subtree below that these lead to. Any other tree is stepped through.

use fearless_simd::{Simd, i8x16, i8x64, prelude::*, u8x64, u64x8};

use super::columns::{Asks, Ranks};
use super::ranked::{FULL_DEPTH, LEAVES, Levels, NEVER, NODES, Plan, Shape};

/// Trees that are gone through at once.
pub(super) const AT_ONCE: usize = 8;

/// Vectors look up the ranks of so many columns.
const LOOKED_UP: usize = 64;

/// How many nodes three levels of a full tree lead to; also the number of the first of them, counted
/// by level from 1.
const HALF: usize = 8;

/// Eight trees, as a row alone goes through them.
#[derive(Debug, Clone)]
pub(super) enum Group {
    /// All of them symmetric: the answers are the bits of the leaf's number.
    Symmetric(Box<Questions>),
    /// All of them full.
    Full(Box<Full>),
    /// Any eight trees, or fewer, and the depth of the deepest.
    Any(Box<[[Step; NODES]; AT_ONCE]>, usize),
}

/// Eight questions for each of eight trees.
#[derive(Debug, Clone)]
pub(super) struct Questions {
    trees: [Eight; AT_ONCE],
    /// How many sixteens of columns there are.
    sixteens: usize,
}

/// Eight questions for one tree: the bytes of the columns, and of the ranks, that they are about.
#[derive(Debug, Clone, Copy)]
struct Eight {
    columns: u64,
    ranks: u64,
}

/// Eight full trees.
#[derive(Debug, Clone)]
pub(super) struct Full {
    first: Questions,
    /// For each tree, the subtrees below the first three levels.
    below: [[Eight; HALF]; AT_ONCE],
}

/// A node for a row alone.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Step {
    asks: Asks,
    /// The left child, which the right one follows; a leaf leads to itself.
    left: u8,
    /// The number of a leaf.
    leaf: u8,
}

/// For the answers of seven nodes, counted by level, as bits: where three levels of them lead to.
const LEADS_TO: [u8; 128] = {
    let mut leads = [0; 128];
    let mut answers = 0;
    while answers < 128 {
        let (mut node, mut level) = (1, 0);
        while level < 3 {
            node = 2 * node + (answers >> (node - 1) & 1);
            level += 1;
        }
        leads[answers] = LOW_BYTES[node - HALF];
        answers += 1;
    }
    leads
};

/// The numbers below [`HALF`], as bytes.
const LOW_BYTES: [u8; HALF] = [0, 1, 2, 3, 4, 5, 6, 7];

impl Eight {
    fn new(asks: [Asks; 8]) -> Self {
        Self {
            columns: u64::from_ne_bytes(asks.map(|asks| asks.column)),
            ranks: u64::from_ne_bytes(asks.map(|asks| asks.rank.to_ne_bytes()[0])),
        }
    }

    /// The three levels of a full tree from node `root` on, counted by level from 1.
    fn below(nodes: &[Asks; LEAVES], root: usize) -> Self {
        let mut asks = [NEVER; 8];
        for level in 0..3 {
            for side in 0..1 << level {
                asks[(1 << level) - 1 + side] = nodes[(root << level) + side];
            }
        }
        Self::new(asks)
    }
}

impl Questions {
    /// For each tree, which of its questions are answered by going right, as bits.
    #[inline(always)]
    fn answers<S: Simd>(&self, simd: S, ranks: &Ranks) -> [u8; AT_ONCE] {
        let (mut columns, mut asked) = ([0; AT_ONCE], [0; AT_ONCE]);
        for tree in 0..AT_ONCE {
            columns[tree] = self.trees[tree].columns;
            asked[tree] = self.trees[tree].ranks;
        }
        answers(simd, ranks, self.sixteens, columns, asked)
    }
}

/// For each tree, which of eight questions are answered by going right, as bits.
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
fn answers<S: Simd>(
    simd: S,
    ranks: &Ranks,
    sixteens: usize,
    columns: [u64; AT_ONCE],
    asked: [u64; AT_ONCE],
) -> [u8; AT_ONCE] {
    let columns: u8x64<S> = u64x8::simd_from(simd, columns).bitcast();
    let asked: i8x64<S> = u64x8::simd_from(simd, asked).bitcast();
    let in_sixteen = columns & u8x64::splat(simd, 15);
    let mut found = look_up(simd, ranks, 0, in_sixteen);
    for sixteen in 1..sixteens.min(LOOKED_UP / 16) {
        let first = u8::try_from(16 * sixteen).unwrap_or(u8::MAX);
        let from_there = columns.simd_ge(u8x64::splat(simd, first));
        found = from_there.select(look_up(simd, ranks, sixteen, in_sixteen), found);
    }
    found.simd_gt(asked).to_bitmask().to_le_bytes()
}

/// The ranks of columns among sixteen.
#[inline(always)]
fn look_up<S: Simd>(simd: S, ranks: &Ranks, sixteen: usize, columns: u8x64<S>) -> i8x64<S> {
    let ranks = i8x16::from_slice(simd, &ranks[16 * sixteen..][..16]);
    i8x64::block_splat(ranks).swizzle_dyn_within_blocks(columns)
}

impl Group {
    /// Trees of a forest that asks about so many columns.
    pub(super) fn new(plans: &[Plan<'_>], columns: usize) -> Self {
        let looked_up = columns <= LOOKED_UP;
        let sixteens = columns.div_ceil(16);
        let symmetric = |plan: &Plan<'_>| match &plan.shape {
            Shape::Symmetric(levels) if looked_up => Some(symmetric(levels)),
            _ => None,
        };
        let full = |plan: &Plan<'_>| match &plan.shape {
            Shape::Full(nodes) if looked_up => Some(**nodes),
            _ => None,
        };
        if let Some(trees) = eight(plans, symmetric, Eight::new([NEVER; 8])) {
            return Self::Symmetric(Box::new(Questions { trees, sixteens }));
        }
        if let Some(trees) = eight(plans, full, [NEVER; LEAVES]) {
            let below = |nodes| std::array::from_fn(|at| Eight::below(nodes, HALF + at));
            return Self::Full(Box::new(Full {
                first: Questions {
                    trees: trees.each_ref().map(|nodes| Eight::below(nodes, 1)),
                    sixteens,
                },
                below: trees.each_ref().map(below),
            }));
        }
        let mut steps = Box::new([[Step::default(); NODES]; AT_ONCE]);
        for (steps, plan) in steps.iter_mut().zip(plans) {
            *steps = self::steps(plan);
        }
        let depth = plans.iter().map(|plan| plan.depth).max().unwrap_or_default();
        Self::Any(steps, depth)
    }

    /// The numbers of the leaves that a row ends at.
    // In wasm every function may use vectors, and one copy of this one is enough.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn leaves<S: Simd>(&self, simd: S, ranks: &Ranks) -> [u8; AT_ONCE] {
        match self {
            Self::Symmetric(questions) => questions.answers(simd, ranks),
            Self::Full(trees) => {
                let mut leaves = trees.first.answers(simd, ranks);
                let (mut columns, mut asked) = ([0; AT_ONCE], [0; AT_ONCE]);
                for tree in 0..AT_ONCE {
                    leaves[tree] = LEADS_TO[usize::from(leaves[tree]) % LEADS_TO.len()];
                    let below = &trees.below[tree][usize::from(leaves[tree]) % HALF];
                    (columns[tree], asked[tree]) = (below.columns, below.ranks);
                }
                let found = answers(simd, ranks, trees.first.sixteens, columns, asked);
                for tree in 0..AT_ONCE {
                    let last = LEADS_TO[usize::from(found[tree]) % LEADS_TO.len()];
                    // Three answers lead to the eighth of the tree, and three to the leaf in it.
                    leaves[tree] = leaves[tree] << 3 | last;
                }
                leaves
            }
            Self::Any(trees, depth) => {
                let right = |asks: Asks| u8::from(ranks[usize::from(asks.column)] > asks.rank);
                let mut at = [0; AT_ONCE];
                for _ in 0..*depth {
                    for (at, steps) in at.iter_mut().zip(trees.iter()) {
                        let step = steps[usize::from(*at) % NODES];
                        *at = step.left + right(step.asks);
                    }
                }
                for (at, steps) in at.iter_mut().zip(trees.iter()) {
                    *at = steps[usize::from(*at) % NODES].leaf;
                }
                at
            }
        }
    }
}

/// What `of` makes of each of up to eight trees, and `none` for those that are not there; nothing
/// where it makes nothing of one.
fn eight<T: Copy>(
    plans: &[Plan<'_>],
    of: impl Fn(&Plan<'_>) -> Option<T>,
    none: T,
) -> Option<[T; AT_ONCE]> {
    let mut trees = [none; AT_ONCE];
    for (tree, plan) in trees.iter_mut().zip(plans) {
        *tree = of(plan)?;
    }
    Some(trees)
}

/// The questions of a symmetric tree, of which the first has the highest bit of a leaf's number.
fn symmetric(levels: &Levels) -> Eight {
    let mut asks = [NEVER; 8];
    for (level, own) in levels.iter().enumerate() {
        asks[FULL_DEPTH - 1 - level] = *own;
    }
    Eight::new(asks)
}

fn steps(plan: &Plan<'_>) -> [Step; NODES] {
    let mut steps = [Step::default(); NODES];
    // All that is numbered here is below 128.
    let small = |number: usize| u8::try_from(number).unwrap_or(0);
    for (place, (node, asks)) in plan.nodes.iter().zip(&plan.asks).enumerate() {
        let left = if node.left == 0 { place } else { node.left };
        steps[place] = Step { asks: asks.unwrap_or(NEVER), left: small(left), leaf: 0 };
    }
    for (&place, &first) in plan.order.iter().zip(&plan.first) {
        steps[place].leaf = small(first);
    }
    steps
}
