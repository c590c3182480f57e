//! Equal parts of bound expressions, computed once into slots of their own.
//!
//! Evaluation is total and has no effects, so a part may be computed before it is known to be
//! needed; it gives the same bits wherever it stands.

use std::collections::BTreeMap;

use super::program::{Node, Program};
use super::value::Type;

/// Takes what occurs more than once in `steps` out into steps of their own, each before the first
/// that reads it. The new slots count up from `next`; how many there are is returned.
///
/// A step is a slot and what is computed into it, bound to the frame. Cost: O(n · depth) for n
/// nodes.
pub(crate) fn share(steps: &mut Vec<(usize, Program)>, next: usize) -> usize {
    let mut parts: BTreeMap<String, Part> = BTreeMap::new();
    for (_, program) in steps.iter() {
        count(&program.root, &mut parts);
    }
    let mut sharing = Sharing { parts, next, made: Vec::new() };
    let mut all = Vec::with_capacity(steps.len());
    for (slot, mut program) in std::mem::take(steps) {
        sharing.replace(&mut program.root);
        all.append(&mut sharing.made);
        all.push((slot, program));
    }
    *steps = all;
    sharing.next - next
}

#[derive(Default)]
struct Part {
    times: usize,
    slot: Option<usize>,
}

struct Sharing {
    parts: BTreeMap<String, Part>,
    next: usize,
    made: Vec<(usize, Program)>,
}

/// The text that equal parts have in common; none for what is not worth a slot.
fn key(node: &Node) -> Option<String> {
    let mut operands = false;
    node.each_child(&mut |_| operands = true);
    operands.then(|| node.text(&|slot| format!("#{slot}"), true))
}

/// Counts how often each part occurs; what is inside an equal part counts once.
fn count(node: &Node, parts: &mut BTreeMap<String, Part>) {
    let Some(key) = key(node) else { return };
    let part = parts.entry(key).or_default();
    part.times += 1;
    if part.times == 1 {
        node.each_child(&mut |child| count(child, parts));
    }
}

impl Sharing {
    fn replace(&mut self, node: &mut Node) {
        let Some(key) = key(node) else { return };
        let Some(part) = self.parts.get(&key).filter(|part| part.times > 1) else {
            node.each_child_mut(&mut |child| self.replace(child));
            return;
        };
        let slot = part.slot.unwrap_or_else(|| {
            let slot = self.next;
            self.next += 1;
            slot
        });
        if part.slot.is_none() {
            let mut root = node.clone();
            root.each_child_mut(&mut |child| self.replace(child));
            // Only its value is read, through the slot.
            self.made.push((slot, Program { kind: Type::Number, inputs: Vec::new(), root }));
            if let Some(part) = self.parts.get_mut(&key) {
                part.slot = Some(slot);
            }
        }
        *node = Node::Input(slot);
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
