//! `Engine`: a bundle and what is known of its customers.

use stayput_core::wire;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::answer::{document, throwing};
use crate::bundle::Bundle;
use crate::{input, table};

/// A bundle and the state of its customers. It has no clock: every question names its instant.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Engine(pub(crate) stayput_core::Engine);

impl Engine {
    /// The answer to a question about one customer.
    pub(crate) fn ask(
        &self,
        customer_id: &JsValue,
        options: &JsValue,
        question: fn(&stayput_core::Engine, &str, &str) -> stayput_core::Result<String>,
    ) -> Result<JsValue, JsValue> {
        document(|| {
            question(&self.0, &input::text(customer_id, "customerId")?, &input::options(options)?)
        })
    }

    /// The answer to a call that changes what is known of one customer.
    pub(crate) fn tell_of(
        &mut self,
        customer_id: &JsValue,
        options: &JsValue,
        call: fn(&mut stayput_core::Engine, &str, &str) -> stayput_core::Result<String>,
    ) -> Result<JsValue, JsValue> {
        document(|| {
            let id = input::text(customer_id, "customerId")?;
            call(&mut self.0, &id, &input::options(options)?)
        })
    }
}

#[wasm_bindgen]
impl Engine {
    /// An engine that knows nobody yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(bundle: &Bundle) -> Self {
        Self(stayput_core::Engine::new(bundle.0.clone()))
    }

    /// An engine that goes on from a snapshot.
    ///
    /// # Errors
    /// The codes of the family `state` when the bytes are no snapshot that this bundle continues.
    pub fn restore(
        bundle: &Bundle,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] bytes: &JsValue,
    ) -> Result<Self, JsValue> {
        throwing(|| {
            let bytes = input::bytes(bytes, "bytes")?;
            Ok(Self(stayput_core::Engine::restore(bundle.0.clone(), &bytes)?))
        })
    }

    /// The bundle.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn bundle(&self) -> Bundle {
        Bundle(self.0.bundle().clone())
    }

    /// The customers known, in order.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn customers(&self) -> Vec<String> {
        self.0.customers().map(str::to_owned).collect()
    }

    /// Takes in events, and customers with their attributes.
    ///
    /// A row that is wrong is in the report, by its index; those beside it count. An event with an
    /// `event_id` is corrected by a row with the same one and a greater `revision`, and deleted by
    /// a row whose `deleted` is true; these may come before what they correct.
    ///
    /// # Errors
    /// `table_column` when a column is missing or cannot be what the playbook says.
    #[wasm_bindgen(unchecked_return_type = "Reports")]
    pub fn ingest(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Rows")] events: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "Rows | null")] customers: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| {
            let events = table::read(events, "events")?;
            let customers = table::read_optional(customers, "customers")?;
            wire::ingest_json(&mut self.0, &events, customers.as_ref())
        })
    }

    /// Everything known of one customer at an instant. With `reasons: false` it is not told what raises
    /// the churn probability, which takes most of the time where a model has many deep trees.
    ///
    /// # Errors
    /// `unknown_customer` when there is none of that id.
    #[wasm_bindgen(unchecked_return_type = "Score")]
    pub fn score(
        &self,
        #[wasm_bindgen(js_name = customerId, unchecked_param_type = "string")] id: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "ScoreAt")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        self.ask(id, options, wire::score_json)
    }

    /// Why a customer may churn at an instant: what raises the probability, the strongest first, as
    /// sentences in the words of the playbook's `[reasons]`.
    ///
    /// # Errors
    /// `unknown_customer` when there is none of that id; `model_missing` without a model.
    #[wasm_bindgen(unchecked_return_type = "ReasonCode[]")]
    pub fn reasons(
        &self,
        #[wasm_bindgen(js_name = customerId, unchecked_param_type = "string")] id: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "ReasonsAt")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        self.ask(id, options, wire::reasons_json)
    }

    /// The score of one customer at an instant as it is, and as it would be with other values. What
    /// is computed from a changed value changes with it: other features, health, churn, stage and
    /// segments.
    ///
    /// # Errors
    /// `unknown_customer` when there is none of that id; `argument` for a name that is neither a
    /// feature nor an attribute, or a value of another type.
    #[wasm_bindgen(js_name = whatIf, unchecked_return_type = "WhatIf")]
    pub fn what_if(
        &self,
        #[wasm_bindgen(js_name = customerId, unchecked_param_type = "string")] id: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "WhatIfOptions")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        self.ask(id, options, wire::what_if_json)
    }

    /// The least change to features that someone can act on which brings the churn probability of
    /// one customer down to a threshold, or that there is none. Each feature changes by itself:
    /// `whatIf` tells what else follows.
    ///
    /// # Errors
    /// `unknown_customer` when there is none of that id; `model_missing` without a model;
    /// `argument` where nothing may change.
    #[wasm_bindgen(unchecked_return_type = "Recourse")]
    pub fn recourse(
        &self,
        #[wasm_bindgen(js_name = customerId, unchecked_param_type = "string")] id: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "RecourseOptions")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        self.ask(id, options, wire::recourse_json)
    }

    /// The features of one customer at an instant, in the playbook's order; null where missing.
    ///
    /// # Errors
    /// `unknown_customer` when there is none of that id.
    #[wasm_bindgen(unchecked_return_type = "Record<string, Value>")]
    pub fn features(
        &self,
        #[wasm_bindgen(js_name = customerId, unchecked_param_type = "string")] id: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "At")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        self.ask(id, options, wire::engine_features_json)
    }

    /// Everything known of each customer at an instant, by `customer_id`; options as of `score`.
    ///
    /// # Errors
    /// `argument` when `asOf` is not an instant.
    #[wasm_bindgen(js_name = scoreAll, unchecked_return_type = "Score[]")]
    pub fn score_all(
        &self,
        #[wasm_bindgen(unchecked_param_type = "ScoreAt")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| wire::score_all_json(&self.0, &input::options(options)?))
    }

    /// Looks at every customer and decides about every campaign. What is decided is remembered:
    /// the same question again gives nothing new.
    ///
    /// # Errors
    /// `time_order` when `asOf` lies before a decision that was already made.
    #[wasm_bindgen(unchecked_return_type = "Decisions")]
    pub fn decide(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "At")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| wire::decide_json(&mut self.0, &input::options(options)?))
    }

    /// The same for one customer: what to do when an event has come in. Budgets pay for whom comes first
    /// then; among many customers `decide` spends them better.
    ///
    /// # Errors
    /// As `decide`, and `unknown_customer` when nothing is known of the customer.
    #[wasm_bindgen(js_name = decideOne, unchecked_return_type = "Decisions")]
    pub fn decide_one(
        &mut self,
        #[wasm_bindgen(js_name = customerId, unchecked_param_type = "string")] id: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "At")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        self.tell_of(id, options, wire::decide_one_json)
    }

    /// What could be done for a customer at an instant, whether a campaign fires or not: first what could be
    /// sent, and of that what is expected to bring most beyond its cost, with the reasons to churn that it
    /// answers. Nothing is decided.
    ///
    /// # Errors
    /// As `score`.
    #[wasm_bindgen(js_name = nextBestActions, unchecked_return_type = "NextAction[]")]
    pub fn next_best_actions(
        &self,
        #[wasm_bindgen(js_name = customerId, unchecked_param_type = "string")] id: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "At")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        self.ask(id, options, wire::next_best_actions_json)
    }

    /// What time alone makes due by an instant: sends that waited, steps of journeys, times that
    /// come again, absences that are long enough, and what crosses a threshold without any event.
    ///
    /// # Errors
    /// As `decide`.
    #[wasm_bindgen(unchecked_return_type = "Decisions")]
    pub fn tick(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "At")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| wire::tick_json(&mut self.0, &input::options(options)?))
    }

    /// When `tick` next has something to do, if nothing is ingested or recorded before; null where
    /// it never will. Where thresholds are watched it is at most 30 days later.
    ///
    /// # Errors
    /// `argument` when `asOf` is not an instant.
    #[wasm_bindgen(js_name = nextDue, unchecked_return_type = "Timestamp | null")]
    pub fn next_due(
        &self,
        #[wasm_bindgen(unchecked_param_type = "At")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| wire::next_due_json(&self.0, &input::options(options)?))
    }

    /// Takes in what became of sends. Recording the same again changes nothing.
    ///
    /// # Errors
    /// `argument` when `outcomes` is no array.
    #[wasm_bindgen(unchecked_return_type = "RecordReport")]
    pub fn record(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "RecordedOutcome[]")] outcomes: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| wire::record_json(&mut self.0, &input::json(outcomes, "outcomes")?))
    }

    /// What became of the sends of each action, over all customers.
    ///
    /// # Errors
    /// None that a caller can cause.
    #[wasm_bindgen(unchecked_return_type = "ActionTally[]")]
    pub fn outcomes(&self) -> Result<JsValue, JsValue> {
        document(|| wire::outcomes_json(&self.0))
    }

    /// What each campaign with a goal brings: how many of those who may be sent to reach the goal,
    /// beside those who are held out by chance, and which campaigns to change for it. One may ask as
    /// often as one likes: the intervals of all looks together hold the truth with the `level`.
    ///
    /// # Errors
    /// `argument` for a level outside of 0 to 1, or an effect of 0.
    #[wasm_bindgen(unchecked_return_type = "LiftReport")]
    pub fn lift(
        &self,
        #[wasm_bindgen(unchecked_param_type = "LiftAt")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| wire::lift_json(&self.0, &input::options(options)?))
    }

    /// The state of all customers, for `Engine.restore`.
    ///
    /// # Errors
    /// `internal` when it cannot be written.
    pub fn snapshot(&self) -> Result<Vec<u8>, JsValue> {
        throwing(|| self.0.snapshot())
    }

    /// Forgets the events that no question about the instant or a later one reads, and gives how
    /// many they were. An earlier instant is refused from then on, and an event that comes too late
    /// is in the report with the code `event_late`.
    ///
    /// # Errors
    /// `time_order` when more was forgotten already.
    #[wasm_bindgen(unchecked_return_type = "number")]
    pub fn forget(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "At")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| wire::forget_json(&mut self.0, &input::options(options)?))
    }

    /// The state of one customer, for `importCustomers` of any engine of the same playbook.
    ///
    /// # Errors
    /// `unknown_customer` when there is none of that id.
    #[wasm_bindgen(js_name = exportCustomer)]
    pub fn export_customer(
        &self,
        #[wasm_bindgen(js_name = customerId, unchecked_param_type = "string")] id: &JsValue,
    ) -> Result<Vec<u8>, JsValue> {
        throwing(|| self.0.export_customer(&input::text(id, "customerId")?))
    }

    /// Takes up the customers of a snapshot, in place of what was known of them, and gives how many
    /// they are.
    ///
    /// # Errors
    /// As `Engine.restore`.
    #[wasm_bindgen(js_name = importCustomers)]
    pub fn import_customers(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array")] bytes: &JsValue,
    ) -> Result<usize, JsValue> {
        throwing(|| self.0.import_customers(&input::bytes(bytes, "bytes")?))
    }

    /// Forgets everything about a customer, and says whether there was anything. What budgets have
    /// paid stays paid: when, for which campaign and how much, but not for whom.
    ///
    /// # Errors
    /// `argument` when `customerId` is not a string.
    #[wasm_bindgen(js_name = deleteCustomer)]
    pub fn delete_customer(
        &mut self,
        #[wasm_bindgen(js_name = customerId, unchecked_param_type = "string")] id: &JsValue,
    ) -> Result<bool, JsValue> {
        throwing(|| Ok(self.0.delete_customer(&input::text(id, "customerId")?)))
    }
}
