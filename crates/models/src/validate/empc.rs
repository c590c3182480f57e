//! EMPC: the expected maximum profit of a campaign against churn (Verbraken, Verbeke and Baesens
//! 2013).
//!
//! All customers with at least a score `t` get an offer of worth `d`, which costs `f` to make; a
//! churner takes it and stays with probability `γ`, a customer worth `CLV` kept, and others take it
//! for nothing. With `δ = d/CLV`, `φ = f/CLV`, shares `π₀` of churners and `π₁` of others, of whom
//! `F₀(t)` and `F₁(t)` get the offer, the profit for each customer is
//! `P(t, γ) = CLV·(γ(1 − δ) − φ)·π₀F₀(t) − CLV·(δ + φ)·π₁F₁(t)`. `γ` is not known but drawn from
//! Beta(α, β), and for each `γ` the best `t` is taken: `EMPC = ∫ max_t P(t, γ) dBeta(γ; α, β)`. The
//! share `η̄` of customers who then get the offer is the expected best size of the campaign.
//!
//! The best `t` lies on the convex hull of the ROC curve, each corner of which is best for a
//! stretch of `γ`; so the integral is a finite sum of incomplete beta functions.

use serde::{Deserialize, Serialize};
use stayput_core::math::incomplete_beta;
use stayput_core::{Error, Result};

use super::ranked::Ranked;

/// What a campaign costs and brings. The defaults are those of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct EmpcParams {
    /// First shape of the distribution of the share of churners who take the offer; 6 by default.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<f64>"))]
    pub alpha: f64,
    /// Second shape; 14 by default, for a mean of 0.3.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<f64>"))]
    pub beta: f64,
    /// What a customer who stays is worth (customer lifetime value); 200 by default.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<f64>"))]
    pub clv: f64,
    /// What the offer costs when it is taken; 10 by default.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<f64>"))]
    pub d: f64,
    /// What it costs to make it; 1 by default.
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<f64>"))]
    pub f: f64,
}

impl Default for EmpcParams {
    fn default() -> Self {
        Self { alpha: 6.0, beta: 14.0, clv: 200.0, d: 10.0, f: 1.0 }
    }
}

impl EmpcParams {
    /// # Errors
    /// [`stayput_core::ErrorCode::Argument`] naming what is out of range.
    fn check(&self) -> Result<()> {
        for (name, shape) in [("alpha", self.alpha), ("beta", self.beta)] {
            if !(0.01..=10_000.0).contains(&shape) {
                return Err(Error::argument(name, format!("is {shape}; expected 0.01 to 10000")));
            }
        }
        if !(self.clv > 0.0 && self.clv <= 1e12) {
            let message = format!("is {}; expected more than 0, up to 1e12", self.clv);
            return Err(Error::argument("clv", message));
        }
        for (name, cost) in [("d", self.d), ("f", self.f)] {
            if !(0.0..self.clv).contains(&cost) {
                let message = format!("is {cost}; expected 0 or more, and less than `clv`");
                return Err(Error::argument(name, message));
            }
        }
        Ok(())
    }
}

/// The expected maximum profit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Empc {
    /// Expected maximum profit for each customer, in the money of `clv`.
    pub empc: f64,
    /// The share of all customers who get the offer then.
    pub fraction: f64,
}

/// The expected maximum profit of choosing customers by these scores; none when the labels are all
/// alike.
///
/// # Errors
/// [`stayput_core::ErrorCode::Argument`] naming a parameter that is out of range.
pub fn empc(labels: &[bool], scores: &[f64], params: &EmpcParams) -> Result<Option<Empc>> {
    params.check()?;
    Ok(empc_of(&Ranked::new(labels, scores), params))
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
pub(super) fn empc_of(ranked: &Ranked, params: &EmpcParams) -> Option<Empc> {
    if !ranked.both() {
        return None;
    }
    let EmpcParams { alpha, beta, clv, d, f } = *params;
    let (delta, phi) = (d / clv, f / clv);
    let all = ranked.rows as f64;
    let mean = alpha / (alpha + beta);
    // How much of γ, and of its mean, is below a value.
    let mass = |gamma| incomplete_beta(alpha, beta, gamma);
    let part = |gamma| mean * incomplete_beta(alpha + 1.0, beta, gamma);
    let hull = hull(ranked.roc());
    let (mut from, mut mass_from, mut part_from) = (0.0, 0.0, 0.0);
    let mut total = Empc { empc: 0.0, fraction: 0.0 };
    for (corner, &(others, churners)) in hull.iter().enumerate() {
        // Up to here this corner is better than the next one.
        let until = hull.get(corner + 1).map_or(1.0, |&(next_others, next_churners)| {
            let (more_others, more) = (next_others - others, next_churners - churners);
            let costs = (delta + phi) * more_others as f64 + phi * more as f64;
            // The next corner brings no churner: never better, or as good where it costs nothing.
            if more == 0 { 1.0 } else { costs / ((1.0 - delta) * more as f64) }
        });
        let until = if until > 1.0 { 1.0 } else { until.max(from) };
        let (mass_until, part_until) = (mass(until), part(until));
        let (mass, part) = (mass_until - mass_from, part_until - part_from);
        let (churners, others) = (churners as f64 / all, others as f64 / all);
        total.empc += clv
            * ((1.0 - delta) * churners * part - (phi * churners + (delta + phi) * others) * mass);
        total.fraction += (churners + others) * mass;
        (from, mass_from, part_from) = (until, mass_until, part_until);
    }
    Some(total)
}

/// The corners of the upper convex hull of the ROC curve, from none to all.
fn hull(points: impl Iterator<Item = (usize, usize)>) -> Vec<(usize, usize)> {
    let mut hull: Vec<(usize, usize)> = Vec::new();
    for point in points {
        while let [.., a, b] = hull[..]
            && !turns_right(a, b, point)
        {
            hull.pop();
        }
        hull.push(point);
    }
    hull
}

/// Whether `b` lies above the line from `a` to `c`; the points go right and up.
fn turns_right(a: (usize, usize), b: (usize, usize), c: (usize, usize)) -> bool {
    let step = |to: usize, from: usize| (to - from) as u128;
    step(b.1, a.1) * step(c.0, b.0) > step(c.1, b.1) * step(b.0, a.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use stayput_core::ErrorCode;

    use super::*;
    use crate::validate::testing::{near, rows_of_both};

    /// The definition: for each `γ` of a fine grid the best threshold of all, weighted by the
    /// density; the middle of each step (error about 1e-7 of the profit).
    fn by_definition(labels: &[bool], scores: &[f64], params: &EmpcParams) -> f64 {
        const STEPS: u32 = 4_000;
        let ranked = Ranked::new(labels, scores);
        let points: Vec<_> = ranked.roc().collect();
        let EmpcParams { alpha, beta, clv, d, f } = *params;
        let all = f64::from(u32::try_from(labels.len()).unwrap());
        let count = |count: usize| f64::from(u32::try_from(count).unwrap()) / all;
        let width = 1.0 / f64::from(STEPS);
        let profit = |gamma: f64| {
            let of = |&(others, churners): &(usize, usize)| {
                (gamma * (clv - d) - f) * count(churners) - (d + f) * count(others)
            };
            points.iter().map(of).fold(f64::MIN, f64::max)
        };
        let step = |at: u32| {
            let (from, until) = (f64::from(at) * width, f64::from(at + 1) * width);
            let mass = incomplete_beta(alpha, beta, until) - incomplete_beta(alpha, beta, from);
            profit(from.midpoint(until)) * mass
        };
        (0..STEPS).map(step).sum()
    }

    #[test]
    fn a_perfect_order_earns_all_there_is() {
        // All churners and no others, for every γ above φ/(1 − δ), below which it has nearly no mass.
        let labels = [true, true, false, false, false];
        let scores = [0.9, 0.8, 0.3, 0.2, 0.1];
        let found = empc(&labels, &scores, &EmpcParams::default()).unwrap().unwrap();
        near(found.empc, 0.4 * (0.3 * 190.0 - 1.0), 1e-9);
        near(found.fraction, 0.4, 1e-9);
        assert_eq!(empc(&[true], &[0.5], &EmpcParams::default()).unwrap(), None);
    }

    #[test]
    fn an_offer_that_costs_nothing_goes_to_all() {
        let free = EmpcParams { d: 0.0, f: 0.0, ..EmpcParams::default() };
        let found = empc(&[true, false, true], &[0.1, 0.5, 0.3], &free).unwrap().unwrap();
        near(found.empc, 2.0 / 3.0 * 0.3 * 200.0, 1e-9);
        near(found.fraction, 1.0, 1e-12);
    }

    #[test]
    fn parameters_that_cannot_be_are_refused() {
        let usual = EmpcParams::default();
        for (params, name) in [
            (EmpcParams { alpha: 0.0, ..usual }, "alpha"),
            (EmpcParams { beta: f64::NAN, ..usual }, "beta"),
            (EmpcParams { clv: 0.0, ..usual }, "clv"),
            (EmpcParams { d: 200.0, ..usual }, "d"),
            (EmpcParams { f: -1.0, ..usual }, "f"),
        ] {
            let error = empc(&[true], &[0.5], &params).unwrap_err();
            assert_eq!((error.code(), error.path()), (ErrorCode::Argument, Some(name)));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_sum_is_the_integral_of_the_definition(
            (labels, scores) in rows_of_both(), alpha in 1.0..20.0, beta in 1.0..20.0,
            d in 0.0..100.0, f in 0.0..20.0,
        ) {
            let params = EmpcParams { alpha, beta, d, f, clv: 200.0 };
            let found = empc(&labels, &scores, &params).unwrap().unwrap();
            let expected = by_definition(&labels, &scores, &params);
            prop_assert!((found.empc - expected).abs() < 1e-4, "{} {expected}", found.empc);
            prop_assert!((0.0..=1.0 + 1e-12).contains(&found.fraction));
        }
    }
}
