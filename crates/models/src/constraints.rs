//! What trees may make of features: monotone and interaction constraints, by name.
//!
//! A monotone constraint bounds what the children of a split may give, and all below them (the way
//! of `XGBoost`): with all else equal, and none of it missing, the margin never moves the wrong way.
//! It says nothing of what a missing value does. An interaction constraint keeps every path of a
//! tree to the features of one group.

use std::collections::BTreeMap;

use stayput_core::churn::{Input, InputKind};
use stayput_core::schema::Literal;
use stayput_core::{Error, ErrorCode, Result, did_you_mean};

/// Constraints as they were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Constraints {
    /// -1, 0 or 1 by the name of a feature.
    pub(crate) monotone: BTreeMap<String, i8>,
    /// Groups of names.
    pub(crate) interaction: Vec<Vec<String>>,
}

/// Constraints of the columns that a trainer sees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Bound {
    /// -1, 0 or 1 a column; empty where no column is constrained.
    pub(crate) monotone: Vec<i8>,
    /// Groups of columns; empty where all may go together.
    pub(crate) interaction: Vec<Vec<u32>>,
}

const MONOTONE: &str = "monotone_constraints";
const INTERACTION: &str = "interaction_constraints";

impl Constraints {
    /// The constraints of columns, of which each is made of the input that `of` says.
    ///
    /// # Errors
    /// [`ErrorCode::ModelParameter`] for a name that is no feature, for the direction of a category,
    /// and for a group with nothing in it.
    pub(crate) fn bind(&self, inputs: &[Input], of: &[usize]) -> Result<Bound> {
        let mut bound = Bound::default();
        if !self.monotone.is_empty() {
            let mut directions = vec![0; inputs.len()];
            for (name, &direction) in &self.monotone {
                let at = place(MONOTONE, name, inputs)?;
                if direction != 0 && matches!(inputs[at].kind, InputKind::Category { .. }) {
                    let message = format!("`{name}` is a category, whose names have no order");
                    return Err(refuse(MONOTONE, message));
                }
                directions[at] = direction;
            }
            if directions.iter().any(|&direction| direction != 0) {
                bound.monotone = of.iter().map(|&input| directions[input]).collect();
            }
        }
        for group in &self.interaction {
            if group.is_empty() {
                return Err(refuse(INTERACTION, "has a group of no features"));
            }
            let places = group.iter().map(|name| place(INTERACTION, name, inputs));
            let places: Vec<usize> = places.collect::<Result<_>>()?;
            let columns = (0_u32..).zip(of).filter(|(_, input)| places.contains(input));
            bound.interaction.push(columns.map(|(column, _)| column).collect());
        }
        Ok(bound)
    }

    /// As a model records them.
    pub(crate) fn record(&self) -> Vec<(&'static str, Literal)> {
        let mut record = Vec::new();
        if !self.monotone.is_empty() {
            let parts =
                self.monotone.iter().map(|(name, direction)| format!("{name}: {direction}"));
            record.push((MONOTONE, Literal::Text(parts.collect::<Vec<_>>().join(", "))));
        }
        if !self.interaction.is_empty() {
            let groups = self.interaction.iter().map(|group| group.join(" "));
            record.push((INTERACTION, Literal::Text(groups.collect::<Vec<_>>().join(", "))));
        }
        record
    }
}

fn place(parameter: &str, name: &str, inputs: &[Input]) -> Result<usize> {
    inputs.iter().position(|input| input.name == name).ok_or_else(|| {
        let near = did_you_mean(name, inputs.iter().map(|input| input.name.as_str()));
        refuse(parameter, format!("`{name}` is no feature that is trained on{near}"))
    })
}

fn refuse(parameter: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorCode::ModelParameter, "parameter", message).at_path(parameter)
}
