//! What became of sends: taken in from the host, and counted for each action.

use std::collections::BTreeMap;

use super::Engine;
use super::state::CustomerState;
use crate::campaign::{ActionTally, Outcome, RecordReport};
use crate::error::{Error, ErrorCode, Result};
use crate::event::Rejected;

impl Engine {
    /// Takes in what became of sends. One that is wrong is in the report; those beside it count.
    /// Recording the same again changes nothing.
    ///
    /// `opened`, `clicked` and `converted` say that a send was answered; `unsubscribed` and
    /// `complained` end its channel for the customer, for good or until `resubscribed`. An end of a
    /// channel counts where the send is no longer known too, if the outcome names the channel.
    pub fn record(&mut self, outcomes: &[Outcome]) -> RecordReport {
        let mut report = RecordReport::default();
        for (index, outcome) in outcomes.iter().enumerate() {
            match record(&mut self.customers, outcome) {
                Ok(true) => report.accepted += 1,
                Ok(false) => report.duplicates += 1,
                Err(error) => report.rejected.push(Rejected::new(index, &error)),
            }
        }
        report
    }

    /// What became of the sends of each action, over all customers: by campaign and action.
    ///
    /// A goal's event within its time after a send counts as a conversion, from the first look
    /// that sees it; where the goal is to avoid the event, that it did not happen counts, from the
    /// first look after that time.
    #[must_use]
    pub fn outcomes(&self) -> Vec<ActionTally> {
        let set = &self.bundle.playbook().campaigns().set;
        let mut all = Vec::new();
        for decided in self.customers.values().filter_map(|state| state.decided.as_ref()) {
            decided.campaigns.tally(set, &mut all);
        }
        let named = |(campaign, action, tally)| ActionTally { campaign, action, tally };
        all.into_iter().map(named).collect()
    }
}

fn record(customers: &mut BTreeMap<String, CustomerState>, outcome: &Outcome) -> Result<bool> {
    if outcome.value.is_some_and(|value| !value.is_finite()) {
        return Err(Error::argument("value", "is not a number"));
    }
    let state = customers.get_mut(&outcome.customer_id).ok_or_else(|| {
        Error::new(ErrorCode::UnknownCustomer, "customer", "is not known")
            .at_path(outcome.customer_id.as_str())
    })?;
    state.decided.get_or_insert_default().campaigns.record(outcome)
}
