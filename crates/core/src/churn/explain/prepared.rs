//! What explaining needs of a model, computed once.

use super::against::{self, Against};
use super::table::Table;
use super::tree::{Question, Rules, Trees};
use super::walk::{self, Walk};
use crate::churn::model::{InputKind, Predictor};
use crate::churn::{ForestParts, Linear, Link};
use crate::error::{Error, ErrorCode, Result};

/// The most inputs that one path may ask about: quadrature takes half as many points.
const LONGEST: u32 = 512;

/// The most splits of a forest whose trees' ends become tables: mostly 6 MB, at most 76.
const MOST_SPLITS: usize = 1 << 14;

/// A model's form as it is explained.
#[derive(Debug)]
pub(in crate::churn) struct Prepared {
    form: Form,
    /// The mean margin: that of rows of which nothing is known.
    pub(super) mean: f64,
    /// The link of a forest.
    pub(super) link: Link,
}

#[derive(Debug)]
enum Form {
    Trees { rules: Rules, trees: Vec<Plan> },
    Against(Box<Against>),
    Linear { form: Linear, means: Vec<f64> },
}

/// How one tree is explained.
#[derive(Debug)]
enum Plan {
    Walk(Vec<Question>, Walk),
    Table(Table),
}

/// How many rows walk through a tree together. A page explains one customer at a time, and is the
/// smaller for one walk.
const TOGETHER: usize = if cfg!(target_arch = "wasm32") { 1 } else { 4 };

/// Memory that one block after the other uses again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    rounded: Vec<f64>,
    sides: Vec<[u8; TOGETHER]>,
    walk: walk::Scratch<TOGETHER>,
    side: Vec<[u8; 1]>,
    walk_alone: walk::Scratch<1>,
    against: against::Scratch,
}

impl Prepared {
    /// `means` is what each column of a linear form adds to the margin on average.
    pub(super) fn new(
        predictor: &Predictor,
        kinds: &[InputKind],
        means: Option<&[f64]>,
    ) -> Result<Self> {
        match predictor {
            Predictor::Forest(forest) => {
                let (trees, link) = read(forest.parts(), kinds)?;
                if !trees.covered {
                    return Err(Error::argument(
                        "background",
                        "is missing: the model does not know how many rows reached each node; pass a \
                         sample of rows as the background",
                    ));
                }
                let mean = trees.mean();
                let splits: usize = trees.list.iter().map(|tree| tree.splits.len()).sum();
                let plan = |tree: &super::tree::Tree| {
                    let walk = Walk::new(tree, splits <= MOST_SPLITS);
                    match Table::new(&trees.rules, tree, &walk, kinds.len()) {
                        Some(table) => Plan::Table(table),
                        None => Plan::Walk(tree.splits.iter().map(|s| s.question).collect(), walk),
                    }
                };
                let split = trees.list.iter().filter(|tree| !tree.splits.is_empty());
                let plans = split.map(plan).collect();
                Ok(Self { form: Form::Trees { rules: trees.rules, trees: plans }, mean, link })
            }
            Predictor::Linear(linear) => match means {
                Some(means) if !means.is_empty() => Ok(Self::linear(linear, means.to_vec())),
                _ => Err(Error::argument(
                    "background",
                    "is missing: the model does not know the means of its training rows; pass a \
                     sample of rows as the background",
                )),
            },
        }
    }

    /// `rows` are those of the background as the predictor reads them, one after the other.
    pub(super) fn against(
        predictor: &Predictor,
        kinds: &[InputKind],
        rows: &[f64],
    ) -> Result<Self> {
        match predictor {
            Predictor::Forest(forest) => {
                let (trees, link) = read(forest.parts(), kinds)?;
                let against = Against::new(trees, rows, kinds.len());
                let mean = against.mean;
                Ok(Self { form: Form::Against(Box::new(against)), mean, link })
            }
            Predictor::Linear(linear) => {
                Ok(Self::linear(linear, mean_contributions(linear, rows, kinds.len())))
            }
        }
    }

    fn linear(linear: &Linear, means: Vec<f64>) -> Self {
        let mean = means.iter().fold(linear.intercept, |sum, mean| sum + mean);
        let form = Form::Linear { form: linear.clone(), means };
        Self { form, mean, link: Link::Logistic }
    }

    /// Adds the contributions of each column to the margin of each row.
    pub(super) fn add(&self, rows: &[f64], width: usize, scratch: &mut Scratch, into: &mut [f64]) {
        let width = width.max(1);
        let Scratch { rounded, sides, walk: walking, side, walk_alone, against: pairs } = scratch;
        rounded.clear();
        match &self.form {
            Form::Trees { rules, trees } => {
                rules.rounded(rows.iter().copied(), rounded);
                for plan in trees {
                    match plan {
                        Plan::Table(table) => {
                            let rows = rounded.chunks_exact(width);
                            for (row, into) in rows.zip(into.chunks_exact_mut(width)) {
                                table.add(rules, row, into);
                            }
                        }
                        Plan::Walk(questions, walk) => {
                            let whole = rounded.len() - rounded.len() % (TOGETHER * width);
                            let (rows, rest) = rounded.split_at(whole);
                            let (into, into_rest) = into.split_at_mut(whole);
                            together(questions, walk, rules, (rows, width), (sides, walking), into);
                            let rest = (rest, width);
                            together(questions, walk, rules, rest, (side, walk_alone), into_rest);
                        }
                    }
                }
            }
            Form::Against(against) => {
                against.rules.rounded(rows.iter().copied(), rounded);
                for tree in 0..against.trees() {
                    let rows = rounded.chunks_exact(width).zip(into.chunks_exact_mut(width));
                    rows.for_each(|(row, into)| against.add(tree, row, pairs, into));
                }
            }
            Form::Linear { form, means } => {
                let rows = rows.chunks_exact(width).zip(into.chunks_exact_mut(width));
                for (row, into) in rows {
                    form.contributions(row, into);
                    for (into, mean) in into.iter_mut().zip(means) {
                        *into -= mean;
                    }
                }
            }
        }
    }
}

/// Walks rows of that width through one tree, so many together.
fn together<const ROWS: usize>(
    questions: &[Question],
    walk: &Walk,
    rules: &Rules,
    (rows, width): (&[f64], usize),
    (sides, scratch): (&mut Vec<[u8; ROWS]>, &mut walk::Scratch<ROWS>),
    into: &mut [f64],
) {
    let size = ROWS * width;
    for (rows, into) in rows.chunks_exact(size).zip(into.chunks_exact_mut(size)) {
        sides.clear();
        sides.extend(questions.iter().map(|asks| {
            std::array::from_fn(|row| rules.side(asks, &rows[row * width..][..width]))
        }));
        walk.add(sides, scratch, into);
    }
}

/// What each column adds to the margin of a linear form on average over `rows`.
pub(in crate::churn) fn mean_contributions(
    linear: &Linear,
    rows: &[f64],
    width: usize,
) -> Vec<f64> {
    let (mut sums, mut own) = (vec![0.0; width], vec![0.0; width]);
    let mut count = 0.0;
    for row in rows.chunks_exact(width.max(1)) {
        linear.contributions(row, &mut own);
        sums.iter_mut().zip(&own).for_each(|(sum, own)| *sum += own);
        count += 1.0;
    }
    if count > 0.0 {
        for sum in &mut sums {
            *sum /= count;
        }
    }
    sums
}

fn read(parts: &ForestParts, kinds: &[InputKind]) -> Result<(Trees, Link)> {
    let trees = Trees::new(parts, kinds);
    if trees.longest() > LONGEST {
        let message = format!(
            "a path asks about {} inputs; explanations are built for up to {LONGEST}",
            trees.longest()
        );
        return Err(Error::new(ErrorCode::Unsupported, "model", message).at_path("forest"));
    }
    let link = match parts {
        ForestParts::F32(nodes) => nodes.link,
        ForestParts::F64(nodes) => nodes.link,
    };
    Ok((trees, link))
}
