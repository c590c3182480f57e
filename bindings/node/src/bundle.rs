//! `Bundle`: a playbook and its model in one checksummed file.

use napi::bindgen_prelude::{Buffer, Env, Float64Array, Unknown};
use napi_derive::napi;
use stayput_models::files;

use crate::error::now;
use crate::input::Rows;
use crate::job::{Promised, later};
use crate::model::Model;
use crate::playbook::Playbook;
use crate::{input, table};

/// A playbook and, where there is one, its churn model. It never changes.
#[napi]
pub struct Bundle {
    pub(crate) inner: stayput_core::Bundle,
}

#[napi]
impl Bundle {
    /// The bundle of a playbook and a model trained on its features.
    #[napi(constructor, ts_args_type = "playbook: Playbook, model?: Model | null")]
    pub fn new(env: Env, playbook: Unknown<'_>, model: Option<Unknown<'_>>) -> napi::Result<Self> {
        now(env, || {
            let playbook = input::instance::<Playbook>(playbook, "playbook", "a `Playbook`")?;
            let model = model.map(|model| input::instance::<Model>(model, "model", "a `Model`"));
            let model = model.transpose()?.map(|model| model.inner.as_ref().clone());
            let inner = stayput_core::Bundle::new(playbook.inner.as_ref().clone(), model)?;
            Ok(Self { inner })
        })
    }

    /// Reads a bundle from a file.
    #[napi(factory, ts_args_type = "path: string")]
    pub fn load(env: Env, path: Unknown<'_>) -> napi::Result<Self> {
        now(env, || {
            let bytes = files::read(input::text(path, "path")?)?;
            Ok(Self { inner: stayput_core::Bundle::from_bytes(&bytes)? })
        })
    }

    /// Reads a bundle from the bytes of its file.
    #[napi(factory, ts_args_type = "bytes: Uint8Array")]
    pub fn from_bytes(env: Env, bytes: Unknown<'_>) -> napi::Result<Self> {
        now(env, || {
            let bytes = input::bytes(bytes, "bytes")?;
            Ok(Self { inner: stayput_core::Bundle::from_bytes(&bytes)? })
        })
    }

    /// Writes the bundle to a file: a reader sees the old file or the new one, never half of it.
    #[napi(ts_args_type = "path: string")]
    pub fn save(&self, env: Env, path: Unknown<'_>) -> napi::Result<()> {
        now(env, || files::write(input::text(path, "path")?, self.inner.to_bytes()))
    }

    /// The bytes of the file: the same playbook and model give the same bytes.
    #[napi]
    pub fn to_bytes(&self) -> Buffer {
        self.inner.to_bytes().into()
    }

    /// BLAKE3 of the file, in hexadecimal: what scores and decisions name the bundle by.
    #[napi(getter)]
    pub fn hash(&self) -> &str {
        self.inner.hash()
    }

    /// The playbook.
    #[napi(getter)]
    pub fn playbook(&self) -> Playbook {
        self.inner.playbook().clone().into()
    }

    /// The model, or null where there is none.
    #[napi(getter)]
    pub fn model(&self) -> Option<Model> {
        self.inner.model().cloned().map(Model::from)
    }

    /// The churn probability of each row, in row order. A row is a table's, or an object that has
    /// each feature by its name.
    #[napi(
        ts_args_type = "rows: Table | TrainingSet | Rows",
        ts_return_type = "Promise<Float64Array>"
    )]
    pub fn score_rows(&self, env: Env, rows: Unknown<'_>) -> Promised<Float64Array> {
        let bundle = self.inner.clone();
        if let Ok(table) = table::rows(rows, "rows") {
            return later(move || Ok(bundle.score_rows(table.table())?.into()));
        }
        let rows = Rows::of(env, rows, "rows");
        later(move || Ok(bundle.score_frame(&rows?.read()?)?.into()))
    }
}
