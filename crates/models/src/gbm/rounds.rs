//! How many trees there are to be: as many as have the least log-loss on rows held out.

use std::collections::BTreeMap;

use hessboost::prelude::DMatrix;
use rayon::prelude::*;
use stayput_core::Result;
use stayput_core::math;
use stayput_core::time::Timestamp;

use super::boosting::Boosting;
use super::{Init, on_threads};
use crate::booster::matrix;
use crate::constraints::Bound;
use crate::data::{Data, refuse};
use crate::params::{EarlyStopping, GbmParams, HeldOut, Trees};
use crate::validate::stratified;

/// The folds that are held out, one after the other.
const FOLDS: usize = 5;

/// From so many rows on, one fold tells enough.
const LARGE: usize = 20_000;

/// The trees of a table too small to hold rows out.
const ROUNDS_UNKNOWN: usize = 100;

/// The number of trees with the least mean log-loss on rows held out. Cost: a training for each
/// fold.
///
/// `data` is encoded as a whole, so where a category stands for its mean label, rows held out had a
/// part in the encoding of the others. It moves the number of trees, and no measure of the model.
pub(crate) fn best_rounds(
    data: &Data,
    params: &GbmParams,
    bound: &Bound,
    init: Option<&Init>,
) -> Result<usize> {
    let Trees::Chosen(held_out) = params.trees else { return Ok(ROUNDS_UNKNOWN) };
    let splits = match held_out.rows {
        EarlyStopping::Folds => folds(data, params.random_state),
        EarlyStopping::Time => vec![latest(data)?],
    };
    let judged = |(rest, test): (Vec<usize>, Vec<usize>)| {
        Judged::new(data, params, bound, init, [&rest, &test])
    };
    let folds: Vec<Judged> = splits.into_iter().map(judged).collect::<Result<_>>()?;
    if folds.is_empty() {
        return Ok(ROUNDS_UNKNOWN.min(held_out.most));
    }
    on_threads(params.threads, || least(folds, &held_out))
}

/// The number of trees at which the mean of the folds' log-losses is least, where it has not fallen
/// for as many trees as the patience says, or at which no more are tried.
fn least(mut folds: Vec<Judged>, held_out: &HeldOut) -> Result<usize> {
    let (mut least, mut best) = (f64::INFINITY, 1);
    for round in 1..=held_out.most {
        let losses: Vec<f64> = folds.par_iter_mut().map(Judged::grow).collect::<Result<_>>()?;
        let loss = losses.iter().sum::<f64>();
        if loss < least {
            (least, best) = (loss, round);
        } else if round - best >= held_out.patience {
            break;
        }
    }
    Ok(best)
}

/// Five stratified folds, or one of them where there are many rows: the rows that are trained on,
/// and those held out. None where the rarer label has a single row.
fn folds(data: &Data, seed: u64) -> Vec<(Vec<usize>, Vec<usize>)> {
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
    rows: DMatrix,
    /// What the trees so far say of the rows held out.
    margins: Vec<f32>,
}

impl Judged {
    fn new(
        data: &Data,
        params: &GbmParams,
        bound: &Bound,
        init: Option<&Init>,
        [rest, test]: [&[usize]; 2],
    ) -> Result<Self> {
        let known = init.map(|init| init.select(rest));
        let boosting = Boosting::new(&data.select(rest), params, bound, known.as_ref())?;
        let unseen = data.select(test);
        let rows = matrix(&unseen)?;
        let margins = match init {
            Some(init) => init.select(test).margins,
            None => vec![boosting.base(); test.len()],
        };
        Ok(Self { boosting, unseen, rows, margins })
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
