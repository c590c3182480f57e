//! Gradient boosting by the `hessboost` crate, which nothing but this module knows.
//!
//! The loss is logistic, the trees are grown level by level on histograms, categories are split as
//! sets, and a missing value goes to the side that it gains most on. The trained trees are taken
//! over node by node: single precision, leaves that hold the learning rate, `value < threshold`
//! goes left.

use hessboost::config::TreeMethod;
use hessboost::data::FeatureType;
use hessboost::model::{BoostedModel, ImportanceType};
use hessboost::objective::{Objective, RegLoss};
use hessboost::prelude::{DMatrix, TrainingParams};
use hessboost::tree::Node;
use stayput_core::churn::{Forest, ForestParts, InputKind, Predictor};
use stayput_core::{Error, Result};

use crate::data::{Data, refuse};
use crate::lower::{self, Source, Test, shares};
use crate::params::GbmParams;

/// What boosting gives: the trees and each input's share in the loss they took away.
pub(crate) fn fit(data: &Data, params: &GbmParams) -> Result<(Predictor, Vec<f64>)> {
    let model = boost(data, params)?;
    let gains = model.feature_importance(ImportanceType::TotalGain);
    let gain = |input| gains.get(&input).copied().unwrap_or_default();
    let importance = shares((0..data.inputs.len()).map(gain));
    Ok((Predictor::Forest(lower(&model)?), importance))
}

fn boost(data: &Data, params: &GbmParams) -> Result<BoostedModel> {
    let failed = |error: hessboost::prelude::HessboostError| refuse(error.to_string());
    let mut builder = TrainingParams::builder()
        .objective(Objective::BinaryLogistic(RegLoss::default()))
        .tree_method(TreeMethod::Hist)
        .seed(params.random_state)
        .eta(params.learning_rate)
        .max_depth(params.max_depth)
        .min_child_weight(params.min_child_weight)
        .subsample(params.subsample)
        .colsample_bytree(params.colsample_bytree)
        .lambda(params.reg_lambda);
    if let Some(threads) = params.threads {
        builder = builder.nthread(threads);
    }
    let checked = builder.build().map_err(failed)?;
    let matrix = matrix(data).map_err(failed)?;
    hessboost::prelude::train(&checked, &matrix, params.n_estimators).map_err(failed)
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
        lower::push_tree(&mut nodes, 0, 0.0, |at| {
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
    use stayput_core::features::TrainingSet;

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

    #[test]
    fn the_lowered_forest_predicts_as_the_booster_does() {
        let params = TrainParams { max_depth: Some(6), ..TrainParams::default() };
        same_as_the_booster(&made_up(900, 1), &made_up(2_000, 2), &params);
    }

    #[test]
    fn it_does_so_on_real_customers() {
        let Some(telco) = real::telco() else { return };
        same_as_the_booster(&telco, &telco, &TrainParams::default());
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
                ..TrainParams::default()
            };
            same_as_the_booster(&set, &made_up(300, seed ^ 1), &params);
        }
    }
}
