//! Expressions over many rows at once: each part for all rows before the next part.
//!
//! A truth is a byte, and false, missing and true ascend: then `&&` is the least, `||` the greatest
//! and `!` the distance from true, as Kleene has them. A missing number is NaN. Every row gets what
//! [`Program::eval`] gives it alone; what has no form here, such as texts that are made, is left to
//! that. All parts are computed, those of a choice that is not taken too: evaluation is total.

use std::borrow::Cow;
use std::ops::Range;

use super::ast::BinaryOp;
use super::program::{Function, Node, Program};
use crate::columns::MISSING_TIME;
use crate::math::{self, finite};
use crate::time::Span;

const FALSE: u8 = 0;
const MISSING: u8 = 1;
const TRUE: u8 = 2;

/// A column of rows.
#[derive(Debug, Clone, Copy)]
pub enum Column<'a> {
    /// Numbers, NaN where missing.
    Numbers(&'a [f64]),
    /// Whole numbers, none of them missing.
    Counts(&'a [i32]),
    /// Truths.
    Truths(&'a [Option<bool>]),
    /// Truths as 0 and 1, NaN where missing.
    Flags(&'a [f64]),
    /// Instants in microseconds since 1970, [`MISSING_TIME`] where missing.
    Times(&'a [i64]),
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

/// What an expression comes to in each of some rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Computed<'a> {
    /// Numbers, NaN where missing.
    Numbers(Cow<'a, [f64]>),
    /// Truths as 0 and 1, NaN where missing.
    Flags(Vec<f64>),
    /// Instants in microseconds since 1970, [`MISSING_TIME`] where missing.
    Times(Cow<'a, [i64]>),
}

impl Computed<'_> {
    /// The same, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Computed<'static> {
        match self {
            Self::Numbers(rows) => Computed::Numbers(rows.into_owned().into()),
            Self::Flags(rows) => Computed::Flags(rows),
            Self::Times(rows) => Computed::Times(rows.into_owned().into()),
        }
    }
}

/// What the rows of a part are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Numbers,
    Truths,
    Times,
    Texts,
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

    /// What the expression comes to in each of some rows, where slot `i` is column `i`; nothing
    /// where it has a part that has no form here, which the types of the columns alone decide.
    #[must_use]
    pub fn compute<'a>(
        &self,
        columns: &'a [Column<'a>],
        rows: Range<usize>,
    ) -> Option<Computed<'a>> {
        let block = Block { columns, rows };
        Some(match block.form(&self.root)? {
            Form::Numbers => Computed::Numbers(block.numbers(&self.root)?),
            Form::Truths => {
                Computed::Flags(block.truths(&self.root)?.into_iter().map(flag).collect())
            }
            Form::Times => Computed::Times(block.times(&self.root)?),
            Form::Texts => return None,
        })
    }
}

impl<'a> Block<'a> {
    fn form(&self, node: &Node) -> Option<Form> {
        Some(match node {
            Node::Number(_) | Node::Negate(_) | Node::Arithmetic(..) | Node::Curve(..) => {
                Form::Numbers
            }
            Node::Bool(_)
            | Node::Not(_)
            | Node::And(..)
            | Node::Or(..)
            | Node::Compare(..)
            | Node::OneOf(..)
            | Node::Call(
                Function::Has | Function::StartsWith | Function::EndsWith | Function::Contains,
                _,
            ) => Form::Truths,
            Node::Time(_) => Form::Times,
            Node::Text(_) => Form::Texts,
            Node::Input(slot) => match self.columns.get(*slot)? {
                Column::Numbers(_) | Column::Counts(_) => Form::Numbers,
                Column::Truths(_) | Column::Flags(_) => Form::Truths,
                Column::Times(_) => Form::Times,
                Column::Texts { .. } => Form::Texts,
                Column::Other => return None,
            },
            Node::Choose(_, a, _) => self.form(a)?,
            Node::Call(Function::Coalesce, args) => self.form(args.first()?)?,
            Node::Call(..) => Form::Numbers,
            Node::Span(_) => return None,
        })
    }

    fn numbers(&self, node: &Node) -> Option<Cow<'a, [f64]>> {
        Some(match node {
            Node::Number(x) => vec![*x; self.rows.len()].into(),
            Node::Input(slot) => match self.columns.get(*slot)? {
                Column::Numbers(rows) => Cow::Borrowed(rows.get(self.rows.clone())?),
                Column::Counts(rows) => {
                    rows.get(self.rows.clone())?.iter().copied().map(f64::from).collect()
                }
                _ => return None,
            },
            Node::Negate(a) => self.each(a, |x| finite(-x))?,
            Node::Arithmetic(op, a, b) => {
                let (a, b) = (self.numbers(a)?, self.numbers(b)?);
                match op {
                    BinaryOp::Add => pairs(a, &b, |a, b| finite(a + b)),
                    BinaryOp::Subtract => pairs(a, &b, |a, b| finite(a - b)),
                    BinaryOp::Multiply => pairs(a, &b, |a, b| finite(a * b)),
                    BinaryOp::Divide => pairs(a, &b, |a, b| finite(a / b)),
                    BinaryOp::Remainder => pairs(a, &b, |a, b| finite(a % b)),
                    _ => return None,
                }
            }
            Node::Choose(condition, yes, no) => {
                let (yes, no) = (self.numbers(yes)?, self.numbers(no)?);
                chosen(&self.truths(condition)?, &yes, &no, f64::NAN).into()
            }
            Node::Curve(a, points) => {
                self.each(a, |x| finite(math::piecewise_linear(x, points)))?
            }
            Node::Call(function, args) => self.call(*function, args)?,
            _ => return None,
        })
    }

    /// A function of numbers or instants that gives numbers.
    fn call(&self, function: Function, args: &[Node]) -> Option<Cow<'a, [f64]>> {
        let numbers = |at: usize| self.numbers(args.get(at)?);
        Some(match function {
            Function::DaysSince => self.days(args.get(1)?, args.first()?)?,
            Function::DaysUntil => self.days(args.first()?, args.get(1)?)?,
            Function::Ratio => pairs(numbers(0)?, &numbers(1)?, |a, b| finite(a / b)),
            Function::Clamp => {
                let (x, low, high) = (numbers(0)?, numbers(1)?, numbers(2)?);
                let bounds = low.iter().zip(&*high);
                x.iter()
                    .zip(bounds)
                    .map(|(x, (low, high))| finite(clamped(*x, *low, *high)))
                    .collect()
            }
            Function::Coalesce => {
                let all: Vec<_> =
                    args.iter().map(|arg| self.numbers(arg)).collect::<Option<_>>()?;
                let first = |a: f64, b: f64| if a.is_nan() { b } else { a };
                all.into_iter().reduce(|found, next| pairs(found, &next, first))?
            }
            Function::Log1p => self.each(args.first()?, |x| finite(math::ln_1p(x)))?,
            Function::Logistic => {
                let (x, middle, steepness) =
                    (numbers(0)?, constant(args.get(1)?)?, constant(args.get(2)?)?);
                mapped(x, |x| finite(math::logistic(x, middle, steepness)))
            }
            Function::Decay => {
                let (x, half_life) = (numbers(0)?, constant(args.get(1)?)?);
                mapped(x, |x| finite(math::decay(x, half_life)))
            }
            Function::PercentileRank => {
                let quantiles: Vec<f64> = args[1..].iter().map(constant).collect::<Option<_>>()?;
                self.each(args.first()?, |x| finite(math::percentile_rank(x, &quantiles)))?
            }
            Function::Bucket => {
                let bounds: Vec<f64> = args[1..].iter().map(constant).collect::<Option<_>>()?;
                self.each(args.first()?, |x| bucket(x, &bounds))?
            }
            _ => return None,
        })
    }

    /// `of` each number.
    fn each(&self, node: &Node, of: impl Fn(f64) -> f64) -> Option<Cow<'a, [f64]>> {
        Some(mapped(self.numbers(node)?, of))
    }

    /// The days from one instant to another.
    fn days(&self, later: &Node, earlier: &Node) -> Option<Cow<'a, [f64]>> {
        let (later, earlier) = (self.times(later)?, self.times(earlier)?);
        let days = |(later, earlier): (&i64, &i64)| {
            if *later == MISSING_TIME || *earlier == MISSING_TIME {
                return f64::NAN;
            }
            Span::micros(later.saturating_sub(*earlier)).as_days()
        };
        Some(later.iter().zip(&*earlier).map(days).collect())
    }

    fn times(&self, node: &Node) -> Option<Cow<'a, [i64]>> {
        Some(match node {
            Node::Time(at) => vec![at.as_micros(); self.rows.len()].into(),
            Node::Input(slot) => {
                let Column::Times(rows) = self.columns.get(*slot)? else { return None };
                Cow::Borrowed(rows.get(self.rows.clone())?)
            }
            Node::Choose(condition, yes, no) => {
                let (yes, no) = (self.times(yes)?, self.times(no)?);
                chosen(&self.truths(condition)?, &yes, &no, MISSING_TIME).into()
            }
            Node::Call(Function::Coalesce, args) => {
                let all: Vec<_> = args.iter().map(|arg| self.times(arg)).collect::<Option<_>>()?;
                let first = |a: i64, b: i64| if a == MISSING_TIME { b } else { a };
                all.into_iter().reduce(|found, next| pairs(found, &next, first))?
            }
            _ => return None,
        })
    }

    fn truths(&self, node: &Node) -> Option<Vec<u8>> {
        Some(match node {
            Node::Bool(truth) => vec![byte(*truth); self.rows.len()],
            Node::Input(slot) => match self.columns.get(*slot)? {
                Column::Truths(rows) => {
                    rows.get(self.rows.clone())?.iter().map(|t| t.map_or(MISSING, byte)).collect()
                }
                Column::Flags(rows) => {
                    let truth = |x: &f64| if x.is_nan() { MISSING } else { byte(*x != 0.0) };
                    rows.get(self.rows.clone())?.iter().map(truth).collect()
                }
                _ => return None,
            },
            Node::Not(a) => self.truths(a)?.into_iter().map(|truth| TRUE - truth).collect(),
            Node::And(a, b) => joined(self.truths(a)?, &self.truths(b)?, u8::min),
            Node::Or(a, b) => joined(self.truths(a)?, &self.truths(b)?, u8::max),
            Node::Choose(condition, yes, no) => {
                let (yes, no) = (self.truths(yes)?, self.truths(no)?);
                chosen(&self.truths(condition)?, &yes, &no, MISSING)
            }
            Node::Call(Function::Coalesce, args) => {
                let all: Vec<_> = args.iter().map(|arg| self.truths(arg)).collect::<Option<_>>()?;
                let first = |a, b| if a == MISSING { b } else { a };
                all.into_iter().reduce(|found, next| joined(found, &next, first))?
            }
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
            Node::Call(Function::Has, args) => self.known(args.first()?)?,
            Node::Call(
                of @ (Function::StartsWith | Function::EndsWith | Function::Contains),
                args,
            ) => {
                let [a, Node::Text(part)] = &args[..] else { return None };
                self.texts(a, |value| match of {
                    Function::StartsWith => value.starts_with(part),
                    Function::EndsWith => value.ends_with(part),
                    _ => value.contains(part),
                })?
            }
            _ => return None,
        })
    }

    /// Where there is a value.
    fn known(&self, node: &Node) -> Option<Vec<u8>> {
        Some(match self.form(node)? {
            Form::Numbers => self.numbers(node)?.iter().map(|x| byte(!x.is_nan())).collect(),
            Form::Truths => self.truths(node)?.iter().map(|t| byte(*t != MISSING)).collect(),
            Form::Times => self.times(node)?.iter().map(|at| byte(*at != MISSING_TIME)).collect(),
            Form::Texts => {
                let known = self.texts(node, |_| true)?;
                known.into_iter().map(|truth| byte(truth == TRUE)).collect()
            }
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
        match self.form(a)? {
            Form::Numbers => {}
            Form::Times => {
                let (a, b) = (self.times(a)?, self.times(b)?);
                return by(op, a.iter().copied().zip(b.iter().copied()), |at| *at == MISSING_TIME);
            }
            Form::Truths => {
                let (a, b) = (self.truths(a)?, self.truths(b)?);
                return by(op, a.into_iter().zip(b), |truth| *truth == MISSING);
            }
            Form::Texts => return None,
        }
        let a = self.numbers(a)?;
        // A number is compared with where it stands, not as a column of equals.
        if let Node::Number(b) = b {
            let b = *b;
            return by(op, a.iter().map(|a| (*a, b)), |x| x.is_nan());
        }
        let b = self.numbers(b)?;
        by(op, a.iter().copied().zip(b.iter().copied()), |x| x.is_nan())
    }
}

/// The comparison of all pairs.
fn by<T: PartialOrd>(
    op: BinaryOp,
    pairs: impl Iterator<Item = (T, T)>,
    missing: impl Fn(&T) -> bool,
) -> Option<Vec<u8>> {
    fn all<T>(
        pairs: impl Iterator<Item = (T, T)>,
        missing: impl Fn(&T) -> bool,
        holds: impl Fn(&T, &T) -> bool,
    ) -> Vec<u8> {
        let truth = |(a, b): (T, T)| {
            if missing(&a) | missing(&b) { MISSING } else { byte(holds(&a, &b)) }
        };
        pairs.map(truth).collect()
    }
    Some(match op {
        BinaryOp::Equal => all(pairs, missing, |a, b| a == b),
        BinaryOp::NotEqual => all(pairs, missing, |a, b| a != b),
        BinaryOp::Less => all(pairs, missing, |a, b| a < b),
        BinaryOp::LessEqual => all(pairs, missing, |a, b| a <= b),
        BinaryOp::Greater => all(pairs, missing, |a, b| a > b),
        BinaryOp::GreaterEqual => all(pairs, missing, |a, b| a >= b),
        _ => return None,
    })
}

fn byte(truth: bool) -> u8 {
    if truth { TRUE } else { FALSE }
}

/// A truth as 0 or 1.
fn flag(truth: u8) -> f64 {
    match truth {
        TRUE => 1.0,
        FALSE => 0.0,
        _ => f64::NAN,
    }
}

/// The number, where it is one whatever the row.
fn constant(node: &Node) -> Option<f64> {
    if let Node::Number(x) = node { Some(*x) } else { None }
}

/// The number between the bounds.
fn clamped(x: f64, low: f64, high: f64) -> f64 {
    if x.is_nan() || low.is_nan() || high.is_nan() {
        f64::NAN
    } else if x < low {
        low
    } else if x > high {
        high
    } else {
        x
    }
}

/// How many bounds are not above the number.
fn bucket(x: f64, bounds: &[f64]) -> f64 {
    if x.is_nan() {
        return x;
    }
    bounds.iter().map(|bound| if *bound <= x { 1.0 } else { 0.0 }).sum()
}

/// Of two values of each row the one that the condition takes.
fn chosen<T: Copy>(condition: &[u8], yes: &[T], no: &[T], missing: T) -> Vec<T> {
    let either = yes.iter().zip(no);
    let choose = |(truth, (yes, no)): (&u8, (&T, &T))| match *truth {
        TRUE => *yes,
        FALSE => *no,
        _ => missing,
    };
    condition.iter().zip(either).map(choose).collect()
}

/// `of` each number, in the memory of what was made for it.
fn mapped(rows: Cow<'_, [f64]>, of: impl Fn(f64) -> f64) -> Cow<'_, [f64]> {
    match rows {
        Cow::Borrowed(rows) => rows.iter().map(|x| of(*x)).collect(),
        Cow::Owned(mut rows) => {
            for x in &mut rows {
                *x = of(*x);
            }
            rows.into()
        }
    }
}

/// `of` each pair, in the memory of what was made for the first.
fn pairs<'a, T: Copy>(a: Cow<'a, [T]>, b: &[T], of: impl Fn(T, T) -> T) -> Cow<'a, [T]>
where
    [T]: ToOwned<Owned = Vec<T>>,
{
    match a {
        Cow::Borrowed(a) => a.iter().zip(b).map(|(a, b)| of(*a, *b)).collect::<Vec<T>>().into(),
        Cow::Owned(mut a) => {
            for (a, b) in a.iter_mut().zip(b) {
                *a = of(*a, *b);
            }
            a.into()
        }
    }
}

fn joined(mut a: Vec<u8>, b: &[u8], join: impl Fn(u8, u8) -> u8) -> Vec<u8> {
    for (a, b) in a.iter_mut().zip(b) {
        *a = join(*a, *b);
    }
    a
}

#[cfg(test)]
mod tests;
