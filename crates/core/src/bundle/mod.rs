//! Bundles: a playbook and its model in one checksummed file.

pub(crate) mod container;
mod model;

use std::sync::Arc;

use container::{BUNDLE, Container, hash};

use crate::campaign::Name;
use crate::churn::{InputKind, Model};
use crate::columns::Frame;
use crate::error::{Error, ErrorCode, Result, did_you_mean};
use crate::expr::Type;
use crate::features::FeatureTable;
use crate::playbook::Playbook;

/// A playbook and, where there is one, its churn model.
///
/// It is cheap to clone, and never changes.
#[derive(Debug, Clone)]
pub struct Bundle(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    playbook: Playbook,
    model: Option<Model>,
    bytes: Vec<u8>,
    hash: Name,
}

impl Bundle {
    /// The bundle of a playbook and a model trained on its features.
    ///
    /// # Errors
    /// `model_shape` when the model reads something that the playbook has no feature for, or one of
    /// another type.
    pub fn new(playbook: Playbook, model: Option<Model>) -> Result<Self> {
        if let Some(model) = &model {
            check_inputs(&playbook, model)?;
        }
        let mut container = Container::new(&BUNDLE);
        container.push("playbook", playbook.text().as_bytes().to_vec())?;
        if let Some(model) = &model {
            model::write(&mut container, model)?;
        }
        let bytes = container.write();
        let hash = hash(&bytes).into();
        Ok(Self(Arc::new(Parts { playbook, model, bytes, hash })))
    }

    /// Reads a bundle. The bytes may come from anywhere: everything in them is checked.
    ///
    /// # Errors
    /// `bundle_format`, `bundle_version`, `bundle_checksum`, and those of [`Playbook::parse`] and
    /// [`Bundle::new`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let container = Container::read(bytes, &BUNDLE)?;
        let playbook = Playbook::parse(container.require_text("playbook")?)?;
        let model = match container.get("model") {
            Some(_) => Some(model::read(&container)?),
            None => None,
        };
        if let Some(model) = &model {
            check_inputs(&playbook, model)?;
        }
        let hash = hash(bytes).into();
        Ok(Self(Arc::new(Parts { playbook, model, bytes: bytes.to_vec(), hash })))
    }

    /// The file: the same playbook and model give the same bytes.
    #[must_use]
    pub fn to_bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// BLAKE3 of the file, in hexadecimal: what decisions name the bundle by.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.0.hash
    }

    /// The hash, as decisions have it.
    pub(crate) fn name(&self) -> &Name {
        &self.0.hash
    }

    /// The playbook.
    #[must_use]
    pub fn playbook(&self) -> &Playbook {
        &self.0.playbook
    }

    /// The model, if there is one.
    #[must_use]
    pub fn model(&self) -> Option<&Model> {
        self.0.model.as_ref()
    }

    /// The churn probability of each row of a feature table, in row order.
    ///
    /// # Errors
    /// `model_missing` when the bundle has no model; `model_shape` when the table lacks a feature.
    pub fn score_rows(&self, table: &FeatureTable) -> Result<Vec<f64>> {
        let model = self.scoring()?;
        model.predict(model.rows_of(table)?.view())
    }

    /// The churn probability of each row of a host's table, which has a column for each feature
    /// that the model reads: booleans and categories as such, missing where missing.
    ///
    /// # Errors
    /// As [`Bundle::score_rows`]; `table_column` and `table_value` when a column or value is not
    /// what the feature is.
    pub fn score_frame(&self, frame: &Frame) -> Result<Vec<f64>> {
        let model = self.scoring()?;
        model.predict(model.rows_of_frame(frame)?.view())
    }

    /// The model, where a question needs one.
    pub(crate) fn scoring(&self) -> Result<&Model> {
        self.model().ok_or_else(|| {
            Error::new(ErrorCode::ModelMissing, "bundle", "has no model to score with")
        })
    }
}

fn check_inputs(playbook: &Playbook, model: &Model) -> Result<()> {
    let specs = &playbook.feature_set().specs;
    for input in model.inputs() {
        let refuse = |message: String| {
            Error::new(ErrorCode::ModelShape, "model input", message).at_path(&input.name)
        };
        let Some(spec) = specs.iter().find(|spec| spec.name == input.name) else {
            let near = did_you_mean(&input.name, specs.iter().map(|spec| spec.name.as_str()));
            return Err(refuse(format!("is not a feature of the playbook{near}")));
        };
        let fits = matches!(
            (&input.kind, spec.program.kind()),
            (InputKind::Number, Type::Number)
                | (InputKind::Bool, Type::Bool)
                | (InputKind::Category { .. }, Type::Category(_))
        );
        if !fits {
            let (found, expected) = (spec.program.kind().name(), input.kind.name());
            return Err(refuse(format!(
                "is {found} in the playbook; the model expects a {expected}"
            )));
        }
    }
    Ok(())
}
