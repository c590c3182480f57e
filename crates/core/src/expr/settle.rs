//! Which value of a label no later event can take back.
//!
//! The data end somewhere, and a horizon may end after them. "No login in the horizon" is then
//! certain as soon as there is one: however many follow, it stays false. What stays is proved from
//! the expression: counts, and what grows with them, never fall when events are added behind all
//! others; a comparison, a negation, `&&` and `||` carry that on. Whatever is not proved is open.

use super::ast::BinaryOp;
use super::program::{AggregateOp, Input, Node, Program, Window};

/// What later events can do to a value that is there.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stays {
    /// A number never falls, true stays true.
    up: bool,
    /// A number never rises, false stays false.
    down: bool,
}

const FIXED: Stays = Stays { up: true, down: true };
const OPEN: Stays = Stays { up: false, down: false };

impl Stays {
    fn and(self, other: Self) -> Self {
        Self { up: self.up && other.up, down: self.down && other.down }
    }

    fn turned(self) -> Self {
        Self { up: self.down, down: self.up }
    }
}

impl Program {
    /// The truth that stays once it is reached, if there is one: later events, which lie in the
    /// horizon, cannot change it back.
    pub(crate) fn settles(&self) -> Option<bool> {
        match self.stays(&self.root) {
            Stays { up: true, down: false } => Some(true),
            Stays { up: false, down: true } => Some(false),
            _ => None,
        }
    }

    fn stays(&self, node: &Node) -> Stays {
        match node {
            Node::Input(slot) => of_input(&self.inputs[*slot]),
            Node::Not(a) | Node::Negate(a) => self.stays(a).turned(),
            Node::And(a, b) | Node::Or(a, b) | Node::Arithmetic(BinaryOp::Add, a, b) => {
                self.stays(a).and(self.stays(b))
            }
            Node::Arithmetic(BinaryOp::Subtract, a, b) => self.stays(a).and(self.stays(b).turned()),
            Node::Compare(op, a, b) => self.comparison(*op, a, b),
            Node::Choose(condition, a, b) if self.stays(condition) == FIXED => {
                self.stays(a).and(self.stays(b))
            }
            other => {
                let mut all = FIXED;
                other.each_child(&mut |child| all = all.and(self.stays(child)));
                if all == FIXED { FIXED } else { OPEN }
            }
        }
    }

    fn comparison(&self, op: BinaryOp, a: &Node, b: &Node) -> Stays {
        let (left, right) = (self.stays(a), self.stays(b));
        match op {
            BinaryOp::Greater | BinaryOp::GreaterEqual => left.and(right.turned()),
            BinaryOp::Less | BinaryOp::LessEqual => left.turned().and(right),
            _ if left == FIXED && right == FIXED => FIXED,
            // A number of events that is not 0 never becomes it.
            BinaryOp::Equal if self.is_none_counted(a, b) => Stays { up: false, down: true },
            BinaryOp::NotEqual if self.is_none_counted(a, b) => Stays { up: true, down: false },
            _ => OPEN,
        }
    }

    /// Whether a number of events is compared with 0.
    fn is_none_counted(&self, a: &Node, b: &Node) -> bool {
        let (Node::Input(slot), Node::Number(x)) = (a, b) else {
            return matches!((a, b), (Node::Number(_), Node::Input(_)))
                && self.is_none_counted(b, a);
        };
        let counts =
            |op| matches!(op, AggregateOp::Count | AggregateOp::Distinct | AggregateOp::ActiveDays);
        *x == 0.0
            && matches!(&self.inputs[*slot], Input::Aggregate(aggregate) if counts(aggregate.op))
    }
}

fn of_input(input: &Input) -> Stays {
    let Input::Aggregate(aggregate) = input else { return FIXED };
    if !matches!(aggregate.window, Window::Horizon { .. }) {
        return FIXED;
    }
    match aggregate.op {
        AggregateOp::Count
        | AggregateOp::Exists
        | AggregateOp::Distinct
        | AggregateOp::ActiveDays
        | AggregateOp::Sequence { .. }
        | AggregateOp::Max => Stays { up: true, down: false },
        AggregateOp::Min => Stays { up: false, down: true },
        _ => OPEN,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Scope, Type, compile_as};
    use crate::schema::{EventType, Field, FieldType, Schema};
    use crate::time::Span;

    #[test]
    fn what_is_proved_to_stay() {
        let amount = Field::new("amount", FieldType::Number);
        let schema = Schema {
            attributes: vec![Field::new("mrr", FieldType::Number)],
            events: vec![
                EventType { name: "login".to_owned(), properties: Vec::new() },
                EventType { name: "purchase".to_owned(), properties: vec![amount] },
            ],
        };
        let horizon = Some((Span::ZERO, Span::days(30)));
        let scope = Scope { horizon, ..Scope::of_features(&schema, &[]) };
        for (label, expected) in [
            ("count(login, horizon) == 0", Some(false)),
            ("0 == count(login, horizon)", Some(false)),
            ("count(login, horizon) != 0", Some(true)),
            ("count(login, horizon) < 3", Some(false)),
            ("2 >= count(login, horizon)", Some(false)),
            ("exists(login, horizon)", Some(true)),
            ("!exists(login, horizon)", Some(false)),
            ("!exists(login, horizon) && count(purchase, horizon) == 0", Some(false)),
            ("!exists(login, horizon) && customer.mrr > 3", Some(false)),
            ("exists(login, horizon) || max(purchase.amount, horizon) > 9", Some(true)),
            ("min(purchase.amount, horizon) >= 9", Some(false)),
            ("count(login, horizon) - count(login, \"30d\") < 0", Some(false)),
            ("count(login, horizon) < 0.5 * count(login, \"30d\")", Some(false)),
            ("customer.mrr > 3 ? exists(login, horizon) : count(login, horizon) > 2", Some(true)),
            // Nothing is proved of these.
            ("count(login, horizon) == 1", None),
            ("exists(login, horizon) && !exists(purchase, horizon)", None),
            ("sum(purchase.amount, horizon) < 10", None),
            ("mean(purchase.amount, horizon) < 10", None),
            ("last(purchase.amount, horizon) > 3", None),
            ("coalesce(max(purchase.amount, horizon), 9) > 3", None),
            ("has(max(purchase.amount, horizon))", None),
            ("exists(login, horizon) ? exists(purchase, horizon) : true", None),
            ("count(login, horizon) in [0.0]", None),
            ("customer.mrr > 3", None),
        ] {
            let program = compile_as(label, &scope, &Type::Bool).unwrap();
            assert_eq!(program.settles(), expected, "{label}");
        }
    }
}
