//! A forest walked node by node, as its definition says.

use super::check::refuse;
use super::real::Real;
use super::{Compare, LEAF, Nodes};
use crate::churn::model::InputKind;
use crate::error::Result;

/// Up to here a number counts as 0 where 0 is missing, in `LightGBM`'s single precision.
const ZERO: f64 = 1e-35_f32 as f64;

const MISSING_LEFT: u32 = 1 << 31;
const HAS_SET: u32 = 1 << 30;
const INPUT: u32 = HAS_SET - 1;

/// A node as it is walked; a leaf has no left child, which 0 says since no root is a child.
#[derive(Debug, Clone, Copy)]
struct Node<T> {
    value: T,
    input: u32,
    left: u32,
}

/// Which categories go left: bits of words, and how many categories the input has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Set {
    begin: u32,
    end: u32,
    size: u32,
}

/// What a node asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    pub(super) input: u32,
    pub(super) test: Test,
    pub(super) missing_left: bool,
}

/// What sends a value left.
#[derive(Debug, Clone, Copy)]
pub(super) enum Test {
    /// It is below a number of the forest's precision.
    Below(f64),
    /// It is in a set.
    In(Set),
}

/// Trees whose nodes fit the inputs of their model.
#[derive(Debug, Clone)]
pub(super) struct Grove<T> {
    compare: Compare,
    pub(super) base: T,
    roots: Vec<u32>,
    nodes: Vec<Node<T>>,
    /// One entry a node, or none at all when no node has a set.
    sets: Vec<Set>,
    words: Vec<u64>,
}

impl<T: Real> Grove<T> {
    /// The trees of `parts`, which have been checked.
    ///
    /// # Errors
    /// `model_shape` for a node that does not fit its input.
    pub(super) fn new(parts: &Nodes<T>, kinds: &[&InputKind]) -> Result<Self> {
        let node = |at: usize| {
            let missing = if parts.missing_left[at] { MISSING_LEFT } else { 0 };
            let input = if parts.feature[at] == LEAF { 0 } else { parts.feature[at] | missing };
            Node { value: parts.value[at], input, left: parts.left[at] }
        };
        let mut nodes: Vec<Node<T>> = (0..parts.left.len()).map(node).collect();
        let sets = if parts.sets.node.is_empty() { 0 } else { nodes.len() };
        let mut sets = vec![Set::default(); sets];
        let words = |set: &Set| {
            parts.sets.words.get(set.begin as usize..set.end as usize).unwrap_or_default()
        };
        let begins = std::iter::once(&0).chain(&parts.sets.end);
        let own = begins.zip(&parts.sets.end).map(|(&begin, &end)| Set { begin, end, size: 0 });
        let own: Vec<Set> = own.collect();
        // Sets of the same words are one set: the first of them.
        let mut known = own.clone();
        known.sort_by(|a, b| words(a).cmp(words(b)));
        known.dedup_by(|a, b| words(a) == words(b));
        for (&at, set) in parts.sets.node.iter().zip(&own) {
            nodes[at as usize].input |= HAS_SET;
            let first = known.partition_point(|other| words(other) < words(set));
            sets[at as usize] = known[first];
        }
        for (at, node) in nodes.iter().enumerate().filter(|(_, node)| node.left != 0) {
            let input = (node.input & INPUT) as usize;
            let Some(kind) = kinds.get(input) else {
                return Err(refuse(format!(
                    "node {at} asks about input {input} of {}",
                    kinds.len()
                )));
            };
            let categories = match kind {
                InputKind::Category { values } => Some(values.len()),
                InputKind::Number | InputKind::Bool => None,
            };
            if categories.is_some() != (node.input & HAS_SET != 0) {
                return Err(refuse(format!(
                    "node {at} asks about input {input} in a way that does not fit its kind"
                )));
            }
            if let Some(count) = categories {
                sets[at].size = u32::try_from(count).unwrap_or(u32::MAX);
            }
        }
        let (compare, base) = (parts.compare, parts.base);
        let (roots, words) = (parts.roots.clone(), parts.sets.words.clone());
        Ok(Self { compare, base, roots, nodes, sets, words })
    }

    /// The margin of a row that has a value for every input.
    pub(super) fn margin(&self, row: &[f64]) -> T {
        let mut sum = self.base;
        for &root in &self.roots {
            sum = sum + self.leaf(root, row);
        }
        sum
    }

    /// The value of the leaf that a walk from `root` ends at.
    fn leaf(&self, root: u32, row: &[f64]) -> T {
        let mut at = root as usize;
        loop {
            let node = &self.nodes[at];
            if node.left == 0 {
                return node.value;
            }
            let value = T::of(row[(node.input & INPUT) as usize]);
            let left = if node.input & HAS_SET != 0 {
                self.in_set(self.sets[at], value)
            } else {
                (!self.is_missing(value)).then(|| match self.compare {
                    Compare::Less => value < node.value,
                    Compare::LessEqual | Compare::NonZeroLessEqual => value <= node.value,
                })
            };
            let left = left.unwrap_or(node.input & MISSING_LEFT != 0);
            at = node.left as usize + usize::from(!left);
        }
    }

    /// Whether a number counts as missing.
    #[inline(always)]
    pub(super) fn is_missing(&self, value: T) -> bool {
        let zero = self.compare == Compare::NonZeroLessEqual && value.widen().abs() <= ZERO;
        zero || value.is_missing()
    }

    /// Whether the category that `value` names is in the set; none when it names none.
    #[inline(always)]
    pub(super) fn in_set(&self, set: Set, value: T) -> Option<bool> {
        let category = value.category(set.size)?;
        let word = set.begin + category / 64;
        Some(word < set.end && self.words[word as usize] >> (category % 64) & 1 == 1)
    }

    pub(super) fn roots(&self) -> &[u32] {
        &self.roots
    }

    /// The left child of a node, which the right one follows, and what the node asks; none for a
    /// leaf.
    pub(super) fn split(&self, at: u32) -> Option<(u32, Question)> {
        let node = &self.nodes[at as usize];
        let test = if node.input & HAS_SET != 0 {
            Test::In(self.sets[at as usize])
        } else if self.compare == Compare::Less {
            Test::Below(node.value.widen())
        } else {
            // What is not above a number is below the next one.
            Test::Below(node.value.above().widen())
        };
        let missing_left = node.input & MISSING_LEFT != 0;
        let question = Question { input: node.input & INPUT, test, missing_left };
        (node.left != 0).then_some((node.left, question))
    }

    pub(super) fn value(&self, at: u32) -> T {
        self.nodes[at as usize].value
    }
}
