//! Conditions, decisions about one customer, and decisions about a million: how fast they are made.
//! `make bench-decide` runs it, and after it the same through Node, beside other rule engines.
//!
//! `decide [folder]` prints medians of interleaved rounds. In `folder` it leaves what the part in
//! Node begins with, and what it has to come to.

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

mod company;
mod many;
mod people;
mod rules;

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use cel::Value as Answer;
use stayput::Playbook;
use stayput::columns::Frame;
use stayput::time::Timestamp;

use people::{NUMBERS, People, TEXTS};

const ROUNDS: usize = 5;

pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// Seconds that it takes.
fn seconds<T>(run: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    black_box(run());
    start.elapsed().as_secs_f64()
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// The fifty conditions as segments of features, which rows have by their names.
fn conditions_playbook() -> Playbook {
    let mut text = "[playbook]\nname = \"rules\"\n[customer]\n".to_owned();
    for (name, ..) in NUMBERS {
        writeln!(text, "{name} = \"number\"").unwrap();
    }
    for (name, values) in TEXTS {
        writeln!(text, "{name} = {{ type = \"category\", values = {values:?} }}").unwrap();
    }
    text += "[features]\n";
    for name in NUMBERS.iter().map(|(name, ..)| name).chain(TEXTS.iter().map(|(name, _)| name)) {
        writeln!(text, "{name} = 'customer.{name}'").unwrap();
    }
    text += "[segments]\n";
    for (at, rule) in rules::rules().iter().enumerate() {
        let rule = rules::text(rule, &str::to_owned);
        writeln!(text, "rule_{at} = '{rule}'").unwrap();
    }
    Playbook::parse(&text).unwrap()
}

/// The answers of the `cel` crate: of each customer, each condition.
fn by_cel(programs: &[cel::Program], people: &People) -> Vec<bool> {
    let mut context = cel::Context::default();
    let mut answers = Vec::with_capacity(people.len() * programs.len());
    for at in 0..people.len() {
        people.fill(at, &mut context);
        for program in programs {
            let Ok(Answer::Bool(truth)) = program.execute(&context) else { panic!("no truth") };
            answers.push(truth);
        }
    }
    answers
}

fn conditions() {
    let playbook = conditions_playbook();
    let (few, many) = (People::new(5_000), People::new(200_000));
    let (few_frame, many_frame) = (few.frame(), many.frame());
    let programs: Vec<cel::Program> = rules::rules()
        .iter()
        .map(|rule| {
            let text = rules::text(rule, &str::to_owned);
            cel::Program::compile(&text).unwrap()
        })
        .collect();
    let ours = |frame: &Frame, jobs| playbook.segment_rows(frame, Some(jobs)).unwrap();
    let found = ours(&few_frame, 1);
    for (at, truth) in by_cel(&programs, &few).into_iter().enumerate() {
        let (customer, rule) = (at / programs.len(), at % programs.len());
        let own = found.members[rule][customer];
        assert_eq!(own, truth, "customer {customer}, condition {rule}");
    }
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        times[0].push(seconds(|| ours(&many_frame, 1)));
        times[1].push(seconds(|| ours(&many_frame, 2)));
        times[2].push(seconds(|| by_cel(&programs, &few)));
    }
    let counts = [many.len(), many.len(), few.len()];
    let mut rates = times
        .into_iter()
        .zip(counts)
        .map(|(times, customers)| customers as f64 * programs.len() as f64 / median(times));
    let (one, two, cel) = (rates.next().unwrap(), rates.next().unwrap(), rates.next().unwrap());
    println!("50 conditions, from Rust: conditions a second");
    println!("  stayput, one thread  {one:>13.0}  {:>6.1} times cel", one / cel);
    println!("  stayput, two threads {two:>13.0}  {:>6.1} times cel", two / cel);
    println!("  cel 0.15             {cel:>13.0}");
}

fn main() {
    // `cargo bench` adds options of its own.
    let mut given = std::env::args().skip(1).filter(|given| !given.starts_with("--"));
    let folder = given.next();
    conditions();
    company::Company::new(company::DEPTH_WISE).decide_one("depth-wise trees", None);
    let company = company::Company::new(company::SYMMETRIC);
    company.decide_one("symmetric trees", folder.as_deref());
    many::decide_many(&company.bundle);
}
