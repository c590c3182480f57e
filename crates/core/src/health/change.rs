//! Why a health score changed between two instants, exactly.
//!
//! The scores of the factors go from what they were to what they are one at a time, first to what
//! the history known at the first instant gives at the second (the passage of time), then to what
//! is known by now (data), then factors come, then they go (missingness). Each step moves the mean
//! without caps, and what it moves is a term; a factor that is there all along moves it by its
//! weight, whichever goes first. Then caps and overrides. So the terms, added from first to last,
//! sum to the change to the last bit: every one is the difference of two scores on the grid of
//! [`super::evaluate()`], and no sum on the way leaves −100 to 100.

use serde::{Deserialize, Serialize};

use super::evaluate::{FactorHealth, Health, uncapped};
use super::overrides::OverriddenHealth;
use super::spec::HealthSpec;
use crate::math::to_hundredths;

/// What moved a health score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ChangeKind {
    /// The passage of time: the history and attributes known at the first instant, asked at the
    /// second.
    Time,
    /// Events and attributes of the time between.
    Data,
    /// A factor that came, or went.
    Missingness,
    /// A cap that holds now, or held before.
    Cap,
    /// An override that holds now, or held before.
    Override,
}

/// One reason of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HealthChangeTerm {
    /// What it is.
    pub kind: ChangeKind,
    /// The factor, `product.depth` for one in a group; null where no single one is meant.
    pub factor: Option<String>,
    /// The factor's score before this step, 0 to 100; null where missing, and where no factor's score
    /// changes.
    pub before: Option<f64>,
    /// The factor's score after it.
    pub after: Option<f64>,
    /// The points of the health score.
    pub points: f64,
    /// The same as a sentence.
    pub text: String,
}

/// What is known of a customer's health at an instant.
#[derive(Debug, Clone, Copy)]
pub struct Known<'k> {
    /// For each of [`HealthSpec::leaves`] its score, NaN where missing.
    pub scores: &'k [f64],
    /// What they give, and what is stated.
    pub health: &'k Health,
}

/// The terms of the change from `before` to `after`, added from first to last exactly
/// `after.health.score - before.health.score`. `middle` are the factors' scores that what was known
/// before gives at the later instant. Terms of no points are left out.
#[must_use]
pub fn change_terms(
    spec: &HealthSpec,
    before: Known<'_>,
    middle: &[f64],
    after: Known<'_>,
) -> Vec<HealthChangeTerm> {
    let mut terms = Vec::new();
    let computed = before.health.computed_score().zip(after.health.computed_score());
    let Some((computed_before, computed_after)) = computed else {
        // An override alone gives one of the two scores, so all of the change is its doing.
        let author = [after.health, before.health].map(|health| health.overridden.as_ref());
        let author = author.into_iter().flatten().find(|over| over.computed_score.is_none());
        let text = author.map_or_else(String::new, |over| {
            format!("the override by {} stands for a score that there is not", over.author)
        });
        let points = after.health.score - before.health.score;
        push(&mut terms, ChangeKind::Override, None, (None, None), points, text);
        return terms;
    };
    let mut walk = Walk { spec, scores: before.scores.to_vec(), last: 0.0, terms };
    let (Some(start), Some(end)) = (uncapped(spec, before.scores), uncapped(spec, after.scores))
    else {
        return walk.terms;
    };
    walk.last = start;
    let leaves = spec.leaves();
    let there = |scores: &[f64], at: usize| scores.get(at).is_some_and(|score| !score.is_nan());
    for (kind, target) in [(ChangeKind::Time, middle), (ChangeKind::Data, after.scores)] {
        for (at, (path, _)) in leaves.iter().enumerate() {
            // What is missing on the way alone is none of the change.
            if there(before.scores, at) && there(target, at) && there(after.scores, at) {
                walk.step(kind, at, path, target[at]);
            }
        }
    }
    // First those that come: a customer always has a factor then.
    for comes in [true, false] {
        for (at, (path, _)) in leaves.iter().enumerate() {
            let (was, is) = (there(before.scores, at), there(after.scores, at));
            if was != is && is == comes {
                walk.step(ChangeKind::Missingness, at, path, after.scores[at]);
            }
        }
    }
    let mut terms = walk.terms;
    let (held, holds) = (computed_before - start, computed_after - end);
    push_cap(&mut terms, before.health, after.health, held, holds);
    let held = before.health.score - computed_before;
    push_override(
        &mut terms,
        before.health,
        after.health,
        after.health.score - computed_after,
        held,
    );
    terms
}

/// The way from one set of factor scores to another.
struct Walk<'s> {
    spec: &'s HealthSpec,
    scores: Vec<f64>,
    /// The mean of the scores as they are, without caps.
    last: f64,
    terms: Vec<HealthChangeTerm>,
}

impl Walk<'_> {
    fn step(&mut self, kind: ChangeKind, at: usize, path: &str, to: f64) {
        let known = |score: f64| (!score.is_nan()).then(|| score.clamp(0.0, 100.0));
        let (before, after) = (known(self.scores[at]), known(to));
        self.scores[at] = to;
        let Some(score) = uncapped(self.spec, &self.scores) else { return };
        let points = score - self.last;
        self.last = score;
        let shown = |score: Option<f64>| score.map_or_else(String::new, to_hundredths);
        let (from, to) = (shown(before), shown(after));
        let what = match kind {
            ChangeKind::Time => format!("goes from {from} to {to} as time passes"),
            ChangeKind::Data => format!("goes from {from} to {to} with new data"),
            _ if after.is_some() => format!("is known now, at {to}"),
            _ => "is not known any more".to_owned(),
        };
        let text = format!("`{path}` {what}");
        push(&mut self.terms, kind, Some(path.to_owned()), (before, after), points, text);
    }
}

fn push(
    terms: &mut Vec<HealthChangeTerm>,
    kind: ChangeKind,
    factor: Option<String>,
    (before, after): (Option<f64>, Option<f64>),
    points: f64,
    what: String,
) {
    if points == 0.0 {
        return;
    }
    let sign = if points > 0.0 { "+" } else { "" };
    let text = what + ": " + sign + &to_hundredths(points) + " points";
    terms.push(HealthChangeTerm { kind, factor, before, after, points, text });
}

/// What caps take away now, and give back that held before.
fn push_cap(
    terms: &mut Vec<HealthChangeTerm>,
    before: &Health,
    after: &Health,
    held: f64,
    holds: f64,
) {
    let (was, is) = (capping(before), capping(after));
    let mut add = |factors: &[String], points: f64, what: &str| {
        let factor = factors.first().cloned();
        let whose = factor.as_ref().map_or_else(String::new, |factor| format!(" of `{factor}`"));
        let text = format!("the cap{whose} {what}");
        push(terms, ChangeKind::Cap, factor, (None, None), points, text);
    };
    if was == is {
        add(&is, holds - held, "takes another share");
    } else {
        add(&is, holds, "holds the score down now");
        add(&was, -held, "holds no more");
    }
}

/// The factors whose caps hold, from the whole score down into the groups.
fn capping(health: &Health) -> Vec<String> {
    fn collect(
        above: &str,
        capped_by: Option<&str>,
        factors: &[FactorHealth],
        found: &mut Vec<String>,
    ) {
        found.extend(capped_by.map(|name| format!("{above}{name}")));
        for factor in factors {
            let below = format!("{above}{}.", factor.name);
            collect(&below, factor.capped_by.as_deref(), &factor.factors, found);
        }
    }
    let mut found = Vec::new();
    collect("", health.capped_by.as_deref(), &health.factors, &mut found);
    found
}

/// What the override adds that holds now, and takes away that held before.
fn push_override(
    terms: &mut Vec<HealthChangeTerm>,
    before: &Health,
    after: &Health,
    holds: f64,
    held: f64,
) {
    let (was, is) = (before.overridden.as_ref(), after.overridden.as_ref());
    let mut add = |points: f64, text: String| {
        push(terms, ChangeKind::Override, None, (None, None), points, text);
    };
    let whose = |over: &OverriddenHealth| format!("the override by {}", over.author);
    match (was, is) {
        // More points than 100 may have no number of their own.
        (Some(was), Some(is)) if was.from == is.from && (holds - held).abs() <= 100.0 => {
            add(holds - held, whose(is) + " holds as before");
        }
        (was, is) => {
            if let Some(is) = is {
                add(holds, format!("{} holds now ({})", whose(is), is.reason));
            }
            if let Some(was) = was {
                add(-held, whose(was) + " holds no more");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::any_thrice_scored_spec;
    use super::super::{Band, FactorSpec, HealthOverride, Missing, evaluate, with_override};
    use super::*;
    use crate::time::Timestamp;

    fn factor(name: &str, weight: f64) -> FactorSpec {
        FactorSpec {
            name: name.to_owned(),
            weight,
            missing: Missing::Redistribute,
            cap: None,
            cap_below: None,
            factors: Vec::new(),
        }
    }

    fn spec(factors: Vec<FactorSpec>) -> HealthSpec {
        let bands = vec![Band { name: "all".to_owned(), from: 0.0 }];
        HealthSpec { bands, hysteresis: 0.0, factors }
    }

    fn over(score: f64) -> HealthOverride {
        HealthOverride {
            score: Some(score),
            band: None,
            author: "ann".to_owned(),
            reason: "called".to_owned(),
            from: Timestamp::from_micros(0).unwrap(),
            until: Timestamp::from_micros(1).unwrap(),
        }
    }

    #[test]
    fn each_term_is_what_one_thing_did() {
        let mut support = factor("support", 1.0);
        (support.cap, support.cap_below) = (Some(30.0), Some(20.0));
        let spec = spec(vec![
            FactorSpec {
                factors: vec![factor("depth", 1.0), factor("breadth", 1.0)],
                ..factor("product", 2.0)
            },
            support,
            factor("billing", 1.0),
        ]);
        let (from, middle, to) =
            ([80.0, 40.0, 60.0, f64::NAN], [40.0, 40.0, f64::NAN, 10.0], [40.0, 100.0, 0.0, 90.0]);
        let before = evaluate(&spec, &from, None).unwrap();
        let after = with_override(&spec, evaluate(&spec, &to, None), Some(&over(50.0))).unwrap();
        assert_eq!((before.score, after.computed_score(), after.score), (60.0, Some(30.0), 50.0));
        let terms = change_terms(
            &spec,
            Known { scores: &from, health: &before },
            &middle,
            Known { scores: &to, health: &after },
        );
        let told: Vec<(ChangeKind, &str, f64)> =
            terms.iter().map(|term| (term.kind, term.text.as_str(), term.points)).collect();
        let third = |points: f64| points / 3.0;
        let expected = [
            // depth has 1/3 of the weight, as billing is missing.
            (
                ChangeKind::Time,
                "`product.depth` goes from 80 to 40 as time passes: -13.33 points",
                third(-40.0),
            ),
            (
                ChangeKind::Data,
                "`product.breadth` goes from 40 to 100 with new data: +20 points",
                20.0,
            ),
            (ChangeKind::Data, "`support` goes from 60 to 0 with new data: -20 points", -20.0),
            // (2·70 + 0 + 90) / 4 instead of 140 / 3.
            (
                ChangeKind::Missingness,
                "`billing` is known now, at 90: +10.83 points",
                57.5 - third(140.0),
            ),
            (ChangeKind::Cap, "the cap of `support` holds the score down now: -27.5 points", -27.5),
            (ChangeKind::Override, "the override by ann holds now (called): +20 points", 20.0),
        ];
        assert_eq!(told.len(), expected.len());
        for (found, expected) in told.iter().zip(expected) {
            assert_eq!((found.0, found.1), (expected.0, expected.1));
            assert!((found.2 - expected.2).abs() < 1e-12, "{found:?}");
        }
        assert_eq!((terms[0].before, terms[0].after), (Some(80.0), Some(40.0)));
        assert_eq!((terms[3].before, terms[3].after), (None, Some(90.0)));
    }

    #[test]
    fn nothing_changes_without_a_reason() {
        let spec = spec(vec![factor("a", 1.0), factor("b", 2.0)]);
        let scores = [30.0, 70.0];
        let health = evaluate(&spec, &scores, None).unwrap();
        let known = Known { scores: &scores, health: &health };
        assert_eq!(change_terms(&spec, known, &scores, known), []);
        // On the way missing, in the end as it was.
        assert_eq!(change_terms(&spec, known, &[f64::NAN, 70.0], known), []);
        // What time takes and data bring back are two terms.
        let terms = change_terms(&spec, known, &[0.0, 70.0], known);
        assert_eq!(terms.iter().map(|term| term.points).collect::<Vec<_>>(), [-10.0, 10.0]);
    }

    #[test]
    fn a_score_that_only_an_override_gives_changes_by_it() {
        let spec = spec(vec![factor("a", 1.0)]);
        let before = evaluate(&spec, &[30.0], None).unwrap();
        let after = with_override(&spec, None, Some(&over(80.0))).unwrap();
        let (before, after) = (
            Known { scores: &[30.0], health: &before },
            Known { scores: &[f64::NAN], health: &after },
        );
        let terms = change_terms(&spec, before, &[30.0], after);
        assert_eq!((terms.len(), terms[0].points), (1, 50.0));
        assert_eq!(change_terms(&spec, after, &[f64::NAN], before)[0].points, -50.0);
    }

    proptest! {
        #[test]
        fn terms_sum_to_the_change_exactly(
            (spec, [from, middle, to]) in any_thrice_scored_spec(),
            said in any::<[Option<f64>; 2]>(),
        ) {
            let stated = |scores: &[f64], said: Option<f64>| {
                let said = said.filter(|x| x.is_finite()).map(|x| over((x % 100.0).abs()));
                with_override(&spec, evaluate(&spec, scores, None), said.as_ref())
            };
            let (before, after) = (stated(&from, said[0]), stated(&to, said[1]));
            if let Some((before, after)) = before.zip(after) {
                let terms = change_terms(
                    &spec,
                    Known { scores: &from, health: &before },
                    &middle,
                    Known { scores: &to, health: &after },
                );
                let sum = terms.iter().fold(0.0, |sum, term| sum + term.points);
                prop_assert_eq!(sum, after.score - before.score);
                prop_assert!(terms.iter().all(|term| term.points != 0.0));
            }
        }
    }
}
