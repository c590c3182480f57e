//! What a playbook says of health: the factors, what to do without one, and the bands.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorCode, Result};

/// A named range of scores, from `from` up to where the next band starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Its name, for instance `at_risk`.
    pub name: String,
    /// The lowest score in it.
    pub from: f64,
}

/// What a missing factor score means.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The factor takes no part; the others carry its weight in proportion to theirs.
    #[default]
    Redistribute,
    /// This score stands in. It lowers the coverage, and calls for the factor's cap like any score.
    Value(f64),
    /// The customer has no health score.
    ExcludeCustomer,
}

/// The most levels of groups within groups.
pub(crate) const MAX_LEVELS: usize = 8;

/// One factor of the score, or a group of factors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorSpec {
    /// Its name.
    pub name: String,
    /// Its weight; only the ratio to the other weights matters.
    pub weight: f64,
    /// What its missing score means.
    pub missing: Missing,
    /// The most that the mean it takes part in can be while this factor is below `cap_below`: the
    /// whole score, or that of the group it stands in.
    pub cap: Option<f64>,
    /// The factor score below which the cap holds.
    pub cap_below: Option<f64>,
    /// For a group, its factors: the group's score is their weighted mean, missing where none of
    /// them takes part. None for a factor with a score of its own.
    #[serde(default)]
    pub factors: Vec<FactorSpec>,
}

/// The health section of a playbook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealthSpec {
    /// The bands, lowest first.
    pub bands: Vec<Band>,
    /// How many points past a boundary the score must be before a customer changes band.
    pub hysteresis: f64,
    /// The factors, in the playbook's order.
    pub factors: Vec<FactorSpec>,
}

fn wrong(path: String, message: String) -> Error {
    Error::new(ErrorCode::PlaybookValue, "playbook", message).at_path(path)
}

fn points(value: f64) -> bool {
    (0.0..=100.0).contains(&value)
}

impl HealthSpec {
    /// Checks that every score has a band, every band can be reached and every number is in range.
    ///
    /// # Errors
    /// [`ErrorCode::PlaybookValue`] with the path of the key that is wrong.
    pub fn check(&self) -> Result<()> {
        self.check_bands()?;
        check_factors(&self.factors, "health.factors", 1)
    }

    /// The factors that have no factors of their own, in the playbook's order, each with its path:
    /// `product.depth` is the factor `depth` of the group `product`.
    #[must_use]
    pub fn leaves(&self) -> Vec<(String, &FactorSpec)> {
        fn collect<'s>(
            factors: &'s [FactorSpec],
            above: &str,
            found: &mut Vec<(String, &'s FactorSpec)>,
        ) {
            for factor in factors {
                let path = format!("{above}{}", factor.name);
                if factor.factors.is_empty() {
                    found.push((path, factor));
                } else {
                    collect(&factor.factors, &(path + "."), found);
                }
            }
        }
        let mut found = Vec::new();
        collect(&self.factors, "", &mut found);
        found
    }

    fn check_bands(&self) -> Result<()> {
        let bands = || "health.bands".to_owned();
        match self.bands.first() {
            None => {
                return Err(wrong(bands(), "there is no band; expected one or more".to_owned()));
            }
            Some(Band { name, from }) if *from != 0.0 => {
                return Err(wrong(
                    bands(),
                    format!(
                        "the lowest band `{name}` starts at {from}; expected 0, so that every score has a band"
                    ),
                ));
            }
            Some(_) => {}
        }
        for (index, band) in self.bands.iter().enumerate() {
            let path = || format!("health.bands.{}", band.name);
            if !points(band.from) {
                return Err(wrong(
                    path(),
                    format!("`{}` is not a score; expected 0 to 100", band.from),
                ));
            }
            let earlier = self.bands.get(..index).unwrap_or_default();
            if earlier.iter().any(|other| other.name == band.name) {
                return Err(wrong(path(), "the band is there twice".to_owned()));
            }
            if let Some(other) = earlier.last().filter(|other| other.from >= band.from) {
                return Err(wrong(
                    path(),
                    format!(
                        "it starts at {}, not above `{}` ({})",
                        band.from, other.name, other.from
                    ),
                ));
            }
        }
        let least = self.bands.get(1).map_or(f64::INFINITY, |band| band.from);
        let most = self.bands.last().map_or(0.0, |band| band.from);
        let hysteresis = self.hysteresis;
        if !(hysteresis.is_finite() && hysteresis >= 0.0) {
            return Err(wrong(
                "health.hysteresis".to_owned(),
                format!("`{hysteresis}` is not a number of points; expected 0 or more"),
            ));
        }
        // Otherwise no score is far enough past the outermost boundaries to change band there.
        if hysteresis >= least || most + hysteresis > 100.0 {
            return Err(wrong(
                "health.hysteresis".to_owned(),
                format!(
                    "with {hysteresis} points the lowest or the highest band could never be reached from the one beside it; expected less than {}",
                    least.min(100.0 - most)
                ),
            ));
        }
        Ok(())
    }
}

/// Checks factors that stand beside each other at `path`.
fn check_factors(factors: &[FactorSpec], path: &str, level: usize) -> Result<()> {
    if factors.is_empty() {
        return Err(wrong(path.to_owned(), "there is no factor; expected one or more".to_owned()));
    }
    if level > MAX_LEVELS {
        let message = format!("groups nest deeper than {MAX_LEVELS} levels");
        return Err(wrong(path.to_owned(), message));
    }
    for (index, factor) in factors.iter().enumerate() {
        let own = |key: &str| format!("{path}.{}{key}", factor.name);
        let earlier = factors.get(..index).unwrap_or_default();
        if earlier.iter().any(|other| other.name == factor.name) {
            return Err(wrong(own(""), "the factor is there twice".to_owned()));
        }
        // The upper bound keeps the sum of all weights finite.
        if !(factor.weight > 0.0 && factor.weight <= 1e12) {
            return Err(wrong(
                own(".weight"),
                format!("`{}` is not a weight; expected more than 0, at most 1e12", factor.weight),
            ));
        }
        if let Missing::Value(value) = factor.missing
            && !points(value)
        {
            return Err(wrong(
                own(".missing"),
                format!("`{value}` is not a score; expected 0 to 100"),
            ));
        }
        for (key, value) in [(".cap", factor.cap), (".cap_below", factor.cap_below)] {
            if let Some(value) = value.filter(|value| !points(*value)) {
                return Err(wrong(
                    own(key),
                    format!("`{value}` is not a score; expected 0 to 100"),
                ));
            }
        }
        let lacks = match (factor.cap, factor.cap_below) {
            (Some(_), None) => Some(("cap", "cap_below")),
            (None, Some(_)) => Some(("cap_below", "cap")),
            _ => None,
        };
        if let Some((has, lacks)) = lacks {
            return Err(wrong(
                own(""),
                format!("`{has}` is there without `{lacks}`; expected both or neither"),
            ));
        }
        if !factor.factors.is_empty() {
            check_factors(&factor.factors, &own(".factors"), level + 1)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn band(name: &str, from: f64) -> Band {
        Band { name: name.to_owned(), from }
    }

    fn spec() -> HealthSpec {
        HealthSpec {
            bands: vec![band("critical", 0.0), band("at_risk", 40.0), band("healthy", 70.0)],
            hysteresis: 3.0,
            factors: vec![FactorSpec {
                name: "support".to_owned(),
                weight: 0.2,
                missing: Missing::Redistribute,
                cap: Some(30.0),
                cap_below: Some(20.0),
                factors: Vec::new(),
            }],
        }
    }

    #[test]
    fn groups_are_checked_at_every_level_and_nest_so_deep() {
        let mut spec = spec();
        let leaf = spec.factors[0].clone();
        spec.factors[0].factors = vec![leaf.clone(), FactorSpec { weight: -1.0, ..leaf.clone() }];
        assert_eq!(
            spec.check().unwrap_err().path(),
            Some("health.factors.support.factors.support")
        );
        spec.factors[0].factors[1].name = "other".to_owned();
        let path = "health.factors.support.factors.other.weight";
        assert_eq!(spec.check().unwrap_err().path(), Some(path));
        spec.factors[0].factors.pop();
        for _ in 2..MAX_LEVELS {
            spec.factors[0] = FactorSpec { factors: spec.factors.clone(), ..leaf.clone() };
        }
        spec.check().unwrap();
        assert_eq!(spec.leaves().len(), 1);
        assert_eq!(spec.leaves()[0].0.split('.').count(), MAX_LEVELS);
        spec.factors[0] = FactorSpec { factors: spec.factors.clone(), ..leaf };
        assert!(spec.check().unwrap_err().message().contains("deeper than 8 levels"));
    }

    type Case = (&'static str, fn(&mut HealthSpec));

    #[test]
    fn every_number_out_of_range_is_refused_at_its_key() {
        spec().check().unwrap();
        let cases: Vec<Case> = vec![
            ("health.bands", |spec| spec.bands.clear()),
            ("health.bands", |spec| spec.bands[0].from = 1.0),
            ("health.bands.at_risk", |spec| spec.bands[1].from = 0.0),
            ("health.bands.at_risk", |spec| spec.bands[1].from = f64::NAN),
            ("health.bands.critical", |spec| spec.bands[1].name = "critical".to_owned()),
            ("health.bands.healthy", |spec| spec.bands[2].from = 101.0),
            ("health.hysteresis", |spec| spec.hysteresis = -1.0),
            ("health.hysteresis", |spec| spec.hysteresis = 31.0),
            ("health.hysteresis", |spec| spec.bands[1].from = 3.0),
            ("health.factors", |spec| spec.factors.clear()),
            ("health.factors.support", |spec| spec.factors.push(spec.factors[0].clone())),
            ("health.factors.support.weight", |spec| spec.factors[0].weight = 0.0),
            ("health.factors.support.weight", |spec| spec.factors[0].weight = f64::NAN),
            ("health.factors.support.missing", |spec| {
                spec.factors[0].missing = Missing::Value(-1.0);
            }),
            ("health.factors.support.cap", |spec| spec.factors[0].cap = Some(300.0)),
            ("health.factors.support.cap_below", |spec| spec.factors[0].cap_below = Some(-20.0)),
            ("health.factors.support", |spec| spec.factors[0].cap = None),
            ("health.factors.support", |spec| spec.factors[0].cap_below = None),
        ];
        for (path, change) in cases {
            let mut spec = spec();
            change(&mut spec);
            let error = spec.check().unwrap_err();
            assert_eq!(error.code(), ErrorCode::PlaybookValue);
            assert_eq!(error.path(), Some(path), "{error}");
        }
    }
}
