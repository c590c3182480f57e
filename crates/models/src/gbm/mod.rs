//! Gradient boosting, whose trees the `hessboost` crate grows.
//!
//! The loss is logistic, the trees are grown on histograms, and a missing value goes to the side
//! that it gains most on. Symmetric trees ask one question a level and split numbers alone;
//! depth-wise trees split categories as sets. The trained trees are taken over node by node: single
//! precision, leaves that hold the learning rate, `value < threshold` goes left.
//!
//! What chooses the splits differs. A depth-wise tree is that of `XGBoost`: gradients and second
//! derivatives choose the splits, and a leaf is one Newton step. A symmetric tree is that of
//! `CatBoost`: gradients alone choose the splits, by least squares, and then a leaf has the least
//! loss (Friedman 2001). With second derivatives, rows that the model is sure of count for
//! nothing, and whatever parts them looks alike. Under monotone constraints, which bound leaves
//! while a tree grows, symmetric trees take second derivatives too.
//!
//! Rows held out say how many trees there are to be, and by how much their sum is scaled.

mod boosting;
mod newton;
mod rounds;
mod rows;
#[cfg(test)]
mod tests;

use rayon::ThreadPoolBuilder;
use stayput_core::churn::{Forest, ForestParts, Nodes, Predictor};
use stayput_core::{Error, Result};

use self::boosting::Boosting;
pub(crate) use self::rounds::settle;
use crate::booster::{importance, push_tree};
use crate::constraints::Bound;
use crate::data::{Data, refuse};
use crate::lower;
use crate::params::{GbmParams, Trees};

/// The trees that boosting goes on from, and what they say of the rows.
#[derive(Debug, Clone)]
pub(crate) struct Init {
    pub(crate) nodes: Nodes<f32>,
    /// A margin a row.
    pub(crate) margins: Vec<f32>,
}

impl Init {
    fn trees(&self) -> usize {
        self.nodes.roots.len()
    }

    fn margins_of(&self, rows: &[usize]) -> Vec<f32> {
        rows.iter().map(|&row| self.margins[row]).collect()
    }
}

/// What boosting gives: the trees and each column's share in the loss they took away.
///
/// Where it goes on from `init`, the trees of that come first, as they are, and the shares are of
/// the trees that were added.
pub(crate) fn fit(
    data: &Data,
    params: &GbmParams,
    bound: &Bound,
    init: Option<&Init>,
) -> Result<(Predictor, Vec<f64>)> {
    let Trees::So(settled) = params.trees else {
        return Err(Error::internal("boosting was not told how many trees to grow"));
    };
    #[expect(clippy::cast_possible_truncation, reason = "sums and leaves are in single precision")]
    let scaled = |value: f32, by: f64| (settled.slope * f64::from(value) + by) as f32;
    on_threads(params.threads, || {
        let mut boosting = Boosting::new(data, params, bound)?;
        let mut nodes = match init {
            Some(init) => {
                boosting.go_on(init.trees(), init.margins.clone());
                init.nodes.clone()
            }
            None => lower::empty(scaled(boosting.base(), settled.intercept)),
        };
        let grown = (0..settled.trees).map(|_| boosting.grow()).collect::<Result<Vec<_>>>()?;
        let grown = grown.iter().map(boosting::Grown::parts).collect::<Result<Vec<_>>>()?;
        for &(tree, values) in &grown {
            push_tree(&mut nodes, tree, |leaf| scaled(values[leaf], 0.0))?;
        }
        let importance = importance(grown.iter().map(|&(tree, _)| tree), data.inputs.len());
        Ok((Predictor::Forest(Forest::new(ForestParts::F32(nodes))?), importance))
    })
}

/// Does `work` on so many threads, or on all cores.
fn on_threads<T: Send>(
    threads: Option<usize>,
    work: impl FnOnce() -> Result<T> + Send,
) -> Result<T> {
    let Some(threads) = threads else { return work() };
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.map_err(|error| refuse(format!("no threads to train on: {error}")))?.install(work)
}
