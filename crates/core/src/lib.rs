//! The pure core of Stayput: no IO, no clock, no threads (but with the feature
//! `parallel`), no unseeded randomness.
//!
//! Data flows one way: events become a history, a history becomes features, features become
//! health, churn and lifecycle, and those become campaign decisions.

/// A type that documents write as text, by its `Display`, and read by its `parse`.
macro_rules! written_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

mod bundle;
pub mod campaign;
pub mod churn;
pub mod columns;
mod describe;
mod engine;
mod error;
pub mod event;
pub mod experiment;
pub mod expr;
pub mod features;
pub mod health;
pub mod history;
pub mod lifecycle;
pub mod math;
mod playbook;
pub mod schema;
pub mod threads;
pub mod time;
pub mod wire;

pub use bundle::Bundle;
pub use describe::{
    ColumnDescription, Common, CustomersDescription, Description, Duplicates, Gap, Gaps, Spread,
    Suspicion, TypeDescription, describe,
};
pub use engine::{
    CampaignComparison, Churn, Decisions, Engine, HealthChange, HealthHistory, HealthPoint,
    LiftReport, NextAction, ReasonCode, ReasonCount, ReasonParams, Recommendation,
    RecommendationCode, Recourse, RecourseChange, RecourseQuestion, Replay, ReplayCampaign,
    ReplayComparison, ReplayDay, ReplayOverlap, ReplayParams, ReplayTotal, Score, ScoreParams,
    Stage, WhatIf,
};
pub use error::{Error, ErrorCode, Position, Result, did_you_mean};
pub use playbook::{
    AccountsPlan, Actionable, CampaignPrograms, CampaignsPlan, Conditions, Direction, EventUse,
    FeatureDefinition, FeatureReason, Features, FunctionUse, HealthPlan, LifecyclePlan, Lineage,
    Lint, LintCode, LintLevel, Playbook, ReasonGroup, ReasonsPlan, Reports, SegmentRows, Template,
    Training,
};
