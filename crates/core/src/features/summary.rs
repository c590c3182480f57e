//! Summaries of the events inside a window, each as a function of plain slices.
//!
//! Times are microseconds in ascending order, one for each value; a day is 24 hours. Sums run from
//! the first element to the last. What is not defined for the values given is NaN.

use crate::math;

/// Microseconds in a day.
const DAY: f64 = 86_400_000_000.0;

/// The element of rank `n`: from the first for 1, 2, …, from the last for −1, −2, …; none where
/// there are fewer, or for 0. Cost: O(1).
pub(super) fn nth<T: Copy>(values: &[T], n: i32) -> Option<T> {
    let rank = usize::try_from(n.unsigned_abs()).ok()?;
    let from_first = rank.checked_sub(1)?;
    let at = if n > 0 { from_first } else { values.len().checked_sub(rank)? };
    values.get(at).copied()
}

/// Slope of the least-squares line through `values` over `times`, per day:
/// `Σ (t − t̄)(x − x̄) / Σ (t − t̄)²` (Legendre 1805; two passes, means first).
///
/// NaN below two values, and where all are at one instant. Cost: O(n).
pub(super) fn trend(times: &[i64], values: &[f64]) -> f64 {
    let Some(&start) = times.first() else { return f64::NAN };
    let n = real(values.len());
    let day = |time: &i64| real_span(time - start) / DAY;
    let mean_day = times.iter().map(day).fold(0.0, |sum, x| sum + x) / n;
    let mean = values.iter().fold(0.0, |sum, x| sum + x) / n;
    let (mut both, mut square) = (0.0, 0.0);
    for (time, value) in times.iter().zip(values) {
        let from_mean = day(time) - mean_day;
        both += from_mean * (value - mean);
        square += from_mean * from_mean;
    }
    if square > 0.0 { both / square } else { f64::NAN }
}

/// Slope of the least-squares line through the counts of the `days` times 24 hours that end at
/// `until`, in events per day, per day.
///
/// Bucket `i` is `(until − (i + 1) d, until − i d]`, at `−i`. As the buckets are equally spaced,
/// the slope is `6 (n (d − 1) − 2 Σ i) / (d (d² − 1))` over the n events and d days, which is
/// exact up to its one division. 0 of no events; NaN below two days. Cost: O(n).
pub(super) fn daily_trend(times: &[i64], until: i64, days: i64) -> f64 {
    let day = 86_400_000_000;
    let ages = times.iter().map(|time| real_span(until.saturating_sub(*time).div_euclid(day)));
    let sum = ages.fold(0.0, |sum, age| sum + age);
    let d = real_span(days);
    if days < 2 {
        return f64::NAN;
    }
    6.0 * (real(times.len()) * (d - 1.0) - 2.0 * sum) / (d * (d * d - 1.0))
}

/// Mean time between consecutive events, in days: from the first to the last, by n − 1.
///
/// NaN below two events. Cost: O(1).
pub(super) fn gaps(times: &[i64]) -> f64 {
    match times {
        [first, .., last] => real_span(last - first) / DAY / real(times.len() - 1),
        _ => f64::NAN,
    }
}

/// Entropy `−Σ p log2(p)` in bits of the shares that `counts` have of their sum (Shannon 1948).
///
/// Summed in the order given, which is to be that of the values. NaN of none. Cost: O(k) for k
/// different values.
pub(super) fn entropy(counts: &[usize]) -> f64 {
    let n = real(counts.iter().sum());
    if counts.is_empty() {
        return f64::NAN;
    }
    counts.iter().fold(0.0, |sum, count| {
        let p = real(*count) / n;
        sum - p * math::log2(p)
    })
}

/// The value below which `p` percent of `sorted` lie (type 7 of Hyndman and Fan 1996): with
/// `h = (n − 1) p / 100`, linear between the values before and after h, counted from 0.
///
/// NaN of none. Cost: O(1), once sorted.
pub(super) fn percentile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let h = real(last) * (p / 100.0);
    let below = h.floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 0 to the last index, which is held below"
    )]
    let at = (below as usize).min(last);
    let (low, high) = (sorted[at], sorted[(at + 1).min(last)]);
    let part = h - below;
    // Rounding is not to push the result past the values it lies between.
    if part > 0.0 { (low + (high - low) * part).clamp(low, high) } else { low }
}

/// Mean of `values` weighted by `2^(−age / half_life)`: `Σ w x / Σ w`.
///
/// The age counts from the latest value, which gives the same mean as any later instant and never
/// weighs all of them with nothing. `half_life` is in microseconds. NaN of none. Cost: O(n).
pub(super) fn ewma(times: &[i64], values: &[f64], half_life: i64) -> f64 {
    let Some(&end) = times.last() else { return f64::NAN };
    let (mut sum, mut weights) = (0.0, 0.0);
    for (time, value) in times.iter().zip(values) {
        let weight = weight(end - time, half_life);
        sum += weight * value;
        weights += weight;
    }
    sum / weights
}

/// Number of events decayed by age: `Σ 2^(−(until − t) / half_life)`. 0 of none. Cost: O(n).
pub(super) fn decayed_count(times: &[i64], until: i64, half_life: i64) -> f64 {
    times.iter().fold(0.0, |sum, time| sum + weight(until.saturating_sub(*time), half_life))
}

fn weight(age: i64, half_life: i64) -> f64 {
    math::exp2(-(real_span(age) / real_span(half_life)))
}

#[expect(clippy::cast_precision_loss, reason = "no customer has 2^53 events")]
fn real(n: usize) -> f64 {
    n as f64
}

#[expect(clippy::cast_precision_loss, reason = "exact to 285 years, then to the nearest")]
fn real_span(micros: i64) -> f64 {
    micros as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const D: i64 = 86_400_000_000;

    #[test]
    fn the_nth_counts_from_either_end() {
        let values = [10, 20, 30];
        for (n, expected) in
            [(1, Some(10)), (3, Some(30)), (4, None), (-1, Some(30)), (-3, Some(10)), (-4, None)]
        {
            assert_eq!(nth(&values, n), expected, "{n}");
        }
        assert_eq!(nth(&values, 0), None);
        assert_eq!(nth(&values, i32::MIN), None);
        assert_eq!(nth::<i32>(&[], 1), None);
    }

    #[test]
    fn a_line_has_its_own_slope() {
        let times = [D, 2 * D, 4 * D, 8 * D];
        let line: Vec<f64> = [1.0, 2.0, 4.0, 8.0].iter().map(|day| 5.0 - 3.0 * day).collect();
        assert_eq!(trend(&times, &line), -3.0);
        assert_eq!(trend(&times, &[2.0; 4]), 0.0);
        // (0, 0), (1, 0), (2, 3): means 1 and 1, (1 + 2) / 2.
        assert_eq!(trend(&[0, D, 2 * D], &[0.0, 0.0, 3.0]), 1.5);
        assert!(trend(&[], &[]).is_nan());
        assert!(trend(&[D], &[1.0]).is_nan());
        assert!(trend(&[D, D], &[1.0, 2.0]).is_nan());
    }

    #[test]
    fn daily_counts_have_a_slope() {
        // Two days: 1 event on the first, 3 on the second.
        assert_eq!(daily_trend(&[D / 2, D + 1, 2 * D - 1, 2 * D], 2 * D, 2), 2.0);
        // The start of the last bucket belongs to the one before.
        assert_eq!(daily_trend(&[D, D + 1], 2 * D, 2), 0.0);
        // 3, 0, 0 on three days: slope Σ (x − 1) y / 2 = -1.5.
        assert_eq!(daily_trend(&[1, 2, 3], 3 * D, 3), -1.5);
        assert_eq!(daily_trend(&[], 0, 28), 0.0);
    }

    #[test]
    fn gaps_are_the_mean_of_the_differences() {
        assert_eq!(gaps(&[0, D, 4 * D]), 2.0);
        assert_eq!(gaps(&[D, D]), 0.0);
        assert!(gaps(&[D]).is_nan());
        assert!(gaps(&[]).is_nan());
    }

    #[test]
    fn entropy_is_zero_of_one_value_and_log2_of_equal_shares() {
        assert_eq!(entropy(&[7]), 0.0);
        assert_eq!(entropy(&[2, 2, 2, 2]), 2.0);
        assert_eq!(entropy(&[1, 1]), 1.0);
        // 1/2, 1/4, 1/4.
        assert_eq!(entropy(&[2, 1, 1]), 1.5);
        assert!(entropy(&[]).is_nan());
    }

    #[test]
    fn percentiles_are_of_type_7() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        for (p, expected) in
            [(0.0, 1.0), (25.0, 1.75), (50.0, 3.0), (75.0, 5.0), (90.0, 6.8), (100.0, 8.0)]
        {
            assert!((percentile(&sorted, p) - expected).abs() < 1e-12, "{p}");
        }
        assert_eq!(percentile(&[3.0], 99.0), 3.0);
        assert_eq!(percentile(&[-1e308, 1e308], 99.0), 1e308);
        assert!(percentile(&[], 50.0).is_nan());
    }

    #[test]
    fn weights_halve_with_each_half_life() {
        // Weights 1/4, 1/2, 1.
        assert_eq!(ewma(&[0, D, 2 * D], &[4.0, 2.0, 6.0], D), 8.0 / 1.75);
        assert_eq!(ewma(&[0, 5000 * D], &[4.0, 2.0], 1), 2.0);
        assert!(ewma(&[], &[], D).is_nan());
        assert_eq!(decayed_count(&[0, D, 2 * D], 2 * D, D), 1.75);
        assert_eq!(decayed_count(&[], 0, D), 0.0);
    }

    proptest! {
        #[test]
        fn entropy_lies_between_zero_and_log2_of_the_number_of_values(
            counts in prop::collection::vec(1..1000_usize, 1..20),
        ) {
            let bits = entropy(&counts);
            prop_assert!(bits >= 0.0 && bits <= math::log2(real(counts.len())) + 1e-12);
        }

        #[test]
        fn a_percentile_lies_between_the_least_and_the_greatest_and_rises_with_p(
            mut values in prop::collection::vec(-1e6..1e6_f64, 1..30),
            p in 0.0..=100.0_f64,
            q in 0.0..=100.0_f64,
        ) {
            values.sort_by(f64::total_cmp);
            let (low, high) = (percentile(&values, p.min(q)), percentile(&values, p.max(q)));
            prop_assert!(values[0] <= low && low <= high && high <= values[values.len() - 1]);
        }

        #[test]
        fn the_daily_trend_is_the_trend_of_the_daily_counts(
            mut times in prop::collection::vec(1..=14 * D, 0..40),
        ) {
            times.sort_unstable();
            let mut counts = [0.0; 14];
            for time in &times {
                counts[usize::try_from((time - 1) / D).unwrap()] += 1.0;
            }
            let days: Vec<i64> = (0..14).map(|day| day * D).collect();
            let difference = daily_trend(&times, 14 * D, 14) - trend(&days, &counts);
            prop_assert!(difference.abs() < 1e-12);
        }

        #[test]
        fn a_weighted_mean_does_not_leave_its_values(
            pairs in prop::collection::vec((0..1000 * D, -10.0..10.0_f64), 1..30),
            half_life in 1..100 * D,
        ) {
            let mut pairs = pairs;
            pairs.sort_by_key(|pair| pair.0);
            let (times, values): (Vec<i64>, Vec<f64>) = pairs.into_iter().unzip();
            let mean = ewma(&times, &values, half_life);
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(mean >= least - 1e-9 && mean <= most + 1e-9);
            let count = decayed_count(&times, 1000 * D, half_life);
            prop_assert!(count >= 0.0 && count <= real(times.len()));
        }
    }
}
