//! Questions about stages, segments and RFM scores over time, as JSON text.

use serde_json::Value;

use super::{Options, to_json};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::lifecycle::RfmParams;
use crate::playbook::Playbook;

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

/// [`Playbook::segments_of`] as JSON text. `row` is an object.
///
/// # Errors
/// Those of [`Playbook::segments_of`]; `argument` when `row` is no object.
pub fn segments_of_json(playbook: &Playbook, row: &str) -> Result<String> {
    let Ok(Value::Object(row)) = serde_json::from_str(row) else {
        return Err(Error::argument("row", "expected an object"));
    };
    to_json(&playbook.segments_of(&row)?)
}

/// The threads of a call about rows. Options: `nJobs`.
///
/// # Errors
/// `argument` for another option, or where it is no whole number.
pub fn row_jobs(options: &str) -> Result<Option<i64>> {
    Options::read(options, &["nJobs"])?.whole("nJobs")
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
