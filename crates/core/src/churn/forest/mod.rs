//! A forest of decision trees, one form whatever trained it.
//!
//! The margin of a row is `base + Σ leaf(tree, row)`, summed over the trees in their order and in
//! the forest's own precision; a learning rate is already in the leaves. At a node a row goes left
//! when its value is below the threshold (or equal to it, for [`Compare::LessEqual`]), or when its
//! category is in the node's set. A missing value goes where the node says.
//!
//! The two children of a node lie side by side and after it, so one number names both, a walk
//! always ends, and no cycle can be written down.

#![expect(
    clippy::inline_always,
    reason = "what is not inlined into a function for wide vectors would not have them"
)]

mod alone;
mod block;
mod check;
mod columns;
mod leaves;
mod plan;
mod ranked;
mod real;
#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "small numbers of the tests"
)]
mod tests;
mod thresholds;
mod walk;

use std::ops::Range;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

pub(super) use self::block::level as simd_level;
use self::ranked::Ranked;
use self::real::Real;
use self::walk::Grove;
use super::link::Link;
use super::model::InputKind;
use crate::error::{Error, Result};

/// Stands in [`Nodes::feature`] for a node that is a leaf.
pub const LEAF: u32 = u32::MAX;

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

impl<T> Nodes<T> {
    /// The nodes of each tree.
    pub fn trees(&self) -> impl Iterator<Item = Range<usize>> {
        let roots = self.roots.iter().map(|&root| root as usize);
        let ends = roots.clone().skip(1).chain([self.left.len()]);
        roots.zip(ends).map(|(root, end)| root..end)
    }
}

/// A forest that has been checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ForestParts", into = "ForestParts")]
pub struct Forest {
    parts: ForestParts,
}

impl Forest {
    /// A forest of these parts.
    ///
    /// # Errors
    /// [`ErrorCode::ModelShape`] when the lists do not fit each other, a child does not come after
    /// its parent, or a number is not finite.
    ///
    /// [`ErrorCode::ModelShape`]: crate::ErrorCode::ModelShape
    pub fn new(parts: ForestParts) -> Result<Self> {
        match &parts {
            ForestParts::F32(nodes) => check::check(nodes)?,
            ForestParts::F64(nodes) => check::check(nodes)?,
        }
        Ok(Self { parts })
    }

    /// The parts the forest is made of and stored as.
    #[must_use]
    pub fn parts(&self) -> &ForestParts {
        &self.parts
    }

    /// The number of trees.
    #[must_use]
    pub fn trees(&self) -> usize {
        match &self.parts {
            ForestParts::F32(nodes) => nodes.roots.len(),
            ForestParts::F64(nodes) => nodes.roots.len(),
        }
    }
}

/// A forest laid out for inference, for the inputs of a model.
#[derive(Debug, Clone)]
pub(super) struct Trees(Precision);

#[derive(Debug, Clone)]
enum Precision {
    F32(Laid<f32>),
    F64(Laid<f64>),
}

/// Trees to walk, and, where they are small, in the form that is fast.
#[derive(Debug, Clone)]
struct Laid<T> {
    link: Link,
    grove: Grove<T>,
    ranked: Option<Ranked<T>>,
}

impl Trees {
    /// The trees of `forest`.
    ///
    /// # Errors
    /// `model_shape` where a node asks about an input that is not there, or in a way that does not
    /// fit its kind.
    pub(super) fn new(forest: &Forest, kinds: &[&InputKind]) -> Result<Self> {
        Ok(Self(match &forest.parts {
            ForestParts::F32(nodes) => Precision::F32(Laid::new(nodes, kinds)?),
            ForestParts::F64(nodes) => Precision::F64(Laid::new(nodes, kinds)?),
        }))
    }

    /// The margin of a row that has a value for every input.
    pub(super) fn margin(&self, row: &[f64]) -> f64 {
        match &self.0 {
            Precision::F32(trees) => f64::from(trees.margin(row)),
            Precision::F64(trees) => trees.margin(row),
        }
    }

    /// The margins of `rows`, which are as wide as the model has inputs.
    pub(super) fn margins(&self, rows: &ArrayView2<'_, f64>) -> Vec<f64> {
        match &self.0 {
            Precision::F32(trees) => trees.margins(rows),
            Precision::F64(trees) => trees.margins(rows),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "the margin was widened from f32")]
    pub(super) fn probability(&self, margin: f64) -> f64 {
        match &self.0 {
            Precision::F32(trees) => f64::from(trees.link.apply_f32(margin as f32)),
            Precision::F64(trees) => trees.link.apply(margin),
        }
    }
}

impl<T: Real> Laid<T> {
    fn new(nodes: &Nodes<T>, kinds: &[&InputKind]) -> Result<Self> {
        let grove = Grove::new(nodes, kinds)?;
        Ok(Self { link: nodes.link, ranked: Ranked::new(&grove), grove })
    }

    fn margin(&self, row: &[f64]) -> T {
        match &self.ranked {
            Some(ranked) => ranked.margin(&self.grove, row),
            None => self.grove.margin(row),
        }
    }

    fn margins(&self, rows: &ArrayView2<'_, f64>) -> Vec<f64> {
        if let Some(ranked) = &self.ranked {
            return ranked.margins(&self.grove, rows);
        }
        let mut copy = Vec::with_capacity(rows.ncols());
        let margins = rows.rows().into_iter().map(|row| {
            copy.clear();
            copy.extend(row.iter().copied());
            self.grove.margin(&copy).widen()
        });
        margins.collect()
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
        forest.parts
    }
}
