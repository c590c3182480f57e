//! The health of an account: the weighted mean of its customers' scores.
//!
//! `score = Σ wᵢ·sᵢ / Σ wᵢ` over the customers of the account that have a health score and a weight
//! above 0. The contributions sum to it exactly, as those of factors do.

use serde::{Deserialize, Serialize};

use super::band::band;
use super::evaluate::{on_grid, shares};
use super::spec::HealthSpec;

/// What the health of an account is where none of its customers has a score.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// There is none.
    #[default]
    Missing,
    /// That of the customer whose identifier is the account's.
    Own,
    /// This score.
    Score(f64),
}

/// What the health of an account was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum HealthSource {
    /// The scores of its customers.
    Children,
    /// The score of the customer whose identifier is the account's.
    Own,
    /// The score that the playbook names as the fallback.
    Fallback,
}

/// A customer of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AccountChild {
    /// The customer.
    pub customer_id: String,
    /// The health score, 0 to 100.
    pub score: f64,
    /// The band that the customer is in.
    pub band: String,
    /// The weight.
    pub weight: f64,
    /// The points of the account's score that come from this customer.
    pub contribution: f64,
}

/// The health of one account at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AccountHealth {
    /// The account: a value of the parent attribute.
    pub account: String,
    /// The score, 0 to 100: where it is made of the customers' scores, exactly the sum of the
    /// contributions of `worst` and `others`. Null where there is none.
    pub score: Option<f64>,
    /// The band it is in, without hysteresis.
    pub band: Option<String>,
    /// What it was made of; null where there is none.
    pub source: Option<HealthSource>,
    /// The share of the weight whose customers have a score, 0 to 1.
    pub coverage: f64,
    /// How many customers the account has.
    pub children: usize,
    /// How many of them have a score and a weight above 0.
    pub scored: usize,
    /// The customers with the lowest scores, the lowest first; of equals the heavier first.
    pub worst: Vec<AccountChild>,
    /// The contributions of the scored customers that are not listed, together.
    pub others: f64,
}

/// A customer of an account, as the account sees it.
#[derive(Debug, Clone)]
pub struct Child<'c> {
    /// The customer.
    pub customer_id: &'c str,
    /// The weight; where it is missing (NaN) or not above 0, the customer takes no part.
    pub weight: f64,
    /// The score and its band, where there is one.
    pub health: Option<(f64, String)>,
}

/// The health of `account` from its customers, in any order; `own` is the score of the customer of
/// the same name, `worst` how many customers are listed.
#[must_use]
pub fn account_health(
    spec: &HealthSpec,
    account: &str,
    mut children: Vec<Child<'_>>,
    (fallback, own): (Fallback, Option<f64>),
    worst: usize,
) -> AccountHealth {
    children.sort_unstable_by(|a, b| {
        let score =
            |child: &Child<'_>| child.health.as_ref().map_or(f64::INFINITY, |(score, _)| *score);
        let lighter = b.weight.total_cmp(&a.weight);
        score(a).total_cmp(&score(b)).then(lighter).then(a.customer_id.cmp(b.customer_id))
    });
    let count = children.len();
    children.retain(|child| child.weight > 0.0 && child.weight.is_finite());
    let greatest = children.iter().fold(0.0_f64, |most, child| most.max(child.weight));
    // Only weights beyond all sense make a sum that is not finite.
    let sum = children.iter().fold(0.0, |sum, child| sum + child.weight);
    let unit = if sum.is_finite() { 1.0 } else { greatest };
    let whole = children.iter().fold(0.0, |sum, child| sum + child.weight / unit);
    children.retain(|child| child.health.is_some());
    let total = children.iter().fold(0.0, |sum, child| sum + child.weight / unit);
    let score = |child: &Child<'_>| child.health.as_ref().map_or(0.0, |(score, _)| *score);
    let part = |child: &Child<'_>| score(child) * (child.weight / unit / total);
    let parts: Vec<f64> = children.iter().map(part).collect();
    let mean = parts.iter().fold(0.0, |sum, part| sum + part);
    // The scores ascend, and the mean lies between the least and the most.
    let ends = children.first().zip(children.last());
    let mean = ends.map(|(least, most)| on_grid(mean.max(score(least)).min(score(most))));
    let (stated, source) = match (mean, fallback, own) {
        (Some(mean), ..) => (Some(mean), Some(HealthSource::Children)),
        (None, Fallback::Own, Some(own)) => (Some(own), Some(HealthSource::Own)),
        (None, Fallback::Score(score), _) => (Some(score), Some(HealthSource::Fallback)),
        _ => (None, None),
    };
    let mut shares = shares(mean.unwrap_or(0.0), &parts);
    let others = shares.split_off(worst.min(shares.len()));
    let listed = children.iter().zip(shares).map(|(child, contribution)| AccountChild {
        customer_id: child.customer_id.to_owned(),
        score: score(child),
        band: child.health.as_ref().map_or_else(String::new, |(_, band)| band.clone()),
        weight: child.weight,
        contribution,
    });
    AccountHealth {
        account: account.to_owned(),
        score: stated,
        band: stated.and_then(|score| Some(band(spec, score, None)?.name.clone())),
        source,
        coverage: if whole > 0.0 { total / whole } else { 0.0 },
        children: count,
        scored: children.len(),
        worst: listed.collect(),
        others: others.into_iter().fold(0.0, |sum, share| sum + share),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Band;
    use super::*;

    fn spec() -> HealthSpec {
        let bands =
            [("low", 0.0), ("high", 50.0)].map(|(name, from)| Band { name: name.to_owned(), from });
        HealthSpec { bands: bands.to_vec(), hysteresis: 0.0, factors: Vec::new() }
    }

    fn child(id: &str, weight: f64, score: Option<f64>) -> Child<'_> {
        Child { customer_id: id, weight, health: score.map(|score| (score, "x".to_owned())) }
    }

    #[test]
    fn the_mean_is_weighted_and_says_how_much_of_it_is_known() {
        let children = vec![
            child("a", 300.0, Some(90.0)),
            child("b", 100.0, Some(10.0)),
            child("c", 100.0, None),
            child("d", 0.0, Some(0.0)),
            child("e", f64::NAN, Some(0.0)),
        ];
        let health = account_health(&spec(), "acme", children, (Fallback::Own, Some(1.0)), 1);
        assert_eq!((health.score, health.band.as_deref()), (Some(70.0), Some("high")));
        assert_eq!((health.coverage, health.children, health.scored), (0.8, 5, 2));
        assert_eq!(health.source, Some(HealthSource::Children));
        assert_eq!((health.worst.len(), health.worst[0].customer_id.as_str()), (1, "b"));
        assert_eq!((health.worst[0].contribution, health.others), (2.5, 67.5));
        let huge = vec![child("a", f64::MAX, Some(90.0)), child("b", f64::MAX, Some(10.0))];
        let health = account_health(&spec(), "acme", huge, (Fallback::Missing, None), 1);
        assert_eq!((health.score, health.coverage), (Some(50.0), 1.0));
    }

    #[test]
    fn an_account_without_a_scored_customer_falls_back() {
        for (fallback, own, score, source) in [
            (Fallback::Missing, Some(40.0), None, None),
            (Fallback::Own, Some(40.0), Some(40.0), Some(HealthSource::Own)),
            (Fallback::Own, None, None, None),
            (Fallback::Score(60.0), Some(40.0), Some(60.0), Some(HealthSource::Fallback)),
        ] {
            let children = vec![child("a", 1.0, None), child("b", -1.0, Some(30.0))];
            let health = account_health(&spec(), "acme", children, (fallback, own), 3);
            assert_eq!((health.score, health.source), (score, source));
            assert_eq!((health.coverage, health.children, health.scored), (0.0, 2, 0));
            assert!(health.worst.is_empty() && health.others == 0.0);
        }
    }

    proptest! {
        #[test]
        fn contributions_sum_to_the_score_exactly_whatever_the_order(
            children in proptest::collection::vec(
                (
                    prop_oneof![1e-6_f64..1e9, Just(1.0), Just(f64::NAN), Just(0.0), Just(f64::MAX)],
                    proptest::option::of(prop_oneof![0.0_f64..=100.0, Just(100.0), Just(0.0)]),
                ),
                0..40,
            ),
            worst in 0_usize..50,
        ) {
            let ids: Vec<String> = (0..children.len()).map(|at| format!("c{at}")).collect();
            // Scores of customers are on the grid.
            let all = || children.iter().zip(&ids).map(|((weight, score), id)| {
                child(id, *weight, score.map(on_grid))
            });
            let asked = |all: Vec<Child<'_>>| {
                account_health(&spec(), "acme", all, (Fallback::Missing, None), worst)
            };
            let health = asked(all().collect());
            prop_assert_eq!(&health, &asked(all().rev().collect()));
            let listed = health.worst.iter().fold(0.0, |sum, child| sum + child.contribution);
            prop_assert_eq!(listed + health.others, health.score.unwrap_or(0.0));
            prop_assert!((0.0..=1.0).contains(&health.coverage));
            prop_assert!(health.worst.len() == worst.min(health.scored));
            prop_assert!(health.worst.is_sorted_by(|a, b| a.score <= b.score));
        }
    }
}
