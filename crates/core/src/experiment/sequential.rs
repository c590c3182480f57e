//! Tests that may be looked at whenever one likes: always-valid p-values and confidence sequences
//! (Johari, Pekelis and Walsh 2017; Johari, Koomen, Pekelis and Walsh 2022).
//!
//! With `δ` the difference found so far and `s²` its variance, the mixture likelihood ratio under
//! effects drawn from a normal distribution of mean 0 and variance `τ²` (Robbins 1970) is
//! `Λ = √(s²/(s² + τ²)) · exp(τ²δ² / (2s²(s² + τ²)))`. The p-value after n looks is the least `1/Λ` so
//! far, at most 1; the interval is `δ ± √(s²(s² + τ²)/τ² · (2 ln(1/α) + ln((s² + τ²)/s²)))`. In an
//! experiment without an effect the chance that the p-value *ever* comes below `α` is at most `α`, and
//! all intervals together hold the truth with `1 − α`, up to the normal approximation.
//!
//! `s² = v₁/n₁ + v₀/n₀`. For a mean `v` is the sample's variance. For a proportion it is `p̃(1 − p̃)` with
//! `p̃ = (successes + 1)/(n + 2)` (Agresti and Caffo 2000), which is never 0, so that a first look at a
//! few customers is not taken for certainty.
//!
//! The mixing variance `τ²` has to be settled before any data is seen. Any holds the level; the nearer
//! `τ` is to the true effect, the sooner it is found.

use serde::{Deserialize, Serialize};

use super::holm::holm;
use super::sample::{Metric, Sample, Summary};
use super::{check_share, control_among};
use crate::error::{Error, Result};
use crate::math;

/// What settles the mixing variance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Mixing {
    /// The variance itself, in squares of the metric's unit.
    Variance(f64),
    /// An effect that is thought likely, as a difference: the variance is its square.
    Effect(f64),
}

impl Mixing {
    /// The mixing variance.
    ///
    /// # Errors
    /// [`crate::ErrorCode::Argument`] when it is not positive.
    pub fn variance(self) -> Result<f64> {
        let (name, given, variance) = match self {
            Self::Variance(variance) => ("mixing_variance", variance, variance),
            Self::Effect(effect) => ("effect", effect, effect * effect),
        };
        if variance.is_finite() && variance > 0.0 && (given > 0.0 || name == "effect") {
            return Ok(variance);
        }
        let wanted = if name == "effect" { "a number that is not 0" } else { "more than 0" };
        Err(Error::argument(name, format!("is {given}; expected {wanted}")))
    }
}

/// One comparison as it goes on. It is all that has to be kept between looks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AlwaysValid {
    mixing_variance: f64,
    p_value: f64,
}

impl AlwaysValid {
    /// Before the first look.
    ///
    /// # Errors
    /// As [`Mixing::variance`].
    pub fn new(mixing: Mixing) -> Result<Self> {
        Ok(Self { mixing_variance: mixing.variance()?, p_value: 1.0 })
    }

    /// The always-valid p-value so far.
    #[must_use]
    pub fn p_value(&self) -> f64 {
        self.p_value
    }

    /// Looks at a difference whose variance is positive, and gives the new p-value.
    pub fn update(&mut self, difference: f64, variance: f64) -> f64 {
        let whole = variance + self.mixing_variance;
        let exponent = self.mixing_variance * difference * difference / (2.0 * variance * whole);
        let log_ratio = 0.5 * math::ln(variance / whole) + exponent;
        self.p_value = self.p_value.min(math::exp(-log_ratio));
        self.p_value
    }

    /// How far the confidence sequence reaches to either side of a difference of this variance.
    #[must_use]
    pub fn reach(&self, variance: f64, level: f64) -> f64 {
        let whole = variance + self.mixing_variance;
        let bound = -2.0 * math::ln(1.0 - level) + math::ln(whole / variance);
        (variance * whole / self.mixing_variance * bound).sqrt()
    }
}

/// How an experiment is followed.
#[derive(Debug, Clone, PartialEq)]
pub struct SequentialParams {
    /// What is compared; as in [`super::ExperimentParams`].
    pub metric: Option<Metric>,
    /// The arm that the others are compared with: the first where it is not said.
    pub control: Option<String>,
    /// One less the chance of ever finding an effect that is not there.
    pub level: f64,
    /// What settles the mixing variance.
    pub mixing: Mixing,
}

/// An arm beside the control at one look.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SequentialLook {
    /// The arm.
    pub arm: String,
    /// Its mean less the control's, so far.
    pub difference: f64,
    /// The lower end of the confidence sequence; null where an arm has too few customers.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The always-valid p-value: it never rises.
    pub p_value: f64,
    /// The same adjusted for the number of arms (Holm 1979).
    pub p_adjusted: f64,
}

/// What became of an arm beside the control.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SequentialComparison {
    /// The arm.
    pub arm: String,
    /// The first look, from 0, at which the adjusted p-value was at most one less the level; null
    /// where there is none yet.
    pub significant_at: Option<usize>,
    /// The difference at the last look.
    pub difference: f64,
    /// The adjusted p-value at the last look.
    pub p_adjusted: f64,
}

/// An experiment as it was followed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SequentialReport {
    /// What was compared.
    pub metric: Metric,
    /// The arm that the others were compared with.
    pub control: String,
    /// One less the chance of ever finding an effect that is not there.
    pub level: f64,
    /// The variance of the mixing distribution.
    pub mixing_variance: f64,
    /// The looks, each with the arms beside the control.
    pub looks: Vec<Vec<SequentialLook>>,
    /// What became of each arm.
    pub comparisons: Vec<SequentialComparison>,
    /// Whether all arms are told from the control, so that there is nothing left to wait for.
    pub stop: bool,
}

/// Follows an experiment. Each of `looks` has all that was seen of the arms up to then.
///
/// # Errors
/// As [`super::experiment`]; also without looks, where looks have not the same arms in the same order,
/// or an arm has fewer customers than at the look before.
pub fn sequential(
    looks: &[Vec<(String, Sample)>],
    params: &SequentialParams,
) -> Result<SequentialReport> {
    check_share("level", params.level)?;
    let start = AlwaysValid::new(params.mixing)?;
    let first = looks.first().ok_or_else(|| Error::argument("looks", "has no look"))?;
    let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    let control = control_among(&names, params.control.as_deref())?;
    let metric = params.metric.unwrap_or_else(|| first[0].1.metric());
    let others: Vec<usize> = (0..names.len()).filter(|at| *at != control).collect();
    let mut states = vec![start; others.len()];
    let mut significant_at = vec![None; others.len()];
    let mut before = vec![0.0; names.len()];
    let mut shown = Vec::with_capacity(looks.len());
    for (number, look) in looks.iter().enumerate() {
        let arms =
            read(look, &names, metric, &mut before).map_err(|error| within(&error, number))?;
        let p_values: Vec<f64> = others
            .iter()
            .zip(&mut states)
            .map(|(&at, state)| match arms[at].variance_beside(&arms[control], metric) {
                Some(variance) => state.update(arms[at].mean - arms[control].mean, variance),
                None => state.p_value(),
            })
            .collect();
        let adjusted = holm(&p_values);
        let mut one = Vec::with_capacity(others.len());
        for (index, &at) in others.iter().enumerate() {
            if adjusted[index] <= 1.0 - params.level {
                significant_at[index].get_or_insert(number);
            }
            let difference = arms[at].mean - arms[control].mean;
            let reach = arms[at]
                .variance_beside(&arms[control], metric)
                .map(|variance| states[index].reach(variance, params.level));
            one.push(SequentialLook {
                arm: names[at].to_owned(),
                difference,
                low: reach.map(|reach| difference - reach),
                high: reach.map(|reach| difference + reach),
                p_value: p_values[index],
                p_adjusted: adjusted[index],
            });
        }
        shown.push(one);
    }
    let last = shown.last().map(Vec::as_slice).unwrap_or_default();
    let comparisons: Vec<SequentialComparison> = last
        .iter()
        .zip(&significant_at)
        .map(|(look, &significant_at)| SequentialComparison {
            arm: look.arm.clone(),
            significant_at,
            difference: look.difference,
            p_adjusted: look.p_adjusted,
        })
        .collect();
    Ok(SequentialReport {
        metric,
        control: names[control].to_owned(),
        level: params.level,
        mixing_variance: start.mixing_variance,
        stop: comparisons.iter().all(|one| one.significant_at.is_some()),
        looks: shown,
        comparisons,
    })
}

/// The arms at one look; `before` are their customers at the one before.
fn read(
    look: &[(String, Sample)],
    names: &[&str],
    metric: Metric,
    before: &mut [f64],
) -> Result<Vec<Summary>> {
    if !look.iter().map(|(name, _)| name).eq(names) {
        let message = format!("has not the arms of the first look, `{}`", names.join("`, `"));
        return Err(Error::argument("looks", message));
    }
    let mut arms = Vec::with_capacity(look.len());
    for ((name, sample), before) in look.iter().zip(before) {
        let arm = sample.summary(name, metric)?;
        if arm.n < *before {
            let message = format!(
                "has {} customers after {before}; a look has all that was seen up to then",
                arm.n
            );
            return Err(Error::argument(&format!("arms.{name}"), message));
        }
        *before = arm.n;
        arms.push(arm);
    }
    Ok(arms)
}

/// The error with the number of the look in its path.
fn within(error: &Error, look: usize) -> Error {
    let path = error.path().unwrap_or_default();
    let path = path.strip_prefix("arms.").unwrap_or(path);
    let path = if path == "looks" { String::new() } else { format!(".{path}") };
    Error::argument(&format!("looks[{look}]{path}"), error.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(n: u64, a: u64, b: u64) -> Vec<(String, Sample)> {
        [("a", a), ("b", b)]
            .map(|(name, successes)| (name.to_owned(), Sample::Counts { n, successes }))
            .to_vec()
    }

    fn params() -> SequentialParams {
        SequentialParams { metric: None, control: None, level: 0.95, mixing: Mixing::Effect(0.02) }
    }

    #[test]
    fn the_interval_leaves_out_zero_when_the_ratio_of_that_look_passes_the_level() {
        let mut state = AlwaysValid::new(Mixing::Variance(4e-4)).unwrap();
        for (difference, variance) in [(0.01, 1e-4), (0.03, 9e-5), (0.05, 5e-5), (0.09, 2e-4)] {
            let mut alone = AlwaysValid::new(Mixing::Variance(4e-4)).unwrap();
            let p = alone.update(difference, variance);
            let running = state.update(difference, variance);
            assert!(running <= p);
            let reach = state.reach(variance, 1.0 - p);
            assert!(p >= 1.0 || (reach / difference - 1.0).abs() < 1e-9, "{reach} {difference}");
        }
    }

    #[test]
    fn an_effect_is_found_and_stays_found() {
        let looks: Vec<_> = (1..=30).map(|day| look(500 * day, 50 * day, 75 * day)).collect();
        let report = sequential(&looks, &params()).unwrap();
        let at = report.comparisons[0].significant_at.unwrap();
        assert!(at > 0 && at < 10 && report.stop, "{at}");
        for pair in report.looks.windows(2) {
            assert!(pair[1][0].p_value <= pair[0][0].p_value);
        }
        assert!(report.looks[at][0].low.unwrap() > 0.0);
        let same: Vec<_> = (1..=30).map(|day| look(500 * day, 50 * day, 50 * day)).collect();
        assert!(!sequential(&same, &params()).unwrap().stop);
    }

    #[test]
    fn what_cannot_be_followed_is_refused_with_its_look() {
        let with = |mixing| SequentialParams { mixing, ..params() };
        let mut renamed = look(20, 1, 1);
        renamed[1].0 = "c".to_owned();
        for (looks, params, path) in [
            (vec![], params(), "looks"),
            (vec![look(10, 1, 1), look(9, 1, 1)], params(), "looks[1].a"),
            (vec![look(10, 1, 1), renamed], params(), "looks[1]"),
            (vec![look(10, 1, 11)], params(), "looks[0].b"),
            (vec![look(10, 1, 1)], with(Mixing::Variance(0.0)), "mixing_variance"),
            (vec![look(10, 1, 1)], with(Mixing::Variance(-1.0)), "mixing_variance"),
            (vec![look(10, 1, 1)], with(Mixing::Effect(0.0)), "effect"),
        ] {
            let error = sequential(&looks, &params).unwrap_err();
            assert_eq!(error.path(), Some(path), "{error}");
        }
    }
}
