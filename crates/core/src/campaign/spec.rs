//! What a playbook says of its campaigns: the actions, the policy that chooses among them, and the
//! guardrails over all.

use serde::{Deserialize, Serialize};

use super::Name;
use super::journey::{Journey, StepKind};
use super::policy::Policy;
use super::rules::{Budget, Guardrails};
use crate::error::{Error, ErrorCode, Result, did_you_mean};
use crate::time::{Span, Timestamp};

/// What a campaign hopes for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The event type that it is about.
    pub event: String,
    /// How long after a send it counts.
    pub within: Span,
    /// Whether the goal is that no such event happens in that time, rather than that one does.
    pub avoid: bool,
}

/// Something a campaign can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionSpec {
    /// Its name.
    pub name: Name,
    /// The channel it goes out by, for instance `email`.
    pub channel: Name,
    /// What one send costs, in the unit of the campaign's value.
    pub cost: f64,
    /// What is sent, as a template.
    pub template: Option<String>,
}

/// How often a customer can come into a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ReEntry {
    /// As often as it fires.
    #[default]
    Always,
    /// Once.
    Never,
    /// Again when so much time has passed since the last time.
    After(Span),
}

/// One campaign.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CampaignSpec {
    /// Its name.
    pub name: Name,
    /// Of campaigns that promise the same, the higher goes first.
    pub priority: f64,
    /// The group that caps may count together.
    pub group: Option<String>,
    /// How long after a send the campaign leaves the same customer alone.
    pub cooldown: Option<Span>,
    /// How often a customer can come in.
    pub re_entry: ReEntry,
    /// The share of customers it never reaches, 0 to 1.
    pub holdout: f64,
    /// What its sends may cost.
    pub budgets: Vec<Budget>,
    /// What it hopes for.
    pub goal: Option<Goal>,
    /// What it can do: one action or more.
    pub actions: Vec<ActionSpec>,
    /// How it chooses.
    pub policy: Policy,
    /// Its steps, where it is a journey. Each action of it is a step, so no policy chooses.
    pub journey: Option<Journey>,
}

/// All campaigns of a playbook and the rules over them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CampaignSet {
    /// The name of the playbook, which salts every assignment and decision id.
    pub playbook: String,
    /// The campaigns, in the playbook's order.
    pub campaigns: Vec<CampaignSpec>,
    /// The rules over all of them.
    pub guardrails: Guardrails,
}

pub(super) fn wrong(path: String, message: impl Into<String>) -> Error {
    Error::new(ErrorCode::PlaybookValue, "playbook", message).at_path(path)
}

pub(super) fn check_share(path: String, share: f64) -> Result<()> {
    if (0.0..=1.0).contains(&share) {
        return Ok(());
    }
    Err(wrong(path, format!("`{share}` is not a share; expected 0 to 1")))
}

/// Checks that `name` is one of `known`.
pub(super) fn check_known<'a>(
    path: String,
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Result<()> {
    if known.clone().any(|other| other == name) {
        return Ok(());
    }
    let hint = did_you_mean(name, known);
    Err(wrong(path, format!("`{name}` is not {what}{hint}")))
}

impl CampaignSpec {
    /// The event types that its goal and journey look for, and for how long after a send or step.
    pub fn watched_events(&self) -> impl Iterator<Item = (&str, Span)> {
        let goal = self.goal.iter().map(|goal| (goal.event.as_str(), goal.within));
        let steps = self.journey.iter().flat_map(|journey| &journey.steps);
        goal.chain(steps.filter_map(|step| match &step.kind {
            StepKind::WaitFor { event, within, .. } => Some((event.as_str(), *within)),
            _ => None,
        }))
    }

    fn check(&self, index: usize) -> Result<()> {
        let path = |key: &str| format!("campaigns[{index}]{key}");
        if self.name.is_empty() {
            return Err(wrong(path(".name"), "the name is empty"));
        }
        if !self.priority.is_finite() {
            return Err(wrong(path(".priority"), format!("`{}` is not a number", self.priority)));
        }
        check_share(path(".holdout"), self.holdout)?;
        if self.cooldown.is_some_and(|cooldown| cooldown < Span::ZERO) {
            return Err(wrong(path(".cooldown"), "a cooldown is not negative"));
        }
        if self.actions.is_empty() {
            return Err(wrong(path(".actions"), "there is no action; expected one or more"));
        }
        for (at, action) in self.actions.iter().enumerate() {
            let path = |key: &str| format!("campaigns[{index}].actions[{at}]{key}");
            if action.name.is_empty() {
                return Err(wrong(path(".name"), "the name is empty"));
            }
            if action.channel.is_empty() {
                return Err(wrong(path(".channel"), "the channel is empty"));
            }
            if self.actions.iter().take(at).any(|earlier| earlier.name == action.name) {
                return Err(wrong(
                    path(".name"),
                    format!("the action `{}` is there twice", action.name),
                ));
            }
            if !(action.cost.is_finite() && action.cost >= 0.0) {
                return Err(wrong(
                    path(".cost"),
                    format!("`{}` is not a cost; expected 0 or more", action.cost),
                ));
            }
        }
        if matches!(self.re_entry, ReEntry::After(span) if span <= Span::ZERO) {
            return Err(wrong(path(".re_entry"), "the time until a new entry is longer than none"));
        }
        for (at, budget) in self.budgets.iter().enumerate() {
            budget.check(&path(&format!(".budget[{at}]")))?;
        }
        if let Some(journey) = &self.journey {
            journey.check(self, &path(".journey"))?;
        }
        self.check_policy(&path(".policy.weights"))
    }

    fn check_policy(&self, path: &str) -> Result<()> {
        let Policy::Split { weights } = &self.policy else {
            return Ok(());
        };
        if weights.len() != self.actions.len() {
            return Err(wrong(
                path.to_owned(),
                format!("there are {} weights for {} actions", weights.len(), self.actions.len()),
            ));
        }
        // The upper bound keeps the sum finite.
        if let Some(weight) = weights.iter().find(|weight| !(0.0..=1e12).contains(*weight)) {
            return Err(wrong(
                path.to_owned(),
                format!("`{weight}` is not a weight; expected 0 to 1e12"),
            ));
        }
        if weights.iter().all(|weight| *weight == 0.0) {
            return Err(wrong(path.to_owned(), "all weights are 0; expected one above"));
        }
        Ok(())
    }
}

impl CampaignSet {
    /// Checks every number, and that every name is there once and known where it is used.
    ///
    /// A consent rule or a cap for a channel that no action has is refused, because a misspelt one
    /// would let sends through in silence.
    ///
    /// # Errors
    /// [`ErrorCode::PlaybookValue`] with the path of the key that is wrong.
    pub fn check(&self) -> Result<()> {
        for (index, campaign) in self.campaigns.iter().enumerate() {
            campaign.check(index)?;
            if self.campaigns.iter().take(index).any(|earlier| earlier.name == campaign.name) {
                let path = format!("campaigns[{index}].name");
                return Err(wrong(
                    path,
                    format!("the campaign `{}` is there twice", campaign.name),
                ));
            }
        }
        self.guardrails.check(self)
    }

    /// Whether any campaign chooses by what it has learned.
    #[must_use]
    pub fn learns(&self) -> bool {
        self.campaigns.iter().any(|campaign| campaign.policy.learning().is_some())
    }

    /// How far back sends have to be known, for the guardrails and for the goals.
    pub(super) fn memory(&self) -> Span {
        let goals = self.campaigns.iter().filter_map(|campaign| campaign.goal.as_ref());
        let goals = goals.map(|goal| goal.within);
        let budgets = self.campaigns.iter().flat_map(|campaign| &campaign.budgets);
        let lessons = self.campaigns.iter().filter_map(|campaign| campaign.policy.memory());
        let longest = budgets.map(|budget| budget.per.longest()).chain(goals).chain(lessons).max();
        longest.unwrap_or(Span::ZERO).max(self.guardrails.memory())
    }

    /// Since when what was sent is remembered at `as_of`. What a month needs is kept in any case, for
    /// the rules that the next playbook brings.
    pub(super) fn remembered_since(&self, as_of: Timestamp) -> Timestamp {
        as_of.minus(self.memory().max(Span::days(35)))
    }

    /// Whether anything limits what sends may cost.
    #[must_use]
    pub fn has_budgets(&self) -> bool {
        let own = self.campaigns.iter().any(|campaign| !campaign.budgets.is_empty());
        own || !self.guardrails.budgets.is_empty()
    }

    /// What the campaign of that name hopes for.
    pub(super) fn goal(&self, campaign: &str) -> Option<&Goal> {
        self.campaign(campaign)?.goal.as_ref()
    }

    /// The campaign of that name.
    pub(super) fn campaign(&self, name: &str) -> Option<&CampaignSpec> {
        self.campaigns.iter().find(|campaign| campaign.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Cap, Period};
    use super::*;

    fn set() -> CampaignSet {
        let action = |name: &str, channel: &str| ActionSpec {
            name: name.into(),
            channel: channel.into(),
            cost: 0.8,
            template: None,
        };
        let campaign = CampaignSpec {
            name: "win_back".into(),
            priority: 10.0,
            cooldown: Some(Span::days(30)),
            holdout: 0.1,
            goal: Some(Goal { event: "login".to_owned(), within: Span::days(14), avoid: false }),
            actions: vec![action("discount_mail", "email"), action("csm_call", "task")],
            policy: Policy::Split { weights: vec![3.0, 1.0] },
            ..CampaignSpec::default()
        };
        CampaignSet {
            playbook: "acme".to_owned(),
            campaigns: vec![campaign],
            guardrails: Guardrails {
                consent: vec!["email".to_owned()],
                holdout: 0.05,
                caps: vec![Cap {
                    channel: Some("email".to_owned()),
                    campaign: Some("win_back".to_owned()),
                    group: None,
                    max: 2,
                    per: Period::Rolling(Span::days(7)),
                }],
                ..Guardrails::default()
            },
        }
    }

    type Case = (&'static str, fn(&mut CampaignSet));

    #[test]
    fn what_cannot_be_is_refused_at_its_key() {
        set().check().unwrap();
        CampaignSet::default().check().unwrap();
        let cases: Vec<Case> = vec![
            ("campaigns[0].name", |set| set.campaigns[0].name = Name::default()),
            ("campaigns[1].name", |set| set.campaigns.push(set.campaigns[0].clone())),
            ("campaigns[0].priority", |set| set.campaigns[0].priority = f64::INFINITY),
            ("campaigns[0].holdout", |set| set.campaigns[0].holdout = 1.5),
            ("campaigns[0].holdout", |set| set.campaigns[0].holdout = f64::NAN),
            ("campaigns[0].cooldown", |set| set.campaigns[0].cooldown = Some(Span::days(-1))),
            ("campaigns[0].actions", |set| set.campaigns[0].actions.clear()),
            ("campaigns[0].actions[0].name", |set| {
                set.campaigns[0].actions[0].name = Name::default();
            }),
            ("campaigns[0].actions[1].channel", |set| {
                set.campaigns[0].actions[1].channel = Name::default();
            }),
            ("campaigns[0].actions[1].name", |set| {
                set.campaigns[0].actions[1].name = "discount_mail".into();
            }),
            ("campaigns[0].actions[0].cost", |set| set.campaigns[0].actions[0].cost = -1.0),
            ("campaigns[0].policy.weights", |set| {
                set.campaigns[0].policy = Policy::Split { weights: vec![1.0] };
            }),
            ("campaigns[0].policy.weights", |set| {
                set.campaigns[0].policy = Policy::Split { weights: vec![1.0, -1.0] };
            }),
            ("campaigns[0].policy.weights", |set| {
                set.campaigns[0].policy = Policy::Split { weights: vec![0.0, 0.0] };
            }),
            ("guardrails.holdout", |set| set.guardrails.holdout = -0.1),
            ("guardrails.consent.emial", |set| set.guardrails.consent[0] = "emial".to_owned()),
            ("guardrails.caps[0].channel", |set| {
                set.guardrails.caps[0].channel = Some("sms".to_owned());
            }),
            ("guardrails.caps[0].campaign", |set| {
                set.guardrails.caps[0].campaign = Some("winback".to_owned());
            }),
            ("guardrails.caps[0].per", |set| {
                set.guardrails.caps[0].per = Period::Rolling(Span::ZERO);
            }),
        ];
        for (path, change) in cases {
            let mut set = set();
            change(&mut set);
            let error = set.check().unwrap_err();
            assert_eq!(error.code(), ErrorCode::PlaybookValue);
            assert_eq!(error.path(), Some(path), "{error}");
        }
    }

    #[test]
    fn a_misspelt_channel_is_told_the_right_one() {
        let mut set = set();
        set.guardrails.consent[0] = "emial".to_owned();
        assert_eq!(
            set.check().unwrap_err().to_string(),
            "playbook `guardrails.consent.emial`: `emial` is not the channel of any action; did you mean `email`?"
        );
    }
}
