//! Reads `[guardrails]`.

use super::campaigns::condition;
use super::document::{Node, TableReader};
use crate::campaign::{Blackout, Budget, Cap, Clocks, Fatigue, Guardrails, Period, QuietHours};
use crate::error::{ErrorCode, Result, did_you_mean};
use crate::expr::{Program, Scope};
use crate::time::{DailyWindow, TimeOfDay, Zone};

/// The guardrails, and the expressions they rest on.
#[derive(Debug, Default)]
pub(super) struct GuardrailsRead {
    pub(super) rules: Guardrails,
    pub(super) suppression: Option<Program>,
    pub(super) consent: Vec<Program>,
}

pub(super) fn read(node: Node, scope: &Scope<'_>) -> Result<GuardrailsRead> {
    let mut table = node.table()?;
    let mut read = GuardrailsRead::default();
    let rules = &mut read.rules;
    read.suppression = table.take("suppression").map(|node| condition(&node, scope)).transpose()?;
    rules.suppression = read.suppression.is_some();
    if let Some(node) = table.take("consent") {
        for (channel, node) in node.entries()? {
            read.consent.push(condition(&node, scope)?);
            rules.consent.push(channel);
        }
    }
    if let Some(node) = table.take("holdout") {
        rules.holdout = node.number_in(0.0, 1.0)?;
    }
    if let Some(node) = table.take("caps") {
        for node in node.array()? {
            rules.caps.push(cap(node)?);
        }
    }
    if let Some(node) = table.take("fatigue") {
        let mut table = node.table()?;
        let max = table.require("max")?.number()?;
        let half_life = table.require("half_life")?.span_of_time()?;
        table.finish()?;
        rules.fatigue = Some(Fatigue { max, half_life });
    }
    if let Some(node) = table.take("quiet_hours") {
        rules.quiet_hours = Some(quiet_hours(node, scope)?);
    }
    if let Some(node) = table.take("blackout") {
        (rules.blackout, rules.blackout_clocks) = blackout(node, scope)?;
    }
    if let Some(node) = table.take("budget") {
        rules.budgets = budgets(node)?;
    }
    table.finish()?;
    Ok(read)
}

fn text(table: &mut TableReader, key: &str) -> Result<Option<String>> {
    table.take(key).map(|node| node.string().map(str::to_owned)).transpose()
}

fn cap(node: Node) -> Result<Cap> {
    let mut table = node.table()?;
    let channel = text(&mut table, "channel")?;
    let campaign = text(&mut table, "campaign")?;
    let group = text(&mut table, "group")?;
    let max = table.require("max")?.whole_in(0, u32::MAX)?;
    let per = period(&mut table)?;
    table.finish()?;
    Ok(Cap { channel, campaign, group, max, per })
}

fn period(table: &mut TableReader) -> Result<Period> {
    let per = table.require("per")?;
    Period::parse(per.string()?)
        .map_err(|error| per.error(ErrorCode::PlaybookValue, error.message()))
}

/// `{ from, to, zone?, channels? }`
fn quiet_hours(node: Node, scope: &Scope<'_>) -> Result<QuietHours> {
    let mut table = node.table()?;
    let mut time = |key: &str| {
        let node = table.require(key)?;
        TimeOfDay::parse(node.string()?)
            .map_err(|error| node.error(ErrorCode::PlaybookValue, error.message()))
    };
    let window = DailyWindow { from: time("from")?, to: time("to")? };
    let clocks = clocks(table.take("zone"), scope)?;
    let mut channels = Vec::new();
    if let Some(node) = table.take("channels") {
        for node in node.array()? {
            channels.push(node.string()?.to_owned());
        }
    }
    table.finish()?;
    Ok(QuietHours { window, clocks, channels })
}

/// `customer.…`, the attribute with the customer's zone, or an IANA name.
fn clocks(node: Option<Node>, scope: &Scope<'_>) -> Result<Clocks> {
    let Some(node) = node else { return Ok(Clocks::Customer) };
    let text = node.string()?;
    let error = |message: String| Err(node.error(ErrorCode::PlaybookValue, message));
    if let Some(name) = text.strip_prefix("customer.") {
        let attributes = &scope.schema.attributes;
        let own = scope.schema.zone_attribute().map(|at| attributes[at].name.as_str());
        if own == Some(name) {
            return Ok(Clocks::Customer);
        }
        let near = did_you_mean(name, own);
        return error(format!("`{name}` is not the attribute of type `timezone`{near}"));
    }
    match Zone::named(text) {
        Ok(_) => Ok(Clocks::Named(text.to_owned())),
        Err(wrong) => error(format!("{}; or `customer.` and an attribute", wrong.message())),
    }
}

/// A list of days, or `{ days, zone }`. A day is a text, or `{ from, to }`.
fn blackout(node: Node, scope: &Scope<'_>) -> Result<(Vec<Blackout>, Clocks)> {
    let (days, zone) = if node.is_table() {
        let mut table = node.table()?;
        let days = table.require("days")?;
        let zone = clocks(table.take("zone"), scope)?;
        table.finish()?;
        (days, zone)
    } else {
        (node, Clocks::Customer)
    };
    let mut read = Vec::new();
    for node in days.array()? {
        if node.is_string() {
            let day = node.string()?;
            read.push(
                Blackout::parse(day, day)
                    .map_err(|error| node.error(ErrorCode::PlaybookValue, error.message()))?,
            );
        } else {
            let mut table = node.table()?;
            let (from, to) = (table.require("from")?, table.require("to")?);
            table.finish()?;
            read.push(
                Blackout::parse(from.string()?, to.string()?)
                    .map_err(|error| to.error(ErrorCode::PlaybookValue, error.message()))?,
            );
        }
    }
    Ok((read, zone))
}

/// `{ max, per, zone? }`, or a list of such.
pub(super) fn budgets(node: Node) -> Result<Vec<Budget>> {
    if node.is_table() || node.is_number() {
        return Ok(vec![budget(node)?]);
    }
    node.array()?.into_iter().map(budget).collect()
}

fn budget(node: Node) -> Result<Budget> {
    let mut table = node.table()?;
    let max = table.require("max")?.number_in(0.0, f64::MAX)?;
    let per = period(&mut table)?;
    let zone = match table.take("zone") {
        Some(node) => {
            Zone::named(node.string()?)
                .map_err(|error| node.error(ErrorCode::PlaybookValue, error.message()))?;
            Some(node.string()?.to_owned())
        }
        None => None,
    };
    table.finish()?;
    Ok(Budget { max, per, zone })
}
