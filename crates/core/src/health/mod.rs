//! Health: a score of 0 to 100 from weighted factors, with its parts, its coverage and its band.
//!
//! Each factor has a score of 0 to 100 (clamped) and a weight. The health score is the weighted
//! mean of the factor scores that take part, at most the cap of any factor that calls for one; a
//! group of factors is such a mean itself. The contributions of the factors sum to it exactly, in
//! whatever order they are added, and so do the terms of a change and the shares of an account.

mod account;
mod band;
mod change;
mod evaluate;
mod mann_kendall;
mod overrides;
mod spec;
#[cfg(test)]
mod testing;
mod theil_sen;
mod trend;

pub use account::{AccountChild, AccountHealth, Child, Fallback, HealthSource, account_health};
pub use change::{ChangeKind, HealthChangeTerm, Known, change_terms};
pub use evaluate::{FactorHealth, Health, evaluate};
pub use mann_kendall::{MannKendall, mann_kendall};
pub(crate) use overrides::Overrides;
pub use overrides::{HealthOverride, OverriddenHealth, with_override};
pub(crate) use spec::MAX_LEVELS;
pub use spec::{Band, FactorSpec, HealthSpec, Missing};
pub use theil_sen::theil_sen;
pub use trend::{HealthTrend, TrendDirection, TrendSpec, trend};
