//! A customer's score if features or attributes were other than they are.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::forget::Forgotten;
use super::scorer::Memory;
use super::{Engine, Score, ScoreParams};
use crate::error::{Error, Result, did_you_mean};
use crate::expr::{Type, Value};
use crate::time::Timestamp;

/// The same customer at the same instant, as is and with changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct WhatIf {
    /// The score as it is.
    pub before: Score,
    /// The score with the changes, and all that follows from them; the trend of health, which is of
    /// the past, is left out.
    pub after: Score,
}

impl Engine {
    /// The score of one customer at `as_of` as it is, and as it would be with other values: of
    /// features by their names, of attributes as `customer.plan`; null is missing. What is computed
    /// from a changed value changes with it: other features, health, churn, stage and segments.
    ///
    /// # Errors
    /// As [`Engine::score`]; `argument` for a name that is neither, or a value of another type.
    pub fn what_if(
        &self,
        customer_id: &str,
        as_of: Timestamp,
        changes: &Map<String, Json>,
    ) -> Result<WhatIf> {
        Forgotten::check(self.forgotten.as_ref(), as_of)?;
        let (bundle, scorer) = (&self.bundle, &self.scorer);
        let state = self.customer(customer_id)?;
        let playbook = bundle.playbook();
        let mut moment = scorer.question(bundle, as_of, ScoreParams::default());
        let mut memory = Memory::default();
        let before = scorer.score(bundle, customer_id, state, &mut moment, &mut memory)?;
        let schema = playbook.schema();
        let mut subject = state.subject(schema, playbook.layout(), as_of);
        let specs = &playbook.feature_set().specs;
        let mut attributes = subject.attributes.clone();
        let mut features = Vec::new();
        for (name, given) in changes {
            let attribute = name.strip_prefix("customer.").and_then(|name| schema.attribute(name));
            if let Some(at) = attribute {
                attributes[at] = value(name, given, &Type::from(&schema.attributes[at].kind))?;
            } else if let Some(at) = specs.iter().position(|spec| spec.name == *name) {
                features.push((at, value(name, given, specs[at].program.kind())?));
            } else {
                let known = specs.iter().map(|spec| spec.name.clone());
                let own = schema.attributes.iter().map(|own| format!("customer.{}", own.name));
                let known: Vec<String> = known.chain(own).collect();
                let near = did_you_mean(name, known.iter().map(String::as_str));
                let message = format!("`{name}` is not a feature or attribute{near}");
                return Err(Error::argument("changes", message));
            }
        }
        subject.attributes = attributes;
        memory = Memory::default();
        memory.changes = features;
        let subject = (state, &subject);
        let after = scorer.score_of(bundle, customer_id, subject, &mut moment, &mut memory)?;
        Ok(WhatIf { before, after })
    }
}

/// A value of JSON as one of a type.
fn value<'a>(name: &str, given: &'a Json, kind: &Type) -> Result<Value<'a>> {
    let found = match (kind, given) {
        (_, Json::Null) => Some(Value::Missing),
        (Type::Number, Json::Number(number)) => number.as_f64().map(Value::number),
        (Type::Bool, Json::Bool(truth)) => Some(Value::Bool(*truth)),
        (Type::Text, Json::String(text)) => Some(Value::Text(text)),
        (Type::Category(names), Json::String(text)) => {
            if !names.is_empty() && !names.contains(text) {
                let near = did_you_mean(text, names.iter().map(String::as_str));
                let message = format!("`{text}` is not a value of `{name}`{near}");
                return Err(Error::argument("changes", message));
            }
            Some(Value::Text(text))
        }
        (Type::Timestamp, Json::String(text)) => Some(Value::Time(
            Timestamp::parse(text).map_err(|error| Error::argument("changes", error.message()))?,
        )),
        _ => None,
    };
    found.ok_or_else(|| {
        let message = format!("`{name}` is {}; found `{given}`", kind.name());
        Error::argument("changes", message)
    })
}
