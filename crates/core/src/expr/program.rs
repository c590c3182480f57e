//! The compiled form of an expression: a typed tree over numbered inputs.

use super::ast::BinaryOp;
use super::fold::fold;
use super::value::Type;
use crate::time::Span;

/// A type-checked expression.
///
/// It reads its inputs from a frame of values: input `i` of [`Program::inputs`] stands in the
/// frame's slot `i`, until [`Program::bind`] gives it other slots.
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    pub(super) kind: Type,
    pub(super) inputs: Vec<Input>,
    pub(super) root: Node,
}

/// Something an expression reads.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The instant the question is asked about.
    AsOf,
    /// A customer attribute, by its index in the schema.
    Attribute(usize),
    /// A feature, by its index in the playbook.
    Feature(usize),
    /// A number, instant or value taken from the customer's events.
    Aggregate(Box<Aggregate>),
    /// The health score.
    Health,
    /// The churn probability.
    Churn,
    /// The lifecycle stage.
    Lifecycle,
    /// Whether the customer is in a segment, by its index in the playbook.
    Segment(usize),
    /// Whether a trigger of the playbook fired, by its index.
    Trigger(usize),
    /// A property of the event at hand, by its index in the event type.
    Property(usize),
    /// The instant of the event at hand.
    EventTime,
    /// The customer's time zone, which calendar functions read.
    Zone,
    /// A part that several expressions have in common, by its number.
    Shared(usize),
}

/// A value made of the events of one type (or all) inside a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// What is made of them.
    pub op: AggregateOp,
    /// The event type, by its index in the schema; none for all of them.
    pub event: Option<usize>,
    /// Which part of time is read.
    pub window: Window,
    /// What is taken of each event; its inputs are properties, the event's time and attributes.
    pub value: Option<Program>,
    /// Which events count; its inputs are as those of `value`.
    pub filter: Option<Program>,
}

/// What an aggregate makes of the events it reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AggregateOp {
    /// How many there are.
    Count,
    /// Whether there is any.
    Exists,
    /// The sum of the values that are there.
    Sum,
    /// The arithmetic mean of the values that are there.
    Mean,
    /// The least value.
    Min,
    /// The greatest value.
    Max,
    /// The sample standard deviation.
    Std,
    /// How many different values there are.
    Distinct,
    /// The earliest event's value, or its instant.
    First,
    /// The latest event's value, or its instant.
    Last,
    /// On how many civil days there is one.
    ActiveDays,
    /// The value or instant of the event of that rank: from the earliest from 1 up, from the
    /// latest from -1 down.
    Nth(i32),
    /// The slope of the values over time or, without a value, of the daily counts.
    Trend,
    /// How many civil days in a row there is one, up to the window's end.
    Streak,
    /// The mean time from one to the next, in days.
    Gaps,
    /// The Shannon entropy of the values, in bits.
    Entropy,
    /// The value below which that many percent lie.
    Percentile(f64),
    /// The mean weighted by age or, without a value, the sum of the weights; of that half-life.
    Ewma(Span),
    /// Whether one was followed by one of another type.
    Sequence {
        /// The other type, by its index in the schema; none for all of them.
        then: Option<usize>,
        /// The longest time between the two.
        within: Span,
    },
    /// Whether there is none in some time after another event.
    Absent {
        /// The type of the other event, by its index in the schema; none for all of them.
        since: Option<usize>,
        /// The length of that time.
        wait: Span,
    },
}

/// The part of time that an aggregate reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// All of the past: `(−∞, as_of]`.
    Past,
    /// `(as_of − span, as_of]`.
    Last(Span),
    /// `(as_of + gap, as_of + gap + horizon]`; only a label may read it.
    Horizon {
        /// Time left out after `as_of`.
        gap: Span,
        /// Length of the interval.
        horizon: Span,
    },
}

/// A node of the typed tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Number(f64),
    Bool(bool),
    Text(String),
    Time(crate::time::Timestamp),
    Span(Span),
    /// The frame's slot of that number.
    Input(usize),
    Not(Box<Node>),
    Negate(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    /// Comparison of two values of one type.
    Compare(BinaryOp, Box<Node>, Box<Node>),
    /// Arithmetic on numbers, instants and durations.
    Arithmetic(BinaryOp, Box<Node>, Box<Node>),
    Choose(Box<Node>, Box<Node>, Box<Node>),
    OneOf(Box<Node>, Vec<Node>),
    Call(Function, Vec<Node>),
    /// Piecewise linear, over the fixed points.
    Curve(Box<Node>, Vec<(f64, f64)>),
}

/// A function of values (not of events).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    DaysSince,
    DaysUntil,
    Ratio,
    Clamp,
    Coalesce,
    Log1p,
    Has,
    StartsWith,
    EndsWith,
    Contains,
    Size,
    HourOf,
    Weekday,
    Bucket,
    Logistic,
    Decay,
    PercentileRank,
}

impl Aggregate {
    /// Whether events of that type are read.
    pub(crate) fn reads(&self, event: usize) -> bool {
        let other = match self.op {
            AggregateOp::Sequence { then: other, .. }
            | AggregateOp::Absent { since: other, .. } => other,
            _ => self.event,
        };
        [self.event, other].into_iter().any(|own| own.is_none_or(|own| own == event))
    }
}

impl AggregateOp {
    /// Whether it tells how many: a whole number, 0 of no events, which is never missing.
    #[must_use]
    pub fn is_count(self) -> bool {
        matches!(self, Self::Count | Self::Distinct | Self::ActiveDays | Self::Streak)
    }

    /// The name of the function.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Exists => "exists",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Min => "min",
            Self::Max => "max",
            Self::Std => "std",
            Self::Distinct => "distinct",
            Self::First => "first",
            Self::Last => "last",
            Self::ActiveDays => "active_days",
            Self::Nth(_) => "nth",
            Self::Trend => "trend",
            Self::Streak => "streak",
            Self::Gaps => "gaps",
            Self::Entropy => "entropy",
            Self::Percentile(_) => "percentile",
            Self::Ewma(_) => "ewma",
            Self::Sequence { .. } => "sequence",
            Self::Absent { .. } => "absent",
        }
    }

    /// Whether civil days, and so the customer's zone, matter.
    #[must_use]
    pub fn needs_zone(self) -> bool {
        matches!(self, Self::ActiveDays | Self::Streak)
    }
}

impl Program {
    /// The program of a checked tree, with what is constant computed.
    pub(super) fn new(kind: Type, inputs: Vec<Input>, root: Node) -> Self {
        let (root, inputs) = fold(root, inputs);
        Self { kind, inputs, root }
    }

    /// The type of the result.
    #[must_use]
    pub fn kind(&self) -> &Type {
        &self.kind
    }

    /// What the expression reads, each once.
    #[must_use]
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Whether anything read fulfils `test`, in the events' own expressions too.
    pub fn reads(&self, test: &impl Fn(&Input) -> bool) -> bool {
        self.inputs.iter().any(|input| {
            test(input)
                || matches!(input, Input::Aggregate(aggregate) if [&aggregate.value, &aggregate.filter]
                    .into_iter()
                    .flatten()
                    .any(|inner| inner.reads(test)))
        })
    }

    /// The same expression reading its inputs from the slots that `slot_of` names.
    #[must_use]
    pub fn bind(mut self, mut slot_of: impl FnMut(&Input) -> usize) -> Self {
        let slots: Vec<usize> = self.inputs.iter().map(&mut slot_of).collect();
        self.root.rebase(&slots);
        self
    }

    /// The same bound program reading other slots: `slots` names the new one of each.
    #[must_use]
    pub(crate) fn moved(mut self, slots: &[usize]) -> Self {
        self.root.rebase(slots);
        self
    }

    /// Whether a bound program reads the slot.
    pub(crate) fn reads_slot(&self, slot: usize) -> bool {
        self.root.reads_slot(slot)
    }

    /// The slot, when the expression is nothing but an input.
    pub(crate) fn as_input(&self) -> Option<usize> {
        if let Node::Input(slot) = self.root { Some(slot) } else { None }
    }
}

impl Program {
    /// The slot, comparison and number, when the expression is a comparison of an input with a
    /// number.
    pub(crate) fn as_number_comparison(&self) -> Option<(usize, Comparison, f64)> {
        let Node::Compare(op, a, b) = &self.root else { return None };
        match (&**a, &**b) {
            (Node::Input(slot), Node::Number(x)) => Some((*slot, Comparison(*op), *x)),
            _ => None,
        }
    }

    /// The slot and text, and whether they are to be equal, when the expression asks that of an
    /// input.
    pub(crate) fn as_text_comparison(&self) -> Option<(usize, &str, bool)> {
        match &self.root {
            Node::Compare(op @ (BinaryOp::Equal | BinaryOp::NotEqual), a, b) => {
                match (&**a, &**b) {
                    (Node::Input(slot), Node::Text(text)) => {
                        Some((*slot, text, *op == BinaryOp::Equal))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

impl Program {
    /// A text that is the same for equal programs of the same slots alone.
    pub(crate) fn text_of_slots(&self) -> String {
        self.root.text(&|slot| format!("#{slot}"), true)
    }
}

/// A comparison of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Comparison(BinaryOp);

impl Comparison {
    /// How it is written.
    pub(crate) fn text(self) -> &'static str {
        self.0.symbol()
    }

    /// Whether it holds; not where a number is missing.
    pub(crate) fn holds(self, a: f64, b: f64) -> bool {
        match self.0 {
            BinaryOp::Equal => a == b,
            BinaryOp::NotEqual => a != b && !a.is_nan() && !b.is_nan(),
            BinaryOp::Less => a < b,
            BinaryOp::LessEqual => a <= b,
            BinaryOp::Greater => a > b,
            // The checker puts no other operator into a comparison.
            _ => a >= b,
        }
    }
}

impl Node {
    pub(super) fn rebase(&mut self, slots: &[usize]) {
        if let Self::Input(slot) = self {
            *slot = slots[*slot];
        }
        self.each_child_mut(&mut |child| child.rebase(slots));
    }

    pub(super) fn reads_slot(&self, slot: usize) -> bool {
        let mut reads = matches!(self, Self::Input(own) if *own == slot);
        self.each_child(&mut |child| reads = reads || child.reads_slot(slot));
        reads
    }

    /// Calls `visit` with each operand, from the first to the last.
    pub(super) fn each_child<'n>(&'n self, visit: &mut dyn FnMut(&'n Self)) {
        match self {
            Self::Input(_)
            | Self::Number(_)
            | Self::Bool(_)
            | Self::Text(_)
            | Self::Time(_)
            | Self::Span(_) => {}
            Self::Not(a) | Self::Negate(a) | Self::Curve(a, _) => visit(a),
            Self::And(a, b)
            | Self::Or(a, b)
            | Self::Compare(_, a, b)
            | Self::Arithmetic(_, a, b) => {
                visit(a);
                visit(b);
            }
            Self::Choose(a, b, c) => {
                visit(a);
                visit(b);
                visit(c);
            }
            Self::OneOf(a, items) => {
                visit(a);
                items.iter().for_each(visit);
            }
            Self::Call(_, args) => args.iter().for_each(visit),
        }
    }

    /// As [`Node::each_child`], to change them.
    pub(super) fn each_child_mut(&mut self, visit: &mut dyn FnMut(&mut Self)) {
        match self {
            Self::Input(_)
            | Self::Number(_)
            | Self::Bool(_)
            | Self::Text(_)
            | Self::Time(_)
            | Self::Span(_) => {}
            Self::Not(a) | Self::Negate(a) | Self::Curve(a, _) => visit(a),
            Self::And(a, b)
            | Self::Or(a, b)
            | Self::Compare(_, a, b)
            | Self::Arithmetic(_, a, b) => {
                visit(a);
                visit(b);
            }
            Self::Choose(a, b, c) => {
                visit(a);
                visit(b);
                visit(c);
            }
            Self::OneOf(a, items) => {
                visit(a);
                items.iter_mut().for_each(visit);
            }
            Self::Call(_, args) => args.iter_mut().for_each(visit),
        }
    }
}
