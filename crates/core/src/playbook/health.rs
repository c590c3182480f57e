//! Reads `[health]`.

use super::check_name;
use super::document::{Node, TableReader};
use crate::error::{ErrorCode, Result};
use crate::expr::{Program, Scope, Type, compile_as};
use crate::health::{Band, FactorSpec, HealthSpec, Missing};
use crate::schema::Schema;

/// The health score of a playbook: how the factors' scores are weighed, and what they are.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthPlan {
    /// Weights, bands and what becomes of missing factors.
    pub spec: HealthSpec,
    /// For each factor, the expression of its score.
    pub scores: Vec<Program>,
}

pub(super) fn read(
    root: &mut TableReader,
    schema: &Schema,
    features: &[(String, Option<Type>)],
) -> Result<Option<HealthPlan>> {
    let Some(node) = root.take("health") else { return Ok(None) };
    let mut table = node.table()?;
    let mut bands = Vec::new();
    for (name, from) in table.require("bands")?.entries()? {
        bands.push(Band { name, from: from.number_in(0.0, 100.0)? });
    }
    let hysteresis = match table.take("hysteresis") {
        Some(node) => node.number_in(0.0, 100.0)?,
        None => 0.0,
    };
    let mut factors = Vec::new();
    let mut scores = Vec::new();
    let scope = Scope::of_features(schema, features);
    for (name, node) in table.require("factors")?.entries()? {
        check_name(&name, &node)?;
        let (factor, score) = factor(name, node, &scope)?;
        factors.push(factor);
        scores.push(score);
    }
    table.finish()?;
    let spec = HealthSpec { bands, hysteresis, factors };
    spec.check()?;
    Ok(Some(HealthPlan { spec, scores }))
}

fn factor(name: String, node: Node, scope: &Scope<'_>) -> Result<(FactorSpec, Program)> {
    let mut table = node.table()?;
    let weight = table.require("weight")?.number_in(0.0, f64::MAX)?;
    let score = table.require("score")?;
    let program =
        compile_as(score.string()?, scope, &Type::Number).map_err(|error| score.locate(error))?;
    let missing = match table.take("missing") {
        None => Missing::Redistribute,
        Some(node) if node.is_number() => Missing::Value(node.number_in(0.0, 100.0)?),
        Some(node) => match node.one_of(&["redistribute", "exclude_customer"])? {
            "redistribute" => Missing::Redistribute,
            _ => Missing::ExcludeCustomer,
        },
    };
    let percent = |node: Option<Node>| node.map(|node| node.number_in(0.0, 100.0)).transpose();
    let cap = percent(table.take("cap"))?;
    let cap_below = percent(table.take("cap_below"))?;
    if cap.is_some() != cap_below.is_some() {
        return Err(table.error(ErrorCode::PlaybookKey, "`cap` and `cap_below` come together"));
    }
    table.finish()?;
    Ok((FactorSpec { name, weight, missing, cap, cap_below }, program))
}
