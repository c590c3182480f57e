//! The playbook's expression language: parse, type-check, compile, evaluate.
//!
//! The syntax is that of the Common Expression Language, with one number type and functions of a
//! customer's events. Nothing that type-checks can fail at run time, except by being missing.

mod aggregate;
mod ast;
mod call;
mod check;
mod eval;
mod fold;
mod functions;
mod parser;
mod possible;
mod presets;
mod print;
mod program;
mod rows;
mod scope;
mod settle;
mod share;
mod show;
mod token;
mod unit;
mod value;

pub use check::{compile, compile_as, compile_trigger};
pub use functions::{Definition, Group, definitions};
pub use program::{Aggregate, AggregateOp, Input, Program, Window};
pub use rows::{Column, Computed};
pub use scope::{Scope, State, Trigger, TriggerKind};
pub use value::{Type, Value};

pub(crate) use ast::Ast;
pub(crate) use check::compile_ast;
pub(crate) use functions::{cost, version};
pub(crate) use parser::parse;
pub(crate) use possible::{Domain, Values};
pub(crate) use presets::expand;
pub(crate) use program::Comparison;
pub(crate) use share::share;
pub(crate) use show::Names;
