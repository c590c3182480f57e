//! What campaigns are told and asked, of the class `Engine`.

use napi::bindgen_prelude::{Env, Unknown};
use napi_derive::napi;
use stayput_core::wire;

use crate::engine::Engine;
use crate::job::Promised;
use crate::json::Document;

#[napi]
impl Engine {
    /// Looks at every customer and decides about every campaign. What is decided is remembered:
    /// the same question again gives nothing new. `nJobs` threads work at it, all cores by default,
    /// and change nothing.
    #[napi(ts_args_type = "options: DecideOptions", ts_return_type = "Promise<Decisions>")]
    pub fn decide(&self, env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
        self.tell(env, options, wire::decide_json)
    }

    /// The same for one customer, on the event loop: what to do when an event has come in. Budgets pay
    /// for whom comes first then; among many customers `decide` spends them better.
    #[napi(ts_args_type = "customerId: string, options: At", ts_return_type = "Decisions")]
    pub fn decide_one(
        &self,
        env: Env,
        customer_id: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> napi::Result<Unknown<'static>> {
        self.tell_now(env, customer_id, options, wire::decide_one_json)
    }

    /// What could be done for a customer at an instant, whether a campaign fires or not: first what could
    /// be sent, and of that what is expected to bring most beyond its cost, with the reasons to churn
    /// that it answers. Nothing is decided.
    #[napi(ts_args_type = "customerId: string, options: At", ts_return_type = "NextAction[]")]
    pub fn next_best_actions(
        &self,
        env: Env,
        customer_id: Unknown<'_>,
        options: Option<Unknown<'_>>,
    ) -> napi::Result<Unknown<'static>> {
        self.ask(env, customer_id, options, wire::next_best_actions_json)
    }

    /// What time alone makes due by an instant: sends that waited, steps of journeys, times that
    /// come again, absences that are long enough, and what crosses a threshold without any event.
    #[napi(ts_args_type = "options: At", ts_return_type = "Promise<Decisions>")]
    pub fn tick(&self, env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
        self.tell(env, options, wire::tick_json)
    }

    /// When `tick` next has something to do, if nothing is ingested or recorded before; null where
    /// it never will. Where thresholds are watched it is at most 30 days later.
    #[napi(ts_args_type = "options: At", ts_return_type = "Promise<Timestamp | null>")]
    pub fn next_due(&self, env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
        self.ask_all(env, options, wire::next_due_json)
    }

    /// Takes in what became of sends. Recording the same again changes nothing.
    #[napi(
        ts_args_type = "outcomes: ReadonlyArray<RecordedOutcome>",
        ts_return_type = "Promise<RecordReport>"
    )]
    pub fn record(&self, env: Env, outcomes: Option<Unknown<'_>>) -> Promised<Document> {
        self.tell(env, outcomes, wire::record_json)
    }

    /// What became of the sends of each action, over all customers.
    #[napi(ts_return_type = "Promise<Array<ActionTally>>")]
    pub fn outcomes(&self, env: Env) -> Promised<Document> {
        self.ask_all(env, None, |engine, _| wire::outcomes_json(engine))
    }

    /// What each campaign with a goal brings: how many of those who may be sent to reach the goal,
    /// beside those who are held out by chance, and which campaigns to change for it. One may ask as
    /// often as one likes: the intervals of all looks together hold the truth with the `level`.
    #[napi(ts_args_type = "options: LiftAt", ts_return_type = "Promise<LiftReport>")]
    pub fn lift(&self, env: Env, options: Option<Unknown<'_>>) -> Promised<Document> {
        self.ask_all(env, options, wire::lift_json)
    }
}
