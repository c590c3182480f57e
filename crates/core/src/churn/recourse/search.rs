//! The cheapest combination of choices for a forest, by branch and bound, the cheapest first.
//!
//! A *box* leaves each input some of its values. What it costs at least is what the first of each
//! costs; how low its margin can be is at least the sum of each tree's lowest leaf that some of the
//! values reach. A box that cannot come low enough is dropped, else it is divided by the question
//! that keeps its cheapest corner farthest from that bound. The first corner that is low enough is
//! the cheapest of all.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};

use super::choices::Choice;
use super::{RecourseParams, RecourseStatus, Recoursed};
use crate::churn::explain::{NONE, Trees};
use crate::churn::model::Model;
use crate::error::Result;

/// How many boxes are looked at before the search is given up.
const LIMIT: usize = 10_000;

/// A question that some values of an input answer otherwise than others.
#[derive(Debug, PartialEq, Eq, Hash, Clone)]
struct Ask {
    choice: usize,
    /// The values that go left, as bits.
    left: Vec<u64>,
}

/// A node of the trees as far as choices lead through them; a leaf asks nothing.
#[derive(Debug, Clone, Copy)]
struct Node {
    ask: u32,
    child: [u32; 2],
    value: f64,
}

/// The trees of one customer: questions that no choice can change are answered. Children come
/// before their parents.
struct Reduced {
    base: f64,
    nodes: Vec<Node>,
    roots: Vec<u32>,
    asks: Vec<Ask>,
}

/// What is left of each choice, as bits.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Left(Vec<Vec<u64>>);

#[derive(Debug)]
struct Boxed {
    cost: f64,
    /// Boxes of one cost are looked at in the order in which they were made.
    number: usize,
    left: Left,
    /// The question to divide it by; none where its corner reaches the bound.
    divide: Option<usize>,
}

impl PartialEq for Boxed {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Boxed {}

impl PartialOrd for Boxed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Boxed {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cost.total_cmp(&other.cost).then(self.number.cmp(&other.number))
    }
}

pub(super) fn search(
    model: &Model,
    trees: &Trees,
    row: &[f64],
    choices: &[Choice],
    target: f64,
    params: &RecourseParams<'_>,
) -> Result<Recoursed> {
    let reduced = Reduced::new(model, trees, row, choices);
    let all = choices.iter().map(|choice| {
        let full = |word: usize| {
            let bits = choice.values.len() - 64 * word;
            if bits >= 64 { u64::MAX } else { (1 << bits) - 1 }
        };
        (0..choice.values.len().div_ceil(64)).map(full).collect()
    });
    let mut searching = Search {
        model,
        row,
        choices,
        target: target + reduced.slack(trees.rules.single()),
        params,
        reduced,
        lowest: Vec::new(),
        made: 0,
        best: None,
    };
    let mut heap = BinaryHeap::new();
    searching.push(&mut heap, Left(all.collect()))?;
    while let Some(Reverse(next)) = heap.pop() {
        if let Some((cost, row)) = &searching.best
            && *cost <= next.cost
        {
            let (status, row, cost) = (RecourseStatus::Optimal, row.clone(), *cost);
            return Ok(Recoursed { status, row, cost });
        }
        if searching.made >= LIMIT {
            return Ok(match searching.best {
                Some((cost, row)) => Recoursed { status: RecourseStatus::Found, row, cost },
                None => Recoursed::none(RecourseStatus::NotFound, row),
            });
        }
        for half in searching.halves(&next) {
            searching.push(&mut heap, half)?;
        }
    }
    Ok(match searching.best {
        Some((cost, row)) => Recoursed { status: RecourseStatus::Optimal, row, cost },
        None => Recoursed::none(RecourseStatus::Impossible, row),
    })
}

struct Search<'a> {
    model: &'a Model,
    row: &'a [f64],
    choices: &'a [Choice],
    /// The bound of a box that may come low enough.
    target: f64,
    params: &'a RecourseParams<'a>,
    reduced: Reduced,
    /// For each node, the lowest leaf below it that a box reaches.
    lowest: Vec<f64>,
    made: usize,
    /// The cheapest corner so far that is low enough.
    best: Option<(f64, Vec<f64>)>,
}

impl Search<'_> {
    /// Looks at a box, and keeps it where something cheaper may be in it.
    fn push(&mut self, heap: &mut BinaryHeap<Reverse<Boxed>>, left: Left) -> Result<()> {
        self.made += 1;
        let corner: Vec<usize> = left.0.iter().map(|bits| first(bits)).collect();
        let cost = corner.iter().zip(self.choices).fold(0.0, |sum, (at, c)| sum + c.costs[*at]);
        let changes = corner.iter().filter(|at| **at != 0).count();
        let beaten = self.best.as_ref().is_some_and(|(best, _)| *best <= cost);
        if changes > self.params.max_changes || beaten {
            return Ok(());
        }
        let bound = self.reduced.bound(&left, &mut self.lowest);
        if bound > self.target {
            return Ok(());
        }
        let mut row = self.row.to_vec();
        for (choice, at) in self.choices.iter().zip(&corner) {
            row[choice.input] = choice.values[*at];
        }
        if self.model.predict_row(&row)? <= self.params.threshold {
            // Whatever else is in the box costs as much or more.
            self.best = Some((cost, row));
            return Ok(());
        }
        let divide = self.reduced.divide(&left, &corner, &self.lowest);
        let number = self.made;
        if divide.is_some() {
            heap.push(Reverse(Boxed { cost, number, left, divide }));
        }
        Ok(())
    }

    fn halves(&self, whole: &Boxed) -> Vec<Left> {
        let Some(ask) = whole.divide.map(|at| &self.reduced.asks[at]) else { return Vec::new() };
        let half = |side: u64| {
            let mut left = whole.left.clone();
            for (bits, goes) in left.0[ask.choice].iter_mut().zip(&ask.left) {
                *bits &= goes ^ side;
            }
            left
        };
        vec![half(0), half(u64::MAX)]
    }
}

/// The first of some bits.
fn first(bits: &[u64]) -> usize {
    let word = bits.iter().position(|word| *word != 0).unwrap_or_default();
    64 * word + bits[word].trailing_zeros() as usize
}

impl Reduced {
    fn new(model: &Model, trees: &Trees, row: &[f64], choices: &[Choice]) -> Self {
        let encode = |row: &[f64]| {
            let mut columns = vec![0.0; model.width()];
            if model.parts().encoders.is_empty() {
                columns.copy_from_slice(row);
            } else {
                model.encode(row.iter().copied(), &mut columns);
            }
            let mut rounded = Vec::with_capacity(columns.len());
            trees.rules.rounded(columns.into_iter(), &mut rounded);
            rounded
        };
        let own = encode(row);
        // For each choice and value, the columns as they would be.
        let encoded: Vec<Vec<Vec<f64>>> = choices
            .iter()
            .map(|choice| {
                let mut changed = row.to_vec();
                let with = choice.values.iter().map(|value| {
                    changed[choice.input] = *value;
                    encode(&changed)
                });
                with.collect()
            })
            .collect();
        let input_of = model.input_of_column();
        let choice_of: Vec<Option<usize>> = input_of
            .iter()
            .map(|input| choices.iter().position(|choice| choice.input == *input))
            .collect();
        let mut reduced =
            Self { base: trees.base, nodes: Vec::new(), roots: Vec::new(), asks: Vec::new() };
        let mut known: HashMap<Ask, u32> = HashMap::new();
        let leaf = |value: f64| Node { ask: NONE, child: [0; 2], value };
        for tree in &trees.list {
            if tree.splits.is_empty() {
                reduced.add(leaf(tree.alone));
                reduced.roots.extend(reduced.last());
                continue;
            }
            let mut node_of = vec![0; tree.splits.len()];
            // Each split comes after its parent, so backwards every child is there already.
            for (at, split) in tree.splits.iter().enumerate().rev() {
                let mut side = |side: usize| match split.child[side] {
                    NONE => {
                        reduced.add(leaf(split.value[side]));
                        reduced.last().unwrap_or_default()
                    }
                    child => node_of[child as usize],
                };
                let child = [side(0), side(1)];
                let column = split.question.feature as usize;
                let choice = choice_of[column];
                let Some(choice) = choice else {
                    let side = trees.rules.side(&split.question, &own);
                    node_of[at] = child[usize::from(side)];
                    continue;
                };
                let values = &encoded[choice];
                let mut left = vec![0_u64; values.len().div_ceil(64)];
                for (value, columns) in values.iter().enumerate() {
                    let goes_left = trees.rules.side(&split.question, columns) == 0;
                    left[value / 64] |= u64::from(goes_left) << (value % 64);
                }
                let lefts = left.iter().map(|word| word.count_ones() as usize).sum::<usize>();
                node_of[at] = if lefts == values.len() {
                    child[0]
                } else if lefts == 0 {
                    child[1]
                } else {
                    let next = u32::try_from(reduced.asks.len()).unwrap_or(NONE);
                    let asked = Ask { choice, left };
                    let ask = *known.entry(asked).or_insert_with_key(|asked| {
                        reduced.asks.push(asked.clone());
                        next
                    });
                    reduced.add(Node { ask, child, value: 0.0 });
                    reduced.last().unwrap_or_default()
                };
            }
            reduced.roots.push(node_of[0]);
        }
        reduced
    }

    fn add(&mut self, node: Node) {
        self.nodes.push(node);
    }

    /// How far a sum in single precision may lie from the same in double precision.
    fn slack(&self, single: bool) -> f64 {
        if !single {
            return 0.0;
        }
        let largest = self.nodes.iter().fold(0.0, |most: f64, node| most.max(node.value.abs()));
        #[expect(clippy::cast_precision_loss, reason = "a bound")]
        let terms = self.roots.len() as f64 + 1.0;
        terms * terms * f64::from(f32::EPSILON) * (largest + self.base.abs() / terms)
    }

    fn last(&self) -> Option<u32> {
        u32::try_from(self.nodes.len().checked_sub(1)?).ok()
    }

    /// The sides that some value of a box takes at a question: left, right.
    fn sides(ask: &Ask, left: &Left) -> [bool; 2] {
        let bits = left.0[ask.choice].iter().zip(&ask.left);
        bits.fold([false; 2], |[l, r], (bits, goes)| {
            [l || bits & goes != 0, r || bits & !goes != 0]
        })
    }

    /// What the margin is at least; `lowest` is filled with the lowest leaf below each node.
    fn bound(&self, left: &Left, lowest: &mut Vec<f64>) -> f64 {
        let sides: Vec<[bool; 2]> = self.asks.iter().map(|ask| Self::sides(ask, left)).collect();
        lowest.clear();
        for node in &self.nodes {
            let value = match sides.get(node.ask as usize) {
                None => node.value,
                Some(sides) => {
                    let below = |side: usize| {
                        if sides[side] { lowest[node.child[side] as usize] } else { f64::INFINITY }
                    };
                    below(0).min(below(1))
                }
            };
            lowest.push(value);
        }
        self.roots.iter().fold(self.base, |sum, root| sum + lowest[*root as usize])
    }

    /// The question that keeps the corner of a box farthest from its bound: the first at which the
    /// way to a tree's lowest leaf and the corner's part, with what they differ by in all trees.
    fn divide(&self, left: &Left, corner: &[usize], lowest: &[f64]) -> Option<usize> {
        let mut gaps = vec![0.0; self.asks.len()];
        for &root in &self.roots {
            let gap = self.leaf(root, corner) - lowest[root as usize];
            let mut at = root;
            while let Some(ask) = self.asks.get(self.nodes[at as usize].ask as usize) {
                let node = self.nodes[at as usize];
                let own = Self::side(ask, corner);
                let sides = Self::sides(ask, left);
                let other = 1 - own;
                let below = |side: usize| lowest[node.child[side] as usize];
                if sides[other] && below(other) < below(own) {
                    gaps[node.ask as usize] += gap;
                    break;
                }
                at = node.child[own];
            }
        }
        let mut best: Option<usize> = None;
        for (at, gap) in gaps.iter().enumerate() {
            if *gap > best.map_or(0.0, |best| gaps[best]) {
                best = Some(at);
            }
        }
        // Where rounding alone keeps the corner from the target, any question that is left.
        best.or_else(|| self.asks.iter().position(|ask| Self::sides(ask, left) == [true; 2]))
    }

    fn side(ask: &Ask, corner: &[usize]) -> usize {
        let value = corner[ask.choice];
        usize::from(ask.left[value / 64] >> (value % 64) & 1 == 0)
    }

    /// The leaf that the corner of a box comes to.
    fn leaf(&self, root: u32, corner: &[usize]) -> f64 {
        let mut node = self.nodes[root as usize];
        while let Some(ask) = self.asks.get(node.ask as usize) {
            node = self.nodes[node.child[Self::side(ask, corner)] as usize];
        }
        node.value
    }
}
