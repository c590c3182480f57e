//! What an imported model's features are called and are: by its file, and by who imports it.

use std::collections::HashSet;

use serde_json::Value;
use stayput_core::churn::{Input, InputKind};

use stayput_core::{Error, ErrorCode, Result, did_you_mean};

/// What is known of the features beside the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Features {
    /// Nothing: names and kinds are those of the file.
    #[default]
    AsStored,
    /// The names of all features, in the order of the model's columns; they replace the file's.
    Names(Vec<String>),
    /// What some features are: a boolean, or a category with its names in the order of the codes
    /// that the model was trained on. Where the file names no features, this names all, in order.
    Kinds(Vec<Input>),
}

impl Features {
    /// Reads `null`, a list of names, or an object that says `"number"`, `"bool"` or a list of
    /// category names for each.
    ///
    /// # Errors
    /// [`ErrorCode::Argument`] for anything else.
    pub fn from_json(text: &str) -> Result<Self> {
        let refuse = |message: &str| Error::argument("features", message);
        let value: Value =
            serde_json::from_str(text).map_err(|error| refuse(&error.to_string()))?;
        let texts = |values: Vec<Value>| -> Option<Vec<String>> {
            let text = |value| if let Value::String(text) = value { Some(text) } else { None };
            values.into_iter().map(text).collect()
        };
        match value {
            Value::Null => Ok(Self::AsStored),
            Value::Array(names) => {
                let names = texts(names);
                names.map(Self::Names).ok_or_else(|| refuse("a name is a text"))
            }
            Value::Object(kinds) => {
                let kind = |(name, kind): (String, Value)| {
                    let kind = match kind {
                        Value::String(kind) if kind == "number" => Some(InputKind::Number),
                        Value::String(kind) if kind == "bool" => Some(InputKind::Bool),
                        Value::Array(values) => {
                            texts(values).map(|values| InputKind::Category { values })
                        }
                        _ => None,
                    };
                    let expected = "expected `number`, `bool` or the list of a category's names";
                    let kind = kind.ok_or_else(|| refuse(&format!("`{name}`: {expected}")))?;
                    Ok(Input { name, kind })
                };
                kinds.into_iter().map(kind).collect::<Result<_>>().map(Self::Kinds)
            }
            _ => Err(refuse("expected a list of names, or an object of what each feature is")),
        }
    }
}

/// A column of a model as its file describes it.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// None where the file has no names.
    pub(super) name: Option<String>,
    pub(super) found: Found,
}

/// What a model does with a column.
#[derive(Debug, Clone)]
pub(super) enum Found {
    /// Compares it with numbers.
    Number,
    /// Compares it with numbers, and says that it is 0 or 1.
    Bool,
    /// Looks it up in sets; with the names of its codes, where the file has them.
    Category(Option<Vec<String>>),
}

/// The inputs of a model with these columns; where nothing names them, they are `prefix` and their
/// place.
pub(super) fn inputs(
    columns: Vec<Column>,
    prefix: &str,
    features: &Features,
) -> Result<Vec<Input>> {
    let shape = |name: &str, message: String| {
        Error::new(ErrorCode::ModelShape, "feature", message).at_path(name)
    };
    let named = columns.iter().any(|column| column.name.is_some());
    let (names, kinds): (Option<Vec<&str>>, &[Input]) = match features {
        Features::AsStored => (None, &[]),
        Features::Names(names) => (Some(names.iter().map(String::as_str).collect()), &[]),
        Features::Kinds(kinds) if named => (None, kinds),
        Features::Kinds(kinds) => {
            (Some(kinds.iter().map(|kind| kind.name.as_str()).collect()), kinds)
        }
    };
    if let Some(names) = names.as_ref().filter(|names| names.len() != columns.len()) {
        let message = format!("names {} features; the model reads {}", names.len(), columns.len());
        return Err(Error::argument("features", message));
    }
    let names: Vec<String> = match names {
        Some(names) => names.into_iter().map(str::to_owned).collect(),
        None => (0..).zip(&columns).map(|(at, column)| named_or(column, prefix, at)).collect(),
    };
    let known: HashSet<&str> = names.iter().map(String::as_str).collect();
    if let Some(Input { name, .. }) = kinds.iter().find(|kind| !known.contains(kind.name.as_str()))
    {
        let near = did_you_mean(name, names.iter().map(String::as_str));
        return Err(shape(name, format!("the model does not read this feature{near}")));
    }
    let given: std::collections::HashMap<&str, &InputKind> =
        kinds.iter().map(|input| (input.name.as_str(), &input.kind)).collect();
    let mut inputs = Vec::with_capacity(names.len());
    for (name, Column { found, .. }) in names.iter().zip(columns) {
        let kind = match (found, given.get(name.as_str()).copied()) {
            (Found::Number, None) => InputKind::Number,
            (Found::Bool, None) => InputKind::Bool,
            (Found::Number | Found::Bool, Some(kind @ (InputKind::Number | InputKind::Bool))) => {
                kind.clone()
            }
            (Found::Category(Some(values)), None) => InputKind::Category { values },
            (Found::Category(stored), Some(InputKind::Category { values }))
                if stored.as_ref().is_none_or(|stored| stored == values) =>
            {
                InputKind::Category { values: values.clone() }
            }
            (Found::Category(Some(_)), Some(InputKind::Category { .. })) => {
                let message = "the model was trained on other names, or on these in another order";
                return Err(shape(name, message.to_owned()));
            }
            (Found::Category(None), None) => {
                let message = "the model knows the codes of this category and not its names: \
                               give them, in the order of the codes";
                return Err(shape(name, message.to_owned()));
            }
            (found, Some(kind)) => {
                let is = match found {
                    Found::Category(_) => "category",
                    Found::Number | Found::Bool => "number",
                };
                let message = format!("is given as {}; the model was trained on {is}", kind.name());
                return Err(shape(name, message));
            }
        };
        inputs.push(Input { name: name.clone(), kind });
    }
    Ok(inputs)
}

fn named_or(column: &Column, prefix: &str, at: usize) -> String {
    column.name.clone().unwrap_or_else(|| format!("{prefix}{at}"))
}
