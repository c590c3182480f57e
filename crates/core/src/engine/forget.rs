//! What the engine has forgotten, and what it may still be asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::state::CustomerState;
use crate::error::{Error, ErrorCode, Result};
use crate::event::Layout;
use crate::features::Retention;
use crate::time::{Span, Timestamp};

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
        Self::check_back(this, as_of, Span::ZERO, "as_of")
    }

    /// Refuses an instant of the argument `name` that lies too far back even for what was kept for
    /// a trend, which looks back `reach`.
    pub(super) fn check_back(
        this: Option<&Self>,
        at: Timestamp,
        reach: Span,
        name: &str,
    ) -> Result<()> {
        let Some(before) = this.map(|forgotten| forgotten.before.minus(reach)) else {
            return Ok(());
        };
        if at >= before {
            return Ok(());
        }
        let message = format!("`{at}` is before `{before}`, up to which was forgotten");
        Err(Error::new(ErrorCode::TimeOrder, "argument", message).at_path(name))
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
    pub(super) fn fits(&self, retention: &Retention, reach: Span, types: usize) -> bool {
        self.needs == hash(retention, reach) && self.cuts.len() == types
    }
}

fn hash(retention: &Retention, reach: Span) -> [u8; 32] {
    let mut text = retention.signature();
    if reach > Span::ZERO {
        text.push_str("health over ");
        text.push_str(&reach.to_string());
    }
    *blake3::hash(text.as_bytes()).as_bytes()
}

/// Forgets what no question about `before` or a later instant reads, where health is looked at so
/// far back as `reach`.
pub(super) fn forget(
    customers: &mut BTreeMap<String, CustomerState>,
    retention: &Retention,
    layout: &Layout,
    (before, reach): (Timestamp, Span),
) -> (Forgotten, usize) {
    let cuts = retention.cuts(before.minus(reach));
    let mut events = 0;
    for state in customers.values_mut() {
        state.overrides.forget(before.minus(reach));
        events +=
            state.history.forget(layout, &cuts, retention.folds(), |kind, events, cut, folds| {
                retention.keep(kind, events, cut, folds)
            });
    }
    (Forgotten { before, cuts, needs: hash(retention, reach) }, events)
}
