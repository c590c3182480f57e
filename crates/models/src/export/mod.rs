//! Our models in the files of other libraries, so that nobody is locked in.
//!
//! | library | format | what |
//! |---|---|---|
//! | `XGBoost` | JSON, read by 1.7 and newer | forests in single precision, such as `gbm` and `gbdt` train |
//! | ONNX | `ai.onnx.ml` 5, read by ONNX Runtime 1.20 and newer | every model, with its encoders and calibrator |
//!
//! What is written predicts there what it predicts here; what cannot is refused.

mod onnx;
mod xgboost;

use stayput_core::{Error, ErrorCode};

pub use onnx::onnx;
pub use xgboost::xgboost;

/// The error for a model that `library` has no place for.
fn refuse(library: &str, message: &str) -> Error {
    Error::new(ErrorCode::Unsupported, "model", format!("cannot be one of {library}: {message}"))
}
