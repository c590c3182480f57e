//! Health over time, computed anew from what the engine keeps.

use serde::Serialize;

use super::Memory;
use crate::engine::Engine;
use crate::engine::forget::Forgotten;
use crate::error::{Error, Result};
use crate::features::CutOffs;
use crate::health::{HealthTrend, evaluate, trend, with_override};
use crate::time::Timestamp;

/// The most instants of a history: all pairs of them are looked at.
const MOST: usize = 1000;

/// The health of one customer at one of many instants.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HealthPoint {
    /// The instant.
    pub as_of: Timestamp,
    /// The score, 0 to 100; null where there was none, or where the customer was not known yet.
    pub score: Option<f64>,
    /// The band, with hysteresis from one instant to the next.
    pub band: Option<String>,
    /// The share of the weight whose factors were observed, 0 to 1.
    pub coverage: Option<f64>,
    /// The score that the factors give, whatever an override says.
    pub computed_score: Option<f64>,
}

/// The health of one customer over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HealthHistory {
    /// The customer.
    pub customer_id: String,
    /// The instants, ascending.
    pub points: Vec<HealthPoint>,
    /// The trend of the computed scores; null where fewer than three instants have one.
    pub trend: Option<HealthTrend>,
}

impl Engine {
    /// The health of one customer at many instants, each as it was known then: computed anew from
    /// the events and attributes up to it. Hysteresis goes on from the instant before, or
    /// from a decision before the first.
    ///
    /// Cost: as so many scores, but of health alone; the trend looks at all pairs of instants.
    ///
    /// # Errors
    /// As [`Engine::score`]; `argument` for more than 1,000 instants; `playbook_key` when the playbook
    /// has no health; `time_order` when an instant lies in what was forgotten, up to the length of
    /// the playbook's trend before that.
    pub fn health_history(
        &self,
        customer_id: &str,
        as_of: impl Into<CutOffs>,
    ) -> Result<HealthHistory> {
        let plan = self.health_plan("its history")?;
        let state = self.customer(customer_id)?;
        let mut list = as_of.into().common()?;
        list.sort_unstable();
        list.dedup();
        if list.len() > MOST {
            let message = format!("there are {} instants; expected {MOST} or fewer", list.len());
            return Err(Error::argument("as_of", message));
        }
        let (playbook, first) = (self.bundle.playbook(), list[0]);
        let reach = super::reach(playbook);
        Forgotten::check_back(self.forgotten.as_ref(), first, reach, "as_of")?;
        let mut points = Vec::with_capacity(list.len());
        points.extend(list.iter().map(|at| HealthPoint {
            as_of: *at,
            score: None,
            band: None,
            coverage: None,
            computed_score: None,
        }));
        let place = |at: Timestamp| list.binary_search(&at).unwrap_or_default();
        let mut band = state.band(first).map(str::to_owned);
        let mut series = Vec::with_capacity(list.len());
        let instants = self.scorer.health.at(list.clone());
        let scorer = &self.scorer.health;
        scorer.look(playbook, state, &instants, &mut Memory::default(), &mut |at, frame| {
            let computed = evaluate(&plan.spec, &scorer.scores(frame), band.as_deref());
            if let Some(computed) = &computed {
                series.push((at, computed.score));
                band = Some(computed.band.clone());
            }
            if let Some(health) = with_override(&plan.spec, computed, state.overrides.at(at)) {
                let computed_score = health.computed_score();
                points[place(at)] = HealthPoint {
                    as_of: at,
                    score: Some(health.score),
                    band: Some(health.band),
                    coverage: Some(health.coverage),
                    computed_score,
                };
            }
        });
        let customer_id = customer_id.to_owned();
        Ok(HealthHistory { customer_id, points, trend: trend(&series) })
    }
}
