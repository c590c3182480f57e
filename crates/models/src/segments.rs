//! A tree as segments of a playbook: each leaf a condition over features, and who is in it.
//!
//! A path from the root to a leaf asks about some features, perhaps several times about one. Of each
//! it leaves a range of numbers, some names of a category, or one side of a boolean, and either lets
//! missing values through or not. That is written in the playbook's language, so that for every
//! customer the condition of one leaf is true, and of no other: the one that the tree leads to. What
//! the tree sends along with missing values, such as a name it has never seen, goes with them.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use stayput_core::churn::{
    Compare, Encoder, ForestParts, Input, InputKind, LEAF, Model, Nodes, Predictor,
};
use stayput_core::features::TrainingSet;
use stayput_core::{Error, ErrorCode, Result};

use crate::data;

/// The customers of a leaf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TreeSegment {
    /// `leaf_1`, `leaf_2`, … from the left of the tree to the right.
    pub name: String,
    /// How many rows.
    pub rows: usize,
    /// How many of them churned.
    pub churners: usize,
    /// The share of them that churned; none where there are no rows.
    pub churn_rate: Option<f64>,
    /// The probability that the model gives them.
    pub probability: f64,
    /// Who they are, in the playbook's language.
    pub condition: String,
}

/// The leaves of a tree as segments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TreeSegments {
    /// How many rows there are in all.
    pub rows: usize,
    /// How many of them churned.
    pub churners: usize,
    /// One a leaf.
    pub segments: Vec<TreeSegment>,
    /// The section `[segments]` of a playbook, with a segment a leaf.
    pub playbook: String,
    /// The tree to be read: a question a line, what is asked after it further in.
    pub tree: String,
}

impl std::fmt::Display for TreeSegments {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.tree)
    }
}

/// The leaves of a model that is a single tree, with the rows of `set` that come to each.
///
/// The rows may be those of training, or others: then the rates say whether the segments hold.
///
/// # Errors
/// [`ErrorCode::Unsupported`] for a model that is not one tree in double precision without
/// encoders, as `tree` trains, or that reads a feature whose name no playbook can have;
/// [`ErrorCode::ModelShape`] and [`ErrorCode::ModelData`] for rows that are not the model's.
pub fn segments(model: &Model, set: &TrainingSet) -> Result<TreeSegments> {
    let nodes = nodes(model)?;
    let tree = Tree { nodes: &nodes, inputs: model.inputs() };
    tree.check_names()?;
    let labels = data::labels(set)?;
    let mut counts = vec![(0, 0); nodes.feature.len()];
    for (row, label) in model.rows_of(&set.table)?.rows().into_iter().zip(&labels) {
        let values = row.to_vec();
        let mut at = 0;
        loop {
            counts[at].0 += 1;
            counts[at].1 += usize::from(*label);
            let Some(next) = tree.next(at, &values) else { break };
            at = next;
        }
    }
    let mut leaves = Vec::new();
    tree.leaves(0, &mut vec![Left::all(); model.inputs().len()], &mut leaves);
    let segments: Vec<TreeSegment> = leaves
        .into_iter()
        .enumerate()
        .map(|(number, (at, condition))| {
            let (rows, churners) = counts[at];
            TreeSegment {
                name: format!("leaf_{}", number + 1),
                rows,
                churners,
                churn_rate: rate(counts[at]),
                probability: model.probability(nodes.base + nodes.value[at]),
                condition,
            }
        })
        .collect();
    let mut playbook = "[segments]\n".to_owned();
    for TreeSegment { name, rows, churn_rate, condition, .. } in &segments {
        let found =
            churn_rate.map_or_else(String::new, |rate| format!("; {} churn", percent(rate)));
        // A basic string of TOML has the escapes of JSON.
        let quoted = serde_json::Value::from(condition.as_str());
        let _ = writeln!(playbook, "# {rows} customers{found}\n{name} = {quoted}");
    }
    let mut text = String::new();
    tree.write(0, 0, &counts, &mut 0, &mut text);
    let (rows, churners) = counts[0];
    Ok(TreeSegments { rows, churners, segments, playbook, tree: text })
}

fn refuse(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::Unsupported, "model", message)
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
fn rate((rows, churners): (usize, usize)) -> Option<f64> {
    (rows > 0).then(|| churners as f64 / rows as f64)
}

fn percent(rate: f64) -> String {
    format!("{:.1}%", 100.0 * rate)
}

fn nodes(model: &Model) -> Result<Nodes<f64>> {
    let parts = model.parts();
    let refuse = || {
        let algorithm = model.algorithm();
        refuse(format!(
            "has no leaves to make segments of: `{algorithm}` is not a single tree; train with `algorithm` `tree`"
        ))
    };
    let Predictor::Forest(forest) = &parts.predictor else { return Err(refuse()) };
    match forest.parts() {
        ForestParts::F64(nodes)
            if nodes.roots == [0]
                && nodes.compare != Compare::NonZeroLessEqual
                && parts.encoders.iter().all(|encoder| *encoder == Encoder::Native) =>
        {
            Ok(nodes.clone())
        }
        _ => Err(refuse()),
    }
}

/// What a path has left of a feature.
#[derive(Debug, Clone, PartialEq)]
struct Left {
    /// The least number; whether it is itself among those left.
    low: (f64, bool),
    /// The greatest number, likewise.
    high: (f64, bool),
    /// The names that are gone, by their index.
    gone: Vec<usize>,
    missing: bool,
}

impl Left {
    fn all() -> Self {
        let (low, high) = ((f64::NEG_INFINITY, true), (f64::INFINITY, true));
        Self { low, high, gone: Vec::new(), missing: true }
    }
}

struct Tree<'a> {
    nodes: &'a Nodes<f64>,
    inputs: &'a [Input],
}

impl Tree<'_> {
    fn check_names(&self) -> Result<()> {
        for &feature in self.nodes.feature.iter().filter(|&&feature| feature != LEAF) {
            let name = &self.input(feature).name;
            let first = |mark: char| mark.is_ascii_alphabetic() || mark == '_';
            let mark = |mark: char| mark.is_ascii_alphanumeric() || mark == '_';
            if !name.starts_with(first) || !name.chars().all(mark) {
                let message = format!(
                    "asks about `{name}`, which is no name of a playbook's feature; rename the \
                     column with letters, digits and `_`"
                );
                return Err(refuse(message));
            }
        }
        Ok(())
    }

    fn input(&self, feature: u32) -> &Input {
        // Checked when the model was made.
        &self.inputs[feature as usize]
    }

    /// The set of a node, where it has one.
    fn set(&self, at: usize) -> Option<&[u64]> {
        let sets = &self.nodes.sets;
        let own = sets.node.iter().position(|&node| node as usize == at)?;
        let begin = own.checked_sub(1).map_or(0, |before| sets.end[before] as usize);
        Some(&sets.words[begin..sets.end[own] as usize])
    }

    /// The child that a row goes to; none from a leaf.
    fn next(&self, at: usize, row: &[f64]) -> Option<usize> {
        let feature = self.nodes.feature[at];
        if feature == LEAF {
            return None;
        }
        let value = row[feature as usize];
        let left = match &self.input(feature).kind {
            InputKind::Category { values } => (0..values.len())
                .find(|&code| value.total_cmp(&float(code)).is_eq())
                .map(|code| in_set(self.set(at).unwrap_or_default(), code)),
            _ if value.is_nan() => None,
            _ => Some(match self.nodes.compare {
                Compare::Less => value < self.nodes.value[at],
                _ => value <= self.nodes.value[at],
            }),
        };
        let left = left.unwrap_or(self.nodes.missing_left[at]);
        Some(self.nodes.left[at] as usize + usize::from(!left))
    }

    /// What is left of a node's feature on one side of its question.
    fn narrowed(&self, at: usize, left: bool, before: &Left) -> Left {
        let mut after = before.clone();
        after.missing &= self.nodes.missing_left[at] == left;
        // Whether the threshold itself goes left.
        let equal = self.nodes.compare == Compare::LessEqual;
        // Nothing is below the least number: such a node asks whether there is a value.
        let threshold = match self.nodes.value[at] {
            f64::MIN if !equal => f64::NEG_INFINITY,
            threshold => threshold,
        };
        match &self.input(self.nodes.feature[at]).kind {
            InputKind::Category { values } => {
                let set = self.set(at).unwrap_or_default();
                let goes = |code: &usize| in_set(set, *code) != left;
                after.gone.extend((0..values.len()).filter(goes));
                after.gone.sort_unstable();
                after.gone.dedup();
            }
            _ if left && threshold <= after.high.0 => {
                after.high = (threshold, equal && (threshold < after.high.0 || after.high.1));
            }
            _ if !left && threshold >= after.low.0 => {
                after.low = (threshold, !equal && (threshold > after.low.0 || after.low.1));
            }
            _ => {}
        }
        after
    }

    /// The leaves from left to right, each with its condition.
    fn leaves(&self, at: usize, left: &mut Vec<Left>, into: &mut Vec<(usize, String)>) {
        let feature = self.nodes.feature[at];
        if feature == LEAF {
            let parts = self.inputs.iter().zip(left.iter());
            let parts: Vec<String> =
                parts.filter_map(|(input, left)| condition(input, left)).collect();
            let whole = if parts.is_empty() { "true".to_owned() } else { parts.join(" && ") };
            into.push((at, whole));
            return;
        }
        let feature = feature as usize;
        let before = left[feature].clone();
        for (child, side) in [(0, true), (1, false)] {
            left[feature] = self.narrowed(at, side, &before);
            self.leaves(self.nodes.left[at] as usize + child, left, into);
        }
        left[feature] = before;
    }

    fn write(
        &self,
        at: usize,
        depth: usize,
        counts: &[(usize, usize)],
        leaf: &mut usize,
        into: &mut String,
    ) {
        let (rows, _) = counts[at];
        let found =
            rate(counts[at]).map_or_else(String::new, |rate| format!(", {}", percent(rate)));
        let feature = self.nodes.feature[at];
        if depth == 0 {
            let _ = writeln!(into, "everyone: {rows} rows{found} churn");
        }
        if feature == LEAF {
            return;
        }
        for (child, left) in [(0, true), (1, false)] {
            let next = self.nodes.left[at] as usize + child;
            let asked = self.narrowed(at, left, &Left::all());
            let asked = condition(self.input(feature), &asked);
            let asked = asked.unwrap_or_else(|| "true".to_owned());
            let (rows, _) = counts[next];
            let found =
                rate(counts[next]).map_or_else(String::new, |rate| format!(", {}", percent(rate)));
            let mut name = String::new();
            if self.nodes.feature[next] == LEAF {
                *leaf += 1;
                name = format!("  -> leaf_{leaf}");
            }
            let indent = "  ".repeat(depth + 1);
            let _ = writeln!(into, "{indent}{asked}: {rows} rows{found}{name}");
            self.write(next, depth + 1, counts, leaf, into);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a dictionary is far below 2^52")]
fn float(code: usize) -> f64 {
    code as f64
}

fn in_set(set: &[u64], code: usize) -> bool {
    set.get(code / 64).is_some_and(|word| word >> (code % 64) & 1 == 1)
}

/// What is left of a feature, in the playbook's language; nothing where all of it is.
fn condition(input: &Input, left: &Left) -> Option<String> {
    let name = &input.name;
    let (present, all) = match &input.kind {
        InputKind::Number => range(name, left),
        InputKind::Bool => {
            let has = |value: f64| {
                (value > left.low.0 || left.low.1 && value >= left.low.0)
                    && (value < left.high.0 || left.high.1 && value <= left.high.0)
            };
            match (has(0.0), has(1.0)) {
                (true, true) => (format!("has({name})"), true),
                (true, false) => (format!("!{name}"), false),
                (false, true) => (name.clone(), false),
                (false, false) => (String::new(), false),
            }
        }
        InputKind::Category { values } => return names(name, values, left),
    };
    match (left.missing, all, present.is_empty()) {
        (true, true, _) => None,
        (true, false, true) => Some(format!("!has({name})")),
        (true, false, false) => Some(format!("(!has({name}) || {present})")),
        (false, _, true) => Some("false".to_owned()),
        (false, _, false) => Some(present),
    }
}

/// The condition that a number is within what is left; empty where nothing is. And whether
/// everything is.
fn range(name: &str, left: &Left) -> (String, bool) {
    let ((low, with_low), (high, with_high)) = (left.low, left.high);
    if low > high
        || low.total_cmp(&high).is_eq() && !(with_low && with_high)
        || low == f64::INFINITY
        || high == f64::NEG_INFINITY
    {
        return (String::new(), false);
    }
    let above = format!("{name} {} {low:?}", if with_low { ">=" } else { ">" });
    let below = format!("{name} {} {high:?}", if with_high { "<=" } else { "<" });
    match (low.is_infinite(), high.is_infinite()) {
        (true, true) => (format!("has({name})"), true),
        (true, false) => (below, false),
        (false, true) => (above, false),
        (false, false) => (format!("{above} && {below}"), false),
    }
}

/// The condition that a category is among the names left. A name that the model does not know is
/// missing to it, so where missing values pass, the condition is about the names that are gone.
fn names(name: &str, values: &[String], left: &Left) -> Option<String> {
    let list = |codes: Vec<&String>| match codes.as_slice() {
        [only] => format!("{name} == {}", quoted(only)),
        codes => {
            let codes: Vec<String> = codes.iter().map(|code| quoted(code)).collect();
            format!("{name} in [{}]", codes.join(", "))
        }
    };
    let (gone, kept): (Vec<_>, Vec<_>) =
        values.iter().enumerate().partition(|(code, _)| left.gone.binary_search(code).is_ok());
    let only = |codes: Vec<(usize, _)>| codes.into_iter().map(|(_, value)| value).collect();
    match (left.missing, gone.is_empty(), kept.is_empty()) {
        (true, true, _) => None,
        (true, false, _) => Some(format!("(!has({name}) || !({}))", list(only(gone)))),
        (false, _, true) => Some("false".to_owned()),
        (false, _, false) => Some(list(only(kept))),
    }
}

/// A text of the playbook's language.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number() -> Input {
        Input { name: "spend".to_owned(), kind: InputKind::Number }
    }

    #[test]
    fn what_is_left_is_written_as_a_condition() {
        let of = |low: (f64, bool), high: (f64, bool), missing| {
            condition(&number(), &Left { low, high, gone: Vec::new(), missing })
        };
        let (least, most) = ((f64::NEG_INFINITY, true), (f64::INFINITY, true));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of(least, most, true), None);
        assert_eq!(of(least, most, false), some("has(spend)"));
        assert_eq!(of(least, (12.0, false), false), some("spend < 12.0"));
        assert_eq!(of((3.5, true), (1e300, false), false), some("spend >= 3.5 && spend < 1e300"));
        assert_eq!(of((-2.0, false), most, true), some("(!has(spend) || spend > -2.0)"));
        assert_eq!(of(most, most, true), some("!has(spend)"));
        assert_eq!(of((3.0, true), (3.0, false), true), some("!has(spend)"));
        assert_eq!(of((3.0, true), (2.0, false), false), some("false"));
        let paying = Input { name: "paying".to_owned(), kind: InputKind::Bool };
        let of = |low: f64, high: f64, missing| {
            let (low, high) = ((low, true), (high, false));
            condition(&paying, &Left { low, high, gone: Vec::new(), missing })
        };
        assert_eq!(of(0.5, f64::INFINITY, false), some("paying"));
        assert_eq!(of(f64::NEG_INFINITY, 1.0, true), some("(!has(paying) || !paying)"));
        let values = ["a", "b\"", "c"].map(str::to_owned).to_vec();
        let plan = Input { name: "plan".to_owned(), kind: InputKind::Category { values } };
        let of = |gone: &[usize], missing| {
            condition(&plan, &Left { gone: gone.to_vec(), missing, ..Left::all() })
        };
        assert_eq!(of(&[], true), None);
        assert_eq!(of(&[], false), some(r#"plan in ["a", "b\"", "c"]"#));
        assert_eq!(of(&[0, 2], false), some(r#"plan == "b\"""#));
        assert_eq!(of(&[0, 2], true), some(r#"(!has(plan) || !(plan in ["a", "c"]))"#));
    }
}
