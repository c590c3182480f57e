//! Why a customer's health changed between two instants.

use serde::Serialize;

use super::Memory;
use crate::engine::Engine;
use crate::engine::forget::Forgotten;
use crate::engine::state::CustomerState;
use crate::error::{Error, Result};
use crate::health::{Health, HealthChangeTerm, Known, change_terms, evaluate, with_override};
use crate::time::Timestamp;

/// What changed a customer's health score between two instants.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HealthChange {
    /// The customer.
    pub customer_id: String,
    /// The first instant.
    pub since: Timestamp,
    /// The second.
    pub as_of: Timestamp,
    /// The score at the first instant; null where there is none.
    pub before: Option<f64>,
    /// The score at the second.
    pub after: Option<f64>,
    /// The band at the first instant.
    pub band_before: Option<String>,
    /// The band at the second.
    pub band_after: Option<String>,
    /// The change, `after - before`; null where one of them is.
    pub change: Option<f64>,
    /// What it is made of: added from first to last, the points are exactly the change. None where
    /// there is no change or one of the scores is missing.
    pub terms: Vec<HealthChangeTerm>,
}

impl Engine {
    /// What changed one customer's health between two instants: for each factor the passage of
    /// time (what was known at `since`, asked at `as_of`) and what came in since, then factors that came
    /// or went, caps and overrides. Both scores are those of [`Engine::score`].
    ///
    /// # Errors
    /// As [`Engine::score`]; `argument` when `since` is after `as_of`; `playbook_key` when the playbook
    /// has no health; `time_order` as [`Engine::health_history`].
    pub fn health_change(
        &self,
        customer_id: &str,
        since: Timestamp,
        as_of: Timestamp,
    ) -> Result<HealthChange> {
        let plan = self.health_plan("a change of it")?;
        let state = self.customer(customer_id)?;
        if as_of < since {
            let message = format!("`{since}` is after `as_of`, `{as_of}`");
            return Err(Error::argument("since", message));
        }
        let playbook = self.bundle.playbook();
        let reach = super::reach(playbook);
        Forgotten::check_back(self.forgotten.as_ref(), since, reach, "since")?;
        let (scores_before, before) = self.stated_health(state, since);
        let (scores_after, after) = self.stated_health(state, as_of);
        let terms = match (&before, &after) {
            (Some(before), Some(after)) => change_terms(
                &plan.spec,
                Known { scores: &scores_before, health: before },
                &self.only_later(state, since, as_of),
                Known { scores: &scores_after, health: after },
            ),
            _ => Vec::new(),
        };
        let score = |health: &Option<Health>| health.as_ref().map(|health| health.score);
        let (before_score, after_score) = (score(&before), score(&after));
        Ok(HealthChange {
            customer_id: customer_id.to_owned(),
            since,
            as_of,
            before: before_score,
            after: after_score,
            band_before: before.map(|health| health.band),
            band_after: after.map(|health| health.band),
            change: before_score.zip(after_score).map(|(before, after)| after - before),
            terms,
        })
    }

    /// The scores of the factors at an instant, and the health that is stated.
    pub(super) fn stated_health(
        &self,
        state: &CustomerState,
        as_of: Timestamp,
    ) -> (Vec<f64>, Option<Health>) {
        let (playbook, scorer) = (self.bundle.playbook(), &self.scorer.health);
        let mut scores = vec![f64::NAN; scorer.factors.len()];
        let Some(plan) = playbook.health() else { return (scores, None) };
        let mut computed = None;
        let instants = scorer.at(vec![as_of]);
        scorer.look(playbook, state, &instants, &mut Memory::default(), &mut |_, frame| {
            scores = scorer.scores(frame);
            computed = evaluate(&plan.spec, &scores, state.band(as_of));
        });
        let stated = with_override(&plan.spec, computed, state.overrides.at(as_of));
        (scores, stated)
    }

    /// The scores of the factors at `as_of` of what was known at `since`.
    fn only_later(&self, state: &CustomerState, since: Timestamp, as_of: Timestamp) -> Vec<f64> {
        let (playbook, scorer) = (self.bundle.playbook(), &self.scorer.health);
        let mut subject = state.subject(playbook.schema(), playbook.layout(), since);
        subject.history = subject.history.known_at(since.as_micros());
        let Memory { mut past, mut scratch, .. } = Memory::default();
        scorer.plan.fill(&subject.at(0..1), &scorer.plan.agenda(&[as_of]), &mut past, &mut scratch);
        scorer.scores(past.at(0))
    }
}
