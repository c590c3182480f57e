//! Where a customer stands: stages and segments, how customers move between stages, RFM scores, and
//! cohorts of customers who began together.
//!
//! Stages and segments are made from conditions that are already evaluated. A condition is true,
//! false or missing (`None`). Missing does not match: a customer of whom it is not known whether a
//! condition holds is not counted in.

mod cohorts;
mod rfm;
mod segments;
mod stages;
mod transitions;

pub use cohorts::{
    Ages, Cohort, CohortParams, Cohorts, Definition, Period, RetentionPoint, Revenue, Start,
    SurvivalPoint, cohorts,
};
pub use rfm::{Rfm, RfmCustomer, RfmParams, RfmSegment, RfmSummary, rfm};
pub use segments::SegmentsSpec;
pub use stages::{EntryRule, LifecycleSpec, Path, Steps};
pub use transitions::{Counts, Looks, Named, Transitions};

use crate::error::{Error, ErrorCode, Result};

/// Refuses a name that is there twice.
fn check_names(section: &str, names: &[String]) -> Result<()> {
    for (index, name) in names.iter().enumerate() {
        if names.iter().take(index).any(|earlier| earlier == name) {
            return Err(Error::new(
                ErrorCode::PlaybookValue,
                "playbook",
                "the name is there twice",
            )
            .at_path(format!("{section}.{name}")));
        }
    }
    Ok(())
}
