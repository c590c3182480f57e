//! One shallow tree that can be read, by the `hessboost` crate.
//!
//! The tree is grown greedily on squared error, which on labels of 0 and 1 splits as the Gini
//! impurity does (Breiman, Friedman, Olshen and Stone 1984), between any two values of a feature up
//! to 65,535 of them. Categories are split as sets, and a missing value goes to the side that it
//! gains most on. What is taken over is the structure. A threshold becomes the shortest number that
//! still parts the training rows, and the probability of a leaf is
//! `(k + m · p) / (n + m)`: `k` of `n` rows have label 1, each counting its weight, `p` is the share
//! of all rows, and `m = 2` (the m-estimate of Cestnik 1990). So no leaf is sure, and one without
//! rows would say what is true of all.
//!
//! `linfa-trees` 0.8 is not used: it cuts off whatever parts leaves with the same majority, so that
//! customers of 5% and of 45% churn become one leaf; it knows no missing values; it passes over splits
//! between values that rows of other nodes share; and which majority a tie has follows the order of a
//! hash map, so that two runs differ.

use hessboost::config::TreeMethod;
use hessboost::objective::{Objective, RegLoss};
use hessboost::prelude::TrainingParams;
use hessboost::tree::RegTree;
use stayput_core::churn::{Forest, ForestParts, Link, Predictor};
use stayput_core::{Error, Result};

use crate::booster::{children, failed, importance, matrix};
use crate::data::Data;
use crate::lower::{self, Source, Test};
use crate::params::TreeParams;

/// The rows that the share of all counts in a leaf.
const PRIOR_ROWS: f64 = 2.0;

/// The most values of a feature between which every split is tried.
const MOST_BINS: usize = 65_535;

/// What the tree gives: its nodes, and each column's share in the impurity it took away.
pub(crate) fn fit(data: &Data, params: &TreeParams) -> Result<(Predictor, Vec<f64>)> {
    #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
    let least = params.min_samples_leaf as f64;
    let mut builder = TrainingParams::builder()
        .objective(Objective::SquaredError(RegLoss::default()))
        .base_score(0.0)
        .tree_method(TreeMethod::Hist)
        .max_bin((data.labels.len() + 1).clamp(256, MOST_BINS))
        .eta(1.0)
        .max_depth(params.max_depth)
        // The second derivative of squared error is a row's weight.
        .min_child_weight(least)
        .lambda(0.0);
    if let Some(threads) = params.threads {
        builder = builder.nthread(threads);
    }
    let checked = builder.build().map_err(failed)?;
    let matrix = matrix(data)?;
    let model = hessboost::prelude::train(&checked, &matrix, 1).map_err(failed)?;
    let importance = importance(model.trees().iter(), data.inputs.len());
    let tree = model.trees().first().ok_or_else(|| Error::internal("there is no tree"))?;
    Ok((Predictor::Forest(lower(tree, data)?), importance))
}

/// The structure of the tree with thresholds and leaves of our own.
fn lower(tree: &RegTree, data: &Data) -> Result<Forest> {
    let narrow = data.rows_f32();
    let width = data.inputs.len();
    let goes_left = |at: usize, row: usize| {
        let node = tree.node(at);
        let value = narrow[row * width + node.split_feature as usize];
        if value.is_nan() {
            node.default_left
        } else if node.is_categorical {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked in `Data`: an index"
            )]
            tree.split_categories(at).contains(&(value as u32))
        } else {
            value < node.split_cond
        }
    };
    let share = |rows: &[usize], prior: f64| {
        let (mut all, mut churned) = (PRIOR_ROWS, PRIOR_ROWS * prior);
        for &row in rows {
            all += data.weight(row);
            churned += if data.labels[row] { data.weight(row) } else { 0.0 };
        }
        churned / all
    };
    let everyone: Vec<usize> = (0..data.labels.len()).collect();
    // The share of all rows, by itself.
    let prior = {
        let counted: f64 = everyone.iter().map(|&row| data.weight(row)).sum();
        let churned = everyone.iter().filter(|&&row| data.labels[row]);
        churned.map(|&row| data.weight(row)).sum::<f64>() / counted
    };
    let mut rows_of: Vec<Vec<usize>> = Vec::new();
    let put = |rows_of: &mut Vec<Vec<usize>>, at: usize, rows: Vec<usize>| {
        if rows_of.len() <= at {
            rows_of.resize(at + 1, Vec::new());
        }
        rows_of[at] = rows;
    };
    put(&mut rows_of, 0, everyone);
    let mut nodes = lower::empty(0.0_f64);
    nodes.link = Link::Identity;
    // Nodes are asked for from the root down, so the rows of a node are known before its children.
    // The second derivatives are the rows' weights.
    let cover = |at| Some(f64::from(tree.node(at).sum_hess));
    lower::push_tree(&mut nodes, 0, 0.0, cover, |at| {
        let rows = std::mem::take(&mut rows_of[at]);
        let node = tree.node(at);
        if node.is_leaf() {
            return Ok(Source::Leaf(share(&rows, prior)));
        }
        let (left, right) = children(node)?;
        let feature = node.split_feature as usize;
        let (own, other): (Vec<usize>, Vec<usize>) =
            rows.into_iter().partition(|&row| goes_left(at, row));
        let test = if node.is_categorical {
            Test::OneOf(tree.split_categories(at).to_vec())
        } else {
            let values = |rows: &[usize]| -> Vec<f64> {
                let values = rows.iter().map(|&row| data.rows[[row, feature]]);
                values.filter(|value| !value.is_nan()).collect()
            };
            let below = values(&own).into_iter().fold(f64::NEG_INFINITY, f64::max);
            let above = values(&other).into_iter().fold(f64::INFINITY, f64::min);
            if above.is_infinite() {
                // All values go left and what is missing right. No number is below the least one,
                // so the sides change places.
                put(&mut rows_of, left, own);
                put(&mut rows_of, right, other);
                let (test, missing_left) = (Test::Below(f64::MIN), true);
                return Ok(Source::Split { feature, test, missing_left, left: right, right: left });
            }
            Test::Below(if below.is_infinite() { f64::MIN } else { shortest_between(below, above) })
        };
        put(&mut rows_of, left, own);
        put(&mut rows_of, right, other);
        let missing_left = node.default_left;
        Ok(Source::Split { feature, test, missing_left, left, right })
    })?;
    Forest::new(ForestParts::F64(nodes))
}

/// The number of fewest digits that is above `below` and at most `above`, near their middle.
fn shortest_between(below: f64, above: f64) -> f64 {
    if below < 0.0 && above >= 0.0 {
        return 0.0;
    }
    let middle = below / 2.0 + above / 2.0;
    let digits = (0..17).filter_map(|digits| format!("{middle:.digits$e}").parse().ok());
    let parts = |number: &f64| *number > below && *number <= above;
    digits.into_iter().find(parts).unwrap_or(above)
}

#[cfg(test)]
mod tests {
    use stayput_core::churn::LEAF;

    use super::*;
    use crate::params::{Algorithm, TrainParams};
    use crate::testing::made_up;

    #[test]
    fn a_threshold_is_as_short_as_it_can_be() {
        for (below, above, expected) in [
            (11.5, 12.7, 12.0),
            (11.0, 12.0, 12.0),
            (-3.0, 8.0, 0.0),
            (0.0, 1.0, 0.5),
            (0.123_456, 0.123_457, 0.123_456_5),
            (-1e300, -9e299, -9.5e299),
            (99.0, 104.0, 1e2),
        ] {
            let found = shortest_between(below, above);
            assert!(below < found && found <= above, "{below} {above} {found}");
            assert_eq!(found, expected, "{below} {above}");
        }
        let next = 1.0_f64.next_up();
        assert_eq!(shortest_between(1.0, next), next);
    }

    #[test]
    fn a_leaf_says_the_smoothed_share_of_its_rows() {
        let set = made_up(900, 3);
        let params = TrainParams { algorithm: Algorithm::Tree, ..TrainParams::default() };
        let model = crate::train(&set, &params).unwrap();
        let rows = model.rows_of(&set.table).unwrap();
        let found = model.predict(rows.view()).unwrap();
        let rate = set.labels.iter().sum::<f64>() / 900.0;
        let Predictor::Forest(forest) = &model.parts().predictor else { panic!() };
        let ForestParts::F64(nodes) = forest.parts() else { panic!() };
        let leaves = nodes.feature.iter().filter(|&&feature| feature == LEAF).count();
        assert!((8..=16).contains(&leaves), "{leaves}");
        let mut values: Vec<f64> = found.clone();
        values.sort_by(f64::total_cmp);
        values.dedup();
        for value in values {
            let own = found.iter().zip(&set.labels).filter(|(found, _)| **found == value);
            let (rows, churned) = own.fold((0.0, 0.0), |(n, k), (_, label)| (n + 1.0, k + label));
            assert!(rows >= 50.0);
            assert!((value - (churned + 2.0 * rate) / (rows + 2.0)).abs() < 1e-12);
        }
    }

    /// `linfa-trees` agrees on the question at the root, where it does not cut it off: the same
    /// feature, and a threshold that parts the rows in the same way.
    #[test]
    fn the_root_asks_what_linfa_trees_asks() {
        use linfa::dataset::Dataset;
        use linfa::traits::Fit;
        use linfa_trees::{DecisionTree, SplitQuality};

        for seed in 0..5 {
            let mut set = made_up(600, seed);
            set.table.columns.retain(|column| ["logins", "spend"].contains(&column.name.as_str()));
            let known = |row: &usize| !set.table.columns[0].numbers().unwrap()[*row].is_nan();
            let set = set.select(&(0..600).filter(known).collect::<Vec<_>>()).unwrap();
            let of = TrainParams {
                algorithm: Algorithm::Tree,
                max_depth: Some(1),
                min_samples_leaf: Some(20),
                ..TrainParams::default()
            };
            let model = crate::train(&set, &of).unwrap();
            let Predictor::Forest(forest) = &model.parts().predictor else { panic!() };
            let ForestParts::F64(nodes) = forest.parts() else { panic!() };

            let rows = model.rows_of(&set.table).unwrap();
            let count = rows.nrows();
            let columns = linfa_ndarray::Array2::from_shape_fn((count, 2), |(row, column)| {
                rows[[row, column]]
            });
            let labels: linfa_ndarray::Array1<bool> =
                set.labels.iter().map(|label| *label == 1.0).collect();
            let theirs = DecisionTree::params()
                .split_quality(SplitQuality::Gini)
                .max_depth(Some(1))
                .min_weight_leaf(20.0)
                .fit(&Dataset::new(columns, labels))
                .unwrap();
            let (feature, threshold, _) = theirs.root_node().split();
            assert_eq!(nodes.feature[0] as usize, feature);
            let left = |threshold: f64| rows.column(feature).map(|value| *value < threshold);
            assert_eq!(left(nodes.value[0]), left(threshold));
        }
    }
}
