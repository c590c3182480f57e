//! The class `Bandit`: a policy that learns.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use stayput_core::wire::bandit as wire;

use crate::answers::{Answer, Choice};
use crate::arguments::{Instant, Options, argument};
use crate::errors::{Result, detached};

argument!(
    /// The numbers of a context.
    Context,
    "ContextLike"
);

/// A policy that chooses among actions while it learns what each is worth.
///
/// `policy` is `"epsilon_greedy"`, `"thompson"`, `"linear_thompson"` or `"lin_ucb"`; the last two read a
/// context, whose names are in `context`. Under `"thompson"`, `reward` is `"binary"` or `"number"`, and `prior`
/// successes and failures, or a mean and how many rewards it is worth. `epsilon` is the chance to choose
/// any action whatever is known. `exploration` is how wide a linear model is searched, `ridge` its
/// regularisation, `draws` how many draws the chances of Thompson sampling are estimated from, `discount`
/// what a reward counts after a day of what it counted before, `window` how long an outcome is waited for.
#[pyclass(frozen, module = "stayput")]
pub(crate) struct Bandit {
    inner: Mutex<stayput_core::campaign::bandit::Bandit>,
}

impl Bandit {
    fn lock(&self) -> MutexGuard<'_, stayput_core::campaign::bandit::Bandit> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn options<'py>(
    py: Python<'py>,
    context: Option<&Context<'py>>,
    at: Option<&Instant<'py>>,
) -> Result<Options<'py>> {
    let options = Options::new(py).instant("at", at)?;
    match context {
        Some(context) => options.with("context", context.0.clone()),
        None => Ok(options),
    }
}

#[pymethods]
impl Bandit {
    #[new]
    #[pyo3(signature = (
        actions, policy="thompson", *, context=None, reward="binary", epsilon=None, prior=None,
        exploration=None, ridge=None, draws=None, discount=None, window=None, seed=""
    ))]
    #[expect(clippy::too_many_arguments, reason = "all but two by name")]
    fn new(
        py: Python<'_>,
        actions: Vec<String>,
        policy: &str,
        context: Option<Vec<String>>,
        reward: &str,
        epsilon: Option<f64>,
        prior: Option<(f64, f64)>,
        exploration: Option<f64>,
        ridge: Option<f64>,
        draws: Option<u32>,
        discount: Option<f64>,
        window: Option<&str>,
        seed: &str,
    ) -> Result<Self> {
        let options = Options::new(py).with("actions", actions)?.with("policy", policy)?;
        let options = options.with("context", context)?.with("reward", reward)?;
        let options = options.with("epsilon", epsilon)?.with("prior", prior)?;
        let options = options.with("exploration", exploration)?.with("ridge", ridge)?;
        let options = options.with("draws", draws)?.with("discount", discount)?;
        let options = options.with("window", window)?.with("seed", seed)?.json()?;
        Ok(Self { inner: wire::bandit(&options)?.into() })
    }

    /// The bandit that `to_json` wrote.
    #[staticmethod]
    fn from_json(text: &str) -> Result<Self> {
        Ok(Self { inner: wire::bandit_from_json(text)?.into() })
    }

    /// What it is made of, has learned and waits for, as JSON.
    fn to_json(&self) -> Result<String> {
        Ok(wire::bandit_json(&self.lock())?)
    }

    /// Chooses an action for the decision `key`: `(action, propensity)`. The same key chooses the same
    /// while nothing is learned, so every decision needs one of its own.
    #[pyo3(signature = (key, context=None, *, at=None))]
    fn choose(
        &self,
        py: Python<'_>,
        key: &str,
        context: Option<Context<'_>>,
        at: Option<Instant<'_>>,
    ) -> Result<(String, f64)> {
        let options = options(py, context.as_ref(), at.as_ref())?.json()?;
        let choice = detached(py, || wire::choose(&self.lock(), key, &options))?;
        Ok((choice.action, choice.propensity))
    }

    /// The same with the chances of all actions and, where they are estimated, the standard error.
    #[pyo3(signature = (key, context=None, *, at=None))]
    fn choice<'py>(
        &self,
        py: Python<'py>,
        key: &str,
        context: Option<Context<'py>>,
        at: Option<Instant<'py>>,
    ) -> Result<Choice<'py>> {
        let options = options(py, context.as_ref(), at.as_ref())?.json()?;
        Choice::of(py, &detached(py, || wire::choose(&self.lock(), key, &options))?)
    }

    /// Learns what an action brought that was chosen in a context. The order of updates changes nothing.
    #[pyo3(signature = (action, reward, context=None, *, at=None))]
    fn update(
        &self,
        py: Python<'_>,
        action: &str,
        reward: f64,
        context: Option<Context<'_>>,
        at: Option<Instant<'_>>,
    ) -> Result<()> {
        let options = options(py, context.as_ref(), at.as_ref())?.with("action", action)?;
        let options = options.with("reward", reward)?.json()?;
        detached(py, || wire::update(&mut self.lock(), &options))
    }

    /// Waits for the outcome of the decision `key`, made `at`; false where it is waited for already.
    #[pyo3(signature = (key, action, context=None, *, at))]
    fn expect(
        &self,
        py: Python<'_>,
        key: &str,
        action: &str,
        context: Option<Context<'_>>,
        at: Instant<'_>,
    ) -> Result<bool> {
        let options = options(py, context.as_ref(), Some(&at))?.with("action", action)?.json()?;
        detached(py, || wire::expect(&mut self.lock(), key, &options))
    }

    /// Learns the outcome of a decision that is waited for; false where it is not, or past its window.
    #[pyo3(signature = (key, reward, *, at))]
    fn outcome(&self, py: Python<'_>, key: &str, reward: f64, at: Instant<'_>) -> Result<bool> {
        let options = options(py, None, Some(&at))?.with("reward", reward)?.json()?;
        detached(py, || wire::outcome(&mut self.lock(), key, &options))
    }

    /// Learns a reward of 0 for every decision whose window has closed before `at`; says how many.
    #[pyo3(signature = (*, at))]
    fn close(&self, py: Python<'_>, at: Instant<'_>) -> Result<usize> {
        let options = options(py, None, Some(&at))?.json()?;
        detached(py, || wire::close(&mut self.lock(), &options))
    }

    /// Adds what another bandit of the same making has learned, of other decisions.
    fn merge(&self, other: &Self) -> Result<()> {
        // A copy first: a bandit merged with itself would wait for its own lock.
        let other = other.lock().clone();
        Ok(self.lock().merge(&other)?)
    }

    fn __repr__(&self) -> String {
        let bandit = self.lock();
        format!("Bandit({})", bandit.spec().actions.join(", "))
    }
}
