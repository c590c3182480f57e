//! TOML and expressions as text.

use std::fmt::Write as _;

use crate::describe::count;
use crate::time::Span;

/// A name, what it is, and a comment, which may be empty.
pub(super) type Line = (String, String, String);

/// A text in quotes, for TOML.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => drop(write!(quoted, "\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a text can stand in an expression, inside the quotes of TOML and its own.
pub(super) fn is_plain(text: &str) -> bool {
    !text.contains(['"', '\'', '\\']) && !text.chars().any(char::is_control)
}

/// A number as an expression writes it.
pub(super) fn number(x: f64) -> String {
    let text = x.to_string();
    if text.contains('.') { text } else { text + ".0" }
}

/// The number nearest to `x` that a person would have chosen: two digits.
pub(super) fn round(x: f64) -> f64 {
    let size = x.abs();
    if size == 0.0 || !size.is_finite() || !(1e-9..1e15).contains(&size) {
        return if size < 1e15 { 0.0 } else { x };
    }
    let mut unit = 1.0;
    while size / unit >= 100.0 {
        unit *= 10.0;
    }
    if unit > 1.0 {
        return (x / unit).round() * unit;
    }
    while size * unit < 10.0 {
        unit *= 10.0;
    }
    (x * unit).round() / unit
}

/// A share in whole percent.
pub(super) fn percent(part: usize, whole: usize) -> String {
    format!("{:.0}%", 100.0 * count(part) / count(whole.max(1)))
}

/// A length of time in days, for people.
pub(super) fn days(span: Span) -> String {
    number(span.as_days())
}

/// Lines `name = value   # why`, in columns.
pub(super) fn lines(entries: &[Line]) -> String {
    let width = |of: fn(&Line) -> usize| {
        entries.iter().map(of).filter(|width| *width <= 60).max().unwrap_or(0)
    };
    let (names, values) =
        (width(|line| line.0.chars().count()), width(|line| line.1.chars().count()));
    let mut text = String::new();
    for (name, value, why) in entries {
        let line = format!("{name:names$} = {value}");
        let line = match why.as_str() {
            "" => line,
            why => format!("{name:names$} = {value:values$}  # {why}"),
        };
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::document::Node;

    #[test]
    fn numbers_are_rounded_to_two_digits() {
        for (x, expected) in [
            (0.0, "0.0"),
            (0.1234, "0.12"),
            (-1.26, "-1.3"),
            (9.96, "10.0"),
            (123.0, "120.0"),
            (98_765.4, "99000.0"),
        ] {
            assert_eq!(number(round(x)), expected);
        }
    }

    #[test]
    fn a_text_in_quotes_is_toml() {
        let text = "say \"no\" \\ \n\u{7f}é";
        let mut table = Node::parse(&format!("x = {}", quoted(text))).unwrap().table().unwrap();
        assert_eq!(table.require("x").unwrap().string().unwrap(), text);
    }
}
