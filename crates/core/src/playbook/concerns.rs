//! Which features a campaign is about: those that its triggers, conditions, value and policy read,
//! directly or through segments, stages and other features.

use super::{CampaignPrograms, Playbook};
use crate::expr::{Input, Program, State, TriggerKind};

impl Playbook {
    /// For each feature, whether a campaign with these expressions is about it.
    pub(crate) fn concerns(&self, campaign: &CampaignPrograms) -> Vec<bool> {
        let specs = &self.feature_set().specs;
        let mut found = vec![false; specs.len()];
        let CampaignPrograms { when, value, exit, context, steps, triggers, .. } = campaign;
        let mut programs: Vec<&Program> = Vec::new();
        programs.extend(when.iter().chain(value).chain(exit).chain(context));
        programs.extend(steps.iter().flatten());
        programs.extend(triggers.iter().flat_map(|trigger| self.watched(&trigger.kind)));
        // What is read through a segment or the stage is read too; a program seen before adds nothing.
        let mut next = 0;
        while let Some(program) = programs.get(next).copied() {
            next += 1;
            for (at, spec) in specs.iter().enumerate() {
                if !found[at] && program.reads(&|input| *input == Input::Feature(at)) {
                    found[at] = true;
                    programs.push(&spec.program);
                }
            }
            let known = |new: &Program, programs: &[&Program]| {
                programs.iter().any(|known| std::ptr::eq(*known, new))
            };
            for (at, segment) in self.segments().programs.iter().enumerate() {
                let read = program.reads(&|input| *input == Input::Segment(at));
                if read && !known(segment, &programs) {
                    programs.push(segment);
                }
            }
            if program.reads(&|input| *input == Input::Lifecycle) {
                let new = self.stages().filter(|stage| !known(stage, &programs));
                let new: Vec<&Program> = new.collect();
                programs.extend(new);
            }
        }
        found
    }

    /// The expressions that a trigger watches.
    fn watched<'p>(&'p self, kind: &'p TriggerKind) -> Vec<&'p Program> {
        match kind {
            TriggerKind::RisesAbove { operand, .. }
            | TriggerKind::FallsBelow { operand, .. }
            | TriggerKind::Changed { operand } => vec![operand],
            TriggerKind::Enters(state) | TriggerKind::Leaves(state) => match state {
                State::Stage(_) => self.stages().collect(),
                State::Segment(at) => self.segments().programs.get(*at).into_iter().collect(),
            },
            _ => Vec::new(),
        }
    }

    /// The conditions of the lifecycle's stages.
    fn stages(&self) -> impl Iterator<Item = &Program> {
        let plan = self.lifecycle();
        let when = plan.into_iter().flat_map(|plan| &plan.when);
        when.chain(plan.into_iter().flat_map(|plan| plan.enter.iter().flatten()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_is_about_what_it_reads_through_others_too() {
        let playbook = Playbook::parse(
            r#"
            [playbook]
            name = "acme"
            [events.login]
            [events.ticket]
            [features]
            logins = 'count(login, "7d")'
            usual = 'count(login, "90d")'
            pace = 'ratio(logins, usual)'
            tickets = 'count(ticket, "30d")'
            other = 'count(events, "1d")'
            [lifecycle]
            quiet = 'logins < 1'
            active = 'true'
            [segments]
            fading = 'pace < 0.5'
            [[campaigns]]
            name = "segment"
            on = 'enters(segments, "fading")'
            actions = [{ name = "mail", channel = "email" }]
            [[campaigns]]
            name = "stage"
            on = 'rises_above(tickets, 2)'
            when = 'lifecycle == "quiet"'
            actions = [{ name = "mail", channel = "email" }]
            [[campaigns]]
            name = "event"
            on = 'ticket'
            actions = [{ name = "mail", channel = "email" }]
            "#,
        );
        let playbook = playbook.unwrap();
        let concerns = |at: usize| playbook.concerns(&playbook.campaigns().programs[at]);
        assert_eq!(concerns(0), [true, true, true, false, false]);
        assert_eq!(concerns(1), [true, false, false, true, false]);
        assert_eq!(concerns(2), [false; 5]);
    }
}
