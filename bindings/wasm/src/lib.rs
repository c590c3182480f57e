//! Stayput in a browser: converts, calls the core, converts back.
//!
//! Documents (a playbook, scores, decisions) cross as JSON, tables as columns of typed arrays.
//! Training is not here: a bundle made in Python, Node or Rust brings its model with it.

mod bundle;
mod document;
mod engine;
mod error;
mod frame;
mod playbook;
mod table;

pub use playbook::Playbook;

use wasm_bindgen::prelude::wasm_bindgen;

/// The version of this package.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
