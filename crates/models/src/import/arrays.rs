//! Models that come over as arrays, from a library that has no file for them: scikit-learn.
//!
//! The host reads the arrays off the library's objects and hands them over; what they mean is
//! decided here. A forest is double precision and splits by `value <= threshold`; where the library
//! rounds its inputs to single precision first, thresholds move to where that makes no difference.

use stayput_core::churn::{
    Calibrator, Compare, Encoding, Forest, ForestParts, Input, InputKind, Linear, Link, Model,
    Predictor,
};
use stayput_core::{Error, Result};

use super::features::{self, Column, Features, Found};
use crate::lower::{self, Source, Test};

const NAME: &str = "scikit-learn";

/// What the columns of a model are called, and which are categories.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    /// How many there are.
    pub count: usize,
    /// Their names; empty where the library knows none.
    pub names: Vec<String>,
    /// The categories: the column and the names of its codes.
    pub categories: Vec<(usize, Vec<String>)>,
    /// The share each has in what the model learned, in any unit; empty where that is not known.
    pub gains: Vec<f64>,
}

/// Trees, one entry a node in each list and one tree after the other.
#[derive(Debug, Clone)]
pub struct Trees {
    /// The first node of each tree.
    pub roots: Vec<usize>,
    /// The left child, counted from the tree's first node; negative for a leaf.
    pub left: Vec<i64>,
    /// The right child, in the same way.
    pub right: Vec<i64>,
    /// The column that a node asks about.
    pub feature: Vec<i64>,
    /// What goes left is not above it.
    pub threshold: Vec<f64>,
    /// The value of a leaf.
    pub value: Vec<f64>,
    /// The weight of the training rows that reached a node; empty where that is not known.
    pub cover: Vec<f64>,
    /// Whether a missing value goes left; empty where none does.
    pub missing_left: Vec<bool>,
    /// The nodes that send categories left, ascending, and which.
    pub sets: Vec<(usize, Vec<u32>)>,
    /// What the sum of the leaves starts with.
    pub base: f64,
    /// How a margin becomes a probability.
    pub link: Link,
    /// What a margin is multiplied by before that.
    pub slope: f64,
    /// Whether values are rounded to single precision before they are compared.
    pub single: bool,
}

/// The forest of these trees.
///
/// # Errors
/// [`stayput_core::ErrorCode::ModelFormat`] where the arrays are no forest, and
/// [`stayput_core::ErrorCode::ModelShape`] where `features` does not fit it.
pub fn forest(columns: Columns, trees: &Trees, features: &Features) -> Result<Model> {
    let gains = columns.gains.clone();
    let inputs = inputs(columns, features)?;
    let mut nodes = lower::empty(trees.base);
    (nodes.compare, nodes.link) = (Compare::LessEqual, trees.link);
    let ends = trees.roots.iter().skip(1).copied().chain([trees.left.len()]);
    for (&root, end) in trees.roots.iter().zip(ends) {
        let mut left = end.checked_sub(root).ok_or_else(|| refuse("its roots are in no order"))?;
        let cover = |at| trees.cover.get(root.saturating_add(at)).copied();
        lower::push_tree(&mut nodes, 0, 0.0, cover, |at| {
            // More visits than nodes: some node is its own ancestor, or has two parents.
            left = left.checked_sub(1).ok_or_else(|| refuse("its nodes are not a tree"))?;
            trees.node(root.saturating_add(at), &inputs).map_or_else(
                || {
                    Err(refuse(format!(
                        "node {at} is missing, incomplete or asks for what is not there"
                    )))
                },
                Ok,
            )
        })?;
    }
    let forest = Forest::new(ForestParts::F64(nodes))?;
    let calibrator =
        (trees.slope != 1.0).then_some(Calibrator::Platt { slope: trees.slope, intercept: 0.0 });
    finish(inputs, Predictor::Forest(forest), calibrator, gains)
}

/// The logistic regression with one weight a column, of columns less `mean` and divided by `scale`.
///
/// A missing value counts as the mean; scikit-learn knows none.
///
/// # Errors
/// As for [`forest`].
pub fn linear(
    columns: Columns,
    weights: Vec<f64>,
    intercept: f64,
    (mean, scale): (&[f64], &[f64]),
    features: &Features,
) -> Result<Model> {
    let gains = columns.gains.clone();
    let inputs = inputs(columns, features)?;
    let lengths = [weights.len(), mean.len(), scale.len()];
    if lengths.iter().any(|&len| len != inputs.len()) {
        return Err(refuse(format!("{} columns have lists of lengths {lengths:?}", inputs.len())));
    }
    let standard = mean.iter().zip(scale);
    let encodings = standard
        .map(|(&mean, &scale)| Encoding::Number { mean, scale, indicator: false })
        .collect();
    let linear = Linear { encodings, weights, intercept };
    finish(inputs, Predictor::Linear(linear), None, gains)
}

fn refuse(message: impl Into<String>) -> Error {
    super::refuse(NAME, message)
}

fn finish(
    inputs: Vec<Input>,
    predictor: Predictor,
    calibrator: Option<Calibrator>,
    mut gains: Vec<f64>,
) -> Result<Model> {
    gains.resize(inputs.len(), 0.0);
    super::model("sklearn", inputs, predictor, calibrator, &gains, [])
}

fn inputs(columns: Columns, features: &Features) -> Result<Vec<Input>> {
    let Columns { count, names, categories, .. } = columns;
    if !names.is_empty() && names.len() != count {
        return Err(refuse(format!("{count} columns have {} names", names.len())));
    }
    let mut found: Vec<Column> = Vec::new();
    let mut names = names.into_iter();
    found.resize_with(count, || Column { name: names.next(), found: Found::Number });
    for (at, values) in categories {
        let column = found.get_mut(at).ok_or_else(|| refuse("a category has no column"))?;
        column.found = Found::Category(Some(values));
    }
    features::inputs(found, "x", features)
}

impl Trees {
    /// The node, or none where an array does not have it or it does not fit its input.
    fn node(&self, at: usize, inputs: &[Input]) -> Option<Source<f64>> {
        let Ok(left) = usize::try_from(*self.left.get(at)?) else {
            return Some(Source::Leaf(*self.value.get(at)?));
        };
        let right = usize::try_from(*self.right.get(at)?).ok()?;
        let feature = usize::try_from(*self.feature.get(at)?).ok()?;
        let input = inputs.get(feature)?;
        let missing_left = !self.missing_left.is_empty() && *self.missing_left.get(at)?;
        let set = self.sets.binary_search_by_key(&at, |(node, _)| *node);
        let test = match (set, &input.kind) {
            (Ok(set), InputKind::Category { values }) => {
                let codes = &self.sets.get(set)?.1;
                if codes.iter().any(|&code| code as usize >= values.len()) {
                    return None;
                }
                Test::OneOf(codes.clone())
            }
            (Err(_), InputKind::Number | InputKind::Bool) => {
                let threshold = *self.threshold.get(at)?;
                let threshold = if self.single { unrounded(threshold) } else { threshold };
                // What no finite number is above stands for it: a node that asks who is missing.
                Test::Below(threshold.min(f64::MAX))
            }
            _ => return None,
        };
        Some(Source::Split { feature, test, missing_left, left, right })
    }
}

/// The greatest number that, rounded to single precision, is not above the threshold.
#[expect(clippy::cast_possible_truncation, reason = "it rounds, and is put right")]
pub(super) fn unrounded(threshold: f64) -> f64 {
    let near = threshold as f32;
    let below = if f64::from(near) > threshold { near.next_down() } else { near };
    if !below.is_finite() || below == f32::MAX {
        return threshold;
    }
    // Half-way numbers are exact in double precision, and go to the even side.
    let half = f64::midpoint(f64::from(below), f64::from(below.next_up()));
    if below.to_bits() % 2 == 0 { half } else { half.next_down() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use stayput_core::ErrorCode;

    use super::*;

    /// `plan in {1} ? 0.25 : (x <= 0.1 (missing left) ? 0.5 : 1)`, and a tree of one leaf.
    fn trees() -> Trees {
        Trees {
            roots: vec![0, 5],
            left: vec![1, -1, 3, -1, -1, -1],
            right: vec![2, -1, 4, -1, -1, -1],
            feature: vec![1, -2, 0, -2, -2, -2],
            threshold: vec![0.0, 0.0, 0.1, 0.0, 0.0, 0.0],
            value: vec![0.0, 0.25, 0.0, 0.5, 1.0, 0.125],
            missing_left: vec![false, false, true, false, false, false],
            cover: vec![8.0, 3.0, 5.0, 4.0, 1.0, 8.0],
            sets: vec![(0, vec![1])],
            base: -0.125,
            link: Link::Identity,
            slope: 1.0,
            single: true,
        }
    }

    fn columns() -> Columns {
        Columns {
            count: 2,
            categories: vec![(1, vec!["a".to_owned(), "b".to_owned()])],
            ..Columns::default()
        }
    }

    #[test]
    fn arrays_are_a_forest() {
        let model = forest(columns(), &trees(), &Features::AsStored).unwrap();
        for (row, margin) in [
            ([9.0, 1.0], 0.25),
            ([f64::from(0.1_f32), 0.0], 1.0),
            ([0.1, 0.0], 1.0),
            ([0.099_999_99, f64::NAN], 0.5),
            ([f64::NAN, 0.0], 0.5),
        ] {
            assert_eq!(model.margin_row(&row).unwrap(), margin, "{row:?}");
        }
    }

    #[test]
    fn arrays_that_are_none_are_refused() {
        let changes: [fn(&mut Trees); 9] = [
            |trees| trees.left[2] = 0,
            |trees| trees.right[2] = 99,
            |trees| trees.right[0] = -1,
            |trees| trees.feature[2] = 2,
            |trees| trees.feature[2] = 1,
            |trees| trees.sets[0].1 = vec![2],
            |trees| trees.roots = vec![5, 0],
            |trees| trees.value.truncate(3),
            |trees| trees.missing_left.truncate(1),
        ];
        for (at, change) in changes.iter().enumerate() {
            let mut trees = trees();
            change(&mut trees);
            let error = forest(columns(), &trees, &Features::AsStored).unwrap_err();
            assert_eq!(error.code(), ErrorCode::ModelFormat, "{at}");
        }
    }

    proptest! {
        #[test]
        fn a_moved_threshold_divides_as_rounding_does(
            threshold in prop_oneof![-1e3_f64..1e3, any::<f32>().prop_map(f64::from), any::<f64>()],
            steps in -3_i64..4,
        ) {
            prop_assume!(threshold.is_finite() && threshold.abs() < 3e38);
            let moved = unrounded(threshold);
            let near = f64::from_bits((moved.to_bits().cast_signed() + steps).cast_unsigned());
            prop_assume!(near.is_finite());
            for value in [near, threshold] {
                #[expect(clippy::cast_possible_truncation, reason = "it is to be rounded")]
                let rounded = f64::from(value as f32);
                prop_assert_eq!(value <= moved, rounded <= threshold, "{} {}", value, threshold);
            }
        }
    }
}
