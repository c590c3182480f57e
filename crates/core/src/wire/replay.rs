//! Replays, alone and side by side, as JSON text.

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
    let (events, params) = read(events, options)?;
    to_json(&bundle.replay(&events, customers, &params)?)
}

/// [`Replay::compare`](crate::Replay::compare) of a bundle and another one over the same history, as JSON
/// text. Options: those of [`replay_json`].
///
/// # Errors
/// Those of [`Bundle::replay`].
pub fn compare_json(
    bundle: &Bundle,
    other: &Bundle,
    events: Frame,
    customers: Option<&Frame>,
    options: &str,
) -> Result<String> {
    let (events, params) = read(events, options)?;
    let before = bundle.replay(&events, customers, &params)?;
    to_json(&before.compare(&other.replay(&events, customers, &params)?))
}

fn read(events: Frame, options: &str) -> Result<(Frame, ReplayParams)> {
    let options = Options::read(options, &["asOf", "tick", "columns"])?;
    let params = ReplayParams {
        as_of: options.cut_offs()?,
        tick: options.flag("tick")?.unwrap_or_default(),
    };
    Ok((events.rename(&options.renames("columns")?)?, params))
}
