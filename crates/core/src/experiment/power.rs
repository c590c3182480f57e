//! How many customers an experiment needs, how small an effect it can see, and how surely.
//!
//! The power of a two-sided test at level `1 − α` is
//! `Φ((|δ| − z s₀)/s₁) + Φ((−|δ| − z s₀)/s₁)` with `z = Φ⁻¹(1 − α/2)`, `s₀` the standard error that the
//! test takes where there is no effect and `s₁` the true one. For proportions
//! `s₀² = p(1 − p)(1/n₁ + 1/n₀)` with the pooled `p` and `s₁² = p₁(1 − p₁)/n₁ + p₀(1 − p₀)/n₀` (Fleiss,
//! Levin and Paik 2003, chapter 4); for means both are `v(1/n₁ + 1/n₀)`, the normal approximation of the t
//! test, which is right to about one customer an arm.
//!
//! A number of customers is the least that reaches the power; an effect likewise, upwards from the
//! baseline.

use serde::Serialize;

use super::sample::Metric;
use super::{check_share, tails};
use crate::error::{Error, Result};

/// What is known of an experiment that is planned. Of `effect`, `n` and `power` two are given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerParams {
    /// What is compared.
    pub metric: Metric,
    /// The control's proportion. Not for means.
    pub baseline: Option<f64>,
    /// The variance of a customer. Not for proportions.
    pub variance: Option<f64>,
    /// The difference that is to be seen.
    pub effect: Option<f64>,
    /// Customers of the control.
    pub n: Option<u64>,
    /// The probability to find the effect.
    pub power: Option<f64>,
    /// One less the chance of an effect that is not there.
    pub level: f64,
    /// Customers of the treatment for each of the control.
    pub ratio: f64,
}

/// An experiment as planned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PowerAnalysis {
    /// What is compared.
    pub metric: Metric,
    /// The difference that is to be seen.
    pub effect: f64,
    /// Customers of the control.
    pub n_control: f64,
    /// Customers of the treatment.
    pub n_treatment: f64,
    /// The probability to find the effect.
    pub power: f64,
    /// One less the chance of an effect that is not there.
    pub level: f64,
}

/// The parameters, of which nothing is wrong.
#[derive(Clone, Copy)]
struct Plan {
    metric: Metric,
    /// The control's proportion, or the variance of a customer.
    base: f64,
    level: f64,
    ratio: f64,
}

/// More customers than there are.
const MOST: f64 = 1e12;

impl Plan {
    /// The power with this effect and these customers of the control.
    fn power(&self, effect: f64, n: f64) -> f64 {
        let m = (n * self.ratio).ceil();
        let (null, truth) = match self.metric {
            Metric::Proportion => {
                let p = self.base + effect;
                let pooled = (n * self.base + m * p) / (n + m);
                let truth = p * (1.0 - p) / m + self.base * (1.0 - self.base) / n;
                (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m), truth)
            }
            Metric::Mean => (self.base * (1.0 / n + 1.0 / m), self.base * (1.0 / n + 1.0 / m)),
        };
        let reach = tails::normal_critical(1.0 - self.level) * null.sqrt();
        let truth = truth.sqrt();
        tails::normal_below((effect.abs() - reach) / truth)
            + tails::normal_below((-effect.abs() - reach) / truth)
    }
}

/// Finds the one of effect, customers and power that is not given.
///
/// # Errors
/// [`crate::ErrorCode::Argument`] when not two of the three are given, something is out of range,
/// or no number of customers or effect reaches the power.
pub fn power_analysis(params: &PowerParams) -> Result<PowerAnalysis> {
    let plan = check(params)?;
    let (effect, n, power) = match (params.effect, params.n, params.power) {
        (Some(effect), Some(n), None) => {
            check_effect(&plan, effect)?;
            let n = customers(n)?;
            (effect, n, plan.power(effect, n))
        }
        (Some(effect), None, Some(power)) => {
            check_effect(&plan, effect)?;
            check_power(power, plan.level)?;
            let n = least_n(&plan, effect, power)?;
            (effect, n, plan.power(effect, n))
        }
        (None, Some(n), Some(power)) => {
            check_power(power, plan.level)?;
            let n = customers(n)?;
            let effect = least_effect(&plan, n, power)?;
            (effect, n, plan.power(effect, n))
        }
        _ => {
            let message = "expected two of `effect`, `n` and `power`; the third is found";
            return Err(Error::argument("power", message));
        }
    };
    let n_treatment = (n * plan.ratio).ceil();
    let level = plan.level;
    Ok(PowerAnalysis { metric: plan.metric, effect, n_control: n, n_treatment, power, level })
}

fn check(params: &PowerParams) -> Result<Plan> {
    check_share("level", params.level)?;
    if !params.ratio.is_finite() || params.ratio <= 0.0 {
        let message = format!("is {}; expected more than 0", params.ratio);
        return Err(Error::argument("ratio", message));
    }
    let base = match (params.metric, params.baseline, params.variance) {
        (Metric::Proportion, Some(baseline), None) => {
            check_share("baseline", baseline)?;
            baseline
        }
        (Metric::Proportion, ..) => {
            let message = "a proportion needs `baseline`, the control's, and no `variance`";
            return Err(Error::argument("baseline", message));
        }
        (Metric::Mean, None, Some(variance)) if variance.is_finite() && variance > 0.0 => variance,
        (Metric::Mean, ..) => {
            let message = "a mean needs `variance`, more than 0, and no `baseline`";
            return Err(Error::argument("variance", message));
        }
    };
    Ok(Plan { metric: params.metric, base, level: params.level, ratio: params.ratio })
}

fn check_effect(plan: &Plan, effect: f64) -> Result<()> {
    if !effect.is_finite() || effect == 0.0 {
        return Err(Error::argument("effect", format!("is {effect}; expected a difference")));
    }
    let reached = plan.base + effect;
    if plan.metric == Metric::Proportion && (reached <= 0.0 || reached >= 1.0) {
        let message = format!("leads to a proportion of {reached}; expected one between 0 and 1");
        return Err(Error::argument("effect", message));
    }
    Ok(())
}

fn check_power(power: f64, level: f64) -> Result<()> {
    if power > 1.0 - level && power < 1.0 {
        return Ok(());
    }
    let least = 1.0 - level;
    Err(Error::argument("power", format!("is {power}; expected more than {least} and less than 1")))
}

fn customers(n: u64) -> Result<f64> {
    #[expect(clippy::cast_precision_loss, reason = "checked to be at most 1e12")]
    let n = n as f64;
    if (1.0..=MOST).contains(&n) {
        return Ok(n);
    }
    Err(Error::argument("n", format!("is {n}; expected 1 to {MOST:e}")))
}

/// The least whole number of customers of the control that reaches the power.
fn least_n(plan: &Plan, effect: f64, power: f64) -> Result<f64> {
    let (mut low, mut high) = (0.0, 1.0);
    while plan.power(effect, high) < power {
        if high >= MOST {
            let message = "is so small that no number of customers shows it";
            return Err(Error::argument("effect", message));
        }
        (low, high) = (high, high * 2.0);
    }
    while high - low > 1.0 {
        let middle = f64::midpoint(low, high).floor();
        if plan.power(effect, middle) < power { low = middle } else { high = middle }
    }
    Ok(high)
}

/// The least effect upwards that reaches the power.
fn least_effect(plan: &Plan, n: f64, power: f64) -> Result<f64> {
    let (mut low, mut high) = (0.0, 0.0);
    match plan.metric {
        Metric::Proportion => {
            // Just below certainty, where the true error is still more than none.
            high = (1.0 - plan.base) * (1.0 - 1e-12);
            if plan.power(high, n) < power {
                let message =
                    format!("is {n}; no proportion up to 1 would be seen with this power");
                return Err(Error::argument("n", message));
            }
        }
        Metric::Mean => {
            let mut step = plan.base.sqrt() / n.sqrt();
            while plan.power(high, n) < power && step.is_finite() {
                (low, high, step) = (high, high + step, 2.0 * step);
            }
        }
    }
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return Ok(high);
        }
        if plan.power(middle, n) < power { low = middle } else { high = middle }
    }
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole numbers of the tests"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proportion(baseline: f64) -> PowerParams {
        PowerParams {
            metric: Metric::Proportion,
            baseline: Some(baseline),
            variance: None,
            effect: None,
            n: None,
            power: None,
            level: 0.95,
            ratio: 1.0,
        }
    }

    proptest! {
        #[test]
        fn each_of_the_three_is_found_from_the_others(
            baseline in 0.05_f64..0.5, effect in 0.01_f64..0.2, power in 0.3_f64..0.99, ratio in 0.3_f64..3.0,
        ) {
            let params = PowerParams { ratio, ..proportion(baseline) };
            let planned =
                power_analysis(&PowerParams { effect: Some(effect), power: Some(power), ..params }).unwrap();
            prop_assert!(planned.power >= power);
            let n = planned.n_control as u64;
            if n > 1 {
                let fewer = PowerParams { effect: Some(effect), n: Some(n - 1), ..params };
                prop_assert!(power_analysis(&fewer).unwrap().power < power);
            }
            let seen = power_analysis(&PowerParams { n: Some(n), power: Some(planned.power), ..params });
            prop_assert!((seen.unwrap().effect / effect - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn what_cannot_be_planned_is_refused_by_name() {
        let good = PowerParams { effect: Some(0.1), n: Some(10), ..proportion(0.2) };
        for (params, path) in [
            (PowerParams { n: None, ..good }, "power"),
            (PowerParams { power: Some(0.8), ..good }, "power"),
            (PowerParams { n: None, power: Some(1.0), ..good }, "power"),
            (PowerParams { n: None, power: Some(0.01), ..good }, "power"),
            (PowerParams { effect: Some(0.0), ..good }, "effect"),
            (PowerParams { effect: Some(0.9), ..good }, "effect"),
            (PowerParams { effect: Some(1e-9), n: None, power: Some(0.8), ..good }, "effect"),
            (PowerParams { effect: None, n: Some(2), power: Some(0.9), ..good }, "n"),
            (PowerParams { n: Some(0), ..good }, "n"),
            (PowerParams { baseline: None, ..good }, "baseline"),
            (PowerParams { variance: Some(1.0), ..good }, "baseline"),
            (PowerParams { metric: Metric::Mean, ..good }, "variance"),
            (PowerParams { level: 0.0, ..good }, "level"),
            (PowerParams { ratio: f64::NAN, ..good }, "ratio"),
        ] {
            let error = power_analysis(&params).unwrap_err();
            assert_eq!(error.path(), Some(path), "{error}");
        }
    }
}
