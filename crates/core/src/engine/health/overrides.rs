//! Overrides of health, as people make and lift them.

use crate::engine::Engine;
use crate::error::Result;
use crate::health::HealthOverride;
use crate::time::Timestamp;

impl Engine {
    /// Says what a customer's health is from `from` until before `until`: a score, a band or both.
    /// It takes the place of an override of the same `from`; of several that hold, the one that
    /// began last counts. The 256 that began last are kept. Gives it back as it is kept.
    ///
    /// # Errors
    /// `unknown_customer` when nothing is known of such a customer; `argument` naming what is
    /// wrong; `playbook_key` when the playbook has no health.
    pub fn override_health(
        &mut self,
        customer_id: &str,
        over: HealthOverride,
    ) -> Result<HealthOverride> {
        over.check(&self.health_plan("an override")?.spec)?;
        self.customer(customer_id)?;
        if let Some(state) = self.customers.get_mut(customer_id) {
            state.overrides.add(over.clone());
        }
        Ok(over)
    }

    /// Ends the overrides of a customer's health that hold at `as_of`, and gives them as they are
    /// then. Questions about earlier instants still see them; those that begin later stay.
    ///
    /// # Errors
    /// `unknown_customer` when nothing is known of such a customer.
    pub fn lift_health_override(
        &mut self,
        customer_id: &str,
        as_of: Timestamp,
    ) -> Result<Vec<HealthOverride>> {
        self.customer(customer_id)?;
        let state = self.customers.get_mut(customer_id);
        Ok(state.map(|state| state.overrides.lift(as_of)).unwrap_or_default())
    }

    /// The overrides of a customer's health, past and future ones too, in the order in which they
    /// begin.
    ///
    /// # Errors
    /// `unknown_customer` when nothing is known of such a customer.
    pub fn health_overrides(&self, customer_id: &str) -> Result<&[HealthOverride]> {
        Ok(self.customer(customer_id)?.overrides.list())
    }
}
