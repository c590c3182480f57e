//! Health: a score of 0 to 100 from weighted factors, with its parts, its coverage and its band.
//!
//! Each factor has a score of 0 to 100 (clamped) and a weight. The health score is the weighted
//! mean of the factor scores that take part, at most the cap of any factor that calls for one.
//! The contributions of the factors sum to it exactly, in whatever order they are added.

mod band;
mod evaluate;
mod spec;

pub use evaluate::{FactorHealth, Health, evaluate};
pub use spec::{Band, FactorSpec, HealthSpec, Missing};
