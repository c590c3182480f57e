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

use super::quadrature::gauss_legendre;
use super::tree::{NONE, Tree};

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

/// Memory that one walk after the other uses again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    down: Vec<Lanes>,
    up: Vec<Lanes>,
    sides: Vec<u8>,
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

    /// Adds the contributions of a row, of which `sides` says where it goes at each split.
    pub(super) fn add(&self, sides: &[u8], scratch: &mut Scratch, into: &mut [f64]) {
        let Scratch { down, up, sides: on } = scratch;
        let count = self.steps.len();
        on.clear();
        for (step, &side) in self.steps.iter().zip(sides) {
            let passes = on.get(step.above as usize).is_none_or(|&above| above == step.sides & 1);
            on.push(if passes { side } else { OFF });
        }
        down.resize(count.max(down.len()), [0.0; LANES]);
        up.resize(count.max(up.len()), [0.0; LANES]);
        let (down, up, on) = (&mut down[..count], &mut up[..count], &on[..count]);
        for factors in self.factors.chunks_exact(self.stride) {
            self.pass(factors, on, sides, down, up, into);
        }
    }

    /// One pass down and one up, for four points.
    #[inline]
    fn pass(
        &self,
        factors: &[Factor],
        on: &[u8],
        sides: &[u8],
        down: &mut [Lanes],
        up: &mut [Lanes],
        into: &mut [f64],
    ) {
        let factor =
            |step: &Step, on: u8| &factors[if on == OFF { 0 } else { step.factor as usize }];
        for (at, step) in self.steps.iter().enumerate() {
            let Some(parent) = self.steps.get(step.parent as usize) else {
                down[at] = [1.0; LANES];
                continue;
            };
            let side = step.sides >> 1;
            let above = on[step.parent as usize];
            let tau = &factor(parent, above).tau;
            let ratio = parent.ratio[usize::from(side)];
            let toward = f64::from(u8::from(above == side)) - ratio;
            let from = down[step.parent as usize];
            for lane in 0..LANES {
                down[at][lane] = from[lane] * (ratio + tau[lane] * toward);
            }
        }
        for (at, step) in self.steps.iter().enumerate().rev() {
            let below = [0, 1].map(|side| {
                up.get(step.child[side] as usize).copied().unwrap_or([step.value[side]; LANES])
            });
            let Factor { tau, weight } = factor(step, on[at]);
            let own = if sides[at] == 0 { &below[0] } else { &below[1] };
            let mut products = [0.0; LANES];
            for lane in 0..LANES {
                let mean = step.ratio[0] * below[0][lane] + step.ratio[1] * below[1][lane];
                let differs = own[lane] - mean;
                up[at][lane] = mean + tau[lane] * differs;
                products[lane] = weight[lane] * down[at][lane] * differs;
            }
            into[step.feature as usize] +=
                (products[0] + products[1]) + (products[2] + products[3]);
        }
    }
}
