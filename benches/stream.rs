//! An engine fed event by event: how fast events go in, how fast one customer is read, and how
//! much room a customer takes. `cargo bench --bench stream` runs it.
//!
//! Printed are medians of seven runs on one thread, on the simulator's log.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    missing_docs,
    reason = "a benchmark stops at the first surprise, and tells the time"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use stayput::columns::Frame;
use stayput::models::simulate::{SimulationParams, simulate};
use stayput::time::Timestamp;
use stayput::{Bundle, Engine, Playbook};

const RUNS: usize = 7;

const SCHEMA: &str = r#"
[playbook]
name = "stream"
[customer]
plan = "category"
mrr = "number"
signed_up = "timestamp"
zone = "timezone"
email_ok = "bool"
[events.login]
[events.feature_used]
feature = { type = "category", values = ["reports", "search", "export", "sharing", "integrations", "automation"] }
[events.purchase]
amount = "number"
[events.ticket_opened]
severity = { type = "category", values = ["low", "high"] }
[events.price_raised]
percent = "number"
[events.payment_failed]
[events.cancelled]
[features]
"#;

/// Thirty features: counts, sums, recency, rhythm and spread over several windows.
fn features() -> String {
    let mut text = SCHEMA.to_owned();
    for (at, days) in [7, 14, 28, 90, 180].into_iter().enumerate() {
        for (name, call) in [
            ("logins", "count(login"),
            ("used", "count(feature_used"),
            ("spend", "sum(purchase.amount"),
            ("mean", "mean(purchase.amount"),
            ("high", "count(ticket_opened"),
        ] {
            let filter = if name == "high" { ", ticket_opened.severity == \"high\"" } else { "" };
            writeln!(text, "{name}_{at} = '{call}, \"{days}d\"{filter})'").unwrap();
        }
    }
    text + r#"
quiet = 'days_since(last(login))'
most = 'max(purchase.amount, "365d")'
kinds = 'distinct(feature_used.feature, "90d")'
pace = 'count(login, "7d") / (count(login, "28d") / 4.0)'
tenure = 'days_since(customer.signed_up)'
"#
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn timed(mut run: impl FnMut()) -> f64 {
    let seconds = (0..RUNS).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    });
    median(seconds.collect())
}

/// Bytes of memory that the process has in use, where the system tells.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(text.split(' ').nth(1)?.parse::<u64>().ok()? * 4096)
}

fn engine() -> Engine {
    Engine::new(Bundle::new(Playbook::parse(&features()).unwrap(), None).unwrap())
}

fn main() {
    let params = SimulationParams {
        customers: 20_000,
        days: 365,
        start: Timestamp::parse("2026-01-01").unwrap(),
        seed: 1,
        event_ids: true,
        treatments: Vec::new(),
    };
    let company = simulate(&params).unwrap();
    let events = company.events.len();

    let before = resident();
    let mut full = engine();
    full.ingest(&company.events).unwrap();
    let grown = resident().zip(before).map(|(after, before)| after - before);
    let customers = full.customers().count();

    let ingest = timed(|| {
        let mut engine = engine();
        black_box(engine.ingest(&company.events).unwrap());
    });
    println!("ingest of columns      {:>12.0} events/s", events as f64 / ingest);

    let ndjson = company.events.to_ndjson().unwrap();
    let read = timed(|| {
        let mut engine = engine();
        black_box(engine.ingest(&Frame::from_ndjson(&ndjson).unwrap()).unwrap());
    });
    println!("ingest of NDJSON       {:>12.0} events/s", events as f64 / read);

    let busy = of_one_customer(500);
    let mut one = engine();
    one.ingest(&busy).unwrap();
    let at = Timestamp::parse("2026-12-31").unwrap();
    let times = 10_000;
    let score = timed(|| {
        for _ in 0..times {
            black_box(one.features("c", at).unwrap());
        }
    });
    println!("30 features, 500 events {:>11.2} µs", score / f64::from(times) * 1e6);

    let written = full.snapshot().unwrap().len();
    let each = |bytes: f64| (bytes - 200.0 * customers as f64) / events as f64;
    println!("{customers} customers, {events} events");
    println!("  written    {:>6.1} bytes an event above 200 a customer", each(written as f64));
    if let Some(grown) = grown {
        println!("  in memory  {:>6.1} bytes an event above 200 a customer", each(grown as f64));
    }
}

/// A year of one customer.
fn of_one_customer(events: i64) -> Frame {
    let start = Timestamp::parse("2026-01-01").unwrap().as_micros();
    let mut text = String::new();
    for at in 0..events {
        let time = Timestamp::from_micros(start + at * 365 * 86_400_000_000 / events).unwrap();
        let rest = match at % 5 {
            0 | 1 => r#""type":"login""#.to_owned(),
            2 => r#""type":"feature_used","feature":"search""#.to_owned(),
            3 => format!(r#""type":"purchase","amount":{}"#, at * 7 % 90),
            _ => r#""type":"ticket_opened","severity":"high""#.to_owned(),
        };
        writeln!(text, r#"{{"customer_id":"c","event_id":"e{at}","timestamp":"{time}",{rest}}}"#)
            .unwrap();
    }
    Frame::from_ndjson(text.as_bytes()).unwrap()
}
