//! From the trees of an operator and the columns that they read to the core's forest.

use std::collections::BTreeMap;

use stayput_core::churn::{Compare, Forest, ForestParts, Link, Nodes, Predictor};
use stayput_core::{Error, Result};

use super::column::{Column, Cut};
use super::ensemble::{Ensemble, Part, Question};
use super::{refuse, unsupported};
use crate::import::arrays::unrounded;
use crate::lower::{self, Source, Test};

/// The features that trees compare with codes, and the greatest code of each. They must be compared
/// with nothing else.
pub(super) fn coded(trees: &Ensemble, columns: &[Column]) -> Result<BTreeMap<usize, u32>> {
    let (mut coded, mut compared) = (BTreeMap::new(), Vec::new());
    for part in &trees.parts {
        let Part::Branch { feature, question, .. } = part else { continue };
        let column = columns.get(*feature).ok_or_else(|| {
            refuse(format!("a node asks about feature {feature} of {}", columns.len()))
        })?;
        let (Question::OneOf(values) | Question::NoneOf(values)) = question else {
            compared.push(column.feature);
            continue;
        };
        if !column.steps.is_empty() || column.category.is_some() {
            return Err(unsupported("its trees look a feature up that was scaled or encoded"));
        }
        let greatest = coded.entry(column.feature).or_insert(0);
        for &value in values {
            *greatest = code(value)?.max(*greatest);
        }
    }
    if compared.iter().any(|feature| coded.contains_key(feature)) {
        let message = "its trees look a feature up in sets and compare it with numbers as well";
        return Err(unsupported(message));
    }
    Ok(coded)
}

/// The code that a value of a set stands for.
fn code(value: f64) -> Result<u32> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked after")]
    let code = value as u32;
    if f64::from(code) == value && code < 1 << 24 {
        return Ok(code);
    }
    Err(unsupported(format!(
        "its trees ask whether a feature is `{value}`; read are codes of categories: whole numbers \
         from 0 to 16777215"
    )))
}

/// The forest of these trees. `single` says whether they are summed in single precision;
/// `categories` is how many categories a feature has that is one.
pub(super) fn forest(
    trees: &Ensemble,
    columns: &[Column],
    single: bool,
    link: Link,
    categories: &BTreeMap<usize, usize>,
) -> Result<Predictor> {
    let from_single = columns.iter().all(|column| column.from_single || column.category.is_some());
    let lowering = Lowering { trees, columns, single: single && from_single, categories };
    #[expect(clippy::cast_possible_truncation, reason = "numbers of single precision")]
    let parts = if lowering.single {
        ForestParts::F32(lowering.nodes(link, |x| x as f32)?)
    } else {
        ForestParts::F64(lowering.nodes(link, |x| x)?)
    };
    Ok(Predictor::Forest(Forest::new(parts)?))
}

struct Lowering<'t> {
    trees: &'t Ensemble,
    columns: &'t [Column],
    single: bool,
    categories: &'t BTreeMap<usize, usize>,
}

impl Lowering<'_> {
    fn nodes<T: Copy>(&self, link: Link, of: fn(f64) -> T) -> Result<Nodes<T>> {
        let zero = of(0.0);
        let mut nodes = lower::empty(zero);
        (nodes.link, nodes.compare) = (link, Compare::LessEqual);
        let mut left = self.trees.parts.len();
        // The format does not say how many rows reached a node.
        let unknown = |_| None;
        for &root in &self.trees.roots {
            lower::push_tree(&mut nodes, root, zero, unknown, |at| {
                // More visits than nodes: some node is its own ancestor, or has many parents.
                left = left.checked_sub(1).ok_or_else(not_a_tree)?;
                match &self.trees.parts[at] {
                    Part::Leaf(value) => Ok(Source::Leaf(of(*value))),
                    Part::Branch { feature, question, missing_yes, yes, no } => {
                        let column = &self.columns[*feature];
                        self.split(column, question, *missing_yes, (*yes, *no), of)
                    }
                }
            })?;
        }
        // The base is added last: a tree of one leaf.
        if self.trees.base != 0.0 {
            lower::push_tree(&mut nodes, 0, zero, unknown, |_| {
                Ok(Source::Leaf(of(self.trees.base)))
            })?;
        }
        Ok(nodes)
    }

    fn split<T>(
        &self,
        column: &Column,
        question: &Question,
        missing_yes: bool,
        (yes, no): (usize, usize),
        of: fn(f64) -> T,
    ) -> Result<Source<T>> {
        let feature = column.feature;
        if let Some(own) = column.category {
            let other = answer(question, 0.0);
            let all = *self.categories.get(&feature).unwrap_or(&0);
            // Who is none of the categories has a zero in all columns.
            let codes = (0..).zip(0..all);
            let yes_for = |at: usize| if at == own { answer(question, 1.0) } else { other };
            let codes = codes.filter(|(_, at)| yes_for(*at)).map(|(code, _)| code).collect();
            let (left, right) = (yes, no);
            return Ok(Source::Split {
                feature,
                test: Test::OneOf(codes),
                missing_left: other,
                left,
                right,
            });
        }
        let below = |value: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "a number of single precision")]
            if column.single { f64::from((value as f32).next_down()) } else { value.next_down() }
        };
        // Whether a value that is not above the cut answers yes.
        let (at, low_yes) = match question {
            Question::AtMost(value) => (*value, true),
            Question::Below(value) => (below(*value), true),
            Question::Above(value) => (*value, false),
            Question::AtLeast(value) => (below(*value), false),
            Question::OneOf(values) | Question::NoneOf(values) => {
                let codes = values.iter().map(|&value| code(value)).collect::<Result<Vec<_>>>()?;
                let known = *self.categories.get(&feature).unwrap_or(&0);
                if let Some(code) = codes.iter().find(|&&code| code as usize >= known) {
                    let message = format!(
                        "its trees ask for category {code} of feature {feature}, which has {known} names"
                    );
                    return Err(refuse(message));
                }
                let test = Test::OneOf(codes);
                return Ok(if matches!(question, Question::OneOf(_)) {
                    Source::Split { feature, test, missing_left: missing_yes, left: yes, right: no }
                } else {
                    // What is no number is none of them, whatever the node says of it.
                    Source::Split { feature, test, missing_left: false, left: no, right: yes }
                });
            }
        };
        if at.is_nan() {
            return Err(refuse("a node compares with what is no number"));
        }
        // The answer of what is imputed is that of a number.
        let (cut, low_yes, settled) = match column.cut(at)? {
            Cut::AtMost(cut, settled) => (cut, low_yes, settled.map(|low| low == low_yes)),
            Cut::Above(cut, settled) => (cut, !low_yes, settled.map(|low| low == low_yes)),
        };
        let missing_yes = settled.unwrap_or(missing_yes);
        let (left, right) = if low_yes { (yes, no) } else { (no, yes) };
        let missing_left = missing_yes == low_yes;
        let greatest = if self.single { f64::from(f32::MAX) } else { f64::MAX };
        let cut = if column.from_single && !self.single && cut.is_finite() {
            unrounded(cut)
        } else {
            cut.min(greatest)
        };
        Ok(Source::Split { feature, test: Test::Below(of(cut)), missing_left, left, right })
    }
}

/// What a number answers.
fn answer(question: &Question, x: f64) -> bool {
    match question {
        Question::AtMost(value) => x <= *value,
        Question::Below(value) => x < *value,
        Question::AtLeast(value) => x >= *value,
        Question::Above(value) => x > *value,
        Question::OneOf(values) => values.contains(&x),
        Question::NoneOf(values) => !values.contains(&x),
    }
}

fn not_a_tree() -> Error {
    refuse("its nodes are not trees")
}
