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

    /// Folds as a host names them: `by` is `row` (stratified; the default), `customer` (stratified,
    /// all rows of a customer in one fold) or `time`. There are 5 by default; `seed`, 0 by default,
    /// is for the first two, and `purge`, a length of time such as `30d` and none by default, for
    /// the last.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::Argument`] naming what is none of these.
    pub fn named(
        by: Option<&str>,
        folds: Option<usize>,
        seed: Option<u64>,
        purge: Option<&str>,
    ) -> Result<Self> {
        let (folds, seed) = (folds.unwrap_or(5), seed.unwrap_or(0));
        let purge = purge.map_or(Ok(Span::ZERO), Span::parse);
        let purge = purge.map_err(|error| Error::argument("purge", error.message()))?;
        match by.unwrap_or("row") {
            "row" => Ok(Self::stratified(folds, seed)),
            "customer" => Ok(Self::by_customer(folds, seed)),
            "time" => Ok(Self::by_time(folds, purge)),
            other => {
                let message = format!("found `{other}`; expected `row`, `customer` or `time`");
                Err(Error::argument("by", message))
            }
        }
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
    let keys = &set.table.keys;
    for row in 0..keys.len() {
        customers.entry(keys.customer_id(row)).or_default().push(row);
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
    let keys = &set.table.keys;
    let instants: BTreeSet<Timestamp> = (0..keys.len()).map(|row| keys.as_of(row)).collect();
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
        let rows = || (0..keys.len()).map(|row| (row, keys.as_of(row)));
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
pub(crate) fn keyed(seed: u64, index: u64) -> u64 {
    let mix = |mut z: u64| {
        z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    mix(mix(seed) ^ index)
}

#[cfg(test)]
mod tests {
    use stayput_core::ErrorCode;

    use super::*;
    use crate::testing::made_up;

    fn positives(set: &TrainingSet, rows: &[usize]) -> usize {
        rows.iter().filter(|&&row| set.labels[row] > 0.0).count()
    }

    /// Every row is tested once, and trained on in all the other folds.
    fn parts_the_rows(set: &TrainingSet, splits: &[Split]) {
        let mut tested: Vec<usize> = splits.iter().flat_map(|split| split.test.clone()).collect();
        tested.sort_unstable();
        assert_eq!(tested, (0..set.labels.len()).collect::<Vec<_>>());
        for split in splits {
            let mut all = [split.train.clone(), split.test.clone()].concat();
            all.sort_unstable();
            assert_eq!(all, (0..set.labels.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn stratified_folds_differ_by_at_most_one_row_of_either_label() {
        let set = made_up(503, 4);
        let splits = Folds::stratified(5, 0).split(&set).unwrap();
        parts_the_rows(&set, &splits);
        let churned: Vec<usize> = splits.iter().map(|split| positives(&set, &split.test)).collect();
        assert!(churned.iter().max().unwrap() - churned.iter().min().unwrap() <= 1, "{churned:?}");
        let rows: Vec<usize> = splits.iter().map(|split| split.test.len()).collect();
        assert!(rows.iter().max().unwrap() - rows.iter().min().unwrap() <= 1, "{rows:?}");
    }

    #[test]
    fn the_seed_alone_decides_the_draw() {
        let set = made_up(300, 4);
        for folds in [Folds::stratified, Folds::by_customer] {
            let draw = |seed| folds(3, seed).split(&set).unwrap();
            assert_eq!(draw(7), draw(7));
            assert_ne!(draw(7), draw(8));
        }
    }

    #[test]
    fn a_customer_is_never_on_both_sides() {
        let set = made_up(600, 4);
        let splits = Folds::by_customer(4, 0).split(&set).unwrap();
        parts_the_rows(&set, &splits);
        let customers = |rows: &[usize]| -> BTreeSet<String> {
            rows.iter().map(|&row| set.table.keys.customer_id(row).to_owned()).collect()
        };
        for split in &splits {
            assert!(customers(&split.train).is_disjoint(&customers(&split.test)));
        }
        let churned: Vec<usize> = splits.iter().map(|split| positives(&set, &split.test)).collect();
        assert!(churned.iter().max().unwrap() - churned.iter().min().unwrap() <= 3, "{churned:?}");
    }

    #[test]
    fn training_ends_a_purge_before_the_test_begins() {
        let set = made_up(600, 4);
        let as_of = |row: &usize| set.table.keys.as_of(*row);
        let splits = Folds::by_time(2, Span::days(30)).split(&set).unwrap();
        assert_eq!(splits.len(), 2);
        for split in &splits {
            let last = split.train.iter().map(as_of).max().unwrap();
            let first = split.test.iter().map(as_of).min().unwrap();
            assert!(last.plus(Span::days(30)) <= first);
            assert_eq!(split.test.len(), 200);
        }
        assert_eq!((splits[0].train.len(), splits[1].train.len()), (200, 400));
    }

    #[test]
    fn folds_are_known_by_name() {
        let named = |by, purge| Folds::named(by, Some(3), Some(7), purge);
        assert_eq!(Folds::named(None, None, None, None).unwrap(), Folds::stratified(5, 0));
        assert_eq!(named(Some("row"), None).unwrap(), Folds::stratified(3, 7));
        assert_eq!(named(Some("customer"), None).unwrap(), Folds::by_customer(3, 7));
        assert_eq!(named(Some("time"), None).unwrap(), Folds::by_time(3, Span::ZERO));
        assert_eq!(named(Some("time"), Some("37d")).unwrap(), Folds::by_time(3, Span::days(37)));
        for (by, purge, message) in [
            ("month", None, "argument `by`: found `month`; expected `row`, `customer` or `time`"),
            ("time", Some("soon"), "argument `purge`: `soon` is not a length of time"),
        ] {
            let error = named(Some(by), purge).unwrap_err();
            assert_eq!(error.code(), ErrorCode::Argument);
            assert!(error.to_string().starts_with(message), "{error}");
        }
    }

    #[test]
    fn folds_that_cannot_be_are_refused() {
        let set = made_up(60, 4);
        let refused = |folds: Folds, set: &TrainingSet| folds.split(set).unwrap_err();
        for folds in [
            Folds::stratified(1, 0),
            Folds::stratified(61, 0),
            Folds::by_customer(21, 0),
            Folds::by_time(0, Span::days(1)),
            Folds::by_time(3, Span::days(1)),
            Folds::by_time(2, Span::days(31)),
        ] {
            assert_eq!(refused(folds, &set).code(), ErrorCode::Argument, "{folds:?}");
        }
        let empty = refused(Folds::stratified(2, 0), &set.select(&[]).unwrap());
        assert_eq!(empty.to_string(), "training data: there are no rows");
    }
}
