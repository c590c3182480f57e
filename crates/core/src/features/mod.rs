//! Features: named, typed values computed from a history and attributes at an instant.

mod agenda;
mod aggregate;
mod answers;
mod batch;
mod builder;
mod calendar;
mod columnar;
mod cut_offs;
mod frames;
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
pub use answers::Scratch;
pub use batch::Batch;
pub use cut_offs::{CutOffs, Every, Grid};
pub use frames::Frames;
pub use plan::{FeatureSet, FeatureSpec, Plan};
pub use retention::Retention;
pub(crate) use selection::value_of;
pub use subject::{Case, Subject};
pub use table::{FeatureColumn, FeatureData, FeatureTable, FeatureType, Keys, RowKey};
pub use training::{Censored, LabelSpec, LeftOut, TrainingOptions, TrainingSet};
