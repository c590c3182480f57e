//! Reads `[lifecycle]` and `[segments]`: named conditions.

use super::check_name;
use super::document::{Node, TableReader};
use crate::error::Result;
use crate::expr::{Program, Scope, Type, compile_as};
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
    /// The stages or segments.
    pub names: Vec<String>,
    /// The condition of each.
    pub programs: Vec<Program>,
}

impl Conditions {
    fn read(node: Node, scope: &Scope<'_>) -> Result<Self> {
        let mut conditions = Self::default();
        for (name, node) in node.entries()? {
            check_name(&name, &node)?;
            let program = compile_as(node.string()?, scope, &Type::Bool)
                .map_err(|error| node.locate(error))?;
            conditions.names.push(name);
            conditions.programs.push(program);
        }
        Ok(conditions)
    }
}

pub(super) fn lifecycle(root: &mut TableReader, names: &Names<'_>) -> Result<Option<Conditions>> {
    root.take("lifecycle").map(|node| Conditions::read(node, &names.scope())).transpose()
}

pub(super) fn segments(
    root: &mut TableReader,
    names: &Names<'_>,
    lifecycle: Option<&Conditions>,
) -> Result<Conditions> {
    let scope = Scope { stages: lifecycle.map(|stages| stages.names.as_slice()), ..names.scope() };
    match root.take("segments") {
        Some(node) => Conditions::read(node, &scope),
        None => Ok(Conditions::default()),
    }
}
