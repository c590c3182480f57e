//! Experiments, and what another policy would have brought.

use napi::bindgen_prelude::{Env, FromNapiValue, JsObjectValue, Object, Unknown};
use napi_derive::napi;
use stayput_core::experiment::Sample;
use stayput_core::wire::experiment as ask;
use stayput_core::{Error, Result};
use stayput_models::off_policy::ask::{self as off_policy_ask, Columns, Matrix};

use crate::input;
use crate::job::{Promised, later};
use crate::json::{self, Document};

/// The entries of an object, in its order.
fn entries<'a>(value: Unknown<'a>, name: &str) -> Result<Vec<(String, Unknown<'a>)>> {
    let wrong = || Error::argument(name, "expected an object by the names of the arms");
    let object = Object::from_unknown(value).map_err(|_| wrong())?;
    let keys = Object::keys(&object).map_err(|_| wrong())?;
    let entry = |key: String| {
        let value = object.get_named_property::<Unknown<'a>>(&key).map_err(|_| wrong())?;
        Ok((key, value))
    };
    keys.into_iter().map(entry).collect()
}

/// An arm: a `Float64Array` or an array of numbers, or an object with its sums.
fn sample(env: Env, name: &str, value: Unknown<'_>) -> Result<Sample> {
    let path = format!("arms.{name}");
    if let Ok(values) = input::numbers(value, &path) {
        return Ok(Sample::Values(values));
    }
    let value = serde_json::from_str(&json::stringify(env, value, &path)?).unwrap_or_default();
    ask::sample(name, &value)
}

/// What the arms of an experiment show, each beside the control, at a number of customers that was
/// settled before.
#[napi(
    ts_args_type = "arms: Record<string, Arm>, options?: ExperimentOptions | null, covariate?: Record<string, NumberColumn> | null",
    ts_return_type = "Promise<ExperimentReport>"
)]
pub fn experiment(
    env: Env,
    arms: Unknown<'_>,
    options: Option<Unknown<'_>>,
    covariate: Option<Unknown<'_>>,
) -> Promised<Document> {
    let read = || {
        let arms = entries(arms, "arms")?.into_iter().map(|(name, value)| {
            let sample = sample(env, &name, value)?;
            Ok((name, sample))
        });
        let arms = arms.collect::<Result<Vec<_>>>()?;
        let of_arm = |(name, value): (String, _)| {
            let values = input::numbers(value, &format!("covariate.{name}"))?;
            Ok((name, values))
        };
        let covariates = covariate
            .map(|covariate| entries(covariate, "covariate")?.into_iter().map(of_arm).collect())
            .transpose()?;
        Ok((arms, covariates, json::options_text(env, options)?))
    };
    let given: Result<(Vec<_>, Option<Vec<_>>, String)> = read();
    later(move || {
        let (arms, covariates, options) = given?;
        ask::experiment(&arms, covariates.as_deref(), &options).map(Document)
    })
}

/// An experiment that may be looked at as often as one likes: always-valid p-values and confidence
/// sequences.
#[napi(ts_args_type = "options: SequentialOptions", ts_return_type = "Promise<SequentialReport>")]
pub fn sequential(env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
    let options = json::options_text(env, options);
    later(move || ask::sequential(&options?).map(Document))
}

/// Whether customers came to the arms in the shares that were meant.
#[napi(ts_args_type = "options: SampleRatioOptions", ts_return_type = "Promise<SampleRatio>")]
pub fn sample_ratio(env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
    let options = json::options_text(env, options);
    later(move || ask::sample_ratio(&options?).map(Document))
}

/// Finds the one of `effect`, `n` and `power` that is not given.
#[napi(ts_args_type = "options: PowerOptions", ts_return_type = "Promise<PowerAnalysis>")]
pub fn power_analysis(env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
    let options = json::options_text(env, options);
    later(move || ask::power_analysis(&options?).map(Document))
}

/// A matrix: an array of arrays.
fn matrix(value: Unknown<'_>, name: &str) -> Result<Matrix> {
    let rows = Vec::<Unknown<'_>>::from_unknown(value)
        .map_err(|_| Error::argument(name, "expected an array with an array for each decision"))?;
    let rows = rows.into_iter().map(|row| input::numbers(row, name)).collect::<Result<Vec<_>>>()?;
    Matrix::of_rows(name, &rows)
}

/// What another policy would have brought a decision, from what this one did.
#[napi(
    ts_args_type = "decisions: LoggedDecisions, options?: OffPolicyOptions | null",
    ts_return_type = "Promise<OffPolicyReport>"
)]
pub fn off_policy(
    env: Env,
    decisions: Unknown<'_>,
    options: Option<Unknown<'_>>,
) -> Promised<Document> {
    let names = ["actions", "propensities", "rewards", "target", "predictions"];
    let read = || {
        let [actions, propensities, rewards, target, predictions] =
            input::fields(decisions, "decisions", names)?;
        let need =
            |value: Option<_>, name: &str| value.ok_or_else(|| Error::argument(name, "is missing"));
        let columns = Columns {
            actions: input::numbers(need(actions, "actions")?, "actions")?,
            propensities: input::numbers(need(propensities, "propensities")?, "propensities")?,
            rewards: input::numbers(need(rewards, "rewards")?, "rewards")?,
            target: matrix(need(target, "target")?, "target")?,
            predictions: predictions.map(|rows| matrix(rows, "predictions")).transpose()?,
        };
        Ok((columns, json::options_text(env, options)?))
    };
    let given: Result<(Columns, String)> = read();
    later(move || {
        let (columns, options) = given?;
        off_policy_ask::off_policy(&columns, &options).map(Document)
    })
}
