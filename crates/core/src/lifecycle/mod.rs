//! Lifecycle stages and segments, from conditions that are already evaluated.
//!
//! A condition is true, false or missing (`None`). Missing does not match: a customer of whom it
//! is not known whether a condition holds is not counted in.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorCode, Result};

/// The names of the stages, in the order they are tried.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LifecycleSpec {
    /// The stages.
    pub stages: Vec<String>,
}

/// The names of the segments, in the playbook's order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SegmentsSpec {
    /// The segments.
    pub segments: Vec<String>,
}

impl LifecycleSpec {
    /// Checks that no stage is there twice.
    ///
    /// # Errors
    /// [`ErrorCode::PlaybookValue`] naming the stage.
    pub fn check(&self) -> Result<()> {
        check("lifecycle", &self.stages)
    }

    /// The first stage whose condition is true. `conditions` has one for each stage, in order.
    #[must_use]
    pub fn stage(&self, conditions: &[Option<bool>]) -> Option<&str> {
        matching(&self.stages, conditions).next()
    }
}

impl SegmentsSpec {
    /// Checks that no segment is there twice.
    ///
    /// # Errors
    /// [`ErrorCode::PlaybookValue`] naming the segment.
    pub fn check(&self) -> Result<()> {
        check("segments", &self.segments)
    }

    /// The segments whose condition is true. `conditions` has one for each segment, in order.
    pub fn members<'a>(&'a self, conditions: &[Option<bool>]) -> impl Iterator<Item = &'a str> {
        matching(&self.segments, conditions)
    }
}

fn matching<'a>(names: &'a [String], conditions: &[Option<bool>]) -> impl Iterator<Item = &'a str> {
    let pairs = names.iter().zip(conditions);
    pairs.filter(|(_, holds)| **holds == Some(true)).map(|(name, _)| name.as_str())
}

fn check(section: &str, names: &[String]) -> Result<()> {
    for (index, name) in names.iter().enumerate() {
        if names.iter().take(index).any(|earlier| earlier == name) {
            return Err(Error::new(
                ErrorCode::PlaybookValue,
                "playbook",
                "the name is there twice",
            )
            .at_path(format!("{section}.{name}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case = ([Option<bool>; 3], Option<&'static str>, &'static [&'static str]);

    const CASES: [Case; 4] = [
        ([Some(true), Some(true), Some(true)], Some("a"), &["a", "b", "c"]),
        ([None, Some(false), Some(true)], Some("c"), &["c"]),
        ([Some(false), None, None], None, &[]),
        ([None, Some(true), None], Some("b"), &["b"]),
    ];

    #[test]
    fn the_first_true_condition_is_the_stage_and_all_true_ones_are_segments() {
        let names: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        let lifecycle = LifecycleSpec { stages: names.clone() };
        let segments = SegmentsSpec { segments: names };
        for (conditions, stage, members) in CASES {
            assert_eq!(lifecycle.stage(&conditions), stage, "{conditions:?}");
            assert_eq!(segments.members(&conditions).collect::<Vec<_>>(), members);
        }
    }

    #[test]
    fn a_name_is_there_once() {
        let lifecycle = LifecycleSpec { stages: vec!["new".to_owned(), "new".to_owned()] };
        assert_eq!(lifecycle.check().unwrap_err().path(), Some("lifecycle.new"));
        assert!(LifecycleSpec::default().check().is_ok());
        assert!(SegmentsSpec::default().check().is_ok());
    }
}
