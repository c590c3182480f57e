//! Stayput for Node: converts, leaves the event loop, calls the core, converts back.
//!
//! Documents (a score, decisions, a report) cross as JSON, tables as columns. Quick calls answer
//! at once; those that grow with the data run on Node's thread pool and answer by a promise.

mod bandit;
mod bundle;
mod campaigns;
pub mod describe;
mod engine;
mod error;
pub mod experiment;
pub mod explain;
pub mod fit_health;
mod health;
mod input;
mod job;
mod json;
pub mod judge;
pub mod lifecycle;
mod model;
mod playbook;
mod replay;
pub mod simulate;
mod study;
mod table;
pub mod train;
pub mod tune;
