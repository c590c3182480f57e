//! Bandits as hosts make and ask them: options as a JSON object in, the answer as JSON out.

use serde_json::Value;

use super::{Options, from_json, to_json};
use crate::campaign::bandit::{Bandit, BanditKind, BanditReward, BanditSpec, Choice};
use crate::error::{Error, Result};
use crate::time::{Span, Timestamp};

const DAY: i64 = 86_400_000_000;

/// A bandit that has learned nothing. Options: `actions`, `policy` (`thompson` by default), `context`
/// (names), `reward` (`binary` or `number`), `epsilon`, `prior` (two numbers), `exploration`, `ridge`,
/// `draws`, `discount`, `window` (a length), `seed` (a text or a whole number).
///
/// # Errors
/// `argument` naming what is wrong.
pub fn bandit(options: &str) -> Result<Bandit> {
    let keys = [
        "actions",
        "policy",
        "context",
        "reward",
        "epsilon",
        "prior",
        "exploration",
        "ridge",
        "draws",
        "discount",
        "window",
        "seed",
    ];
    let options = Options::read(options, &keys)?;
    let kind = BanditKind::named(options.text("policy")?.unwrap_or("thompson"))?;
    let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let actions = names(Options::need("actions", options.texts("actions")?)?);
    let mut spec = BanditSpec::new(kind, actions);
    spec.context = options.texts("context")?.map(names).unwrap_or_default();
    spec.reward = match options.text("reward")?.unwrap_or("binary") {
        "binary" => BanditReward::Binary,
        "number" => BanditReward::Number,
        other => {
            let message = format!("found `{other}`; expected `binary` or `number`");
            return Err(Error::argument("reward", message));
        }
    };
    if kind == BanditKind::Thompson && spec.reward == BanditReward::Number {
        spec.prior = (0.0, 1.0);
    }
    if let Some(prior) = options.list("prior")? {
        let pair = (prior.first().and_then(Value::as_f64), prior.get(1).and_then(Value::as_f64));
        spec.prior = match (pair, prior.len()) {
            ((Some(first), Some(second)), 2) => (first, second),
            _ => return Err(Error::argument("prior", "expected two numbers")),
        };
    }
    for (key, value) in [
        ("epsilon", &mut spec.epsilon),
        ("exploration", &mut spec.exploration),
        ("ridge", &mut spec.ridge),
        ("discount", &mut spec.discount),
    ] {
        *value = options.number(key)?.unwrap_or(*value);
    }
    if let Some(draws) = options.count("draws")? {
        spec.draws = u32::try_from(draws).unwrap_or(u32::MAX);
    }
    spec.window = match options.text("window")? {
        Some(text) => Some(Span::parse(text).map_err(|error| error.at_path("window"))?.as_micros()),
        None => None,
    };
    spec.seed = match options.value("seed") {
        None => String::new(),
        Some(Value::String(seed)) => seed.clone(),
        Some(Value::Number(seed)) if !seed.is_f64() => seed.to_string(),
        Some(other) => {
            let message = format!("expected a text or a whole number, found `{other}`");
            return Err(Error::argument("seed", message));
        }
    };
    Bandit::new(spec)
}

/// A bandit as JSON, for [`bandit_from_json`].
///
/// # Errors
/// As [`to_json`].
pub fn bandit_json(bandit: &Bandit) -> Result<String> {
    to_json(bandit)
}

/// The bandit that a text stands for.
///
/// # Errors
/// `argument` when it is none.
pub fn bandit_from_json(json: &str) -> Result<Bandit> {
    from_json::<Bandit>(json, "bandit")?.checked()
}

/// Chooses an action for the decision `key`. Options: `context` (an object, or a list in the order of
/// the names), `at`.
///
/// # Errors
/// As [`Bandit::choose`]; also without `at` where a discount needs it.
pub fn choose(bandit: &Bandit, key: &str, options: &str) -> Result<Choice> {
    let options = Options::read(options, &["context", "at"])?;
    let context = context(bandit, &options)?;
    bandit.choose(key, &context, day(bandit, &options)?)
}

/// Learns from a decision. Options: `action`, `reward`, `context`, `at`: when it was made.
///
/// # Errors
/// As [`Bandit::update`]; also without `at` where a discount needs it.
pub fn update(bandit: &mut Bandit, options: &str) -> Result<()> {
    let options = Options::read(options, &["action", "reward", "context", "at"])?;
    let action = Options::need("action", options.text("action")?)?;
    let reward = Options::need("reward", options.number("reward")?)?;
    let context = context(bandit, &options)?;
    let day = day(bandit, &options)?;
    bandit.update(action, &context, reward, day)
}

/// Waits for the outcome of a decision. Options: `action`, `context`, `at`.
///
/// # Errors
/// As [`Bandit::expect`].
pub fn expect(bandit: &mut Bandit, key: &str, options: &str) -> Result<bool> {
    let options = Options::read(options, &["action", "context", "at"])?;
    let action = Options::need("action", options.text("action")?)?;
    let context = context(bandit, &options)?;
    bandit.expect(key, action, &context, at(&options)?)
}

/// Learns the outcome of a decision that is waited for. Options: `reward`, `at`.
///
/// # Errors
/// As [`Bandit::outcome`].
pub fn outcome(bandit: &mut Bandit, key: &str, options: &str) -> Result<bool> {
    let options = Options::read(options, &["reward", "at"])?;
    let reward = Options::need("reward", options.number("reward")?)?;
    bandit.outcome(key, reward, at(&options)?)
}

/// Learns that nothing came of decisions whose window has closed. Options: `at`.
///
/// # Errors
/// As [`Bandit::close`].
pub fn close(bandit: &mut Bandit, options: &str) -> Result<usize> {
    bandit.close(at(&Options::read(options, &["at"])?)?)
}

fn at(options: &Options) -> Result<Timestamp> {
    Options::need("at", options.instant("at")?)
}

/// The day of `at`, which only a discount reads.
fn day(bandit: &Bandit, options: &Options) -> Result<i64> {
    match options.instant("at")? {
        Some(at) => Ok(at.as_micros().div_euclid(DAY)),
        None if bandit.spec().discount < 1.0 => {
            Err(Error::argument("at", "is missing; a bandit with a discount needs the time"))
        }
        None => Ok(0),
    }
}

/// The numbers of a context, in the order of its names; true is 1 and false 0.
fn context(bandit: &Bandit, options: &Options) -> Result<Vec<f64>> {
    let names = &bandit.spec().context;
    let number =
        |value: &Value| value.as_f64().or_else(|| value.as_bool().map(|b| f64::from(u8::from(b))));
    let wrong = |name: &str, value: &Value| {
        Error::argument(&format!("context.{name}"), format!("expected a number, found `{value}`"))
    };
    match options.value("context") {
        None => Ok(Vec::new()),
        Some(Value::Array(values)) => values
            .iter()
            .enumerate()
            .map(|(at, value)| number(value).ok_or_else(|| wrong(&at.to_string(), value)))
            .collect(),
        Some(Value::Object(values)) => {
            if let Some(name) = values.keys().find(|name| !names.contains(name)) {
                let near = crate::error::did_you_mean(name, names.iter().map(String::as_str));
                let message = format!("`{name}` is not a name of the context{near}");
                return Err(Error::argument("context", message));
            }
            let value = |name: &String| {
                let value = values.get(name).unwrap_or(&Value::Null);
                number(value).ok_or_else(|| wrong(name, value))
            };
            names.iter().map(value).collect()
        }
        Some(other) => {
            let message = format!("expected an object or a list, found `{other}`");
            Err(Error::argument("context", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bandit_is_made_asked_and_taught_in_json() {
        let options = r#"{"actions": ["a", "b"], "policy": "lin_ucb", "context": ["x"], "seed": 3,
            "discount": 0.9, "window": "2d", "epsilon": 0.5}"#;
        let mut bandit = bandit(options).unwrap();
        let choice = |bandit: &Bandit| choose(bandit, "k", r#"{"context": [2], "at": 0}"#).unwrap();
        let before = choice(&bandit);
        for _ in 0..5 {
            update(&mut bandit, r#"{"action": "b", "reward": 9, "context": {"x": 2}, "at": 0}"#)
                .unwrap();
        }
        assert_ne!(choice(&bandit), before);
        assert!(
            expect(&mut bandit, "d", r#"{"action": "a", "context": [true], "at": 0}"#).unwrap()
        );
        assert_eq!(bandit_from_json(&bandit_json(&bandit).unwrap()).unwrap(), bandit);
        assert!(outcome(&mut bandit, "d", r#"{"reward": 1, "at": 1000}"#).unwrap());
        assert_eq!(close(&mut bandit, r#"{"at": 1000}"#).unwrap(), 0);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let path =
            |options: &str| bandit(options).unwrap_err().path().unwrap_or_default().to_owned();
        for (options, expected) in [
            ("{}", "actions"),
            (r#"{"actions": ["a"], "policy": "tompson"}"#, "policy"),
            (r#"{"actions": ["a"], "prior": [1]}"#, "prior"),
            (r#"{"actions": ["a"], "reward": "count"}"#, "reward"),
            (r#"{"actions": ["a"], "seed": 1.5}"#, "seed"),
            (r#"{"actions": ["a"], "window": "soon"}"#, "window"),
            (r#"{"actions": ["a"], "draws": 1e9}"#, "draws"),
            (r#"{"actions": ["a"], "discount": 2}"#, "discount"),
        ] {
            assert_eq!(path(options), expected, "{options}");
        }
        let linear =
            bandit(r#"{"actions": ["a"], "policy": "lin_ucb", "context": ["x"], "discount": 0.9}"#);
        let linear = linear.unwrap();
        for (options, expected) in [
            (r#"{"context": {"y": 1}, "at": 0}"#, "context"),
            (r#"{"context": {}, "at": 0}"#, "context.x"),
            (r#"{"context": ["1"], "at": 0}"#, "context.0"),
            (r#"{"context": 1, "at": 0}"#, "context"),
            (r#"{"at": 0}"#, "context"),
            (r#"{"context": [1]}"#, "at"),
        ] {
            let error = choose(&linear, "k", options).unwrap_err();
            assert_eq!(error.path(), Some(expected), "{error}");
        }
        assert!(bandit_from_json("{}").is_err());
    }
}
