//! The loop of boosting: a tree a round, grown by the `hessboost` crate on the gradients of what
//! the rounds before it leave.

use std::sync::Arc;

use hessboost::config::{GrowPolicy, Monotone, TreeMethod};
use hessboost::model::BoostedModel;
use hessboost::objective::{CustomLoss, GradPair, Loss, Objective, RegLoss};
use hessboost::prelude::{TrainingParams, train};
use hessboost::tree::RegTree;
use rayon::prelude::*;
use stayput_core::Result;
use stayput_core::math;

use super::newton::{self, Placed};
use super::rows::{PART, Rows, add, only};
use crate::booster::failed;
use crate::constraints::Bound;
use crate::data::Data;
use crate::params::{self, GbmParams};
use crate::random::Stream;

/// The root of 12: a uniform number of a range so wide has a variance of 1.
const UNIT_VARIANCE: f64 = 3.464_101_615_137_754_6;

/// The penalty of least squares: beside its rows each leaf counts one more, of gradient 0, so that few
/// rows promise less than many. `reg_lambda` is in units of second derivatives, not of rows.
const ONE_ROW: f64 = 1.0;

/// What the splits of a tree and the values of its leaves are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Splits by least squares on the gradients, then for each leaf the value of least loss (Friedman
    /// 2001, `L2_TreeBoost`): every row counts alike for the shape of a tree, however sure the model
    /// is of it.
    First,
    /// Both by gradients and second derivatives (Chen and Guestrin 2016).
    Second,
}

/// The state between two rounds.
pub(super) struct Boosting {
    params: TrainingParams,
    order: Order,
    /// Of the values of the leaves of first-order trees.
    penalty: f64,
    /// In standard deviations of the gradients, for the first tree.
    noise: f64,
    draws: Stream,
    loss: Arc<dyn Loss>,
    rows: Rows,
    /// What the trees so far, and before them the base, say of each row.
    margins: Vec<f32>,
    /// The number of trees so far.
    round: u64,
}

/// The tree of a round.
pub(super) struct Grown {
    model: BoostedModel,
    /// The value of each node that is a leaf, the learning rate in it.
    values: Vec<f32>,
}

impl Boosting {
    pub(super) fn new(data: &Data, params: &GbmParams, bound: &Bound) -> Result<Self> {
        let rows = Rows::new(data, symmetric(params))?;
        let (penalty, noise) = (params.reg_lambda, params.random_strength);
        let draws = Stream::new(params.random_state, "boosting/splits");
        let (order, params) = booster_params(params, bound)?;
        let loss = params.loss(1).map_err(failed)?;
        let margins = vec![base(loss.as_ref(), &rows); rows.len()];
        Ok(Self { params, order, penalty, noise, draws, loss, rows, margins, round: 0 })
    }

    /// Goes on from so many trees that are there already, and what they say of each row.
    pub(super) fn go_on(&mut self, trees: usize, margins: Vec<f32>) {
        (self.round, self.margins) = (trees as u64, margins);
    }

    /// The margin without any tree: that of the share of label 1.
    pub(super) fn base(&self) -> f32 {
        base(self.loss.as_ref(), &self.rows)
    }

    /// Grows the next tree.
    pub(super) fn grow(&mut self) -> Result<Grown> {
        let mut pairs = vec![GradPair::default(); self.margins.len()];
        self.loss.gradient_info(&self.margins, &self.rows.info(), &mut pairs);
        let (model, values) = match self.order {
            Order::First => {
                let model = self.tree(self.of_first_order(&pairs))?;
                let leaves = self.rows.leaves(&model)?;
                let values = self.values(only(&model)?.num_nodes(), &leaves, pairs);
                add(&mut self.margins, &leaves, &values);
                (model, values)
            }
            Order::Second => {
                let model = self.tree(pairs)?;
                let nodes = only(&model)?.nodes();
                let values: Vec<f32> = nodes.iter().map(|node| node.leaf_value).collect();
                add(&mut self.margins, &self.rows.leaves(&model)?, &values);
                (model, values)
            }
        };
        self.round += 1;
        Ok(Grown { model, values })
    }

    /// A tree of these gradients.
    fn tree(&self, pairs: Vec<GradPair>) -> Result<BoostedModel> {
        let mut params = self.params.clone();
        params.objective = Objective::Custom(Arc::new(known(pairs)));
        // As a round of one call draws, so that second-order trees are those of one call.
        params.seed ^= self.round.wrapping_mul(0x9E37_79B9);
        train(&params, self.rows.matrix(), 1).map_err(failed)
    }

    /// The gradients as they choose the splits, and in place of second derivatives what rows count.
    ///
    /// Noise is added to each, so that among splits that are as good as each other chance chooses,
    /// and not what happens to be so on these rows: [`Self::strength`] times the root of the mean of
    /// the squared gradients, times a uniform number of variance 1. Over the rows of a node it adds
    /// up to a number close to normal, and what it does to the root of a gain does not depend on how
    /// many they are, like the noise on scores of Prokhorenkova et al. (2018). A row that counts `w`
    /// stands for `w` rows, whose noise adds up by its variance.
    fn of_first_order(&self, pairs: &[GradPair]) -> Vec<GradPair> {
        let mut own: Vec<GradPair> = match self.rows.weights() {
            Some(weights) => {
                pairs.iter().zip(weights).map(|(pair, &w)| GradPair::new(pair.grad, w)).collect()
            }
            None => pairs.iter().map(|pair| GradPair::new(pair.grad, 1.0)).collect(),
        };
        if self.noise > 0.0 {
            let strength = self.strength() * deviation(&own);
            own.par_chunks_mut(PART).enumerate().for_each(|(part, own)| {
                self.add_noise(strength, part * PART, own);
            });
        }
        own
    }

    /// How strong the noise is in this round. Of `n` rows it falls to half of `random_strength` where
    /// `learning_rate` times the number of trees is `ln n`, and soon to nothing, as `CatBoost`'s does:
    /// the last trees tell apart what many rows agree on.
    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 rows, and trees")]
    fn strength(&self) -> f64 {
        let (rows, learned) = (self.margins.len() as f64, self.params.eta * self.round as f64);
        self.noise * rows / (rows + math::exp(learned))
    }

    /// Adds noise to the rows from `first` on, which is a multiple of four.
    #[expect(clippy::cast_possible_truncation, reason = "gradients are in single precision")]
    fn add_noise(&self, strength: f64, first: usize, pairs: &mut [GradPair]) {
        for (four, pairs) in pairs.chunks_mut(4).enumerate() {
            let block = self.draws.block((first / 4 + four) as u64, self.round, 0);
            for (at, pair) in pairs.iter_mut().enumerate() {
                let uniform = (block.uniform(at) - 0.5) * UNIT_VARIANCE;
                pair.grad += (strength * f64::from(pair.hess).sqrt() * uniform) as f32;
            }
        }
    }

    /// What each leaf adds: the learning rate times the value of least loss.
    #[expect(clippy::cast_possible_truncation, reason = "leaves are in single precision")]
    fn values(&self, nodes: usize, leaves: &[u32], pairs: Vec<GradPair>) -> Vec<f32> {
        let placed = Placed { rows: &self.rows, margins: &self.margins, leaves, nodes };
        let values = newton::values(&placed, self.loss.as_ref(), self.penalty, pairs);
        values.into_iter().map(|value| (self.params.eta * value) as f32).collect()
    }
}

/// The root of the mean of the squared gradients, each row counting its weight.
fn deviation(pairs: &[GradPair]) -> f64 {
    let of_part = |pairs: &[GradPair]| {
        pairs.iter().fold((0.0, 0.0), |(squares, all), pair| {
            let (gradient, weight) = (f64::from(pair.grad), f64::from(pair.hess));
            (squares + gradient * gradient / weight, all + weight)
        })
    };
    let parts: Vec<(f64, f64)> = pairs.par_chunks(PART).map(of_part).collect();
    let (squares, all) =
        parts.iter().fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    (squares / all).sqrt()
}

impl Grown {
    /// The tree, and the values of its leaves by the number of the node.
    pub(super) fn parts(&self) -> Result<(&RegTree, &[f32])> {
        Ok((only(&self.model)?, &self.values))
    }

    /// Adds to the margins of other rows what the tree says of them.
    pub(super) fn add_to(&self, margins: &mut [f32], rows: &Rows) -> Result<()> {
        add(margins, &rows.leaves(&self.model)?, &self.values);
        Ok(())
    }
}

/// Gives the booster gradients that are known already.
fn known(pairs: Vec<GradPair>) -> CustomLoss {
    CustomLoss::new("known", 1, move |_, _, _, out| out.copy_from_slice(&pairs))
}

fn base(loss: &dyn Loss, rows: &Rows) -> f32 {
    loss.base_margins_info(&rows.info()).first().copied().unwrap_or_default()
}

/// Whether trees are to ask one question a level.
pub(super) fn symmetric(params: &GbmParams) -> bool {
    params.grow_policy == params::GrowPolicy::Symmetric
}

/// The parameters as the booster takes them. Bounds on leaves are kept by the booster, and its own
/// leaves go with splits of the second order.
pub(super) fn booster_params(params: &GbmParams, bound: &Bound) -> Result<(Order, TrainingParams)> {
    let order =
        if symmetric(params) && bound.monotone.is_empty() { Order::First } else { Order::Second };
    let builder = TrainingParams::builder()
        .objective(Objective::BinaryLogistic(RegLoss::default()))
        .tree_method(TreeMethod::Hist)
        .seed(params.random_state)
        .eta(params.learning_rate)
        .max_depth(params.max_depth)
        .min_child_weight(params.min_child_weight)
        .subsample(params.subsample)
        .colsample_bytree(params.colsample_bytree)
        .colsample_bylevel(params.colsample_bylevel)
        .grow_policy(match params.grow_policy {
            params::GrowPolicy::Symmetric => GrowPolicy::Symmetric,
            params::GrowPolicy::Depthwise => GrowPolicy::DepthWise,
        })
        .monotone_constraints(monotone(bound))
        .interaction_constraints(bound.interaction.clone())
        .lambda(if order == Order::First { ONE_ROW } else { params.reg_lambda });
    Ok((order, builder.build().map_err(failed)?))
}

/// Monotone constraints as the booster takes them.
fn monotone(bound: &Bound) -> Vec<Monotone> {
    let direction = |direction: &i8| match direction {
        1 => Monotone::Increasing,
        -1 => Monotone::Decreasing,
        _ => Monotone::None,
    };
    bound.monotone.iter().map(direction).collect()
}
