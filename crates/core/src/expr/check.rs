//! Type checking: a tree of what was written becomes a program, or an error that says where.

use super::ast::{Ast, AstKind, BinaryOp};
use super::parser::parse;
use super::program::{Input, Node, Program};
use super::scope::{Scope, Trigger, TriggerKind};
use super::value::Type;
use crate::error::{Error, ErrorCode, Position, Result, did_you_mean};
use crate::time::{Span, Timestamp};

/// Compiles an expression of any type.
///
/// # Errors
/// `expression_syntax`, `expression_name` or `expression_type`, with the line and column.
pub fn compile(text: &str, scope: &Scope<'_>) -> Result<Program> {
    compile_ast(&parse(text)?, scope)
}

/// Compiles an expression that is read already.
///
/// # Errors
/// As [`compile`].
pub(crate) fn compile_ast(ast: &Ast, scope: &Scope<'_>) -> Result<Program> {
    let mut checker = Checker::new(scope);
    let (root, kind) = checker.check(ast)?;
    Ok(Program::new(kind, checker.inputs, root))
}

/// Compiles an expression that has to be of type `expected`.
///
/// # Errors
/// As [`compile`], and `expression_type` when it is of another type.
pub fn compile_as(text: &str, scope: &Scope<'_>, expected: &Type) -> Result<Program> {
    let mut checker = Checker::new(scope);
    let (root, kind) = checker.check_as(&parse(text)?, expected)?;
    Ok(Program::new(kind, checker.inputs, root))
}

/// Compiles a trigger condition; its triggers are added to `triggers`, and the program reads
/// whether each of them fired.
///
/// # Errors
/// As [`compile_as`] for a boolean.
pub fn compile_trigger(
    text: &str,
    scope: &Scope<'_>,
    triggers: &mut Vec<Trigger>,
) -> Result<Program> {
    let mut checker = Checker::new(scope);
    checker.triggers.append(triggers);
    let checked = parse(text).and_then(|ast| checker.check_as(&ast, &Type::Bool));
    triggers.append(&mut checker.triggers);
    let (root, kind) = checked?;
    Ok(Program::new(kind, checker.inputs, root))
}

pub(super) struct Checker<'s> {
    pub(super) scope: &'s Scope<'s>,
    pub(super) inputs: Vec<Input>,
    /// Inside an expression about one event: which type it has.
    pub(super) event: Option<usize>,
    pub(super) triggers: Vec<Trigger>,
}

impl<'s> Checker<'s> {
    pub(super) fn new(scope: &'s Scope<'s>) -> Self {
        Self { scope, inputs: Vec::new(), event: None, triggers: Vec::new() }
    }

    /// The node that reads `input`.
    pub(super) fn input(&mut self, input: Input) -> Node {
        let known = self.inputs.iter().position(|known| *known == input);
        Node::Input(known.unwrap_or_else(|| {
            self.inputs.push(input);
            self.inputs.len() - 1
        }))
    }

    pub(super) fn check(&mut self, ast: &Ast) -> Result<(Node, Type)> {
        match &ast.kind {
            AstKind::Number(x) => Ok((Node::Number(*x), Type::Number)),
            AstKind::Bool(truth) => Ok((Node::Bool(*truth), Type::Bool)),
            AstKind::Text(text) => Ok((Node::Text(text.clone()), Type::Text)),
            AstKind::Name(name) => self.name(name, ast.at),
            AstKind::Field(base, field, place) => self.field(base, field, *place),
            AstKind::Call { name, args, method } => self.call(name, args, *method, ast.at),
            AstKind::List(_) => {
                Err(wrong_type(ast.at, "a list stands only to the right of `in`".to_owned()))
            }
            AstKind::Not(inner) => {
                let (node, kind) = self.check_as(inner, &Type::Bool)?;
                Ok((Node::Not(Box::new(node)), kind))
            }
            AstKind::Negate(inner) => {
                if let AstKind::Number(x) = inner.kind {
                    return Ok((Node::Number(-x), Type::Number));
                }
                let (node, kind) = self.check(inner)?;
                if !matches!(kind, Type::Number | Type::Duration) {
                    return Err(expected(inner.at, "a number after `-`", &kind));
                }
                Ok((Node::Negate(Box::new(node)), kind))
            }
            AstKind::Binary(op, left, right) => self.binary(*op, left, right, ast.at),
            AstKind::Choose(condition, yes, no) => self.choose(condition, yes, no),
        }
    }

    /// `condition ? yes : no`, which `if(condition, yes, no)` is too.
    pub(super) fn choose(&mut self, condition: &Ast, yes: &Ast, no: &Ast) -> Result<(Node, Type)> {
        let (condition, _) = self.check_as(condition, &Type::Bool)?;
        let ((yes, kind), (no, _)) = self.pair(yes, no)?;
        Ok((Node::Choose(Box::new(condition), Box::new(yes), Box::new(no)), kind))
    }

    /// Checks `ast` where a value of type `want` is due. A text literal becomes an instant, a
    /// duration or one of a category's names.
    pub(super) fn check_as(&mut self, ast: &Ast, want: &Type) -> Result<(Node, Type)> {
        if let AstKind::Text(text) = &ast.kind {
            match want {
                Type::Timestamp => {
                    let at = Timestamp::parse(text).map_err(|error| at_place(&error, ast.at))?;
                    return Ok((Node::Time(at), Type::Timestamp));
                }
                Type::Duration => return Ok((Node::Span(span(text, ast.at)?), Type::Duration)),
                Type::Category(values) if !values.is_empty() && !values.contains(text) => {
                    let near = did_you_mean(text, values.iter().map(String::as_str));
                    let all = values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>();
                    return Err(wrong_name(
                        ast.at,
                        format!("`{text}` is not one of {}{near}", all.join(", ")),
                    ));
                }
                _ => {}
            }
        }
        let (node, kind) = self.check(ast)?;
        if !kind.matches(want) {
            return Err(expected(ast.at, want.name(), &kind));
        }
        Ok((node, kind))
    }

    /// Two expressions that have to be of one type.
    fn pair(&mut self, left: &Ast, right: &Ast) -> Result<((Node, Type), (Node, Type))> {
        if matches!(left.kind, AstKind::Text(_)) {
            let right = self.check(right)?;
            return Ok((self.check_as(left, &right.1)?, right));
        }
        let left = self.check(left)?;
        let right = self.check_as(right, &left.1)?;
        Ok((left, right))
    }

    fn name(&mut self, name: &str, at: Position) -> Result<(Node, Type)> {
        if let Some(event) = self.event {
            return Err(self.not_of_one_event(name, event, at));
        }
        let scope = self.scope;
        if let Some(index) = scope.features.iter().position(|(known, _)| known == name) {
            let Some(kind) = scope.features[index].1.clone() else {
                return Err(wrong_name(at, format!("`{name}` cannot be used here")));
            };
            return Ok((self.input(Input::Feature(index)), kind));
        }
        match name {
            "as_of" => return Ok((self.input(Input::AsOf), Type::Timestamp)),
            "health" if scope.health => return Ok((self.input(Input::Health), Type::Number)),
            "churn" if scope.churn => return Ok((self.input(Input::Churn), Type::Number)),
            "lifecycle" => {
                if let Some(stages) = scope.stages {
                    return Ok((self.input(Input::Lifecycle), Type::Category(stages.to_vec())));
                }
            }
            _ => {}
        }
        if let Some(event) = scope.schema.event(name) {
            if scope.triggers {
                let trigger = self.trigger(name.to_owned(), TriggerKind::Event(event));
                return Ok((trigger, Type::Bool));
            }
            return Err(wrong_type(
                at,
                format!(
                    "`{name}` is an event type; count it or take one of its properties, for instance `count({name}, \"30d\")`"
                ),
            ));
        }
        Err(self.unknown_name(name, at))
    }

    fn unknown_name(&self, name: &str, at: Position) -> Error {
        let scope = self.scope;
        let why = match name {
            "horizon" => "`horizon` is known only to `churn.label`",
            "health" => {
                "`health` is not known here; stages, segments and campaigns may read it where there is a section `[health]`"
            }
            "churn" => "`churn` is not known here; stages, segments and campaigns may read it",
            "lifecycle" => {
                "`lifecycle` is not known here; segments and campaigns may read it where there is a section `[lifecycle]`"
            }
            "segments" => "`segments` stands only to the right of `in`",
            "customer" => "`customer` needs an attribute, for instance `customer.plan`",
            "events" => "`events` stands only inside a function such as `count(events, \"30d\")`",
            "null" => "`null` is not part of the language; `has(x)` asks whether x is there",
            _ => "",
        };
        if !why.is_empty() {
            return wrong_name(at, why.to_owned());
        }
        let features = || scope.features.iter().map(|(name, _)| name.as_str());
        let mut near = did_you_mean(name, features().chain(["as_of"]));
        // The key of a preset, or a feature's name without its window.
        let longer = features()
            .find(|feature| feature.strip_prefix(name).is_some_and(|rest| rest.starts_with('_')));
        if let Some(feature) = longer.filter(|_| near.is_empty()) {
            near = format!("; did you mean `{feature}`?");
        }
        if near.is_empty() && scope.schema.attribute(name).is_some() {
            near = format!("; did you mean `customer.{name}`?");
        }
        if near.is_empty() {
            near = did_you_mean(name, scope.schema.events.iter().map(|event| event.name.as_str()));
        }
        let what =
            if scope.triggers { "neither an event type nor a feature" } else { "not a feature" };
        wrong_name(at, format!("`{name}` is {what}{near}"))
    }

    fn not_of_one_event(&self, name: &str, event: usize, at: Position) -> Error {
        let event = &self.scope.schema.events[event];
        if event.property(name).is_some() {
            let message = format!("`{name}` is not known; did you mean `{}.{name}`?", event.name);
            return wrong_name(at, message);
        }
        let event = &event.name;
        wrong_name(
            at,
            format!(
                "`{name}` is not known of a single event; only `{event}.…` and `customer.…` are"
            ),
        )
    }

    fn field(&mut self, base: &Ast, field: &str, at: Position) -> Result<(Node, Type)> {
        let AstKind::Name(base_name) = &base.kind else {
            return Err(wrong_type(
                at,
                format!("`.{field}` follows only `customer` or an event type"),
            ));
        };
        let schema = self.scope.schema;
        if base_name == "customer" {
            let Some(index) = schema.attribute(field) else {
                let known = schema.attributes.iter().map(|field| field.name.as_str());
                let near = did_you_mean(field, known);
                return Err(wrong_name(at, format!("`{field}` is not a customer attribute{near}")));
            };
            let kind = Type::from(&schema.attributes[index].kind);
            return Ok((self.input(Input::Attribute(index)), kind));
        }
        let Some(event) = schema.event(base_name) else {
            let known = schema.events.iter().map(|event| event.name.as_str());
            let near = did_you_mean(base_name, known.chain(["customer"]));
            return Err(wrong_name(base.at, format!("`{base_name}` is not an event type{near}")));
        };
        if self.event != Some(event) {
            return Err(match self.event {
                Some(own) => self.not_of_one_event(&format!("{base_name}.{field}"), own, base.at),
                None => wrong_type(
                    base.at,
                    format!(
                        "`{base_name}.{field}` has a value for each event; take one, for instance `last({base_name}.{field})`"
                    ),
                ),
            });
        }
        if field == "timestamp" {
            return Ok((self.input(Input::EventTime), Type::Timestamp));
        }
        let properties = &schema.events[event].properties;
        let Some(index) = schema.events[event].property(field) else {
            let known = properties.iter().map(|field| field.name.as_str());
            let near = did_you_mean(field, known.chain(["timestamp"]));
            return Err(wrong_name(
                at,
                format!("`{field}` is not a property of `{base_name}`{near}"),
            ));
        };
        Ok((self.input(Input::Property(index)), Type::from(&properties[index].kind)))
    }

    fn binary(&mut self, op: BinaryOp, a: &Ast, b: &Ast, at: Position) -> Result<(Node, Type)> {
        let boxed = |node| Box::new(node);
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let (a, _) = self.check_as(a, &Type::Bool)?;
                let (b, _) = self.check_as(b, &Type::Bool)?;
                let node = if op == BinaryOp::And {
                    Node::And(boxed(a), boxed(b))
                } else {
                    Node::Or(boxed(a), boxed(b))
                };
                Ok((node, Type::Bool))
            }
            BinaryOp::In => self.one_of(a, b),
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual => {
                let ((a, _), (b, _)) = self.pair(a, b)?;
                Ok((Node::Compare(op, boxed(a), boxed(b)), Type::Bool))
            }
            _ => {
                let (a, left) = self.check(a)?;
                // A text after an instant or a duration is a duration: `as_of - "30d"`.
                let text_as_span = matches!(left, Type::Timestamp | Type::Duration)
                    && matches!(b.kind, AstKind::Text(_));
                let (b, right) =
                    if text_as_span { self.check_as(b, &Type::Duration)? } else { self.check(b)? };
                let kind = arithmetic_type(op, &left, &right).ok_or_else(|| {
                    wrong_type(
                        at,
                        format!(
                            "`{}` cannot join {} and {}",
                            op.symbol(),
                            left.name(),
                            right.name()
                        ),
                    )
                })?;
                Ok((Node::Arithmetic(op, boxed(a), boxed(b)), kind))
            }
        }
    }

    fn one_of(&mut self, item: &Ast, list: &Ast) -> Result<(Node, Type)> {
        match &list.kind {
            AstKind::List(items) => {
                let (node, kind) = self.check(item)?;
                let items = items
                    .iter()
                    .map(|item| self.check_as(item, &kind).map(|(node, _)| node))
                    .collect::<Result<Vec<_>>>()?;
                Ok((Node::OneOf(Box::new(node), items), Type::Bool))
            }
            AstKind::Name(name) if name == "segments" && self.scope.segments.is_some() => {
                let AstKind::Text(segment) = &item.kind else {
                    return Err(wrong_type(item.at, "expected the name of a segment".to_owned()));
                };
                let index = self.segment(segment, item.at)?;
                Ok((self.input(Input::Segment(index)), Type::Bool))
            }
            AstKind::Name(name) if name == "segments" => Err(wrong_name(
                list.at,
                "`segments` is not known here; campaigns and guardrails may read it".to_owned(),
            )),
            _ => Err(wrong_type(
                list.at,
                "`in` needs a list, for instance `[\"free\", \"pro\"]`".to_owned(),
            )),
        }
    }

    pub(super) fn segment(&self, name: &str, at: Position) -> Result<usize> {
        let segments = self.scope.segments.unwrap_or_default();
        segments.iter().position(|known| known == name).ok_or_else(|| {
            let near = did_you_mean(name, segments.iter().map(String::as_str));
            wrong_name(at, format!("`{name}` is not a segment{near}"))
        })
    }

    /// The node that reads whether a trigger fired; the same text is the same trigger.
    pub(super) fn trigger(&mut self, text: String, kind: TriggerKind) -> Node {
        let known = self.triggers.iter().position(|trigger| trigger.text == text);
        let index = known.unwrap_or_else(|| {
            self.triggers.push(Trigger { text, kind });
            self.triggers.len() - 1
        });
        self.input(Input::Trigger(index))
    }
}

fn arithmetic_type(op: BinaryOp, left: &Type, right: &Type) -> Option<Type> {
    match (op, left, right) {
        (_, Type::Number, Type::Number) | (BinaryOp::Divide, Type::Duration, Type::Duration) => {
            Some(Type::Number)
        }
        (BinaryOp::Add | BinaryOp::Subtract, Type::Timestamp, Type::Duration)
        | (BinaryOp::Add, Type::Duration, Type::Timestamp) => Some(Type::Timestamp),
        (BinaryOp::Subtract, Type::Timestamp, Type::Timestamp)
        | (BinaryOp::Add | BinaryOp::Subtract, Type::Duration, Type::Duration) => {
            Some(Type::Duration)
        }
        _ => None,
    }
}

/// A positive length of time.
pub(super) fn span(text: &str, at: Position) -> Result<Span> {
    Span::parse(text).map_err(|error| at_place(&error, at))
}

fn at_place(error: &Error, at: Position) -> Error {
    wrong_type(at, error.message().to_owned())
}

fn expected(at: Position, what: &str, found: &Type) -> Error {
    wrong_type(at, format!("expected {what}, found {}", found.name()))
}

pub(super) fn wrong_type(at: Position, message: String) -> Error {
    Error::new(ErrorCode::ExpressionType, "expression", message).at(at)
}

pub(super) fn wrong_name(at: Position, message: String) -> Error {
    Error::new(ErrorCode::ExpressionName, "expression", message).at(at)
}
