//! Writes the seeds of every target to `fuzz/corpus`: valid files, and as small as they come.
//!
//! It is built as the targets are, and stops before any input comes: a program of another kind would
//! have all packages compiled once more.
#![no_main]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use stayput_core::Bundle;
use stayput_core::Engine;
use stayput_core::Playbook;
use stayput_core::churn::Model;
use stayput_core::columns::Frame;
use stayput_core::features::TrainingOptions;
use stayput_core::time::Timestamp;
use stayput_models::simulate::{SimulationParams, simulate};
use stayput_models::{TrainParams, export, train};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Events as a host sends them, one of them wrong.
const EVENTS: &str = r#"{"customer_id": "a", "timestamp": "2025-01-03T10:00:00Z", "type": "login", "event_id": "1"}
{"customer_id": "a", "timestamp": "2025-01-04", "type": "purchase", "amount": 12.5, "event_id": "2", "revision": 1}
{"customer_id": "a", "timestamp": "2025-01-04", "type": "purchase", "event_id": "2", "deleted": true, "revision": 2, "properties": {"amount": 3}}
{"customer_id": "b", "timestamp": 1735900000, "type": "ticket_opened", "severity": "high"}
{"customer_id": "b", "timestamp": "2025-01-09", "type": "feature_used", "feature": "none such"}
"#;

const CUSTOMERS: &str = r#"{"customer_id": "a", "plan": "pro", "mrr": 20.5, "signed_up": "2024-12-01", "zone": "Europe/Berlin", "email_ok": true, "valid_from": "2024-12-01"}
{"customer_id": "b", "plan": null, "mrr": 0}
"#;

libfuzzer_sys::fuzz_target!(
    init: {
        if let Err(error) = write() {
            eprintln!("error: {error}");
            std::process::exit(1);
        }
        std::process::exit(0);
    },
    |_input| {}
);

fn write() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let repository = root.parent().ok_or("the repository is above")?;
    let put = |target: &str, name: &str, bytes: &[u8]| -> Result<()> {
        let folder = root.join("corpus").join(target);
        fs::create_dir_all(&folder)?;
        Ok(fs::write(folder.join(name), bytes)?)
    };
    for library in ["xgboost", "lightgbm", "catboost", "onnx"] {
        for file in files(&repository.join("crates/models/src/import"))? {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("small.") && name.contains(library) {
                put(library, &name, &fs::read(&file)?)?;
            }
        }
    }
    let acme = fs::read_to_string(repository.join("examples/acme/playbook.toml"))?;
    for (name, model) in models(&acme)? {
        put("model", &name, &stayput_fuzz::unseal(&model.to_bytes()?))?;
        put("onnx", &name, &without_model(&export::onnx(&model)?))?;
        if let Ok(file) = export::xgboost(&model) {
            put("xgboost", &format!("{name}.json"), &file)?;
        }
    }
    for file in files(&repository.join("tests/vectors/bundles"))? {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = fs::read(&file)?;
        put("bundle", &name, &stayput_fuzz::unseal(&bytes))?;
        if let Some(model) = Bundle::from_bytes(&bytes)?.model() {
            put("model", &name, &stayput_fuzz::unseal(&model.to_bytes()?))?;
        }
    }
    put("playbook", "acme", acme.as_bytes())?;
    put("events", "events", EVENTS.as_bytes())?;
    put("events", "customers", CUSTOMERS.as_bytes())?;
    put(
        "events",
        "rows",
        b"[{\"customer_id\": 1, \"timestamp\": \"2025-01-01\", \"type\": \"login\"}, 3]",
    )?;
    snapshot(&acme, &put)?;
    expressions(&acme, &put)?;
    for file in files(&repository.join("tests/vectors"))? {
        vectors(&file, &put)?;
    }
    Ok(())
}

/// An ONNX file whose metadata goes by another name, so that the graph is read.
fn without_model(file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    let name = b"stayput.model";
    if let Some(at) = file.windows(name.len()).position(|part| part == name) {
        file[at] = b'S';
    }
    file
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?;
    let mut files: Vec<PathBuf> =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|file| file.is_file());
    files.sort();
    Ok(files)
}

/// Small models of each kind, trained on a simulated company.
fn models(acme: &str) -> Result<Vec<(String, Model)>> {
    let mut params = SimulationParams::new(Timestamp::parse("2025-01-01")?);
    (params.customers, params.days) = (200, 120);
    let company = simulate(&params)?;
    let playbook = Playbook::parse(acme)?;
    let cut_offs = [Timestamp::parse("2025-03-01")?];
    let options = TrainingOptions::default();
    let made =
        playbook.training_set(&company.events, Some(&company.customers), &cut_offs, &options);
    let set = made?.set;
    let params = [
        ("gbm", r#"{"algorithm": "gbm", "n_estimators": 2, "max_depth": 2}"#),
        (
            "depthwise",
            r#"{"algorithm": "gbm", "n_estimators": 2, "max_depth": 2, "grow_policy": "depthwise"}"#,
        ),
        ("logistic", r#"{"algorithm": "logistic"}"#),
    ];
    let train = |(name, params): (&str, &str)| {
        Ok((name.to_owned(), train(&set, &TrainParams::from_json(params)?)?))
    };
    params.into_iter().map(train).collect()
}

fn snapshot(acme: &str, put: &impl Fn(&str, &str, &[u8]) -> Result<()>) -> Result<()> {
    let mut engine = Engine::new(Bundle::new(Playbook::parse(acme)?, None)?);
    put("snapshot", "empty", &stayput_fuzz::unseal(&engine.snapshot()?))?;
    engine.upsert_customers(&Frame::from_ndjson(CUSTOMERS.as_bytes())?)?;
    engine.ingest(&Frame::from_ndjson(EVENTS.as_bytes())?)?;
    put("snapshot", "events", &stayput_fuzz::unseal(&engine.snapshot()?))?;
    engine.decide(Timestamp::parse("2025-01-10")?)?;
    engine.forget(Timestamp::parse("2025-01-04")?)?;
    put("snapshot", "decided", &stayput_fuzz::unseal(&engine.snapshot()?))
}

/// Every text between single quotes that a playbook has.
fn expressions(text: &str, put: &impl Fn(&str, &str, &[u8]) -> Result<()>) -> Result<()> {
    for expression in text.lines().filter_map(|line| line.split('\'').nth(1)) {
        let name = blake3::hash(expression.as_bytes()).to_hex();
        put("expression", &name[..16], expression.as_bytes())?;
    }
    Ok(())
}

/// The playbooks of the vectors, and their events.
fn vectors(file: &Path, put: &impl Fn(&str, &str, &[u8]) -> Result<()>) -> Result<()> {
    let Ok(document) = serde_json::from_slice::<Value>(&fs::read(file)?) else { return Ok(()) };
    for case in document["cases"].as_array().into_iter().flatten() {
        let lines = case["playbook"].as_array().into_iter().flatten();
        let lines: Vec<&str> = lines.filter_map(Value::as_str).collect();
        let text = lines.join("\n");
        let name = blake3::hash(text.as_bytes()).to_hex();
        put("playbook", &name[..16], text.as_bytes())?;
        expressions(&text, put)?;
    }
    Ok(())
}
