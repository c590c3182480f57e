//! How a campaign chooses among its actions.
//!
//! A policy is asked with a [`PolicyContext`] and answers with a [`Choice`]: an action, or to leave the
//! customer alone, and the chance that had. The chance is written into the decision, so that what
//! another policy would have done can be estimated later.
//!
//! # `uplift`
//! For who is not contacted reaches goals too, this policy learns what each action *adds*, in a context
//! ([`super::bandit`]). Of one draw of the posterior, the action with the greatest `value·effect − cost` is chosen,
//! or none where no action is worth its cost: Thompson sampling. What the campaign competes with for budgets
//! is the same of the posterior's mean: a promise that was drawn would have the luckiest draws win the
//! budget. With the chance `control` nobody is contacted whatever is known, so that there is always something to
//! compare with.

use serde::{Deserialize, Serialize};

use super::assign::{split_unit, unit};
use super::bandit::{BanditSpec, Posterior};
use super::learning::Lesson;
use super::spec::ActionSpec;
use crate::time::Span;

/// The name under which leaving a customer alone is learned of.
pub const NO_CONTACT: &str = "no_contact";

/// How a campaign chooses among its actions.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Policy {
    /// Always the first.
    #[default]
    Fixed,
    /// Each with the chance its weight says; a customer gets the same one every time.
    Split {
        /// The weights, one for each action; only their ratios matter.
        weights: Vec<f64>,
    },
    /// By what is learned of each from earlier entries; each entry is drawn by itself.
    Learning(LearningPolicy),
}

/// A policy that learns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LearningPolicy {
    /// How it chooses. Under `uplift` its first action is [`NO_CONTACT`].
    pub bandit: BanditSpec,
    /// How far back it learns from; nothing where it is from all that was ever sent.
    pub memory: Option<Span>,
    /// Of `uplift`, the least chance to leave the customer alone; nothing of other kinds.
    pub control: Option<f64>,
}

impl LearningPolicy {
    /// A policy that learns from all that was ever sent, or, where it reads a context or discounts,
    /// from the sends of 180 days.
    #[must_use]
    pub fn new(bandit: BanditSpec) -> Self {
        let counts = !bandit.kind.is_linear() && bandit.discount >= 1.0;
        Self { bandit, memory: (!counts).then(|| Span::days(180)), control: None }
    }
}

/// What a policy may know when it chooses.
#[derive(Clone, Copy)]
pub(super) struct PolicyContext<'a> {
    /// The name of the playbook.
    pub(super) playbook: &'a str,
    /// The campaign.
    pub(super) campaign: &'a str,
    /// The customer.
    pub(super) customer_id: &'a str,
    /// The number of the entry.
    pub(super) epoch: u64,
    /// What can be done.
    pub(super) actions: &'a [ActionSpec],
    /// The campaign's value, NaN where it has none.
    pub(super) value: f64,
    /// The numbers that the policy reads.
    pub(super) context: &'a [f64],
    /// What was learned, where the policy learns.
    pub(super) lesson: Option<&'a Lesson>,
}

/// What a policy chose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    /// The index of the action; nothing where the customer is left alone.
    pub(super) action: Option<usize>,
    /// The chance it had, above 0 and at most 1.
    pub(super) propensity: f64,
    /// What is thought to be added by the action, of `uplift`.
    pub(super) added: Option<Added>,
}

/// What an action is thought to add.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Added {
    /// The chance of the goal with the action less that without, in the posterior's mean.
    pub(super) effect: f64,
    /// The value of that less the cost.
    pub(super) promise: f64,
}

impl Policy {
    /// The policy, where it learns.
    #[must_use]
    pub fn learning(&self) -> Option<&LearningPolicy> {
        match self {
            Self::Learning(policy) => Some(policy),
            _ => None,
        }
    }

    /// Whether it learns of those who were left alone.
    #[must_use]
    pub fn compares(&self) -> bool {
        self.learning().is_some_and(|policy| policy.control.is_some())
    }

    /// How far back it has to remember.
    pub(super) fn memory(&self) -> Option<Span> {
        self.learning()?.memory
    }

    /// Chooses; nothing where there is no action, or none with a weight.
    pub(super) fn choose(&self, asked: &PolicyContext<'_>) -> Option<Choice> {
        let PolicyContext { playbook, campaign, customer_id, epoch, .. } = *asked;
        match self {
            Self::Fixed => (!asked.actions.is_empty()).then_some(Choice {
                action: Some(0),
                propensity: 1.0,
                added: None,
            }),
            Self::Split { weights } => {
                by_weights(weights, asked.actions, split_unit(playbook, campaign, customer_id))
            }
            Self::Learning(policy) => {
                let epoch = epoch.to_string();
                let unit = unit(&["bandit", playbook, campaign, customer_id, &epoch]);
                match asked.lesson? {
                    Lesson::Chances(chances) => by_weights(chances, asked.actions, unit),
                    Lesson::Linear(bandit, sums) => {
                        let inputs = bandit.inputs(asked.context).ok()?;
                        by_weights(&bandit.chances(sums, &inputs), asked.actions, unit)
                    }
                    Lesson::Uplift(posterior) => {
                        Some(by_effects(posterior, asked, policy.control.unwrap_or(0.0), unit))
                    }
                }
            }
        }
    }
}

/// The action whose slot `unit` falls in, of slots as wide as their weights.
fn by_weights(weights: &[f64], actions: &[ActionSpec], unit: f64) -> Option<Choice> {
    let total = weights.iter().fold(0.0, |sum, weight| sum + weight);
    let mark = unit * total;
    let mut running = 0.0;
    let mut chosen = None;
    let weighted = weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0);
    for (action, weight) in weighted.take_while(|(action, _)| *action < actions.len()) {
        // Should rounding put the mark at the very end, the last one with a weight has it.
        chosen = Some(Choice { action: Some(action), propensity: weight / total, added: None });
        running += weight;
        if mark < running {
            break;
        }
    }
    chosen
}

/// What the draw that `unit` falls on makes best, with `control` kept back.
fn by_effects(posterior: &Posterior, asked: &PolicyContext<'_>, control: f64, unit: f64) -> Choice {
    let effects = posterior.effects(asked.context);
    // What is missing is worth nothing: it is not greater than none.
    let promise =
        |effect: f64, action: &ActionSpec| asked.value * effect.clamp(-1.0, 1.0) - action.cost;
    let best = |number: usize| {
        let mut best = (None, 0.0);
        for (at, (effect, action)) in effects.draw(number).zip(asked.actions).enumerate() {
            let promise = promise(effect, action);
            if promise > best.1 {
                best = (Some(at), promise);
            }
        }
        best.0
    };
    let all: Vec<Option<usize>> = (0..posterior.draws()).map(best).collect();
    #[expect(clippy::cast_precision_loss, reason = "at most 100,000")]
    let count = all.len() as f64;
    let mut chosen = None;
    if unit >= control {
        let place = (unit - control) / (1.0 - control) * count;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at least 0 and at most the number of draws"
        )]
        let place = (place as usize).min(all.len().saturating_sub(1));
        chosen = all[place];
    }
    let alike = all.iter().filter(|other| **other == chosen).count();
    #[expect(clippy::cast_precision_loss, reason = "at most 100,000")]
    let share = alike as f64 / count;
    let floor = if chosen.is_none() { control } else { 0.0 };
    let added = chosen.map(|at| {
        let effect = effects.means().nth(at).unwrap_or(0.0);
        Added { effect, promise: promise(effect, &asked.actions[at]) }
    });
    Choice { action: chosen, propensity: floor + (1.0 - control) * share, added }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::bandit::{Bandit, BanditKind};

    fn actions(costs: &[f64]) -> Vec<ActionSpec> {
        let action = |(at, cost): (usize, &f64)| ActionSpec {
            name: format!("a{at}").into(),
            channel: "email".into(),
            cost: *cost,
            template: None,
        };
        costs.iter().enumerate().map(action).collect()
    }

    fn asked<'a>(customer_id: &'a str, actions: &'a [ActionSpec]) -> PolicyContext<'a> {
        PolicyContext {
            playbook: "acme",
            campaign: "win_back",
            customer_id,
            epoch: 1,
            actions,
            value: f64::NAN,
            context: &[],
            lesson: None,
        }
    }

    #[test]
    fn an_action_without_weight_is_never_chosen_and_the_chance_is_the_weights() {
        let four = actions(&[0.0; 4]);
        let policy = Policy::Split { weights: vec![0.0, 3.0, 0.0, 1.0] };
        for index in 0..500 {
            let id = index.to_string();
            let choice = policy.choose(&asked(&id, &four)).unwrap();
            let chance = [0.0, 0.75, 0.0, 0.25][choice.action.unwrap()];
            assert!(chance > 0.0 && choice.propensity == chance);
            let again = policy.choose(&PolicyContext { epoch: 9, ..asked(&id, &four) });
            assert_eq!(again, Some(choice));
        }
        let lesson = Lesson::Chances(vec![0.25, 0.0, 0.75, 0.0]);
        let names = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let bandit = BanditSpec::new(BanditKind::Thompson, names);
        let policy = Policy::Learning(LearningPolicy::new(bandit));
        let mut third = 0_u32;
        for epoch in 0..2_000 {
            let asked = PolicyContext { epoch, lesson: Some(&lesson), ..asked("c1", &four) };
            let choice = policy.choose(&asked).unwrap();
            assert_eq!(choice.propensity, [0.25, 0.0, 0.75][choice.action.unwrap()]);
            third += u32::from(choice.action == Some(2));
        }
        // Five standard deviations of 2,000 draws at 0.75.
        assert!((third.abs_diff(1_500)) < 97, "{third}");
        assert_eq!(policy.choose(&asked("c1", &four)), None);
        let first = Choice { action: Some(0), propensity: 1.0, added: None };
        assert_eq!(Policy::Fixed.choose(&asked("c1", &four)), Some(first));
        assert_eq!(Policy::Fixed.choose(&asked("c1", &[])), None);
    }

    #[test]
    fn uplift_contacts_whom_it_helps_more_than_it_costs_and_states_the_chance() {
        let names = [NO_CONTACT, "a0", "a1"].map(str::to_owned).to_vec();
        let context = vec!["x".to_owned()];
        let spec = BanditSpec { context, ..BanditSpec::new(BanditKind::LinearThompson, names) };
        let mut bandit = Bandit::new(spec.clone()).unwrap();
        // The first action helps those of x = 1 alone, the second nobody.
        for at in 0..1_200_u32 {
            let (arm, x) = ((at % 3) as usize, f64::from(at / 3 % 2));
            let rate = if arm == 1 && x > 0.0 { 8 } else { 5 };
            let reward = f64::from(u8::from(at / 6 % 10 < rate));
            bandit.update(&spec.actions[arm], &[x], reward, 0).unwrap();
        }
        let lesson = Lesson::Uplift(Box::new(Posterior::new(&bandit, 0)));
        let policy = LearningPolicy { control: Some(0.2), ..LearningPolicy::new(spec) };
        let policy = Policy::Learning(policy);
        let two = actions(&[10.0, 10.0]);
        let counts = |x: f64, value: f64| {
            let (context, mut chosen) = ([x], [0_u32; 3]);
            for epoch in 0..2_000 {
                let lesson = Some(&lesson);
                let asked = asked("c1", &two);
                let asked = PolicyContext { epoch, lesson, value, context: &context, ..asked };
                let choice = policy.choose(&asked).unwrap();
                assert_eq!(choice.added.is_some(), choice.action.is_some());
                chosen[choice.action.map_or(0, |at| at + 1)] += 1;
                if choice.action.is_none() {
                    assert!(choice.propensity >= 0.2);
                }
            }
            chosen
        };
        let helped = counts(1.0, 100.0);
        assert!(helped[1] > 1_450 && (300..520).contains(&helped[0]), "{helped:?}");
        let others = counts(0.0, 100.0);
        assert!(others[0] > 1_700, "{others:?}");
        // Nothing is worth more than it costs, or worth anything that is known.
        assert_eq!(counts(1.0, 1.0), [2_000, 0, 0]);
        assert_eq!(counts(1.0, f64::NAN), [2_000, 0, 0]);
        // The stated chances are those that are drawn.
        let context = [1.0];
        let asked = PolicyContext {
            lesson: Some(&lesson),
            value: 100.0,
            context: &context,
            ..asked("c1", &two)
        };
        let choice = (0..).map(|epoch| policy.choose(&PolicyContext { epoch, ..asked }).unwrap());
        let chance = choice.clone().find(|one| one.action == Some(0)).unwrap().propensity;
        assert!((f64::from(helped[1]) / 2_000.0 - chance).abs() < 0.05, "{helped:?} {chance}");
    }
}
