//! Arms against a control, once, at a number of customers that was settled before.

use serde::Serialize;

use super::cuped::{self, Cuped, Paired};
use super::holm::holm;
use super::lift::lift;
use super::means;
use super::proportions;
use super::sample::{Metric, Sample, Summary};
use super::{check_share, control_among, tails};
use crate::error::{Error, Result};

/// How arms are compared.
#[derive(Debug, Clone, PartialEq)]
pub struct ExperimentParams {
    /// What is compared; a proportion for counts and a mean for others where it is not said.
    pub metric: Option<Metric>,
    /// The arm that the others are compared with: the first where it is not said.
    pub control: Option<String>,
    /// The probability that an interval is to hold the truth with.
    pub level: f64,
}

impl Default for ExperimentParams {
    fn default() -> Self {
        Self { metric: None, control: None, level: 0.95 }
    }
}

/// An arm as it was compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ArmSummary {
    /// The arm.
    pub arm: String,
    /// How many customers.
    pub n: f64,
    /// Their mean, adjusted where there is a covariate; the share of successes for a proportion.
    pub mean: f64,
    /// The variance of a customer, adjusted where there is a covariate.
    pub variance: f64,
}

/// An arm beside the control.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ArmComparison {
    /// The arm.
    pub arm: String,
    /// Its mean less the control's.
    pub difference: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The statistic: `z` for proportions, Welch's `t` for means.
    pub statistic: f64,
    /// The degrees of freedom of `t`; null for proportions.
    pub df: Option<f64>,
    /// The two-sided p-value.
    pub p_value: f64,
    /// The same adjusted for the number of arms (Holm 1979).
    pub p_adjusted: f64,
    /// The difference as a share of the control's mean; null where that is 0.
    pub relative_lift: Option<f64>,
    /// The lower end of its interval.
    pub relative_low: Option<f64>,
    /// The upper end.
    pub relative_high: Option<f64>,
}

/// What an experiment showed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ExperimentReport {
    /// What was compared.
    pub metric: Metric,
    /// The arm that the others were compared with.
    pub control: String,
    /// The probability that an interval is to hold the truth with.
    pub level: f64,
    /// The arms, as they were given.
    pub arms: Vec<ArmSummary>,
    /// The others beside the control.
    pub comparisons: Vec<ArmComparison>,
    /// What the covariate did; null without one.
    pub cuped: Option<Cuped>,
}

/// Compares arms, by their names, with a control. `covariates` has for each arm a number a customer
/// that was known before the assignment, and asks for CUPED; the metric is then a mean.
///
/// # Errors
/// [`crate::ErrorCode::Argument`] for fewer than two arms, an unknown control, an arm without
/// customers or with data of another kind, a mean that neither arm varies in, covariates that do
/// not fit, or a level outside of 0 to 1.
pub fn experiment(
    arms: &[(String, Sample)],
    covariates: Option<&[(String, Vec<f64>)]>,
    params: &ExperimentParams,
) -> Result<ExperimentReport> {
    check_share("level", params.level)?;
    let names: Vec<&str> = arms.iter().map(|(name, _)| name.as_str()).collect();
    let control = control_among(&names, params.control.as_deref())?;
    let first = if covariates.is_some() { Metric::Mean } else { arms[0].1.metric() };
    let metric = params.metric.unwrap_or(first);
    let mut summaries = Vec::with_capacity(arms.len());
    for (name, sample) in arms {
        summaries.push(sample.summary(name, metric)?);
    }
    let mut found = None;
    if let Some(covariates) = covariates {
        let (adjusted, cuped) = cuped::adjust(&paired(arms, covariates, metric)?)?;
        (summaries, found) = (adjusted, Some(cuped));
    }
    let mut comparisons = Vec::with_capacity(arms.len() - 1);
    for (at, name) in names.iter().enumerate() {
        if at != control {
            let pair = (&summaries[at], &summaries[control]);
            comparisons.push(compare(name, pair, metric, params.level)?);
        }
    }
    let p_values: Vec<f64> = comparisons.iter().map(|one| one.p_value).collect();
    for (one, adjusted) in comparisons.iter_mut().zip(holm(&p_values)) {
        one.p_adjusted = adjusted;
    }
    let arms = names.iter().zip(&summaries).map(|(name, summary)| ArmSummary {
        arm: (*name).to_owned(),
        n: summary.n,
        mean: summary.mean,
        variance: summary.variance,
    });
    Ok(ExperimentReport {
        metric,
        control: names[control].to_owned(),
        level: params.level,
        arms: arms.collect(),
        comparisons,
        cuped: found,
    })
}

/// Values and covariates of each arm.
fn paired<'a>(
    arms: &'a [(String, Sample)],
    covariates: &'a [(String, Vec<f64>)],
    metric: Metric,
) -> Result<Vec<Paired<'a>>> {
    if metric == Metric::Proportion {
        let message = "is for means; say `metric` is `mean`, which values of 0 and 1 have too";
        return Err(Error::argument("covariate", message));
    }
    if let Some((name, _)) =
        covariates.iter().find(|(name, _)| arms.iter().all(|arm| arm.0 != *name))
    {
        return Err(Error::argument("covariate", format!("`{name}` is not an arm")));
    }
    let pairs = arms.iter().map(|(name, sample)| {
        let Sample::Values(values) = sample else {
            let message = "has no value a customer, which a covariate needs";
            return Err(Error::argument(&format!("arms.{name}"), message));
        };
        let covariate = covariates.iter().find(|(of, _)| of == name).ok_or_else(|| {
            Error::argument("covariate", format!("has no values for the arm `{name}`"))
        })?;
        Ok((name.as_str(), values.as_slice(), covariate.1.as_slice()))
    });
    pairs.collect()
}

fn compare(
    name: &str,
    (treatment, control): (&Summary, &Summary),
    metric: Metric,
    level: f64,
) -> Result<ArmComparison> {
    let difference = treatment.mean - control.mean;
    let (statistic, df, p_value, low, high) = match metric {
        Metric::Proportion => {
            let z = proportions::z(treatment, control);
            let (low, high) = proportions::newcombe(treatment, control, level);
            (z, None, tails::normal_two_sided(z), low, high)
        }
        Metric::Mean => {
            let welch = means::welch(treatment, control).ok_or_else(|| {
                let message = "has no variance, nor has the control; there is nothing to test";
                Error::argument(&format!("arms.{name}"), message)
            })?;
            let t = difference / welch.standard_error;
            let reach = tails::t_critical(1.0 - level, welch.df) * welch.standard_error;
            let p_value = tails::t_two_sided(t, welch.df);
            (t, Some(welch.df), p_value, difference - reach, difference + reach)
        }
    };
    let lift = lift(treatment, control, level);
    Ok(ArmComparison {
        arm: name.to_owned(),
        difference,
        low,
        high,
        statistic,
        df,
        p_value,
        p_adjusted: p_value,
        relative_lift: lift.map(|(lift, ..)| lift),
        relative_low: lift.map(|(_, low, _)| low),
        relative_high: lift.map(|(.., high)| high),
    })
}

#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole numbers of the tests"
)]
mod tests {
    use super::*;

    fn counts(arms: &[(&str, u64, u64)]) -> Vec<(String, Sample)> {
        let arm = |&(name, n, successes): &(&str, u64, u64)| {
            (name.to_owned(), Sample::Counts { n, successes })
        };
        arms.iter().map(arm).collect()
    }

    #[test]
    fn values_counts_and_moments_say_the_same() {
        let params = ExperimentParams::default();
        let some =
            |ones: usize, n: usize| (0..n).map(|at| f64::from(u8::from(at < ones))).collect();
        let values = |ones, n| Sample::Values(some(ones, n));
        let arms = [("a".to_owned(), values(30, 100)), ("b".to_owned(), values(45, 90))];
        let proportion = ExperimentParams { metric: Some(Metric::Proportion), ..params.clone() };
        let by_count =
            experiment(&counts(&[("a", 100, 30), ("b", 90, 45)]), None, &params).unwrap();
        assert_eq!(experiment(&arms, None, &proportion).unwrap(), by_count);
        let by_mean = experiment(&arms, None, &params).unwrap();
        let moments = by_mean.arms.iter().map(|arm| {
            let n = arm.n as u64;
            (arm.arm.clone(), Sample::Moments { n, mean: arm.mean, variance: arm.variance })
        });
        let moments: Vec<_> = moments.collect();
        assert_eq!(experiment(&moments, None, &params).unwrap(), by_mean);
    }

    #[test]
    fn arms_where_nothing_came_true_do_not_differ() {
        let report =
            experiment(&counts(&[("a", 5, 0), ("b", 5, 0)]), None, &ExperimentParams::default());
        let one = report.unwrap().comparisons.remove(0);
        assert_eq!((one.statistic, one.p_value, one.relative_lift), (0.0, 1.0, None));
        assert!(one.low < 0.0 && one.high > 0.0);
    }

    #[test]
    fn what_cannot_be_compared_is_refused_by_name() {
        let fine = counts(&[("a", 10, 3), ("b", 10, 4)]);
        let numbers = |values: &[f64]| Sample::Values(values.to_vec());
        let with = |sample: Sample| vec![fine[0].clone(), ("b".to_owned(), sample)];
        let params = ExperimentParams::default();
        let of = |level, metric, control: Option<&str>| ExperimentParams {
            level,
            metric,
            control: control.map(str::to_owned),
        };
        for (arms, params, path) in [
            (fine[..1].to_vec(), params.clone(), "arms"),
            (vec![fine[0].clone(), fine[0].clone()], params.clone(), "arms"),
            (fine.clone(), of(1.0, None, None), "level"),
            (fine.clone(), of(0.9, None, Some("c")), "control"),
            (fine.clone(), of(0.9, Some(Metric::Mean), None), "arms.a"),
            (with(Sample::Counts { n: 3, successes: 4 }), params.clone(), "arms.b"),
            (with(Sample::Counts { n: 0, successes: 0 }), params.clone(), "arms.b"),
            (with(numbers(&[0.0, 2.0])), params.clone(), "arms.b"),
            (with(Sample::Moments { n: 9, mean: 0.1, variance: 1.0 }), params.clone(), "arms.b"),
            (
                vec![("a".to_owned(), numbers(&[1.0, 2.0])), ("b".to_owned(), numbers(&[1.0]))],
                params.clone(),
                "arms.b",
            ),
            (
                vec![
                    ("a".to_owned(), numbers(&[1.0, f64::NAN])),
                    ("b".to_owned(), numbers(&[1.0])),
                ],
                params.clone(),
                "arms.a",
            ),
            (
                vec![
                    ("a".to_owned(), numbers(&[1.0, 1.0])),
                    ("b".to_owned(), numbers(&[2.0, 2.0])),
                ],
                params,
                "arms.b",
            ),
        ] {
            let error = experiment(&arms, None, &params).unwrap_err();
            assert_eq!(error.path(), Some(path), "{error}");
        }
    }

    #[test]
    fn covariates_have_to_fit() {
        let arms = ["a", "b"].map(|name| (name.to_owned(), Sample::Values(vec![1.0, 2.0, 4.0])));
        let x = |name: &str, values: &[f64]| (name.to_owned(), values.to_vec());
        // Deviations −4/3, −1/3, 5/3 and −1, 0, 1: a squared correlation of 3²/(14/3 · 2) = 27/28.
        let good = [x("b", &[0.0, 1.0, 2.0]), x("a", &[0.0, 1.0, 2.0])];
        let report = experiment(&arms, Some(&good), &ExperimentParams::default()).unwrap();
        assert!((report.cuped.unwrap().variance_reduction - 27.0 / 28.0).abs() < 1e-12);
        for (covariates, path) in [
            (vec![good[0].clone()], "covariate"),
            (vec![good[0].clone(), x("c", &[1.0])], "covariate"),
            (vec![good[0].clone(), x("a", &[1.0])], "covariate.a"),
            (vec![good[0].clone(), x("a", &[1.0, f64::NAN, 2.0])], "covariate.a"),
            (vec![x("a", &[1.0; 3]), x("b", &[2.0; 3])], "covariate"),
        ] {
            let error =
                experiment(&arms, Some(&covariates), &ExperimentParams::default()).unwrap_err();
            assert_eq!(error.path(), Some(path), "{error}");
        }
    }
}
