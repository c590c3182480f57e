//! Models of `CatBoost`, as `save_model(…, format="json")` writes them (releases 1.0 to 1.2).
//!
//! The file is described in `CatBoost`'s documentation ("Model export as JSON"). An oblivious tree
//! asks the same question at all nodes of a level: the answer to question `i` is bit `i` of the
//! number of the leaf. A number answers yes when, in single precision, it is above the border. A
//! missing number is less than all borders, or greater where `nan_value_treatment` is `AsTrue`. A
//! category answers yes when its name has the hash that the question names. The margin is `scale · Σ
//! leaf + bias`.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use stayput_core::churn::{Compare, Forest, ForestParts, Input, InputKind, Model, Predictor};
use stayput_core::{Error, Result};

use super::arrays::unrounded;
use super::city;
use super::features::{self, Column, Features, Found};
use crate::lower::{self, Source, Test};

const NAME: &str = "CatBoost";

/// Reads a model that `CatBoost` wrote as JSON.
///
/// Read are symmetric and non-symmetric trees of numbers and of categories that are encoded one-hot
/// (`one_hot_max_size`), trained with `Logloss` or `CrossEntropy`. The file has no
/// names of categories but their hashes, so `features` must name them, in any order. Margins and probabilities are within 1e-12 of the
/// library's own.
///
/// # Errors
/// [`ErrorCode::ModelFormat`] for bytes that are no such model, [`ErrorCode::Unsupported`] for a
/// model of another kind, as one with counters of categories (CTR), [`ErrorCode::ModelShape`] where
/// `features` does not fit it.
///
/// [`ErrorCode::ModelFormat`]: stayput_core::ErrorCode::ModelFormat
/// [`ErrorCode::Unsupported`]: stayput_core::ErrorCode::Unsupported
/// [`ErrorCode::ModelShape`]: stayput_core::ErrorCode::ModelShape
pub fn catboost(bytes: &[u8], features: &Features) -> Result<Model> {
    let file: File = serde_json::from_slice(bytes).map_err(|error| refuse(error.to_string()))?;
    let loss = file.loss().unwrap_or_default();
    if !["Logloss", "CrossEntropy"].contains(&loss) {
        let message =
            format!("the loss `{loss}` is not one for two classes: `Logloss` or `CrossEntropy`");
        return Err(unsupported(message));
    }
    let inputs = features::inputs(file.columns()?, "f", features)?;
    let questions = Questions::new(&file, &inputs)?;
    let (scale, bias) = file.scale_and_bias()?;
    let mut nodes = lower::empty(bias);
    nodes.compare = Compare::LessEqual;
    for (at, tree) in file.oblivious_trees.iter().enumerate() {
        let depth = tree.splits.len();
        let leaves = u32::try_from(depth).ok().and_then(|depth| 1_usize.checked_shl(depth));
        if leaves != Some(tree.leaf_values.len()) {
            let message =
                format!("tree {at} has {depth} questions and {} leaves", tree.leaf_values.len());
            return Err(refuse(message));
        }
        // Nodes are numbered by levels, from 1: the children of `n` are `2n` and `2n + 1`. The last
        // question is asked first, as the library does when it explains; answers are the same.
        let leaf = |node: usize| node - tree.leaf_values.len();
        let covers = tree.covers(leaf);
        let cover = |node: usize| covers.get(node).copied();
        lower::push_tree(&mut nodes, 1, 0.0, cover, |node| {
            let level = node.ilog2() as usize;
            let Some(split) = tree.splits.iter().rev().nth(level) else {
                return Ok(Source::Leaf(scale * tree.leaf_values[leaf(node)]));
            };
            questions.ask(split, 2 * node, 2 * node + 1)
        })?;
    }
    for tree in &file.trees {
        let tree = tree.flat()?;
        let cover = |node: usize| tree[node].cover;
        lower::push_tree(&mut nodes, 0, 0.0, cover, |node| match &tree[node].kind {
            FlatKind::Leaf(value) => Ok(Source::Leaf(scale * value)),
            FlatKind::Split(split, no, yes) => questions.ask(split, *no, *yes),
        })?;
    }
    let forest = Forest::new(ForestParts::F64(nodes))?;
    let params = [("loss_function", loss.to_owned())];
    let gains = vec![0.0; inputs.len()];
    super::model("catboost", inputs, Predictor::Forest(forest), None, &gains, params)
}

fn refuse(message: impl Into<String>) -> Error {
    super::refuse(NAME, message)
}

fn unsupported(message: impl Into<String>) -> Error {
    super::unsupported(NAME, message)
}

#[derive(Deserialize)]
struct File {
    features_info: FeaturesInfo,
    #[serde(default)]
    oblivious_trees: Vec<Oblivious>,
    #[serde(default)]
    trees: Vec<Node>,
    scale_and_bias: Option<(f64, Value)>,
    #[serde(default)]
    model_info: Value,
}

#[derive(Deserialize)]
struct FeaturesInfo {
    #[serde(default, rename = "float_features")]
    floats: Vec<FloatFeature>,
    #[serde(default, rename = "categorical_features")]
    categories: Vec<CategoricalFeature>,
    #[serde(default, rename = "text_features")]
    texts: Vec<Value>,
    #[serde(default, rename = "embedding_features")]
    embeddings: Vec<Value>,
}

#[derive(Deserialize)]
struct FloatFeature {
    feature_index: usize,
    flat_feature_index: usize,
    #[serde(default)]
    feature_id: String,
    #[serde(default)]
    nan_value_treatment: String,
}

#[derive(Deserialize)]
struct CategoricalFeature {
    feature_index: usize,
    flat_feature_index: usize,
    #[serde(default)]
    feature_id: String,
}

#[derive(Deserialize)]
struct Oblivious {
    leaf_values: Vec<f64>,
    #[serde(default)]
    leaf_weights: Vec<f64>,
    #[serde(default, deserialize_with = "null_as_none")]
    splits: Vec<Split>,
}

impl Oblivious {
    /// The weight of the rows that reached each node, which are numbered by levels from 1; empty
    /// where the file does not have it.
    fn covers(&self, leaf: impl Fn(usize) -> usize) -> Vec<f64> {
        let leaves = self.leaf_values.len();
        if self.leaf_weights.len() != leaves {
            return Vec::new();
        }
        let mut covers = vec![0.0; 2 * leaves];
        for (cover, node) in covers[leaves..].iter_mut().zip(leaves..) {
            *cover = self.leaf_weights[leaf(node)];
        }
        for node in (1..leaves).rev() {
            covers[node] = covers[2 * node] + covers[2 * node + 1];
        }
        covers
    }
}

/// A tree without a split has no list of them, or null.
fn null_as_none<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Split>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

#[derive(Deserialize)]
struct Split {
    #[serde(rename = "split_type")]
    kind: String,
    float_feature_index: Option<usize>,
    border: Option<f64>,
    cat_feature_index: Option<usize>,
    value: Option<i64>,
}

/// A node of a non-symmetric tree. The reader of JSON does not follow more than 128 levels.
#[derive(Deserialize)]
struct Node {
    split: Option<Split>,
    left: Option<Box<Node>>,
    right: Option<Box<Node>>,
    value: Option<f64>,
    weight: Option<f64>,
}

/// A node of a non-symmetric tree, in the order of its levels.
struct Flat<'a> {
    kind: FlatKind<'a>,
    /// The weight of the rows that reached it, where the file has it.
    cover: Option<f64>,
}

enum FlatKind<'a> {
    Leaf(f64),
    /// The question, and where no and yes lead.
    Split(&'a Split, usize, usize),
}

impl Node {
    fn flat(&self) -> Result<Vec<Flat<'_>>> {
        let mut nodes = vec![self];
        let mut flat = Vec::new();
        while let Some(node) = nodes.get(flat.len()).copied() {
            let kind = match (&node.split, &node.left, &node.right, node.value) {
                (Some(split), Some(no), Some(yes), _) => {
                    let first = nodes.len();
                    nodes.extend([no.as_ref(), yes.as_ref()]);
                    FlatKind::Split(split, first, first + 1)
                }
                (None, None, None, Some(value)) => FlatKind::Leaf(value),
                _ => return Err(refuse("a node is neither a leaf nor a split")),
            };
            flat.push(Flat { kind, cover: node.weight });
        }
        // Only leaves have a weight; that of a split is what its two sides have.
        for at in (0..flat.len()).rev() {
            if let FlatKind::Split(_, no, yes) = flat[at].kind {
                flat[at].cover = flat[no].cover.zip(flat[yes].cover).map(|(no, yes)| no + yes);
            }
        }
        Ok(flat)
    }
}

impl File {
    fn loss(&self) -> Option<&str> {
        self.model_info.get("params")?.get("loss_function")?.get("type")?.as_str()
    }

    fn scale_and_bias(&self) -> Result<(f64, f64)> {
        let Some((scale, bias)) = &self.scale_and_bias else { return Ok((1.0, 0.0)) };
        let bias = match bias {
            Value::Array(list) if list.is_empty() => Some(0.0),
            Value::Array(list) if list.len() == 1 => list[0].as_f64(),
            Value::Array(_) => return Err(unsupported("it has several classes")),
            bias => bias.as_f64(),
        };
        Ok((*scale, bias.ok_or_else(|| refuse("`scale_and_bias` cannot be read"))?))
    }

    fn columns(&self) -> Result<Vec<Column>> {
        let info = &self.features_info;
        if !info.texts.is_empty() || !info.embeddings.is_empty() {
            return Err(unsupported("it reads texts or embeddings"));
        }
        let floats = info
            .floats
            .iter()
            .map(|feature| (feature.flat_feature_index, &feature.feature_id, Found::Number));
        let categories = info.categories.iter().map(|feature| {
            (feature.flat_feature_index, &feature.feature_id, Found::Category(None))
        });
        let count = info.floats.len() + info.categories.len();
        let mut columns: Vec<Option<Column>> = vec![None; count];
        for (at, name, found) in floats.chain(categories) {
            let free = columns.get_mut(at).filter(|column| column.is_none());
            let free = free.ok_or_else(|| refuse(format!("its feature {at} is out of place")))?;
            // Without a name, its place is written.
            let named = !name.is_empty() && *name != at.to_string();
            *free = Some(Column { name: named.then(|| name.clone()), found });
        }
        Ok(columns.into_iter().flatten().collect())
    }
}

/// What is needed to put a question to an input.
struct Questions {
    /// The input of each float feature, and whether a missing value answers no.
    floats: HashMap<usize, (usize, bool)>,
    /// The input of each categorical feature, and the codes of each hash.
    categories: HashMap<usize, (usize, HashMap<i64, Vec<u32>>)>,
}

impl Questions {
    fn new(file: &File, inputs: &[Input]) -> Result<Self> {
        let info = &file.features_info;
        let mut floats = HashMap::new();
        for feature in &info.floats {
            let missing_no = match feature.nan_value_treatment.as_str() {
                "" | "AsIs" | "AsFalse" => true,
                "AsTrue" => false,
                other => return Err(refuse(format!("`nan_value_treatment` is `{other}`"))),
            };
            floats.insert(feature.feature_index, (feature.flat_feature_index, missing_no));
        }
        let mut categories = HashMap::new();
        for feature in &info.categories {
            let at = feature.flat_feature_index;
            let mut codes: HashMap<i64, Vec<u32>> = HashMap::new();
            if let Some(InputKind::Category { values }) = inputs.get(at).map(|input| &input.kind) {
                for (name, code) in values.iter().zip(0..) {
                    codes.entry(city::category(name)).or_default().push(code);
                }
            }
            categories.insert(feature.feature_index, (at, codes));
        }
        Ok(Self { floats, categories })
    }

    fn ask(&self, split: &Split, no: usize, yes: usize) -> Result<Source<f64>> {
        let torn = || refuse("a question is incomplete, or about a feature that is not there");
        match split.kind.as_str() {
            "FloatFeature" => {
                let feature = split.float_feature_index.and_then(|at| self.floats.get(&at));
                let &(feature, missing_left) = feature.ok_or_else(torn)?;
                #[expect(clippy::cast_possible_truncation, reason = "borders are f32")]
                let border = split.border.ok_or_else(torn)? as f32;
                let test = Test::Below(unrounded(border.into()));
                Ok(Source::Split { feature, test, missing_left, left: no, right: yes })
            }
            "OneHotFeature" => {
                let feature = split.cat_feature_index.and_then(|at| self.categories.get(&at));
                let (feature, codes) = feature.ok_or_else(torn)?;
                let hash = split.value.ok_or_else(torn)?;
                let test = Test::OneOf(codes.get(&hash).cloned().unwrap_or_default());
                let (feature, missing_left) = (*feature, false);
                Ok(Source::Split { feature, test, missing_left, left: yes, right: no })
            }
            "OnlineCtr" => Err(unsupported(
                "it counts labels by category (CTR), which needs more than trees; train it with a \
                 `one_hot_max_size` that covers all categories",
            )),
            other => Err(unsupported(format!("a question of the type `{other}`"))),
        }
    }
}
