//! The bootstrap: how much a measure would change with other customers of the same kind.
//!
//! As many customers as there are, are drawn with replacement, each with all its rows, and the
//! measures are taken of them; so again and again (Efron 1979; by customer, as rows of one customer
//! are alike: Field and Welsh 2007). The interval of a measure lies between the percentiles of what
//! was found (Efron and Tibshirani 1993, chapter 13), interpolated between neighbours. For two
//! models the same draws judge both, and the difference is taken in each.
//!
//! What a resample draws is a function of the seed and its number, so threads change nothing. A
//! resample whose labels are all alike is left out of measures that it has none of.

use serde::{Deserialize, Serialize};
use stayput_core::{Error, Result, threads};

use super::delong::check_level;
use super::folds::keyed;
use super::report::{Measure, Report};
use crate::data::refuse;

/// How resamples are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BootstrapParams {
    /// How many, 10 to 100,000; 1,000 by default.
    pub resamples: usize,
    /// The probability that an interval is to hold what is measured with; 0.95 by default.
    pub level: f64,
    /// What the draws depend on; 0 by default.
    pub seed: u64,
    /// How many threads, or -1 for all cores, which is the default. It changes no result.
    #[serde(alias = "nJobs")]
    pub n_jobs: Option<i64>,
}

impl Default for BootstrapParams {
    fn default() -> Self {
        Self { resamples: 1_000, level: 0.95, seed: 0, n_jobs: None }
    }
}

impl BootstrapParams {
    /// The number of threads.
    ///
    /// # Errors
    /// [`stayput_core::ErrorCode::Argument`] naming what is out of range.
    fn check(&self) -> Result<usize> {
        if !(10..=100_000).contains(&self.resamples) {
            let message = format!("is {}; expected 10 to 100000", self.resamples);
            return Err(Error::argument("resamples", message));
        }
        check_level(self.level)?;
        threads::count(self.n_jobs)
    }
}

/// A measure and how far it is to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Interval {
    /// What is measured.
    pub measure: Measure,
    /// What it is on these rows.
    pub value: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The measures of a report with their intervals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Intervals {
    /// The probability that an interval is to hold what is measured with.
    pub level: f64,
    /// How many resamples were drawn.
    pub resamples: usize,
    /// The measures that these rows have.
    pub measures: Vec<Interval>,
}

/// The difference of two models in one measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Difference {
    /// What is measured.
    pub measure: Measure,
    /// The challenger's less the champion's.
    pub difference: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Twice the share of resamples in which the difference has the other sign or is none, each
    /// counted with one more; at most 1.
    pub p_value: f64,
}

/// Labels, and of each row whose it is: any number, the same for rows of one customer. Without
/// these every row is drawn alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) labels: &'a [bool],
    pub(super) customers: &'a [usize],
}

/// The intervals of the measures of these rows.
pub(super) fn intervals(
    rows: Rows<'_>,
    probabilities: &[f64],
    params: &BootstrapParams,
) -> Result<Intervals> {
    let report = Report::new(rows.labels, probabilities);
    let judged = Sorted::new(rows, probabilities);
    let found = resample(rows, params, |counts| judged.report(counts))?;
    let measures =
        Measure::ALL.into_iter().filter_map(|measure| {
            let value = measure.of(&report)?;
            Some(
                spread(found.iter().map(|report| measure.of(report)), params)
                    .map(|spread| Interval { measure, value, low: spread.low, high: spread.high }),
            )
        });
    let measures = measures.collect::<Result<_>>()?;
    Ok(Intervals { level: params.level, resamples: params.resamples, measures })
}

/// The differences of two models on these rows, the same draws for both.
pub(super) fn differences(
    rows: Rows<'_>,
    champion: &[f64],
    challenger: &[f64],
    params: &BootstrapParams,
) -> Result<Vec<Difference>> {
    let reports = [champion, challenger].map(|p| Report::new(rows.labels, p));
    let judged = [champion, challenger].map(|p| Sorted::new(rows, p));
    let found = resample(rows, params, |counts| judged.each_ref().map(|one| one.report(counts)))?;
    let between = |measure: Measure, [champion, challenger]: &[Report; 2]| {
        Some(measure.of(challenger)? - measure.of(champion)?)
    };
    let measures = Measure::ALL.into_iter().filter_map(|measure| {
        let difference = between(measure, &reports)?;
        let spread = spread(found.iter().map(|reports| between(measure, reports)), params);
        Some(spread.map(|Spread { low, high, p_value }| Difference {
            measure,
            difference,
            low,
            high,
            p_value,
        }))
    });
    measures.collect()
}

/// The rows of one model by probability, so that no resample has to be sorted.
struct Sorted(Vec<(f64, bool, usize)>);

impl Sorted {
    fn new(rows: Rows<'_>, probabilities: &[f64]) -> Self {
        let row = |((&p, &label), &customer)| (p, label, customer);
        let mut sorted: Vec<(f64, bool, usize)> =
            probabilities.iter().zip(rows.labels).zip(rows.customers).map(row).collect();
        // Of equals the greater label first, as ranks are made; then by customer, so that sums
        // have one order.
        sorted.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)).then(a.2.cmp(&b.2)));
        Self(sorted)
    }

    /// The report on as many copies of each customer's rows.
    fn report(&self, counts: &[u32]) -> Report {
        let drawn = self.0.iter().flat_map(|&(p, label, customer)| {
            std::iter::repeat_n((label, p), counts[customer] as usize)
        });
        let (labels, probabilities): (Vec<bool>, Vec<f64>) = drawn.unzip();
        Report::new(&labels, &probabilities)
    }
}

/// What `of` makes of each resample: of how often it has drawn each customer.
fn resample<T: Send>(
    rows: Rows<'_>,
    params: &BootstrapParams,
    of: impl Fn(&[u32]) -> T + Sync,
) -> Result<Vec<T>> {
    let threads = params.check()?.min(params.resamples);
    let customers = rows.customers.iter().max().map_or(0, |last| last + 1);
    let draw = |number: usize| {
        let own = keyed(params.seed, number as u64);
        let mut counts = vec![0_u32; customers];
        for at in 0..customers {
            // The high word of the product: below `customers`, all but equally often each.
            let drawn = (u128::from(keyed(own, at as u64)) * customers as u128) >> 64;
            counts[usize::try_from(drawn).unwrap_or(0)] += 1;
        }
        of(&counts)
    };
    let stretch = |thread: usize| {
        let begin = |thread: usize| thread * params.resamples / threads;
        (begin(thread)..begin(thread + 1)).map(draw).collect::<Vec<T>>()
    };
    Ok(std::thread::scope(|scope| {
        let stretch = &stretch;
        let others: Vec<_> =
            (1..threads).map(|thread| scope.spawn(move || stretch(thread))).collect();
        let mut all = stretch(0);
        for other in others {
            match other.join() {
                Ok(part) => all.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    }))
}

struct Spread {
    low: f64,
    high: f64,
    p_value: f64,
}

#[expect(clippy::cast_precision_loss, reason = "counts of resamples")]
fn spread(found: impl Iterator<Item = Option<f64>>, params: &BootstrapParams) -> Result<Spread> {
    let mut found: Vec<f64> = found.flatten().collect();
    if found.is_empty() {
        return Err(refuse("no resample has rows of both kinds; there are too few customers"));
    }
    found.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - params.level) / 2.0;
    let below = found.iter().filter(|&&value| value <= 0.0).count();
    let above = found.iter().filter(|&&value| value >= 0.0).count();
    let p_value = 2.0 * (below.min(above) + 1) as f64 / (found.len() + 1) as f64;
    Ok(Spread {
        low: percentile(&found, tail),
        high: percentile(&found, 1.0 - tail),
        p_value: p_value.min(1.0),
    })
}

/// The value below which a share `at` of the sorted values lies, on a straight line between the
/// two nearest (Hyndman and Fan 1996, type 7).
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index of far fewer than 2^53 values"
)]
fn percentile(sorted: &[f64], at: f64) -> f64 {
    let place = at * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let (low, high) = (sorted[below], sorted[above]);
    (low + (high - low) * (place - below as f64)).clamp(low, high)
}

#[cfg(test)]
mod tests {
    use stayput_core::ErrorCode;

    use super::*;

    fn rows() -> (Vec<bool>, Vec<f64>, Vec<usize>) {
        let p = |row: u32| f64::from(row * 37 % 101) / 101.0;
        let labels = (0..200).map(|row| f64::from(row * 53 % 97) / 97.0 < p(row)).collect();
        (labels, (0..200).map(p).collect(), (0..200).collect())
    }

    const FEW: BootstrapParams =
        BootstrapParams { resamples: 200, level: 0.9, seed: 7, n_jobs: Some(1) };

    #[test]
    fn neither_threads_nor_the_order_of_rows_change_an_interval() {
        let (labels, p, customers) = rows();
        let run = |params: BootstrapParams| {
            intervals(Rows { labels: &labels, customers: &customers }, &p, &params).unwrap()
        };
        let one = run(FEW);
        assert_eq!(one, run(BootstrapParams { n_jobs: Some(3), ..FEW }));
        assert_ne!(one, run(BootstrapParams { seed: 8, ..FEW }));
        for interval in &one.measures {
            assert!(interval.low <= interval.high, "{interval:?}");
        }
        let auc = one.measures.iter().find(|one| one.measure == Measure::RocAuc).unwrap();
        assert!(auc.low < auc.value && auc.value < auc.high && auc.high - auc.low < 0.2);
    }

    /// The bootstrap's standard error of a mean is known: `σ/√n`.
    #[test]
    fn the_interval_of_a_mean_is_as_wide_as_theory_says() {
        let (labels, p, customers) = rows();
        let params = BootstrapParams { resamples: 4_000, level: 0.95, ..FEW };
        let found =
            intervals(Rows { labels: &labels, customers: &customers }, &p, &params).unwrap();
        let brier = found.measures.iter().find(|one| one.measure == Measure::Brier).unwrap();
        let errors: Vec<f64> =
            labels.iter().zip(&p).map(|(&y, p)| (p - f64::from(u8::from(y))).powi(2)).collect();
        let mean = errors.iter().sum::<f64>() / 200.0;
        let deviation = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / 200.0).sqrt();
        let width = 2.0 * 1.959_964 * deviation / 200.0_f64.sqrt();
        assert!(((brier.high - brier.low) / width - 1.0).abs() < 0.06, "{brier:?} {width}");
    }

    #[test]
    fn rows_of_one_customer_are_drawn_together() {
        let (labels, p, alone) = rows();
        // Every row four times: alone they would seem to be four times as many.
        let four = |all: &[bool]| all.iter().flat_map(|&x| [x; 4]).collect::<Vec<_>>();
        let p4: Vec<f64> = p.iter().flat_map(|&x| [x; 4]).collect();
        let together: Vec<usize> = alone.iter().flat_map(|&x| [x; 4]).collect();
        let labels4 = four(&labels);
        let width = |labels: &[bool], p: &[f64], customers: &[usize]| {
            let found = intervals(Rows { labels, customers }, p, &FEW).unwrap();
            found.measures[0].high - found.measures[0].low
        };
        let once = width(&labels, &p, &alone);
        assert!((width(&labels4, &p4, &together) - once).abs() < 1e-12);
        assert!(width(&labels4, &p4, &(0..800).collect::<Vec<_>>()) < 0.7 * once);
    }

    #[test]
    fn percentiles_are_those_of_numpy() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        for (at, expected) in [(0.0, 1.0), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0)] {
            assert!((percentile(&sorted, at) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn draws_that_cannot_be_are_refused() {
        let (labels, p, customers) = rows();
        for (params, name) in [
            (BootstrapParams { resamples: 9, ..FEW }, "resamples"),
            (BootstrapParams { level: 0.0, ..FEW }, "level"),
            (BootstrapParams { n_jobs: Some(0), ..FEW }, "n_jobs"),
        ] {
            let rows = Rows { labels: &labels, customers: &customers };
            let error = intervals(rows, &p, &params).unwrap_err();
            assert_eq!((error.code(), error.path()), (ErrorCode::Argument, Some(name)));
        }
    }
}
