//! What the triggers of one customer remember.
//!
//! The names are the same for all customers of a playbook, so they are there once and shared; a
//! customer has only the memories. Who was under another playbook before has names of one's own,
//! until no other trigger is remembered than those of the playbook.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::trigger::TriggerMemory;

/// The triggers of a playbook, each by its campaign and its text, in order and none twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TriggerNames(Arc<[(String, String)]>);

impl TriggerNames {
    /// The triggers of these names.
    #[must_use]
    pub fn new(names: impl Iterator<Item = (String, String)>) -> Self {
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        names.dedup();
        Self(names.into())
    }

    /// Where a trigger is, or where it belongs.
    fn find(&self, campaign: &str, trigger: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(of, text)| {
            of.as_str().cmp(campaign).then_with(|| text.as_str().cmp(trigger))
        })
    }

    /// The place of a trigger among them.
    #[must_use]
    pub fn place(&self, campaign: &str, trigger: &str) -> Option<usize> {
        self.find(campaign, trigger).ok()
    }

    fn have(&self, others: &Self) -> bool {
        others.0.iter().all(|(campaign, trigger)| self.find(campaign, trigger).is_ok())
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What triggers remember: one memory for each name.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Memories {
    names: TriggerNames,
    memories: Vec<TriggerMemory>,
}

impl Memories {
    /// The memory of a trigger, a new one where it has none.
    pub(super) fn of(&mut self, campaign: &str, trigger: &str) -> &mut TriggerMemory {
        let at = self.names.find(campaign, trigger).unwrap_or_else(|at| {
            let mut names = self.names.0.to_vec();
            names.insert(at, (campaign.to_owned(), trigger.to_owned()));
            self.names = TriggerNames(names.into());
            self.memories.insert(at, TriggerMemory::default());
            at
        });
        &mut self.memories[at]
    }

    /// The memory of the trigger at `place` of `names`.
    pub(super) fn at(&mut self, names: &TriggerNames, place: usize) -> &mut TriggerMemory {
        if self.names.is(names) {
            return &mut self.memories[place];
        }
        let (campaign, trigger) = &names.0[place];
        self.of(campaign, trigger)
    }

    /// Takes every trigger of `names` in, and shares the names where there are no others.
    pub(super) fn take(&mut self, names: &TriggerNames) {
        if self.names.is(names) {
            return;
        }
        let all = if names.have(&self.names) {
            names.clone()
        } else if self.names.have(names) {
            return;
        } else {
            TriggerNames::new(self.names.0.iter().chain(&*names.0).cloned())
        };
        let mut memories = vec![TriggerMemory::default(); all.0.len()];
        for ((campaign, trigger), memory) in self.names.0.iter().zip(&self.memories) {
            if let Some(place) = all.place(campaign, trigger) {
                memories[place] = *memory;
            }
        }
        *self = Self { names: all, memories };
    }

    /// Forgets all that `keep(campaign, trigger)` does not name.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) {
        let all = self.names.0.iter().zip(&self.memories);
        let kept = all.filter(|((campaign, trigger), _)| keep(campaign, trigger));
        let (names, memories): (Vec<_>, Vec<_>) =
            kept.map(|(name, memory)| (name.clone(), *memory)).unzip();
        *self = Self { names: TriggerNames(names.into()), memories };
    }

    /// Whether the names are in order and none is there twice.
    pub(super) fn is_sound(&self) -> bool {
        self.names.0.is_sorted_by(|a, b| a < b)
    }
}

impl Serialize for Memories {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.names.0.iter().zip(&self.memories);
        serializer.collect_seq(all.map(|((campaign, trigger), memory)| (campaign, trigger, memory)))
    }
}

impl<'de> Deserialize<'de> for Memories {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = Vec::<(String, String, TriggerMemory)>::deserialize(deserializer)?;
        let (names, memories): (Vec<_>, Vec<_>) =
            all.into_iter().map(|(of, trigger, memory)| ((of, trigger), memory)).unzip();
        Ok(Self { names: TriggerNames(names.into()), memories })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[(&str, &str)]) -> TriggerNames {
        TriggerNames::new(names.iter().map(|(of, text)| ((*of).to_owned(), (*text).to_owned())))
    }

    fn written(memories: &Memories) -> Vec<(String, String, TriggerMemory)> {
        serde_json::from_str(&serde_json::to_string(memories).unwrap()).unwrap()
    }

    #[test]
    fn shared_names_change_nothing_that_is_written() {
        let (old, new) = (names(&[("a", "y"), ("b", "x")]), names(&[("b", "x"), ("c", "z")]));
        let mut shared = Memories::default();
        shared.take(&old);
        let mut alone = Memories::default();
        for (campaign, trigger) in [("b", "x"), ("a", "y")] {
            alone.of(campaign, trigger);
        }
        assert_eq!(written(&shared), written(&alone));
        assert!(shared.names.is(&old));
        // Under another playbook what was remembered stays, so names are not shared.
        let place = new.place("b", "x").unwrap();
        shared.take(&new);
        alone.of("c", "z");
        assert_eq!(written(&shared), written(&alone));
        assert_eq!(shared.at(&new, place), alone.of("b", "x"));
        // They are again once nothing else is remembered.
        shared.retain(|campaign, _| campaign != "a");
        shared.take(&new);
        assert!(shared.names.is(&new) && shared.is_sound());
        assert_eq!(written(&shared).len(), 2);
    }
}
