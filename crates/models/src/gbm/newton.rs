//! The values of the leaves of a tree that gradients alone have shaped.

use hessboost::objective::{GradPair, Loss};
use rayon::prelude::*;

use super::rows::{PART, Rows, add};

/// The Newton steps of a leaf, as `leaf_estimation_iterations` of `CatBoost`; one would take more
/// trees, and more of them fit noise.
const STEPS: usize = 2;

/// Rows, and the leaves of a tree that they are in.
pub(super) struct Placed<'a> {
    pub(super) rows: &'a Rows,
    /// What the trees before say of each row.
    pub(super) margins: &'a [f32],
    /// The node that each row ends in.
    pub(super) leaves: &'a [u32],
    /// The number of nodes.
    pub(super) nodes: usize,
}

/// The sum of each leaf's Newton steps, each of them `-G / (H + lambda)`, where `G` and `H` are the
/// sums of the gradients and second derivatives of its rows after the step before; `pairs` are those
/// before the first.
///
/// None leads further than the one before it, nor more than half of that back: where a step leads
/// much too far, second derivatives are close to nothing, and a free step would lead anywhere.
#[expect(clippy::cast_possible_truncation, reason = "margins are in single precision")]
pub(super) fn values(
    placed: &Placed<'_>,
    loss: &dyn Loss,
    lambda: f64,
    mut pairs: Vec<GradPair>,
) -> Vec<f64> {
    let Placed { rows, margins, leaves, nodes } = *placed;
    let mut last = steps(nodes, leaves, &pairs, lambda);
    let mut values = last.clone();
    for _ in 1..STEPS {
        let mut moved = margins.to_vec();
        add(&mut moved, leaves, &values.iter().map(|&value| value as f32).collect::<Vec<_>>());
        loss.gradient_info(&moved, &rows.info(), &mut pairs);
        let further = steps(nodes, leaves, &pairs, lambda);
        for ((value, last), step) in values.iter_mut().zip(&mut last).zip(further) {
            *last = held(step, *last);
            *value += *last;
        }
    }
    values
}

/// A step as long as it may be after `last`.
fn held(step: f64, last: f64) -> f64 {
    let back = -last / 2.0;
    step.clamp(last.min(back), last.max(back))
}

/// `-G / (H + lambda)` a leaf.
fn steps(nodes: usize, leaves: &[u32], pairs: &[GradPair], lambda: f64) -> Vec<f64> {
    let of_part = |(leaves, pairs): (&[u32], &[GradPair])| {
        let mut sums = vec![(0.0, 0.0); nodes];
        for (&leaf, pair) in leaves.iter().zip(pairs) {
            let (gradient, hessian) = &mut sums[leaf as usize];
            *gradient += f64::from(pair.grad);
            *hessian += f64::from(pair.hess);
        }
        sums
    };
    let parts = leaves.par_chunks(PART).zip(pairs.par_chunks(PART));
    let parts: Vec<Vec<(f64, f64)>> = parts.map(of_part).collect();
    let step = |leaf: usize| {
        let (gradient, hessian) = parts.iter().fold((0.0, 0.0), |(gradient, hessian), sums| {
            (gradient + sums[leaf].0, hessian + sums[leaf].1)
        });
        if hessian > 0.0 { -gradient / (hessian + lambda) } else { 0.0 }
    };
    (0..nodes).map(step).collect()
}
