//! Tables of the core as Arrow arrays, and back: what the bindings that speak Arrow share.
//!
//! Numbers of any width, booleans, texts in every layout, dictionaries, dates and times of every
//! unit come in; missing is null. The version of the Arrow crates is the one of `pyo3-arrow`.

mod read;
mod write;

pub use read::{column, frame};
pub use write::batch;
