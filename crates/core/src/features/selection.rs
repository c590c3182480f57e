//! Which events an aggregate reads and what it takes of each: brought together once for a
//! customer, however many aggregates, windows and instants ask about them.

use super::subject::Subject;
use crate::event::{Cell, PROPERTIES, TIME, word};
use crate::expr::{Aggregate, Comparison, Input, Program, Type, Value};
use crate::history::{Events, Fold, History};
use crate::schema::Schema;
use crate::time::Zone;

/// Events of one type, or of all, that count, and what is taken of each.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Selection {
    /// The event type; none for all.
    pub(super) event: Option<usize>,
    taken: Taken,
    filter: Filter,
    /// What the words taken stand for.
    pub(super) kind: WordKind,
    /// The event type and the word taken, where all events of one type are read as they are.
    as_is: Option<(usize, usize)>,
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

/// What words stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WordKind {
    Number,
    Bool,
    Time,
    Span,
    /// Codes of that property's dictionary.
    Property(usize),
    /// Numbers of events, whose text an expression makes.
    Row,
}

/// What an expression of one event reads besides the event: the customer.
#[derive(Clone, Copy)]
pub(super) struct Person<'r, 'a> {
    /// The customer's events; none of nobody in particular.
    pub(super) history: Option<&'r History<'a>>,
    pub(super) attributes: &'r [Value<'a>],
    pub(super) zone: &'r Zone,
}

impl<'r, 'a> Person<'r, 'a> {
    /// Nobody in particular: for expressions that read nothing but events.
    pub(super) const NOBODY: Self = Self { history: None, attributes: &[], zone: &Zone::UTC };

    /// Somebody.
    #[inline]
    pub(super) fn of(subject: &'r Subject<'a>) -> Self {
        let Subject { history, attributes, zone } = subject;
        Self { history: Some(history), attributes, zone }
    }

    /// The events of one type.
    #[inline]
    fn events(&self, kind: usize) -> Option<Events<'a>> {
        Some(self.history?.events(kind))
    }

    /// What is known of events that were forgotten.
    pub(super) fn fold(&self, fold: usize) -> Option<Fold> {
        self.history?.folds().get(fold).copied()
    }
}

/// Instants of events in order, and what was taken of each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picked<'s> {
    words: &'s [i64],
    stride: usize,
    taken: usize,
    len: usize,
}

impl Selection {
    /// What an aggregate reads.
    pub(super) fn of(aggregate: &Aggregate, schema: &Schema) -> Self {
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
        let (taken, kind) = match aggregate.value.as_ref().map(bind) {
            None => (Taken::Word(TIME), WordKind::Time),
            Some(program) => {
                let slot = program.as_input().filter(|slot| *slot <= properties);
                let kind = match (program.kind(), slot) {
                    (Type::Number, _) => WordKind::Number,
                    (Type::Bool, _) => WordKind::Bool,
                    (Type::Timestamp, _) => WordKind::Time,
                    (Type::Duration, _) => WordKind::Span,
                    (_, Some(property)) => WordKind::Property(property),
                    (_, None) => WordKind::Row,
                };
                let taken = match slot {
                    Some(slot) if slot == properties => Taken::Word(TIME),
                    Some(slot) => Taken::Word(PROPERTIES + slot),
                    None => Taken::Program(program),
                };
                (taken, kind)
            }
        };
        let filter = match aggregate.filter.as_ref().map(bind) {
            None => Filter::All,
            Some(program) => Filter::of(program, properties),
        };
        Self::new(aggregate.event, taken, filter, kind)
    }

    fn new(event: Option<usize>, taken: Taken, filter: Filter, kind: WordKind) -> Self {
        let as_is = match (event, &taken, &filter) {
            (Some(event), Taken::Word(at), Filter::All) => Some((event, *at)),
            _ => None,
        };
        Self { event, taken, filter, kind, as_is }
    }

    /// A text that is the same for equal selections alone, one line.
    pub(super) fn text(&self) -> String {
        let event = self.event.map_or(String::new(), |event| event.to_string());
        let taken = match &self.taken {
            Taken::Word(at) => at.to_string(),
            Taken::Program(program) => program.text_of_slots(),
        };
        let filter = match &self.filter {
            Filter::All => String::new(),
            Filter::Number { word, comparison, than } => {
                [&*word.to_string(), comparison.text(), &than.to_bits().to_string()].join(" ")
            }
            Filter::Text { property, text, equal } => {
                [&*property.to_string(), if *equal { "==" } else { "!=" }, text].join(" ")
            }
            Filter::Program(program) => program.text_of_slots(),
        };
        [&*event, &taken, &filter, "\n"].join(";")
    }

    /// The instants of all events of one type, or of every type.
    pub(super) fn of_times(event: Option<usize>) -> Self {
        Self::new(event, Taken::Word(TIME), Filter::All, WordKind::Time)
    }

    /// Whether the customer's zone matters.
    pub(super) fn needs_zone(&self, schema: &Schema) -> bool {
        let properties = self.event.map_or(0, |event| schema.events[event].properties.len());
        let zone = properties + 1 + schema.attributes.len();
        let taken = matches!(&self.taken, Taken::Program(program) if program.reads_slot(zone));
        taken || matches!(&self.filter, Filter::Program(program) if program.reads_slot(zone))
    }

    /// Whether anything but the event decides what counts and is taken.
    pub(super) fn reads_person(&self, schema: &Schema) -> bool {
        let first = self.event.map_or(0, |event| schema.events[event].properties.len()) + 1;
        let person = first..first + schema.attributes.len() + 1;
        let reads = |program: &Program| person.clone().any(|slot| program.reads_slot(slot));
        matches!(&self.taken, Taken::Program(program) if reads(program))
            || matches!(&self.filter, Filter::Program(program) if reads(program))
    }

    /// Whether the instants of all events of one type are taken.
    pub(super) fn is_every_instant(&self) -> bool {
        self.as_is.is_some_and(|(_, taken)| taken == TIME)
    }

    /// Whether what is taken is no text.
    pub(super) fn is_plain(&self) -> bool {
        !matches!(self.kind, WordKind::Property(_) | WordKind::Row)
    }

    /// Whether numbers are taken.
    pub(super) fn is_number(&self) -> bool {
        self.kind == WordKind::Number
    }

    /// What is taken of one event, where it counts and that is known.
    pub(super) fn word(&self, events: &Events<'_>, row: usize, person: &Person<'_, '_>) -> i64 {
        let words = events.row(row);
        let mut frame = Vec::new();
        fill(events, words, person, &mut frame);
        if !self.filter.passes(&frame, events, words) {
            return word::MISSING;
        }
        // No customer has 2^63 events.
        let row = i64::try_from(row).unwrap_or(i64::MAX);
        self.taken.word(&frame, words, row, self.kind)
    }

    /// Whether its events are read where they stand.
    pub(super) fn is_as_is(&self) -> bool {
        self.as_is.is_some()
    }

    /// Its events where they stand, if they are read there.
    #[expect(clippy::inline_always, reason = "for each customer and selection or aggregate")]
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    pub(super) fn as_is<'s>(&self, person: &Person<'_, 's>) -> Option<Picked<'s>> {
        let (event, taken) = self.as_is?;
        let (words, stride, len) = person.history?.rows(event);
        Some(Picked { words, stride, taken, len })
    }

    /// The code of the text that the filter compares with, in the histories of whoever has the same
    /// dictionaries, if there is one.
    pub(super) fn code(&self, person: &Person<'_, '_>) -> Option<i64> {
        let Filter::Text { property, text, .. } = &self.filter else { return None };
        let events = person.events(self.event?)?;
        let code = events.dictionary(*property)?.iter().position(|known| **known == **text)?;
        i64::try_from(code).ok()
    }

    /// Appends to `words` the instant of each event that counts and is not outside the interval,
    /// and what is taken of it where that is known.
    ///
    /// `code` is that of [`Selection::code`].
    pub(super) fn pick(
        &self,
        person: &Person<'_, '_>,
        (after, until): (i64, i64),
        code: Option<i64>,
        words: &mut Vec<i64>,
    ) {
        let Some(event) = self.event else {
            let start = words.len();
            let types = person.history.map_or(0, History::types);
            for events in (0..types).filter_map(|kind| person.events(kind)) {
                words.extend(events.between(after, until).times());
            }
            words[start..].sort_unstable();
            // The instant is also what is taken.
            let count = words.len() - start;
            words.resize(start + 2 * count, 0);
            for at in (0..count).rev() {
                let time = words[start + at];
                words[start + 2 * at..start + 2 * at + 2].fill(time);
            }
            return;
        };
        let Some(events) = person.events(event) else { return };
        let events = events.between(after, until);
        let rows = events.rows();
        let mut push = |row: &[i64], taken: i64| {
            if taken != word::MISSING {
                words.extend([row[TIME], taken]);
            }
        };
        match (&self.filter, &self.taken) {
            (Filter::All, Taken::Word(at)) => rows.for_each(|row| push(row, row[*at])),
            (Filter::Number { word, comparison, than }, Taken::Word(at)) => {
                let passes = |row: &&[i64]| comparison.holds(word::number(row[*word]), *than);
                rows.filter(passes).for_each(|row| push(row, row[*at]));
            }
            (Filter::Text { property, equal, .. }, Taken::Word(at)) => {
                let passes = |row: &&[i64]| {
                    let word = row[PROPERTIES + property];
                    word != word::MISSING && (Some(word) == code) == *equal
                };
                rows.filter(passes).for_each(|row| push(row, row[*at]));
            }
            _ => {
                let mut frame = Vec::new();
                // No customer has 2^63 events.
                let start = i64::try_from(events.start()).unwrap_or(i64::MAX);
                for (index, row) in (0_i64..).zip(rows) {
                    fill(&events, row, person, &mut frame);
                    if self.filter.passes(&frame, &events, row) {
                        let index = index + start;
                        push(row, self.taken.word(&frame, row, index, self.kind));
                    }
                }
            }
        }
    }

    /// The value that a word taken stands for.
    pub(super) fn value<'a>(&'a self, word: i64, person: &Person<'_, 'a>) -> Value<'a> {
        match (self.kind, self.event) {
            (WordKind::Number, _) => Value::Number(word::number(word)),
            (WordKind::Bool, _) => Value::Bool(word != 0),
            (WordKind::Time, _) => time(word),
            (WordKind::Span, _) => Value::Span(crate::time::Span::micros(word)),
            (WordKind::Property(property), Some(event)) => {
                let events = person.events(event);
                events.map_or(Value::Missing, |events| value_of(events.text(property, word)))
            }
            (WordKind::Row, Some(event)) => {
                let (Taken::Program(program), Ok(row), Some(events)) =
                    (&self.taken, usize::try_from(word), person.events(event))
                else {
                    return Value::Missing;
                };
                let mut frame = Vec::new();
                fill(&events, events.row(row), person, &mut frame);
                program.eval(&frame)
            }
            // Of all types, nothing but the instant is taken.
            _ => Value::Missing,
        }
    }
}

impl Taken {
    fn word(&self, frame: &[Value<'_>], row: &[i64], index: i64, kind: WordKind) -> i64 {
        match self {
            Self::Word(at) => row[*at],
            Self::Program(program) => match (program.eval(frame), kind) {
                (Value::Missing, _) => word::MISSING,
                (_, WordKind::Row) => index,
                (Value::Number(x), _) => word::of_number(x),
                (Value::Bool(truth), _) => i64::from(truth),
                (Value::Time(at), _) => at.as_micros(),
                (Value::Span(span), _) => span.as_micros(),
                (Value::Text(_) | Value::Clock(_), _) => word::MISSING,
            },
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

/// The frame of one event.
fn fill<'a>(events: &Events<'a>, row: &[i64], person: &Person<'_, 'a>, frame: &mut Vec<Value<'a>>) {
    frame.clear();
    frame.extend((0..events.properties()).map(|at| value_of(events.cell(row, at))));
    frame.push(time(row[TIME]));
    frame.extend_from_slice(person.attributes);
    frame.push(Value::Clock(person.zone.clock()));
}

impl<'s> Picked<'s> {
    /// None at all.
    pub(super) const NONE: Self = Self { words: &[], stride: 2, taken: 1, len: 0 };

    /// Events of an instant and what was taken, one after the other.
    pub(super) fn of_pairs(words: &'s [i64]) -> Self {
        Self { words, stride: 2, taken: 1, len: words.len() / 2 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// When an event happened.
    pub(super) fn time(&self, at: usize) -> i64 {
        self.words[at * self.stride + TIME]
    }

    /// How many, from the first, are not later than `until`, where `from` of them are not.
    pub(super) fn count_until(&self, until: i64, from: usize) -> usize {
        // In steps of double length, then by halving: instants that follow each other are near.
        let (mut low, mut step) = (from, 1);
        while low + step <= self.len && self.time(low + step - 1) <= until {
            low += step;
            step *= 2;
        }
        let mut high = (low + step - 1).min(self.len);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.time(middle) <= until {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Those from `start` to before `end`.
    pub(super) fn slice(&self, start: usize, end: usize) -> Self {
        let words = &self.words[start * self.stride..end * self.stride];
        Self { words, len: end - start, ..*self }
    }

    /// When they happened.
    pub(super) fn times(self) -> impl DoubleEndedIterator<Item = i64> + Clone + 's {
        self.column(TIME)
    }

    /// What was taken of them, where it is known.
    pub(super) fn words(self) -> impl DoubleEndedIterator<Item = i64> + Clone + 's {
        self.column(self.taken).filter(|word| *word != word::MISSING)
    }

    /// Instant and number of those whose number is known.
    pub(super) fn numbers(self) -> impl Iterator<Item = (i64, f64)> + 's {
        let rows = self.times().zip(self.column(self.taken));
        rows.filter(|(_, word)| *word != word::MISSING).map(|(at, word)| (at, word::number(word)))
    }

    /// One word of each. Chunks of the words would be a division, which few events do not repay.
    fn column(self, at: usize) -> impl DoubleEndedIterator<Item = i64> + Clone + 's {
        (0..self.len).map(move |row| self.words[row * self.stride + at])
    }
}

pub(super) fn time(at: i64) -> Value<'static> {
    crate::time::Timestamp::from_micros(at).map_or(Value::Missing, Value::Time)
}

pub(crate) fn value_of(cell: Cell<'_>) -> Value<'_> {
    match cell {
        Cell::Missing => Value::Missing,
        Cell::Number(x) => Value::Number(x),
        Cell::Bool(truth) => Value::Bool(truth),
        Cell::Text(text) => Value::Text(text),
        Cell::Time(at) => Value::Time(at),
    }
}
