//! The health score of one customer at one instant.
//!
//! `score = min(Σ wᵢ·sᵢ / Σ wᵢ, caps)` over the factors that take part, sums in the playbook's
//! order; a group of factors has a score of its own by the same formula.
//!
//! The contributions must sum to the score to the last bit, whether a host adds them from the
//! left, pairwise or with compensation; and those within a group to the group's. So scores and
//! contributions are whole multiples of 2⁻⁴⁶ points (about 1.4e-14, the spacing of doubles at 100):
//! sums of such numbers up to 127 are exact in any order. A score is rounded to that grid; with `Pᵢ`
//! the running weighted sum up to factor `i`, the contributions up to `i` sum to `score · Pᵢ / Pₙ`
//! rounded to the grid. A cap lowers the score and so all contributions in proportion.

use serde::{Deserialize, Serialize};

use super::band::band;
use super::overrides::OverriddenHealth;
use super::spec::{FactorSpec, HealthSpec, Missing};
use super::trend::HealthTrend;
use crate::math::finite;

/// What one factor, or a group of factors, did to the score.
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
    /// The share of its weight that was observed, 0 to 1: for a single factor one or the other.
    pub coverage: f64,
    /// For a group, the factor in it whose cap holds the group's score down, if one does.
    pub capped_by: Option<String>,
    /// For a group, the factors in it, in the playbook's order: their contributions sum exactly to
    /// the group's. Where the group's stand-in takes their place, they share it by weight.
    pub factors: Vec<FactorHealth>,
}

/// The health of one customer at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Health {
    /// The score, 0 to 100: exactly the sum of the contributions, that of an override included.
    pub score: f64,
    /// The band it is in.
    pub band: String,
    /// The share of the weight whose factors were observed, 0 to 1.
    pub coverage: f64,
    /// The factor whose cap holds the computed score down, if one does: that of the lowest cap, the
    /// first of equals.
    pub capped_by: Option<String>,
    /// The factors, in the playbook's order.
    pub factors: Vec<FactorHealth>,
    /// The trend of the computed score; null where the playbook asks for none, or where fewer than
    /// three instants have a score.
    pub trend: Option<HealthTrend>,
    /// The override that holds, and what was computed; null where none does.
    pub overridden: Option<OverriddenHealth>,
}

impl Health {
    /// The score that the factors give, whatever an override says; none where they give none.
    #[must_use]
    pub fn computed_score(&self) -> Option<f64> {
        self.overridden.as_ref().map_or(Some(self.score), |over| over.computed_score)
    }

    /// The band of the computed score.
    #[must_use]
    pub fn computed_band(&self) -> Option<&str> {
        match &self.overridden {
            None => Some(&self.band),
            Some(over) => over.computed_band.as_deref(),
        }
    }
}

/// Grid steps in a point: 2⁴⁶.
const STEPS: f64 = 70_368_744_177_664.0;

/// The nearest multiple of 2⁻⁴⁶ points.
pub(super) fn on_grid(points: f64) -> f64 {
    (points * STEPS).round() / STEPS
}

/// The score from `factor_scores`, NaN where missing: one for each factor of `spec` that has no
/// factors of its own, in order (see [`HealthSpec::leaves`]).
///
/// `previous_band` is the band the customer was in, if any. Nothing when a missing factor excludes
/// the customer, or when no factor takes part. `spec` is one that [`HealthSpec::check`] accepts.
#[must_use]
pub fn evaluate(
    spec: &HealthSpec,
    factor_scores: &[f64],
    previous_band: Option<&str>,
) -> Option<Health> {
    let mut level = Level::of(&spec.factors, &mut factor_scores.iter(), true)?;
    let score = level.score?;
    share_out(score, &mut level.factors);
    Some(Health {
        band: band(spec, score, previous_band)?.name.clone(),
        score,
        coverage: level.coverage,
        capped_by: level.capped_by,
        factors: level.factors,
        trend: None,
        overridden: None,
    })
}

/// The score without any cap.
pub(super) fn uncapped(spec: &HealthSpec, factor_scores: &[f64]) -> Option<f64> {
    Level::of(&spec.factors, &mut factor_scores.iter(), false)?.score
}

/// What factors that stand beside each other give together.
struct Level {
    /// None where no factor takes part.
    score: Option<f64>,
    coverage: f64,
    capped_by: Option<String>,
    factors: Vec<FactorHealth>,
}

impl Level {
    /// Nothing when a missing factor excludes the customer.
    fn of(
        specs: &[FactorSpec],
        scores: &mut std::slice::Iter<'_, f64>,
        caps: bool,
    ) -> Option<Self> {
        let mut factors = Vec::with_capacity(specs.len());
        let (mut whole, mut observed, mut total) = (0.0, 0.0, 0.0);
        let (mut least, mut most) = (100.0_f64, 0.0_f64);
        let mut cap: Option<(f64, &str)> = None;
        for spec in specs {
            let found = if spec.factors.is_empty() {
                let given = finite(scores.next().copied().unwrap_or(f64::NAN));
                let score = (!given.is_nan()).then(|| given.clamp(0.0, 100.0));
                let coverage = f64::from(u8::from(score.is_some()));
                Self { score, coverage, capped_by: None, factors: Vec::new() }
            } else {
                Self::of(&spec.factors, scores, caps)?
            };
            whole += spec.weight;
            observed += spec.weight * found.coverage;
            let score = match (found.score, spec.missing) {
                (None, Missing::ExcludeCustomer) => return None,
                (None, Missing::Value(value)) => Some(value),
                (score, _) => score,
            };
            if let Some(score) = score {
                total += spec.weight;
                least = least.min(score);
                most = most.max(score);
                if let (Some(limit), Some(below)) = (spec.cap, spec.cap_below)
                    && score < below
                    && cap.is_none_or(|(lowest, _)| limit < lowest)
                {
                    cap = Some((limit, &spec.name));
                }
            }
            factors.push(FactorHealth {
                name: spec.name.clone(),
                score,
                weight: spec.weight,
                contribution: 0.0,
                coverage: found.coverage,
                capped_by: found.capped_by,
                factors: found.factors,
            });
        }
        let coverage = observed / whole;
        if total <= 0.0 {
            return Some(Self { score: None, coverage, capped_by: None, factors });
        }
        let sum = factors.iter().fold(0.0, |sum, factor| sum + part(factor, total));
        // A mean lies between the least and the most; rounding is not to push it out.
        let mut score = on_grid(sum.max(least).min(most));
        let mut capped_by = None;
        if let Some((limit, name)) = cap.filter(|(limit, _)| caps && *limit < score) {
            score = (limit * STEPS).floor() / STEPS;
            capped_by = Some(name.to_owned());
        }
        Some(Self { score: Some(score), coverage, capped_by, factors })
    }
}

/// What a factor adds to the mean of those whose weights sum to `total`.
fn part(factor: &FactorHealth, total: f64) -> f64 {
    factor.score.unwrap_or(0.0) * (factor.weight / total)
}

/// Shares points out among factors in proportion to `parts`, so that they sum exactly to them;
/// `points` is on the grid, and so is every share.
pub(super) fn shares(points: f64, parts: &[f64]) -> Vec<f64> {
    let sum = parts.iter().fold(0.0, |sum, part| sum + part);
    let (mut running, mut given) = (0.0, 0.0);
    let share = |part: &f64| {
        if sum <= 0.0 {
            return 0.0;
        }
        running += part;
        let so_far = on_grid(points * (running / sum));
        let share = so_far - given;
        given = so_far;
        share
    };
    parts.iter().map(share).collect()
}

/// Gives each factor its contribution to a score, and the factors of a group theirs.
fn share_out(points: f64, factors: &mut [FactorHealth]) {
    let scored = factors.iter().filter(|factor| factor.score.is_some());
    let total = scored.fold(0.0, |total, factor| total + factor.weight);
    let parts: Vec<f64> = factors
        .iter()
        // Where none has a score, points can only be those of their group's stand-in.
        .map(|factor| if total > 0.0 { part(factor, total) } else { factor.weight })
        .collect();
    for (factor, share) in factors.iter_mut().zip(shares(points, &parts)) {
        factor.contribution = share;
        share_out(share, &mut factor.factors);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::spec::Band;
    use super::super::testing::any_scored_spec;
    use super::*;

    fn factor(name: &str, weight: f64, missing: Missing) -> FactorSpec {
        let name = name.to_owned();
        FactorSpec { name, weight, missing, cap: None, cap_below: None, factors: Vec::new() }
    }

    fn group(name: &str, weight: f64, missing: Missing, factors: Vec<FactorSpec>) -> FactorSpec {
        FactorSpec { factors, ..factor(name, weight, missing) }
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
    fn a_group_is_a_mean_of_its_own() {
        let depth = vec![
            factor("reports", 1.0, Missing::Redistribute),
            factor("exports", 3.0, Missing::Redistribute),
        ];
        let mut breadth = factor("breadth", 1.0, Missing::Redistribute);
        (breadth.cap, breadth.cap_below) = (Some(20.0), Some(10.0));
        let product = vec![group("depth", 1.0, Missing::Value(40.0), depth), breadth];
        let spec = spec(vec![
            group("product", 3.0, Missing::Redistribute, product),
            factor("support", 1.0, Missing::Redistribute),
        ]);
        // depth = (80 + 3·40) / 4 = 50; product = (50 + 30) / 2 = 40; (3·40 + 100) / 4 = 55.
        let health = evaluate(&spec, &[80.0, 40.0, 30.0, 100.0], None).unwrap();
        assert_eq!((health.score, health.coverage), (55.0, 1.0));
        let product = &health.factors[0];
        assert_eq!((product.score, product.contribution), (Some(40.0), 30.0));
        let [depth, breadth] = &product.factors[..] else { panic!() };
        assert_eq!(
            (depth.score, depth.contribution, breadth.contribution),
            (Some(50.0), 18.75, 11.25)
        );
        assert_eq!(depth.factors[0].contribution + depth.factors[1].contribution, 18.75);
        assert_eq!(depth.factors[0].contribution, 7.5);
        // No factor of depth is there: 40 stands in, and they share its points by weight.
        let health = evaluate(&spec, &[f64::NAN, f64::NAN, 60.0, 100.0], None).unwrap();
        assert_eq!((health.score, health.coverage), (62.5, 0.625));
        let depth = &health.factors[0].factors[0];
        assert_eq!((depth.score, depth.coverage, depth.contribution), (Some(40.0), 0.0, 15.0));
        assert_eq!(depth.factors[1].contribution, 11.25);
        // A cap in a group holds the group, not the whole: (3·20 + 100) / 4.
        let health = evaluate(&spec, &[80.0, 80.0, 5.0, 100.0], None).unwrap();
        assert_eq!((health.score, health.capped_by), (40.0, None));
        assert_eq!(health.factors[0].capped_by.as_deref(), Some("breadth"));
        assert_eq!(uncapped(&spec, &[80.0, 80.0, 5.0, 100.0]), Some(0.75 * 42.5 + 25.0));
        // Without the whole group the other factor carries its weight.
        let health = evaluate(&spec, &[f64::NAN; 4], None);
        assert_eq!(health.unwrap().score, 40.0, "the stand-in of depth");
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
            r#"{"score":100.0,"band":"healthy","coverage":0.5,"capped_by":null,"factors":[{"name":"engagement","score":100.0,"weight":0.5,"contribution":100.0,"coverage":1.0,"capped_by":null,"factors":[]},{"name":"support","score":null,"weight":0.5,"contribution":0.0,"coverage":0.0,"capped_by":null,"factors":[]}],"trend":null,"overridden":null}"#
        );
    }

    /// What the formula says, without the care for rounding.
    fn naive(factors: &[FactorSpec], scores: &mut impl Iterator<Item = f64>) -> Option<f64> {
        let (mut sum, mut total, mut cap) = (0.0, 0.0, f64::INFINITY);
        for factor in factors {
            let score = if factor.factors.is_empty() {
                scores.next().filter(|score| !score.is_nan()).map(|score| score.clamp(0.0, 100.0))
            } else {
                naive(&factor.factors, scores)
            };
            let stand_in = match factor.missing {
                Missing::Value(value) => Some(value),
                _ => None,
            };
            let Some(score) = score.or(stand_in) else { continue };
            sum += factor.weight * score;
            total += factor.weight;
            if factor.cap_below.is_some_and(|below| score < below) {
                cap = cap.min(factor.cap.unwrap());
            }
        }
        (total > 0.0).then(|| (sum / total).min(cap))
    }

    /// Whether contributions sum exactly to `points`, from either end, at every level.
    fn check_sums(points: f64, factors: &[FactorHealth]) -> Result<(), TestCaseError> {
        let parts: Vec<f64> = factors.iter().map(|factor| factor.contribution).collect();
        prop_assert!(parts.iter().all(|part| *part >= 0.0));
        let forward = parts.iter().fold(0.0, |sum, part| sum + part);
        let backward = parts.iter().rev().fold(0.0, |sum, part| sum + part);
        prop_assert_eq!(forward.to_bits(), points.to_bits());
        prop_assert_eq!(backward.to_bits(), points.to_bits());
        for factor in factors.iter().filter(|factor| !factor.factors.is_empty()) {
            check_sums(factor.contribution, &factor.factors)?;
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn contributions_sum_to_the_score_exactly_in_any_order_at_every_level(
            (spec, scores) in any_scored_spec(),
        ) {
            if let Some(health) = evaluate(&spec, &scores, None) {
                prop_assert!((0.0..=100.0).contains(&health.score));
                prop_assert!((0.0..=1.0).contains(&health.coverage));
                check_sums(health.score, &health.factors)?;
                let naive = naive(&spec.factors, &mut scores.iter().copied()).unwrap();
                prop_assert!((health.score - naive).abs() < 1e-11);
                let text = serde_json::to_string(&health).unwrap();
                prop_assert_eq!(serde_json::from_str::<Health>(&text).unwrap(), health);
            }
        }
    }
}
