//! Features: named, typed values computed from a history and attributes at an instant.

mod table;

pub use table::{
    FeatureColumn, FeatureData, FeatureTable, FeatureType, LeftOut, RowKey, TrainingSet,
};
