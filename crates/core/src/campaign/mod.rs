//! Campaigns: whom to send what, and why not.
//!
//! A campaign *fires* for a customer when one of its triggers does. A firing opens an entry, which
//! is numbered (its *epoch*), and ends at once as a [`Decision`] or as a [`Suppression`] with its
//! reason. What fires is found by [`observe`], what becomes of it by [`decide`]; both keep what
//! they need to know of a customer in one [`CustomerCampaignState`].
//!
//! Expressions are not evaluated here: conditions, values and consent come in as truths and
//! numbers.

mod assign;
mod decide;
mod decision;
mod guard;
mod period;
pub mod policy;
#[cfg(test)]
mod properties;
mod spec;
mod state;
mod trigger;

pub use assign::{in_campaign_holdout, in_global_holdout, unit};
pub use decide::{CampaignInput, Customer, decide};
pub use decision::{Decision, Reason, Suppression, decision_id};
pub use period::Period;
pub use spec::{ActionSpec, CampaignSet, CampaignSpec, Cap, Goal, Guardrails, Policy};
pub use state::{CustomerCampaignState, Entry, Sent};
pub use trigger::{Observation, Trigger, TriggerMemory, observe};
