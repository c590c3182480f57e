//! Training for Stayput. Whatever trains is lowered into the core's own model forms.
//!
//! [`train`] fits a model to a training set, [`evaluate`] judges it on rows it has not seen, and
//! [`cross_validate`] does both over [`Folds`]. Each algorithm stands in a module of its own, and
//! only there is anything known of the library that does the fitting.
//!
//! A [`Study`] finds parameters that do well on rows held out ([`tune`]).
//!
//! [`import`] reads models of other libraries into the same forms, and [`export`] writes ours for
//! them.
//!
//! [`off_policy`] says what another policy would have brought.
//!
//! [`ask`] has the questions about a model as hosts ask them, in JSON.
//!
//! Beside that stands what native hosts share and the core must not have: [`files`], [`guard`] that
//! makes errors of panics, and [`SharedEngine`] between threads.

pub mod ask;
mod booster;
mod calibrate;
mod constraints;
mod data;
mod encode;
pub mod export;
pub mod files;
mod forest;
mod gbdt;
mod gbm;
mod guard;
pub mod health;
pub mod import;
pub mod inspect;
mod logistic;
mod lower;
pub mod off_policy;
mod onnx;
mod params;
#[cfg(test)]
mod properties;
mod random;
mod segments;
mod shared;
pub mod simulate;
#[cfg(test)]
mod testing;
mod train;
mod tree;
pub mod tune;
pub mod validate;
mod warm;

pub use calibrate::{beta, corrected_for_prior, isotonic, platt, venn_abers, with_prior};
pub use encode::Encode;
pub use guard::guard;
pub use health::{FitHealthParams, fit_health, validate_health};
pub use params::{
    Algorithm, Calibrate, CheckedTrainParams, ClassWeight, EarlyStopping, GrowPolicy, MaxFeatures,
    TrainParams,
};
pub use segments::{TreeSegment, TreeSegments, segments};
pub use shared::SharedEngine;
pub use stayput_core::churn::Model;
pub use stayput_core::{Error, ErrorCode, Result};
pub use train::{TrainOptions, train, train_with};
pub use tune::{Search, SharedStudy, Study, StudyParams};
pub use validate::{Folds, Judged, Report, compare, cross_validate, evaluate};
