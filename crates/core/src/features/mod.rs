//! Features: named, typed values computed from a history and attributes at an instant.

mod aggregate;
mod batch;
mod builder;
mod plan;
mod subject;
mod table;
mod training;

pub use batch::Batch;
pub use plan::{FeatureSet, FeatureSpec, Plan, Scratch};
pub use subject::Subject;
pub use table::{FeatureColumn, FeatureData, FeatureTable, FeatureType, Keys, RowKey};
pub use training::{LabelSpec, LeftOut, TrainingSet};
