//! One customer at a time: what a backend asks when an event has come in.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use stayput::columns::Frame;
use stayput::features::TrainingOptions;
use stayput::models::simulate::{Simulation, SimulationParams, simulate};
use stayput::models::{TrainParams, train};
use stayput::time::{Span, Timestamp};
use stayput::{Bundle, Engine, Playbook, ReasonParams};

use super::{ROUNDS, at, median};

const PLAYBOOK: &str = include_str!("playbook.toml");
/// Trees of depth 6, none held out: symmetric as by default, and as most libraries grow them.
pub(crate) const SYMMETRIC: &str = r#"{"algorithm": "gbm", "n_estimators": 200, "max_depth": 6}"#;
pub(crate) const DEPTH_WISE: &str =
    r#"{"algorithm": "gbm", "n_estimators": 200, "grow_policy": "depthwise", "max_depth": 6}"#;

/// A simulated company of 5,000 customers over two years, and a bundle trained on it.
pub(crate) struct Company {
    pub(crate) bundle: Bundle,
    simulated: Simulation,
}

impl Company {
    pub(crate) fn new(model: &str) -> Self {
        let params = SimulationParams {
            customers: 5_000,
            days: 730,
            start: at("2024-11-01"),
            ..SimulationParams::default()
        };
        let simulated = simulate(&params).unwrap();
        let playbook = Playbook::parse(PLAYBOOK).unwrap();
        let months: Vec<Timestamp> =
            (2..=9).map(|month| at(&format!("2026-{month:02}-01"))).collect();
        let options = TrainingOptions::default();
        let (events, customers) = (&simulated.events, Some(&simulated.customers));
        let training = playbook.training_set(events, customers, &months[..], &options).unwrap();
        let params = TrainParams::from_json(model).unwrap();
        let model = train(&training.set, &params).unwrap();
        Self { bundle: Bundle::new(playbook, Some(model)).unwrap(), simulated }
    }

    /// An engine that knows them all, and has decided once.
    fn engine(&self) -> Engine {
        let mut engine = Engine::new(self.bundle.clone());
        let Simulation { events, customers, .. } = &self.simulated;
        engine.ingest_tables(events, Some(customers)).unwrap();
        engine.decide(at("2026-10-20T12:00:00Z")).unwrap();
        engine
    }

    pub(crate) fn decide_one(&self, trees: &str, folder: Option<&str>) {
        let mut engine = self.engine();
        let ids: Vec<String> = engine.customers().step_by(2).map(str::to_owned).collect();
        let mut answers = Vec::new();
        // Of the decision alone, and of it with the reasons.
        let mut all = [const { (Vec::new(), Vec::new()) }; 2];
        for (round, day) in (0..ROUNDS).zip(1_i64..) {
            let now = at("2026-10-20T12:00:00Z").plus(Span::days(day));
            let mut taken = [const { Vec::new() }; 2];
            for id in &ids {
                engine.ingest(&login(id, now)).unwrap();
                let start = Instant::now();
                let decided = engine.decide_one(id, now).unwrap();
                taken[0].push(start.elapsed().as_secs_f64() * 1e6);
                black_box(engine.reasons(id, now, ReasonParams::default()).unwrap());
                taken[1].push(start.elapsed().as_secs_f64() * 1e6);
                if round == 0 {
                    answers.push(decided);
                }
            }
            for (mut taken, (typical, slow)) in taken.into_iter().zip(&mut all) {
                taken.sort_by(f64::total_cmp);
                typical.push(taken[taken.len() / 2]);
                slow.push(taken[taken.len() * 99 / 100]);
            }
        }
        let sent: usize = answers.iter().map(|decided| decided.decisions.len()).sum();
        let stopped: usize = answers.iter().map(|decided| decided.suppressions.len()).sum();
        println!(
            "decide_one, {trees}, from Rust: {} customers, {sent} sent and {stopped} stopped in a round",
            ids.len()
        );
        for (what, (typical, slow)) in
            ["the decision", "with reasons (bar: p99 under 100)"].into_iter().zip(all)
        {
            let (typical, slow) = (median(typical), median(slow));
            println!("  p50 {typical:>7.1} µs  p99 {slow:>7.1} µs  {what}");
        }
        if let Some(folder) = folder {
            self.leave(Path::new(folder), &ids, &serde_json::to_string(&answers).unwrap());
        }
    }

    /// Leaves what the part in Node begins with, and the decisions of the first round.
    fn leave(&self, folder: &Path, ids: &[String], answers: &str) {
        std::fs::create_dir_all(folder).unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
        write("bundle", self.bundle.to_bytes());
        write("events.ndjson", &self.simulated.events.to_ndjson().unwrap());
        write("customers.ndjson", &self.simulated.customers.to_ndjson().unwrap());
        write("ids.json", serde_json::to_string(ids).unwrap().as_bytes());
        write("answers.json", answers.as_bytes());
    }
}

/// What has just come in.
fn login(id: &str, at: Timestamp) -> Frame {
    let row = format!(r#"{{"customer_id":"{id}","timestamp":"{at}","type":"login"}}"#);
    Frame::from_ndjson(row.as_bytes()).unwrap()
}
