//! Tuning: parameters of training that do well on rows held out.
//!
//! A [`Study`] tries points of a [`Space`] one after the other by cross-validation, proposes the
//! next by the tree-structured Parzen estimator, and gives up early on those that are behind the
//! median of others by the same fold. [`Search`] is the same for any other question that has a
//! number for an answer.

mod search;
mod space;
mod study;
mod tpe;

pub use search::{Direction, Search, Trial, TrialState};
pub use space::{Dimension, Space};
pub use study::{SharedStudy, Study, StudyParams};
