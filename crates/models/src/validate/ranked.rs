//! Rows by score: what every measure of order reads.

/// Rows of one score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tied {
    pub(super) score: f64,
    pub(super) rows: usize,
    pub(super) positives: usize,
}

/// The rows by score, the greatest first, those of one score together; so no order in which rows
/// come changes anything that is made of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ranked {
    pub(super) tied: Vec<Tied>,
    pub(super) rows: usize,
    pub(super) positives: usize,
}

impl Ranked {
    /// Cost: one sort, linear where the rows come in order of their scores.
    pub(super) fn new(labels: &[bool], scores: &[f64]) -> Self {
        let mut rows: Vec<(f64, bool)> =
            scores.iter().copied().zip(labels.iter().copied()).collect();
        rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        let count = |rows: &[(f64, bool)]| rows.iter().filter(|row| row.1).count();
        let tied = rows
            .chunk_by(|a, b| a.0 == b.0)
            .map(|tied| Tied { score: tied[0].0, rows: tied.len(), positives: count(tied) })
            .collect();
        Self { tied, rows: rows.len(), positives: count(&rows) }
    }

    pub(super) fn negatives(&self) -> usize {
        self.rows - self.positives
    }

    /// Whether there are rows of both labels.
    pub(super) fn both(&self) -> bool {
        self.positives > 0 && self.negatives() > 0
    }

    /// The points of the ROC curve as counts: how many rows of label 0, and how many of label 1,
    /// have at least each score, from none to all.
    pub(super) fn roc(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let points = self.tied.iter().scan((0, 0), |(negatives, positives), tied| {
            *negatives += tied.rows - tied.positives;
            *positives += tied.positives;
            Some((*negatives, *positives))
        });
        std::iter::once((0, 0)).chain(points)
    }
}
