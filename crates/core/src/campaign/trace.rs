//! What was asked about a send and answered, line by line.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The lines of one text: a decision has a dozen of them, and a look at everybody millions.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Trace {
    text: String,
}

impl Trace {
    /// Adds a line; what breaks lines in it becomes a space.
    pub(crate) fn note(&mut self, line: fmt::Arguments<'_>) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let start = self.text.len();
        // Writing to a text does not fail.
        let _ = self.text.write_fmt(line);
        if self.text[start..].contains('\n') {
            let line = self.text.split_off(start);
            self.text.extend(line.chars().map(|char| if char == '\n' { ' ' } else { char }));
        }
    }

    /// Begins anew.
    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    /// The lines, in the order in which it was asked.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let whole = Some(&*self.text).filter(|text| !text.is_empty());
        whole.into_iter().flat_map(|text| text.split('\n'))
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lines()).finish()
    }
}

impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.lines().collect::<Vec<_>>())
    }
}

impl<'de> Deserialize<'de> for Trace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut trace = Self::default();
        for line in Vec::<String>::deserialize(deserializer)? {
            trace.note(format_args!("{line}"));
        }
        Ok(trace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_written_as_its_lines() {
        let mut trace = Trace::default();
        assert_eq!(serde_json::to_string(&trace).unwrap(), "[]");
        for line in ["fired: login", "condition:\ntrue", "worth: 4.5"] {
            trace.note(format_args!("{line}"));
        }
        let written = serde_json::to_string(&trace).unwrap();
        assert_eq!(written, r#"["fired: login","condition: true","worth: 4.5"]"#);
        assert_eq!(serde_json::from_str::<Trace>(&written).unwrap(), trace);
        assert_eq!(trace.lines().count(), 3);
        trace.clear();
        assert_eq!(trace, Trace::default());
    }
}
