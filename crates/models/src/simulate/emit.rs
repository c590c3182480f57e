//! What a customer's path leaves in the event log.

use stayput_core::columns::{ColumnData, Dictionary, Frame, MISSING_TEXT, TextColumn};
use stayput_core::time::{Span, Timestamp, Zone};
use stayput_core::{Result, math};

use super::company::{PARTS, Plan, Profile, ZONES, cents, slot};
use super::path::Day;
use crate::random::{Stream, poisson};

/// Seconds in a day.
const DAY: u32 = 86_400;

/// Event types, in the order of [`Kind`].
pub(super) const TYPES: [&str; 7] = [
    "login",
    "feature_used",
    "purchase",
    "ticket_opened",
    "price_raised",
    "payment_failed",
    "cancelled",
];

/// Severities of a ticket.
const SEVERITIES: [&str; 2] = ["low", "high"];

/// Share of a day's logins in each hour of the customer's own clock, in thousandths.
const HOURS: [u32; 24] =
    [8, 5, 4, 3, 4, 8, 20, 38, 62, 82, 84, 76, 60, 66, 76, 76, 70, 58, 46, 42, 40, 34, 24, 14];

/// Factor on the logins of a day, Monday first.
const WEEKDAYS: [f64; 7] = [1.25, 1.2, 1.15, 1.15, 1.05, 0.55, 0.65];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Login,
    FeatureUsed,
    Purchase,
    TicketOpened,
    PriceRaised,
    PaymentFailed,
    Cancelled,
}

/// How the clock of one zone lies against the days of the simulation.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    /// For each day: the seconds since local midnight at its first instant, and the weekday at
    /// its middle (0 is Monday).
    days: Vec<(u32, usize)>,
}

impl Calendar {
    /// The calendars of [`ZONES`] for `days` days from `start`.
    pub(super) fn all(start: Timestamp, days: u32) -> Result<Vec<Self>> {
        ZONES
            .iter()
            .map(|(name, _)| {
                let zone = Zone::named(name)?;
                let days = (0..days).map(|day| {
                    let first = start.plus(Span::days(i64::from(day)));
                    let midnight = zone.start_of(zone.date(first));
                    let passed = (first.as_micros() - midnight.as_micros()) / 1_000_000;
                    let noon = first.plus(Span::micros(43_200_000_000));
                    // 1970-01-01 was a Thursday.
                    let weekday = (zone.day(noon) + 3).rem_euclid(7);
                    (
                        u32::try_from(passed).unwrap_or(0) % DAY,
                        usize::try_from(weekday).unwrap_or(0),
                    )
                });
                Ok(Self { days: days.collect() })
            })
            .collect()
    }

    /// The second of the day `day` at which the local clock shows `second`.
    fn second(&self, day: u64, second: u32) -> u32 {
        let passed = self.at(day).0;
        (second + DAY - passed) % DAY
    }

    fn at(&self, day: u64) -> (u32, usize) {
        usize::try_from(day).ok().and_then(|day| self.days.get(day)).copied().unwrap_or((0, 0))
    }
}

/// The streams that usage is drawn from.
#[derive(Debug, Clone, Copy)]
pub(super) struct UsageStreams {
    counts: Stream,
    logins: Stream,
    others: Stream,
}

impl UsageStreams {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            counts: Stream::new(seed, "simulate/counts"),
            logins: Stream::new(seed, "simulate/logins"),
            others: Stream::new(seed, "simulate/others"),
        }
    }
}

/// One event of a customer, `second` seconds after the start of the simulation.
#[derive(Debug, Clone, Copy)]
struct Event {
    second: i64,
    kind: Kind,
    /// Severity of a ticket, part of the product used.
    tag: u8,
    /// Amount of a purchase, percentage of a price rise.
    number: f64,
}

/// The events of one customer, until they are written.
#[derive(Debug, Default)]
pub(super) struct Events {
    events: Vec<Event>,
}

impl Events {
    fn put(&mut self, second: i64, kind: Kind) {
        self.events.push(Event { second, kind, tag: 0, number: f64::NAN });
    }

    /// The first login, minutes after the sign-up at `second`.
    pub(super) fn sign_up(&mut self, profile: &Profile, second: i64, streams: &UsageStreams) {
        let draw = streams.others.block(profile.index, 0, u64::MAX).uniform(0);
        self.put(second + 30 + whole(600, draw), Kind::Login);
    }

    /// What the customer does on a day.
    pub(super) fn day(
        &mut self,
        profile: &Profile,
        day: &Day,
        calendar: &Calendar,
        streams: &UsageStreams,
    ) {
        let start = seconds(day.at);
        let weekday = WEEKDAYS[calendar.at(day.at).1];
        let counts = streams.counts.block(profile.index, day.at, 0);

        let logins = poisson(profile.logins * weekday * day.engagement, counts.uniform(0));
        for at in 0..u64::from(logins) {
            let draws = streams.logins.block(profile.index, day.at, at);
            let clock = local_second(draws.uniform(0), draws.uniform(1));
            let login = start + i64::from(calendar.second(day.at, clock));
            self.put(login, Kind::Login);
            let used = poisson(0.1 + 0.4 * day.engagement, draws.uniform(2));
            for nth in 0..u64::from(used) {
                let draws = streams.logins.block(profile.index, day.at, (nth + 1) << 32 | at);
                // The less engaged, the fewer the parts beyond the first ones.
                let spread = draws.uniform(0) * (0.35 + 0.65 * day.engagement);
                self.events.push(Event {
                    second: login + 20 + whole(1800, draws.uniform(1)),
                    kind: Kind::FeatureUsed,
                    tag: small(slot(PARTS.len(), spread)),
                    number: f64::NAN,
                });
            }
        }

        let per_day = [0.003, 0.015, 0.03][profile.plan as usize] * (0.2 + 0.8 * day.engagement);
        let bought = poisson(per_day, counts.uniform(1));
        for at in 0..u64::from(bought) {
            let draws = streams.others.block(profile.index, day.at, at);
            let clock = local_second(draws.uniform(0), draws.uniform(1));
            let middle = if profile.plan == Plan::Enterprise { 180.0 } else { 35.0 };
            self.events.push(Event {
                second: start + i64::from(calendar.second(day.at, clock)),
                kind: Kind::Purchase,
                tag: 0,
                number: cents(middle * math::exp(0.8 * draws.normal(2))).max(0.01),
            });
        }

        for (severity, &count) in day.tickets.iter().enumerate() {
            for at in 0..u64::from(count) {
                let index = 1_000 * (1 + severity as u64) + at;
                let draws = streams.others.block(profile.index, day.at, index);
                let clock = local_second(draws.uniform(0), draws.uniform(1));
                self.events.push(Event {
                    second: start + i64::from(calendar.second(day.at, clock)),
                    kind: Kind::TicketOpened,
                    tag: small(severity),
                    number: f64::NAN,
                });
            }
        }
        // The company writes at nine, and its bank answers at six, by the company's clock.
        if day.price_rise > 0.0 {
            self.events.push(Event {
                second: start + 9 * 3600,
                kind: Kind::PriceRaised,
                tag: 0,
                number: day.price_rise,
            });
        }
        if day.payment_failed {
            self.put(start + 6 * 3600, Kind::PaymentFailed);
        }
    }

    /// Ends the log: only what lies in `[from, until)` stays, and where the customer left, the
    /// last event is `cancelled`.
    pub(super) fn finish(&mut self, from: i64, until: i64, left: Option<i64>) {
        let until = left.map_or(until, |left| left.min(until));
        self.events.retain(|event| (from..until).contains(&event.second));
        self.events.sort_by_key(|event| (event.second, event.kind));
        if let Some(left) = left {
            self.put(left, Kind::Cancelled);
        }
    }
}

/// The columns of the event log.
#[derive(Debug, Default)]
pub(super) struct Log {
    customers: Dictionary,
    customer: Vec<u32>,
    timestamp: Vec<i64>,
    kind: Vec<u32>,
    event_id: Dictionary,
    amount: Vec<f64>,
    severity: Vec<u32>,
    feature: Vec<u32>,
    percent: Vec<f64>,
}

impl Log {
    /// Writes and clears the events of a customer. `start` is the simulation's.
    pub(super) fn write(&mut self, id: &str, start: Timestamp, events: &mut Events, ids: bool) {
        let code = u32::try_from(self.customers.len()).unwrap_or(MISSING_TEXT);
        self.customers.push(id);
        for (at, event) in events.events.drain(..).enumerate() {
            self.customer.push(code);
            self.timestamp.push(start.plus(Span::micros(event.second * 1_000_000)).as_micros());
            self.kind.push(event.kind as u32);
            if ids {
                self.event_id.push_display(format_args!("{id}-{at}"));
            }
            let (mut amount, mut percent) = (f64::NAN, f64::NAN);
            let (mut severity, mut feature) = (MISSING_TEXT, MISSING_TEXT);
            match event.kind {
                Kind::Purchase => amount = event.number,
                Kind::PriceRaised => percent = event.number,
                Kind::TicketOpened => severity = u32::from(event.tag),
                Kind::FeatureUsed => feature = u32::from(event.tag),
                Kind::Login | Kind::PaymentFailed | Kind::Cancelled => {}
            }
            self.amount.push(amount);
            self.percent.push(percent);
            self.severity.push(severity);
            self.feature.push(feature);
        }
    }

    /// The event log as a table.
    pub(super) fn into_frame(self) -> Result<Frame> {
        let names = |values: &[&str]| values.iter().collect();
        let text = |codes: Vec<u32>, values: Dictionary| {
            ColumnData::Text(TextColumn { codes: codes.into(), values: values.into() })
        };
        let mut columns = vec![
            ("customer_id".to_owned(), text(self.customer, self.customers)),
            ("timestamp".to_owned(), ColumnData::Time(self.timestamp.into())),
            ("type".to_owned(), text(self.kind, names(&TYPES))),
        ];
        if !self.event_id.is_empty() {
            let codes =
                (0..self.event_id.len()).map(|at| u32::try_from(at).unwrap_or(MISSING_TEXT));
            columns.push(("event_id".to_owned(), text(codes.collect(), self.event_id)));
        }
        columns.extend([
            ("amount".to_owned(), ColumnData::Number(self.amount.into())),
            ("severity".to_owned(), text(self.severity, names(&SEVERITIES))),
            ("feature".to_owned(), text(self.feature, names(&PARTS))),
            ("percent".to_owned(), ColumnData::Number(self.percent.into())),
        ]);
        Frame::new(columns)
    }
}

/// The seconds before a day of the simulation.
pub(super) fn seconds(day: u64) -> i64 {
    i64::try_from(day).unwrap_or(i64::MAX / 200_000) * i64::from(DAY)
}

/// A second of the local day, by the pattern of [`HOURS`].
fn local_second(hour: f64, within: f64) -> u32 {
    let mut left = u32::try_from(whole(1000, hour)).unwrap_or(0);
    let mut at = 0;
    for share in HOURS {
        if left < share {
            break;
        }
        left -= share;
        at += 1;
    }
    at.min(23) * 3600 + u32::try_from(whole(3600, within)).unwrap_or(0)
}

/// A whole number from 0 to `below − 1`.
fn whole(below: u32, uniform: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and `below`")]
    let at = (f64::from(below) * uniform) as i64;
    at
}

/// An index below 256.
fn small(at: usize) -> u8 {
    u8::try_from(at).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_the_hours_sum_to_one() {
        assert_eq!(HOURS.iter().sum::<u32>(), 1000);
    }

    #[test]
    fn a_local_clock_is_placed_in_the_day() {
        let start = Timestamp::parse("2026-01-05").unwrap();
        let calendars = Calendar::all(start, 120).unwrap();
        let second = |zone: usize, day, clock| calendars[zone].second(day, clock);
        // 10:00 in New York is 15:00 UTC in winter and 14:00 in summer.
        assert_eq!(second(0, 0, 36_000), 15 * 3600);
        assert_eq!(second(0, 100, 36_000), 14 * 3600);
        // 03:00 in Tokyo is 18:00 UTC.
        assert_eq!(second(5, 0, 3 * 3600), 18 * 3600);
        assert_eq!(calendars[2].at(0).1, 0, "2026-01-05 is a Monday in London");
    }
}
