//! Frames: one value for each slot of a plan, for each instant of some cases.

use super::agenda::Agenda;
use super::subject::Case;
use crate::expr::{Input, Value};

/// One frame of values for each instant of some cases, one case after the other.
#[derive(Debug, Default)]
pub struct Frames<'a> {
    values: Vec<Value<'a>>,
    slots: usize,
}

impl<'a> Frames<'a> {
    /// Empty frames in the same memory, for other customers.
    #[must_use]
    pub fn recycled<'b>(mut self) -> Frames<'b> {
        self.values.clear();
        // Collecting nothing into a vector of the same layout keeps its memory.
        Frames { values: self.values.into_iter().map(|_| Value::Missing).collect(), slots: 0 }
    }

    /// Makes the frames of these cases, with what is known before any event is read.
    pub(super) fn begin(&mut self, cases: &[Case<'_, 'a>], agenda: &Agenda, slots: &[Input]) {
        self.slots = slots.len();
        self.values.clear();
        for Case { subject, within } in cases.iter().filter(|_| !slots.is_empty()) {
            for as_of in &agenda.instants[within.clone()] {
                self.values.extend(slots.iter().map(|input| match input {
                    Input::AsOf => Value::Time(*as_of),
                    Input::Zone => Value::Clock(subject.zone.clock()),
                    Input::Attribute(index) => subject.attributes[*index],
                    _ => Value::Missing,
                }));
            }
        }
    }

    /// The frame of an instant, by its position among those of all cases.
    #[must_use]
    pub fn at(&self, instant: usize) -> &[Value<'a>] {
        &self.values[instant * self.slots..(instant + 1) * self.slots]
    }

    /// As [`Frames::at`], to be filled further.
    pub fn at_mut(&mut self, instant: usize) -> &mut [Value<'a>] {
        &mut self.values[instant * self.slots..(instant + 1) * self.slots]
    }

    /// All frames, to be filled further.
    pub(super) fn each_mut(&mut self) -> impl Iterator<Item = &mut [Value<'a>]> {
        self.values.chunks_exact_mut(self.slots.max(1))
    }

    /// The values of one slot, from the frame of an instant on.
    pub(super) fn slot(&self, slot: usize, from: usize) -> impl Iterator<Item = Value<'a>> {
        self.values.iter().skip(from * self.slots + slot).step_by(self.slots.max(1)).copied()
    }

    /// As [`Frames::slot`], to be filled.
    pub(super) fn slot_mut(
        &mut self,
        slot: usize,
        from: usize,
    ) -> impl Iterator<Item = &mut Value<'a>> {
        self.values.iter_mut().skip(from * self.slots + slot).step_by(self.slots.max(1))
    }
}
