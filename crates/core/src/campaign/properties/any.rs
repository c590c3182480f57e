//! Any rules, and any looks at a customer under them.

use proptest::prelude::*;

use super::super::*;
use crate::time::{DailyWindow, Span, TimeOfDay};

/// One look at the customer: how long after the last, what is seen of each campaign, consent,
/// whether on the suppression list, and what becomes of the sends.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) after: Span,
    pub(super) seen: Vec<(f64, Option<bool>, f64)>,
    pub(super) consent: Vec<Option<bool>>,
    pub(super) suppressed: Option<bool>,
    pub(super) outcome: Option<OutcomeKind>,
}

const CHANNELS: [&str; 2] = ["email", "push"];

pub(super) fn any_span() -> impl Strategy<Value = Span> {
    prop_oneof![
        Just(Span::ZERO),
        (1_i64..200_000).prop_map(|seconds| Span::micros(seconds * 1_000_000)),
        (1_i64..20).prop_map(Span::days),
    ]
}

pub(super) fn any_truth() -> impl Strategy<Value = Option<bool>> {
    prop_oneof![6 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)]
}

pub(super) fn any_campaign(index: usize) -> impl Strategy<Value = CampaignSpec> {
    (
        0_u8..3,
        proptest::option::of((1_i64..10).prop_map(Span::days)),
        prop_oneof![4 => Just(0.0), 1 => Just(0.5)],
        any::<bool>(),
        any::<bool>(),
        prop_oneof![
            4 => Just(ReEntry::Always),
            1 => Just(ReEntry::Never),
            1 => (1_i64..30).prop_map(|days| ReEntry::After(Span::days(days))),
        ],
        proptest::option::weighted(0.3, any_budget()),
    )
        .prop_map(move |(priority, cooldown, holdout, split, swap, re_entry, budget)| {
            let action = |channel: &str| ActionSpec {
                name: format!("by_{channel}").into(),
                channel: channel.into(),
                cost: 0.5,
                template: None,
            };
            let mut actions = CHANNELS.map(action).to_vec();
            if swap {
                actions.reverse();
            }
            CampaignSpec {
                name: format!("k{index}").into(),
                priority: f64::from(priority),
                cooldown,
                holdout,
                group: (index < 2).then(|| "promo".to_owned()),
                re_entry,
                budgets: budget.into_iter().collect(),
                actions,
                policy: if split {
                    Policy::Split { weights: vec![2.0, 1.0] }
                } else {
                    Policy::Fixed
                },
                ..CampaignSpec::default()
            }
        })
}

pub(super) fn any_period() -> impl Strategy<Value = Period> {
    prop_oneof![
        (1_i64..60).prop_map(|days| Period::Rolling(Span::days(days))),
        Just(Period::CalendarDay),
        Just(Period::CalendarWeek),
        Just(Period::CalendarMonth),
    ]
}

pub(super) fn any_budget() -> impl Strategy<Value = Budget> {
    (0_u8..6, any_period(), any::<bool>()).prop_map(|(max, per, there)| Budget {
        max: f64::from(max) * 0.5,
        per,
        zone: there.then(|| "Australia/Lord_Howe".to_owned()),
    })
}

pub(super) fn any_quiet() -> impl Strategy<Value = QuietHours> {
    (0_i64..1440, 1_i64..1440, any::<bool>(), any::<bool>()).prop_map(
        |(from, length, there, push)| {
            let time = |minute: i64| {
                TimeOfDay::parse(&format!("{:02}:{:02}", minute / 60 % 24, minute % 60)).unwrap()
            };
            QuietHours {
                window: DailyWindow { from: time(from), to: time(from + length) },
                clocks: if there {
                    Clocks::Named("Asia/Kathmandu".to_owned())
                } else {
                    Clocks::Customer
                },
                channels: if push { vec!["push".to_owned()] } else { Vec::new() },
            }
        },
    )
}

pub(super) fn any_cap() -> impl Strategy<Value = Cap> {
    (
        proptest::option::of(prop_oneof![Just("email"), Just("push")]),
        proptest::option::of(prop_oneof![Just("k0"), Just("k1"), Just("k2")]),
        0_u32..5,
        any_period(),
        any::<bool>(),
    )
        .prop_map(|(channel, campaign, max, per, group)| Cap {
            channel: channel.map(str::to_owned),
            campaign: campaign.map(str::to_owned),
            group: group.then(|| "promo".to_owned()),
            max,
            per,
        })
}

pub(super) fn any_set() -> impl Strategy<Value = CampaignSet> {
    let blackout =
        |day: u8| Blackout::parse(&format!("03-{day:02}"), &format!("03-{:02}", day + 2));
    (
        (any_campaign(0), any_campaign(1), any_campaign(2)),
        proptest::collection::vec(any_cap(), 0..4),
        prop_oneof![4 => Just(0.0), 1 => Just(0.5)],
        proptest::option::weighted(0.4, any_quiet()),
        proptest::collection::vec((1_u8..29).prop_map(move |day| blackout(day).unwrap()), 0..3),
        proptest::option::weighted(0.3, any_budget()),
        proptest::option::weighted(0.3, (1_u8..6, 1_i64..20)),
    )
        .prop_map(|((a, b, c), caps, holdout, quiet_hours, blackout, budget, fatigue)| {
            let guardrails = Guardrails {
                suppression: true,
                consent: vec!["push".to_owned()],
                holdout,
                caps,
                fatigue: fatigue.map(|(max, days)| Fatigue {
                    max: f64::from(max) * 0.4,
                    half_life: Span::days(days),
                }),
                quiet_hours,
                blackout,
                blackout_clocks: Clocks::Customer,
                budgets: budget.into_iter().collect(),
            };
            let campaigns = vec![a, b, c];
            let set = CampaignSet { playbook: "acme".to_owned(), campaigns, guardrails };
            set.check().unwrap();
            set
        })
}

pub(super) fn any_looks() -> impl Strategy<Value = Vec<Look>> {
    let seen = (prop_oneof![Just(0.0), Just(1.0), Just(f64::NAN)], any_truth(), 0.0_f64..9.0);
    let outcome = proptest::option::weighted(
        0.3,
        prop_oneof![
            3 => Just(OutcomeKind::Opened),
            1 => Just(OutcomeKind::Bounced),
            1 => Just(OutcomeKind::Unsubscribed),
            1 => Just(OutcomeKind::Resubscribed),
        ],
    );
    let look = (
        any_span(),
        proptest::collection::vec(seen, 3),
        proptest::collection::vec(any_truth(), 1),
        prop_oneof![8 => Just(Some(false)), 1 => Just(Some(true)), 1 => Just(None)],
        outcome,
    )
        .prop_map(|(after, seen, consent, suppressed, outcome)| Look {
            after,
            seen,
            consent,
            suppressed,
            outcome,
        });
    proptest::collection::vec(look, 1..60)
}
