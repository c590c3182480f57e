//! Bandit policies: which action to choose while still learning what each is worth.
//!
//! | kind | chooses | source |
//! |---|---|---|
//! | `epsilon_greedy` | the action of the best mean; with chance ε any | Sutton and Barto 2018, section 2.2 |
//! | `thompson` | each action by the chance that it is best, of its posterior alone | Thompson 1933 |
//! | `linear_thompson` | the same of a linear model of the context for each action | Agrawal and Goyal 2013 |
//! | `lin_ucb` | the action of the greatest upper bound under such a model | Li, Chu, Langford and Schapire 2010 |
//!
//! A [`Bandit`] is its specification and, for each action, sums over what was learned. The sums are
//! whole numbers in fixed point, so that neither the order of updates nor the way in which parts
//! of them were merged shows in any bit. With every choice comes its *propensity*: the chance that this
//! policy chose the action with, which off-policy estimates need.
//!
//! # Propensities of Thompson sampling
//! The chance that an action is best has no closed form. It is estimated from a stated number of draws
//! of the posteriors, which depend on the seed and the number of the draw alone; then one unit, which
//! depends on the key of the decision, picks by these estimates. So the propensity is exactly the
//! chance that the action was chosen with. It differs from that of ideal Thompson sampling by Monte
//! Carlo: the standard error is stated.

mod choice;
mod cholesky;
mod draws;
mod learner;
mod linear;
mod outcome;
mod spec;
mod sums;
#[cfg(test)]
mod tests;
mod uplift;

pub use choice::Choice;
pub use learner::{Bandit, MOST};
pub use outcome::Pending;
pub use spec::{BanditKind, BanditReward, BanditSpec};
pub(super) use uplift::Posterior;
