//! Gradient boosting by the `hessboost` crate, which nothing but this module and those of the other
//! trees ([`crate::forest`], [`crate::tree`]) knows.
//!
//! The loss is logistic, the trees are grown on histograms, and a missing value goes to the side
//! that it gains most on. Symmetric trees ask one question a level and split numbers alone;
//! depth-wise trees split categories as sets. The trained trees are taken over node by node: single
//! precision, leaves that hold the learning rate, `value < threshold` goes left.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use hessboost::config::{GrowPolicy, Monotone, TreeMethod};
use hessboost::data::FeatureType;
use hessboost::model::{BoostedModel, ImportanceType, ModelFormat};
use hessboost::objective::{Objective, RegLoss};
use hessboost::prelude::{DMatrix, Trainer, TrainingParams};
use hessboost::tree::{Node, RegTree};
use stayput_core::churn::{Forest, ForestParts, InputKind, Link, Nodes, Predictor};
use stayput_core::time::Timestamp;
use stayput_core::{Error, Result};

use crate::constraints::Bound;
use crate::data::{Data, refuse};
use crate::export;
use crate::lower::{self, Source, Test, shares};
use crate::params::{self, EarlyStopping, GbmParams, HeldOut, Trees};
use crate::validate::stratified;

/// What boosting gives: the trees and each column's share in the loss they took away.
///
/// Where it goes on from `init`, the trees of that come first, as they are, and the shares are of
/// the trees that were added.
pub(crate) fn fit(
    data: &Data,
    params: &GbmParams,
    bound: &Bound,
    init: Option<&Nodes<f32>>,
) -> Result<(Predictor, Vec<f64>)> {
    let model = boost(data, params, bound, init)?;
    let importance = importance(&model, data);
    Ok((Predictor::Forest(lower(&model, init)?), importance))
}

/// The share of each column in what the splits gained.
pub(crate) fn importance(model: &BoostedModel, data: &Data) -> Vec<f64> {
    let gains = model.feature_importance(ImportanceType::TotalGain);
    let gain = |input| gains.get(&input).copied().unwrap_or_default();
    shares((0..data.inputs.len()).map(gain))
}

/// The folds that are held out, one after the other.
const FOLDS: usize = 5;

/// From so many rows on, one fold tells enough.
const LARGE: usize = 20_000;

/// The trees of a table too small to hold rows out.
const ROUNDS_UNKNOWN: usize = 100;

/// The number of trees with the least mean log-loss on rows held out. Cost: a training for each
/// fold.
///
/// `data` is encoded as a whole, so where a category stands for its mean label, rows held out had a
/// part in the encoding of the others. It moves the number of trees, and no measure of the model.
pub(crate) fn best_rounds(
    data: &Data,
    params: &GbmParams,
    bound: &Bound,
    init: Option<&Nodes<f32>>,
) -> Result<usize> {
    let Trees::Chosen(held_out) = params.trees else { return Ok(ROUNDS_UNKNOWN) };
    let splits = match held_out.rows {
        EarlyStopping::Folds => folds(data, params.random_state),
        EarlyStopping::Time => vec![latest(data)?],
    };
    let init = init.map(|nodes| initial(nodes, data)).transpose()?;
    let curve = |(rest, test): (Vec<usize>, Vec<usize>)| {
        held_out_losses(data, params, bound, &held_out, init.as_ref(), [&rest, &test])
    };
    let curves: Vec<Vec<f64>> = splits.into_iter().map(curve).collect::<Result<_>>()?;
    // A fold that stopped early stays where it was.
    let at = |curve: &Vec<f64>, round: usize| curve.get(round).or(curve.last()).copied();
    let loss = |round| curves.iter().filter_map(|curve| at(curve, round)).sum::<f64>();
    let rounds = curves.iter().map(Vec::len).max().unwrap_or_default();
    let best = (0..rounds).min_by(|a, b| loss(*a).total_cmp(&loss(*b)));
    Ok(best.map_or(ROUNDS_UNKNOWN.min(held_out.most), |best| best + 1))
}

/// Five stratified folds, or one of them where there are many rows: the rows that are trained on,
/// and those held out. None where the rarer label has a single row.
fn folds(data: &Data, seed: u64) -> Vec<(Vec<usize>, Vec<usize>)> {
    let positives = data.labels.iter().filter(|&&label| label).count();
    let folds = FOLDS.min(positives).min(data.labels.len() - positives);
    if folds < 2 {
        return Vec::new();
    }
    let fold_of = stratified(&data.labels, folds, seed);
    let held_out = if data.labels.len() < LARGE { folds } else { 1 };
    let split = |fold| (0..fold_of.len()).partition(|&row: &usize| fold_of[row] != fold);
    (0..held_out).map(split).collect()
}

/// One split by time: held out are the rows of the latest instants, as few of these as make a
/// fifth of the rows.
fn latest(data: &Data) -> Result<(Vec<usize>, Vec<usize>)> {
    let mut rows_at: BTreeMap<Timestamp, usize> = BTreeMap::new();
    for &as_of in &data.as_of {
        *rows_at.entry(as_of).or_default() += 1;
    }
    let all = data.as_of.len();
    let mut held_out = 0;
    let enough = |&(_, rows): &(&Timestamp, &usize)| {
        held_out += rows;
        5 * held_out >= all
    };
    let first = rows_at.iter().rev().find(enough).map(|(&first, _)| first);
    let (rest, test): (Vec<usize>, Vec<usize>) =
        (0..all).partition(|&row| first.is_none_or(|first| data.as_of[row] < first));
    let label = |label| rest.iter().any(|&row| data.labels[row] == label);
    if !label(true) || !label(false) {
        let message = "`early_stopping` `time` needs rows of both labels before the latest \
                       instants, which make a fifth of the rows; choose `folds`, or more cut-offs";
        return Err(refuse(message));
    }
    Ok((rest, test))
}

/// After each tree, the log-loss on rows held out, which training does not see.
fn held_out_losses(
    data: &Data,
    params: &GbmParams,
    bound: &Bound,
    held_out: &HeldOut,
    init: Option<&BoostedModel>,
    [rest, test]: [&[usize]; 2],
) -> Result<Vec<f64>> {
    let seen = matrix(&data.select(rest)).map_err(failed)?;
    let unseen = matrix(&data.select(test)).map_err(failed)?;
    let checked = checked(params, bound)?;
    let patience = NonZeroUsize::new(held_out.patience).unwrap_or(NonZeroUsize::MIN);
    let mut trainer = Trainer::new(&checked, &seen, held_out.most)
        .eval(&unseen, "held out")
        .early_stopping_rounds(patience);
    if let Some(init) = init {
        trainer = trainer.init_model(init);
    }
    let trained = trainer.train().map_err(failed)?;
    Ok(trained.history.rounds().filter_map(|round| round.values().last().copied()).collect())
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` gives")]
pub(crate) fn failed(error: hessboost::prelude::HessboostError) -> Error {
    refuse(error.to_string())
}

fn boost(
    data: &Data,
    params: &GbmParams,
    bound: &Bound,
    init: Option<&Nodes<f32>>,
) -> Result<BoostedModel> {
    let trees = match params.trees {
        Trees::So(trees) => trees,
        Trees::Chosen(_) => best_rounds(data, params, bound, init)?,
    };
    let (checked, matrix) = (checked(params, bound)?, matrix(data).map_err(failed)?);
    let init = init.map(|nodes| initial(nodes, data)).transpose()?;
    let mut trainer = Trainer::new(&checked, &matrix, trees);
    if let Some(init) = &init {
        trainer = trainer.init_model(init);
    }
    Ok(trainer.train().map_err(failed)?.model)
}

/// The booster's own form of a forest of ours, by way of the file that our exporter writes. Its
/// margins are the same to the bit; that its splits gained something is forgotten.
fn initial(nodes: &Nodes<f32>, data: &Data) -> Result<BoostedModel> {
    let mut file = export::xgboost_file(nodes.clone(), &data.inputs)?;
    // The booster reads the base as version 3.1 and newer write it.
    if let Some(base) = file.pointer_mut("/learner/learner_model_param/base_score") {
        *base = "[5E-1]".into();
    }
    BoostedModel::decode(file.to_string(), ModelFormat::XgboostJson).map_err(failed)
}

/// The parameters as the booster takes them.
fn checked(params: &GbmParams, bound: &Bound) -> Result<TrainingParams> {
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
        .monotone_constraints(monotone(bound))
        .interaction_constraints(bound.interaction.clone())
        .lambda(params.reg_lambda);
    if let Some(threads) = params.threads {
        builder = builder.nthread(threads);
    }
    builder.build().map_err(failed)
}

/// Monotone constraints as the booster takes them.
fn monotone(bound: &Bound) -> Vec<Monotone> {
    let direction = |direction: &i8| match direction {
        1 => Monotone::Increasing,
        -1 => Monotone::Decreasing,
        _ => Monotone::None,
    };
    bound.monotone.iter().map(direction).collect()
}

/// Rows, labels and weights as the booster takes them.
pub(crate) fn matrix(data: &Data) -> hessboost::prelude::Result<DMatrix> {
    let types: Vec<FeatureType> = data
        .inputs
        .iter()
        .map(|input| match input.kind {
            InputKind::Category { .. } => FeatureType::Categorical,
            InputKind::Number | InputKind::Bool => FeatureType::Numerical,
        })
        .collect();
    let labels: Vec<f32> = data.labels.iter().map(|&label| f32::from(u8::from(label))).collect();
    let matrix = DMatrix::from_dense_vec(data.rows_f32(), data.rows.nrows(), data.rows.ncols())?
        .with_feature_types(&types)?
        .with_labels(&labels)?;
    match data.weights_f32() {
        Some(weights) => matrix.with_weights(&weights),
        None => Ok(matrix),
    }
}

/// The core's forest with the same thresholds, sets, leaves and order of summation; the trees of
/// `init` as they are, and those of the booster that come after.
fn lower(model: &BoostedModel, init: Option<&Nodes<f32>>) -> Result<Forest> {
    let mut nodes = match init {
        Some(init) => init.clone(),
        None => lower::empty(model.base_score()),
    };
    let known = nodes.roots.len();
    for tree in model.trees().iter().skip(known) {
        push_tree(&mut nodes, tree)?;
    }
    Forest::new(ForestParts::F32(nodes))
}

/// The core's forest of a forest whose margin is the probability itself.
pub(crate) fn lower_probabilities(model: &BoostedModel) -> Result<Forest> {
    let mut nodes = lower::empty(model.base_score());
    nodes.link = Link::Identity;
    for tree in model.trees() {
        push_tree(&mut nodes, tree)?;
    }
    Forest::new(ForestParts::F32(nodes))
}

fn push_tree(nodes: &mut Nodes<f32>, tree: &RegTree) -> Result<()> {
    let cover = |at| Some(tree.node(at).sum_hess);
    lower::push_tree(nodes, 0, 0.0, cover, |at| {
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
    })
}

pub(crate) fn children(node: &Node) -> Result<(usize, usize)> {
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
        let data = Data::new(set).unwrap();
        let booster = boost(&data, &checked(params), &Bound::default(), None).unwrap();
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
        let rounds = |data: &Data, params: &TrainParams| {
            best_rounds(data, &checked(params), &Bound::default(), None).unwrap()
        };
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
        let hasty = TrainParams { early_stopping_rounds: Some(1), ..fast };
        assert!(rounds(&data, &hasty) <= fewer);
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
        let chosen = best_rounds(&data, &checked(&by_time), &Bound::default(), None).unwrap();
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
            let symmetric = TrainParams { grow_policy: None, ..params };
            same_as_the_booster(&numbers_of(set), &numbers_of(unseen), &symmetric);
        }
    }
}
