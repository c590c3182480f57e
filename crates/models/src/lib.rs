//! Training for Stayput. Whatever trains is lowered into the core's own model forms.
//!
//! [`train`] fits a model to a training set, [`evaluate`] judges it on rows it has not seen, and
//! [`cross_validate`] does both over [`Folds`]. Each algorithm stands in a module of its own, and
//! only there is anything known of the library that does the fitting.
//!
//! [`import`] reads models of other libraries into the same forms, and [`export`] writes ours for
//! them.
//!
//! Beside that stands what native hosts share and the core must not have: [`files`], [`guard`] that
//! makes errors of panics, and [`SharedEngine`] between threads.

mod calibrate;
mod data;
mod encode;
pub mod export;
pub mod files;
mod gbdt;
mod gbm;
mod guard;
pub mod import;
pub mod inspect;
mod logistic;
mod lower;
mod params;
mod shared;
pub mod simulate;
#[cfg(test)]
mod testing;
mod train;
pub mod validate;

pub use calibrate::{beta, corrected_for_prior, isotonic, platt, venn_abers, with_prior};
pub use encode::Encode;
pub use guard::guard;
pub use params::{Algorithm, Calibrate, CheckedTrainParams, GrowPolicy, TrainParams};
pub use shared::SharedEngine;
pub use stayput_core::churn::Model;
pub use stayput_core::{Error, ErrorCode, Result};
pub use train::train;
pub use validate::{Folds, Judged, Report, compare, cross_validate, evaluate};
