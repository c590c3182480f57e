//! A random forest by the `hessboost` crate: one round of many trees on squared error.
//!
//! Every tree is grown on rows drawn without putting them back and, for each split, on features
//! drawn anew (Breiman 2001; the share of 0.632 of the rows is what drawing with replacement
//! leaves of them, and shows the same trees: Friedman and Hall 2007). On labels of 0 and 1 squared
//! error splits as the Gini impurity does, and the value of a leaf without a penalty is the share of
//! label 1 among its rows, each counting its weight. The probability is the mean of these shares over
//! the trees, which the core's forest gives as its margin ([`Link::Identity`]). It is not log-odds,
//! so such a forest is not exported.
//!
//! Splits lie between 256 quantiles of a feature. A missing value goes to the side that it gains
//! most on, categories are split as sets, and the same seed draws the same on any number of threads.
//!
//! [`Link::Identity`]: stayput_core::churn::Link::Identity

use hessboost::config::TreeMethod;
use hessboost::objective::{Objective, RegLoss};
use hessboost::prelude::TrainingParams;
use stayput_core::Result;
use stayput_core::churn::Predictor;

use crate::booster::{failed, importance, lower_probabilities, matrix};
use crate::constraints::Bound;
use crate::data::Data;
use crate::params::{ForestParams, MaxFeatures};

/// What the forest gives: the trees, and each column's share in the impurity they took away.
pub(crate) fn fit(
    data: &Data,
    params: &ForestParams,
    bound: &Bound,
) -> Result<(Predictor, Vec<f64>)> {
    #[expect(clippy::cast_precision_loss, reason = "numbers of columns and rows")]
    let features = match params.max_features {
        MaxFeatures::Sqrt => 1.0 / (data.inputs.len() as f64).sqrt(),
        MaxFeatures::Share(share) => share,
    };
    #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
    let least = params.min_samples_leaf as f64;
    let mut builder = TrainingParams::builder()
        .objective(Objective::SquaredError(RegLoss::default()))
        .base_score(0.0)
        .tree_method(TreeMethod::Hist)
        .seed(params.random_state)
        .eta(1.0)
        .num_parallel_tree(params.n_estimators)
        .max_depth(params.max_depth)
        // The second derivative of squared error is a row's weight.
        .min_child_weight(least)
        .subsample(params.max_samples)
        .colsample_bynode(features)
        .interaction_constraints(bound.interaction.clone())
        .lambda(0.0);
    if let Some(threads) = params.threads {
        builder = builder.nthread(threads);
    }
    let checked = builder.build().map_err(failed)?;
    let matrix = matrix(data)?;
    let model = hessboost::prelude::train(&checked, &matrix, 1).map_err(failed)?;
    let importance = importance(model.trees().iter(), data.inputs.len());
    Ok((Predictor::Forest(lower_probabilities(&model)?), importance))
}
