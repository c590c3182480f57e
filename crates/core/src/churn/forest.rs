//! A forest of decision trees, one form whatever trained it.
//!
//! The margin of a row is `base + Σ leaf(tree, row)`, summed over the trees in their order and in
//! the forest's own precision; a learning rate is already in the leaves. At a node a row goes left
//! when its value is below the threshold (or equal to it, for [`Compare::LessEqual`]), or when its
//! category is in the node's set. A missing value goes where the node says.
//!
//! The two children of a node lie side by side and after it, so one number names both, a walk
//! always ends, and no cycle can be written down.

use std::ops::{Add, Sub};

use ndarray::{ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::link::Link;
use super::model::InputKind;
use crate::error::{Error, ErrorCode, Result};

/// Stands in [`Nodes::feature`] for a node that is a leaf.
pub const LEAF: u32 = u32::MAX;

/// Up to here a number counts as 0 where 0 is missing, in `LightGBM`'s single precision.
const ZERO: f64 = 1e-35_f32 as f64;

/// Rows that walk a tree one after the other while it is in the cache.
const BLOCK: usize = 64;

/// When a number goes left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// `value < threshold`, as `XGBoost` splits.
    Less,
    /// `value <= threshold`, as `LightGBM` and scikit-learn split.
    LessEqual,
    /// As [`Self::LessEqual`], but a number within ±1e-35 counts as missing, as in `LightGBM` with
    /// `zero_as_missing`.
    NonZeroLessEqual,
}

/// The nodes of all trees, one entry a node in each list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Nodes<T> {
    /// How the margin becomes a probability.
    pub link: Link,
    /// When a number goes left.
    pub compare: Compare,
    /// What the sum starts with.
    pub base: T,
    /// The first node of each tree; a tree ends where the next begins.
    pub roots: Vec<u32>,
    /// The input that a node asks about, or [`LEAF`].
    pub feature: Vec<u32>,
    /// The threshold of a node, or the value of a leaf; 0 for a node with a set.
    pub value: Vec<T>,
    /// The left child, counted over all trees; the right child is the next one. 0 for a leaf.
    pub left: Vec<u32>,
    /// Whether a missing value goes left.
    pub missing_left: Vec<bool>,
    /// The nodes that ask for a set of categories.
    pub sets: Sets,
    /// The weight of the training rows that reached a node, in the trainer's measure: rows, or the
    /// sum of their Hessians. Empty where it is not known.
    #[serde(default = "Vec::new")]
    pub cover: Vec<T>,
}

/// Sets of categories, as bits over the dictionary of the node's input.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sets {
    /// The nodes that have a set, ascending.
    pub node: Vec<u32>,
    /// Where in `words` the set of each of these nodes ends; it begins where the last one ended.
    pub end: Vec<u32>,
    /// The sets: category `c` goes left when bit `c % 64` of the set's word `c / 64` is one. A
    /// category beyond the last word goes right.
    pub words: Vec<u64>,
}

/// A forest as it is stored, in the precision of whatever trained it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForestParts {
    /// Thresholds and sums in single precision.
    F32(Nodes<f32>),
    /// Thresholds and sums in double precision.
    F64(Nodes<f64>),
}

/// A forest that has been checked and laid out for walking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ForestParts", into = "ForestParts")]
pub struct Forest {
    trees: Trees,
}

#[derive(Debug, Clone, PartialEq)]
enum Trees {
    F32(Grove<f32>),
    F64(Grove<f64>),
}

impl Forest {
    /// A forest of these parts.
    ///
    /// # Errors
    /// [`ErrorCode::ModelShape`] when the lists do not fit each other, a child does not come after
    /// its parent, or a number is not finite.
    pub fn new(parts: ForestParts) -> Result<Self> {
        let trees = match parts {
            ForestParts::F32(nodes) => Trees::F32(Grove::new(&nodes)?),
            ForestParts::F64(nodes) => Trees::F64(Grove::new(&nodes)?),
        };
        Ok(Self { trees })
    }

    /// The parts the forest is stored as.
    #[must_use]
    pub fn parts(&self) -> ForestParts {
        match &self.trees {
            Trees::F32(grove) => ForestParts::F32(grove.nodes()),
            Trees::F64(grove) => ForestParts::F64(grove.nodes()),
        }
    }

    /// The number of trees.
    #[must_use]
    pub fn trees(&self) -> usize {
        match &self.trees {
            Trees::F32(grove) => grove.roots.len(),
            Trees::F64(grove) => grove.roots.len(),
        }
    }

    /// Whether every node asks about an input that is there, in a way that fits its kind.
    pub(super) fn bind(&mut self, kinds: &[&InputKind]) -> Result<()> {
        match &mut self.trees {
            Trees::F32(grove) => grove.bind(kinds),
            Trees::F64(grove) => grove.bind(kinds),
        }
    }

    /// The margin of a row that has a value for every input.
    pub(super) fn margin(&self, row: &[f64]) -> f64 {
        match &self.trees {
            Trees::F32(grove) => f64::from(grove.margin(row)),
            Trees::F64(grove) => grove.margin(row),
        }
    }

    /// The margins of `rows`, which are as wide as the model has inputs.
    pub(super) fn margins(&self, rows: &ArrayView2<'_, f64>) -> Vec<f64> {
        match &self.trees {
            Trees::F32(grove) => grove.margins(rows),
            Trees::F64(grove) => grove.margins(rows),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the margin was widened from f32")]
    pub(super) fn probability(&self, margin: f64) -> f64 {
        match &self.trees {
            Trees::F32(grove) => f64::from(grove.link.apply_f32(margin as f32)),
            Trees::F64(grove) => grove.link.apply(margin),
        }
    }
}

impl TryFrom<ForestParts> for Forest {
    type Error = Error;

    fn try_from(parts: ForestParts) -> Result<Self> {
        Self::new(parts)
    }
}

impl From<Forest> for ForestParts {
    fn from(forest: Forest) -> Self {
        forest.parts()
    }
}

/// The precision of a forest.
trait Real: Copy + PartialOrd + Add<Output = Self> + Sub<Output = Self> {
    const ZERO: Self;
    fn of(value: f64) -> Self;
    fn widen(self) -> f64;
    fn is_missing(self) -> bool;
    /// The category that a value names, when it names one of `size`.
    fn category(self, size: u32) -> Option<u32>;
}

macro_rules! real {
    ($type:ty) => {
        impl Real for $type {
            const ZERO: Self = 0.0;

            #[allow(clippy::cast_possible_truncation, reason = "f64 as f32 rounds, as trainers do")]
            fn of(value: f64) -> Self {
                value as Self
            }

            fn widen(self) -> f64 {
                f64::from(self)
            }

            fn is_missing(self) -> bool {
                self.is_nan()
            }

            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                clippy::cast_lossless,
                reason = "within 0 and `size`, checked on the line before"
            )]
            fn category(self, size: u32) -> Option<u32> {
                (self >= 0.0 && self < size as Self).then(|| self as u32)
            }
        }
    };
}
real!(f32);
real!(f64);

const MISSING_LEFT: u32 = 1 << 31;
const HAS_SET: u32 = 1 << 30;
const FEATURE: u32 = HAS_SET - 1;

/// A node as it is walked; a leaf has no left child, which 0 says since no root is a child.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Node<T> {
    value: T,
    feature: u32,
    left: u32,
}

/// Where a node's set lies in the words, and how many categories its input has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Set {
    begin: u32,
    end: u32,
    size: u32,
}

#[derive(Debug, Clone, PartialEq)]
struct Grove<T> {
    link: Link,
    compare: Compare,
    base: T,
    roots: Vec<u32>,
    nodes: Vec<Node<T>>,
    /// One entry a node, or none at all when no node has a set.
    sets: Vec<Set>,
    words: Vec<u64>,
    cover: Vec<T>,
}

fn refuse(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::ModelShape, "model", message).at_path("forest")
}

impl<T: Real> Grove<T> {
    fn new(parts: &Nodes<T>) -> Result<Self> {
        let count = parts.feature.len();
        let whole = [parts.value.len(), parts.left.len(), parts.missing_left.len()];
        if whole.iter().any(|&len| len != count) || u32::try_from(count).is_err() {
            return Err(refuse(format!("has {count} nodes, but lists of lengths {whole:?}")));
        }
        let covered = |cover: &T| cover.widen() >= 0.0 && cover.widen().is_finite();
        if !(parts.cover.is_empty()
            || parts.cover.len() == count && parts.cover.iter().all(covered))
        {
            return Err(refuse("the cover of its nodes is not a weight for each of them"));
        }
        let mut nodes = Vec::with_capacity(count);
        for at in 0..count {
            let (feature, left, value) = (parts.feature[at], parts.left[at], parts.value[at]);
            let leaf = feature == LEAF;
            if leaf != (left == 0) || (!leaf && feature > FEATURE) {
                return Err(refuse(format!("node {at} is neither a leaf nor a split")));
            }
            let never = !leaf && value.widen() == f64::NEG_INFINITY;
            if !value.widen().is_finite() && !never {
                return Err(refuse(format!("node {at} holds a number that is not finite")));
            }
            let missing = if parts.missing_left[at] && !leaf { MISSING_LEFT } else { 0 };
            let feature = if leaf { 0 } else { feature | missing };
            nodes.push(Node { value, feature, left });
        }
        let sets = sets(&parts.sets, &mut nodes)?;
        check_shape(&parts.roots, &nodes)?;
        check_sum(parts.base, &parts.roots, &nodes)?;
        Ok(Self {
            link: parts.link,
            compare: parts.compare,
            base: parts.base,
            roots: parts.roots.clone(),
            nodes,
            sets,
            words: parts.sets.words.clone(),
            cover: parts.cover.clone(),
        })
    }

    fn nodes(&self) -> Nodes<T> {
        let mut sets = Sets { words: self.words.clone(), ..Sets::default() };
        for (at, set) in (0..).zip(&self.sets) {
            if self.nodes[at as usize].feature & HAS_SET != 0 {
                sets.node.push(at);
                sets.end.push(set.end);
            }
        }
        let leaf = |node: &Node<T>| node.left == 0;
        Nodes {
            link: self.link,
            compare: self.compare,
            base: self.base,
            roots: self.roots.clone(),
            feature: self
                .nodes
                .iter()
                .map(|node| if leaf(node) { LEAF } else { node.feature & FEATURE })
                .collect(),
            value: self.nodes.iter().map(|node| node.value).collect(),
            left: self.nodes.iter().map(|node| node.left).collect(),
            missing_left: self.nodes.iter().map(|node| node.feature & MISSING_LEFT != 0).collect(),
            sets,
            cover: self.cover.clone(),
        }
    }

    /// Refuses a node that does not fit its input, and tells each set how many categories its
    /// input has.
    fn bind(&mut self, kinds: &[&InputKind]) -> Result<()> {
        for (at, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.left != 0) {
            let feature = (node.feature & FEATURE) as usize;
            let Some(kind) = kinds.get(feature) else {
                return Err(refuse(format!(
                    "node {at} asks about input {feature} of {}",
                    kinds.len()
                )));
            };
            let categories = match kind {
                InputKind::Category { values } => Some(values.len()),
                InputKind::Number | InputKind::Bool => None,
            };
            if categories.is_some() != (node.feature & HAS_SET != 0) {
                return Err(refuse(format!(
                    "node {at} asks about input {feature} in a way that does not fit its kind"
                )));
            }
            if let Some(count) = categories {
                self.sets[at].size = u32::try_from(count).unwrap_or(u32::MAX);
            }
        }
        Ok(())
    }

    /// Whether the category that `value` names is in the set of node `at`; none when it names none.
    #[inline]
    fn in_set(&self, at: usize, value: T) -> Option<bool> {
        let Set { begin, end, size } = self.sets[at];
        let category = value.category(size)?;
        let word = begin + category / 64;
        Some(word < end && self.words[word as usize] >> (category % 64) & 1 == 1)
    }

    /// The value of the leaf that a walk from `root` ends at.
    #[inline]
    fn leaf(&self, root: u32, value: impl Fn(usize) -> T) -> T {
        let mut at = root as usize;
        loop {
            let node = &self.nodes[at];
            if node.left == 0 {
                return node.value;
            }
            let value = value((node.feature & FEATURE) as usize);
            let left = if node.feature & HAS_SET != 0 {
                self.in_set(at, value)
            } else if value.is_missing() {
                None
            } else {
                match self.compare {
                    Compare::Less => Some(value < node.value),
                    Compare::LessEqual => Some(value <= node.value),
                    Compare::NonZeroLessEqual => {
                        (value.widen().abs() > ZERO).then(|| value <= node.value)
                    }
                }
            };
            let left = left.unwrap_or(node.feature & MISSING_LEFT != 0);
            at = node.left as usize + usize::from(!left);
        }
    }

    fn margin(&self, row: &[f64]) -> T {
        let mut sum = self.base;
        for &root in &self.roots {
            sum = sum + self.leaf(root, |feature| T::of(row[feature]));
        }
        sum
    }

    /// The same sums as [`Self::margin`], with one tree walked by a block of rows at a time.
    fn margins(&self, rows: &ArrayView2<'_, f64>) -> Vec<f64> {
        let width = rows.ncols();
        let mut margins = Vec::with_capacity(rows.nrows());
        let mut block = Vec::with_capacity(BLOCK * width);
        for chunk in rows.axis_chunks_iter(Axis(0), BLOCK) {
            block.clear();
            block.extend(chunk.iter().map(|&value| T::of(value)));
            let mut sums = [self.base; BLOCK];
            let sums = &mut sums[..chunk.nrows()];
            for &root in &self.roots {
                for (at, sum) in sums.iter_mut().enumerate() {
                    *sum = *sum + self.leaf(root, |feature| block[at * width + feature]);
                }
            }
            margins.extend(sums.iter().map(|sum| sum.widen()));
        }
        margins
    }
}

/// Marks the nodes that have a set, and gives each node its stretch of words.
fn sets<T>(parts: &Sets, nodes: &mut [Node<T>]) -> Result<Vec<Set>> {
    if parts.node.is_empty() && parts.end.is_empty() && parts.words.is_empty() {
        return Ok(Vec::new());
    }
    let closes = parts.end.last().is_some_and(|&end| end as usize == parts.words.len());
    if parts.node.len() != parts.end.len() || !closes {
        return Err(refuse("the sets of categories do not fit their nodes"));
    }
    let mut sets = vec![Set::default(); nodes.len()];
    let (mut before, mut begin) = (None, 0);
    for (&at, &end) in parts.node.iter().zip(&parts.end) {
        let node = nodes.get_mut(at as usize).filter(|node| node.left != 0);
        let Some(node) = node.filter(|_| before < Some(at) && begin <= end) else {
            return Err(refuse(format!("node {at} cannot have a set of categories")));
        };
        node.feature |= HAS_SET;
        sets[at as usize] = Set { begin, end, size: 0 };
        (before, begin) = (Some(at), end);
    }
    Ok(sets)
}

/// Whether the nodes are trees: every one but the roots is the child of one earlier node of its
/// own tree.
fn check_shape<T>(roots: &[u32], nodes: &[Node<T>]) -> Result<()> {
    let ordered = roots.windows(2).all(|pair| pair[0] < pair[1]);
    let inside = roots.last().is_none_or(|&root| (root as usize) < nodes.len());
    if !ordered || !inside || roots.first().is_some_and(|&root| root != 0) {
        return Err(refuse("the roots of the trees do not fit the nodes"));
    }
    if roots.is_empty() && !nodes.is_empty() {
        return Err(refuse("there are nodes but no tree"));
    }
    let mut child = vec![false; nodes.len()];
    for (tree, &root) in roots.iter().enumerate() {
        let end = roots.get(tree + 1).map_or(nodes.len(), |&next| next as usize);
        let tree_nodes = nodes.iter().enumerate().take(end).skip(root as usize);
        for (at, node) in tree_nodes.filter(|(_, node)| node.left != 0) {
            let left = node.left as usize;
            if left <= at || left + 1 >= end || child[left] || child[left + 1] {
                return Err(refuse(format!("node {at} of tree {tree} has no children of its own")));
            }
            (child[left], child[left + 1]) = (true, true);
        }
        if (root as usize + 1..end).any(|at| !child[at]) {
            return Err(refuse(format!("tree {tree} has a node that no path reaches")));
        }
    }
    Ok(())
}

/// Whether no row can make the sum overflow, which would make a margin infinite or no number.
fn check_sum<T: Real>(base: T, roots: &[u32], nodes: &[Node<T>]) -> Result<()> {
    let size = |value: T| if value < T::ZERO { T::ZERO - value } else { value };
    let mut sum = size(base);
    for (tree, &root) in roots.iter().enumerate() {
        let end = roots.get(tree + 1).map_or(nodes.len(), |&next| next as usize);
        let leaves = nodes[root as usize..end].iter().filter(|node| node.left == 0);
        let largest = leaves.map(|node| size(node.value));
        sum = sum + largest.fold(T::ZERO, |a, b| if b > a { b } else { a });
    }
    if sum.widen().is_finite() { Ok(()) } else { Err(refuse("the leaves add up to infinity")) }
}
