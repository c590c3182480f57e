//! Models of `LightGBM`, in the text that `save_model` and `model_to_string` write (`version=v3` and
//! `v4`; releases 2.3 to 4.x).
//!
//! Lines `key=value`: first what holds for the model, then a block a tree, from `Tree=0` to `end of
//! trees`. A child that is negative is a leaf, `−1 − leaf`. `decision_type` has a bit for a
//! category (1) and for what is missing goes left (2), and above them what counts as missing: nothing
//! (0), zero and NaN (4), NaN (8). Where nothing does, NaN is taken for 0. A category goes left when
//! its bit is set; one that is missing or unknown goes right.
//!
//! All numbers are double precision, and a margin is `Σ leaf` in tree order. The probability is
//! `1 / (1 + exp(−sigmoid · margin))`; a random forest (`average_output`) divides the margin, which
//! is a sum there too, by the number of trees before that.

use std::collections::HashMap;
use std::str::FromStr;

use serde_json::Value;
use stayput_core::churn::{
    Calibrator, Compare, Forest, ForestParts, Input, InputKind, Model, Nodes, Predictor,
};
use stayput_core::{Error, Result};

use super::features::{self, Column, Features, Found};
use crate::lower::{self, Source, Test};

const NAME: &str = "LightGBM";

/// Reads a model that `LightGBM` wrote as text.
///
/// Read are the boosting types `gbdt`, `dart`, `goss` and `rf` with the objectives `binary` and
/// `cross_entropy`. Margins have the bits of the library's own (`raw_score`), and probabilities are
/// within 1e-12 of them.
///
/// # Errors
/// [`ErrorCode::ModelFormat`] for bytes that are no such model, [`ErrorCode::Unsupported`] for a
/// model of another kind, [`ErrorCode::ModelShape`] where `features` does not fit it.
///
/// [`ErrorCode::ModelFormat`]: stayput_core::ErrorCode::ModelFormat
/// [`ErrorCode::Unsupported`]: stayput_core::ErrorCode::Unsupported
/// [`ErrorCode::ModelShape`]: stayput_core::ErrorCode::ModelShape
pub fn lightgbm(bytes: &[u8], features: &Features) -> Result<Model> {
    let text = std::str::from_utf8(bytes).map_err(|_| refuse("its text is not UTF-8"))?;
    let (head, trees, tail) = parts(text)?;
    let head = Block::of(head);
    for count in ["num_class", "num_tree_per_iteration"] {
        if head.number::<u64>(count)?.is_some_and(|count| count > 1) {
            return Err(unsupported("it has several classes"));
        }
    }
    let objective = head.require("objective")?;
    let slope = sigmoid(objective)?;
    let trees = trees.into_iter().map(Tree::of).collect::<Result<Vec<_>>>()?;
    let columns = columns(&head, &trees, tail)?;
    let inputs = features::inputs(columns, "Column_", features)?;

    let zero = trees.iter().any(|tree| tree.has_missing(ZERO));
    if zero && trees.iter().any(|tree| tree.has_missing(NAN)) {
        return Err(unsupported("zero is missing to some of its nodes, and not to others"));
    }
    let mut nodes = lower::empty(0.0);
    nodes.compare = if zero { Compare::NonZeroLessEqual } else { Compare::LessEqual };
    #[expect(clippy::cast_precision_loss, reason = "trees are counted in thousands")]
    let slope = if head.has("average_output") { slope / trees.len().max(1) as f64 } else { slope };
    let mut gains = vec![0.0; inputs.len()];
    for (at, tree) in trees.iter().enumerate() {
        tree.push(&mut nodes, &inputs, &mut gains)
            .map_err(|error| error.in_place(format!("{NAME} model: tree {at}")))?;
    }
    let forest = Forest::new(ForestParts::F64(nodes))?;
    let calibrator = (slope != 1.0).then_some(Calibrator::Platt { slope, intercept: 0.0 });
    let params = [("objective", objective.to_owned())];
    super::model("lightgbm", inputs, Predictor::Forest(forest), calibrator, &gains, params)
}

fn refuse(message: impl Into<String>) -> Error {
    super::refuse(NAME, message)
}

fn unsupported(message: impl Into<String>) -> Error {
    super::unsupported(NAME, message)
}

/// What the margin is multiplied by before the logistic function.
fn sigmoid(objective: &str) -> Result<f64> {
    let mut words = objective.split_ascii_whitespace();
    match words.next() {
        Some("binary") => {
            let slope = words.find_map(|word| word.strip_prefix("sigmoid:")).unwrap_or("1");
            parse("objective", slope)
        }
        Some("cross_entropy" | "xentropy") => Ok(1.0),
        _ => Err(unsupported(format!(
            "the objective `{objective}` is not one for two classes: `binary` or `cross_entropy`"
        ))),
    }
}

/// What comes before the trees, the trees, and what comes after them.
fn parts(text: &str) -> Result<(&str, Vec<&str>, &str)> {
    if !text.starts_with("tree\n") && !text.starts_with("tree\r\n") {
        return Err(refuse("its first line is not `tree`"));
    }
    let (body, tail) = text
        .split_once("\nend of trees")
        .ok_or_else(|| refuse("the line `end of trees` is missing (file truncated or altered)"))?;
    let mut blocks = body.split("\nTree=");
    let head = blocks.next().unwrap_or_default();
    Ok((head, blocks.collect(), tail))
}

fn parse<T: FromStr>(key: &str, text: &str) -> Result<T> {
    text.trim().parse().map_err(|_| refuse(format!("`{key}`: `{text}` cannot be read")))
}

/// Lines `key=value`.
struct Block<'a>(HashMap<&'a str, &'a str>);

impl<'a> Block<'a> {
    fn of(text: &'a str) -> Self {
        let line = |line: &'a str| line.split_once('=').unwrap_or((line.trim_end(), ""));
        Self(text.lines().map(line).collect())
    }

    fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    fn require(&self, key: &str) -> Result<&'a str> {
        let value = self.0.get(key).copied();
        value.ok_or_else(|| refuse(format!("the line `{key}` is missing")))
    }

    fn number<T: FromStr>(&self, key: &str) -> Result<Option<T>> {
        self.0.get(key).map(|text| parse(key, text)).transpose()
    }

    /// The numbers of a list, which there must be `count` of; none where the line is missing.
    fn list<T: FromStr>(&self, key: &str, count: usize) -> Result<Vec<T>> {
        let text = self.0.get(key).copied().unwrap_or_default();
        let list: Vec<T> =
            text.split_ascii_whitespace().map(|word| parse(key, word)).collect::<Result<_>>()?;
        if list.len() == count {
            return Ok(list);
        }
        Err(refuse(format!("`{key}` has {} numbers instead of {count}", list.len())))
    }
}

const CATEGORY: u8 = 1;
const DEFAULT_LEFT: u8 = 2;
/// What is missing to a node: its bits of the decision type.
const MISSING: u8 = 12;
const ZERO: u8 = 4;
const NAN: u8 = 8;

struct Tree {
    leaves: Vec<f64>,
    left: Vec<i64>,
    right: Vec<i64>,
    feature: Vec<usize>,
    threshold: Vec<f64>,
    decision: Vec<u8>,
    gain: Vec<f64>,
    /// How many rows reached each split and each leaf; empty where that is not written.
    split_rows: Vec<f64>,
    leaf_rows: Vec<f64>,
    /// Where each set ends in `words`, after the 0 that the first begins at.
    bounds: Vec<usize>,
    words: Vec<u32>,
}

impl Tree {
    fn of(text: &str) -> Result<Self> {
        let block = Block::of(text);
        if block.number::<u8>("is_linear")?.is_some_and(|linear| linear != 0) {
            return Err(unsupported("its leaves are linear models (`linear_tree`)"));
        }
        let leaves = block.number("num_leaves")?.unwrap_or(0);
        let count = usize::checked_sub(leaves, 1).ok_or_else(|| refuse("a tree has no leaves"))?;
        let sets = block.number("num_cat")?.unwrap_or(0);
        let bounds: Vec<usize> = if sets == 0_usize {
            vec![0]
        } else {
            block.list("cat_boundaries", sets.saturating_add(1))?
        };
        let words = bounds.last().copied().unwrap_or_default();
        let rows = |name, count| {
            if block.has(name) { block.list(name, count) } else { Ok(Vec::new()) }
        };
        Ok(Self {
            leaves: block.list("leaf_value", leaves)?,
            left: block.list("left_child", count)?,
            right: block.list("right_child", count)?,
            feature: block.list("split_feature", count)?,
            threshold: block.list("threshold", count)?,
            decision: if block.has("decision_type") {
                block.list("decision_type", count)?
            } else {
                vec![0; count]
            },
            gain: if block.has("split_gain") {
                block.list("split_gain", count)?
            } else {
                vec![0.0; count]
            },
            split_rows: rows("internal_count", count)?,
            leaf_rows: rows("leaf_count", leaves)?,
            words: if words == 0 { Vec::new() } else { block.list("cat_threshold", words)? },
            bounds,
        })
    }

    /// Whether this counts as missing at some number.
    fn has_missing(&self, what: u8) -> bool {
        self.decision.iter().any(|kind| kind & CATEGORY == 0 && kind & MISSING == what)
    }

    /// Adds the tree, and what its splits gained.
    fn push(&self, nodes: &mut Nodes<f64>, inputs: &[Input], gains: &mut [f64]) -> Result<()> {
        let splits = self.left.len();
        let mut left = splits + self.leaves.len();
        let mut words = self.words.len();
        // Leaves are numbered after the splits.
        let place = |child: i64| {
            usize::try_from(child).unwrap_or_else(|_| {
                usize::try_from(-1 - child).map_or(usize::MAX, |leaf| leaf.saturating_add(splits))
            })
        };
        let root = if splits == 0 { place(-1) } else { 0 };
        let cover = |at: usize| match at.checked_sub(splits) {
            Some(leaf) => self.leaf_rows.get(leaf).copied(),
            None => self.split_rows.get(at).copied(),
        };
        lower::push_tree(nodes, root, 0.0, cover, |at| {
            // More visits than nodes: some node is its own ancestor, or has two parents.
            left = left.checked_sub(1).ok_or_else(|| refuse("its nodes are not a tree"))?;
            if at >= splits {
                let leaf = self.leaves.get(at - splits);
                let leaf = leaf.ok_or_else(|| refuse("a split lacks a child"))?;
                return Ok(Source::Leaf(*leaf));
            }
            let feature = self.feature[at];
            let input = inputs.get(feature).ok_or_else(|| {
                refuse(format!("split {at} asks about feature {feature} of {}", inputs.len()))
            })?;
            gains[feature] += self.gain[at].max(0.0);
            let (kind, threshold) = (self.decision[at], self.threshold[at]);
            let (test, missing_left) = if kind & CATEGORY != 0 {
                (Test::OneOf(self.categories(threshold, input, &mut words)?), false)
            } else {
                let missing_left = match kind & MISSING {
                    0 => 0.0 <= threshold,
                    ZERO | NAN => kind & DEFAULT_LEFT != 0,
                    _ => return Err(refuse(format!("split {at} has a wrong `decision_type`"))),
                };
                // All numbers go left at what is infinite: it asks who is missing.
                (Test::Below(threshold.min(f64::MAX)), missing_left)
            };
            let (left, right) = (place(self.left[at]), place(self.right[at]));
            Ok(Source::Split { feature, test, missing_left, left, right })
        })
    }

    /// The categories in the set that a split names by its threshold.
    ///
    /// `left` is how many words are left to read, for a set belongs to one split.
    fn categories(&self, set: f64, input: &Input, left: &mut usize) -> Result<Vec<u32>> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let set = set as usize;
        let bound = |at: usize| self.bounds.get(at).copied();
        let bounds = bound(set).zip(bound(set.saturating_add(1)));
        let words = bounds.and_then(|(begin, end)| self.words.get(begin..end));
        let words = words.ok_or_else(|| refuse("a set of categories is missing"))?;
        let rest = left.checked_sub(words.len());
        *left = rest.ok_or_else(|| refuse("a set of categories belongs to two splits"))?;
        let known = match &input.kind {
            InputKind::Category { values } => values.len(),
            _ => 0,
        };
        let mut codes = Vec::new();
        for (word, first) in words.iter().zip((0_u32..).step_by(32)) {
            codes.extend((0..32).filter(|bit| word >> bit & 1 == 1).map(|bit| first + bit));
        }
        match codes.last() {
            Some(&code) if code as usize >= known => Err(refuse(format!(
                "a set has category {code} of `{}`, which has {known} names",
                input.name
            ))),
            _ => Ok(codes),
        }
    }
}

fn columns(head: &Block<'_>, trees: &[Tree], tail: &str) -> Result<Vec<Column>> {
    let names: Vec<&str> = head.require("feature_names")?.split_ascii_whitespace().collect();
    let mut is_category = vec![false; names.len()];
    for tree in trees {
        for (&feature, kind) in tree.feature.iter().zip(&tree.decision) {
            if let Some(known) = is_category.get_mut(feature).filter(|_| kind & CATEGORY != 0) {
                *known = true;
            }
        }
    }
    // The parameters tell of all, the trees of those alone that they use.
    let said = tail.lines().find_map(|line| line.strip_prefix("[categorical_feature: "));
    let said = said.and_then(|list| list.strip_suffix(']')).unwrap_or_default();
    for feature in said.split(',').filter_map(|at| at.trim().parse::<usize>().ok()) {
        if let Some(known) = is_category.get_mut(feature) {
            *known = true;
        }
    }
    let categories = is_category.iter().filter(|is| **is).count();
    let mut dictionaries = dictionaries(tail)?;
    if dictionaries.len() != categories {
        dictionaries.clear();
    }
    let mut dictionaries = dictionaries.into_iter();
    // Names that the library made up are none.
    let made_up = (0..).zip(&names).all(|(at, name): (usize, _)| *name == format!("Column_{at}"));
    let column = |(name, is_category): (&str, bool)| Column {
        name: (!made_up).then(|| name.to_owned()),
        found: if is_category { Found::Category(dictionaries.next()) } else { Found::Number },
    };
    Ok(names.into_iter().zip(is_category).map(column).collect())
}

/// The names of categories that the Python package adds: of each column that pandas calls one.
fn dictionaries(tail: &str) -> Result<Vec<Vec<String>>> {
    let Some(json) = tail.lines().find_map(|line| line.strip_prefix("pandas_categorical:")) else {
        return Ok(Vec::new());
    };
    let lists: Option<Vec<Vec<Value>>> = serde_json::from_str(json)
        .map_err(|error| refuse(format!("`pandas_categorical`: {error}")))?;
    let name = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let names = |list: Vec<Value>| list.into_iter().map(name).collect();
    Ok(lists.unwrap_or_default().into_iter().map(names).collect())
}
