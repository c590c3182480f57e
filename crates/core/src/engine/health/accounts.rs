//! The health of accounts, rolled up from their customers.

use super::{Instants, Memory};
use crate::engine::Engine;
use crate::engine::forget::Forgotten;
use crate::engine::state::CustomerState;
use crate::error::{Error, ErrorCode, Result};
use crate::health::{AccountHealth, Child, Fallback, account_health, evaluate, with_override};
use crate::time::Timestamp;

impl Engine {
    /// The health at `as_of` of each account, or of one, in order: the weighted mean of its
    /// customers' scores as they are stated, with the `worst` of them.
    ///
    /// # Errors
    /// `playbook_key` when the playbook has no `[health.accounts]`; `argument` when no customer
    /// known at `as_of` is of that account; `time_order` as [`Engine::score`].
    pub fn account_health(
        &self,
        as_of: Timestamp,
        account: Option<&str>,
        worst: usize,
    ) -> Result<Vec<AccountHealth>> {
        let plan = self.health_plan("the health of accounts")?;
        let accounts = self.scorer.health.accounts.as_ref().ok_or_else(|| {
            let message = "the section `accounts` is missing, and the health of accounts needs it";
            Error::new(ErrorCode::PlaybookKey, "playbook", message).at_path("health")
        })?;
        Forgotten::check(self.forgotten.as_ref(), as_of)?;
        let instants = self.scorer.health.at(vec![as_of]);
        let mut memory = Memory::default();
        let mut children: Vec<(&str, Child<'_>)> = Vec::new();
        for (id, state) in &self.customers {
            children.extend(self.child(id, state, account, &instants, &mut memory));
        }
        children.sort_by_key(|(of, _)| *of);
        let mut known: Vec<(&str, Vec<Child<'_>>)> = Vec::new();
        for (of, child) in children {
            match known.last_mut() {
                Some((account, children)) if *account == of => children.push(child),
                _ => known.push((of, vec![child])),
            }
        }
        if let Some(account) = account.filter(|_| known.is_empty()) {
            let message = format!("no customer known at `{as_of}` is of the account `{account}`");
            return Err(Error::argument("account", message));
        }
        let own = |account: &str| {
            let state = self.customers.get(account).filter(|_| accounts.fallback == Fallback::Own);
            state.and_then(|state| self.stated_health(state, as_of).1).map(|health| health.score)
        };
        let rolled = known.into_iter().map(|(account, children)| {
            let instead = (accounts.fallback, own(account));
            account_health(&plan.spec, account, children, instead, worst)
        });
        Ok(rolled.collect())
    }

    /// A customer and the account that it is of; none where that is not `account`, if one is asked
    /// for.
    fn child<'e>(
        &'e self,
        id: &'e str,
        state: &'e CustomerState,
        account: Option<&str>,
        instants: &Instants,
        memory: &mut Memory<'e>,
    ) -> Option<(&'e str, Child<'e>)> {
        let (playbook, scorer) = (self.bundle.playbook(), &self.scorer.health);
        let (plan, accounts) = playbook.health().zip(scorer.accounts.as_ref())?;
        let mut found = None;
        scorer.look(playbook, state, instants, memory, &mut |at, frame| {
            let of = accounts.parent.eval(frame).as_text();
            let Some(of) = of.filter(|of| account.is_none_or(|account| account == *of)) else {
                return;
            };
            let weight = accounts.weight.as_ref();
            let weight = weight.map_or(1.0, |weight| weight.eval(frame).as_number());
            let computed = evaluate(&plan.spec, &scorer.scores(frame), state.band(at));
            let health = with_override(&plan.spec, computed, state.overrides.at(at));
            let health = health.map(|health| (health.score, health.band));
            found = Some((of, Child { customer_id: id, weight, health }));
        });
        found
    }
}
