//! An engine fed event by event: how fast events go in, how fast one customer is read, and how
//! much room a customer takes. `make bench-stream` runs it, and the same through Node.
//!
//! Printed are medians of seven runs on one thread, on the simulator's log. The room is that of
//! another process, which is given the events in small pieces as a backend is, and holds nothing
//! but the engine: what it keeps resident more than before the first event.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    missing_docs,
    reason = "a benchmark stops at the first surprise, and tells the time"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{BufRead, Read, Write as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use stayput::columns::Frame;
use stayput::models::simulate::{SimulationParams, simulate};
use stayput::time::Timestamp;
use stayput::{Bundle, Engine, Playbook};

const RUNS: usize = 7;
/// Events of one piece of a stream.
const PIECE: usize = 1000;
/// Says to a process that it is the one whose memory is measured.
const CHILD: &str = "STAYPUT_BENCH_MEMORY";

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

/// Feeds an engine from standard input, and prints how many events went in, of how many customers,
/// and the bytes that the process holds since.
fn measure_memory() {
    let mut engine = engine();
    let mut input = std::io::stdin().lock();
    let (mut events, mut before) = (0, None);
    let mut piece = Vec::new();
    loop {
        piece.clear();
        for _ in 0..PIECE {
            input.read_until(b'\n', &mut piece).unwrap();
        }
        if piece.is_empty() {
            break;
        }
        // What reading a piece needs is held before the engine knows an event.
        let frame = Frame::from_ndjson(&piece).unwrap();
        before = before.or_else(resident);
        events += engine.ingest(&frame).unwrap().accepted;
    }
    let grown = resident().zip(before).map_or(0, |(after, before)| after - before);
    println!(
        "{events} {} {grown} {}",
        engine.customers().count(),
        engine.snapshot().unwrap().len()
    );
}

/// What [`measure_memory`] finds in a process of its own.
fn measured(ndjson: &[u8]) -> Vec<f64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env(CHILD, "yes")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(ndjson).unwrap();
    drop(input);
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    child.wait().unwrap();
    text.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

fn main() {
    if std::env::var_os(CHILD).is_some() {
        return measure_memory();
    }
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

    let ingest = timed(|| {
        let mut engine = engine();
        black_box(engine.ingest(&company.events).unwrap());
    });
    println!("ingest of columns           {:>10.0} events/s", events as f64 / ingest);

    let ndjson = company.events.to_ndjson().unwrap();
    let read = timed(|| {
        let mut engine = engine();
        black_box(engine.ingest(&Frame::from_ndjson(&ndjson).unwrap()).unwrap());
    });
    println!("ingest of NDJSON            {:>10.0} events/s", events as f64 / read);

    let mut ends: Vec<usize> = newlines(&ndjson).skip(PIECE - 1).step_by(PIECE).collect();
    ends.push(ndjson.len());
    let pieces = timed(|| {
        let (mut engine, mut start) = (engine(), 0);
        for end in &ends {
            black_box(engine.ingest(&Frame::from_ndjson(&ndjson[start..*end]).unwrap()).unwrap());
            start = *end;
        }
    });
    println!("  in pieces of {PIECE}         {:>10.0} events/s", events as f64 / pieces);

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
    println!("30 features of 500 events   {:>10.2} µs", score / f64::from(times) * 1e6);

    let found = measured(&ndjson);
    let [events, customers, grown, written] = found[..] else { panic!("{found:?}") };
    let each = |bytes: f64| (bytes - 200.0 * customers) / events;
    println!("{customers} customers, {events} events");
    println!("  in memory  {:>6.1} bytes an event above 200 a customer", each(grown));
    println!("  written    {:>6.1} bytes an event above 200 a customer", each(written));
}

/// The end of each line.
fn newlines(text: &[u8]) -> impl Iterator<Item = usize> {
    text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1)
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
