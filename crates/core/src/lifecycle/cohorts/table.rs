//! Customers counted by cohort and age.

use super::calendar::Calendar;
use super::curve::survival;
use super::document::{Ages, Cohort, Cohorts, RetentionPoint, Revenue};
use super::log::{Life, Log};
use super::params::{Checked, Definition};
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// The most cells of a table.
const MOST: usize = 4_000_000;

/// The counts of each cohort and age.
#[derive(Debug)]
pub(super) struct Table {
    starts: Calendar,
    aging: Calendar,
    /// The periods of the cohorts, ascending.
    periods: Vec<i64>,
    columns: Vec<Ages>,
    sizes: Vec<u32>,
    /// For each cohort, then each column.
    retained: Vec<u32>,
    /// Amounts, and amounts with each customer held to that of age 0, where they are asked for.
    amounts: Option<[Vec<f64>; 2]>,
    /// How many left, and how many were last seen, at each age.
    ends: [Vec<u32>; 2],
}

/// What is used again for the next customer.
#[derive(Default)]
struct Scratch {
    /// Age and amount of each activity.
    active: Vec<(u32, f64)>,
    /// For each column, the number of the last customer who was seen in it.
    seen: Vec<usize>,
}

impl Table {
    pub(super) fn of(log: &Log, asked: &Checked<'_>) -> Result<Self> {
        let until = log.until.unwrap_or_default();
        let first = log.customers.iter().map(|life| life.start).min().unwrap_or(until);
        let starts = Calendar::new(asked.params.period, &asked.zone, first, until);
        let aging = Calendar::new(asked.age, &asked.zone, first, until);
        let of: Vec<i64> = log.customers.iter().map(|life| starts.number(life.start)).collect();
        let mut periods = of.clone();
        periods.sort_unstable();
        periods.dedup();
        // From the period of the first start to that of the end, both counted.
        let ages = aging.number(until) - aging.number(first) + 1;
        let ages = u32::try_from(ages).unwrap_or(u32::MAX);
        let columns = columns(asked, if log.customers.is_empty() { 0 } else { ages });
        let cells = columns.as_ref().map_or(usize::MAX, Vec::len).saturating_mul(periods.len());
        let Some(columns) = columns.filter(|_| cells <= MOST) else {
            let message = format!(
                "{} cohorts at {ages} ages are more than {MOST} cells; ask for fewer ages or longer periods",
                periods.len()
            );
            return Err(Error::argument("ages", message));
        };
        let sums = asked.params.amount.is_some().then(|| [vec![0.0; cells], vec![0.0; cells]]);
        let mut table = Self {
            starts,
            aging,
            sizes: vec![0; periods.len()],
            retained: vec![0; cells],
            amounts: sums,
            ends: [vec![0; ages as usize], vec![0; ages as usize]],
            periods,
            columns,
        };
        let mut scratch = Scratch { seen: vec![0; table.columns.len()], ..Scratch::default() };
        for (number, (life, period)) in log.customers.iter().zip(of).enumerate() {
            let cohort = table.periods.partition_point(|known| *known < period);
            table.sizes[cohort] += 1;
            if asked.params.end.is_some() {
                table.contract(life, cohort, until, asked);
            } else {
                table.activity(
                    log.active(life),
                    life.start,
                    cohort,
                    (number + 1, asked),
                    &mut scratch,
                );
            }
        }
        if asked.params.definition == Definition::Unbounded {
            table.accumulate();
        }
        Ok(table)
    }

    fn age(&self, at: i64, start: i64) -> u32 {
        u32::try_from(self.aging.number(at) - start).unwrap_or_default()
    }

    /// Counts a customer who is active at these instants; `number` is nobody else's, and not 0.
    fn activity(
        &mut self,
        active: &[(i64, f64)],
        start: i64,
        cohort: usize,
        (number, asked): (usize, &Checked<'_>),
        scratch: &mut Scratch,
    ) {
        let width = self.columns.len();
        let base = self.aging.number(start);
        scratch.active.clear();
        scratch.active.extend(active.iter().map(|(at, amount)| (self.age(*at, base), *amount)));
        let own = cohort * width;
        if asked.params.definition == Definition::Unbounded {
            // Summed up in the end, from the last age to the first.
            let last = scratch.active.iter().map(|(age, _)| *age as usize).max();
            if let Some(last) = last.filter(|_| width > 0) {
                self.retained[own + last.min(width - 1)] += 1;
            }
        } else {
            for (age, _) in &scratch.active {
                let column = match &asked.brackets {
                    None => *age as usize,
                    Some(brackets) => {
                        let after = brackets.partition_point(|ages| ages.first <= *age);
                        match after.checked_sub(1) {
                            Some(at) if brackets[at].last.is_none_or(|to| *age <= to) => at,
                            _ => continue,
                        }
                    }
                };
                if column < width && scratch.seen[column] != number {
                    scratch.seen[column] = number;
                    self.retained[own + column] += 1;
                }
            }
        }
        let Some([amounts, capped]) = &mut self.amounts else { return };
        scratch.active.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let sum = |same: &[(u32, f64)]| same.iter().fold(0.0, |sum, (_, amount)| sum + amount);
        let mut initial = 0.0;
        for same in scratch.active.chunk_by(|a, b| a.0 == b.0) {
            let (age, amount) = (same[0].0 as usize, sum(same));
            if age == 0 {
                initial = amount;
            }
            if age < width {
                amounts[own + age] += amount;
                capped[own + age] += amount.min(initial);
            }
        }
    }

    /// Counts a customer who is active from start to end.
    fn contract(&mut self, life: &Life, cohort: usize, until: i64, asked: &Checked<'_>) {
        let base = self.aging.number(life.start);
        let end = life.end.unwrap_or(until);
        let age = self.age(end, base) as usize;
        let [ended, censored] = &mut self.ends;
        let counts = if life.end.is_some() { ended } else { censored };
        counts[age] += 1;
        // Who leaves with the first instant of a period is not active in it any more.
        let last = if life.end.is_some() { self.aging.number(end - 1) - base } else { i64::MAX };
        let own = cohort * self.columns.len();
        let unbounded = asked.params.definition == Definition::Unbounded;
        if unbounded {
            let last = usize::try_from(last).ok().map(|last| last.min(self.columns.len() - 1));
            if let Some(last) = last {
                self.retained[own + last] += 1;
            }
            return;
        }
        for (column, ages) in self.columns.iter().enumerate() {
            if i64::from(ages.first) <= last {
                self.retained[own + column] += 1;
            }
        }
    }

    /// Who is active at an age or later.
    fn accumulate(&mut self) {
        let width = self.columns.len().max(1);
        for row in self.retained.chunks_mut(width) {
            for at in (1..row.len()).rev() {
                row[at - 1] += row[at];
            }
        }
    }

    pub(super) fn document(self, log: &Log, asked: &Checked<'_>) -> Result<Cohorts> {
        let until = log.until.map(Timestamp::from_micros).transpose()?;
        let mut pooled = vec![(0, 0); self.columns.len()];
        let mut cohorts = Vec::with_capacity(self.periods.len());
        for row in 0..self.periods.len() {
            let cohort = self.cohort(row, until, &mut pooled);
            cohorts.push(cohort);
        }
        let points = self.columns.iter().zip(pooled);
        let retention = points
            .map(|(ages, (customers, retained))| RetentionPoint::new(*ages, customers, retained));
        let [ended, censored] = &self.ends;
        Ok(Cohorts {
            period: self.starts.period,
            age: self.aging.period,
            definition: asked.params.definition.name().to_owned(),
            zone: asked.params.zone.clone().unwrap_or_else(|| "UTC".to_owned()),
            until,
            cohorts,
            retention: retention.collect(),
            survival: asked.params.end.is_some().then(|| survival(ended, censored)),
            customers: self.sizes.iter().sum(),
            not_started: log.not_started,
            unreadable: log.unreadable,
            ages: self.columns,
        })
    }

    /// The document of one cohort; what is known of it is added to `pooled`.
    fn cohort(&self, row: usize, until: Option<Timestamp>, pooled: &mut [(u32, u32)]) -> Cohort {
        let (width, period, size) = (self.columns.len(), self.periods[row], self.sizes[row]);
        // The age of the youngest possible customer counts.
        let youngest = self.aging.last_of(&self.starts, period);
        let known_from: Vec<Timestamp> = self
            .columns
            .iter()
            .map(|ages| self.aging.start(youngest + i64::from(ages.last.unwrap_or(ages.first)) + 1))
            .collect();
        let known = |column: usize| Some(known_from[column]) <= until;
        let mut retained = Vec::with_capacity(width);
        for (column, pooled) in pooled.iter_mut().enumerate() {
            let count = known(column).then(|| self.retained[row * width + column]);
            if let Some(count) = count {
                *pooled = (pooled.0 + size, pooled.1 + count);
            }
            retained.push(count);
        }
        let rates =
            retained.iter().map(|count| count.map(|count| f64::from(count) / f64::from(size)));
        let revenue = self.amounts.as_ref().map(|[amounts, capped]| {
            let own =
                |sums: &[f64], column: usize| known(column).then(|| sums[row * width + column]);
            let initial = amounts.get(row * width).copied().unwrap_or_default();
            let by_initial = |sums: &[f64]| {
                let share = |sum: f64| (initial > 0.0).then(|| sum / initial);
                (0..width).map(|column| own(sums, column).and_then(share)).collect()
            };
            let mut sum = 0.0;
            let mut cumulative = |column: usize| {
                sum += amounts[row * width + column];
                known(column).then(|| sum / f64::from(size))
            };
            Revenue {
                amounts: (0..width).map(|column| own(amounts, column)).collect(),
                gross_retention: by_initial(capped),
                net_retention: by_initial(amounts),
                cumulative_per_customer: (0..width).map(&mut cumulative).collect(),
            }
        });
        let first = self.starts.period.first_date(period);
        Cohort {
            start: first.map_or_else(String::new, |date| date.to_string()),
            size,
            rates: rates.collect(),
            retained,
            known_from,
            revenue,
        }
    }
}

/// The columns of a table of so many ages; none where they are too many.
fn columns(asked: &Checked<'_>, ages: u32) -> Option<Vec<Ages>> {
    if let Some(brackets) = &asked.brackets {
        return Some(brackets.clone());
    }
    let open = asked.params.definition == Definition::Unbounded;
    let ages = asked.params.ages.map_or(ages, |most| most.min(ages));
    let column = |age| Ages { first: age, last: (!open).then_some(age) };
    (ages as usize <= MOST).then(|| (0..ages).map(column).collect())
}
