//! Values of parameters as documents write them.

use serde_json::Value;
use stayput_core::{Result, did_you_mean};

use super::{Algorithm, Calibrate, Encode, GrowPolicy, refuse};

pub(super) fn number(name: &str, value: &Value) -> Result<f64> {
    value.as_f64().ok_or_else(|| refuse(name, format!("is `{value}`; expected a number")))
}

pub(super) fn truth(name: &str, value: &Value) -> Result<bool> {
    value.as_bool().ok_or_else(|| refuse(name, format!("is `{value}`; expected true or false")))
}

/// A number without a fraction; hosts with one number type send `4.0` for 4.
pub(super) fn integer(name: &str, value: &Value, expected: &str) -> Result<i128> {
    let whole = value.as_i64().map(i128::from).or(value.as_u64().map(i128::from));
    #[expect(clippy::cast_possible_truncation, reason = "whole and far within range")]
    let whole = whole.or(value
        .as_f64()
        .filter(|float| float.fract() == 0.0 && float.abs() < 1e15)
        .map(|float| float as i128));
    whole.ok_or_else(|| refuse(name, format!("is `{value}`; expected {expected}")))
}

pub(super) fn whole(name: &str, value: &Value) -> Result<u64> {
    let expected = "a whole number, 0 or more";
    u64::try_from(integer(name, value, expected)?)
        .map_err(|_| refuse(name, format!("is `{value}`; expected {expected}")))
}

pub(super) fn threads(name: &str, value: &Value) -> Result<i64> {
    let expected = "a whole number";
    i64::try_from(integer(name, value, expected)?)
        .map_err(|_| refuse(name, format!("is `{value}`; expected {expected}")))
}

pub(super) fn algorithm(name: &str, value: &Value) -> Result<Algorithm> {
    let found = Algorithm::ALL.into_iter().find(|known| value.as_str() == Some(known.name()));
    found.ok_or_else(|| {
        let near = did_you_mean(
            value.as_str().unwrap_or_default(),
            Algorithm::ALL.into_iter().map(Algorithm::name),
        );
        refuse(name, format!("{value} is none of `gbm`, `gbdt` and `logistic`{near}"))
    })
}

pub(super) fn grow_policy(name: &str, value: &Value) -> Result<GrowPolicy> {
    let all = [GrowPolicy::Symmetric, GrowPolicy::Depthwise];
    let found = all.into_iter().find(|known| value.as_str() == Some(known.name()));
    found.ok_or_else(|| {
        let near = did_you_mean(value.as_str().unwrap_or_default(), all.map(GrowPolicy::name));
        refuse(name, format!("{value} is none of `symmetric` and `depthwise`{near}"))
    })
}

pub(super) fn encoding(name: &str, value: &Value) -> Result<Encode> {
    let found = Encode::ALL.into_iter().find(|known| value.as_str() == Some(known.name()));
    found.ok_or_else(|| {
        let names = Encode::ALL.map(Encode::name);
        let near = did_you_mean(value.as_str().unwrap_or_default(), names);
        let [others @ .., last] = names.map(|name| format!("`{name}`"));
        refuse(name, format!("{value} is none of {} and {last}{near}", others.join(", ")))
    })
}

pub(super) fn calibrate(name: &str, value: &Value) -> Result<Option<Calibrate>> {
    if value.as_str() == Some("none") {
        return Ok(None);
    }
    let found = Calibrate::ALL.into_iter().find(|known| value.as_str() == Some(known.name()));
    found.map(Some).ok_or_else(|| {
        refuse(name, format!("{value} is none of `platt`, `isotonic`, `beta` and `none`"))
    })
}
