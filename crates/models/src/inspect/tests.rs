//! Inspection against its definitions, on trained models.

#![expect(clippy::cast_precision_loss, reason = "counts of rows")]

use ndarray::{Array2, Axis};
use stayput_core::ErrorCode;
use stayput_core::churn::Output;

use super::*;
use crate::params::{Algorithm, TrainParams};
use crate::testing::made_up;

fn trained(algorithm: Algorithm) -> (Model, Array2<f64>, Vec<bool>) {
    let set = made_up(600, 11);
    let n_estimators = (algorithm == Algorithm::Gbm).then_some(40);
    let model =
        crate::train(&set, &TrainParams { algorithm, n_estimators, ..TrainParams::default() });
    let model = model.unwrap();
    let rows = model.rows_of(&set.table).unwrap();
    (model, rows, set.labels.iter().map(|&label| label == 1.0).collect())
}

fn name(model: &Model, at: usize) -> String {
    model.inputs()[at].name.clone()
}

#[test]
fn shuffling_what_matters_costs_most() {
    for algorithm in [Algorithm::Gbm, Algorithm::Logistic] {
        let (model, rows, labels) = trained(algorithm);
        let found = permutation_importance(&model, rows.view(), &labels, 5, 1).unwrap();
        assert_eq!(found, permutation_importance(&model, rows.view(), &labels, 5, 1).unwrap());
        assert_ne!(found, permutation_importance(&model, rows.view(), &labels, 5, 2).unwrap());
        // Logins matter most, and what never changes does not matter at all.
        let most = found.iter().map(|of| of.mean).fold(f64::MIN, f64::max);
        assert_eq!(found[0].mean, most, "{algorithm:?}");
        assert!(found[5..7].iter().all(|of| of.drops.iter().all(|&drop| drop == 0.0)));
        assert!(found[0].std > 0.0 && found[0].std < found[0].mean);
        let sizes = mean_contributions(&model, rows.view(), None, None).unwrap();
        let explained = model.explainer(None).unwrap();
        let explained = explained.explain(rows.view(), Output::Margin, Some(1)).unwrap();
        for (input, size) in sizes.iter().enumerate() {
            let column = explained.values.column(input);
            assert_eq!(*size, column.iter().map(|value| value.abs()).sum::<f64>() / 600.0);
        }
        assert_eq!(sizes[0], sizes.iter().copied().fold(0.0, f64::max), "{algorithm:?}");
    }
}

#[test]
fn partial_dependence_is_the_mean_over_rows_with_one_value() {
    let (model, rows, _) = trained(Algorithm::Gbm);
    for at in [0, 3] {
        let found = partial_dependence(&model, rows.view(), &name(&model, at), None).unwrap();
        assert!(found.values.len() > 1 && found.values.windows(2).all(|pair| pair[0] < pair[1]));
        for (&value, &mean) in found.values.iter().zip(&found.means) {
            let one = rows.rows().into_iter().map(|row| {
                let mut row = row.to_vec();
                row[at] = value;
                model.predict_row(&row).unwrap()
            });
            assert!((one.sum::<f64>() / 600.0 - mean).abs() < 1e-12);
        }
    }
}

#[test]
fn accumulated_effects_follow_their_definition() {
    let (model, rows, _) = trained(Algorithm::Logistic);
    let found = accumulated_effects(&model, rows.view(), &name(&model, 0), Some(7)).unwrap();
    let ends = &found.values;
    assert!(ends.len() <= 8 && found.effects.len() == ends.len());
    let there: Vec<Vec<f64>> =
        rows.rows().into_iter().filter(|row| !row[0].is_nan()).map(|row| row.to_vec()).collect();
    let at = |row: &[f64], value: f64| {
        let mut row = row.to_vec();
        row[0] = value;
        model.predict_row(&row).unwrap()
    };
    let mut area = 0.0;
    for bin in 1..ends.len() {
        let (low, high) = (ends[bin - 1], ends[bin]);
        let inside =
            |row: &&Vec<f64>| (row[0] > low || bin == 1 && row[0] == low) && row[0] <= high;
        let rows: Vec<_> = there.iter().filter(inside).collect();
        assert_eq!(rows.len(), found.counts[bin]);
        let step = rows.iter().map(|row| at(row, high) - at(row, low)).sum::<f64>();
        let step = step / rows.len() as f64;
        assert!((found.effects[bin] - found.effects[bin - 1] - step).abs() < 1e-12);
        area += rows.len() as f64 * (found.effects[bin] + found.effects[bin - 1]) / 2.0;
    }
    assert!(area.abs() < 1e-9, "{area}");
    assert_eq!(found.counts.iter().sum::<usize>(), there.len());
}

#[test]
fn effects_of_categories_go_through_their_neighbours() {
    let (model, rows, _) = trained(Algorithm::Gbm);
    let found = accumulated_effects(&model, rows.view(), &name(&model, 3), None).unwrap();
    let weighted = found.effects.iter().zip(&found.counts).map(|(e, &n)| e * n as f64);
    assert!(weighted.sum::<f64>().abs() < 1e-9);
    for (step, codes) in found.values.windows(2).enumerate() {
        let near: Vec<usize> = (0..600)
            .filter(|&row| rows[[row, 3]] == codes[0] || rows[[row, 3]] == codes[1])
            .collect();
        let mut near = rows.select(Axis(0), &near);
        near.column_mut(3).fill(codes[1]);
        let next = model.predict(near.view()).unwrap();
        near.column_mut(3).fill(codes[0]);
        let own = model.predict(near.view()).unwrap();
        let mean = next.iter().zip(own).map(|(a, b)| a - b).sum::<f64>() / next.len() as f64;
        assert!((found.effects[step + 1] - found.effects[step] - mean).abs() < 1e-12);
    }
}

#[test]
fn covers_are_shares_of_the_inputs_that_are_asked_about() {
    let (model, ..) = trained(Algorithm::Gbm);
    let covers = cover_importance(&model);
    assert!((covers.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(covers[5..7].iter().all(|&share| share == 0.0) && covers[0] > 0.0);
    let (model, ..) = trained(Algorithm::Logistic);
    assert!(cover_importance(&model).iter().all(|&share| share == 0.0));
}

#[test]
fn what_cannot_be_inspected_is_refused() {
    let (model, rows, labels) = trained(Algorithm::Gbm);
    let argument = |error: Error, path: &str| {
        assert_eq!((error.code(), error.path()), (ErrorCode::Argument, Some(path)));
    };
    let view = rows.view();
    argument(permutation_importance(&model, view, &labels, 0, 1).unwrap_err(), "repeats");
    argument(permutation_importance(&model, view, &labels[1..], 1, 1).unwrap_err(), "labels");
    argument(permutation_importance(&model, view, &[true; 600], 1, 1).unwrap_err(), "labels");
    argument(partial_dependence(&model, view, "loginz", None).unwrap_err(), "feature");
    argument(accumulated_effects(&model, view, "nobody", None).unwrap_err(), "feature");
    argument(accumulated_effects(&model, view, &name(&model, 0), Some(0)).unwrap_err(), "points");
    let mut none = rows.clone();
    none.column_mut(0).fill(f64::NAN);
    let name = name(&model, 0);
    argument(accumulated_effects(&model, none.view(), &name, None).unwrap_err(), "feature");
    let narrow = Array2::zeros((3, 2));
    let error = partial_dependence(&model, narrow.view(), &name, None).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ModelShape);
}
