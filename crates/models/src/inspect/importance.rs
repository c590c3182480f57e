//! Importance from the trees alone, and from contributions.

use ndarray::ArrayView2;
use stayput_core::Result;
use stayput_core::churn::{Encoder, ForestParts, LEAF, Model, Nodes, Output, Predictor};

use crate::lower::shares;

/// The share of each input in the rows that splits were asked about: the covers of its splits,
/// added up over all trees, as `XGBoost`'s `total_cover`. All 0 for a model that does not know
/// them.
#[must_use]
pub fn cover_importance(model: &Model) -> Vec<f64> {
    let columns = columns(model);
    let mut covers = vec![0.0; model.inputs().len()];
    if let Predictor::Forest(forest) = &model.parts().predictor {
        match forest.parts() {
            ForestParts::F32(nodes) => add(nodes, &columns, &mut covers),
            ForestParts::F64(nodes) => add(nodes, &columns, &mut covers),
        }
    }
    shares(covers.into_iter())
}

fn add<T: Copy + Into<f64>>(nodes: &Nodes<T>, columns: &[usize], covers: &mut [f64]) {
    for (&feature, &cover) in nodes.feature.iter().zip(&nodes.cover) {
        if feature != LEAF {
            covers[columns[feature as usize]] += cover.into();
        }
    }
}

/// The input that each column of the predictor is made of.
fn columns(model: &Model) -> Vec<usize> {
    let encoders = model.parts().encoders.iter().chain(std::iter::repeat(&Encoder::Native));
    let inputs = model.inputs().iter().zip(encoders).enumerate();
    inputs
        .flat_map(|(at, (input, encoder))| std::iter::repeat_n(at, encoder.columns(&input.kind)))
        .collect()
}

/// The mean size of each input's contributions to the margin over `rows`: mean |SHAP| (Lundberg et
/// al. 2020), in log-odds for most models.
///
/// # Errors
/// As [`Model::explainer`] and [`stayput_core::churn::Explainer::explain`].
#[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice is")]
pub fn mean_contributions(
    model: &Model,
    rows: ArrayView2<'_, f64>,
    background: Option<ArrayView2<'_, f64>>,
    n_jobs: Option<i64>,
) -> Result<Vec<f64>> {
    let found = model.explainer(background)?.explain(rows, Output::Margin, n_jobs)?;
    let mut sums = vec![0.0; model.inputs().len()];
    for row in found.values.rows() {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value.abs());
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
    let rows = found.values.nrows().max(1) as f64;
    Ok(sums.into_iter().map(|sum| sum / rows).collect())
}
