//! A tree of at most 64 leaves as questions about ranks, and the forms it can be asked in.

use super::columns::{Asks, Finder};
use super::real::Real;
use super::walk::Grove;

/// The most leaves of a tree.
pub(super) const LEAVES: usize = 64;

/// The most nodes that a tree of so many leaves has, rounded up to a power of two.
const NODES: usize = 2 * LEAVES;

/// The levels of questions in a full tree.
pub(super) const FULL_DEPTH: usize = 6;

/// A question that no rank is above.
pub(super) const NEVER: Asks = Asks { column: 0, rank: i8::MAX };

/// The questions of a symmetric tree; after its last level, those that send all left.
pub(super) type Levels = [Asks; FULL_DEPTH];

/// What takes bits out of each byte.
pub(super) type Masks = Vec<Vec<(Asks, u8)>>;

/// A node of one tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// Its number in the forest.
    pub(super) at: u32,
    /// Its left child's place in the tree, which the right one's follows; 0 for a leaf.
    left: usize,
    level: usize,
    /// How many nodes a full level would have to its left.
    position: usize,
}

/// The nodes of a tree, its root first and children after their parents; none where there are too
/// many.
pub(super) fn nodes_of<T: Real>(grove: &Grove<T>, root: u32) -> Option<Vec<Node>> {
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

/// A tree before a form is chosen for it.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    nodes: &'a [Node],
    asks: Vec<Option<Asks>>,
    pub(super) depth: usize,
    /// The places of the leaves, from left to right.
    leaves: Vec<usize>,
}

impl<'a> Plan<'a> {
    pub(super) fn new<T: Real>(grove: &Grove<T>, finder: &Finder, nodes: &'a [Node]) -> Self {
        let asks = |node: &Node| grove.split(node.at).map(|(_, question)| finder.find(question));
        Self {
            nodes,
            asks: nodes.iter().map(asks).collect(),
            depth: nodes.last().map_or(0, |node| node.level),
            leaves: leaves_of(nodes),
        }
    }

    /// How many leaves there are.
    pub(super) fn len(&self) -> usize {
        self.leaves.len()
    }

    /// The one question of each level, where no level has more: the answers are the bits of the
    /// leaf's position.
    pub(super) fn symmetric(&self) -> Option<Levels> {
        let mut levels = [None; FULL_DEPTH];
        for (node, asks) in self.nodes.iter().zip(&self.asks).filter(|(_, asks)| asks.is_some()) {
            let level = levels.get_mut(node.level).filter(|_| self.depth <= FULL_DEPTH)?;
            if level.is_some() && level != asks {
                return None;
            }
            *level = *asks;
        }
        Some(levels.map(|level| level.unwrap_or(NEVER)))
    }

    /// The questions by level, counted from 1, where there are at most six levels: they lead to the
    /// leaf's position. Where the tree ends early the question sends all left.
    pub(super) fn full(&self) -> Option<[Asks; LEAVES]> {
        if self.depth > FULL_DEPTH {
            return None;
        }
        let mut full = [NEVER; LEAVES];
        for (node, asks) in self.nodes.iter().zip(&self.asks) {
            if let Some(asks) = asks {
                full[(1 << node.level) + node.position] = *asks;
            }
        }
        Some(full)
    }

    /// Bits stand for the leaves from left to right, eight in a byte; a node whose answer is right
    /// takes out those to its left, and the first that is left is the row's (Lucchese et al. 2015).
    pub(super) fn masks(&self) -> Masks {
        let mut masks = vec![Vec::new(); self.len().div_ceil(8)];
        // The leaves below each node: children come after their parents.
        let mut below = vec![0..0; self.nodes.len()];
        for (number, &place) in self.leaves.iter().enumerate() {
            below[place] = number..number + 1;
        }
        for (place, node) in self.nodes.iter().enumerate().rev() {
            let (Some(asks), left) = (self.asks[place], node.left) else { continue };
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

    /// The values of the leaves by position in six levels; a leaf above the last stands for all
    /// that would be below it.
    pub(super) fn by_position<T: Real>(&self, grove: &Grove<T>) -> [T; LEAVES] {
        let mut values = [T::ZERO; LEAVES];
        for &place in &self.leaves {
            let node = &self.nodes[place];
            let below = FULL_DEPTH - node.level;
            values[node.position << below..(node.position + 1) << below].fill(grove.value(node.at));
        }
        values
    }

    /// The values of the leaves from left to right.
    pub(super) fn in_order<T: Real>(&self, grove: &Grove<T>) -> [T; LEAVES] {
        let mut values = [T::ZERO; LEAVES];
        for (value, &place) in values.iter_mut().zip(&self.leaves) {
            *value = grove.value(self.nodes[place].at);
        }
        values
    }
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
