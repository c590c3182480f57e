//! Models of `XGBoost`, as `save_model` writes them in JSON or UBJSON since version 1.0.
//!
//! The schema is in `XGBoost`'s own documentation ("Introduction to Model IO"). What it does not
//! say, and the library does:
//!
//! - all numbers are single precision, and a margin is `base + Σ leaf`, summed in tree order;
//! - `base_score` is a probability where the objective predicts one, and else a margin. It is a
//!   number up to 3.0 and a vector of one since 3.1;
//! - a row goes left at a number when `value < split_conditions`, and at a category when the category
//!   is *not* in the split's list. Here it is turned round, so that the listed ones go left;
//! - a leaf of `dart` is multiplied by its tree's weight, and the product rounded, as
//!   `Booster.predict` does. (`inplace_predict` takes the base off and adds it again at each tree,
//!   which rounds otherwise.)
//!
//! Early stopping leaves later trees in the file. They count here as they do for `Booster.predict`;
//! who wants the best iteration alone slices the booster before saving it.

use std::str::FromStr;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use stayput_core::churn::{Forest, ForestParts, Input, InputKind, Link, Model, Nodes, Predictor};
use stayput_core::{Error, Result};

use super::features::{self, Column, Features, Found};
use super::single::ln_f32;
use crate::lower::{self, Source, Test};

const NAME: &str = "XGBoost";

/// Reads a model that `XGBoost` wrote as JSON (`model.json`) or UBJSON (`model.ubj`).
///
/// Read are `gbtree` and `dart` with the objectives `binary:logistic`, `binary:logitraw`,
/// `binary:hinge` and `reg:logistic`. Margins and probabilities have the bits of the library's own,
/// for `binary:logitraw` the margins; its probability is the logistic function of them.
///
/// # Errors
/// [`ErrorCode::ModelFormat`] for bytes that are no such model, [`ErrorCode::Unsupported`] for a
/// model of another kind, [`ErrorCode::ModelShape`] where `features` does not fit it.
///
/// [`ErrorCode::ModelFormat`]: stayput_core::ErrorCode::ModelFormat
/// [`ErrorCode::Unsupported`]: stayput_core::ErrorCode::Unsupported
/// [`ErrorCode::ModelShape`]: stayput_core::ErrorCode::ModelShape
pub fn xgboost(bytes: &[u8], features: &Features) -> Result<Model> {
    // Both begin with a brace. In JSON a text follows it, in UBJSON the type of a length.
    let file = match bytes {
        [b'{', b'"' | b'}' | b' ' | b'\t' | b'\r' | b'\n', ..] => serde_json::from_slice(bytes),
        [b'{', ..] => File::deserialize(super::ubjson::read(bytes).map_err(refuse)?),
        _ => return Err(refuse("neither JSON nor UBJSON; `save_model` writes both")),
    };
    let File { learner } = file.map_err(|error| refuse(error.to_string()))?;
    let objective = learner.objective.name.as_str();
    let link = match objective {
        "binary:logistic" | "binary:logitraw" | "reg:logistic" => Link::Logistic,
        "binary:hinge" => Link::Step,
        _ => {
            let message = format!(
                "the objective `{objective}` is not one for two classes: `binary:logistic`, \
                 `binary:logitraw`, `binary:hinge` or `reg:logistic`"
            );
            return Err(unsupported(message));
        }
    };
    let params = &learner.params;
    if params.num_class.read::<u32>()? > 1 || more_than_one(params.num_target.as_ref())? {
        return Err(unsupported("it has several classes or targets"));
    }
    let base: f32 = params.base_score.read()?;
    let (model, weights) = learner.gradient_booster.trees()?;
    let base = match objective {
        "binary:logistic" | "reg:logistic" => logit(base),
        _ => base,
    };
    if !base.is_finite() {
        let message = format!("its `base_score` of `{}` is not possible", params.base_score.0);
        return Err(refuse(message));
    }
    let columns = columns(&learner, model)?;
    let inputs = features::inputs(columns, "f", features)?;
    let mut gains = vec![0.0; inputs.len()];
    let mut nodes = lower::empty(base);
    nodes.link = link;
    for (at, tree) in model.trees.iter().enumerate() {
        let weight = match weights {
            Some(weights) => Some(*weights.get(at).ok_or_else(|| refuse("a tree has no weight"))?),
            None => None,
        };
        tree.push(&mut nodes, weight, &inputs, &mut gains)
            .map_err(|error| error.in_place(format!("{NAME} model: tree {at}")))?;
    }
    let forest = Forest::new(ForestParts::F32(nodes))?;
    let params = [("objective", objective.to_owned())];
    super::model("xgboost", inputs, Predictor::Forest(forest), None, &gains, params)
}

fn refuse(message: impl Into<String>) -> Error {
    super::refuse(NAME, message)
}

fn unsupported(message: impl Into<String>) -> Error {
    super::unsupported(NAME, message)
}

/// The log-odds of a probability, each step rounded to single precision.
fn logit(probability: f32) -> f32 {
    -ln_f32(1.0 / probability - 1.0)
}

/// Whether there is a count, and it is more than one.
fn more_than_one(count: Option<&Number>) -> Result<bool> {
    // A count that is null is none.
    let count = count.filter(|count| count.0 != "null");
    Ok(count.map(Number::read::<u32>).transpose()?.is_some_and(|count| count > 1))
}

#[derive(Deserialize)]
struct File {
    learner: Learner,
}

#[derive(Deserialize)]
struct Learner {
    feature_names: Option<Vec<String>>,
    feature_types: Option<Vec<String>>,
    gradient_booster: Booster,
    #[serde(rename = "learner_model_param")]
    params: LearnerParams,
    objective: Objective,
}

#[derive(Deserialize)]
struct Objective {
    name: String,
}

#[derive(Deserialize)]
struct LearnerParams {
    base_score: Number,
    num_class: Number,
    num_feature: Number,
    num_target: Option<Number>,
}

/// A number, which the format writes as a text, and newer versions as the text of a vector of one.
struct Number(String);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Ok(Self(value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    }
}

impl Number {
    fn read<T: FromStr>(&self) -> Result<T> {
        let bare = self.0.trim().trim_start_matches('[').trim_end_matches(']').trim();
        bare.parse().map_err(|_| {
            refuse(format!("expected a number or a vector of one; found `{}`", self.0))
        })
    }
}

#[derive(Deserialize)]
struct Booster {
    name: String,
    /// Of `gbtree`.
    model: Option<Trees>,
    /// Of `dart`, which wraps the other.
    gbtree: Option<Box<Booster>>,
    weight_drop: Option<Vec<f32>>,
}

impl Booster {
    /// The trees, and for `dart` their weights.
    fn trees(&self) -> Result<(&Trees, Option<&[f32]>)> {
        let (model, weights) = match self.name.as_str() {
            "gbtree" => (self.model.as_ref(), None),
            "dart" => {
                let weights = self.weight_drop.as_deref();
                let weights = weights.ok_or_else(|| refuse("`weight_drop` is missing"))?;
                (self.gbtree.as_ref().and_then(|inner| inner.model.as_ref()), Some(weights))
            }
            other => return Err(unsupported(format!("its booster `{other}` has no trees"))),
        };
        Ok((model.ok_or_else(|| refuse("its booster has no `model`"))?, weights))
    }
}

#[derive(Deserialize)]
struct Trees {
    #[serde(default)]
    trees: Vec<Tree>,
    #[serde(default)]
    cats: Option<Categories>,
}

/// The names of the categories, since 3.1: one entry a feature.
#[derive(Deserialize)]
struct Categories {
    #[serde(default)]
    enc: Vec<Names>,
}

/// Numbers, or the bytes of texts with the place where each ends; empty for what is no category.
#[derive(Deserialize)]
struct Names {
    offsets: Option<Vec<usize>>,
    #[serde(default)]
    values: Vec<serde_json::Number>,
}

impl Names {
    fn read(&self) -> Result<Option<Vec<String>>> {
        let wrong = || refuse("its names of categories cannot be read");
        let Some(offsets) = &self.offsets else {
            let names = self.values.iter().map(ToString::to_string);
            return Ok(Some(names.collect()).filter(|names: &Vec<_>| !names.is_empty()));
        };
        let byte = |value: &serde_json::Number| {
            let code = value.as_i64().filter(|code| (-128..256).contains(code));
            // The library's bytes are signed.
            code.map(|code| code.to_le_bytes()[0]).ok_or_else(wrong)
        };
        let bytes: Vec<u8> = self.values.iter().map(byte).collect::<Result<_>>()?;
        let name = |pair: &[usize]| {
            let bytes = bytes.get(pair[0]..pair[1]).ok_or_else(wrong)?;
            String::from_utf8(bytes.to_vec()).map_err(|_| wrong())
        };
        let names: Vec<String> = offsets.windows(2).map(name).collect::<Result<_>>()?;
        Ok(Some(names).filter(|names| !names.is_empty()))
    }
}

/// A boolean, which is also written as 0 and 1.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Number(u8),
}

impl Flag {
    fn is_set(&self) -> bool {
        matches!(self, Self::Bool(true) | Self::Number(1..))
    }
}

#[derive(Deserialize)]
struct Tree {
    left_children: Vec<i32>,
    right_children: Vec<i32>,
    split_indices: Vec<usize>,
    split_conditions: Vec<f32>,
    default_left: Vec<Flag>,
    #[serde(default)]
    loss_changes: Vec<f32>,
    #[serde(default)]
    sum_hessian: Vec<f32>,
    #[serde(default)]
    split_type: Vec<u8>,
    #[serde(default)]
    categories: Vec<u32>,
    #[serde(default)]
    categories_nodes: Vec<usize>,
    #[serde(default)]
    categories_segments: Vec<usize>,
    #[serde(default)]
    categories_sizes: Vec<usize>,
    #[serde(rename = "tree_param")]
    params: TreeParams,
}

#[derive(Deserialize)]
struct TreeParams {
    size_leaf_vector: Option<Number>,
}

impl Tree {
    /// Adds the tree, and what its splits gained.
    fn push(
        &self,
        nodes: &mut Nodes<f32>,
        weight: Option<f32>,
        inputs: &[Input],
        gains: &mut [f64],
    ) -> Result<()> {
        if more_than_one(self.params.size_leaf_vector.as_ref())? {
            return Err(unsupported("its leaves are vectors"));
        }
        // Sets that lie over each other would be read as often as they are named.
        let listed =
            self.categories_sizes.iter().try_fold(0, |sum: usize, &size| sum.checked_add(size));
        if listed.is_none_or(|listed| listed > self.categories.len()) {
            return Err(refuse("its sets of categories are more than it lists"));
        }
        let mut left = self.left_children.len();
        let cover = |at: usize| self.sum_hessian.get(at).copied();
        lower::push_tree(nodes, 0, 0.0, cover, |at| {
            let torn = || refuse(format!("node {at} is missing or incomplete"));
            // More visits than nodes: some node is its own ancestor, or has two parents.
            left = left.checked_sub(1).ok_or_else(|| refuse("its nodes are not a tree"))?;
            let value = *self.split_conditions.get(at).ok_or_else(torn)?;
            let child = *self.left_children.get(at).ok_or_else(torn)?;
            if child == -1 {
                return Ok(Source::Leaf(weight.map_or(value, |weight| value * weight)));
            }
            let child = |of: &[i32]| {
                of.get(at).and_then(|&child| usize::try_from(child).ok()).ok_or_else(torn)
            };
            let (left, right) = (child(&self.left_children)?, child(&self.right_children)?);
            let feature = *self.split_indices.get(at).ok_or_else(torn)?;
            let missing_left = self.default_left.get(at).ok_or_else(torn)?.is_set();
            let input = inputs.get(feature).ok_or_else(|| {
                refuse(format!("node {at} asks about feature {feature} of {}", inputs.len()))
            })?;
            if let Some(&gain) = self.loss_changes.get(at) {
                gains[feature] += f64::from(gain).max(0.0);
            }
            if self.split_type.get(at).is_none_or(|&kind| kind == 0) {
                let test = Test::Below(value);
                return Ok(Source::Split { feature, test, missing_left, left, right });
            }
            let categories = self.categories_of(at).ok_or_else(torn)?;
            let known = match &input.kind {
                InputKind::Category { values } => values.len(),
                _ => 0,
            };
            if let Some(code) = categories.iter().find(|&&code| code as usize >= known) {
                return Err(refuse(format!(
                    "node {at} asks for category {code} of `{}`, which has {known} names",
                    input.name
                )));
            }
            let test = Test::OneOf(categories.to_vec());
            let (left, right, missing_left) = (right, left, !missing_left);
            Ok(Source::Split { feature, test, missing_left, left, right })
        })
    }

    /// The categories that a node sends right.
    fn categories_of(&self, node: usize) -> Option<&[u32]> {
        let at = self.categories_nodes.binary_search(&node).ok()?;
        let begin = *self.categories_segments.get(at)?;
        self.categories.get(begin..begin.checked_add(*self.categories_sizes.get(at)?)?)
    }

    /// The features that are asked about as categories.
    fn categorical(&self) -> impl Iterator<Item = usize> {
        let pairs = self.split_type.iter().zip(&self.split_indices).zip(&self.left_children);
        pairs.filter(|((kind, _), left)| **kind != 0 && **left != -1).map(|((_, &at), _)| at)
    }
}

fn columns(learner: &Learner, model: &Trees) -> Result<Vec<Column>> {
    let names = learner.feature_names.as_deref().unwrap_or_default();
    let types = learner.feature_types.as_deref().unwrap_or_default();
    let most = model.trees.iter().flat_map(|tree| &tree.split_indices).max();
    let least = most.map_or(0, |most| most.saturating_add(1));
    let count =
        if names.is_empty() { least.max(learner.params.num_feature.read()?) } else { names.len() };
    if count > MOST_COLUMNS || count < least {
        return Err(refuse(format!("it asks about feature {least} of {count}")));
    }
    let mut is_category = vec![false; count];
    for at in model.trees.iter().flat_map(Tree::categorical) {
        is_category[at] = true;
    }
    let encoded = model.cats.as_ref().map(|cats| cats.enc.as_slice()).unwrap_or_default();
    let column = |at: usize| {
        let kind = types.get(at).map(String::as_str);
        let found = if is_category[at] || kind == Some("c") {
            Found::Category(encoded.get(at).map_or(Ok(None), Names::read)?)
        } else if kind == Some("i") {
            Found::Bool
        } else {
            Found::Number
        };
        Ok(Column { name: names.get(at).cloned(), found })
    };
    (0..count).map(column).collect()
}

/// More columns than any model of customers has, which a hostile number may not exceed.
const MOST_COLUMNS: usize = 1_000_000;
