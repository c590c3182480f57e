//! Reads `[[campaigns]]`, and with them `[guardrails]`.

use super::document::{Node, TableReader};
use super::people::{Conditions, LifecyclePlan, Names};
use super::{check_name, guardrails, journeys, policies, templates};
use crate::campaign::{ActionSpec, CampaignSet, CampaignSpec, Goal, Journey, Name, ReEntry};
use crate::error::{ErrorCode, Result, did_you_mean};
use crate::expr::{Program, Scope, Trigger, Type, compile_as, compile_trigger};
use crate::time::Span;

/// The campaigns of a playbook: their plain specifications, and the expressions they rest on.
#[derive(Debug, Clone, Default)]
pub struct CampaignsPlan {
    /// Actions, policies and the rules over them.
    pub set: CampaignSet,
    /// Whether a customer is on the suppression list, if there is one.
    pub suppression: Option<Program>,
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
    /// Of a journey, the condition that ends it early.
    pub exit: Option<Program>,
    /// Of a journey, for each step its condition, if it has one.
    pub steps: Vec<Option<Program>>,
    /// The numbers that the policy reads.
    pub context: Vec<Program>,
    /// For each action, what its template names.
    pub templates: Vec<TemplateValues>,
}

/// The values that a template names, each by the expression it is.
#[derive(Debug, Clone, Default)]
pub struct TemplateValues {
    /// The names as the template has them, and their expressions.
    pub names: Vec<(String, Program)>,
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
        let read = guardrails::read(node, &scope)?;
        (plan.set.guardrails, plan.suppression) = (read.rules, read.suppression);
        plan.consent = read.consent;
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
            "there is no trigger in it: name an event type, or use `rises_above`, `falls_below`, `enters`, `leaves`, `changed`, `absent`, `sequence` or `every`; a condition belongs in `when`",
        ));
    }
    let when = table.take("when").map(|node| condition(&node, scope)).transpose()?;
    let value = match table.take("value") {
        Some(node) => Some(
            compile_as(node.string()?, scope, &Type::Number).map_err(|error| node.locate(error))?,
        ),
        None => None,
    };
    let mut spec = CampaignSpec { name: name.string()?.into(), ..CampaignSpec::default() };
    if let Some(node) = table.take("priority") {
        spec.priority = node.number()?;
    }
    if let Some(node) = table.take("group") {
        spec.group = Some(node.string()?.to_owned());
    }
    if let Some(node) = table.take("re_entry") {
        spec.re_entry = re_entry(&node)?;
    }
    if let Some(node) = table.take("budget") {
        spec.budgets = guardrails::budgets(node)?;
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
    let mut values = Vec::new();
    for node in table.require("actions")?.array()? {
        let (action, named) = action(node, scope)?;
        spec.actions.push(action);
        values.push(named);
    }
    let exit = table.take("exit");
    let (mut steps, mut ends) = (Vec::new(), None);
    if let Some(node) = table.take("journey") {
        let journey;
        (journey, steps) = journeys::read(node, scope, &spec.actions)?;
        ends = exit.as_ref().map(|node| condition(node, scope)).transpose()?;
        spec.journey = Some(Journey { steps: journey, exit: ends.is_some() });
    } else if let Some(node) = exit {
        let message = "`exit` ends a journey, and this campaign has none";
        return Err(node.key_error(ErrorCode::PlaybookKey, message));
    }
    let mut context = Vec::new();
    if let Some(node) = table.take("policy") {
        if spec.journey.is_some() {
            let message = "a journey's steps name their actions, so no policy chooses";
            return Err(node.key_error(ErrorCode::PlaybookKey, message));
        }
        (spec.policy, context) = policies::read(node, &spec, value.is_some(), scope)?;
    }
    table.finish()?;
    let programs = CampaignPrograms {
        triggers,
        on: program,
        when,
        value,
        exit: ends,
        steps,
        context,
        templates: values,
    };
    Ok((spec, programs))
}

/// `always`, `never`, or a length of time.
fn re_entry(node: &Node) -> Result<ReEntry> {
    Ok(match node.string()? {
        "always" => ReEntry::Always,
        "never" => ReEntry::Never,
        text => ReEntry::After(Span::parse(text).map_err(|_| {
            let message = format!(
                "`{text}` is not possible here; expected `always`, `never` or a length of time such as `90d`"
            );
            node.error(ErrorCode::PlaybookValue, message)
        })?),
    })
}

/// The name of an event type.
pub(super) fn event_name(node: &Node, scope: &Scope<'_>) -> Result<String> {
    let name = node.string()?;
    if scope.schema.event(name).is_none() {
        let known = scope.schema.events.iter().map(|event| event.name.as_str());
        let near = did_you_mean(name, known);
        return Err(
            node.error(ErrorCode::PlaybookValue, format!("`{name}` is not an event type{near}"))
        );
    }
    Ok(name.to_owned())
}

fn goal(node: Node, scope: &Scope<'_>) -> Result<Goal> {
    let mut table = node.table()?;
    let event = table.require("event")?;
    let name = event_name(&event, scope)?;
    let within = table.require("within")?.span_of_time()?;
    let avoid = table.take("avoid").map(|node| node.boolean()).transpose()?.unwrap_or(false);
    table.finish()?;
    Ok(Goal { event: name, within, avoid })
}

fn action(node: Node, scope: &Scope<'_>) -> Result<(ActionSpec, TemplateValues)> {
    let mut table = node.table()?;
    let name = table.require("name")?;
    check_name(name.string()?, &name)?;
    let channel = Name::from(table.require("channel")?.string()?);
    let cost = match table.take("cost") {
        Some(node) => node.number_in(0.0, f64::MAX)?,
        None => 0.0,
    };
    let (template, values) = match table.take("template") {
        Some(node) => (Some(node.string()?.to_owned()), templates::read(&node, &channel, scope)?),
        None => (None, TemplateValues::default()),
    };
    let spec = ActionSpec { name: name.string()?.into(), channel, cost, template };
    table.finish()?;
    Ok((spec, values))
}

pub(super) fn condition(node: &Node, scope: &Scope<'_>) -> Result<Program> {
    compile_as(node.string()?, scope, &Type::Bool).map_err(|error| node.locate(error))
}
