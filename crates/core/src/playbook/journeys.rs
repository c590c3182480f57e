//! Reads the steps of a campaign's `journey`.

use super::campaigns::condition;
use super::document::{Node, TableReader};
use crate::campaign::{ActionSpec, Step, StepKind};
use crate::error::{ErrorCode, Result, did_you_mean};
use crate::expr::{Program, Scope};

/// Where a step leads that ends the journey.
const END: &str = "end";

/// The steps, and for each its condition, if it has one.
pub(super) fn read(
    node: Node,
    scope: &Scope<'_>,
    actions: &[ActionSpec],
) -> Result<(Vec<Step>, Vec<Option<Program>>)> {
    let mut tables = Vec::new();
    let mut names = Vec::new();
    for node in node.array()? {
        let mut table = node.table()?;
        let name = match table.take("name") {
            Some(node) => {
                let name = node.string()?;
                if name.is_empty() || name == END {
                    let message = format!("`{name}` cannot be the name of a step");
                    return Err(node.error(ErrorCode::PlaybookValue, message));
                }
                name.to_owned()
            }
            None => (names.len() + 1).to_string(),
        };
        names.push(name);
        tables.push(table);
    }
    let mut steps = Vec::new();
    let mut conditions = Vec::new();
    for (index, mut table) in tables.into_iter().enumerate() {
        let (kind, condition) = step(&mut table, index, &names, scope, actions)?;
        table.finish()?;
        steps.push(Step { name: names[index].as_str().into(), kind });
        conditions.push(condition);
    }
    Ok((steps, conditions))
}

fn step(
    table: &mut TableReader,
    index: usize,
    names: &[String],
    scope: &Scope<'_>,
    actions: &[ActionSpec],
) -> Result<(StepKind, Option<Program>)> {
    if let Some(node) = table.take("action") {
        let name = node.string()?;
        let Some(at) = actions.iter().position(|action| action.name == name) else {
            let near = did_you_mean(name, actions.iter().map(|action| action.name.as_str()));
            let message = format!("`{name}` is not an action of this campaign{near}");
            return Err(node.error(ErrorCode::PlaybookValue, message));
        };
        return Ok((StepKind::Act(at), None));
    }
    if let Some(node) = table.take("wait") {
        return Ok((StepKind::Wait(node.span_of_time()?), None));
    }
    if let Some(node) = table.take("wait_for") {
        let event = super::campaigns::event_name(&node, scope)?;
        let within = table.require("within")?.span_of_time()?;
        let then = target(table.take("then"), index, names)?;
        let otherwise = target(table.take("otherwise"), index, names)?;
        return Ok((StepKind::WaitFor { event, within, then, otherwise }, None));
    }
    if let Some(node) = table.take("branch") {
        let program = condition(&node, scope)?;
        let then = target(table.take("then"), index, names)?;
        let otherwise = target(table.take("otherwise"), index, names)?;
        return Ok((StepKind::Branch { then, otherwise }, Some(program)));
    }
    let message = "the step does nothing; expected `action`, `wait`, `wait_for` or `branch`";
    Err(table.error(ErrorCode::PlaybookKey, message))
}

/// The index of a later step, the number of steps for the end, the next where nothing is said.
fn target(node: Option<Node>, index: usize, names: &[String]) -> Result<usize> {
    let Some(node) = node else { return Ok(index + 1) };
    let name = node.string()?;
    if name == END {
        return Ok(names.len());
    }
    names.iter().position(|known| known == name).ok_or_else(|| {
        let known = names.iter().map(String::as_str).chain([END]);
        let near = did_you_mean(name, known);
        node.error(ErrorCode::PlaybookValue, format!("`{name}` is not a step{near}"))
    })
}
