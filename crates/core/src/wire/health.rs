//! Questions about health over time, its overrides, and the health of accounts.

use super::options::Options;
use super::to_json;
use crate::engine::Engine;
use crate::error::Result;
use crate::health::HealthOverride;

/// How many customers of an account are listed where the host does not say.
const WORST: usize = 5;

/// [`Engine::health_history`] as JSON text. Options: `asOf`.
///
/// # Errors
/// Those of [`Engine::health_history`].
pub fn health_history_json(engine: &Engine, customer_id: &str, options: &str) -> Result<String> {
    let as_of = Options::read(options, &["asOf"])?.cut_offs()?;
    to_json(&engine.health_history(customer_id, as_of)?)
}

/// [`Engine::health_change`] as JSON text. Options: `asOf`, `since`.
///
/// # Errors
/// Those of [`Engine::health_change`].
pub fn health_change_json(engine: &Engine, customer_id: &str, options: &str) -> Result<String> {
    let options = Options::read(options, &["asOf", "since"])?;
    let since = Options::need("since", options.instant("since")?)?;
    to_json(&engine.health_change(customer_id, since, options.as_of()?)?)
}

/// [`Engine::override_health`] as JSON text. Options: `score` or `band` or both, `author`, `reason`,
/// `from`, `until`.
///
/// # Errors
/// Those of [`Engine::override_health`].
pub fn override_health_json(
    engine: &mut Engine,
    customer_id: &str,
    options: &str,
) -> Result<String> {
    let keys = ["score", "band", "author", "reason", "from", "until"];
    let options = Options::read(options, &keys)?;
    let over = HealthOverride {
        score: options.number("score")?,
        band: options.text("band")?.map(str::to_owned),
        author: Options::need("author", options.text("author")?)?.to_owned(),
        reason: Options::need("reason", options.text("reason")?)?.to_owned(),
        from: Options::need("from", options.instant("from")?)?,
        until: Options::need("until", options.instant("until")?)?,
    };
    to_json(&engine.override_health(customer_id, over)?)
}

/// [`Engine::lift_health_override`] as JSON text. Options: `asOf`.
///
/// # Errors
/// Those of [`Engine::lift_health_override`].
pub fn lift_health_override_json(
    engine: &mut Engine,
    customer_id: &str,
    options: &str,
) -> Result<String> {
    let as_of = Options::read(options, &["asOf"])?.as_of()?;
    to_json(&engine.lift_health_override(customer_id, as_of)?)
}

/// [`Engine::health_overrides`] as JSON text. No options.
///
/// # Errors
/// Those of [`Engine::health_overrides`].
pub fn health_overrides_json(engine: &Engine, customer_id: &str, options: &str) -> Result<String> {
    Options::read(options, &[])?;
    to_json(engine.health_overrides(customer_id)?)
}

/// [`Engine::account_health`] as JSON text. Options: `asOf`, `account`, `worst` (5 where it is not
/// there).
///
/// # Errors
/// Those of [`Engine::account_health`].
pub fn account_health_json(engine: &Engine, options: &str) -> Result<String> {
    let options = Options::read(options, &["asOf", "account", "worst"])?;
    let worst = options.count("worst")?.unwrap_or(WORST);
    to_json(&engine.account_health(options.as_of()?, options.text("account")?, worst)?)
}
