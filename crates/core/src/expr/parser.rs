//! Tokens into a tree, by precedence climbing over the grammar of the Common Expression Language.
//!
//! From loosest to tightest: `? :`, `||`, `&&`, comparison and `in`, `+ -`, `* / %`, `! -`,
//! then `.field`, `.method()` and calls. Macros, maps and indexing are not part of it.

use super::ast::{Ast, AstKind, BinaryOp};
use super::token::{Token, syntax, tokenize};
use crate::error::{Position, Result};

/// Deeper nesting than this is refused, so that no text exhausts the stack.
const MAX_DEPTH: usize = 64;
/// More operators than this are refused: they bound the depth of the tree, `a + b + c + …`.
const MAX_OPERATORS: usize = 512;
/// What other languages write in words.
const WORDS: [(&str, &str); 2] = [("and", "&&"), ("or", "||")];
/// Longer texts than this are refused.
const MAX_BYTES: usize = 16 * 1024;

/// Reads one expression.
pub(crate) fn parse(text: &str) -> Result<Ast> {
    let start = Position { line: 1, column: 1 };
    if text.len() > MAX_BYTES {
        return Err(syntax(start, format!("an expression is at most {MAX_BYTES} bytes long")));
    }
    let mut parser = Parser { tokens: tokenize(text)?, next: 0, depth: 0, operators: 0 };
    if *parser.peek() == Token::End {
        return Err(syntax(start, "the expression is empty".to_owned()));
    }
    let ast = parser.expression()?;
    match parser.peek() {
        Token::End => Ok(ast),
        Token::Name(word) if WORDS.iter().any(|(known, _)| known == word) => {
            let symbol = WORDS.iter().find(|(known, _)| known == word).map_or("", |(_, s)| s);
            let message = format!("expected an operator, found `{word}`; did you mean `{symbol}`?");
            Err(syntax(parser.at(), message))
        }
        token => Err(parser.expected("an operator", &token.clone())),
    }
}

struct Parser {
    tokens: Vec<(Token, Position)>,
    next: usize,
    depth: usize,
    operators: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].0
    }

    fn at(&self) -> Position {
        self.tokens[self.next].1
    }

    fn advance(&mut self) {
        // The last token is `End`, and stays.
        self.next = (self.next + 1).min(self.tokens.len() - 1);
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Token::Symbol(s) if *s == symbol);
        if found {
            self.advance();
        }
        found
    }

    fn require(&mut self, symbol: &str) -> Result<()> {
        if self.accept(symbol) {
            return Ok(());
        }
        Err(self.expected(&format!("`{symbol}`"), &self.peek().clone()))
    }

    fn expected(&self, what: &str, found: &Token) -> crate::error::Error {
        syntax(self.at(), format!("expected {what}, found {}", found.describe()))
    }

    fn expression(&mut self) -> Result<Ast> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(syntax(self.at(), format!("nested more than {MAX_DEPTH} deep")));
        }
        let at = self.at();
        let condition = self.binary(0)?;
        let ast = if self.accept("?") {
            let yes = self.expression()?;
            self.require(":")?;
            let no = self.expression()?;
            let kind = AstKind::Choose(Box::new(condition), Box::new(yes), Box::new(no));
            Ast { at, kind }
        } else {
            condition
        };
        self.depth -= 1;
        Ok(ast)
    }

    /// Operands joined by operators that bind at least as tightly as `least`.
    fn binary(&mut self, least: u8) -> Result<Ast> {
        let at = self.at();
        let mut left = self.unary()?;
        while let Some((op, tightness)) = self.operator().filter(|(_, t)| *t >= least) {
            self.operators += 1;
            if self.operators > MAX_OPERATORS {
                return Err(syntax(self.at(), format!("more than {MAX_OPERATORS} operators")));
            }
            self.advance();
            let right = self.binary(tightness + 1)?;
            left = Ast { at, kind: AstKind::Binary(op, Box::new(left), Box::new(right)) };
        }
        Ok(left)
    }

    fn operator(&self) -> Option<(BinaryOp, u8)> {
        let symbol = match self.peek() {
            Token::Symbol(symbol) => *symbol,
            Token::Name(name) if name == "in" => "in",
            _ => return None,
        };
        Some(match symbol {
            "||" => (BinaryOp::Or, 0),
            "&&" => (BinaryOp::And, 1),
            "==" => (BinaryOp::Equal, 2),
            "!=" => (BinaryOp::NotEqual, 2),
            "<" => (BinaryOp::Less, 2),
            "<=" => (BinaryOp::LessEqual, 2),
            ">" => (BinaryOp::Greater, 2),
            ">=" => (BinaryOp::GreaterEqual, 2),
            "in" => (BinaryOp::In, 2),
            "+" => (BinaryOp::Add, 3),
            "-" => (BinaryOp::Subtract, 3),
            "*" => (BinaryOp::Multiply, 4),
            "/" => (BinaryOp::Divide, 4),
            "%" => (BinaryOp::Remainder, 4),
            _ => return None,
        })
    }

    fn unary(&mut self) -> Result<Ast> {
        let at = self.at();
        let negate = self.accept("-");
        if !negate && !self.accept("!") {
            return self.postfix();
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(syntax(at, format!("nested more than {MAX_DEPTH} deep")));
        }
        let inner = Box::new(self.unary()?);
        self.depth -= 1;
        let kind = if negate { AstKind::Negate(inner) } else { AstKind::Not(inner) };
        Ok(Ast { at, kind })
    }

    fn postfix(&mut self) -> Result<Ast> {
        let mut ast = self.primary()?;
        let mut fields = 0;
        while self.accept(".") {
            fields += 1;
            if fields > MAX_DEPTH {
                return Err(syntax(self.at(), format!("nested more than {MAX_DEPTH} deep")));
            }
            let Token::Name(name) = self.peek().clone() else {
                return Err(self.expected("a name after `.`", &self.peek().clone()));
            };
            let at = self.at();
            self.advance();
            ast = if self.accept("(") {
                let mut args = vec![ast];
                self.arguments(&mut args, ")")?;
                Ast { at, kind: AstKind::Call { name, args, method: true } }
            } else {
                Ast { at: ast.at, kind: AstKind::Field(Box::new(ast), name, at) }
            };
        }
        Ok(ast)
    }

    fn primary(&mut self) -> Result<Ast> {
        let at = self.at();
        let token = self.peek().clone();
        let kind = match token {
            Token::Number(number) => AstKind::Number(number),
            Token::Text(text) => AstKind::Text(text),
            Token::Name(name) => match name.as_str() {
                "true" => AstKind::Bool(true),
                "false" => AstKind::Bool(false),
                "in" => return Err(self.expected("a value", &Token::Name(name))),
                _ => {
                    self.advance();
                    if !self.accept("(") {
                        return Ok(Ast { at, kind: AstKind::Name(name) });
                    }
                    let mut args = Vec::new();
                    self.arguments(&mut args, ")")?;
                    return Ok(Ast { at, kind: AstKind::Call { name, args, method: false } });
                }
            },
            Token::Symbol("(") => {
                self.advance();
                let inner = self.expression()?;
                self.require(")")?;
                return Ok(inner);
            }
            Token::Symbol("[") => {
                self.advance();
                let mut items = Vec::new();
                self.arguments(&mut items, "]")?;
                return Ok(Ast { at, kind: AstKind::List(items) });
            }
            token => return Err(self.expected("a value", &token)),
        };
        self.advance();
        Ok(Ast { at, kind })
    }

    /// Expressions between commas up to `close`.
    fn arguments(&mut self, into: &mut Vec<Ast>, close: &'static str) -> Result<()> {
        if self.accept(close) {
            return Ok(());
        }
        loop {
            into.push(self.expression()?);
            if self.accept(close) {
                return Ok(());
            }
            if !self.accept(",") {
                let found = self.peek().clone();
                return Err(self.expected(&format!("`,` or `{close}`"), &found));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplication_binds_tighter_than_addition_and_comparison_looser() {
        // Written out, every operand that is an operation has brackets.
        let same = |a: &str, b: &str| {
            assert_eq!(parse(a).unwrap().to_string(), parse(b).unwrap().to_string());
        };
        same("a + b * c < d || e && f", "((a + (b * c)) < d) || (e && f)");
        same("a ? b : c ? d : e", "a ? b : (c ? d : e)");
        same("a - b - c", "(a - b) - c");
        same("-a.b", "-(a.b)");
    }

    #[test]
    fn an_error_says_what_was_found_and_what_was_expected() {
        for (text, message) in [
            ("", "expression: line 1, column 1: the expression is empty"),
            ("1 +", "expression: line 1, column 4: expected a value, found the end"),
            ("(1", "expression: line 1, column 3: expected `)`, found the end"),
            ("a b", "expression: line 1, column 3: expected an operator, found `b`"),
            ("count(a b)", "expression: line 1, column 9: expected `,` or `)`, found `b`"),
            (
                "a = b",
                "expression: line 1, column 3: `=` is not part of the language; did you mean `==`?",
            ),
            ("\n  'x", "expression: line 2, column 3: this text has no closing `'`"),
            (
                "30d",
                "expression: line 1, column 1: `30d` is not a number; a length of time is written as text, for instance `\"30d\"`",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn hostile_depth_is_refused_rather_than_overflowing() {
        for text in ["(".repeat(5000), "-".repeat(5000), format!("a{}", ".b".repeat(5000))] {
            assert!(parse(&text).is_err());
        }
        assert!(parse(&format!("a{}", " + a".repeat(4000))).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,200}") {
            let _ = parse(&text);
        }
    }
}
