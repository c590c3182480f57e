//! Whether lists of nodes are trees that can be walked.

use super::real::Real;
use super::{LEAF, Nodes};
use crate::error::{Error, ErrorCode, Result};

/// Of the 32 bits that name an input, these are left for what else a node says.
pub(super) const MOST_INPUTS: u32 = 1 << 30;

pub(super) fn refuse(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::ModelShape, "model", message).at_path("forest")
}

/// Whether the lists fit each other, the nodes are trees, and no row makes the sum infinite.
pub(super) fn check<T: Real>(parts: &Nodes<T>) -> Result<()> {
    let count = parts.feature.len();
    let whole = [parts.value.len(), parts.left.len(), parts.missing_left.len()];
    if whole.iter().any(|&len| len != count) || u32::try_from(count).is_err() {
        return Err(refuse(format!("has {count} nodes, but lists of lengths {whole:?}")));
    }
    let covered = |cover: &T| cover.widen() >= 0.0 && cover.widen().is_finite();
    let known = parts.cover.len() == count && parts.cover.iter().all(covered);
    if !parts.cover.is_empty() && !known {
        return Err(refuse("the cover of its nodes is not a weight for each of them"));
    }
    for at in 0..count {
        let (feature, left, value) = (parts.feature[at], parts.left[at], parts.value[at]);
        let leaf = feature == LEAF;
        if leaf != (left == 0) || (!leaf && feature >= MOST_INPUTS) {
            return Err(refuse(format!("node {at} is neither a leaf nor a split")));
        }
        let never = !leaf && value.widen() == f64::NEG_INFINITY;
        if !value.widen().is_finite() && !never {
            return Err(refuse(format!("node {at} holds a number that is not finite")));
        }
    }
    check_sets(parts)?;
    check_shape(parts)?;
    check_sum(parts)
}

/// Whether every set belongs to one split, and all together are the words.
fn check_sets<T>(parts: &Nodes<T>) -> Result<()> {
    let sets = &parts.sets;
    let closes = sets.end.last().map_or(0, |&end| end as usize) == sets.words.len();
    if sets.node.len() != sets.end.len() || !closes {
        return Err(refuse("the sets of categories do not fit their nodes"));
    }
    let (mut before, mut begin) = (None, 0);
    for (&at, &end) in sets.node.iter().zip(&sets.end) {
        let splits = parts.left.get(at as usize).is_some_and(|&left| left != 0);
        if !splits || before >= Some(at) || begin > end {
            return Err(refuse(format!("node {at} cannot have a set of categories")));
        }
        (before, begin) = (Some(at), end);
    }
    Ok(())
}

/// Whether the nodes are trees: every one but the roots is the child of one earlier node of its
/// own tree.
fn check_shape<T>(parts: &Nodes<T>) -> Result<()> {
    let (roots, count) = (&parts.roots, parts.left.len());
    let ordered = roots.windows(2).all(|pair| pair[0] < pair[1]);
    let inside = roots.last().is_none_or(|&root| (root as usize) < count);
    if !ordered || !inside || roots.first().is_some_and(|&root| root != 0) {
        return Err(refuse("the roots of the trees do not fit the nodes"));
    }
    if roots.is_empty() && count > 0 {
        return Err(refuse("there are nodes but no tree"));
    }
    let mut child = vec![false; count];
    for (tree, own) in parts.trees().enumerate() {
        for at in own.clone().filter(|&at| parts.left[at] != 0) {
            let left = parts.left[at] as usize;
            if left <= at || left + 1 >= own.end || child[left] || child[left + 1] {
                return Err(refuse(format!("node {at} of tree {tree} has no children of its own")));
            }
            (child[left], child[left + 1]) = (true, true);
        }
        if own.skip(1).any(|at| !child[at]) {
            return Err(refuse(format!("tree {tree} has a node that no path reaches")));
        }
    }
    Ok(())
}

/// Whether no row can make the sum overflow, which would make a margin infinite or no number.
fn check_sum<T: Real>(parts: &Nodes<T>) -> Result<()> {
    let size = |value: T| if value < T::ZERO { T::ZERO - value } else { value };
    let mut sum = size(parts.base);
    for own in parts.trees() {
        let leaves = own.filter(|&at| parts.left[at] == 0);
        let largest = leaves.map(|at| size(parts.value[at]));
        sum = sum + largest.fold(T::ZERO, |a, b| if b > a { b } else { a });
    }
    if sum.widen().is_finite() { Ok(()) } else { Err(refuse("the leaves add up to infinity")) }
}
