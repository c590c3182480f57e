//! Questions about stages, segments and RFM scores over time, as JSON text.

use super::{Options, to_json};
use crate::engine::Engine;
use crate::error::Result;
use crate::lifecycle::RfmParams;

/// [`Engine::transitions`] as JSON text. Options: `asOf`, a list or a grid.
///
/// # Errors
/// Those of [`Engine::transitions`].
pub fn transitions_json(engine: &Engine, options: &str) -> Result<String> {
    to_json(&engine.transitions(&Options::read(options, &["asOf"])?.cut_offs()?)?)
}

/// [`Engine::segment_counts`] as JSON text. Options: `asOf`, an instant, a list or a grid.
///
/// # Errors
/// Those of [`Engine::segment_counts`].
pub fn segment_counts_json(engine: &Engine, options: &str) -> Result<String> {
    to_json(&engine.segment_counts(&Options::read(options, &["asOf"])?.cut_offs()?)?)
}

/// [`Engine::rfm`] as JSON text. Options: `asOf`, `value`, `window`.
///
/// # Errors
/// Those of [`Engine::rfm`].
pub fn rfm_json(engine: &Engine, options: &str) -> Result<String> {
    let options = Options::read(options, &["asOf", "value", "window"])?;
    let params = RfmParams {
        value: Options::need("value", options.text("value")?)?.to_owned(),
        window: options.text("window")?.map(str::to_owned),
    };
    to_json(&engine.rfm(options.as_of()?, &params)?)
}
