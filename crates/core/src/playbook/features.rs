//! Reads `[features]`: each expression compiled, in an order in which each finds what it reads.

use std::rc::Rc;

use super::check_name;
use super::document::{Node, TableReader};
use crate::error::{ErrorCode, Result};
use crate::expr::{Ast, Names, Program, Scope, Type, compile_ast, expand, parse};
use crate::features::{FeatureSet, FeatureSpec};
use crate::schema::Schema;

/// The version of the operators' meaning; functions have their own.
const LANGUAGE: u32 = 1;

/// The names and types of the features, for expressions that use them.
pub(super) fn known(set: &FeatureSet) -> Vec<(String, Option<Type>)> {
    set.specs.iter().map(|spec| (spec.name.clone(), Some(spec.program.kind().clone()))).collect()
}

/// A feature as it is written, or one of those that a preset stands for.
struct Entry {
    name: String,
    /// The expression: as written, or what the preset makes.
    text: String,
    ast: Ast,
    node: Rc<Node>,
}

/// The features, and where each stands in the document.
pub(super) fn read(root: &mut TableReader, schema: &Schema) -> Result<(FeatureSet, Vec<Rc<Node>>)> {
    let entries = entries(root, schema)?;
    let mut reads = Vec::new();
    for entry in &entries {
        let mut others = Vec::new();
        entry.ast.names(&mut |used| {
            others.extend(entries.iter().position(|other| other.name == used));
        });
        reads.push(others);
    }
    let order = order(&entries, &reads)?;
    let mut known: Vec<(String, Option<Type>)> =
        entries.iter().map(|entry| (entry.name.clone(), None)).collect();
    let mut programs = vec![None; entries.len()];
    for &index in &order {
        let entry = &entries[index];
        let program = compile_ast(&entry.ast, &Scope::of_features(schema, &known))
            .map_err(|error| entry.node.locate(error))?;
        if *program.kind() == Type::Duration {
            return Err(entry.node.error(
                ErrorCode::ExpressionType,
                "a feature is not a duration; divide it by one, for instance `(…) / duration(\"1d\")`",
            ));
        }
        known[index].1 = Some(program.kind().clone());
        programs[index] = Some(program);
    }
    let versions = versions(schema, &order, &programs);
    let (mut specs, mut places) = (Vec::new(), Vec::new());
    for ((entry, program), version) in entries.into_iter().zip(programs).zip(versions) {
        // Every feature is in the order, so each has been compiled.
        if let Some(program) = program {
            specs.push(FeatureSpec::new(entry.name, entry.text, program, version));
            places.push(entry.node);
        }
    }
    Ok((FeatureSet { specs, order }, places))
}

/// The version of each feature. One that reads another hashes that one's version, not its name.
fn versions(schema: &Schema, order: &[usize], programs: &[Option<Program>]) -> Vec<String> {
    let mut versions = vec![String::new(); programs.len()];
    for &index in order {
        if let Some(program) = &programs[index] {
            let names = Names { schema, features: &versions, exact: true };
            let text = format!("stayput expression {LANGUAGE}: {}", program.text(&names));
            let mut hash = blake3::hash(text.as_bytes()).to_hex().to_string();
            hash.truncate(16);
            versions[index] = hash;
        }
    }
    versions
}

/// The features in the playbook's order, presets expanded.
fn entries(root: &mut TableReader, schema: &Schema) -> Result<Vec<Entry>> {
    let written = match root.take("features") {
        Some(node) => node.entries()?,
        None => Vec::new(),
    };
    let keys: Vec<String> = written.iter().map(|(name, _)| name.clone()).collect();
    let mut entries: Vec<Entry> = Vec::new();
    for (key, node) in written {
        check_name(&key, &node)?;
        if schema.event(&key).is_some() {
            return Err(node.key_error(
                ErrorCode::PlaybookKey,
                format!("`{key}` is an event type already; choose another name"),
            ));
        }
        let text = node.string()?.to_owned();
        let ast = parse(&text).map_err(|error| node.locate(error))?;
        let preset = expand(&ast, schema).map_err(|error| node.locate(error))?;
        let node = Rc::new(node);
        let Some(features) = preset else {
            entries.push(Entry { name: key, text, ast, node });
            continue;
        };
        for (end, ast) in features {
            let name = format!("{key}_{end}");
            let taken = if keys.contains(&name) || entries.iter().any(|other| other.name == name) {
                "a feature"
            } else if schema.event(&name).is_some() {
                "an event type"
            } else {
                entries.push(Entry { name, text: ast.to_string(), ast, node: Rc::clone(&node) });
                continue;
            };
            return Err(node.key_error(
                ErrorCode::PlaybookKey,
                format!("the preset makes `{name}`, which is {taken} already; choose another name than `{key}`"),
            ));
        }
    }
    Ok(entries)
}

/// The features such that each comes after those it reads; otherwise in the playbook's order.
fn order(entries: &[Entry], reads: &[Vec<usize>]) -> Result<Vec<usize>> {
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
fn cycle(entries: &[Entry], reads: &[Vec<usize>], left: &[usize]) -> crate::error::Error {
    let mut path = vec![left[0]];
    loop {
        let last = path[path.len() - 1];
        let next = reads[last].iter().find(|other| left.contains(other)).copied().unwrap_or(last);
        if let Some(start) = path.iter().position(|seen| *seen == next) {
            let names: Vec<String> = path[start..]
                .iter()
                .chain([&next])
                .map(|index| format!("`{}`", entries[*index].name))
                .collect();
            return entries[next].node.error(
                ErrorCode::ExpressionCycle,
                format!("features read each other in a circle: {}", names.join(" reads ")),
            );
        }
        path.push(next);
    }
}
