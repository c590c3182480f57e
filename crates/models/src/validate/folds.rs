//! Ways to part rows into those a model is trained on and those it is judged on.

use std::collections::{BTreeMap, BTreeSet};

use stayput_core::features::TrainingSet;
use stayput_core::time::{Span, Timestamp};
use stayput_core::{Error, Result};

use crate::data;

/// How rows are parted.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Folds {
    /// Every row is tested once; each fold has about the same share of churn.
    Stratified {
        /// How many folds, at least 2.
        folds: usize,
        /// What the draw is seeded with.
        seed: u64,
        /// Whether all rows of a customer are in one fold, so that no model is judged on a
        /// customer that it has seen at another instant.
        by_customer: bool,
    },
    /// The future is tested by the past: the instants are cut into one more stretch than there
    /// are folds, and each stretch but the first is tested by a model of those before it.
    Time {
        /// How many folds, at least 1.
        folds: usize,
        /// How long before the first test row training rows end: the playbook's gap and horizon,
        /// so that no training label reads what happened after that row.
        purge: Span,
    },
}

/// The rows of one fold, by their index in the set, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// What a model is trained on.
    pub train: Vec<usize>,
    /// What it is judged on.
    pub test: Vec<usize>,
}

impl Folds {
    /// Stratified folds by row.
    #[must_use]
    pub fn stratified(folds: usize, seed: u64) -> Self {
        Self::Stratified { folds, seed, by_customer: false }
    }

    /// Stratified folds by customer.
    #[must_use]
    pub fn by_customer(folds: usize, seed: u64) -> Self {
        Self::Stratified { folds, seed, by_customer: true }
    }

    /// Folds by time.
    #[must_use]
    pub fn by_time(folds: usize, purge: Span) -> Self {
        Self::Time { folds, purge }
    }

    /// The folds of `set`.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::Argument`] when there are too few rows, customers or instants
    /// for so many folds, and [`stayput_core::ErrorCode::ModelData`] when there are no rows or a
    /// label is neither 0 nor 1.
    pub fn split(&self, set: &TrainingSet) -> Result<Vec<Split>> {
        let labels = data::labels(set)?;
        match *self {
            Self::Stratified { folds, seed, by_customer } => {
                let positives = labels.iter().filter(|&&label| label).count();
                let rarest = positives.min(labels.len() - positives);
                if folds < 2 || folds > rarest {
                    let message = format!(
                        "is {folds}; the rarer label has {rarest} rows, so 2 to {rarest} are possible"
                    );
                    return Err(Error::argument("folds", message));
                }
                let fold_of = if by_customer {
                    grouped(set, &labels, folds, seed)?
                } else {
                    stratified(&labels, folds, seed)
                };
                let part = |fold| {
                    let (test, train) =
                        (0..fold_of.len()).partition(|&row: &usize| fold_of[row] == fold);
                    Split { train, test }
                };
                Ok((0..folds).map(part).collect())
            }
            Self::Time { folds, purge } => by_time(set, folds, purge),
        }
    }
}

/// The fold of each row: the rows of a label are shuffled and dealt out in turn, those of label 1
/// first, so that folds differ by at most one row of either label.
pub(crate) fn stratified(labels: &[bool], folds: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by_key(|&row| (!labels[row], keyed(seed, row as u64), row));
    let mut fold_of = vec![0; labels.len()];
    for (turn, row) in order.into_iter().enumerate() {
        fold_of[row] = turn % folds;
    }
    fold_of
}

/// The fold of each row when customers stay together: shuffled, those with most churn first, each
/// goes to the fold that has least churn so far, or, having none itself, least rows.
fn grouped(set: &TrainingSet, labels: &[bool], folds: usize, seed: u64) -> Result<Vec<usize>> {
    let mut customers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, key) in set.table.rows.iter().enumerate() {
        customers.entry(&key.customer_id).or_default().push(row);
    }
    if customers.len() < folds {
        let message = format!("is {folds}; there are {} customers", customers.len());
        return Err(Error::argument("folds", message));
    }
    let churn = |rows: &[usize]| rows.iter().filter(|&&row| labels[row]).count();
    let mut order: Vec<(usize, Vec<usize>)> = customers.into_values().enumerate().collect();
    order.sort_by_key(|(at, rows)| {
        (usize::MAX - churn(rows), usize::MAX - rows.len(), keyed(seed, *at as u64), *at)
    });
    let mut fold_of = vec![0; labels.len()];
    let mut sizes = vec![(0, 0); folds];
    for (_, rows) in order {
        let churn = churn(&rows);
        let lightest = (0..folds)
            .min_by_key(|&fold| {
                let (churned, all) = sizes[fold];
                if churn > 0 { (churned, all, fold) } else { (all, churned, fold) }
            })
            .unwrap_or(0);
        sizes[lightest].0 += churn;
        sizes[lightest].1 += rows.len();
        for row in rows {
            fold_of[row] = lightest;
        }
    }
    Ok(fold_of)
}

fn by_time(set: &TrainingSet, folds: usize, purge: Span) -> Result<Vec<Split>> {
    let instants: BTreeSet<Timestamp> = set.table.rows.iter().map(|key| key.as_of).collect();
    let instants: Vec<Timestamp> = instants.into_iter().collect();
    if folds < 1 || folds >= instants.len() {
        let message = format!(
            "is {folds}; there are {} instants, and each fold needs one of its own and one before",
            instants.len()
        );
        return Err(Error::argument("folds", message));
    }
    // Stretch `i` of `folds + 1` begins here; the stretches differ by at most one instant.
    let begin = |stretch: usize| stretch * instants.len() / (folds + 1);
    let part = |fold: usize| {
        let from = instants[begin(fold)];
        let until = instants.get(begin(fold + 1)).filter(|_| fold < folds);
        let rows = || set.table.rows.iter().map(|key| key.as_of).enumerate();
        let test = rows()
            .filter(|(_, at)| *at >= from && until.is_none_or(|until| at < until))
            .map(|(row, _)| row);
        let train =
            rows().filter(|(_, at)| at.plus(purge) <= from && *at < from).map(|(row, _)| row);
        Split { train: train.collect(), test: test.collect() }
    };
    let splits: Vec<Split> = (1..=folds).map(part).collect();
    if splits.iter().any(|split| split.train.is_empty()) {
        let message = "is so long that a fold has no rows to train on";
        return Err(Error::argument("purge", message));
    }
    Ok(splits)
}

/// A number drawn for `index` under `seed`: the finalizer of `SplitMix64` (Steele, Lea and Flood
/// 2014) over both.
fn keyed(seed: u64, index: u64) -> u64 {
    let mix = |mut z: u64| {
        z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    mix(mix(seed) ^ index)
}
