//! The values that an input may take, as far as a forest can tell them apart.

use super::Lever;
use crate::churn::explain::Trees;
use crate::churn::model::{InputKind, Model};

/// The values of one input from which there is to choose.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    pub(super) input: usize,
    /// The values, the cheapest first: that is the customer's own.
    pub(super) values: Vec<f64>,
    /// What each costs.
    pub(super) costs: Vec<f64>,
}

/// One choice for each lever that has any.
pub(super) fn choices(model: &Model, trees: &Trees, row: &[f64], levers: &[&Lever]) -> Vec<Choice> {
    let input_of = model.input_of_column();
    let choice = |lever: &&Lever| {
        let own = row[lever.input];
        let mut values = match &model.inputs()[lever.input].kind {
            InputKind::Number => {
                let questions =
                    trees.list.iter().flat_map(|tree| &tree.splits).map(|split| split.question);
                let own_questions =
                    questions.filter(|question| input_of[question.feature as usize] == lever.input);
                let edges = own_questions.filter_map(|question| trees.rules.across(&question, own));
                let edges = edges.chain(trees.rules.about_missing());
                edges.filter_map(|edge| on_step(lever, own, edge)).collect()
            }
            InputKind::Bool => vec![f64::from(u8::from(own == 0.0))],
            #[expect(clippy::cast_precision_loss, reason = "no dictionary has 2^53 names")]
            InputKind::Category { values } => {
                (0..values.len()).map(|name| name as f64).filter(|name| *name != own).collect()
            }
        };
        let number = model.inputs()[lever.input].kind == InputKind::Number;
        if number {
            values.retain(|value: &f64| {
                lever.range(own).contains(value) && *value != own && value.is_finite()
            });
        }
        let cost = |value: f64| lever.cost * if number { (value - own).abs() } else { 1.0 };
        // Of two values at one cost the smaller comes first, so that the answer is one.
        values.sort_unstable_by(|a, b| cost(*a).total_cmp(&cost(*b)).then(a.total_cmp(b)));
        values.dedup();
        values.insert(0, own);
        let mut costs: Vec<f64> = values.iter().map(|value| cost(*value)).collect();
        costs[0] = 0.0;
        Choice { input: lever.input, values, costs }
    };
    levers.iter().map(choice).filter(|choice| choice.values.len() > 1).collect()
}

/// The nearest multiple of the lever's step that is at least as far from the customer's own value.
fn on_step(lever: &Lever, own: f64, edge: f64) -> Option<f64> {
    let Some(step) = lever.step else { return Some(edge) };
    let steps = edge / step;
    let steps = if edge > own { steps.ceil() } else { steps.floor() };
    let value = steps * step;
    // Where the multiple itself is rounded, it may lie on the near side: the next one does not.
    let reached = if edge > own { value >= edge } else { value <= edge };
    let next = if edge > own { steps + 1.0 } else { steps - 1.0 };
    Some(if reached { value } else { next * step }).filter(|value| value.is_finite())
}
