//! The rows of a column: its own, or a host's, read where they are.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Rows that are never changed. Cloning one copies a pointer.
pub struct Buffer<T>(Arc<dyn AsRef<[T]> + Send + Sync>);

impl<T> Buffer<T> {
    /// The rows that a host keeps, without copying them.
    #[must_use]
    pub fn shared(rows: Arc<dyn AsRef<[T]> + Send + Sync>) -> Self {
        Self(rows)
    }
}

/// Which rows are there, one bit each, the lowest of a byte first.
#[derive(Debug, Clone)]
pub struct Bits {
    bytes: Buffer<u8>,
    /// The bit of the first row.
    first: usize,
}

impl Bits {
    /// The bits of `bytes` from number `first` on.
    #[must_use]
    pub fn new(bytes: Buffer<u8>, first: usize) -> Self {
        Self { bytes, first }
    }

    /// The bits, to be read.
    #[must_use]
    pub fn mask(&self) -> Mask<'_> {
        Mask { bytes: &self.bytes, first: self.first }
    }
}

/// Which rows are there, to be read.
#[derive(Debug, Clone, Copy)]
pub struct Mask<'a> {
    bytes: &'a [u8],
    first: usize,
}

impl Mask<'_> {
    /// Whether a row is there; not where there are fewer bits.
    #[must_use]
    #[inline]
    pub fn get(&self, row: usize) -> bool {
        let at = self.first + row;
        self.bytes.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1)
    }
}

impl<T> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        (*self.0).as_ref()
    }
}

impl<T: Send + Sync + 'static> From<Vec<T>> for Buffer<T> {
    fn from(rows: Vec<T>) -> Self {
        Self(Arc::new(rows))
    }
}

impl<T: Send + Sync + 'static> FromIterator<T> for Buffer<T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        rows.into_iter().collect::<Vec<T>>().into()
    }
}

impl<T: Send + Sync + 'static> Default for Buffer<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<T: PartialEq> PartialEq for Buffer<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: fmt::Debug> fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
