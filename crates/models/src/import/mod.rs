//! Models of other libraries, read from the files that those write.
//!
//! | library | format | versions | not read |
//! |---|---|---|---|
//! | `XGBoost` | JSON and UBJSON of `save_model` | 1.0 to 3.x | the old binary format, linear boosters, several classes, vector leaves |
//! | `LightGBM` | text of `save_model` | 2.3 to 4.x (`v3`, `v4`) | linear trees, several classes |
//! | `CatBoost` | JSON of `save_model(format="json")` | 1.x | features made of categories by counters, texts, embeddings; several classes |
//! | ONNX | `.onnx`: graphs of `skl2onnx`, `onnxmltools`, `CatBoost` and our own | `ai.onnx.ml` 1 to 5 | what is no forest or linear model of two classes |
//!
//! What scikit-learn trained has no file of its own; it comes over as [`arrays`].
//!
//! A file may come from anywhere. Everything in it is checked: no number in it makes room for more
//! than the file itself holds, nested values have a depth limit, and trees are walked by a queue
//! that holds each node once. What is wrong gives [`ErrorCode::ModelFormat`], what is right and not
//! read here [`ErrorCode::Unsupported`].
//!
//! An imported model reads features by name, as ours do. Libraries do not know all that a feature
//! table says of its columns, so [`Features`] may add to it.

pub mod arrays;
mod catboost;
mod city;
mod features;
mod lightgbm;
mod onnx;
mod single;
#[cfg(test)]
mod tests;
mod ubjson;
mod xgboost;

use stayput_core::churn::{Calibrator, Input, Model, ModelParts, Predictor, TrainedOn};
use stayput_core::schema::Literal;
use stayput_core::{Error, ErrorCode, Result};

pub use catboost::catboost;
pub use features::Features;
pub use lightgbm::lightgbm;
pub use onnx::onnx;
pub use xgboost::xgboost;

/// The error for bytes that are no model of `library`.
fn refuse(library: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorCode::ModelFormat, format!("{library} model"), message)
}

/// The error for a model of `library` that is sound, and of a kind that is not read.
fn unsupported(library: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorCode::Unsupported, format!("{library} model"), message)
}

/// An imported model.
fn model(
    library: &str,
    inputs: Vec<Input>,
    predictor: Predictor,
    calibrator: Option<Calibrator>,
    gains: &[f64],
    params: impl IntoIterator<Item = (&'static str, String)>,
) -> Result<Model> {
    let params = params.into_iter().map(|(name, value)| (name.to_owned(), Literal::Text(value)));
    Model::new(ModelParts {
        importance: crate::lower::shares(gains.iter().copied()),
        inputs,
        encoders: Vec::new(),
        predictor,
        calibrator,
        confidence: None,
        reference: None,
        algorithm: library.to_owned(),
        params: params.collect(),
        trained_on: TrainedOn::default(),
    })
}
