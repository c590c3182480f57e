//! Reads `[reasons]`: how contributions of features become sentences.

use super::document::{Node, TableReader};
use crate::error::{Error, ErrorCode, Position, Result, did_you_mean};
use crate::features::FeatureSet;

/// How many reasons are given where the playbook does not say.
const TOP: usize = 3;

/// How the reasons of a churn probability are told.
#[derive(Debug, Clone, PartialEq)]
pub struct ReasonsPlan {
    /// How many reasons are given at most.
    pub top: usize,
    /// Features that are told together.
    pub groups: Vec<ReasonGroup>,
    /// How each feature is told, in the playbook's order.
    pub features: Vec<FeatureReason>,
}

/// Features whose contributions are added up to one reason.
#[derive(Debug, Clone, PartialEq)]
pub struct ReasonGroup {
    /// The name.
    pub name: String,
    /// The sentence; that of the feature that contributes most where there is none.
    pub text: Option<Template>,
}

/// How a feature is told.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeatureReason {
    /// The group it belongs to.
    pub group: Option<usize>,
    /// The sentence.
    pub text: Option<Template>,
    /// What the business can do about it, if it can.
    pub actionable: Option<Actionable>,
}

/// What a business can do about a feature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Actionable {
    /// The least number that can be brought about.
    pub min: f64,
    /// The greatest number that can be brought about.
    pub max: f64,
    /// The only way it can go.
    pub direction: Option<Direction>,
    /// What a unit more or less costs, or another category; by default 1 for what numbers of
    /// customers who stay usually differ by, and 1 for another category.
    pub cost: Option<f64>,
    /// What numbers are multiples of.
    pub step: Option<f64>,
}

/// Which way a number can be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Up alone.
    Increase,
    /// Down alone.
    Decrease,
}

impl Default for Actionable {
    fn default() -> Self {
        let (min, max) = (f64::NEG_INFINITY, f64::INFINITY);
        Self { min, max, direction: None, cost: None, step: None }
    }
}

/// A sentence with places for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Place(Place),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Feature,
    Value,
    Typical,
}

/// The names of the places.
const PLACES: [(&str, Place); 3] =
    [("feature", Place::Feature), ("value", Place::Value), ("typical", Place::Typical)];

impl Template {
    /// Reads `{{ value }}`, `{{ typical }}` and `{{ feature }}` in a text.
    fn parse(text: &str) -> Result<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let refuse = |message: String| {
                let read = &text[..text.len() - after.len()];
                let line = read.matches('\n').count() + 1;
                let column = read.rsplit('\n').next().unwrap_or_default().chars().count() - 1;
                let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                Error::new(ErrorCode::PlaybookValue, "playbook", message)
                    .at(Position { line: count(line), column: count(column) })
            };
            let Some((name, after)) = after.split_once("}}") else {
                return Err(refuse("`{{` has no `}}`".to_owned()));
            };
            let name = name.trim();
            let Some((_, place)) = PLACES.iter().find(|(known, _)| *known == name) else {
                let near = did_you_mean(name, PLACES.iter().map(|(known, _)| *known));
                return Err(refuse(format!(
                    "`{name}` is not known here; expected `feature`, `value` or `typical`{near}"
                )));
            };
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::Place(*place));
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The sentence with these values in its places.
    #[must_use]
    pub fn render(&self, feature: &str, value: &str, typical: &str) -> String {
        let text = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Place(Place::Feature) => feature.to_owned(),
            Part::Place(Place::Value) => value.to_owned(),
            Part::Place(Place::Typical) => typical.to_owned(),
        };
        self.0.iter().map(text).collect()
    }
}

pub(super) fn read(root: &mut TableReader, features: &FeatureSet) -> Result<ReasonsPlan> {
    let none = FeatureReason::default;
    let mut plan = ReasonsPlan {
        top: TOP,
        groups: Vec::new(),
        features: features.specs.iter().map(|_| none()).collect(),
    };
    let Some(node) = root.take("reasons") else { return Ok(plan) };
    let mut table = node.table()?;
    if let Some(node) = table.take("top") {
        plan.top = node.whole_in(1, 100)? as usize;
    }
    if let Some(node) = table.take("groups") {
        for (name, node) in node.entries()? {
            group(name, node, features, &mut plan)?;
        }
    }
    if let Some(node) = table.take("features") {
        for (name, node) in node.entries()? {
            let at = index(&name, features)
                .map_err(|message| node.key_error(ErrorCode::PlaybookKey, message))?;
            let mut table = node.table()?;
            plan.features[at].text = table.take("text").map(|node| template(&node)).transpose()?;
            if let Some(node) = table.take("actionable") {
                plan.features[at].actionable = actionable(node)?;
            }
            table.finish()?;
        }
    }
    table.finish()?;
    Ok(plan)
}

/// Reads a group: a list of features, or a table of `features` and `text`.
fn group(name: String, node: Node, features: &FeatureSet, plan: &mut ReasonsPlan) -> Result<()> {
    let own = plan.groups.len();
    let (members, text) = if node.is_table() {
        let mut table = node.table()?;
        let text = table.take("text").map(|node| template(&node)).transpose()?;
        let members = table.require("features")?.array()?;
        table.finish()?;
        (members, text)
    } else {
        (node.array()?, None)
    };
    for member in members {
        let at = index(member.string()?, features)
            .map_err(|message| member.error(ErrorCode::PlaybookValue, message))?;
        if let Some(other) = plan.features[at].group {
            let other = plan.groups.get(other).map_or(&name, |group| &group.name);
            let message =
                format!("`{}` is in the group `{other}` already", features.specs[at].name);
            return Err(member.error(ErrorCode::PlaybookValue, message));
        }
        plan.features[at].group = Some(own);
    }
    plan.groups.push(ReasonGroup { name, text });
    Ok(())
}

/// `true`, `false`, or `{ min = 0, max = 20, direction = "increase", cost = 2, step = 1 }`.
fn actionable(node: Node) -> Result<Option<Actionable>> {
    if !node.is_table() {
        return Ok(node.boolean()?.then(Actionable::default));
    }
    let mut found = Actionable::default();
    let mut table = node.table()?;
    if let Some(node) = table.take("min") {
        found.min = node.number()?;
    }
    if let Some(node) = table.take("max") {
        found.max = node.number()?;
        if found.max < found.min {
            let message = format!("`{}` is below `min`, which is `{}`", found.max, found.min);
            return Err(node.error(ErrorCode::PlaybookValue, message));
        }
    }
    if let Some(node) = table.take("direction") {
        let increase = node.one_of(&["increase", "decrease"])? == "increase";
        found.direction = Some(if increase { Direction::Increase } else { Direction::Decrease });
    }
    found.cost = table.take("cost").map(|node| node.number_in(0.0, f64::MAX)).transpose()?;
    if let Some(node) = table.take("step") {
        let step = node.number_in(0.0, f64::MAX)?;
        if step == 0.0 {
            return Err(node.error(ErrorCode::PlaybookValue, "a step is above 0"));
        }
        found.step = Some(step);
    }
    table.finish()?;
    Ok(Some(found))
}

fn template(node: &Node) -> Result<Template> {
    Template::parse(node.string()?).map_err(|error| node.locate(error))
}

fn index(name: &str, features: &FeatureSet) -> Result<usize, String> {
    let names = || features.specs.iter().map(|spec| spec.name.as_str());
    names()
        .position(|known| known == name)
        .ok_or_else(|| format!("`{name}` is not a feature{}", did_you_mean(name, names())))
}
