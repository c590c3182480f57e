//! The values of the leaves of a tree that gradients alone have shaped, by Newton's method.

use hessboost::objective::{GradPair, Loss};
use rayon::prelude::*;

use super::rows::{PART, Rows, add};

/// The most Newton steps of a leaf: enough, but where `lambda` is 0 and all rows of a leaf churned
/// or none: there is no least loss.
const MOST: usize = 20;

/// A leaf stands where it is to be when no step is longer than this.
const CLOSE: f64 = 1e-3;

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

/// For each leaf the value that has the least loss on its rows and `lambda / 2` times its square: that
/// of which Chen and Guestrin (2016) take the first Newton step. `pairs` are the gradients where all
/// values are 0. Leaves take steps until none is longer than a thousandth.
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
    let mut values = vec![0.0; nodes];
    let mut last = vec![f64::INFINITY; nodes];
    for _ in 0..MOST {
        let sums = sums(nodes, leaves, &pairs);
        for ((value, last), (gradient, hessian)) in values.iter_mut().zip(&mut last).zip(sums) {
            let curvature = hessian + lambda;
            let step =
                if curvature > 0.0 { -(gradient + lambda * *value) / curvature } else { 0.0 };
            *last = held(step, *last);
            *value += *last;
        }
        if last.iter().all(|step| step.abs() <= CLOSE) {
            break;
        }
        let mut moved = margins.to_vec();
        add(&mut moved, leaves, &values.iter().map(|&value| value as f32).collect::<Vec<_>>());
        loss.gradient_info(&moved, &rows.info(), &mut pairs);
    }
    values
}

/// A step as long as it may be after `last`.
fn held(step: f64, last: f64) -> f64 {
    let back = -last / 2.0;
    step.clamp(last.min(back), last.max(back))
}

/// The sums of the gradients and second derivatives of each leaf's rows.
fn sums(nodes: usize, leaves: &[u32], pairs: &[GradPair]) -> Vec<(f64, f64)> {
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
    let sum = |leaf: usize| {
        parts.iter().fold((0.0, 0.0), |(gradient, hessian), sums| {
            (gradient + sums[leaf].0, hessian + sums[leaf].1)
        })
    };
    (0..nodes).map(sum).collect()
}
