//! What the engine has forgotten, and what it may still be asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::state::CustomerState;
use crate::error::{Error, ErrorCode, Result};
use crate::event::Layout;
use crate::features::Retention;
use crate::time::Timestamp;

/// Up to where the engine has forgotten events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Forgotten {
    /// Nothing is asked about an earlier instant.
    before: Timestamp,
    /// For each event type, the instant in microseconds up to which events are forgotten.
    cuts: Vec<i64>,
    /// What the playbook needed of the past then: a hash.
    needs: [u8; 32],
}

impl Forgotten {
    /// Refuses an instant about which too little is known.
    pub(super) fn check(this: Option<&Self>, as_of: Timestamp) -> Result<()> {
        match this.filter(|forgotten| as_of < forgotten.before) {
            None => Ok(()),
            Some(forgotten) => {
                let before = forgotten.before;
                let message = format!("`{as_of}` is before `{before}`, up to which was forgotten");
                Err(Error::new(ErrorCode::TimeOrder, "argument", message).at_path("as_of"))
            }
        }
    }

    /// For each event type, the instant up to which an event comes too late; none are where nothing
    /// was forgotten.
    pub(super) fn cuts(this: Option<&Self>) -> &[i64] {
        this.map_or(&[], |forgotten| &forgotten.cuts)
    }

    /// The one that has forgotten more.
    pub(super) fn later(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        match (a, b) {
            (Some(a), Some(b)) => Some(if a.before < b.before { b } else { a }),
            (a, b) => a.or(b),
        }
    }

    /// Whether a playbook that needs this of the past can go on.
    pub(super) fn fits(&self, retention: &Retention, types: usize) -> bool {
        self.needs == hash(retention) && self.cuts.len() == types
    }
}

fn hash(retention: &Retention) -> [u8; 32] {
    *blake3::hash(retention.signature().as_bytes()).as_bytes()
}

/// Forgets what no question about `before` or a later instant reads.
pub(super) fn forget(
    customers: &mut BTreeMap<String, CustomerState>,
    retention: &Retention,
    layout: &Layout,
    before: Timestamp,
) -> (Forgotten, usize) {
    let cuts = retention.cuts(before);
    let mut events = 0;
    for state in customers.values_mut() {
        events +=
            state.history.forget(layout, &cuts, retention.folds(), |kind, events, cut, folds| {
                retention.keep(kind, events, cut, folds)
            });
    }
    (Forgotten { before, cuts, needs: hash(retention) }, events)
}
