//! What is asked of explanations: `{output, interactions, nJobs}` as JSON.

use ndarray::ArrayView2;

use super::options::Options;
use crate::bundle::Bundle;
use crate::churn::{Interactions, Model, Output};
use crate::columns::Frame;
use crate::error::Result;

/// What features contribute to each of several rows, in one list.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The names of the features, in order.
    pub names: Vec<String>,
    /// What is explained where no feature is known.
    pub base: f64,
    /// Rows × features, or for interactions rows × features × features.
    pub shape: Vec<usize>,
    /// What each feature or pair adds to the base, row by row.
    pub values: Vec<f64>,
}

/// The same for rows of a host's table, which are as for [`Bundle::score_frame`].
///
/// # Errors
/// As [`explain`]; `model_missing` when the bundle has no model.
pub fn explain_rows(
    bundle: &Bundle,
    rows: &Frame,
    background: Option<&Frame>,
    options: &str,
) -> Result<Explained> {
    let model = bundle.scoring()?;
    let background = background.map(|rows| model.rows_of_frame(rows)).transpose()?;
    let background = background.as_ref().map(|rows| rows.view());
    explain(model, model.rows_of_frame(rows)?.view(), background, options)
}

/// What each feature contributes to each row. Options: `output` is `log_odds` (the default),
/// `margin` or `probability`; `interactions`; `nJobs`.
///
/// # Errors
/// As [`Model::explainer`] and [`crate::churn::Explainer::explain`]; `argument` for a wrong option.
#[expect(clippy::needless_pass_by_value, reason = "views are passed as slices are")]
pub fn explain(
    model: &Model,
    rows: ArrayView2<'_, f64>,
    background: Option<ArrayView2<'_, f64>>,
    options: &str,
) -> Result<Explained> {
    let options = Options::read(options, &["output", "interactions", "nJobs"])?;
    let output = options.text("output")?.map_or(Ok(Output::default()), Output::named)?;
    let n_jobs = options.whole("nJobs")?;
    let explainer = model.explainer(background)?;
    let names = model.inputs().iter().map(|input| input.name.clone()).collect();
    if options.flag("interactions")?.unwrap_or_default() {
        let Interactions { base, values } = explainer.interactions(rows, output, n_jobs)?;
        let shape = values.shape().to_vec();
        return Ok(Explained { names, base, shape, values: values.into_raw_vec_and_offset().0 });
    }
    let found = explainer.explain(rows, output, n_jobs)?;
    let shape = found.values.shape().to_vec();
    let values = found.values.into_raw_vec_and_offset().0;
    Ok(Explained { names, base: found.base, shape, values })
}
