//! Outcomes that come late, or never.
//!
//! A decision made at `t` waits for its outcome in `(t, t + window]`. What comes in time is learned, with
//! the day of the decision; when the window has closed without an outcome, a reward of 0 is. So
//! neither quick nor slow answers are preferred, and it does not matter when an outcome is told. An
//! outcome past the window is not learned.

use serde::{Deserialize, Serialize};

use super::learner::Bandit;
use crate::error::{Error, Result};
use crate::time::{Span, Timestamp};

const DAY: i64 = 86_400_000_000;
/// A decision whose outcome is not known yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// The action.
    pub action: String,
    /// The context that it was chosen in.
    pub context: Vec<f64>,
    /// When, in microseconds since 1970.
    pub at: i64,
}

impl Bandit {
    /// Waits for the outcome of the decision `key`. Of one that is waited for already nothing changes,
    /// and the answer is false.
    ///
    /// # Errors
    /// `argument` for an unknown action, a context that does not fit, or a bandit without a window.
    pub fn expect(
        &mut self,
        key: &str,
        action: &str,
        context: &[f64],
        at: Timestamp,
    ) -> Result<bool> {
        self.window()?;
        self.action(action)?;
        self.inputs(context)?;
        if self.pending.contains_key(key) {
            return Ok(false);
        }
        let (action, context, at) = (action.to_owned(), context.to_vec(), at.as_micros());
        self.pending.insert(key.to_owned(), Pending { action, context, at });
        Ok(true)
    }

    /// Learns what the decision `key` brought. False where it is not waited for, or `at` is not within
    /// its window: then nothing changes.
    ///
    /// # Errors
    /// `argument` for a reward out of range, or a bandit without a window.
    pub fn outcome(&mut self, key: &str, reward: f64, at: Timestamp) -> Result<bool> {
        let window = self.window()?;
        self.check_reward(reward)?;
        let Some(pending) = self.pending.get(key) else { return Ok(false) };
        let made = Timestamp::from_micros(pending.at)?;
        if at <= made || at > made.plus(window) {
            return Ok(false);
        }
        self.learn(key, reward).map(|()| true)
    }

    /// Learns a reward of 0 for every decision whose window has closed before `at`, and says how many
    /// there were.
    ///
    /// # Errors
    /// `argument` for a bandit without a window.
    pub fn close(&mut self, at: Timestamp) -> Result<usize> {
        let window = self.window()?;
        let end = at.minus(window).as_micros();
        let over = self.pending.iter().filter(|(_, pending)| pending.at < end);
        let over: Vec<String> = over.map(|(key, _)| key.clone()).collect();
        for key in &over {
            self.learn(key, 0.0)?;
        }
        Ok(over.len())
    }

    /// How many decisions are waited for.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.pending.len()
    }

    fn learn(&mut self, key: &str, reward: f64) -> Result<()> {
        let Some(Pending { action, context, at }) = self.pending.remove(key) else { return Ok(()) };
        self.update(&action, &context, reward, at.div_euclid(DAY))
    }

    fn window(&self) -> Result<Span> {
        self.spec().window.map(Span::micros).ok_or_else(|| {
            let message = "is not set: this bandit waits for nothing; use `update`";
            Error::argument("window", message)
        })
    }
}
