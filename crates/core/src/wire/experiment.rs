//! Experiments as hosts ask about them: options as a JSON object in, the answer as JSON out.

use serde_json::Value;

use super::{Options, to_json};
use crate::error::{Error, Result};
use crate::experiment::{
    self, ExperimentParams, Metric, Mixing, PowerParams, Sample, SequentialParams,
};

/// What was seen of an arm, as JSON: `{n, successes}`, `{n, mean, variance}`, or a list of numbers.
///
/// # Errors
/// [`crate::ErrorCode::Argument`] when it is none of these; `name` is the arm's.
pub fn sample(name: &str, value: &Value) -> Result<Sample> {
    let wrong = || {
        let message =
            "expected `n` and `successes`, or `n`, `mean` and `variance`, or a list of numbers";
        Error::argument(&format!("arms.{name}"), message)
    };
    if let Value::Array(values) = value {
        let numbers: Option<Vec<f64>> = values.iter().map(Value::as_f64).collect();
        return numbers.map(Sample::Values).ok_or_else(wrong);
    }
    let object = value.as_object().ok_or_else(wrong)?;
    let whole = |key: &str| object.get(key).and_then(whole);
    let number = |key: &str| object.get(key).and_then(Value::as_f64);
    match (object.len(), whole("n"), whole("successes"), number("mean"), number("variance")) {
        (2, Some(n), Some(successes), ..) => Ok(Sample::Counts { n, successes }),
        (3, Some(n), _, Some(mean), Some(variance)) => Ok(Sample::Moments { n, mean, variance }),
        _ => Err(wrong()),
    }
}

/// A count; also where it is written as `12.0`.
fn whole(value: &Value) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked")]
    let exact = |n: f64| ((0.0..9e15).contains(&n) && n.fract() == 0.0).then_some(n as u64);
    value.as_u64().or_else(|| value.as_f64().and_then(exact))
}

fn metric(options: &Options) -> Result<Option<Metric>> {
    options.text("metric")?.map(Metric::named).transpose()
}

fn level(options: &Options) -> Result<f64> {
    Ok(options.number("level")?.unwrap_or(0.95))
}

fn control(options: &Options) -> Result<Option<String>> {
    Ok(options.text("control")?.map(str::to_owned))
}

/// Arms beside a control. Options: `metric` (`proportion` or `mean`), `control`, `level`.
///
/// # Errors
/// As [`experiment::experiment`].
pub fn experiment(
    arms: &[(String, Sample)],
    covariates: Option<&[(String, Vec<f64>)]>,
    options: &str,
) -> Result<String> {
    let options = Options::read(options, &["metric", "control", "level"])?;
    let (metric, control, level) = (metric(&options)?, control(&options)?, level(&options)?);
    let params = ExperimentParams { metric, control, level };
    to_json(&experiment::experiment(arms, covariates, &params)?)
}

/// An experiment that is looked at again and again. Options: `looks`, a list of objects with the
/// arms; `effect` or `mixingVariance`; `metric`, `control`, `level`.
///
/// # Errors
/// As [`experiment::sequential`].
pub fn sequential(options: &str) -> Result<String> {
    let keys = ["looks", "effect", "mixingVariance", "metric", "control", "level"];
    let options = Options::read(options, &keys)?;
    let given = (options.number("effect")?, options.number("mixingVariance")?);
    let mixing = match given {
        (Some(effect), None) => Mixing::Effect(effect),
        (None, Some(variance)) => Mixing::Variance(variance),
        _ => {
            let message = "expected an effect that is thought likely, or `mixing_variance`, and not both; \
                           it has to be settled before the data are seen";
            return Err(Error::argument("effect", message));
        }
    };
    let mut looks = Vec::new();
    for (number, look) in Options::need("looks", options.list("looks")?)?.iter().enumerate() {
        let Value::Object(arms) = look else {
            let message = "expected an object with what was seen of each arm";
            return Err(Error::argument(&format!("looks[{number}]"), message));
        };
        let arms = arms.iter().map(|(name, value)| Ok((name.clone(), sample(name, value)?)));
        looks.push(arms.collect::<Result<Vec<_>>>()?);
    }
    let (metric, control, level) = (metric(&options)?, control(&options)?, level(&options)?);
    let params = SequentialParams { metric, control, level, mixing };
    to_json(&experiment::sequential(&looks, &params)?)
}

/// Whether customers came to the arms as meant. Options: `counts`, `shares`, `threshold` (0.001 by
/// default).
///
/// # Errors
/// As [`experiment::sample_ratio`].
pub fn sample_ratio(options: &str) -> Result<String> {
    let options = Options::read(options, &["counts", "shares", "threshold"])?;
    let counts = Options::need("counts", options.list("counts")?)?.iter().map(whole);
    let counts: Option<Vec<u64>> = counts.collect();
    let counts = counts.ok_or_else(|| Error::argument("counts", "expected a list of counts"))?;
    let shares = options.list("shares")?.map(|shares| {
        let shares: Option<Vec<f64>> = shares.iter().map(Value::as_f64).collect();
        shares.ok_or_else(|| Error::argument("shares", "expected a list of numbers"))
    });
    let threshold = options.number("threshold")?.unwrap_or(0.001);
    to_json(&experiment::sample_ratio(&counts, shares.transpose()?.as_deref(), threshold)?)
}

/// What an experiment needs. Options: two of `effect`, `n` and `power`; `metric` (`proportion` by
/// default), `baseline` or `variance`, `level`, `ratio`.
///
/// # Errors
/// As [`experiment::power_analysis`].
pub fn power_analysis(options: &str) -> Result<String> {
    let keys = ["metric", "baseline", "variance", "effect", "n", "power", "level", "ratio"];
    let options = Options::read(options, &keys)?;
    let params = PowerParams {
        metric: metric(&options)?.unwrap_or(Metric::Proportion),
        baseline: options.number("baseline")?,
        variance: options.number("variance")?,
        effect: options.number("effect")?,
        n: options.count("n")?.map(|n| n as u64),
        power: options.number("power")?,
        level: level(&options)?,
        ratio: options.number("ratio")?.unwrap_or(1.0),
    };
    to_json(&experiment::power_analysis(&params)?)
}
