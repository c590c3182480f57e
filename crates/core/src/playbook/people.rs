//! Reads `[lifecycle]` and `[segments]`: named conditions, and how stages are entered.

use super::check_name;
use super::document::{Node, TableReader};
use crate::error::{ErrorCode, Result, did_you_mean};
use crate::expr::{Program, Scope, Type, compile_as};
use crate::lifecycle::{EntryRule, LifecycleSpec};
use crate::schema::Schema;

/// What conditions on a scored customer may name.
pub(super) struct Names<'a> {
    pub(super) schema: &'a Schema,
    pub(super) features: &'a [(String, Option<Type>)],
    pub(super) health: bool,
}

impl<'a> Names<'a> {
    /// Features, attributes, events, `health` and `churn`.
    pub(super) fn scope(&self) -> Scope<'a> {
        Scope { health: self.health, churn: true, ..Scope::of_features(self.schema, self.features) }
    }
}

/// Named conditions, in the playbook's order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conditions {
    /// The segments.
    pub names: Vec<String>,
    /// The condition of each.
    pub programs: Vec<Program>,
}

impl Conditions {
    fn read(node: Node, scope: &Scope<'_>) -> Result<Self> {
        let mut conditions = Self::default();
        for (name, node) in node.entries()? {
            check_name(&name, &node)?;
            conditions.names.push(name);
            conditions.programs.push(condition(&node, scope)?);
        }
        Ok(conditions)
    }
}

/// The stages of the lifecycle, in the playbook's order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LifecyclePlan {
    /// The stages and how they are entered.
    pub spec: LifecycleSpec,
    /// The condition of each stage.
    pub when: Vec<Program>,
    /// The condition of entering each, where it has one.
    pub enter: Vec<Option<Program>>,
}

impl LifecyclePlan {
    fn read(node: Node, scope: &Scope<'_>) -> Result<Self> {
        let mut plan = Self::default();
        let mut froms = Vec::new();
        for (name, node) in node.entries()? {
            check_name(&name, &node)?;
            if name == NOWHERE {
                let message = "`none` stands for no stage at all; choose another name";
                return Err(node.key_error(ErrorCode::PlaybookKey, message));
            }
            let (when, enter, from) = if node.is_table() {
                stage(node, scope)?
            } else {
                (condition(&node, scope)?, None, None)
            };
            plan.spec.stages.push(name);
            plan.when.push(when);
            plan.enter.push(enter);
            froms.push(from);
        }
        for (from, enter) in froms.into_iter().zip(&plan.enter) {
            let stages = &plan.spec.stages;
            let from = from.map(|nodes| nodes.iter().map(|node| place(node, stages)).collect());
            plan.spec
                .rules
                .push(EntryRule { from: from.transpose()?, conditional: enter.is_some() });
        }
        plan.spec.check()?;
        Ok(plan)
    }
}

/// What stands for no stage in a stage's `from`.
const NOWHERE: &str = "none";

fn condition(node: &Node, scope: &Scope<'_>) -> Result<Program> {
    compile_as(node.string()?, scope, &Type::Bool).map_err(|error| node.locate(error))
}

type Stage = (Program, Option<Program>, Option<Vec<Node>>);

/// A stage in its long form: `{ when, enter, from }`.
fn stage(node: Node, scope: &Scope<'_>) -> Result<Stage> {
    let mut table = node.table()?;
    let when = condition(&table.require("when")?, scope)?;
    let enter = table.take("enter").map(|node| condition(&node, scope)).transpose()?;
    let from = table.take("from").map(Node::array).transpose()?;
    table.finish()?;
    Ok((when, enter, from))
}

/// The stage that a name in `from` is.
fn place(node: &Node, stages: &[String]) -> Result<Option<usize>> {
    let name = node.string()?;
    if name == NOWHERE {
        return Ok(None);
    }
    let known = stages.iter().position(|stage| stage == name);
    known.map(Some).ok_or_else(|| {
        let near = did_you_mean(name, stages.iter().map(String::as_str).chain([NOWHERE]));
        let message = format!("`{name}` is not a stage of the lifecycle{near}");
        node.error(ErrorCode::PlaybookValue, message)
    })
}

pub(super) fn lifecycle(
    root: &mut TableReader,
    names: &Names<'_>,
) -> Result<Option<LifecyclePlan>> {
    root.take("lifecycle").map(|node| LifecyclePlan::read(node, &names.scope())).transpose()
}

pub(super) fn segments(
    root: &mut TableReader,
    names: &Names<'_>,
    lifecycle: Option<&LifecyclePlan>,
) -> Result<Conditions> {
    let stages = lifecycle.map(|plan| plan.spec.stages.as_slice());
    let scope = Scope { stages, ..names.scope() };
    match root.take("segments") {
        Some(node) => Conditions::read(node, &scope),
        None => Ok(Conditions::default()),
    }
}
