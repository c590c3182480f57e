//! Features: named, typed values computed from a history and attributes at an instant.

mod aggregate;
mod batch;
mod calendar;
mod plan;
mod sequence;
mod summary;
mod table;

pub use batch::{Batch, LabelSpec};
pub use plan::{FeatureSet, FeatureSpec, Plan, Subject};
pub use table::{
    FeatureColumn, FeatureData, FeatureTable, FeatureType, LeftOut, RowKey, TrainingSet,
};
