//! Tables of a host, checked against the playbook: typed events and customers, and a report of
//! every row that was refused.

mod cell;
mod column;
mod customers;
mod divided;
mod events;
mod groups;
mod identity;
mod layout;
mod reach;
mod reader;
mod report;
mod runs;
mod value;
pub mod word;

pub use cell::{Cell, Cells, Dictionary};
pub use column::read_column;
pub use customers::{
    AS_OF, CustomerTable, VALID_FROM, attribute_default, check_customers, check_default,
    no_instants,
};
pub use divided::{Divided, Timing};
pub use events::{EVENT_COLUMNS, EventColumns, EventTable, Mark};
pub use groups::Groups;
pub(crate) use identity::Identifiers;
pub(crate) use layout::Head;
pub use layout::{IDENTITY, Layout, PROPERTIES, TIME, TypeLayout, WordType};
pub use reach::{Reach, Sieve};
pub(crate) use reader::Reader;
pub use report::{IngestReport, Rejected};
