//! Two means: the t test of Welch, which does not take their variances for equal (Welch 1947).
//!
//! `t = (m₁ − m₀)/√(v₁/n₁ + v₀/n₀)`, with `(v₁/n₁ + v₀/n₀)² / ((v₁/n₁)²/(n₁ − 1) + (v₀/n₀)²/(n₀ − 1))`
//! degrees of freedom.

use super::sample::Summary;

/// A difference of means, its standard error and the degrees of freedom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Welch {
    pub(super) standard_error: f64,
    pub(super) df: f64,
}

/// What Welch's test needs; `None` where neither arm varies.
pub(super) fn welch(treatment: &Summary, control: &Summary) -> Option<Welch> {
    let (one, two) = (treatment.of_mean(), control.of_mean());
    let sum = one + two;
    let parts = one * one / (treatment.n - 1.0) + two * two / (control.n - 1.0);
    (sum > 0.0 && parts > 0.0).then(|| Welch { standard_error: sum.sqrt(), df: sum * sum / parts })
}
