use std::collections::{BTreeMap, BTreeSet};

use hessboost::model::Iterations;
use hessboost::objective::{Objective, RegLoss};
use hessboost::prelude::DMatrix;
use proptest::prelude::*;
use stayput_core::churn::{Calibrator, Model};
use stayput_core::features::{FeatureData, FeatureType, TrainingSet};
use stayput_core::math::{logit, sigmoid};
use stayput_core::schema::Literal;

use super::boosting::{Order, booster_params};
use super::rounds::{folds, latest};
use super::*;
use crate::booster::matrix;
use crate::calibrate::platt;
use crate::params::{Calibrate, CheckedAlgorithm, EarlyStopping, GrowPolicy, Settled, TrainParams};
use crate::testing::{made_up, real};

fn checked(params: &TrainParams) -> GbmParams {
    match params.check().unwrap().algorithm {
        CheckedAlgorithm::Gbm(gbm) => gbm,
        other => panic!("{other:?}"),
    }
}

/// Trains on `set` and holds the core's margins and probabilities on `unseen` against those of a
/// booster that grows all trees in one call, bit for bit.
fn same_as_the_booster(set: &TrainingSet, unseen: &TrainingSet, params: &TrainParams) {
    let data = Data::new(set).unwrap();
    let gbm = checked(params);
    let Trees::So(Settled { trees, .. }) = gbm.trees else { panic!() };
    let bound = gbm.constraints.bind(&data.inputs, &(0..data.inputs.len()).collect::<Vec<_>>());
    let (order, theirs) = booster_params(&gbm, &bound.unwrap()).unwrap();
    assert_eq!(order, Order::Second);
    let booster = hessboost::prelude::train(&theirs, &matrix(&data).unwrap(), trees).unwrap();
    let model: Model = crate::train(set, params).unwrap();
    let unseen = Data::new(unseen).unwrap();
    let matrix = matrix(&unseen).unwrap();
    let margins = booster.predict_margin(&matrix, Iterations::Best).unwrap();
    let probabilities = booster.predict(&matrix, Iterations::Best).unwrap();
    // Of as many churned as stayed a booster's base is -0, and ours 0: adding 0 makes both 0.
    let bits = |value: f64| (value + 0.0).to_bits();
    let ours = |values: Vec<f64>| values.into_iter().map(bits).collect::<Vec<_>>();
    let theirs = |values: &[f32]| values.iter().map(|&at| bits(at.into())).collect::<Vec<_>>();
    assert_eq!(ours(model.margins(unseen.rows.view()).unwrap()), theirs(margins.as_slice()));
    assert_eq!(ours(model.predict(unseen.rows.view()).unwrap()), theirs(probabilities.as_slice()));
}

/// The set without its categories, which symmetric trees are given encoded.
fn numbers_of(mut set: TrainingSet) -> TrainingSet {
    let number = |kind: &FeatureType| !matches!(kind, FeatureType::Category { .. });
    set.table.columns.retain(|column| number(&column.kind));
    set
}

fn depthwise() -> TrainParams {
    let grow_policy = Some(GrowPolicy::Depthwise);
    TrainParams { grow_policy, ..TrainParams::default() }
}

/// Symmetric trees that may only fall with one feature.
fn bounded(params: TrainParams) -> TrainParams {
    let monotone_constraints = Some([("logins".to_owned(), -1)].into());
    TrainParams { monotone_constraints, grow_policy: None, ..params }
}

#[test]
fn the_lowered_forest_predicts_as_the_booster_does() {
    let params = TrainParams { max_depth: Some(6), n_estimators: Some(50), ..depthwise() };
    same_as_the_booster(&made_up(900, 1), &made_up(2_000, 2), &params);
    let (set, unseen) = (numbers_of(made_up(900, 1)), numbers_of(made_up(2_000, 2)));
    let n_estimators = Some(50);
    same_as_the_booster(&set, &unseen, &bounded(TrainParams { n_estimators, ..params }));
}

/// Where a slope that only rises is 0, by halving.
fn least(slope: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (-64.0, 64.0);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        *(if slope(middle) < 0.0 { &mut low } else { &mut high }) = middle;
    }
    low
}

/// The margins of `unseen` by symmetric trees as they are defined: each is the tree that fits the
/// residuals best by least squares, and each of its leaves the value of least penalised log-loss.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "as they are taken"
)]
fn by_definition(set: &TrainingSet, unseen: &TrainingSet, params: &TrainParams) -> Vec<f64> {
    let gbm = checked(params);
    let Trees::So(Settled { trees, .. }) = gbm.trees else { panic!() };
    let (data, unseen) = (Data::new(set).unwrap(), Data::new(unseen).unwrap());
    let rows = |data: &Data| {
        DMatrix::from_dense_vec(data.rows_f32(), data.rows.nrows(), data.rows.ncols()).unwrap()
    };
    let (seen, unseen) = (rows(&data), rows(&unseen));
    let labels: Vec<f64> = data.labels.iter().map(|&label| f64::from(u8::from(label))).collect();
    let base = logit(labels.iter().sum::<f64>() / labels.len() as f64);
    let mut margins = vec![base; labels.len()];
    let mut of_unseen = vec![base; unseen.n_rows()];
    let (_, like) = booster_params(&gbm, &Bound::default()).unwrap();
    for round in 0..trees {
        let residual = |(label, margin): (&f64, &f64)| (label - sigmoid(*margin)) as f32;
        let residuals: Vec<f32> = labels.iter().zip(&margins).map(residual).collect();
        let mut fit = like.clone();
        fit.objective = Objective::SquaredError(RegLoss::default());
        fit.base_score = Some(0.0);
        fit.seed = gbm.random_state ^ (round as u64).wrapping_mul(0x9E37_79B9);
        let targets = seen.clone().with_labels(&residuals).unwrap();
        let tree = hessboost::prelude::train(&fit, &targets, 1).unwrap();
        let leaves = tree.predict_leaf(&seen, ..).unwrap().into_vec();
        let step = |leaf: u32| {
            let within: Vec<usize> = (0..labels.len()).filter(|&row| leaves[row] == leaf).collect();
            let slope = |moved: f64| {
                let p = |row: usize| sigmoid(margins[row] + moved);
                within.iter().map(|&row| p(row) - labels[row]).sum::<f64>() + gbm.reg_lambda * moved
            };
            gbm.learning_rate * least(slope)
        };
        let own: BTreeSet<u32> = leaves.iter().copied().collect();
        let steps: BTreeMap<u32, f64> = own.into_iter().map(|leaf| (leaf, step(leaf))).collect();
        margins.iter_mut().zip(&leaves).for_each(|(margin, leaf)| *margin += steps[leaf]);
        let leaves = tree.predict_leaf(&unseen, ..).unwrap().into_vec();
        for (margin, leaf) in of_unseen.iter_mut().zip(leaves) {
            *margin += steps.get(&leaf).copied().unwrap_or_default();
        }
    }
    of_unseen
}

#[test]
fn symmetric_trees_are_least_squares_with_leaves_of_least_loss() {
    let (set, unseen) = (numbers_of(made_up(900, 1)), numbers_of(made_up(500, 2)));
    let random_strength = Some(0.0);
    let params = TrainParams { n_estimators: Some(30), random_strength, ..TrainParams::default() };
    for params in [TrainParams { max_depth: Some(2), ..params.clone() }, params] {
        let model = crate::train(&set, &params).unwrap();
        let rows = Data::new(&unseen).unwrap().rows;
        let ours = model.margins(rows.view()).unwrap();
        let defined = by_definition(&set, &unseen, &params);
        let apart = ours.iter().zip(&defined).map(|(own, other)| (own - other).abs());
        let apart = apart.fold(0.0, f64::max);
        assert!(apart < 1e-5, "{apart}");
    }
}

/// The rows of a leaf are those of one margin, which lies where it has their least penalised loss.
#[test]
#[expect(clippy::cast_precision_loss, reason = "a count of rows")]
fn noise_moves_splits_and_no_leaf() {
    let set = numbers_of(made_up(900, 4));
    let data = Data::new(&set).unwrap();
    let count = data.labels.len() as f64;
    let share = data.labels.iter().filter(|&&label| label).count() as f64 / count;
    let grown = |random_strength| {
        let params = TrainParams {
            random_strength,
            n_estimators: Some(1),
            max_depth: Some(3),
            ..TrainParams::default()
        };
        let margins = crate::train(&set, &params).unwrap().margins(data.rows.view()).unwrap();
        let mut leaves: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
        for (margin, &label) in margins.iter().zip(&data.labels) {
            let (positives, rows) = leaves.entry(margin.to_bits()).or_default();
            *positives += f64::from(u8::from(label));
            *rows += 1.0;
        }
        for (margin, (positives, rows)) in leaves {
            let slope = |moved: f64| rows * sigmoid(logit(share) + moved) - positives + 0.5 * moved;
            let defined = logit(share) + 0.03 * least(slope);
            assert!((f64::from_bits(margin) - defined).abs() < 1e-6);
        }
        margins
    };
    assert!(grown(Some(5.0)) != grown(Some(0.0)));
}

/// One in fifty churns, and all who do have one name: from the base the first Newton step of their
/// leaf leads far past what is true of it, to where there are no second derivatives.
#[test]
fn a_leaf_far_from_the_base_does_no_harm() {
    let rows = 20_000;
    let mut set = numbers_of(made_up(rows, 5));
    set.table.columns.truncate(1);
    let rare: Vec<bool> = (0..rows).map(|row| row % 25 == 0).collect();
    set.labels = (0..rows).map(|row| f64::from(u8::from(row % 50 == 0))).collect();
    let marked = rare.iter().map(|&rare| f64::from(u8::from(rare))).collect();
    set.table.columns[0].data = FeatureData::Number(marked);
    for (trees, reg_lambda) in [(1, 0.0), (300, 0.0), (300, 1.0)] {
        let params = TrainParams {
            n_estimators: Some(trees),
            learning_rate: Some(if trees == 1 { 1.0 } else { 0.1 }),
            reg_lambda: Some(reg_lambda),
            colsample_bylevel: Some(1.0),
            ..TrainParams::default()
        };
        let model = crate::train(&set, &params).unwrap();
        let [others, rare] = [0.0, 1.0].map(|mark| model.predict_row(&[mark]).unwrap());
        assert!(others < 0.02 && rare > 0.02, "{others} {rare}");
        assert!(trees == 1 || (others < 1e-3 && (rare - 0.5).abs() < 0.02), "{others} {rare}");
    }
}

#[test]
fn it_does_so_on_real_customers() {
    let Some(telco) = real::telco() else { return };
    let of = |params| TrainParams { n_estimators: Some(200), ..params };
    same_as_the_booster(&telco, &telco, &of(depthwise()));
    let numbers = numbers_of(telco);
    let monotone_constraints = Some([("tenure".to_owned(), -1)].into());
    let bounded = TrainParams { monotone_constraints, ..TrainParams::default() };
    same_as_the_booster(&numbers, &numbers, &of(bounded));
}

fn settled(data: &Data, params: &TrainParams) -> Settled {
    let gbm = checked(params);
    let Trees::Chosen(held_out) = gbm.trees else { panic!() };
    settle(data, &gbm, &held_out, &Bound::default(), None).unwrap()
}

/// The log-loss on rows held out falls, and rises again: the number chosen lies between.
#[test]
fn as_many_trees_are_grown_as_rows_held_out_ask_for() {
    let data = Data::new(&numbers_of(made_up(900, 3))).unwrap();
    let rounds = |data: &Data, params: &TrainParams| settled(data, params).trees;
    let chosen = rounds(&data, &TrainParams::default());
    let fast = TrainParams { learning_rate: Some(0.3), ..TrainParams::default() };
    let fewer = rounds(&data, &fast);
    assert!(1 < fewer && fewer < chosen && chosen < 1_000, "{fewer} {chosen}");
    let few = data.select(&(0..12).collect::<Vec<_>>());
    assert!(rounds(&few, &TrainParams::default()) <= 1_000);
    // The most that are tried, and a patience that gives up at the first rise.
    let most = TrainParams {
        n_estimators: Some(20),
        early_stopping: Some(EarlyStopping::Folds),
        ..TrainParams::default()
    };
    assert_eq!(rounds(&data, &most), 20);
    let calm = TrainParams { random_strength: Some(0.0), ..fast };
    let hasty = TrainParams { early_stopping_rounds: Some(1), ..calm.clone() };
    assert!(rounds(&data, &hasty) <= rounds(&data, &calm));
}

/// The trees are those that as many without a choice are, and their sum is scaled by the Platt
/// calibrator of the folds' margins; none where a calibrator is asked for, or trees are added.
#[test]
fn the_sum_of_the_trees_is_scaled_as_rows_held_out_say() {
    let set = numbers_of(made_up(900, 3));
    let data = Data::new(&set).unwrap();
    let params = TrainParams { learning_rate: Some(0.1), ..TrainParams::default() };
    let Settled { trees, slope, intercept } = settled(&data, &params);
    let n_estimators = Some(trees as u64);
    let given = TrainParams { n_estimators, ..params.clone() };
    let (mut margins, mut labels) = (Vec::new(), Vec::new());
    for (rest, test) in folds(&data, 0) {
        let test = set.select(&test).unwrap();
        let model = crate::train(&set.select(&rest).unwrap(), &given).unwrap();
        margins.extend(model.margins(model.rows_of(&test.table).unwrap().view()).unwrap());
        labels.extend(test.labels.iter().map(|&label| label > 0.0));
    }
    assert_eq!(labels.len(), 900);
    let Calibrator::Platt { slope: along, intercept: by } = platt(&margins, &labels, None) else {
        panic!()
    };
    assert!((slope - along).abs() < 1e-6 && (intercept - by).abs() < 1e-6);
    assert!((slope - 1.0).abs() > 0.01, "{slope}");

    let model = crate::train(&set, &params).unwrap();
    let (scaled, plain) = (model.margins(data.rows.view()), crate::train(&set, &given));
    let plain = plain.unwrap().margins(data.rows.view()).unwrap();
    for (scaled, plain) in scaled.unwrap().into_iter().zip(plain) {
        assert!((scaled - (slope * plain + intercept)).abs() < 1e-5);
    }
    let recorded = &model.parts().params;
    assert_eq!(recorded["slope"], Literal::Number(slope));
    assert_eq!(recorded["intercept"], Literal::Number(intercept));

    let calibrated = TrainParams { calibrate: Some(Calibrate::Platt), ..params.clone() };
    let calibrated = crate::train(&set, &calibrated).unwrap();
    assert!(!calibrated.parts().params.contains_key("slope"));
    let options = crate::TrainOptions { init_model: Some(&model), ..Default::default() };
    let further = crate::train_with(&set, &params, options).unwrap();
    assert_eq!(further.parts().params.get("slope"), None);
}

/// The rows of the last of three instants are a third of all.
#[test]
fn the_latest_instants_are_held_out() {
    let set = numbers_of(made_up(900, 3));
    let data = Data::new(&set).unwrap();
    let (rest, test) = latest(&data).unwrap();
    assert_eq!((rest.len(), test.len()), (600, 300));
    let last = data.as_of.iter().max().unwrap();
    assert!(test.iter().all(|&row| data.as_of[row] == *last));
    assert!(rest.iter().all(|&row| data.as_of[row] < *last));
    let by_time = TrainParams {
        early_stopping: Some(EarlyStopping::Time),
        learning_rate: Some(0.3),
        ..TrainParams::default()
    };
    // What the rows held out say is what a booster of the other rows says of them.
    let chosen = settled(&data, &by_time).trees;
    let loss = |trees: usize| {
        let params = TrainParams {
            n_estimators: Some(trees as u64),
            early_stopping: None,
            ..by_time.clone()
        };
        let model = crate::train(&set.select(&rest).unwrap(), &params).unwrap();
        crate::evaluate(&model, &set.select(&test).unwrap()).unwrap().log_loss
    };
    assert!(loss(chosen) < loss(chosen.div_ceil(2)) && loss(chosen) < loss(chosen + 40));
    let model = crate::train(&set, &by_time).unwrap();
    let recorded = format!("{:?}", model.parts().params["n_estimators"]);
    assert!(recorded.contains(&chosen.to_string()), "{recorded} {chosen}");
    let single = set.select(&test).unwrap();
    let error = crate::train(&single, &by_time).unwrap_err();
    assert!(error.to_string().contains("choose `folds`, or more cut-offs"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn it_does_so_for_any_parameters(
        seed in any::<u64>(),
        rows in 12_usize..300,
        n_estimators in 1_u64..40,
        max_depth in 1_u64..9,
        learning_rate in 0.01_f64..1.0,
        shares in (0.3_f64..1.0, 0.3_f64..1.0),
        reg_lambda in 0.0_f64..5.0,
    ) {
        let set = made_up(rows, seed);
        prop_assume!(Data::new(&set).is_ok());
        let params = TrainParams {
            n_estimators: Some(n_estimators),
            max_depth: Some(max_depth),
            learning_rate: Some(learning_rate),
            subsample: Some(shares.0),
            colsample_bytree: Some(shares.1),
            reg_lambda: Some(reg_lambda),
            random_state: Some(seed),
            ..depthwise()
        };
        let unseen = made_up(300, seed ^ 1);
        same_as_the_booster(&set, &unseen, &params);
        same_as_the_booster(&numbers_of(set), &numbers_of(unseen), &bounded(params));
    }
}
