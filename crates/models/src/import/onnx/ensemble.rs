//! The trees of an operator, in one form for the two that ONNX has.
//!
//! Up to version 4 of `ai.onnx.ml` nodes are named by tree and number, and leaves are nodes;
//! `TreeEnsemble` of version 5 names nodes by their place and keeps leaves apart.

use std::collections::{BTreeMap, HashSet};

use stayput_core::Result;

use super::node::Node;

/// What a node asks.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Question {
    AtMost(f64),
    Below(f64),
    AtLeast(f64),
    Above(f64),
    /// Is it one of these.
    OneOf(Vec<f64>),
    /// Is it none of these.
    NoneOf(Vec<f64>),
}

/// A node or leaf.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Leaf(f64),
    Branch { feature: usize, question: Question, missing_yes: bool, yes: usize, no: usize },
}

/// The trees of one operator, for one of its outputs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ensemble {
    pub(super) parts: Vec<Part>,
    pub(super) roots: Vec<usize>,
    /// What is added last.
    pub(super) base: f64,
}

impl Ensemble {
    /// Makes one question of a chain of them, `is it a, is it b, …`, whose yes is one and the same
    /// node: so `onnxmltools` writes a set of categories, which is no tree otherwise.
    fn merge_chains(&mut self) {
        let mut next: Vec<Option<usize>> = vec![None; self.parts.len()];
        let mut is_next = vec![false; self.parts.len()];
        for (at, part) in self.parts.iter().enumerate() {
            let Part::Branch { feature, question: Question::OneOf(_), missing_yes, yes, no } = part
            else {
                continue;
            };
            let follows = match &self.parts[*no] {
                Part::Branch {
                    feature: of,
                    question: Question::OneOf(_),
                    missing_yes: missing,
                    yes: to,
                    ..
                } => (of, missing, to) == (feature, missing_yes, yes),
                _ => false,
            };
            // One that two lead to stays as it is.
            if follows && *no != at && !is_next[*no] {
                is_next[*no] = true;
                next[at] = Some(*no);
            }
        }
        for head in (0..self.parts.len()).filter(|&at| !is_next[at] && next[at].is_some()) {
            let (mut more, mut last, mut at) = (Vec::new(), head, head);
            while let Some(follower) = next[at] {
                if let Part::Branch { question: Question::OneOf(values), no, .. } =
                    &mut self.parts[follower]
                {
                    more.append(values);
                    last = *no;
                }
                at = follower;
            }
            if let Part::Branch { question: Question::OneOf(values), no, .. } =
                &mut self.parts[head]
            {
                values.append(&mut more);
                *no = last;
            }
        }
    }
}

/// What leaves say of which output: the output, and the leaves' numbers.
pub(super) struct Ensembles {
    trees: Ensemble,
    /// The place of a leaf, its output and its weight.
    weights: Vec<(usize, usize, f64)>,
    pub(super) bases: Vec<f64>,
    /// The outputs that some leaf speaks of.
    pub(super) outputs: Vec<usize>,
}

impl Ensembles {
    /// The trees with the weights of one output.
    pub(super) fn output(&self, output: usize, base: f64) -> Ensemble {
        let mut trees = Ensemble { base, ..self.trees.clone() };
        for &(at, of, weight) in self.weights.iter().filter(|(_, of, _)| *of == output) {
            debug_assert_eq!(of, output);
            if let Part::Leaf(value) = &mut trees.parts[at] {
                *value += weight;
            }
        }
        trees
    }

    pub(super) fn all_positive(&self) -> bool {
        self.weights.iter().all(|(_, _, weight)| *weight >= 0.0)
    }

    /// Divides what every leaf says by the number of trees.
    pub(super) fn average(&mut self) {
        #[expect(clippy::cast_precision_loss, reason = "no file has 2^52 trees")]
        let trees = self.trees.roots.len().max(1) as f64;
        for (_, _, weight) in &mut self.weights {
            *weight /= trees;
        }
    }
}

fn question(mode: &[u8], value: f64) -> Option<Question> {
    Some(match mode {
        b"BRANCH_LEQ" => Question::AtMost(value),
        b"BRANCH_LT" => Question::Below(value),
        b"BRANCH_GTE" => Question::AtLeast(value),
        b"BRANCH_GT" => Question::Above(value),
        b"BRANCH_EQ" => Question::OneOf(vec![value]),
        b"BRANCH_NEQ" => Question::NoneOf(vec![value]),
        _ => return None,
    })
}

/// The modes of `TreeEnsemble` in the order of their numbers, up to `BRANCH_MEMBER`.
const MODES: [&[u8]; 6] =
    [b"BRANCH_LEQ", b"BRANCH_LT", b"BRANCH_GTE", b"BRANCH_GT", b"BRANCH_EQ", b"BRANCH_NEQ"];
const MEMBER: f64 = 6.0;

/// The trees of a `TreeEnsembleClassifier` or `TreeEnsembleRegressor`, whose leaves speak of a
/// `class` or a `target`.
pub(super) fn named(node: Node<'_>, of: &str) -> Result<Ensembles> {
    let (trees, numbers) = (node.ints("nodes_treeids"), node.ints("nodes_nodeids"));
    let (features, modes) = (node.ints("nodes_featureids"), node.texts("nodes_modes"));
    let (yes, no) = (node.ints("nodes_truenodeids"), node.ints("nodes_falsenodeids"));
    let values = node.numbers("nodes_values")?;
    let missing = node.ints("nodes_missing_value_tracks_true");
    let count = numbers.len();
    let lengths = [trees.len(), features.len(), modes.len(), yes.len(), no.len(), values.len()];
    if lengths.iter().any(|&length| length != count)
        || (!missing.is_empty() && missing.len() != count)
    {
        return Err(node.wrong("the lists of its nodes have different lengths"));
    }
    let mut places = BTreeMap::new();
    for (at, id) in trees.iter().zip(numbers).enumerate() {
        if places.insert(id, at).is_some() {
            return Err(node.wrong("two of its nodes have one number"));
        }
    }
    let mut parts = Vec::with_capacity(count);
    let mut children = HashSet::new();
    for at in 0..count {
        if modes[at] == b"LEAF" {
            parts.push(Part::Leaf(0.0));
            continue;
        }
        let place = |child: &i64| places.get(&(&trees[at], child)).copied();
        let (Some(yes), Some(no)) = (place(&yes[at]), place(&no[at])) else {
            return Err(node.wrong(&format!("node {at} lacks a child")));
        };
        let Some(question) = question(&modes[at], values[at]) else {
            let mode = String::from_utf8_lossy(&modes[at]);
            return Err(node.wrong(&format!("the mode `{mode}` is not one of a node")));
        };
        children.extend([yes, no]);
        let feature = usize::try_from(features[at]);
        let feature = feature.map_err(|_| node.wrong("a feature has a negative number"))?;
        let missing_yes = missing.get(at).is_some_and(|&yes| yes != 0);
        parts.push(Part::Branch { feature, question, missing_yes, yes, no });
    }
    let roots: Vec<usize> = (0..count).filter(|at| !children.contains(at)).collect();
    if !all_reached(&parts, &roots) {
        return Err(node.wrong("its nodes are not trees: one is reached from no root"));
    }
    let (of_trees, of_nodes, of_outputs) = (
        node.ints(&format!("{of}_treeids")),
        node.ints(&format!("{of}_nodeids")),
        node.ints(&format!("{of}_ids")),
    );
    let weights = node.numbers(&format!("{of}_weights"))?;
    if [of_trees.len(), of_nodes.len(), of_outputs.len()] != [weights.len(); 3] {
        return Err(node.wrong("the lists of its weights have different lengths"));
    }
    let leaf = |((tree, number), (output, weight)): ((&i64, &i64), (&i64, f64))| {
        let place = places.get(&(tree, number)).copied();
        let place = place.filter(|&at| matches!(parts[at], Part::Leaf(_)));
        let output = usize::try_from(*output).ok();
        let found = place.zip(output).map(|(at, output)| (at, output, weight));
        found.ok_or_else(|| node.wrong("a weight belongs to no leaf"))
    };
    let ids = of_trees.iter().zip(of_nodes);
    let weights: Vec<_> =
        ids.zip(of_outputs.iter().zip(weights)).map(leaf).collect::<Result<_>>()?;
    let trees = Ensemble { parts, roots, base: 0.0 };
    Ok(gathered(trees, weights, node.numbers("base_values")?))
}

fn all_reached(parts: &[Part], roots: &[usize]) -> bool {
    let mut reached = vec![false; parts.len()];
    let mut stack = roots.to_vec();
    while let Some(at) = stack.pop() {
        if std::mem::replace(&mut reached[at], true) {
            continue;
        }
        if let Part::Branch { yes, no, .. } = parts[at] {
            stack.extend([yes, no]);
        }
    }
    reached.iter().all(|reached| *reached)
}

fn gathered(mut trees: Ensemble, weights: Vec<(usize, usize, f64)>, bases: Vec<f64>) -> Ensembles {
    trees.merge_chains();
    let mut outputs: Vec<usize> = weights.iter().map(|(_, output, _)| *output).collect();
    outputs.sort_unstable();
    outputs.dedup();
    Ensembles { trees, weights, bases, outputs }
}

/// The trees of a `TreeEnsemble`.
pub(super) fn placed(node: Node<'_>) -> Result<Ensembles> {
    let tensor = |name: &str| {
        let found = node.tensor(name)?;
        found.ok_or_else(|| node.wrong(&format!("the attribute `{name}` is missing")))
    };
    let (splits, modes) = (tensor("nodes_splits")?, tensor("nodes_modes")?);
    let weights = tensor("leaf_weights")?;
    let features = node.ints("nodes_featureids");
    let sides = [
        (node.ints("nodes_truenodeids"), node.ints("nodes_trueleafs")),
        (node.ints("nodes_falsenodeids"), node.ints("nodes_falseleafs")),
    ];
    let missing = node.ints("nodes_missing_value_tracks_true");
    let count = splits.len();
    let lengths = sides.iter().flat_map(|(ids, leafs)| [ids.len(), leafs.len()]);
    let targets = node.ints("leaf_targetids");
    if lengths.chain([modes.len(), features.len()]).any(|length| length != count)
        || (!missing.is_empty() && missing.len() != count)
        || targets.len() != weights.len()
    {
        return Err(node.wrong("the lists of its nodes or leaves have different lengths"));
    }
    let members = node.tensor("membership_values")?.unwrap_or_default();
    let mut members = members.split(|value| value.is_nan());
    let mut parts = Vec::with_capacity(count + weights.len());
    for at in 0..count {
        let child = |(ids, leafs): (&[i64], &[i64])| {
            let id = usize::try_from(ids[at]).ok()?;
            if leafs[at] == 0 {
                return Some(id).filter(|&id| id < count);
            }
            Some(id).filter(|&id| id < weights.len()).map(|id| count + id)
        };
        let (Some(yes), Some(no)) = (child(sides[0]), child(sides[1])) else {
            return Err(node.wrong(&format!("node {at} lacks a child")));
        };
        let mode = (0_u8..).zip(MODES).find(|(number, _)| f64::from(*number) == modes[at]);
        let question = match mode {
            Some((_, mode)) => question(mode, splits[at]),
            None if modes[at] == MEMBER => {
                members.next().map(|members| Question::OneOf(members.to_vec()))
            }
            None => None,
        };
        let Some(question) = question else {
            return Err(node.wrong(&format!("node {at} has no known mode, or no members")));
        };
        let feature = usize::try_from(features[at]);
        let feature = feature.map_err(|_| node.wrong("a feature has a negative number"))?;
        let missing_yes = missing.get(at).is_some_and(|&yes| yes != 0);
        parts.push(Part::Branch { feature, question, missing_yes, yes, no });
    }
    parts.extend(weights.iter().map(|_| Part::Leaf(0.0)));
    let root = |&root: &i64| usize::try_from(root).ok().filter(|&root| root < count);
    let roots = node.ints("tree_roots").iter().map(root).collect::<Option<Vec<_>>>();
    let roots = roots.ok_or_else(|| node.wrong("a root is not there"))?;
    let leaf = |(at, (weight, target)): (usize, (&f64, &i64))| {
        let target = usize::try_from(*target).map_err(|_| node.wrong("a target is negative"))?;
        Ok((count + at, target, *weight))
    };
    let leaves = weights.iter().zip(targets).enumerate();
    let weights: Vec<_> = leaves.map(leaf).collect::<Result<_>>()?;
    Ok(gathered(Ensemble { parts, roots, base: 0.0 }, weights, Vec::new()))
}
