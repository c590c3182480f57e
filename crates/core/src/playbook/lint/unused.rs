//! Notes about what nothing reads.

use super::{LintCode, Linter};
use crate::expr::{Input, Program, State, TriggerKind};

impl Linter<'_> {
    pub(super) fn unused(&mut self) {
        let playbook = self.playbook;
        let specs = &playbook.feature_set().specs;
        let mut programs: Vec<&Program> = Vec::new();
        let mut others: Vec<&Program> = Vec::new();
        programs.extend(specs.iter().map(|spec| &spec.program));
        if let Some(label) = playbook.label() {
            others.push(&label.label);
            others.extend(&label.eligible);
        }
        if let Some(health) = playbook.health() {
            others.extend(&health.scores);
            if let Some(accounts) = &health.accounts {
                others.push(&accounts.parent);
                others.extend(&accounts.weight);
            }
        }
        if let Some(plan) = playbook.lifecycle() {
            others.extend(&plan.when);
            others.extend(plan.enter.iter().flatten());
        }
        others.extend(&playbook.segments().programs);
        let plan = playbook.campaigns();
        others.extend(&plan.suppression);
        others.extend(&plan.consent);
        let mut triggers = Vec::new();
        for campaign in &plan.programs {
            others.extend(campaign.when.iter().chain(&campaign.value).chain(&campaign.exit));
            others.extend(campaign.steps.iter().flatten());
            let templates = campaign.templates.iter().flat_map(|template| &template.names);
            others.extend(templates.map(|(_, program)| program));
            triggers.extend(campaign.triggers.iter().map(|trigger| &trigger.kind));
        }
        for kind in &triggers {
            match kind {
                TriggerKind::RisesAbove { operand, .. }
                | TriggerKind::FallsBelow { operand, .. }
                | TriggerKind::Changed { operand } => others.push(operand),
                _ => {}
            }
        }
        programs.extend(&others);
        let read = |test: &dyn Fn(&Input) -> bool| {
            programs.iter().any(|program| program.reads(&|input| test(input)))
        };
        // A model reads every feature.
        if playbook.label().is_none() {
            for (at, spec) in specs.iter().enumerate() {
                if !read(&|input| *input == Input::Feature(at)) {
                    let message = format!(
                        "nothing reads `{}`, but a model that may be trained on it",
                        spec.name
                    );
                    let path = format!("features.{}", spec.name);
                    self.note(
                        LintCode::UnusedFeature,
                        path,
                        message,
                        "take it out, unless a model needs it",
                    );
                }
            }
        }
        for (at, name) in playbook.segments().names.iter().enumerate() {
            let watched = triggers.iter().any(|kind| {
                matches!(kind, TriggerKind::Enters(State::Segment(own)) | TriggerKind::Leaves(State::Segment(own)) if *own == at)
            });
            if !watched && !read(&|input| *input == Input::Segment(at)) {
                let message =
                    format!("no campaign reads the segment `{name}`; it is only counted and shown");
                self.note(
                    LintCode::UnusedSegment,
                    format!("segments.{name}"),
                    message,
                    "leave it where it is looked at, else take it out",
                );
            }
        }
        let zone = playbook.schema().zone_attribute();
        for (at, field) in playbook.schema().attributes.iter().enumerate() {
            if Some(at) != zone && !read(&|input| *input == Input::Attribute(at)) {
                let message = format!("nothing reads the attribute `{}`", field.name);
                self.note(
                    LintCode::UnusedAttribute,
                    format!("customer.{}", field.name),
                    message,
                    "take it out: it need not be sent",
                );
            }
        }
        let campaigns = &plan.set.campaigns;
        for (at, event) in playbook.schema().events.iter().enumerate() {
            let is = |own: &Option<usize>| own.is_none_or(|own| own == at);
            let watched = triggers.iter().any(|kind| match kind {
                TriggerKind::Event(own) => *own == at,
                TriggerKind::Absent { event, since, .. } => is(event) || is(since),
                TriggerKind::Sequence { first, then, .. } => is(first) || is(then),
                _ => false,
            });
            let mut hoped = campaigns.iter().flat_map(|spec| spec.watched_events());
            let hoped = hoped.any(|(name, _)| name == event.name);
            let counted = read(&|input| matches!(input, Input::Aggregate(own) if own.reads(at)));
            if !watched && !hoped && !counted {
                let message = format!("nothing reads the event type `{}`", event.name);
                self.note(
                    LintCode::UnusedEvent,
                    format!("events.{}", event.name),
                    message,
                    "take it out: it need not be sent",
                );
            }
        }
    }
}
