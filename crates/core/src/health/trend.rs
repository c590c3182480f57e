//! The trend of a health score: how fast it rises or falls, and whether that is more than chance.

use serde::{Deserialize, Serialize};

use super::mann_kendall::mann_kendall;
use super::theil_sen::theil_sen;
use crate::time::{Span, Timestamp};

/// The p-value below which a trend has a direction.
const SIGNIFICANT: f64 = 0.05;
/// Fewer points than these have no trend.
const FEWEST: usize = 3;
/// The most points that a playbook may ask for: the slopes of all pairs are looked at.
const MOST: i64 = 400;

/// At which instants the score is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrendSpec {
    /// How far back: the window `(as_of − over, as_of]`.
    pub over: Span,
    /// The time from one instant to the next; the last is `as_of`.
    pub every: Span,
}

/// Whether a score rises or falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum TrendDirection {
    /// It rises, with a p-value below 0.05.
    Increasing,
    /// It falls, with a p-value below 0.05.
    Decreasing,
    /// Neither is certain enough.
    NoTrend,
}

/// The trend of a health score over time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HealthTrend {
    /// The Theil–Sen slope, in points a day.
    pub slope_per_day: f64,
    /// That of the Mann–Kendall test of two sides, ties taken into account: 0 to 1.
    pub p_value: f64,
    /// Kendall's tau-b between score and time, −1 to 1; null where all scores are equal.
    pub tau: Option<f64>,
    /// Whether it rises or falls, where the p-value is below 0.05.
    pub direction: TrendDirection,
    /// How many instants had a score.
    pub points: usize,
}

impl TrendSpec {
    /// How many instants there are.
    fn count(self) -> i64 {
        // The window is open where it begins.
        (self.over.as_micros() - 1) / self.every.as_micros().max(1) + 1
    }

    /// What is wrong with it: key and message.
    pub(crate) fn wrong(self) -> Option<(&'static str, String)> {
        if self.every <= Span::ZERO {
            return Some(("every", "a step is longer than nothing".to_owned()));
        }
        let count = if self.over <= Span::ZERO { 0 } else { self.count() };
        if count < 3 {
            let message = format!(
                "`{}` has room for {count} instants `{}` apart; expected 3 or more",
                self.over, self.every
            );
            return Some(("over", message));
        }
        (count > MOST).then(|| {
            let message = format!("there are {count} instants; expected {MOST} or fewer");
            ("every", message)
        })
    }

    /// The instants, ascending.
    #[must_use]
    pub fn instants(self, as_of: Timestamp) -> Vec<Timestamp> {
        let back = |steps: i64| as_of.minus(Span::micros(self.every.as_micros() * steps));
        let mut instants: Vec<Timestamp> = (0..self.count()).rev().map(back).collect();
        // Before the first year all are one.
        instants.dedup();
        instants
    }
}

/// The trend of scores at ascending instants; nothing where there are fewer than three.
#[must_use]
pub fn trend(points: &[(Timestamp, f64)]) -> Option<HealthTrend> {
    let (first, _) = points.first().filter(|_| points.len() >= FEWEST)?;
    let series: Vec<(f64, f64)> =
        points.iter().map(|(at, score)| (at.since(*first).as_days(), *score)).collect();
    let scores: Vec<f64> = points.iter().map(|(_, score)| *score).collect();
    let test = mann_kendall(&scores);
    let direction = match () {
        () if test.p_value >= SIGNIFICANT => TrendDirection::NoTrend,
        () if test.s > 0.0 => TrendDirection::Increasing,
        () => TrendDirection::Decreasing,
    };
    Some(HealthTrend {
        slope_per_day: theil_sen(&series)? + 0.0,
        p_value: test.p_value,
        tau: test.tau,
        direction,
        points: points.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_micros(day * 86_400_000_000).unwrap()
    }

    #[test]
    fn the_window_is_open_where_it_begins() {
        let spec = TrendSpec { over: Span::days(28), every: Span::days(7) };
        assert_eq!(spec.instants(day(100)), [79, 86, 93, 100].map(day));
        let spec = TrendSpec { over: Span::days(90), every: Span::days(7) };
        assert_eq!(spec.instants(day(100)).len(), 13);
        assert_eq!(spec.wrong(), None);
    }

    #[test]
    fn a_window_without_room_and_too_many_instants_are_refused() {
        let wrong = |over, every| TrendSpec { over, every }.wrong().map(|(key, _)| key);
        assert_eq!(wrong(Span::days(14), Span::days(7)), Some("over"));
        assert_eq!(wrong(Span::days(15), Span::days(7)), None);
        assert_eq!(wrong(Span::ZERO, Span::days(7)), Some("over"));
        assert_eq!(wrong(Span::days(14), Span::ZERO), Some("every"));
        assert_eq!(wrong(Span::days(400), Span::days(1)), None);
        assert_eq!(wrong(Span::days(401), Span::days(1)), Some("every"));
    }

    #[test]
    fn a_steady_fall_is_a_trend_and_noise_is_none() {
        let falling: Vec<_> = (0..8_i32)
            .map(|week| (day(i64::from(week) * 7), 90.0 - 7.0 * f64::from(week)))
            .collect();
        let found = trend(&falling).unwrap();
        assert_eq!((found.slope_per_day, found.tau, found.points), (-1.0, Some(-1.0), 8));
        assert_eq!(found.direction, TrendDirection::Decreasing);
        assert!(found.p_value < 0.001);
        let noise: Vec<_> = falling
            .iter()
            .zip([3.0, 5.0, 2.0, 4.0, 5.0, 1.0, 4.0, 3.0])
            .map(|((at, _), y)| (*at, y))
            .collect();
        assert_eq!(trend(&noise).unwrap().direction, TrendDirection::NoTrend);
        assert_eq!(trend(&falling[..2]), None);
        let flat: Vec<_> = falling.iter().map(|(at, _)| (*at, 50.0)).collect();
        let flat = trend(&flat).unwrap();
        assert_eq!((flat.slope_per_day, flat.p_value, flat.tau), (0.0, 1.0, None));
    }
}
