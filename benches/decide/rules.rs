//! The fifty conditions, written once as data, and in the language of each engine.

use serde_json::Value;

/// The conditions as they stand in `rules.json`: `[operator, operand, …]`.
pub(crate) fn rules() -> Vec<Value> {
    serde_json::from_str(include_str!("rules.json")).unwrap()
}

/// A condition as text: ours and CEL write these the same but for a name, which `name` gives.
pub(crate) fn text(rule: &Value, name: &dyn Fn(&str) -> String) -> String {
    let Value::Array(parts) = rule else {
        return match rule {
            Value::String(known) => name(known),
            // One number type here, two there: all are written as doubles.
            number => format!("{:?}", number.as_f64().unwrap()),
        };
    };
    let op = parts[0].as_str().unwrap();
    let literal = |value: &Value| match value {
        Value::String(text) => format!("\"{text}\""),
        number => text(number, name),
    };
    match op {
        "in" => {
            let items: Vec<String> = parts[2].as_array().unwrap().iter().map(literal).collect();
            format!("({} in [{}])", text(&parts[1], name), items.join(", "))
        }
        "==" | "!=" => format!("({} {op} {})", text(&parts[1], name), literal(&parts[2])),
        _ => {
            let sign = match op {
                "and" => "&&",
                "or" => "||",
                sign => sign,
            };
            let operands: Vec<String> = parts[1..].iter().map(|part| text(part, name)).collect();
            format!("({})", operands.join(&format!(" {sign} ")))
        }
    }
}
