//! The part of the language that has nothing to do with time agrees with the `cel` crate.
//!
//! Numbers are written as doubles, since CEL has two number types and Stayput one. What is missing
//! here is an error there: an attribute that is not given, and a number that is not finite, which
//! `finite(…)` makes an error in the oracle, as CEL itself goes on with infinities.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::cell::Cell;
use std::collections::HashMap;

use cel::{Context, ExecutionError, Program as Oracle, Value as Answer};
use proptest::prelude::*;
use stayput_core::expr::{Input, Scope, Value, compile};
use stayput_core::schema::{Field, FieldType, Schema};

const NUMBERS: [&str; 3] = ["a", "b", "c"];
const TEXTS: [&str; 2] = ["s", "t"];
const TRUTHS: [&str; 2] = ["p", "q"];
const COMPARISONS: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];

/// How tightly an expression holds together, from `? :` to a name.
const CHOICE: u8 = 0;
const OR: u8 = 1;
const AND: u8 = 2;
const COMPARISON: u8 = 3;
const SUM: u8 = 4;
const PRODUCT: u8 = 5;
const UNARY: u8 = 6;
const ATOM: u8 = 7;

/// An expression as it is written, and as the oracle reads it, where brackets leave nothing to
/// precedence and the results of arithmetic are checked.
#[derive(Debug, Clone)]
struct Both {
    plain: String,
    checked: String,
    holds: u8,
}

impl Both {
    fn atom(text: impl Into<String>) -> Self {
        let plain = text.into();
        Self { checked: plain.clone(), plain, holds: ATOM }
    }

    /// The plain text, in brackets where it holds less than `least`.
    fn within(&self, least: u8) -> String {
        if self.holds < least { format!("({})", self.plain) } else { self.plain.clone() }
    }
}

/// Grows typed expressions from bytes; where they end, so does the growth.
struct Grower<'b> {
    bytes: &'b [u8],
    at: Cell<usize>,
}

impl Grower<'_> {
    fn pick(&self, of: u8) -> u8 {
        let at = self.at.get();
        self.at.set(at + 1);
        self.bytes.get(at).map_or(0, |byte| byte % of)
    }

    fn one<'n>(&self, names: &[&'n str]) -> &'n str {
        names[usize::from(self.pick(u8::try_from(names.len()).unwrap()))]
    }

    /// Sometimes brackets that are not needed.
    fn bracketed(&self, mut both: Both) -> Both {
        if self.pick(8) == 7 {
            both.plain = format!("({})", both.plain);
            both.holds = ATOM;
        }
        both
    }

    fn number(&self, depth: u8) -> Both {
        let kind = if depth == 0 { self.pick(3) } else { self.pick(12) };
        let both = match kind {
            0 => Both::atom(format!("{}.0", self.pick(7))),
            1 => Both::atom(format!("customer.{}", self.one(&NUMBERS))),
            2 => Both::atom(self.one(&["0.5", "1e3", "2.5e-1", "1e308", "100.0"])),
            3 => {
                let a = self.number(depth - 1);
                let (plain, checked) =
                    (format!("-{}", a.within(UNARY)), format!("(-{})", a.checked));
                Both { plain, checked, holds: UNARY }
            }
            4 => {
                let text = self.text(depth - 1);
                let plain = match self.pick(2) {
                    0 => format!("size({})", text.plain),
                    _ => format!("{}.size()", text.within(ATOM)),
                };
                // A size is an int in CEL.
                Both { plain, checked: format!("double(size({}))", text.checked), holds: ATOM }
            }
            5 => self.choice(&self.number(depth - 1), &self.number(depth - 1), depth),
            _ => {
                let op = self.one(&["+", "-", "*", "/"]);
                let holds = if op == "+" || op == "-" { SUM } else { PRODUCT };
                let mut both = joined(op, holds, &self.number(depth - 1), &self.number(depth - 1));
                both.checked = format!("finite{}", both.checked);
                both
            }
        };
        self.bracketed(both)
    }

    fn text(&self, depth: u8) -> Both {
        let both = match if depth == 0 { self.pick(3) } else { self.pick(4) } {
            0 => Both::atom(self.one(&["\"\"", "\"a\"", "'ab'", "\"aé日\"", "r'a\\n'"])),
            1 => Both::atom(format!("customer.{}", self.one(&TEXTS))),
            2 => Both::atom(self.one(&["'\\u00e9'", "\"\\\"\\n\\t\\\\\"", "'\"'", "\"'a'\""])),
            _ => self.choice(&self.text(depth - 1), &self.text(depth - 1), depth),
        };
        self.bracketed(both)
    }

    fn truth(&self, depth: u8) -> Both {
        let both = match if depth == 0 { self.pick(3) } else { self.pick(12) } {
            0 => Both::atom(format!("customer.{}", self.one(&TRUTHS))),
            1 => Both::atom(self.one(&["true", "false"])),
            2 => {
                let all = [NUMBERS.as_slice(), &TEXTS, &TRUTHS].concat();
                Both::atom(format!("has(customer.{})", self.one(&all)))
            }
            3 => {
                let a = self.truth(depth - 1);
                let (plain, checked) =
                    (format!("!{}", a.within(UNARY)), format!("(!{})", a.checked));
                Both { plain, checked, holds: UNARY }
            }
            4 | 5 => {
                let (a, b) = (self.number(depth - 1), self.number(depth - 1));
                joined(self.one(&COMPARISONS), COMPARISON, &a, &b)
            }
            6 => {
                let (a, b) = (self.text(depth - 1), self.text(depth - 1));
                joined(self.one(&COMPARISONS), COMPARISON, &a, &b)
            }
            7 => {
                let (a, b) = (self.truth(depth - 1), self.truth(depth - 1));
                joined(self.one(&COMPARISONS), COMPARISON, &a, &b)
            }
            8 => {
                let name = self.one(&["startsWith", "endsWith", "contains"]);
                let (text, part) = (self.text(depth - 1), self.text(depth - 1));
                let plain = format!("{}.{name}({})", text.within(ATOM), part.plain);
                let checked = format!("{}.{name}({})", text.checked, part.checked);
                Both { plain, checked, holds: ATOM }
            }
            9 => {
                let (item, items) = match self.pick(2) {
                    0 => (self.number(depth - 1), "[1.0, 2.0, 3.0, -1.0]"),
                    _ => (self.text(depth - 1), "['a', \"ab\", 'é']"),
                };
                joined("in", COMPARISON, &item, &Both::atom(items))
            }
            10 => self.choice(&self.truth(depth - 1), &self.truth(depth - 1), depth),
            _ => {
                let (a, b) = (self.truth(depth - 1), self.truth(depth - 1));
                match self.pick(2) {
                    0 => joined("&&", AND, &a, &b),
                    _ => joined("||", OR, &a, &b),
                }
            }
        };
        self.bracketed(both)
    }

    fn choice(&self, yes: &Both, no: &Both, depth: u8) -> Both {
        let condition = self.truth(depth - 1);
        let (asked, yes_plain) = (condition.within(OR), yes.within(OR));
        let plain = format!("{asked} ? {yes_plain} : {}", no.plain);
        let checked = format!("({} ? {} : {})", condition.checked, yes.checked, no.checked);
        Both { plain, checked, holds: CHOICE }
    }
}

/// `a op b`; operators of one tightness group from the left.
fn joined(op: &str, holds: u8, a: &Both, b: &Both) -> Both {
    let plain = format!("{} {op} {}", a.within(holds), b.within(holds + 1));
    Both { plain, checked: format!("({} {op} {})", a.checked, b.checked), holds }
}

fn expression(bytes: &[u8]) -> Both {
    let grower = Grower { bytes, at: Cell::new(0) };
    match grower.pick(5) {
        0 | 1 => grower.number(5),
        2 => grower.text(4),
        _ => grower.truth(5),
    }
}

/// What is known of the customer.
#[derive(Debug, Clone)]
struct Customer {
    numbers: [Option<f64>; 3],
    texts: [Option<&'static str>; 2],
    truths: [Option<bool>; 2],
}

fn customer() -> impl Strategy<Value = Customer> {
    let number = prop::sample::select(vec![0.0, 1.0, -1.0, 2.5, 1e200, -0.1, 3.0]);
    let text = prop::sample::select(vec!["", "a", "ab", "é", "aé日本", "zz"]);
    (
        prop::array::uniform3(prop::option::weighted(0.8, number)),
        prop::array::uniform2(prop::option::weighted(0.8, text)),
        prop::array::uniform2(prop::option::weighted(0.8, any::<bool>())),
    )
        .prop_map(|(numbers, texts, truths)| Customer { numbers, texts, truths })
}

impl Customer {
    /// The value of an expression, or none where it is missing.
    fn ask(&self, schema: &Schema, text: &str) -> Option<Answer> {
        let program = compile(text, &Scope::of_features(schema, &[]))
            .unwrap_or_else(|error| panic!("{error}\n{text}"));
        let program = program.bind(|input| match input {
            Input::Attribute(index) => *index,
            other => panic!("{other:?}"),
        });
        let numbers = self.numbers.iter().map(|x| x.map_or(Value::Missing, Value::number));
        let texts = self.texts.iter().map(|x| x.map_or(Value::Missing, Value::Text));
        let truths = self.truths.iter().map(|x| Value::truth(*x));
        let frame: Vec<Value<'_>> = numbers.chain(texts).chain(truths).collect();
        match program.eval(&frame) {
            Value::Number(x) => Some(Answer::Float(x)),
            Value::Bool(truth) => Some(Answer::Bool(truth)),
            Value::Text(text) => Some(Answer::from(text)),
            _ => None,
        }
    }

    /// The oracle's answer, or none where it is an error.
    fn ask_oracle(&self, text: &str) -> Option<Answer> {
        let mut known: HashMap<String, Answer> = HashMap::new();
        let numbers =
            NUMBERS.iter().zip(&self.numbers).map(|(name, x)| (name, x.map(Answer::from)));
        let texts = TEXTS.iter().zip(&self.texts).map(|(name, x)| (name, x.map(Answer::from)));
        let truths = TRUTHS.iter().zip(&self.truths).map(|(name, x)| (name, x.map(Answer::from)));
        for (name, value) in numbers.chain(texts).chain(truths) {
            known.extend(value.map(|value| ((*name).to_owned(), value)));
        }
        let mut context = Context::default();
        context.add_variable_from_value("customer", known);
        let finite = |x: f64| {
            if x.is_finite() { Ok(x) } else { Err(ExecutionError::function_error("finite", x)) }
        };
        context.add_function("finite", finite).unwrap();
        let oracle = Oracle::compile(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        oracle.execute(&context).ok()
    }
}

fn schema() -> Schema {
    let field = |name: &&str, kind: FieldType| Field::new(name, kind);
    let numbers = NUMBERS.iter().map(|name| field(name, FieldType::Number));
    let texts = TEXTS.iter().map(|name| field(name, FieldType::Text));
    let truths = TRUTHS.iter().map(|name| field(name, FieldType::Bool));
    Schema { attributes: numbers.chain(texts).chain(truths).collect(), events: Vec::new() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn every_expression_gives_what_cel_gives(
        bytes in prop::collection::vec(any::<u8>(), 0..120),
        customer in customer(),
    ) {
        let both = expression(&bytes);
        let ours = customer.ask(&schema(), &both.plain);
        let checked = customer.ask_oracle(&both.checked);
        prop_assert_eq!(&ours, &checked, "{}\n{}", both.plain, both.checked);
        // The text itself says the same to CEL where nothing is infinite, and no size an int.
        if checked.is_some() && !both.plain.contains("size(") {
            let plain = customer.ask_oracle(&both.plain);
            prop_assert_eq!(&ours, &plain, "{}", both.plain);
        }
    }
}
