//! An expression written out again, in one way whatever the spacing and brackets it came with.

use std::fmt;

use super::ast::{Ast, AstKind};

impl fmt::Display for Ast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            AstKind::Number(x) => write!(f, "{x:?}"),
            AstKind::Bool(truth) => write!(f, "{truth}"),
            AstKind::Text(text) => write!(f, "{text:?}"),
            AstKind::Name(name) => f.write_str(name),
            AstKind::Field(base, field, _) => write!(f, "{base}.{field}"),
            AstKind::Call { name, args, method } => {
                let (receiver, args) = args.split_at(usize::from(*method).min(args.len()));
                for receiver in receiver {
                    write!(f, "{receiver}.")?;
                }
                write!(f, "{name}(")?;
                list(f, args)?;
                f.write_str(")")
            }
            AstKind::List(items) => {
                f.write_str("[")?;
                list(f, items)?;
                f.write_str("]")
            }
            AstKind::Not(inner) => write!(f, "!{}", Operand(inner)),
            AstKind::Negate(inner) => write!(f, "-{}", Operand(inner)),
            AstKind::Binary(op, left, right) => {
                write!(f, "{} {} {}", Operand(left), op.symbol(), Operand(right))
            }
            AstKind::Choose(condition, yes, no) => {
                write!(f, "{} ? {} : {}", Operand(condition), Operand(yes), Operand(no))
            }
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, items: &[Ast]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        write!(f, "{comma}{item}")?;
    }
    Ok(())
}

/// A part of an operation, in brackets where it is an operation itself.
struct Operand<'a>(&'a Ast);

impl fmt::Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            AstKind::Binary(..) | AstKind::Choose(..) => write!(f, "({})", self.0),
            _ => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parser::parse;

    #[test]
    fn spacing_and_needless_brackets_do_not_show() {
        for (text, printed) in [
            ("a+b*c", "a + (b * c)"),
            ("((a)) ?b : c", "a ? b : c"),
            ("count( login,'30d' )==0", "count(login, \"30d\") == 0.0"),
            ("x.plan .startsWith('p')", "x.plan.startsWith(\"p\")"),
            ("!(a || b) && -c < 1", "!(a || b) && (-c < 1.0)"),
        ] {
            let once = parse(text).unwrap().to_string();
            assert_eq!(once, printed);
            assert_eq!(parse(&once).unwrap().to_string(), once);
        }
    }
}
