//! Trees of few questions: the contributions for every way to answer them.
//!
//! A symmetric tree asks one question a level, so that a tree of depth `d` knows only `2^d` rows.
//! What each input contributes is computed once for each of them, by the same walk that other
//! trees take, and then looked up.

use super::tree::{Question, Rules, Tree};
use super::walk::{Scratch, Walk};

/// The most questions of a tree that gets a table: at most 2^8 rows of eight numbers, 16 kB.
const MOST_QUESTIONS: usize = 8;

/// A tree as a table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) questions: Vec<Question>,
    /// The inputs that are asked about, rising.
    features: Vec<u32>,
    /// One number an input for each pattern of answers, question `i` in bit `i`.
    values: Vec<f64>,
}

impl Table {
    /// The table of a tree; none where it asks too many questions.
    pub(super) fn new(rules: &Rules, tree: &Tree, walk: &Walk, width: usize) -> Option<Self> {
        let (questions, asks) = questions(rules, tree)?;
        let mut features: Vec<u32> = questions.iter().map(|question| question.feature).collect();
        features.sort_unstable();
        features.dedup();
        let mut values = Vec::with_capacity(features.len() << questions.len());
        let (mut scratch, mut sides) = (Scratch::default(), vec![[0]; tree.splits.len()]);
        let mut row = vec![0.0; width];
        for pattern in 0..1_usize << questions.len() {
            for (side, &asks) in sides.iter_mut().zip(&asks) {
                *side = [u8::from(pattern >> asks & 1 == 1)];
            }
            row.fill(0.0);
            walk.add(&sides, &mut scratch, &mut row);
            values.extend(features.iter().map(|&feature| row[feature as usize]));
        }
        Some(Self { questions, features, values })
    }

    /// Adds the contributions of a rounded row.
    #[inline]
    pub(super) fn add(&self, rules: &Rules, row: &[f64], into: &mut [f64]) {
        let mut pattern = 0;
        for (at, question) in self.questions.iter().enumerate() {
            pattern |= usize::from(rules.side(question, row)) << at;
        }
        let count = self.features.len();
        let values = &self.values[pattern * count..][..count];
        for (&feature, value) in self.features.iter().zip(values) {
            into[feature as usize] += value;
        }
    }
}

/// The different questions of a tree, and which of them each split asks.
fn questions(rules: &Rules, tree: &Tree) -> Option<(Vec<Question>, Vec<usize>)> {
    let mut questions: Vec<Question> = Vec::new();
    let mut asks = Vec::with_capacity(tree.splits.len());
    for split in &tree.splits {
        let known = questions.iter().position(|known| rules.same(known, &split.question));
        if known.is_none() {
            if questions.len() == MOST_QUESTIONS {
                return None;
            }
            questions.push(split.question);
        }
        asks.push(known.unwrap_or(questions.len() - 1));
    }
    Some((questions, asks))
}
