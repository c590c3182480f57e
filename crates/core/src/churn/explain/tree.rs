//! A forest as it is explained: splits with the share of rows that went each way.

use std::collections::HashMap;

use crate::churn::forest::{Compare, ForestParts, LEAF, Nodes};
use crate::churn::model::InputKind;

/// Up to here a number counts as 0 where 0 is missing, as in [`super::super::Forest`].
const ZERO_AS_MISSING: f64 = 1e-35_f32 as f64;

/// Stands for a split or child that is not there.
pub(in crate::churn) const NONE: u32 = u32::MAX;

/// The trees of a forest in double precision, whatever its own.
#[derive(Debug, Clone)]
pub(in crate::churn) struct Trees {
    pub(in crate::churn) list: Vec<Tree>,
    pub(in crate::churn) rules: Rules,
    /// What the sum starts with.
    pub(in crate::churn) base: f64,
    /// Whether the shares are known.
    pub(in crate::churn) covered: bool,
}

/// How a forest compares values.
#[derive(Debug, Clone)]
pub(in crate::churn) struct Rules {
    /// Whether values are rounded to single precision before they are compared.
    single: bool,
    compare: Compare,
    /// The sets of categories, as in [`super::super::Sets`].
    words: Vec<u64>,
}

/// The splits of one tree, each after its parent.
#[derive(Debug, Clone)]
pub(in crate::churn) struct Tree {
    pub(in crate::churn) splits: Vec<Split>,
    /// The value of a tree without splits, else 0.
    pub(in crate::churn) alone: f64,
    /// The mean of its leaves, weighed by the rows that reached them.
    pub(in crate::churn) mean: f64,
    /// The most inputs that one path asks about.
    pub(in crate::churn) longest: u32,
}

/// What a split asks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::churn) struct Question {
    pub(in crate::churn) threshold: f64,
    pub(in crate::churn) feature: u32,
    pub(in crate::churn) missing_left: bool,
    set: Option<Set>,
}

impl Question {
    /// Whether it asks for more than on which side of a threshold a number lies.
    pub(super) fn is_odd(&self) -> bool {
        self.set.is_some() || self.threshold.is_nan()
    }
}

/// Where a set lies in the words, and how many categories its input has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Set {
    begin: u32,
    end: u32,
    size: u32,
}

/// A split. Sides are 0 for left and 1 for right.
#[derive(Debug, Clone)]
pub(in crate::churn) struct Split {
    pub(in crate::churn) question: Question,
    /// The split above and the side it leads here by; [`NONE`] at the root.
    pub(in crate::churn) parent: u32,
    pub(in crate::churn) side: u8,
    /// The nearest split above that asks about the same input, and its side; [`NONE`] without.
    pub(in crate::churn) above: u32,
    pub(in crate::churn) above_side: u8,
    /// The split on either side, [`NONE`] for a leaf.
    pub(in crate::churn) child: [u32; 2],
    /// The value of a leaf on either side.
    pub(in crate::churn) value: [f64; 2],
    /// The share of the rows that reach the split which go to either side.
    pub(in crate::churn) ratio: [f64; 2],
    /// The share of rows that the splits above on the same input let through: the product of
    /// their ratios.
    pub(in crate::churn) passed: f64,
}

impl Trees {
    pub(in crate::churn) fn new(parts: &ForestParts, kinds: &[InputKind]) -> Self {
        match parts {
            ForestParts::F32(nodes) => Self::of(nodes, true, kinds),
            ForestParts::F64(nodes) => Self::of(nodes, false, kinds),
        }
    }

    fn of<T: Copy + Into<f64>>(nodes: &Nodes<T>, single: bool, kinds: &[InputKind]) -> Self {
        let mut sets = HashMap::new();
        let mut begin = 0;
        for (&node, &end) in nodes.sets.node.iter().zip(&nodes.sets.end) {
            sets.insert(node, (begin, end));
            begin = end;
        }
        let question = |at: usize, node: u32| {
            let feature = nodes.feature[at];
            let size = match kinds.get(feature as usize) {
                Some(InputKind::Category { values }) => values.len(),
                _ => 0,
            };
            let size = u32::try_from(size).unwrap_or(u32::MAX);
            Question {
                threshold: nodes.value[at].into(),
                feature,
                missing_left: nodes.missing_left[at],
                set: sets.get(&node).map(|&(begin, end)| Set { begin, end, size }),
            }
        };
        let ends = nodes.roots.iter().skip(1).copied();
        let ends = ends.chain([u32::try_from(nodes.feature.len()).unwrap_or(u32::MAX)]);
        let trees = nodes.roots.iter().zip(ends);
        Self {
            list: trees.map(|(&root, end)| Tree::new(nodes, root..end, &question)).collect(),
            rules: Rules { single, compare: nodes.compare, words: nodes.sets.words.clone() },
            base: nodes.base.into(),
            covered: !nodes.cover.is_empty() || nodes.feature.iter().all(|&at| at == LEAF),
        }
    }

    /// What the sum is on average over the rows the trees were made from.
    pub(in crate::churn) fn mean(&self) -> f64 {
        self.list.iter().fold(self.base, |sum, tree| sum + tree.mean)
    }

    /// The most inputs that one path asks about.
    pub(in crate::churn) fn longest(&self) -> u32 {
        self.list.iter().map(|tree| tree.longest).max().unwrap_or_default()
    }
}

impl Rules {
    /// A row's values in the precision of the forest.
    #[expect(clippy::cast_possible_truncation, reason = "rounding is what is asked for")]
    pub(in crate::churn) fn rounded(&self, row: impl Iterator<Item = f64>, into: &mut Vec<f64>) {
        if self.single {
            into.extend(row.map(|value| f64::from(value as f32)));
        } else {
            into.extend(row);
        }
    }

    /// Whether sums are of single precision.
    pub(in crate::churn) fn single(&self) -> bool {
        self.single
    }

    /// The side that a rounded row goes to.
    #[inline]
    pub(in crate::churn) fn side(&self, question: &Question, row: &[f64]) -> u8 {
        let value = row[question.feature as usize];
        let left = if question.set.is_some() {
            self.in_set(question, value).unwrap_or(question.missing_left)
        } else {
            let (left, missing) = match self.compare {
                Compare::Less => (value < question.threshold, value.is_nan()),
                Compare::LessEqual => (value <= question.threshold, value.is_nan()),
                Compare::NonZeroLessEqual => {
                    (value <= question.threshold, value.is_nan() || value.abs() <= ZERO_AS_MISSING)
                }
            };
            if missing { question.missing_left } else { left }
        };
        u8::from(!left)
    }

    /// How many of these thresholds, which rise, a rounded value lies beyond, so that it goes right; none
    /// where it is missing.
    pub(super) fn beyond(&self, cuts: &[f64], value: f64) -> Option<u32> {
        let zero = self.compare == Compare::NonZeroLessEqual && value.abs() <= ZERO_AS_MISSING;
        if value.is_nan() || zero {
            return None;
        }
        let count = match self.compare {
            Compare::Less => cuts.partition_point(|cut| *cut <= value),
            Compare::LessEqual | Compare::NonZeroLessEqual => {
                cuts.partition_point(|cut| *cut < value)
            }
        };
        u32::try_from(count).ok()
    }

    /// The number next to the threshold of a question that goes to the side where `value` does not,
    /// or none for a set.
    pub(in crate::churn) fn across(&self, question: &Question, value: f64) -> Option<f64> {
        if question.set.is_some() || value.is_nan() {
            return None;
        }
        let at = question.threshold;
        let below = if self.compare == Compare::Less { self.before(at) } else { at };
        let above = if self.compare == Compare::Less { at } else { self.after(at) };
        Some(if value <= below { above } else { below })
    }

    /// The numbers at which a value begins or ceases to count as missing.
    pub(in crate::churn) fn about_missing(&self) -> Vec<f64> {
        match self.compare {
            Compare::NonZeroLessEqual => {
                let nonzero = self.after(ZERO_AS_MISSING);
                vec![0.0, nonzero, -nonzero]
            }
            Compare::Less | Compare::LessEqual => Vec::new(),
        }
    }

    /// The next greater number of the forest's precision.
    #[expect(clippy::cast_possible_truncation, reason = "a threshold of single precision")]
    fn after(&self, value: f64) -> f64 {
        if self.single { f64::from((value as f32).next_up()) } else { value.next_up() }
    }

    /// The next smaller number of the forest's precision.
    fn before(&self, value: f64) -> f64 {
        -self.after(-value)
    }

    /// Whether the category that `value` names is in the set; none when it names none.
    fn in_set(&self, question: &Question, value: f64) -> Option<bool> {
        let Set { begin, end, size } = question.set?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within 0 and `size`"
        )]
        let category = (value >= 0.0 && value < f64::from(size)).then_some(value as u32)?;
        let word = begin.saturating_add(category / 64);
        Some(word < end && self.words[word as usize] >> (category % 64) & 1 == 1)
    }

    /// Whether two splits ask the same.
    pub(in crate::churn) fn same(&self, one: &Question, other: &Question) -> bool {
        let (Some(a), Some(b)) = (one.set, other.set) else { return one == other };
        let words = |set: Set| &self.words[set.begin as usize..set.end as usize];
        one.feature == other.feature
            && one.missing_left == other.missing_left
            && words(a) == words(b)
    }
}

impl Tree {
    fn new<T: Copy + Into<f64>>(
        nodes: &Nodes<T>,
        range: std::ops::Range<u32>,
        question: &impl Fn(usize, u32) -> Question,
    ) -> Self {
        let root = range.start as usize;
        let leaf = |at: usize| nodes.feature[at] == LEAF;
        if leaf(root) {
            let alone = nodes.value[root].into();
            return Self { splits: Vec::new(), alone, mean: alone, longest: 0 };
        }
        let cover = |at: usize| nodes.cover.get(at).map_or(0.0, |&cover| cover.into());
        let mut splits: Vec<Split> = Vec::with_capacity(range.len() / 2);
        let (mut mean, mut longest) = (0.0, 0);
        // The nearest split of each input on the path that is being walked.
        let mut active: HashMap<u32, (u32, u8)> = HashMap::new();
        let mut steps = vec![Step::Enter { at: root, parent: (NONE, 0), share: 1.0, length: 0 }];
        while let Some(step) = steps.pop() {
            let (at, parent, share, length) = match step {
                Step::Turn { feature, to: (NONE, _) } => {
                    active.remove(&feature);
                    continue;
                }
                Step::Turn { feature, to } => {
                    active.insert(feature, to);
                    continue;
                }
                Step::Enter { at, parent, share, length } => (at, parent, share, length),
            };
            let own = u32::try_from(splits.len()).unwrap_or(NONE);
            if let Some(parent_split) = splits.get_mut(parent.0 as usize) {
                parent_split.child[usize::from(parent.1)] = own;
            }
            let asked = question(at, u32::try_from(at).unwrap_or(NONE));
            let feature = asked.feature;
            let above = active.get(&feature).copied().unwrap_or((NONE, 0));
            let length = length + u32::from(above.0 == NONE);
            longest = longest.max(length);
            let (total, left) = (cover(at), nodes.left[at] as usize);
            // Where no row came, neither way is more likely.
            let ratio = |child| if total > 0.0 { cover(child) / total } else { 0.5 };
            let ratio = [ratio(left), ratio(left + 1)];
            let mut value = [0.0; 2];
            steps.push(Step::Turn { feature, to: above });
            for (side, down) in [(1_u8, left + 1), (0, left)] {
                let share = share * ratio[usize::from(side)];
                if leaf(down) {
                    value[usize::from(side)] = nodes.value[down].into();
                    mean += share * value[usize::from(side)];
                } else {
                    steps.push(Step::Enter { at: down, parent: (own, side), share, length });
                    steps.push(Step::Turn { feature, to: (own, side) });
                }
            }
            let passed = splits
                .get(above.0 as usize)
                .map_or(1.0, |split| split.passed * split.ratio[usize::from(above.1)]);
            splits.push(Split {
                question: asked,
                parent: parent.0,
                side: parent.1,
                above: above.0,
                above_side: above.1,
                child: [NONE; 2],
                value,
                ratio,
                passed,
            });
        }
        Self { splits, alone: 0.0, mean, longest }
    }

    /// Writes the side of each split that a rounded row goes to.
    #[inline]
    pub(in crate::churn) fn sides(&self, rules: &Rules, row: &[f64], sides: &mut Vec<u8>) {
        sides.clear();
        sides.extend(self.splits.iter().map(|split| rules.side(&split.question, row)));
    }

    /// The value of the leaf that these sides lead to.
    pub(in crate::churn) fn leaf(&self, sides: &[u8]) -> f64 {
        let mut at = 0;
        while let Some(split) = self.splits.get(at as usize) {
            let side = usize::from(sides[at as usize]);
            if split.child[side] == NONE {
                return split.value[side];
            }
            at = split.child[side];
        }
        self.alone
    }
}

/// What is next in a walk down a tree, the left side first.
enum Step {
    /// A split is to be added.
    Enter { at: usize, parent: (u32, u8), share: f64, length: u32 },
    /// From here on, this is the nearest split of an input.
    Turn { feature: u32, to: (u32, u8) },
}
