//! Features: named, typed values computed from a history and attributes at an instant.

mod agenda;
mod aggregate;
mod batch;
mod builder;
mod calendar;
mod columnar;
mod cut_offs;
mod of_frame;
mod output;
mod plan;
mod retention;
mod roll;
mod selection;
mod sequence;
mod subject;
mod summary;
mod table;
mod training;

pub use agenda::Agenda;
pub use batch::Batch;
pub use cut_offs::{CutOffs, Every, Grid};
pub use plan::{FeatureSet, FeatureSpec, Frames, Plan, Scratch};
pub use retention::Retention;
pub(crate) use selection::value_of;
pub use subject::Subject;
pub use table::{FeatureColumn, FeatureData, FeatureTable, FeatureType, Keys, RowKey};
pub use training::{Censored, LabelSpec, LeftOut, TrainingOptions, TrainingSet};
