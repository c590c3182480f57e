//! Off-policy evaluation: what another policy would have brought, from what this one did.
//!
//! Each row is a decision that was made: the action `a`, the chance `p` that the policy in use chose it
//! with (its propensity), and the reward `r`. The target policy is known by its chances `π(·)` for
//! every action in each row, and a reward model, where there is one, by its predictions `q(·)`. With
//! `w = π(a)/p` and `d = Σ π(j) q(j)`, the value of the target a decision is estimated by the mean of
//!
//! | estimator | a row | source |
//! |---|---|---|
//! | `ips` | `w r` | Horvitz and Thompson 1952 |
//! | `snips` | `w r / w̄` | Swaminathan and Joachims 2015 |
//! | `dm` | `d` | the direct method |
//! | `dr` | `d + w (r − q(a))` | Dudík, Langford and Li 2011 |
//! | `switch_dr` | `d + w (r − q(a))` where `w ≤ τ`, else `d` | Wang, Agarwal and Dudík 2017 |
//!
//! Clipping takes `min(w, c)` for `w`: less variance for some bias (Ionides 2008). Sums run in row
//! order. It is not in the wasm package.

pub mod ask;
mod estimate;
mod interval;

pub use estimate::{
    Estimator, OffPolicyEstimate, OffPolicyParams, OffPolicyReport, OffPolicyRows, Spread,
    off_policy,
};
