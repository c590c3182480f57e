use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::time::{Span, Timestamp, Zone};

/// Customer, hours since 2025-12-31, and what it brought in.
type Event = (u8, u32, f64);

fn at(hours: u32) -> Timestamp {
    Timestamp::parse("2025-12-31").unwrap().plus(Span::micros(i64::from(hours) * 3_600_000_000))
}

fn frame(events: &[Event]) -> Frame {
    let row = |(who, hours, amount): &Event| {
        let kind = if *hours % 5 == 0 { "visit" } else { "buy" };
        json!({"customer_id": format!("c{who}"), "timestamp": at(*hours).to_string(), "type": kind, "amount": amount})
    };
    Frame::from_objects(events.iter().map(row).collect()).unwrap()
}

fn asked(period: Period, definition: Definition) -> CohortParams {
    CohortParams { period, definition, ..CohortParams::default() }
}

const NONE: &[Event] = &[];

#[test]
fn a_table_can_be_read_off_the_events() {
    // c0 starts on 31 December and comes back in January and March, c1 and c2 start in January, and
    // c2 comes back in February. Recorded until the end of 15 March.
    let events =
        [(0, 1, 10.0), (0, 30, 4.0), (0, 1500, 8.0), (1, 40, 5.0), (2, 50, 5.0), (2, 800, 20.0)];
    let params = CohortParams {
        amount: Some("amount".to_owned()),
        until: Some(Timestamp::parse("2026-03-16").unwrap()),
        ..CohortParams::default()
    };
    let found = cohorts(&frame(&events), None, &params).unwrap();
    assert_eq!((found.customers, found.not_started, found.unreadable), (3, 0, 0));
    let [december, january] = &found.cohorts[..] else { panic!("{found:?}") };
    assert_eq!((december.start.as_str(), december.size), ("2025-12-01", 1));
    // March has not ended.
    assert_eq!(december.retained, [Some(1), Some(1), Some(0), None]);
    assert_eq!((january.start.as_str(), january.size), ("2026-01-01", 2));
    assert_eq!(january.retained, [Some(2), Some(1), None, None]);
    assert_eq!(january.rates[1], Some(0.5));
    assert_eq!(january.known_from[2], Timestamp::parse("2026-04-01").unwrap());
    let revenue = january.revenue.as_ref().unwrap();
    assert_eq!(revenue.amounts, [Some(10.0), Some(20.0), None, None]);
    assert_eq!(revenue.net_retention, [Some(1.0), Some(2.0), None, None]);
    assert_eq!(revenue.gross_retention, [Some(1.0), Some(0.5), None, None]);
    assert_eq!(revenue.cumulative_per_customer, [Some(5.0), Some(15.0), None, None]);
    let pooled: Vec<_> = found.retention.iter().map(|at| (at.customers, at.retained)).collect();
    assert_eq!(pooled, [(3, 3), (3, 2), (1, 0), (0, 0)]);
    let unbounded = CohortParams { definition: Definition::Unbounded, ..params.clone() };
    let found = cohorts(&frame(&events), None, &unbounded).unwrap();
    assert_eq!(found.cohorts[0].retained, [Some(1), Some(1), Some(1), None]);
    let brackets = Definition::Bracket(vec![1, 3, 9]);
    let params = CohortParams { definition: brackets, amount: None, ..params };
    let found = cohorts(&frame(&events), None, &params).unwrap();
    assert_eq!(found.cohorts[0].retained, [Some(1), None]);
    assert_eq!(found.ages, [Ages { first: 1, last: Some(2) }, Ages { first: 3, last: Some(8) }]);
}

#[test]
fn periods_are_those_of_the_zone() {
    // 23:30 on New Year's Eve in UTC is New Year in Berlin.
    let events = [(0, 24, 0.0), (1, 22, 0.0)];
    let shifted = |zone: &str| {
        let params = CohortParams { zone: Some(zone.to_owned()), ..CohortParams::default() };
        let found = cohorts(&frame(&events), None, &params).unwrap();
        found.cohorts.iter().map(|cohort| (cohort.start.clone(), cohort.size)).collect::<Vec<_>>()
    };
    let of = |start: &str, size| (start.to_owned(), size);
    assert_eq!(shifted("UTC"), [of("2025-12-01", 1), of("2026-01-01", 1)]);
    assert_eq!(shifted("Asia/Tokyo"), [of("2026-01-01", 2)]);
    assert_eq!(shifted("America/New_York"), [of("2025-12-01", 2)]);
}

#[test]
fn a_start_and_an_end_can_be_attributes() {
    let row = |id: &str, begin: &str, end: Option<&str>| json!({"customer_id": id, "begin": begin, "end": end});
    let customers = Frame::from_objects(vec![
        row("a", "2026-01-01", Some("2026-03-01")),
        row("b", "2026-01-10", None),
        row("c", "2026-02-01", Some("2026-02-10")),
        row("d", "2026-05-01", None),
        row("e", "2026-02-01", Some("2026-01-01")),
        row("b", "2026-04-01", None),
    ])
    .unwrap();
    let params = CohortParams {
        start: Start::Attribute("begin".to_owned()),
        end: Some("end".to_owned()),
        until: Some(Timestamp::parse("2026-04-01").unwrap()),
        ..CohortParams::default()
    };
    let found = cohorts(&frame(NONE), Some(&customers), &params).unwrap();
    assert_eq!((found.customers, found.not_started, found.unreadable), (3, 1, 1));
    // a was there in January and February and left with the first instant of March.
    assert_eq!(found.cohorts[0].retained, [Some(2), Some(2), Some(1), None]);
    assert_eq!(found.cohorts[1].retained, [Some(1), Some(0), None, None]);
    let survival = found.survival.unwrap();
    let of: Vec<_> = survival.iter().map(|at| (at.at_risk, at.ended, at.censored)).collect();
    assert_eq!(of, [(3, 1, 0), (2, 0, 0), (2, 1, 0), (1, 0, 1)]);
    assert!((survival[3].survival - 1.0 / 3.0).abs() < 1e-12);
    // Activity of customers whose start is an attribute; what came before it does not count.
    let params = CohortParams {
        start: Start::Attribute("begin".to_owned()),
        until: Some(Timestamp::parse("2026-04-01").unwrap()),
        ..CohortParams::default()
    };
    let events = json!([
        {"customer_id": "a", "timestamp": "2025-12-01", "type": "x"},
        {"customer_id": "a", "timestamp": "2026-03-01", "type": "x"},
        {"customer_id": "z", "timestamp": "2026-03-01", "type": "x"},
        {"customer_id": "a", "timestamp": "soon", "type": "x"},
    ]);
    let events = Frame::from_objects(events.as_array().unwrap().clone()).unwrap();
    let found = cohorts(&events, Some(&customers), &params).unwrap();
    assert_eq!(found.cohorts[0].retained, [Some(0), Some(0), Some(1), None]);
    assert_eq!(found.unreadable, 1);
}

#[test]
fn what_does_not_go_together_is_refused() {
    let wrong = |change: &dyn Fn(&mut CohortParams)| {
        let mut params = CohortParams::default();
        change(&mut params);
        cohorts(&frame(&[(0, 0, 0.0), (0, 1, 0.0)]), None, &params).unwrap_err().to_string()
    };
    let named = |name: &str| Some(name.to_owned());
    for (found, expected) in [
        (wrong(&|p| p.end = named("x")), "argument `end_attribute`: goes with `start_attribute`"),
        (wrong(&|p| p.zone = named("Mars")), "argument `zone`: `Mars` is not a time zone"),
        (wrong(&|p| p.ages = Some(0)), "argument `ages`: is not from 1 to 10000"),
        (wrong(&|p| p.activity = Some(vec![])), "argument `activity`: names no event type"),
        (
            wrong(&|p| p.activity = Some(vec!["byu".to_owned()])),
            "argument `activity`: there is no event of the type `byu`; did you mean `buy`?",
        ),
        (
            wrong(&|p| p.start = Start::Event("sale".to_owned())),
            "argument `start_event`: there is no event of the type `sale`",
        ),
        (
            wrong(&|p| p.start = Start::Attribute("x".to_owned())),
            "argument `customers`: is missing, and `start_attribute` is of it",
        ),
        (
            wrong(&|p| p.definition = Definition::Bracket(vec![3, 3])),
            "argument `brackets`: expected two ages or more",
        ),
        (wrong(&|p| p.amount = named("worth")), "events `worth`: there is no column of this name"),
    ] {
        assert!(found.starts_with(expected), "{found}");
    }
    let error = Definition::parse("nday", None).unwrap_err().to_string();
    assert!(error.ends_with("did you mean `n_day`?"), "{error}");
    assert!(Definition::parse("bracket", None).is_err());
    assert!(Definition::parse("n_day", Some(vec![1])).is_err());
}

fn any_events() -> impl Strategy<Value = Vec<Event>> {
    let amount = (0..50_u8).prop_map(|cents| f64::from(cents) / 10.0);
    prop::collection::vec((0..6_u8, 0..4000_u32, amount), 1..60)
}

fn any_period() -> impl Strategy<Value = Period> {
    prop_oneof![Just(Period::Day), Just(Period::Week), Just(Period::Month), Just(Period::Quarter)]
}

proptest! {
    #[test]
    fn counts_are_those_of_the_definition(
        events in any_events(),
        period in any_period(),
        age in any_period(),
        unbounded in any::<bool>(),
    ) {
        let definition = if unbounded { Definition::Unbounded } else { Definition::NDay };
        let params = CohortParams { age: Some(age), ..asked(period, definition) };
        let found = cohorts(&frame(&events), None, &params).unwrap();
        let last = events.iter().map(|event| event.1).max().unwrap();
        let calendar = |period| calendar::Calendar::new(period, &Zone::UTC, 0, 0);
        let (starts, aging) = (calendar(period), calendar(age));
        let number = |calendar: &calendar::Calendar, hours| calendar.number(at(hours).as_micros());
        for cohort in &found.cohorts {
            let mut size = 0;
            let mut retained = vec![0; found.ages.len()];
            for who in 0..6 {
                let own: Vec<u32> =
                    events.iter().filter(|event| event.0 == who).map(|event| event.1).collect();
                let Some(start) = own.iter().min().copied() else { continue };
                let first = period.first_date(number(&starts, start)).unwrap();
                if first.to_string() != cohort.start {
                    continue;
                }
                size += 1;
                let ages = || own.iter().map(|at| number(&aging, *at) - number(&aging, start));
                for (column, count) in retained.iter_mut().enumerate() {
                    let column = i64::try_from(column).unwrap();
                    let is = |age| if unbounded { age >= column } else { age == column };
                    *count += u32::from(ages().any(is));
                }
            }
            prop_assert_eq!(cohort.size, size);
            for (column, count) in retained.iter().enumerate() {
                let known = cohort.known_from[column] <= at(last);
                prop_assert_eq!(cohort.retained[column], known.then_some(*count));
            }
        }
        prop_assert_eq!(found.cohorts.iter().map(|cohort| cohort.size).sum::<u32>(), found.customers);
    }

    #[test]
    fn unbounded_is_at_least_n_day_and_no_count_exceeds_the_size(
        events in any_events(),
        period in any_period(),
    ) {
        let of = |definition| cohorts(&frame(&events), None, &asked(period, definition)).unwrap();
        let (n_day, unbounded) = (of(Definition::NDay), of(Definition::Unbounded));
        for (exact, rolling) in n_day.cohorts.iter().zip(&unbounded.cohorts) {
            for (exact, rolling) in exact.retained.iter().zip(&rolling.retained) {
                prop_assert!(exact <= rolling);
            }
            prop_assert!(rolling.retained.iter().flatten().all(|count| *count <= rolling.size));
            let falls = |pair: &[Option<u32>]| pair[1].is_none() || pair[0] >= pair[1];
            prop_assert!(rolling.retained.windows(2).all(falls));
        }
    }

    #[test]
    fn the_order_of_events_changes_no_bit(events in any_events(), turn in 0..60_usize) {
        let params = CohortParams {
            amount: Some("amount".to_owned()),
            ..asked(Period::Week, Definition::NDay)
        };
        let mut turned = events.clone();
        turned.rotate_left(turn % events.len());
        turned.reverse();
        let of = |events: &[Event]| cohorts(&frame(events), None, &params).unwrap();
        let (found, again) = (of(&events), of(&turned));
        prop_assert_eq!(&found, &again);
        for cohort in &found.cohorts {
            let revenue = cohort.revenue.as_ref().unwrap();
            for (gross, net) in revenue.gross_retention.iter().zip(&revenue.net_retention) {
                prop_assert!(gross <= net && gross.is_none_or(|share| share <= 1.0 + 1e-12));
            }
        }
    }
}
