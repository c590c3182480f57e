//! The health score of one customer at one instant.
//!
//! `score = min(Σ wᵢ·sᵢ / Σ wᵢ, caps)` over the factors that take part, sums in the playbook's
//! order.
//!
//! The contributions must sum to the score to the last bit, whether a host adds them from the
//! left, pairwise or with compensation. So the score and the contributions are whole multiples of
//! 2⁻⁴⁶ points (about 1.4e-14, the spacing of doubles at 100): sums of such numbers up to 127 are
//! exact in any order. The score is rounded to that grid; with `Pᵢ` the running weighted sum up to
//! factor `i`, the contributions up to `i` sum to `score · Pᵢ / Pₙ` rounded down to the grid. A cap
//! lowers the score and so all contributions in proportion.

use serde::{Deserialize, Serialize};

use super::band::band;
use super::spec::{HealthSpec, Missing};
use crate::math::finite;

/// What one factor did to the score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FactorHealth {
    /// The factor's name.
    pub name: String,
    /// Its score, 0 to 100: the stand-in where the playbook has one, else nothing when missing.
    pub score: Option<f64>,
    /// Its weight as the playbook has it.
    pub weight: f64,
    /// The points of the health score that come from it.
    pub contribution: f64,
}

/// The health of one customer at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Health {
    /// The score, 0 to 100: exactly the sum of the contributions.
    pub score: f64,
    /// The band it is in.
    pub band: String,
    /// The share of the weight whose factors were observed, 0 to 1.
    pub coverage: f64,
    /// The factor whose cap holds the score down, if one does: that of the lowest cap, the first
    /// of equals.
    pub capped_by: Option<String>,
    /// The factors, in the playbook's order.
    pub factors: Vec<FactorHealth>,
}

/// Grid steps in a point: 2⁴⁶.
const STEPS: f64 = 70_368_744_177_664.0;

/// The score from `factor_scores`, one for each factor of `spec` in order, NaN where missing.
///
/// `previous_band` is the band the customer was in, if any. Nothing when a missing factor excludes
/// the customer, or when no factor takes part. `spec` is one that [`HealthSpec::check`] accepts.
#[must_use]
pub fn evaluate(
    spec: &HealthSpec,
    factor_scores: &[f64],
    previous_band: Option<&str>,
) -> Option<Health> {
    let mut factors = Vec::with_capacity(spec.factors.len());
    let (mut whole, mut observed, mut total) = (0.0, 0.0, 0.0);
    let (mut least, mut most) = (100.0_f64, 0.0_f64);
    let mut cap: Option<(f64, &str)> = None;
    for (index, factor) in spec.factors.iter().enumerate() {
        let given = finite(factor_scores.get(index).copied().unwrap_or(f64::NAN));
        whole += factor.weight;
        let score = match factor.missing {
            _ if !given.is_nan() => {
                observed += factor.weight;
                Some(given.clamp(0.0, 100.0))
            }
            Missing::Redistribute => None,
            Missing::Value(value) => Some(value),
            Missing::ExcludeCustomer => return None,
        };
        if let Some(score) = score {
            total += factor.weight;
            least = least.min(score);
            most = most.max(score);
            if let (Some(limit), Some(below)) = (factor.cap, factor.cap_below)
                && score < below
                && cap.is_none_or(|(lowest, _)| limit < lowest)
            {
                cap = Some((limit, &factor.name));
            }
        }
        factors.push(FactorHealth {
            name: factor.name.clone(),
            score,
            weight: factor.weight,
            contribution: 0.0,
        });
    }
    if total <= 0.0 {
        return None;
    }

    let weighted = |factor: &FactorHealth| factor.score.unwrap_or(0.0) * (factor.weight / total);
    let sum = factors.iter().fold(0.0, |sum, factor| sum + weighted(factor));
    // A mean lies between the least and the most; rounding is not to push it out.
    let mut score = (sum.max(least).min(most) * STEPS).round() / STEPS;
    let mut capped_by = None;
    if let Some((limit, name)) = cap.filter(|(limit, _)| *limit < score) {
        score = (limit * STEPS).floor() / STEPS;
        capped_by = Some(name.to_owned());
    }
    if sum > 0.0 {
        let (mut running, mut given) = (0.0, 0.0);
        for factor in &mut factors {
            running += weighted(factor);
            let so_far = (score * (running / sum) * STEPS).floor() / STEPS;
            factor.contribution = so_far - given;
            given = so_far;
        }
    }

    Some(Health {
        band: band(spec, score, previous_band)?.name.clone(),
        score,
        coverage: observed / whole,
        capped_by,
        factors,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::spec::{Band, FactorSpec};
    use super::*;

    fn factor(name: &str, weight: f64, missing: Missing) -> FactorSpec {
        FactorSpec { name: name.to_owned(), weight, missing, cap: None, cap_below: None }
    }

    fn spec(factors: Vec<FactorSpec>) -> HealthSpec {
        let bands = [("critical", 0.0), ("at_risk", 40.0), ("healthy", 70.0)]
            .map(|(name, from)| Band { name: name.to_owned(), from });
        let spec = HealthSpec { bands: bands.to_vec(), hysteresis: 3.0, factors };
        spec.check().unwrap();
        spec
    }

    #[test]
    fn the_score_is_the_weighted_mean_of_clamped_factor_scores() {
        let spec = spec(vec![
            factor("engagement", 0.4, Missing::Redistribute),
            factor("support", 0.4, Missing::Redistribute),
        ]);
        let health = evaluate(&spec, &[50.0, -25.0], None).unwrap();
        assert_eq!((health.score, health.band.as_str(), health.coverage), (25.0, "critical", 1.0));
        assert_eq!(health.factors[1].score, Some(0.0));
        assert_eq!(health.factors[0].contribution, 25.0);
        assert_eq!(evaluate(&spec, &[500.0, 100.0], None).unwrap().score, 100.0);
    }

    #[test]
    fn a_missing_factor_does_what_the_playbook_says() {
        let scored = |missing, scores: &[f64]| {
            evaluate(
                &spec(vec![factor("a", 3.0, Missing::Redistribute), factor("b", 1.0, missing)]),
                scores,
                None,
            )
        };
        let redistributed = scored(Missing::Redistribute, &[80.0, f64::NAN]).unwrap();
        assert_eq!((redistributed.score, redistributed.coverage), (80.0, 0.75));
        assert_eq!(redistributed.factors[1].score, None);
        assert_eq!(redistributed.factors[1].contribution, 0.0);
        let stood_in = scored(Missing::Value(40.0), &[80.0, f64::NAN]).unwrap();
        assert_eq!((stood_in.score, stood_in.coverage), (70.0, 0.75));
        assert_eq!(stood_in.factors[1].score, Some(40.0));
        assert_eq!(scored(Missing::ExcludeCustomer, &[80.0, f64::NAN]), None);
        assert_eq!(scored(Missing::Redistribute, &[f64::NAN, f64::NAN]), None);
    }

    #[test]
    fn the_lowest_cap_that_is_called_for_holds_the_whole_score_down() {
        let mut support = factor("support", 1.0, Missing::Redistribute);
        (support.cap, support.cap_below) = (Some(30.0), Some(20.0));
        let mut billing = factor("billing", 1.0, Missing::Redistribute);
        (billing.cap, billing.cap_below) = (Some(25.0), Some(10.0));
        let spec = spec(vec![factor("engagement", 8.0, Missing::Redistribute), support, billing]);
        for (scores, score, capped_by) in [
            ([100.0, 20.0, 100.0], 92.0, None),
            ([100.0, 19.0, 100.0], 30.0, Some("support")),
            ([100.0, 19.0, 9.0], 25.0, Some("billing")),
            ([10.0, 0.0, 100.0], 18.0, None),
        ] {
            let health = evaluate(&spec, &scores, None).unwrap();
            assert_eq!(health.score, score, "{scores:?}");
            assert_eq!(health.capped_by.as_deref(), capped_by, "{scores:?}");
        }
    }

    #[test]
    fn the_document_reads_as_in_the_design() {
        let spec = spec(vec![
            factor("engagement", 0.5, Missing::Redistribute),
            factor("support", 0.5, Missing::Redistribute),
        ]);
        let health = evaluate(&spec, &[100.0, f64::NAN], None).unwrap();
        assert_eq!(
            serde_json::to_string(&health).unwrap(),
            r#"{"score":100.0,"band":"healthy","coverage":0.5,"capped_by":null,"factors":[{"name":"engagement","score":100.0,"weight":0.5,"contribution":100.0},{"name":"support","score":null,"weight":0.5,"contribution":0.0}]}"#
        );
    }

    prop_compose! {
        fn any_factor()(
            weight in prop_oneof![1e-9_f64..1.0, Just(0.1), Just(1.0), 1.0_f64..1e12],
            missing in prop_oneof![
                Just(Missing::Redistribute),
                (0.0_f64..=100.0).prop_map(Missing::Value),
            ],
            cap in proptest::option::of((0.0_f64..=100.0, 0.0_f64..=100.0)),
            score in prop_oneof![
                0.0_f64..=100.0,
                -1e3_f64..1e3,
                Just(100.0),
                Just(0.0),
                Just(f64::NAN),
                Just(f64::MIN_POSITIVE),
            ],
        ) -> (FactorSpec, f64) {
            let factor = FactorSpec {
                name: String::new(),
                weight,
                missing,
                cap: cap.map(|cap| cap.0),
                cap_below: cap.map(|cap| cap.1),
            };
            (factor, score)
        }
    }

    fn naive(spec: &HealthSpec, health: &Health) -> f64 {
        let used = || health.factors.iter().filter(|factor| factor.score.is_some());
        let mean = used().map(|factor| factor.weight * factor.score.unwrap()).sum::<f64>()
            / used().map(|factor| factor.weight).sum::<f64>();
        let caps = spec.factors.iter().zip(&health.factors).filter_map(|(factor, found)| {
            factor
                .cap
                .filter(|_| found.score.is_some_and(|score| score < factor.cap_below.unwrap()))
        });
        caps.fold(mean, f64::min)
    }

    proptest! {
        #[test]
        fn contributions_sum_to_the_score_exactly_in_any_order(
            mut factors in proptest::collection::vec(any_factor(), 1..12),
        ) {
            for (index, factor) in factors.iter_mut().enumerate() {
                factor.0.name = format!("f{index}");
            }
            let (factors, scores): (Vec<_>, Vec<_>) = factors.into_iter().unzip();
            let spec = spec(factors);
            if let Some(health) = evaluate(&spec, &scores, None) {
                prop_assert!((0.0..=100.0).contains(&health.score));
                prop_assert!((0.0..=1.0).contains(&health.coverage));
                let parts: Vec<f64> = health.factors.iter().map(|f| f.contribution).collect();
                prop_assert!(parts.iter().all(|part| *part >= 0.0));
                let forward = parts.iter().fold(0.0, |sum, part| sum + part);
                let backward = parts.iter().rev().fold(0.0, |sum, part| sum + part);
                prop_assert_eq!(forward.to_bits(), health.score.to_bits());
                prop_assert_eq!(backward.to_bits(), health.score.to_bits());
                prop_assert!((health.score - naive(&spec, &health)).abs() < 1e-12);
                let text = serde_json::to_string(&health).unwrap();
                prop_assert_eq!(serde_json::from_str::<Health>(&text).unwrap(), health);
            }
        }
    }
}
