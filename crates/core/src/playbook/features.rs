//! Reads `[features]`: each expression compiled, in an order in which each finds what it reads.

use super::check_name;
use super::document::{Node, TableReader};
use crate::error::{ErrorCode, Result};
use crate::expr::{Scope, Type, compile, parse};
use crate::features::{FeatureSet, FeatureSpec};
use crate::schema::Schema;

/// The names and types of the features, for expressions that use them.
pub(super) fn known(set: &FeatureSet) -> Vec<(String, Option<Type>)> {
    set.specs.iter().map(|spec| (spec.name.clone(), Some(spec.program.kind().clone()))).collect()
}

pub(super) fn read(root: &mut TableReader, schema: &Schema) -> Result<FeatureSet> {
    let entries = match root.take("features") {
        Some(node) => node.entries()?,
        None => Vec::new(),
    };
    let mut reads = Vec::new();
    for (name, node) in &entries {
        check_name(name, node)?;
        if schema.event(name).is_some() {
            return Err(node.key_error(
                ErrorCode::PlaybookKey,
                format!("`{name}` is an event type already; choose another name"),
            ));
        }
        let ast = parse(node.string()?).map_err(|error| node.locate(error))?;
        let mut others = Vec::new();
        ast.names(&mut |used| {
            others.extend(entries.iter().position(|(other, _)| other == used));
        });
        reads.push(others);
    }
    let order = order(&entries, &reads)?;
    let mut known: Vec<(String, Option<Type>)> =
        entries.iter().map(|(name, _)| (name.clone(), None)).collect();
    let mut programs = vec![None; entries.len()];
    for &index in &order {
        let (_, node) = &entries[index];
        let text = node.string()?;
        let program = compile(text, &Scope::of_features(schema, &known))
            .map_err(|error| node.locate(error))?;
        if *program.kind() == Type::Duration {
            return Err(node.error(
                ErrorCode::ExpressionType,
                "a feature is not a duration; divide it by one, for instance `(…) / duration(\"1d\")`",
            ));
        }
        known[index].1 = Some(program.kind().clone());
        programs[index] = Some(program);
    }
    let mut specs = Vec::new();
    for ((name, node), program) in entries.iter().zip(programs) {
        let text = node.string()?.to_owned();
        specs.extend(program.map(|program| FeatureSpec { name: name.clone(), text, program }));
    }
    Ok(FeatureSet { specs, order })
}

/// The features such that each comes after those it reads; otherwise in the playbook's order.
fn order(entries: &[(String, Node)], reads: &[Vec<usize>]) -> Result<Vec<usize>> {
    let mut order: Vec<usize> = Vec::new();
    let mut left: Vec<usize> = (0..entries.len()).collect();
    while !left.is_empty() {
        let ready =
            left.iter().position(|&index| reads[index].iter().all(|other| order.contains(other)));
        let Some(at) = ready else {
            return Err(cycle(entries, reads, &left));
        };
        order.push(left.remove(at));
    }
    Ok(order)
}

/// An error that names the circle: every feature left reads another that is left.
fn cycle(entries: &[(String, Node)], reads: &[Vec<usize>], left: &[usize]) -> crate::error::Error {
    let mut path = vec![left[0]];
    loop {
        let last = path[path.len() - 1];
        let next = reads[last].iter().find(|other| left.contains(other)).copied().unwrap_or(last);
        if let Some(start) = path.iter().position(|seen| *seen == next) {
            let names: Vec<String> = path[start..]
                .iter()
                .chain([&next])
                .map(|index| format!("`{}`", entries[*index].0))
                .collect();
            return entries[next].1.error(
                ErrorCode::ExpressionCycle,
                format!("features read each other in a circle: {}", names.join(" reads ")),
            );
        }
        path.push(next);
    }
}
