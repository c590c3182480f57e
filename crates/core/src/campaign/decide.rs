//! What becomes of the campaigns that fired for one customer at one instant.
//!
//! Campaigns go by priority, the higher first; then by value less the cost of the chosen action,
//! the greater first, where a missing value counts as 0; then by name. Each passes the guardrails
//! or is stopped, and a send counts towards the caps of those after it.
//!
//! Every firing opens an entry with the next epoch of that campaign and customer, and is used up
//! by it, whatever comes of it: a send that is suppressed is not made up for later, the trigger has
//! to fire again. A firing whose `when` is false or missing is recorded too, as a suppression with
//! the reason `condition`: it uses up an edge that may not come back for months, and without a
//! record nobody could tell it from a trigger that never fired.
//!
//! The action is chosen before the guardrails are asked, and its channel is what they are asked
//! about. A split does not turn to another action when consent is missing for the one it drew,
//! since the shares would then no longer be those of the weights.

use super::assign::split_unit;
use super::decision::{Decision, Suppression, decision_id};
use super::guard::Candidate;
use super::spec::{ActionSpec, CampaignSet, CampaignSpec, Policy};
use super::state::CustomerCampaignState;
use crate::error::Result;
use crate::math::finite;
use crate::time::{Timestamp, Zone};

/// What was found of one campaign for one customer.
#[derive(Debug, Clone, PartialEq)]
pub struct CampaignInput {
    /// Whether its triggers fire.
    pub fired: bool,
    /// Which of them do, for the trace.
    pub fired_by: Vec<String>,
    /// Its condition: true, false or missing. True when the playbook has none.
    pub when: Option<bool>,
    /// Its value, NaN when missing or when the playbook has none.
    pub value: f64,
}

impl Default for CampaignInput {
    /// Not fired, no condition, no value.
    fn default() -> Self {
        Self { fired: false, fired_by: Vec::new(), when: Some(true), value: f64::NAN }
    }
}

/// The customer who is decided about.
#[derive(Debug, Clone, Copy)]
pub struct Customer<'a> {
    /// The customer's id.
    pub id: &'a str,
    /// The zone whose calendar the calendar caps follow.
    pub zone: &'a Zone,
    /// For each channel of [`super::Guardrails::consent`], in order, whether there is consent;
    /// missing is no consent.
    pub consent: &'a [Option<bool>],
}

/// A campaign that fired, with the action chosen.
struct Fired<'a> {
    campaign: &'a CampaignSpec,
    input: &'a CampaignInput,
    action: &'a ActionSpec,
    propensity: f64,
    value: Option<f64>,
}

impl Fired<'_> {
    fn net(&self) -> f64 {
        finite(self.value.unwrap_or(0.0) - self.action.cost)
    }

    /// The first lines of the trace: what fired, and what was chosen.
    fn trace(&self) -> Vec<String> {
        let mut trace: Vec<String> =
            self.input.fired_by.iter().map(|trigger| format!("fired: {trigger}")).collect();
        let (name, count) = (&self.action.name, self.campaign.actions.len());
        trace.push(match self.campaign.policy {
            Policy::Fixed => format!("action: `{name}`, the first of {count}"),
            Policy::Split { .. } => {
                format!("action: `{name}`, by a split that gives it {}", self.propensity)
            }
        });
        trace
    }
}

/// Decides for one customer about all campaigns of `set`, which [`CampaignSet::check`] accepts.
///
/// `inputs` has one for each campaign, in the order of the set. The decisions and the suppressions
/// are each in the order in which the campaigns went. A campaign that has already fired at this
/// `as_of` does not fire again, so that asking twice gives nothing new.
///
/// # Errors
/// [`crate::ErrorCode::TimeOrder`] when it was decided for a later instant already; nothing is
/// changed then.
pub fn decide(
    set: &CampaignSet,
    customer: &Customer<'_>,
    as_of: Timestamp,
    inputs: &[CampaignInput],
    state: &mut CustomerCampaignState,
    bundle_hash: &str,
) -> Result<(Vec<Decision>, Vec<Suppression>)> {
    state.check_order(as_of)?;
    state.note_decided(as_of);
    let mut decisions = Vec::new();
    let mut suppressions = Vec::new();
    for fired in in_order(set, customer, inputs) {
        let name = &fired.campaign.name;
        let Some(epoch) = state.open(name, as_of) else {
            continue;
        };
        let id = decision_id(&set.playbook, name, customer.id, epoch);
        let Fired { campaign, input, action, propensity, value } = fired;
        let candidate = Candidate { set, campaign, action, input, customer, state, as_of };
        match candidate.pass() {
            Ok(answers) => {
                let mut trace = fired.trace();
                trace.extend(answers);
                state.note_send(name, &action.channel, as_of);
                decisions.push(Decision {
                    id,
                    customer_id: customer.id.to_owned(),
                    campaign: name.clone(),
                    action: action.name.clone(),
                    channel: action.channel.clone(),
                    at: as_of,
                    propensity,
                    value,
                    cost: action.cost,
                    epoch,
                    trace,
                    bundle: bundle_hash.to_owned(),
                });
            }
            Err(stop) => suppressions.push(Suppression {
                id,
                customer_id: customer.id.to_owned(),
                campaign: name.clone(),
                at: as_of,
                reason: stop.reason,
                detail: stop.detail,
                until: stop.until,
                epoch,
            }),
        }
    }
    if !decisions.is_empty() {
        state.forget(set.memory(), as_of);
    }
    Ok((decisions, suppressions))
}

/// The campaigns that fired, in the order in which they go.
fn in_order<'a>(
    set: &'a CampaignSet,
    customer: &Customer<'_>,
    inputs: &'a [CampaignInput],
) -> Vec<Fired<'a>> {
    let pairs = set.campaigns.iter().zip(inputs).filter(|(_, input)| input.fired);
    let mut fired: Vec<Fired<'a>> = pairs
        .filter_map(|(campaign, input)| {
            let unit = || split_unit(&set.playbook, &campaign.name, customer.id);
            let (action, propensity) = campaign.choose(unit)?;
            let value = Some(finite(input.value)).filter(|value| !value.is_nan());
            Some(Fired { campaign, input, action, propensity, value })
        })
        .collect();
    fired.sort_by(|a, b| {
        let priority = finite(b.campaign.priority).total_cmp(&finite(a.campaign.priority));
        let net = || b.net().total_cmp(&a.net());
        priority.then_with(net).then_with(|| a.campaign.name.cmp(&b.campaign.name))
    });
    fired
}

#[cfg(test)]
mod tests {
    use super::super::{Cap, Guardrails, Period, Reason};
    use super::*;
    use crate::time::Span;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn campaign(name: &str, priority: f64, cost: f64) -> CampaignSpec {
        let action = ActionSpec { name: format!("{name}_mail"), channel: "email".to_owned(), cost };
        CampaignSpec {
            name: name.to_owned(),
            priority,
            actions: vec![action],
            ..CampaignSpec::default()
        }
    }

    fn set(campaigns: Vec<CampaignSpec>, guardrails: Guardrails) -> CampaignSet {
        let set = CampaignSet { playbook: "acme".to_owned(), campaigns, guardrails };
        set.check().unwrap();
        set
    }

    fn fired(value: f64) -> CampaignInput {
        let fired_by = vec!["rises_above(churn, 0.7)".to_owned()];
        CampaignInput { fired: true, fired_by, when: Some(true), value }
    }

    fn ask(
        set: &CampaignSet,
        inputs: &[CampaignInput],
        consent: &[Option<bool>],
        as_of: &str,
        state: &mut CustomerCampaignState,
    ) -> (Vec<Decision>, Vec<Suppression>) {
        let customer = Customer { id: "c1", zone: &Zone::UTC, consent };
        decide(set, &customer, at(as_of), inputs, state, "b0").unwrap()
    }

    const DECISION: &str = r#"{
  "id": "5511b9f1ed627f8b02a18d0563899161",
  "customer_id": "c1",
  "campaign": "win_back",
  "action": "win_back_mail",
  "channel": "email",
  "at": "2026-11-01T12:00:00Z",
  "propensity": 1.0,
  "value": 120.0,
  "cost": 0.8,
  "epoch": 1,
  "trace": [
    "fired: rises_above(churn, 0.7)",
    "action: `win_back_mail`, the first of 1",
    "condition: true",
    "consent: given to `email`",
    "global holdout: not in the share of 0",
    "campaign holdout: not in the share of 0",
    "cooldown: 30d, nothing sent before",
    "frequency cap: 0 of 2 sends by `email` in 7d"
  ],
  "bundle": "b0"
}"#;

    const NOON: &str = "2026-11-01T12:00:00Z";

    #[test]
    fn a_firing_that_nothing_stops_is_a_decision() {
        let guardrails = Guardrails {
            consent: vec!["email".to_owned()],
            caps: vec![Cap {
                channel: Some("email".to_owned()),
                campaign: None,
                max: 2,
                per: Period::Rolling(Span::days(7)),
            }],
            ..Guardrails::default()
        };
        let mut win_back = campaign("win_back", 10.0, 0.8);
        win_back.cooldown = Some(Span::days(30));
        let set = set(vec![win_back], guardrails);
        let mut state = CustomerCampaignState::default();
        let (decisions, suppressions) = ask(&set, &[fired(120.0)], &[Some(true)], NOON, &mut state);
        assert!(suppressions.is_empty());
        assert_eq!(serde_json::to_string_pretty(&decisions[0]).unwrap(), DECISION);
    }

    #[test]
    fn each_guardrail_stops_a_send_and_says_so() {
        let all = |change: fn(&mut CampaignSet)| {
            let mut set = set(vec![campaign("win_back", 0.0, 1.0)], Guardrails::default());
            change(&mut set);
            set.check().unwrap();
            set
        };
        let consent = |set: &mut CampaignSet| set.guardrails.consent.push("email".to_owned());
        for (set, when, given, reason, detail) in [
            (all(|_| {}), Some(false), None, Reason::Condition, "`when` is false"),
            (all(|_| {}), None, None, Reason::Condition, "`when` is missing"),
            (
                all(consent),
                Some(true),
                Some(false),
                Reason::NoConsent,
                "consent to `email` is not given",
            ),
            (all(consent), Some(true), None, Reason::NoConsent, "consent to `email` is missing"),
            (
                all(|set| set.guardrails.holdout = 1.0),
                Some(true),
                None,
                Reason::GlobalHoldout,
                "the customer is in the global holdout of 1",
            ),
            (
                all(|set| set.campaigns[0].holdout = 1.0),
                Some(true),
                None,
                Reason::CampaignHoldout,
                "the customer is in the holdout of 1 of `win_back`",
            ),
        ] {
            let mut state = CustomerCampaignState::default();
            let input = CampaignInput { when, ..fired(1.0) };
            let (decisions, suppressions) = ask(&set, &[input], &[given], NOON, &mut state);
            assert!(decisions.is_empty());
            let [suppression] = suppressions.as_slice() else { panic!("{suppressions:?}") };
            assert_eq!((suppression.reason, suppression.detail.as_str()), (reason, detail));
            assert_eq!((suppression.until, suppression.epoch), (None, 1));
            assert_eq!(suppression.id, decision_id("acme", "win_back", "c1", 1));
        }
    }

    #[test]
    fn a_cooldown_ends_when_its_time_has_passed() {
        let mut win_back = campaign("win_back", 0.0, 0.0);
        win_back.cooldown = Some(Span::days(30));
        let set = set(vec![win_back], Guardrails::default());
        let mut state = CustomerCampaignState::default();
        assert_eq!(ask(&set, &[fired(1.0)], &[], NOON, &mut state).0.len(), 1);
        let (_, stopped) = ask(&set, &[fired(1.0)], &[], "2026-12-01T11:59:59Z", &mut state);
        assert_eq!(stopped[0].reason, Reason::Cooldown);
        assert_eq!(stopped[0].detail, "sent at 2026-11-01T12:00:00Z, and the cooldown is 30d");
        assert_eq!(stopped[0].until, Some(at("2026-12-01T12:00:00Z")));
        let (decided, _) = ask(&set, &[fired(1.0)], &[], "2026-12-01T12:00:00Z", &mut state);
        assert_eq!(decided[0].epoch, 3);
    }

    #[test]
    fn of_the_caps_reached_the_one_that_lifts_last_is_named() {
        let cap = |channel: Option<&str>, max, per: &str| Cap {
            channel: channel.map(str::to_owned),
            campaign: None,
            max,
            per: Period::parse(per).unwrap(),
        };
        let guardrails = Guardrails {
            caps: vec![
                cap(Some("email"), 1, "2d"),
                cap(None, 2, "calendar_month"),
                cap(None, 5, "30d"),
            ],
            ..Guardrails::default()
        };
        let set = set(vec![campaign("win_back", 0.0, 0.0)], guardrails);
        let mut state = CustomerCampaignState::default();
        for (as_of, until) in [
            ("2026-11-01T12:00:00Z", Ok(1)),
            ("2026-11-02T12:00:00Z", Err("2026-11-03T12:00:00Z")),
            ("2026-11-03T12:00:00Z", Ok(3)),
            ("2026-11-04T12:00:00Z", Err("2026-12-01T00:00:00Z")),
            ("2026-12-01T00:00:00Z", Ok(5)),
        ] {
            let (decided, stopped) = ask(&set, &[fired(1.0)], &[], as_of, &mut state);
            match until {
                Ok(epoch) => assert_eq!(decided[0].epoch, epoch),
                Err(until) => {
                    assert_eq!(stopped[0].reason, Reason::FrequencyCap);
                    assert_eq!(stopped[0].until, Some(at(until)), "{}", stopped[0].detail);
                }
            }
        }
        let (_, stopped) = ask(&set, &[fired(1.0)], &[], "2026-12-01T06:00:00Z", &mut state);
        assert_eq!(stopped[0].detail, "1 of 1 sends by `email` in 2d");
    }

    #[test]
    fn campaigns_go_by_priority_then_net_value_then_name() {
        let campaigns = vec![
            campaign("c_cheap", 1.0, 0.0),
            campaign("b_same", 1.0, 0.0),
            campaign("a_dear", 1.0, 50.0),
            campaign("z_first", 2.0, 0.0),
            campaign("no_value", 1.0, 0.0),
        ];
        let guardrails = Guardrails {
            caps: vec![Cap { channel: None, campaign: None, max: 3, per: Period::CalendarDay }],
            ..Guardrails::default()
        };
        let set = set(campaigns, guardrails);
        let inputs = [fired(10.0), fired(10.0), fired(55.0), fired(0.0), fired(f64::NAN)];
        let mut state = CustomerCampaignState::default();
        let (decided, stopped) = ask(&set, &inputs, &[], NOON, &mut state);
        let names = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<_>>();
        assert_eq!(
            names(decided.iter().map(|decision| &decision.campaign).collect()),
            ["z_first", "b_same", "c_cheap"]
        );
        assert_eq!(
            names(stopped.iter().map(|stopped| &stopped.campaign).collect()),
            ["a_dear", "no_value"]
        );
        assert_eq!(decided[0].value, Some(0.0));
    }

    #[test]
    fn what_was_decided_later_cannot_be_decided_before() {
        let set = set(vec![campaign("win_back", 0.0, 0.0)], Guardrails::default());
        let mut state = CustomerCampaignState::default();
        ask(&set, &[fired(1.0)], &[], NOON, &mut state);
        let before = state.clone();
        let customer = Customer { id: "c1", zone: &Zone::UTC, consent: &[] };
        let early = at("2026-10-31T12:00:00Z");
        let error = decide(&set, &customer, early, &[fired(1.0)], &mut state, "b0").unwrap_err();
        assert_eq!(error.code(), crate::ErrorCode::TimeOrder);
        assert_eq!(state, before);
    }
}
