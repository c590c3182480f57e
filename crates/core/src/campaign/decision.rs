//! The documents that come of a firing: a decision to send, or a suppression with its reason.
//!
//! The id of either is the first 16 bytes of the BLAKE3 hash of (playbook name, campaign,
//! customer id, epoch in decimal), each with its length before it. It depends on nothing else: a
//! host that decides again after a crash, or with a new bundle, gets the same id for the same
//! entry and can see that it was sent.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Name;
use super::assign::digest;
use super::trace::Trace;
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// A decision to send something to a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Decision {
    /// What identifies it for good.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub id: DecisionId,
    /// Whom it is for.
    pub customer_id: Name,
    /// The campaign that fired.
    pub campaign: Name,
    /// What to send.
    pub action: Name,
    /// The step of the journey, where the campaign is one.
    pub step: Option<Name>,
    /// By which channel.
    pub channel: Name,
    /// When it was decided.
    pub at: Timestamp,
    /// The chance the action had of being chosen.
    pub propensity: f64,
    /// What the campaign's value came to, and under the policy `uplift` the part of it that the send
    /// is expected to add; nothing when missing, or when the playbook has none.
    pub value: Option<f64>,
    /// What the action costs.
    pub cost: f64,
    /// The number of the entry, from 1.
    pub epoch: u64,
    /// What was asked and answered, in order, for a reader.
    #[cfg_attr(feature = "typescript", ts(type = "Array<string>"))]
    pub trace: Trace,
    /// What to say: the action's template, filled in; nothing where it has none, or where
    /// templates are not built in.
    pub content: Option<String>,
    /// The action's template as it is written, where templates are not built in.
    pub template: Option<String>,
    /// The hash of the bundle that decided.
    pub bundle: Name,
}

/// A firing that came to nothing, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Suppression {
    /// What identifies it for good.
    #[cfg_attr(feature = "typescript", ts(type = "string"))]
    pub id: DecisionId,
    /// Whom it is about.
    pub customer_id: Name,
    /// The campaign that fired.
    pub campaign: Name,
    /// The step of the journey, where one was reached.
    pub step: Option<Name>,
    /// When it was decided.
    pub at: Timestamp,
    /// What stopped it.
    pub reason: Reason,
    /// The same in a sentence, with the numbers.
    pub detail: Cow<'static, str>,
    /// When the reason would no longer stop it, if nothing else is sent; nothing where that is not
    /// known or never.
    pub until: Option<Timestamp>,
    /// The number of the entry, from 1.
    pub epoch: u64,
    /// What was asked and answered before that, in order.
    #[cfg_attr(feature = "typescript", ts(type = "Array<string>"))]
    pub trace: Trace,
}

/// Why a firing came to nothing, in the order in which the reasons are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(rename = "SuppressionReason"))]
pub enum Reason {
    /// The campaign's `when` is false or missing.
    Condition,
    /// The campaign's value is less than the action costs.
    NotWorth,
    /// The customer is on the list of those who are left alone.
    SuppressionList,
    /// The customer has not consented to the channel, or has ended it.
    NoConsent,
    /// The customer is in the global holdout.
    GlobalHoldout,
    /// The customer is in the campaign's holdout.
    CampaignHoldout,
    /// The campaign sent something too short a time ago.
    Cooldown,
    /// The customer came in before, and cannot again yet.
    ReEntry,
    /// The campaign's policy leaves the customer alone.
    Policy,
    /// As much as allowed was sent already.
    FrequencyCap,
    /// Too many recent sends were not answered.
    Fatigue,
    /// It is a time at which nothing goes out: the send waits until then.
    QuietHours,
    /// It is a day on which nothing goes out.
    Blackout,
    /// There is not enough money left.
    Budget,
}

impl Reason {
    /// The reason as text, for instance `no_consent`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Condition => "condition",
            Self::NotWorth => "not_worth",
            Self::SuppressionList => "suppression_list",
            Self::NoConsent => "no_consent",
            Self::GlobalHoldout => "global_holdout",
            Self::CampaignHoldout => "campaign_holdout",
            Self::Cooldown => "cooldown",
            Self::ReEntry => "re_entry",
            Self::Policy => "policy",
            Self::FrequencyCap => "frequency_cap",
            Self::Fatigue => "fatigue",
            Self::QuietHours => "quiet_hours",
            Self::Blackout => "blackout",
            Self::Budget => "budget",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What identifies what came of an entry, or of a step of it, for good; written as 32 digits of hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionId([u8; 16]);

impl DecisionId {
    /// The id of what comes of an entry.
    #[must_use]
    pub fn new(playbook: &str, campaign: &str, customer_id: &str, epoch: u64) -> Self {
        Self::of(&[playbook, campaign, customer_id, &epoch.to_string()])
    }

    /// The id of what comes of a step of a journey: the hash of the same and the step's name.
    #[must_use]
    pub fn of_step(
        playbook: &str,
        campaign: &str,
        customer_id: &str,
        epoch: u64,
        step: &str,
    ) -> Self {
        Self::of(&[playbook, campaign, customer_id, &epoch.to_string(), step])
    }

    fn of(parts: &[&str]) -> Self {
        let hash = digest(parts);
        Self(std::array::from_fn(|at| hash[at]))
    }

    /// Reads the 32 digits.
    ///
    /// # Errors
    /// [`ErrorCode::Argument`](crate::ErrorCode::Argument) when `text` is something else.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || {
            let message = format!("`{text}` is no id of a decision; expected 32 digits of hex");
            Error::argument("decision_id", message)
        };
        let digits = <&[u8; 32]>::try_from(text.as_bytes()).map_err(|_| wrong())?;
        let mut id = [0; 16];
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let digit = match digit {
                    b'0'..=b'9' => digit - b'0',
                    b'a'..=b'f' => digit - b'a' + 10,
                    _ => return Err(wrong()),
                };
                *byte = *byte << 4 | digit;
            }
        }
        Ok(Self(id))
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

written_as_text!(DecisionId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_depends_on_the_entry_alone() {
        let id = DecisionId::new("acme", "win_back", "c1", 1);
        assert_eq!(id.to_string(), "5511b9f1ed627f8b02a18d0563899161");
        for other in [
            DecisionId::new("acme", "win_back", "c1", 2),
            DecisionId::new("acme", "win_back", "c2", 1),
            DecisionId::new("acme", "win_bac", "kc1", 1),
            DecisionId::new("acm", "ewin_back", "c1", 1),
        ] {
            assert_ne!(id, other);
        }
    }

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let id = DecisionId::new("acme", "win_back", "c1", 1);
        assert_eq!(DecisionId::parse(&id.to_string()), Ok(id));
        let written = serde_json::to_string(&id).unwrap();
        assert_eq!(written, "\"5511b9f1ed627f8b02a18d0563899161\"");
        assert_eq!(serde_json::from_str::<DecisionId>(&written).unwrap(), id);
        for wrong in
            ["", "5511b9f1ed627f8b02a18d056389916", "5511B9f1ed627f8b02a18d0563899161", "é"]
        {
            let error = DecisionId::parse(wrong).unwrap_err();
            assert!(error.to_string().contains("expected 32 digits of hex"), "{error}");
        }
    }

    #[test]
    fn a_reason_is_written_as_it_is_named() {
        for reason in [
            Reason::Condition,
            Reason::NotWorth,
            Reason::SuppressionList,
            Reason::NoConsent,
            Reason::GlobalHoldout,
            Reason::CampaignHoldout,
            Reason::Cooldown,
            Reason::ReEntry,
            Reason::Policy,
            Reason::FrequencyCap,
            Reason::Fatigue,
            Reason::QuietHours,
            Reason::Blackout,
            Reason::Budget,
        ] {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{reason}\""));
        }
    }
}
