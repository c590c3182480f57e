//! Which campaigns to change, and why: what replays and lift say it with.

use serde::Serialize;

use crate::campaign::Name;

/// A campaign that had better be changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Recommendation {
    /// The campaign.
    pub campaign: Name,
    /// What is the matter.
    pub code: RecommendationCode,
    /// The share that shows it: of customers, firings, sends, or customers reached; of lift, the most
    /// that the campaign may bring.
    pub share: f64,
    /// The same in a sentence.
    pub message: String,
    /// What to do.
    pub fix: String,
}

/// What is the matter with a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum RecommendationCode {
    /// Nothing fired.
    NeverFires,
    /// Hardly anybody is sent anything.
    LowReach,
    /// Most firings come to nothing.
    HighSuppression,
    /// Most reach the goal by themselves.
    LittleToGain,
    /// Another campaign sends to the same customers.
    Overlap,
    /// Nobody is held out, so that nothing tells what it brings.
    NoHoldout,
    /// The holdout is not of the size that is meant.
    SampleRatio,
    /// Fewer reach the goal than without it.
    Harmful,
    /// It brings less than the effect that is worth having.
    NoLift,
}

impl Recommendation {
    pub(super) fn new(
        campaign: &Name,
        code: RecommendationCode,
        share: f64,
        message: String,
        fix: &str,
    ) -> Self {
        Self { campaign: campaign.clone(), code, share, message, fix: fix.to_owned() }
    }
}
