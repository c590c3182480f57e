//! Instants, spans, civil days and time zones.
//!
//! An instant is a count of microseconds since 1970-01-01T00:00:00Z; nothing here reads a clock.

mod daily;
mod zones;

use std::fmt;
use std::sync::{PoisonError, RwLock};

use jiff::civil;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, ErrorCode, Result};
pub use daily::{DailyWindow, Recurrence, TimeOfDay};
use zones::Rules;

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;
/// Microseconds in a day of 24 hours.
const DAY: i64 = 86_400 * SECOND;

/// An instant in UTC with microsecond precision.
///
/// Serialises as RFC 3339 (`2026-11-21T10:00:00Z`), and as microseconds where no human reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(type = "string"))]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// The instant `micros` microseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`ErrorCode::Time`] outside the years −9999 to 9999.
    pub fn from_micros(micros: i64) -> Result<Self> {
        if Self::in_range(micros) {
            return Ok(Self(micros));
        }
        let message = format!("`{micros}` microseconds is outside the years -9999 to 9999");
        Err(Error::new(ErrorCode::Time, "", message))
    }

    /// Whether so many microseconds after 1970-01-01T00:00:00Z are an instant.
    #[must_use]
    pub fn in_range(micros: i64) -> bool {
        let least = jiff::Timestamp::MIN.as_microsecond();
        (least..=jiff::Timestamp::MAX.as_microsecond()).contains(&micros)
    }

    /// The instant `millis` milliseconds after 1970-01-01T00:00:00Z, as JavaScript counts.
    ///
    /// # Errors
    /// [`ErrorCode::Time`] outside the years −9999 to 9999.
    pub fn from_millis(millis: i64) -> Result<Self> {
        Self::from_micros(millis.saturating_mul(1000))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Reads an ISO 8601 date or date and time. Without an offset it is UTC; a date alone is its
    /// midnight in UTC. Digits past the microsecond are cut off.
    ///
    /// # Errors
    /// [`ErrorCode::Time`] when `text` is neither.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(floor_micros(instant)));
        }
        let civil = text
            .parse::<civil::DateTime>()
            .or_else(|_| text.parse::<civil::Date>().map(|date| date.at(0, 0, 0, 0)));
        civil
            .ok()
            .and_then(|at| TimeZone::UTC.to_timestamp(at).ok())
            .map(|instant| Self(floor_micros(instant)))
            .ok_or_else(|| {
                Error::new(
                    ErrorCode::Time,
                    "",
                    format!("`{text}` is not a date or time; expected ISO 8601, for instance `2026-11-21T10:00:00Z`"),
                )
            })
    }

    /// The instant `span` later; at the end of time it stays there.
    #[must_use]
    pub fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The instant `span` earlier; at the start of time it stays there.
    #[must_use]
    pub fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// The same day of the month and time of day in UTC `months` months later; where that month is
    /// shorter, its last day. None outside the years −9999 to 9999.
    #[must_use]
    pub fn plus_months(self, months: u32) -> Option<Self> {
        let date = Zone::UTC.date(self);
        let count = i64::from(date.year()) * 12 + i64::from(date.month()) - 1 + i64::from(months);
        let year = i16::try_from(count.div_euclid(12)).ok()?;
        let month = i8::try_from(count.rem_euclid(12) + 1).ok()?;
        let first = civil::Date::new(year, month, 1).ok()?;
        let last = first.days_in_month();
        let date = civil::Date::new(year, month, date.day().min(last)).ok()?;
        let of_day = Span(self.0.rem_euclid(DAY));
        let midnight = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
        Self::from_micros(floor_micros(midnight)).ok().map(|midnight| midnight.plus(of_day))
    }

    /// Time from `earlier` to this instant; negative when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

fn floor_micros(instant: jiff::Timestamp) -> i64 {
    // Both are within ±2^63 by the range of `jiff::Timestamp`.
    #[expect(clippy::cast_possible_truncation, reason = "the years -9999 to 9999 fit i64")]
    let micros = instant.as_nanosecond().div_euclid(1000) as i64;
    micros
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(instant) => write!(f, "{instant}"),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = if deserializer.is_human_readable() {
            Self::parse(&String::deserialize(deserializer)?)
        } else {
            Self::from_micros(i64::deserialize(deserializer)?)
        };
        read.map_err(serde::de::Error::custom)
    }
}

/// A length of time in microseconds. A day is 24 hours.
///
/// Written as in `"30d"`: a whole or decimal number and a unit `w d h m s`, several in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// 24 hours.
    pub const DAY: Self = Self(DAY);

    /// `days` days of 24 hours.
    #[must_use]
    pub const fn days(days: i64) -> Self {
        Self(days.saturating_mul(DAY))
    }

    /// `micros` microseconds.
    #[must_use]
    pub fn micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The length in microseconds.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// The length in days of 24 hours, as a fraction.
    #[must_use]
    pub fn as_days(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "exact to 285 years, then to the nearest")]
        let micros = self.0 as f64;
        micros / 86_400_000_000.0
    }

    /// This length and `other`.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Reads `30d`, `12h`, `1d12h`, `2w`, `90s`, `15m`.
    ///
    /// # Errors
    /// [`ErrorCode::Time`] when `text` is not such a length.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            Error::new(
                ErrorCode::Time,
                "",
                format!(
                    "`{text}` is not a length of time; expected a number and `w`, `d`, `h`, `m` or `s`, for instance `30d`"
                ),
            )
        };
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(wrong());
        }
        let mut total: i64 = 0;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
            let count: i64 = rest[..digits].parse().map_err(|_| wrong())?;
            let mut tail = rest[digits..].chars();
            let unit = match tail.next() {
                Some('w') => 7 * DAY,
                Some('d') => DAY,
                Some('h') => 3600 * SECOND,
                Some('m') => 60 * SECOND,
                Some('s') => SECOND,
                _ => return Err(wrong()),
            };
            total = count
                .checked_mul(unit)
                .and_then(|part| total.checked_add(part))
                .ok_or_else(wrong)?;
            rest = tail.as_str();
        }
        Ok(Self(total))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        if rest == 0 {
            return f.write_str("0d");
        }
        for (unit, name) in [(DAY, 'd'), (3600 * SECOND, 'h'), (60 * SECOND, 'm'), (SECOND, 's')] {
            let count = rest / unit;
            rest %= unit;
            if count != 0 {
                write!(f, "{count}{name}")?;
            }
        }
        if rest != 0 {
            write!(f, "{rest}us")?;
        }
        Ok(())
    }
}

written_as_text!(Span);

/// A time zone of the IANA database, whose tables are compiled in.
///
/// A zone's rules are read once and kept as long as the process lives. There are some six hundred.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone(Clock);

/// The clocks of a zone: its rules, to be copied like a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock(&'static Rules);

static UTC: Rules = Rules::UTC;
/// The zones that were asked for, by name in lower case, sorted.
static KNOWN: RwLock<Vec<(String, Clock)>> = RwLock::new(Vec::new());

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Clock::UTC);

    /// The zone of an IANA name such as `Europe/Berlin`.
    ///
    /// # Errors
    /// [`ErrorCode::Time`] when there is no zone of that name.
    pub fn named(name: &str) -> Result<Self> {
        let key = name.to_ascii_lowercase();
        // CLDR's name of a zone that is not known has the clocks of UTC.
        if key == "utc" || key == "etc/unknown" {
            return Ok(Self::UTC);
        }
        // Nothing panics while it holds the lock.
        let place =
            |known: &[(String, Clock)]| known.binary_search_by(|(name, _)| name.as_str().cmp(&key));
        {
            let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
            if let Ok(at) = place(&known) {
                return Ok(Self(known[at].1));
            }
        }
        let rules = Rules::named(name).ok_or_else(|| {
            let expected = "expected an IANA name, for instance `Europe/Berlin`";
            Error::new(ErrorCode::Time, "", format!("`{name}` is not a time zone; {expected}"))
        })?;
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        match place(&known) {
            Ok(at) => Ok(Self(known[at].1)),
            Err(at) => {
                let zone = Clock(Box::leak(Box::new(rules)));
                known.insert(at, (key, zone));
                Ok(Self(zone))
            }
        }
    }

    /// The zone's clocks.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.0
    }

    /// The civil day of `at` in this zone, counted from 1970-01-01.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> i64 {
        self.0.day(at)
    }

    /// The civil date of `at` in this zone.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> civil::Date {
        jiff::Timestamp::from_microsecond(at.0)
            .map_or(civil::Date::ZERO, |instant| self.0.offset(at).to_datetime(instant).date())
    }

    /// The first instant of a civil date in this zone. Where midnight falls in the gap of a clock
    /// change, it is the first instant after the gap; where it occurs twice, the earlier one.
    #[must_use]
    pub fn start_of(&self, date: civil::Date) -> Timestamp {
        let start = self.0.0.first_at(date.at(0, 0, 0, 0));
        Timestamp(start.map_or(i64::MAX, |seconds| seconds.saturating_mul(SECOND)))
    }
}

impl Clock {
    /// The clocks of coordinated universal time.
    pub const UTC: Self = Self(&UTC);

    /// The civil day of `at`, counted from 1970-01-01.
    #[must_use]
    #[inline]
    pub fn day(self, at: Timestamp) -> i64 {
        self.shown(at).div_euclid(DAY)
    }

    /// How far this zone's clocks are from UTC.
    #[inline]
    fn offset(self, at: Timestamp) -> Offset {
        self.0.offset(at.0.div_euclid(SECOND))
    }

    /// Microseconds from 1970-01-01T00:00:00 on this zone's clocks.
    #[inline]
    fn shown(self, at: Timestamp) -> i64 {
        at.0.saturating_add(i64::from(self.offset(at).seconds()) * SECOND)
    }

    /// The hour of the civil day, 0 to 23; minutes are cut off.
    #[must_use]
    pub fn hour(self, at: Timestamp) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "0 to 23")]
        let hour = (self.shown(at).rem_euclid(DAY) / (3600 * SECOND)) as f64;
        hour
    }

    /// The day of the week as ISO 8601 counts: 1 for Monday to 7 for Sunday.
    #[must_use]
    pub fn weekday(self, at: Timestamp) -> f64 {
        // 1970-01-01 was a Thursday.
        #[expect(clippy::cast_precision_loss, reason = "1 to 7")]
        let day = ((self.day(at) + 3).rem_euclid(7) + 1) as f64;
        day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_and_written() {
        for (text, micros) in [
            ("1970-01-01", 0),
            ("1970-01-01T00:00:01", 1_000_000),
            ("1970-01-01T01:00:00+01:00", 0),
            ("1970-01-01T00:00:00.0000019Z", 1),
            ("1969-12-31T23:59:59.9999999Z", -1),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().as_micros(), micros, "{text}");
        }
        let at = Timestamp::parse("2026-11-21T10:00:00.25Z").unwrap();
        assert_eq!(Timestamp::parse(&at.to_string()).unwrap(), at);
        assert!(Timestamp::parse("yesterday").unwrap_err().to_string().contains("`yesterday`"));
    }

    #[test]
    fn spans_are_read_and_written() {
        assert_eq!(Span::parse("1d12h").unwrap().as_days(), 1.5);
        assert_eq!(Span::parse("2w").unwrap(), Span::days(14));
        assert_eq!(Span::parse("90m").unwrap().to_string(), "1h30m");
        for wrong in ["", "d", "30", "30x", "-1d", "99999999999999999999d"] {
            assert!(Span::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_month_later_is_the_same_day_or_the_last_one() {
        let after = |text: &str, months| {
            let later = Timestamp::parse(text).unwrap().plus_months(months);
            later.map(|at| at.to_string())
        };
        for (text, months, expected) in [
            ("2026-01-31", 1, "2026-02-28T00:00:00Z"),
            ("2026-01-31", 2, "2026-03-31T00:00:00Z"),
            ("2023-11-30T23:59:59.999999Z", 3, "2024-02-29T23:59:59.999999Z"),
            ("1969-12-15T06:00:00Z", 1, "1970-01-15T06:00:00Z"),
            ("2026-05-05", 0, "2026-05-05T00:00:00Z"),
        ] {
            assert_eq!(after(text, months).as_deref(), Some(expected));
        }
        assert_eq!(after("9999-12-01", 1), None);
    }

    #[test]
    fn a_civil_day_depends_on_the_zone() {
        let at = Timestamp::parse("2026-03-01T03:00:00Z").unwrap();
        let utc = Zone::UTC.day(at);
        let new_york = Zone::named("America/New_York").unwrap();
        assert_eq!(new_york.day(at), utc - 1);
        assert_eq!(Zone::named("america/new_york").unwrap(), new_york);
        // A Sunday in UTC, 22:00 on Saturday there.
        assert_eq!((Clock::UTC.hour(at), Clock::UTC.weekday(at)), (3.0, 7.0));
        let clock = new_york.clock();
        assert_eq!((clock.hour(at), clock.weekday(at)), (22.0, 6.0));
        let half = Timestamp::parse("1969-12-29T18:29:59Z").unwrap();
        assert_eq!(Zone::named("Asia/Kolkata").unwrap().clock().hour(half), 23.0);
        assert_eq!(Clock::UTC.weekday(half), 1.0);
        assert!(Zone::named("Mars/Olympus").is_err());
    }

    #[test]
    fn a_day_without_midnight_starts_after_the_gap() {
        // Clocks went from 00:00 to 01:00 in Beirut, and from 23:30 to 00:30 in Toronto.
        for (name, date, start) in [
            ("Asia/Beirut", civil::date(2022, 3, 27), "2022-03-27T01:00:00+03:00"),
            ("America/Toronto", civil::date(1919, 3, 31), "1919-03-31T00:30:00-04:00"),
        ] {
            let found = Zone::named(name).unwrap().start_of(date);
            assert_eq!(found, Timestamp::parse(start).unwrap(), "{name}");
        }
    }
}
