//! A replay, as JSON text.

use super::{Options, to_json};
use crate::bundle::Bundle;
use crate::columns::Frame;
use crate::engine::ReplayParams;
use crate::error::Result;

/// [`Bundle::replay`] as JSON text. Options: `asOf`, an instant, a list or a grid, `tick`, and
/// `columns`, which renames columns of the events.
///
/// # Errors
/// Those of [`Bundle::replay`].
pub fn replay_json(
    bundle: &Bundle,
    events: Frame,
    customers: Option<&Frame>,
    options: &str,
) -> Result<String> {
    let options = Options::read(options, &["asOf", "tick", "columns"])?;
    let params = ReplayParams {
        as_of: options.cut_offs()?,
        tick: options.flag("tick")?.unwrap_or_default(),
    };
    let events = events.rename(&options.renames("columns")?)?;
    to_json(&bundle.replay(&events, customers, &params)?)
}
