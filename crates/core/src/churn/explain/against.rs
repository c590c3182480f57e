//! Contributions of trees against a background: interventional SHAP.
//!
//! Inputs that are not known are taken from a row of the background, each row in turn, and the
//! answers averaged (Janzing, Minorics and Blöbaum 2020; Lundberg et al. 2020, algorithm 3). For
//! a row `x`, a background row `b` and a leaf, only those inputs matter whose questions on the
//! path one of the two passes and the other does not: with `p` that only `x` passes and `q` that
//! only `b` does, each of the former gets `v·(p − 1)!·q!/(p + q)!`, each of the latter
//! `−v·p!·(q − 1)!/(p + q)!`.

use super::tree::{NONE, Rules, Tree, Trees};

/// A tree, and where the rows of the background go at its splits.
#[derive(Debug, Clone)]
struct Ground {
    tree: Tree,
    /// The different ways to answer all questions, one after the other, and how many rows do so.
    sides: Vec<u8>,
    counts: Vec<f64>,
}

/// A forest and a background.
#[derive(Debug, Clone)]
pub(super) struct Against {
    pub(super) rules: Rules,
    grounds: Vec<Ground>,
    /// `p!·q!/(p + q + 1)!` at `p · size + q`.
    weights: Vec<f64>,
    size: usize,
    rows: f64,
    /// The mean of the forest's sum over the background.
    pub(super) mean: f64,
}

/// Memory that one row after the other uses again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    sides: Vec<u8>,
    visits: Vec<Visit>,
    waiting: Vec<(u32, u32, u32)>,
    /// For each split, whether the row and that of the background passed above.
    passed: Vec<(bool, bool)>,
    /// For each split, what the leaves below weigh for inputs that only the row passes, and for
    /// those that only the background does.
    sums: Vec<(f64, f64)>,
}

#[derive(Debug, Clone, Copy)]
struct Visit {
    split: u32,
    only_row: u32,
    only_other: u32,
}

impl Against {
    /// `rows` are those of the background as the forest reads them, one after the other.
    pub(super) fn new(trees: Trees, rows: &[f64], width: usize) -> Self {
        let mut rounded = Vec::with_capacity(rows.len());
        trees.rules.rounded(rows.iter().copied(), &mut rounded);
        let rows: Vec<&[f64]> = rounded.chunks_exact(width.max(1)).collect();
        #[expect(clippy::cast_precision_loss, reason = "no table has 2^53 rows")]
        let count = rows.len() as f64;
        let size = trees.longest() as usize + 1;
        let mut mean = trees.base;
        let mut grounds = Vec::with_capacity(trees.list.len());
        for tree in trees.list {
            let mut ways: Vec<Vec<u8>> = Vec::with_capacity(rows.len());
            let mut sum = 0.0;
            for row in &rows {
                let mut sides = Vec::new();
                tree.sides(&trees.rules, row, &mut sides);
                sum += tree.leaf(&sides);
                ways.push(sides);
            }
            mean += sum / count;
            ways.sort_unstable();
            let (mut sides, mut counts) = (Vec::new(), Vec::new());
            for way in ways.chunk_by(|a, b| a == b) {
                sides.extend_from_slice(&way[0]);
                #[expect(clippy::cast_precision_loss, reason = "no table has 2^53 rows")]
                counts.push(way.len() as f64);
            }
            grounds.push(Ground { tree, sides, counts });
        }
        Self { rules: trees.rules, grounds, weights: weights(size), size, rows: count, mean }
    }

    pub(super) fn trees(&self) -> usize {
        self.grounds.len()
    }

    /// Adds the contributions of one tree to those of a rounded row.
    pub(super) fn add(&self, tree: usize, row: &[f64], scratch: &mut Scratch, into: &mut [f64]) {
        let Ground { tree, sides, counts } = &self.grounds[tree];
        if tree.splits.is_empty() {
            return;
        }
        let mut own = std::mem::take(&mut scratch.sides);
        tree.sides(&self.rules, row, &mut own);
        for (other, count) in sides.chunks_exact(tree.splits.len()).zip(counts) {
            self.pair(tree, &own, other, count / self.rows, scratch, into);
        }
        scratch.sides = own;
    }

    /// Adds what the inputs contribute where the rest is taken from one row of the background.
    fn pair(
        &self,
        tree: &Tree,
        own: &[u8],
        other: &[u8],
        share: f64,
        scratch: &mut Scratch,
        into: &mut [f64],
    ) {
        let Scratch { visits, waiting, passed, sums, .. } = scratch;
        visits.clear();
        waiting.push((0, 0, 0));
        passed.resize(passed.len().max(own.len()), (true, true));
        sums.resize(sums.len().max(own.len()), (0.0, 0.0));
        while let Some((at, only_row, only_other)) = waiting.pop() {
            let split = &tree.splits[at as usize];
            let above = split.above as usize;
            passed[at as usize] = if split.above == NONE {
                (true, true)
            } else {
                let (row, background) = passed[above];
                let passes = |side: &[u8]| side[above] == split.above_side;
                (row && passes(own), background && passes(other))
            };
            visits.push(Visit { split: at, only_row, only_other });
            for (side, row, background) in
                ways(passed[at as usize], own[at as usize], other[at as usize])
            {
                if split.child[side] != NONE {
                    waiting.push((split.child[side], only_row + row, only_other + background));
                }
            }
        }
        // Every split comes after its parent, so that backwards its children are done.
        for &Visit { split: at, only_row, only_other } in visits.iter().rev() {
            let split = &tree.splits[at as usize];
            let mut sum = (0.0, 0.0);
            for (side, row, background) in
                ways(passed[at as usize], own[at as usize], other[at as usize])
            {
                let below = if split.child[side] == NONE {
                    self.leaf(split.value[side], only_row + row, only_other + background)
                } else {
                    sums[split.child[side] as usize]
                };
                if row == 1 {
                    into[split.question.feature as usize] += share * below.0;
                }
                if background == 1 {
                    into[split.question.feature as usize] -= share * below.1;
                }
                sum = (sum.0 + below.0, sum.1 + below.1);
            }
            sums[at as usize] = sum;
        }
    }

    fn leaf(&self, value: f64, only_row: u32, only_other: u32) -> (f64, f64) {
        let (p, q) = (only_row as usize, only_other as usize);
        let weight = |p: Option<usize>, q: Option<usize>| match (p, q) {
            (Some(p), Some(q)) => value * self.weights[p * self.size + q],
            _ => 0.0,
        };
        (weight(p.checked_sub(1), Some(q)), weight(Some(p), q.checked_sub(1)))
    }
}

/// The sides of a split that the pair of rows goes to, and whether a side makes its input one that
/// only the row passes, or only the other.
fn ways(passed: (bool, bool), own: u8, other: u8) -> impl Iterator<Item = (usize, u32, u32)> {
    let (own, other) = (usize::from(own), usize::from(other));
    let ways = match passed {
        (true, true) if own == other => [Some((own, 0, 0)), None],
        (true, true) => [Some((own, 1, 0)), Some((other, 0, 1))],
        (true, false) => [Some((own, 0, 0)), None],
        (false, _) => [Some((other, 0, 0)), None],
    };
    ways.into_iter().flatten()
}

/// `p!·q!/(p + q + 1)!` for `p` and `q` below `size`.
fn weights(size: usize) -> Vec<f64> {
    let mut weights = vec![1.0; size * size];
    for p in 0..size {
        for q in 0..size {
            // p!q!/(p+q+1)! = (p−1)!q!/(p+q)! · p/(p+q+1), and 1/(q+1) for p = 0.
            #[expect(clippy::cast_precision_loss, reason = "a path has few inputs")]
            let (own, sum) = (p as f64, (p + q + 1) as f64);
            weights[p * size + q] =
                if p == 0 { 1.0 / sum } else { weights[(p - 1) * size + q] * own / sum };
        }
    }
    weights
}
