//! The loop of boosting: a tree a round, grown by the `hessboost` crate on the gradients of what
//! the rounds before it leave.

use std::sync::Arc;

use hessboost::config::{GrowPolicy, Monotone, TreeMethod};
use hessboost::model::{BoostedModel, Iterations};
use hessboost::objective::{CustomLoss, GradPair, Loss, Objective, RegLoss};
use hessboost::prelude::{DMatrix, TrainingParams, train};
use hessboost::tree::RegTree;
use stayput_core::{Error, Result};

use super::Init;
use crate::booster::{failed, matrix};
use crate::constraints::Bound;
use crate::data::Data;
use crate::params::{self, GbmParams};
use crate::random::Stream;

/// The root of 12: a uniform number of a range so wide has a variance of 1.
const UNIT_VARIANCE: f64 = 3.464_101_615_137_754_6;

/// The Newton steps of a leaf, as `leaf_estimation_iterations` of `CatBoost`; one would take more
/// trees.
const NEWTON_STEPS: usize = 2;

/// What the splits of a tree and the values of its leaves are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Splits by least squares on the gradients, then Newton steps for each leaf (Friedman 2001,
    /// `L2_TreeBoost`, takes one): every row counts alike for the shape of a tree, however sure the
    /// model is of it.
    First,
    /// Both by gradients and second derivatives (Chen and Guestrin 2016).
    Second,
}

/// The state between two rounds.
pub(super) struct Boosting {
    params: TrainingParams,
    order: Order,
    /// In standard deviations of the gradients.
    noise: f64,
    draws: Stream,
    loss: Arc<dyn Loss>,
    rows: DMatrix,
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
    pub(super) fn new(
        data: &Data,
        params: &GbmParams,
        bound: &Bound,
        init: Option<&Init>,
    ) -> Result<Self> {
        let (rows, noise) = (matrix(data)?, params.random_strength);
        let draws = Stream::new(params.random_state, "boosting/splits");
        let (order, params) = booster_params(params, bound)?;
        let loss = params.loss(1).map_err(failed)?;
        let (margins, round) = match init {
            Some(init) => (init.margins.clone(), init.nodes.roots.len() as u64),
            None => (vec![base(loss.as_ref(), &rows); rows.n_rows()], 0),
        };
        Ok(Self { params, order, noise, draws, loss, rows, margins, round })
    }

    /// The margin without any tree: that of the share of label 1.
    pub(super) fn base(&self) -> f32 {
        base(self.loss.as_ref(), &self.rows)
    }

    /// Grows the next tree.
    pub(super) fn grow(&mut self) -> Result<Grown> {
        let mut pairs = vec![GradPair::default(); self.margins.len()];
        self.loss.gradient_info(&self.margins, &self.rows.info(), &mut pairs);
        let for_splits = match self.order {
            Order::First => self.of_first_order(&pairs),
            Order::Second => pairs.clone(),
        };
        let mut params = self.params.clone();
        params.objective = Objective::Custom(Arc::new(known(for_splits)));
        // As a round of one call draws, so that second-order trees are those of one call.
        params.seed ^= self.round.wrapping_mul(0x9E37_79B9);
        let model = train(&params, &self.rows, 1).map_err(failed)?;
        let tree = only(&model)?;
        let leaves = leaves_of(&model, &self.rows)?;
        let values = match self.order {
            Order::Second => tree.nodes().iter().map(|node| node.leaf_value).collect(),
            Order::First => self.newton(tree.num_nodes(), &leaves, pairs),
        };
        add(&mut self.margins, &leaves, &values);
        self.round += 1;
        Ok(Grown { model, values })
    }

    /// The gradients as they choose the splits, and in place of second derivatives what rows count.
    ///
    /// Noise is added to each, so that among splits that are as good as each other chance chooses,
    /// and not what happens to be so on these rows: `random_strength` times the root of the mean of
    /// the squared gradients, times a uniform number of variance 1. Over the rows of a node it adds
    /// up to a number close to normal, and what it does to the root of a gain does not depend on how
    /// many they are, like the noise on scores of Prokhorenkova et al. (2018).
    #[expect(clippy::cast_possible_truncation, reason = "gradients are in single precision")]
    fn of_first_order(&self, pairs: &[GradPair]) -> Vec<GradPair> {
        let weight = |row: usize| self.rows.weights().map_or(1.0, |weights| weights[row]);
        let counted = || (0..pairs.len()).filter(|&row| weight(row) > 0.0);
        let mut own: Vec<GradPair> = pairs
            .iter()
            .enumerate()
            .map(|(row, pair)| GradPair::new(pair.grad, weight(row)))
            .collect();
        if self.noise == 0.0 {
            return own;
        }
        // A row that counts `w` stands for `w` rows, whose noise adds up by its variance.
        let (mut all, mut squares) = (0.0, 0.0);
        for row in counted() {
            let (gradient, weight) = (f64::from(pairs[row].grad), f64::from(weight(row)));
            all += weight;
            squares += gradient * gradient / weight;
        }
        let strength = self.noise * (squares / all).sqrt();
        let mut block = self.draws.block(0, self.round, 0);
        // A row that counts nothing takes no draw, as if it were not there.
        for (draw, row) in counted().enumerate() {
            if draw % 4 == 0 {
                block = self.draws.block(draw as u64 / 4, self.round, 0);
            }
            let uniform = (block.uniform(draw % 4) - 0.5) * UNIT_VARIANCE;
            own[row].grad += (strength * f64::from(weight(row)).sqrt() * uniform) as f32;
        }
        own
    }

    /// What each leaf adds: the learning rate times the sum of its Newton steps, each of them
    /// `-G / (H + reg_lambda)`, where `G` and `H` are the sums of the gradients and second derivatives
    /// of its rows after the step before. None leads further than the one before it, nor more than
    /// half of that back: where a first step leads much too far, second derivatives are close to
    /// nothing, and a free step would lead anywhere.
    #[expect(clippy::cast_possible_truncation, reason = "leaves are in single precision")]
    fn newton(&self, nodes: usize, leaves: &[u32], mut pairs: Vec<GradPair>) -> Vec<f32> {
        let mut steps = newton_step(nodes, leaves, &pairs, self.params.lambda);
        let mut values = steps.clone();
        for _ in 1..NEWTON_STEPS {
            let moved = self.margins.iter().zip(leaves);
            let moved: Vec<f32> =
                moved.map(|(margin, &leaf)| margin + values[leaf as usize] as f32).collect();
            self.loss.gradient_info(&moved, &self.rows.info(), &mut pairs);
            let further = newton_step(nodes, leaves, &pairs, self.params.lambda);
            for ((value, last), step) in values.iter_mut().zip(&mut steps).zip(further) {
                *last = held(step, *last);
                *value += *last;
            }
        }
        values.into_iter().map(|value| (self.params.eta * value) as f32).collect()
    }
}

/// A step as long as it may be after `last`.
fn held(step: f64, last: f64) -> f64 {
    let back = -last / 2.0;
    step.clamp(last.min(back), last.max(back))
}

/// `-G / (H + lambda)` a leaf.
fn newton_step(nodes: usize, leaves: &[u32], pairs: &[GradPair], lambda: f64) -> Vec<f64> {
    let mut sums = vec![(0.0, lambda); nodes];
    for (&leaf, pair) in leaves.iter().zip(pairs) {
        let (gradient, hessian) = &mut sums[leaf as usize];
        *gradient += f64::from(pair.grad);
        *hessian += f64::from(pair.hess);
    }
    let step =
        |(gradient, hessian): (f64, f64)| if hessian > 0.0 { -gradient / hessian } else { 0.0 };
    sums.into_iter().map(step).collect()
}

impl Grown {
    /// The tree, and the values of its leaves by the number of the node.
    pub(super) fn parts(&self) -> Result<(&RegTree, &[f32])> {
        Ok((only(&self.model)?, &self.values))
    }

    /// Adds to the margins of other rows what the tree says of them.
    pub(super) fn add_to(&self, margins: &mut [f32], rows: &DMatrix) -> Result<()> {
        add(margins, &leaves_of(&self.model, rows)?, &self.values);
        Ok(())
    }
}

/// Gives the booster gradients that are known already.
fn known(pairs: Vec<GradPair>) -> CustomLoss {
    CustomLoss::new("known", 1, move |_, _, _, out| out.copy_from_slice(&pairs))
}

fn base(loss: &dyn Loss, rows: &DMatrix) -> f32 {
    loss.base_margins_info(&rows.info()).first().copied().unwrap_or_default()
}

fn only(model: &BoostedModel) -> Result<&RegTree> {
    model.trees().first().ok_or_else(|| Error::internal("a round of boosting grew no tree"))
}

/// The node that each row ends in.
fn leaves_of(model: &BoostedModel, rows: &DMatrix) -> Result<Vec<u32>> {
    Ok(model.predict_leaf(rows, Iterations::Best).map_err(failed)?.into_vec())
}

fn add(margins: &mut [f32], leaves: &[u32], values: &[f32]) {
    for (margin, &leaf) in margins.iter_mut().zip(leaves) {
        *margin += values[leaf as usize];
    }
}

/// The parameters as the booster takes them. Bounds on leaves are kept by the booster, and its own
/// leaves go with splits of the second order.
pub(super) fn booster_params(params: &GbmParams, bound: &Bound) -> Result<(Order, TrainingParams)> {
    let symmetric = params.grow_policy == params::GrowPolicy::Symmetric;
    let order = if symmetric && bound.monotone.is_empty() { Order::First } else { Order::Second };
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
        .lambda(params.reg_lambda);
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
