//! Manual overrides: what a person says a customer's health is, for how long, and why.
//!
//! An override holds from its `from` until before its `until`. Of several that hold, the one with
//! the latest `from` counts; there is at most one of each `from`. So what is known does not depend
//! on the order in which they were made. The score that the factors give stays beside it.

use serde::{Deserialize, Serialize};

use super::band::band;
use super::evaluate::{Health, on_grid};
use super::spec::HealthSpec;
use crate::error::{Error, Result, did_you_mean};
use crate::time::Timestamp;

/// How many overrides are kept of one customer: those with the latest `from`.
const MOST: usize = 256;
/// The most bytes of an author or a reason.
const LONGEST: usize = 2000;

/// What a person says a customer's health is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HealthOverride {
    /// The score, 0 to 100; null where only the band is said.
    pub score: Option<f64>,
    /// The band; null where it is that of the score.
    pub band: Option<String>,
    /// Who says so.
    pub author: String,
    /// Why.
    pub reason: String,
    /// Since when it holds.
    pub from: Timestamp,
    /// When it ends: the first instant at which it does not hold any more.
    pub until: Timestamp,
}

/// The override that holds, and the health that was computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct OverriddenHealth {
    /// The score that the factors give: exactly the sum of their contributions. Null where they
    /// give none.
    pub computed_score: Option<f64>,
    /// The band of that score.
    pub computed_band: Option<String>,
    /// The points that the override adds to the computed score, 0 where it says only the band.
    pub contribution: f64,
    /// Who says so.
    pub author: String,
    /// Why.
    pub reason: String,
    /// Since when it holds.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

impl HealthOverride {
    /// Checks it, against the playbook's bands too.
    ///
    /// # Errors
    /// `argument` with the name of what is wrong.
    pub fn check(&self, spec: &HealthSpec) -> Result<()> {
        if self.score.is_none() && self.band.is_none() {
            return Err(Error::argument(
                "score",
                "expected a score, a band or both, found neither",
            ));
        }
        if let Some(score) = self.score.filter(|score| !(0.0..=100.0).contains(score)) {
            return Err(Error::argument("score", format!("expected 0 to 100, found {score}")));
        }
        if let Some(name) = &self.band
            && !is_band(spec, name)
        {
            let near = did_you_mean(name, spec.bands.iter().map(|band| band.name.as_str()));
            return Err(Error::argument("band", format!("`{name}` is not a band{near}")));
        }
        for (key, text) in [("author", &self.author), ("reason", &self.reason)] {
            if text.trim().is_empty() {
                return Err(Error::argument(key, "is empty"));
            }
            if text.len() > LONGEST {
                let message = format!("has {} bytes; expected {LONGEST} or fewer", text.len());
                return Err(Error::argument(key, message));
            }
        }
        if self.until <= self.from {
            let message = format!("`{}` is not after `from`, `{}`", self.until, self.from);
            return Err(Error::argument("until", message));
        }
        Ok(())
    }

    fn holds(&self, as_of: Timestamp) -> bool {
        self.from <= as_of && as_of < self.until
    }
}

fn is_band(spec: &HealthSpec, name: &str) -> bool {
    spec.bands.iter().any(|band| band.name == name)
}

/// The overrides of one customer, by `from`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Overrides(Vec<HealthOverride>);

impl Overrides {
    pub(crate) fn list(&self) -> &[HealthOverride] {
        &self.0
    }

    /// Adds one, in the place of another of the same `from`.
    pub(crate) fn add(&mut self, one: HealthOverride) {
        match self.0.binary_search_by_key(&one.from, |known| known.from) {
            Ok(at) => self.0[at] = one,
            Err(at) => self.0.insert(at, one),
        }
        if self.0.len() > MOST {
            self.0.remove(0);
        }
    }

    /// The one that counts at an instant.
    pub(crate) fn at(&self, as_of: Timestamp) -> Option<&HealthOverride> {
        self.0.iter().rev().find(|one| one.holds(as_of))
    }

    /// Ends those that hold at an instant, and gives them as they are then. One that would have
    /// held for no time is gone.
    pub(crate) fn lift(&mut self, at: Timestamp) -> Vec<HealthOverride> {
        let mut ended = Vec::new();
        for one in self.0.iter_mut().filter(|one| one.holds(at)) {
            one.until = at;
            ended.push(one.clone());
        }
        self.0.retain(|one| one.from < one.until);
        ended
    }

    /// Drops those that ended before anything may be asked.
    pub(crate) fn forget(&mut self, before: Timestamp) {
        self.0.retain(|one| one.until > before);
    }

    /// Whether what was read is what [`Overrides::add`] could have made.
    pub(crate) fn is_sound(&self) -> bool {
        let sound = |one: &HealthOverride| {
            one.from < one.until && one.score.is_none_or(|score| (0.0..=100.0).contains(&score))
        };
        self.0.len() <= MOST
            && self.0.is_sorted_by(|a, b| a.from < b.from)
            && self.0.iter().all(sound)
    }
}

/// The health that is stated where `over` holds; `computed` is what the factors give.
///
/// Where the override says the score (to the nearest 2⁻⁴⁶ points), the band is its own or, without one, that of the score, no
/// hysteresis. Where it says only the band, the score stays, and without one there is no health.
/// A band that the playbook has no more is as if it had not been said.
#[must_use]
pub fn with_override(
    spec: &HealthSpec,
    computed: Option<Health>,
    over: Option<&HealthOverride>,
) -> Option<Health> {
    let Some(over) = over else { return computed };
    let said = over.band.as_ref().filter(|name| is_band(spec, name));
    let (score, computed_band) = match (over.score, &computed) {
        (Some(score), computed) => {
            (on_grid(score) + 0.0, computed.as_ref().map(|health| health.band.clone()))
        }
        (None, Some(computed)) => (computed.score, Some(computed.band.clone())),
        (None, None) => return None,
    };
    let computed_score = computed.as_ref().map(|health| health.score);
    let of_score = || match over.score {
        Some(score) => band(spec, score, None).map(|band| band.name.clone()),
        None => computed_band.clone(),
    };
    let stated = said.cloned().or_else(of_score)?;
    let health = computed.unwrap_or(Health {
        score,
        band: String::new(),
        coverage: 0.0,
        capped_by: None,
        factors: Vec::new(),
        trend: None,
        overridden: None,
    });
    let overridden = OverriddenHealth {
        computed_score,
        computed_band,
        contribution: score - computed_score.unwrap_or(0.0),
        author: over.author.clone(),
        reason: over.reason.clone(),
        from: over.from,
        until: over.until,
    };
    Some(Health { score, band: stated, overridden: Some(overridden), ..health })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::any_scored_spec;
    use super::super::{Band, FactorSpec, Missing, evaluate};
    use super::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_micros(day * 86_400_000_000).unwrap()
    }

    fn says(score: Option<f64>, band: Option<&str>, from: i64, until: i64) -> HealthOverride {
        HealthOverride {
            score,
            band: band.map(str::to_owned),
            author: "ann".to_owned(),
            reason: "renewed by phone".to_owned(),
            from: day(from),
            until: day(until),
        }
    }

    fn spec() -> HealthSpec {
        let bands = [("critical", 0.0), ("at_risk", 40.0), ("healthy", 70.0)]
            .map(|(name, from)| Band { name: name.to_owned(), from });
        let factor = FactorSpec {
            name: "a".to_owned(),
            weight: 1.0,
            missing: Missing::Redistribute,
            cap: None,
            cap_below: None,
            factors: Vec::new(),
        };
        HealthSpec { bands: bands.to_vec(), hysteresis: 3.0, factors: vec![factor] }
    }

    #[test]
    fn the_one_that_began_last_counts_while_it_holds() {
        let (mut all, mut turned) = (Overrides::default(), Overrides::default());
        let some = [
            says(Some(80.0), None, 0, 100),
            says(Some(10.0), None, 20, 30),
            says(Some(50.0), None, 50, 60),
        ];
        for (one, other) in some.iter().zip(some.iter().rev()) {
            all.add(one.clone());
            turned.add(other.clone());
        }
        assert_eq!(all, turned);
        let score = |all: &Overrides, at| all.at(day(at)).and_then(|one| one.score);
        for (at, expected) in [
            (-1, None),
            (0, Some(80.0)),
            (20, Some(10.0)),
            (29, Some(10.0)),
            (30, Some(80.0)),
            (55, Some(50.0)),
            (99, Some(80.0)),
            (100, None),
        ] {
            assert_eq!(score(&all, at), expected, "{at}");
        }
        assert_eq!(all.lift(day(25)).len(), 2, "nothing holds at day 25 any more");
        assert_eq!(
            (score(&all, 24), score(&all, 25), score(&all, 55)),
            (Some(10.0), None, Some(50.0))
        );
        assert_eq!(all.lift(day(50)), [says(Some(50.0), None, 50, 50)]);
        assert_eq!((score(&all, 55), all.list().len()), (None, 2));
        all.forget(day(25));
        assert!(all.list().is_empty() && all.is_sound());
        for from in 0..300 {
            all.add(says(Some(1.0), None, from, 400));
        }
        assert_eq!((all.list().len(), all.list()[0].from), (256, day(44)));
    }

    #[test]
    fn what_is_wrong_with_an_override_is_named() {
        let long = HealthOverride { reason: "x".repeat(2001), ..says(Some(1.0), None, 0, 1) };
        for (one, message) in [
            (says(None, None, 0, 1), "`score`: expected a score, a band or both, found neither"),
            (says(Some(101.0), None, 0, 1), "`score`: expected 0 to 100, found 101"),
            (says(Some(f64::NAN), None, 0, 1), "`score`: expected 0 to 100, found NaN"),
            (
                says(None, Some("helthy"), 0, 1),
                "`band`: `helthy` is not a band; did you mean `healthy`?",
            ),
            (
                says(Some(1.0), None, 1, 1),
                "`until`: `1970-01-02T00:00:00Z` is not after `from`, `1970-01-02T00:00:00Z`",
            ),
            (
                HealthOverride { author: " ".to_owned(), ..says(Some(1.0), None, 0, 1) },
                "`author`: is empty",
            ),
            (long, "`reason`: has 2001 bytes; expected 2000 or fewer"),
        ] {
            assert_eq!(one.check(&spec()).unwrap_err().to_string(), format!("argument {message}"));
        }
        assert!(says(Some(3.0), Some("healthy"), 0, 1).check(&spec()).is_ok());
    }

    #[test]
    fn score_and_band_are_said_alone_or_together() {
        let computed = |score: f64| evaluate(&spec(), &[score], None);
        let stated = |score, over: &HealthOverride| {
            let health = with_override(&spec(), computed(score), Some(over))?;
            let found = health.overridden.clone().unwrap();
            Some((health.score, health.band, found.contribution, found.computed_score))
        };
        let of = |score: f64, band: &str, contribution, computed| {
            Some((score, band.to_owned(), contribution, computed))
        };
        let score = says(Some(80.0), None, 0, 1);
        assert_eq!(stated(30.0, &score), of(80.0, "healthy", 50.0, Some(30.0)));
        assert_eq!(stated(f64::NAN, &score), of(80.0, "healthy", 80.0, None));
        let band = says(None, Some("critical"), 0, 1);
        assert_eq!(stated(90.0, &band), of(90.0, "critical", 0.0, Some(90.0)));
        assert_eq!(stated(f64::NAN, &band), None);
        let both = says(Some(80.0), Some("at_risk"), 0, 1);
        assert_eq!(stated(30.0, &both), of(80.0, "at_risk", 50.0, Some(30.0)));
        let gone = says(Some(30.0), Some("gone"), 0, 1);
        assert_eq!(stated(90.0, &gone), of(30.0, "critical", -60.0, Some(90.0)));
    }

    proptest! {
        #[test]
        fn contributions_and_override_sum_to_the_stated_score(
            (spec, scores) in any_scored_spec(),
            score in 0.0_f64..=100.0,
        ) {
            let over = says(Some(score), None, 0, 1);
            over.check(&spec).unwrap();
            let health = with_override(&spec, evaluate(&spec, &scores, None), Some(&over)).unwrap();
            let computed = health.factors.iter().fold(0.0, |sum, factor| sum + factor.contribution);
            let found = health.overridden.unwrap();
            prop_assert_eq!(computed, found.computed_score.unwrap_or(0.0));
            prop_assert_eq!(computed + found.contribution, health.score);
        }
    }
}
