//! The tree that the parser makes: what was written, not yet what it means.

use crate::error::Position;

/// An expression as written, with the place of its first token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ast {
    pub(crate) at: Position,
    pub(crate) kind: AstKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AstKind {
    Number(f64),
    Bool(bool),
    Text(String),
    Name(String),
    /// `base.field`, with the place of the field.
    Field(Box<Ast>, String, Position),
    /// `name(args…)`; a method call `x.name(args…)` has `x` as its first argument.
    Call {
        name: String,
        args: Vec<Ast>,
        method: bool,
    },
    List(Vec<Ast>),
    Not(Box<Ast>),
    Negate(Box<Ast>),
    Binary(BinaryOp, Box<Ast>, Box<Ast>),
    Choose(Box<Ast>, Box<Ast>, Box<Ast>),
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl BinaryOp {
    /// How the operator is written.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

impl Ast {
    /// Calls `visit` with every name in the tree that stands for a value (not a function).
    pub(crate) fn names<'a>(&'a self, visit: &mut impl FnMut(&'a str)) {
        match &self.kind {
            AstKind::Name(name) => visit(name),
            AstKind::Number(_) | AstKind::Bool(_) | AstKind::Text(_) => {}
            AstKind::Field(base, ..) => base.names(visit),
            AstKind::Call { args, .. } | AstKind::List(args) => {
                for arg in args {
                    arg.names(visit);
                }
            }
            AstKind::Not(inner) | AstKind::Negate(inner) => inner.names(visit),
            AstKind::Binary(_, left, right) => {
                left.names(visit);
                right.names(visit);
            }
            AstKind::Choose(condition, yes, no) => {
                condition.names(visit);
                yes.names(visit);
                no.names(visit);
            }
        }
    }
}
