//! Values made of the events inside a window. Missing values of a property are passed over.
//!
//! Every sum runs in the canonical order of events, one after the other, so a batch, a stream and
//! a single history give the same bits.

use crate::event::Cell;
use crate::expr::{Aggregate, AggregateOp, Input, Program, Value, Window};
use crate::history::{Events, History};
use crate::schema::Schema;
use crate::time::{Timestamp, Zone};

/// An aggregate whose inner expressions are bound to the frame of one event: its properties, its
/// time, then the customer's attributes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BoundAggregate {
    op: AggregateOp,
    event: Option<usize>,
    window: Window,
    value: Option<Program>,
    filter: Option<Program>,
    properties: usize,
}

/// What is known of a customer, as an aggregate reads it.
pub(super) struct Reading<'r, 'a> {
    pub(super) history: &'r History<'a>,
    pub(super) attributes: &'r [Value<'a>],
    pub(super) zone: &'r Zone,
    pub(super) as_of: Timestamp,
}

impl BoundAggregate {
    pub(super) fn new(aggregate: &Aggregate, schema: &Schema) -> Self {
        let properties = aggregate.event.map_or(0, |event| schema.events[event].properties.len());
        let bind = |program: &Program| {
            program.clone().bind(|input| match input {
                Input::Property(index) => *index,
                Input::Attribute(index) => properties + 1 + index,
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
        }
    }

    /// Whether civil days, and so the zone, matter.
    pub(super) fn needs_zone(&self) -> bool {
        self.op == AggregateOp::ActiveDays
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
        if let Some(event) = self.event {
            let events = reading.history.types[event].between(after, until);
            if self.value.is_none() && self.filter.is_none() {
                return self.of_times(&[events], reading.zone);
            }
            self.of_values(&events, reading)
        } else {
            let types = reading.history.types.iter();
            let all: Vec<Events<'a>> = types.map(|events| events.between(after, until)).collect();
            self.of_times(&all, reading.zone)
        }
    }

    /// From the times alone.
    fn of_times(&self, events: &[Events<'_>], zone: &Zone) -> Value<'static> {
        let time = |at: i64| Timestamp::from_micros(at).map_or(Value::Missing, Value::Time);
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
            // The checker gives the others a value.
            _ => Value::Missing,
        }
    }

    /// From the events that pass the filter, and the value of each.
    fn of_values<'a>(&'a self, events: &Events<'a>, reading: &Reading<'_, 'a>) -> Value<'a> {
        let passing = self.passing(events, reading);
        let time = |row: usize| {
            Timestamp::from_micros(events.log.times[row]).map_or(Value::Missing, Value::Time)
        };
        match (self.op, &self.value) {
            (AggregateOp::Count, _) => count(passing.len()),
            (AggregateOp::Exists, _) => Value::Bool(!passing.is_empty()),
            (AggregateOp::ActiveDays, _) => {
                active_days(passing.iter().map(|(row, _)| events.log.times[*row]), reading.zone)
            }
            (AggregateOp::First, None) => {
                passing.first().map_or(Value::Missing, |(row, _)| time(*row))
            }
            (AggregateOp::Last, None) => {
                passing.last().map_or(Value::Missing, |(row, _)| time(*row))
            }
            (op, _) => {
                let known = passing.into_iter().map(|(_, value)| value);
                summarise(op, known.filter(|value| *value != Value::Missing).collect())
            }
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
        let mut frame = Vec::with_capacity(self.properties + 1 + reading.attributes.len());
        let mut passing = Vec::new();
        for row in events.range.clone() {
            frame.clear();
            frame.extend(events.log.properties.iter().map(|cells| value_of(cells.get(row))));
            let at = Timestamp::from_micros(events.log.times[row]);
            frame.push(at.map_or(Value::Missing, Value::Time));
            frame.extend_from_slice(reading.attributes);
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

fn active_days(times: impl Iterator<Item = i64>, zone: &Zone) -> Value<'static> {
    let mut days: Vec<i64> =
        times.filter_map(|at| Timestamp::from_micros(at).ok()).map(|at| zone.day(at)).collect();
    days.sort_unstable();
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
