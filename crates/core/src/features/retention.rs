//! What a plan still needs of events that no window can reach any more.
//!
//! Asked about no instant before `before`, a window of length `w` reads nothing up to
//! `before − w`. What asks about all of the past can do with less than all events: a sum with what
//! was summed, the last event with itself. What cannot (a spread, a percentile) keeps its type whole.

use super::aggregate::BoundAggregate;
use super::plan::Plan;
use super::selection::{Person, Selection};
use crate::event::word;
use crate::expr::{AggregateOp, Window};
use crate::history::{Events, Fold};
use crate::schema::Schema;
use crate::time::{Span, Timestamp};

/// For each event type, what a plan needs of the past.
#[derive(Debug, Clone)]
pub struct Retention {
    types: Vec<TypeRetention>,
    /// For each fold, the selection that it counts and sums.
    folds: Vec<Selection>,
    /// What asks for single events of all of the past.
    singles: Vec<(Selection, AggregateOp)>,
}

/// How far back the events of one type are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TypeRetention {
    /// All of them.
    Whole,
    /// Those of so many microseconds before the instant asked about.
    Recent(i64),
}

impl Plan {
    /// What the plan needs of the past.
    #[must_use]
    pub fn retention(&self, schema: &Schema) -> Retention {
        let mut types = vec![TypeRetention::Recent(0); schema.events.len()];
        let mut retention = Retention { types: Vec::new(), folds: Vec::new(), singles: Vec::new() };
        for (_, aggregate) in &self.aggregates {
            for window in [aggregate.window, aggregate.other] {
                let (selection, spec) = self.windows[window];
                let selection = &self.selections[selection];
                let needed = match spec {
                    Window::Last(span) => TypeRetention::Recent(span.as_micros()),
                    Window::Past if remembers(aggregate, selection, schema) => {
                        TypeRetention::Recent(0)
                    }
                    Window::Past | Window::Horizon { .. } => TypeRetention::Whole,
                };
                for of_type in selection.event.map_or(0..types.len(), |event| event..event + 1) {
                    types[of_type] = types[of_type].and(needed);
                }
            }
            if aggregate.spec == Window::Past {
                let selection = self.selections[aggregate.selection].clone();
                match aggregate.fold {
                    Some(_) => retention.folds.push(selection),
                    None => retention.singles.push((selection, aggregate.op)),
                }
            }
        }
        retention.types = types;
        retention
    }
}

/// Whether what asks about all of the past can do without most of its events.
fn remembers(aggregate: &BoundAggregate, selection: &Selection, schema: &Schema) -> bool {
    let one_type = selection.event.is_some();
    let enough = match aggregate.op {
        AggregateOp::Count | AggregateOp::Exists | AggregateOp::First | AggregateOp::Last => true,
        AggregateOp::Sum
        | AggregateOp::Mean
        | AggregateOp::Min
        | AggregateOp::Max
        | AggregateOp::Nth(_)
        | AggregateOp::Distinct => one_type,
        _ => false,
    };
    // A customer may change, and then other events would count.
    enough && !selection.reads_person(schema)
}

impl TypeRetention {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Recent(a), Self::Recent(b)) => Self::Recent(a.max(b)),
            _ => Self::Whole,
        }
    }
}

impl Retention {
    /// Keeps besides the events of a type, or of all, that happened at most `span` before the
    /// instant asked about.
    pub fn keep_recent(&mut self, event: Option<usize>, span: Span) {
        let types = event.map_or(0..self.types.len(), |event| event..event + 1);
        for of_type in types {
            self.types[of_type] = self.types[of_type].and(TypeRetention::Recent(span.as_micros()));
        }
    }

    /// For each event type, the instant in microseconds up to which events can be forgotten when
    /// nothing is asked about an instant before `before`; the least of all where none can.
    #[must_use]
    pub fn cuts(&self, before: Timestamp) -> Vec<i64> {
        let cut = |of_type: &TypeRetention| match of_type {
            TypeRetention::Whole => i64::MIN,
            TypeRetention::Recent(span) => before.as_micros().saturating_sub(*span),
        };
        self.types.iter().map(cut).collect()
    }

    /// The number of folds.
    #[must_use]
    pub fn folds(&self) -> usize {
        self.folds.len()
    }

    /// A text that is the same for plans that need the same.
    #[must_use]
    pub fn signature(&self) -> String {
        let mut text = String::new();
        for of_type in &self.types {
            match of_type {
                TypeRetention::Whole => text.push('*'),
                TypeRetention::Recent(span) => text.push_str(&span.to_string()),
            }
            text.push('\n');
        }
        for fold in &self.folds {
            text.push_str(&fold.text());
        }
        for (selection, op) in &self.singles {
            text.push_str(op.name());
            if let AggregateOp::Nth(n) = op {
                text.push_str(&n.to_string());
            }
            text.push_str(&selection.text());
        }
        text
    }

    /// Of events of one type up to its cut, which are kept, by position; folds take the others in.
    ///
    /// Sums go on where they stopped: in canonical order, over all events up to the cut.
    #[must_use]
    pub fn keep(
        &self,
        kind: usize,
        events: &Events<'_>,
        cut: i64,
        folds: &mut [Fold],
    ) -> Vec<bool> {
        let until = events.count_until(cut);
        let person = Person::NOBODY;
        let mut keep = vec![false; until];
        // When a customer came, and was last seen.
        keep.iter_mut().take(1).for_each(|keep| *keep = true);
        keep.iter_mut().rev().take(1).for_each(|keep| *keep = true);
        let words = |selection: &Selection| {
            let word = |row: usize| selection.word(events, row, &person);
            (0..until).map(word).collect::<Vec<i64>>()
        };
        let reads = |selection: &Selection| selection.event.is_none_or(|event| event == kind);
        for (selection, op) in self.singles.iter().filter(|(selection, _)| reads(selection)) {
            needed(*op, &words(selection), &mut keep);
        }
        for (selection, fold) in self.folds.iter().zip(folds) {
            if !reads(selection) {
                continue;
            }
            let words = words(selection);
            for (row, word) in words.iter().enumerate().filter(|(_, word)| **word != word::MISSING)
            {
                fold.dropped += u64::from(!keep[row]);
                if events.time(row) > fold.until && selection.is_number() {
                    fold.sum += word::number(*word);
                    fold.summed += 1;
                }
            }
            if selection.event.is_some() {
                fold.until = fold.until.max(cut);
            }
        }
        keep
    }
}

/// Marks the events that an aggregate of all of the past needs; `words` are what it takes of each.
fn needed(op: AggregateOp, words: &[i64], keep: &mut [bool]) {
    let known = || (0..words.len()).filter(|row| words[*row] != word::MISSING);
    let single = match op {
        AggregateOp::First => known().next(),
        AggregateOp::Min => known().min_by_key(|row| words[*row]),
        AggregateOp::Max => known().max_by_key(|row| words[*row]),
        AggregateOp::Nth(n) => {
            let rows: Vec<usize> = known().collect();
            let rank = usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX);
            // Later ones may take the place of these: all of higher rank are needed too.
            let rows = if n > 0 {
                &rows[..rank.min(rows.len())]
            } else {
                &rows[rows.len().saturating_sub(rank)..]
            };
            for row in rows {
                keep[*row] = true;
            }
            None
        }
        AggregateOp::Distinct => {
            let mut rows: Vec<(i64, usize)> = known().map(|row| (words[row], row)).collect();
            rows.sort_unstable();
            for (at, (word, row)) in rows.iter().enumerate() {
                keep[*row] |= rows.get(at + 1).is_none_or(|(next, _)| next != word);
            }
            None
        }
        _ => known().next_back(),
    };
    if let Some(row) = single {
        keep[row] = true;
    }
}
