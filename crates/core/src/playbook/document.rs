//! One TOML or JSON document as a tree of [`Node`]s that know their path and place.
//!
//! The reader is strict: each key is taken by name through a [`TableReader`], and a key that
//! nobody took is an error with the nearest name. Text is JSON when its first character that is
//! not white space is `{`, else TOML; both give the same tree.
//!
//! - One number type: integers and floats are finite `f64`s (the nearest one), −0 is 0.
//! - TOML dates and times become strings. JSON `null` is refused: a key that has no value is
//!   left out.
//! - Tables keep the order of the document. A key given twice is an error.
//! - A text may have [`MAX_BYTES`] bytes and nest [`MAX_DEPTH`] levels, so that hostile input
//!   exhausts neither stack nor memory. Paths are shared between nodes for the same reason.
//!
//! Positions count lines and characters from 1 and belong to a value's *content*: for a string
//! the first character inside the quotes (after the line break that TOML drops behind `'''`), for
//! other scalars their first character, for tables and arrays the opening bracket, the header or,
//! for a table that exists only as part of a dotted key, that part. [`Node::position_within`]
//! carries a place inside a string's value to the text, and is exact through escapes, dropped
//! line ends and several lines.

mod json;
mod place;
mod toml;

use std::rc::Rc;

use crate::error::{Error, ErrorCode, Position, Result, did_you_mean};
use crate::time::Span;

use place::{Mark, carry};

/// The most bytes a document may have.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// The most levels a document may nest.
pub(crate) const MAX_DEPTH: usize = 64;

/// How much of a string an error repeats.
const SHOWN_CHARS: usize = 40;

/// A value of a document, its path and its place.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    path: Option<Rc<Step>>,
    key_position: Option<Position>,
    position: Option<Position>,
    value: Value,
}

/// What a node holds.
#[derive(Debug, Clone)]
enum Value {
    Table(Vec<(String, Node)>),
    Array(Vec<Node>),
    Text(Text),
    Number(f64),
    Bool(bool),
}

/// A string and where it departs from the characters of the document.
#[derive(Debug, Clone)]
struct Text {
    value: String,
    marks: Vec<Mark>,
}

/// A node's way from the root; nodes share the steps of their parents.
#[derive(Debug)]
enum Step {
    Key(Option<Rc<Step>>, String),
    Index(Option<Rc<Step>>, usize),
}

/// `features.logins`, `campaigns[0].when`, `events."page view"`.
fn render(step: Option<&Rc<Step>>) -> String {
    let mut steps = Vec::new();
    let mut next = step;
    while let Some(step) = next {
        steps.push(step);
        next = match &**step {
            Step::Key(parent, _) | Step::Index(parent, _) => parent.as_ref(),
        };
    }
    let bare = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let parts = steps.into_iter().rev().map(|step| match &**step {
        Step::Index(_, index) => format!("[{index}]"),
        Step::Key(parent, key) => {
            let dot = if parent.is_some() { "." } else { "" };
            if !key.is_empty() && key.chars().all(bare) {
                format!("{dot}{}", shortened(key))
            } else {
                format!("{dot}{:?}", shortened(key))
            }
        }
    });
    parts.collect()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        None => text.to_owned(),
        Some((cut, _)) => format!("{}…", &text[..cut]),
    }
}

fn error_at(
    code: ErrorCode,
    path: Option<&Rc<Step>>,
    position: Option<Position>,
    message: impl Into<String>,
) -> Error {
    let mut error = Error::new(code, "playbook", message);
    if path.is_some() {
        error = error.at_path(render(path));
    }
    match position {
        Some(position) => error.at(position),
        None => error,
    }
}

fn too_deep(position: Position) -> Error {
    let message = format!("the text nests more than {MAX_DEPTH} levels");
    error_at(ErrorCode::PlaybookSyntax, None, Some(position), message)
}

/// Several names for a reader: `` `a`, `b` or `c` ``.
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

impl Node {
    /// Reads a whole document; the root is a table without a path.
    ///
    /// # Errors
    /// [`ErrorCode::PlaybookSyntax`] where the text is not TOML or JSON, gives a key twice, is
    /// too long or nests too deep; [`ErrorCode::PlaybookValue`] for a number that is not finite
    /// and for `null`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if text.len() > MAX_BYTES {
            return Err(error_at(
                ErrorCode::PlaybookSyntax,
                None,
                None,
                format!("the text has {} bytes; at most {MAX_BYTES} are read", text.len()),
            ));
        }
        // A byte order mark is no character of the document.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim_start().starts_with('{') { json::parse(text) } else { toml::parse(text) }
    }

    /// `error` with the place of the key it names, where it has a path and no position: checks of
    /// what several keys say together know no places. `text` is the document.
    pub(crate) fn place(text: &str, error: Error) -> Error {
        let (None, Some(path)) = (error.position(), error.path()) else { return error };
        let found = Self::parse(text).ok().and_then(|root| root.position_of(path));
        match found {
            Some(position) => error.at(position),
            None => error,
        }
    }

    /// Where the value at `path` begins, or the nearest above it that is there.
    pub(super) fn position_of(&self, path: &str) -> Option<Position> {
        let children: Vec<&Self> = match &self.value {
            Value::Table(entries) => entries.iter().map(|(_, node)| node).collect(),
            Value::Array(elements) => elements.iter().collect(),
            _ => Vec::new(),
        };
        let on_the_way = children.into_iter().find(|child| {
            let rest = path.strip_prefix(&child.path());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        });
        match on_the_way {
            Some(child) => child.position_of(path),
            None => self.position,
        }
    }

    fn child(
        parent: Option<&Rc<Step>>,
        key: &str,
        key_position: Option<Position>,
        position: Option<Position>,
    ) -> Self {
        let path = Some(Rc::new(Step::Key(parent.cloned(), key.to_owned())));
        Self { path, key_position, position, value: Value::Bool(false) }
    }

    fn element(parent: Option<&Rc<Step>>, index: usize, position: Option<Position>) -> Self {
        let path = Some(Rc::new(Step::Index(parent.cloned(), index)));
        Self { path, key_position: None, position, value: Value::Bool(false) }
    }

    /// The node's place in the tree, for instance `campaigns[0].when`; empty for the root.
    pub(crate) fn path(&self) -> String {
        render(self.path.as_ref())
    }

    /// Where in the document the place `inner` of this string's value is; for other values, where
    /// the value begins.
    pub(crate) fn position_within(&self, inner: Position) -> Option<Position> {
        match (&self.value, self.position) {
            (Value::Text(text), Some(start)) => Some(carry(&text.value, start, &text.marks, inner)),
            (_, start) => start,
        }
    }

    /// An error about this value.
    pub(crate) fn error(&self, code: ErrorCode, message: impl Into<String>) -> Error {
        error_at(code, self.path.as_ref(), self.position, message)
    }

    /// An error about this value's key.
    pub(crate) fn key_error(&self, code: ErrorCode, message: impl Into<String>) -> Error {
        error_at(code, self.path.as_ref(), self.key_position.or(self.position), message)
    }

    /// `error`, which was found while reading this string's value, with the path and the place in
    /// the document. A position that it already has counts from the start of the value.
    pub(crate) fn locate(&self, error: Error) -> Error {
        let inner = error.position().unwrap_or(Position { line: 1, column: 1 });
        let error = error.in_place("playbook").at_path(self.path());
        match self.position_within(inner) {
            Some(position) => error.at(position),
            None => error,
        }
    }

    fn expected(&self, what: &str) -> Error {
        let found = match &self.value {
            Value::Table(_) => "a table".to_owned(),
            Value::Array(_) => "an array".to_owned(),
            Value::Text(text) => format!("the string `{}`", shortened(&text.value)),
            Value::Number(number) => format!("the number `{number}`"),
            Value::Bool(bool) => format!("the boolean `{bool}`"),
        };
        self.error(ErrorCode::PlaybookValue, format!("expected {what}, found {found}"))
    }

    /// The string this is.
    pub(crate) fn string(&self) -> Result<&str> {
        match &self.value {
            Value::Text(text) => Ok(&text.value),
            _ => Err(self.expected("a string")),
        }
    }

    /// Whether this is a string; for keys that take several types.
    pub(crate) fn is_string(&self) -> bool {
        matches!(self.value, Value::Text(_))
    }

    /// Whether this is a table; for keys that take several types.
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.value, Value::Table(_))
    }

    /// The number this is; always finite.
    pub(crate) fn number(&self) -> Result<f64> {
        match self.value {
            Value::Number(number) => Ok(number),
            _ => Err(self.expected("a number")),
        }
    }

    /// Whether this is a number.
    pub(crate) fn is_number(&self) -> bool {
        matches!(self.value, Value::Number(_))
    }

    /// The number this is, which lies in `[least, most]`.
    pub(crate) fn number_in(&self, least: f64, most: f64) -> Result<f64> {
        let number = self.number()?;
        if (least..=most).contains(&number) {
            return Ok(number);
        }
        let range = if most >= f64::MAX {
            format!("of at least {least}")
        } else if least <= f64::MIN {
            format!("of at most {most}")
        } else {
            format!("from {least} to {most}")
        };
        Err(self.expected(&format!("a number {range}")))
    }

    /// The whole number this is, which lies in `[least, most]`.
    pub(crate) fn whole_in(&self, least: u32, most: u32) -> Result<u32> {
        let number = self.number_in(f64::from(least), f64::from(most))?;
        if number.fract() != 0.0 {
            return Err(self.expected("a whole number"));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and in range"
        )]
        let whole = number as u32;
        Ok(whole)
    }

    /// The boolean this is.
    pub(crate) fn boolean(&self) -> Result<bool> {
        match self.value {
            Value::Bool(bool) => Ok(bool),
            _ => Err(self.expected("`true` or `false`")),
        }
    }

    /// Whether this is a boolean.
    pub(crate) fn is_boolean(&self) -> bool {
        matches!(self.value, Value::Bool(_))
    }

    /// The length of time that this string is, for instance `30d`.
    pub(crate) fn span_of_time(&self) -> Result<Span> {
        let Value::Text(text) = &self.value else {
            return Err(self.expected("a length of time such as `\"30d\"`"));
        };
        Span::parse(&text.value)
            .map_err(|error| self.error(ErrorCode::PlaybookValue, error.message()))
    }

    /// The one of `names` that this string is.
    pub(crate) fn one_of<'a>(&self, names: &[&'a str]) -> Result<&'a str> {
        let list = || listed(names.iter().copied());
        let Value::Text(text) = &self.value else {
            return Err(self.expected(&list()));
        };
        names.iter().find(|name| **name == text.value).copied().ok_or_else(|| {
            let found = shortened(&text.value);
            let hint = did_you_mean(&text.value, names.iter().copied());
            let hint = if hint.is_empty() { format!("; expected {}", list()) } else { hint };
            let message = format!("`{found}` is not possible here{hint}");
            self.error(ErrorCode::PlaybookValue, message)
        })
    }

    /// The elements of this array, in order.
    pub(crate) fn array(self) -> Result<Vec<Self>> {
        match self.value {
            Value::Array(elements) => Ok(elements),
            _ => Err(self.expected("an array")),
        }
    }

    /// The entries of this table in the order of the document, where the keys are the writer's
    /// own names.
    pub(crate) fn entries(self) -> Result<Vec<(String, Self)>> {
        match self.value {
            Value::Table(entries) => Ok(entries),
            _ => Err(self.expected("a table")),
        }
    }

    /// A reader of this table, where the keys are the playbook's.
    pub(crate) fn table(self) -> Result<TableReader> {
        let (path, position) = (self.path.clone(), self.position);
        let entries = self.entries()?.into_iter().map(|(key, node)| (key, Some(node))).collect();
        Ok(TableReader { path, position, entries, asked: Vec::new() })
    }
}

/// A table whose keys are taken one by one; [`TableReader::finish`] refuses the rest.
#[derive(Debug)]
#[must_use = "a table is read only when `finish` has refused its unknown keys"]
pub(crate) struct TableReader {
    path: Option<Rc<Step>>,
    position: Option<Position>,
    entries: Vec<(String, Option<Node>)>,
    asked: Vec<String>,
}

impl TableReader {
    /// The value of `key`, or none where the table lacks it or it was taken before.
    pub(crate) fn take(&mut self, key: &str) -> Option<Node> {
        self.asked.push(key.to_owned());
        self.take_unoffered(key)
    }

    /// As [`TableReader::take`], for a key that is not offered to who writes another.
    pub(crate) fn take_unoffered(&mut self, key: &str) -> Option<Node> {
        self.entries.iter_mut().find(|(name, _)| name == key).and_then(|(_, node)| node.take())
    }

    /// The value of `key`.
    ///
    /// # Errors
    /// [`ErrorCode::PlaybookKey`] where the table lacks it.
    pub(crate) fn require(&mut self, key: &str) -> Result<Node> {
        self.take(key).ok_or_else(|| {
            let near = self.entries.iter().find(|(name, node)| {
                node.is_some() && !did_you_mean(key, [name.as_str()]).is_empty()
            });
            let hint = near.map_or_else(String::new, |(name, _)| {
                format!("; is `{name}` a misspelling of it?")
            });
            self.error(ErrorCode::PlaybookKey, format!("the key `{key}` is missing{hint}"))
        })
    }

    /// An error about this table as a whole.
    pub(crate) fn error(&self, code: ErrorCode, message: impl Into<String>) -> Error {
        error_at(code, self.path.as_ref(), self.position, message)
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`ErrorCode::PlaybookKey`] for the first key that nobody asked for, in the order of the
    /// document.
    pub(crate) fn finish(mut self) -> Result<()> {
        let asked = &self.asked;
        let unknown = self.entries.iter_mut().find_map(|(key, node)| {
            let node = node.take()?;
            (!asked.contains(key)).then_some((key, node))
        });
        let Some((key, node)) = unknown else { return Ok(()) };
        let mut expected: Vec<&str> = Vec::new();
        for name in asked {
            if !expected.contains(&name.as_str()) {
                expected.push(name);
            }
        }
        let mut message = format!("unknown key `{}`", shortened(key));
        let hint = did_you_mean(key, expected.iter().copied());
        if !hint.is_empty() {
            message.push_str(&hint);
        } else if expected.is_empty() {
            message.push_str("; no key is expected here");
        } else {
            message.push_str("; expected ");
            message.push_str(&listed(expected));
        }
        let position = node.key_position.or(node.position);
        Err(error_at(ErrorCode::PlaybookKey, self.path.as_ref(), position, message))
    }
}

#[cfg(test)]
mod tests;
