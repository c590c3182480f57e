//! A bundle over recorded history, and what a playbook says that is hardly meant.

use stayput_core::wire;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::answer::document;
use crate::bundle::Bundle;
use crate::playbook::Playbook;
use crate::{input, table};

#[wasm_bindgen]
impl Bundle {
    /// What the bundle would have decided over recorded history: at each instant of `asOf`, knowing
    /// the events up to it and no others. With `tick` also in between, whenever time alone has
    /// something to do.
    ///
    /// # Errors
    /// `table_column` when a column is missing or cannot be what the playbook says; `argument`
    /// naming the option that is wrong.
    #[wasm_bindgen(unchecked_return_type = "Replay")]
    pub fn replay(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Rows")] events: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "Rows | null | undefined")] customers: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "ReplayOptions")] options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        document(|| {
            let events = table::read(events, "events")?;
            let customers = table::read_optional(customers, "customers")?;
            wire::replay_json(&self.0, events, customers.as_ref(), &input::options(options)?)
        })
    }
}

#[wasm_bindgen]
impl Playbook {
    /// What the playbook says that is hardly meant: campaigns that can never fire, conditions that
    /// are always the same, rules that cannot come to bear, and notes about what nothing reads.
    ///
    /// # Errors
    /// None that the playbook causes.
    #[wasm_bindgen(unchecked_return_type = "Lint[]")]
    pub fn lint(&self) -> Result<JsValue, JsValue> {
        document(|| wire::lint_json(&self.0))
    }
}
