//! Type checking of calls: functions of values, and the triggers of campaigns.

use super::aggregate::length;
use super::ast::{Ast, AstKind};
use super::check::{Checker, wrong_name, wrong_type};
use super::functions::{names, signature};
use super::program::{Function, Input, Node, Program};
use super::scope::{State, TriggerKind};
use super::value::Type;
use crate::error::{Position, Result, did_you_mean};
use crate::time::Recurrence;

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        name: &str,
        args: &[Ast],
        method: bool,
        at: Position,
    ) -> Result<(Node, Type)> {
        let Some(usage) = signature(name) else {
            let near = did_you_mean(name, names());
            return Err(wrong_name(at, format!("`{name}` is not a function{near}")));
        };
        let of_text = matches!(name, "startsWith" | "endsWith" | "contains" | "size");
        if method != (of_text && (method || name != "size")) {
            let is = if method { "not called on a value" } else { "called on a text" };
            return Err(wrong_type(at, format!("`{name}` is {is}; expected `{usage}`")));
        }
        let arity = |least: usize, most: usize| {
            if (least..=most).contains(&args.len()) {
                return Ok(());
            }
            let count = args.len();
            let s = if count == 1 { "" } else { "s" };
            Err(wrong_type(at, format!("expected `{usage}`, found {count} argument{s}")))
        };
        if self.scope.triggers && matches!(name, "absent" | "sequence") {
            arity(3, 3)?;
            return self.trigger_call(name, args, usage, at);
        }
        if let Some((least, most)) = super::aggregate::arguments(name) {
            arity(least, most)?;
            return self.of_events(name, usage, args, at);
        }
        match name {
            "rfm" | "recency" | "engagement" => Err(wrong_type(
                at,
                format!(
                    "`{name}` makes several features, and stands alone as the expression of one"
                ),
            )),
            "hour_of" | "weekday" | "days_since" | "days_until" => {
                arity(1, 1)?;
                self.of_time(name, &args[0], at)
            }
            "if" => {
                arity(3, 3)?;
                self.choose(&args[0], &args[1], &args[2])
            }
            "bucket" => {
                arity(2, 65)?;
                self.bucket(args)
            }
            "logistic" | "decay" | "percentile_rank" => {
                let least = if name == "decay" { 2 } else { 3 };
                arity(least, if name == "percentile_rank" { 102 } else { least })?;
                self.points(name, args)
            }
            "ratio" => {
                arity(2, 2)?;
                self.numbers(Function::Ratio, args)
            }
            "clamp" => {
                arity(3, 3)?;
                self.numbers(Function::Clamp, args)
            }
            "log1p" => {
                arity(1, 1)?;
                self.numbers(Function::Log1p, args)
            }
            "curve" => self.curve(args, usage, at),
            "coalesce" => {
                arity(1, 64)?;
                self.coalesce(args)
            }
            "has" => {
                arity(1, 1)?;
                let (node, _) = self.check(&args[0])?;
                Ok((Node::Call(Function::Has, vec![node]), Type::Bool))
            }
            "size" => {
                arity(1, 1)?;
                let (node, _) = self.check_as(&args[0], &Type::Text)?;
                Ok((Node::Call(Function::Size, vec![node]), Type::Number))
            }
            "startsWith" | "endsWith" | "contains" => {
                arity(2, 2)?;
                self.of_part(name, &args[0], &args[1])
            }
            "duration" | "timestamp" => {
                arity(1, 1)?;
                let kind = if name == "duration" { Type::Duration } else { Type::Timestamp };
                let AstKind::Text(_) = &args[0].kind else {
                    return Err(wrong_type(args[0].at, format!("expected `{usage}`")));
                };
                self.check_as(&args[0], &kind)
            }
            _ => {
                match name {
                    "changed" => arity(1, 1)?,
                    "rises_above" | "falls_below" => arity(2, 3)?,
                    _ => arity(2, 2)?,
                }
                self.trigger_call(name, args, usage, at)
            }
        }
    }

    /// Whether a text has another one at its beginning, its end, or anywhere.
    fn of_part(&mut self, name: &str, text: &Ast, part: &Ast) -> Result<(Node, Type)> {
        let function = match name {
            "startsWith" => Function::StartsWith,
            "endsWith" => Function::EndsWith,
            _ => Function::Contains,
        };
        let (text, _) = self.check_as(text, &Type::Text)?;
        let (part, _) = self.check_as(part, &Type::Text)?;
        Ok((Node::Call(function, vec![text, part]), Type::Bool))
    }

    /// A function of an instant, which reads besides where "now" is or which clocks hold.
    fn of_time(&mut self, name: &str, when: &Ast, at: Position) -> Result<(Node, Type)> {
        let (when, _) = self.check_as(when, &Type::Timestamp)?;
        let (function, beside) = match name {
            "hour_of" => (Function::HourOf, Input::Zone),
            "weekday" => (Function::Weekday, Input::Zone),
            _ if self.event.is_some() => {
                return Err(wrong_type(
                    at,
                    format!(
                        "`{name}` is not known of a single event; a window such as `\"30d\"` says how long ago"
                    ),
                ));
            }
            "days_since" => (Function::DaysSince, Input::AsOf),
            _ => (Function::DaysUntil, Input::AsOf),
        };
        let beside = self.input(beside);
        Ok((Node::Call(function, vec![when, beside]), Type::Number))
    }

    /// Arguments of one type: that of the first that is not a text literal, whose type depends on
    /// what it stands for. Each argument is checked once, or nesting would cost exponential time.
    fn coalesce(&mut self, args: &[Ast]) -> Result<(Node, Type)> {
        let typed = args.iter().position(|arg| !matches!(arg.kind, AstKind::Text(_))).unwrap_or(0);
        let (first, kind) = self.check(&args[typed])?;
        let mut nodes = Vec::with_capacity(args.len());
        for (index, arg) in args.iter().enumerate() {
            if index == typed {
                nodes.push(first.clone());
            } else {
                nodes.push(self.check_as(arg, &kind)?.0);
            }
        }
        Ok((Node::Call(Function::Coalesce, nodes), kind))
    }

    fn numbers(&mut self, function: Function, args: &[Ast]) -> Result<(Node, Type)> {
        let nodes = args
            .iter()
            .map(|arg| self.check_as(arg, &Type::Number).map(|(node, _)| node))
            .collect::<Result<Vec<_>>>()?;
        Ok((Node::Call(function, nodes), Type::Number))
    }

    fn curve(&mut self, args: &[Ast], usage: &str, at: Position) -> Result<(Node, Type)> {
        if args.len() < 3 || args.len().is_multiple_of(2) {
            return Err(wrong_type(at, format!("expected `{usage}` with at least one point")));
        }
        let (x, _) = self.check_as(&args[0], &Type::Number)?;
        let numbers = args[1..]
            .iter()
            .map(|arg| literal_number(arg, "a curve's points are fixed numbers"))
            .collect::<Result<Vec<_>>>()?;
        let points: Vec<(f64, f64)> =
            numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        for (index, pair) in points.windows(2).enumerate() {
            if pair[0].0 >= pair[1].0 {
                return Err(wrong_type(
                    args[1 + 2 * (index + 1)].at,
                    format!("a curve's x values increase; {} follows {}", pair[1].0, pair[0].0),
                ));
            }
        }
        Ok((Node::Curve(Box::new(x), points), Type::Number))
    }

    /// A curve of points that has a formula.
    fn points(&mut self, name: &str, args: &[Ast]) -> Result<(Node, Type)> {
        match name {
            "logistic" => self.numbers(Function::Logistic, args),
            "decay" => self.decay(args),
            _ => self.percentile_rank(args),
        }
    }

    fn decay(&mut self, args: &[Ast]) -> Result<(Node, Type)> {
        if let Ok(half_life) = literal_number(&args[1], "")
            && half_life <= 0.0
        {
            let message = format!("a half-life is above 0, found {half_life}");
            return Err(wrong_type(args[1].at, message));
        }
        self.numbers(Function::Decay, args)
    }

    fn percentile_rank(&mut self, args: &[Ast]) -> Result<(Node, Type)> {
        let (x, _) = self.check_as(&args[0], &Type::Number)?;
        let mut nodes = vec![x];
        let mut before = f64::NEG_INFINITY;
        for arg in &args[1..] {
            let quantile = literal_number(arg, "a cohort's quantiles are fixed numbers")?;
            if quantile < before {
                return Err(wrong_type(
                    arg.at,
                    format!("a cohort's quantiles do not fall; {quantile} follows {before}"),
                ));
            }
            before = quantile;
            nodes.push(Node::Number(quantile));
        }
        Ok((Node::Call(Function::PercentileRank, nodes), Type::Number))
    }

    fn bucket(&mut self, args: &[Ast]) -> Result<(Node, Type)> {
        let (x, _) = self.check_as(&args[0], &Type::Number)?;
        let mut nodes = vec![x];
        let mut before = f64::NEG_INFINITY;
        for arg in &args[1..] {
            let bound = literal_number(arg, "a bucket's boundaries are fixed numbers")?;
            if bound <= before {
                return Err(wrong_type(
                    arg.at,
                    format!("a bucket's boundaries increase; {bound} follows {before}"),
                ));
            }
            before = bound;
            nodes.push(Node::Number(bound));
        }
        Ok((Node::Call(Function::Bucket, nodes), Type::Number))
    }

    /// An expression that a trigger watches: a program of its own, evaluated to be compared with
    /// the last time. Any type will do where none is wanted.
    fn watched(&self, ast: &Ast, want: Option<&Type>) -> Result<Program> {
        let mut own = Checker::new(self.scope);
        let (root, kind) = match want {
            Some(want) => own.check_as(ast, want)?,
            None => own.check(ast)?,
        };
        if !own.triggers.is_empty() {
            return Err(wrong_type(ast.at, "a trigger cannot watch a trigger".to_owned()));
        }
        Ok(Program::new(kind, own.inputs, root))
    }

    fn trigger_call(
        &mut self,
        name: &str,
        args: &[Ast],
        usage: &str,
        at: Position,
    ) -> Result<(Node, Type)> {
        if !self.scope.triggers {
            return Err(wrong_type(
                at,
                format!("`{name}` is a trigger, and stands only in a campaign's `on`"),
            ));
        }
        let trigger = match name {
            "rises_above" | "falls_below" => {
                let operand = self.watched(&args[0], Some(&Type::Number))?;
                let threshold = literal_number(&args[1], "a threshold is a fixed number")?;
                let margin = match args.get(2) {
                    Some(ast) => literal_number(ast, "a margin is a fixed number")?,
                    None => 0.0,
                };
                if margin < 0.0 {
                    let message = format!("a margin is 0 or more, found `{margin}`");
                    return Err(wrong_type(args[2].at, message));
                }
                if name == "rises_above" {
                    TriggerKind::RisesAbove { operand, threshold, margin }
                } else {
                    TriggerKind::FallsBelow { operand, threshold, margin }
                }
            }
            "absent" => TriggerKind::Absent {
                event: self.event_type(&args[0])?,
                since: self.event_type(&args[1])?,
                wait: length(&args[2], "the time of absence")?,
            },
            "sequence" => TriggerKind::Sequence {
                first: self.event_type(&args[0])?,
                then: self.event_type(&args[1])?,
                within: length(&args[2], "the time within which the second follows")?,
            },
            "every" => {
                let (AstKind::Text(unit), AstKind::Text(when)) = (&args[0].kind, &args[1].kind)
                else {
                    return Err(wrong_type(args[0].at, format!("expected `{usage}`")));
                };
                let every = Recurrence::parse(unit, when)
                    .map_err(|error| wrong_type(args[1].at, error.message().to_owned()))?;
                TriggerKind::Every(every)
            }
            "changed" => TriggerKind::Changed { operand: self.watched(&args[0], None)? },
            _ => {
                let state = self.state(args, usage)?;
                if name == "enters" {
                    TriggerKind::Enters(state)
                } else {
                    TriggerKind::Leaves(state)
                }
            }
        };
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        let text = format!("{name}({})", args.join(", "));
        Ok((self.trigger(text, trigger), Type::Bool))
    }

    fn state(&mut self, args: &[Ast], usage: &str) -> Result<State> {
        let (AstKind::Name(kind), AstKind::Text(name)) = (&args[0].kind, &args[1].kind) else {
            return Err(wrong_type(args[0].at, format!("expected `{usage}`")));
        };
        match kind.as_str() {
            "lifecycle" if self.scope.stages.is_some() => {
                let stages = self.scope.stages.unwrap_or_default();
                if !stages.contains(name) {
                    let near = did_you_mean(name, stages.iter().map(String::as_str));
                    return Err(wrong_name(args[1].at, format!("`{name}` is not a stage{near}")));
                }
                Ok(State::Stage(name.clone()))
            }
            "segments" if self.scope.segments.is_some() => {
                self.segment(name, args[1].at).map(State::Segment)
            }
            "lifecycle" => Err(wrong_name(
                args[0].at,
                "`lifecycle` is not known here: there is no section `[lifecycle]`".to_owned(),
            )),
            _ => Err(wrong_type(args[0].at, format!("expected `{usage}`"))),
        }
    }
}

pub(super) fn literal_number(ast: &Ast, why: &str) -> Result<f64> {
    match &ast.kind {
        AstKind::Number(x) => Ok(*x),
        AstKind::Negate(inner) => literal_number(inner, why).map(|x| -x),
        _ => Err(wrong_type(ast.at, why.to_owned())),
    }
}
