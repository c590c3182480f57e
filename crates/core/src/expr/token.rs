//! Text into tokens, each with its place.

use crate::error::{Error, ErrorCode, Position, Result};
use crate::math;

/// A token of the language.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(String),
    Name(String),
    /// An operator or a bracket.
    Symbol(&'static str),
    End,
}

impl Token {
    /// How an error names the token.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Number(number) => format!("the number `{number}`"),
            Self::Text(text) => format!("the text `{text}`"),
            Self::Name(name) => format!("`{name}`"),
            Self::Symbol(symbol) => format!("`{symbol}`"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// Operators and brackets; a longer one stands before those it begins with.
const SYMBOLS: [&str; 22] = [
    "||", "&&", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",",
    "(", ")", "[", "]",
];

/// The tokens of `text`, closed by [`Token::End`].
pub(super) fn tokenize(text: &str) -> Result<Vec<(Token, Position)>> {
    let mut lexer = Lexer { rest: text, at: Position { line: 1, column: 1 } };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_space();
        let at = lexer.at;
        let token = lexer.next()?;
        let end = token == Token::End;
        tokens.push((token, at));
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    rest: &'t str,
    at: Position,
}

impl<'t> Lexer<'t> {
    fn take(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(bytes);
        for c in taken.chars() {
            if c == '\n' {
                self.at.line += 1;
                self.at.column = 1;
            } else {
                self.at.column += 1;
            }
        }
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !accept(c)).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn skip_space(&mut self) {
        loop {
            self.take_while(char::is_whitespace);
            if !self.rest.starts_with("//") {
                return;
            }
            self.take_while(|c| c != '\n');
        }
    }

    fn next(&mut self) -> Result<Token> {
        let Some(first) = self.rest.chars().next() else { return Ok(Token::End) };
        let second = self.rest[first.len_utf8()..].chars().next();
        if first.is_ascii_digit() || (first == '.' && second.is_some_and(|c| c.is_ascii_digit())) {
            return self.number();
        }
        if first == '"' || first == '\'' {
            return self.text(first, false);
        }
        if first == 'r' && second.is_some_and(|c| c == '"' || c == '\'') {
            self.take(1);
            return self.text(second.unwrap_or('"'), true);
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
            return Ok(Token::Name(name.to_owned()));
        }
        for symbol in SYMBOLS {
            if self.rest.starts_with(symbol) {
                self.take(symbol.len());
                return Ok(Token::Symbol(symbol));
            }
        }
        let hint = match first {
            '=' => "; did you mean `==`?",
            '&' => "; did you mean `&&`?",
            '|' => "; did you mean `||`?",
            _ => "",
        };
        Err(syntax(self.at, format!("`{first}` is not part of the language{hint}")))
    }

    fn number(&mut self) -> Result<Token> {
        let at = self.at;
        let bytes = self.rest.as_bytes();
        let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut end = digits(0);
        if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
            end += 1 + digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits((end + 1 + sign).min(bytes.len()));
            if exponent > 0 {
                end += 1 + sign + exponent;
            }
        }
        let text = self.take(end);
        let Some(number) = math::decimal(text) else {
            return Err(syntax(at, format!("`{text}` is too large for a number")));
        };
        if let Some(c) = self.rest.chars().next().filter(|c| c.is_alphanumeric() || *c == '_') {
            return Err(syntax(
                at,
                format!(
                    "`{text}{c}` is not a number; a length of time is written as text, for instance `\"30d\"`"
                ),
            ));
        }
        Ok(Token::Number(number))
    }

    fn text(&mut self, quote: char, raw: bool) -> Result<Token> {
        let at = self.at;
        self.take(1);
        let mut text = String::new();
        loop {
            let Some(c) = self.rest.chars().next() else {
                return Err(syntax(at, format!("this text has no closing `{quote}`")));
            };
            let escape_at = self.at;
            self.take(c.len_utf8());
            if c == quote {
                return Ok(Token::Text(text));
            }
            if c != '\\' || raw {
                text.push(c);
                continue;
            }
            let escaped = self.rest.chars().next();
            text.push(match escaped {
                Some(c @ ('\\' | '"' | '\'' | '`' | '?')) => c,
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('u') => {
                    self.take(1);
                    self.unicode(escape_at)?;
                    let code = self.take(4);
                    let known = u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
                    text.push(known.ok_or_else(|| {
                        syntax(escape_at, format!("`\\u{code}` is not a character"))
                    })?);
                    continue;
                }
                Some(c) => return Err(syntax(escape_at, format!("`\\{c}` is not an escape"))),
                None => return Err(syntax(at, format!("this text has no closing `{quote}`"))),
            });
            self.take(1);
        }
    }

    /// Checks that four hexadecimal digits follow.
    fn unicode(&self, at: Position) -> Result<()> {
        let digits = self.rest.chars().take_while(char::is_ascii_hexdigit).take(4).count();
        if digits == 4 {
            return Ok(());
        }
        Err(syntax(at, "`\\u` needs four hexadecimal digits".to_owned()))
    }
}

pub(super) fn syntax(at: Position, message: String) -> Error {
    Error::new(ErrorCode::ExpressionSyntax, "expression", message).at(at)
}
