//! Models in ONNX, whoever wrote them: `skl2onnx`, `onnxmltools` (`LightGBM`, `XGBoost`),
//! `CatBoost`, ourselves.
//!
//! A file is a graph of operators, not a model. It is followed from its inputs: [`column`] keeps
//! track of what each column of a matrix is made of, [`trees`] and [`linear`] read the operators
//! that predict, and [`graph`] follows what is done to their scores. What it comes down to must be
//! one forest or one linear model with a known function from its margin to the probability of the
//! second class; anything else is refused with the name of the operator.
//!
//! | operators | what is read |
//! |---|---|
//! | `TreeEnsembleClassifier`, `TreeEnsembleRegressor`, `TreeEnsemble` | all modes of nodes, missing values, `f32` and `f64`; sums, averages |
//! | `LinearClassifier`, `LinearRegressor`, `MatMul`, `Gemm` | two classes |
//! | `Scaler`, `Imputer`, `Cast`, `Add`, `Sub`, `Mul`, `Div`, `Concat`, `Gather`, `ArrayFeatureExtractor`, `OneHotEncoder`, `Reshape`, `Identity` | before the model |
//! | `Sigmoid`, `ZipMap`, `Cast`, `Concat`, `Slice`, `Gather`, `Sub` from 1, `Greater` and `Where`, … | behind it |
//!
//! What ONNX Runtime does where the specification is silent was measured (1.31):
//!
//! - leaves are added in tree order, and `base_values` last. It does so for one thread; with several
//!   it adds parts of a large forest up by themselves when rows are few, and then differs from
//!   itself in the last bits;
//! - a classifier with one class in `class_ids` gives `[1 − s, s]` where no weight is negative, and
//!   `[−s, s]` otherwise;
//! - a missing value is not equal to anything: at `BRANCH_NEQ` it answers yes, whatever
//!   `nodes_missing_value_tracks_true` says;
//! - a regressor of one target does not apply `LOGISTIC`. Here it counts, as the specification says;
//! - its logistic function is `1 / (1 + exp(−|s|))`, turned round below 0, so that probabilities
//!   differ from ours in the last bit of single precision.
//!
//! A threshold behind a `Scaler` or an `Imputer` moves to the input that comes to it: each step is
//! computed in the precision of the file, so the trees divide rows exactly as they do there.

mod column;
mod ensemble;
mod graph;
mod linear;
mod node;
mod operator;
#[cfg(test)]
mod tests;
mod trees;

use prost::Message;
use stayput_core::churn::Model;
use stayput_core::{Error, Result};

use super::features::Features;
use crate::onnx::{FEATURES, MODEL, ModelProto};

const NAME: &str = "ONNX";

/// Reads a model in ONNX (`.onnx`).
///
/// Margins of trees have the bits of ONNX Runtime's sums in single precision (on one thread), and
/// probabilities are within 2e-7 of its own; those of linear models, which it computes in single
/// precision and we in double, within 1e-5. In double precision both are within 1e-12.
///
/// The probability is that of the second class. A `TreeEnsembleRegressor` without a function behind
/// it is taken to predict the probability itself. Names come from the metadata that our own export
/// writes, from inputs that are one column each, or from `features`; a category that trees compare
/// with codes (`BRANCH_EQ`, `BRANCH_MEMBER`) must be named there. Linear models do not know missing
/// values: here one counts as what the `Imputer` puts in its place, else as the offset of the
/// `Scaler`, else as 0.
///
/// # Errors
/// [`ErrorCode::ModelFormat`] for bytes that are no such model, [`ErrorCode::Unsupported`] for a
/// graph that is not read, naming the operator, [`ErrorCode::ModelShape`] where `features` does not
/// fit it.
///
/// [`ErrorCode::ModelFormat`]: stayput_core::ErrorCode::ModelFormat
/// [`ErrorCode::Unsupported`]: stayput_core::ErrorCode::Unsupported
/// [`ErrorCode::ModelShape`]: stayput_core::ErrorCode::ModelShape
pub fn onnx(bytes: &[u8], features: &Features) -> Result<Model> {
    let file = ModelProto::decode(bytes).map_err(|error| refuse(error.to_string()))?;
    let graph = file.graph.as_ref().ok_or_else(|| refuse("it has no graph"))?;
    let property = |key: &str| {
        let entry = file.metadata_props.iter().find(|entry| entry.key == key);
        entry.map(|entry| entry.value.as_str())
    };
    if *features == Features::AsStored
        && let Some(model) = property(MODEL).and_then(|hex| embedded(hex, &file))
    {
        return Ok(model);
    }
    let stored = property(FEATURES).and_then(|json| Features::from_json(json).ok());
    graph::read(graph, stored.as_ref(), features)
}

/// Our own model that the metadata holds, if the graph is what we write for it: the graph counts.
fn embedded(hex: &str, file: &ModelProto) -> Option<Model> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8; 2]| u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok();
    let bytes: Vec<u8> = pairs.iter().map(byte).collect::<Option<_>>()?;
    let model = Model::from_bytes(&bytes).ok().filter(|_| rest.is_empty())?;
    let ours = ModelProto::decode(crate::export::onnx(&model).ok()?.as_slice()).ok()?;
    (ours.graph == file.graph).then_some(model)
}

fn refuse(message: impl Into<String>) -> Error {
    super::refuse(NAME, message)
}

fn unsupported(message: impl Into<String>) -> Error {
    super::unsupported(NAME, message)
}
