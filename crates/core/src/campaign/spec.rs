//! What a playbook says of its campaigns: the actions, the policy that chooses among them, and the
//! guardrails over all.

use serde::{Deserialize, Serialize};

use super::period::Period;
use crate::error::{Error, ErrorCode, Result, did_you_mean};
use crate::time::Span;

/// What a campaign hopes for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The event type that reaches it.
    pub event: String,
    /// How long after a send it counts.
    pub within: Span,
}

/// Something a campaign can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionSpec {
    /// Its name.
    pub name: String,
    /// The channel it goes out by, for instance `email`.
    pub channel: String,
    /// What one send costs, in the unit of the campaign's value.
    pub cost: f64,
}

/// How a campaign chooses among its actions.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Policy {
    /// Always the first.
    #[default]
    Fixed,
    /// Each with the chance its weight says; a customer gets the same one every time.
    Split {
        /// The weights, one for each action; only their ratios matter.
        weights: Vec<f64>,
    },
}

/// One campaign.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CampaignSpec {
    /// Its name.
    pub name: String,
    /// Higher goes first.
    pub priority: f64,
    /// How long after a send the campaign leaves the same customer alone.
    pub cooldown: Option<Span>,
    /// The share of customers it never reaches, 0 to 1.
    pub holdout: f64,
    /// What it hopes for.
    pub goal: Option<Goal>,
    /// What it can do: one action or more.
    pub actions: Vec<ActionSpec>,
    /// How it chooses.
    pub policy: Policy,
}

/// The most sends in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// Counts only this channel.
    pub channel: Option<String>,
    /// Counts only this campaign.
    pub campaign: Option<String>,
    /// How many sends there can be.
    pub max: u32,
    /// In which period.
    pub per: Period,
}

/// The rules that hold for all campaigns.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Guardrails {
    /// The channels that need the customer's consent.
    pub consent: Vec<String>,
    /// The share of customers whom no campaign ever reaches, 0 to 1.
    pub holdout: f64,
    /// The frequency caps.
    pub caps: Vec<Cap>,
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

impl Cap {
    /// Whether it counts a send of `campaign` by `channel`.
    pub(super) fn counts(&self, campaign: &str, channel: &str) -> bool {
        self.campaign.as_deref().is_none_or(|only| only == campaign)
            && self.channel.as_deref().is_none_or(|only| only == channel)
    }
}

fn wrong(path: String, message: impl Into<String>) -> Error {
    Error::new(ErrorCode::PlaybookValue, "playbook", message).at_path(path)
}

fn check_share(path: String, share: f64) -> Result<()> {
    if (0.0..=1.0).contains(&share) {
        return Ok(());
    }
    Err(wrong(path, format!("`{share}` is not a share; expected 0 to 1")))
}

/// Checks that `name` is one of `known`.
fn check_known<'a>(
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

    /// The action for a customer at `unit` of the split, and the chance it had. None of a campaign
    /// without actions, which [`CampaignSet::check`] refuses.
    pub(super) fn choose(&self, unit: impl FnOnce() -> f64) -> Option<(&ActionSpec, f64)> {
        let Policy::Split { weights } = &self.policy else {
            return self.actions.first().map(|action| (action, 1.0));
        };
        let total = weights.iter().fold(0.0, |sum, weight| sum + weight);
        let mark = unit() * total;
        let mut running = 0.0;
        let mut chosen = None;
        for (action, weight) in
            self.actions.iter().zip(weights).filter(|(_, weight)| **weight > 0.0)
        {
            // Should rounding put the mark at the very end, the last one with a weight has it.
            chosen = Some((action, weight / total));
            running += weight;
            if mark < running {
                break;
            }
        }
        chosen
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
        check_share("guardrails.holdout".to_owned(), self.guardrails.holdout)?;
        let channels = || {
            let actions = self.campaigns.iter().flat_map(|campaign| &campaign.actions);
            actions.map(|action| action.channel.as_str())
        };
        for channel in &self.guardrails.consent {
            let path = format!("guardrails.consent.{channel}");
            check_known(path, "the channel of any action", channel, channels())?;
        }
        for (index, cap) in self.guardrails.caps.iter().enumerate() {
            let path = |key: &str| format!("guardrails.caps[{index}].{key}");
            if let Some(channel) = &cap.channel {
                check_known(path("channel"), "the channel of any action", channel, channels())?;
            }
            if let Some(campaign) = &cap.campaign {
                let names = self.campaigns.iter().map(|campaign| campaign.name.as_str());
                check_known(path("campaign"), "a campaign", campaign, names)?;
            }
            if matches!(cap.per, Period::Rolling(span) if span <= Span::ZERO) {
                return Err(wrong(path("per"), "a period is longer than no time"));
            }
        }
        Ok(())
    }

    /// How far back sends have to be known for the caps.
    pub(super) fn memory(&self) -> Span {
        let longest = self.guardrails.caps.iter().map(|cap| cap.per.longest()).max();
        longest.unwrap_or(Span::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> CampaignSet {
        let action = |name: &str, channel: &str| ActionSpec {
            name: name.to_owned(),
            channel: channel.to_owned(),
            cost: 0.8,
        };
        let campaign = CampaignSpec {
            name: "win_back".to_owned(),
            priority: 10.0,
            cooldown: Some(Span::days(30)),
            holdout: 0.1,
            goal: Some(Goal { event: "login".to_owned(), within: Span::days(14) }),
            actions: vec![action("discount_mail", "email"), action("csm_call", "task")],
            policy: Policy::Split { weights: vec![3.0, 1.0] },
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
                    max: 2,
                    per: Period::Rolling(Span::days(7)),
                }],
            },
        }
    }

    type Case = (&'static str, fn(&mut CampaignSet));

    #[test]
    fn what_cannot_be_is_refused_at_its_key() {
        set().check().unwrap();
        CampaignSet::default().check().unwrap();
        let cases: Vec<Case> = vec![
            ("campaigns[0].name", |set| set.campaigns[0].name.clear()),
            ("campaigns[1].name", |set| set.campaigns.push(set.campaigns[0].clone())),
            ("campaigns[0].priority", |set| set.campaigns[0].priority = f64::INFINITY),
            ("campaigns[0].holdout", |set| set.campaigns[0].holdout = 1.5),
            ("campaigns[0].holdout", |set| set.campaigns[0].holdout = f64::NAN),
            ("campaigns[0].cooldown", |set| set.campaigns[0].cooldown = Some(Span::days(-1))),
            ("campaigns[0].actions", |set| set.campaigns[0].actions.clear()),
            ("campaigns[0].actions[0].name", |set| set.campaigns[0].actions[0].name.clear()),
            ("campaigns[0].actions[1].channel", |set| set.campaigns[0].actions[1].channel.clear()),
            ("campaigns[0].actions[1].name", |set| {
                set.campaigns[0].actions[1].name = "discount_mail".to_owned();
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

    #[test]
    fn a_split_follows_its_weights() {
        let mut campaign = set().campaigns.remove(0);
        let chosen = |campaign: &CampaignSpec, unit: f64| {
            campaign.choose(|| unit).map(|(action, chance)| (action.name.clone(), chance)).unwrap()
        };
        assert_eq!(chosen(&campaign, 0.0), ("discount_mail".to_owned(), 0.75));
        assert_eq!(chosen(&campaign, 0.749), ("discount_mail".to_owned(), 0.75));
        assert_eq!(chosen(&campaign, 0.75), ("csm_call".to_owned(), 0.25));
        campaign.policy = Policy::Split { weights: vec![1.0, 0.0] };
        assert_eq!(chosen(&campaign, 0.999_999), ("discount_mail".to_owned(), 1.0));
        campaign.policy = Policy::Split { weights: vec![0.0, 1.0] };
        assert_eq!(chosen(&campaign, 0.0), ("csm_call".to_owned(), 1.0));
        campaign.policy = Policy::Fixed;
        assert_eq!(chosen(&campaign, 0.9), ("discount_mail".to_owned(), 1.0));
    }
}
