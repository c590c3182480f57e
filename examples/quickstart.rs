//! From events to a decision in one process: `cargo run --release --example quickstart`.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;

use stayput::features::TrainingOptions;
use stayput::models::simulate::{SimulationParams, simulate};
use stayput::models::{TrainParams, evaluate, train};
use stayput::time::Timestamp;
use stayput::{Bundle, Engine, Playbook};

fn main() -> Result<(), Box<dyn Error>> {
    // A simulated company stands in for your own events and customers.
    let company = simulate(&SimulationParams::new(Timestamp::parse("2025-01-01")?))?;
    let playbook = Playbook::parse(include_str!("acme/playbook.toml"))?;

    // Features as they stood on the first of each month, and who left in the month after.
    let months = |range: std::ops::RangeInclusive<u32>| {
        range.map(|month| Timestamp::parse(&format!("2025-{month:02}-01")))
    };
    let past: Vec<Timestamp> = months(4..=9).collect::<Result<_, _>>()?;
    let recent: Vec<Timestamp> = months(11..=11).collect::<Result<_, _>>()?;
    let (events, customers) = (&company.events, Some(&company.customers));
    let options = TrainingOptions::default();
    let train_on = playbook.training_set(events, customers, &past, &options)?.set;
    let judge_on = playbook.training_set(events, customers, &recent, &options)?.set;

    let model = train(&train_on, &TrainParams::default())?;
    println!("{}", evaluate(&model, &judge_on)?);

    // One bundle; an engine that knows every customer; a score and the decisions of a day.
    let mut engine = Engine::new(Bundle::new(playbook, Some(model))?);
    engine.ingest_tables(events, customers)?;
    let now = Timestamp::parse("2025-12-01")?;
    let mut scores = engine.score_all(now)?;
    scores.sort_by(|a, b| risk(b).total_cmp(&risk(a)));
    for score in scores.iter().take(5) {
        let health = score.health.as_ref().map_or("-", |health| health.band.as_str());
        println!("{}  churn {:.3}  health {health}", score.customer_id, risk(score));
    }
    let decided = engine.decide(now)?;
    println!("{} decisions, {} suppressions", decided.decisions.len(), decided.suppressions.len());
    Ok(())
}

/// The churn probability, 0 for those who left before.
fn risk(score: &stayput::Score) -> f64 {
    let gone = score.lifecycle.as_ref().is_some_and(|stage| stage.stage == "gone");
    score.churn.as_ref().filter(|_| !gone).map_or(0.0, |churn| churn.probability)
}
