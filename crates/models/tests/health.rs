//! Health learned from outcomes: the truth of the simulator, and real customers.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test says what it found, and stops where it cannot read"
)]

use std::collections::BTreeMap;
use std::fmt::Write;

use stayput_core::features::{FeatureType, TrainingOptions, TrainingSet};
use stayput_core::math::logit;
use stayput_core::time::{Span, Timestamp};
use stayput_core::{ErrorCode, Playbook};
use stayput_models::health::Direction;
use stayput_models::simulate::{SimulationParams, simulate};
use stayput_models::{
    FitHealthParams, Folds, TrainParams, evaluate, fit_health, train, validate_health,
};

mod real;

/// A playbook whose features are the columns of a set, with a section `[health]`.
fn playbook(set: &TrainingSet, section: &str) -> Playbook {
    let (mut attributes, mut features) = (String::new(), String::new());
    for column in &set.table.columns {
        let name = &column.name;
        let kind = match &column.kind {
            FeatureType::Number => "\"number\"".to_owned(),
            FeatureType::Bool => "\"bool\"".to_owned(),
            _ => "\"category\"".to_owned(),
        };
        writeln!(attributes, "{name} = {kind}").unwrap();
        writeln!(features, "{name} = 'customer.{name}'").unwrap();
    }
    let text = format!(
        "[playbook]\nname = \"t\"\n[customer]\n{attributes}[features]\n{features}{section}"
    );
    Playbook::parse(&text).unwrap_or_else(|error| unreachable!("{error}\n{text}"))
}

#[test]
fn on_held_out_telco_customers_health_ranks_almost_as_logistic_regression_does() {
    let Some(telco) = real::telco() else { return };
    let splits = Folds::stratified(3, 0).split(&telco).unwrap();
    let (mut health, mut logistic) = (0.0, 0.0);
    for split in &splits {
        let (set, unseen) =
            (telco.select(&split.train).unwrap(), telco.select(&split.test).unwrap());
        let fitted = fit_health(&set, &FitHealthParams::default()).unwrap();
        let found = validate_health(&playbook(&set, &fitted.playbook), &unseen).unwrap();
        println!("{}{found}", fitted.playbook);
        assert!(found.monotone && found.bands.len() == 3);
        assert!(found.auc_low < found.auc && found.auc < found.auc_high);
        let (first, last) = (&found.bands[0], &found.bands[2]);
        assert!(first.lift > Some(1.8) && last.lift < Some(0.4), "{found}");
        assert!(first.low > last.high, "bands are apart\n{found}");
        health += found.auc.unwrap() / 3.0;
        let params = TrainParams::from_json(r#"{"algorithm": "logistic"}"#).unwrap();
        logistic +=
            evaluate(&train(&set, &params).unwrap(), &unseen).unwrap().roc_auc.unwrap() / 3.0;
    }
    println!("health {health:.4}, logistic {logistic:.4}");
    assert!(health > logistic - 0.02);
}

const FEATURES: &str = r#"
[features]
tenure_days = 'days_since(customer.signed_up)'
logins_14d  = 'count(login, "14d")'
failed_14d  = 'exists(payment_failed, "14d")'
urgent_14d  = 'exists(ticket_opened, "14d", ticket_opened.severity == "high")'
hour        = 'hour_of(customer.signed_up)'
"#;

/// How far apart two kinds of rows are by the true probabilities of leaving, in log-odds.
fn apart(
    truth: &[f64],
    column: &[f64],
    bad: impl Fn(f64) -> bool,
    good: impl Fn(f64) -> bool,
) -> f64 {
    let mean = |kind: &dyn Fn(f64) -> bool| {
        let own: Vec<f64> =
            truth.iter().zip(column).filter(|(_, x)| kind(**x)).map(|(p, _)| *p).collect();
        own.iter().sum::<f64>() / f64::from(u32::try_from(own.len()).unwrap())
    };
    logit(mean(&bad)) - logit(mean(&good))
}

/// The truth is the simulator's own probability of leaving, which no label shows: factors weigh in
/// the order in which it differs between their ends.
#[test]
fn the_order_of_the_factors_is_that_of_the_truth() {
    let mut params = SimulationParams::new(Timestamp::parse("2025-01-01").unwrap());
    params.customers = 6_000;
    let company = simulate(&params).unwrap();
    let acme = include_str!("../../../examples/acme/playbook.toml");
    let head: String = acme.split("[features]").next().unwrap().to_owned();
    // Who is new churns for being new, and neither they nor who pays nothing has a bill to fail.
    let churn = "[churn]\nlabel = 'exists(cancelled, horizon)'\nhorizon = \"30d\"\n\
                 eligible = 'tenure_days >= 60 && customer.plan != \"free\" && !exists(cancelled)'\n";
    let text = format!("{head}{FEATURES}{churn}");
    let playbook = Playbook::parse(&text).unwrap();
    let months: Vec<Timestamp> = (0..6)
        .map(|month| Timestamp::parse("2025-04-01").unwrap().plus(Span::days(30 * month)))
        .collect();
    let set = playbook
        .training_set(
            &company.events,
            Some(&company.customers),
            &months,
            &TrainingOptions::default(),
        )
        .unwrap()
        .set;
    let names = ["logins_14d", "failed_14d", "urgent_14d", "hour"].map(str::to_owned).to_vec();
    let asked = FitHealthParams { features: Some(names), ..FitHealthParams::default() };
    let fitted = fit_health(&set, &asked).unwrap();
    println!("{}", fitted.playbook);
    let weights: BTreeMap<&str, f64> =
        fitted.factors.iter().map(|factor| (factor.feature.as_str(), factor.weight)).collect();
    let of = |name: &str| weights.get(name).copied().unwrap_or_default();
    let outcomes = company.outcomes(&months, Span::days(30)).unwrap();
    let known: BTreeMap<(&str, Timestamp), f64> = outcomes
        .rows
        .iter()
        .zip(&outcomes.probability)
        .map(|(row, probability)| ((row.customer_id.as_str(), row.as_of), *probability))
        .collect();
    let keys = &set.table.keys;
    let truth: Vec<f64> =
        (0..keys.len()).map(|row| known[&(keys.customer_id(row), keys.as_of(row))]).collect();
    let column = |name: &str| {
        let found = set.table.columns.iter().find(|column| column.name == name).unwrap();
        found.numbers().unwrap()
    };
    let mut spreads = [
        ("logins_14d", apart(&truth, &column("logins_14d"), |x| x == 0.0, |x| x > 11.0)),
        // Who had a failed payment and is still there is no more likely to leave than others.
        ("failed_14d", apart(&truth, &column("failed_14d"), |x| x > 0.0, |x| x == 0.0).abs()),
        ("urgent_14d", apart(&truth, &column("urgent_14d"), |x| x > 0.0, |x| x == 0.0)),
        ("hour", apart(&truth, &column("hour"), |x| x < 12.0, |x| x >= 12.0).abs()),
    ];
    println!("{weights:?}, true {spreads:?}");
    spreads.sort_by(|a, b| b.1.total_cmp(&a.1));
    assert!(spreads.iter().map(|(name, _)| of(name)).is_sorted_by(|a, b| a > b), "{weights:?}");
    assert_eq!((spreads[0].0, spreads[3].0), ("logins_14d", "hour"));
    let way = |name: &str| {
        fitted.factors.iter().find(|factor| factor.feature == name).and_then(|own| own.direction)
    };
    assert_eq!(way("logins_14d"), Some(Direction::Up));
    let urgent = fitted.factors.iter().find(|factor| factor.feature == "urgent_14d").unwrap();
    assert_eq!(urgent.score, "if(urgent_14d, 0, 100)");
    // The section loads as it stands, and says of the same rows what was found in learning.
    let again = Playbook::parse(&format!("{text}\n{}", fitted.playbook)).unwrap();
    let found = validate_health(&again, &set).unwrap();
    assert!((found.auc.unwrap() - fitted.auc.unwrap()).abs() < 0.002, "{found}");
    for (band, learned) in found.bands.iter().zip(&fitted.bands) {
        assert_eq!(band.start, learned.start);
        assert!(band.rows.abs_diff(learned.rows) <= fitted.rows / 500, "{found}");
    }
    assert_eq!(found.without_score, 0.0);
}

#[test]
fn what_cannot_be_learned_or_validated_is_refused() {
    let Some(telco) = real::telco() else { return };
    let wrong = |params: &str| {
        let params: FitHealthParams = serde_json::from_str(params).unwrap();
        fit_health(&telco, &params).unwrap_err().to_string()
    };
    for (params, expected) in [
        (
            r#"{"features": ["tenur"]}"#,
            "argument `features`: `tenur` is not a feature to learn from; did you mean `tenure`?",
        ),
        (
            r#"{"directions": {"Contract": "up"}}"#,
            "argument `directions`: `Contract` is no number, and has no direction",
        ),
        (r#"{"maxFactors": 0}"#, "argument `max_factors`: is 0; expected at least 1"),
    ] {
        assert_eq!(wrong(params), expected);
    }
    let none = playbook(&telco, "");
    let error = validate_health(&none, &telco).unwrap_err();
    assert_eq!(error.code(), ErrorCode::PlaybookKey);
    let section = "[health]\nbands = { a = 0 }\n[health.factors.x]\nweight = 1\nscore = ";
    let attribute = playbook(&telco, &format!("{section}'customer.tenure'"));
    let error = validate_health(&attribute, &telco).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Unsupported);
}
