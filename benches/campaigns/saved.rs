//! What a playbook that learns whom to contact saves, beside contacting those at the highest risk.
//! `make bench-saved` runs it.
//!
//! The company is simulated, so what each contact changes is known: a *sleeping dog* leaves sooner
//! for it. Every thirty days each policy decides, for a year; the company goes on under what was
//! decided. The baseline contacts the tenth of customers with the greatest churn probability, all by the
//! same action; there is one for each of the three actions. The playbook has the three actions, the policy
//! `uplift` and, as its budget, what the baseline spends; nobody tells it what works. Then the baseline
//! is held to what the playbook really spent each time, so that both spend alike. Both know the same model,
//! which was trained on another company of the same kind.
//!
//! What is saved by a contact is the fall in the true probability of leaving in the 31 days after it
//! times what the customer pays in six months. Printed is what is saved for each unit spent, in the mean
//! over the seeds, and the mean of the seeds' ratios with a 95% interval (Student's t).

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a benchmark stops at the first surprise"
)]

use std::collections::BTreeMap;

use stayput::churn::Model;
use stayput::columns::{ColumnData, Frame};
use stayput::features::TrainingOptions;
use stayput::models::simulate::{Action, Simulation, SimulationParams, Treatment, simulate};
use stayput::models::{TrainParams, train};
use stayput::time::{Span, Timestamp};
use stayput::{Bundle, Engine, Playbook, Score, ScoreParams};

const SEEDS: u64 = 20;
const CUSTOMERS: u32 = 4_000;
/// Days before the first decision, and instants of decision after it.
const BEFORE: i64 = 180;
const STEPS: i64 = 12;
const EVERY: i64 = 30;
/// What a stay is worth: so many months of what the customer pays.
const MONTHS: f64 = 6.0;

/// The features and the label of the example, without its campaigns.
fn head() -> String {
    let text = include_str!("../../examples/acme/playbook.toml");
    text.split("[guardrails]").next().unwrap().to_owned()
}

/// The playbook that learns, with so much to spend a month.
fn learner(budget: f64) -> Playbook {
    let text = head();
    let campaign = format!(
        r#"
[guardrails]
budget = {{ max = {budget}, per = "25d" }}
[[campaigns]]
name = "retain"
on = 'every("day", "00:00")'
when = 'lifecycle in ["new", "active", "dormant"] && customer.mrr > 0'
goal = {{ event = "cancelled", within = "30d", avoid = true }}
value = 'customer.mrr * {MONTHS:.1}'
policy = {{ kind = "uplift", memory = "400d", context = [{CONTEXT}] }}
"#
    );
    let actions = Action::ALL.map(|action| {
        let (name, channel, cost) = (action.name(), channel(action), cost(action));
        format!(
            "[[campaigns.actions]]\nname = \"{name}\"\nchannel = \"{channel}\"\ncost = {cost}\n"
        )
    });
    Playbook::parse(&(text + &campaign + &actions.concat())).unwrap()
}

/// The effect of a contact on the probability of leaving is in proportion to it.
const CONTEXT: &str = r#"
    'churn',
    'plan == "enterprise" ? churn : 0.0',
    'churn * ratio(count(login), tenure_days + 1.0)',
    'churn * log1p(mrr)',
"#;

fn channel(action: Action) -> &'static str {
    match action {
        Action::CsmCall => "task",
        Action::DiscountMail | Action::TipsMail => "email",
    }
}

/// As in the example.
fn cost(action: Action) -> f64 {
    match action {
        Action::DiscountMail => 0.8,
        Action::CsmCall => 15.0,
        Action::TipsMail => 0.1,
    }
}

/// A company under what was decided so far, and an engine that has seen its events.
struct World {
    seed: u64,
    treatments: Vec<Treatment>,
    company: Simulation,
    engine: Engine,
    /// Up to where events were taken in.
    seen: Timestamp,
}

/// What contacts saved, and what they cost.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    saved: f64,
    spent: f64,
    contacts: usize,
}

fn start() -> Timestamp {
    Timestamp::parse("2025-01-01").unwrap()
}

fn instants() -> impl Iterator<Item = Timestamp> {
    (0..STEPS).map(|step| start().plus(Span::days(BEFORE + EVERY * step)))
}

fn company(seed: u64, treatments: &[Treatment]) -> Simulation {
    simulate(&SimulationParams {
        customers: CUSTOMERS,
        days: u32::try_from(BEFORE + EVERY * (STEPS + 2)).unwrap(),
        seed,
        treatments: treatments.to_vec(),
        ..SimulationParams::new(start())
    })
    .unwrap()
}

impl World {
    fn new(seed: u64, playbook: Playbook, model: &Model) -> Self {
        let company = company(seed, &[]);
        let mut engine = Engine::new(Bundle::new(playbook, Some(model.clone())).unwrap());
        engine.upsert_customers(&company.customers).unwrap();
        Self { seed, treatments: Vec::new(), company, engine, seen: start().minus(Span::days(1)) }
    }

    /// Takes in what has happened up to `now`.
    fn go_to(&mut self, now: Timestamp) {
        let events = &self.company.events;
        let rows = within(events, self.seen, now);
        let report = self.engine.ingest(&events.pick(&rows)).unwrap();
        assert_eq!(report.rejected, []);
        self.seen = now;
    }

    /// Has the company go on under these contacts, and says what they save.
    fn treat(&mut self, now: Timestamp, contacts: &[(String, Action)]) -> Sum {
        let new = contacts.iter().map(|(id, action)| Treatment {
            customer_id: id.clone(),
            action: *action,
            at: now,
        });
        let before = leaving(&self.company, now);
        self.treatments.extend(new);
        self.company = company(self.seed, &self.treatments);
        let after = leaving(&self.company, now);
        let worth = worth(&self.company);
        let saved = contacts
            .iter()
            .filter_map(|(id, _)| Some((before.get(id)? - after.get(id)?) * worth.get(id)?));
        Sum {
            saved: saved.fold(0.0, |sum, saved| sum + saved),
            spent: contacts.iter().fold(0.0, |sum, (_, action)| sum + cost(*action)),
            contacts: contacts.len(),
        }
    }
}

/// The rows of a table of events that happened in `(after, until]`.
fn within(events: &Frame, after: Timestamp, until: Timestamp) -> Vec<usize> {
    let Some(ColumnData::Time(times)) = events.column("timestamp") else { return Vec::new() };
    let inside = |(_, at): &(usize, &i64)| after.as_micros() < **at && **at <= until.as_micros();
    times.as_ref().iter().enumerate().filter(inside).map(|(row, _)| row).collect()
}

/// The probability of each customer who is there to leave while a contact at `now` would work.
fn leaving(company: &Simulation, now: Timestamp) -> BTreeMap<String, f64> {
    let outcomes = company.outcomes(&[now], Span::days(31)).unwrap();
    let ids = outcomes.rows.into_iter().map(|row| row.customer_id);
    ids.zip(outcomes.probability).collect()
}

/// What a stay of each customer is worth.
fn worth(company: &Simulation) -> BTreeMap<String, f64> {
    let customers = &company.customers;
    let (Some(ColumnData::Text(ids)), Some(ColumnData::Number(mrr))) =
        (customers.column("customer_id"), customers.column("mrr"))
    else {
        return BTreeMap::new();
    };
    let rows = mrr.as_ref().iter().enumerate();
    rows.filter_map(|(row, mrr)| Some((ids.get(row)?.to_owned(), mrr * MONTHS))).collect()
}

/// Contacts the tenth at the highest risk, by one action; at each instant for at most the limit.
fn by_risk(seed: u64, model: &Model, action: Action, limits: &[f64]) -> Vec<Sum> {
    let mut world = World::new(seed, Playbook::parse(&head()).unwrap(), model);
    let each = instants().zip(limits).map(|(now, limit)| {
        world.go_to(now);
        let params = ScoreParams { reasons: false };
        let mut scores = world.engine.score_all_with(now, params).unwrap();
        scores.retain(|score| {
            score.lifecycle.as_ref().is_some_and(|at| at.stage != "gone" && at.stage != "prospect")
        });
        let risk = |score: &Score| score.churn.as_ref().map_or(0.0, |churn| churn.probability);
        scores.sort_by(|a, b| risk(b).total_cmp(&risk(a)));
        scores.truncate(scores.len() / 10);
        let paid = |at: &usize| (at + 1) as f64 * cost(action) <= limit + 1e-9;
        scores.truncate((0..scores.len()).take_while(paid).count());
        let contacts: Vec<_> =
            scores.into_iter().map(|score| (score.customer_id, action)).collect();
        world.treat(now, &contacts)
    });
    each.collect()
}

/// Lets the playbook decide, with so much to spend at each instant.
fn learning(seed: u64, model: &Model, budget: f64) -> Vec<Sum> {
    let mut world = World::new(seed, learner(budget), model);
    // The schedule begins with the first look.
    let first = instants().next().unwrap().minus(Span::days(1));
    world.go_to(first);
    world.engine.decide(first).unwrap();
    let each = instants().map(|now| {
        world.go_to(now);
        let decided = world.engine.decide(now).unwrap();
        let action = |name: &str| Action::ALL.into_iter().find(|action| action.name() == name);
        let contacts: Vec<_> = decided
            .decisions
            .into_iter()
            .filter_map(|decision| {
                Some((decision.customer_id.to_string(), action(&decision.action)?))
            })
            .collect();
        world.treat(now, &contacts)
    });
    each.collect()
}

/// All instants together.
fn total(each: &[Sum]) -> Sum {
    each.iter().fold(Sum::default(), |sum, one| Sum {
        saved: sum.saved + one.saved,
        spent: sum.spent + one.spent,
        contacts: sum.contacts + one.contacts,
    })
}

impl Sum {
    fn rate(self) -> f64 {
        self.saved / self.spent
    }
}

/// A model of another company of the same kind.
fn model() -> Model {
    let other = company(9_000, &[]);
    let playbook = Playbook::parse(&head()).unwrap();
    let as_of: Vec<Timestamp> = instants().collect();
    let options = TrainingOptions::default();
    let set = playbook.training_set(&other.events, Some(&other.customers), &as_of, &options);
    train(&set.unwrap().set, &TrainParams::default()).unwrap()
}

/// What a playbook and its baseline save, of one seed.
fn pair(seed: u64, model: &Model, action: Action) -> (Sum, Sum) {
    let unlimited: Vec<f64> = instants().map(|_| f64::INFINITY).collect();
    let free = by_risk(seed, model, action, &unlimited);
    let ours = learning(seed, model, total(&free).spent / STEPS as f64);
    let limits: Vec<f64> = ours.iter().map(|sum| sum.spent).collect();
    (total(&ours), total(&by_risk(seed, model, action, &limits)))
}

/// The mean, and half of its 95% interval; `t` is Student's for 19 degrees of freedom.
fn interval(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, 2.093 * (variance / n).sqrt())
}

fn main() {
    let model = model();
    println!("{SEEDS} seeds, {CUSTOMERS} customers, a year of decisions every {EVERY} days");
    println!("{:<15}{:>10}{:>12}{:>12}{:>22}", "baseline", "spent", "its rate", "ours", "ratio");
    for action in Action::ALL {
        let half = |first: u64| {
            let model = &model;
            move || (first..=SEEDS).step_by(2).map(|seed| pair(seed, model, action)).collect()
        };
        let pairs: Vec<(Sum, Sum)> = std::thread::scope(|scope| {
            let halves = [1, 2].map(|first| scope.spawn(half(first)));
            halves
                .into_iter()
                .flat_map(|half: std::thread::ScopedJoinHandle<'_, Vec<_>>| half.join().unwrap())
                .collect()
        });
        let ratios: Vec<f64> = pairs.iter().map(|(ours, base)| ours.rate() / base.rate()).collect();
        let mean = |of: &dyn Fn(&(Sum, Sum)) -> f64| {
            pairs.iter().map(of).sum::<f64>() / pairs.len() as f64
        };
        let (ratio, half) = interval(&ratios);
        println!(
            "{:<15}{:>10.0}{:>12.2}{:>12.2}{:>14.2} ± {:.2}",
            action.name(),
            mean(&|pair| pair.0.spent),
            mean(&|pair| pair.1.rate()),
            mean(&|pair| pair.0.rate()),
            ratio,
            half
        );
    }
}
