//! Campaigns: whom to send what, and why not.
//!
//! A campaign *fires* for a customer when one of its triggers does. A firing opens an entry, which
//! is numbered (its *epoch*), and ends as a [`Decision`] or as a [`Suppression`] with its reason;
//! or it takes the customer into a [`Journey`], each action of which ends so. What fires is found
//! by [`observe`]; [`propose`] says what one customer could be sent, [`settle`] what the budgets
//! pay for. What is known of a customer is in one [`CustomerCampaignState`].
//!
//! Expressions are not evaluated here: conditions, values and consent come in as truths and
//! numbers.

mod assign;
pub mod bandit;
mod budget;
mod decide;
mod decision;
mod guard;
mod journey;
mod learning;
mod ledger;
mod lift;
mod memories;
mod outcome;
mod period;
mod policy;
#[cfg(test)]
mod properties;
mod rules;
mod spec;
mod state;
#[cfg(feature = "templates")]
mod template;
mod trace;
mod travel;
mod trial;
mod trigger;
mod weigh;

pub use assign::{in_campaign_holdout, in_global_holdout, unit};
pub use budget::{Arbitration, Settled, settle};
pub use decide::{CampaignInput, Customer, Looked, Proposal, decide, propose};
pub use decision::{Decision, DecisionId, Reason, Suppression};
pub use guard::Stop;
pub use journey::{Journey, Passage, PassageKind, Place, Step, StepKind};
pub use learning::{Learning, LearningDocument};
pub use ledger::{Ledger, Spend};
pub(crate) use lift::Arms;
pub use lift::{CampaignLift, LiftArm, LiftControl, LiftParams};
pub use memories::TriggerNames;
pub use outcome::{ActionTally, Outcome, OutcomeKind, RecordReport, Tally};
pub use period::Period;
pub use policy::{LearningPolicy, NO_CONTACT, Policy};
pub use rules::{Blackout, Budget, Cap, Clocks, Fatigue, Guardrails, QuietHours};
pub use spec::{ActionSpec, CampaignSet, CampaignSpec, Goal, ReEntry};
pub use state::{CustomerCampaignState, Deferred, Entry, Sent, Withheld};
#[cfg(feature = "templates")]
pub use template::{TemplateValue, render, template_names};
pub use trace::Trace;
pub use trial::{Arm, Trial};
pub use trigger::{Observation, Trigger, TriggerMemory, observe};
pub use weigh::{Weighed, weigh};

/// The name of a campaign, an action, a channel or a step, or a customer's id, as documents have it:
/// up to 23 bytes stand in place, and a longer one is shared. A look at everybody makes millions.
#[cfg(not(target_family = "wasm"))]
pub type Name = smol_str::SmolStr;

/// The name of a campaign, an action, a channel or a step, or a customer's id, as documents have it:
/// a text like any other, where few are made and code is downloaded.
#[cfg(target_family = "wasm")]
pub type Name = String;
