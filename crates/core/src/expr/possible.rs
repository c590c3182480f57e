//! What an expression can come to, whatever the customer: ranges of numbers, sets of texts, and
//! whether a condition can be true or false at all.
//!
//! Ranges are computed with the same operations as values, on their ends: rounding keeps order, so
//! what is said to be impossible is. What several conditions say of one operand is held together:
//! `health < 40 && health > 70` cannot be true. Where nothing is known, everything is possible.

use super::ast::BinaryOp;
use super::program::{Aggregate, AggregateOp, Function, Input, Node, Program};
use super::value::{Type, Value};
use crate::schema::{Field, FieldType, Literal, Schema};

/// What a value can be where it is there, and whether it can be missing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Domain {
    pub(crate) values: Values,
    pub(crate) missing: bool,
}

/// The values that are possible.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    /// Numbers from the one to the other; none where the first is greater.
    Range(f64, f64),
    /// Whether it can be true, and whether false.
    Truth(bool, bool),
    /// One of these texts.
    Texts(Vec<String>),
    /// Nothing is known.
    Any,
}

const ANY: Values = Values::Any;
const NOT_NEGATIVE: Values = Values::Range(0.0, f64::INFINITY);

impl Values {
    fn is_empty(&self) -> bool {
        match self {
            Self::Range(low, high) => low > high,
            Self::Truth(yes, no) => !yes && !no,
            Self::Texts(texts) => texts.is_empty(),
            Self::Any => false,
        }
    }

    fn range(&self) -> (f64, f64) {
        if let Self::Range(low, high) = self {
            (*low, *high)
        } else {
            (f64::NEG_INFINITY, f64::INFINITY)
        }
    }

    /// What is possible of both.
    fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Range(a, b), Self::Range(c, d)) => Self::Range(a.max(*c), b.min(*d)),
            (Self::Truth(a, b), Self::Truth(c, d)) => Self::Truth(*a && *c, *b && *d),
            (Self::Texts(a), Self::Texts(b)) => {
                Self::Texts(a.iter().filter(|text| b.contains(text)).cloned().collect())
            }
            (Self::Any, other) => other.clone(),
            (own, _) => own.clone(),
        }
    }

    /// What is possible of either.
    fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Range(a, b), Self::Range(c, d)) => Self::Range(a.min(*c), b.max(*d)),
            (Self::Truth(a, b), Self::Truth(c, d)) => Self::Truth(*a || *c, *b || *d),
            (Self::Texts(a), Self::Texts(b)) => {
                let new = b.iter().filter(|text| !a.contains(text));
                Self::Texts(a.iter().chain(new).cloned().collect())
            }
            _ => ANY,
        }
    }

    /// A little more at both ends, for what is computed by sums that round.
    fn loosened(self) -> Self {
        let Self::Range(low, high) = self else { return self };
        Self::Range(low - 1e-9 * (1.0 + low.abs()), high + 1e-9 * (1.0 + high.abs()))
    }
}

impl Domain {
    pub(crate) fn of(values: Values) -> Self {
        Self { values, missing: true }
    }

    /// What an attribute or property can be, by its type, bounds and default.
    pub(crate) fn of_field(field: &Field) -> Self {
        let values = match &field.kind {
            FieldType::Number => {
                let low = field.min.unwrap_or(f64::NEG_INFINITY);
                Values::Range(low, field.max.unwrap_or(f64::INFINITY))
            }
            FieldType::Bool => Values::Truth(true, true),
            FieldType::Category { values } if !values.is_empty() => Values::Texts(values.clone()),
            _ => ANY,
        };
        let default = match &field.default {
            Some(Literal::Number(x)) => Values::Range(*x, *x),
            Some(Literal::Text(text)) => Values::Texts(vec![text.clone()]),
            _ => values.clone(),
        };
        Self { values: values.or(&default), missing: field.default.is_none() }
    }

    /// What is made of events.
    fn of_aggregate(aggregate: &Aggregate, schema: &Schema) -> Self {
        let value = aggregate.value.as_ref().map(|program| {
            let known = |input: &Input| match (input, aggregate.event) {
                (Input::Property(at), Some(event)) => {
                    Self::of_field(&schema.events[event].properties[*at])
                }
                (Input::Attribute(at), _) => Self::of_field(&schema.attributes[*at]),
                _ => Self::of(ANY),
            };
            program.domain(&known).values
        });
        let values = match (aggregate.op, value) {
            (op, _) if op.is_count() => return Self { values: NOT_NEGATIVE, missing: false },
            (AggregateOp::Exists, _) => {
                return Self { values: Values::Truth(true, true), missing: false };
            }
            (AggregateOp::Std | AggregateOp::Gaps, _) | (AggregateOp::Ewma(_), None) => {
                NOT_NEGATIVE
            }
            (AggregateOp::Entropy, _) => NOT_NEGATIVE.loosened(),
            (AggregateOp::Sum, Some(Values::Range(low, high))) => Values::Range(
                if low >= 0.0 { 0.0 } else { f64::NEG_INFINITY },
                if high <= 0.0 { 0.0 } else { f64::INFINITY },
            ),
            (
                AggregateOp::Min
                | AggregateOp::Max
                | AggregateOp::First
                | AggregateOp::Last
                | AggregateOp::Nth(_),
                Some(values),
            ) => values,
            (
                AggregateOp::Mean | AggregateOp::Percentile(_) | AggregateOp::Ewma(_),
                Some(values),
            ) => values.loosened(),
            _ => ANY,
        };
        Self::of(values)
    }
}

/// What a place of the playbook knows of its inputs.
pub(crate) type Known<'k> = &'k dyn Fn(&Input) -> Domain;

impl Program {
    /// What the expression can come to; `known` says it of the inputs that are not made of events.
    pub(crate) fn domain(&self, known: Known<'_>) -> Domain {
        let reader = Reader { program: self, known };
        let facts = Facts::default();
        let values = match self.kind {
            Type::Bool => Values::Truth(
                reader.possible(&self.root, true, &facts),
                reader.possible(&self.root, false, &facts),
            ),
            _ => reader.values(&self.root, &facts),
        };
        Domain { values, missing: reader.can_miss(&self.root) }
    }

    /// Whether whoever fulfils this condition fulfils `other` too, as far as that shows in how both
    /// are written: all that `other` asks is asked here.
    pub(crate) fn implies(&self, other: &Self) -> bool {
        let parts = |program: &Self| {
            let mut parts = Vec::new();
            conjuncts(&program.root, &mut parts);
            // Slots are numbered in each program by itself; what its inputs are is not.
            let name = |slot: usize| format!("{:?}", program.inputs[slot]);
            parts.iter().map(|part| part.text(&name, true)).collect::<Vec<String>>()
        };
        let own = parts(self);
        parts(other).iter().all(|part| own.contains(part))
    }
}

fn conjuncts<'n>(node: &'n Node, into: &mut Vec<&'n Node>) {
    if let Node::And(a, b) = node {
        conjuncts(a, into);
        conjuncts(b, into);
    } else {
        into.push(node);
    }
}

/// What is supposed of some operands.
#[derive(Debug, Clone, Default)]
struct Facts {
    of: Vec<(Node, Values)>,
    contradict: bool,
}

impl Facts {
    fn add(&mut self, node: &Node, values: &Values) {
        let known = self.of.iter_mut().find(|(of, _)| of == node);
        let values = known.as_ref().map_or(values.clone(), |(_, known)| known.and(values));
        self.contradict |= values.is_empty();
        match known {
            Some((_, known)) => *known = values,
            None => self.of.push((node.clone(), values)),
        }
    }
}

struct Reader<'p> {
    program: &'p Program,
    known: Known<'p>,
}

impl Reader<'_> {
    fn input(&self, slot: usize) -> Domain {
        (self.known)(&self.program.inputs[slot])
    }

    /// Whether a condition can have that truth where `facts` hold.
    fn possible(&self, node: &Node, truth: bool, facts: &Facts) -> bool {
        match node {
            Node::Bool(constant) => *constant == truth,
            Node::Not(a) => self.possible(a, !truth, facts),
            Node::And(a, b) | Node::Or(a, b) => {
                if matches!(node, Node::And(..)) != truth {
                    return self.possible(a, truth, facts) || self.possible(b, truth, facts);
                }
                let mut both = facts.clone();
                self.suppose(node, truth, &mut both);
                let possible = |side| self.possible(side, truth, &both);
                !both.contradict && possible(a) && possible(b)
            }
            Node::Choose(condition, a, b) => {
                let branch = |taken, side| {
                    self.possible(condition, taken, facts) && self.possible(side, truth, facts)
                };
                branch(true, a) || branch(false, b)
            }
            Node::Compare(op, a, b) => {
                let op = if truth { *op } else { opposite(*op) };
                compares(op, &self.values(a, facts), &self.values(b, facts))
            }
            Node::OneOf(a, items) => {
                let mut equal = items.iter().map(|item| {
                    let (a, item) = (self.values(a, facts), self.values(item, facts));
                    let op = if truth { BinaryOp::Equal } else { BinaryOp::NotEqual };
                    compares(op, &a, &item)
                });
                if truth {
                    return equal.any(|possible| possible);
                }
                let left = texts_of(items).map(|texts| without(self.values(a, facts), &texts));
                equal.all(|possible| possible) && left.is_none_or(|left| !left.is_empty())
            }
            Node::Call(Function::Has, args) if !truth => {
                args.first().is_none_or(|arg| self.can_miss(arg))
            }
            _ => match self.values(node, facts) {
                Values::Truth(yes, no) => {
                    if truth {
                        yes
                    } else {
                        no
                    }
                }
                _ => true,
            },
        }
    }

    /// Notes what follows where a condition has that truth.
    fn suppose(&self, node: &Node, truth: bool, facts: &mut Facts) {
        match node {
            Node::Bool(constant) => facts.contradict |= *constant != truth,
            Node::Not(a) => self.suppose(a, !truth, facts),
            Node::And(a, b) if truth => {
                self.suppose(a, truth, facts);
                self.suppose(b, truth, facts);
            }
            Node::Or(a, b) if !truth => {
                self.suppose(a, truth, facts);
                self.suppose(b, truth, facts);
            }
            Node::Input(_) => facts.add(node, &Values::Truth(truth, !truth)),
            Node::Compare(op, a, b) => {
                let op = if truth { *op } else { opposite(*op) };
                let (left, right) = (self.values(a, facts), self.values(b, facts));
                if !a.is_fixed() {
                    facts.add(a, &narrowed(&left, op, &right));
                }
                if !b.is_fixed() {
                    facts.add(b, &narrowed(&right, mirrored(op), &left));
                }
            }
            Node::OneOf(a, items) if !a.is_fixed() => {
                if let Some(texts) = texts_of(items) {
                    let values = self.values(a, facts);
                    let left = if truth { Values::Texts(texts) } else { without(values, &texts) };
                    facts.add(a, &left);
                }
            }
            _ => {}
        }
    }

    /// What a node can come to where it is there.
    fn values(&self, node: &Node, facts: &Facts) -> Values {
        let own = self.computed(node, facts);
        let known = facts.of.iter().find(|(of, _)| of == node);
        known.map_or(own.clone(), |(_, known)| own.and(known))
    }

    fn computed(&self, node: &Node, facts: &Facts) -> Values {
        let of = |node: &Node| self.values(node, facts);
        match node {
            Node::Number(x) => Values::Range(*x, *x),
            Node::Text(text) => Values::Texts(vec![text.clone()]),
            Node::Input(slot) => self.input(*slot).values,
            Node::Negate(a) => match of(a) {
                Values::Range(low, high) => Values::Range(-high, -low),
                _ => ANY,
            },
            Node::Arithmetic(op, a, b) => match (of(a), of(b)) {
                (Values::Range(a, b), Values::Range(c, d)) => arithmetic(*op, (a, b), (c, d)),
                _ => ANY,
            },
            Node::Choose(condition, a, b) => {
                match [true, false].map(|truth| self.possible(condition, truth, facts)) {
                    [true, false] => of(a),
                    [false, true] => of(b),
                    _ => of(a).or(&of(b)),
                }
            }
            Node::Curve(_, points) => {
                let heights = points.iter().map(|(_, y)| *y);
                let low = heights.clone().fold(f64::INFINITY, f64::min);
                Values::Range(low, heights.fold(f64::NEG_INFINITY, f64::max))
            }
            Node::Call(function, args) => self.call(*function, args, facts),
            _ => ANY,
        }
    }

    fn call(&self, function: Function, args: &[Node], facts: &Facts) -> Values {
        let arg = |at: usize| args.get(at).map_or(ANY, |node| self.values(node, facts));
        let count = |items: &[Node]| items.iter().fold(0.0, |count, _| count + 1.0);
        match function {
            Function::DaysSince if self.is_past(args.first()) => NOT_NEGATIVE,
            Function::Ratio => arithmetic(BinaryOp::Divide, arg(0).range(), arg(1).range()),
            Function::Clamp => {
                let (x, low, high) = (arg(0).range(), arg(1).range(), arg(2).range());
                Values::Range(x.0.max(low.0).min(high.0), x.1.min(high.1).max(low.1))
            }
            Function::Coalesce => {
                let values = args.iter().map(|arg| self.values(arg, facts));
                values.reduce(|a, b| a.or(&b)).unwrap_or(ANY)
            }
            Function::Log1p if arg(0).range().0 >= 0.0 => NOT_NEGATIVE,
            Function::Size => NOT_NEGATIVE,
            Function::HourOf => Values::Range(0.0, 24.0),
            Function::Weekday => Values::Range(0.0, 7.0),
            Function::Bucket => Values::Range(0.0, count(args) - 1.0),
            Function::Logistic | Function::Decay | Function::PercentileRank => {
                Values::Range(0.0, 100.0).loosened()
            }
            _ => ANY,
        }
    }

    /// Whether an instant is that of an event that is known, which is never after `as_of`.
    fn is_past(&self, node: Option<&Node>) -> bool {
        let Some(Node::Input(slot)) = node else { return false };
        let Input::Aggregate(aggregate) = &self.program.inputs[*slot] else { return false };
        let at =
            matches!(aggregate.op, AggregateOp::First | AggregateOp::Last | AggregateOp::Nth(_));
        at && aggregate.value.is_none()
    }

    /// Whether it can be missing; said of what is not proved too.
    fn can_miss(&self, node: &Node) -> bool {
        match node {
            Node::Number(_)
            | Node::Bool(_)
            | Node::Text(_)
            | Node::Time(_)
            | Node::Span(_)
            | Node::Call(Function::Has, _) => false,
            Node::Input(slot) => self.input(*slot).missing,
            Node::Call(Function::Coalesce, args) => args.iter().all(|arg| self.can_miss(arg)),
            Node::Arithmetic(..) | Node::Call(..) => true,
            other => {
                let mut missing = false;
                other.each_child(&mut |child| missing = missing || self.can_miss(child));
                missing
            }
        }
    }
}

impl Domain {
    /// What an input that is made of events, or an attribute, can be; none for the others.
    pub(crate) fn of_input(input: &Input, schema: &Schema) -> Option<Self> {
        match input {
            Input::Attribute(at) => Some(Self::of_field(&schema.attributes[*at])),
            Input::Aggregate(aggregate) => Some(Self::of_aggregate(aggregate, schema)),
            Input::AsOf | Input::Zone => Some(Self { values: ANY, missing: false }),
            _ => None,
        }
    }
}

impl Node {
    fn is_fixed(&self) -> bool {
        matches!(self.eval_fixed(), Some(value) if value != Value::Missing)
    }

    fn eval_fixed(&self) -> Option<Value<'_>> {
        match self {
            Self::Number(_) | Self::Bool(_) | Self::Text(_) | Self::Time(_) | Self::Span(_) => {
                Some(self.eval(&[]))
            }
            _ => None,
        }
    }
}

fn texts_of(items: &[Node]) -> Option<Vec<String>> {
    let text = |item: &Node| if let Node::Text(text) = item { Some(text.clone()) } else { None };
    items.iter().map(text).collect()
}

fn without(values: Values, texts: &[String]) -> Values {
    match values {
        Values::Texts(own) => {
            Values::Texts(own.into_iter().filter(|text| !texts.contains(text)).collect())
        }
        other => other,
    }
}

fn opposite(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Equal => BinaryOp::NotEqual,
        BinaryOp::NotEqual => BinaryOp::Equal,
        BinaryOp::Less => BinaryOp::GreaterEqual,
        BinaryOp::LessEqual => BinaryOp::Greater,
        BinaryOp::Greater => BinaryOp::LessEqual,
        _ => BinaryOp::Less,
    }
}

fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessEqual => BinaryOp::GreaterEqual,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::GreaterEqual => BinaryOp::LessEqual,
        other => other,
    }
}

/// Whether a comparison can hold between values of the two.
fn compares(op: BinaryOp, a: &Values, b: &Values) -> bool {
    !narrowed(a, op, b).is_empty() && !b.is_empty()
}

/// The values of `a` for which the comparison holds with some value of `b`.
fn narrowed(a: &Values, op: BinaryOp, b: &Values) -> Values {
    match (a, b) {
        (Values::Range(low, high), Values::Range(from, to)) => match op {
            BinaryOp::Less => Values::Range(*low, high.min(to.next_down())),
            BinaryOp::LessEqual => Values::Range(*low, high.min(*to)),
            BinaryOp::Greater => Values::Range(low.max(from.next_up()), *high),
            BinaryOp::GreaterEqual => Values::Range(low.max(*from), *high),
            BinaryOp::Equal => a.and(b),
            _ if from == to => Values::Range(
                if low == from { low.next_up() } else { *low },
                if high == from { high.next_down() } else { *high },
            ),
            _ => a.clone(),
        },
        (Values::Texts(_), Values::Texts(texts)) => match op {
            BinaryOp::Equal => a.and(b),
            BinaryOp::NotEqual if texts.len() == 1 => without(a.clone(), texts),
            _ => a.clone(),
        },
        // What a comparison with a known range leaves of what is not known.
        (Values::Any, Values::Range(..)) => {
            narrowed(&Values::Range(f64::NEG_INFINITY, f64::INFINITY), op, b)
        }
        (Values::Any, Values::Texts(_)) if op == BinaryOp::Equal => b.clone(),
        _ => a.clone(),
    }
}

fn arithmetic(op: BinaryOp, a: (f64, f64), b: (f64, f64)) -> Values {
    let all = (f64::NEG_INFINITY, f64::INFINITY);
    // An end that is not a number comes of two infinite ends, between which the others lie.
    let hull = |ends: [f64; 4]| {
        let ends = ends.into_iter().filter(|end| !end.is_nan());
        let low = ends.clone().fold(f64::INFINITY, f64::min);
        (low, ends.fold(f64::NEG_INFINITY, f64::max))
    };
    let (low, high) = match op {
        BinaryOp::Add => (a.0 + b.0, a.1 + b.1),
        BinaryOp::Subtract => (a.0 - b.1, a.1 - b.0),
        BinaryOp::Multiply => {
            // Values are finite: nothing times any of them is nothing.
            let times = |x: f64, y: f64| if x == 0.0 || y == 0.0 { 0.0 } else { x * y };
            hull([times(a.0, b.0), times(a.0, b.1), times(a.1, b.0), times(a.1, b.1)])
        }
        BinaryOp::Divide if b.0 > 0.0 => hull([a.0 / b.0, a.0 / b.1, a.1 / b.0, a.1 / b.1]),
        BinaryOp::Divide if b.0 == 0.0 => (
            if a.0 >= 0.0 { 0.0 } else { f64::NEG_INFINITY },
            if a.1 <= 0.0 { 0.0 } else { f64::INFINITY },
        ),
        BinaryOp::Remainder if a.0 >= 0.0 => (0.0, a.1),
        _ => all,
    };
    if low.is_nan() || high.is_nan() {
        Values::Range(all.0, all.1)
    } else {
        Values::Range(low, high)
    }
}
