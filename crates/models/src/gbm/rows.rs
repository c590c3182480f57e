//! The rows of a table as trees grow on them, and the leaves that trees lead them to.

use hessboost::data::MetaInfo;
use hessboost::model::{BoostedModel, Iterations};
use hessboost::prelude::DMatrix;
use hessboost::tree::RegTree;
use rayon::prelude::*;
use stayput_core::{Error, Result};

use crate::booster::{children, failed, matrix};
use crate::data::Data;

/// Rows that are worked on at once. What depends on the order of sums is summed so whatever the
/// number of threads.
pub(super) const PART: usize = 1 << 14;

pub(super) struct Rows {
    matrix: DMatrix,
    /// The same values column by column, for trees that ask one question a level.
    columns: Option<Vec<Vec<f32>>>,
}

impl Rows {
    /// The rows of `data`, for trees that are symmetric or not.
    pub(super) fn new(data: &Data, symmetric: bool) -> Result<Self> {
        Ok(Self { matrix: matrix(data)?, columns: symmetric.then(|| data.columns_f32()) })
    }

    pub(super) fn len(&self) -> usize {
        self.matrix.n_rows()
    }

    pub(super) fn matrix(&self) -> &DMatrix {
        &self.matrix
    }

    /// Labels and weights.
    pub(super) fn info(&self) -> MetaInfo<'_> {
        self.matrix.info()
    }

    /// What each row counts; nothing where all count 1.
    pub(super) fn weights(&self) -> Option<&[f32]> {
        self.matrix.weights()
    }

    /// The node that each row ends in.
    pub(super) fn leaves(&self, model: &BoostedModel) -> Result<Vec<u32>> {
        if let Some(columns) = &self.columns {
            return Ok(Levels::of(only(model)?)?.leaves(columns, self.len()));
        }
        let leaves = model.predict_leaf(&self.matrix, Iterations::Best);
        Ok(leaves.map_err(failed)?.into_vec())
    }
}

/// Adds to the margin of each row the value of its leaf.
pub(super) fn add(margins: &mut [f32], leaves: &[u32], values: &[f32]) {
    margins.par_chunks_mut(PART).zip(leaves.par_chunks(PART)).for_each(|(margins, leaves)| {
        for (margin, &leaf) in margins.iter_mut().zip(leaves) {
            *margin += values[leaf as usize];
        }
    });
}

/// The tree of a model of one round.
pub(super) fn only(model: &BoostedModel) -> Result<&RegTree> {
    model.trees().first().ok_or_else(|| Error::internal("a round of boosting grew no tree"))
}

/// A symmetric tree: whole columns are compared, a level at a time, and no row looks for its node.
struct Levels {
    questions: Vec<Question>,
    /// The leaf by the answers, the first of them in the highest bit, 1 for right.
    leaf_of: Vec<u32>,
}

struct Question {
    column: usize,
    below: f32,
    missing_left: bool,
}

impl Levels {
    fn of(tree: &RegTree) -> Result<Self> {
        let (mut questions, mut level) = (Vec::new(), vec![0]);
        // A node that a level's question does not split is a leaf, whatever is asked further on.
        while let Some(split) = level.iter().map(|&at| tree.node(at)).find(|node| !node.is_leaf()) {
            questions.push(Question {
                column: split.split_feature as usize,
                below: split.split_cond,
                missing_left: split.default_left,
            });
            let below = |&at: &usize| match tree.node(at) {
                node if node.is_leaf() => Ok([at, at]),
                node => children(node).map(<[usize; 2]>::from),
            };
            level = level.iter().map(below).collect::<Result<Vec<_>>>()?.concat();
        }
        #[expect(clippy::cast_possible_truncation, reason = "a node's number")]
        let leaf_of = level.into_iter().map(|at| at as u32).collect();
        Ok(Self { questions, leaf_of })
    }

    fn leaves(&self, columns: &[Vec<f32>], rows: usize) -> Vec<u32> {
        let mut leaves = vec![0; rows];
        leaves.par_chunks_mut(PART).enumerate().for_each(|(part, leaves)| {
            for question in &self.questions {
                let column = &columns[question.column][part * PART..];
                for (answers, &value) in leaves.iter_mut().zip(column) {
                    let left = (value < question.below) | (value.is_nan() & question.missing_left);
                    *answers = *answers << 1 | u32::from(!left);
                }
            }
            for leaf in leaves {
                *leaf = self.leaf_of[*leaf as usize];
            }
        });
        leaves
    }
}
