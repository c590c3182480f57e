//! Findings about campaigns and guardrails.

use super::{LintCode, Linter};
use crate::campaign::{CampaignSpec, Cap, Period, ReEntry};
use crate::expr::{Domain, Input, Program, State, TriggerKind, Values};

const FIX_SENDS: &str = "allow what is meant to be sent, or take the campaigns out";

impl Linter<'_> {
    pub(super) fn campaigns(&mut self) {
        let plan = self.playbook.campaigns();
        for (at, (spec, programs)) in plan.set.campaigns.iter().zip(&plan.programs).enumerate() {
            let path = |key: &str| format!("campaigns[{at}].{key}");
            let alive: Vec<bool> =
                programs.triggers.iter().map(|known| self.trigger(&known.kind).is_none()).collect();
            if can_fire(&programs.on, &alive) {
                for (known, alive) in programs.triggers.iter().zip(&alive) {
                    if let Some(why) = self.trigger(&known.kind).filter(|_| !alive) {
                        let message = format!("`{}` can never fire: {why}", known.text);
                        let fix = "watch for what can be, or take the trigger out";
                        self.warn(LintCode::TriggerNeverFires, path("on"), message, fix);
                    }
                    if self.fires_once(&known.kind) {
                        let message = format!(
                            "`{}` fires at the first look at a customer and never again: what it watches is never on the other side",
                            known.text
                        );
                        let fix = "choose a threshold that can be crossed";
                        self.warn(LintCode::TriggerFiresOnce, path("on"), message, fix);
                    }
                }
            } else {
                let whys = programs.triggers.iter().filter_map(|known| {
                    self.trigger(&known.kind).map(|why| format!("`{}`: {why}", known.text))
                });
                let whys = whys.collect::<Vec<_>>().join("; ");
                let message = format!("the campaign `{}` can never fire ({whys})", spec.name);
                let fix = "watch for what can be, or take the campaign out";
                self.warn(LintCode::CampaignNeverFires, path("on"), message, fix);
            }
            if let Some(when) = &programs.when {
                let never = "the campaign never sends";
                self.condition(path("when"), when, never, "it stops only whom it knows nothing of");
            }
            if let Some(exit) = &programs.exit {
                let always = "the journey ends as soon as it is known";
                self.condition(path("exit"), exit, "nobody leaves the journey by it", always);
            }
            for (step, program) in programs.steps.iter().enumerate() {
                if let Some(program) = program {
                    let path = path(&format!("journey[{step}].branch"));
                    self.condition(
                        path,
                        program,
                        "nobody takes `then`",
                        "nobody of whom it is known takes `otherwise`",
                    );
                }
            }
            self.worth(at, spec, programs.value.as_ref());
            self.again(at, spec);
            self.hidden(at);
        }
    }

    /// Why a trigger can never fire.
    fn trigger(&self, kind: &TriggerKind) -> Option<String> {
        let range = |operand: &Program| match self.domain(operand).values {
            Values::Range(low, high) => (low, high),
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        };
        match kind {
            TriggerKind::RisesAbove { operand, threshold, .. } => {
                let (_, high) = range(operand);
                (high <= *threshold).then(|| format!("what it watches is at most {high}"))
            }
            TriggerKind::FallsBelow { operand, threshold, .. } => {
                let (low, _) = range(operand);
                (low >= *threshold).then(|| format!("what it watches is at least {low}"))
            }
            TriggerKind::Enters(State::Stage(name)) | TriggerKind::Leaves(State::Stage(name)) => {
                let reached = self.stages.contains(name);
                (!reached).then(|| format!("no customer can be in `{name}`"))
            }
            TriggerKind::Enters(State::Segment(at)) | TriggerKind::Leaves(State::Segment(at)) => {
                let empty = matches!(self.segments[*at].values, Values::Truth(false, _));
                empty.then(|| format!("nobody can be in `{}`", self.playbook.segments().names[*at]))
            }
            TriggerKind::Changed { operand } => match self.domain(operand) {
                Domain { values: Values::Range(low, high), missing: false } if low == high => {
                    Some(format!("what it watches is always {low}"))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a crossing is only ever found at the first look.
    fn fires_once(&self, kind: &TriggerKind) -> bool {
        let range = |operand: &Program| self.domain(operand).values;
        match kind {
            TriggerKind::RisesAbove { operand, threshold, margin } => {
                matches!(range(operand), Values::Range(low, _) if low > *threshold - margin && low > *threshold)
            }
            TriggerKind::FallsBelow { operand, threshold, .. } => {
                matches!(range(operand), Values::Range(_, high) if high < *threshold)
            }
            _ => false,
        }
    }

    /// Whether a send can ever be worth its cost, and paid for.
    fn worth(&mut self, at: usize, spec: &CampaignSpec, value: Option<&Program>) {
        let least = spec.actions.iter().map(|action| action.cost).fold(f64::INFINITY, f64::min);
        if let Some(Values::Range(_, high)) = value.map(|value| self.domain(value).values)
            && high < least
        {
            let message = format!(
                "the value is at most {high}, and the cheapest action costs {least}: nothing is ever worth sending"
            );
            let fix = "correct the value or the costs";
            self.warn(LintCode::ValueBelowCost, format!("campaigns[{at}].value"), message, fix);
        }
        for budget in spec.budgets.iter().filter(|budget| budget.max < least) {
            let message = format!(
                "the budget is {}, and the cheapest action costs {least}: nothing is ever sent",
                budget.max
            );
            let path = format!("campaigns[{at}].budget");
            self.warn(
                LintCode::BudgetBelowCost,
                path,
                message,
                "give it more, or take the campaign out",
            );
        }
    }

    /// Holdout, cooldown and re-entry.
    fn again(&mut self, at: usize, spec: &CampaignSpec) {
        if spec.holdout >= 1.0 {
            let message =
                format!("everybody is in the holdout of `{}`: nothing is ever sent", spec.name);
            let path = format!("campaigns[{at}].holdout");
            self.warn(LintCode::HoldoutOfAll, path, message, "name a share below 1");
        }
        let path = format!("campaigns[{at}].cooldown");
        match (spec.cooldown, spec.re_entry) {
            (Some(cooldown), ReEntry::After(span)) if cooldown > span => {
                let message = format!(
                    "the cooldown of {cooldown} outlasts the {span} until a new entry: whoever comes in again before it is over is sent nothing"
                );
                let fix = "make the cooldown as long as `re_entry` or shorter";
                self.warn(LintCode::CooldownOutlastsReEntry, path, message, fix);
            }
            (Some(_), ReEntry::Never) if spec.journey.is_none() => {
                let message = "nobody comes in twice, so there is nothing to cool down from";
                self.note(LintCode::CooldownUnused, path, message, "take the cooldown out");
            }
            _ => {}
        }
    }

    /// Whether another campaign fires whenever this one does, goes first, and uses up the one send
    /// that a cap leaves them.
    fn hidden(&mut self, at: usize) {
        let plan = self.playbook.campaigns();
        let (spec, programs) = (&plan.set.campaigns[at], &plan.programs[at]);
        for (other_at, (other, of_other)) in
            plan.set.campaigns.iter().zip(&plan.programs).enumerate()
        {
            // Rules of its own could stop the other one, and then this one goes.
            let free = other.cooldown.is_none()
                && other.re_entry == ReEntry::Always
                && other.holdout == 0.0
                && other.budgets.is_empty()
                && other.journey.is_none();
            let first = other.priority > spec.priority
                && programs.value.is_none()
                && of_other.value.is_none()
                && spec.journey.is_none();
            let texts = |triggers: &[crate::expr::Trigger]| -> Vec<String> {
                triggers.iter().map(|trigger| trigger.text.clone()).collect()
            };
            let same = texts(&programs.triggers) == texts(&of_other.triggers)
                && programs.on == of_other.on;
            let implied = match (&programs.when, &of_other.when) {
                (_, None) => true,
                (Some(own), Some(other)) => own.implies(other),
                (None, Some(_)) => false,
            };
            let channel = other.actions.first().map(|action| action.channel.as_str());
            let mut channels = spec.actions.iter().chain(&other.actions);
            let one = channels.all(|action| Some(action.channel.as_str()) == channel);
            let capped = plan.set.guardrails.caps.iter().any(|cap| {
                cap.max == 1
                    && cap.campaign.is_none()
                    && cap.group.is_none()
                    && cap.channel.as_deref().is_none_or(|own| Some(own) == channel)
            });
            if other_at != at && free && first && same && implied && one && capped {
                let message = format!(
                    "`{}` fires whenever `{}` does, goes first by its priority, and uses up the one send that a cap allows",
                    other.name, spec.name
                );
                let fix = "let the conditions exclude each other, or raise the cap";
                let path = format!("campaigns[{at}].on");
                self.warn(LintCode::CampaignHidden, path, message, fix);
                return;
            }
        }
    }

    pub(super) fn guardrails(&mut self) {
        let plan = self.playbook.campaigns();
        let rules = &plan.set.guardrails;
        if let Some(list) = &plan.suppression {
            let path = "guardrails.suppression".to_owned();
            self.condition(
                path,
                list,
                "nobody is on the list",
                "everybody of whom it is known is on the list",
            );
        }
        for (channel, program) in rules.consent.iter().zip(&plan.consent) {
            let path = format!("guardrails.consent.{channel}");
            let never = format!("nothing is ever sent by `{channel}`");
            self.condition(path, program, &never, "everybody of whom it is known consents");
        }
        if rules.holdout >= 1.0 {
            let message = "everybody is in the global holdout: nothing is ever sent";
            let path = "guardrails.holdout".to_owned();
            self.warn(LintCode::HoldoutOfAll, path, message, "name a share below 1");
        }
        for (at, cap) in rules.caps.iter().enumerate() {
            let path = format!("guardrails.caps[{at}].max");
            if cap.max == 0 {
                let message = "a cap of 0: nothing that it counts is ever sent";
                self.warn(LintCode::CapOfZero, path, message, FIX_SENDS);
                continue;
            }
            let stricter = rules.caps.iter().enumerate().find(|(other_at, other)| {
                let harder = other.max < cap.max || (other.max == cap.max && *other_at < at);
                *other_at != at && harder && covers(other, cap)
            });
            if let Some((other_at, other)) = stricter {
                let message = format!(
                    "a cap of {} is never reached: `guardrails.caps[{other_at}]` counts all that it counts, for at least as long, and allows {}",
                    cap.max, other.max
                );
                let fix = "lower this cap, raise the other, or take this one out";
                self.warn(LintCode::CapUnreachable, path, message, fix);
            }
        }
    }
}

/// Whether `wide` counts every send that `narrow` counts, for at least as long.
fn covers(wide: &Cap, narrow: &Cap) -> bool {
    let any_or_same =
        |wide: &Option<String>, narrow: &Option<String>| wide.is_none() || wide == narrow;
    let longer = match (wide.per, narrow.per) {
        (Period::Rolling(wide), Period::Rolling(narrow)) => wide >= narrow,
        (Period::CalendarWeek | Period::CalendarMonth, Period::CalendarDay) => true,
        (wide, narrow) => wide == narrow,
    };
    longer
        && any_or_same(&wide.channel, &narrow.channel)
        && any_or_same(&wide.campaign, &narrow.campaign)
        && any_or_same(&wide.group, &narrow.group)
}

/// Whether the condition over triggers can be true where only some of them fire.
fn can_fire(on: &Program, alive: &[bool]) -> bool {
    let domain = on.domain(&|input| match input {
        Input::Trigger(at) => {
            let alive = alive.get(*at).copied().unwrap_or(true);
            Domain { values: Values::Truth(alive, true), missing: false }
        }
        _ => Domain::of(Values::Any),
    });
    !matches!(domain.values, Values::Truth(false, _))
}
