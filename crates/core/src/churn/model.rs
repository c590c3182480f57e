//! A model: what it reads, how it predicts, and where it came from.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, OnceLock};

use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::calibrator::Calibrator;
use super::encoder::Encoder;
use super::explain::Prepared;
use super::forest::{Forest, Trees};
use super::linear::Linear;
use super::reference::Reference;
use super::venn_abers::{ProbabilityInterval, VennAbers};
use crate::columns::number;
use crate::error::{Error, ErrorCode, Result};
use crate::features::FeatureType;
use crate::schema::Literal;
use crate::threads;

/// One column of a model's rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The name of the feature.
    pub name: String,
    /// What its values are.
    pub kind: InputKind,
}

/// What the values of an input are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    /// A number.
    Number,
    /// 0 or 1.
    Bool,
    /// The index of a name in the dictionary.
    Category {
        /// The dictionary that the model was trained with.
        values: Vec<String>,
    },
}

impl InputKind {
    /// What a feature of this type is to a model; none for an instant or a text.
    #[must_use]
    pub fn of(kind: &FeatureType) -> Option<Self> {
        match kind {
            FeatureType::Number => Some(Self::Number),
            FeatureType::Bool => Some(Self::Bool),
            FeatureType::Category { values } => Some(Self::Category { values: values.clone() }),
            FeatureType::Timestamp | FeatureType::Text => None,
        }
    }

    /// `number`, `bool` or `category`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Bool => "bool",
            Self::Category { .. } => "category",
        }
    }
}

/// What turns a row into a margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Predictor {
    /// Trees.
    Forest(Forest),
    /// Logistic regression.
    Linear(Linear),
}

/// The rows a model was trained on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TrainedOn {
    /// How many rows.
    pub rows: u64,
    /// How many of them churned.
    pub positives: u64,
}

/// What a model is made of and stored as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelParts {
    /// The columns of a row, in order.
    pub inputs: Vec<Input>,
    /// How each input becomes columns of the predictor; empty where all are taken as they are.
    #[serde(default)]
    pub encoders: Vec<Encoder>,
    /// What turns the encoded row into a margin.
    pub predictor: Predictor,
    /// What turns the margin into a probability, where it is not the predictor's own link.
    pub calibrator: Option<Calibrator>,
    /// The share each input has in what the model learned: none is negative, and they add up to 1,
    /// or are all 0 for a model that learned nothing.
    pub importance: Vec<f64>,
    /// The name of the algorithm that trained it.
    pub algorithm: String,
    /// The parameters it was trained with.
    pub params: BTreeMap<String, Literal>,
    /// The rows it was trained on.
    pub trained_on: TrainedOn,
    /// What says how well a probability is known, where it was asked for.
    #[serde(default)]
    pub confidence: Option<VennAbers>,
    /// What is known of the training rows, where the model was trained here.
    #[serde(default)]
    pub reference: Option<Reference>,
}

/// The fewest rows that are worth a thread.
const SHARE: usize = 2_048;

/// Rows of so many columns are encoded without allocating.
const SHORT: usize = 128;

/// A churn model that has been checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "ModelParts")]
pub struct Model {
    parts: ModelParts,
    /// How many columns the encoders make of a row.
    width: usize,
    inference: Inference,
    pub(super) kept: Kept,
}

/// The predictor in the form that inference wants.
#[derive(Debug, Clone)]
enum Inference {
    Trees(Trees),
    Linear(Linear),
}

impl PartialEq for Model {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

/// What was prepared to explain the model, or why it cannot be; found out when first asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept(pub(super) OnceLock<Result<Arc<Prepared>>>);

impl Serialize for Model {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.parts.serialize(serializer)
    }
}

impl TryFrom<ModelParts> for Model {
    type Error = Error;

    fn try_from(parts: ModelParts) -> Result<Self> {
        Self::new(parts)
    }
}

impl Model {
    /// A model of these parts.
    ///
    /// # Errors
    /// [`ErrorCode::ModelShape`] when the parts do not fit each other or hold a number that makes
    /// no sense.
    pub fn new(parts: ModelParts) -> Result<Self> {
        let refuse = |message: String| Error::new(ErrorCode::ModelShape, "model", message);
        let mut names = HashSet::new();
        for Input { name, kind } in &parts.inputs {
            if !names.insert(name.as_str()) {
                return Err(refuse("is there twice".to_owned()).at_path(name));
            }
            let InputKind::Category { values } = kind else { continue };
            if values.iter().map(String::as_str).collect::<HashSet<_>>().len() != values.len() {
                return Err(refuse("names a category twice".to_owned()).at_path(name));
            }
        }
        if !parts.encoders.is_empty() && parts.encoders.len() != parts.inputs.len() {
            let (encoders, inputs) = (parts.encoders.len(), parts.inputs.len());
            return Err(refuse(format!("has {encoders} encoders for {inputs} inputs")));
        }
        for (encoder, input) in parts.encoders.iter().zip(&parts.inputs) {
            encoder.check(&input.name, &input.kind)?;
        }
        let encoded = encoded_kinds(&parts.inputs, &parts.encoders);
        let kinds: Vec<&InputKind> = encoded.iter().collect();
        let inference = match &parts.predictor {
            Predictor::Forest(forest) => Inference::Trees(Trees::new(forest, &kinds)?),
            Predictor::Linear(linear) => {
                linear.check(&kinds)?;
                Inference::Linear(linear.clone())
            }
        };
        if let Some(calibrator) = &parts.calibrator {
            calibrator.check()?;
        }
        if let Some(confidence) = &parts.confidence {
            confidence.check()?;
        }
        if let Some(reference) = &parts.reference {
            let columns = match &parts.predictor {
                Predictor::Forest(_) => 0,
                Predictor::Linear(_) => encoded.len(),
            };
            reference.check(parts.inputs.len(), columns)?;
        }
        if parts.importance.len() != parts.inputs.len() {
            return Err(refuse(format!(
                "has {} importances for {} inputs",
                parts.importance.len(),
                parts.inputs.len()
            )));
        }
        let sum: f64 = parts.importance.iter().sum();
        let shares = parts.importance.iter().all(|share| (0.0..=1.0).contains(share));
        if !shares || ((sum - 1.0).abs() > 1e-6 && sum != 0.0) {
            return Err(refuse("its importances are not shares of 1".to_owned()));
        }
        Ok(Self { parts, width: encoded.len(), inference, kept: Kept::default() })
    }

    /// The same model, checked again.
    ///
    /// # Errors
    /// As for [`Model::new`], which every model has passed.
    pub fn check(self) -> Result<Self> {
        Self::new(self.parts)
    }

    /// The parts the model is made of.
    #[must_use]
    pub fn parts(&self) -> &ModelParts {
        &self.parts
    }

    /// The columns of a row, in order.
    #[must_use]
    pub fn inputs(&self) -> &[Input] {
        &self.parts.inputs
    }

    /// The share each input has in what the model learned, in the order of the inputs. For a
    /// forest it is the loss its splits took away; for logistic regression it is the spread
    /// (standard deviation) of what the input adds to the margin over the training rows.
    #[must_use]
    pub fn importance(&self) -> &[f64] {
        &self.parts.importance
    }

    /// The name of the algorithm that trained it.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        &self.parts.algorithm
    }

    /// The parameters it was trained with, by the names that training takes: those that were given,
    /// the defaults of the others, and what rows held out said. Of an imported model, what its file
    /// says of it. Constraints are told as text.
    #[must_use]
    pub fn params(&self) -> BTreeMap<&str, Value> {
        let value = |literal: &Literal| match literal {
            Literal::Bool(truth) => Value::from(*truth),
            Literal::Number(value) => number(*value),
            // A seed may be above what a double holds, and is recorded as digits.
            Literal::Text(text) => {
                text.parse::<u64>().map_or_else(|_| text.as_str().into(), Value::from)
            }
        };
        self.parts.params.iter().map(|(name, literal)| (name.as_str(), value(literal))).collect()
    }

    /// What turns the margin into a probability, where it is not the predictor's own link.
    #[must_use]
    pub fn calibrator(&self) -> Option<&Calibrator> {
        self.parts.calibrator.as_ref()
    }

    /// The same model with another calibrator.
    ///
    /// # Errors
    /// [`ErrorCode::ModelShape`] when the calibrator is not possible.
    pub fn calibrated(mut self, calibrator: Option<Calibrator>) -> Result<Self> {
        self.parts.calibrator = calibrator;
        self.check()
    }

    /// The same model with other confidence intervals.
    ///
    /// # Errors
    /// [`ErrorCode::ModelShape`] when they are not possible.
    pub fn with_confidence(mut self, confidence: Option<VennAbers>) -> Result<Self> {
        self.parts.confidence = confidence;
        self.check()
    }

    /// What is known of the rows the model was trained on, where it was trained here.
    #[must_use]
    pub fn reference(&self) -> Option<&Reference> {
        self.parts.reference.as_ref()
    }

    /// The same model, knowing the rows it was trained on.
    ///
    /// # Errors
    /// [`ErrorCode::ModelShape`] when what is known does not fit the model.
    pub fn with_reference(mut self, reference: Option<Reference>) -> Result<Self> {
        self.parts.reference = reference;
        self.check()
    }

    /// The Venn–Abers interval of the probability for a margin; none where the model was trained
    /// without confidence. It says where a calibrated probability lies, so that of a model which is
    /// not calibrated may be outside.
    #[must_use]
    pub fn interval(&self, margin: f64) -> Option<ProbabilityInterval> {
        self.parts.confidence.as_ref().map(|confidence| confidence.interval(margin))
    }

    /// The interval of each row of `rows`, which is as for [`Model::predict`].
    ///
    /// # Errors
    /// As for [`Model::predict`], and [`ErrorCode::ModelParameter`] where the model was trained
    /// without confidence.
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice is")]
    pub fn predict_interval(&self, rows: ArrayView2<'_, f64>) -> Result<Vec<ProbabilityInterval>> {
        let Some(confidence) = &self.parts.confidence else {
            let message = "the model has no intervals; train it with `confidence` as true";
            return Err(
                Error::new(ErrorCode::ModelParameter, "parameter", message).at_path("confidence")
            );
        };
        let margins = self.margins(rows)?;
        Ok(margins.into_iter().map(|margin| confidence.interval(margin)).collect())
    }

    /// Probability of churn for each row of `rows`.
    ///
    /// `rows` is `n × model.inputs().len()`; a missing value is NaN, a category the index of its
    /// name in the input's dictionary, and any other number is a name that the model has not seen:
    /// as good as missing, but for some encoders. Returns `n`
    /// probabilities in `[0, 1]`, in row order, each with the same bits as [`Model::predict_row`]
    /// gives it alone.
    ///
    /// # Errors
    /// [`ErrorCode::ModelShape`] when the width is not the model's.
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice is")]
    pub fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Vec<f64>> {
        self.predict_on(rows.view(), 1)
    }

    /// The same as [`Model::predict`], on as many threads, of which each has 2,048 rows at least.
    ///
    /// # Errors
    /// As for [`Model::predict`].
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice is")]
    pub fn predict_on(&self, rows: ArrayView2<'_, f64>, threads: usize) -> Result<Vec<f64>> {
        let share = threads::part_of(rows.nrows(), threads, SHARE);
        let parts: Vec<ArrayView2<'_, f64>> = rows.axis_chunks_iter(Axis(0), share).collect();
        if parts.is_empty() {
            self.check_width(rows.ncols())?;
        }
        let parts = threads::map(parts, threads, |part| {
            let mut margins = self.margins(part)?;
            for margin in &mut margins {
                *margin = self.probability(*margin);
            }
            Ok(margins)
        });
        let mut parts = parts.into_iter();
        let mut all = parts.next().unwrap_or_else(|| Ok(Vec::new()))?;
        for part in parts {
            all.extend(part?);
        }
        Ok(all)
    }

    /// The margin of each row of `rows`, which is as for [`Model::predict`].
    ///
    /// # Errors
    /// As for [`Model::predict`].
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice is")]
    pub fn margins(&self, rows: ArrayView2<'_, f64>) -> Result<Vec<f64>> {
        self.check_width(rows.ncols())?;
        let encoded = (!self.parts.encoders.is_empty()).then(|| {
            let mut encoded = Array2::zeros((rows.nrows(), self.width));
            for (row, mut into) in rows.rows().into_iter().zip(encoded.rows_mut()) {
                // A row of a fresh array lies in one piece.
                self.encode(row.iter().copied(), into.as_slice_mut().unwrap_or_default());
            }
            encoded
        });
        let rows = encoded.as_ref().map_or(rows, |encoded| encoded.view());
        match &self.inference {
            Inference::Trees(trees) => Ok(trees.margins(&rows)),
            Inference::Linear(linear) => {
                let mut copy = Vec::with_capacity(rows.ncols());
                let margins = rows.rows().into_iter().map(|row| {
                    copy.clear();
                    copy.extend(row.iter().copied());
                    linear.margin(&copy)
                });
                Ok(margins.collect())
            }
        }
    }

    /// Probability of churn for one row, without allocating where the encoders, if it has any, make
    /// no more than 128 columns of it.
    ///
    /// # Errors
    /// [`ErrorCode::ModelShape`] when the length is not the model's.
    pub fn predict_row(&self, row: &[f64]) -> Result<f64> {
        Ok(self.probability(self.margin_row(row)?))
    }

    /// The margin of one row, before any calibration: log-odds, for a model whose link is
    /// logistic.
    ///
    /// # Errors
    /// [`ErrorCode::ModelShape`] when the length is not the model's.
    pub fn margin_row(&self, row: &[f64]) -> Result<f64> {
        self.check_width(row.len())?;
        let (mut short, mut long) = ([0.0; SHORT], Vec::new());
        let row = if self.parts.encoders.is_empty() {
            row
        } else {
            let columns = if let Some(columns) = short.get_mut(..self.width) {
                columns
            } else {
                long.resize(self.width, 0.0);
                &mut long[..]
            };
            self.encode(row.iter().copied(), columns);
            columns
        };
        Ok(match &self.inference {
            Inference::Trees(trees) => trees.margin(row),
            Inference::Linear(linear) => linear.margin(row),
        })
    }

    /// The probability for a margin of this model.
    #[must_use]
    pub fn probability(&self, margin: f64) -> f64 {
        match (&self.parts.calibrator, &self.inference) {
            (Some(calibrator), _) => calibrator.probability(margin),
            (None, Inference::Trees(trees)) => trees.probability(margin),
            (None, Inference::Linear(_)) => Linear::probability(margin),
        }
    }

    /// The number of columns that the predictor reads.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The input that each column of the predictor is made of.
    pub(super) fn input_of_column(&self) -> Vec<usize> {
        let encoders = self.parts.encoders.iter().chain(std::iter::repeat(&Encoder::Native));
        let inputs = self.parts.inputs.iter().zip(encoders).enumerate();
        inputs
            .flat_map(|(at, (input, encoder))| {
                std::iter::repeat_n(at, encoder.columns(&input.kind))
            })
            .collect()
    }

    /// Writes the columns of the predictor for the values of a row.
    pub(super) fn encode(&self, row: impl Iterator<Item = f64>, mut columns: &mut [f64]) {
        for ((encoder, input), value) in self.parts.encoders.iter().zip(&self.parts.inputs).zip(row)
        {
            let width = encoder.columns(&input.kind).min(columns.len());
            let (own, rest) = std::mem::take(&mut columns).split_at_mut(width);
            encoder.encode(value, own);
            columns = rest;
        }
    }

    pub(super) fn check_width(&self, width: usize) -> Result<()> {
        if width == self.parts.inputs.len() {
            return Ok(());
        }
        let message =
            format!("rows have {width} columns; the model reads {}", self.parts.inputs.len());
        Err(Error::new(ErrorCode::ModelShape, "model", message))
    }
}

/// What the columns are that the predictor reads.
pub(super) fn encoded_kinds(inputs: &[Input], encoders: &[Encoder]) -> Vec<InputKind> {
    let encoders = encoders.iter().chain(std::iter::repeat(&Encoder::Native));
    inputs.iter().zip(encoders).flat_map(|(input, encoder)| encoder.kinds(&input.kind)).collect()
}
