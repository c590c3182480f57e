//! Our models in the files of other libraries, so that nobody is locked in.
//!
//! | library | format | what |
//! |---|---|---|
//! | `XGBoost` | JSON, read by 1.7 and newer | forests in single precision, such as `gbm` and `gbdt` train |
//!
//! What is written predicts there what it predicts here; what cannot is refused.

mod xgboost;

pub(crate) use xgboost::file as xgboost_file;
pub use xgboost::xgboost;
