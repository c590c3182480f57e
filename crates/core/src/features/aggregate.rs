//! Values made of the events inside a window. Missing values of a property are passed over.
//!
//! Every sum runs in the canonical order of events, one after the other, so a batch, a stream and
//! a single history give the same bits. What is taken of the events stays in words, which are
//! counted, compared and told apart without knowing their type.

use super::agenda::end;
use super::builder::Rows;
use super::selection::{Person, Picked, Selection, WordKind};
use super::{calendar, sequence, summary};
use crate::event::word;
use crate::expr::{AggregateOp, Value, Window};
use crate::history::Fold;
use crate::time::{Span, Timestamp};

/// What is asked of the events inside a window, and where they are in the plan.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BoundAggregate {
    pub(super) op: AggregateOp,
    pub(super) selection: usize,
    pub(super) window: usize,
    /// For those that relate two types of events: the window of the other.
    pub(super) other: usize,
    pub(super) spec: Window,
    /// Of what counts or sums all of the past: the fold that stands for what was forgotten.
    pub(super) fold: Option<usize>,
}

/// The events of a selection, and which of them are inside a window at each instant.
#[derive(Clone, Copy)]
pub(super) struct Windows<'s> {
    pub(super) events: &'s Picked<'s>,
    /// For each instant, the numbers of the window's boundaries.
    pub(super) bounds: &'s [(u32, u32)],
    /// For each boundary, how many events are not later.
    pub(super) positions: &'s [u32],
}

impl<'s> Windows<'s> {
    /// The events inside the window at each instant.
    fn each(self) -> impl Iterator<Item = Picked<'s>> {
        self.spans().map(move |(start, end)| self.events.slice(start, end))
    }

    /// Where they begin and end among all.
    fn spans(self) -> impl Iterator<Item = (usize, usize)> {
        let position = move |boundary: u32| self.positions[boundary as usize] as usize;
        self.bounds.iter().map(move |(after, until)| {
            let end = position(*until);
            (position(*after).min(end), end)
        })
    }
}

/// What an aggregate is asked about.
pub(super) struct Asked<'r, 's, 'a> {
    pub(super) selection: &'a Selection,
    pub(super) windows: &'r Windows<'s>,
    /// Those of the other type, where two are related.
    pub(super) others: &'r Windows<'s>,
    pub(super) instants: &'s [Timestamp],
    pub(super) person: &'r Person<'r, 'a>,
}

impl Asked<'_, '_, '_> {
    /// For each event from the first inside a window on, how many up to it are the first of a civil
    /// day; false where the clocks went back over midnight and days are out of order.
    fn firsts_of_days(&self, work: &mut Work) -> bool {
        let zone = self.person.zone;
        let (mut before, mut firsts, mut ordered) = (i64::MIN, 0, true);
        // Instants ascend, and so do beginnings and ends.
        work.first = self.windows.spans().next().map_or(0, |(start, _)| start);
        let end = self.windows.spans().last().map_or(0, |(_, end)| end);
        work.firsts.clear();
        work.firsts.extend(self.windows.events.slice(work.first, end).times().map(|at| {
            let day = Timestamp::from_micros(at).map_or(i64::MIN, |at| zone.day(at));
            ordered &= before <= day;
            firsts += i32::from(before != day);
            before = day;
            firsts
        }));
        ordered
    }
}

/// The events inside a window at one instant.
struct Inside<'r, 's, 'a> {
    selection: &'a Selection,
    events: Picked<'s>,
    others: Picked<'s>,
    /// The window's end.
    until: Timestamp,
    person: &'r Person<'r, 'a>,
}

/// Memory to work in.
#[derive(Debug, Default)]
pub(super) struct Work {
    words: Vec<i64>,
    others: Vec<i64>,
    /// What [`Asked::firsts_of_days`] found, and the number of the first event of it.
    firsts: Vec<i32>,
    first: usize,
    numbers: Vec<f64>,
}

impl BoundAggregate {
    /// The value of no events at all, which is the same at every instant; none where there may
    /// be something else to read.
    pub(super) fn of_none<'a>(&self, selection: &'a Selection) -> Option<Value<'a>> {
        if self.fold.is_some() || self.other != self.window {
            return None;
        }
        let windows = &Windows { events: &Picked::NONE, bounds: &[(0, 0)], positions: &[0] };
        let (instants, person) = (&[Timestamp::EPOCH], Person::NOBODY);
        let asked = Asked { selection, windows, others: windows, instants, person: &person };
        let mut none = Value::Missing;
        self.evaluate(&asked, &mut Work::default(), &mut |value| none = value);
        Some(none)
    }

    /// Writes the value at each instant to rows of the feature's type.
    pub(super) fn write(&self, asked: &Asked<'_, '_, '_>, work: &mut Work, rows: Rows<'_>) {
        match (self.op, rows) {
            (_, Rows::Numbers(rows)) if let Some(number) = self.number(asked) => {
                for (into, events) in rows.iter_mut().zip(asked.windows.each()) {
                    *into = crate::math::finite(number(events));
                }
            }
            (AggregateOp::Count, Rows::Counts(rows)) if self.number(asked).is_some() => {
                count_each(asked.windows.bounds, asked.windows.positions, rows);
            }
            (AggregateOp::ActiveDays, Rows::Counts(rows)) if asked.firsts_of_days(work) => {
                let firsts = |at: usize| work.firsts[at - work.first];
                for (into, (start, end)) in rows.iter_mut().zip(asked.windows.spans()) {
                    // An event begins a day of the window where it begins a day, or the window.
                    *into = match end - start {
                        0 => 0,
                        _ => 1 + firsts(end - 1) - firsts(start),
                    };
                }
            }
            (_, mut rows) => {
                let mut at = 0;
                self.evaluate(asked, work, &mut |value| {
                    rows.set(at, value);
                    at += 1;
                });
            }
        }
    }

    /// Calls `answer` with the value at each instant.
    pub(super) fn evaluate<'a>(
        &self,
        asked: &Asked<'_, '_, 'a>,
        work: &mut Work,
        answer: &mut dyn FnMut(Value<'a>),
    ) {
        let mut each = |value: &dyn Fn(Picked<'_>) -> Value<'a>| {
            asked.windows.each().for_each(|events| answer(value(events)));
        };
        let value = |word: Option<i64>| {
            word.map_or(Value::Missing, |word| asked.selection.value(word, asked.person))
        };
        let fold = self.fold.and_then(|fold| asked.person.fold(fold));
        match self.op {
            AggregateOp::Count | AggregateOp::Sum | AggregateOp::Mean if fold.is_some() => {
                each(&|events| self.folded(fold.unwrap_or_default(), events));
            }
            _ if let Some(number) = self.number(asked) => {
                each(&|events| Value::number(number(events)));
            }
            AggregateOp::Exists => each(&|events| Value::Bool(events.len() > 0)),
            AggregateOp::Min => each(&|events| value(events.words().min())),
            AggregateOp::Max => each(&|events| value(events.words().max())),
            AggregateOp::First => each(&|events| value(events.words().next())),
            AggregateOp::Last => each(&|events| value(events.words().next_back())),
            _ => {
                let windows = asked.windows.each().zip(asked.others.each()).zip(asked.instants);
                for ((events, others), as_of) in windows {
                    let until = end(self.spec, *as_of);
                    let (selection, person) = (asked.selection, asked.person);
                    let inside = Inside { selection, events, others, until, person };
                    answer(self.of(&inside, work));
                }
            }
        }
    }

    /// What makes the number of the events inside a window, none of which were forgotten; not a
    /// number where it is missing.
    fn number(&self, asked: &Asked<'_, '_, '_>) -> Option<fn(Picked<'_>) -> f64> {
        if self.fold.is_some_and(|fold| asked.person.fold(fold).is_some()) {
            return None;
        }
        match (self.op, asked.selection.kind) {
            (AggregateOp::Count, _) => Some(|events| exact(events.len())),
            (AggregateOp::Sum, _) => Some(sum),
            (AggregateOp::Mean, _) => Some(mean),
            (AggregateOp::Std, _) => Some(std),
            (AggregateOp::Min, WordKind::Number) => Some(|events| number(events.words().min())),
            (AggregateOp::Max, WordKind::Number) => Some(|events| number(events.words().max())),
            _ => None,
        }
    }

    /// Whether how many events each boundary has before it is all that matters.
    pub(super) fn needs_positions_alone(&self) -> bool {
        self.op == AggregateOp::Count && self.fold.is_none()
    }

    /// Whether nothing counts but the newest event inside the window, if there is one.
    pub(super) fn needs_newest_alone(&self) -> bool {
        matches!(self.op, AggregateOp::Last | AggregateOp::Exists)
    }

    /// Whether the value is one of those taken.
    pub(super) fn gives_words(&self) -> bool {
        matches!(
            self.op,
            AggregateOp::Min
                | AggregateOp::Max
                | AggregateOp::First
                | AggregateOp::Last
                | AggregateOp::Nth(_)
        )
    }

    /// Of all of the past, part of which was forgotten.
    fn folded(&self, fold: Fold, events: Picked<'_>) -> Value<'static> {
        if self.op == AggregateOp::Count {
            let known = u64::try_from(events.len()).unwrap_or(u64::MAX);
            return count(usize::try_from(known + fold.dropped).unwrap_or(usize::MAX));
        }
        let start = (fold.sum, fold.summed);
        let later = events.slice(events.count_until(fold.until, 0), events.len());
        let (sum, n) =
            later.words().fold(start, |(sum, n), word| (sum + word::number(word), n + 1));
        if self.op == AggregateOp::Sum {
            return Value::number(sum);
        }
        Value::number(sum / exact(usize::try_from(n).unwrap_or(usize::MAX)))
    }

    /// The value of what is less often asked.
    fn of<'a>(&self, asked: &Inside<'_, '_, 'a>, work: &mut Work) -> Value<'a> {
        let events = asked.events;
        let value = |word: Option<i64>| {
            word.map_or(Value::Missing, |word| asked.selection.value(word, asked.person))
        };
        match self.op {
            AggregateOp::ActiveDays => {
                asked.civil_days(&mut work.words);
                work.words.dedup();
                count(work.words.len())
            }
            AggregateOp::Streak => {
                asked.civil_days(&mut work.words);
                count(calendar::streak(&work.words, asked.person.zone.day(asked.until)))
            }
            AggregateOp::Distinct => {
                if asked.selection.kind == WordKind::Row {
                    return count(asked.texts().len());
                }
                sorted(events, &mut work.words);
                work.words.dedup();
                count(work.words.len())
            }
            AggregateOp::Entropy => {
                let counts: Vec<usize> = if asked.selection.kind == WordKind::Row {
                    asked.texts().into_iter().map(|(_, count)| count).collect()
                } else {
                    sorted(events, &mut work.words);
                    work.words.chunk_by(|a, b| a == b).map(<[_]>::len).collect()
                };
                Value::number(summary::entropy(&counts))
            }
            AggregateOp::Percentile(p) => {
                sorted(events, &mut work.words);
                work.numbers.clear();
                work.numbers.extend(work.words.iter().map(|word| word::number(*word)));
                Value::number(summary::percentile(&work.numbers, p))
            }
            AggregateOp::Nth(n) => {
                work.words.clear();
                work.words.extend(events.words());
                value(summary::nth(&work.words, n))
            }
            AggregateOp::Gaps => {
                listed(events, &mut work.words);
                Value::number(summary::gaps(&work.words))
            }
            AggregateOp::Trend | AggregateOp::Ewma(_) => self.over_time(asked, work),
            AggregateOp::Sequence { within, .. } => {
                listed(events, &mut work.words);
                listed(asked.others, &mut work.others);
                let within = within.as_micros();
                Value::Bool(sequence::sequence(&work.words, &work.others, within))
            }
            AggregateOp::Absent { wait, .. } => {
                let Some(since) = asked.others.times().next_back() else { return Value::Missing };
                listed(events, &mut work.words);
                let (wait, as_of) = (wait.as_micros(), asked.until.as_micros());
                Value::Bool(sequence::absent(&work.words, since, wait, as_of))
            }
            // The others are evaluated above.
            _ => Value::Missing,
        }
    }

    /// Of values and when they were, or of instants alone.
    fn over_time(&self, asked: &Inside<'_, '_, '_>, work: &mut Work) -> Value<'static> {
        let Work { words, numbers, .. } = work;
        let until = asked.until.as_micros();
        let x = if asked.selection.kind == WordKind::Number {
            words.clear();
            numbers.clear();
            for (time, number) in asked.events.numbers() {
                words.push(time);
                numbers.push(number);
            }
            match self.op {
                AggregateOp::Ewma(half_life) => {
                    summary::ewma(words, numbers, half_life.as_micros())
                }
                _ => summary::trend(words, numbers),
            }
        } else {
            listed(asked.events, words);
            match (self.op, self.spec) {
                (AggregateOp::Ewma(half_life), _) => {
                    summary::decayed_count(words, until, half_life.as_micros())
                }
                (_, Window::Past) => summary::daily_trend(words, until, 0),
                (_, Window::Last(span) | Window::Horizon { horizon: span, .. }) => {
                    let days = span.as_micros() / Span::days(1).as_micros();
                    summary::daily_trend(words, until, days)
                }
            }
        };
        Value::number(x)
    }
}

impl Inside<'_, '_, '_> {
    /// The civil day of each event, in order: clocks that go back over midnight can turn two
    /// around.
    fn civil_days(&self, days: &mut Vec<i64>) {
        days.clear();
        let zone = self.person.zone;
        let day = |at| Timestamp::from_micros(at).map_or(i64::MIN, |at| zone.day(at));
        days.extend(self.events.times().map(day));
        if !days.is_sorted() {
            days.sort_unstable();
        }
    }

    /// The texts that an expression makes of the events, sorted, and how often each occurs.
    fn texts(&self) -> Vec<(String, usize)> {
        let text = |word| self.selection.value(word, self.person).as_text().map(str::to_owned);
        let mut texts: Vec<String> = self.events.words().filter_map(text).collect();
        texts.sort_unstable();
        texts.chunk_by(|a, b| a == b).map(|equal| (equal[0].clone(), equal.len())).collect()
    }
}

/// How many events are inside a window at each instant: from the numbers of its boundaries, and how
/// many events are not later than each boundary.
pub(super) fn count_each(bounds: &[(u32, u32)], positions: &[u32], rows: &mut [i32]) {
    for (into, (after, until)) in rows.iter_mut().zip(bounds) {
        let end = positions[*until as usize];
        // A table has fewer than 2^31 rows.
        *into = end.saturating_sub(positions[*after as usize]).cast_signed();
    }
}

fn listed(events: Picked<'_>, times: &mut Vec<i64>) {
    times.clear();
    times.extend(events.times());
}

fn sorted(events: Picked<'_>, words: &mut Vec<i64>) {
    words.clear();
    words.extend(events.words());
    words.sort_unstable();
}

fn sum(events: Picked<'_>) -> f64 {
    events.words().fold(0.0, |sum, word| sum + word::number(word))
}

fn mean(events: Picked<'_>) -> f64 {
    let (sum, n) =
        events.words().fold((0.0, 0), |(sum, n), word| (sum + word::number(word), n + 1));
    sum / exact(n)
}

/// The sample standard deviation, in two passes: the mean first, then the squares of what is left.
fn std(events: Picked<'_>) -> f64 {
    let n = events.words().count();
    if n < 2 {
        return f64::NAN;
    }
    let mean = sum(events) / exact(n);
    let squares = events.words().fold(0.0, |sum, word| {
        let rest = word::number(word) - mean;
        sum + rest * rest
    });
    (squares / exact(n - 1)).sqrt()
}

/// The number that a word is, if there is one.
fn number(word: Option<i64>) -> f64 {
    word.map_or(f64::NAN, word::number)
}

fn count(n: usize) -> Value<'static> {
    Value::Number(exact(n))
}

#[expect(clippy::cast_precision_loss, reason = "no customer has 2^53 events")]
fn exact(n: usize) -> f64 {
    n as f64
}
