//! `Model`: what maps a row of features to the probability of churn.

#![expect(clippy::needless_pass_by_value, reason = "the host hands arrays over")]

use std::sync::Arc;

use napi::bindgen_prelude::{Buffer, Env, Float64Array, Unknown};
use napi_derive::napi;
use stayput_core::{Result, threads, wire};
use stayput_models::import::Features;
use stayput_models::{export, files, import};

use crate::error::now;
use crate::job::{Promised, answers, later};
use crate::json::{self, Document};
use crate::{input, table};

/// A churn model.
#[napi]
pub struct Model {
    pub(crate) inner: Arc<stayput_core::churn::Model>,
}

answers!(Model);

impl From<stayput_core::churn::Model> for Model {
    fn from(model: stayput_core::churn::Model) -> Self {
        Self { inner: Arc::new(model) }
    }
}

/// Reads a model of another library.
fn imported(
    env: Env,
    bytes: Unknown<'_>,
    features: Option<Unknown<'_>>,
    read: fn(&[u8], &Features) -> Result<stayput_core::churn::Model>,
) -> napi::Result<Model> {
    now(env, || {
        let features = features.map(|features| json::stringify(env, features, "features"));
        let features = features.map(|json| Features::from_json(&json?)).transpose()?;
        let bytes = input::bytes(bytes, "bytes")?;
        Ok(read(&bytes, &features.unwrap_or_default())?.into())
    })
}

#[napi]
impl Model {
    /// Reads a model from a file that `save` wrote.
    #[napi(factory, ts_args_type = "path: string")]
    pub fn load(env: Env, path: Unknown<'_>) -> napi::Result<Self> {
        now(env, || {
            let bytes = files::read(input::text(path, "path")?)?;
            Ok(stayput_core::churn::Model::from_bytes(&bytes)?.into())
        })
    }

    /// Reads a model from the bytes of `toBytes`.
    #[napi(factory, ts_args_type = "bytes: Uint8Array")]
    pub fn from_bytes(env: Env, bytes: Unknown<'_>) -> napi::Result<Self> {
        now(env, || {
            let bytes = input::bytes(bytes, "bytes")?;
            Ok(stayput_core::churn::Model::from_bytes(&bytes)?.into())
        })
    }

    /// Takes over a model of XGBoost, 1.0 or newer: the bytes of what `save_model` wrote as JSON or
    /// UBJSON. Trees (`gbtree`, `dart`) with the objectives `binary:logistic`, `binary:logitraw`,
    /// `binary:hinge` and `reg:logistic`.
    #[napi(factory, ts_args_type = "bytes: Uint8Array, features?: ModelFeatures | null")]
    pub fn from_xgboost(
        env: Env,
        bytes: Unknown<'_>,
        features: Option<Unknown<'_>>,
    ) -> napi::Result<Self> {
        imported(env, bytes, features, import::xgboost)
    }

    /// Takes over a model of LightGBM, 2.3 or newer: the bytes of the text that `save_model` wrote.
    /// The objectives are `binary` and `cross_entropy`, for any boosting type but linear trees.
    #[napi(factory, ts_args_type = "bytes: Uint8Array, features?: ModelFeatures | null")]
    pub fn from_lightgbm(
        env: Env,
        bytes: Unknown<'_>,
        features: Option<Unknown<'_>>,
    ) -> napi::Result<Self> {
        imported(env, bytes, features, import::lightgbm)
    }

    /// Takes over a model of CatBoost, 1.0 or newer: the bytes of what `save_model` wrote as JSON.
    /// Trees of numbers and of categories that are encoded one-hot, whose names `features` must
    /// give, in any order; counters of categories (CTR) are refused.
    #[napi(factory, ts_args_type = "bytes: Uint8Array, features?: ModelFeatures | null")]
    pub fn from_catboost(
        env: Env,
        bytes: Unknown<'_>,
        features: Option<Unknown<'_>>,
    ) -> napi::Result<Self> {
        imported(env, bytes, features, import::catboost)
    }

    /// Takes over a model in ONNX: the bytes of a file, such as skl2onnx, onnxmltools (LightGBM,
    /// XGBoost) and CatBoost write. Tree ensembles and linear models of two classes, with scaling,
    /// imputing and one-hot encoding before them; other operators are refused by name.
    #[napi(factory, ts_args_type = "bytes: Uint8Array, features?: ModelFeatures | null")]
    pub fn from_onnx(
        env: Env,
        bytes: Unknown<'_>,
        features: Option<Unknown<'_>>,
    ) -> napi::Result<Self> {
        imported(env, bytes, features, import::onnx)
    }

    /// The model as a file in ONNX, with its encoders and calibrator, which ONNX Runtime 1.20 and
    /// newer read. Its input `rows` is a matrix of one column for each of `names`; its outputs are
    /// `label` and `probabilities`. `fromOnnx` gives the model back.
    #[napi]
    pub fn to_onnx(&self, env: Env) -> napi::Result<Buffer> {
        now(env, || Ok(export::onnx(&self.inner)?.into()))
    }

    /// The model as a file of XGBoost in JSON, which predicts there what it predicts here: forests
    /// in single precision, as `gbm` and `gbdt` train, without a calibrator or encoders.
    #[napi]
    pub fn to_xgboost(&self, env: Env) -> napi::Result<Buffer> {
        now(env, || Ok(export::xgboost(&self.inner)?.into()))
    }

    /// Writes the model to a file: a reader sees the old file or the new one, never half of it. A
    /// bundle holds its model too.
    #[napi(ts_args_type = "path: string")]
    pub fn save(&self, env: Env, path: Unknown<'_>) -> napi::Result<()> {
        now(env, || files::write(input::text(path, "path")?, &self.inner.to_bytes()?))
    }

    /// The model as bytes: the same model gives the same bytes.
    #[napi]
    pub fn to_bytes(&self, env: Env) -> napi::Result<Buffer> {
        now(env, || Ok(self.inner.to_bytes()?.into()))
    }

    /// The name of the algorithm that trained it.
    #[napi(getter)]
    pub fn algorithm(&self) -> &str {
        self.inner.algorithm()
    }

    /// What it was trained with, by the names that `train` takes: the parameters given, the defaults
    /// of the others, and what rows held out said (`n_estimators`, `slope`, `intercept`). Of an
    /// imported model, what its file says of it. Constraints are told as text.
    #[napi(getter, ts_return_type = "Record<string, number | string | boolean>")]
    pub fn params(&self, env: Env) -> napi::Result<Unknown<'static>> {
        json::parse(env, &now(env, || wire::to_json(&self.inner.params()).map(Document))?)
    }

    /// The features it reads, in order.
    #[napi(getter)]
    pub fn names(&self) -> Vec<String> {
        self.inner.inputs().iter().map(|input| input.name.clone()).collect()
    }

    /// The share each feature has in what the model learned, in the order of `names`.
    #[napi(getter)]
    pub fn importance(&self) -> Float64Array {
        Float64Array::new(self.inner.importance().to_vec())
    }

    /// The probability of churn of one row: a number for each of `names`, booleans as 0 and 1,
    /// categories as indices, missing as NaN. Answered at once, on the event loop.
    #[napi(ts_args_type = "row: Float64Array")]
    pub fn predict_row(&self, env: Env, row: Float64Array) -> napi::Result<f64> {
        now(env, || self.inner.predict_row(&row))
    }

    /// The probability of churn for each row, in row order, on all cores.
    #[napi(ts_args_type = "rows: Table | TrainingSet", ts_return_type = "Promise<Float64Array>")]
    pub fn predict_proba(&self, rows: Unknown<'_>) -> Promised<Float64Array> {
        let rows = table::rows(rows, "rows");
        let model = Arc::clone(&self.inner);
        later(move || {
            let threads = threads::count(None)?;
            Ok(model.predict_on(model.rows_of(rows?.table())?.view(), threads)?.into())
        })
    }

    /// Where the calibrated probability of each row lies: the lower end and the upper end of each, in
    /// row order. For a model that was trained with `confidence`.
    #[napi(ts_args_type = "rows: Table | TrainingSet", ts_return_type = "Promise<Float64Array>")]
    pub fn predict_interval(&self, rows: Unknown<'_>) -> Promised<Float64Array> {
        let rows = table::rows(rows, "rows");
        let model = Arc::clone(&self.inner);
        later(move || {
            let found = model.predict_interval(model.rows_of(rows?.table())?.view())?;
            Ok(found.iter().flat_map(|one| [one.low, one.high]).collect::<Vec<f64>>().into())
        })
    }

    /// The same model for customers of whom a share `churnRate` churns, where it was trained on a
    /// sample with another: `sampleRate`, or by default the share of its training rows.
    #[napi(ts_args_type = "churnRate: number, sampleRate?: number")]
    pub fn with_prior(
        &self,
        env: Env,
        churn_rate: f64,
        sample_rate: Option<f64>,
    ) -> napi::Result<Model> {
        now(env, || Ok(stayput_models::with_prior(&self.inner, churn_rate, sample_rate)?.into()))
    }
}
