//! Gradient boosting by the `gbdt` crate, which nothing but this module knows.
//!
//! Exact greedy splits, one thread, no sampling (the crate draws from an unseeded generator). What
//! the crate asks for is made up for here: labels are -1 and +1, a category becomes one 0/1 column
//! a name, and a missing value is the crate's `VALUE_TYPE_UNKNOWN`, at which a row stops and takes
//! the value of the node it has come to. In the core's form such a stop is a node of its own: no
//! number goes left there, and a missing value goes left to a leaf.
//!
//! The crate's margin is half the log-odds; all numbers are doubled, which changes no bits of the
//! mantissa. It does not split between values less than 1e-5 apart.

use gbdt::config::Config;
use gbdt::decision_tree::{Data as Row, VALUE_TYPE_UNKNOWN};
use gbdt::gradient_boost::GBDT;
use serde::Deserialize;
use stayput_core::churn::{Forest, ForestParts, InputKind, Predictor};
use stayput_core::{Error, Result};

use crate::data::Data;
use crate::lower::{self, Source, Test, shares};
use crate::params::GbdtParams;

/// What boosting gives: the trees, and each input's share in the variance that they explain.
pub(crate) fn fit(data: &Data, params: &GbdtParams) -> Result<(Predictor, Vec<f64>)> {
    let columns = columns(data);
    let rows = rows(data, &columns);
    let booster = Booster::of(&boost(&rows, columns.len(), params))?;
    let importance = importance(&booster, &rows, &columns, data.inputs.len());
    Ok((Predictor::Forest(lower(&booster, &rows, &columns, params)?), importance))
}

/// One column as the crate sees it.
#[derive(Debug, Clone, Copy)]
struct Column {
    input: usize,
    /// The name that the column is 1 for, where the input is a category.
    category: Option<u32>,
}

fn columns(data: &Data) -> Vec<Column> {
    let of = |(input, kind): (usize, &InputKind)| match kind {
        InputKind::Category { values } => {
            (0..values.len()).map(|at| Column { input, category: u32::try_from(at).ok() }).collect()
        }
        InputKind::Number | InputKind::Bool => vec![Column { input, category: None }],
    };
    data.inputs.iter().map(|input| &input.kind).enumerate().flat_map(of).collect()
}

fn rows(data: &Data, columns: &[Column]) -> Vec<Row> {
    let width = data.inputs.len();
    let values = data.rows_f32();
    let counts = data.weights_f32().unwrap_or_else(|| vec![1.0; data.labels.len()]);
    let rows =
        values.chunks_exact(width).zip(&data.labels).zip(counts).map(|((row, &label), counts)| {
            let feature = columns.iter().map(|column| {
                let value = row[column.input];
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "categories are counted in thousands"
                )]
                match column.category {
                    _ if value.is_nan() => VALUE_TYPE_UNKNOWN,
                    Some(category) => f32::from(u8::from(value == category as f32)),
                    // The least number of all means unknown, so the next one stands for it.
                    None => value.max(VALUE_TYPE_UNKNOWN.next_up()),
                }
            });
            Row::new_training_data(feature.collect(), counts, if label { 1.0 } else { -1.0 }, None)
        });
    rows.collect()
}

fn boost(rows: &[Row], columns: usize, params: &GbdtParams) -> GBDT {
    let mut config = Config::new();
    config.set_feature_size(columns);
    config.set_loss("LogLikelyhood");
    config.set_iterations(params.n_estimators);
    config.set_max_depth(params.max_depth);
    config.set_min_leaf_size(params.min_child_samples);
    config.set_shrinkage(params.learning_rate);
    config.set_feature_sample_ratio(1.0);
    config.set_data_sample_ratio(1.0);
    let mut booster = GBDT::new(&config);
    booster.fit(&mut rows.to_vec());
    booster
}

/// What the crate writes when it serialises a booster, which is the only way to its trees.
#[derive(Debug, Deserialize)]
struct Booster {
    trees: Vec<Tree>,
    bias: f32,
}

#[derive(Debug, Deserialize)]
struct Tree {
    tree: Nodes,
}

#[derive(Debug, Deserialize)]
struct Nodes {
    tree: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    value: Value,
    left: usize,
    right: usize,
}

#[derive(Debug, Deserialize)]
struct Value {
    #[serde(rename = "feature_index")]
    column: usize,
    #[serde(rename = "feature_value")]
    threshold: f32,
    pred: f32,
    is_leaf: bool,
}

impl Booster {
    fn of(booster: &GBDT) -> Result<Self> {
        let unread = |error| Error::internal(format!("the booster cannot be read: {error}"));
        serde_json::from_value(serde_json::to_value(booster).map_err(unread)?).map_err(unread)
    }
}

impl Tree {
    fn node(&self, at: usize) -> Result<&Node> {
        self.tree.tree.get(at).ok_or_else(|| Error::internal("the booster lacks a node"))
    }
}

impl Nodes {
    /// Follows a row from the root: calls `visit` with each node, and with the child that it goes
    /// on to; none from a leaf, or where its value is missing.
    fn walk(&self, row: &Row, mut visit: impl FnMut(usize, Option<usize>)) {
        let mut next = Some(0);
        while let Some((at, node)) = next.and_then(|at| Some((at, self.tree.get(at)?))) {
            let value = row.feature.get(node.value.column).filter(|_| !node.value.is_leaf);
            let value = value.filter(|value| !value.total_cmp(&VALUE_TYPE_UNKNOWN).is_eq());
            let below = value.map(|&value| value < node.value.threshold);
            next = below.map(|below| if below { node.left } else { node.right });
            visit(at, next);
        }
    }

    /// How many of `rows` reach each node of the core's tree, numbered as [`lower`] does.
    fn counts(&self, rows: &[Row]) -> Vec<f32> {
        let mut counts = vec![0.0; 3 * self.tree.len()];
        for row in rows {
            self.walk(row, |at, child| {
                counts[3 * at] += 1.0;
                counts[3 * at + if child.is_some() { 1 } else { 2 }] += 1.0;
            });
        }
        counts
    }
}

/// The core's forest. Of the trainer's node `n` come `3 n`, the question whether the value is
/// missing, `3 n + 1`, the split itself, and `3 n + 2`, the leaf for the missing.
fn lower(
    booster: &Booster,
    rows: &[Row],
    columns: &[Column],
    params: &GbdtParams,
) -> Result<Forest> {
    let mut nodes = lower::empty(2.0 * booster.bias);
    for tree in &booster.trees {
        let counts = tree.tree.counts(rows);
        let cover = |at: usize| counts.get(at).copied();
        lower::push_tree(&mut nodes, 0, 0.0, cover, |at| {
            let node = tree.node(at / 3)?;
            if node.value.is_leaf || at % 3 == 2 {
                return Ok(Source::Leaf(2.0 * (params.learning_rate * node.value.pred)));
            }
            let column = columns.get(node.value.column).ok_or_else(|| {
                Error::internal("the booster splits on a column it was not given")
            })?;
            Ok(if at % 3 == 0 { stop(at, *column) } else { split(node, *column) })
        })?;
    }
    Forest::new(ForestParts::F32(nodes))
}

fn stop(at: usize, column: Column) -> Source<f32> {
    let test = match column.category {
        Some(_) => Test::OneOf(Vec::new()),
        None => Test::Below(f32::NEG_INFINITY),
    };
    Source::Split { feature: column.input, test, missing_left: true, left: at + 2, right: at + 1 }
}

fn split(node: &Node, column: Column) -> Source<f32> {
    let (below, above) = (3 * node.left, 3 * node.right);
    // A column of a category is 0 or 1, and the threshold lies between: above it is the one name.
    let (test, left, right) = match column.category {
        Some(category) => (Test::OneOf(vec![category]), above, below),
        None => (Test::Below(node.value.threshold), below, above),
    };
    Source::Split { feature: column.input, test, missing_left: false, left, right }
}

/// `Σ n · (value of the child − value of the node)²` over the rows that reach each child.
fn importance(booster: &Booster, rows: &[Row], columns: &[Column], inputs: usize) -> Vec<f64> {
    let mut gains = vec![0.0; inputs];
    for tree in &booster.trees {
        let nodes = &tree.tree.tree;
        for row in rows {
            tree.tree.walk(row, |at, child| {
                let Some(child) = child.and_then(|child| nodes.get(child)) else { return };
                let step = f64::from(child.value.pred) - f64::from(nodes[at].value.pred);
                gains[columns[nodes[at].value.column].input] += step * step;
            });
        }
    }
    shares(gains.into_iter())
}

#[cfg(test)]
mod tests {
    use stayput_core::features::TrainingSet;

    use super::*;
    use crate::params::{Algorithm, CheckedAlgorithm, TrainParams};
    use crate::testing::{made_up, real};

    /// Trains on `set` and holds the core's probabilities on `unseen` against the crate's own, bit
    /// for bit.
    fn same_as_the_crate(set: &TrainingSet, unseen: &TrainingSet, params: &TrainParams) {
        let CheckedAlgorithm::Gbdt(own) = params.check().unwrap().algorithm else {
            panic!("not gbdt")
        };
        let data = Data::new(set).unwrap();
        let columns = columns(&data);
        let booster = boost(&rows(&data, &columns), columns.len(), &own);
        let model = crate::train(set, params).unwrap();
        let unseen = Data::new(unseen).unwrap();
        let theirs = booster.predict(&rows(&unseen, &columns));
        let ours = model.predict(unseen.rows.view()).unwrap();
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert_eq!(ours.to_bits(), f64::from(theirs).to_bits());
        }
        assert!(model.importance().iter().any(|&share| share > 0.0));
    }

    #[test]
    fn the_lowered_forest_predicts_as_the_crate_does() {
        let params = TrainParams {
            algorithm: Algorithm::Gbdt,
            n_estimators: Some(30),
            max_depth: Some(5),
            ..TrainParams::default()
        };
        same_as_the_crate(&made_up(400, 5), &made_up(800, 6), &params);
        same_as_the_crate(&made_up(60, 7), &made_up(800, 8), &params);
    }

    #[test]
    fn it_does_so_on_real_customers() {
        let Some(telco) = real::telco() else { return };
        let params = TrainParams {
            algorithm: Algorithm::Gbdt,
            n_estimators: Some(5),
            ..TrainParams::default()
        };
        same_as_the_crate(&telco, &telco, &params);
    }
}
