//! Values of parameters as documents write them.

use std::collections::BTreeMap;

use serde_json::Value;
use stayput_core::{Result, did_you_mean};

use super::kinds::Named;
use super::{Calibrate, MaxFeatures, refuse};

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

/// One of the names that `T` has.
pub(super) fn named<T: Named>(name: &str, value: &Value) -> Result<T> {
    let found = T::NAMED.iter().find(|known| value.as_str() == Some(known.named()));
    found.copied().ok_or_else(|| none_of(name, value, T::NAMED.iter().map(|known| known.named())))
}

/// A calibration, or `none`.
pub(super) fn calibrate(name: &str, value: &Value) -> Result<Option<Calibrate>> {
    let names = || Calibrate::NAMED.iter().map(|known| known.named());
    match value.as_str() {
        Some("none") => Ok(None),
        Some(text) if names().any(|known| known == text) => named(name, value).map(Some),
        _ => Err(none_of(name, value, names().chain(["none"]))),
    }
}

fn none_of(
    name: &str,
    value: &Value,
    names: impl Iterator<Item = &'static str>,
) -> stayput_core::Error {
    let names: Vec<&str> = names.collect();
    let near = did_you_mean(value.as_str().unwrap_or_default(), names.iter().copied());
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let expected = match quoted.as_slice() {
        [only] => format!("not {only}"),
        [others @ .., last] => format!("none of {} and {last}", others.join(", ")),
        [] => String::new(),
    };
    refuse(name, format!("{value} is {expected}{near}"))
}

/// `"sqrt"`, or a share.
pub(super) fn max_features(name: &str, value: &Value) -> Result<MaxFeatures> {
    match value {
        Value::String(text) if text == "sqrt" => Ok(MaxFeatures::Sqrt),
        _ => value.as_f64().map(MaxFeatures::Share).ok_or_else(|| {
            refuse(name, format!("is `{value}`; expected `sqrt` or a share of the features"))
        }),
    }
}

/// A direction for each of some features.
pub(super) fn monotone(name: &str, value: &Value) -> Result<BTreeMap<String, i8>> {
    let expected = "expected -1, 0 or 1 for each of some features";
    let Value::Object(map) = value else {
        return Err(refuse(name, format!("is `{value}`; {expected}")));
    };
    let direction = |(feature, value): (&String, &Value)| {
        let whole = integer(name, value, expected)?;
        match i8::try_from(whole) {
            Ok(direction @ -1..=1) => Ok((feature.clone(), direction)),
            _ => Err(refuse(name, format!("is {whole} for `{feature}`; {expected}"))),
        }
    };
    map.iter().map(direction).collect()
}

/// Lists of names of features.
pub(super) fn interactions(name: &str, value: &Value) -> Result<Vec<Vec<String>>> {
    let read = || {
        let texts = |group: &Value| {
            let texts = group.as_array()?.iter().map(|name| name.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<String>>>()
        };
        value.as_array()?.iter().map(texts).collect::<Option<Vec<_>>>()
    };
    read().ok_or_else(|| {
        refuse(name, format!("is `{value}`; expected lists of the names of features"))
    })
}
