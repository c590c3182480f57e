//! Columns of texts: with a dictionary, or as a host keeps them.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::{Buffer, Dictionary};

/// The code of a missing text in a [`TextColumn`].
pub const MISSING_TEXT: u32 = u32::MAX;

/// A column of texts: each row is an index into `values`, or [`MISSING_TEXT`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TextColumn {
    /// One code a row.
    pub codes: Buffer<u32>,
    /// The texts, in any order; most often each once.
    pub values: Arc<Dictionary>,
}

impl TextColumn {
    /// The column of these codes into `values`.
    pub fn new<S: AsRef<str>>(
        codes: impl Into<Buffer<u32>>,
        values: impl IntoIterator<Item = S>,
    ) -> Self {
        Self { codes: codes.into(), values: Arc::new(values.into_iter().collect()) }
    }

    /// The column of `texts`, with the dictionary in order of first appearance.
    pub fn from_texts<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut seen = HashMap::new();
        let mut values = Dictionary::default();
        let mut before = (None, MISSING_TEXT);
        let code = |text: Option<&'a str>| {
            // Tables often have equal texts in a row, and comparing is cheaper than looking up.
            if before.0 != text {
                let code = text.map_or(MISSING_TEXT, |text| {
                    *seen.entry(text).or_insert_with(|| {
                        values.push(text);
                        u32::try_from(values.len() - 1).unwrap_or(MISSING_TEXT)
                    })
                });
                before = (text, code);
            }
            before.1
        };
        let codes = texts.into_iter().map(code).collect();
        Self { codes, values: values.into() }
    }

    /// The text of a row, or none where it is missing.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        self.values.get(*self.codes.get(row)? as usize)
    }
}

/// Texts that a host keeps, each by its row.
pub trait Texts: Send + Sync {
    /// The number of rows.
    fn len(&self) -> usize;

    /// Whether there is no row.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of a row in range, or none where it is missing.
    fn get(&self, row: usize) -> Option<&str>;
}

/// A column of texts without a dictionary, read where the host keeps them: identifiers, which
/// hardly repeat.
#[derive(Clone)]
pub struct Strings(Arc<dyn Texts>);

impl Strings {
    /// The texts that a host keeps.
    #[must_use]
    pub fn new(texts: Arc<dyn Texts>) -> Self {
        Self(texts)
    }

    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text of a row in range, or none where it is missing.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        self.0.get(row)
    }

    /// All rows in order.
    pub fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        (0..self.len()).map(|row| self.get(row))
    }
}

impl PartialEq for Strings {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Strings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
