//! A forest of small trees laid out for speed: what a row's ranks say, not its values.
//!
//! A batch goes through each tree 64 rows at a time, in one of three forms (`block`); a row alone
//! goes through eight trees at once (`alone`).

use fearless_simd::{Simd, dispatch};
use ndarray::{ArrayView2, Axis};

use super::alone::{AT_ONCE, Group};
use super::block::{self, Lanes, ROWS};
use super::columns::{Asks, Columns, Finder, Ranks};
use super::real::Real;
use super::walk::Grove;

/// The most leaves of a tree.
pub(super) const LEAVES: usize = 64;

/// The most nodes that a tree of so many leaves has, rounded up to a power of two.
pub(super) const NODES: usize = 2 * LEAVES;

/// The levels of questions in a full tree.
pub(super) const FULL_DEPTH: usize = 6;

/// With so many leaves, a full tree is asked faster than the masks of its nodes.
const HALF_FULL: usize = 42;

/// A question that no rank is above.
pub(super) const NEVER: Asks = Asks { column: 0, rank: i8::MAX };

/// Fewer rows than this are taken one by one.
const FEW: usize = 24;

#[derive(Debug, Clone)]
pub(super) struct Ranked<T> {
    columns: Columns<T>,
    pub(super) trees: Vec<Tree<T>>,
    /// For a row alone, in groups of eight trees.
    groups: Vec<Group>,
}

#[derive(Debug, Clone)]
pub(super) struct Tree<T> {
    pub(super) shape: Shape,
    /// The leaves from left to right; those of a full tree that ends early, more than once.
    pub(super) leaves: [T; LEAVES],
}

impl<T: Real> Tree<T> {
    #[inline(always)]
    pub(super) fn leaf(&self, number: u8) -> T {
        self.leaves[usize::from(number) % LEAVES]
    }
}

/// How a tree is asked which leaf a row ends at.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// Every level asks one question: its answers are the bits of the leaf's number.
    Symmetric(Levels),
    /// Six levels, by level; where the tree ends early the question sends all left.
    Full(Box<[Asks; LEAVES]>),
    /// Any tree. Bits stand for its leaves, eight in a byte; a node whose answer is right takes out
    /// those to its left, and the first that is left is the row's (Lucchese et al. 2015). For each
    /// byte, what takes bits out of it.
    Masks(Vec<Vec<(Asks, u8)>>),
}

/// The questions of a symmetric tree; after its last level, those that send all left.
pub(super) type Levels = [Asks; FULL_DEPTH];

impl<T: Real> Ranked<T> {
    /// The trees of `grove`; none where one has more than 64 leaves, or they ask too much.
    pub(super) fn new(grove: &Grove<T>) -> Option<Self> {
        let trees: Vec<Vec<Node>> =
            grove.roots().iter().map(|&root| nodes_of(grove, root)).collect::<Option<_>>()?;
        let nodes = trees.iter().flatten();
        let finder = Finder::new(nodes.filter_map(|node| Some(grove.split(node.at)?.1)))?;
        let plans: Vec<Plan> = trees.iter().map(|nodes| Plan::new(grove, &finder, nodes)).collect();
        let columns = finder.len();
        let groups = plans.chunks(AT_ONCE).map(|plans| Group::new(plans, columns)).collect();
        let tree = |plan: Plan| Tree { leaves: plan.leaves(grove), shape: plan.shape };
        let trees = plans.into_iter().map(tree).collect();
        Some(Self { columns: finder.columns(), trees, groups })
    }

    /// The margin of a row alone.
    pub(super) fn margin(&self, grove: &Grove<T>, row: &[f64]) -> T {
        dispatch!(block::level(), simd => self.margin_with(simd, grove, row))
    }

    #[inline(always)]
    fn margin_with<S: Simd>(&self, simd: S, grove: &Grove<T>, row: &[f64]) -> T {
        let mut ranks: Ranks = [0; _];
        self.columns.rank(simd, grove, row, &mut ranks);
        let mut sum = grove.base;
        for (trees, group) in self.trees.chunks(AT_ONCE).zip(&self.groups) {
            let leaves = group.leaves(simd, &ranks);
            for (tree, leaf) in trees.iter().zip(leaves) {
                sum = sum + tree.leaf(leaf);
            }
        }
        sum
    }

    /// The margins of `rows`, the same sums as [`Self::margin`].
    pub(super) fn margins(&self, grove: &Grove<T>, rows: &ArrayView2<'_, f64>) -> Vec<f64> {
        dispatch!(block::level(), simd => self.margins_with(simd, grove, rows))
    }

    #[inline(always)]
    fn margins_with<S: Simd>(
        &self,
        simd: S,
        grove: &Grove<T>,
        rows: &ArrayView2<'_, f64>,
    ) -> Vec<f64> {
        let mut margins = Vec::with_capacity(rows.nrows());
        let mut lanes = Lanes::new();
        for chunk in rows.axis_chunks_iter(Axis(0), ROWS) {
            if chunk.nrows() < FEW {
                for row in chunk.rows() {
                    let row: Vec<f64> = row.iter().copied().collect();
                    margins.push(self.margin_with(simd, grove, &row).widen());
                }
                continue;
            }
            self.columns.rank_rows(simd, grove, &chunk, &mut lanes);
            let sums = block::sums(simd, grove.base, &self.trees, &lanes);
            margins.extend(sums[..chunk.nrows()].iter().map(|sum| sum.widen()));
        }
        margins
    }
}

/// A node of one tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// Its number in the forest.
    at: u32,
    /// Its left child's place in the tree, which the right one's follows; 0 for a leaf.
    pub(super) left: usize,
    level: usize,
    /// How many nodes a full level would have to its left.
    position: usize,
}

/// The nodes of a tree, its root first and children after their parents; none where there are too
/// many.
fn nodes_of<T: Real>(grove: &Grove<T>, root: u32) -> Option<Vec<Node>> {
    let mut nodes = vec![Node { at: root, left: 0, level: 0, position: 0 }];
    let mut place = 0;
    while let Some(&Node { at, level, position, .. }) = nodes.get(place) {
        if let Some((left, _)) = grove.split(at) {
            nodes[place].left = nodes.len();
            for side in 0..2 {
                let at = left + side;
                // Only the first six levels are asked for their positions.
                let position = position.wrapping_mul(2) + side as usize;
                nodes.push(Node { at, left: 0, level: level + 1, position });
            }
        }
        place += 1;
        if nodes.len() > NODES {
            return None;
        }
    }
    Some(nodes)
}

/// The places of the leaves, from left to right.
fn leaves_of(nodes: &[Node]) -> Vec<usize> {
    let (mut leaves, mut open) = (Vec::new(), vec![0]);
    while let Some(place) = open.pop() {
        match nodes[place].left {
            0 => leaves.push(place),
            left => open.extend([left + 1, left]),
        }
    }
    leaves
}

/// What a tree looks like, before its leaves are known.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) nodes: &'a [Node],
    pub(super) asks: Vec<Option<Asks>>,
    pub(super) shape: Shape,
    pub(super) depth: usize,
    /// The places of the leaves, from left to right, and the first number of each.
    pub(super) order: Vec<usize>,
    pub(super) first: Vec<usize>,
}

impl<'a> Plan<'a> {
    fn new<T: Real>(grove: &Grove<T>, finder: &Finder, nodes: &'a [Node]) -> Self {
        let asks = |node: &Node| grove.split(node.at).map(|(_, question)| finder.find(question));
        let asks: Vec<Option<Asks>> = nodes.iter().map(asks).collect();
        let order = leaves_of(nodes);
        let depth = nodes.last().map_or(0, |node| node.level);
        let shape = if let Some(levels) = symmetric(nodes, &asks, depth) {
            Shape::Symmetric(levels)
        } else if depth <= FULL_DEPTH && order.len() > HALF_FULL {
            Shape::Full(Box::new(full(nodes, &asks)))
        } else {
            Shape::Masks(masks(nodes, &asks, &order))
        };
        let first = match shape {
            Shape::Masks(_) => (0..order.len()).collect(),
            // A leaf stands for all that would be below it in six levels.
            Shape::Symmetric(_) | Shape::Full(_) => {
                let first = |node: &Node| node.position << (FULL_DEPTH - node.level);
                order.iter().map(|&place| first(&nodes[place])).collect()
            }
        };
        Self { nodes, asks, shape, depth, order, first }
    }

    fn leaves<T: Real>(&self, grove: &Grove<T>) -> [T; LEAVES] {
        let mut leaves = [T::ZERO; LEAVES];
        let ends = self.first.iter().skip(1).copied().chain([LEAVES]);
        for ((&place, &first), end) in self.order.iter().zip(&self.first).zip(ends) {
            leaves[first..end].fill(grove.value(self.nodes[place].at));
        }
        leaves
    }
}

/// The one question of each level, where the tree has no more than one.
fn symmetric(nodes: &[Node], asks: &[Option<Asks>], depth: usize) -> Option<Levels> {
    let mut levels = [None; FULL_DEPTH];
    for (node, asks) in nodes.iter().zip(asks).filter(|(_, asks)| asks.is_some()) {
        let level = levels.get_mut(node.level).filter(|_| depth <= FULL_DEPTH)?;
        if level.is_some() && level != asks {
            return None;
        }
        *level = *asks;
    }
    Some(levels.map(|level| level.unwrap_or(NEVER)))
}

/// The questions by level, counted from 1.
fn full(nodes: &[Node], asks: &[Option<Asks>]) -> [Asks; LEAVES] {
    let mut full = [NEVER; LEAVES];
    for (node, asks) in nodes.iter().zip(asks) {
        if let Some(asks) = asks {
            full[(1 << node.level) + node.position] = *asks;
        }
    }
    full
}

/// For each byte of a tree's leaves, the questions that take bits out of it.
fn masks(nodes: &[Node], asks: &[Option<Asks>], order: &[usize]) -> Vec<Vec<(Asks, u8)>> {
    let mut masks = vec![Vec::new(); order.len().div_ceil(8)];
    // The leaves below each node: children come after their parents.
    let mut below = vec![0..0; nodes.len()];
    for (number, &place) in order.iter().enumerate() {
        below[place] = number..number + 1;
    }
    for (place, node) in nodes.iter().enumerate().rev() {
        let (Some(asks), left) = (asks[place], node.left) else { continue };
        below[place] = below[left].start..below[left + 1].end;
        for (byte, masks) in masks.iter_mut().enumerate() {
            let out = below[left].clone().filter(|leaf| leaf / 8 == byte);
            let keep = out.fold(u8::MAX, |keep, leaf| keep & !(1 << (leaf % 8)));
            if keep != u8::MAX {
                masks.push((asks, keep));
            }
        }
    }
    masks
}
