//! The texts of a dictionary.

use std::fmt;
use std::ops::Index;

/// Texts by number, one after the other in one buffer: a text costs its bytes and the place of its
/// end, and no allocation of its own.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Dictionary {
    text: String,
    ends: Ends,
}

/// Where texts end, in four bytes each until one ends past 4 GiB.
#[derive(Clone, PartialEq, Eq)]
enum Ends {
    Narrow(Vec<u32>),
    Wide(Vec<usize>),
}

impl Default for Ends {
    fn default() -> Self {
        Self::Narrow(Vec::new())
    }
}

impl Ends {
    fn len(&self) -> usize {
        match self {
            Self::Narrow(ends) => ends.len(),
            Self::Wide(ends) => ends.len(),
        }
    }

    /// Where a text that is there ends.
    fn of(&self, at: usize) -> usize {
        match self {
            Self::Narrow(ends) => ends[at] as usize,
            Self::Wide(ends) => ends[at],
        }
    }

    fn push(&mut self, end: usize) {
        match (&mut *self, u32::try_from(end)) {
            (Self::Narrow(ends), Ok(end)) => ends.push(end),
            (Self::Narrow(ends), Err(_)) => {
                let ends = ends.iter().map(|end| *end as usize).chain([end]);
                *self = Self::Wide(ends.collect());
            }
            (Self::Wide(ends), _) => ends.push(end),
        }
    }
}

impl Dictionary {
    /// A dictionary with room for so many texts of so many bytes in all.
    #[must_use]
    pub fn with_capacity(texts: usize, bytes: usize) -> Self {
        let ends = Ends::Narrow(Vec::with_capacity(texts));
        Self { text: String::with_capacity(bytes), ends }
    }

    /// The number of texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of a number, if there is one.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&str> {
        (at < self.len()).then(|| &self[at])
    }

    /// The last text.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.get(self.len().checked_sub(1)?)
    }

    /// All texts in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        (0..self.len()).map(|at| &self[at])
    }

    /// The number of a text, or where it would stand, in texts that are sorted.
    ///
    /// # Errors
    /// The number that a text which is not there would have.
    pub fn binary_search(&self, text: &str) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match self[middle].cmp(text) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// Adds a text after the last.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// Adds a whole number after the last text, in decimal digits.
    pub fn push_whole(&mut self, whole: i64) {
        self.push(itoa::Buffer::new().format(whole));
    }

    /// Adds a text after the last, as it is displayed.
    pub fn push_display(&mut self, value: impl fmt::Display) {
        use fmt::Write as _;
        // Writing to a text does not fail; what a value refused to write is not there.
        let _ = write!(self.text, "{value}");
        self.ends.push(self.text.len());
    }
}

impl Index<usize> for Dictionary {
    type Output = str;

    fn index(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends.of(before));
        &self.text[start..self.ends.of(at)]
    }
}

impl<S: AsRef<str>> FromIterator<S> for Dictionary {
    fn from_iter<I: IntoIterator<Item = S>>(texts: I) -> Self {
        let texts = texts.into_iter();
        let mut all = Self::with_capacity(texts.size_hint().0, 0);
        texts.for_each(|text| all.push(text.as_ref()));
        all
    }
}

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_stand_by_their_numbers(texts in prop::collection::vec("[aé]{0,3}", 0..20), at in 0..25_usize) {
            let all: Dictionary = texts.iter().collect();
            prop_assert!(all.iter().eq(&texts));
            prop_assert_eq!(all.get(at), texts.get(at).map(String::as_str));
            prop_assert_eq!(all.last(), texts.last().map(String::as_str));
            prop_assert_eq!(format!("{all:?}"), format!("{texts:?}"));
        }

        #[test]
        fn ends_are_what_was_pushed_past_four_gib_too(steps in prop::collection::vec(0..1_usize << 31, 0..9)) {
            let (mut ends, mut pushed, mut last) = (Ends::default(), Vec::new(), 0);
            for step in steps {
                last += step;
                pushed.push(last);
                ends.push(last);
            }
            prop_assert!((0..pushed.len()).map(|at| ends.of(at)).eq(pushed.iter().copied()));
            prop_assert_eq!(ends.len(), pushed.len());
            prop_assert_eq!(matches!(ends, Ends::Wide(_)), u32::try_from(last).is_err());
        }

        #[test]
        fn sorted_texts_are_found(mut texts in prop::collection::vec("[ab]{0,3}", 0..20), text in "[ab]{0,3}") {
            texts.sort_unstable();
            texts.dedup();
            let all: Dictionary = texts.iter().collect();
            prop_assert_eq!(all.binary_search(&text), texts.binary_search(&text));
        }

        #[test]
        fn numbers_are_pushed_as_they_are_displayed(numbers in prop::collection::vec(any::<i64>(), 0..9)) {
            let mut all = Dictionary::default();
            for number in &numbers {
                all.push_display(number);
                all.push_whole(*number);
            }
            let numbers = numbers.iter().flat_map(|number| [number, number]);
            prop_assert!(all.iter().eq(numbers.map(ToString::to_string)));
        }
    }
}
