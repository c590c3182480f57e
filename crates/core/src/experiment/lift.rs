//! The relative lift `m₁/m₀ − 1` and its interval by the delta method.
//!
//! Its variance is `v₁/(n₁ m₀²) + m₁² v₀/(n₀ m₀⁴)` to the first order (Deng, Knoblich and Lu 2018,
//! section 3.1), and the interval is that of a normal distribution. It is good where the control's mean is
//! many of its standard errors away from 0.

use super::sample::Summary;
use super::tails;

/// The lift with both ends of its interval; `None` where the control's mean is 0.
pub(super) fn lift(treatment: &Summary, control: &Summary, level: f64) -> Option<(f64, f64, f64)> {
    let square = control.mean * control.mean;
    if square == 0.0 {
        return None;
    }
    let lift = treatment.mean / control.mean - 1.0;
    let ratio = treatment.mean / control.mean;
    let variance = (treatment.of_mean() + ratio * ratio * control.of_mean()) / square;
    let reach = tails::normal_critical(1.0 - level) * variance.sqrt();
    Some((lift, lift - reach, lift + reach))
}
