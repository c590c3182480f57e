//! Stayput in a browser: converts, calls the core, converts back.
//!
//! Documents (a playbook, scores, decisions) cross as JSON text, which a JavaScript engine reads
//! faster than it builds objects key by key; tables cross as columns too. Training is not here: a
//! bundle made in Python, Node or Rust brings its model with it.

mod answer;
mod bundle;
mod engine;
mod health;
mod input;
mod lifecycle;
mod playbook;
mod replay;
mod table;
mod types;

pub use bundle::Bundle;
pub use engine::Engine;
pub use lifecycle::cohorts;
pub use playbook::Playbook;

use wasm_bindgen::prelude::wasm_bindgen;

/// The version of this package.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
