//! A compiled expression written out: for a reader, for its version, and to see what is equal.

use super::ast::BinaryOp;
use super::functions::version;
use super::program::{Aggregate, AggregateOp, Function, Input, Node, Program, Window};
use crate::schema::{Field, FieldType, Schema};

/// How the names of an expression are written.
pub(crate) struct Names<'n> {
    pub(crate) schema: &'n Schema,
    /// For each feature: its name for a reader, its version for a version.
    pub(crate) features: &'n [String],
    /// Whether two texts are to be equal just where the meaning is: names come with their
    /// definitions and functions with their versions, and the sides of `a + b` have one order.
    pub(crate) exact: bool,
}

impl Program {
    /// The expression as it is computed.
    pub(crate) fn text(&self, names: &Names<'_>) -> String {
        let input = |slot: usize| names.input(&self.inputs[slot], None);
        self.root.text(&input, names.exact)
    }

    /// The functions that the expression calls, each once, in alphabetical order.
    pub(crate) fn functions(&self) -> Vec<&'static str> {
        let mut found = Vec::new();
        self.collect_functions(&mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    fn collect_functions(&self, found: &mut Vec<&'static str>) {
        self.root.functions(found);
        for input in &self.inputs {
            if let Input::Aggregate(aggregate) = input {
                found.push(aggregate.op.name());
                for inner in [&aggregate.value, &aggregate.filter].into_iter().flatten() {
                    inner.collect_functions(found);
                }
            }
        }
    }
}

impl Names<'_> {
    /// An input; `event` is the type of the event at hand.
    pub(crate) fn input(&self, input: &Input, event: Option<usize>) -> String {
        let schema = self.schema;
        match input {
            Input::AsOf => "as_of".to_owned(),
            Input::Attribute(index) => self.field("customer", &schema.attributes[*index]),
            Input::Feature(index) => self.features[*index].clone(),
            Input::Aggregate(aggregate) => self.aggregate(aggregate),
            Input::Health => "health".to_owned(),
            Input::Churn => "churn".to_owned(),
            Input::Lifecycle => "lifecycle".to_owned(),
            Input::Segment(index) => format!("segment {index}"),
            Input::Trigger(index) => format!("trigger {index}"),
            Input::Property(index) => match event {
                Some(event) => {
                    let event = &schema.events[event];
                    self.field(&event.name, &event.properties[*index])
                }
                None => format!("property {index}"),
            },
            Input::EventTime => format!("{}.timestamp", self.event(event)),
            Input::Zone => self.zone(),
            Input::Shared(index) => format!("part {index}"),
        }
    }

    fn field(&self, of: &str, field: &Field) -> String {
        let name = format!("{of}.{}", field.name);
        if !self.exact {
            return name;
        }
        let values = match &field.kind {
            FieldType::Category { values } => format!("{values:?}"),
            _ => String::new(),
        };
        let (unit, default) = (&field.unit, &field.default);
        format!("{name}<{}{values} {unit:?} {default:?}>", field.kind.name())
    }

    fn event(&self, event: Option<usize>) -> String {
        match event {
            Some(event) => self.schema.events[event].name.clone(),
            None if self.exact => {
                let events = self.schema.events.iter().map(|event| event.name.as_str());
                let mut all: Vec<&str> = events.collect();
                all.sort_unstable();
                format!("events{all:?}")
            }
            None => "events".to_owned(),
        }
    }

    fn zone(&self) -> String {
        let at = self.schema.zone_attribute();
        at.map_or_else(
            || "\"UTC\"".to_owned(),
            |at| self.field("customer", &self.schema.attributes[at]),
        )
    }

    fn aggregate(&self, aggregate: &Aggregate) -> String {
        let of_event = |program: &Program| {
            let input = |slot: usize| self.input(&program.inputs[slot], aggregate.event);
            program.root.text(&input, self.exact)
        };
        let subject =
            aggregate.value.as_ref().map_or_else(|| self.event(aggregate.event), of_event);
        let mut args = vec![subject];
        match aggregate.op {
            AggregateOp::Nth(n) => args.push(n.to_string()),
            AggregateOp::Percentile(p) => args.push(format!("{p:?}")),
            AggregateOp::Ewma(half_life) => args.push(format!("\"{half_life}\"")),
            AggregateOp::Sequence { then, within } => {
                args.extend([self.event(then), format!("\"{within}\"")]);
            }
            AggregateOp::Absent { since, wait } => {
                args.extend([self.event(since), format!("\"{wait}\"")]);
            }
            _ => {}
        }
        match aggregate.window {
            Window::Past => {}
            Window::Last(span) => args.push(format!("\"{span}\"")),
            Window::Horizon { gap, horizon } if self.exact => {
                args.push(format!("horizon {gap} {horizon}"));
            }
            Window::Horizon { .. } => args.push("horizon".to_owned()),
        }
        args.extend(aggregate.filter.as_ref().map(of_event));
        if self.exact && aggregate.op.needs_zone() {
            args.push(self.zone());
        }
        called(aggregate.op.name(), &args, self.exact)
    }
}

fn called(name: &str, args: &[String], exact: bool) -> String {
    let args = args.join(", ");
    if exact { format!("{name}@{}({args})", version(name)) } else { format!("{name}({args})") }
}

impl Function {
    fn name(self) -> &'static str {
        match self {
            Self::DaysSince => "days_since",
            Self::DaysUntil => "days_until",
            Self::Ratio => "ratio",
            Self::Clamp => "clamp",
            Self::Coalesce => "coalesce",
            Self::Log1p => "log1p",
            Self::Has => "has",
            Self::StartsWith => "startsWith",
            Self::EndsWith => "endsWith",
            Self::Contains => "contains",
            Self::Size => "size",
            Self::HourOf => "hour_of",
            Self::Weekday => "weekday",
            Self::Bucket => "bucket",
            Self::Logistic => "logistic",
            Self::Decay => "decay",
            Self::PercentileRank => "percentile_rank",
        }
    }
}

impl Node {
    /// The tree as text; `input` says how a slot is written. `exact` as in [`Names`].
    pub(super) fn text(&self, input: &dyn Fn(usize) -> String, exact: bool) -> String {
        self.shape(input, exact, &|child, operand| {
            let text = child.text(input, exact);
            if operand && child.is_joined() { format!("({text})") } else { text }
        })
    }

    /// The root as text, where `part` says how what is below it is written: as an operand, which
    /// may need brackets, or between commas.
    pub(super) fn shape(
        &self,
        input: &dyn Fn(usize) -> String,
        exact: bool,
        part: &dyn Fn(&Self, bool) -> String,
    ) -> String {
        let operand = |node: &Self| part(node, true);
        let all = |nodes: &[Self]| nodes.iter().map(|node| part(node, false)).collect::<Vec<_>>();
        match self {
            Self::Number(x) => format!("{x:?}"),
            Self::Bool(truth) => truth.to_string(),
            Self::Text(text) => format!("{text:?}"),
            Self::Time(at) => format!("timestamp(\"{at}\")"),
            Self::Span(span) => format!("duration(\"{span}\")"),
            Self::Input(slot) => input(*slot),
            Self::Not(a) => format!("!{}", operand(a)),
            Self::Negate(a) => format!("-{}", operand(a)),
            Self::And(a, b) => joined("&&", exact, &operand(a), &operand(b)),
            Self::Or(a, b) => joined("||", exact, &operand(a), &operand(b)),
            // `a > b` is `b < a`.
            Self::Compare(BinaryOp::Greater, a, b) if exact => {
                joined("<", false, &operand(b), &operand(a))
            }
            Self::Compare(BinaryOp::GreaterEqual, a, b) if exact => {
                joined("<=", false, &operand(b), &operand(a))
            }
            Self::Compare(op, a, b) | Self::Arithmetic(op, a, b) => {
                let either = matches!(
                    op,
                    BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::Add | BinaryOp::Multiply
                );
                joined(op.symbol(), exact && either, &operand(a), &operand(b))
            }
            Self::Choose(condition, yes, no) => {
                format!("{} ? {} : {}", operand(condition), operand(yes), operand(no))
            }
            Self::OneOf(a, items) => format!("{} in [{}]", operand(a), all(items).join(", ")),
            Self::Call(function, args) => match function {
                // What the checker added is no argument to a reader.
                Function::DaysSince
                | Function::DaysUntil
                | Function::HourOf
                | Function::Weekday
                    if !exact =>
                {
                    called(function.name(), &all(&args[..1]), exact)
                }
                Function::StartsWith | Function::EndsWith | Function::Contains if !exact => {
                    let rest = called(function.name(), &all(&args[1..]), exact);
                    format!("{}.{rest}", operand(&args[0]))
                }
                _ => called(function.name(), &all(args), exact),
            },
            Self::Curve(x, points) => {
                let mut args = vec![part(x, false)];
                args.extend(points.iter().flat_map(|(x, y)| [format!("{x:?}"), format!("{y:?}")]));
                called("curve", &args, exact)
            }
        }
    }

    /// Whether it needs brackets as an operand.
    fn is_joined(&self) -> bool {
        matches!(
            self,
            Self::And(..)
                | Self::Or(..)
                | Self::Compare(..)
                | Self::Arithmetic(..)
                | Self::Choose(..)
                | Self::OneOf(..)
        )
    }

    fn functions(&self, found: &mut Vec<&'static str>) {
        match self {
            Self::Call(function, _) => found.push(function.name()),
            Self::Curve(..) => found.push("curve"),
            _ => {}
        }
        self.each_child(&mut |child| child.functions(found));
    }
}

/// Two operands and what joins them; where either order gives the same bits, in one order.
fn joined(symbol: &str, either_order: bool, a: &str, b: &str) -> String {
    if either_order && b < a { format!("{b} {symbol} {a}") } else { format!("{a} {symbol} {b}") }
}
