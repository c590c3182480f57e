//! Conditions over many rows at once: each part for all rows before the next part.
//!
//! A truth is a byte, and false, missing and true ascend: then `&&` is the least, `||` the greatest
//! and `!` the distance from true, as Kleene has them. A missing number is NaN. Every row gets what
//! [`Program::eval`] gives it alone; what has no form here, such as calls and instants, is left to
//! that.

use std::borrow::Cow;
use std::ops::Range;

use super::ast::BinaryOp;
use super::program::{Node, Program};
use crate::math::finite;

const FALSE: u8 = 0;
const MISSING: u8 = 1;
const TRUE: u8 = 2;

/// A column of rows.
#[derive(Debug, Clone, Copy)]
pub enum Column<'a> {
    /// Numbers, NaN where missing.
    Numbers(&'a [f64]),
    /// Truths.
    Truths(&'a [Option<bool>]),
    /// Texts by their index in a dictionary; past its end where missing.
    Texts {
        /// One index a row.
        codes: &'a [u32],
        /// The texts.
        values: &'a [String],
    },
    /// Of another type.
    Other,
}

/// The rows that are looked at.
struct Block<'a> {
    columns: &'a [Column<'a>],
    rows: Range<usize>,
}

impl Program {
    /// Whether the condition is true in each of some rows, where slot `i` is column `i`; nothing
    /// where the condition has a part that has no form here.
    #[must_use]
    pub fn holds(&self, columns: &[Column<'_>], rows: Range<usize>) -> Option<Vec<bool>> {
        let truths = Block { columns, rows }.truths(&self.root)?;
        Some(truths.into_iter().map(|truth| truth == TRUE).collect())
    }
}

impl<'a> Block<'a> {
    fn numbers(&self, node: &Node) -> Option<Cow<'a, [f64]>> {
        Some(match node {
            Node::Number(x) => vec![*x; self.rows.len()].into(),
            Node::Input(slot) => {
                let Column::Numbers(rows) = self.columns.get(*slot)? else { return None };
                Cow::Borrowed(rows.get(self.rows.clone())?)
            }
            Node::Negate(a) => self.numbers(a)?.iter().map(|x| finite(-x)).collect(),
            Node::Arithmetic(op, a, b) => {
                let (a, b) = (self.numbers(a)?, self.numbers(b)?);
                let all = a.iter().zip(&*b);
                match op {
                    BinaryOp::Add => all.map(|(a, b)| finite(a + b)).collect(),
                    BinaryOp::Subtract => all.map(|(a, b)| finite(a - b)).collect(),
                    BinaryOp::Multiply => all.map(|(a, b)| finite(a * b)).collect(),
                    BinaryOp::Divide => all.map(|(a, b)| finite(a / b)).collect(),
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    fn truths(&self, node: &Node) -> Option<Vec<u8>> {
        Some(match node {
            Node::Bool(truth) => vec![byte(*truth); self.rows.len()],
            Node::Input(slot) => {
                let Column::Truths(rows) = self.columns.get(*slot)? else { return None };
                rows.get(self.rows.clone())?.iter().map(|t| t.map_or(MISSING, byte)).collect()
            }
            Node::Not(a) => self.truths(a)?.into_iter().map(|truth| TRUE - truth).collect(),
            Node::And(a, b) => joined(self.truths(a)?, &self.truths(b)?, u8::min),
            Node::Or(a, b) => joined(self.truths(a)?, &self.truths(b)?, u8::max),
            Node::Compare(op @ (BinaryOp::Equal | BinaryOp::NotEqual), a, b)
                if matches!(&**b, Node::Text(_)) =>
            {
                let Node::Text(text) = &**b else { return None };
                let equal = *op == BinaryOp::Equal;
                self.texts(a, |value| (value == &**text) == equal)?
            }
            Node::Compare(op, a, b) => self.compared(*op, a, b)?,
            Node::OneOf(a, items) => {
                let text = |item: &Node| matches!(item, Node::Text(_));
                if !items.iter().all(text) {
                    return None;
                }
                let is = |item: &Node, value: &str| matches!(item, Node::Text(t) if **t == *value);
                self.texts(a, |value| items.iter().any(|item| is(item, value)))?
            }
            _ => return None,
        })
    }

    /// What holds of the texts of a column: asked once of each text there is.
    fn texts(&self, node: &Node, holds: impl Fn(&str) -> bool) -> Option<Vec<u8>> {
        let Node::Input(slot) = node else { return None };
        let Column::Texts { codes, values } = self.columns.get(*slot)? else { return None };
        let known: Vec<u8> = values.iter().map(|value| byte(holds(value))).collect();
        let truth = |code: &u32| known.get(*code as usize).copied().unwrap_or(MISSING);
        Some(codes.get(self.rows.clone())?.iter().map(truth).collect())
    }

    fn compared(&self, op: BinaryOp, a: &Node, b: &Node) -> Option<Vec<u8>> {
        let a = self.numbers(a)?;
        // A number is compared with where it stands, not as a column of equals.
        if let Node::Number(b) = b {
            let b = *b;
            return by(op, a.iter().map(|a| (*a, b)));
        }
        let b = self.numbers(b)?;
        by(op, a.iter().zip(&*b).map(|(a, b)| (*a, *b)))
    }
}

/// The comparison of all pairs.
fn by(op: BinaryOp, pairs: impl Iterator<Item = (f64, f64)>) -> Option<Vec<u8>> {
    fn all(pairs: impl Iterator<Item = (f64, f64)>, holds: impl Fn(f64, f64) -> bool) -> Vec<u8> {
        let truth = |(a, b): (f64, f64)| {
            let missing = a.is_nan() | b.is_nan();
            if missing { MISSING } else { byte(holds(a, b)) }
        };
        pairs.map(truth).collect()
    }
    Some(match op {
        BinaryOp::Equal => all(pairs, |a, b| a == b),
        BinaryOp::NotEqual => all(pairs, |a, b| a != b),
        BinaryOp::Less => all(pairs, |a, b| a < b),
        BinaryOp::LessEqual => all(pairs, |a, b| a <= b),
        BinaryOp::Greater => all(pairs, |a, b| a > b),
        BinaryOp::GreaterEqual => all(pairs, |a, b| a >= b),
        _ => return None,
    })
}

fn byte(truth: bool) -> u8 {
    if truth { TRUE } else { FALSE }
}

fn joined(mut a: Vec<u8>, b: &[u8], join: impl Fn(u8, u8) -> u8) -> Vec<u8> {
    for (a, b) in a.iter_mut().zip(b) {
        *a = join(*a, *b);
    }
    a
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::check::compile;
    use super::super::scope::Scope;
    use super::super::value::Value;
    use super::*;
    use crate::schema::{Field, FieldType, Schema};

    const CONDITIONS: [&str; 8] = [
        "customer.a + customer.b * 2.0 > 3.0 && !(customer.a / customer.b <= 1.0)",
        "customer.p || customer.a - customer.b == 0.0",
        "customer.t in [\"x\", \"y\"] && customer.p",
        "customer.t != \"z\" || customer.b >= -customer.a",
        "!(customer.p && customer.a < customer.b) || customer.t == \"q\"",
        "customer.a != customer.b",
        "clamp(customer.a, 0.0, 1.0) > 0.5",
        "1.0 < customer.a",
    ];

    proptest! {
        #[test]
        fn many_rows_are_what_each_is_alone(rows in proptest::collection::vec(
            (-2_i8..4, -2_i8..4, proptest::option::of(any::<bool>()), 0_u32..4), 1..40,
        )) {
            let field = |name: &str, kind| Field::new(name, kind);
            let schema = Schema {
                attributes: vec![
                    field("a", FieldType::Number),
                    field("b", FieldType::Number),
                    field("p", FieldType::Bool),
                    field("t", FieldType::Text),
                ],
                events: Vec::new(),
            };
            // 3 stands for a missing number.
            let number = |x: i8| if x == 3 { f64::NAN } else { f64::from(x) };
            let a: Vec<f64> = rows.iter().map(|row| number(row.0)).collect();
            let b: Vec<f64> = rows.iter().map(|row| number(row.1)).collect();
            let p: Vec<Option<bool>> = rows.iter().map(|row| row.2).collect();
            let codes: Vec<u32> = rows.iter().map(|row| row.3).collect();
            let values = ["x", "y", "z"].map(str::to_owned);
            let columns = [
                Column::Numbers(&a),
                Column::Numbers(&b),
                Column::Truths(&p),
                Column::Texts { codes: &codes, values: &values },
            ];
            for (at, text) in CONDITIONS.iter().enumerate() {
                let program = compile(text, &Scope::of_features(&schema, &[])).unwrap();
                let program = program.bind(|input| match input {
                    super::super::Input::Attribute(index) => *index,
                    _ => 9,
                });
                let found = program.holds(&columns, 0..rows.len());
                prop_assert_eq!(found.is_none(), at == 6, "{}", text);
                for (row, found) in found.into_iter().flatten().enumerate() {
                    let text = values.get(codes[row] as usize);
                    let frame = [
                        Value::number(a[row]),
                        Value::number(b[row]),
                        Value::truth(p[row]),
                        text.map_or(Value::Missing, |text| Value::Text(text)),
                    ];
                    prop_assert_eq!(found, program.eval(&frame) == Value::Bool(true));
                }
            }
        }
    }
}
