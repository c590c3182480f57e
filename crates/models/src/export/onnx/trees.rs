//! A forest as one `TreeEnsemble`.
//!
//! The base of the sum is in the leaves of the first tree, since the operator has no place for it;
//! the sums stay the same to the bit.

use stayput_core::churn::{Compare, InputKind, LEAF, Nodes};

use super::builder::{Builder, bytes, int, ints, length, list};

/// Numbers of the modes of nodes.
const LEQ: u8 = 0;
const LT: u8 = 1;
const MEMBER: u8 = 6;

/// The attributes of the operator, as they grow.
#[derive(Default)]
struct Lists {
    roots: Vec<i64>,
    features: Vec<i64>,
    splits: Vec<f64>,
    modes: Vec<u8>,
    missing: Vec<i64>,
    /// For no and yes: the number of the node or leaf, and whether it is a leaf.
    children: [(Vec<i64>, Vec<i64>); 2],
    weights: Vec<f64>,
    members: Vec<f64>,
}

impl Lists {
    fn node(&mut self, feature: u32, mode: u8, split: f64, missing: bool) {
        self.features.push(feature.into());
        self.modes.push(mode);
        self.splits.push(split);
        self.missing.push(missing.into());
    }

    fn child(&mut self, yes: bool, at: i64, leaf: bool) {
        let (ids, leafs) = &mut self.children[usize::from(yes)];
        ids.push(at);
        leafs.push(leaf.into());
    }

    /// A tree of one leaf: a node both of whose children are that.
    fn alone(&mut self, value: f64) {
        self.roots.push(length(self.features.len()));
        self.node(0, LEQ, 0.0, false);
        let leaf = length(self.weights.len());
        self.child(true, leaf, true);
        self.child(false, leaf, true);
        self.weights.push(value);
    }
}

/// The margin of each of `rows`, whose columns are of these `kinds`.
pub(super) fn margin<T: Copy + Into<f64> + std::ops::Add<Output = T>>(
    builder: &mut Builder,
    nodes: &Nodes<T>,
    rows: &str,
    kinds: &[InputKind],
) -> String {
    let mut lists = Lists::default();
    let ends = nodes.roots.iter().skip(1).map(|&end| end as usize).chain([nodes.feature.len()]);
    // Splits and leaves are numbered apart, each over all trees; a split of one leaf is one more.
    let mut numbers = vec![0_i64; nodes.feature.len()];
    let (mut splits, mut leaves) = (0, 0);
    let ranges: Vec<_> = nodes.roots.iter().map(|&root| root as usize).zip(ends).collect();
    for &(root, end) in &ranges {
        for (number, &feature) in numbers[root..end].iter_mut().zip(&nodes.feature[root..end]) {
            let next = if feature == LEAF { &mut leaves } else { &mut splits };
            *number = *next;
            *next += 1;
        }
        splits += i64::from(end - root == 1);
    }
    let mut set = 0;
    for (tree, &(root, end)) in ranges.iter().enumerate() {
        let value = |at: usize| -> f64 {
            let value = nodes.value[at];
            if tree == 0 { (nodes.base + value).into() } else { value.into() }
        };
        if end - root == 1 {
            lists.alone(value(root));
            continue;
        }
        lists.roots.push(numbers[root]);
        for at in root..end {
            let feature = nodes.feature[at];
            if feature == LEAF {
                lists.weights.push(value(at));
                continue;
            }
            let missing = nodes.missing_left[at];
            if nodes.sets.node.get(set) == Some(&u32::try_from(at).unwrap_or(u32::MAX)) {
                let known = match kinds.get(feature as usize) {
                    Some(InputKind::Category { values }) => values.len(),
                    _ => 0,
                };
                let codes = members(nodes, set, known);
                set += 1;
                if codes.is_empty() {
                    // Nothing is below it.
                    lists.node(feature, LT, f64::NEG_INFINITY, missing);
                } else {
                    lists.node(feature, MEMBER, 0.0, missing);
                    lists.members.extend(codes);
                    lists.members.push(f64::NAN);
                }
            } else {
                let mode = if nodes.compare == Compare::Less { LT } else { LEQ };
                lists.node(feature, mode, nodes.value[at].into(), missing);
            }
            let left = nodes.left[at] as usize;
            for (yes, child) in [(true, left), (false, left + 1)] {
                lists.child(yes, numbers[child], nodes.feature[child] == LEAF);
            }
        }
    }
    if ranges.is_empty() {
        lists.alone(nodes.base.into());
    }
    let kind = builder.kind;
    let targets = vec![0; lists.weights.len()];
    let [no, yes] = lists.children;
    let mut attributes = vec![
        int("aggregate_function", 1),
        ints("leaf_targetids", targets),
        list("leaf_weights", kind, &lists.weights),
        int("n_targets", 1),
        ints("nodes_falseleafs", no.1),
        ints("nodes_falsenodeids", no.0),
        ints("nodes_featureids", lists.features),
        ints("nodes_missing_value_tracks_true", lists.missing),
        bytes("nodes_modes", lists.modes),
        list("nodes_splits", kind, &lists.splits),
        ints("nodes_trueleafs", yes.1),
        ints("nodes_truenodeids", yes.0),
        int("post_transform", 0),
        ints("tree_roots", lists.roots),
    ];
    if !lists.members.is_empty() {
        attributes.insert(3, list("membership_values", kind, &lists.members));
    }
    builder.ml("TreeEnsemble", rows, attributes)
}

/// The categories in a set, of those that are known.
fn members<T>(nodes: &Nodes<T>, set: usize, known: usize) -> Vec<f64> {
    let sets = &nodes.sets;
    let begin = set.checked_sub(1).map_or(0, |before| sets.end[before] as usize);
    let words = &sets.words[begin..sets.end[set] as usize];
    let is_in =
        |code: &usize| words.get(code / 64).is_some_and(|word| word >> (code % 64) & 1 == 1);
    #[expect(clippy::cast_precision_loss, reason = "no dictionary has 2^52 names")]
    let number = |code: usize| code as f64;
    (0..known).filter(is_in).map(number).collect()
}
