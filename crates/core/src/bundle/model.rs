//! A model as it is stored: in a bundle, or in a file of its own.

use serde::{Deserialize, Serialize};

use super::container::{Container, MODEL, to_postcard};
use crate::churn::{
    Calibrator, Encoder, Forest, ForestParts, Input, Linear, Model, ModelParts, Predictor,
    Reference, TrainedOn, VennAbers,
};
use crate::error::Result;
use crate::schema::Literal;

/// The parts of a model, none of them checked yet. The order of fields and variants is the format.
#[derive(Serialize, Deserialize)]
struct Stored {
    inputs: Vec<Input>,
    encoders: Vec<Encoder>,
    predictor: StoredPredictor,
    calibrator: Option<Calibrator>,
    importance: Vec<f64>,
    algorithm: String,
    params: Vec<(String, StoredLiteral)>,
    trained_on: TrainedOn,
}

/// The section of what says how well a probability is known; files of models without it have none.
const CONFIDENCE: &str = "confidence";

/// The section of what is known of the training rows; files of models without it have none.
const REFERENCE: &str = "reference";

#[derive(Serialize, Deserialize)]
enum StoredPredictor {
    Forest(ForestParts),
    Linear(Linear),
}

/// A [`Literal`] with its type before its value.
#[derive(Serialize, Deserialize)]
enum StoredLiteral {
    Bool(bool),
    Number(f64),
    Text(String),
}

impl From<ModelParts> for Stored {
    fn from(parts: ModelParts) -> Self {
        let literal = |literal| match literal {
            Literal::Bool(truth) => StoredLiteral::Bool(truth),
            Literal::Number(x) => StoredLiteral::Number(x),
            Literal::Text(text) => StoredLiteral::Text(text),
        };
        Self {
            inputs: parts.inputs,
            encoders: parts.encoders,
            predictor: match parts.predictor {
                Predictor::Forest(forest) => StoredPredictor::Forest(forest.into()),
                Predictor::Linear(linear) => StoredPredictor::Linear(linear),
            },
            calibrator: parts.calibrator,
            importance: parts.importance,
            algorithm: parts.algorithm,
            params: parts.params.into_iter().map(|(name, of)| (name, literal(of))).collect(),
            trained_on: parts.trained_on,
        }
    }
}

impl Stored {
    fn model(self, confidence: Option<VennAbers>, reference: Option<Reference>) -> Result<Model> {
        let stored = self;
        let literal = |literal| match literal {
            StoredLiteral::Bool(truth) => Literal::Bool(truth),
            StoredLiteral::Number(x) => Literal::Number(x),
            StoredLiteral::Text(text) => Literal::Text(text),
        };
        Model::new(ModelParts {
            inputs: stored.inputs,
            encoders: stored.encoders,
            predictor: match stored.predictor {
                StoredPredictor::Forest(parts) => Predictor::Forest(Forest::new(parts)?),
                StoredPredictor::Linear(linear) => Predictor::Linear(linear),
            },
            calibrator: stored.calibrator,
            importance: stored.importance,
            algorithm: stored.algorithm,
            params: stored.params.into_iter().map(|(name, of)| (name, literal(of))).collect(),
            trained_on: stored.trained_on,
            confidence,
            reference,
        })
    }
}

/// Adds the sections of a model.
pub(super) fn write(container: &mut Container<'_>, model: &Model) -> Result<()> {
    container.push("model", to_postcard(&Stored::from(model.parts().clone()))?)?;
    if let Some(confidence) = &model.parts().confidence {
        container.push(CONFIDENCE, to_postcard(confidence)?)?;
    }
    if let Some(reference) = &model.parts().reference {
        container.push(REFERENCE, to_postcard(reference)?)?;
    }
    Ok(())
}

/// The model that the sections hold.
pub(super) fn read(container: &Container<'_>) -> Result<Model> {
    let stored: Stored = container.require_value("model")?;
    let confidence = match container.get(CONFIDENCE) {
        Some(_) => Some(container.require_value(CONFIDENCE)?),
        None => None,
    };
    let reference = match container.get(REFERENCE) {
        Some(_) => Some(container.require_value(REFERENCE)?),
        None => None,
    };
    let model = stored.model(confidence, reference);
    model.map_err(|error| container.wrong_section("model", &error))
}

impl Model {
    /// The model as a file of its own: the same model gives the same bytes.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut container = Container::new(&MODEL);
        write(&mut container, self)?;
        Ok(container.write())
    }

    /// Reads a model from the bytes of [`Model::to_bytes`]. They may come from anywhere: everything
    /// in them is checked.
    ///
    /// # Errors
    /// `bundle_format`, `bundle_version` and `bundle_checksum`, as for a bundle.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        read(&Container::read(bytes, &MODEL)?)
    }
}
