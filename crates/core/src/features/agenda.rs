//! A plan's windows at given instants: where each begins and ends, the same for every customer.
//!
//! All ends and beginnings of one selection of events stand in one ascending list, each once. So a
//! customer's events are divided among all windows and instants in a single pass over both.

use super::selection::Picked;
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
    /// The number of the first among the boundaries of all selections.
    first: usize,
}

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
        let mut first = 0;
        for boundaries in &mut all {
            boundaries.times.sort_unstable();
            boundaries.times.dedup();
            boundaries.first = first;
            first += boundaries.times.len();
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
}

impl Boundaries {
    fn number(&self, time: i64) -> u32 {
        let place = self.times.partition_point(|known| *known < time);
        u32::try_from(self.first + place).unwrap_or(u32::MAX)
    }

    /// The interval `(after, until]` outside which no window reads.
    pub(super) fn whole(&self) -> (i64, i64) {
        let whole = self.times.first().copied().zip(self.times.last().copied());
        whole.unwrap_or((i64::MAX, i64::MIN))
    }

    /// Appends, for each boundary, how many of the events are not later.
    ///
    /// Cost: one pass over events and boundaries, or, where there are far more events, a search
    /// for each boundary.
    pub(super) fn divide(&self, events: Picked<'_>, positions: &mut Vec<u32>) {
        let mut at = 0;
        if events.len() > 8 * self.times.len() {
            for time in &self.times {
                at = events.count_until(*time, at);
                // No customer has 2^32 events.
                positions.push(u32::try_from(at).unwrap_or(u32::MAX));
            }
            return;
        }
        let mut times = events.times();
        let mut next = times.next();
        let mut count = 0_u32;
        for boundary in &self.times {
            while next.is_some_and(|time| time <= *boundary) {
                next = times.next();
                count += 1;
            }
            positions.push(count);
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
