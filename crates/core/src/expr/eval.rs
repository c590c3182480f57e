//! Evaluation of a compiled expression over a frame of values.
//!
//! Missing propagates, except where logic is certain without it (Kleene 1938): `false && missing`
//! is false, `true || missing` is true. A number that would not be finite is missing.

use super::ast::BinaryOp;
use super::program::{Function, Node, Program};
use super::value::Value;
use crate::math;
use crate::time::{Span, Timestamp};

impl Program {
    /// The value over `frame`, which holds a value in every slot that the program is bound to.
    #[must_use]
    pub fn eval<'a>(&'a self, frame: &[Value<'a>]) -> Value<'a> {
        self.root.eval(frame)
    }
}

impl Node {
    pub(super) fn eval<'a>(&'a self, frame: &[Value<'a>]) -> Value<'a> {
        match self {
            Self::Number(x) => Value::Number(*x),
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Text(text) => Value::Text(text),
            Self::Time(at) => Value::Time(*at),
            Self::Span(span) => Value::Span(*span),
            Self::Input(slot) => frame[*slot],
            Self::Not(a) => Value::truth(a.eval(frame).as_bool().map(|truth| !truth)),
            Self::Negate(a) => match a.eval(frame) {
                Value::Number(x) => Value::number(-x),
                Value::Span(span) => Value::Span(Span::micros(span.as_micros().saturating_neg())),
                _ => Value::Missing,
            },
            Self::And(a, b) => match (a.eval(frame).as_bool(), b.eval(frame).as_bool()) {
                (Some(false), _) | (_, Some(false)) => Value::Bool(false),
                (Some(true), Some(true)) => Value::Bool(true),
                _ => Value::Missing,
            },
            Self::Or(a, b) => match (a.eval(frame).as_bool(), b.eval(frame).as_bool()) {
                (Some(true), _) | (_, Some(true)) => Value::Bool(true),
                (Some(false), Some(false)) => Value::Bool(false),
                _ => Value::Missing,
            },
            Self::Compare(op, a, b) => compare(*op, a.eval(frame), b.eval(frame)),
            Self::Arithmetic(op, a, b) => arithmetic(*op, a.eval(frame), b.eval(frame)),
            Self::Choose(condition, yes, no) => match condition.eval(frame).as_bool() {
                Some(true) => yes.eval(frame),
                Some(false) => no.eval(frame),
                None => Value::Missing,
            },
            Self::OneOf(a, items) => {
                let a = a.eval(frame);
                let mut truth = Some(false);
                for item in items {
                    match compare(BinaryOp::Equal, a, item.eval(frame)).as_bool() {
                        Some(true) => return Value::Bool(true),
                        Some(false) => {}
                        None => truth = None,
                    }
                }
                Value::truth(truth)
            }
            Self::Call(function, args) => call(*function, args, frame),
            Self::Curve(a, points) => {
                Value::number(math::piecewise_linear(a.eval(frame).as_number(), points))
            }
        }
    }
}

fn compare<'a>(op: BinaryOp, a: Value<'a>, b: Value<'a>) -> Value<'a> {
    let order = match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(&b),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(&b)),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(&b)),
        (Value::Span(a), Value::Span(b)) => Some(a.cmp(&b)),
        _ => None,
    };
    Value::truth(order.map(|order| match op {
        BinaryOp::Equal => order.is_eq(),
        BinaryOp::NotEqual => order.is_ne(),
        BinaryOp::Less => order.is_lt(),
        BinaryOp::LessEqual => order.is_le(),
        BinaryOp::Greater => order.is_gt(),
        // The checker puts no other operator into a comparison.
        _ => order.is_ge(),
    }))
}

fn arithmetic<'a>(op: BinaryOp, a: Value<'a>, b: Value<'a>) -> Value<'a> {
    match (op, a, b) {
        (BinaryOp::Add, Value::Number(a), Value::Number(b)) => Value::number(a + b),
        (BinaryOp::Subtract, Value::Number(a), Value::Number(b)) => Value::number(a - b),
        (BinaryOp::Multiply, Value::Number(a), Value::Number(b)) => Value::number(a * b),
        // Division by zero is infinite or not a number, and either is missing.
        (BinaryOp::Divide, Value::Number(a), Value::Number(b)) => Value::number(a / b),
        (BinaryOp::Remainder, Value::Number(a), Value::Number(b)) => Value::number(a % b),
        (BinaryOp::Add, Value::Time(at), Value::Span(span))
        | (BinaryOp::Add, Value::Span(span), Value::Time(at)) => Value::Time(at.plus(span)),
        (BinaryOp::Subtract, Value::Time(at), Value::Span(span)) => Value::Time(at.minus(span)),
        (BinaryOp::Subtract, Value::Time(a), Value::Time(b)) => Value::Span(a.since(b)),
        (BinaryOp::Add, Value::Span(a), Value::Span(b)) => Value::Span(a.plus(b)),
        (BinaryOp::Subtract, Value::Span(a), Value::Span(b)) => {
            Value::Span(Span::micros(a.as_micros().saturating_sub(b.as_micros())))
        }
        (BinaryOp::Divide, Value::Span(a), Value::Span(b)) => {
            Value::number(a.as_days() / b.as_days())
        }
        _ => Value::Missing,
    }
}

fn call<'a>(function: Function, args: &'a [Node], frame: &[Value<'a>]) -> Value<'a> {
    let arg = |at: usize| args.get(at).map_or(Value::Missing, |node| node.eval(frame));
    let days = |later: Option<Timestamp>, earlier: Option<Timestamp>| match (later, earlier) {
        (Some(later), Some(earlier)) => Value::number(later.since(earlier).as_days()),
        _ => Value::Missing,
    };
    match function {
        // The checker adds `as_of` as the second argument of both.
        Function::DaysSince => days(arg(1).as_time(), arg(0).as_time()),
        Function::DaysUntil => days(arg(0).as_time(), arg(1).as_time()),
        Function::Ratio => Value::number(arg(0).as_number() / arg(1).as_number()),
        Function::Clamp => {
            let (x, low, high) = (arg(0).as_number(), arg(1).as_number(), arg(2).as_number());
            if x.is_nan() || low.is_nan() || high.is_nan() {
                return Value::Missing;
            }
            Value::number(if x < low {
                low
            } else if x > high {
                high
            } else {
                x
            })
        }
        Function::Coalesce => args
            .iter()
            .map(|node| node.eval(frame))
            .find(|value| *value != Value::Missing)
            .unwrap_or(Value::Missing),
        Function::Log1p => Value::number(math::ln_1p(arg(0).as_number())),
        Function::Has => Value::Bool(arg(0) != Value::Missing),
        Function::StartsWith | Function::EndsWith | Function::Contains => {
            let (Some(text), Some(part)) = (arg(0).as_text(), arg(1).as_text()) else {
                return Value::Missing;
            };
            Value::Bool(match function {
                Function::StartsWith => text.starts_with(part),
                Function::EndsWith => text.ends_with(part),
                _ => text.contains(part),
            })
        }
        #[expect(clippy::cast_precision_loss, reason = "no text has 2^53 characters")]
        Function::Size => arg(0)
            .as_text()
            .map_or(Value::Missing, |text| Value::Number(text.chars().count() as f64)),
        // The checker adds the customer's zone as the second argument of both.
        Function::HourOf => {
            arg(0).as_time().map_or(Value::Missing, |at| Value::Number(arg(1).as_clock().hour(at)))
        }
        Function::Weekday => arg(0)
            .as_time()
            .map_or(Value::Missing, |at| Value::Number(arg(1).as_clock().weekday(at))),
        Function::Logistic => Value::number(math::logistic(
            arg(0).as_number(),
            arg(1).as_number(),
            arg(2).as_number(),
        )),
        Function::Decay => Value::number(math::decay(arg(0).as_number(), arg(1).as_number())),
        Function::PercentileRank => {
            let quantiles: Vec<f64> =
                args[1..].iter().map(|quantile| quantile.eval(frame).as_number()).collect();
            Value::number(math::percentile_rank(arg(0).as_number(), &quantiles))
        }
        Function::Bucket => {
            let x = arg(0).as_number();
            if x.is_nan() {
                return Value::Missing;
            }
            let below = args[1..].iter().filter(|bound| bound.eval(frame).as_number() <= x);
            #[expect(clippy::cast_precision_loss, reason = "no call has 2^53 arguments")]
            Value::Number(below.count() as f64)
        }
    }
}
