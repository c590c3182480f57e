//! A plan's windows at given instants: where each begins and ends, the same for every customer.
//!
//! All ends and beginnings of one selection of events stand in one ascending list, each once. So a
//! customer's events are divided among all windows and instants in a single pass over both.

use super::selection::Picked;
use crate::event::Reach;
use crate::expr::Window;
use crate::time::Timestamp;

/// The windows of a plan at some instants.
#[derive(Debug, Clone)]
pub struct Agenda {
    pub(super) instants: Vec<Timestamp>,
    /// For each selection, its boundaries.
    pub(super) selections: Vec<Boundaries>,
    /// For each window, then each instant, the numbers of its two boundaries.
    windows: Vec<(u32, u32)>,
}

/// The instants, in microseconds, at which windows of a selection begin or end.
#[derive(Debug, Clone, Default)]
pub(super) struct Boundaries {
    /// Ascending, each once.
    times: Vec<i64>,
    /// For each day from that of the first boundary on, how many boundaries are before it; empty
    /// where there are too few boundaries to be worth it.
    days: Vec<u32>,
}

/// So many boundaries are worth a table of days.
const MANY: usize = 16;
/// So many events times boundaries are compared each with each: that costs less than a branch that
/// no processor foresees.
const FEW: usize = 64;
/// A table of more days than that is not worth its memory: 27 years.
const LONG: usize = 10_000;
const DAY: i64 = 86_400_000_000;

impl Agenda {
    /// The agenda of windows, each of a selection, at ascending instants.
    pub(super) fn new(
        selections: usize,
        windows: &[(usize, Window)],
        instants: Vec<Timestamp>,
    ) -> Self {
        let mut all = vec![Boundaries::default(); selections];
        for (selection, window) in windows {
            for at in &instants {
                let (after, until) = interval(*window, *at);
                all[*selection].times.extend([after, until]);
            }
        }
        for boundaries in &mut all {
            boundaries.times.sort_unstable();
            boundaries.times.dedup();
            boundaries.days = boundaries.days();
        }
        let mut places = Vec::with_capacity(windows.len() * instants.len());
        for (selection, window) in windows {
            for at in &instants {
                let (after, until) = interval(*window, *at);
                places.push((all[*selection].number(after), all[*selection].number(until)));
            }
        }
        Self { instants, selections: all, windows: places }
    }

    /// For each instant, the numbers of the boundaries of a window.
    pub(super) fn window(&self, window: usize) -> &[(u32, u32)] {
        &self.windows[window * self.instants.len()..(window + 1) * self.instants.len()]
    }

    /// What a window reaches at the instants: all events inside it, or only the newest.
    pub(super) fn reach(&self, window: Window, newest: bool) -> Reach {
        let ends = self.instants.first().zip(self.instants.last());
        ends.map_or(Reach::NONE, |(first, last)| {
            let ((after, end), (_, until)) = (interval(window, *first), interval(window, *last));
            // Of what is inside at the first instant the newest is enough.
            Reach { after: if newest { end } else { after }, until, newest }
        })
    }
}

impl Boundaries {
    fn number(&self, time: i64) -> u32 {
        let place = self.times.partition_point(|known| *known < time);
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    /// The interval `(after, until]` outside which no window reads.
    pub(super) fn whole(&self) -> (i64, i64) {
        let whole = self.times.first().copied().zip(self.times.last().copied());
        whole.unwrap_or((i64::MAX, i64::MIN))
    }

    /// How many boundaries are those of windows over all of the past, at no day: one or none.
    fn past(&self) -> usize {
        usize::from(self.times.first() == Some(&i64::MIN))
    }

    /// For each day how many boundaries are before it.
    fn days(&self) -> Vec<u32> {
        let past = self.past();
        let span = self.times.get(past).zip(self.times.last());
        let Some((first, last)) = span.filter(|_| self.times.len() >= MANY) else {
            return Vec::new();
        };
        let days = usize::try_from((last - first) / DAY + 1).unwrap_or(usize::MAX);
        if days > LONG {
            return Vec::new();
        }
        let (mut start, mut before) = (*first, past);
        let count = |_| {
            while self.times.get(before).is_some_and(|time| *time < start) {
                before += 1;
            }
            start += DAY;
            u32::try_from(before).unwrap_or(u32::MAX)
        };
        (0..days).map(count).collect()
    }

    /// The number of boundaries before an instant.
    fn before(&self, time: i64, past: usize) -> usize {
        let since = time.saturating_sub(self.times[past]);
        if since <= 0 {
            return past;
        }
        // The day begins at the instant or later. Where boundaries stand a whole number of days
        // apart, as they do at the cut-offs of months, those before it are those before the instant.
        let day = usize::try_from((since - 1) / DAY + 1).unwrap_or(usize::MAX);
        let mut before = self.days.get(day).map_or(self.times.len(), |before| *before as usize);
        while self.times[before - 1] >= time {
            before -= 1;
        }
        before
    }

    /// The number of places that [`Boundaries::divide`] fills: one for each boundary, and one for
    /// what is later than all.
    pub(super) fn positions(&self) -> usize {
        self.times.len() + 1
    }

    /// For each boundary, how many of the events are not later, in so many places that are zero.
    ///
    /// Cost: one pass over events and one over boundaries, or, where there are far more events, a
    /// search for each boundary.
    pub(super) fn divide(&self, events: Picked<'_>, positions: &mut [u32]) {
        if !self.days.is_empty() {
            let past = self.past();
            // First how many events each boundary is the next of, then the sums of that.
            for time in events.times() {
                positions[self.before(time, past)] += 1;
            }
            let mut sum = 0;
            for count in positions {
                sum += *count;
                *count = sum;
            }
            return;
        }
        let mut at = 0;
        if events.len() > 8 * self.times.len() {
            for (time, position) in self.times.iter().zip(positions) {
                at = events.count_until(*time, at);
                // No customer has 2^32 events.
                *position = u32::try_from(at).unwrap_or(u32::MAX);
            }
            return;
        }
        if events.len() * self.times.len() <= FEW {
            let positions = &mut positions[..self.times.len()];
            for time in events.times() {
                for (boundary, position) in self.times.iter().zip(&mut *positions) {
                    *position += u32::from(time <= *boundary);
                }
            }
            return;
        }
        let mut times = events.times();
        let mut next = times.next();
        let mut count = 0_u32;
        for (boundary, position) in self.times.iter().zip(positions) {
            while next.is_some_and(|time| time <= *boundary) {
                next = times.next();
                count += 1;
            }
            *position = count;
        }
    }
}

/// The instant at which a window ends.
pub(super) fn end(window: Window, as_of: Timestamp) -> Timestamp {
    match window {
        Window::Past | Window::Last(_) => as_of,
        Window::Horizon { gap, horizon } => as_of.plus(gap).plus(horizon),
    }
}

/// The interval `(after, until]` that a window is at `as_of`, in microseconds.
fn interval(window: Window, as_of: Timestamp) -> (i64, i64) {
    let after = match window {
        // No event is that early.
        Window::Past => i64::MIN,
        Window::Last(span) => as_of.minus(span).as_micros(),
        Window::Horizon { gap, .. } => as_of.plus(gap).as_micros(),
    };
    (after, end(window, as_of).as_micros())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::selection::Picked;
    use super::*;

    proptest! {
        #[test]
        fn each_boundary_counts_the_events_that_are_not_later(
            mut events in prop::collection::vec(-40 * DAY..40 * DAY, 0..60),
            near in prop::collection::vec(-30 * DAY..30 * DAY, 0..40),
            whole in prop::collection::vec(-30..30_i64, 0..40),
            past in any::<bool>(),
        ) {
            events.sort_unstable();
            let mut times: Vec<i64> = near.into_iter().chain(whole.iter().map(|day| day * DAY)).collect();
            times.extend(past.then_some(i64::MIN));
            times.sort_unstable();
            times.dedup();
            let mut boundaries = Boundaries { times, ..Boundaries::default() };
            let words: Vec<i64> = events.iter().flat_map(|time| [*time, 0]).collect();
            let expected: Vec<u32> = boundaries
                .times
                .iter()
                .map(|at| u32::try_from(events.iter().filter(|time| **time <= *at).count()).unwrap())
                .collect();
            let divided = |boundaries: &Boundaries| {
                let mut positions = vec![0; boundaries.positions()];
                boundaries.divide(Picked::of_pairs(&words), &mut positions);
                positions.pop();
                positions
            };
            prop_assert_eq!(&divided(&boundaries), &expected);
            boundaries.days = boundaries.days();
            prop_assert_eq!(divided(&boundaries), expected);
        }
    }
}
