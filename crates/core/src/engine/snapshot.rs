//! The state of all customers as bytes, and back.

use std::collections::BTreeMap;

use super::state::{CustomerState, StateDocument};
use crate::bundle::Bundle;
use crate::bundle::container::{Container, SNAPSHOT};
use crate::error::{Error, ErrorCode, Result};
use crate::schema::Schema;

type Customers = BTreeMap<String, CustomerState>;

pub(super) fn write(bundle: &Bundle, customers: &Customers) -> Result<Vec<u8>> {
    let mut container = Container::new(&SNAPSHOT);
    container.push("playbook", bundle.playbook().name().as_bytes().to_vec())?;
    container.push_cbor("schema", bundle.playbook().schema())?;
    let layout = bundle.playbook().layout();
    let customers: BTreeMap<&str, StateDocument> =
        customers.iter().map(|(id, state)| (id.as_str(), state.document(layout))).collect();
    container.push_cbor("customers", &customers)?;
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
    let documents: BTreeMap<String, StateDocument> = container.require_cbor("customers")?;
    let mut customers = Customers::new();
    for (id, document) in documents {
        let Some(state) = CustomerState::read(document, &schema, playbook.layout()) else {
            return Err(Error::new(
                ErrorCode::StateFormat,
                "snapshot",
                format!("the state of customer `{id}` does not fit its own schema"),
            ));
        };
        customers.insert(id, state);
    }
    Ok(customers)
}
