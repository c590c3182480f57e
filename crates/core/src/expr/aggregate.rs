//! Type checking of the functions that read events: `count(login, "30d", filter)` and its kin.

use super::ast::{Ast, AstKind};
use super::check::{Checker, span, wrong_name, wrong_type};
use super::program::{Aggregate, AggregateOp, Input, Node, Program, Window};
use super::value::Type;
use crate::error::{Position, Result, did_you_mean};
use crate::time::Span;

/// The aggregate of that name, if it is one.
pub(super) fn operation(name: &str) -> Option<AggregateOp> {
    Some(match name {
        "count" => AggregateOp::Count,
        "exists" => AggregateOp::Exists,
        "sum" => AggregateOp::Sum,
        "mean" => AggregateOp::Mean,
        "min" => AggregateOp::Min,
        "max" => AggregateOp::Max,
        "std" => AggregateOp::Std,
        "distinct" => AggregateOp::Distinct,
        "first" => AggregateOp::First,
        "last" => AggregateOp::Last,
        "active_days" => AggregateOp::ActiveDays,
        _ => return None,
    })
}

impl Checker<'_> {
    pub(super) fn aggregate(
        &mut self,
        op: AggregateOp,
        usage: &str,
        args: &[Ast],
        at: Position,
    ) -> Result<(Node, Type)> {
        if self.event.is_some() {
            return Err(wrong_type(
                at,
                "a function of events cannot stand inside another".to_owned(),
            ));
        }
        let (event, value) = self.subject(&args[0])?;
        let kind = result_type(op, value.as_ref().map(Program::kind))
            .ok_or_else(|| wrong_type(args[0].at, misuse(op, usage, value.as_ref())))?;
        let (window, filter) = match &args[1..] {
            [] => (Window::Past, None),
            [only] => match self.window(only)? {
                Some(window) => (window, None),
                None => (Window::Past, Some(self.of_event(only, event, Some(&Type::Bool))?)),
            },
            [first, second, ..] => {
                let window = self.window(first)?.ok_or_else(|| {
                    wrong_type(first.at, "expected a window, for instance `\"30d\"`".to_owned())
                })?;
                (window, Some(self.of_event(second, event, Some(&Type::Bool))?))
            }
        };
        let aggregate = Aggregate { op, event, window, value, filter };
        Ok((self.input(Input::Aggregate(Box::new(aggregate))), kind))
    }

    /// What the first argument names: an event type (none for all), and what is taken of each.
    fn subject(&mut self, ast: &Ast) -> Result<(Option<usize>, Option<Program>)> {
        let schema = self.scope.schema;
        if let AstKind::Name(name) = &ast.kind {
            if name == "events" {
                return Ok((None, None));
            }
            let Some(event) = schema.event(name) else {
                return Err(self.not_an_event(name, ast.at));
            };
            return Ok((Some(event), None));
        }
        let mut named: Vec<&str> = Vec::new();
        ast.names(&mut |name| {
            if name != "customer" && !named.contains(&name) {
                named.push(name);
            }
        });
        match named[..] {
            ["events"] => Err(wrong_type(
                ast.at,
                "events of all types have no property in common; name one type".to_owned(),
            )),
            [name] => {
                let event = schema.event(name).ok_or_else(|| self.not_an_event(name, ast.at))?;
                Ok((Some(event), Some(self.of_event(ast, Some(event), None)?)))
            }
            [] => Err(wrong_type(
                ast.at,
                "expected an event type or one of its properties, for instance `purchase.amount`"
                    .to_owned(),
            )),
            _ => Err(wrong_type(
                ast.at,
                format!("expected one event type, found `{}`", named.join("`, `")),
            )),
        }
    }

    fn not_an_event(&self, name: &str, at: Position) -> crate::error::Error {
        let known = self.scope.schema.events.iter().map(|event| event.name.as_str());
        let near = did_you_mean(name, known.chain(["events"]));
        wrong_name(at, format!("`{name}` is not an event type{near}"))
    }

    /// An expression about one event of a type.
    fn of_event(
        &mut self,
        ast: &Ast,
        event: Option<usize>,
        want: Option<&Type>,
    ) -> Result<Program> {
        if event.is_none() {
            return Err(wrong_type(
                ast.at,
                "events of all types have no property in common; a filter needs one type"
                    .to_owned(),
            ));
        }
        let mut own = Checker::new(self.scope);
        own.event = event;
        let (root, kind) = match want {
            Some(want) => own.check_as(ast, want)?,
            None => own.check(ast)?,
        };
        Ok(Program { kind, inputs: own.inputs, root })
    }

    /// The window that an argument is, or none when it has to be a filter.
    fn window(&mut self, ast: &Ast) -> Result<Option<Window>> {
        let span = match &ast.kind {
            AstKind::Text(text) => span(text, ast.at)?,
            AstKind::Call { name, args, .. } if name == "duration" => match &args[..] {
                [Ast { kind: AstKind::Text(text), at }] => span(text, *at)?,
                _ => return Err(wrong_type(ast.at, "expected `duration(\"30d\")`".to_owned())),
            },
            AstKind::Name(name) if name == "horizon" => {
                let Some((gap, horizon)) = self.scope.horizon else {
                    return Err(wrong_name(
                        ast.at,
                        "`horizon` is known only to `churn.label`: anything else would read the future"
                            .to_owned(),
                    ));
                };
                return Ok(Some(Window::Horizon { gap, horizon }));
            }
            _ => return Ok(None),
        };
        if span <= Span::ZERO {
            return Err(wrong_type(ast.at, "a window is longer than nothing".to_owned()));
        }
        Ok(Some(Window::Last(span)))
    }
}

/// The type that `op` makes of values of type `value`, or none when it cannot.
fn result_type(op: AggregateOp, value: Option<&Type>) -> Option<Type> {
    match (op, value) {
        (AggregateOp::Count | AggregateOp::ActiveDays, None)
        | (AggregateOp::Sum | AggregateOp::Mean | AggregateOp::Std, Some(Type::Number))
        | (AggregateOp::Distinct, Some(_)) => Some(Type::Number),
        (AggregateOp::Exists, None) => Some(Type::Bool),
        (AggregateOp::Min | AggregateOp::Max, Some(kind @ (Type::Number | Type::Timestamp))) => {
            Some(kind.clone())
        }
        (AggregateOp::First | AggregateOp::Last, None) => Some(Type::Timestamp),
        (AggregateOp::First | AggregateOp::Last, Some(kind)) => Some(kind.clone()),
        _ => None,
    }
}

fn misuse(op: AggregateOp, usage: &str, value: Option<&Program>) -> String {
    match (op, value) {
        (AggregateOp::Count | AggregateOp::Exists | AggregateOp::ActiveDays, Some(_)) => {
            format!("expected an event type, found one of its properties; `{usage}`")
        }
        (_, None) => format!("expected a property, found an event type; `{usage}`"),
        (_, Some(program)) => {
            format!("expected numbers, found {}; `{usage}`", program.kind().name())
        }
    }
}
