//! Health learned from outcomes: the truth of the simulator, and real customers.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test says what it found, and stops where it cannot read"
)]

use std::collections::BTreeMap;
use std::fmt::Write;

use stayput_core::features::{FeatureType, TrainingOptions, TrainingSet};
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
failed_30d  = 'count(payment_failed, "30d")'
urgent_30d  = 'count(ticket_opened, "30d", ticket_opened.severity == "high")'
digit       = 'size(customer.plan) * 0 + hour_of(last(login))'
"#;

/// The truth of the simulator: the loss of all engagement weighs 5.2 in log-odds, a payment that
/// just failed 2.0, an urgent ticket 1.5; the hour of a login says nothing.
#[test]
fn the_order_of_the_factors_is_that_of_the_truth() {
    let mut params = SimulationParams::new(Timestamp::parse("2025-01-01").unwrap());
    params.customers = 6_000;
    let company = simulate(&params).unwrap();
    let acme = include_str!("../../../examples/acme/playbook.toml");
    let head: String = acme.split("[features]").next().unwrap().to_owned();
    let churn = acme.split("[churn]").nth(1).unwrap().split("\n[").next().unwrap();
    let text = format!("{head}{FEATURES}[churn]{churn}");
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
    let names = ["logins_14d", "failed_30d", "urgent_30d", "digit"].map(str::to_owned).to_vec();
    let asked = FitHealthParams { features: Some(names), ..FitHealthParams::default() };
    let fitted = fit_health(&set, &asked).unwrap();
    println!("{}", fitted.playbook);
    let weights: BTreeMap<&str, f64> =
        fitted.factors.iter().map(|factor| (factor.feature.as_str(), factor.weight)).collect();
    let of = |name: &str| weights.get(name).copied().unwrap_or_default();
    assert!(of("logins_14d") > of("failed_30d"), "{weights:?}");
    assert!(of("failed_30d") > of("urgent_30d"), "{weights:?}");
    assert!(of("urgent_30d") > of("digit"), "{weights:?}");
    let way = |name: &str| {
        fitted.factors.iter().find(|factor| factor.feature == name).and_then(|own| own.direction)
    };
    assert_eq!(way("logins_14d"), Some(Direction::Up));
    assert_eq!(way("failed_30d"), Some(Direction::Down));
    assert_eq!(way("urgent_30d"), Some(Direction::Down));
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
