//! The unit of a number, as far as it follows from the playbook.

use super::ast::BinaryOp;
use super::program::{Aggregate, AggregateOp, Function, Input, Node, Program};
use super::value::Type;
use crate::schema::{Field, Schema};

/// What is known of a number's unit.
#[derive(Debug, Clone, PartialEq)]
enum Unit {
    /// A fixed number takes the unit of what it is joined with.
    Fixed,
    Known(String),
    Unknown,
}

impl Program {
    /// The unit of the number that the expression gives, if it is known; `features` are the units
    /// of the features.
    pub(crate) fn unit(&self, schema: &Schema, features: &[Option<String>]) -> Option<String> {
        if self.kind != Type::Number {
            return None;
        }
        match self.root.unit(&|slot| of_input(&self.inputs[slot], schema, features)) {
            Unit::Known(unit) => Some(unit),
            _ => None,
        }
    }
}

fn known(unit: &str) -> Unit {
    Unit::Known(unit.to_owned())
}

fn of_field(field: &Field) -> Unit {
    field.unit.clone().map_or(Unit::Unknown, Unit::Known)
}

fn of_input(input: &Input, schema: &Schema, features: &[Option<String>]) -> Unit {
    match input {
        Input::Attribute(index) => of_field(&schema.attributes[*index]),
        Input::Feature(index) => {
            features.get(*index).cloned().flatten().map_or(Unit::Unknown, Unit::Known)
        }
        Input::Aggregate(aggregate) => of_aggregate(aggregate, schema),
        Input::Health => known("points"),
        _ => Unit::Unknown,
    }
}

fn of_aggregate(aggregate: &Aggregate, schema: &Schema) -> Unit {
    let value = aggregate.value.as_ref().map(|program| {
        program.root.unit(&|slot| match (&program.inputs[slot], aggregate.event) {
            (Input::Property(index), Some(event)) => {
                of_field(&schema.events[event].properties[*index])
            }
            (input, _) => of_input(input, schema, &[]),
        })
    });
    match (aggregate.op, value) {
        (AggregateOp::Count, _) | (AggregateOp::Ewma(_), None) => known("events"),
        (AggregateOp::Trend, None) => known("events per day, per day"),
        (AggregateOp::Trend, Some(Unit::Known(unit))) => known(&format!("{unit} per day")),
        (AggregateOp::Distinct, _) => known("values"),
        (AggregateOp::Entropy, _) => known("bits"),
        (AggregateOp::ActiveDays | AggregateOp::Streak | AggregateOp::Gaps, _) => known("days"),
        (AggregateOp::Trend, _) | (_, None) => Unit::Unknown,
        (_, Some(unit)) => unit,
    }
}

impl Node {
    fn unit(&self, input: &dyn Fn(usize) -> Unit) -> Unit {
        match self {
            Self::Number(_) => Unit::Fixed,
            Self::Input(slot) => input(*slot),
            Self::Negate(a) => a.unit(input),
            Self::Arithmetic(op, a, b) => joined(*op, a.unit(input), b.unit(input)),
            Self::Choose(_, a, b) => joined(BinaryOp::Add, a.unit(input), b.unit(input)),
            Self::Call(function, args) => match function {
                Function::DaysSince | Function::DaysUntil => known("days"),
                Function::HourOf => known("hours"),
                Function::Size => known("characters"),
                Function::Logistic | Function::Decay => known("points"),
                Function::PercentileRank => known("percent"),
                Function::Ratio => {
                    joined(BinaryOp::Divide, args[0].unit(input), args[1].unit(input))
                }
                Function::Clamp | Function::Coalesce => {
                    let units = args.iter().map(|arg| arg.unit(input));
                    units.reduce(|a, b| joined(BinaryOp::Add, a, b)).unwrap_or(Unit::Unknown)
                }
                _ => Unit::Unknown,
            },
            _ => Unit::Unknown,
        }
    }
}

fn joined(op: BinaryOp, a: Unit, b: Unit) -> Unit {
    match (op, a, b) {
        (BinaryOp::Divide, Unit::Known(a), Unit::Known(b)) if a != b => {
            known(&format!("{a} per {b}"))
        }
        (_, a, Unit::Fixed)
        | (BinaryOp::Multiply | BinaryOp::Add | BinaryOp::Subtract, Unit::Fixed, a) => a,
        (BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Remainder, a, b) if a == b => a,
        _ => Unit::Unknown,
    }
}
