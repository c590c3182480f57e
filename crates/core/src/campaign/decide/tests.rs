//! What becomes of firings, by example.

use super::super::{Cap, Guardrails, Period, Reason};
use super::*;
use crate::time::Span;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn campaign(name: &str, priority: f64, cost: f64) -> CampaignSpec {
    let action = ActionSpec {
        name: format!("{name}_mail").into(),
        channel: "email".into(),
        cost,
        template: None,
    };
    CampaignSpec { name: name.into(), priority, actions: vec![action], ..CampaignSpec::default() }
}

fn set(campaigns: Vec<CampaignSpec>, guardrails: Guardrails) -> CampaignSet {
    let set = CampaignSet { playbook: "acme".to_owned(), campaigns, guardrails };
    set.check().unwrap();
    set
}

fn fired(value: f64) -> CampaignInput {
    let fired_by = vec!["rises_above(churn, 0.7): it is 0.8".to_owned()];
    CampaignInput { fired: true, fired_by, value, ..CampaignInput::default() }
}

const CUSTOMER: &Name = &Name::new_static("c1");

fn customer(consent: &[Option<bool>]) -> Customer<'_> {
    let (zone, first_event) = (&Zone::UTC, &|_: &str, _| None);
    Customer { id: CUSTOMER, zone, suppressed: None, consent, learning: None, first_event }
}

fn ask(
    set: &CampaignSet,
    inputs: &[CampaignInput],
    consent: &[Option<bool>],
    as_of: &str,
    state: &mut CustomerCampaignState,
) -> (Vec<Decision>, Vec<Suppression>) {
    let (decided, stopped, _) =
        decide(set, &customer(consent), at(as_of), inputs, state, &"b0".into()).unwrap();
    (decided, stopped)
}

const DECISION: &str = r#"{
  "id": "5511b9f1ed627f8b02a18d0563899161",
  "customer_id": "c1",
  "campaign": "win_back",
  "action": "win_back_mail",
  "step": null,
  "channel": "email",
  "at": "2026-11-01T12:00:00Z",
  "propensity": 1.0,
  "value": 120.0,
  "cost": 0.8,
  "epoch": 1,
  "trace": [
    "fired: rises_above(churn, 0.7): it is 0.8",
    "action: `win_back_mail`, the first of 1",
    "condition: true",
    "worth: the value 120 less the cost 0.8",
    "consent: given to `email`",
    "global holdout: not in the share of 0",
    "campaign holdout: not in the share of 0",
    "cooldown: 30d, nothing sent before",
    "frequency cap: 0 of 2 sends by `email` in 7d"
  ],
  "content": null,
  "template": null,
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
            group: None,
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
        assert_eq!((suppression.reason, &*suppression.detail), (reason, detail));
        assert_eq!((suppression.until, suppression.epoch), (None, 1));
        assert_eq!(suppression.id, DecisionId::new("acme", "win_back", "c1", 1));
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
        group: None,
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
fn campaigns_go_by_what_they_promise_then_priority_then_lot() {
    let campaigns = vec![
        campaign("c_cheap", 1.0, 0.0),
        campaign("b_same", 1.0, 0.0),
        campaign("a_dear", 9.0, 50.0),
        campaign("none_first", 2.0, 7.0),
        campaign("none_last", 1.0, 0.0),
    ];
    let guardrails = Guardrails {
        caps: vec![Cap {
            channel: None,
            campaign: None,
            group: None,
            max: 4,
            per: Period::CalendarDay,
        }],
        ..Guardrails::default()
    };
    let set = set(campaigns, guardrails);
    // A campaign that states no value promises nothing, and asks for no more than it costs.
    let inputs = [fired(10.0), fired(10.0), fired(55.0), fired(f64::NAN), fired(f64::NAN)];
    let mut state = CustomerCampaignState::default();
    let (decided, stopped) = ask(&set, &inputs, &[], NOON, &mut state);
    let lot = |name: &str| unit(&["tie", "acme", name, "c1"]);
    let mut equals = ["c_cheap", "b_same"];
    equals.sort_by(|a, b| lot(a).total_cmp(&lot(b)));
    let names: Vec<&str> = decided.iter().map(|decision| decision.campaign.as_str()).collect();
    assert_eq!(names, [equals[0], equals[1], "a_dear", "none_first"]);
    assert_eq!((stopped.len(), stopped[0].campaign.as_str()), (1, "none_last"));
    let inputs = [fired(10.0), fired(10.0), fired(49.0), fired(6.0), fired(0.0)];
    let (_, stopped) = ask(&set, &inputs, &[], "2026-11-02T12:00:00Z", &mut state);
    let reasons: Vec<_> =
        stopped.iter().map(|stop| (stop.campaign.as_str(), stop.reason)).collect();
    let expected = [("a_dear", Reason::NotWorth), ("none_first", Reason::NotWorth)];
    assert_eq!(reasons, expected);
}

#[test]
fn what_was_decided_later_cannot_be_decided_before() {
    let set = set(vec![campaign("win_back", 0.0, 0.0)], Guardrails::default());
    let mut state = CustomerCampaignState::default();
    ask(&set, &[fired(1.0)], &[], NOON, &mut state);
    let before = state.clone();
    let early = at("2026-10-31T12:00:00Z");
    let error =
        decide(&set, &customer(&[]), early, &[fired(1.0)], &mut state, &"b0".into()).unwrap_err();
    assert_eq!(error.code(), crate::ErrorCode::TimeOrder);
    assert_eq!(state, before);
}
