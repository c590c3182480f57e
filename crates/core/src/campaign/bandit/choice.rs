//! The chances of the actions, and the one that is chosen.

use serde::Serialize;

use super::draws::{Draws, key};
use super::learner::Bandit;
use super::linear;
use super::spec::BanditKind;
use crate::campaign::assign::unit;
use crate::error::Result;

/// What a bandit chose.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Choice {
    /// The action.
    pub action: String,
    /// The chance that it was chosen with.
    pub propensity: f64,
    /// By how much the chance may differ from that of ideal Thompson sampling: its standard error by
    /// the number of draws. Null where the chance is exact.
    pub standard_error: Option<f64>,
    /// The chances of all actions, in their order.
    pub propensities: Vec<f64>,
}

impl Bandit {
    /// Chooses an action for the decision named `key`, in a context, on a day since 1970 (any without a
    /// discount). The same key and knowledge choose the same; so a decision of its own needs a key of
    /// its own, such as customer and number.
    ///
    /// # Errors
    /// `argument` when the context has not a number for each of its names, or one that is not within ±1e6.
    pub fn choose(&self, key: &str, context: &[f64], day: i64) -> Result<Choice> {
        let propensities = self.propensities(context, day)?;
        let spec = self.spec();
        let unit = unit(&["bandit", &spec.seed, key]);
        let mut reached = 0.0;
        let mut chosen = 0;
        for (at, chance) in propensities.iter().enumerate().filter(|(_, chance)| **chance > 0.0) {
            // Where rounding leaves the sum below the unit, the last one that has a chance.
            chosen = at;
            reached += chance;
            if unit < reached {
                break;
            }
        }
        let propensity = propensities[chosen];
        let standard_error = spec.kind.draws().then(|| {
            let best = (propensity - self.floor()) / (1.0 - spec.epsilon).max(f64::MIN_POSITIVE);
            let best = best.clamp(0.0, 1.0);
            (1.0 - spec.epsilon) * (best * (1.0 - best) / f64::from(spec.draws)).sqrt()
        });
        let action = spec.actions[chosen].clone();
        Ok(Choice { action, propensity, standard_error, propensities })
    }

    /// The chance that any action has at least.
    fn floor(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "at most 1,000 actions")]
        let k = self.spec().actions.len() as f64;
        self.spec().epsilon / k
    }

    /// The chance of each action, in their order.
    ///
    /// # Errors
    /// As [`Bandit::choose`].
    pub fn propensities(&self, context: &[f64], day: i64) -> Result<Vec<f64>> {
        Ok(self.chances(&self.read(day), &self.inputs(context)?))
    }

    /// The chance of each action, from the sums as they count and a context with its constant.
    pub(in crate::campaign) fn chances(&self, read: &[Vec<f64>], inputs: &[f64]) -> Vec<f64> {
        let spec = self.spec();
        let best = match spec.kind {
            BanditKind::EpsilonGreedy => {
                let (mean, worth) = spec.prior;
                one_hot(read.iter().map(|sums| {
                    let n = sums[0] + worth;
                    if n > 0.0 { (sums[1] + mean * worth) / n } else { mean }
                }))
            }
            BanditKind::LinUcb => one_hot(read.iter().map(|sums| {
                let (mean, width) = linear::score(sums, inputs, spec.ridge);
                mean + spec.exploration * width
            })),
            BanditKind::LinearThompson => {
                let score = |sums: &Vec<f64>| linear::score(sums, inputs, spec.ridge);
                let scores: Vec<(f64, f64)> = read.iter().map(score).collect();
                self.shares(|at, draws| {
                    let (mean, width) = scores[at];
                    mean + spec.exploration * width * draws.normal()
                })
            }
            BanditKind::Thompson if spec.is_beta() => {
                let (successes, failures) = spec.prior;
                self.shares(|at, draws| {
                    let (n, sum) = (read[at][0], read[at][1]);
                    draws.beta(successes + sum, failures + (n - sum).max(0.0))
                })
            }
            BanditKind::Thompson => {
                let posteriors: Vec<_> =
                    read.iter().map(|sums| Posterior::new(sums, spec.prior)).collect();
                self.shares(|at, draws| posteriors[at].draw(draws))
            }
        };
        let floor = self.floor();
        best.iter().map(|share| floor + (1.0 - spec.epsilon) * share).collect()
    }

    /// The share of draws in which each action is best.
    fn shares(&self, draw: impl Fn(usize, &mut Draws) -> f64) -> Vec<f64> {
        let spec = self.spec();
        let keys: Vec<u64> =
            spec.actions.iter().map(|action| key(&["bandit draw", &spec.seed, action])).collect();
        let mut wins = vec![0_u32; keys.len()];
        for number in 0..spec.draws {
            let mut best = (0, f64::NEG_INFINITY);
            for (at, key) in keys.iter().enumerate() {
                let value = draw(at, &mut Draws::new(*key, number));
                if value > best.1 {
                    best = (at, value);
                }
            }
            wins[best.0] += 1;
        }
        wins.into_iter().map(|wins| f64::from(wins) / f64::from(spec.draws)).collect()
    }
}

/// 1 for the greatest, the first among equals; 0 for others.
fn one_hot(scores: impl Iterator<Item = f64>) -> Vec<f64> {
    let scores: Vec<f64> = scores.collect();
    let mut best = 0;
    for (at, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = at;
        }
    }
    let mut shares = vec![0.0; scores.len()];
    shares[best] = 1.0;
    shares
}

/// A posterior normal–inverse-gamma (`DeGroot` 1970, section 9.6).
struct Posterior {
    mean: f64,
    worth: f64,
    shape: f64,
    scale: f64,
}

impl Posterior {
    fn new(sums: &[f64], (mean, worth): (f64, f64)) -> Self {
        let (n, sum, squares) = (sums[0], sums[1], sums[2]);
        let known = n + worth;
        let centre = (sum + mean * worth) / known;
        let spread = squares + worth * mean * mean - known * centre * centre;
        Self {
            mean: centre,
            worth: known,
            shape: 1.0 + n / 2.0,
            scale: 1.0 + spread.max(0.0) / 2.0,
        }
    }

    fn draw(&self, draws: &mut Draws) -> f64 {
        let variance = self.scale / draws.gamma(self.shape);
        self.mean + (variance / self.worth).sqrt() * draws.normal()
    }
}
