//! Stages of the lifecycle: which one follows on which, and since when a customer is in one.
//!
//! At each look a customer goes to the first stage, in the playbook's order, whose condition is
//! true and which may be entered from where the customer was. A stage may name the stages from which
//! it is entered, and a condition that must hold at the look that enters it. Whoever is in a stage
//! already stays there as long as its own condition is the first that fits: nothing is asked of
//! staying.
//!
//! So a stage may depend on the one before. [`Path`] finds it from looks taken backwards in time:
//! each look is a map from the stage before it to the stage after it, and as soon as the looks taken
//! so far, one after the other, lead from every stage to one and the same, no earlier look can make
//! a difference. Without entry rules that is so after one.

use serde::{Deserialize, Serialize};

use super::check_names;
use crate::error::{Error, ErrorCode, Result};

/// The most stages that a lifecycle may have.
const MOST: usize = 100;

/// The stages, in the order they are tried, and how each may be entered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LifecycleSpec {
    /// The names of the stages.
    pub stages: Vec<String>,
    /// For each stage, how it is entered.
    pub rules: Vec<EntryRule>,
}

/// How a stage is entered by a customer who is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EntryRule {
    /// From which stages, by index, `None` standing for no stage; from any where it is not said.
    pub from: Option<Vec<Option<usize>>>,
    /// Whether a condition of its own must hold at the look that enters it.
    pub conditional: bool,
}

impl EntryRule {
    fn allows(&self, before: Option<usize>) -> bool {
        self.from.as_ref().is_none_or(|from| from.contains(&before))
    }
}

impl LifecycleSpec {
    /// Stages that may be entered from anywhere.
    #[must_use]
    pub fn of(stages: Vec<String>) -> Self {
        let rules = vec![EntryRule::default(); stages.len()];
        Self { stages, rules }
    }

    /// Checks that no stage is there twice, and that there are not too many.
    ///
    /// # Errors
    /// [`ErrorCode::PlaybookValue`] naming the stage.
    pub fn check(&self) -> Result<()> {
        check_names("lifecycle", &self.stages)?;
        match self.stages.get(MOST) {
            None => Ok(()),
            Some(stage) => {
                let message = format!("a lifecycle has at most {MOST} stages");
                let error = Error::new(ErrorCode::PlaybookValue, "playbook", message);
                Err(error.at_path(format!("lifecycle.{stage}")))
            }
        }
    }

    /// Whether the stage depends on the one before it.
    #[must_use]
    pub fn remembers(&self) -> bool {
        self.rules.iter().any(|rule| rule.from.is_some() || rule.conditional)
    }

    /// The stage after a look at a customer who was in the stage `before`.
    ///
    /// `holds` has the condition of each stage, `enters` the condition of entering it, true where
    /// there is none.
    #[must_use]
    pub fn next(
        &self,
        before: Option<usize>,
        holds: &[Option<bool>],
        enters: &[Option<bool>],
    ) -> Option<usize> {
        let fits = |stage: usize| {
            let free = || self.rules[stage].allows(before) && enters[stage] == Some(true);
            holds[stage] == Some(true) && (before == Some(stage) || free())
        };
        (0..self.stages.len()).find(|stage| fits(*stage))
    }

    /// What a look makes of every stage before it.
    #[must_use]
    pub fn steps(&self, holds: &[Option<bool>], enters: &[Option<bool>]) -> Steps {
        let states = if self.remembers() { self.stages.len() + 1 } else { 1 };
        let after = |state: usize| code(self.next(stage(state), holds, enters));
        Steps((0..states).map(after).collect())
    }
}

/// What one look makes of every stage before it; of one alone where all lead to the same.
///
/// A stage is written as its index and one, no stage as 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps(Box<[u8]>);

impl Default for Steps {
    /// Every stage leads to none.
    fn default() -> Self {
        Self([0].into())
    }
}

impl Steps {
    fn after(&self, state: u8) -> u8 {
        let last = self.0.len() - 1;
        self.0[usize::from(state).min(last)]
    }
}

fn code(stage: Option<usize>) -> u8 {
    // No lifecycle has more stages than `MOST`.
    stage.and_then(|stage| u8::try_from(stage + 1).ok()).unwrap_or_default()
}

fn stage(state: usize) -> Option<usize> {
    state.checked_sub(1)
}

/// The looks at one customer, taken from the latest backwards.
#[derive(Debug, Clone, Default)]
pub struct Path {
    /// From the latest to the earliest.
    looks: Vec<Steps>,
    /// The stage before the earliest look, where that is known.
    begin: Option<u8>,
}

impl Path {
    /// Adds a look that came before all others.
    pub fn push(&mut self, look: Steps) {
        self.looks.push(look);
    }

    /// Says that before the earliest look the customer was in `stage`, and that nothing comes
    /// before that.
    pub fn begin(&mut self, stage: Option<usize>) {
        self.begin = Some(code(stage));
    }

    /// The stage after the latest look, if the looks so far decide it.
    #[must_use]
    pub fn stage(&self) -> Option<Option<usize>> {
        let state = self.states().first().copied().flatten();
        state.map(|state| stage(state.into()))
    }

    /// For how many looks, the latest among them, the stage has been the same without a break;
    /// nothing while the looks so far do not decide it. It is all of them where the stage is the
    /// one before the earliest too.
    #[must_use]
    pub fn same(&self) -> Option<usize> {
        let states = self.states();
        let now = states.first().copied().flatten()?;
        match states.iter().position(|state| *state != Some(now)) {
            // A look whose stage is not decided may have led to the same one.
            Some(at) => states[at].map(|_| at),
            None => self.begin.map(|_| states.len()),
        }
    }

    /// The state after each look, from the latest, where it is decided.
    fn states(&self) -> Vec<Option<u8>> {
        let widest = self.looks.iter().map(|look| look.0.len()).max().unwrap_or(1);
        let all = 0..u8::try_from(widest).unwrap_or(u8::MAX);
        let mut possible: Vec<u8> = self.begin.map_or_else(|| all.collect(), |state| vec![state]);
        let mut states: Vec<Option<u8>> = self
            .looks
            .iter()
            .rev()
            .map(|look| {
                for state in &mut possible {
                    *state = look.after(*state);
                }
                possible.sort_unstable();
                possible.dedup();
                (possible.len() == 1).then(|| possible[0])
            })
            .collect();
        states.reverse();
        states
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spec(rules: &[EntryRule; 3]) -> LifecycleSpec {
        let stages = ["a", "b", "c"].map(str::to_owned).to_vec();
        LifecycleSpec { stages, rules: rules.to_vec() }
    }

    fn from(from: &[Option<usize>]) -> EntryRule {
        EntryRule { from: Some(from.to_vec()), conditional: false }
    }

    const FREE: [Option<bool>; 3] = [Some(true); 3];

    #[test]
    fn the_first_true_condition_is_the_stage() {
        let spec = LifecycleSpec::of(["a", "b", "c"].map(str::to_owned).to_vec());
        assert!(!spec.remembers());
        for (holds, stage) in [
            ([Some(true), Some(true), Some(true)], Some(0)),
            ([None, Some(false), Some(true)], Some(2)),
            ([Some(false), None, None], None),
            ([None, Some(true), None], Some(1)),
        ] {
            for before in [None, Some(0), Some(2)] {
                assert_eq!(spec.next(before, &holds, &FREE), stage, "{holds:?} from {before:?}");
            }
        }
    }

    #[test]
    fn a_stage_that_may_not_be_entered_is_passed_over() {
        let spec = spec(&[from(&[Some(1)]), EntryRule::default(), EntryRule::default()]);
        let all = [Some(true); 3];
        assert_eq!(spec.next(None, &all, &FREE), Some(1), "not from nowhere");
        assert_eq!(spec.next(Some(2), &all, &FREE), Some(1), "not from `c`");
        assert_eq!(spec.next(Some(1), &all, &FREE), Some(0), "from `b` it is");
        assert_eq!(spec.next(Some(0), &all, &FREE), Some(0), "who is there stays");
    }

    #[test]
    fn a_condition_of_entry_is_not_asked_of_staying() {
        let rule = EntryRule { from: None, conditional: true };
        let spec = spec(&[rule, EntryRule::default(), EntryRule::default()]);
        let all = [Some(true); 3];
        for enters in [Some(false), None] {
            let enters = [enters, Some(true), Some(true)];
            assert_eq!(spec.next(Some(1), &all, &enters), Some(1));
            assert_eq!(spec.next(Some(0), &all, &enters), Some(0));
        }
    }

    #[test]
    fn names_are_there_once_and_not_too_many() {
        let twice = LifecycleSpec::of(vec!["new".to_owned(), "new".to_owned()]);
        assert_eq!(twice.check().unwrap_err().path(), Some("lifecycle.new"));
        let many = LifecycleSpec::of((0..101).map(|at| format!("s{at}")).collect());
        assert_eq!(many.check().unwrap_err().path(), Some("lifecycle.s100"));
        assert!(LifecycleSpec::default().check().is_ok());
    }

    fn any_rule() -> impl Strategy<Value = EntryRule> {
        let stage = prop::option::of(0..3_usize);
        let from = prop::option::of(prop::collection::vec(stage, 0..3));
        (from, any::<bool>()).prop_map(|(from, conditional)| EntryRule { from, conditional })
    }

    fn any_truths() -> impl Strategy<Value = [Option<bool>; 3]> {
        prop::array::uniform3(prop::option::of(any::<bool>()))
    }

    proptest! {
        #[test]
        fn looks_taken_backwards_find_what_looks_taken_forwards_find(
            rules in prop::array::uniform3(any_rule()),
            looks in prop::collection::vec((any_truths(), any_truths()), 1..12),
            begin in prop::option::of(0..3_usize),
        ) {
            let spec = spec(&rules);
            let mut looks = looks;
            for (_, enters) in &mut looks {
                for (enters, rule) in enters.iter_mut().zip(&spec.rules) {
                    *enters = if rule.conditional { *enters } else { Some(true) };
                }
            }
            let mut forwards = vec![begin];
            for (holds, enters) in &looks {
                forwards.push(spec.next(*forwards.last().unwrap(), holds, enters));
            }
            let now = *forwards.last().unwrap();
            let since = forwards.iter().rev().take_while(|stage| **stage == now).count();
            let mut path = Path::default();
            for (holds, enters) in looks.iter().rev() {
                path.push(spec.steps(holds, enters));
                // What is decided early is what comes out in the end.
                if let Some(stage) = path.stage() {
                    prop_assert_eq!(stage, now);
                }
                if let Some(same) = path.same() {
                    prop_assert_eq!(same, since);
                }
            }
            path.begin(begin);
            prop_assert_eq!(path.stage(), Some(now));
            prop_assert_eq!(path.same(), Some(since.min(looks.len())));
        }
    }
}
