//! What a bandit is made of, and what may be said of it.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, did_you_mean};

/// How an action is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BanditKind {
    /// The best mean, and with a small chance any action.
    EpsilonGreedy,
    /// By the chance of being best.
    Thompson,
    /// By the chance of being best in this context, under a linear model.
    LinearThompson,
    /// By the greatest upper bound in this context, under a linear model.
    LinUcb,
}

impl BanditKind {
    const NAMES: [(&'static str, Self); 4] = [
        ("epsilon_greedy", Self::EpsilonGreedy),
        ("thompson", Self::Thompson),
        ("linear_thompson", Self::LinearThompson),
        ("lin_ucb", Self::LinUcb),
    ];

    /// The kind of a name.
    ///
    /// # Errors
    /// `argument` when there is none.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, kind)| *kind).ok_or_else(|| {
            let near = did_you_mean(name, Self::NAMES.iter().map(|(known, _)| *known));
            Error::argument("policy", format!("`{name}` is not a policy{near}"))
        })
    }

    /// Whether it reads a context.
    #[must_use]
    pub fn is_linear(self) -> bool {
        matches!(self, Self::LinearThompson | Self::LinUcb)
    }

    /// Whether chances come from draws.
    pub(super) fn draws(self) -> bool {
        matches!(self, Self::Thompson | Self::LinearThompson)
    }
}

/// What a reward is, for `thompson`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BanditReward {
    /// From 0 to 1: a posterior Beta.
    Binary,
    /// Any number: a posterior normal–inverse-gamma, whose variance has the prior
    /// inverse-gamma(1, 1).
    Number,
}

/// What a bandit is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BanditSpec {
    /// The actions, by name; among equals the first is taken.
    pub actions: Vec<String>,
    /// The numbers of a context, by name, for the linear kinds; a constant 1 is put before them.
    pub context: Vec<String>,
    /// How an action is chosen.
    pub kind: BanditKind,
    /// What a reward is.
    pub reward: BanditReward,
    /// The chance to choose any action, each alike, whatever is known: 0 to 1.
    pub epsilon: f64,
    /// What is thought of an action before anything is seen. Of a binary reward under `thompson`:
    /// successes and failures, both above 0. Else a mean, and how many rewards it is worth.
    pub prior: (f64, f64),
    /// How wide a linear model is searched: `v` of `linear_thompson`, which its standard deviations are
    /// multiplied by, or `α` of `lin_ucb`.
    pub exploration: f64,
    /// What is added to the diagonal of a linear model: above 0.
    pub ridge: f64,
    /// How many draws the chances of the Thompson kinds are estimated from: 10 to 100,000.
    pub draws: u32,
    /// What a reward counts after a day, of what it counted before: 0.5 to 1, which is for ever.
    pub discount: f64,
    /// How long after a decision its outcome counts, in microseconds; without it a decision is not
    /// waited for.
    pub window: Option<i64>,
    /// The salt of all draws.
    pub seed: String,
}

/// The most numbers of a linear model, the constant among them.
const MOST_INPUTS: usize = 32;
/// The most actions.
const MOST_ACTIONS: usize = 1_000;

impl BanditSpec {
    /// A bandit of this kind with usual parameters: ε is 0.1 for `epsilon_greedy` and 0 for others, the
    /// prior Beta(1, 1), or a mean of 0 that is worth no reward.
    #[must_use]
    pub fn new(kind: BanditKind, actions: Vec<String>) -> Self {
        Self {
            actions,
            context: Vec::new(),
            kind,
            reward: BanditReward::Binary,
            epsilon: if kind == BanditKind::EpsilonGreedy { 0.1 } else { 0.0 },
            prior: if kind == BanditKind::Thompson { (1.0, 1.0) } else { (0.0, 0.0) },
            exploration: 1.0,
            ridge: 1.0,
            draws: 1_000,
            discount: 1.0,
            window: None,
            seed: String::new(),
        }
    }

    /// How many numbers a linear model has; 0 for other kinds.
    pub(super) fn inputs(&self) -> usize {
        if self.kind.is_linear() { self.context.len() + 1 } else { 0 }
    }

    /// Whether a posterior is Beta.
    pub(super) fn is_beta(&self) -> bool {
        self.kind == BanditKind::Thompson && self.reward == BanditReward::Binary
    }

    /// # Errors
    /// `argument` naming what is out of range.
    pub(super) fn check(&self) -> Result<()> {
        let wrong = |name: &str, message: String| Err(Error::argument(name, message));
        if self.actions.is_empty() || self.actions.len() > MOST_ACTIONS {
            let message = format!("has {} names; expected 1 to {MOST_ACTIONS}", self.actions.len());
            return wrong("actions", message);
        }
        for (name, names) in [("actions", &self.actions), ("context", &self.context)] {
            for (at, one) in names.iter().enumerate() {
                if one.is_empty() || names[..at].contains(one) {
                    return wrong(name, format!("`{one}` is empty or there twice"));
                }
            }
        }
        if !self.kind.is_linear() && !self.context.is_empty() {
            let message = "is for `linear_thompson` and `lin_ucb`; this policy reads none";
            return wrong("context", message.to_owned());
        }
        if self.context.len() + 1 > MOST_INPUTS {
            let message =
                format!("has {} names; expected at most {}", self.context.len(), MOST_INPUTS - 1);
            return wrong("context", message);
        }
        let (first, second) = self.prior;
        let fine = first.is_finite() && second.is_finite();
        // A posterior normal has no width without a prior.
        let (possible, message) = match self.kind {
            BanditKind::Thompson if self.is_beta() => {
                (first > 0.0 && second > 0.0, "expected successes and failures, both above 0")
            }
            BanditKind::Thompson => {
                (second > 0.0, "expected a mean, and how many rewards it is worth, above 0")
            }
            _ => (second >= 0.0, "expected a mean, and how many rewards it is worth, not below 0"),
        };
        if !(fine && possible) {
            return wrong("prior", message.to_owned());
        }
        for (name, value, range, words) in [
            ("epsilon", self.epsilon, 0.0..=1.0, "0 to 1"),
            ("exploration", self.exploration, 0.0..=1e6, "0 to 1e6"),
            ("ridge", self.ridge, 1e-6..=1e9, "1e-6 to 1e9"),
            ("draws", f64::from(self.draws), 10.0..=1e5, "10 to 100000"),
            ("discount", self.discount, 0.5..=1.0, "0.5 to 1"),
        ] {
            if !range.contains(&value) {
                return wrong(name, format!("is {value}; expected {words}"));
            }
        }
        if self.window.is_some_and(|window| window <= 0) {
            return wrong("window", "expected a length above 0".to_owned());
        }
        Ok(())
    }
}
