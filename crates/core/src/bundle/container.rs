//! The file form of bundles and engine snapshots: named sections, each with its checksum.
//!
//! All integers are little-endian and unsigned.
//!
//! ```text
//! offset   bytes  what
//! 0        8      magic: which kind of file this is
//! 8        2      format version
//! 10       2      n, the number of sections, at most 255
//! 12       4      t, the length of the section table in bytes
//! 16       t      section table: n entries, each
//!                   1   k, the length of the name, 1 to 32
//!                   k   name, of `a` to `z`, `0` to `9` and `_`
//!                   8   length of the content in bytes
//!                   32  BLAKE3-256 of the content
//! 16 + t   32     BLAKE3-256 of the bytes 0 to 16 + t
//! 48 + t   …      the contents, in the order of the table, nothing between or behind them
//! ```
//!
//! Magic and version keep their place in every later version. Each byte of the file is covered by
//! a checksum, so a file that reads is the file that was written; equal sections give equal bytes.
//! No length is believed before it is held against the bytes that are there, and reading copies
//! no content, so that memory stays of the order of the input.
//!
//! Sections hold values in postcard's form ([`to_postcard`], [`from_postcard`]) or plain text. That
//! form names nothing: the order of a type's fields and variants is the format, and no type that is
//! stored may nest itself. A collection that claims more elements than its bytes can hold is
//! refused when they run out, with at most one mebibyte set aside for it beforehand (serde's own
//! bound).

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorCode, Result};

const MAX_SECTIONS: usize = 255;
const MAX_NAME: usize = 32;
/// Magic, version, number of sections and length of the table.
const PREFIX: usize = 16;
const CHECKSUM: usize = 32;

/// A kind of file: how it is told from others, and how its errors are named.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// The first eight bytes.
    pub(crate) magic: [u8; 8],
    /// What a reader calls it, which is also the place of its errors.
    pub(crate) name: &'static str,
    /// The oldest format version that is read.
    pub(crate) oldest: u16,
    /// The newest format version that is read, and the one that is written.
    pub(crate) newest: u16,
    /// The code where the bytes are not such a file, or not a whole one.
    pub(crate) format: ErrorCode,
    /// The code where the format version is not read.
    pub(crate) version: ErrorCode,
    /// The code where a checksum fails.
    pub(crate) checksum: ErrorCode,
}

/// A bundle.
pub(crate) const BUNDLE: Kind = Kind {
    magic: *b"stayputB",
    name: "bundle",
    oldest: 1,
    newest: 1,
    format: ErrorCode::BundleFormat,
    version: ErrorCode::BundleVersion,
    checksum: ErrorCode::BundleChecksum,
};

/// A model alone. Its errors have the codes of a bundle's.
pub(crate) const MODEL: Kind = Kind { magic: *b"stayputM", name: "model", ..BUNDLE };

/// The state of an engine.
pub(crate) const SNAPSHOT: Kind = Kind {
    magic: *b"stayputS",
    name: "snapshot",
    oldest: 4,
    newest: 4,
    format: ErrorCode::StateFormat,
    version: ErrorCode::StateVersion,
    checksum: ErrorCode::StateFormat,
};

impl Kind {
    fn wrong(&self, message: impl Into<String>) -> Error {
        Error::new(self.format, self.name, message)
    }

    fn altered(&self, what: &str) -> Error {
        let message = format!("{what} fails its checksum (file truncated or altered)");
        Error::new(self.checksum, self.name, message)
    }
}

/// The sections of one file.
#[derive(Debug)]
pub(crate) struct Container<'a> {
    kind: &'static Kind,
    version: u16,
    sections: Vec<(Cow<'a, str>, Cow<'a, [u8]>)>,
}

/// The BLAKE3-256 of `bytes` in hexadecimal: the name of a bundle.
pub(crate) fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

impl<'a> Container<'a> {
    /// A file of `kind` in its newest version, without sections.
    pub(crate) fn new(kind: &'static Kind) -> Self {
        Self { kind, version: kind.newest, sections: Vec::new() }
    }

    /// Adds a section behind the others.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`] for a name that the format has no room for, or that is taken.
    pub(crate) fn push(&mut self, name: &'static str, content: Vec<u8>) -> Result<()> {
        if !is_name(name.as_bytes()) || self.get(name).is_some() {
            return Err(Error::internal(format!("`{name}` cannot name a new section")));
        }
        if self.sections.len() == MAX_SECTIONS {
            return Err(Error::internal(format!("a file has at most {MAX_SECTIONS} sections")));
        }
        self.sections.push((Cow::Borrowed(name), Cow::Owned(content)));
        Ok(())
    }

    /// The content of a section, or none where the file lacks it.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        let section = self.sections.iter().find(|(of, _)| of == name);
        section.map(|(_, content)| content.as_ref())
    }

    /// The content of a section.
    ///
    /// # Errors
    /// The kind's format error where the file lacks it.
    pub(crate) fn require(&self, name: &str) -> Result<&[u8]> {
        self.get(name).ok_or_else(|| self.kind.wrong(format!("section `{name}` is missing")))
    }

    /// The value that a section holds in postcard's form, and nothing behind it.
    ///
    /// # Errors
    /// As [`Container::require`], and the kind's format error where the section holds something
    /// else.
    pub(crate) fn require_value<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        from_postcard(self.require(name)?).map_err(|what| self.wrong_section(name, what))
    }

    /// The kind's format error for a section that holds what it should not.
    pub(crate) fn wrong_section(&self, name: &str, what: impl fmt::Display) -> Error {
        self.kind.wrong(format!("section `{name}` cannot be read: {what}"))
    }

    /// The text that a section holds as UTF-8.
    ///
    /// # Errors
    /// As [`Container::require`], and the kind's format error where it is no UTF-8.
    pub(crate) fn require_text(&self, name: &str) -> Result<&str> {
        std::str::from_utf8(self.require(name)?)
            .map_err(|_| self.kind.wrong(format!("section `{name}` is not UTF-8 text")))
    }

    /// The file's bytes.
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut table = Vec::new();
        for (name, content) in &self.sections {
            table.extend(name.len().to_le_bytes().first());
            table.extend(name.as_bytes());
            table.extend((content.len() as u64).to_le_bytes());
            table.extend(blake3::hash(content).as_bytes());
        }
        let contents: usize = self.sections.iter().map(|(_, content)| content.len()).sum();
        let mut bytes = Vec::with_capacity(PREFIX + table.len() + CHECKSUM + contents);
        bytes.extend(self.kind.magic);
        bytes.extend(self.version.to_le_bytes());
        bytes.extend(&self.sections.len().to_le_bytes()[..2]);
        bytes.extend(&table.len().to_le_bytes()[..4]);
        bytes.extend(table);
        let checksum = blake3::hash(&bytes);
        bytes.extend(checksum.as_bytes());
        for (_, content) in &self.sections {
            bytes.extend_from_slice(content);
        }
        bytes
    }

    /// Reads the bytes of a file of `kind`.
    ///
    /// # Errors
    /// The kind's codes: for bytes that are not such a file or not a whole one, for a format
    /// version that is not read, and for a checksum that fails.
    pub(crate) fn read(bytes: &'a [u8], kind: &'static Kind) -> Result<Self> {
        let mut rest = Reader { bytes, kind };
        if !bytes.starts_with(&kind.magic) {
            let other =
                [&BUNDLE, &MODEL, &SNAPSHOT].into_iter().find(|k| bytes.starts_with(&k.magic));
            let hint = other.map_or(String::new(), |k| format!("; this is a {}", k.name));
            return Err(kind.wrong(format!("not a Stayput {}{hint}", kind.name)));
        }
        rest.take(kind.magic.len())?;
        let version = u16::from_le_bytes(rest.array()?);
        if !(kind.oldest..=kind.newest).contains(&version) {
            let message = format!(
                "written by format version {version}; this version reads {} to {}",
                kind.oldest, kind.newest
            );
            return Err(Error::new(kind.version, kind.name, message));
        }
        let count = usize::from(u16::from_le_bytes(rest.array()?));
        let length = u32::from_le_bytes(rest.array()?);
        let table = rest.take_length(u64::from(length))?;
        let header = &bytes[..PREFIX + table.len()];
        if blake3::hash(header) != rest.array::<CHECKSUM>()? {
            return Err(kind.altered("the section table"));
        }

        // From here on the header is what its writer meant, who may still mean harm.
        let mut table = Reader { bytes: table, kind };
        let mut sections: Vec<(Cow<'a, str>, Cow<'a, [u8]>)> = Vec::new();
        for _ in 0..count.min(MAX_SECTIONS + 1) {
            let [length] = table.array()?;
            let name = table.take(usize::from(length))?;
            let name = std::str::from_utf8(name).ok().filter(|name| is_name(name.as_bytes()));
            let name =
                name.ok_or_else(|| kind.wrong("the section table has an impossible name"))?;
            if sections.iter().any(|(taken, _)| taken == name) {
                return Err(kind.wrong(format!("section `{name}` is there twice")));
            }
            let length = u64::from_le_bytes(table.array()?);
            let checksum: [u8; CHECKSUM] = table.array()?;
            let content = rest.take_length(length).map_err(|_| {
                kind.wrong(format!("section `{name}` ends too early (file truncated or altered)"))
            })?;
            if blake3::hash(content) != checksum {
                return Err(kind.altered(&format!("section `{name}`")));
            }
            sections.push((Cow::Borrowed(name), Cow::Borrowed(content)));
        }
        if count > MAX_SECTIONS || !table.bytes.is_empty() {
            return Err(kind.wrong("the section table does not have the length it states"));
        }
        if !rest.bytes.is_empty() {
            let extra = rest.bytes.len();
            return Err(kind.wrong(format!("{extra} bytes follow the last section")));
        }
        Ok(Self { kind, version, sections })
    }
}

fn is_name(name: &[u8]) -> bool {
    let fits = |c: &u8| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == b'_';
    (1..=MAX_NAME).contains(&name.len()) && name.iter().all(fits)
}

/// Bytes that are taken from the front.
struct Reader<'a> {
    bytes: &'a [u8],
    kind: &'static Kind,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.bytes.split_at_checked(length) else {
            return Err(self.kind.wrong("it ends too early (file truncated or altered)"));
        };
        self.bytes = rest;
        Ok(taken)
    }

    /// As [`Reader::take`], for a length that may exceed what this machine can address.
    fn take_length(&mut self, length: u64) -> Result<&'a [u8]> {
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| Error::internal("a slice does not have the length taken"))
    }
}

/// `value` in postcard's form.
///
/// # Errors
/// [`ErrorCode::Internal`] where `value` cannot be written.
pub(crate) fn to_postcard<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>> {
    postcard::to_allocvec(value)
        .map_err(|error| Error::internal(format!("a section cannot be written: {error}")))
}

/// The value that `bytes` hold in postcard's form; where they hold something else, what is wrong.
pub(crate) fn from_postcard<T: DeserializeOwned>(
    bytes: &[u8],
) -> std::result::Result<T, &'static str> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok(_) => Err("bytes follow its value"),
        Err(postcard::Error::DeserializeUnexpectedEnd) => Err("it ends too early"),
        Err(_) => Err("it holds something else"),
    }
}

#[cfg(test)]
mod tests;
