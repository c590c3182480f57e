//! Answers the aggregates of a plan for many cases: selection after selection, of each aggregate
//! after aggregate, and of each case after case. What is done again and again costs less than what
//! changes with every step.

use super::agenda::{Agenda, Boundaries};
use super::aggregate::{Asked, BoundAggregate, Windows, Work, count_each};
use super::builder::{Builder, Rows};
use super::columnar::OwnColumn;
use super::frames::Frames;
use super::plan::Plan;
use super::selection::{Person, Picked, Selection};
use super::subject::Case;

/// Memory that [`Plan::fill`] uses again.
#[derive(Debug, Default)]
pub struct Scratch {
    read: Read,
    /// Where an aggregate relates two selections, for the other.
    others: Read,
    work: Work,
}

/// The events of one selection, of some cases.
#[derive(Debug, Default)]
struct Read {
    /// Events that cannot be read where they are, case by case, and where those of each end.
    picked: Vec<i64>,
    ends: Vec<usize>,
    /// For each case, then each boundary of the agenda, how many events are not later.
    positions: Vec<u32>,
    /// The number of places of a case among them: the last is of what is later than all boundaries.
    places: usize,
    /// The cases with an event between boundaries, and those without.
    some: Vec<Place>,
    none: Vec<Place>,
}

/// A case by its number, and the first of its rows among those of all cases.
#[derive(Debug, Clone, Copy)]
struct Place {
    case: usize,
    row: usize,
}

impl Plan {
    /// Answers all aggregates: into the columns of a table, where they have one of their own, or
    /// into the frames.
    pub(super) fn answer<'a>(
        &'a self,
        cases: &[Case<'_, 'a>],
        agenda: &Agenda,
        frames: &mut Frames<'a>,
        scratch: &mut Scratch,
        mut table: Option<&mut Builder<'_>>,
    ) {
        let Scratch { read, others, work } = scratch;
        for (at, asks) in self.asks.iter().enumerate().filter(|(_, asks)| !asks.is_empty()) {
            let selection = &self.selections[at];
            read.read(selection, &agenda.selections[at], cases);
            for index in asks {
                let (slot, aggregate) = &self.aggregates[*index];
                let mut answers = Answers::of(*index, *slot, frames, &mut table);
                let bounds = agenda.window(aggregate.window);
                // Most customers never did most things.
                let none = if answers.none(cases, &read.none) { &[][..] } else { &read.none };
                let places = read.some.iter().chain(none);
                if let (Answers::Column(_, Rows::Counts(rows)), true) =
                    (&mut answers, aggregate.needs_positions_alone())
                {
                    for place in places {
                        let bounds = &bounds[cases[place.case].within.clone()];
                        count_each(bounds, read.positions(place.case), &mut rows[place.row..]);
                    }
                    continue;
                }
                let related = (aggregate.other != aggregate.window).then(|| {
                    let (at, _) = self.windows[aggregate.other];
                    others.read(&self.selections[at], &agenda.selections[at], cases);
                    (&self.selections[at], agenda.window(aggregate.other))
                });
                for place in places {
                    let Case { subject, within } = &cases[place.case];
                    let person = &Person::of(subject);
                    let events = &read.events(selection, person, place.case);
                    let positions = read.positions(place.case);
                    let windows = &Windows { events, bounds: &bounds[within.clone()], positions };
                    let (events, other);
                    let others = match related {
                        None => windows,
                        Some((selection, bounds)) => {
                            events = others.events(selection, person, place.case);
                            let positions = others.positions(place.case);
                            let bounds = &bounds[within.clone()];
                            other = Windows { events: &events, bounds, positions };
                            &other
                        }
                    };
                    let instants = &agenda.instants[within.clone()];
                    let asked = Asked { selection, windows, others, instants, person };
                    answers.give(place.row, aggregate, &asked, work);
                }
            }
        }
    }
}

impl Read {
    /// Brings the events of a selection together and divides those of each case.
    fn read(&mut self, selection: &Selection, boundaries: &Boundaries, cases: &[Case<'_, '_>]) {
        self.picked.clear();
        self.ends.clear();
        if !selection.is_as_is() {
            // All cases have one host's dictionaries.
            let code = cases.first().and_then(|case| selection.code(&Person::of(case.subject)));
            for Case { subject, .. } in cases {
                let (person, whole) = (&Person::of(subject), boundaries.whole());
                selection.pick(person, whole, code, &mut self.picked);
                self.ends.push(self.picked.len());
            }
        }
        self.places = boundaries.positions();
        let mut positions = std::mem::take(&mut self.positions);
        positions.clear();
        positions.resize(cases.len() * self.places, 0);
        self.some.clear();
        self.none.clear();
        let mut row = 0;
        for (at, positions) in positions.chunks_exact_mut(self.places).enumerate() {
            let Case { subject, within } = &cases[at];
            let events = self.events(selection, &Person::of(subject), at);
            if events.len() > 0 {
                boundaries.divide(events, positions);
            }
            let all = &positions[..positions.len() - 1];
            let place = Place { case: at, row };
            if all.first() == all.last() { &mut self.none } else { &mut self.some }.push(place);
            row += within.len();
        }
        self.positions = positions;
    }

    /// The events of a case.
    #[expect(clippy::inline_always, reason = "for each customer and selection or aggregate")]
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    fn events<'s>(
        &'s self,
        selection: &Selection,
        person: &Person<'_, 's>,
        case: usize,
    ) -> Picked<'s> {
        selection.as_is(person).unwrap_or_else(|| {
            let Some(end) = self.ends.get(case) else { return Picked::NONE };
            let start = if case == 0 { 0 } else { self.ends[case - 1] };
            Picked::of_pairs(&self.picked[start..*end])
        })
    }

    /// For each boundary, how many events of a case are not later.
    #[inline]
    fn positions(&self, case: usize) -> &[u32] {
        &self.positions[case * self.places..][..self.places - 1]
    }
}

/// Where the values of an aggregate go.
enum Answers<'x, 'a, 'o> {
    /// The rows to come of a column of its own.
    Column(OwnColumn<'o>, Rows<'x>),
    /// A slot of frames.
    Frames(usize, &'x mut Frames<'a>),
}

impl<'x, 'a, 'o> Answers<'x, 'a, 'o> {
    /// Where those of an aggregate go, by its number and its slot in frames.
    fn of(
        aggregate: usize,
        slot: usize,
        frames: &'x mut Frames<'a>,
        table: &'x mut Option<&mut Builder<'o>>,
    ) -> Self {
        match table {
            Some(table) if let Some(own) = table.columnar.aggregates[aggregate] => {
                Self::Column(own, table.coming(own.column))
            }
            _ => Self::Frames(slot, frames),
        }
    }

    /// Gives the value of no events at these cases, where it is known; false where it is not.
    fn none(&mut self, cases: &[Case<'_, '_>], places: &[Place]) -> bool {
        let Self::Column(OwnColumn { none: Some(none), blank, .. }, rows) = self else {
            return false;
        };
        for Place { case, row } in places.iter().filter(|_| !*blank) {
            rows.part(*row..*row + cases[*case].within.len()).fill(*none);
        }
        true
    }

    /// Gives the value at each instant of a case, from that row on.
    #[inline]
    fn give(
        &mut self,
        row: usize,
        aggregate: &BoundAggregate,
        asked: &Asked<'_, '_, 'a>,
        work: &mut Work,
    ) {
        match self {
            Self::Column(_, rows) => {
                aggregate.write(asked, work, rows.part(row..row + asked.instants.len()));
            }
            Self::Frames(slot, frames) => {
                let mut into = frames.slot_mut(*slot, row);
                aggregate.evaluate(asked, work, &mut |value| {
                    if let Some(into) = into.next() {
                        *into = value;
                    }
                });
            }
        }
    }
}
