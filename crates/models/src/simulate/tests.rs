use std::collections::BTreeMap;

use stayput_core::time::Zone;

use stayput_core::columns::MISSING_TIME;

use super::*;

fn params(customers: u32) -> SimulationParams {
    let start = Timestamp::parse("2025-11-01").unwrap();
    SimulationParams { customers, ..SimulationParams::new(start) }
}

fn cut_offs(from: &SimulationParams) -> Vec<Timestamp> {
    [60, 120, 200, 300].iter().map(|&day| from.start.plus(Span::days(day))).collect()
}

fn texts<'a>(frame: &'a Frame, name: &str) -> &'a TextColumn {
    let Some(ColumnData::Text(column)) = frame.column(name) else { panic!("{name}") };
    column
}

fn times(frame: &Frame, name: &str) -> Vec<Option<Timestamp>> {
    let Some(ColumnData::Time(column)) = frame.column(name) else { panic!("{name}") };
    column.iter().map(|at| instant(*at)).collect()
}

fn instant(micros: i64) -> Option<Timestamp> {
    (micros != MISSING_TIME).then(|| Timestamp::from_micros(micros).unwrap())
}

fn numbers<'a>(frame: &'a Frame, name: &str) -> &'a [f64] {
    let Some(ColumnData::Number(column)) = frame.column(name) else { panic!("{name}") };
    column
}

fn place(id: &str) -> usize {
    usize::try_from(index_of(id).unwrap()).unwrap()
}

/// Every cell of a table as text, so that missing numbers are equal.
fn cells(frame: &Frame, rows: usize) -> Vec<String> {
    (0..rows)
        .map(|row| {
            let cell = |name: &String| match frame.column(name).unwrap() {
                ColumnData::Number(rows) => format!("{:x}", rows[row].to_bits()),
                ColumnData::Bool(rows) => format!("{:?}", rows[row]),
                ColumnData::Text(column) => format!("{:?}", column.get(row)),
                ColumnData::Time(rows) => format!("{:?}", instant(rows[row])),
                other => panic!("{name}: {other:?}"),
            };
            frame.names().iter().map(cell).collect::<Vec<_>>().join(",")
        })
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_tables_and_another_gives_others() {
    let (a, b) = (simulate(&params(50)).unwrap(), simulate(&params(50)).unwrap());
    for (a, b) in [(&a.customers, &b.customers), (&a.events, &b.events), (&a.truth, &b.truth)] {
        assert_eq!(cells(a, a.len()), cells(b, b.len()));
    }
    let other = simulate(&SimulationParams { seed: 2, ..params(50) }).unwrap();
    assert_ne!(cells(&a.customers, 50), cells(&other.customers, 50));
}

/// What every host and machine must get. A change here changes every demo and benchmark.
#[test]
fn the_tables_of_a_seed_are_pinned() {
    let simulation = simulate(&params(200)).unwrap();
    let all = [&simulation.customers, &simulation.events, &simulation.truth]
        .map(|frame| cells(frame, frame.len()).join("\n"))
        .join("\n\n");
    assert_eq!(
        blake3::hash(all.as_bytes()).to_hex().as_str(),
        "231e375b0bdf3c4f196b09a61153e7698e89ff1d4b49fdfc0e8858283e856177"
    );
}

#[test]
fn a_customer_does_not_depend_on_how_many_others_there_are() {
    let (few, many) = (simulate(&params(10)).unwrap(), simulate(&params(40)).unwrap());
    for (few, many) in
        [(&few.customers, &many.customers), (&few.truth, &many.truth), (&few.events, &many.events)]
    {
        assert_eq!(cells(few, few.len()), cells(many, few.len()));
    }
}

#[test]
fn events_lie_between_sign_up_and_leaving_in_order_of_customer_and_time() {
    let simulation = simulate(&params(400)).unwrap();
    let end = Timestamp::parse("2026-11-01").unwrap();
    let signed_up = times(&simulation.customers, "signed_up");
    let churned_at = times(&simulation.truth, "churned_at");
    let (customer, at) =
        (texts(&simulation.events, "customer_id"), times(&simulation.events, "timestamp"));
    let kind = texts(&simulation.events, "type");
    let mut cancelled = 0;
    let mut before = (0, None);
    for (row, &code) in customer.codes.iter().enumerate() {
        let who = place(customer.get(row).unwrap());
        assert!((code, at[row]) >= before);
        before = (code, at[row]);
        assert!(at[row] > signed_up[who] && at[row] <= Some(end));
        if kind.get(row) == Some("cancelled") {
            cancelled += 1;
            assert_eq!(at[row], churned_at[who]);
        } else {
            assert!(churned_at[who].is_none() || at[row] < churned_at[who]);
        }
    }
    assert_eq!(cancelled, churned_at.iter().flatten().count());
    assert!(cancelled > 50);
}

#[test]
fn properties_belong_to_their_types_and_ids_are_unique() {
    let simulation = simulate(&params(300)).unwrap();
    let events = &simulation.events;
    let kind = texts(events, "type");
    for row in 0..events.len() {
        let kind = kind.get(row).unwrap();
        assert_eq!(numbers(events, "amount")[row] > 0.0, kind == "purchase");
        assert_eq!(numbers(events, "percent")[row] > 0.0, kind == "price_raised");
        assert_eq!(texts(events, "severity").get(row).is_some(), kind == "ticket_opened");
        assert_eq!(texts(events, "feature").get(row).is_some(), kind == "feature_used");
    }
    let mut ids: Vec<_> = texts(events, "event_id").values.iter().collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), events.len());
    let bare = simulate(&SimulationParams { event_ids: false, ..params(3) }).unwrap();
    assert!(bare.events.column("event_id").is_none());
}

#[test]
fn logins_follow_the_clock_of_the_customer() {
    let simulation = simulate(&params(2_000)).unwrap();
    let zone = texts(&simulation.customers, "zone");
    let events = &simulation.events;
    let (customer, kind) = (texts(events, "customer_id"), texts(events, "type"));
    let mut nights = BTreeMap::new();
    for (row, at) in times(events, "timestamp").iter().enumerate() {
        if kind.get(row) != Some("login") {
            continue;
        }
        let name = zone.get(place(customer.get(row).unwrap())).unwrap();
        let (at, zone) = (at.unwrap(), Zone::named(name).unwrap());
        let night = at.as_micros() - zone.start_of(zone.date(at)).as_micros() < 5 * 3_600_000_000;
        let (count, all) = nights.entry(name).or_insert((0, 0));
        *count += i32::from(night);
        *all += 1;
    }
    assert_eq!(nights.len(), ZONES.len());
    for (zone, (night, all)) in nights {
        let share = f64::from(night) / f64::from(all);
        assert!((0.01..0.05).contains(&share), "{zone}: {share} of {all} before five o'clock");
    }
}

/// Deciles of probability, each within 4 standard errors of what came true.
fn assert_calibrated(outcomes: &Outcomes) {
    let mut order: Vec<usize> = (0..outcomes.rows.len()).collect();
    order.sort_by(|&a, &b| outcomes.probability[a].total_cmp(&outcomes.probability[b]));
    for (decile, rows) in order.chunks(order.len().div_ceil(10)).enumerate() {
        let (mut expected, mut variance, mut observed) = (0.0, 0.0, 0.0);
        for &row in rows {
            let p = outcomes.probability[row];
            assert!((0.0..=1.0).contains(&p));
            expected += p;
            variance += p * (1.0 - p);
            observed += outcomes.labels[row];
        }
        assert!(
            (observed - expected).abs() <= 4.0 * variance.sqrt() + 1e-9,
            "decile {decile}: {observed} left, {expected} expected"
        );
    }
}

#[test]
fn as_many_leave_as_the_probabilities_say() {
    let params = params(20_000);
    let simulation = simulate(&params).unwrap();
    // One instant a test, so that rows are independent; the second lies within a day.
    for text in ["2026-02-01", "2026-06-11T15:30:00Z", "2026-10-20"] {
        let as_of = [Timestamp::parse(text).unwrap()];
        let partly = simulation.outcomes(&as_of, Span::parse("7d6h").unwrap()).unwrap();
        assert_calibrated(&partly);
        let outcomes = simulation.outcomes(&as_of, Span::days(30)).unwrap();
        assert!(outcomes.rows.len() > 4_000);
        assert_calibrated(&outcomes);
        let rate = ndarray::aview1(&outcomes.labels).mean().unwrap();
        assert!((0.05..0.09).contains(&rate), "{rate}");
    }
}

#[test]
fn forecasts_are_calibrated_and_know_less_than_the_path() {
    let simulation = simulate(&params(4_000)).unwrap();
    let as_of = [Timestamp::parse("2026-06-01").unwrap()];
    let known = simulation.outcomes(&as_of, Span::days(30)).unwrap();
    let forecast = simulation.forecast(&as_of, Span::days(30), 30).unwrap();
    assert_eq!(known.rows, forecast.rows);
    assert_eq!(known.labels, forecast.labels);
    assert_calibrated(&forecast);
    let spread = |of: &Outcomes| of.probability.iter().map(|p| p * p).sum::<f64>();
    assert!(spread(&forecast) < spread(&known));
}

#[test]
fn the_rows_are_those_who_are_there() {
    let params = params(300);
    let simulation = simulate(&params).unwrap();
    let as_of = cut_offs(&params);
    let outcomes = simulation.outcomes(&as_of, Span::days(30)).unwrap();
    let signed_up = times(&simulation.customers, "signed_up");
    let churned_at = times(&simulation.truth, "churned_at");
    let mut expected = Vec::new();
    for who in 0..300 {
        for &at in &as_of {
            if signed_up[who] <= Some(at) && churned_at[who].is_none_or(|left| left > at) {
                let left = churned_at[who].is_some_and(|left| left <= at.plus(Span::days(30)));
                expected.push((id_of(who as u64), at, f64::from(u8::from(left))));
            }
        }
    }
    let found = outcomes.rows.iter().zip(&outcomes.labels);
    let found: Vec<_> = found.map(|(key, &y)| (key.customer_id.clone(), key.as_of, y)).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_action_multiplies_the_hazard_by_the_customers_own_factor() {
    let untreated = simulate(&params(3_000)).unwrap();
    let at = Timestamp::parse("2026-05-31T12:00:00Z").unwrap();
    // One day: nothing else differs, as what is done today works from tomorrow on.
    let as_of = [Timestamp::parse("2026-06-01").unwrap()];
    let base = untreated.outcomes(&as_of, Span::days(1)).unwrap();
    for action in Action::ALL {
        let treatments =
            (0..3_000).map(|index| Treatment { customer_id: id_of(index), action, at }).collect();
        let treated = simulate(&SimulationParams { treatments, ..params(3_000) }).unwrap();
        let outcomes = treated.outcomes(&as_of, Span::days(1)).unwrap();
        assert_eq!(outcomes.rows, base.rows);
        let factors = numbers(&treated.truth, &format!("effect_{}", action.name()));
        for (row, key) in outcomes.rows.iter().enumerate() {
            let factor = factors[place(&key.customer_id)];
            let expected = base.probability[row] * factor;
            assert!((outcomes.probability[row] - expected).abs() < 1e-12);
        }
    }
}

#[test]
fn effects_differ_by_plan_and_some_are_harmed() {
    let simulation = simulate(&params(5_000)).unwrap();
    let plan = texts(&simulation.customers, "plan");
    let Some(ColumnData::Bool(dog)) = simulation.truth.column("sleeping_dog") else { panic!() };
    let rate = numbers(&simulation.truth, "login_rate");
    let effect = |action: Action| numbers(&simulation.truth, &format!("effect_{}", action.name()));
    let (mail, call) = (effect(Action::DiscountMail), effect(Action::CsmCall));
    let (mut dogs, mut dog_rate, mut other_rate) = (0.0, 0.0, 0.0);
    for row in 0..5_000 {
        let is_dog = dog[row].unwrap();
        match plan.get(row).unwrap() {
            "free" => assert_eq!((mail[row], call[row]), (1.0, 1.0)),
            _ if !is_dog => assert!(mail[row] < 1.0 && call[row] < 1.0),
            "pro" => assert!(call[row] > 1.2, "a sleeping dog leaves sooner when called"),
            _ => assert!((0.7..0.8).contains(&call[row])),
        }
        if is_dog {
            dogs += 1.0;
            dog_rate += rate[row];
        } else {
            other_rate += rate[row];
        }
    }
    assert!((0.15..0.35).contains(&(dogs / 5_000.0)), "{dogs} sleeping dogs");
    assert!(dog_rate / dogs < 0.8 * other_rate / (5_000.0 - dogs), "they log in less");
}

#[test]
fn what_cannot_be_is_refused() {
    for (wrong, message) in [
        (params(0), "argument `customers`: is 0; expected 1 to 9999999"),
        (
            SimulationParams { days: 4_000, ..params(1) },
            "argument `days`: is 4000; expected 1 to 3660",
        ),
        (
            SimulationParams {
                treatments: vec![Treatment {
                    customer_id: "c0000001".into(),
                    action: Action::CsmCall,
                    at: Timestamp::parse("2026-01-01").unwrap(),
                }],
                ..params(1)
            },
            "argument `treatments`: `c0000001` is not a customer of this simulation",
        ),
        (
            SimulationParams { start: Timestamp::parse("9999-06-01").unwrap(), ..params(1) },
            "argument `start`: is too near to the end of the calendar",
        ),
    ] {
        assert_eq!(simulate(&wrong).unwrap_err().to_string(), message);
    }
    let simulation = simulate(&params(1)).unwrap();
    let early = [Timestamp::parse("2025-10-31").unwrap()];
    let inside = [Timestamp::parse("2026-10-31").unwrap()];
    assert!(simulation.outcomes(&early, Span::days(30)).is_err());
    assert!(simulation.outcomes(&inside, Span::ZERO).is_err());
    assert!(simulation.forecast(&inside, Span::days(30), 0).is_err());
}

#[test]
fn parameters_are_read_from_a_document() {
    let read = |text| serde_json::from_str::<SimulationParams>(text);
    let params = read(r#"{"start": "2025-11-01", "customers": 7}"#).unwrap();
    assert_eq!((params.customers, params.days, params.seed), (7, 365, 1));
    assert!(read(r#"{"start": "2025-11-01", "customer": 7}"#).is_err());
    let start = Timestamp::parse("2026-01-01").unwrap();
    assert_eq!(read("{}").unwrap(), SimulationParams::new(start));
    assert_eq!(SimulationParams::default(), SimulationParams::new(start));
}

#[test]
fn a_forecast_has_the_same_bits_as_in_other_hosts() {
    let params = SimulationParams { customers: 40, days: 120, seed: 7, ..Default::default() };
    let as_of = ["2026-03-01", "2026-04-01"].map(|at| Timestamp::parse(at).unwrap());
    let forecast = simulate(&params).unwrap().forecast(&as_of, Span::days(30), 20).unwrap();
    assert_eq!(forecast.rows[0].customer_id, "c0000000");
    assert_eq!(forecast.probability[0], 0.010_393_528_986_363_098);
}

#[test]
fn the_truth_is_the_same_as_documents_and_as_a_table() {
    let params = params(40);
    let as_of = cut_offs(&params);
    let truth = simulate(&params).unwrap().outcomes(&as_of, Span::days(30)).unwrap();
    let frame = truth.frame().unwrap();
    assert_eq!(frame.names(), ["customer_id", "as_of", "probability", "label"]);
    let documents = truth.documents();
    assert_eq!(frame.len(), documents.len());
    for (row, document) in documents.iter().enumerate() {
        let document = serde_json::to_value(document).unwrap();
        for name in frame.names() {
            let value = frame.column(name).unwrap().value(row);
            // A whole number is the same with a point as without.
            assert_eq!(value.as_f64(), document[name].as_f64());
            assert!(value.is_number() || value == document[name]);
        }
    }
}

#[test]
fn the_acme_playbook_reads_every_row_and_its_labels_are_the_truth() {
    let text = include_str!("../../../../examples/acme/playbook.toml");
    let playbook = stayput_core::Playbook::parse(text).unwrap();
    let params = params(300);
    let simulation = simulate(&params).unwrap();
    let as_of = cut_offs(&params);
    let options = stayput_core::features::TrainingOptions::default();
    let training = playbook
        .training_set(&simulation.events, Some(&simulation.customers), &as_of, &options)
        .unwrap();
    assert_eq!(training.report.events.accepted, simulation.events.len());
    assert_eq!(training.report.customers.accepted, 300);
    let truth = simulation.outcomes(&as_of, Span::days(30)).unwrap();
    assert_eq!(training.set.table.keys.iter().collect::<Vec<_>>(), truth.rows);
    assert_eq!(training.set.labels, truth.labels);
}
