//! Civil periods of a zone, numbered.

use jiff::civil;
use serde::Serialize;

use crate::error::{Error, Result, did_you_mean};
use crate::time::{Span, Timestamp, Zone};

const DAY: i64 = 86_400_000_000;
/// A table of more days than that is not worth its memory: 100 years.
const LONG: i64 = 36_525;

/// A civil period. Weeks begin on Monday (ISO 8601), quarters with January, April, July and October.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// From Monday to Sunday.
    Week,
    /// A month of the calendar.
    Month,
    /// Three of them.
    Quarter,
}

impl Period {
    const NAMES: [(&'static str, Self); 4] = [
        ("day", Self::Day),
        ("week", Self::Week),
        ("month", Self::Month),
        ("quarter", Self::Quarter),
    ];

    /// The period of a name: `day`, `week`, `month` or `quarter`.
    ///
    /// # Errors
    /// `argument`, of the argument `name`, when it is none of these.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        let known = Self::NAMES.iter().find(|(known, _)| *known == text);
        known.map(|(_, period)| *period).ok_or_else(|| {
            let near = did_you_mean(text, Self::NAMES.map(|(known, _)| known));
            let message = format!(
                "`{text}` is not a period; expected `day`, `week`, `month` or `quarter`{near}"
            );
            Error::argument(name, message)
        })
    }

    /// The number of the period that a day, counted from 1970-01-01, lies in.
    fn number(self, day: i64) -> i64 {
        let date = || Zone::UTC.date(Timestamp::EPOCH.plus(Span::micros(day.saturating_mul(DAY))));
        match self {
            Self::Day => day,
            // 1970-01-01 was a Thursday.
            Self::Week => (day + 3).div_euclid(7),
            Self::Month => i64::from(date().year()) * 12 + i64::from(date().month()) - 1,
            Self::Quarter => i64::from(date().year()) * 4 + i64::from((date().month() - 1) / 3),
        }
    }

    /// The first date of a period, by its number; none outside the years −9999 to 9999.
    pub(super) fn first_date(self, number: i64) -> Option<civil::Date> {
        let day = match self {
            Self::Day => number,
            Self::Week => number.checked_mul(7)?.checked_sub(3)?,
            Self::Month | Self::Quarter => {
                let months = if self == Self::Month { 12 } else { 4 };
                let year = i16::try_from(number.div_euclid(months)).ok()?;
                let month = number.rem_euclid(months) * (12 / months) + 1;
                return civil::Date::new(year, i8::try_from(month).ok()?, 1).ok();
            }
        };
        let at = Timestamp::from_micros(day.checked_mul(DAY)?).ok()?;
        Some(Zone::UTC.date(at))
    }
}

/// The periods of one kind in a zone, found quickly between two instants.
#[derive(Debug)]
pub(super) struct Calendar {
    pub(super) period: Period,
    zone: Zone,
    /// The day that the table begins with, and the number of the period of each from then on.
    first: i64,
    numbers: Vec<i64>,
}

impl Calendar {
    /// The calendar, in microseconds quick from `first` to `last`.
    pub(super) fn new(period: Period, zone: &Zone, first: i64, last: i64) -> Self {
        // A zone's day is at most one away from that of UTC.
        let [first, last] = [first.div_euclid(DAY) - 1, last.div_euclid(DAY) + 1];
        let days = if last.saturating_sub(first) <= LONG { first..last + 1 } else { first..first };
        let numbers = days.map(|day| period.number(day)).collect();
        Self { period, zone: zone.clone(), first, numbers }
    }

    /// The number of the period that an instant lies in.
    pub(super) fn number(&self, micros: i64) -> i64 {
        let day = self.zone.day(Timestamp::EPOCH.plus(Span::micros(micros)));
        self.of_day(day)
    }

    fn of_day(&self, day: i64) -> i64 {
        let known = usize::try_from(day - self.first).ok().and_then(|at| self.numbers.get(at));
        known.copied().unwrap_or_else(|| self.period.number(day))
    }

    /// The instant at which a period begins.
    pub(super) fn start(&self, number: i64) -> Timestamp {
        let first = self.period.first_date(number);
        first.map_or(Timestamp::EPOCH.plus(Span::micros(i64::MAX)), |date| self.zone.start_of(date))
    }

    /// The number of the period of `self` that the last day of a period of `other` lies in.
    pub(super) fn last_of(&self, other: &Self, number: i64) -> i64 {
        match other.period.first_date(number + 1) {
            Some(next) => {
                let midnight = Zone::UTC.start_of(next).as_micros();
                self.of_day(midnight.div_euclid(DAY) - 1)
            }
            None => i64::MAX / 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> i64 {
        Timestamp::parse(text).unwrap().as_micros()
    }

    #[test]
    fn a_period_holds_its_instants_and_no_others() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        for (period, first, last, next) in [
            (Period::Day, "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"),
            (Period::Week, "2026-03-22T23:00:00Z", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"),
            (Period::Month, "2026-02-28T23:00:00Z", "2026-03-31T21:59:59Z", "2026-03-31T22:00:00Z"),
            (
                Period::Quarter,
                "2025-12-31T23:00:00Z",
                "2026-03-31T21:59:59Z",
                "2026-03-31T22:00:00Z",
            ),
        ] {
            for reach in [0, 90 * 365 * DAY, 900 * 365 * DAY] {
                let calendar = Calendar::new(period, &zone, micros(first), micros(first) + reach);
                let number = calendar.number(micros(first));
                assert_eq!(calendar.number(micros(last)), number, "{period:?}");
                assert_eq!(calendar.number(micros(next)), number + 1, "{period:?}");
                assert_eq!(calendar.start(number).as_micros(), micros(first), "{period:?}");
                assert_eq!(calendar.start(number + 1).as_micros(), micros(next), "{period:?}");
            }
        }
        let days = Calendar::new(Period::Day, &zone, 0, 0);
        let months = Calendar::new(Period::Month, &zone, 0, 0);
        let february = months.number(micros("2024-02-10"));
        assert_eq!(days.last_of(&months, february), days.number(micros("2024-02-29")));
        assert_eq!(months.last_of(&days, days.number(micros("2024-02-29"))), february);
    }

    #[test]
    fn a_name_that_is_no_period_is_refused() {
        assert_eq!(Period::parse("quarter", "period").unwrap(), Period::Quarter);
        let error = Period::parse("monht", "age").unwrap_err().to_string();
        assert!(error.starts_with("argument `age`: `monht` is not a period"), "{error}");
        assert!(error.ends_with("did you mean `month`?"), "{error}");
    }
}
