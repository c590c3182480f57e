//! The part of a plan that some of its programs read.

use super::plan::Plan;
use crate::expr::Program;

impl Plan {
    /// The part of this plan that `programs`, which are bound to it, read. It fills frames with the
    /// same slots, but only those that are read; what was forgotten by the whole plan's retention
    /// is known to the part as well.
    #[must_use]
    pub fn part(&self, programs: &[&Program]) -> Self {
        let mut part = self.clone();
        part.steps.clear();
        // A step comes after those it reads.
        for (slot, step) in self.steps.iter().rev() {
            if part.reads(programs, *slot) {
                part.steps.push((*slot, step.clone()));
            }
        }
        part.steps.reverse();
        let mut aggregates = std::mem::take(&mut part.aggregates);
        aggregates.retain(|(slot, _)| part.reads(programs, *slot));
        part.windows.clear();
        part.selections.clear();
        for (_, aggregate) in &mut aggregates {
            aggregate.window = part.window(self, aggregate.window);
            aggregate.other = part.window(self, aggregate.other);
            aggregate.selection = part.windows[aggregate.window].0;
        }
        part.aggregates = aggregates;
        part
    }

    fn reads(&self, programs: &[&Program], slot: usize) -> bool {
        programs.iter().any(|program| program.reads_slot(slot))
            || self.steps.iter().any(|(_, step)| step.reads_slot(slot))
    }

    /// The number here of a window of `whole`.
    fn window(&mut self, whole: &Self, window: usize) -> usize {
        let (selection, spec) = whole.windows[window];
        let selection =
            super::plan::place(&mut self.selections, whole.selections[selection].clone());
        super::plan::place(&mut self.windows, (selection, spec))
    }
}
