//! Churn inference: a trained model as data, and the probability it gives a feature row.
//!
//! Whatever trained a model, it arrives here in one of two forms, a [`Forest`] or a [`Linear`],
//! before which an [`Encoder`] may turn categories into numbers. Both turn a row into a margin (log-odds); a [`Calibrator`], or else the form's own link, turns
//! the margin into a probability. Nothing here trains: that is the work of `stayput-models`.
//!
//! A [`Model`] that exists is sound. It is built by [`Model::new`], and deserialising goes through
//! the same door, so that bytes from anywhere give either a model or an error, never a panic.

mod calibrator;
mod encoder;
mod explain;
mod forest;
mod linear;
mod link;
mod model;
mod recourse;
mod reference;
mod rows;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod venn_abers;

pub use calibrator::Calibrator;
pub use encoder::{Encoder, NumberOfName, smoothed_mean};
pub use explain::{Explainer, Explanation, Interactions, Output};
pub use forest::{Compare, Forest, ForestParts, LEAF, Nodes, Sets};
pub use linear::{Encoding, Linear};
pub use link::Link;
pub use model::{Input, InputKind, Model, ModelParts, Predictor, TrainedOn};
pub use recourse::{Lever, RecourseParams, RecourseStatus, Recoursed};
pub use reference::Reference;
pub use venn_abers::{ConfidenceLevel, ProbabilityInterval, Steps, VennAbers};
