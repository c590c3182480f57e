//! A bandit: what it is made of, what it has learned, and what it waits for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::outcome::Pending;
use super::spec::BanditSpec;
use super::sums::{Decay, Sums};
use crate::error::{Error, Result, did_you_mean};

/// The greatest reward and number of a context, so that no sum overflows.
pub const MOST: f64 = 1e6;
/// Days since 1970 that a timestamp can be on, and more.
const DAYS: i64 = 10_000_000;

/// A policy that learns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bandit {
    spec: BanditSpec,
    /// The latest day that something was learned on.
    latest: i64,
    sums: Vec<Sums>,
    pub(super) pending: BTreeMap<String, Pending>,
}

impl Bandit {
    /// A bandit that has learned nothing yet.
    ///
    /// # Errors
    /// `argument` naming what of the specification is out of range.
    pub fn new(spec: BanditSpec) -> Result<Self> {
        spec.check()?;
        let sums = vec![Sums::default(); spec.actions.len()];
        Ok(Self { spec, latest: -DAYS, sums, pending: BTreeMap::new() })
    }

    /// The bandit that [`serde_json`] made of a text, where it could be one.
    ///
    /// # Errors
    /// `argument` when a part does not fit another.
    pub fn checked(self) -> Result<Self> {
        self.spec.check()?;
        let inputs = self.spec.inputs();
        let wrong = |message: &str| Err(Error::argument("bandit", message));
        if self.sums.len() != self.spec.actions.len()
            || !self.sums.iter().all(|sums| sums.fits(inputs))
        {
            return wrong("its sums are not those of its actions and context");
        }
        if !(-DAYS..=DAYS).contains(&self.latest) {
            return wrong("its latest day is none");
        }
        for pending in self.pending.values() {
            self.action(&pending.action)?;
            self.inputs(&pending.context)?;
        }
        Ok(self)
    }

    /// What it is made of.
    #[must_use]
    pub fn spec(&self) -> &BanditSpec {
        &self.spec
    }

    /// Learns that an action, chosen in a context on a day since 1970, brought a reward. Nothing depends
    /// on the order of updates.
    ///
    /// # Errors
    /// `argument` for an unknown action, a context that does not fit, or a reward that is not within
    /// ±1e6 (0 to 1 for a binary one).
    pub fn update(&mut self, action: &str, context: &[f64], reward: f64, day: i64) -> Result<()> {
        let at = self.action(action)?;
        let inputs = self.inputs(context)?;
        self.check_reward(reward)?;
        let day = day.clamp(-DAYS, DAYS);
        self.latest = self.latest.max(day);
        self.sums[at].add(Decay::new(self.spec.discount), day, &inputs, reward);
        Ok(())
    }

    /// Learns that an action was chosen `all` times and brought 1 `ones` times, and 0 else; for kinds
    /// without a context or discount.
    ///
    /// # Errors
    /// `argument` for an unknown action.
    pub(in crate::campaign) fn count(&mut self, action: &str, all: u64, ones: u64) -> Result<()> {
        let at = self.action(action)?;
        self.sums[at].count(all, ones);
        Ok(())
    }

    /// Adds what another bandit of the same specification has learned and waits for, of other
    /// decisions.
    ///
    /// # Errors
    /// `argument` when it is made otherwise.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.spec != other.spec {
            let message = "is made of another specification, so that its sums mean something else";
            return Err(Error::argument("bandit", message));
        }
        self.latest = self.latest.max(other.latest);
        for (own, other) in self.sums.iter_mut().zip(&other.sums) {
            own.merge(other);
        }
        for (key, pending) in &other.pending {
            self.pending.entry(key.clone()).or_insert_with(|| pending.clone());
        }
        Ok(())
    }

    /// The sums of each action as they count on a day.
    pub(in crate::campaign) fn read(&self, day: i64) -> Vec<Vec<f64>> {
        let decay = Decay::new(self.spec.discount);
        let today = day.clamp(-DAYS, DAYS).max(self.latest);
        self.sums.iter().map(|sums| sums.read(decay, today, self.spec.inputs())).collect()
    }

    pub(super) fn action(&self, name: &str) -> Result<usize> {
        self.spec.actions.iter().position(|action| action == name).ok_or_else(|| {
            let near = did_you_mean(name, self.spec.actions.iter().map(String::as_str));
            Error::argument("action", format!("`{name}` is not an action{near}"))
        })
    }

    pub(super) fn check_reward(&self, reward: f64) -> Result<()> {
        let (range, words) =
            if self.spec.is_beta() { (0.0..=1.0, "0 to 1") } else { (-MOST..=MOST, "-1e6 to 1e6") };
        if range.contains(&reward) {
            return Ok(());
        }
        Err(Error::argument("reward", format!("is {reward}; expected {words}")))
    }

    /// A context with the constant before it; nothing for kinds that read none.
    pub(in crate::campaign) fn inputs(&self, context: &[f64]) -> Result<Vec<f64>> {
        let names = &self.spec.context;
        if context.len() != names.len() {
            let message = format!("has {} numbers; expected {}", context.len(), names.len());
            return Err(Error::argument("context", message));
        }
        if let Some(at) = context.iter().position(|x| !(-MOST..=MOST).contains(x)) {
            let message = format!("is {}; expected -1e6 to 1e6", context[at]);
            return Err(Error::argument(&format!("context.{}", names[at]), message));
        }
        if !self.spec.kind.is_linear() {
            return Ok(Vec::new());
        }
        Ok(std::iter::once(1.0).chain(context.iter().copied()).collect())
    }
}
