//! What would come true: probabilities of leaving, and who did.

use serde::Serialize;
use stayput_core::columns::{ColumnData, Frame, TextColumn};
use stayput_core::features::RowKey;
use stayput_core::time::{Span, Timestamp};
use stayput_core::{Error, Result};

use super::company::Profile;
use super::emit::seconds;
use super::path::Day;
use super::{Simulation, id_of};
use crate::random::Stream;

/// The longest horizon, in days.
const LONGEST: i64 = 3_660;

/// The truth about the customers who are there at given instants.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcomes {
    /// The keys, by `customer_id`, then `as_of`. Who has not signed up by `as_of`, or has left,
    /// has no row.
    pub rows: Vec<RowKey>,
    /// The probability of leaving in `(as_of, as_of + horizon]`.
    pub probability: Vec<f64>,
    /// 1 for those who leave in that time, 0 for those who do not.
    pub labels: Vec<f64>,
}

/// The truth about one customer at one instant, as a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Outcome {
    /// The customer.
    pub customer_id: String,
    /// The instant.
    pub as_of: Timestamp,
    /// The probability of leaving within the horizon.
    pub probability: f64,
    /// 1 for who leaves within the horizon, 0 for who does not.
    pub label: f64,
}

impl Outcomes {
    /// One document a row.
    #[must_use]
    pub fn documents(&self) -> Vec<Outcome> {
        let truths = self.probability.iter().zip(&self.labels);
        let rows = self.rows.iter().zip(truths).map(|(row, (&probability, &label))| Outcome {
            customer_id: row.customer_id.clone(),
            as_of: row.as_of,
            probability,
            label,
        });
        rows.collect()
    }

    /// The same as a table: `customer_id`, `as_of`, `probability`, `label`.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn frame(&self) -> Result<Frame> {
        let ids = self.rows.iter().map(|row| Some(row.customer_id.as_str()));
        let as_of = self.rows.iter().map(|row| row.as_of.as_micros()).collect();
        let number = |rows: &[f64]| ColumnData::Number(rows.iter().copied().collect());
        Frame::new(vec![
            ("customer_id".to_owned(), ColumnData::Text(TextColumn::from_texts(ids))),
            ("as_of".to_owned(), ColumnData::Time(as_of)),
            ("probability".to_owned(), number(&self.probability)),
            ("label".to_owned(), number(&self.labels)),
        ])
    }
}

impl Simulation {
    /// Who leaves within `horizon` of each `as_of`, and with what probability.
    ///
    /// The probability is `1 − ∏ (1 − h_d)` over the days of the horizon, with the hazards of the
    /// path that the customer does take: it knows the engagement, tickets, price rises and failed
    /// payments to come, and leaves open only whether the customer goes. Of a day that the horizon
    /// covers in part, that part of the hazard counts. The path goes on past the end of the
    /// simulated events, so the truth is known there too.
    ///
    /// # Errors
    /// [`ErrorCode::Argument`](stayput_core::ErrorCode::Argument) when an `as_of` is not between
    /// the start and the end of the simulation, or the horizon is not positive.
    pub fn outcomes(&self, as_of: &[Timestamp], horizon: Span) -> Result<Outcomes> {
        self.each_row(as_of, horizon, |life, from, until| {
            risk(life.days.iter().copied(), from, until)
        })
    }

    /// The same, with the probability that is known at `as_of`: the mean over `paths` futures
    /// drawn afresh from the customer's latent state at that instant. No model can know more.
    ///
    /// # Errors
    /// As [`Simulation::outcomes`], and when `paths` is 0.
    pub fn forecast(&self, as_of: &[Timestamp], horizon: Span, paths: u32) -> Result<Outcomes> {
        if paths == 0 {
            return Err(Error::argument("paths", "is 0; expected at least 1"));
        }
        let futures: Vec<[Stream; 2]> = (0..paths)
            .map(|at| {
                ["days", "bills"].map(|of| {
                    Stream::new(self.world.params.seed, &format!("simulate/forecast/{at}/{of}"))
                })
            })
            .collect();
        self.each_row(as_of, horizon, |life, from, until| {
            let now = self.world.path(life.profile).at_day(day_of(from).0);
            let sum = futures.iter().fold(0.0, |sum, &[days, bills]| {
                sum + risk(now.clone().with_streams(days, bills), from, until)
            });
            sum / f64::from(paths)
        })
    }

    fn each_row(
        &self,
        as_of: &[Timestamp],
        horizon: Span,
        probability: impl Fn(&Life<'_>, i64, i64) -> f64,
    ) -> Result<Outcomes> {
        let world = &self.world;
        let micros = horizon.as_micros();
        if micros <= 0 || micros > Span::days(LONGEST).as_micros() {
            return Err(Error::argument(
                "horizon",
                format!("is `{horizon}`; expected more than 0d and at most {LONGEST}d"),
            ));
        }
        let end = world.at(seconds(u64::from(world.params.days)));
        if let Some(wrong) = as_of.iter().find(|&&at| at < world.params.start || at > end) {
            return Err(Error::argument(
                "as_of",
                format!("`{wrong}` is outside the simulation, `{}` to `{end}`", world.params.start),
            ));
        }
        let mut instants = as_of.to_vec();
        instants.sort_unstable();
        instants.dedup();

        let mut outcomes = Outcomes::default();
        let Some(last) = instants.last().copied() else { return Ok(outcomes) };
        for index in 0..u64::from(world.params.customers) {
            let profile = world.profile(index);
            let signed_up = world.at(profile.signed_up());
            if signed_up > last {
                continue;
            }
            // Nobody asks about what lies further ahead than the last horizon.
            let until = last.plus(horizon);
            let days = world.path(&profile).take_while(|day| world.at(seconds(day.at)) <= until);
            let life = Life { days: days.collect(), profile: &profile };
            let left = life.days.iter().find_map(Day::left).map(|second| world.at(second));
            for &at in &instants {
                if at < signed_up || left.is_some_and(|left| left <= at) {
                    continue;
                }
                let from = at.as_micros() - world.params.start.as_micros();
                outcomes.rows.push(RowKey { customer_id: id_of(index), as_of: at });
                outcomes.probability.push(probability(&life, from, from + micros));
                let leaves = left.is_some_and(|left| left <= at.plus(horizon));
                outcomes.labels.push(f64::from(u8::from(leaves)));
            }
        }
        Ok(outcomes)
    }
}

/// A customer, and the days of their path that a question is about.
struct Life<'a> {
    profile: &'a Profile,
    days: Vec<Day>,
}

/// The probability of leaving in `(from, until]`, in microseconds from the start, on a path.
fn risk(path: impl Iterator<Item = Day>, from: i64, until: i64) -> f64 {
    let ((first, skipped), (last, covered)) = (day_of(from), day_of(until));
    let (mut before, mut stays) = (1.0, 1.0);
    for day in path.skip_while(|day| day.at < first).take_while(|day| day.at <= last) {
        // By the fraction f of a day, the customer has left with probability h·f.
        if day.at == first {
            before = 1.0 - day.hazard * skipped;
        }
        stays *= 1.0 - day.hazard * if day.at == last { covered } else { 1.0 };
    }
    1.0 - stays / before
}

/// The day that an instant, in microseconds from the start, lies in, and the part of it passed.
fn day_of(micros: i64) -> (u64, f64) {
    const DAY: i64 = 86_400_000_000;
    let day = u64::try_from(micros.div_euclid(DAY)).unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "below 2^37")]
    let part = micros.rem_euclid(DAY) as f64 / 86_400_000_000.0;
    (day, part)
}
