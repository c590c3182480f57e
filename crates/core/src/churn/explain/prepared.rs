//! What explaining needs of a model, computed once.

use super::against::{self, Against};
use super::asks::{Ask, Asks};
use super::table::Table;
use super::tree::{Rules, Trees};
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
    Trees { rules: Rules, asks: Asks, trees: Vec<Plan> },
    Against(Box<Against>),
    Linear { form: Linear, means: Vec<f64> },
}

/// How one tree is explained.
#[derive(Debug)]
enum Plan {
    Walk(Vec<Ask>, Walk),
    Table(Table),
}

/// How many rows walk through a tree together. A page explains one customer at a time, and is the
/// smaller for one walk.
const TOGETHER: usize = if cfg!(target_arch = "wasm32") { 1 } else { 4 };

/// Memory that one block after the other uses again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    rounded: Vec<f64>,
    places: Vec<u32>,
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
                let mut asks = Asks::new(&trees.list, kinds.len());
                let plan = |tree: &super::tree::Tree| {
                    let walk = Walk::new(tree, splits <= MOST_SPLITS);
                    if let Some(table) = Table::new(&trees.rules, tree, &walk, kinds.len()) {
                        return Plan::Table(table);
                    }
                    let questions = tree.splits.iter().map(|split| asks.ask(&split.question));
                    Plan::Walk(questions.collect(), walk)
                };
                let split = trees.list.iter().filter(|tree| !tree.splits.is_empty());
                let plans = split.map(plan).collect();
                Ok(Self {
                    form: Form::Trees { rules: trees.rules, asks, trees: plans },
                    mean,
                    link,
                })
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
        let Scratch { rounded, places, sides, walk: walking, side, walk_alone, against: pairs } =
            scratch;
        rounded.clear();
        places.clear();
        match &self.form {
            Form::Trees { rules, asks, trees } => {
                rules.rounded(rows.iter().copied(), rounded);
                for row in rounded.chunks_exact(width) {
                    asks.place(rules, row, places);
                }
                let slots = asks.slots();
                let rows = rounded.len() / width;
                let whole = rows - rows % TOGETHER;
                for plan in trees {
                    match plan {
                        Plan::Table(table) => {
                            let rows = rounded.chunks_exact(width);
                            for (row, into) in rows.zip(into.chunks_exact_mut(width)) {
                                table.add(rules, row, into);
                            }
                        }
                        Plan::Walk(questions, walk) => {
                            let (places, rest) = places.split_at(whole * slots);
                            let (into, into_rest) = into.split_at_mut(whole * width);
                            let scratch = (&mut *sides, &mut *walking);
                            together(questions, walk, (places, slots), scratch, (into, width));
                            let scratch = (&mut *side, &mut *walk_alone);
                            together(questions, walk, (rest, slots), scratch, (into_rest, width));
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

/// Walks rows through one tree, so many together.
fn together<const ROWS: usize>(
    questions: &[Ask],
    walk: &Walk,
    (places, slots): (&[u32], usize),
    (sides, scratch): (&mut Vec<[u8; ROWS]>, &mut walk::Scratch<ROWS>),
    (into, width): (&mut [f64], usize),
) {
    let rows = places.chunks_exact((ROWS * slots).max(1));
    for (places, into) in rows.zip(into.chunks_exact_mut(ROWS * width)) {
        sides.clear();
        sides.extend(
            questions
                .iter()
                .map(|ask| std::array::from_fn(|row| ask.side(&places[row * slots..][..slots]))),
        );
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
