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
//! Most splits are near the leaves, so the ends of the tree, subtrees of at most three splits, are not
//! walked: what they sum up to and what they add for each unit of `P` is computed once for every way
//! their splits can be passed ([`super::twig`]), and then read.
//!
//! Several rows are taken down and up a tree together, each in lanes of its own: what a split is needs to be
//! read once for all of them, and their sums do not wait for each other. Each row has the bits it
//! has alone.

#![expect(
    clippy::inline_always,
    reason = "what is inlined where vectors were asked for is compiled with them"
)]

use fearless_simd::{Simd, dispatch, f64x4, prelude::*};

use super::quadrature::gauss_legendre;
use super::tree::{NONE, Tree};
use super::twig::{self, End, Twig};
use crate::churn::forest::simd_level;

/// Points that are taken together.
pub(super) const LANES: usize = 4;

pub(super) type Lanes = [f64; LANES];

/// The most rounds of points of a tree whose ends become tables, one for each round.
const MOST_ROUNDS: usize = 2;

/// What a split needs to know of the points.
#[derive(Debug, Clone, Copy)]
pub(super) struct Factor {
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
pub(super) struct Step {
    /// Its place among the splits of the tree.
    split: u32,
    pub(super) feature: u32,
    /// The step above, and the side it leads here by.
    pub(super) parent: u32,
    pub(super) side: u8,
    /// Whether a split above asks about the same input.
    pub(super) asked_above: bool,
    /// Which factor holds where the row passed above.
    factor: u32,
    /// What is on either side: a step, or behind the steps a twig; [`NONE`] for a leaf.
    pub(super) child: [u32; 2],
    /// The value of a leaf on either side.
    pub(super) value: [f64; 2],
    ratio: [f64; 2],
}

/// A tree prepared for the walk.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    /// For each split, the one above that asks about the same input, and its side that leads here.
    above: Vec<(u32, u8)>,
    /// The splits that are walked, each after its parent.
    steps: Vec<Step>,
    /// What hangs on them.
    twigs: Vec<Twig>,
    /// What holds at each four points in turn.
    rounds: Vec<Round>,
}

/// What holds at four points.
#[derive(Debug, Clone)]
struct Round {
    /// [`Factor::OFF`] and those of the splits.
    factors: Vec<Factor>,
    /// What becomes of the twigs in each way.
    ends: Vec<End>,
}

/// Memory that one walk of so many rows after the other uses again.
#[derive(Debug, Default)]
pub(super) struct Scratch<const ROWS: usize> {
    down: Vec<[Lanes; ROWS]>,
    up: Vec<[Lanes; ROWS]>,
    on: Vec<[u8; ROWS]>,
}

/// The side of a row that is not on the path: neither.
pub(super) const OFF: u8 = 2;

impl Walk {
    /// `with_twigs` is whether the ends of the tree may become tables: they are many times as large as
    /// the splits.
    pub(super) fn new(tree: &Tree, with_twigs: bool) -> Self {
        let (splits, passed) = Step::all(tree);
        let mut rounds = Round::all(tree.longest, &passed);
        let most = if with_twigs && rounds.len() <= MOST_ROUNDS { twig::MOST } else { 0 };
        let cut = twig::cut(&tree.splits, most);
        let (places, count) = places(&cut);
        let placed = |split: u32| places.get(split as usize).copied().unwrap_or(NONE);
        let (mut steps, mut twigs) = (Vec::with_capacity(count), Vec::new());
        let mut at = 0;
        while let Some(split) = splits.get(at) {
            if cut[at] == 0 {
                let (parent, child) = (placed(split.parent), split.child.map(placed));
                steps.push(Step { parent, child, ..*split });
                at += 1;
                continue;
            }
            let part = &splits[at..at + cut[at]];
            let twig = Twig::new(part, at, placed(split.parent), rounds[0].ends.len());
            for Round { factors, ends } in &mut rounds {
                dispatch!(simd_level(), simd => ends.extend(twig.ends(simd, part, factors)));
            }
            twigs.push(twig);
            at += cut[at];
        }
        let above = tree.splits.iter().map(|split| (split.above, split.above_side)).collect();
        Self { above, steps, twigs, rounds }
    }

    /// Adds the contributions of rows, of which `sides` says where each goes at each split; those of a
    /// row stand in `into` one after the other.
    pub(super) fn add<const ROWS: usize>(
        &self,
        sides: &[[u8; ROWS]],
        scratch: &mut Scratch<ROWS>,
        into: &mut [f64],
    ) {
        dispatch!(simd_level(), simd => self.add_here(simd, sides, scratch, into));
    }

    #[inline(always)]
    fn add_here<S: Simd, const ROWS: usize>(
        &self,
        simd: S,
        sides: &[[u8; ROWS]],
        scratch: &mut Scratch<ROWS>,
        into: &mut [f64],
    ) {
        let Scratch { down, up, on } = scratch;
        on.clear();
        on.extend_from_slice(&sides[..self.above.len()]);
        for (at, (above, above_side)) in self.above.iter().enumerate() {
            let Some(above) = on.get(*above as usize).copied() else { continue };
            for row in 0..ROWS {
                if above[row] != *above_side {
                    on[at][row] = OFF;
                }
            }
        }
        let (walked, all) = (self.steps.len(), self.steps.len() + self.twigs.len());
        down.resize(walked.max(down.len()), [[0.0; LANES]; ROWS]);
        up.resize(all.max(up.len()), [[0.0; LANES]; ROWS]);
        let (down, up) = (&mut down[..walked], &mut up[..all]);
        for round in &self.rounds {
            self.pass_down(simd, &round.factors, on, down);
            self.turn(simd, round, on, (down, &mut up[walked..]), into);
            self.pass_up(simd, &round.factors, on, (down, up), into);
        }
    }

    /// The products from the root to each step, for four points.
    #[inline(always)]
    fn pass_down<S: Simd, const ROWS: usize>(
        &self,
        simd: S,
        factors: &[Factor],
        on: &[[u8; ROWS]],
        down: &mut [[Lanes; ROWS]],
    ) {
        for (at, step) in self.steps.iter().enumerate() {
            for row in 0..ROWS {
                let hung = (step.parent, step.side, row);
                down[at][row] = *self.toward(simd, hung, factors, on, down);
            }
        }
    }

    /// The products that come to what hangs on a side of a step, of one row.
    #[inline(always)]
    fn toward<S: Simd, const ROWS: usize>(
        &self,
        simd: S,
        (parent, side, row): (u32, u8, usize),
        factors: &[Factor],
        on: &[[u8; ROWS]],
        down: &[[Lanes; ROWS]],
    ) -> f64x4<S> {
        let Some(step) = self.steps.get(parent as usize) else { return f64x4::splat(simd, 1.0) };
        let from = f64x4::simd_from(simd, down[parent as usize][row]);
        step.toward(simd, side, on[step.split as usize][row], factors, from)
    }

    /// The sums of the twigs, and what their splits add, for four points.
    #[inline(always)]
    fn turn<S: Simd, const ROWS: usize>(
        &self,
        simd: S,
        Round { factors, ends }: &Round,
        on: &[[u8; ROWS]],
        (down, up): (&[[Lanes; ROWS]], &mut [[Lanes; ROWS]]),
        into: &mut [f64],
    ) {
        let width = into.len() / ROWS;
        for (twig, up) in self.twigs.iter().zip(&mut *up) {
            for row in 0..ROWS {
                up[row] = ends[twig.end(on, row)].up();
            }
        }
        for twig in &self.twigs {
            for row in 0..ROWS {
                let hung = (twig.parent, twig.side, row);
                let down = self.toward(simd, hung, factors, on, down);
                let adds = ends[twig.end(on, row)].adds(simd, down);
                for split in 0..twig::MOST {
                    into[row * width + twig.features[split] as usize] += adds[split];
                }
            }
        }
    }

    /// The sums from the leaves to each step, and what each step adds, for four points.
    #[inline(always)]
    fn pass_up<S: Simd, const ROWS: usize>(
        &self,
        simd: S,
        factors: &[Factor],
        on: &[[u8; ROWS]],
        (down, up): (&[[Lanes; ROWS]], &mut [[Lanes; ROWS]]),
        into: &mut [f64],
    ) {
        let width = into.len() / ROWS;
        for (at, step) in self.steps.iter().enumerate().rev() {
            let on = &on[step.split as usize];
            for row in 0..ROWS {
                let below = [0, 1].map(|side| match up.get(step.child[side] as usize) {
                    Some(sums) => f64x4::simd_from(simd, sums[row]),
                    None => f64x4::splat(simd, step.value[side]),
                });
                let down = f64x4::simd_from(simd, down[at][row]);
                let (sum, adds) = step.gather(simd, below, on[row], factors, down);
                up[at][row] = *sum;
                into[row * width + step.feature as usize] +=
                    (adds[0] + adds[1]) + (adds[2] + adds[3]);
            }
        }
    }
}

/// Where each split stands among the steps, or behind them its twig; and how many steps there are.
fn places(cut: &[usize]) -> (Vec<u32>, usize) {
    let mut places = vec![NONE; cut.len()];
    let mut inside = 0;
    let (mut steps, mut twigs) = (Vec::new(), Vec::new());
    for (at, &size) in cut.iter().enumerate() {
        if inside > 0 {
            inside -= 1;
        } else if size > 0 {
            twigs.push(at);
            inside = size - 1;
        } else {
            steps.push(at);
        }
    }
    for (place, at) in (0..).zip(steps.iter().chain(&twigs)) {
        places[*at] = place;
    }
    (places, steps.len())
}

impl Round {
    /// As many rounds as the points that a path of so many inputs needs, without twigs yet.
    fn all(longest: u32, passed: &[f64]) -> Vec<Self> {
        let lanes = u32::try_from(LANES).unwrap_or(1);
        let points = gauss_legendre(longest.div_ceil(2).next_multiple_of(lanes).max(lanes));
        let round = |points| {
            let factors = passed.iter().map(|&passed| Factor::of(points, passed));
            let factors = std::iter::once(Factor::OFF).chain(factors).collect();
            Self { factors, ends: Vec::new() }
        };
        points.chunks(LANES).map(round).collect()
    }
}

impl Step {
    /// The splits of a tree, each in its place, and the shares of rows that their factors are of, from
    /// the second factor on. Splits whose input is not asked about above have the second.
    fn all(tree: &Tree) -> (Vec<Self>, Vec<f64>) {
        let mut passed = vec![1.0];
        let mut all = Vec::with_capacity(tree.splits.len());
        for (at, split) in (0..).zip(&tree.splits) {
            let asked_above = split.above != NONE;
            if asked_above {
                passed.push(split.passed);
            }
            let factor = if asked_above { passed.len() } else { 1 };
            all.push(Self {
                split: at,
                feature: split.question.feature,
                parent: split.parent,
                side: split.side,
                asked_above,
                factor: u32::try_from(factor).unwrap_or(0),
                child: split.child,
                value: split.value,
                ratio: split.ratio,
            });
        }
        (all, passed)
    }

    /// Which factor holds for a row that is on that side.
    #[inline(always)]
    fn factor<'f>(&self, on: u8, factors: &'f [Factor]) -> &'f Factor {
        &factors[if on == OFF { 0 } else { self.factor as usize }]
    }

    /// `P` on a side, where `from` comes to the split.
    #[inline(always)]
    pub(super) fn toward<S: Simd>(
        &self,
        simd: S,
        side: u8,
        on: u8,
        factors: &[Factor],
        from: f64x4<S>,
    ) -> f64x4<S> {
        let ratio = self.ratio[usize::from(side)];
        let tau = f64x4::simd_from(simd, self.factor(on, factors).tau);
        from * (tau * (f64::from(u8::from(on == side)) - ratio) + ratio)
    }

    /// The sum `T` of what is below, and what the split adds at each point.
    #[inline(always)]
    pub(super) fn gather<S: Simd>(
        &self,
        simd: S,
        below: [f64x4<S>; 2],
        on: u8,
        factors: &[Factor],
        down: f64x4<S>,
    ) -> (f64x4<S>, f64x4<S>) {
        let factor = self.factor(on, factors);
        let tau = f64x4::simd_from(simd, factor.tau);
        let weight = f64x4::simd_from(simd, factor.weight);
        let mean = below[0] * self.ratio[0] + below[1] * self.ratio[1];
        // Off the path τ and the weight are 0, and either side will do.
        let differs = below[usize::from(on == 1)] - mean;
        (mean + tau * differs, weight * down * differs)
    }
}
