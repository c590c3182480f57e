//! The state of all customers as bytes, and back.

use std::collections::BTreeMap;

use super::forget::Forgotten;
use super::state::{CustomerState, StateDocument};
use crate::bundle::Bundle;
use crate::bundle::container::{Container, SNAPSHOT, to_postcard};
use crate::error::{Error, ErrorCode, Result};

type Customers = BTreeMap<String, CustomerState>;

pub(super) fn write<'c>(
    bundle: &Bundle,
    customers: impl Iterator<Item = (&'c String, &'c CustomerState)>,
    forgotten: Option<&Forgotten>,
) -> Result<Vec<u8>> {
    let mut container = Container::new(&SNAPSHOT);
    container.push("playbook", bundle.playbook().name().as_bytes().to_vec())?;
    container.push("schema", schema_hash(bundle)?)?;
    let layout = bundle.playbook().layout();
    let customers: Vec<(&str, StateDocument)> =
        customers.map(|(id, state)| (id.as_str(), state.document(layout))).collect();
    container.push("customers", to_postcard(&customers)?)?;
    container.push("forgotten", to_postcard(&forgotten)?)?;
    Ok(container.write())
}

pub(super) fn read(bundle: &Bundle, bytes: &[u8]) -> Result<(Customers, Option<Forgotten>)> {
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
    let mut customers = Customers::new();
    for (id, document) in documents {
        let Some(state) = CustomerState::read(document, playbook.schema(), playbook.layout())
        else {
            return Err(Error::new(
                ErrorCode::StateFormat,
                "snapshot",
                format!("the state of customer `{id}` does not fit the schema"),
            ));
        };
        customers.insert(id, state);
    }
    Ok((customers, container.require_value("forgotten")?))
}

/// What tells whether a state is one of the bundle's attributes and event types: BLAKE3-256 of the
/// schema in postcard's form, which is the same for equal schemas.
fn schema_hash(bundle: &Bundle) -> Result<Vec<u8>> {
    let schema = to_postcard(bundle.playbook().schema())?;
    Ok(blake3::hash(&schema).as_bytes().to_vec())
}
