//! The leaves that 64 rows end at: what a batch spends its time on.
//!
//! A byte stands for a row, in vectors as wide as the machine has; the answers are the same on any.
//! What touches vectors is inlined into one function compiled for them, so there are loops here
//! where elsewhere there would be closures, which would be functions of their own; and loops over
//! numbers of rows, for a package compiled for size calls each step of an iterator.

use fearless_simd::{Level, Simd, i8x64, prelude::*, u8x64};

use super::columns::Asks;
use super::plan::{LEAVES, Levels, Masks, Plan};
use super::real::Real;
use super::walk::Grove;

/// The rows of a block.
pub(super) const ROWS: usize = 64;

/// With so many leaves, a full tree is asked faster than the masks of its nodes.
const HALF_FULL: usize = 42;

/// How a tree is asked which leaf a row ends at; see [`Plan`] for the forms.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    Symmetric(Levels),
    Full(Box<[Asks; LEAVES]>),
    Masks(Masks),
}

impl Shape {
    pub(super) fn new(plan: &Plan<'_>) -> Self {
        if let Some(levels) = plan.symmetric() {
            return Self::Symmetric(levels);
        }
        match plan.full() {
            Some(nodes) if plan.len() > HALF_FULL => Self::Full(Box::new(nodes)),
            _ => Self::Masks(plan.masks()),
        }
    }

    /// The values of the leaves by their numbers.
    pub(super) fn leaves<T: Real>(&self, grove: &Grove<T>, plan: &Plan<'_>) -> [T; LEAVES] {
        match self {
            Self::Symmetric(_) | Self::Full(_) => plan.by_position(grove),
            Self::Masks(_) => plan.in_order(grove),
        }
    }
}

/// The vectors to ask with. Those of 512 bits are slower than those of 256: comparisons set masks.
pub(in crate::churn) fn level() -> Level {
    let level = Level::new();
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = level.as_avx2() {
        return Level::Avx2(avx2);
    }
    level
}

/// The ranks of a block's rows, by column.
#[derive(Debug)]
pub(super) struct Lanes(Box<[[i8; ROWS]; 256]>);

impl Lanes {
    pub(super) fn new() -> Self {
        Self(Box::new([[0; ROWS]; 256]))
    }

    /// The ranks in one column.
    #[inline(always)]
    pub(super) fn column(&mut self, column: u8) -> &mut [i8; ROWS] {
        &mut self.0[usize::from(column)]
    }

    /// Which rows go right.
    #[inline(always)]
    fn right<S: Simd>(&self, simd: S, asks: Asks) -> <i8x64<S> as SimdBase<S>>::Mask {
        let ranks = i8x64::simd_from(simd, self.0[usize::from(asks.column)]);
        ranks.simd_gt(i8x64::splat(simd, asks.rank))
    }
}

/// The number of the leaf that each row ends at.
// In wasm every function may use vectors, and one copy of this one is enough.
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub(super) fn ends<S: Simd>(simd: S, shape: &Shape, lanes: &Lanes) -> [u8; ROWS] {
    let ends = match shape {
        Shape::Symmetric(levels) => symmetric(simd, levels, lanes),
        Shape::Full(nodes) => level_0(simd, nodes, lanes, 1, 0),
        Shape::Masks(bytes) => masks(simd, bytes, lanes),
    };
    ends.into()
}

#[inline(always)]
fn symmetric<S: Simd>(simd: S, levels: &Levels, lanes: &Lanes) -> u8x64<S> {
    let (zero, one) = (u8x64::splat(simd, 0), u8x64::splat(simd, 1));
    let mut leaf = zero;
    for &asks in levels {
        leaf = leaf + leaf + lanes.right(simd, asks).select(one, zero);
    }
    leaf
}

/// A level of a full tree: of the answers of a node's two sides, those of the side it sends to.
macro_rules! level {
    ($name:ident, $next:ident, $leaves:literal) => {
        #[inline(always)]
        fn $name<S: Simd>(
            simd: S,
            nodes: &[Asks; LEAVES],
            lanes: &Lanes,
            at: usize,
            leaf: u8,
        ) -> u8x64<S> {
            let left = $next(simd, nodes, lanes, 2 * at, leaf);
            let right = $next(simd, nodes, lanes, 2 * at + 1, leaf + $leaves / 2);
            lanes.right(simd, nodes[at]).select(right, left)
        }
    };
}

level!(level_0, level_1, 64);
level!(level_1, level_2, 32);
level!(level_2, level_3, 16);
level!(level_3, level_4, 8);
level!(level_4, level_5, 4);

/// The last level, whose sides are leaves.
#[inline(always)]
fn level_5<S: Simd>(
    simd: S,
    nodes: &[Asks; LEAVES],
    lanes: &Lanes,
    at: usize,
    leaf: u8,
) -> u8x64<S> {
    let (left, right) = (u8x64::splat(simd, leaf), u8x64::splat(simd, leaf + 1));
    lanes.right(simd, nodes[at]).select(right, left)
}

#[inline(always)]
fn masks<S: Simd>(simd: S, bytes: &Masks, lanes: &Lanes) -> u8x64<S> {
    let mut first = FirstLeft::new(simd);
    // From the last byte to the first, so that the first with a bit left is what stays.
    for (byte, masks) in bytes.iter().enumerate().rev() {
        let mut bits = u8x64::splat(simd, u8::MAX);
        for &(asks, keep) in masks {
            let kept = bits & u8x64::splat(simd, keep);
            bits = lanes.right(simd, asks).select(kept, bits);
        }
        first.put(simd, byte, bits);
    }
    first.number(simd)
}

/// The first of bits that stand for leaves, eight in a byte of the vector `V`.
pub(super) struct FirstLeft<V> {
    bits: V,
    first: V,
}

impl<V> FirstLeft<V> {
    #[inline(always)]
    pub(super) fn new<S: Simd>(simd: S) -> Self
    where
        V: SimdInt<S, Element = u8>,
    {
        Self { bits: V::splat(simd, 0), first: V::splat(simd, 0) }
    }

    /// Puts the bits of a byte before those of the bytes after it.
    #[inline(always)]
    pub(super) fn put<S: Simd>(&mut self, simd: S, byte: usize, bits: V)
    where
        V: SimdInt<S, Element = u8>,
    {
        let number = u8::try_from(8 * byte).unwrap_or(u8::MAX);
        let none = bits.simd_eq(V::splat(simd, 0));
        self.bits = none.select(self.bits, bits);
        self.first = none.select(self.first, V::splat(simd, number));
    }

    /// The number of the first bit.
    #[inline(always)]
    pub(super) fn number<S: Simd>(self, simd: S) -> V
    where
        V: SimdInt<S, Element = u8>,
    {
        let zero = V::splat(simd, 0);
        // The lowest bit alone, and its number in binary.
        let lowest = self.bits & (zero - self.bits);
        let mut leaf = self.first;
        for (with, value) in [(0b1010_1010, 1), (0b1100_1100, 2), (0b1111_0000, 4)] {
            let without = (lowest & V::splat(simd, with)).simd_eq(zero);
            leaf += without.select(zero, V::splat(simd, value));
        }
        leaf
    }
}
