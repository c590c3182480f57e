//! Interaction values of trees: what two inputs contribute together.
//!
//! The Shapley interaction index (Grabisch and Roubens 1999; Lundberg et al. 2020) is the integral
//! of the second derivative of the game's multilinear extension, so that it comes by the same
//! quadrature as contributions: for each leaf and pair, half of
//! `v·(o_i − z_i)·(o_j − z_j) ∫ Π_{k ≠ i, j} f_k(t) dt` goes to `φ_ij` and half to `φ_ji`.

use super::quadrature::gauss_legendre;
use super::tree::{NONE, Rules, Tree, Trees};

/// One input on the way to a leaf.
#[derive(Debug, Clone, Copy)]
struct Edge {
    /// The last split that asks about the input, and the side on the way.
    split: u32,
    side: u8,
    feature: u32,
    /// The share of rows that all splits on the input let through.
    passed: f64,
}

#[derive(Debug, Clone)]
struct Leaves {
    tree: Tree,
    /// The value of each leaf, and where its edges end.
    ends: Vec<(f64, usize)>,
    edges: Vec<Edge>,
    points: Vec<(f64, f64)>,
}

/// A forest as its leaves.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    rules: Rules,
    trees: Vec<Leaves>,
}

impl Paths {
    pub(super) fn new(trees: Trees) -> Self {
        let Trees { list, rules, .. } = trees;
        Self { rules, trees: list.into_iter().map(Leaves::new).collect() }
    }

    /// A row in the precision of the forest.
    pub(super) fn rounded(&self, row: &[f64], into: &mut Vec<f64>) {
        self.rules.rounded(row.iter().copied(), into);
    }

    /// Adds what each pair of columns contributes together for a rounded row into `into`, a square
    /// of which only the half with the greater column second is written.
    pub(super) fn add(&self, row: &[f64], width: usize, into: &mut [f64]) {
        let mut sides = Vec::new();
        for leaves in &self.trees {
            leaves.tree.sides(&self.rules, row, &mut sides);
            leaves.add(&sides, width, into);
        }
    }
}

impl Leaves {
    fn new(tree: Tree) -> Self {
        let (mut ends, mut edges) = (Vec::new(), Vec::new());
        for (at, split) in (0_u32..).zip(&tree.splits) {
            for side in [0_u8, 1] {
                if split.child[usize::from(side)] == NONE {
                    let begin = edges.len();
                    climb(&tree, at, side, begin, &mut edges);
                    ends.push((split.value[usize::from(side)], edges.len()));
                }
            }
        }
        let points = gauss_legendre(tree.longest.div_ceil(2).max(1));
        Self { tree, ends, edges, points }
    }

    fn add(&self, sides: &[u8], width: usize, into: &mut [f64]) {
        let splits = &self.tree.splits;
        // Whether the row passes the splits above on the same input.
        let mut passes = Vec::with_capacity(splits.len());
        for split in splits {
            let above = split.above as usize;
            passes.push(split.above == NONE || passes[above] && sides[above] == split.above_side);
        }
        let mut terms = Vec::new();
        let mut begin = 0;
        for &(value, end) in &self.ends {
            let edges = &self.edges[begin..end];
            begin = end;
            let on = |edge: &Edge| {
                passes[edge.split as usize] && sides[edge.split as usize] == edge.side
            };
            // Nobody passes: neither known nor unknown does the input let this leaf count.
            if edges.iter().any(|edge| edge.passed == 0.0 && !on(edge)) {
                continue;
            }
            terms.clear();
            for &(t, weight) in &self.points {
                let mut product = weight * value;
                let first = terms.len() + 1;
                terms.push(0.0);
                for edge in edges {
                    let own = f64::from(u8::from(on(edge)));
                    let factor = t * own + (1.0 - t) * edge.passed;
                    product *= factor;
                    terms.push((own - edge.passed) / factor);
                }
                terms[first - 1] = product / 2.0;
            }
            for (i, one) in edges.iter().enumerate() {
                for (j, other) in edges.iter().enumerate().skip(i + 1) {
                    let at_points = terms.chunks_exact(edges.len() + 1);
                    let both: f64 = at_points.map(|of| of[0] * of[i + 1] * of[j + 1]).sum();
                    let (low, high) =
                        (one.feature.min(other.feature), one.feature.max(other.feature));
                    into[low as usize * width + high as usize] += both;
                }
            }
        }
    }
}

/// The inputs on the way from a leaf up to the root, each by its last split.
fn climb(tree: &Tree, at: u32, side: u8, begin: usize, edges: &mut Vec<Edge>) {
    let (mut at, mut side) = (at, side);
    while let Some(split) = tree.splits.get(at as usize) {
        let feature = split.question.feature;
        if edges[begin..].iter().all(|edge| edge.feature != feature) {
            let passed = split.passed * split.ratio[usize::from(side)];
            edges.push(Edge { split: at, side, feature, passed });
        }
        (at, side) = (split.parent, split.side);
    }
}
