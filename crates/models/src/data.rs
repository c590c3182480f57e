//! A training set as the trainers take it: checked once, one row-major matrix.

use ndarray::{Array2, Axis};
use stayput_core::churn::{Input, InputKind, TrainedOn};
use stayput_core::features::{FeatureColumn, TrainingSet};
use stayput_core::time::Timestamp;
use stayput_core::{Error, ErrorCode, Result};

use crate::params::Weights;

/// Rows and labels that can be trained on: both classes are there, every label is 0 or 1, every
/// number is finite or NaN, every category an index of its dictionary or NaN.
#[derive(Debug, Clone)]
pub(crate) struct Data {
    /// The columns of the rows.
    pub(crate) inputs: Vec<Input>,
    /// One row a training row, one column an input.
    pub(crate) rows: Array2<f64>,
    /// 0 or 1 a row.
    pub(crate) labels: Vec<bool>,
    /// The instant of each row.
    pub(crate) as_of: Vec<Timestamp>,
    /// What each row counts, where rows do not count the same.
    pub(crate) sample_weight: Option<Vec<f64>>,
    /// What rows of label 0 and of label 1 count beside that.
    pub(crate) class_weight: [f64; 2],
}

impl Data {
    /// What of `set` a model can be trained on. Instants and texts are left out.
    ///
    /// # Errors
    /// [`ErrorCode::ModelData`] when there are no rows, no features, a single class, or a value
    /// that is not what its column says.
    pub(crate) fn new(set: &TrainingSet) -> Result<Self> {
        let labels = labels(set)?;
        let positives = labels.iter().filter(|&&label| label).count();
        if positives == 0 || positives == labels.len() {
            let only = u8::from(positives > 0);
            return Err(refuse(format!(
                "all {} labels are {only}; training needs rows of both kinds",
                labels.len()
            )));
        }
        let mut inputs = Vec::new();
        let mut columns = Vec::new();
        for column in &set.table.columns {
            let Some(kind) = InputKind::of(&column.kind) else { continue };
            let values = column.numbers().ok_or_else(|| {
                refuse(format!("is a {} without numbers", kind.name())).at_path(&column.name)
            })?;
            check_values(column, &kind, &values)?;
            inputs.push(Input { name: column.name.clone(), kind });
            columns.push(values);
        }
        if inputs.is_empty() {
            return Err(refuse("no feature is a number, a boolean or a category"));
        }
        let rows = Array2::from_shape_fn((labels.len(), columns.len()), |(row, column)| {
            columns[column][row]
        });
        let keys = &set.table.keys;
        let as_of = (0..keys.len()).map(|row| keys.as_of(row)).collect();
        let (sample_weight, class_weight) = (None, [1.0; 2]);
        Ok(Self { inputs, rows, labels, as_of, sample_weight, class_weight })
    }

    /// The same rows, of which each counts what `weights` says.
    ///
    /// # Errors
    /// [`ErrorCode::ModelData`] when there is not one weight a row, one is neither 0 nor between
    /// 1e-9 and 1e9, or all rows of a label weigh 0.
    pub(crate) fn weighed(mut self, weights: &[f64]) -> Result<Self> {
        let refuse = |message: String| Err(refuse(message).at_path("sample_weight"));
        if weights.len() != self.labels.len() {
            let (weights, rows) = (weights.len(), self.labels.len());
            return refuse(format!("there are {weights} weights for {rows} rows"));
        }
        let good = |weight: f64| weight == 0.0 || (1e-9..=1e9).contains(&weight);
        if let Some(row) = weights.iter().position(|&weight| !good(weight)) {
            let found = weights[row];
            return refuse(format!("row {row} weighs `{found}`; expected 0, or 1e-9 to 1e9"));
        }
        for label in [false, true] {
            let mut rows = self.labels.iter().zip(weights);
            if !rows.any(|(&own, &weight)| own == label && weight > 0.0) {
                let label = u8::from(label);
                return refuse(format!("all rows of label {label} weigh 0"));
            }
        }
        self.sample_weight = Some(weights.to_vec());
        Ok(self)
    }

    /// Sets what the rows of each label count. Balanced, a label counts half of the weight of all
    /// rows by that of its own (King and Zeng 2001), which is 1 on average.
    pub(crate) fn weigh_classes(&mut self, weights: Weights) {
        self.class_weight = match weights {
            Weights::Positives(scale) => [1.0, scale],
            Weights::Balanced => {
                let mut of = [0.0, 0.0];
                for (row, &label) in self.labels.iter().enumerate() {
                    of[usize::from(label)] += self.sample_weight(row);
                }
                of.map(|own| if own > 0.0 { (of[0] + of[1]) / (2.0 * own) } else { 1.0 })
            }
        };
    }

    /// What a row counts by itself.
    pub(crate) fn sample_weight(&self, row: usize) -> f64 {
        self.sample_weight.as_ref().map_or(1.0, |weights| weights[row])
    }

    /// What a row counts in a loss: by itself and for its label.
    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.sample_weight(row) * self.class_weight[usize::from(self.labels[row])]
    }

    /// What the rows count, as trainers in single precision take it; nothing where all count 1.
    #[expect(clippy::cast_possible_truncation, reason = "trainers work in single precision")]
    pub(crate) fn weights_f32(&self) -> Option<Vec<f32>> {
        let rows = || (0..self.labels.len()).map(|row| self.weight(row));
        let plain = rows().all(|weight| weight.total_cmp(&1.0).is_eq());
        (!plain).then(|| rows().map(|weight| weight as f32).collect())
    }

    pub(crate) fn trained_on(&self) -> TrainedOn {
        TrainedOn {
            rows: self.labels.len() as u64,
            positives: self.labels.iter().filter(|&&label| label).count() as u64,
        }
    }

    /// The rows at `indices`, in that order.
    pub(crate) fn select(&self, indices: &[usize]) -> Self {
        Self {
            inputs: self.inputs.clone(),
            rows: self.rows.select(Axis(0), indices),
            labels: indices.iter().map(|&at| self.labels[at]).collect(),
            as_of: indices.iter().map(|&at| self.as_of[at]).collect(),
            sample_weight: self
                .sample_weight
                .as_ref()
                .map(|weights| indices.iter().map(|&at| weights[at]).collect()),
            class_weight: self.class_weight,
        }
    }

    /// The rows as single precision, row-major. A number beyond its range becomes the largest
    /// there is; compared with a threshold it falls on the same side as the infinity that
    /// inference makes of it.
    pub(crate) fn rows_f32(&self) -> Vec<f32> {
        self.rows.iter().copied().map(narrow).collect()
    }

    /// The same, column by column.
    pub(crate) fn columns_f32(&self) -> Vec<Vec<f32>> {
        let column = |at| self.rows.column(at).iter().copied().map(narrow).collect();
        (0..self.rows.ncols()).map(column).collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "trainers work in single precision")]
fn narrow(value: f64) -> f32 {
    (value as f32).clamp(f32::MIN, f32::MAX)
}

/// The labels of `set` as booleans.
pub(crate) fn labels(set: &TrainingSet) -> Result<Vec<bool>> {
    if set.table.is_empty() {
        return Err(refuse("there are no rows"));
    }
    if set.labels.len() != set.table.len() {
        return Err(refuse(format!(
            "there are {} labels for {} rows",
            set.labels.len(),
            set.table.len()
        )));
    }
    let label = |(row, &label): (usize, &f64)| {
        if label == 0.0 || label == 1.0 {
            return Ok(label == 1.0);
        }
        if set.censored.get(row) == Some(&true) {
            // To leave such rows out here would keep those whose label came early, which are all
            // of one kind.
            return Err(refuse(format!(
                "row {row} is censored: the data end before its horizon does; make the set with `censored` as `drop`"
            )));
        }
        Err(refuse(format!("the label of row {row} is `{label}`; expected 0 or 1")))
    };
    set.labels.iter().enumerate().map(label).collect()
}

fn check_values(column: &FeatureColumn, kind: &InputKind, values: &[f64]) -> Result<()> {
    #[expect(clippy::cast_precision_loss, reason = "a dictionary is far smaller than 2^52")]
    let good = |value: f64| match kind {
        InputKind::Number => value.is_finite(),
        InputKind::Bool => value == 0.0 || value == 1.0,
        InputKind::Category { values } => {
            value >= 0.0 && value < values.len() as f64 && value.fract() == 0.0
        }
    };
    let Some(row) = values.iter().position(|&value| !value.is_nan() && !good(value)) else {
        return Ok(());
    };
    let expected = match kind {
        InputKind::Number => "a finite number".to_owned(),
        InputKind::Bool => "0 or 1".to_owned(),
        InputKind::Category { values } => format!("the index of one of {} names", values.len()),
    };
    Err(refuse(format!("row {row} is `{}`; expected {expected}", values[row]))
        .at_path(&column.name))
}

pub(crate) fn refuse(message: impl Into<String>) -> Error {
    Error::new(ErrorCode::ModelData, "training data", message)
}
