//! Runs `tests/vectors`: the cases that every host answers with the same bits.
//!
//! `STAYPUT_BLESS=1 cargo test --test vectors` writes what came out into the cases, and the
//! bundles of those with a model into `tests/vectors/bundles`. Read the diff: a blessed answer is
//! only as right as the reader who checked it against the case's `why`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use stayput::churn::Model;
use stayput::columns::Frame;
use stayput::lifecycle::RfmParams;
use stayput::time::Timestamp;
use stayput::wire::{self, TableOptions};
use stayput::{Bundle, Engine, Playbook, Result};

#[derive(Deserialize)]
struct Case {
    name: String,
    why: String,
    /// The lines of the playbook's text.
    playbook: Option<Vec<String>>,
    /// What the bundle is made of, for this runner; the others read `bundle`.
    model: Option<Value>,
    bundle: Option<String>,
    steps: Vec<Map<String, Value>>,
}

/// What a case is about: made when a step first needs it.
struct Subject<'a> {
    case: &'a Case,
    engine: Option<Engine>,
}

#[test]
fn every_case_gives_what_it_says() {
    let bless = std::env::var_os("STAYPUT_BLESS").is_some();
    let index: Value = serde_json::from_str(&read("index.json")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in index["files"].as_array().unwrap() {
        let file = file["file"].as_str().unwrap();
        let mut document: Value = serde_json::from_str(&read(file)).unwrap();
        for value in document["cases"].as_array_mut().unwrap() {
            let case = Case::deserialize(&*value).unwrap();
            assert!(!case.why.is_empty(), "{file}: `{}` does not say why", case.name);
            check_bundle(&case, bless);
            let mut subject = Subject { case: &case, engine: None };
            for (at, step) in case.steps.iter().enumerate() {
                let (key, found) = match subject.run(step) {
                    Ok(answer) => ("expect", answer),
                    Err(error) => {
                        let code = error.code().as_str();
                        ("error", json!({"code": code, "message": error.to_string()}))
                    }
                };
                count += 1;
                if step.get(key).is_some_and(|expected| same(expected, &found)) {
                    continue;
                }
                let call = &step["call"];
                wrong.push(format!("{file}: `{}`, step {at} {call}: {key} {found}", case.name));
                let step = value["steps"][at].as_object_mut().unwrap();
                step.retain(|key, _| key != "expect" && key != "error");
                step.insert(key.to_owned(), found);
            }
        }
        if bless {
            fs::write(path(file), written(&document, 0) + "\n").unwrap();
        }
    }
    assert!(count > 50, "{count} steps are not the suite");
    assert!(bless || wrong.is_empty(), "{} of {count} steps:\n{}", wrong.len(), wrong.join("\n"));
}

/// However the rows came in, the engine knows what a batch of all of them knows.
#[test]
fn batch_and_engine_agree() {
    for file in ["corrections.json", "streams.json"] {
        agree(&serde_json::from_str(&read(file)).unwrap());
    }
}

fn agree(document: &Value) {
    for case in document["cases"].as_array().unwrap() {
        agree_on(case);
    }
}

fn agree_on(case: &Value) {
    let steps = case["steps"].as_array().unwrap();
    let expected = |call: &'static str| {
        steps.iter().filter(move |step| step["call"] == call).map(|step| &step["expect"])
    };
    let mut rows: Vec<Value> = expected("features")
        .flat_map(|answer| answer["rows"].as_array().unwrap().clone())
        .collect();
    for score in expected("score_all").flat_map(|answer| answer.as_array().unwrap()) {
        let mut row = score["features"].clone();
        row["customer_id"] = score["customer_id"].clone();
        row["as_of"] = score["as_of"].clone();
        rows.retain(|known| !same(known, &row));
    }
    assert!(rows.is_empty(), "the engine has not said {rows:?}");
}

impl Subject<'_> {
    fn run(&mut self, step: &Map<String, Value>) -> Result<Value> {
        Ok(match step["call"].as_str().unwrap() {
            "parse" => {
                let playbook = Playbook::parse(&text(&step["playbook"]))?;
                json!({"name": playbook.name(), "version": playbook.version()})
            }
            "definitions" => value(&self.playbook()?.definitions()),
            "lineage" => value(&self.playbook()?.lineage(step["feature"].as_str().unwrap())?),
            "explain" => json!(self.playbook()?.explain(step["feature"].as_str().unwrap())?),
            "lint" => value(&self.playbook()?.lint()),
            "replay" => {
                let (events, customers) = (frame(step, "events")?, optional(step, "customers")?);
                let options = camel(&step["options"]).to_string();
                let answer =
                    wire::replay_json(&self.bundle()?, events, customers.as_ref(), &options)?;
                serde_json::from_str(&answer).unwrap()
            }
            "segment_rows" => {
                let found = self.playbook()?.segment_rows(&frame(step, "rows")?, Some(1))?;
                found.names.into_iter().zip(found.members.into_iter().map(Value::from)).collect()
            }
            "segments_of" => {
                value(&self.playbook()?.segments_of(step["row"].as_object().unwrap())?)
            }
            "features" => {
                let (events, customers) = (frame(step, "events")?, optional(step, "customers")?);
                let options = options(step)?;
                let playbook = self.playbook()?;
                value(&wire::features(&playbook, &events, customers.as_ref(), options.as_of)?)
            }
            "training_set" => {
                let (events, customers) = (frame(step, "events")?, optional(step, "customers")?);
                let TableOptions { as_of, training: options, .. } = options(step)?;
                let training =
                    self.playbook()?.training_set(&events, customers.as_ref(), as_of, &options)?;
                json!({
                    "rows": wire::rows(&training.set.table),
                    // What is missing is null, as JSON has no NaN.
                    "labels": training.set.labels,
                    "censored": training.set.censored,
                    "left_out": training.set.left_out,
                    "report": training.report,
                })
            }
            "bundle" => {
                let bytes = damaged(self.bundle()?.to_bytes(), step);
                json!({"hash": Bundle::from_bytes(&bytes)?.hash()})
            }
            "round_trip" => {
                let bundle = self.bundle()?;
                let again = Bundle::from_bytes(bundle.to_bytes())?;
                json!({"hash": again.hash(), "same": again.to_bytes() == bundle.to_bytes()})
            }
            "score_rows" => value(&self.bundle()?.score_frame(&frame(step, "rows")?)?),
            "ingest" => {
                let (events, customers) = (frame(step, "events")?, optional(step, "customers")?);
                value(&self.engine()?.ingest_tables(&events, customers.as_ref())?)
            }
            "score" => {
                let as_of = instant(&step["as_of"])?;
                value(&self.engine()?.score(step["customer_id"].as_str().unwrap(), as_of)?)
            }
            "score_all" => value(&self.engine()?.score_all(instant(&step["as_of"])?)?),
            "decide" => value(&self.engine()?.decide(instant(&step["as_of"])?)?),
            "tick" => value(&self.engine()?.tick(instant(&step["as_of"])?)?),
            "next_due" => value(&self.engine()?.next_due(instant(&step["as_of"])?)?),
            "record" => {
                let outcomes = step["outcomes"].to_string();
                serde_json::from_str(&wire::record_json(self.engine()?, &outcomes)?).unwrap()
            }
            "outcomes" => value(&self.engine()?.outcomes()),
            "ask" => {
                let customer = step.get("customer_id").map(|id| id.as_str().unwrap());
                let options = camel(&step["options"]).to_string();
                let method = step["method"].as_str().unwrap();
                serde_json::from_str(&ask(self.engine()?, method, customer, &options)?).unwrap()
            }
            "transitions" => value(&self.engine()?.transitions(&options(step)?.as_of)?),
            "segment_counts" => value(&self.engine()?.segment_counts(&options(step)?.as_of)?),
            "rfm" => {
                let text = |key: &str| step.get(key).and_then(Value::as_str).map(str::to_owned);
                let params = RfmParams { value: text("value").unwrap(), window: text("window") };
                value(&self.engine()?.rfm(instant(&step["as_of"])?, &params)?)
            }
            "cohorts" => cohorts(step)?,
            "snapshot" => {
                let bytes = self.engine()?.snapshot()?;
                let again = Engine::restore(self.bundle()?, &bytes)?;
                let same = again.snapshot()? == bytes;
                self.engine = Some(again);
                json!({"same": same})
            }
            "restore" => {
                let bytes = damaged(&self.engine()?.snapshot()?, step);
                let bundle = match step.get("playbook") {
                    Some(lines) => Bundle::new(Playbook::parse(&text(lines))?, None)?,
                    None => self.bundle()?,
                };
                json!({"customers": Engine::restore(bundle, &bytes)?.customers().count()})
            }
            other => panic!("there is no call `{other}`"),
        })
    }

    fn playbook(&self) -> Result<Playbook> {
        Playbook::parse(&self.case.playbook.as_ref().unwrap().join("\n"))
    }

    fn bundle(&self) -> Result<Bundle> {
        match &self.case.bundle {
            Some(file) => Bundle::from_bytes(&fs::read(path(file)).unwrap()),
            None => Bundle::new(self.playbook()?, None),
        }
    }

    fn engine(&mut self) -> Result<&mut Engine> {
        if self.engine.is_none() {
            self.engine = Some(Engine::new(self.bundle()?));
        }
        Ok(self.engine.as_mut().unwrap())
    }
}

fn cohorts(step: &Map<String, Value>) -> Result<Value> {
    let (events, customers) = (frame(step, "events")?, optional(step, "customers")?);
    let options = step["options"].to_string();
    let answer = wire::cohorts_json(events, customers.as_ref(), &options)?;
    Ok(serde_json::from_str(&answer).unwrap())
}

/// The answer of an engine's method by its name.
fn ask(
    engine: &mut Engine,
    method: &str,
    customer_id: Option<&str>,
    options: &str,
) -> Result<String> {
    match (method, customer_id) {
        ("decide_one", Some(id)) => wire::decide_one_json(engine, id, options),
        ("next_best_actions", Some(id)) => wire::next_best_actions_json(engine, id, options),
        ("reasons", Some(id)) => wire::reasons_json(engine, id, options),
        ("score", Some(id)) => wire::score_json(engine, id, options),
        ("score_all", None) => wire::score_all_json(engine, options),
        ("what_if", Some(id)) => wire::what_if_json(engine, id, options),
        ("recourse", Some(id)) => wire::recourse_json(engine, id, options),
        ("health_history", Some(id)) => wire::health_history_json(engine, id, options),
        ("health_change", Some(id)) => wire::health_change_json(engine, id, options),
        ("override_health", Some(id)) => wire::override_health_json(engine, id, options),
        ("lift_health_override", Some(id)) => wire::lift_health_override_json(engine, id, options),
        ("health_overrides", Some(id)) => wire::health_overrides_json(engine, id, options),
        ("account_health", None) => wire::account_health_json(engine, options),
        ("lift", None) => wire::lift_json(engine, options),
        (other, _) => panic!("there is no method `{other}`"),
    }
}

/// Options with their names as JavaScript has them.
fn camel(options: &Value) -> Value {
    let name = |name: &str| {
        let mut words = name.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
    };
    let options = options.as_object().unwrap().iter();
    options.map(|(key, value)| (name(key), value.clone())).collect::<Map<_, _>>().into()
}

/// Holds the file of a bundle to the playbook and model that the case shows.
fn check_bundle(case: &Case, bless: bool) {
    let (Some(model), Some(file)) = (&case.model, &case.bundle) else { return };
    let playbook = Playbook::parse(&case.playbook.as_ref().unwrap().join("\n")).unwrap();
    let bundle = Bundle::new(playbook, Some(Model::deserialize(model).unwrap())).unwrap();
    if bless {
        fs::write(path(file), bundle.to_bytes()).unwrap();
    }
    assert!(fs::read(path(file)).unwrap() == bundle.to_bytes(), "{file} is not what the case says");
}

/// The bytes as a step damages them.
fn damaged(bytes: &[u8], step: &Map<String, Value>) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let of =
        |what: &str| step.get("damage")?.get(what)?.as_u64().map(|at| usize::try_from(at).unwrap());
    if let Some(keep) = of("keep") {
        bytes.truncate(keep);
    }
    if let Some(at) = of("flip") {
        bytes[at] ^= 1;
    }
    bytes.resize(bytes.len() + of("append").unwrap_or(0), 0);
    bytes
}

/// Whether two documents are equal, numbers by value: an answer's 3.0 is a case's 3.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

/// JSON with what fits a line on one line.
fn written(value: &Value, indent: usize) -> String {
    let inner = " ".repeat(indent + 2);
    let join = |open: &str, parts: Vec<String>, close: &str| {
        let flat = format!("{open}{}{close}", parts.join(", "));
        if flat.len() + indent < 140 && !flat.contains('\n') {
            return flat;
        }
        format!("{open}\n{inner}{}\n{}{close}", parts.join(&format!(",\n{inner}")), &inner[2..])
    };
    match value {
        Value::Array(items) => {
            join("[", items.iter().map(|item| written(item, indent + 2)).collect(), "]")
        }
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| {
                format!("{}: {}", Value::from(key.as_str()), written(value, indent + 2))
            };
            join("{", fields.iter().map(field).collect(), "}")
        }
        value => value.to_string(),
    }
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap()
}

fn text(lines: &Value) -> String {
    Vec::<String>::deserialize(lines).unwrap().join("\n")
}

fn value(document: &impl serde::Serialize) -> Value {
    serde_json::to_value(document).unwrap()
}

fn frame(step: &Map<String, Value>, table: &str) -> Result<Frame> {
    Ok(optional(step, table)?.unwrap_or_default())
}

fn optional(step: &Map<String, Value>, table: &str) -> Result<Option<Frame>> {
    step.get(table).map(|rows| Frame::from_objects(rows.as_array().unwrap().clone())).transpose()
}

fn instant(text: &Value) -> Result<Timestamp> {
    wire::as_of(text.as_str().unwrap())
}

/// The options of a step, under the names that hosts in JavaScript give them.
fn options(step: &Map<String, Value>) -> Result<TableOptions> {
    let mut given = Map::new();
    let names =
        [("as_of", "asOf"), ("horizon", "horizon"), ("gap", "gap"), ("censored", "censored")];
    for (name, option) in names {
        given.extend(step.get(name).map(|value| (option.to_owned(), value.clone())));
    }
    TableOptions::of_training_set(&Value::from(given).to_string())
}
