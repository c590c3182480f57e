//! The fast forms of a forest against the walk that is its definition, bit for bit.

use ndarray::{Array2, Axis, ShapeBuilder as _, Slice};
use proptest::prelude::*;

use super::block::Shape;
use super::ranked::Ranked;
use super::walk::Grove;
use super::{Compare, LEAF, Link, Nodes, Sets};
use crate::churn::model::InputKind;

/// Two numbers and a category of 70 names.
const INPUTS: usize = 3;

fn kinds() -> Vec<InputKind> {
    let values = (0..70).map(|at| format!("v{at}")).collect();
    vec![InputKind::Number, InputKind::Number, InputKind::Category { values }]
}

/// How a random tree is grown.
#[derive(Debug, Clone, Copy)]
enum Growth {
    /// One question a level.
    Symmetric,
    /// Level by level, each node with a chance to stop.
    Levels { stop: u64 },
    /// Any leaf is split next.
    Leaves,
}

/// Numbers one after the other, from a seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, count: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }
}

struct Builder {
    nodes: Nodes<f64>,
    draw: Draw,
    /// How many thresholds there are to choose from.
    grid: u64,
}

impl Builder {
    fn new(seed: u64, grid: u64, compare: Compare) -> Self {
        let nodes = Nodes {
            link: Link::Identity,
            compare,
            base: 0.25,
            roots: Vec::new(),
            feature: Vec::new(),
            value: Vec::new(),
            left: Vec::new(),
            missing_left: Vec::new(),
            sets: Sets::default(),
            cover: Vec::new(),
        };
        Self { nodes, draw: Draw(seed), grid }
    }

    fn leaf(&mut self) -> usize {
        let nodes = &mut self.nodes;
        nodes.feature.push(LEAF);
        // Thirds are rounded, so that the order of summation shows.
        nodes.value.push((self.draw.below(2_000) as f64 - 1_000.0) / 3.0);
        nodes.left.push(0);
        nodes.missing_left.push(false);
        nodes.feature.len() - 1
    }

    /// A question: its input, threshold, words of a set, and where the missing go.
    fn question(&mut self) -> (u32, f64, Vec<u64>, bool) {
        let input = self.draw.below(INPUTS as u64) as u32;
        let threshold = self.draw.below(self.grid) as f64 / 8.0 - 2.0;
        let words = if input == 2 { vec![self.draw.below(110) << 20 | 9, 5] } else { Vec::new() };
        let threshold = if input == 2 { 0.0 } else { threshold };
        (input, threshold, words, self.draw.below(2) == 0)
    }

    fn split(&mut self, at: usize, question: &(u32, f64, Vec<u64>, bool)) -> usize {
        let left = self.leaf();
        self.leaf();
        let (input, threshold, words, missing_left) = question;
        (self.nodes.feature[at], self.nodes.value[at]) = (*input, *threshold);
        (self.nodes.left[at], self.nodes.missing_left[at]) = (left as u32, *missing_left);
        if *input == 2 {
            // Nodes with sets are listed in their order.
            let sets = &mut self.nodes.sets;
            let place = sets.node.partition_point(|&node| (node as usize) < at);
            let begin = if place == 0 { 0 } else { sets.end[place - 1] as usize };
            sets.words.splice(begin..begin, words.iter().copied());
            sets.node.insert(place, at as u32);
            sets.end.insert(place, begin as u32);
            for end in &mut sets.end[place..] {
                *end += words.len() as u32;
            }
        }
        left
    }

    fn tree(&mut self, growth: Growth, size: u64) {
        let root = self.leaf();
        self.nodes.roots.push(root as u32);
        match growth {
            Growth::Symmetric | Growth::Levels { .. } => {
                let mut level = vec![root];
                for _ in 0..size.min(6) {
                    let mut question = self.question();
                    for at in std::mem::take(&mut level) {
                        match growth {
                            Growth::Levels { stop } if self.draw.below(stop) == 0 => continue,
                            Growth::Levels { .. } => question = self.question(),
                            _ => {}
                        }
                        let left = self.split(at, &question);
                        level.extend([left, left + 1]);
                    }
                }
            }
            Growth::Leaves => {
                let mut open = vec![root];
                for _ in 0..size * 5 {
                    let at = open.swap_remove(self.draw.below(open.len() as u64) as usize);
                    let question = self.question();
                    let left = self.split(at, &question);
                    open.extend([left, left + 1]);
                }
            }
        }
    }
}

fn narrow(nodes: &Nodes<f64>) -> Nodes<f32> {
    Nodes {
        link: nodes.link,
        compare: nodes.compare,
        base: nodes.base as f32,
        roots: nodes.roots.clone(),
        feature: nodes.feature.clone(),
        value: nodes.value.iter().map(|&value| value as f32).collect(),
        left: nodes.left.clone(),
        missing_left: nodes.missing_left.clone(),
        sets: nodes.sets.clone(),
        cover: Vec::new(),
    }
}

fn rows(seed: u64, count: usize, grid: u64) -> Array2<f64> {
    let mut draw = Draw(seed);
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 1e-36, -1e-36, 1e300, 1e-300];
    Array2::from_shape_fn((count, INPUTS), |(_, input)| match (input, draw.below(4)) {
        (_, 0) => odd[draw.below(odd.len() as u64) as usize],
        (2, _) => draw.below(75) as f64 - 2.0,
        // On a threshold, or a little beside it.
        _ => draw.below(grid) as f64 / 8.0 - 2.0 + (draw.below(3) as f64 - 1.0) * 1e-9,
    })
}

fn same<T: super::Real>(nodes: &Nodes<T>, rows: &Array2<f64>, expected: &[fn(&Shape) -> bool]) {
    super::check::check(nodes).unwrap();
    let kinds = kinds();
    let grove = Grove::new(nodes, &kinds.iter().collect::<Vec<_>>()).unwrap();
    let ranked = Ranked::new(&grove).unwrap();
    for (shape, is_expected) in ranked.shapes.iter().zip(expected) {
        assert!(is_expected(shape), "{shape:?}");
    }
    let batch = ranked.margins(&grove, &rows.view());
    let mut by_column = Array2::zeros(rows.dim().f());
    by_column.assign(rows);
    assert_eq!(ranked.margins(&grove, &by_column.view()), batch);
    let mut scattered = Array2::zeros((2 * rows.nrows(), 2 * INPUTS));
    let mut every_other = scattered.view_mut();
    every_other.slice_axis_inplace(Axis(0), Slice::new(0, None, -2));
    every_other.slice_axis_inplace(Axis(1), Slice::new(0, None, 2));
    every_other.assign(rows);
    assert_eq!(ranked.margins(&grove, &every_other.view()), batch);
    for (row, margin) in rows.rows().into_iter().zip(batch) {
        let row = row.to_vec();
        let walked = grove.margin(&row).widen();
        assert_eq!(ranked.margin(&grove, &row).widen().to_bits(), walked.to_bits(), "{row:?}");
        assert_eq!(margin.to_bits(), walked.to_bits(), "{row:?}");
    }
}

fn any_growth() -> impl Strategy<Value = Growth> {
    prop_oneof![
        Just(Growth::Symmetric),
        (4_u64..40).prop_map(|stop| Growth::Levels { stop }),
        Just(Growth::Leaves),
    ]
}

fn any_compare() -> impl Strategy<Value = Compare> {
    prop_oneof![Just(Compare::Less), Just(Compare::LessEqual), Just(Compare::NonZeroLessEqual),]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn ranks_lead_to_the_leaves_that_a_walk_ends_at(
        seed in any::<u64>(),
        trees in prop::collection::vec((any_growth(), 0_u64..12), 0..80),
        alike in any::<bool>(),
        grid in prop_oneof![Just(3_u64), Just(32), Just(900)],
        compare in any_compare(),
        count in 0_usize..150,
    ) {
        let mut builder = Builder::new(seed, grid, compare);
        let first = trees.first().map(|(growth, _)| *growth);
        for (growth, size) in trees {
            builder.tree(if alike { first.unwrap_or(growth) } else { growth }, size);
        }
        let rows = rows(seed ^ 1, count, grid);
        same(&builder.nodes, &rows, &[]);
        same(&narrow(&builder.nodes), &rows, &[]);
    }
}

#[test]
fn trees_take_the_form_that_suits_them() {
    let mut builder = Builder::new(7, 400, Compare::Less);
    builder.tree(Growth::Symmetric, 6);
    builder.tree(Growth::Levels { stop: 1_000 }, 6);
    builder.tree(Growth::Leaves, 12);
    let expected: [fn(&Shape) -> bool; 3] = [
        |shape| matches!(shape, Shape::Symmetric(_)),
        |shape| matches!(shape, Shape::Full(_)),
        |shape| matches!(shape, Shape::Masks(bytes) if bytes.len() == 8),
    ];
    same(&builder.nodes, &rows(8, 200, 400), &expected);
}

/// More trees than a row alone goes through at a time, by an odd number, of one form.
#[test]
fn groups_of_each_form_lead_to_the_leaves_that_a_walk_ends_at() {
    for growth in [Growth::Symmetric, Growth::Levels { stop: 9 }, Growth::Leaves] {
        for size in [0, 1, 3, 4, 6, 12] {
            for trees in [1, 32, 69] {
                let mut builder = Builder::new(size + trees, 40, Compare::LessEqual);
                for _ in 0..trees {
                    builder.tree(growth, size);
                }
                let rows = rows(size, 30, 40);
                same(&builder.nodes, &rows, &[]);
                same(&narrow(&builder.nodes), &rows, &[]);
            }
        }
    }
}

#[test]
fn a_sum_of_negative_zeros_is_one() {
    let mut builder = Builder::new(3, 40, Compare::Less);
    builder.tree(Growth::Levels { stop: 1_000 }, 6);
    builder.nodes.base = -0.0;
    for (value, feature) in builder.nodes.value.iter_mut().zip(&builder.nodes.feature) {
        if *feature == LEAF {
            *value = -0.0;
        }
    }
    same(&builder.nodes, &rows(4, 40, 40), &[|shape| matches!(shape, Shape::Full(_))]);
}

#[test]
fn what_is_too_large_for_ranks_is_walked() {
    let large = |builder: &Builder| {
        let kinds = kinds();
        let grove = Grove::new(&builder.nodes, &kinds.iter().collect::<Vec<_>>()).unwrap();
        Ranked::new(&grove).is_none()
    };
    let mut leaves = Builder::new(1, 50, Compare::Less);
    leaves.tree(Growth::Leaves, 13);
    assert!(large(&leaves));
    let mut thresholds = Builder::new(1, 1 << 30, Compare::Less);
    for _ in 0..1_500 {
        thresholds.tree(Growth::Leaves, 12);
    }
    assert!(large(&thresholds));
}
