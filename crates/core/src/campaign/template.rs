//! Templates: what is sent, with the customer's own values in it.
//!
//! The language is that of `minijinja` (Jinja2's). Templates are sandboxed: they read the values
//! given to them and nothing else, include no other template, and stop after a million steps. What
//! goes by `email` is HTML, so values in it are escaped; other channels take plain text.

use std::collections::BTreeMap;

use minijinja::{AutoEscape, Environment, Value};

use crate::error::{Error, ErrorCode, Position, Result};

/// The most steps that one rendering takes.
const FUEL: u64 = 1_000_000;

/// What a template calls that is not a value.
const FUNCTIONS: [&str; 4] = ["debug", "dict", "namespace", "range"];

/// A value in a template. One that is missing is left out: it shows as nothing, and is false.
#[derive(Debug, Clone, PartialEq)]
pub enum TemplateValue {
    /// A number; whole ones show no point.
    Number(f64),
    /// A truth.
    Bool(bool),
    /// A text; an instant in ISO 8601, a length of time such as `30d`.
    Text(String),
}

fn environment(channel: &str) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    let html = channel == "email";
    environment.set_auto_escape_callback(
        move |_| {
            if html { AutoEscape::Html } else { AutoEscape::None }
        },
    );
    environment
}

fn wrong(error: &minijinja::Error) -> Error {
    let line = error.line().and_then(|line| u32::try_from(line).ok()).unwrap_or(1);
    let kind = error.kind().to_string();
    let message = error.detail().map_or_else(|| kind.clone(), |detail| format!("{kind}: {detail}"));
    Error::new(ErrorCode::PlaybookValue, "template", message).at(Position { line, column: 1 })
}

/// The names of values that a template reads, such as `customer.name`, in order.
///
/// # Errors
/// [`ErrorCode::PlaybookValue`] with the line when it is no template.
pub fn template_names(text: &str) -> Result<Vec<String>> {
    let environment = environment("");
    let template = environment.template_from_str(text).map_err(|error| wrong(&error))?;
    let mut names: Vec<String> = template.undeclared_variables(true).into_iter().collect();
    names.retain(|name| !FUNCTIONS.contains(&name.as_str()));
    names.sort_unstable();
    Ok(names)
}

/// A template with values in it, as it goes out by `channel`.
///
/// # Errors
/// [`ErrorCode::PlaybookValue`] when a filter does not know what to do with a value, or the
/// template takes too many steps.
pub fn render(
    text: &str,
    channel: &str,
    values: impl Iterator<Item = (String, TemplateValue)>,
) -> Result<String> {
    let mut root: BTreeMap<String, Value> = BTreeMap::new();
    let mut customer: BTreeMap<String, Value> = BTreeMap::new();
    for (name, value) in values {
        let value = match value {
            TemplateValue::Number(number) => number_value(number),
            TemplateValue::Bool(truth) => Value::from(truth),
            TemplateValue::Text(text) => Value::from(text),
        };
        match name.strip_prefix("customer.") {
            Some(attribute) => customer.insert(attribute.to_owned(), value),
            None => root.insert(name, value),
        };
    }
    root.insert("customer".to_owned(), Value::from(customer));
    let environment = environment(channel);
    let template = environment.template_from_str(text).map_err(|error| wrong(&error))?;
    template.render(Value::from(root)).map_err(|error| wrong(&error))
}

fn number_value(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
        return Value::from(number as i64);
    }
    Value::from(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> impl Iterator<Item = (String, TemplateValue)> {
        [
            ("customer.name", TemplateValue::Text("Ann & Co".to_owned())),
            ("spend", TemplateValue::Number(3.0)),
            ("pace", TemplateValue::Number(0.5)),
            ("vip", TemplateValue::Bool(true)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
    }

    #[test]
    fn a_template_is_filled_in_and_escaped_where_it_is_html() {
        let text =
            "Hi {{ customer.name }}{% if vip %}!{% endif %} {{ spend }} {{ pace }}{{ customer.x }}";
        for (channel, expected) in [
            ("email", "Hi Ann &amp; Co! 3 0.5"),
            ("sms", "Hi Ann & Co! 3 0.5"),
            ("push", "Hi Ann & Co! 3 0.5"),
        ] {
            assert_eq!(render(text, channel, values()).unwrap(), expected);
        }
        let names = ["customer.name", "customer.x", "pace", "spend", "vip"];
        assert_eq!(template_names(text).unwrap(), names);
        assert_eq!(template_names("{% for i in range(3) %}{{ i }}{% endfor %}").unwrap(), [""; 0]);
    }

    #[test]
    fn what_is_no_template_or_never_ends_is_refused() {
        let error = template_names("Hi\n{{ customer.name").unwrap_err();
        assert_eq!(error.position().map(|place| place.line), Some(2), "{error}");
        for text in [
            "{{ spend|shout }}",
            "{% include 'other' %}",
            "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}",
        ] {
            assert!(render(text, "sms", values()).is_err(), "{text}");
        }
    }
}
