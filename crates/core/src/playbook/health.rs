//! Reads `[health]`.

use super::check_name;
use super::document::{Node, TableReader};
use crate::error::{ErrorCode, Result};
use crate::expr::{Program, Scope, Type, compile_as};
use crate::health::{Band, FactorSpec, Fallback, HealthSpec, MAX_LEVELS, Missing, TrendSpec};
use crate::schema::Schema;

/// The health score of a playbook: how the factors' scores are weighed, and what they are.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthPlan {
    /// Weights, bands and what becomes of missing factors.
    pub spec: HealthSpec,
    /// For each of [`HealthSpec::leaves`], the expression of its score.
    pub scores: Vec<Program>,
    /// At which instants the trend looks at the score.
    pub trend: Option<TrendSpec>,
    /// How scores are rolled up to accounts.
    pub accounts: Option<AccountsPlan>,
}

/// How the scores of customers are rolled up to accounts.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountsPlan {
    /// The account of a customer: a text.
    pub parent: Program,
    /// The weight of a customer; 1 where the playbook says none.
    pub weight: Option<Program>,
    /// What becomes of an account without a scored customer.
    pub fallback: Fallback,
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
    let scope = Scope::of_features(schema, features);
    let mut scores = Vec::new();
    let factors = factors(table.require("factors")?, &scope, &mut scores, 1)?;
    let trend = table.take("trend").map(trend).transpose()?;
    let accounts = table.take("accounts").map(|node| accounts(node, &scope)).transpose()?;
    table.finish()?;
    let spec = HealthSpec { bands, hysteresis, factors };
    spec.check()?;
    Ok(Some(HealthPlan { spec, scores, trend, accounts }))
}

fn factors(
    node: Node,
    scope: &Scope<'_>,
    scores: &mut Vec<Program>,
    level: usize,
) -> Result<Vec<FactorSpec>> {
    if level > MAX_LEVELS {
        let message = format!("groups nest deeper than {MAX_LEVELS} levels");
        return Err(node.error(ErrorCode::PlaybookValue, message));
    }
    let mut factors = Vec::new();
    for (name, node) in node.entries()? {
        check_name(&name, &node)?;
        factors.push(factor(name, node, scope, scores, level)?);
    }
    Ok(factors)
}

fn factor(
    name: String,
    node: Node,
    scope: &Scope<'_>,
    scores: &mut Vec<Program>,
    level: usize,
) -> Result<FactorSpec> {
    let mut table = node.table()?;
    let weight = table.require("weight")?.number_in(0.0, f64::MAX)?;
    let group = match (table.take("factors"), table.take("score")) {
        (Some(_), Some(_)) => {
            let message =
                "`score` and `factors` are both there; a group's score is the mean of its factors";
            return Err(table.error(ErrorCode::PlaybookKey, message));
        }
        (Some(node), None) => {
            // A factor without factors is none with a score of its own.
            let empty =
                node.error(ErrorCode::PlaybookValue, "there is no factor; expected one or more");
            let group = factors(node, scope, scores, level + 1)?;
            if group.is_empty() {
                return Err(empty);
            }
            group
        }
        (None, Some(score)) => {
            let program = compile_as(score.string()?, scope, &Type::Number);
            scores.push(program.map_err(|error| score.locate(error))?);
            Vec::new()
        }
        (None, None) => {
            // For the hint, where it is misspelt.
            table.require("score")?;
            Vec::new()
        }
    };
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
    Ok(FactorSpec { name, weight, missing, cap, cap_below, factors: group })
}

fn trend(node: Node) -> Result<TrendSpec> {
    let mut table = node.table()?;
    let (over, every) = (table.require("over")?, table.require("every")?);
    let spec = TrendSpec { over: over.span_of_time()?, every: every.span_of_time()? };
    if let Some((key, message)) = spec.wrong() {
        let node = if key == "over" { over } else { every };
        return Err(node.error(ErrorCode::PlaybookValue, message));
    }
    table.finish()?;
    Ok(spec)
}

fn accounts(node: Node, scope: &Scope<'_>) -> Result<AccountsPlan> {
    let mut table = node.table()?;
    let program = |node: &Node, kind: &Type| {
        compile_as(node.string()?, scope, kind).map_err(|error| node.locate(error))
    };
    let parent = program(&table.require("parent")?, &Type::Text)?;
    let weight = table.take("weight").map(|node| program(&node, &Type::Number)).transpose()?;
    let fallback = match table.take("fallback") {
        None => Fallback::Missing,
        Some(node) if node.is_number() => Fallback::Score(node.number_in(0.0, 100.0)?),
        Some(node) => match node.one_of(&["missing", "own"])? {
            "own" => Fallback::Own,
            _ => Fallback::Missing,
        },
    };
    table.finish()?;
    Ok(AccountsPlan { parent, weight, fallback })
}
