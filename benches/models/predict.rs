//! Predictions beside those of the library that trains, in one run on one thread: 200 trees over
//! 120,000 rows of 23 features, depth-wise and symmetric of depth 6, and leaf-wise of 31 leaves.
//! `make bench-models` runs it, and the same beside XGBoost, LightGBM and CatBoost.
//!
//! Printed are medians of five runs, in rows a second and, for one row, in nanoseconds. The answers
//! are compared first, bit for bit.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    missing_docs,
    reason = "a benchmark stops at the first surprise, and tells the time"
)]

mod shared;

use std::hint::black_box;

use hessboost::config::{GrowPolicy, TreeMethod};
use hessboost::model::{Iterations, ModelFormat};
use hessboost::objective::{Objective, RegLoss};
use hessboost::prelude::{DMatrix, TrainingParams, train};
use ndarray::Array2;
use stayput::models::import;

use shared::{median, unit};

const TREES: usize = 200;
const WIDTH: usize = 23;
const ROWS: usize = 120_000;
/// Rows asked about one by one.
const ALONE: usize = 20_000;

fn main() {
    let rows = Array2::from_shape_fn((ROWS, WIDTH), |(row, column)| {
        let at = WIDTH * row + column;
        // Twenty numbers, and three that take twelve values.
        if column < 20 { f64::from(unit(at) as f32) } else { (unit(at) * 12.0).floor() }
    });
    let odds = |row: &[f64]| -> f64 {
        let shape: f64 = (0..8).map(|at| (row[at] - 0.5) * (3.0 - row[at + 8] * 4.0)).sum();
        shape + if row[20] > 5.0 { 0.5 } else { -0.5 }
    };
    let labels: Vec<f32> = rows
        .rows()
        .into_iter()
        .enumerate()
        .map(|(at, row)| {
            f32::from(u8::from(odds(&row.to_vec()) + 2.0 * unit(at + 77_777_777) > 2.6))
        })
        .collect();
    let narrow: Vec<f32> = rows.iter().map(|&value| value as f32).collect();
    let data = DMatrix::from_dense_vec(narrow.clone(), ROWS, WIDTH).unwrap();
    let asked = DMatrix::from_dense_vec(narrow.clone(), ROWS, WIDTH).unwrap();
    let data = data.with_labels(&labels).unwrap();
    println!("{TREES} trees, {WIDTH} features, one thread           ours  hessboost   ratio");
    for (name, policy, depth, leaves) in [
        ("depth-wise, depth 6", GrowPolicy::DepthWise, 6, 0),
        ("leaf-wise, 31 leaves", GrowPolicy::LossGuide, 16, 31),
        ("symmetric, depth 6", GrowPolicy::Symmetric, 6, 0),
    ] {
        let mut params = TrainingParams::builder()
            .objective(Objective::BinaryLogistic(RegLoss::default()))
            .tree_method(TreeMethod::Hist)
            .grow_policy(policy)
            .max_depth(depth)
            .nthread(1)
            .eta(0.1);
        if leaves > 0 {
            params = params.max_leaves(leaves);
        }
        let theirs = train(&params.build().unwrap(), &data, TREES).unwrap();
        let file = theirs.encode(ModelFormat::XgboostJson).unwrap();
        let ours = import::xgboost(&file, &import::Features::default()).unwrap();
        let expected = theirs.predict_margin(&asked, Iterations::Best).unwrap();
        let margins = ours.margins(rows.view()).unwrap();
        for (ours, theirs) in margins.iter().zip(expected.as_slice()) {
            assert_eq!(ours.to_bits(), f64::from(*theirs).to_bits());
        }
        let mine = median(|| {
            black_box(ours.predict(black_box(rows.view())).unwrap());
        });
        let other = median(|| {
            black_box(theirs.predict(black_box(&asked), Iterations::Best).unwrap());
        });
        let (mine, other) = (ROWS as f64 / mine, ROWS as f64 / other);
        println!("{name:<24} rows/s {mine:>15.0} {other:>10.0} {:>6.1}x", mine / other);
        let all = rows.as_slice().unwrap();
        let mine = median(|| {
            for row in all.chunks_exact(WIDTH).take(ALONE) {
                black_box(ours.predict_row(black_box(row)).unwrap());
            }
        });
        let ones: Vec<DMatrix> = narrow
            .chunks_exact(WIDTH)
            .take(ALONE)
            .map(|row| DMatrix::from_dense_vec(row.to_vec(), 1, WIDTH).unwrap())
            .collect();
        let other = median(|| {
            for one in &ones {
                black_box(theirs.predict(black_box(one), Iterations::Best).unwrap());
            }
        });
        let (mine, other) = (mine / ALONE as f64 * 1e9, other / ALONE as f64 * 1e9);
        println!("{:<24} ns/row {mine:>15.0} {other:>10.0} {:>6.1}x", "  one row", other / mine);
    }
}
