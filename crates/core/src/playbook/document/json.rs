//! JSON to nodes. Each value is first a slice of the text, so that its place is known.

use std::collections::HashSet;
use std::fmt;
use std::rc::Rc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{Error, ErrorCode, Result};
use crate::math;

use super::place::{Lines, marks};
use super::{MAX_DEPTH, Node, Step, Text, Value, error_at, shortened, too_deep};

/// Reads a JSON document.
pub(super) fn parse(text: &str) -> Result<Node> {
    let lines = Lines::new(text);
    refuse_depth(&lines)?;
    let raw: &RawValue = read(&lines, text)?;
    let mut root =
        Node { path: None, key_position: None, position: None, value: Value::Bool(false) };
    fill(&lines, &mut root, raw)?;
    root.position = None;
    Ok(root)
}

/// Refuses a text that nests too deep before any of it is parsed: each level is read once for
/// itself and once for every level around it.
fn refuse_depth(lines: &Lines<'_>) -> Result<()> {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut bytes = lines.text().bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => quoted = !quoted,
            // The character behind a backslash never ends the string.
            b'\\' if quoted => drop(bytes.next()),
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        // The root is not a level.
        if depth > MAX_DEPTH + 1 {
            return Err(too_deep(lines.position(at)));
        }
    }
    Ok(())
}

/// The entries of an object in their order, none of them read yet.
struct Entries<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'t> Deserialize<'t> for Entries<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'t> Visitor<'t> for Collect {
            type Value = Entries<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// Where `part`, a slice of the document, begins.
fn offset(lines: &Lines<'_>, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(lines.text().as_ptr().addr())
}

/// Reads `part`, a slice of the document.
fn read<'t, T: Deserialize<'t>>(lines: &Lines<'t>, part: &'t str) -> Result<T> {
    serde_json::from_str(part).map_err(|error| syntax_error(lines, part, &error))
}

fn syntax_error(lines: &Lines<'_>, part: &str, error: &serde_json::Error) -> Error {
    // The parser counts lines and bytes from 1 within `part`, and column 0 at a line's end.
    let line_start = match error.line() {
        0 | 1 => 0,
        line => part.match_indices('\n').nth(line - 2).map_or(part.len(), |(end, _)| end + 1),
    };
    let within = line_start.saturating_add(error.column().saturating_sub(1)).min(part.len());
    let position = lines.position(offset(lines, part) + within);
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or(&text);
    let message = message.replace("EOF while parsing", "the text ends within");
    error_at(ErrorCode::PlaybookSyntax, None, Some(position), format!("not valid JSON: {message}"))
}

/// A string and the byte where its first character is.
fn text(lines: &Lines<'_>, part: &str) -> Result<(Text, usize)> {
    let value: String = read(lines, part)?;
    let start = offset(lines, part) + 1;
    let content = part.get(1..part.len().saturating_sub(1)).unwrap_or("");
    Ok((Text { value, marks: marks(lines, content, start) }, start))
}

/// Reads the value of `node`, which is `raw`.
fn fill(lines: &Lines<'_>, node: &mut Node, raw: &RawValue) -> Result<()> {
    let part = raw.get();
    let start = offset(lines, part);
    node.position = Some(lines.position(start));
    node.value = match part.as_bytes().first() {
        Some(b'{') => object(lines, node.path.as_ref(), part)?,
        Some(b'[') => array(lines, node.path.as_ref(), part)?,
        Some(b'"') => {
            let (text, start) = text(lines, part)?;
            node.position = Some(lines.position(start));
            Value::Text(text)
        }
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'n') => {
            let message = "`null` is not a value; leave the key out";
            return Err(node.error(ErrorCode::PlaybookValue, message));
        }
        _ => match read::<f64>(lines, part).map(math::finite) {
            Ok(number) if !number.is_nan() => Value::Number(number),
            _ => {
                let message = format!("expected a finite number, found `{}`", shortened(part));
                return Err(node.error(ErrorCode::PlaybookValue, message));
            }
        },
    };
    Ok(())
}

fn object(lines: &Lines<'_>, path: Option<&Rc<Step>>, part: &str) -> Result<Value> {
    let Entries(entries) = read(lines, part)?;
    let mut seen = HashSet::new();
    let mut nodes = Vec::with_capacity(entries.len());
    for (key, raw) in entries {
        let (key, start) = text(lines, key.get())?;
        let key_position = Some(lines.position(start - 1));
        let key = key.value;
        if !seen.insert(key.clone()) {
            let message = format!("the key `{}` is given twice", shortened(&key));
            return Err(error_at(ErrorCode::PlaybookSyntax, None, key_position, message));
        }
        let mut node = Node::child(path, &key, key_position, None);
        fill(lines, &mut node, raw)?;
        nodes.push((key, node));
    }
    Ok(Value::Table(nodes))
}

fn array(lines: &Lines<'_>, path: Option<&Rc<Step>>, part: &str) -> Result<Value> {
    let elements: Vec<&RawValue> = read(lines, part)?;
    let mut nodes = Vec::with_capacity(elements.len());
    for (index, raw) in elements.into_iter().enumerate() {
        let mut node = Node::element(path, index, None);
        fill(lines, &mut node, raw)?;
        nodes.push(node);
    }
    Ok(Value::Array(nodes))
}
