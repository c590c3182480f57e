//! TOML to nodes, over the spans that the `toml` crate's parser gives.

use std::ops::Range;
use std::rc::Rc;

use ::toml::Spanned;
use ::toml::de::{DeArray, DeTable, DeValue};
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use crate::error::{Error, ErrorCode, Result};
use crate::math;

use super::place::{Lines, marks};
use super::{MAX_DEPTH, Node, Step, Text, Value, error_at, shortened, too_deep};

/// Reads a TOML document.
pub(super) fn parse(text: &str) -> Result<Node> {
    let lines = Lines::new(text);
    refuse_depth(&lines)?;
    let table = DeTable::parse(text).map_err(|error| syntax_error(&lines, &error))?;
    let value = entries(&lines, table.into_inner(), None, 0)?;
    Ok(Node { path: None, key_position: None, position: None, value })
}

fn syntax_error(lines: &Lines<'_>, error: &::toml::de::Error) -> Error {
    let span = error.span().unwrap_or_default();
    let message = match (error.message(), lines.text().get(span.clone())) {
        ("duplicate key", Some(key)) => format!("the key `{}` is given twice", shortened(key)),
        (message, _) => format!("not valid TOML: {message}"),
    };
    let position = lines.position(span.start);
    error_at(ErrorCode::PlaybookSyntax, None, Some(position), message)
}

/// Refuses a text that nests too deep before it is parsed: brackets nest, and each dot of a key
/// opens a table too. The parser bounds brackets and the dots of one key, but not their product.
fn refuse_depth(lines: &Lines<'_>) -> Result<()> {
    // One count of dots for the top and for each open bracket.
    let mut open: Vec<usize> = vec![0];
    let mut depth = 0;
    for token in Source::new(lines.text()).lex() {
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                open.push(0);
                depth += 1;
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket if open.len() > 1 => {
                depth -= 1 + open.pop().unwrap_or(0);
            }
            TokenKind::Dot => {
                if let Some(dots) = open.last_mut() {
                    *dots += 1;
                    depth += 1;
                }
            }
            TokenKind::Comma | TokenKind::Newline => {
                if let Some(dots) = open.last_mut() {
                    depth -= std::mem::take(dots);
                }
            }
            _ => {}
        }
        if depth > MAX_DEPTH {
            let position = lines.position(token.span().start());
            return Err(too_deep(position));
        }
    }
    Ok(())
}

fn entries(
    lines: &Lines<'_>,
    table: DeTable<'_>,
    path: Option<&Rc<Step>>,
    depth: usize,
) -> Result<Value> {
    let mut nodes = Vec::with_capacity(table.len());
    // In the order of the document, as the parser's feature `preserve_order` has it.
    for (key, value) in table {
        let key_position = lines.position(key.span().start);
        let position = lines.position(value.span().start);
        let mut node = Node::child(path, key.get_ref(), Some(key_position), Some(position));
        read(lines, &mut node, value, depth)?;
        nodes.push((key.into_inner().into_owned(), node));
    }
    Ok(Value::Table(nodes))
}

fn elements(
    lines: &Lines<'_>,
    array: DeArray<'_>,
    path: Option<&Rc<Step>>,
    depth: usize,
) -> Result<Value> {
    let mut nodes = Vec::with_capacity(array.len());
    for (index, value) in array.into_iter().enumerate() {
        let position = lines.position(value.span().start);
        let mut node = Node::element(path, index, Some(position));
        read(lines, &mut node, value, depth)?;
        nodes.push(node);
    }
    Ok(Value::Array(nodes))
}

fn read(
    lines: &Lines<'_>,
    node: &mut Node,
    value: Spanned<DeValue<'_>>,
    depth: usize,
) -> Result<()> {
    let span = value.span();
    if depth >= MAX_DEPTH {
        return Err(too_deep(lines.position(span.start)));
    }
    node.value = match value.into_inner() {
        DeValue::String(value) => {
            let (start, escaped) = content(lines.text(), &span);
            node.position = Some(lines.position(start));
            let marks = escaped.map_or_else(Vec::new, |raw| marks(lines, raw, start));
            Value::Text(Text { value: value.into_owned(), marks })
        }
        DeValue::Integer(value) => {
            let digits = value.as_str();
            number(node, digits, whole(digits, value.radix()))?
        }
        DeValue::Float(value) => number(node, value.as_str(), math::decimal(value.as_str()))?,
        DeValue::Boolean(value) => Value::Bool(value),
        DeValue::Datetime(value) => {
            Value::Text(Text { value: value.to_string(), marks: Vec::new() })
        }
        DeValue::Array(array) => elements(lines, array, node.path.as_ref(), depth + 1)?,
        DeValue::Table(table) => entries(lines, table, node.path.as_ref(), depth + 1)?,
    };
    Ok(())
}

/// The nearest `f64` to an integer of any size that the parser lets through.
fn whole(digits: &str, radix: u32) -> Option<f64> {
    if radix == 10 {
        return math::decimal(digits);
    }
    #[expect(clippy::cast_precision_loss, reason = "numbers are the nearest f64")]
    i128::from_str_radix(digits, radix).ok().map(|number| number as f64)
}

fn number(node: &Node, digits: &str, value: Option<f64>) -> Result<Value> {
    match value.map(math::finite) {
        Some(number) if !number.is_nan() => Ok(Value::Number(number)),
        _ => Err(node.error(
            ErrorCode::PlaybookValue,
            format!("expected a finite number, found `{}`", shortened(digits)),
        )),
    }
}

/// The byte where the content of the string at `span` begins, and for a basic string with escapes
/// that content.
fn content<'t>(text: &'t str, span: &Range<usize>) -> (usize, Option<&'t str>) {
    let written = text.get(span.clone()).unwrap_or("");
    let basic = written.starts_with('"');
    let several = written.starts_with("\"\"\"") || written.starts_with("'''");
    let quotes = if several { 3 } else { 1 };
    let mut start = quotes;
    if several {
        // The line break that follows the opening quotes is not part of the string.
        start += match written.as_bytes().get(3..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([b'\n', ..]) => 1,
            _ => 0,
        };
    }
    let raw = written.get(start..written.len().saturating_sub(quotes)).unwrap_or("");
    (span.start + start, Some(raw).filter(|raw| basic && raw.contains('\\')))
}
