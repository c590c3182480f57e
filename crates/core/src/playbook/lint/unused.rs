//! Notes about what nothing reads.

use super::{LintCode, Linter};
use crate::campaign::CampaignSpec;
use crate::expr::{Input, Program, State, TriggerKind};
use crate::playbook::Playbook;

/// Everything in a playbook that reads something.
struct Readers<'p> {
    programs: Vec<&'p Program>,
    triggers: Vec<&'p TriggerKind>,
}

impl<'p> Readers<'p> {
    fn of(playbook: &'p Playbook) -> Self {
        let mut programs: Vec<&Program> = Vec::new();
        programs.extend(playbook.feature_set().specs.iter().map(|spec| &spec.program));
        if let Some(label) = playbook.label() {
            programs.push(&label.label);
            programs.extend(&label.eligible);
        }
        if let Some(health) = playbook.health() {
            programs.extend(&health.scores);
            if let Some(accounts) = &health.accounts {
                programs.push(&accounts.parent);
                programs.extend(&accounts.weight);
            }
        }
        if let Some(plan) = playbook.lifecycle() {
            programs.extend(&plan.when);
            programs.extend(plan.enter.iter().flatten());
        }
        programs.extend(&playbook.segments().programs);
        let plan = playbook.campaigns();
        programs.extend(&plan.suppression);
        programs.extend(&plan.consent);
        let mut triggers = Vec::new();
        for campaign in &plan.programs {
            programs.extend(campaign.when.iter().chain(&campaign.value).chain(&campaign.exit));
            programs.extend(campaign.steps.iter().flatten());
            programs.extend(&campaign.context);
            let templates = campaign.templates.iter().flat_map(|template| &template.names);
            programs.extend(templates.map(|(_, program)| program));
            triggers.extend(campaign.triggers.iter().map(|trigger| &trigger.kind));
        }
        programs.extend(triggers.iter().filter_map(|kind| match kind {
            TriggerKind::RisesAbove { operand, .. }
            | TriggerKind::FallsBelow { operand, .. }
            | TriggerKind::Changed { operand } => Some(operand),
            _ => None,
        }));
        Self { programs, triggers }
    }

    fn read(&self, input: impl Fn(&Input) -> bool) -> bool {
        self.programs.iter().any(|program| program.reads(&input))
    }
}

impl Linter<'_> {
    pub(super) fn unused(&mut self) {
        let readers = Readers::of(self.playbook);
        self.unused_features(&readers);
        self.unused_segments(&readers);
        self.unused_attributes(&readers);
        self.unused_events(&readers);
    }

    fn unused_features(&mut self, readers: &Readers<'_>) {
        // A model reads every feature.
        if self.playbook.label().is_some() {
            return;
        }
        for (at, spec) in self.playbook.feature_set().specs.iter().enumerate() {
            if !readers.read(|input| *input == Input::Feature(at)) {
                let message =
                    format!("nothing reads `{}`, but a model that may be trained on it", spec.name);
                let path = format!("features.{}", spec.name);
                let fix = "take it out, unless a model needs it";
                self.note(LintCode::UnusedFeature, path, message, fix);
            }
        }
    }

    fn unused_segments(&mut self, readers: &Readers<'_>) {
        for (at, name) in self.playbook.segments().names.iter().enumerate() {
            let is = |state: &State| matches!(state, State::Segment(own) if *own == at);
            let watched = readers.triggers.iter().any(|kind| match kind {
                TriggerKind::Enters(state) | TriggerKind::Leaves(state) => is(state),
                _ => false,
            });
            if !watched && !readers.read(|input| *input == Input::Segment(at)) {
                let message =
                    format!("no campaign reads the segment `{name}`; it is only counted and shown");
                let fix = "leave it where it is looked at, else take it out";
                self.note(LintCode::UnusedSegment, format!("segments.{name}"), message, fix);
            }
        }
    }

    fn unused_attributes(&mut self, readers: &Readers<'_>) {
        let zone = self.playbook.schema().zone_attribute();
        for (at, field) in self.playbook.schema().attributes.iter().enumerate() {
            if Some(at) != zone && !readers.read(|input| *input == Input::Attribute(at)) {
                let message = format!("nothing reads the attribute `{}`", field.name);
                let path = format!("customer.{}", field.name);
                let fix = "take it out: it need not be sent";
                self.note(LintCode::UnusedAttribute, path, message, fix);
            }
        }
    }

    fn unused_events(&mut self, readers: &Readers<'_>) {
        let campaigns = &self.playbook.campaigns().set.campaigns;
        for (at, event) in self.playbook.schema().events.iter().enumerate() {
            let is = |own: &Option<usize>| own.is_none_or(|own| own == at);
            let watched = readers.triggers.iter().any(|kind| match kind {
                TriggerKind::Event(own) => *own == at,
                TriggerKind::Absent { event, since, .. } => is(event) || is(since),
                TriggerKind::Sequence { first, then, .. } => is(first) || is(then),
                _ => false,
            });
            let mut hoped = campaigns.iter().flat_map(CampaignSpec::watched_events);
            let hoped = hoped.any(|(name, _)| name == event.name);
            let counts = |input: &Input| matches!(input, Input::Aggregate(own) if own.reads(at));
            if !watched && !hoped && !readers.read(counts) {
                let message = format!("nothing reads the event type `{}`", event.name);
                let path = format!("events.{}", event.name);
                let fix = "take it out: it need not be sent";
                self.note(LintCode::UnusedEvent, path, message, fix);
            }
        }
    }
}
