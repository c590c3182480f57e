//! What a playbook says that is not wrong, and yet hardly meant: campaigns that can never fire,
//! conditions that are always the same, rules that cannot come to bear, names that nothing reads.
//!
//! Only what is proved from the playbook alone is said ([`crate::expr`] knows what an expression
//! can come to): bounds and categories of the schema, counts that are not negative, health in
//! 0 to 100, churn in 0 to 1. So a finding is true of every history, and a playbook without any may
//! still be wrong.

mod campaigns;
mod unused;

use serde::Serialize;

use super::{Node, Playbook};
use crate::expr::{Domain, Input, Program, Values};

/// What a finding is about, as a name that hosts can rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum LintCode {
    /// A campaign whose `on` can never be true.
    CampaignNeverFires,
    /// A campaign behind another that takes all it could send.
    CampaignHidden,
    /// A trigger that can never fire.
    TriggerNeverFires,
    /// A trigger that fires at the first look at a customer and never again.
    TriggerFiresOnce,
    /// A condition that is never true.
    NeverTrue,
    /// A condition that is never false.
    AlwaysTrue,
    /// A stage that no customer can be in.
    StageUnreachable,
    /// A segment that nobody can be in.
    SegmentEmpty,
    /// A segment that nobody who is known of is outside of.
    SegmentOfAll,
    /// A cap of no sends.
    CapOfZero,
    /// A cap that another one keeps from ever being reached.
    CapUnreachable,
    /// A holdout of everybody.
    HoldoutOfAll,
    /// A cooldown that outlasts the time until a new entry.
    CooldownOutlastsReEntry,
    /// A cooldown where nobody comes in twice.
    CooldownUnused,
    /// A value that never pays for an action.
    ValueBelowCost,
    /// A budget that pays for no action.
    BudgetBelowCost,
    /// A feature that nothing reads.
    UnusedFeature,
    /// A segment that nothing reads.
    UnusedSegment,
    /// An attribute that nothing reads.
    UnusedAttribute,
    /// An event type that nothing reads.
    UnusedEvent,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum LintLevel {
    /// The playbook does not do what it seems to.
    Warning,
    /// Something is there without need.
    Note,
}

/// Something a playbook says that is hardly meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Lint {
    /// What it is.
    pub code: LintCode,
    /// How much it matters.
    pub level: LintLevel,
    /// The key it is about, for instance `campaigns[0].when`.
    pub path: String,
    /// The line in the playbook, from 1; null where it is not known.
    pub line: Option<u32>,
    /// The column in the line, in characters, from 1.
    pub column: Option<u32>,
    /// What is so.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

/// What was found so far, and what is known of the playbook's values.
struct Linter<'p> {
    playbook: &'p Playbook,
    features: Vec<Domain>,
    /// The stages that a customer can be in.
    stages: Vec<String>,
    segments: Vec<Domain>,
    found: Vec<Lint>,
}

impl Playbook {
    /// What the playbook says that is hardly meant: warnings and notes, in the order of the
    /// document. None of it keeps the playbook from working.
    #[must_use]
    pub fn lint(&self) -> Vec<Lint> {
        let mut linter = Linter {
            playbook: self,
            features: vec![Domain::of(Values::Any); self.feature_set().specs.len()],
            stages: Vec::new(),
            segments: Vec::new(),
            found: Vec::new(),
        };
        for at in &self.feature_set().order {
            linter.features[*at] = linter.domain(&self.feature_set().specs[*at].program);
        }
        linter.lifecycle();
        linter.segments();
        linter.campaigns();
        linter.guardrails();
        linter.unused();
        let mut found = linter.found;
        // The text was read before, so it is read again.
        if let Ok(root) = Node::parse(self.text()) {
            for lint in &mut found {
                let position = root.position_of(&lint.path);
                lint.line = position.map(|position| position.line);
                lint.column = position.map(|position| position.column);
            }
        }
        found.sort_by_key(|lint| (lint.line, lint.column));
        found
    }
}

impl Linter<'_> {
    fn warn(&mut self, code: LintCode, path: String, message: impl Into<String>, fix: &str) {
        self.add(code, LintLevel::Warning, path, message.into(), fix);
    }

    fn note(&mut self, code: LintCode, path: String, message: impl Into<String>, fix: &str) {
        self.add(code, LintLevel::Note, path, message.into(), fix);
    }

    fn add(&mut self, code: LintCode, level: LintLevel, path: String, message: String, fix: &str) {
        let fix = fix.to_owned();
        self.found.push(Lint { code, level, path, line: None, column: None, message, fix });
    }

    /// What an expression of the playbook can come to.
    fn domain(&self, program: &Program) -> Domain {
        let schema = self.playbook.schema();
        program.domain(&|input| match input {
            Input::Feature(at) => self.features[*at].clone(),
            Input::Health => Domain::of(Values::Range(0.0, 100.0)),
            Input::Churn => Domain::of(Values::Range(0.0, 1.0)),
            Input::Lifecycle => Domain::of(Values::Texts(self.stages.clone())),
            Input::Segment(at) => {
                self.segments.get(*at).cloned().unwrap_or(Domain::of(Values::Any))
            }
            other => Domain::of_input(other, schema).unwrap_or(Domain::of(Values::Any)),
        })
    }

    /// Whether a condition can be true, and whether it can be anything else.
    fn truth(&self, program: &Program) -> (bool, bool) {
        let domain = self.domain(program);
        let (yes, no) = match domain.values {
            Values::Truth(yes, no) => (yes, no),
            _ => (true, true),
        };
        (yes, no || domain.missing)
    }

    /// Says where a condition is always the same.
    fn condition(&mut self, path: String, program: &Program, never: &str, always: &str) {
        let Values::Truth(yes, no) = self.domain(program).values else { return };
        if !yes {
            let message = format!("the condition is never true: {never}");
            self.warn(LintCode::NeverTrue, path, message, "ask for what can be, or take it out");
        } else if !no {
            let message = format!("the condition is never false: {always}");
            self.warn(LintCode::AlwaysTrue, path, message, "ask for more, or take it out");
        }
    }

    fn lifecycle(&mut self) {
        let Some(plan) = self.playbook.lifecycle() else { return };
        let count = plan.spec.stages.len();
        let mut ended: Option<&str> = None;
        let mut open = vec![false; count];
        let mut shadowed = vec![None; count];
        for at in 0..count {
            let (yes, other) = self.truth(&plan.when[at]);
            let enters = plan.enter[at].as_ref().is_none_or(|enter| self.truth(enter).0);
            open[at] = yes && enters && ended.is_none();
            shadowed[at] = ended;
            // Who is in it stays; who is not may be kept from entering.
            let free = plan.enter[at].is_none() && plan.spec.rules[at].from.is_none();
            if ended.is_none() && !other && free {
                ended = Some(&plan.spec.stages[at]);
            }
        }
        // A stage is reached from where nobody is yet, or from one that is reached.
        let mut reached = vec![false; count];
        loop {
            let before = reached.clone();
            for at in 0..count {
                let from = plan.spec.rules[at].from.as_ref();
                let way = from.is_none_or(|from| {
                    from.iter().any(|stage| stage.is_none_or(|stage| before[stage]))
                });
                reached[at] = open[at] && way;
            }
            if reached == before {
                break;
            }
        }
        for at in 0..count {
            let name = &plan.spec.stages[at];
            if reached[at] {
                self.stages.push(name.clone());
                continue;
            }
            let why = match shadowed[at] {
                Some(first) => format!("`{first}`, which comes first, fits every customer"),
                None if open[at] => "none of the stages in `from` can be reached".to_owned(),
                None => "its condition is never true".to_owned(),
            };
            let message = format!("no customer can be in `{name}`: {why}");
            let fix = "change its condition or its place, or take it out";
            self.warn(LintCode::StageUnreachable, format!("lifecycle.{name}"), message, fix);
        }
    }

    fn segments(&mut self) {
        let segments = self.playbook.segments();
        for (name, program) in segments.names.iter().zip(&segments.programs) {
            let domain = self.domain(program);
            let path = format!("segments.{name}");
            match domain.values {
                Values::Truth(false, _) => {
                    let message = format!("nobody can be in `{name}`: its condition is never true");
                    self.warn(LintCode::SegmentEmpty, path, message, "ask for what can be");
                }
                Values::Truth(_, false) => {
                    let message = format!(
                        "its condition is never false: everybody of whom it is known is in `{name}`"
                    );
                    self.warn(LintCode::SegmentOfAll, path, message, "ask for more");
                }
                _ => {}
            }
            self.segments.push(domain);
        }
    }
}
