//! What models answer when they are asked why.

use std::sync::Arc;

use napi::bindgen_prelude::{Env, Float64Array, Unknown};
use napi_derive::napi;
use stayput_core::wire;

use crate::job::{Promised, answers, later};
use crate::model::Model;
use crate::{json, table};

/// What each feature contributes to each of several rows.
#[napi(object, object_from_js = false)]
pub struct Explanation {
    /// The names of the features, in order.
    pub names: Vec<String>,
    /// What is explained where no feature is known.
    pub base: f64,
    /// Rows × features, or for interactions rows × features × features.
    pub shape: Vec<u32>,
    /// What each feature, or each pair, adds to the base, row by row.
    pub values: Float64Array,
}

answers!(Explanation);

#[napi]
impl Model {
    /// What each feature contributes to each row: exact Shapley values, which with the base add up
    /// to what the model states.
    ///
    /// `background` is a sample of rows that stands for features that are not known; without it,
    /// trees take the shares of training rows that went each way, and a logistic regression trained
    /// here the means of its training rows.
    #[napi(
        ts_args_type = "rows: Table | TrainingSet, options?: ExplainOptions | null, background?: Table | TrainingSet | null",
        ts_return_type = "Promise<Explanation>"
    )]
    pub fn explain(
        &self,
        env: Env,
        rows: Unknown<'_>,
        options: Option<Unknown<'_>>,
        background: Option<Unknown<'_>>,
    ) -> Promised<Explanation> {
        let rows = table::rows(rows, "rows");
        let background = background.map(|rows| table::rows(rows, "background")).transpose();
        let (model, options) = (Arc::clone(&self.inner), json::options_text(env, options));
        later(move || {
            let background = background?.map(|rows| model.rows_of(rows.table())).transpose()?;
            let background = background.as_ref().map(|rows| rows.view());
            let rows = model.rows_of(rows?.table())?;
            let found = wire::explain(&model, rows.view(), background, &options?)?;
            let shape = found.shape.iter().map(|side| u32::try_from(*side).unwrap_or(u32::MAX));
            Ok(Explanation {
                names: found.names,
                base: found.base,
                shape: shape.collect(),
                values: found.values.into(),
            })
        })
    }
}
