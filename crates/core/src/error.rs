//! The one error type of the core: a stable code, the place, and a message a reader can act on.

use std::fmt;

use serde::Serialize;

/// What went wrong, as a name that hosts can rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ErrorCode {
    /// The playbook is not well-formed TOML or JSON.
    PlaybookSyntax,
    /// The playbook has a key that does not exist, or lacks one that must.
    PlaybookKey,
    /// A playbook key holds a value of the wrong type or out of range.
    PlaybookValue,
    /// An expression cannot be parsed.
    ExpressionSyntax,
    /// An expression uses a name that is not defined.
    ExpressionName,
    /// An expression combines types that do not go together.
    ExpressionType,
    /// Features depend on each other in a circle.
    ExpressionCycle,
    /// A feature could read what the churn label reads.
    Leakage,
    /// A column or field of an event or customer table is missing or of the wrong type.
    TableColumn,
    /// A single value of a table is not what the playbook says it is.
    TableValue,
    /// An event type is not in the playbook.
    EventType,
    /// An event with this `event_id` was ingested before with other contents.
    EventConflict,
    /// An event happened before what the engine has forgotten.
    EventLate,
    /// The bytes are not a bundle, or not a whole one.
    BundleFormat,
    /// The bundle was written by a version this one cannot read.
    BundleVersion,
    /// A section of the bundle does not match its checksum.
    BundleChecksum,
    /// The bytes are not a model of the library that they are said to be of, or not a whole one.
    ModelFormat,
    /// The model and the playbook or the rows do not fit each other.
    ModelShape,
    /// A training parameter is out of range.
    ModelParameter,
    /// The training data cannot be trained on.
    ModelData,
    /// The bundle has no model, and the question needs one.
    ModelMissing,
    /// The bytes are not an engine snapshot, or not a whole one.
    StateFormat,
    /// The snapshot was written by a version or for a playbook this engine cannot continue.
    StateVersion,
    /// No customer of that id is known.
    UnknownCustomer,
    /// An argument is out of range or of the wrong kind.
    Argument,
    /// A time stamp or time zone cannot be read.
    Time,
    /// `as_of` lies before a decision that was already made.
    TimeOrder,
    /// A file cannot be read or written.
    File,
    /// Part of the design that is not built yet.
    Unsupported,
    /// A defect of Stayput itself.
    Internal,
}

impl ErrorCode {
    /// The code as text, for instance `expression_name`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PlaybookSyntax => "playbook_syntax",
            Self::PlaybookKey => "playbook_key",
            Self::PlaybookValue => "playbook_value",
            Self::ExpressionSyntax => "expression_syntax",
            Self::ExpressionName => "expression_name",
            Self::ExpressionType => "expression_type",
            Self::ExpressionCycle => "expression_cycle",
            Self::Leakage => "leakage",
            Self::TableColumn => "table_column",
            Self::TableValue => "table_value",
            Self::EventType => "event_type",
            Self::EventConflict => "event_conflict",
            Self::EventLate => "event_late",
            Self::BundleFormat => "bundle_format",
            Self::BundleVersion => "bundle_version",
            Self::BundleChecksum => "bundle_checksum",
            Self::ModelFormat => "model_format",
            Self::ModelShape => "model_shape",
            Self::ModelParameter => "model_parameter",
            Self::ModelData => "model_data",
            Self::ModelMissing => "model_missing",
            Self::StateFormat => "state_format",
            Self::StateVersion => "state_version",
            Self::UnknownCustomer => "unknown_customer",
            Self::Argument => "argument",
            Self::Time => "time",
            Self::TimeOrder => "time_order",
            Self::File => "file",
            Self::Unsupported => "unsupported",
            Self::Internal => "internal",
        }
    }

    /// The family a code belongs to, which is the subclass a Python host raises.
    #[must_use]
    pub fn family(self) -> &'static str {
        match self {
            Self::PlaybookSyntax
            | Self::PlaybookKey
            | Self::PlaybookValue
            | Self::ExpressionSyntax
            | Self::ExpressionName
            | Self::ExpressionType
            | Self::ExpressionCycle
            | Self::Leakage => "playbook",
            Self::TableColumn
            | Self::TableValue
            | Self::EventType
            | Self::EventConflict
            | Self::EventLate => "table",
            Self::BundleFormat | Self::BundleVersion | Self::BundleChecksum => "bundle",
            Self::ModelFormat
            | Self::ModelShape
            | Self::ModelParameter
            | Self::ModelData
            | Self::ModelMissing => "model",
            Self::StateFormat | Self::StateVersion => "state",
            Self::UnknownCustomer | Self::Argument | Self::Time | Self::TimeOrder | Self::File => {
                "argument"
            }
            Self::Unsupported => "unsupported",
            Self::Internal => "internal",
        }
    }
}

/// A place in a text: both count from one, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// An error of the core.
///
/// Its text reads `<place>: <message>`, where the place is what [`Error::path`] names and, for a
/// playbook, the line and column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct Error {
    code: ErrorCode,
    place: String,
    path: Option<String>,
    position: Option<Position>,
    message: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)?;
        if let Some(path) = &self.path {
            let space = if self.place.is_empty() { "" } else { " " };
            write!(f, "{space}`{path}`")?;
        }
        if let Some(Position { line, column }) = self.position {
            write!(f, ": line {line}, column {column}")?;
        }
        let colon = if self.place.is_empty() && self.path.is_none() { "" } else { ": " };
        write!(f, "{colon}{}", self.message)
    }
}

impl Error {
    /// An error at `place` (`playbook`, `event 17`, `bundle`, …); an empty place is left out.
    #[must_use]
    pub fn new(code: ErrorCode, place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, place: place.into(), path: None, position: None, message: message.into() }
    }

    /// An argument of a call that cannot be used.
    #[must_use]
    pub fn argument(name: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Argument, "argument", message).at_path(name)
    }

    /// Something the design names and this version does not do yet.
    #[must_use]
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::new(ErrorCode::Unsupported, "", what)
    }

    /// A defect of ours: the message says which promise was broken.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Internal, "internal error", message)
    }

    /// The same error, naming the key, column or argument it is about.
    #[must_use]
    pub fn at_path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The same error, naming where in the text it is.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// The same error, found while reading `place`.
    #[must_use]
    pub fn in_place(mut self, place: impl Into<String>) -> Self {
        self.place = place.into();
        self
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The key, column or argument that the error is about.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Where in the text, for a playbook.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// The message without its place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// A result of the core.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// `; did you mean …?` for the candidate nearest to `name`, or nothing when none is near.
///
/// Near means an optimal string alignment distance of at most a third of the longer name, at
/// least one and at most three, of ASCII letters in either case; ties go to the candidate given
/// first.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, &mut candidates.into_iter())
}

/// [`did_you_mean`], compiled once for all kinds of candidates.
fn nearest(name: &str, candidates: &mut dyn Iterator<Item = &str>) -> String {
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance =
            strsim::osa_distance(&name.to_ascii_lowercase(), &candidate.to_ascii_lowercase());
        let allowed = (name.chars().count().max(candidate.chars().count()) / 3).clamp(1, 3);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map_or_else(String::new, |(_, candidate)| format!("; did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_place_first() {
        let error = Error::new(ErrorCode::ExpressionName, "playbook", "`logn` is not a name")
            .at_path("features.logins")
            .at(Position { line: 14, column: 18 });
        assert_eq!(
            error.to_string(),
            "playbook `features.logins`: line 14, column 18: `logn` is not a name"
        );
        assert_eq!(Error::unsupported("x is not built yet").to_string(), "x is not built yet");
        assert_eq!(
            Error::argument("seed", "must be positive").to_string(),
            "argument `seed`: must be positive"
        );
    }

    #[test]
    fn the_nearest_name_is_offered_only_when_near() {
        let names = ["login", "purchase"];
        assert_eq!(did_you_mean("logn", names), "; did you mean `login`?");
        assert_eq!(did_you_mean("refund", names), "");
    }
}
