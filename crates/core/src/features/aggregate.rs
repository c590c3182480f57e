//! Values made of the events inside a window. Missing values of a property are passed over.
//!
//! Every sum runs in the canonical order of events, one after the other, so a batch, a stream and
//! a single history give the same bits.

use std::borrow::Cow;

use super::{calendar, sequence, summary};
use crate::event::Cell;
use crate::expr::{Aggregate, AggregateOp, Input, Program, Value, Window};
use crate::history::{Events, History};
use crate::schema::Schema;
use crate::time::{Span, Timestamp, Zone};

/// An aggregate whose inner expressions are bound to the frame of one event: its properties, its
/// time, then the customer's attributes and time zone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BoundAggregate {
    op: AggregateOp,
    event: Option<usize>,
    window: Window,
    value: Option<Program>,
    filter: Option<Program>,
    properties: usize,
    attributes: usize,
}

/// What is known of a customer, as an aggregate reads it.
pub(super) struct Reading<'r, 'a> {
    pub(super) history: &'r History<'a>,
    pub(super) attributes: &'r [Value<'a>],
    pub(super) zone: &'r Zone,
    pub(super) as_of: Timestamp,
}

impl<'a> Reading<'_, 'a> {
    /// The events of one type, or of all, between two instants.
    fn between(
        &self,
        event: Option<usize>,
        after: Option<Timestamp>,
        until: Timestamp,
    ) -> Vec<Events<'a>> {
        let types = &self.history.types;
        let types = event.map_or(&types[..], |event| &types[event..=event]);
        types.iter().map(|events| events.between(after, until)).collect()
    }
}

impl BoundAggregate {
    pub(super) fn new(aggregate: &Aggregate, schema: &Schema) -> Self {
        let properties = aggregate.event.map_or(0, |event| schema.events[event].properties.len());
        let attributes = schema.attributes.len();
        let bind = |program: &Program| {
            program.clone().bind(|input| match input {
                Input::Property(index) => *index,
                Input::Attribute(index) => properties + 1 + index,
                Input::Zone => properties + 1 + attributes,
                // The checker lets an event's expression read nothing else but its time.
                _ => properties,
            })
        };
        Self {
            op: aggregate.op,
            event: aggregate.event,
            window: aggregate.window,
            value: aggregate.value.as_ref().map(bind),
            filter: aggregate.filter.as_ref().map(bind),
            properties,
            attributes,
        }
    }

    /// Whether civil days, and so the zone, matter.
    pub(super) fn needs_zone(&self) -> bool {
        let zone = self.properties + 1 + self.attributes;
        let reads = |program: &Option<Program>| {
            program.as_ref().is_some_and(|program| program.reads_slot(zone))
        };
        self.op.needs_zone() || reads(&self.value) || reads(&self.filter)
    }

    pub(super) fn evaluate<'a>(&'a self, reading: &Reading<'_, 'a>) -> Value<'a> {
        let as_of = reading.as_of;
        let (after, until) = match self.window {
            Window::Past => (None, as_of),
            Window::Last(span) => (Some(as_of.minus(span)), as_of),
            Window::Horizon { gap, horizon } => {
                let after = as_of.plus(gap);
                (Some(after), after.plus(horizon))
            }
        };
        match self.op {
            AggregateOp::Sequence { then, within } => {
                let first = merged(&reading.between(self.event, after, until));
                let second = merged(&reading.between(then, after, until));
                return Value::Bool(sequence::sequence(&first, &second, within.as_micros()));
            }
            AggregateOp::Absent { since, wait } => {
                let since = reading.between(since, after, until);
                let latest = since.iter().filter_map(|events| events.times().last()).max();
                let events = merged(&reading.between(self.event, after, until));
                return latest.map_or(Value::Missing, |since| {
                    let (wait, as_of) = (wait.as_micros(), as_of.as_micros());
                    Value::Bool(sequence::absent(&events, *since, wait, as_of))
                });
            }
            _ => {}
        }
        if let Some(event) = self.event {
            let events = reading.history.types[event].between(after, until);
            if self.value.is_none() && self.filter.is_none() {
                return self.of_times(&[events], reading.zone, until);
            }
            self.of_values(&events, reading, until)
        } else {
            self.of_times(&reading.between(None, after, until), reading.zone, until)
        }
    }

    /// From the times alone.
    fn of_times(&self, events: &[Events<'_>], zone: &Zone, until: Timestamp) -> Value<'static> {
        match self.op {
            AggregateOp::Count => count(events.iter().map(Events::len).sum()),
            AggregateOp::Exists => Value::Bool(events.iter().any(|events| !events.is_empty())),
            AggregateOp::First => {
                let first = |events: &Events<'_>| events.times().first().copied();
                events.iter().filter_map(first).min().map_or(Value::Missing, time)
            }
            AggregateOp::Last => {
                let last = |events: &Events<'_>| events.times().last().copied();
                events.iter().filter_map(last).max().map_or(Value::Missing, time)
            }
            AggregateOp::ActiveDays => {
                active_days(events.iter().flat_map(|events| events.times().iter().copied()), zone)
            }
            _ => self.of_instants(&merged(events), zone, until),
        }
    }

    /// From instants in ascending order.
    fn of_instants(&self, times: &[i64], zone: &Zone, until: Timestamp) -> Value<'static> {
        match self.op {
            AggregateOp::Count => count(times.len()),
            AggregateOp::Exists => Value::Bool(!times.is_empty()),
            AggregateOp::First => times.first().copied().map_or(Value::Missing, time),
            AggregateOp::Last => times.last().copied().map_or(Value::Missing, time),
            AggregateOp::Nth(n) => summary::nth(times, n).map_or(Value::Missing, time),
            AggregateOp::ActiveDays => active_days(times.iter().copied(), zone),
            AggregateOp::Streak => {
                count(calendar::streak(&civil_days(times, zone), zone.day(until)))
            }
            AggregateOp::Gaps => Value::number(summary::gaps(times)),
            AggregateOp::Trend => {
                let days = match self.window {
                    Window::Past => Span::ZERO,
                    Window::Last(span) | Window::Horizon { horizon: span, .. } => span,
                };
                let days = days.as_micros() / Span::days(1).as_micros();
                Value::number(summary::daily_trend(times, until.as_micros(), days))
            }
            AggregateOp::Ewma(half_life) => Value::number(summary::decayed_count(
                times,
                until.as_micros(),
                half_life.as_micros(),
            )),
            // The checker gives the others a value.
            _ => Value::Missing,
        }
    }

    /// From the events that pass the filter, and the value of each.
    fn of_values<'a>(
        &'a self,
        events: &Events<'a>,
        reading: &Reading<'_, 'a>,
        until: Timestamp,
    ) -> Value<'a> {
        let passing = self.passing(events, reading);
        let time = |row: usize| events.log.times[row];
        if self.value.is_none() {
            let times: Vec<i64> = passing.iter().map(|(row, _)| time(*row)).collect();
            return self.of_instants(&times, reading.zone, until);
        }
        let known = passing.into_iter().filter(|(_, value)| *value != Value::Missing);
        match self.op {
            AggregateOp::Trend | AggregateOp::Ewma(_) => {
                let (times, values): (Vec<i64>, Vec<f64>) =
                    known.map(|(row, value)| (time(row), value.as_number())).unzip();
                Value::number(match self.op {
                    AggregateOp::Ewma(half_life) => {
                        summary::ewma(&times, &values, half_life.as_micros())
                    }
                    _ => summary::trend(&times, &values),
                })
            }
            op => summarise(op, known.map(|(_, value)| value).collect()),
        }
    }

    /// The rows that pass the filter, with their values.
    fn passing<'a>(
        &'a self,
        events: &Events<'a>,
        reading: &Reading<'_, 'a>,
    ) -> Vec<(usize, Value<'a>)> {
        // A value that is a bare property, unfiltered, needs no frame.
        if let (None, Some(property)) =
            (&self.filter, self.value.as_ref().and_then(Program::as_input))
            && property < self.properties
        {
            let cells = &events.log.properties[property];
            return events.range.clone().map(|row| (row, value_of(cells.get(row)))).collect();
        }
        let mut frame = Vec::with_capacity(self.properties + 2 + reading.attributes.len());
        let mut passing = Vec::new();
        for row in events.range.clone() {
            frame.clear();
            frame.extend(events.log.properties.iter().map(|cells| value_of(cells.get(row))));
            let at = Timestamp::from_micros(events.log.times[row]);
            frame.push(at.map_or(Value::Missing, Value::Time));
            frame.extend_from_slice(reading.attributes);
            frame.push(Value::Clock(reading.zone.clock()));
            let passes =
                self.filter.as_ref().is_none_or(|filter| filter.eval(&frame) == Value::Bool(true));
            if passes {
                let value = self.value.as_ref().map_or(Value::Missing, |value| value.eval(&frame));
                passing.push((row, value));
            }
        }
        passing
    }
}

fn summarise(op: AggregateOp, values: Vec<Value<'_>>) -> Value<'_> {
    let sum = || values.iter().fold(0.0, |sum, value| sum + value.as_number());
    #[expect(clippy::cast_precision_loss, reason = "no customer has 2^53 events")]
    let n = values.len() as f64;
    match op {
        AggregateOp::Sum => Value::number(sum()),
        AggregateOp::Mean => Value::number(sum() / n),
        AggregateOp::Std => {
            // Two passes: the mean first, then the squares of what is left.
            let mean = sum() / n;
            let squares = values.iter().fold(0.0, |sum, value| {
                let rest = value.as_number() - mean;
                sum + rest * rest
            });
            if values.len() < 2 {
                Value::Missing
            } else {
                Value::number((squares / (n - 1.0)).sqrt())
            }
        }
        AggregateOp::Min => values.into_iter().min_by(order).unwrap_or(Value::Missing),
        AggregateOp::Max => values.into_iter().max_by(order).unwrap_or(Value::Missing),
        AggregateOp::Distinct => {
            let mut values = values;
            values.sort_unstable_by(order);
            values.dedup();
            count(values.len())
        }
        AggregateOp::Entropy => {
            let mut values = values;
            values.sort_unstable_by(order);
            let runs: Vec<usize> = values.chunk_by(|a, b| a == b).map(<[_]>::len).collect();
            Value::number(summary::entropy(&runs))
        }
        AggregateOp::Percentile(p) => {
            let mut sorted: Vec<f64> = values.iter().map(|value| value.as_number()).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            Value::number(summary::percentile(&sorted, p))
        }
        AggregateOp::Nth(n) => summary::nth(&values, n).unwrap_or(Value::Missing),
        AggregateOp::First => values.first().copied().unwrap_or(Value::Missing),
        _ => values.last().copied().unwrap_or(Value::Missing),
    }
}

/// A total order of values of one type.
fn order(a: &Value<'_>, b: &Value<'_>) -> std::cmp::Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.total_cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Span(a), Value::Span(b)) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    }
}

/// The instants of events of several types, in ascending order.
fn merged<'e>(events: &[Events<'e>]) -> Cow<'e, [i64]> {
    if let [only] = events {
        return Cow::Borrowed(only.times());
    }
    let mut times: Vec<i64> =
        events.iter().flat_map(|events| events.times().iter().copied()).collect();
    times.sort_unstable();
    Cow::Owned(times)
}

fn time(at: i64) -> Value<'static> {
    Timestamp::from_micros(at).map_or(Value::Missing, Value::Time)
}

/// The civil day of each instant, in ascending order: clocks that go back over midnight can turn
/// two around.
fn civil_days(times: &[i64], zone: &Zone) -> Vec<i64> {
    let known = times.iter().filter_map(|at| Timestamp::from_micros(*at).ok());
    let mut days: Vec<i64> = known.map(|at| zone.day(at)).collect();
    days.sort_unstable();
    days
}

fn active_days(times: impl Iterator<Item = i64>, zone: &Zone) -> Value<'static> {
    let mut days = civil_days(&times.collect::<Vec<_>>(), zone);
    days.dedup();
    count(days.len())
}

#[expect(clippy::cast_precision_loss, reason = "no customer has 2^53 events")]
fn count(n: usize) -> Value<'static> {
    Value::Number(n as f64)
}

pub(super) fn value_of(cell: Cell<'_>) -> Value<'_> {
    match cell {
        Cell::Missing => Value::Missing,
        Cell::Number(x) => Value::Number(x),
        Cell::Bool(truth) => Value::Bool(truth),
        Cell::Text(text) => Value::Text(text),
        Cell::Time(at) => Value::Time(at),
    }
}
