//! Cohorts of a table of events, as JSON text.

use serde_json::Value;

use super::{Options, to_json};
use crate::columns::Frame;
use crate::error::{Error, Result};
use crate::lifecycle::{CohortParams, Definition, Period, Start, cohorts};

/// What may be asked about cohorts, in JavaScript's spelling.
const KEYS: [&str; 13] = [
    "period",
    "age",
    "definition",
    "brackets",
    "startEvent",
    "startAttribute",
    "endAttribute",
    "activity",
    "amount",
    "zone",
    "until",
    "ages",
    "columns",
];

/// [`cohorts`] as JSON text. Options: `period`, `age`, `definition`, `brackets`, `startEvent`,
/// `startAttribute`, `endAttribute`, `activity`, `amount`, `zone`, `until`, `ages`, and `columns`,
/// which renames columns of the events.
///
/// # Errors
/// Those of [`cohorts`].
pub fn cohorts_json(events: Frame, customers: Option<&Frame>, options: &str) -> Result<String> {
    let options = Options::read(options, &KEYS)?;
    let params = params(&options)?;
    to_json(&cohorts(&events.rename(&options.renames("columns")?)?, customers, &params)?)
}

fn params(options: &Options) -> Result<CohortParams> {
    let text = |key: &str| Ok::<_, Error>(options.text(key)?.map(str::to_owned));
    let number = |value: &Value| value.as_u64().and_then(|age| u32::try_from(age).ok());
    let brackets = options.list("brackets")?.map(|ages| {
        ages.iter()
            .map(number)
            .collect::<Option<Vec<u32>>>()
            .ok_or_else(|| Error::argument("brackets", "expected whole numbers, not negative"))
    });
    let start = match (text("startEvent")?, text("startAttribute")?) {
        (None, None) => Start::FirstEvent,
        (Some(event), None) => Start::Event(event),
        (None, Some(attribute)) => Start::Attribute(attribute),
        (Some(_), Some(_)) => {
            let message = "does not go with `start_attribute`: a customer starts once";
            return Err(Error::argument("start_event", message));
        }
    };
    let period = |key: &str| options.text(key)?.map(|text| Period::parse(text, key)).transpose();
    let activity = options.texts("activity")?;
    let ages = options.count("ages")?.map(|ages| u32::try_from(ages).unwrap_or(u32::MAX));
    let definition = options.text("definition")?.unwrap_or("n_day");
    Ok(CohortParams {
        period: period("period")?.unwrap_or(Period::Month),
        age: period("age")?,
        definition: Definition::parse(definition, brackets.transpose()?)?,
        start,
        end: text("endAttribute")?,
        activity: activity.map(|names| names.into_iter().map(str::to_owned).collect()),
        amount: text("amount")?,
        zone: text("zone")?,
        until: options.instant("until")?,
        ages,
    })
}
