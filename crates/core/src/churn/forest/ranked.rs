//! A forest of small trees laid out for speed: what a row's ranks say, not its values.
//!
//! A batch goes through each tree 64 rows at a time (`block`); a row alone goes through 32 trees at
//! a time (`alone`). Both know the same three forms of a tree (`plan`).

use fearless_simd::{Level, Simd, dispatch};
use ndarray::{ArrayView2, Axis};

use super::alone::{Group, Row, TREES};
use super::block::{self, Lanes, ROWS, Shape};
use super::columns::{Columns, Finder, Ranks};
use super::leaves::Leaves;
use super::plan::{Node, Plan, nodes_of};
use super::real::Real;
use super::walk::Grove;

/// Fewer rows than this are taken one by one.
const FEW: usize = 24;

/// So many trees are asked before their leaves are added.
const AT_ONCE: usize = 32;

#[derive(Debug, Clone)]
pub(super) struct Ranked<T> {
    columns: Columns<T>,
    /// For a batch: how each tree is asked, and its leaves.
    pub(super) shapes: Vec<Shape>,
    leaves: Leaves<T>,
    /// For a row alone.
    groups: Vec<Group<T>>,
    /// How many columns there are.
    width: usize,
}

impl<T: Real> Ranked<T> {
    /// The trees of `grove`; none where one has more than 64 leaves, or they ask too much.
    pub(super) fn new(grove: &Grove<T>) -> Option<Self> {
        let trees: Vec<Vec<Node>> =
            grove.roots().iter().map(|&root| nodes_of(grove, root)).collect::<Option<_>>()?;
        let nodes = trees.iter().flatten();
        let finder = Finder::new(nodes.filter_map(|node| Some(grove.split(node.at)?.1)))?;
        let plans: Vec<Plan> = trees.iter().map(|nodes| Plan::new(grove, &finder, nodes)).collect();
        let shapes: Vec<Shape> = plans.iter().map(Shape::new).collect();
        let leaves = shapes.iter().zip(&plans).map(|(shape, plan)| shape.leaves(grove, plan));
        Some(Self {
            leaves: Leaves::new(Level::new(), leaves.collect()),
            shapes,
            groups: plans.chunks(TREES).map(|plans| Group::new(grove, plans)).collect(),
            width: finder.len(),
            columns: finder.columns(),
        })
    }

    /// The margin of a row alone.
    pub(super) fn margin(&self, grove: &Grove<T>, row: &[f64]) -> T {
        dispatch!(block::level(), simd => self.margin_with(simd, grove, row))
    }

    // In wasm every function may use vectors, and one copy of this one is enough.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn margin_with<S: Simd>(&self, simd: S, grove: &Grove<T>, row: &[f64]) -> T {
        let mut ranks = Ranks::new();
        self.columns.rank(simd, grove, row, &mut ranks);
        let row = Row::new(simd, &ranks, self.width);
        let mut sum = grove.base;
        let Some((mut group, rest)) = self.groups.split_first() else { return sum };
        let mut ends = group.ask(row);
        // Additions wait for each other: meanwhile the next trees are asked.
        for next in rest {
            let ahead = next.ask(row);
            sum = group.add(row, &ends, sum);
            (group, ends) = (next, ahead);
        }
        group.add(row, &ends, sum)
    }

    /// The margins of `rows`, the same sums as [`Self::margin`].
    pub(super) fn margins(&self, grove: &Grove<T>, rows: &ArrayView2<'_, f64>) -> Vec<f64> {
        dispatch!(block::level(), simd => self.margins_with(simd, grove, rows))
    }

    #[inline(always)]
    fn margins_with<S: Simd>(
        &self,
        simd: S,
        grove: &Grove<T>,
        rows: &ArrayView2<'_, f64>,
    ) -> Vec<f64> {
        let mut margins = Vec::with_capacity(rows.nrows());
        let (mut lanes, mut ends) = (Lanes::new(), [[0; ROWS]; AT_ONCE]);
        for chunk in rows.axis_chunks_iter(Axis(0), ROWS) {
            if chunk.nrows() < FEW {
                for row in chunk.rows() {
                    let row: Vec<f64> = row.iter().copied().collect();
                    margins.push(self.margin_with(simd, grove, &row).widen());
                }
                continue;
            }
            self.columns.rank_rows(simd, grove, &chunk, &mut lanes);
            let mut sums = [grove.base; ROWS];
            for (at, shapes) in self.shapes.chunks(AT_ONCE).enumerate() {
                for tree in 0..shapes.len() {
                    ends[tree] = block::ends(simd, &shapes[tree], &lanes);
                }
                self.leaves.add(AT_ONCE * at, &ends[..shapes.len()], &mut sums);
            }
            margins.extend(sums[..chunk.nrows()].iter().map(|sum| sum.widen()));
        }
        margins
    }
}
