//! Places in a text: byte offsets to lines and columns, and places inside a string's value back
//! to the document that the string was written in.

use crate::error::Position;

/// Bytes between two remembered positions, which bounds the cost of a look-up.
const STRIDE: usize = 512;

/// Line and column of every byte offset of a text.
pub(super) struct Lines<'t> {
    text: &'t str,
    /// The position of every [`STRIDE`]th byte.
    marks: Vec<Position>,
}

/// The position behind `byte`, which is at `at`.
fn step(at: Position, byte: u8) -> Position {
    if byte == b'\n' {
        Position { line: at.line.saturating_add(1), column: 1 }
    } else if byte & 0xc0 == 0x80 {
        // The later bytes of a character were counted with its first.
        at
    } else {
        Position { line: at.line, column: at.column.saturating_add(1) }
    }
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut at = Position { line: 1, column: 1 };
        let mut marks = Vec::with_capacity(text.len() / STRIDE + 1);
        for (offset, byte) in text.bytes().enumerate() {
            if offset % STRIDE == 0 {
                marks.push(at);
            }
            at = step(at, byte);
        }
        Self { text, marks }
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// The position of the character at `offset`, at most that of the end.
    pub(super) fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let index = (offset / STRIDE).min(self.marks.len().saturating_sub(1));
        let start = self.marks.get(index).copied().unwrap_or(Position { line: 1, column: 1 });
        self.text.as_bytes()[index * STRIDE..offset].iter().fold(start, |at, byte| step(at, *byte))
    }
}

/// The character `index` of a string's value is at `position` in the document, and those that
/// follow it stand there as they are, up to the next mark.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    index: usize,
    position: Position,
}

/// The marks of a string with escapes. `raw` is what stands between its quotes, at byte `offset`.
///
/// Knows the escapes of TOML's basic strings and of JSON, where they differ by what each allows:
/// `\x..`, `\U........` and a dropped line end are TOML's, surrogate pairs are JSON's. The parser
/// has already accepted the string, so nothing here can be wrong with it.
pub(super) fn marks(lines: &Lines<'_>, raw: &str, offset: usize) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut index = 0;
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        if c != '\\' {
            rest = &rest[c.len_utf8()..];
            index += 1;
            continue;
        }
        let behind = &rest[1..];
        let skipped = match behind.as_bytes().first() {
            Some(b'u') if surrogate_pair(behind) => 11,
            Some(b'u') => 5,
            Some(b'U') => 9,
            Some(b'x') => 3,
            Some(b' ' | b'\t' | b'\r' | b'\n') => behind.len() - behind.trim_ascii_start().len(),
            _ => 1,
        };
        if !behind.starts_with([' ', '\t', '\r', '\n']) {
            index += 1;
        }
        rest = behind.get(skipped..).unwrap_or("");
        let position = lines.position(offset + raw.len() - rest.len());
        marks.push(Mark { index, position });
    }
    marks
}

/// Whether `uD8..` to `uDB..` is followed by its second half.
fn surrogate_pair(text: &str) -> bool {
    let high = text.get(1..5).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    high.is_some_and(|high| (0xd800..0xdc00).contains(&high))
        && text.get(5..).is_some_and(|rest| rest.starts_with("\\u"))
}

/// The place in the document of `inner`, which counts from the first character of `value`; the
/// end of the value where `inner` lies past it.
pub(super) fn carry(value: &str, start: Position, marks: &[Mark], inner: Position) -> Position {
    let mut outer = start;
    let mut at = Position { line: 1, column: 1 };
    let mut marks = marks.iter().peekable();
    let mut characters = value.chars().enumerate();
    loop {
        let next = characters.next();
        let index = next.map_or(usize::MAX, |(index, _)| index);
        while let Some(mark) = marks.next_if(|mark| mark.index <= index) {
            outer = mark.position;
        }
        let Some((_, c)) = next.filter(|_| at < inner) else { return outer };
        // A character counts once, whatever its bytes.
        let byte = if c == '\n' { b'\n' } else { b'x' };
        at = step(at, byte);
        outer = step(outer, byte);
    }
}
