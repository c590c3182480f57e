//! Our models in ONNX: `ai.onnx.ml` 5, opset 18, which ONNX Runtime reads since 1.20.
//!
//! The graph has one input `rows`, one column a feature as [`Model::predict`] takes it: booleans as
//! 0 and 1, categories as the index of their name, missing as NaN. It is `float` for a forest in
//! single precision, else `double`. Its outputs are `label` (1 where the probability is above one
//! half) and `probabilities` (`double`, of 0 and of 1).
//!
//! | of ours | in the graph |
//! |---|---|
//! | encoders of categories | `Equal` for one-hot, `Gather` from a table for frequencies and means, `Where` for ordinals |
//! | forest | one `TreeEnsemble`; sets of categories as `BRANCH_MEMBER` |
//! | linear model | standardising, then `MatMul` |
//! | link | `Sigmoid`, `Clip` or `Greater` |
//! | calibrator | Platt: a line before `Sigmoid`; beta: `Exp` and `Log`; isotonic: `Gather` from its points |
//!
//! Intervals have no place in the graph. The metadata names the features (`stayput.features`) and
//! holds the whole model (`stayput.model`), so that our own import gives it back as it was.

mod builder;
mod calibrate;
mod encode;
mod linear;
mod trees;

use builder::{Builder, Kind};
use prost::Message;
use serde_json::{Map, Value, json};
use stayput_core::Result;
use stayput_core::churn::{Compare, ForestParts, InputKind, Link, Model, Predictor};

use crate::onnx::{
    FEATURES, GraphProto, INT64, ML, MODEL, ModelProto, OperatorSetIdProto, StringStringEntryProto,
};

/// The name of the graph's input.
const ROWS: &str = "rows";

/// The model as the bytes of an ONNX file.
///
/// In ONNX Runtime on one thread margins of a forest have the bits of those here, and probabilities
/// are within 1e-7 for a forest in single precision, else within 1e-12.
///
/// # Errors
/// [`stayput_core::ErrorCode::Unsupported`] for what a newer version may put into a model.
pub fn onnx(model: &Model) -> Result<Vec<u8>> {
    let parts = model.parts();
    let (kind, mut builder);
    let (margin, link) = match &parts.predictor {
        Predictor::Forest(forest) => match forest.parts() {
            ForestParts::F32(nodes) => {
                (kind, builder) = (Kind::Single, Builder::new(Kind::Single));
                let zero_is_missing = nodes.compare == Compare::NonZeroLessEqual;
                let (rows, width) = encode::columns(&mut builder, parts, zero_is_missing)?;
                (trees::margin(&mut builder, nodes, &rows, &width), nodes.link)
            }
            ForestParts::F64(nodes) => {
                (kind, builder) = (Kind::Double, Builder::new(Kind::Double));
                let zero_is_missing = nodes.compare == Compare::NonZeroLessEqual;
                let (rows, width) = encode::columns(&mut builder, parts, zero_is_missing)?;
                (trees::margin(&mut builder, nodes, &rows, &width), nodes.link)
            }
        },
        Predictor::Linear(model) => {
            (kind, builder) = (Kind::Double, Builder::new(Kind::Double));
            (linear::margin(&mut builder, model), Link::Logistic)
        }
        _ => return Err(super::refuse("ONNX", "its form is not known")),
    };
    let margin = builder.widened(&margin);
    let probability = match &parts.calibrator {
        Some(calibrator) => calibrate::probability(&mut builder, calibrator, &margin)?,
        None => link_of(&mut builder, link, &margin)?,
    };
    builder.outputs(&probability);
    let graph = builder.graph(ROWS, parts.inputs.len(), kind);
    let (features, bytes) = (features(model), model.to_bytes()?);
    Ok(file(graph, &features, &bytes).encode_to_vec())
}

fn file(graph: GraphProto, features: &Value, model: &[u8]) -> ModelProto {
    let property =
        |(key, value): (&str, String)| StringStringEntryProto { key: key.to_owned(), value };
    let operators =
        |(domain, version): (&str, i64)| OperatorSetIdProto { domain: domain.to_owned(), version };
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    let hex = model.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    ModelProto {
        ir_version: 10,
        producer_name: "stayput".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: Some(graph),
        opset_import: [("", 18), (ML, 5)].map(operators).to_vec(),
        metadata_props: [(FEATURES, features.to_string()), (MODEL, hex)].map(property).to_vec(),
    }
}

/// What the features are, as [`crate::import::Features`] reads it.
fn features(model: &Model) -> Value {
    let kind = |kind: &InputKind| match kind {
        InputKind::Category { values } => json!(values),
        other => json!(other.name()),
    };
    let inputs = model.inputs().iter().map(|input| (input.name.clone(), kind(&input.kind)));
    Value::Object(inputs.collect::<Map<String, Value>>())
}

fn link_of(builder: &mut Builder, link: Link, margin: &str) -> Result<String> {
    Ok(match link {
        Link::Logistic => builder.op("Sigmoid", &[margin]),
        Link::Identity => {
            let (zero, one) = (builder.double(0.0), builder.double(1.0));
            builder.op("Clip", &[margin, &zero, &one])
        }
        Link::Step => {
            let zero = builder.double(0.0);
            let above = builder.op("Greater", &[margin, &zero]);
            builder.cast(&above, crate::onnx::DOUBLE)
        }
        _ => return Err(super::refuse("ONNX", "its link is not known")),
    })
}

impl Builder {
    /// `label` and `probabilities`.
    fn outputs(&mut self, probability: &str) {
        let (half, one) = (self.double(0.5), self.double(1.0));
        let above = self.op("Greater", &[probability, &half]);
        let label = self.cast(&above, INT64);
        let axis = self.ints(&[1]);
        self.op_as("Squeeze", &[&label, &axis], "label");
        let rest = self.op("Sub", &[&one, probability]);
        self.concat_as(&[&rest, probability], "probabilities");
    }
}

#[cfg(test)]
mod tests;
