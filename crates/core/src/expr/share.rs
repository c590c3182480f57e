//! Equal parts of bound expressions, computed once into slots of their own.
//!
//! Evaluation is total and has no effects, so a part may be computed before it is known to be
//! needed; it gives the same bits wherever it stands.

use hashbrown::HashMap;

use super::program::{Node, Program};
use super::value::Type;

/// Takes what occurs more than once in `steps` out into steps of their own, each before the first
/// that reads it. The new slots count up from `next`; how many there are is returned.
///
/// A step is a slot and what is computed into it, bound to the frame. Equal parts have equal
/// numbers: a part is known by its operation and the numbers of its operands. Cost: O(n) for
/// n nodes.
pub(crate) fn share(steps: &mut Vec<(usize, Program)>, next: usize) -> usize {
    let mut parts = Parts::default();
    for (_, program) in steps.iter_mut() {
        let root = parts.number(&mut program.root, &mut |_, _, _| {});
        parts.read[root] += 1;
    }
    let read = std::mem::take(&mut parts.read);
    // For each part, its slot, if it has one.
    let mut slots = vec![None; read.len()];
    let mut made = 0;
    let mut all = Vec::with_capacity(steps.len());
    for (slot, mut program) in std::mem::take(steps) {
        let mut take_out = |parts: &mut Parts, node: &mut Node, number: usize| {
            if read[number] < 2 || parts.leaf[number] {
                return;
            }
            let slot = *slots[number].get_or_insert_with(|| {
                let taken = next + made;
                made += 1;
                // Only its value is read, through the slot.
                let (kind, root) = (Type::Number, node.clone());
                all.push((taken, Program { kind, inputs: Vec::new(), root }));
                taken
            });
            *node = Node::Input(slot);
        };
        let root = parts.number(&mut program.root, &mut take_out);
        take_out(&mut parts, &mut program.root, root);
        all.push((slot, program));
    }
    *steps = all;
    made
}

/// The different parts of some expressions, numbered.
#[derive(Default)]
struct Parts {
    numbers: HashMap<String, usize>,
    /// For each part, how many different parts or steps read it.
    read: Vec<usize>,
    /// For each part, whether it is an input or a constant, which needs no slot.
    leaf: Vec<bool>,
}

impl Parts {
    /// The number of a part. What is below it is shown to `visit` with its number, from the inside
    /// out, which may replace it.
    fn number(
        &mut self,
        node: &mut Node,
        visit: &mut dyn FnMut(&mut Self, &mut Node, usize),
    ) -> usize {
        let mut below: Vec<(*const Node, usize)> = Vec::new();
        node.each_child_mut(&mut |child| {
            let number = self.number(child, visit);
            visit(self, child, number);
            below.push((std::ptr::from_ref(child), number));
        });
        let of = |child: &Node| below.iter().find(|(at, _)| std::ptr::eq(*at, child));
        let key = node.shape(&|slot| format!("#{slot}"), true, &|child, _| {
            of(child).map_or_else(String::new, |(_, number)| format!("%{number}"))
        });
        let next = self.numbers.len();
        let number = *self.numbers.entry(key).or_insert(next);
        if number == next {
            self.leaf.push(below.is_empty());
            self.read.push(0);
            for (_, child) in &below {
                if let Some(times) = self.read.get_mut(*child) {
                    *times += 1;
                }
            }
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::compile;
    use super::super::scope::Scope;
    use super::super::value::Value;
    use super::*;
    use crate::schema::{Field, FieldType, Schema};

    #[test]
    fn equal_parts_are_computed_once_and_in_order() {
        let field = |name: &str| Field::new(name, FieldType::Number);
        let schema = Schema { attributes: vec![field("a"), field("b")], events: Vec::new() };
        let compiled = |text: &str| {
            let program = compile(text, &Scope::of_features(&schema, &[])).unwrap();
            program.bind(|input| usize::from(*input != super::super::Input::Attribute(0)))
        };
        let texts = [
            "(customer.a + customer.b) * (customer.b + customer.a)",
            "log1p(customer.b + customer.a) > 1 ? 1 : customer.a / 2",
            "if(log1p(customer.a + customer.b) > 1, 2, customer.a / 2)",
        ];
        let mut steps: Vec<(usize, Program)> =
            (2..).zip(texts).map(|(slot, text)| (slot, compiled(text))).collect();
        let made = share(&mut steps, 5);
        assert_eq!(made, 3);
        let written: Vec<(usize, String)> = steps
            .iter()
            .map(|(slot, program)| (*slot, program.root.text(&|slot| format!("#{slot}"), false)))
            .collect();
        assert_eq!(
            written,
            [
                (5, "#0 + #1".to_owned()),
                (2, "#5 * #5".to_owned()),
                (6, "log1p(#5) > 1.0".to_owned()),
                (7, "#0 / 2.0".to_owned()),
                (3, "#6 ? 1.0 : #7".to_owned()),
                (4, "#6 ? 2.0 : #7".to_owned()),
            ]
        );
        let mut frame = vec![Value::Number(3.0), Value::Number(4.0)];
        frame.resize(8, Value::Missing);
        for (slot, program) in &steps {
            frame[*slot] = program.eval(&frame);
        }
        for (slot, text) in (2..).zip(texts) {
            assert_eq!(frame[slot], compiled(text).eval(&frame[..2]));
        }
    }
}
