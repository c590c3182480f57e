//! Values made of the events inside a window. Missing values of a property are passed over.
//!
//! Every sum runs in the canonical order of events, one after the other, so a batch, a stream and
//! a single history give the same bits. What is taken of the events stays in words, which are
//! counted, compared and told apart without knowing their type.

use crate::event::{Cell, PROPERTIES, TIME, word};
use crate::expr::{Aggregate, AggregateOp, Comparison, Input, Program, Type, Value};
use crate::history::{Events, History};
use crate::schema::Schema;
use crate::time::{Span, Timestamp, Zone};

/// An aggregate whose inner expressions are bound to the frame of one event: its properties, its
/// time, then the customer's attributes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BoundAggregate {
    op: AggregateOp,
    event: Option<usize>,
    /// The first of its windows in the plan: one for each type that it reads.
    window: usize,
    taken: Taken,
    filter: Filter,
    /// What the words taken stand for.
    kind: WordKind,
}

/// What is taken of each event.
#[derive(Debug, Clone, PartialEq)]
enum Taken {
    /// A word of its row: a property, or its instant where nothing is asked for.
    Word(usize),
    /// What the expression makes of it.
    Program(Program),
}

/// Which events count.
#[derive(Debug, Clone, PartialEq)]
enum Filter {
    All,
    /// Those whose property compares so with a number.
    Number {
        word: usize,
        comparison: Comparison,
        than: f64,
    },
    /// Those whose property is that text, or is another.
    Text {
        property: usize,
        text: String,
        equal: bool,
    },
    /// Those of which the expression is true.
    Program(Program),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WordKind {
    Number,
    Bool,
    Time,
    Span,
    Text,
}

/// What is known of a customer, as an aggregate reads it.
#[derive(Clone, Copy)]
pub(super) struct Reading<'r, 'a> {
    pub(super) history: History<'a>,
    /// For each window of the plan, the events inside it.
    pub(super) windows: &'r [Events<'a>],
    pub(super) attributes: &'r [Value<'a>],
    pub(super) zone: &'r Zone,
}

impl BoundAggregate {
    /// The aggregate, of which the first window has that number in the plan.
    pub(super) fn new(aggregate: &Aggregate, schema: &Schema, window: usize) -> Self {
        let properties = aggregate.event.map_or(0, |event| schema.events[event].properties.len());
        let bind = |program: &Program| {
            program.clone().bind(|input| match input {
                Input::Property(index) => *index,
                Input::Attribute(index) => properties + 1 + index,
                // The checker lets an event's expression read nothing else but its time.
                _ => properties,
            })
        };
        let word = |slot: usize| if slot == properties { TIME } else { PROPERTIES + slot };
        let taken = match aggregate.value.as_ref().map(bind) {
            None => Taken::Word(TIME),
            Some(program) => match program.as_input().filter(|slot| *slot <= properties) {
                Some(slot) => Taken::Word(word(slot)),
                None => Taken::Program(program),
            },
        };
        let kind = aggregate.value.as_ref().map_or(WordKind::Time, |value| match value.kind() {
            Type::Number => WordKind::Number,
            Type::Bool => WordKind::Bool,
            Type::Timestamp => WordKind::Time,
            Type::Duration => WordKind::Span,
            Type::Text | Type::Category(_) => WordKind::Text,
        });
        let filter = match aggregate.filter.as_ref().map(bind) {
            None => Filter::All,
            Some(program) => Filter::of(program, properties),
        };
        Self { op: aggregate.op, event: aggregate.event, window, taken, filter, kind }
    }

    /// Whether civil days, and so the zone, matter.
    pub(super) fn needs_zone(&self) -> bool {
        self.op == AggregateOp::ActiveDays
    }

    /// The value. `words` is memory to work in.
    pub(super) fn evaluate<'a>(
        &'a self,
        reading: &Reading<'_, 'a>,
        words: &mut Vec<i64>,
    ) -> Value<'a> {
        if self.event.is_none() {
            let types = reading.history.types();
            return self.of_all(
                &reading.windows[self.window..self.window + types],
                reading.zone,
                words,
            );
        }
        let events = reading.windows[self.window];
        match (&self.filter, &self.taken, self.op) {
            (Filter::All, Taken::Word(TIME), AggregateOp::Count) => count(events.len()),
            (Filter::All, Taken::Word(TIME), AggregateOp::Exists) => {
                Value::Bool(!events.is_empty())
            }
            (Filter::All, Taken::Word(TIME), AggregateOp::First) if !events.is_empty() => {
                time(events.time(0))
            }
            (Filter::All, Taken::Word(TIME), AggregateOp::Last) if !events.is_empty() => {
                time(events.time(events.len() - 1))
            }
            (_, Taken::Program(program), _) if self.kind == WordKind::Text => {
                self.of_texts(program, &events, reading)
            }
            _ => {
                words.clear();
                self.pick(&events, reading, words);
                self.summarise(&events, reading.zone, words)
            }
        }
    }

    /// Of the events of every type, when they happened.
    fn of_all(&self, types: &[Events<'_>], zone: &Zone, words: &mut Vec<i64>) -> Value<'static> {
        match self.op {
            AggregateOp::Count => count(types.iter().map(Events::len).sum()),
            AggregateOp::Exists => Value::Bool(types.iter().any(|events| !events.is_empty())),
            AggregateOp::First => {
                let first = |events: &Events<'_>| events.times().next();
                types.iter().filter_map(first).min().map_or(Value::Missing, time)
            }
            AggregateOp::Last => {
                let last = |events: &Events<'_>| events.times().next_back();
                types.iter().filter_map(last).max().map_or(Value::Missing, time)
            }
            AggregateOp::ActiveDays => {
                words.clear();
                words.extend(types.iter().flat_map(Events::times));
                active_days(words, zone)
            }
            // The checker gives the others a type.
            _ => Value::Missing,
        }
    }

    /// Appends what is taken of each event that counts, where it is known.
    fn pick<'a>(&'a self, events: &Events<'a>, reading: &Reading<'_, 'a>, words: &mut Vec<i64>) {
        let rows = events.rows();
        let known = |word: &i64| *word != word::MISSING;
        match (&self.filter, &self.taken) {
            (Filter::All, Taken::Word(at)) => words.extend(rows.map(|row| row[*at]).filter(known)),
            (Filter::Number { word, comparison, than }, Taken::Word(at)) => {
                let passes = |row: &&[i64]| comparison.holds(word::number(row[*word]), *than);
                words.extend(rows.filter(passes).map(|row| row[*at]).filter(known));
            }
            (Filter::Text { property, text, equal }, Taken::Word(at)) => {
                let dictionary = events.dictionary(*property).unwrap_or_default();
                let code = dictionary.iter().position(|known| **known == **text);
                let code = code.and_then(|code| i64::try_from(code).ok());
                let passes = |row: &&[i64]| {
                    let word = row[PROPERTIES + property];
                    known(&word) && (Some(word) == code) == *equal
                };
                words.extend(rows.filter(passes).map(|row| row[*at]).filter(known));
            }
            _ => {
                let mut frame = Vec::new();
                for row in rows {
                    fill(events, row, reading, &mut frame);
                    if self.filter.passes(&frame, events, row) {
                        let word = match &self.taken {
                            Taken::Word(at) => row[*at],
                            Taken::Program(program) => word_of(program.eval(&frame)),
                        };
                        words.extend(Some(word).filter(known));
                    }
                }
            }
        }
    }

    /// From what was picked.
    fn summarise<'a>(&self, events: &Events<'a>, zone: &Zone, words: &mut Vec<i64>) -> Value<'a> {
        let value = |word: Option<&i64>| match (word, &self.taken) {
            (None, _) => Value::Missing,
            (Some(word), Taken::Word(at)) if self.kind == WordKind::Text => {
                value_of(events.text(*at - PROPERTIES, *word))
            }
            (Some(word), _) => self.kind.value(*word),
        };
        match self.op {
            AggregateOp::Count => count(words.len()),
            AggregateOp::Exists => Value::Bool(!words.is_empty()),
            AggregateOp::ActiveDays => active_days(words, zone),
            AggregateOp::Sum => Value::number(sum(words)),
            AggregateOp::Mean => Value::number(sum(words) / exact(words.len())),
            AggregateOp::Std => std(words),
            AggregateOp::Min => value(words.iter().min()),
            AggregateOp::Max => value(words.iter().max()),
            AggregateOp::Distinct => {
                words.sort_unstable();
                words.dedup();
                count(words.len())
            }
            AggregateOp::First => value(words.first()),
            AggregateOp::Last => value(words.last()),
        }
    }

    /// Of texts that an expression makes, which no dictionary has.
    fn of_texts<'a>(
        &'a self,
        program: &'a Program,
        events: &Events<'a>,
        reading: &Reading<'_, 'a>,
    ) -> Value<'a> {
        let mut frame = Vec::new();
        let mut texts = Vec::new();
        for row in events.rows() {
            fill(events, row, reading, &mut frame);
            if self.filter.passes(&frame, events, row) {
                texts.extend(program.eval(&frame).as_text());
            }
        }
        match self.op {
            AggregateOp::Distinct => {
                texts.sort_unstable();
                texts.dedup();
                count(texts.len())
            }
            AggregateOp::First => texts.first().map_or(Value::Missing, |text| Value::Text(text)),
            _ => texts.last().map_or(Value::Missing, |text| Value::Text(text)),
        }
    }
}

impl Filter {
    fn of(program: Program, properties: usize) -> Self {
        let slot = |slot: usize| (slot < properties).then_some(slot);
        if let Some((at, comparison, than)) = program.as_number_comparison()
            && let Some(at) = slot(at)
        {
            return Self::Number { word: PROPERTIES + at, comparison, than };
        }
        if let Some((at, text, equal)) = program.as_text_comparison()
            && let Some(property) = slot(at)
        {
            return Self::Text { property, text: text.to_owned(), equal };
        }
        Self::Program(program)
    }

    /// Whether the event of that frame counts.
    fn passes(&self, frame: &[Value<'_>], events: &Events<'_>, row: &[i64]) -> bool {
        match self {
            Self::All => true,
            Self::Number { word, comparison, than } => {
                comparison.holds(word::number(row[*word]), *than)
            }
            Self::Text { property, text, equal } => match events.cell(row, *property) {
                Cell::Text(found) => (found == text) == *equal,
                _ => false,
            },
            Self::Program(program) => program.eval(frame) == Value::Bool(true),
        }
    }
}

impl WordKind {
    fn value(self, word: i64) -> Value<'static> {
        match self {
            Self::Number => Value::Number(word::number(word)),
            Self::Bool => Value::Bool(word != 0),
            Self::Time => time(word),
            Self::Span => Value::Span(Span::micros(word)),
            // Texts are looked up in the dictionary of their property.
            Self::Text => Value::Missing,
        }
    }
}

/// The frame of one event.
fn fill<'a>(
    events: &Events<'a>,
    row: &[i64],
    reading: &Reading<'_, 'a>,
    frame: &mut Vec<Value<'a>>,
) {
    frame.clear();
    frame.extend((0..events.properties()).map(|at| value_of(events.cell(row, at))));
    frame.push(time(row[TIME]));
    frame.extend_from_slice(reading.attributes);
}

/// The word of a value that is not a text.
fn word_of(value: Value<'_>) -> i64 {
    match value {
        Value::Missing | Value::Text(_) => word::MISSING,
        Value::Number(x) => word::of_number(x),
        Value::Bool(truth) => i64::from(truth),
        Value::Time(at) => at.as_micros(),
        Value::Span(span) => span.as_micros(),
    }
}

fn sum(words: &[i64]) -> f64 {
    words.iter().fold(0.0, |sum, word| sum + word::number(*word))
}

/// The sample standard deviation, in two passes: the mean first, then the squares of what is left.
fn std(words: &[i64]) -> Value<'static> {
    if words.len() < 2 {
        return Value::Missing;
    }
    let mean = sum(words) / exact(words.len());
    let squares = words.iter().fold(0.0, |sum, word| {
        let rest = word::number(*word) - mean;
        sum + rest * rest
    });
    Value::number((squares / exact(words.len() - 1)).sqrt())
}

/// On how many civil days the instants are.
fn active_days(times: &mut Vec<i64>, zone: &Zone) -> Value<'static> {
    for at in times.iter_mut() {
        *at = Timestamp::from_micros(*at).map_or(i64::MIN, |at| zone.day(at));
    }
    if !times.is_sorted() {
        times.sort_unstable();
    }
    times.dedup();
    count(times.len())
}

fn time(at: i64) -> Value<'static> {
    Timestamp::from_micros(at).map_or(Value::Missing, Value::Time)
}

fn count(n: usize) -> Value<'static> {
    Value::Number(exact(n))
}

#[expect(clippy::cast_precision_loss, reason = "no customer has 2^53 events")]
fn exact(n: usize) -> f64 {
    n as f64
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
