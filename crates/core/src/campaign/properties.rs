//! What must hold of campaigns over any sequence of looks, checked against the full record.

use proptest::prelude::*;

use super::*;
use crate::time::{Span, Timestamp, Zone};

/// One look at the customer: how long after the last, what is seen of each campaign, and consent.
#[derive(Debug, Clone)]
struct Look {
    after: Span,
    seen: Vec<(f64, Option<bool>, f64)>,
    consent: Vec<Option<bool>>,
}

const CHANNELS: [&str; 2] = ["email", "push"];

fn any_span() -> impl Strategy<Value = Span> {
    prop_oneof![
        Just(Span::ZERO),
        (1_i64..200_000).prop_map(|seconds| Span::micros(seconds * 1_000_000)),
        (1_i64..20).prop_map(Span::days),
    ]
}

fn any_truth() -> impl Strategy<Value = Option<bool>> {
    prop_oneof![6 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)]
}

fn any_campaign(index: usize) -> impl Strategy<Value = CampaignSpec> {
    (
        0_u8..3,
        proptest::option::of((1_i64..10).prop_map(Span::days)),
        prop_oneof![4 => Just(0.0), 1 => Just(0.5)],
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(move |(priority, cooldown, holdout, split, swap)| {
            let action = |channel: &str| ActionSpec {
                name: format!("by_{channel}"),
                channel: channel.to_owned(),
                cost: 0.5,
            };
            let mut actions = CHANNELS.map(action).to_vec();
            if swap {
                actions.reverse();
            }
            CampaignSpec {
                name: format!("k{index}"),
                priority: f64::from(priority),
                cooldown,
                holdout,
                goal: None,
                actions,
                policy: if split {
                    Policy::Split { weights: vec![2.0, 1.0] }
                } else {
                    Policy::Fixed
                },
            }
        })
}

fn any_cap() -> impl Strategy<Value = Cap> {
    (
        proptest::option::of(prop_oneof![Just("email"), Just("push")]),
        proptest::option::of(prop_oneof![Just("k0"), Just("k1"), Just("k2")]),
        0_u32..5,
        prop_oneof![
            (1_i64..60).prop_map(|days| Period::Rolling(Span::days(days))),
            Just(Period::CalendarDay),
            Just(Period::CalendarWeek),
            Just(Period::CalendarMonth),
        ],
    )
        .prop_map(|(channel, campaign, max, per)| Cap {
            channel: channel.map(str::to_owned),
            campaign: campaign.map(str::to_owned),
            max,
            per,
        })
}

fn any_set() -> impl Strategy<Value = CampaignSet> {
    (
        (any_campaign(0), any_campaign(1), any_campaign(2)),
        proptest::collection::vec(any_cap(), 0..4),
        prop_oneof![4 => Just(0.0), 1 => Just(0.5)],
    )
        .prop_map(|((a, b, c), caps, holdout)| {
            let consent = vec!["push".to_owned()];
            let guardrails = Guardrails { consent, holdout, caps };
            let campaigns = vec![a, b, c];
            let set = CampaignSet { playbook: "acme".to_owned(), campaigns, guardrails };
            set.check().unwrap();
            set
        })
}

fn any_looks() -> impl Strategy<Value = Vec<Look>> {
    let seen = (prop_oneof![Just(0.0), Just(1.0), Just(f64::NAN)], any_truth(), 0.0_f64..9.0);
    let look =
        (any_span(), proptest::collection::vec(seen, 3), proptest::collection::vec(any_truth(), 1))
            .prop_map(|(after, seen, consent)| Look { after, seen, consent });
    proptest::collection::vec(look, 1..60)
}

/// What a run of looks came to.
#[derive(Debug, Default, PartialEq)]
struct Record {
    decisions: Vec<Decision>,
    suppressions: Vec<Suppression>,
}

fn start() -> Timestamp {
    Timestamp::parse("2026-02-20T12:00:00Z").unwrap()
}

fn look(
    set: &CampaignSet,
    zone: &Zone,
    id: &str,
    look: &Look,
    as_of: Timestamp,
    state: &mut CustomerCampaignState,
) -> (Vec<Decision>, Vec<Suppression>) {
    state.check_order(as_of).unwrap();
    let trigger = Trigger::RisesAbove { threshold: 0.5 };
    let see = |(campaign, (number, when, value)): (&CampaignSpec, &(f64, Option<bool>, f64))| {
        let memory = state.memory(&campaign.name, "rises_above(x, 0.5)");
        let fired = observe(&trigger, memory, Observation::Number(*number), as_of);
        CampaignInput { fired, fired_by: Vec::new(), when: *when, value: *value }
    };
    let inputs: Vec<_> = set.campaigns.iter().zip(&look.seen).map(see).collect();
    let customer = Customer { id, zone, consent: &look.consent };
    decide(set, &customer, as_of, &inputs, state, "b0").unwrap()
}

fn run(
    set: &CampaignSet,
    zone: &Zone,
    id: &str,
    looks: &[Look],
    mut between: impl FnMut(&mut CustomerCampaignState, &Look, Timestamp),
) -> Record {
    let mut state = CustomerCampaignState::default();
    let mut record = Record::default();
    let mut as_of = start();
    for seen in looks {
        as_of = as_of.plus(seen.after);
        let (decisions, suppressions) = look(set, zone, id, seen, as_of, &mut state);
        record.decisions.extend(decisions);
        record.suppressions.extend(suppressions);
        between(&mut state, seen, as_of);
    }
    record
}

fn zone() -> Zone {
    Zone::named("America/New_York").unwrap()
}

/// The name of the civil period of `at`, by another way than the guard's.
fn civil_period(per: Period, at: Timestamp, zone: &Zone) -> String {
    let date = zone.date(at);
    match per {
        Period::Rolling(_) => unreachable!(),
        Period::CalendarDay => date.to_string(),
        Period::CalendarWeek => {
            format!("{:?}", (date.iso_week_date().year(), date.iso_week_date().week()))
        }
        Period::CalendarMonth => format!("{:?}", (date.year(), date.month())),
    }
}

/// How many sends of the full record `cap` counts at `as_of`.
fn counted(cap: &Cap, decisions: &[Decision], as_of: Timestamp, zone: &Zone) -> usize {
    let matches = |decision: &&Decision| {
        cap.channel.as_ref().is_none_or(|channel| *channel == decision.channel)
            && cap.campaign.as_ref().is_none_or(|campaign| *campaign == decision.campaign)
            && decision.at <= as_of
            && match cap.per {
                Period::Rolling(span) => decision.at > as_of.minus(span),
                per => civil_period(per, decision.at, zone) == civil_period(per, as_of, zone),
            }
    };
    decisions.iter().filter(matches).count()
}

fn encoded(state: &CustomerCampaignState) -> Vec<u8> {
    postcard::to_allocvec(state).unwrap()
}

proptest! {
    #[test]
    fn no_guardrail_is_ever_broken(set in any_set(), looks in any_looks(), id in 0_u8..8) {
        let (zone, id) = (zone(), format!("c{id}"));
        let mut consents = Vec::new();
        let record = run(&set, &zone, &id, &looks, |_, look, as_of| consents.push((as_of, look.clone())));
        for (index, decision) in record.decisions.iter().enumerate() {
            let campaign = set.campaigns.iter().find(|c| c.name == decision.campaign).unwrap();
            prop_assert!(!in_global_holdout(&set.playbook, &id, set.guardrails.holdout));
            prop_assert!(!in_campaign_holdout(&set.playbook, campaign, &id));
            let given = |at: Timestamp| {
                consents.iter().any(|(as_of, look)| *as_of == at && look.consent[0] == Some(true))
            };
            prop_assert!(decision.channel == "email" || given(decision.at));
            let mut earlier = record.decisions.iter().take(index);
            if let Some(cooldown) = campaign.cooldown {
                prop_assert!(!earlier.any(|other| other.campaign == decision.campaign
                    && decision.at.since(other.at) < cooldown));
            }
            for cap in &set.guardrails.caps {
                let of_cap = |d: &Decision| cap.counts(&d.campaign, &d.channel);
                let count = counted(cap, &record.decisions, decision.at, &zone);
                prop_assert!(!of_cap(decision) || count <= cap.max as usize);
            }
        }
    }

    #[test]
    fn nothing_is_stopped_without_its_reason(set in any_set(), looks in any_looks()) {
        let zone = zone();
        let record = run(&set, &zone, "c1", &looks, |_, _, _| {});
        for stopped in &record.suppressions {
            let campaign = set.campaigns.iter().find(|c| c.name == stopped.campaign).unwrap();
            let before: Vec<Decision> =
                record.decisions.iter().filter(|sent| sent.at <= stopped.at).cloned().collect();
            match stopped.reason {
                Reason::Cooldown => {
                    let last = before.iter().rfind(|sent| sent.campaign == stopped.campaign);
                    let until = last.unwrap().at.plus(campaign.cooldown.unwrap());
                    prop_assert!(until > stopped.at);
                    prop_assert_eq!(stopped.until, Some(until));
                }
                Reason::FrequencyCap => {
                    let reached = |cap: &Cap, at| counted(cap, &before, at, &zone) >= cap.max as usize;
                    let name = &stopped.campaign;
                    let own = |cap: &&Cap| {
                        campaign.actions.iter().any(|action| cap.counts(name, &action.channel))
                    };
                    let caps = || set.guardrails.caps.iter().filter(own);
                    prop_assert!(caps().any(|cap| reached(cap, stopped.at)));
                    if let Some(until) = stopped.until {
                        let just_before = until.minus(Span::micros(1));
                        prop_assert!(caps().any(|cap| reached(cap, just_before)));
                    }
                }
                Reason::GlobalHoldout => {
                    prop_assert!(in_global_holdout("acme", "c1", set.guardrails.holdout));
                }
                Reason::CampaignHoldout => prop_assert!(in_campaign_holdout("acme", campaign, "c1")),
                Reason::Condition | Reason::NoConsent => prop_assert_eq!(stopped.until, None),
            }
        }
    }

    #[test]
    fn a_send_that_is_asked_for_again_at_until_goes_out(set in any_set(), looks in any_looks()) {
        let zone = zone();
        let mut state = CustomerCampaignState::default();
        let mut as_of = start();
        let again = |stopped: &Suppression, at: Timestamp, state: &CustomerCampaignState| {
            let one = |campaign: &CampaignSpec| CampaignInput {
                fired: campaign.name == stopped.campaign,
                ..CampaignInput::default()
            };
            let inputs: Vec<_> = set.campaigns.iter().map(one).collect();
            let customer = Customer { id: "c1", zone: &zone, consent: &[Some(true)] };
            let (sent, stopped) =
                decide(&set, &customer, at, &inputs, &mut state.clone(), "b0").unwrap();
            assert_eq!(sent.len() + stopped.len(), 1);
            stopped.first().map(|stopped| stopped.reason)
        };
        for seen in &looks {
            as_of = as_of.plus(seen.after);
            let (_, suppressions) = look(&set, &zone, "c1", seen, as_of, &mut state);
            for stopped in suppressions {
                let Some(until) = stopped.until else { continue };
                let then = again(&stopped, until, &state);
                prop_assert_ne!(then, Some(stopped.reason));
                let just_before = until.minus(Span::micros(1));
                if just_before > as_of {
                    prop_assert_eq!(again(&stopped, just_before, &state), Some(stopped.reason));
                }
            }
        }
    }

    #[test]
    fn every_firing_has_its_own_epoch_and_id(set in any_set(), looks in any_looks()) {
        let record = run(&set, &zone(), "c1", &looks, |_, _, _| {});
        let sent = record.decisions.iter().map(|d| (d.campaign.clone(), d.epoch, d.id.clone()));
        let stopped = record.suppressions.iter().map(|s| (s.campaign.clone(), s.epoch, s.id.clone()));
        let mut all: Vec<_> = sent.chain(stopped).collect();
        all.sort();
        for campaign in &set.campaigns {
            let own = all.iter().filter(|(name, ..)| *name == campaign.name);
            for ((_, epoch, id), expected) in own.zip(1..) {
                prop_assert_eq!(*epoch, expected);
                prop_assert_eq!(id, &decision_id("acme", &campaign.name, "c1", expected));
            }
        }
    }

    #[test]
    fn asking_twice_gives_nothing_new(set in any_set(), looks in any_looks()) {
        let zone = zone();
        let record = run(&set, &zone, "c1", &looks, |state, seen, as_of| {
            let before = state.clone();
            let (decisions, suppressions) = look(&set, &zone, "c1", seen, as_of, state);
            assert!(decisions.is_empty() && suppressions.is_empty());
            assert_eq!(*state, before);
            // Not even when the triggers are said to fire once more.
            let again = CampaignInput { fired: true, ..CampaignInput::default() };
            let customer = Customer { id: "c1", zone: &zone, consent: &seen.consent };
            let mut copy = state.clone();
            let inputs = vec![again; 3];
            let (decisions, suppressions) =
                decide(&set, &customer, as_of, &inputs, &mut copy, "b1").unwrap();
            let fired_now = |name: &str| state.entry(name).is_some_and(|entry| entry.fired == as_of);
            assert!(!decisions.iter().any(|decision| fired_now(&decision.campaign)));
            assert!(!suppressions.iter().any(|stopped| fired_now(&stopped.campaign)));
        });
        prop_assert_eq!(record, run(&set, &zone, "c1", &looks, |_, _, _| {}));
    }

    #[test]
    fn a_state_that_was_stored_goes_on_as_if_it_had_not_been(
        set in any_set(),
        looks in any_looks(),
    ) {
        let zone = zone();
        let stored = run(&set, &zone, "c1", &looks, |state, _, _| {
            let bytes = encoded(state);
            let read: CustomerCampaignState = postcard::from_bytes(&bytes).unwrap();
            assert_eq!(read, *state);
            assert_eq!(encoded(&read), bytes);
            *state = read;
        });
        prop_assert_eq!(stored, run(&set, &zone, "c1", &looks, |_, _, _| {}));
    }

    #[test]
    fn the_rules_of_a_playbook_survive_storage(set in any_set()) {
        let text = serde_json::to_string(&set).unwrap();
        prop_assert_eq!(serde_json::from_str::<CampaignSet>(&text).unwrap(), set);
    }
}

#[test]
fn a_state_stays_small_however_long_it_runs() {
    let action = ActionSpec { name: "mail".to_owned(), channel: "email".to_owned(), cost: 0.0 };
    let campaign =
        CampaignSpec { name: "daily".to_owned(), actions: vec![action], ..CampaignSpec::default() };
    let mut set = CampaignSet {
        campaigns: vec![campaign],
        playbook: "acme".to_owned(),
        ..CampaignSet::default()
    };
    let customer = Customer { id: "c1", zone: &Zone::UTC, consent: &[] };
    let input = [CampaignInput { fired: true, ..CampaignInput::default() }];
    for (caps, kept) in [(None, 35), (Some(Period::Rolling(Span::days(90))), 90)] {
        let cap = |per| Cap { channel: None, campaign: None, max: u32::MAX, per };
        set.guardrails.caps = caps.map(cap).into_iter().collect();
        let mut state = CustomerCampaignState::default();
        for day in 0..400 {
            let as_of = start().plus(Span::days(day));
            let (decided, _) = decide(&set, &customer, as_of, &input, &mut state, "b0").unwrap();
            assert_eq!(decided.len(), 1);
        }
        assert_eq!(state.sends().len(), kept);
        assert_eq!(state.entry("daily").unwrap().epoch, 400);
    }
}

#[test]
fn holdouts_keep_their_share_from_being_sent_to_and_the_rest_is_split_by_weight() {
    let action =
        |name: &str| ActionSpec { name: name.to_owned(), channel: "email".to_owned(), cost: 0.0 };
    let campaign = CampaignSpec {
        name: "win_back".to_owned(),
        holdout: 0.1,
        actions: vec![action("a"), action("b")],
        policy: Policy::Split { weights: vec![3.0, 1.0] },
        ..CampaignSpec::default()
    };
    let guardrails = Guardrails { holdout: 0.05, ..Guardrails::default() };
    let set = CampaignSet { playbook: "acme".to_owned(), campaigns: vec![campaign], guardrails };
    let input = [CampaignInput { fired: true, ..CampaignInput::default() }];
    let n = 20_000_u32;
    let (mut global, mut own, mut first, mut second) = (0_u32, 0_u32, 0_u32, 0_u32);
    for index in 0..n {
        let id = format!("customer-{index}");
        let customer = Customer { id: &id, zone: &Zone::UTC, consent: &[] };
        let mut state = CustomerCampaignState::default();
        let (decided, stopped) =
            decide(&set, &customer, start(), &input, &mut state, "b0").unwrap();
        match (decided.first(), stopped.first().map(|stopped| stopped.reason)) {
            (Some(decision), None) if decision.action == "a" => {
                assert_eq!(decision.propensity, 0.75);
                first += 1;
            }
            (Some(decision), None) => {
                assert_eq!(decision.propensity, 0.25);
                second += 1;
            }
            (None, Some(Reason::GlobalHoldout)) => global += 1,
            (None, Some(Reason::CampaignHoldout)) => own += 1,
            other => panic!("{other:?}"),
        }
    }
    let rest = 0.95 * 0.9;
    for (count, share) in
        [(global, 0.05), (own, 0.95 * 0.1), (first, rest * 0.75), (second, rest * 0.25)]
    {
        let (count, n) = (f64::from(count), f64::from(n));
        // Five standard deviations of the binomial distribution.
        assert!((count - n * share).abs() < 5.0 * (n * share * (1.0 - share)).sqrt(), "{count}");
    }
}
