//! Experiments: whether an arm did better than the control, and how far to trust that.
//!
//! [`experiment()`] compares arms once, when the number of customers that was planned has come:
//! proportions or means, their difference and relative lift with intervals, adjusted for several arms
//! and, with a covariate of before, by CUPED. [`sequential()`] may be looked at every day and still holds
//! its level. [`sample_ratio()`] says whether the assignment worked, [`power_analysis()`] how many
//! customers are needed, how small an effect can be seen, or how surely. [`crate::wire::experiment`] has
//! the same with options as JSON, for hosts.
//!
//! Everything is a function of numbers of customers, means and variances, so an arm may be given by
//! these.

mod compare;
mod cuped;
mod holm;
mod lift;
mod means;
mod power;
mod proportions;
mod sample;
mod sample_ratio;
mod sequential;
mod tails;

use crate::error::{Error, Result};

pub use compare::{ArmComparison, ArmSummary, ExperimentParams, ExperimentReport, experiment};
pub use cuped::Cuped;
pub use power::{PowerAnalysis, PowerParams, power_analysis};
pub use sample::{Metric, Sample, Summary};
pub(crate) use sample_ratio::two_sizes;
pub use sample_ratio::{SampleRatio, sample_ratio};
pub use sequential::{
    AlwaysValid, Mixing, SequentialComparison, SequentialLook, SequentialParams, SequentialReport,
    sequential,
};

/// Refuses what is not strictly between 0 and 1.
///
/// # Errors
/// [`ErrorCode::Argument`](crate::ErrorCode::Argument) when it is not; `name` is the argument's.
pub fn check_share(name: &str, value: f64) -> Result<()> {
    if value > 0.0 && value < 1.0 {
        return Ok(());
    }
    Err(Error::argument(name, format!("is {value}; expected more than 0 and less than 1")))
}

/// Where the control stands among arms: the one of this name, or the first.
fn control_among(names: &[&str], control: Option<&str>) -> Result<usize> {
    if names.len() < 2 {
        let message = format!("has {} arms; expected a control and at least one more", names.len());
        return Err(Error::argument("arms", message));
    }
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) {
            return Err(Error::argument("arms", format!("`{name}` is there twice")));
        }
    }
    let Some(control) = control else { return Ok(0) };
    names.iter().position(|name| *name == control).ok_or_else(|| {
        let near = crate::error::did_you_mean(control, names.iter().copied());
        Error::argument("control", format!("`{control}` is not an arm{near}"))
    })
}
