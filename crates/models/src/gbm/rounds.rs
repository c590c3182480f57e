//! How many trees there are to be, and how far they are to lead: rows held out say both.

use std::collections::BTreeMap;

use rayon::prelude::*;
use stayput_core::Result;
use stayput_core::math;
use stayput_core::time::Timestamp;

use super::boosting::{Boosting, symmetric};
use super::rows::Rows;
use super::{Init, on_threads};
use crate::calibrate::line;
use crate::constraints::Bound;
use crate::data::{Data, refuse};
use crate::params::{EarlyStopping, GbmParams, HeldOut, Settled};
use crate::validate::stratified;

/// The folds that are held out, each from trees of their own, which grow side by side.
const FOLDS: usize = 5;

/// From so many rows on, one fold tells enough.
const LARGE: usize = 20_000;

/// The trees of a table too small to hold rows out.
const ROUNDS_UNKNOWN: usize = 100;

/// The number of trees with the least mean log-loss on rows held out, and the line through their
/// margins that tells these rows best (Platt 1999): stopped where more trees would learn what is so
/// on their rows alone, a sum of trees does not lead far enough. Going on from `init`, whose trees
/// stay as they are, nothing is scaled. Cost: a training for each fold.
///
/// `data` is encoded as a whole, so where a category stands for its mean label, rows held out had a
/// part in the encoding of the others. It moves what is chosen, and no measure of the model.
pub(crate) fn settle(
    data: &Data,
    params: &GbmParams,
    held_out: &HeldOut,
    bound: &Bound,
    init: Option<&Init>,
) -> Result<Settled> {
    let splits = match held_out.rows {
        EarlyStopping::Folds => folds(data, params.random_state),
        EarlyStopping::Time => vec![latest(data)?],
    };
    let judged = |(rest, test): (Vec<usize>, Vec<usize>)| {
        Judged::new(data, params, bound, init, [&rest, &test])
    };
    let folds: Vec<Judged> = splits.into_iter().map(judged).collect::<Result<_>>()?;
    if folds.is_empty() {
        return Ok(Settled::plain(ROUNDS_UNKNOWN.min(held_out.most)));
    }
    let (trees, judged) = on_threads(params.threads, || least(folds, held_out))?;
    Ok(match init {
        Some(_) => Settled::plain(trees),
        None => scaled(trees, &judged),
    })
}

/// The number of trees at which the mean of the folds' log-losses is least, where it has not fallen
/// for as many trees as the patience says, or at which no more are tried; and the folds, with the
/// margins of that number.
fn least(mut folds: Vec<Judged>, held_out: &HeldOut) -> Result<(usize, Vec<Judged>)> {
    let (mut least, mut best) = (f64::INFINITY, 1);
    for round in 1..=held_out.most {
        let losses: Vec<f64> = folds.par_iter_mut().map(Judged::grow).collect::<Result<_>>()?;
        // As many folds in every round, so that their sum is least where their mean is.
        let loss = losses.iter().sum::<f64>();
        if loss < least {
            (least, best) = (loss, round);
            for fold in &mut folds {
                fold.best.clone_from(&fold.margins);
            }
        } else if round - best >= held_out.patience {
            break;
        }
    }
    Ok((best, folds))
}

/// So many trees, whose sum is scaled as the rows held out say. Each counts what it does in the
/// losses that trees are grown by.
fn scaled(trees: usize, folds: &[Judged]) -> Settled {
    let margins: Vec<f64> =
        folds.iter().flat_map(|fold| &fold.best).map(|&margin| f64::from(margin)).collect();
    let unseen = || folds.iter().map(|fold| &fold.unseen);
    let labels: Vec<bool> = unseen().flat_map(|rows| rows.labels.iter().copied()).collect();
    let weights: Vec<f64> =
        unseen().flat_map(|rows| (0..rows.labels.len()).map(|row| rows.weight(row))).collect();
    let (slope, intercept) = line(&margins, &labels, Some(&weights));
    Settled { trees, slope, intercept }
}

/// Five stratified folds, or one of them where there are many rows: the rows that are trained on,
/// and those held out. None where the rarer label has a single row.
pub(super) fn folds(data: &Data, seed: u64) -> Vec<(Vec<usize>, Vec<usize>)> {
    let positives = data.labels.iter().filter(|&&label| label).count();
    let folds = FOLDS.min(positives).min(data.labels.len() - positives);
    if folds < 2 {
        return Vec::new();
    }
    let fold_of = stratified(&data.labels, folds, seed);
    let held_out = if data.labels.len() < LARGE { folds } else { 1 };
    let split = |fold| (0..fold_of.len()).partition(|&row: &usize| fold_of[row] != fold);
    (0..held_out).map(split).collect()
}

/// One split by time: held out are the rows of the latest instants, as few of these as make a
/// fifth of the rows.
pub(super) fn latest(data: &Data) -> Result<(Vec<usize>, Vec<usize>)> {
    let mut rows_at: BTreeMap<Timestamp, usize> = BTreeMap::new();
    for &as_of in &data.as_of {
        *rows_at.entry(as_of).or_default() += 1;
    }
    let all = data.as_of.len();
    let mut held_out = 0;
    let enough = |&(_, rows): &(&Timestamp, &usize)| {
        held_out += rows;
        5 * held_out >= all
    };
    let first = rows_at.iter().rev().find(enough).map(|(&first, _)| first);
    let (rest, test): (Vec<usize>, Vec<usize>) =
        (0..all).partition(|&row| first.is_none_or(|first| data.as_of[row] < first));
    let label = |label| rest.iter().any(|&row| data.labels[row] == label);
    if !label(true) || !label(false) {
        let message = "`early_stopping` `time` needs rows of both labels before the latest \
                       instants, which make a fifth of the rows; choose `folds`, or more cut-offs";
        return Err(refuse(message));
    }
    Ok((rest, test))
}

/// Boosting of some rows, judged by others.
struct Judged {
    boosting: Boosting,
    unseen: Data,
    rows: Rows,
    /// What the trees so far say of the rows held out.
    margins: Vec<f32>,
    /// What the trees said when their log-loss was least.
    best: Vec<f32>,
}

impl Judged {
    fn new(
        data: &Data,
        params: &GbmParams,
        bound: &Bound,
        init: Option<&Init>,
        [rest, test]: [&[usize]; 2],
    ) -> Result<Self> {
        let mut boosting = Boosting::new(&data.select(rest), params, bound)?;
        let unseen = data.select(test);
        let rows = Rows::new(&unseen, symmetric(params))?;
        let margins = match init {
            Some(init) => {
                boosting.go_on(init.trees(), init.margins_of(rest));
                init.margins_of(test)
            }
            None => vec![boosting.base(); test.len()],
        };
        Ok(Self { boosting, unseen, rows, margins, best: Vec::new() })
    }

    /// Grows the next tree, and gives the log-loss on the rows held out.
    fn grow(&mut self) -> Result<f64> {
        self.boosting.grow()?.add_to(&mut self.margins, &self.rows)?;
        Ok(log_loss(&self.unseen, &self.margins))
    }
}

/// The mean log-loss of margins, each row counting its weight.
fn log_loss(data: &Data, margins: &[f32]) -> f64 {
    let (mut all, mut sum) = (0.0, 0.0);
    for (row, (&label, &margin)) in data.labels.iter().zip(margins).enumerate() {
        // -ln p of what came true is ln(1 + e^-z), where z points its way.
        let towards = if label { f64::from(margin) } else { -f64::from(margin) };
        let loss = math::ln_1p(math::exp(-towards.abs())) + (-towards).max(0.0);
        let weight = data.weight(row);
        all += weight;
        sum += weight * loss;
    }
    sum / all
}
