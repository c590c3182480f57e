//! Gradient boosting by the `hessboost` crate, which nothing but this module knows.
//!
//! The loss is logistic, the trees are grown on histograms, and a missing value goes to the side
//! that it gains most on. Symmetric trees ask one question a level and split numbers alone;
//! depth-wise trees split categories as sets. The trained trees are taken over node by node: single
//! precision, leaves that hold the learning rate, `value < threshold` goes left.

use std::num::NonZeroUsize;

use hessboost::config::{GrowPolicy, TreeMethod};
use hessboost::data::FeatureType;
use hessboost::model::{BoostedModel, ImportanceType};
use hessboost::objective::{Objective, RegLoss};
use hessboost::prelude::{DMatrix, Trainer, TrainingParams};
use hessboost::tree::Node;
use stayput_core::churn::{Forest, ForestParts, InputKind, Predictor};
use stayput_core::{Error, Result};

use crate::data::{Data, refuse};
use crate::lower::{self, Source, Test, shares};
use crate::params::{self, GbmParams};
use crate::validate::stratified;

/// What boosting gives: the trees and each input's share in the loss they took away.
pub(crate) fn fit(data: &Data, params: &GbmParams) -> Result<(Predictor, Vec<f64>)> {
    let model = boost(data, params)?;
    let gains = model.feature_importance(ImportanceType::TotalGain);
    let gain = |input| gains.get(&input).copied().unwrap_or_default();
    let importance = shares((0..data.inputs.len()).map(gain));
    Ok((Predictor::Forest(lower(&model)?), importance))
}

/// The most trees that are tried where rows held out say how many.
const MOST_ROUNDS: usize = 1_000;

/// After so many trees without a lower log-loss no more are tried.
const PATIENCE: NonZeroUsize = NonZeroUsize::new(100).unwrap();

/// The folds that are held out, one after the other.
const FOLDS: usize = 5;

/// From so many rows on, one fold tells enough.
const LARGE: usize = 20_000;

/// The trees of a table too small to hold rows out.
const ROUNDS_UNKNOWN: usize = 100;

/// The number of trees with the least mean log-loss on rows held out: five stratified folds, or one
/// of them where there are many rows. Cost: a training for each fold.
///
/// `data` is encoded as a whole, so where a category stands for its mean label, rows held out had a
/// part in the encoding of the others. It moves the number of trees, and no measure of the model.
pub(crate) fn best_rounds(data: &Data, params: &GbmParams) -> Result<usize> {
    let positives = data.labels.iter().filter(|&&label| label).count();
    let folds = FOLDS.min(positives).min(data.labels.len() - positives);
    if folds < 2 {
        return Ok(ROUNDS_UNKNOWN);
    }
    let fold_of = stratified(&data.labels, folds, params.random_state);
    let held_out = if data.labels.len() < LARGE { folds } else { 1 };
    let curves = (0..held_out).map(|fold| held_out_losses(data, params, &fold_of, fold));
    let curves: Vec<Vec<f64>> = curves.collect::<Result<_>>()?;
    // A fold that stopped early stays where it was.
    let at = |curve: &Vec<f64>, round: usize| curve.get(round).or(curve.last()).copied();
    let loss = |round| curves.iter().filter_map(|curve| at(curve, round)).sum::<f64>();
    let rounds = curves.iter().map(Vec::len).max().unwrap_or_default();
    let best = (0..rounds).min_by(|a, b| loss(*a).total_cmp(&loss(*b)));
    Ok(best.map_or(ROUNDS_UNKNOWN, |best| best + 1))
}

/// After each tree, the log-loss on the rows of a fold, which training does not see.
fn held_out_losses(
    data: &Data,
    params: &GbmParams,
    fold_of: &[usize],
    fold: usize,
) -> Result<Vec<f64>> {
    let (test, rest): (Vec<usize>, Vec<usize>) =
        (0..fold_of.len()).partition(|&row| fold_of[row] == fold);
    let seen = matrix(&data.select(&rest)).map_err(failed)?;
    let unseen = matrix(&data.select(&test)).map_err(failed)?;
    let checked = checked(params)?;
    let trained = Trainer::new(&checked, &seen, MOST_ROUNDS)
        .eval(&unseen, "held out")
        .early_stopping_rounds(PATIENCE)
        .train()
        .map_err(failed)?;
    Ok(trained.history.rounds().filter_map(|round| round.values().last().copied()).collect())
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` gives")]
fn failed(error: hessboost::prelude::HessboostError) -> Error {
    refuse(error.to_string())
}

fn boost(data: &Data, params: &GbmParams) -> Result<BoostedModel> {
    let trees = match params.n_estimators {
        Some(trees) => trees,
        None => best_rounds(data, params)?,
    };
    hessboost::prelude::train(&checked(params)?, &matrix(data).map_err(failed)?, trees)
        .map_err(failed)
}

/// The parameters as the booster takes them.
fn checked(params: &GbmParams) -> Result<TrainingParams> {
    let mut builder = TrainingParams::builder()
        .objective(Objective::BinaryLogistic(RegLoss::default()))
        .tree_method(TreeMethod::Hist)
        .seed(params.random_state)
        .eta(params.learning_rate)
        .max_depth(params.max_depth)
        .min_child_weight(params.min_child_weight)
        .subsample(params.subsample)
        .colsample_bytree(params.colsample_bytree)
        .colsample_bylevel(params.colsample_bylevel)
        .grow_policy(match params.grow_policy {
            params::GrowPolicy::Symmetric => GrowPolicy::Symmetric,
            params::GrowPolicy::Depthwise => GrowPolicy::DepthWise,
        })
        .lambda(params.reg_lambda);
    if let Some(threads) = params.threads {
        builder = builder.nthread(threads);
    }
    builder.build().map_err(failed)
}

fn matrix(data: &Data) -> hessboost::prelude::Result<DMatrix> {
    let types: Vec<FeatureType> = data
        .inputs
        .iter()
        .map(|input| match input.kind {
            InputKind::Category { .. } => FeatureType::Categorical,
            InputKind::Number | InputKind::Bool => FeatureType::Numerical,
        })
        .collect();
    let labels: Vec<f32> = data.labels.iter().map(|&label| f32::from(u8::from(label))).collect();
    DMatrix::from_dense_vec(data.rows_f32(), data.rows.nrows(), data.rows.ncols())?
        .with_feature_types(&types)?
        .with_labels(&labels)
}

/// The core's forest with the same thresholds, sets, leaves and order of summation.
fn lower(model: &BoostedModel) -> Result<Forest> {
    let mut nodes = lower::empty(model.base_score());
    for tree in model.trees() {
        let cover = |at| Some(tree.node(at).sum_hess);
        lower::push_tree(&mut nodes, 0, 0.0, cover, |at| {
            let node = tree.node(at);
            if node.is_leaf() {
                return Ok(Source::Leaf(node.leaf_value));
            }
            let test = if node.is_categorical {
                Test::OneOf(tree.split_categories(at).to_vec())
            } else {
                Test::Below(node.split_cond)
            };
            let (left, right) = children(node)?;
            let feature = node.split_feature as usize;
            Ok(Source::Split { feature, test, missing_left: node.default_left, left, right })
        })?;
    }
    Forest::new(ForestParts::F32(nodes))
}

fn children(node: &Node) -> Result<(usize, usize)> {
    let child = |at: i32| {
        usize::try_from(at).map_err(|_| Error::internal("a split of the booster lacks a child"))
    };
    Ok((child(node.left)?, child(node.right)?))
}

#[cfg(test)]
mod tests {
    use hessboost::model::Iterations;
    use proptest::prelude::*;
    use stayput_core::churn::Model;
    use stayput_core::features::{FeatureType, TrainingSet};

    use super::*;
    use crate::params::{CheckedAlgorithm, TrainParams};
    use crate::testing::{made_up, real};

    fn checked(params: &TrainParams) -> GbmParams {
        match params.check().unwrap().algorithm {
            CheckedAlgorithm::Gbm(gbm) => gbm,
            other => panic!("{other:?}"),
        }
    }

    /// Trains on `set` and holds the core's margins and probabilities on `unseen` against the
    /// booster's own, bit for bit.
    fn same_as_the_booster(set: &TrainingSet, unseen: &TrainingSet, params: &TrainParams) {
        let booster = boost(&Data::new(set).unwrap(), &checked(params)).unwrap();
        let model: Model = crate::train(set, params).unwrap();
        let unseen = Data::new(unseen).unwrap();
        let matrix = matrix(&unseen).unwrap();
        let margins = booster.predict_margin(&matrix, Iterations::Best).unwrap();
        let probabilities = booster.predict(&matrix, Iterations::Best).unwrap();
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        let theirs = |values: &[f32]| {
            values.iter().map(|&value| f64::from(value).to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(bits(&model.margins(unseen.rows.view()).unwrap()), theirs(margins.as_slice()));
        let ours = model.predict(unseen.rows.view()).unwrap();
        assert_eq!(bits(&ours), theirs(probabilities.as_slice()));
    }

    /// The set without its categories, which symmetric trees are given encoded.
    fn numbers_of(mut set: TrainingSet) -> TrainingSet {
        let number = |kind: &FeatureType| !matches!(kind, FeatureType::Category { .. });
        set.table.columns.retain(|column| number(&column.kind));
        set
    }

    fn depthwise() -> TrainParams {
        let grow_policy = Some(params::GrowPolicy::Depthwise);
        TrainParams { grow_policy, ..TrainParams::default() }
    }

    #[test]
    fn the_lowered_forest_predicts_as_the_booster_does() {
        let params = TrainParams { max_depth: Some(6), n_estimators: Some(50), ..depthwise() };
        same_as_the_booster(&made_up(900, 1), &made_up(2_000, 2), &params);
        let (set, unseen) = (numbers_of(made_up(900, 1)), numbers_of(made_up(2_000, 2)));
        same_as_the_booster(&set, &unseen, &TrainParams::default());
    }

    #[test]
    fn it_does_so_on_real_customers() {
        let Some(telco) = real::telco() else { return };
        let of = |params| TrainParams { n_estimators: Some(200), ..params };
        same_as_the_booster(&telco, &telco, &of(depthwise()));
        let numbers = numbers_of(telco);
        same_as_the_booster(&numbers, &numbers, &of(TrainParams::default()));
    }

    /// The log-loss on rows held out falls, and rises again: the number chosen lies between.
    #[test]
    fn as_many_trees_are_grown_as_rows_held_out_ask_for() {
        let data = Data::new(&numbers_of(made_up(900, 3))).unwrap();
        let chosen = best_rounds(&data, &checked(&TrainParams::default())).unwrap();
        let fast = TrainParams { learning_rate: Some(0.3), ..TrainParams::default() };
        let fewer = best_rounds(&data, &checked(&fast)).unwrap();
        assert!(1 < fewer && fewer < chosen && chosen < MOST_ROUNDS, "{fewer} {chosen}");
        let few = data.select(&(0..12).collect::<Vec<_>>());
        assert!(best_rounds(&few, &checked(&TrainParams::default())).unwrap() <= MOST_ROUNDS);
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
            let symmetric = TrainParams { grow_policy: None, ..params };
            same_as_the_booster(&numbers_of(set), &numbers_of(unseen), &symmetric);
        }
    }
}
