//! What the `hessboost` crate takes and gives: matrices of rows, and trees taken over node by node.
//! Nothing but the trainers of trees ([`crate::gbm`], [`crate::forest`], [`crate::tree`]) knows it.

use hessboost::data::FeatureType;
use hessboost::model::BoostedModel;
use hessboost::prelude::{DMatrix, HessboostError};
use hessboost::tree::{Node, RegTree};
use stayput_core::churn::{Forest, ForestParts, InputKind, Link, Nodes};
use stayput_core::{Error, Result};

use crate::data::{Data, refuse};
use crate::lower::{self, Source, Test, shares};

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` gives")]
pub(crate) fn failed(error: HessboostError) -> Error {
    refuse(error.to_string())
}

/// Rows, labels and weights as the booster takes them.
pub(crate) fn matrix(data: &Data) -> Result<DMatrix> {
    let types: Vec<FeatureType> = data
        .inputs
        .iter()
        .map(|input| match input.kind {
            InputKind::Category { .. } => FeatureType::Categorical,
            InputKind::Number | InputKind::Bool => FeatureType::Numerical,
        })
        .collect();
    let labels: Vec<f32> = data.labels.iter().map(|&label| f32::from(u8::from(label))).collect();
    let matrix = DMatrix::from_dense_vec(data.rows_f32(), data.rows.nrows(), data.rows.ncols())
        .and_then(|matrix| matrix.with_feature_types(&types)?.with_labels(&labels))
        .map_err(failed)?;
    match data.weights_f32() {
        Some(weights) => matrix.with_weights(&weights).map_err(failed),
        None => Ok(matrix),
    }
}

/// The share of each column in what the splits of the trees gained.
pub(crate) fn importance<'a>(trees: impl Iterator<Item = &'a RegTree>, columns: usize) -> Vec<f64> {
    let mut gained = vec![0.0; columns];
    for node in trees.flat_map(RegTree::nodes).filter(|node| !node.is_leaf()) {
        gained[node.split_feature as usize] += f64::from(node.split_gain);
    }
    shares(gained.into_iter())
}

/// The core's forest of a forest whose margin is the probability itself.
pub(crate) fn lower_probabilities(model: &BoostedModel) -> Result<Forest> {
    let mut nodes = lower::empty(model.base_score());
    nodes.link = Link::Identity;
    for tree in model.trees() {
        push_tree(&mut nodes, tree, |at| tree.node(at).leaf_value)?;
    }
    Forest::new(ForestParts::F32(nodes))
}

/// Adds the tree, with the same thresholds and sets, and the values that `leaf` gives its leaves.
pub(crate) fn push_tree(
    nodes: &mut Nodes<f32>,
    tree: &RegTree,
    leaf: impl Fn(usize) -> f32,
) -> Result<()> {
    let cover = |at| Some(tree.node(at).sum_hess);
    lower::push_tree(nodes, 0, 0.0, cover, |at| {
        let node = tree.node(at);
        if node.is_leaf() {
            return Ok(Source::Leaf(leaf(at)));
        }
        let test = if node.is_categorical {
            Test::OneOf(tree.split_categories(at).to_vec())
        } else {
            Test::Below(node.split_cond)
        };
        let (left, right) = children(node)?;
        let feature = node.split_feature as usize;
        Ok(Source::Split { feature, test, missing_left: node.default_left, left, right })
    })
}

pub(crate) fn children(node: &Node) -> Result<(usize, usize)> {
    let child = |at: i32| {
        usize::try_from(at).map_err(|_| Error::internal("a split of the booster lacks a child"))
    };
    Ok((child(node.left)?, child(node.right)?))
}
