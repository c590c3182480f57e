//! What rows count when a calibrator is fitted.

/// What each row counts; nothing where each counts once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights<'w>(pub(super) Option<&'w [f64]>);

impl Weights<'_> {
    /// What a row counts.
    pub(super) fn of(&self, row: usize) -> f64 {
        self.0.and_then(|weights| weights.get(row)).copied().unwrap_or(1.0)
    }

    /// What all rows of each label count.
    pub(super) fn of_labels(&self, labels: &[bool]) -> [f64; 2] {
        let mut counts = [0.0; 2];
        for (row, label) in labels.iter().enumerate() {
            counts[usize::from(*label)] += self.of(row);
        }
        counts
    }
}
