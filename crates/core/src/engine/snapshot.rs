//! The state of all customers as bytes, and back.
//!
//! What few customers have, overrides of health and the stage before what was forgotten, stands in
//! sections of its own, and so does what is known of nobody any more. Earlier versions kept less of
//! campaigns and are refused.

use std::collections::BTreeMap;

use super::forget::Forgotten;
use super::stages::Anchor;
use super::state::{CustomerState, StateDocument};
use crate::bundle::Bundle;
use crate::bundle::container::{Container, SNAPSHOT, to_postcard};
use crate::campaign::{Learning, LearningDocument, Spend};
use crate::error::{Error, ErrorCode, Result};
use crate::health::Overrides;

type Customers = BTreeMap<String, CustomerState>;

/// What a snapshot has.
pub(super) struct Taken {
    pub(super) customers: Customers,
    pub(super) forgotten: Option<Forgotten>,
    pub(super) learning: Option<Learning>,
    pub(super) departed: Vec<Spend>,
}

pub(super) fn write<'c>(
    bundle: &Bundle,
    customers: impl Iterator<Item = (&'c String, &'c CustomerState)> + Clone,
    forgotten: Option<&Forgotten>,
    learning: Option<&Learning>,
    departed: &[Spend],
) -> Result<Vec<u8>> {
    let mut container = Container::new(&SNAPSHOT);
    container.push("playbook", bundle.playbook().name().as_bytes().to_vec())?;
    container.push("schema", schema_hash(bundle)?)?;
    let layout = bundle.playbook().layout();
    let overridden = customers.clone().filter(|(_, state)| !state.overrides.list().is_empty());
    let overrides: Vec<(&str, &Overrides)> =
        overridden.map(|(id, state)| (id.as_str(), &state.overrides)).collect();
    let anchored = customers.clone().filter_map(|(id, state)| Some((id.as_str(), state.anchor()?)));
    let anchors: Vec<(&str, &Anchor)> = anchored.collect();
    let customers: Vec<(&str, StateDocument)> =
        customers.map(|(id, state)| (id.as_str(), state.document(layout))).collect();
    container.push("customers", to_postcard(&customers)?)?;
    container.push("forgotten", to_postcard(&forgotten)?)?;
    container.push("overrides", to_postcard(&overrides)?)?;
    container.push("anchors", to_postcard(&anchors)?)?;
    container.push("learning", to_postcard(&learning.map(Learning::document))?)?;
    container.push("departed", to_postcard(departed)?)?;
    Ok(container.write())
}

pub(super) fn read(bundle: &Bundle, bytes: &[u8]) -> Result<Taken> {
    let container = Container::read(bytes, &SNAPSHOT)?;
    let playbook = bundle.playbook();
    let other = |message: String| Error::new(ErrorCode::StateVersion, "snapshot", message);
    let name = container.require_text("playbook")?;
    if name != playbook.name() {
        return Err(other(format!(
            "was made with the playbook `{name}`, not `{}`",
            playbook.name()
        )));
    }
    if container.require("schema")? != schema_hash(bundle)? {
        return Err(other(
            "was made with other customer attributes or event types than the bundle has".to_owned(),
        ));
    }
    let documents: Vec<(String, StateDocument)> = container.require_value("customers")?;
    let unfit = |id: &str| {
        let message = format!("the state of customer `{id}` does not fit the schema");
        Error::new(ErrorCode::StateFormat, "snapshot", message)
    };
    let mut customers = Customers::new();
    for (id, document) in documents {
        let Some(state) = CustomerState::read(document, playbook.schema(), playbook.layout())
        else {
            return Err(unfit(&id));
        };
        customers.insert(id, state);
    }
    let overrides: Vec<(String, Overrides)> = container.require_value("overrides")?;
    for (id, overrides) in overrides {
        let state = customers.get_mut(&id).filter(|_| overrides.is_sound());
        state.ok_or_else(|| unfit(&id))?.overrides = overrides;
    }
    let anchors: Vec<(String, Anchor)> = container.require_value("anchors")?;
    for (id, anchor) in anchors {
        customers.get_mut(&id).ok_or_else(|| unfit(&id))?.set_anchor(Some(anchor));
    }
    let forgotten = container.require_value("forgotten")?;
    // Of other policies, or a damaged one, is gathered anew at the next look.
    let learning: Option<LearningDocument> = container.require_value("learning")?;
    let set = &playbook.campaigns().set;
    let learning = learning.and_then(|document| Learning::restore(document, set));
    let departed: Vec<Spend> = container.require_value("departed")?;
    if !departed.iter().all(|spend| spend.cost().is_finite()) {
        let message = "what deleted customers had cost is no number";
        return Err(Error::new(ErrorCode::StateFormat, "snapshot", message));
    }
    Ok(Taken { customers, forgotten, learning, departed })
}

/// What tells whether a state is one of the bundle's attributes and event types: BLAKE3-256 of the
/// schema in postcard's form, which is the same for equal schemas.
fn schema_hash(bundle: &Bundle) -> Result<Vec<u8>> {
    let schema = to_postcard(bundle.playbook().schema())?;
    Ok(blake3::hash(&schema).as_bytes().to_vec())
}
