//! Segments: a customer is in every one whose condition is true.

use serde::{Deserialize, Serialize};

use super::check_names;
use crate::error::Result;

/// The names of the segments, in the playbook's order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SegmentsSpec {
    /// The segments.
    pub segments: Vec<String>,
}

impl SegmentsSpec {
    /// Checks that no segment is there twice.
    ///
    /// # Errors
    /// [`ErrorCode::PlaybookValue`](crate::ErrorCode::PlaybookValue) naming the segment.
    pub fn check(&self) -> Result<()> {
        check_names("segments", &self.segments)
    }

    /// The segments whose condition is true. `conditions` has one for each segment, in order.
    pub fn members<'a>(&'a self, conditions: &[Option<bool>]) -> impl Iterator<Item = &'a str> {
        let pairs = self.segments.iter().zip(conditions);
        pairs.filter(|(_, holds)| **holds == Some(true)).map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_true_conditions_are_segments() {
        let names: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        let spec = SegmentsSpec { segments: names };
        for (conditions, members) in [
            ([Some(true), Some(true), Some(true)], &["a", "b", "c"][..]),
            ([None, Some(false), Some(true)], &["c"]),
            ([Some(false), None, None], &[]),
        ] {
            assert_eq!(spec.members(&conditions).collect::<Vec<_>>(), members);
        }
    }

    #[test]
    fn a_name_is_there_once() {
        let spec = SegmentsSpec { segments: vec!["a".to_owned(), "a".to_owned()] };
        assert_eq!(spec.check().unwrap_err().path(), Some("segments.a"));
        assert!(SegmentsSpec::default().check().is_ok());
    }
}
