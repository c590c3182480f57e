//! Times of day on a zone's clocks: windows of the day, and what comes again at one of them.
//!
//! One rule holds wherever clocks change. A time of day *is* what the clock shows. So a time that
//! a change skips (a gap) comes with the first instant after the gap, and of a time that comes
//! twice (a fold) the first counts. A window of the day holds whenever the clock shows a time
//! inside it, at both passes of a fold.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Clock, DAY, SECOND, Timestamp, Zone};
use crate::error::{Error, ErrorCode, Result};

const MINUTE: i64 = 60 * SECOND;

fn wrong(message: String) -> Error {
    Error::new(ErrorCode::Time, "", message)
}

/// A time of day to the minute, written `08:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(i64);

impl TimeOfDay {
    /// Reads `00:00` to `23:59`.
    ///
    /// # Errors
    /// [`ErrorCode::Time`] when `text` is not such a time.
    pub fn parse(text: &str) -> Result<Self> {
        let two = |digits: &str, below: i64| {
            let plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|number: &i64| plain && *number < below)
        };
        text.split_once(':')
            .and_then(|(hour, minute)| Some(two(hour, 24)? * 60 + two(minute, 60)?))
            .map(|minutes| Self(minutes * MINUTE))
            .ok_or_else(|| {
                wrong(format!("`{text}` is not a time of day; expected `00:00` to `23:59`"))
            })
    }

    fn civil(self, date: Date) -> jiff::civil::DateTime {
        // Both are below 24 and 60.
        let part = |number: i64| i8::try_from(number).unwrap_or(0);
        date.at(part(self.0 / (60 * MINUTE)), part(self.0 / MINUTE % 60), 0, 0)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / (60 * MINUTE), self.0 / MINUTE % 60)
    }
}

written_as_text!(TimeOfDay);

impl Zone {
    /// The first instant at which clocks show this date and time or later ones.
    #[must_use]
    pub fn first_at(&self, date: Date, time: TimeOfDay) -> Timestamp {
        let start = self.0.0.first_at(time.civil(date));
        Timestamp(start.map_or(i64::MAX, |seconds| seconds.saturating_mul(SECOND)))
    }
}

/// The times of day from one up to, and without, another; over midnight where the first is later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DailyWindow {
    /// The first time inside.
    pub from: TimeOfDay,
    /// The first time after it.
    pub to: TimeOfDay,
}

impl DailyWindow {
    /// Whether the clock shows a time inside at `at`.
    #[must_use]
    pub fn holds(self, at: Timestamp, clock: Clock) -> bool {
        let shown = clock.shown(at).rem_euclid(DAY);
        let (from, to) = (self.from.0, self.to.0);
        if from <= to { from <= shown && shown < to } else { shown >= from || shown < to }
    }

    /// The first instant from `at` on at which the clock shows a time outside; none beyond the
    /// last year.
    #[must_use]
    pub fn end(self, at: Timestamp, clock: Clock) -> Option<Timestamp> {
        let mut at = at;
        while self.holds(at, clock) {
            let left = (self.to.0 - clock.shown(at)).rem_euclid(DAY);
            // Until its next change a clock goes evenly.
            let next = clock.0.next_change(at.0.div_euclid(SECOND));
            let change = next.map_or(i64::MAX, |seconds| seconds.saturating_mul(SECOND));
            at = Timestamp::from_micros(at.0.saturating_add(left).min(change)).ok()?;
        }
        Some(at)
    }
}

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What comes again: every day, on a day of every week, or on a day of every month, at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recurrence {
    every: Every,
    time: TimeOfDay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Every {
    Day,
    /// The days since Monday.
    Week(i64),
    /// The day of the month; where a month is shorter, its last.
    Month(i8),
}

impl Recurrence {
    /// Reads `("day", "09:00")`, `("week", "mon 09:00")` or `("month", "1 09:00")`.
    ///
    /// # Errors
    /// [`ErrorCode::Time`] when the texts are none of these.
    pub fn parse(unit: &str, at: &str) -> Result<Self> {
        let (every, time) = match unit {
            "day" => (Every::Day, at),
            "week" | "month" => {
                let expected = if unit == "week" { "mon 09:00" } else { "1 09:00" };
                let no = || {
                    wrong(format!(
                        "`{at}` is not a time of a {unit}; expected for instance `{expected}`"
                    ))
                };
                let (day, time) = at.split_once(' ').ok_or_else(no)?;
                let every = if unit == "week" {
                    let day = (0..).zip(WEEKDAYS).find(|(_, name)| *name == day);
                    Every::Week(day.ok_or_else(no)?.0)
                } else {
                    let day = day.parse().ok().filter(|day| (1..=31).contains(day));
                    Every::Month(day.ok_or_else(no)?)
                };
                (every, time)
            }
            _ => {
                return Err(wrong(format!(
                    "`{unit}` is not a unit; expected `day`, `week` or `month`"
                )));
            }
        };
        Ok(Self { every, time: TimeOfDay::parse(time)? })
    }

    /// The first time after `at`, on the zone's clocks; none beyond the last year.
    ///
    /// A day that a zone's clocks skip as a whole has no time of day, so nothing comes on it.
    #[must_use]
    pub fn next(self, at: Timestamp, zone: &Zone) -> Option<Timestamp> {
        // Where clocks go back over midnight, the day before comes again.
        let mut date = zone.date(at).yesterday().ok()?;
        loop {
            let day = self.on_or_after(date)?;
            let first = zone.first_at(day, self.time);
            if first > at && zone.date(zone.start_of(day)) == day {
                return Timestamp::from_micros(first.0).ok();
            }
            date = day.tomorrow().ok()?;
        }
    }

    fn on_or_after(self, date: Date) -> Option<Date> {
        match self.every {
            Every::Day => Some(date),
            Every::Week(day) => {
                let since_monday = i64::from(date.weekday().to_monday_zero_offset());
                date.checked_add((day - since_monday).rem_euclid(7).days()).ok()
            }
            Every::Month(day) => {
                let of = |month: Date| {
                    Date::new(month.year(), month.month(), day.min(month.days_in_month())).ok()
                };
                let this = of(date)?;
                if this >= date {
                    return Some(this);
                }
                of(date.last_of_month().tomorrow().ok()?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::Span;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn time(text: &str) -> TimeOfDay {
        TimeOfDay::parse(text).unwrap()
    }

    const ZONES: [&str; 10] = [
        "UTC",
        "America/New_York",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "America/Sao_Paulo",
        "Pacific/Apia",
        "Asia/Beirut",
        "America/St_Johns",
        "Pacific/Chatham",
    ];

    #[test]
    fn a_time_of_day_is_read_as_it_is_written() {
        assert_eq!(time("08:30").to_string(), "08:30");
        for wrong in ["", "8:30", "24:00", "08:60", "08:30:00", "+8:30", "0830"] {
            assert_eq!(TimeOfDay::parse(wrong).unwrap_err().code(), ErrorCode::Time, "{wrong}");
        }
    }

    #[test]
    fn a_window_ends_with_what_the_clock_shows() {
        for (zone, from, to, asked, end) in [
            ("UTC", "21:00", "08:00", "2026-11-01T22:00:00Z", "2026-11-02T08:00:00Z"),
            ("UTC", "21:00", "08:00", "2026-11-01T08:00:00Z", "2026-11-01T08:00:00Z"),
            ("UTC", "00:00", "06:00", "2026-11-01T05:59:59Z", "2026-11-01T06:00:00Z"),
            // 02:00 to 03:00 is skipped: the window ends with the gap.
            (
                "America/New_York",
                "01:00",
                "02:30",
                "2026-03-08T01:30:00-05:00",
                "2026-03-08T03:00:00-04:00",
            ),
            // 01:00 to 02:00 comes twice: at its first 01:30 the window ends, and begins again.
            (
                "America/New_York",
                "00:00",
                "01:30",
                "2026-11-01T00:30:00-04:00",
                "2026-11-01T01:30:00-04:00",
            ),
            (
                "America/New_York",
                "00:00",
                "01:30",
                "2026-11-01T01:00:00-05:00",
                "2026-11-01T01:30:00-05:00",
            ),
            // Clocks of half an hour: 02:00 becomes 02:30.
            (
                "Australia/Lord_Howe",
                "22:00",
                "02:15",
                "2026-10-04T01:00:00+10:30",
                "2026-10-04T02:30:00+11:00",
            ),
            // A whole day is skipped.
            (
                "Pacific/Apia",
                "21:00",
                "08:00",
                "2011-12-29T22:00:00-10:00",
                "2011-12-31T08:00:00+14:00",
            ),
        ] {
            let window = DailyWindow { from: time(from), to: time(to) };
            let clock = Zone::named(zone).unwrap().clock();
            assert_eq!(window.end(at(asked), clock), Some(at(end)), "{zone} {asked}");
        }
    }

    #[test]
    fn what_comes_again_comes_on_its_day_at_its_time() {
        for (zone, unit, text, asked, next) in [
            ("UTC", "day", "09:00", "2026-11-01T08:59:59Z", "2026-11-01T09:00:00Z"),
            ("UTC", "day", "09:00", "2026-11-01T09:00:00Z", "2026-11-02T09:00:00Z"),
            ("UTC", "week", "mon 09:00", "2026-11-01T12:00:00Z", "2026-11-02T09:00:00Z"),
            ("UTC", "week", "sun 09:00", "2026-11-01T09:00:00Z", "2026-11-08T09:00:00Z"),
            ("UTC", "month", "1 09:00", "2026-11-01T09:00:00Z", "2026-12-01T09:00:00Z"),
            ("UTC", "month", "31 09:00", "2027-01-31T09:00:00Z", "2027-02-28T09:00:00Z"),
            ("Asia/Kathmandu", "day", "09:00", "2026-11-01T03:14:59Z", "2026-11-01T03:15:00Z"),
            (
                "America/New_York",
                "day",
                "02:30",
                "2026-03-08T00:00:00-05:00",
                "2026-03-08T03:00:00-04:00",
            ),
            (
                "America/New_York",
                "day",
                "01:30",
                "2026-11-01T00:00:00-04:00",
                "2026-11-01T01:30:00-04:00",
            ),
            (
                "America/New_York",
                "day",
                "01:30",
                "2026-11-01T01:30:00-04:00",
                "2026-11-02T01:30:00-05:00",
            ),
            // Midnight was skipped in Brazil until 2018, a day in Samoa in 2011.
            (
                "America/Sao_Paulo",
                "day",
                "00:00",
                "2018-11-03T12:00:00-03:00",
                "2018-11-04T01:00:00-02:00",
            ),
            (
                "Pacific/Apia",
                "day",
                "09:00",
                "2011-12-29T12:00:00-10:00",
                "2011-12-31T09:00:00+14:00",
            ),
        ] {
            let every = Recurrence::parse(unit, text).unwrap();
            let zone_of = Zone::named(zone).unwrap();
            assert_eq!(every.next(at(asked), &zone_of), Some(at(next)), "{zone} {unit} {text}");
        }
        for (unit, text) in [
            ("year", "09:00"),
            ("day", "9:00"),
            ("day", "mon 09:00"),
            ("week", "09:00"),
            ("week", "monday 09:00"),
            ("month", "0 09:00"),
            ("month", "32 09:00"),
        ] {
            assert_eq!(
                Recurrence::parse(unit, text).unwrap_err().code(),
                ErrorCode::Time,
                "{text}"
            );
        }
    }

    #[test]
    fn a_time_in_a_gap_of_a_year_to_come_is_the_end_of_the_gap() {
        // From 2038 on clocks follow the rule alone.
        let zone = Zone::named("America/New_York").unwrap();
        let every = Recurrence::parse("day", "02:30").unwrap();
        let next = every.next(at("2050-03-13T00:00:00-05:00"), &zone);
        assert_eq!(next, Some(at("2050-03-13T03:00:00-04:00")));
    }

    proptest! {
        /// Minute by minute, as a reader of the clock would find it.
        #[test]
        fn the_end_of_a_window_is_the_first_minute_outside(
            zone in prop::sample::select(&ZONES[..]),
            start in 0_i64..3_000_000,
            from in 0_i64..1440,
            length in 1_i64..1440,
        ) {
            let clock = Zone::named(zone).unwrap().clock();
            let start = Timestamp(1_262_304_000 * SECOND + start * 5 * MINUTE);
            let to = (from + length) % 1440;
            let window = DailyWindow { from: TimeOfDay(from * MINUTE), to: TimeOfDay(to * MINUTE) };
            let mut slow = start;
            while window.holds(slow, clock) {
                slow = slow.plus(Span::micros(MINUTE));
            }
            prop_assert_eq!(window.end(start, clock), Some(slow));
        }

        #[test]
        fn between_two_times_of_a_day_there_is_none(
            zone in prop::sample::select(&ZONES[..]),
            start in 0_i64..300_000,
            minute in 0_i64..1440,
        ) {
            let zone = Zone::named(zone).unwrap();
            let start = Timestamp(1_262_304_000 * SECOND + start * 50 * MINUTE);
            let every = Recurrence { every: Every::Day, time: TimeOfDay(minute * MINUTE) };
            let next = every.next(start, &zone).unwrap();
            prop_assert!(next > start && next.since(start) <= Span::days(2));
            // Nothing on the way shows the time for the first time on its date.
            let mut at = start.plus(Span::micros(MINUTE - start.0.rem_euclid(MINUTE)));
            while at < next {
                let shows = zone.clock().shown(at).rem_euclid(DAY) == minute * MINUTE;
                let first = zone.first_at(zone.date(at), every.time) == at;
                prop_assert!(!(shows && first), "{at}");
                at = at.plus(Span::micros(MINUTE));
            }
        }
    }
}
