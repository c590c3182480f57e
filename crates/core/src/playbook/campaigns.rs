//! Reads `[guardrails]` and `[[campaigns]]`.

use super::document::{Node, TableReader};
use super::people::{Conditions, LifecyclePlan, Names};
use super::{check_name, not_built};
use crate::campaign::{
    ActionSpec, CampaignSet, CampaignSpec, Cap, Goal, Guardrails, Period, Policy,
};
use crate::error::{ErrorCode, Result, did_you_mean};
use crate::expr::{Program, Scope, Trigger, Type, compile_as, compile_trigger};

/// The campaigns of a playbook: their plain specifications, and the expressions they rest on.
#[derive(Debug, Clone, Default)]
pub struct CampaignsPlan {
    /// Actions, policies, holdouts and caps.
    pub set: CampaignSet,
    /// For each channel of the guardrails' consent, whether the customer consents.
    pub consent: Vec<Program>,
    /// For each campaign, its expressions.
    pub programs: Vec<CampaignPrograms>,
}

/// The expressions of a campaign.
#[derive(Debug, Clone)]
pub struct CampaignPrograms {
    /// What makes the campaign look at a customer.
    pub triggers: Vec<Trigger>,
    /// When it fires: a condition on which of `triggers` fired.
    pub on: Program,
    /// The condition that has to hold besides.
    pub when: Option<Program>,
    /// What a success is worth.
    pub value: Option<Program>,
}

pub(super) fn read(
    root: &mut TableReader,
    playbook: &str,
    names: &Names<'_>,
    lifecycle: Option<&LifecyclePlan>,
    segments: &Conditions,
) -> Result<CampaignsPlan> {
    let scope = Scope {
        stages: lifecycle.map(|plan| plan.spec.stages.as_slice()),
        segments: Some(&segments.names),
        ..names.scope()
    };
    let mut plan = CampaignsPlan::default();
    playbook.clone_into(&mut plan.set.playbook);
    if let Some(node) = root.take("guardrails") {
        (plan.set.guardrails, plan.consent) = guardrails(node, &scope)?;
    }
    if let Some(node) = root.take("campaigns") {
        for node in node.array()? {
            let (spec, programs) = campaign(node, &scope)?;
            plan.set.campaigns.push(spec);
            plan.programs.push(programs);
        }
    }
    plan.set.check()?;
    Ok(plan)
}

fn guardrails(node: Node, scope: &Scope<'_>) -> Result<(Guardrails, Vec<Program>)> {
    let mut table = node.table()?;
    let mut guardrails = Guardrails::default();
    let mut consent = Vec::new();
    if let Some(node) = table.take("consent") {
        for (channel, node) in node.entries()? {
            consent.push(condition(&node, scope)?);
            guardrails.consent.push(channel);
        }
    }
    if let Some(node) = table.take("holdout") {
        guardrails.holdout = node.number_in(0.0, 1.0)?;
    }
    if let Some(node) = table.take("caps") {
        for node in node.array()? {
            guardrails.caps.push(cap(node)?);
        }
    }
    for key in ["quiet_hours", "suppression", "blackout", "budget"] {
        not_built(&mut table, key)?;
    }
    table.finish()?;
    Ok((guardrails, consent))
}

fn cap(node: Node) -> Result<Cap> {
    let mut table = node.table()?;
    let channel = table.take("channel").map(|node| node.string().map(str::to_owned)).transpose()?;
    let campaign =
        table.take("campaign").map(|node| node.string().map(str::to_owned)).transpose()?;
    let max = table.require("max")?;
    let count = max.number_in(0.0, f64::from(u32::MAX))?;
    if count.fract() != 0.0 {
        return Err(max
            .error(ErrorCode::PlaybookValue, format!("expected a whole number, found `{count}`")));
    }
    let per = table.require("per")?;
    let period = Period::parse(per.string()?)
        .map_err(|error| per.error(ErrorCode::PlaybookValue, error.message()))?;
    table.finish()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and in range"
    )]
    let max = count as u32;
    Ok(Cap { channel, campaign, max, per: period })
}

fn campaign(node: Node, scope: &Scope<'_>) -> Result<(CampaignSpec, CampaignPrograms)> {
    let mut table = node.table()?;
    let name = table.require("name")?;
    check_name(name.string()?, &name)?;
    let on = table.require("on")?;
    let mut triggers = Vec::new();
    let trigger_scope = Scope { triggers: true, ..scope.clone() };
    let program = compile_trigger(on.string()?, &trigger_scope, &mut triggers)
        .map_err(|error| on.locate(error))?;
    if triggers.is_empty() {
        return Err(on.error(
            ErrorCode::ExpressionType,
            "there is no trigger in it: name an event type, or use `rises_above`, `falls_below`, `enters`, `leaves` or `changed`; a condition belongs in `when`",
        ));
    }
    let when = table.take("when").map(|node| condition(&node, scope)).transpose()?;
    let value = match table.take("value") {
        Some(node) => Some(
            compile_as(node.string()?, scope, &Type::Number).map_err(|error| node.locate(error))?,
        ),
        None => None,
    };
    let mut spec = CampaignSpec { name: name.string()?.to_owned(), ..CampaignSpec::default() };
    if let Some(node) = table.take("priority") {
        spec.priority = node.number()?;
    }
    if let Some(node) = table.take("cooldown") {
        spec.cooldown = Some(node.span_of_time()?);
    }
    if let Some(node) = table.take("holdout") {
        spec.holdout = node.number_in(0.0, 1.0)?;
    }
    if let Some(node) = table.take("goal") {
        spec.goal = Some(goal(node, scope)?);
    }
    for node in table.require("actions")?.array()? {
        spec.actions.push(action(node)?);
    }
    if let Some(node) = table.take("policy") {
        spec.policy = policy(node, &spec.actions)?;
    }
    for key in ["budget", "re_entry", "schedule", "journey"] {
        not_built(&mut table, key)?;
    }
    table.finish()?;
    Ok((spec, CampaignPrograms { triggers, on: program, when, value }))
}

fn goal(node: Node, scope: &Scope<'_>) -> Result<Goal> {
    let mut table = node.table()?;
    let event = table.require("event")?;
    let name = event.string()?.to_owned();
    if scope.schema.event(&name).is_none() {
        let known = scope.schema.events.iter().map(|event| event.name.as_str());
        let near = did_you_mean(&name, known);
        return Err(
            event.error(ErrorCode::PlaybookValue, format!("`{name}` is not an event type{near}"))
        );
    }
    let within = table.require("within")?.span_of_time()?;
    table.finish()?;
    Ok(Goal { event: name, within })
}

fn action(node: Node) -> Result<ActionSpec> {
    let mut table = node.table()?;
    let name = table.require("name")?;
    check_name(name.string()?, &name)?;
    let channel = table.require("channel")?.string()?.to_owned();
    let cost = match table.take("cost") {
        Some(node) => node.number_in(0.0, f64::MAX)?,
        None => 0.0,
    };
    not_built(&mut table, "template")?;
    let spec = ActionSpec { name: name.string()?.to_owned(), channel, cost };
    table.finish()?;
    Ok(spec)
}

/// `{ kind = "fixed" }`, or `{ kind = "split", weights = { mail = 1, call = 3 } }`.
fn policy(node: Node, actions: &[ActionSpec]) -> Result<Policy> {
    const KINDS: [&str; 7] =
        ["fixed", "split", "epsilon_greedy", "thompson", "linear_thompson", "lin_ucb", "uplift"];
    let mut table = node.table()?;
    let kind = table.require("kind")?;
    let policy = match kind.one_of(&KINDS)? {
        "fixed" => Policy::Fixed,
        "split" => {
            let mut weights = vec![0.0; actions.len()];
            for (name, node) in table.require("weights")?.entries()? {
                let Some(at) = actions.iter().position(|action| action.name == name) else {
                    let near =
                        did_you_mean(&name, actions.iter().map(|action| action.name.as_str()));
                    return Err(node.key_error(
                        ErrorCode::PlaybookKey,
                        format!("`{name}` is not an action of this campaign{near}"),
                    ));
                };
                weights[at] = node.number_in(0.0, 1e12)?;
            }
            Policy::Split { weights }
        }
        other => {
            return Err(kind.error(
                ErrorCode::Unsupported,
                format!("the policy `{other}` is not built yet; `fixed` and `split` are"),
            ));
        }
    };
    table.finish()?;
    Ok(policy)
}

fn condition(node: &Node, scope: &Scope<'_>) -> Result<Program> {
    compile_as(node.string()?, scope, &Type::Bool).map_err(|error| node.locate(error))
}
