//! Reads a campaign's `policy`.

use super::document::{Node, TableReader};
use crate::campaign::bandit::{BanditKind, BanditSpec};
use crate::campaign::{CampaignSpec, LearningPolicy, NO_CONTACT, Policy};
use crate::error::{ErrorCode, Result, did_you_mean};
use crate::expr::{Program, Scope, Type, compile_as};

/// The ridge of `uplift`: as if so many customers of whom nothing came had been seen of each effect.
const UPLIFT_RIDGE: f64 = 10.0;
/// The least chance of `uplift` to leave a customer alone.
const CONTROL: f64 = 0.05;

/// The most numbers of a context.
const MOST_NUMBERS: usize = 31;
/// The most actions that a policy can learn of.
const MOST_ACTIONS: usize = 1_000;
/// The most coefficients of `uplift`: its matrix, packed, then has 1 MB.
const MOST_COEFFICIENTS: usize = 512;
/// The most draws of `uplift`, which are kept for a day: of all coefficients 40 MB.
const MOST_DRAWS: u32 = 10_000;

/// The policy of a campaign, whose actions and goal are read already, and the numbers it reads.
/// `valued` is whether the campaign has a value.
pub(super) fn read(
    node: Node,
    campaign: &CampaignSpec,
    valued: bool,
    scope: &Scope<'_>,
) -> Result<(Policy, Vec<Program>)> {
    const KINDS: [&str; 7] =
        ["fixed", "split", "epsilon_greedy", "thompson", "linear_thompson", "lin_ucb", "uplift"];
    let mut table = node.table()?;
    let kind = table.require("kind")?;
    let name = kind.one_of(&KINDS)?;
    let mut context = Vec::new();
    let policy = match name {
        "fixed" => Policy::Fixed,
        "split" => Policy::Split { weights: weights(&mut table, campaign)? },
        _ => {
            if campaign.goal.is_none() {
                return Err(kind.error(
                    ErrorCode::PlaybookKey,
                    "a policy that learns needs the campaign's `goal`: it learns what reaches it",
                ));
            }
            if name == "uplift" && !valued {
                return Err(kind.error(
                    ErrorCode::PlaybookKey,
                    "`uplift` needs the campaign's `value`, what reaching the goal is worth: it \
                     contacts whom that pays for",
                ));
            }
            let policy;
            (policy, context) = learning(&mut table, name, campaign, scope)?;
            Policy::Learning(policy)
        }
    };
    table.finish()?;
    Ok((policy, context))
}

/// One weight for each action, 0 for those that are not named.
fn weights(table: &mut TableReader, campaign: &CampaignSpec) -> Result<Vec<f64>> {
    let mut weights = vec![0.0; campaign.actions.len()];
    for (name, node) in table.require("weights")?.entries()? {
        let names = || campaign.actions.iter().map(|action| action.name.as_str());
        let Some(at) = names().position(|known| known == name) else {
            let near = did_you_mean(&name, names());
            return Err(node.key_error(
                ErrorCode::PlaybookKey,
                format!("`{name}` is not an action of this campaign{near}"),
            ));
        };
        weights[at] = node.number_in(0.0, 1e12)?;
    }
    Ok(weights)
}

fn learning(
    table: &mut TableReader,
    name: &str,
    campaign: &CampaignSpec,
    scope: &Scope<'_>,
) -> Result<(LearningPolicy, Vec<Program>)> {
    let uplift = name == "uplift";
    let count = campaign.actions.len();
    if count > MOST_ACTIONS {
        let message =
            format!("a policy can learn of {MOST_ACTIONS} actions, and there are {count}");
        return Err(table.error(ErrorCode::PlaybookValue, message));
    }
    if uplift && campaign.actions.iter().any(|action| action.name == NO_CONTACT) {
        let message = format!(
            "`{NO_CONTACT}` is what `uplift` calls leaving a customer alone: name the action otherwise"
        );
        return Err(table.error(ErrorCode::PlaybookValue, message));
    }
    let kind = if uplift { BanditKind::LinearThompson } else { BanditKind::named(name)? };
    let actions = campaign.actions.iter().map(|action| action.name.to_string());
    let actions = uplift.then(|| NO_CONTACT.to_owned()).into_iter().chain(actions).collect();
    let mut spec = BanditSpec::new(kind, actions);
    // What draws of one campaign say, those of another do not.
    spec.seed = campaign.name.to_string();
    let mut programs = Vec::new();
    let number = |table: &mut TableReader, key: &str, least: f64, most: f64, into: &mut f64| {
        if let Some(node) = table.take(key) {
            *into = node.number_in(least, most)?;
        }
        Ok(())
    };
    if uplift {
        spec.ridge = UPLIFT_RIDGE;
    } else {
        number(table, "epsilon", 0.0, 1.0, &mut spec.epsilon)?;
    }
    if kind.is_linear() {
        let node = table.require("context")?;
        let many = node.error(
            ErrorCode::PlaybookValue,
            format!("there are more numbers than {MOST_NUMBERS}, which is the most"),
        );
        let nodes = node.array()?;
        if nodes.len() > MOST_NUMBERS {
            return Err(many);
        }
        let coefficients = (nodes.len() + 1) * (count + 1);
        if uplift && coefficients > MOST_COEFFICIENTS {
            let message = format!(
                "each of {count} actions has an effect by each of {} numbers and a constant: {coefficients} \
                 coefficients, and at most {MOST_COEFFICIENTS} can be learned",
                nodes.len()
            );
            return Err(table.error(ErrorCode::PlaybookValue, message));
        }
        for node in nodes {
            let text = node.string()?;
            if spec.context.iter().any(|known| known == text) {
                let message = format!("`{text}` is there twice");
                return Err(node.error(ErrorCode::PlaybookValue, message));
            }
            let program = compile_as(text, scope, &Type::Number);
            programs.push(program.map_err(|error| node.locate(error))?);
            spec.context.push(text.to_owned());
        }
        number(table, "exploration", 0.0, 1e6, &mut spec.exploration)?;
        number(table, "ridge", 1e-6, 1e9, &mut spec.ridge)?;
    } else if let Some(node) = table.take("prior") {
        let mut prior = node.table()?;
        if kind == BanditKind::Thompson {
            let successes = prior.require("successes")?.number_in(1e-6, 1e9)?;
            spec.prior = (successes, prior.require("failures")?.number_in(1e-6, 1e9)?);
        } else {
            let mean = prior.require("mean")?.number_in(0.0, 1.0)?;
            spec.prior = (mean, prior.require("worth")?.number_in(0.0, 1e9)?);
        }
        prior.finish()?;
    }
    let drawn = matches!(kind, BanditKind::Thompson | BanditKind::LinearThompson);
    if let Some(node) = drawn.then(|| table.take("draws")).flatten() {
        spec.draws = node.whole_in(10, if uplift { MOST_DRAWS } else { 100_000 })?;
    }
    number(table, "discount", 0.5, 1.0, &mut spec.discount)?;
    let mut policy = LearningPolicy::new(spec);
    if let Some(node) = policy.memory.and_then(|_| table.take("memory")) {
        let memory = node.span_of_time()?;
        let goal = campaign.goal.as_ref().map(|goal| goal.within);
        if goal.is_some_and(|within| memory < within) {
            let message = "is shorter than the goal's `within`, so that nothing would be learned";
            return Err(node.error(ErrorCode::PlaybookValue, message));
        }
        policy.memory = Some(memory);
    }
    if uplift {
        let mut control = CONTROL;
        number(table, "control", 0.0, 0.9, &mut control)?;
        policy.control = Some(control);
    }
    Ok((policy, programs))
}
