//! Explanations beside those of the library that trains, in one run on one thread: 200 trees over
//! 23 features, symmetric and depth-wise of depth 6, and leaf-wise of 31 leaves. `make
//! bench-explain` runs it, and the same beside LightGBM, XGBoost, CatBoost and shap.
//!
//! Printed are medians of five runs, in rows a second and, for one row, in microseconds.

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
use std::time::Instant;

use hessboost::config::{GrowPolicy, TreeMethod};
use hessboost::model::{Iterations, ModelFormat};
use hessboost::objective::{Objective, RegLoss};
use hessboost::prelude::{DMatrix, TrainingParams, train};
use ndarray::{Array2, Axis};
use stayput::churn::Output;
use stayput::models::import;

use shared::{median, unit};

const TREES: usize = 200;
const WIDTH: usize = 23;
const TRAIN: usize = 20_000;
const ROWS: usize = 2_000;

fn main() {
    let rows = Array2::from_shape_fn((TRAIN, WIDTH), |(row, column)| {
        f64::from(unit(row * WIDTH + column) as f32)
    });
    let labels: Vec<f32> = rows
        .rows()
        .into_iter()
        .enumerate()
        .map(|(at, row)| {
            let odds: f64 = (0..8).map(|i| (row[i] - 0.5) * (3.0 - row[i + 8] * 4.0)).sum();
            f32::from(u8::from(odds + unit(at + 77_777_777) * 2.0 > 1.0))
        })
        .collect();
    let narrow: Vec<f32> = rows.iter().map(|&value| value as f32).collect();
    let data = DMatrix::from_dense_vec(narrow.clone(), TRAIN, WIDTH).unwrap();
    let data = data.with_labels(&labels).unwrap();
    let asked = DMatrix::from_dense_vec(narrow[..ROWS * WIDTH].to_vec(), ROWS, WIDTH).unwrap();
    let one = DMatrix::from_dense_vec(narrow[..WIDTH].to_vec(), 1, WIDTH).unwrap();
    println!("{TREES} trees, {WIDTH} features, one thread      ours  hessboost   ratio");
    for (name, policy, depth, leaves) in [
        ("symmetric, depth 6", GrowPolicy::Symmetric, 6, 0),
        ("depth-wise, depth 6", GrowPolicy::DepthWise, 6, 0),
        ("leaf-wise, 31 leaves", GrowPolicy::LossGuide, 16, 31),
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
        let start = Instant::now();
        let explainer = ours.explainer(None).unwrap();
        let prepared = start.elapsed().as_secs_f64();
        let some = rows.view().split_at(Axis(0), ROWS).0;
        let explained = explainer.explain(some, Output::Margin, Some(1)).unwrap();
        let contributions = theirs.predict_contribs(&asked, Iterations::Best).unwrap();
        let worst = explained.values.iter().enumerate().map(|(at, value)| {
            let other = contributions.get(at / WIDTH, 0).unwrap()[at % WIDTH];
            (value - f64::from(other)).abs()
        });
        let worst = worst.fold(0.0, f64::max);
        let mine = median(|| {
            black_box(explainer.explain(black_box(some), Output::Margin, Some(1)).unwrap());
        });
        let other = median(|| {
            black_box(theirs.predict_contribs(black_box(&asked), Iterations::Best).unwrap());
        });
        let (mine, other) = (ROWS as f64 / mine, ROWS as f64 / other);
        println!("{name:<24} rows/s {mine:>12.0} {other:>10.0} {:>6.1}x", mine / other);
        let row = rows.row(0).to_vec();
        let times = 200.0;
        let mine = median(|| {
            for _ in 0..200 {
                black_box(explainer.explain_row(black_box(&row), Output::Margin).unwrap());
            }
        });
        let other = median(|| {
            for _ in 0..200 {
                black_box(theirs.predict_contribs(black_box(&one), Iterations::Best).unwrap());
            }
        });
        let (mine, other) = (mine / times * 1e6, other / times * 1e6);
        println!("{:<24} µs/row {mine:>12.1} {other:>10.1} {:>6.1}x", "  one row", other / mine);
        println!("  prepared in {:.1} ms; differ by at most {worst:.1e}", prepared * 1e3);
    }
}
