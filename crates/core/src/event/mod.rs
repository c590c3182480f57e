//! Tables of a host, checked against the playbook: typed events and customers, and a report of
//! every row that was refused.

mod cell;
mod column;
mod customers;
mod events;
mod report;

pub use cell::{Cell, Cells};
pub use column::read_column;
pub use customers::{CustomerTable, attribute_default, check_customers, check_default};
pub use events::{EventRows, TypeRows, check_events};
pub use report::{IngestReport, Rejected};
