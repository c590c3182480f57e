//! Everybody at once: a million customers, a few events each.

use std::time::Instant;

use stayput::columns::{ColumnData, Frame, MISSING_TEXT, TextColumn};
use stayput::{Bundle, Decisions, Engine};

use super::people::draws;
use super::{at, median};

const CUSTOMERS: u32 = 1_000_000;
const TYPES: [&str; 6] =
    ["login", "feature_used", "purchase", "ticket_opened", "price_raised", "payment_failed"];
const FEATURES: [&str; 6] =
    ["reports", "search", "export", "sharing", "integrations", "automation"];
const ROUNDS: usize = 3;

fn texts(codes: Vec<u32>, values: &[&str]) -> ColumnData {
    ColumnData::Text(TextColumn::new(codes, values))
}

/// A whole number below `most`.
fn whole(draw: &mut impl FnMut() -> f64, most: u32) -> u32 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is below `most`"
    )]
    let number = (draw() * f64::from(most)) as u32;
    number
}

fn ids() -> ColumnData {
    let codes: Vec<u32> = (0..CUSTOMERS).collect();
    ColumnData::Text(TextColumn::new(codes, (0..CUSTOMERS).map(|at| format!("c{at:07}"))))
}

fn customers() -> Frame {
    let mut draw = draws();
    let (mut plan, mut mrr, mut since, mut email) = (vec![], vec![], vec![], vec![]);
    let now = at("2026-11-01").as_micros();
    for _ in 0..CUSTOMERS {
        let kind = whole(&mut draw, 3);
        plan.push(kind);
        mrr.push([0.0, 40.0, 600.0][kind as usize] * (0.5 + draw()));
        since.push(now - i64::from(whole(&mut draw, 700)) * 86_400_000_000);
        email.push(Some(draw() < 0.8));
    }
    Frame::new(vec![
        ("customer_id".to_owned(), ids()),
        ("plan".to_owned(), texts(plan, &["free", "pro", "enterprise"])),
        ("mrr".to_owned(), ColumnData::Number(mrr.into())),
        ("signed_up".to_owned(), ColumnData::Time(since.into())),
        ("email_ok".to_owned(), ColumnData::Bool(email)),
    ])
    .unwrap()
}

/// Two to six events of each customer in the last ninety days.
fn events() -> Frame {
    let mut draw = draws();
    let now = at("2026-11-01").as_micros();
    let (mut who, mut when, mut kinds, mut used, mut high) =
        (vec![], vec![], vec![], vec![], vec![]);
    let (mut amount, mut percent) = (vec![], vec![]);
    for id in 0..CUSTOMERS {
        for _ in 0..2 + whole(&mut draw, 5) {
            // Half of all events are logins; trouble is rare.
            let kind =
                [0, 0, 0, 0, 0, 1, 1, 2, 3, 4 + whole(&mut draw, 2)][whole(&mut draw, 10) as usize];
            who.push(id);
            when.push(now - i64::from(whole(&mut draw, 90 * 86_400)) * 1_000_000);
            kinds.push(kind);
            used.push(if kind == 1 { whole(&mut draw, 6) } else { MISSING_TEXT });
            high.push(if kind == 3 { u32::from(draw() < 0.3) } else { MISSING_TEXT });
            amount.push(if kind == 2 { (draw() * 300.0).round() } else { f64::NAN });
            percent.push(if kind == 4 { 10.0 } else { f64::NAN });
        }
    }
    let ColumnData::Text(names) = ids() else { panic!("names are texts") };
    Frame::new(vec![
        ("customer_id".to_owned(), ColumnData::Text(TextColumn { codes: who.into(), ..names })),
        ("timestamp".to_owned(), ColumnData::Time(when.into())),
        ("type".to_owned(), texts(kinds, &TYPES)),
        ("feature".to_owned(), texts(used, &FEATURES)),
        ("severity".to_owned(), texts(high, &["low", "high"])),
        ("amount".to_owned(), ColumnData::Number(amount.into())),
        ("percent".to_owned(), ColumnData::Number(percent.into())),
    ])
    .unwrap()
}

pub(crate) fn decide_many(bundle: &Bundle) {
    let mut known = Engine::new(bundle.clone());
    known.ingest_tables(&events(), Some(&customers())).unwrap();
    println!("decide over {CUSTOMERS} customers (bar: under 10 s on two threads)");
    let mut times = [const { (Vec::new(), Vec::new()) }; 2];
    let mut answers: Option<[Decisions; 2]> = None;
    for _ in 0..ROUNDS {
        for (threads, (first, next)) in (1..).zip(&mut times) {
            let mut engine = known.clone();
            let mut look = |day: &str| {
                let start = Instant::now();
                let decided = engine.decide_on(at(day), threads).unwrap();
                (start.elapsed().as_secs_f64(), decided)
            };
            let (taken, decided) = look("2026-11-01T12:00:00Z");
            first.push(taken);
            let (taken, later) = look("2026-11-02T12:00:00Z");
            next.push(taken);
            let found = [decided, later];
            // Whatever the number of threads and the round.
            assert!(*answers.get_or_insert_with(|| found.clone()) == found);
        }
    }
    for (name, of) in ["first look", "next day"].into_iter().zip(answers.unwrap()) {
        println!("  {name}: {} sent, {} stopped", of.decisions.len(), of.suppressions.len());
    }
    for (threads, (first, next)) in (1..).zip(times) {
        let (first, next) = (median(first), median(next));
        println!(
            "  {threads} threads: the first look {first:>6.2} s, the next day's {next:>6.2} s"
        );
    }
}
