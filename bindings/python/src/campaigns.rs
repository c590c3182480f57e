//! What campaigns are told and asked, of the class `Engine`.

use pyo3::prelude::*;
use stayput_core::wire;

use crate::answers::{ActionTallies, Decisions, LiftReport, Moment, NextActions, RecordReport};
use crate::arguments::{Instant, Options, OutcomesArgument};
use crate::engine::Engine;
use crate::errors::Result;

#[pymethods]
impl Engine {
    /// What to do at `as_of`, and what not to do and why. Never decides the same twice. `n_jobs`
    /// threads work at it, all cores by default, and change nothing.
    #[pyo3(signature = (*, as_of, n_jobs=None))]
    fn decide<'py>(
        &self,
        py: Python<'py>,
        as_of: Instant<'py>,
        n_jobs: Option<i64>,
    ) -> Result<Decisions<'py>> {
        self.tell(py, &Options::at(&as_of)?.with("nJobs", n_jobs)?, wire::decide_json)
    }

    /// The same for one customer: what to do when an event has come in. Budgets pay for whom comes
    /// first then; among many customers `decide` spends them better.
    #[pyo3(signature = (customer_id, *, as_of))]
    fn decide_one<'py>(
        &self,
        py: Python<'py>,
        customer_id: &str,
        as_of: Instant<'py>,
    ) -> Result<Decisions<'py>> {
        self.tell(py, &Options::at(&as_of)?, |engine, options| {
            wire::decide_one_json(engine, customer_id, options)
        })
    }

    /// What could be done for a customer at `as_of`, whether a campaign fires or not: first what could be
    /// sent, and of that what is expected to bring most beyond its cost, with the reasons to churn that
    /// it answers. Nothing is decided.
    #[pyo3(signature = (customer_id, *, as_of))]
    fn next_best_actions<'py>(
        &self,
        py: Python<'py>,
        customer_id: &str,
        as_of: Instant<'py>,
    ) -> Result<NextActions<'py>> {
        self.ask(py, &Options::at(&as_of)?, |engine, options| {
            wire::next_best_actions_json(engine, customer_id, options)
        })
    }

    /// What time alone makes due by `as_of`: sends that waited, steps of journeys, times that come
    /// again, absences that are long enough, and what crosses a threshold without any event.
    #[pyo3(signature = (*, as_of))]
    fn tick<'py>(&self, py: Python<'py>, as_of: Instant<'py>) -> Result<Decisions<'py>> {
        self.tell(py, &Options::at(&as_of)?, wire::tick_json)
    }

    /// When `tick` next has something to do, if nothing is ingested or recorded before; None where
    /// it never will. Where thresholds are watched it is at most 30 days later.
    #[pyo3(signature = (*, as_of))]
    fn next_due<'py>(&self, py: Python<'py>, as_of: Instant<'py>) -> Result<Moment<'py>> {
        self.ask(py, &Options::at(&as_of)?, wire::next_due_json)
    }

    /// Takes in what became of sends: a list of mappings with `decision_id`, `customer_id`, `kind`,
    /// `at`, and perhaps `value` and `channel`. Recording the same again changes nothing.
    fn record<'py>(
        &self,
        py: Python<'py>,
        outcomes: OutcomesArgument<'py>,
    ) -> Result<RecordReport<'py>> {
        let outcomes = outcomes.json()?;
        self.tell_text(py, &outcomes, wire::record_json)
    }

    /// What became of the sends of each action, over all customers.
    fn outcomes<'py>(&self, py: Python<'py>) -> Result<ActionTallies<'py>> {
        self.ask(py, &Options::new(py), |engine, _| wire::outcomes_json(engine))
    }

    /// What each campaign with a goal brings: how many of those who may be sent to reach the goal,
    /// beside those who are held out by chance, and which campaigns to change for it.
    ///
    /// One may ask as often as one likes: the intervals of all looks together hold the truth with the
    /// `level` (0.95 by default). `effect` is the difference of shares that is worth having (0.02), to be
    /// settled before one looks. `since` leaves out to whom a campaign came before.
    #[pyo3(signature = (*, as_of, since=None, level=None, effect=None))]
    fn lift<'py>(
        &self,
        py: Python<'py>,
        as_of: Instant<'py>,
        since: Option<Instant<'py>>,
        level: Option<f64>,
        effect: Option<f64>,
    ) -> Result<LiftReport<'py>> {
        let options = Options::at(&as_of)?.instant("since", since.as_ref())?;
        self.ask(py, &options.with("level", level)?.with("effect", effect)?, wire::lift_json)
    }
}
