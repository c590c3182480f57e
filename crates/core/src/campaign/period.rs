//! The period over which a frequency cap counts sends: a rolling window or a civil one.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::error::{Error, ErrorCode, Result};
use crate::time::{Span, Timestamp, Zone};

/// A period of time around an instant. Written `7d`, `calendar_day`, `calendar_week` or
/// `calendar_month`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// The window `(as_of - span, as_of]`.
    Rolling(Span),
    /// The civil day of `as_of` in the customer's zone.
    CalendarDay,
    /// Its civil week, from Monday to Sunday (ISO 8601).
    CalendarWeek,
    /// Its civil month.
    CalendarMonth,
}

impl Period {
    /// Reads a length of time or the name of a calendar period.
    ///
    /// # Errors
    /// [`ErrorCode::Time`] when `text` is neither, or a length of zero.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "calendar_day" => Ok(Self::CalendarDay),
            "calendar_week" => Ok(Self::CalendarWeek),
            "calendar_month" => Ok(Self::CalendarMonth),
            _ => Span::parse(text).ok().filter(|span| *span > Span::ZERO).map(Self::Rolling).ok_or_else(
                || {
                    Error::new(
                        ErrorCode::Time,
                        "",
                        format!(
                            "`{text}` is not a period; expected a length of time such as `7d`, or `calendar_day`, `calendar_week` or `calendar_month`"
                        ),
                    )
                },
            ),
        }
    }

    /// Whether `at`, which is not after `as_of`, is in the same period.
    pub(super) fn holds(self, at: Timestamp, as_of: Timestamp, zone: &Zone) -> bool {
        match self {
            Self::Rolling(span) => at > as_of.minus(span),
            // Dates are compared, not instants: where clocks go back over midnight, a date is left
            // and entered again.
            _ => self.first_day(zone.date(at)) == self.first_day(zone.date(as_of)),
        }
    }

    /// The first instant after `as_of` at which a send at `at` no longer counts, where there is one
    /// that can be told.
    pub(super) fn end(self, at: Timestamp, as_of: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let end = match self {
            Self::Rolling(span) => at.plus(span),
            _ => zone.start_of(self.first_day_after(zone.date(at))?),
        };
        // Where clocks go back over midnight, the next day may have begun already, for a while. An
        // end beyond the last year is none.
        Timestamp::from_micros(end.as_micros()).ok().filter(|end| *end > as_of)
    }

    /// The longest that a send can count.
    pub(super) fn longest(self) -> Span {
        match self {
            Self::Rolling(span) => span,
            // A day more than the civil length, for changes of the clock.
            Self::CalendarDay => Span::days(2),
            Self::CalendarWeek => Span::days(8),
            Self::CalendarMonth => Span::days(32),
        }
    }

    fn first_day(self, date: Date) -> Date {
        match self {
            Self::Rolling(_) | Self::CalendarDay => date,
            Self::CalendarWeek => {
                let since_monday = i64::from(date.weekday().to_monday_zero_offset());
                date.saturating_sub(since_monday.days())
            }
            Self::CalendarMonth => date.first_of_month(),
        }
    }

    fn first_day_after(self, date: Date) -> Option<Date> {
        let first = self.first_day(date);
        match self {
            Self::Rolling(_) | Self::CalendarDay => first.tomorrow().ok(),
            Self::CalendarWeek => first.checked_add(7.days()).ok(),
            Self::CalendarMonth => first.last_of_month().tomorrow().ok(),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rolling(span) => write!(f, "{span}"),
            Self::CalendarDay => f.write_str("calendar_day"),
            Self::CalendarWeek => f.write_str("calendar_week"),
            Self::CalendarMonth => f.write_str("calendar_month"),
        }
    }
}

written_as_text!(Period);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_period_is_read_as_it_is_written() {
        for text in ["7d", "1d12h", "calendar_day", "calendar_week", "calendar_month"] {
            assert_eq!(Period::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["", "0d", "monthly", "calendar_year"] {
            assert_eq!(Period::parse(wrong).unwrap_err().code(), ErrorCode::Time, "{wrong}");
        }
    }

    #[test]
    fn a_civil_period_turns_at_midnight_in_the_customers_zone() {
        let new_york = Zone::named("America/New_York").unwrap();
        // Sunday 2026-11-01, 23:30 in New York, is Monday in UTC and the day clocks went back.
        let sent = at("2026-11-02T04:30:00Z");
        for (period, zone, inside, end) in [
            (Period::CalendarDay, &new_york, "2026-11-02T04:59:59Z", "2026-11-02T05:00:00Z"),
            (Period::CalendarWeek, &new_york, "2026-11-02T04:59:59Z", "2026-11-02T05:00:00Z"),
            (Period::CalendarMonth, &new_york, "2026-12-01T04:59:59Z", "2026-12-01T05:00:00Z"),
            (Period::CalendarDay, &Zone::UTC, "2026-11-02T23:59:59Z", "2026-11-03T00:00:00Z"),
            (Period::CalendarWeek, &Zone::UTC, "2026-11-08T23:59:59Z", "2026-11-09T00:00:00Z"),
            (Period::CalendarMonth, &Zone::UTC, "2026-11-30T23:59:59Z", "2026-12-01T00:00:00Z"),
            (
                Period::Rolling(Span::days(7)),
                &Zone::UTC,
                "2026-11-09T04:29:59Z",
                "2026-11-09T04:30:00Z",
            ),
        ] {
            assert!(period.holds(sent, at(inside), zone), "{period}");
            assert!(!period.holds(sent, at(end), zone), "{period}");
            assert_eq!(period.end(sent, sent, zone), Some(at(end)), "{period}");
        }
    }

    #[test]
    fn a_day_that_comes_twice_is_one_day() {
        // At 00:01 on 2010-11-07 clocks in St. John's went back to 23:01 of the day before.
        let zone = Zone::named("America/St_Johns").unwrap();
        let evening = at("2010-11-06T23:30:00-02:30");
        let again = at("2010-11-06T23:30:00-03:30");
        assert!(Period::CalendarDay.holds(evening, again, &zone));
        assert_eq!(Period::CalendarDay.end(evening, again, &zone), None);
    }

    #[test]
    fn the_last_day_of_time_has_no_end() {
        let last = at("9999-12-30T12:00:00Z");
        assert_eq!(Period::Rolling(Span::days(9)).end(last, last, &Zone::UTC), None);
        assert!(Period::CalendarMonth.holds(last, last, &Zone::UTC));
    }
}
