//! Stayput: an embeddable customer-retention engine.
//!
//! This package is the façade: it re-exports `stayput-core` and, with the default feature
//! `models`, `stayput-models` as [`models`].

pub use stayput_core::*;
#[cfg(feature = "models")]
pub use stayput_models as models;
