//! The state of all customers as bytes, and back.

use std::collections::BTreeMap;

use super::state::CustomerState;
use crate::bundle::Bundle;
use crate::bundle::container::{Container, SNAPSHOT};
use crate::error::{Error, ErrorCode, Result};
use crate::schema::Schema;

type Customers = BTreeMap<String, CustomerState>;

pub(super) fn write(bundle: &Bundle, customers: &Customers) -> Result<Vec<u8>> {
    let mut container = Container::new(&SNAPSHOT);
    container.push("playbook", bundle.playbook().name().as_bytes().to_vec())?;
    container.push_cbor("schema", bundle.playbook().schema())?;
    container.push_cbor("customers", customers)?;
    Ok(container.write())
}

pub(super) fn read(bundle: &Bundle, bytes: &[u8]) -> Result<Customers> {
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
    let schema: Schema = container.require_cbor("schema")?;
    if schema != *playbook.schema() {
        return Err(other(
            "was made with other customer attributes or event types than the bundle has".to_owned(),
        ));
    }
    let customers: Customers = container.require_cbor("customers")?;
    if let Some((id, _)) = customers.iter().find(|(_, state)| !state.fits(&schema)) {
        return Err(Error::new(
            ErrorCode::StateFormat,
            "snapshot",
            format!("the state of customer `{id}` does not fit its own schema"),
        ));
    }
    Ok(customers)
}
