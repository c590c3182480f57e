//! Type checking of the functions that read events: `count(login, "30d", filter)` and its kin.

use super::ast::{Ast, AstKind};
use super::call::literal_number;
use super::check::{Checker, span, wrong_name, wrong_type};
use super::program::{Aggregate, AggregateOp, Input, Node, Program, Window};
use super::value::Type;
use crate::error::{Position, Result, did_you_mean};
use crate::time::Span;

/// How few and how many arguments the function of events of that name takes, if it is one.
pub(super) fn arguments(name: &str) -> Option<(usize, usize)> {
    Some(match name {
        "nth" | "percentile" | "ewma" => (2, 4),
        "sequence" => (3, 4),
        "absent" => (3, 3),
        _ => {
            operation(name)?;
            (1, 3)
        }
    })
}

/// The aggregate of that name, if it is one without further arguments.
fn operation(name: &str) -> Option<AggregateOp> {
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
        "trend" => AggregateOp::Trend,
        "streak" => AggregateOp::Streak,
        "gaps" => AggregateOp::Gaps,
        "entropy" => AggregateOp::Entropy,
        _ => return None,
    })
}

impl Checker<'_> {
    /// A function of events, whose number of arguments is right.
    pub(super) fn of_events(
        &mut self,
        name: &str,
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
        match name {
            "sequence" => self.sequence(args),
            "absent" => self.absent(args),
            "nth" => {
                let op = AggregateOp::Nth(rank(&args[1])?);
                self.aggregate(op, usage, &args[0], &args[2..])
            }
            "percentile" => {
                let p = literal_number(&args[1], "a percentile is a fixed number from 0 to 100")?;
                if !(0.0..=100.0).contains(&p) {
                    return Err(wrong_type(
                        args[1].at,
                        format!("expected a number from 0 to 100, found `{p}`"),
                    ));
                }
                self.aggregate(AggregateOp::Percentile(p), usage, &args[0], &args[2..])
            }
            "ewma" => {
                let half_life = length(&args[1], "a half-life")?;
                self.aggregate(AggregateOp::Ewma(half_life), usage, &args[0], &args[2..])
            }
            _ => {
                let op = operation(name).unwrap_or(AggregateOp::Count);
                self.aggregate(op, usage, &args[0], &args[1..])
            }
        }
    }

    fn aggregate(
        &mut self,
        op: AggregateOp,
        usage: &str,
        subject: &Ast,
        rest: &[Ast],
    ) -> Result<(Node, Type)> {
        let (event, value) = self.subject(subject)?;
        let kind = result_type(op, value.as_ref().map(Program::kind))
            .ok_or_else(|| wrong_type(subject.at, misuse(op, usage, value.as_ref())))?;
        let (window, filter) = match rest {
            [] => (Window::Past, None),
            [only] => match self.window(only)? {
                Some(window) => (window, None),
                None => (Window::Past, Some(self.filter(only, event, "a window or a condition")?)),
            },
            [first, second, ..] => {
                let window = self.window(first)?.ok_or_else(|| {
                    wrong_type(first.at, "expected a window, for instance `\"30d\"`".to_owned())
                })?;
                (window, Some(self.filter(second, event, "a condition")?))
            }
        };
        if op == AggregateOp::Trend && value.is_none() && !window.is_of_days() {
            return Err(wrong_type(
                rest.first().map_or(subject.at, |window| window.at),
                format!(
                    "a trend of daily counts needs a window of two whole days or more, for instance `\"28d\"`; `{usage}`"
                ),
            ));
        }
        let aggregate = Aggregate { op, event, window, value, filter };
        Ok((self.input(Input::Aggregate(Box::new(aggregate))), kind))
    }

    /// `sequence(first, second, within, window?)`
    fn sequence(&mut self, args: &[Ast]) -> Result<(Node, Type)> {
        let event = self.event_type(&args[0])?;
        let then = self.event_type(&args[1])?;
        let within = length(&args[2], "the time within which the second follows")?;
        let window = match args.get(3) {
            None => Window::Past,
            Some(ast) => self.window(ast)?.ok_or_else(|| {
                wrong_type(ast.at, "expected a window, for instance `\"30d\"`".to_owned())
            })?,
        };
        let op = AggregateOp::Sequence { then, within };
        let aggregate = Aggregate { op, event, window, value: None, filter: None };
        Ok((self.input(Input::Aggregate(Box::new(aggregate))), Type::Bool))
    }

    /// `absent(event, since, for)`
    fn absent(&mut self, args: &[Ast]) -> Result<(Node, Type)> {
        let event = self.event_type(&args[0])?;
        let since = self.event_type(&args[1])?;
        let wait = length(&args[2], "the time of absence")?;
        let op = AggregateOp::Absent { since, wait };
        let aggregate = Aggregate { op, event, window: Window::Past, value: None, filter: None };
        Ok((self.input(Input::Aggregate(Box::new(aggregate))), Type::Bool))
    }

    /// The event type that an argument names, none for all of them.
    pub(super) fn event_type(&mut self, ast: &Ast) -> Result<Option<usize>> {
        match self.subject(ast)? {
            (event, None) => Ok(event),
            _ => Err(wrong_type(
                ast.at,
                "expected an event type, found one of its properties".to_owned(),
            )),
        }
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
                Ok((Some(event), Some(self.of_event(ast, Some(event))?)))
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

    /// The condition that makes an event count; `due` says what may stand there.
    fn filter(&mut self, ast: &Ast, event: Option<usize>, due: &str) -> Result<Program> {
        let program = self.of_event(ast, event)?;
        if *program.kind() == Type::Bool {
            return Ok(program);
        }
        let found = program.kind().name();
        Err(wrong_type(
            ast.at,
            format!("expected {due} on one event, found {found}; a window is written as `\"30d\"`"),
        ))
    }

    /// An expression about one event of a type.
    fn of_event(&mut self, ast: &Ast, event: Option<usize>) -> Result<Program> {
        if event.is_none() {
            return Err(wrong_type(
                ast.at,
                "events of all types have no property in common; a filter needs one type"
                    .to_owned(),
            ));
        }
        let mut own = Checker::new(self.scope);
        own.event = event;
        let (root, kind) = own.check(ast)?;
        Ok(Program::new(kind, own.inputs, root))
    }

    /// The window that an argument is, or none when it has to be a filter.
    fn window(&mut self, ast: &Ast) -> Result<Option<Window>> {
        match &ast.kind {
            AstKind::Text(_) => length(ast, "a window").map(|span| Some(Window::Last(span))),
            AstKind::Call { name, .. } if name == "duration" => {
                length(ast, "a window").map(|span| Some(Window::Last(span)))
            }
            AstKind::Name(name) if name == "horizon" => {
                let Some((gap, horizon)) = self.scope.horizon else {
                    return Err(wrong_name(
                        ast.at,
                        "`horizon` is known only to `churn.label`: anything else would read the future"
                            .to_owned(),
                    ));
                };
                Ok(Some(Window::Horizon { gap, horizon }))
            }
            _ => Ok(None),
        }
    }
}

impl Window {
    /// Whether it is made of whole days of 24 hours, at least two.
    fn is_of_days(self) -> bool {
        let span = match self {
            Self::Past => return false,
            Self::Last(span) | Self::Horizon { horizon: span, .. } => span,
        };
        span >= Span::days(2) && span.as_micros() % Span::days(1).as_micros() == 0
    }
}

/// The rank of `nth`: a whole number, not 0.
fn rank(ast: &Ast) -> Result<i32> {
    let why = "a rank is a fixed whole number: 1 for the earliest, -1 for the latest";
    let n = literal_number(ast, why)?;
    if n == 0.0 || n.fract() != 0.0 || n.abs() > 1e9 {
        return Err(wrong_type(ast.at, format!("{why}; found `{n}`")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
    let n = n as i32;
    Ok(n)
}

/// A length of time that stands as text, longer than nothing.
pub(super) fn length(ast: &Ast, what: &str) -> Result<Span> {
    let span = match &ast.kind {
        AstKind::Text(text) => span(text, ast.at)?,
        AstKind::Call { name, args, .. } if name == "duration" => match &args[..] {
            [Ast { kind: AstKind::Text(text), at }] => span(text, *at)?,
            _ => return Err(wrong_type(ast.at, "expected `duration(\"30d\")`".to_owned())),
        },
        _ => {
            return Err(wrong_type(
                ast.at,
                format!("{what} is a fixed length of time, for instance `\"7d\"`"),
            ));
        }
    };
    if span <= Span::ZERO {
        return Err(wrong_type(ast.at, format!("{what} is longer than nothing")));
    }
    Ok(span)
}

impl Aggregate {
    /// The type of what is made of the events.
    pub(crate) fn kind(&self) -> Type {
        match self.op {
            AggregateOp::Sequence { .. } | AggregateOp::Absent { .. } => Type::Bool,
            // What was compiled has a type.
            op => result_type(op, self.value.as_ref().map(Program::kind)).unwrap_or(Type::Text),
        }
    }
}

/// The type that `op` makes of values of type `value`, or none when it cannot.
fn result_type(op: AggregateOp, value: Option<&Type>) -> Option<Type> {
    use AggregateOp::{
        ActiveDays, Count, Distinct, Entropy, Ewma, Exists, First, Gaps, Last, Max, Mean, Min, Nth,
        Percentile, Std, Streak, Sum, Trend,
    };
    match (op, value) {
        (Count | ActiveDays | Streak | Gaps | Trend | Ewma(_), None)
        | (Sum | Mean | Std | Percentile(_) | Trend | Ewma(_), Some(Type::Number))
        | (Distinct | Entropy, Some(_)) => Some(Type::Number),
        (Exists, None) => Some(Type::Bool),
        (First | Last | Nth(_), None) => Some(Type::Timestamp),
        (Min | Max, Some(kind @ (Type::Number | Type::Timestamp)))
        | (First | Last | Nth(_), Some(kind)) => Some(kind.clone()),
        _ => None,
    }
}

fn misuse(op: AggregateOp, usage: &str, value: Option<&Program>) -> String {
    let of_events = matches!(
        op,
        AggregateOp::Count
            | AggregateOp::Exists
            | AggregateOp::ActiveDays
            | AggregateOp::Streak
            | AggregateOp::Gaps
    );
    match value {
        Some(_) if of_events => {
            format!("expected an event type, found one of its properties; `{usage}`")
        }
        None => format!("expected a property, found an event type; `{usage}`"),
        Some(program) => {
            format!("expected numbers, found {}; `{usage}`", program.kind().name())
        }
    }
}
