//! Two proportions: the z test with a pooled variance, and the interval of their difference.
//!
//! `z = (p₁ − p₀)/√(p(1 − p)(1/n₁ + 1/n₀))` with `p` that of both arms together. The interval joins
//! the Wilson intervals `(lᵢ, uᵢ)` of the two (Newcombe 1998, method 10): from
//! `d − √((p₁ − l₁)² + (u₀ − p₀)²)` to `d + √((u₁ − p₁)² + (p₀ − l₀)²)`. It stays within −1 and 1, and
//! holds its level also where proportions are small, where the interval of Wald does not.

use super::sample::Summary;
use super::tails;

/// The statistic `z`; 0 where all or none came true in both arms, as nothing tells them apart.
pub(super) fn z(treatment: &Summary, control: &Summary) -> f64 {
    let n = treatment.n + control.n;
    let pooled = (treatment.successes() + control.successes()) / n;
    let variance = pooled * (1.0 - pooled) * (1.0 / treatment.n + 1.0 / control.n);
    if variance <= 0.0 { 0.0 } else { (treatment.mean - control.mean) / variance.sqrt() }
}

/// Wilson's interval of one proportion (Wilson 1927).
fn wilson(arm: &Summary, critical: f64) -> (f64, f64) {
    let square = critical * critical;
    let whole = 1.0 + square / arm.n;
    let centre = (arm.mean + square / (2.0 * arm.n)) / whole;
    let reach = critical * (arm.of_mean() + square / (4.0 * arm.n * arm.n)).sqrt() / whole;
    ((centre - reach).max(0.0), (centre + reach).min(1.0))
}

/// The interval of the difference, treatment less control.
pub(super) fn newcombe(treatment: &Summary, control: &Summary, level: f64) -> (f64, f64) {
    let critical = tails::normal_critical(1.0 - level);
    let difference = treatment.mean - control.mean;
    let (l1, u1) = wilson(treatment, critical);
    let (l0, u0) = wilson(control, critical);
    let below = (treatment.mean - l1).powi(2) + (u0 - control.mean).powi(2);
    let above = (u1 - treatment.mean).powi(2) + (control.mean - l0).powi(2);
    (difference - below.sqrt(), difference + above.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Newcombe 1998, table II, row of method 10: 56/70 − 48/80, 9/10 − 3/10, 10/10 − 0/10.
    #[test]
    fn the_interval_is_the_published_one() {
        let arm = |successes: f64, n: f64| {
            let mean = successes / n;
            Summary { n, mean, variance: mean * (1.0 - mean) }
        };
        for ((a, m, b, n), (low, high)) in [
            ((56.0, 70.0, 48.0, 80.0), (0.0524, 0.3339)),
            ((9.0, 10.0, 3.0, 10.0), (0.1705, 0.8090)),
            ((10.0, 10.0, 0.0, 10.0), (0.6075, 1.0)),
        ] {
            let found = newcombe(&arm(a, m), &arm(b, n), 0.95);
            assert!((found.0 - low).abs() < 5.1e-5 && (found.1 - high).abs() < 5.1e-5, "{found:?}");
        }
    }
}
