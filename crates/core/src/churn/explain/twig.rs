//! The ends of a tree as tables: subtrees of at most three splits.
//!
//! What such a subtree sums up to at each point, and what each of its splits adds for each unit of the
//! product `P` that comes down to it, depends on nothing but the sides that a row takes in it, or that
//! it left the path before. So it is computed once for each way, by the steps of the walk themselves,
//! and then read: half to three quarters of all splits are no longer walked.

#![expect(
    clippy::inline_always,
    reason = "what is inlined where vectors were asked for is compiled with them"
)]

use fearless_simd::{Simd, f64x4, prelude::*};

use super::tree::{NONE, Split};
use super::walk::{Factor, LANES, Lanes, OFF, Step};

/// The most splits of a twig: at most 27 ways, of 128 bytes each.
pub(super) const MOST: usize = 3;

/// A subtree that is a table.
#[derive(Debug, Clone)]
pub(super) struct Twig {
    /// The step above; [`NONE`] where the twig is the tree.
    pub(super) parent: u32,
    /// The side of it that leads here.
    pub(super) side: u8,
    /// Its splits; the first again where there are fewer.
    splits: [usize; MOST],
    /// What the state of each split counts in the number of a way.
    strides: [usize; MOST],
    /// The inputs of the splits; that of the first where there are fewer.
    pub(super) features: [u32; MOST],
    /// Where its ways begin.
    begin: usize,
}

/// What becomes of a twig in one way: at each point, what each split adds for each unit of `P`, and
/// last the sum. Two lines of the cache, which is what reading them waits for.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct End([[f64; MOST + 1]; LANES]);

/// For each split that begins a largest subtree of at most `most` splits, how many those are; 0 for one
/// that does not.
pub(super) fn cut(splits: &[Split], most: usize) -> Vec<usize> {
    let mut sizes = vec![1; splits.len()];
    for (at, split) in splits.iter().enumerate().rev() {
        if let Some(above) = sizes.get(split.parent as usize).map(|above| above + sizes[at]) {
            sizes[split.parent as usize] = above;
        }
    }
    let mut cut = vec![0; splits.len()];
    let mut at = 0;
    // A subtree's splits stand one after the other.
    while at < splits.len() {
        if sizes[at] <= most {
            cut[at] = sizes[at];
            at += sizes[at];
        } else {
            at += 1;
        }
    }
    cut
}

impl Twig {
    /// The twig of these steps, of which `parent` is above; `begin` is where its ways are to begin.
    pub(super) fn new(steps: &[Step], first: usize, parent: u32, begin: usize) -> Self {
        let mut twig = Self {
            parent,
            side: steps[0].side,
            splits: [first; MOST],
            strides: [0; MOST],
            features: [steps[0].feature; MOST],
            begin,
        };
        let mut stride = 1;
        for (at, step) in steps.iter().enumerate() {
            twig.splits[at] = first + at;
            twig.strides[at] = stride;
            twig.features[at] = step.feature;
            stride *= states(step);
        }
        twig
    }

    /// What becomes of it in each way, in order.
    pub(super) fn ends<'s, S: Simd>(
        &self,
        simd: S,
        steps: &'s [Step],
        factors: &'s [Factor],
    ) -> impl Iterator<Item = End> + use<'s, S> {
        let (first, strides) = (self.splits[0], self.strides);
        let ways: usize = steps.iter().map(states).product();
        (0..ways).map(move |way| {
            let mut on = [OFF; MOST];
            for (at, step) in steps.iter().enumerate() {
                on[at] = u8::try_from(way / strides[at] % states(step)).unwrap_or(OFF);
            }
            End::new(simd, steps, first, on, factors)
        })
    }

    /// Where the end of a row stands, of which `on` says the side at each split of the tree.
    #[inline(always)]
    pub(super) fn end<const ROWS: usize>(&self, on: &[[u8; ROWS]], row: usize) -> usize {
        let mut end = self.begin;
        for split in 0..MOST {
            // Where there are fewer splits, the first stands for the rest, and counts nothing.
            end += usize::from(on[self.splits[split]][row]) * self.strides[split];
        }
        end
    }
}

/// Left, right and, where the input was asked about above, off the path.
fn states(step: &Step) -> usize {
    if step.asked_above { 3 } else { 2 }
}

impl End {
    fn new<S: Simd>(
        simd: S,
        steps: &[Step],
        first: usize,
        on: [u8; MOST],
        factors: &[Factor],
    ) -> Self {
        let place = |split: u32| split as usize - first;
        let mut down = [f64x4::splat(simd, 1.0); MOST];
        for (at, step) in steps.iter().enumerate().skip(1) {
            let above = place(step.parent);
            down[at] = steps[above].toward(simd, step.side, on[above], factors, down[above]);
        }
        let mut up = [f64x4::splat(simd, 0.0); MOST];
        let mut parts = [[0.0; MOST + 1]; LANES];
        for (at, step) in steps.iter().enumerate().rev() {
            let below = [0, 1].map(|side| match step.child[side] {
                NONE => f64x4::splat(simd, step.value[side]),
                child => up[place(child)],
            });
            let (sum, adds) = step.gather(simd, below, on[at], factors, down[at]);
            up[at] = sum;
            for (parts, add) in parts.iter_mut().zip(*adds) {
                parts[at] = add;
            }
        }
        for (parts, sum) in parts.iter_mut().zip(*up[0]) {
            parts[MOST] = sum;
        }
        Self(parts)
    }

    /// The sums at the points.
    #[inline(always)]
    pub(super) fn up(&self) -> Lanes {
        self.0.map(|parts| parts[MOST])
    }

    /// What each split adds, where `down` comes to the twig; the last number is none of them.
    #[inline(always)]
    pub(super) fn adds<S: Simd>(&self, simd: S, down: f64x4<S>) -> f64x4<S> {
        let [a, b, c, d] = self.0.map(|parts| f64x4::simd_from(simd, parts));
        (a * down[0] + b * down[1]) + (c * down[2] + d * down[3])
    }
}
