//! The whole line, part by part, on a simulated company of 2,000 customers over a year.
//!
//! These are for finding out where time goes; comparisons with other libraries are runs of their
//! own, side by side.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark stops at the first surprise")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use stayput::features::TrainingOptions;
use stayput::models::simulate::{SimulationParams, simulate};
use stayput::models::{TrainParams, train};
use stayput::time::Timestamp;
use stayput::{Bundle, Engine, Playbook};

const PLAYBOOK: &str = include_str!("../examples/acme/playbook.toml");

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn months() -> Vec<Timestamp> {
    (4..=11).map(|month| at(&format!("2025-{month:02}-01"))).collect()
}

fn line(c: &mut Criterion) {
    let company = simulate(&SimulationParams::new(at("2025-01-01"))).unwrap();
    let playbook = Playbook::parse(PLAYBOOK).unwrap();
    let events = company.events.len() as u64;
    let customers = Some(&company.customers);

    let mut features = c.benchmark_group("features");
    features.sample_size(10).throughput(Throughput::Elements(events));
    for (name, instants) in [("one cut-off", &months()[..1]), ("eight cut-offs", &months()[..])] {
        features.bench_function(name, |b| {
            b.iter(|| playbook.features(&company.events, customers, instants, None).unwrap());
        });
    }
    features.finish();

    let training = playbook
        .training_set(&company.events, customers, months(), &TrainingOptions::default())
        .unwrap()
        .set;
    let model = train(&training, &TrainParams::default()).unwrap();
    let rows = model.rows_of(&training.table).unwrap();
    let row = rows.row(0).to_vec();
    let mut models = c.benchmark_group("models");
    models.sample_size(10).throughput(Throughput::Elements(training.table.len() as u64));
    models.bench_function("train", |b| {
        b.iter(|| train(&training, &TrainParams::default()).unwrap());
    });
    models.bench_function("predict a batch", |b| b.iter(|| model.predict(rows.view()).unwrap()));
    models.throughput(Throughput::Elements(1));
    models.bench_function("predict one row", |b| {
        b.iter(|| model.predict_row(black_box(&row)).unwrap());
    });
    models.finish();

    let mut engine = Engine::new(Bundle::new(playbook, Some(model)).unwrap());
    let mut state = c.benchmark_group("engine");
    state.sample_size(10).throughput(Throughput::Elements(events));
    state.bench_function("ingest", |b| {
        b.iter_batched(
            || Engine::new(engine.bundle().clone()),
            |mut engine| engine.ingest(&company.events).unwrap(),
            BatchSize::LargeInput,
        );
    });
    engine.ingest_tables(&company.events, customers).unwrap();
    let now = at("2025-12-01");
    state.throughput(Throughput::Elements(engine.customers().count() as u64));
    state.bench_function("score all", |b| b.iter(|| engine.score_all(now).unwrap()));
    state.bench_function("decide", |b| {
        b.iter_batched(
            || engine.clone(),
            |mut engine| engine.decide(now).unwrap(),
            BatchSize::LargeInput,
        );
    });
    state.finish();
}

criterion_group!(benches, line);
criterion_main!(benches);
