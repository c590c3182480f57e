//! Which way rows go at the splits of a forest.
//!
//! The thresholds of an input are put in order once, and of a row only how many of them it lies beyond
//! is looked up; then each split is a comparison of two small numbers. A missing value lies beyond all
//! thresholds for the splits that send it right, and beyond none for the others.

use super::tree::{Question, Rules, Tree};

/// What the splits of a forest ask.
#[derive(Debug, Clone)]
pub(super) struct Asks {
    /// The different thresholds of each column, rising.
    cuts: Vec<Vec<f64>>,
    /// What no rank answers, such as sets.
    odd: Vec<Question>,
}

/// A question: whether the number in a slot is greater.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    slot: u32,
    rank: u32,
}

impl Asks {
    /// What is asked by trees of rows of that width.
    pub(super) fn new(trees: &[Tree], width: usize) -> Self {
        let mut cuts = vec![Vec::new(); width];
        let questions = trees.iter().flat_map(|tree| &tree.splits).map(|split| &split.question);
        for question in questions.filter(|question| !question.is_odd()) {
            cuts[question.feature as usize].push(question.threshold);
        }
        for cuts in &mut cuts {
            cuts.sort_unstable_by(f64::total_cmp);
            cuts.dedup();
        }
        Self { cuts, odd: Vec::new() }
    }

    /// The question of a split.
    pub(super) fn ask(&mut self, question: &Question) -> Ask {
        let number = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        if question.is_odd() {
            self.odd.push(*question);
            return Ask { slot: number(2 * self.cuts.len() + self.odd.len() - 1), rank: 0 };
        }
        let cuts = &self.cuts[question.feature as usize];
        let rank = cuts.partition_point(|cut| *cut < question.threshold);
        let slot = 2 * question.feature + u32::from(question.missing_left);
        Ask { slot, rank: number(rank) }
    }

    /// How many numbers a row comes to.
    pub(super) fn slots(&self) -> usize {
        2 * self.cuts.len() + self.odd.len()
    }

    /// Adds the numbers of a rounded row.
    pub(super) fn place(&self, rules: &Rules, row: &[f64], into: &mut Vec<u32>) {
        for (cuts, value) in self.cuts.iter().zip(row) {
            into.extend(match rules.beyond(cuts, *value) {
                Some(count) => [count; 2],
                None => [u32::MAX, 0],
            });
        }
        into.extend(self.odd.iter().map(|question| u32::from(rules.side(question, row))));
    }
}

impl Ask {
    /// The side of a row that came to these numbers.
    #[inline]
    pub(super) fn side(self, places: &[u32]) -> u8 {
        u8::from(places[self.slot as usize] > self.rank)
    }
}
