//! Path-dependent contributions of one tree, by quadrature.
//!
//! A tree is a sum over leaves of `v · Π [x_i passes]`, where `i` runs over the inputs that the
//! path asks about, and an input that is not known passes with the share of rows `z_i` that did.
//! The Shapley value is an integral of the game's multilinear extension (Owen 1972): with
//! `f_i(t) = t·o_i + (1 − t)·z_i`, where `o_i` is 1 if the row passes and else 0,
//!
//! ```text
//! φ_i = Σ_leaf v · ∫₀¹ (o_i − z_i) · Π_{j ≠ i} f_j(t) dt
//! ```
//!
//! The integrand is a polynomial of a degree below the number of inputs on the path, so that
//! Gauss–Legendre quadrature with half as many points is exact. At each point the products are
//! numbers, and one pass down and one up the tree give them for all leaves at once (the idea of
//! Linear `TreeSHAP`, Yu et al. 2022, with points in place of polynomials). Nothing is divided by
//! what can be 0, and all weights are positive.
//!
//! For a split, let `z` be the share that the splits above on its input let through (1 where there
//! are none), `r_L` and `r_R` the shares of its rows that go left and right, and, where the row
//! passed those above, `τ = t / (t + z(1 − t))`, else `τ = 0`. With `T` the sums below:
//!
//! ```text
//! R = r_L·T_L + r_R·T_R      D = T_row's side − R      T = R + τ·D
//! φ += ∫ P · z / (t + z(1 − t))² · D dt               P_side = P · (r_side + τ·([row's side] − r_side))
//! ```
//!
//! Several rows are taken down and up a tree together, each in lanes of its own: what a split is needs to be
//! read once for all of them, and their sums do not wait for each other. Each row has the bits it
//! has alone.

#![expect(
    clippy::inline_always,
    reason = "what is inlined where vectors were asked for is compiled with them"
)]

use fearless_simd::dispatch;

use super::quadrature::gauss_legendre;
use super::tree::{NONE, Tree};
use crate::churn::forest::simd_level;

/// Points that are taken together.
const LANES: usize = 4;

type Lanes = [f64; LANES];

/// What a split needs to know of the points.
#[derive(Debug, Clone, Copy)]
struct Factor {
    /// `τ` at each point.
    tau: Lanes,
    /// The weight of each point, times `z / (t + z(1 − t))²`.
    weight: Lanes,
}

impl Factor {
    /// Where the row did not pass above.
    const OFF: Self = Self { tau: [0.0; LANES], weight: [0.0; LANES] };

    fn of(points: &[(f64, f64)], passed: f64) -> Self {
        let mut factor = Self::OFF;
        for ((tau, weight), (t, w)) in factor.tau.iter_mut().zip(&mut factor.weight).zip(points) {
            let sum = t + passed * (1.0 - t);
            *tau = t / sum;
            *weight = w * passed / sum / sum;
        }
        factor
    }
}

/// A split as it is walked.
#[derive(Debug, Clone, Copy)]
struct Step {
    feature: u32,
    parent: u32,
    above: u32,
    /// The row's side of `above` that leads here, in the low bit; that of `parent` in the next.
    sides: u8,
    /// Which factor holds where the row passed above.
    factor: u32,
    child: [u32; 2],
    value: [f64; 2],
    ratio: [f64; 2],
}

/// A tree prepared for the walk.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    steps: Vec<Step>,
    /// [`Factor::OFF`] and those of the splits, for each four points in turn.
    factors: Vec<Factor>,
    /// How many of them there are for four points.
    stride: usize,
}

/// Memory that one walk of so many rows after the other uses again.
#[derive(Debug, Default)]
pub(super) struct Scratch<const ROWS: usize> {
    down: Vec<[Lanes; ROWS]>,
    up: Vec<[Lanes; ROWS]>,
    on: Vec<[u8; ROWS]>,
}

/// The side of a row that is not on the path: neither.
const OFF: u8 = 2;

impl Walk {
    pub(super) fn new(tree: &Tree) -> Self {
        // Splits of an input that was asked about above share a factor where as many rows passed.
        let mut passed = vec![1.0];
        let mut steps = Vec::with_capacity(tree.splits.len());
        for split in &tree.splits {
            let factor = if split.above == NONE {
                0
            } else {
                passed.push(split.passed);
                passed.len() - 1
            };
            steps.push(Step {
                feature: split.question.feature,
                parent: split.parent,
                above: split.above,
                sides: split.above_side | split.side << 1,
                factor: u32::try_from(factor + 1).unwrap_or(0),
                child: split.child,
                value: split.value,
                ratio: split.ratio,
            });
        }
        let lanes = u32::try_from(LANES).unwrap_or(1);
        let points = gauss_legendre(tree.longest.div_ceil(2).next_multiple_of(lanes).max(lanes));
        let mut factors = Vec::new();
        for points in points.chunks(LANES) {
            factors.push(Factor::OFF);
            factors.extend(passed.iter().map(|&passed| Factor::of(points, passed)));
        }
        Self { steps, factors, stride: passed.len() + 1 }
    }

    /// Adds the contributions of rows, of which `sides` says where each goes at each split; those of a
    /// row stand in `into` one after the other.
    pub(super) fn add<const ROWS: usize>(
        &self,
        sides: &[[u8; ROWS]],
        scratch: &mut Scratch<ROWS>,
        into: &mut [f64],
    ) {
        dispatch!(simd_level(), _simd => self.add_here(sides, scratch, into));
    }

    #[inline(always)]
    fn add_here<const ROWS: usize>(
        &self,
        sides: &[[u8; ROWS]],
        scratch: &mut Scratch<ROWS>,
        into: &mut [f64],
    ) {
        let Scratch { down, up, on } = scratch;
        let count = self.steps.len();
        on.clear();
        for (step, sides) in self.steps.iter().zip(sides) {
            let above = on.get(step.above as usize).copied();
            on.push(std::array::from_fn(|row| {
                let passes = above.is_none_or(|above| above[row] == step.sides & 1);
                if passes { sides[row] } else { OFF }
            }));
        }
        down.resize(count.max(down.len()), [[0.0; LANES]; ROWS]);
        up.resize(count.max(up.len()), [[0.0; LANES]; ROWS]);
        let (down, up, on) = (&mut down[..count], &mut up[..count], &on[..count]);
        for factors in self.factors.chunks_exact(self.stride) {
            self.pass_down(factors, on, down);
            self.pass_up(factors, on, sides, (down, up), into);
        }
    }

    /// The products from the root to each split, for four points.
    #[inline(always)]
    fn pass_down<const ROWS: usize>(
        &self,
        factors: &[Factor],
        on: &[[u8; ROWS]],
        down: &mut [[Lanes; ROWS]],
    ) {
        for (at, step) in self.steps.iter().enumerate() {
            let Some(parent) = self.steps.get(step.parent as usize) else {
                down[at] = [[1.0; LANES]; ROWS];
                continue;
            };
            let side = step.sides >> 1;
            let ratio = parent.ratio[usize::from(side)];
            let (above, from) = (on[step.parent as usize], down[step.parent as usize]);
            for row in 0..ROWS {
                let tau = &factors[parent.factor(above[row])].tau;
                let toward = f64::from(u8::from(above[row] == side)) - ratio;
                for lane in 0..LANES {
                    down[at][row][lane] = from[row][lane] * (ratio + tau[lane] * toward);
                }
            }
        }
    }

    /// The sums from the leaves to each split, and what each split adds, for four points.
    #[inline(always)]
    fn pass_up<const ROWS: usize>(
        &self,
        factors: &[Factor],
        on: &[[u8; ROWS]],
        sides: &[[u8; ROWS]],
        (down, up): (&[[Lanes; ROWS]], &mut [[Lanes; ROWS]]),
        into: &mut [f64],
    ) {
        let width = into.len() / ROWS;
        for (at, step) in self.steps.iter().enumerate().rev() {
            let below = [0, 1].map(|side| {
                let known = up.get(step.child[side] as usize).copied();
                known.unwrap_or([[step.value[side]; LANES]; ROWS])
            });
            for row in 0..ROWS {
                let Factor { tau, weight } = &factors[step.factor(on[at][row])];
                let own = &below[usize::from(sides[at][row] != 0)][row];
                let mut products = [0.0; LANES];
                for lane in 0..LANES {
                    let (left, right) = (below[0][row][lane], below[1][row][lane]);
                    let mean = step.ratio[0] * left + step.ratio[1] * right;
                    let differs = own[lane] - mean;
                    up[at][row][lane] = mean + tau[lane] * differs;
                    products[lane] = weight[lane] * down[at][row][lane] * differs;
                }
                into[row * width + step.feature as usize] +=
                    (products[0] + products[1]) + (products[2] + products[3]);
            }
        }
    }
}

impl Step {
    /// Which factor holds for a row that is on that side.
    #[inline(always)]
    fn factor(&self, on: u8) -> usize {
        if on == OFF { 0 } else { self.factor as usize }
    }
}
