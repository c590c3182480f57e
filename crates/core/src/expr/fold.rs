//! Constant folding: what does not depend on a customer is computed when the playbook is read.
//!
//! A folded tree gives the same bits as the one that was written, since the same code evaluates
//! both. What is always missing, such as `1 / 0`, is left as it is.

use super::program::{Input, Node};
use super::value::Value;

/// The tree with constants in place of what is constant, and the inputs that it still reads.
pub(super) fn fold(mut root: Node, inputs: Vec<Input>) -> (Node, Vec<Input>) {
    fold_node(&mut root);
    let mut slots = vec![usize::MAX; inputs.len()];
    let mut kept = Vec::new();
    for (slot, input) in inputs.into_iter().enumerate() {
        if root.reads_slot(slot) {
            slots[slot] = kept.len();
            kept.push(input);
        }
    }
    root.rebase(&slots);
    (root, kept)
}

fn fold_node(node: &mut Node) {
    let mut operands = 0;
    let mut constants = 0;
    node.each_child_mut(&mut |child| {
        fold_node(child);
        operands += 1;
        constants += usize::from(child.is_constant());
    });
    let folded = match node {
        // Kleene's logic with one side known: false decides `&&`, true leaves the other side.
        Node::And(a, b) => one_side(a, b, false),
        Node::Or(a, b) => one_side(a, b, true),
        Node::Choose(condition, yes, no) => match **condition {
            Node::Bool(true) => Some((**yes).clone()),
            Node::Bool(false) => Some((**no).clone()),
            _ => None,
        },
        _ if operands > 0 && operands == constants => constant(node.eval(&[])),
        _ => None,
    };
    if let Some(folded) = folded {
        *node = folded;
    }
}

/// What is left of `a && b` or `a || b` where a side is known; `decides` is what settles it.
fn one_side(a: &Node, b: &Node, decides: bool) -> Option<Node> {
    [(a, b), (b, a)].into_iter().find_map(|(side, other)| match side {
        Node::Bool(truth) if *truth == decides => Some(Node::Bool(decides)),
        Node::Bool(_) => Some(other.clone()),
        _ => None,
    })
}

impl Node {
    fn is_constant(&self) -> bool {
        matches!(
            self,
            Self::Number(_) | Self::Bool(_) | Self::Text(_) | Self::Time(_) | Self::Span(_)
        )
    }
}

fn constant(value: Value<'_>) -> Option<Node> {
    match value {
        Value::Missing | Value::Clock(_) => None,
        Value::Number(x) => Some(Node::Number(x)),
        Value::Bool(truth) => Some(Node::Bool(truth)),
        Value::Text(text) => Some(Node::Text(text.to_owned())),
        Value::Time(at) => Some(Node::Time(at)),
        Value::Span(span) => Some(Node::Span(span)),
    }
}
