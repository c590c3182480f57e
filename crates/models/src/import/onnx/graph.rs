//! Follows a graph from its inputs to its outputs.
//!
//! What cannot be read on the way is no error yet: a graph computes labels, too, and nobody asks
//! for them. It is one where the probability comes from it.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use stayput_core::churn::{Link, Model, Predictor};
use stayput_core::{Error, Result};

use super::column::{Column, Step};
use super::ensemble::Ensemble;
use super::linear::Sum;
use super::node::Node;
use super::{refuse, trees, unsupported};
use crate::import::features::{self, Features, Found};
use crate::onnx::{DOUBLE, GraphProto, STRING, TensorProto, ValueInfoProto};

/// More columns than any model of customers has, which a hostile number may not exceed.
const MOST_COLUMNS: usize = 100_000;
/// The most columns, steps and weights that all values of a graph may hold together.
const MOST_HELD: usize = 1 << 21;

/// What predicts.
#[derive(Debug)]
pub(super) enum Body {
    Trees { trees: Ensemble, columns: Rc<Vec<Column>>, single: bool },
    Linear(Sum),
}

impl Body {
    fn size(&self) -> usize {
        match self {
            Self::Trees { .. } => 1,
            Self::Linear(sum) => sum.terms.iter().map(|(column, _)| 1 + column.steps.len()).sum(),
        }
    }
}

/// What a score is of its body's margin `m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// `m`, and whether that may be a probability.
    Margin { probability: bool },
    /// `−m`.
    Negative,
    /// `1 − m`.
    Rest,
    /// The logistic function of `m`.
    Logistic,
    /// 1 less the logistic function.
    LogisticRest,
    /// Whether `m` is above 0.
    Step,
}

/// One column of scores.
#[derive(Debug, Clone)]
pub(super) struct Score {
    pub(super) body: Rc<Body>,
    pub(super) of: Of,
}

/// A tensor that does not depend on the row.
#[derive(Debug, Clone)]
pub(super) struct Constant {
    pub(super) numbers: Vec<f64>,
    pub(super) dims: Vec<i64>,
}

/// What an edge of the graph carries.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Columns(Rc<Vec<Column>>),
    Constant(Rc<Constant>),
    Scores(Vec<Score>),
    /// Whether scores are above 0.
    Above(Vec<Score>),
    /// The sum of two probabilities that add up to 1.
    One,
    /// Which class it is, or what was made of that.
    Label,
    /// What comes out of something that is not read.
    Unread(Error),
}

impl Value {
    pub(super) fn columns(columns: Vec<Column>) -> Self {
        Self::Columns(Rc::new(columns))
    }
}

/// A graph that is being followed.
#[derive(Default)]
pub(super) struct Graph<'g> {
    values: HashMap<&'g str, Value>,
    /// The categories of features that are one-hot encoded.
    pub(super) dictionaries: BTreeMap<usize, Vec<String>>,
    /// Whether features are texts.
    texts: Vec<bool>,
    held: usize,
}

/// The model of a graph; `stored` is what its metadata says of the features.
pub(super) fn read(
    proto: &GraphProto,
    stored: Option<&Features>,
    features: &Features,
) -> Result<Model> {
    let mut graph = Graph::default();
    for tensor in &proto.initializer {
        let value = constant(tensor);
        graph.values.insert(&tensor.name, value);
    }
    let names = graph.inputs(proto)?;
    for node in &proto.node {
        let node = Node { proto: node };
        let values = graph.follow(node)?;
        for (name, value) in node.proto.output.iter().zip(values) {
            graph.put(name, value)?;
        }
    }
    let mut found = None;
    let mut wrong = None;
    for output in &proto.output {
        match graph.values.get(output.name.as_str()) {
            Some(Value::Scores(scores)) => found = Some(scores.clone()),
            Some(Value::Unread(error)) => wrong = wrong.or(Some(error.clone())),
            _ => {}
        }
    }
    let Some(scores) = found else {
        return Err(wrong.unwrap_or_else(|| unsupported("it has no output that is a probability")));
    };
    if scores.len() > 2 {
        return Err(unsupported(format!("it has {} classes; read are two", scores.len())));
    }
    let score = scores.into_iter().next_back().ok_or_else(|| refuse("it has no score"))?;
    graph.model(&score, names, stored, features)
}

fn constant(tensor: &TensorProto) -> Value {
    let unread = || unsupported(format!("the tensor `{}` holds no numbers", tensor.name));
    tensor.numbers().map_or_else(
        || Value::Unread(unread()),
        |numbers| Value::Constant(Rc::new(Constant { numbers, dims: tensor.dims.clone() })),
    )
}

/// The numbers of columns that an operator speaks of, where the input does not say.
fn spoken_of(proto: &GraphProto) -> usize {
    let of = |proto| {
        let node = Node { proto };
        let features = node.ints("nodes_featureids").iter().max();
        let features = features.and_then(|&most| usize::try_from(most).ok());
        let classes = if node.op() == "LinearClassifier" { node.classes().max(1) } else { 1 };
        features
            .map_or(0, |most| most.saturating_add(1))
            .max(node.floats("coefficients").len() / classes)
            .max(node.floats("offset").len())
            .max(node.floats("imputed_value_floats").len())
    };
    proto.node.iter().map(of).max().unwrap_or(0)
}

impl<'g> Graph<'g> {
    /// Makes columns of the graph's inputs, and gives the name of each feature, if it has one.
    fn inputs(&mut self, proto: &'g GraphProto) -> Result<Vec<Option<String>>> {
        let given: Vec<&ValueInfoProto> = proto
            .input
            .iter()
            .filter(|input| !self.values.contains_key(input.name.as_str()))
            .collect();
        let mut names = Vec::new();
        for input in &given {
            let tensor = input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
            let tensor = tensor
                .ok_or_else(|| unsupported(format!("its input `{}` is no tensor", input.name)))?;
            let dims = tensor.shape.as_ref().map(|shape| shape.dim.as_slice()).unwrap_or_default();
            let width = match dims {
                [_, columns] => columns.dim_value.and_then(|width| usize::try_from(width).ok()),
                [_] => Some(1),
                _ => None,
            };
            let width = width.filter(|&width| width > 0);
            let width = match width {
                Some(width) => width,
                None if given.len() == 1 => spoken_of(proto),
                None => {
                    let message = format!("its input `{}` does not say how wide it is", input.name);
                    return Err(unsupported(message));
                }
            };
            if names.len() + width > MOST_COLUMNS {
                return Err(refuse(format!("it reads more than {MOST_COLUMNS} features")));
            }
            let first = names.len();
            let single = tensor.elem_type != DOUBLE;
            let columns = (first..first + width).map(|at| Column::input(at, single));
            let name = (width == 1 && given.len() > 1).then(|| input.name.clone());
            names.resize(first + width, name);
            self.texts.resize(first + width, tensor.elem_type == STRING);
            self.put(&input.name, Value::columns(columns.collect()))?;
        }
        Ok(names)
    }

    /// Counts what values hold: a few bytes could ask for far more, again and again.
    pub(super) fn hold(&mut self, count: usize) -> Result<()> {
        self.held = self.held.saturating_add(count);
        if self.held > MOST_HELD {
            return Err(refuse("it repeats its columns without end"));
        }
        Ok(())
    }

    fn put(&mut self, name: &'g str, value: Value) -> Result<()> {
        self.hold(match &value {
            Value::Columns(columns) => columns.iter().map(|column| 1 + column.steps.len()).sum(),
            Value::Scores(scores) => scores.iter().map(|score| score.body.size()).sum(),
            _ => 1,
        })?;
        self.values.insert(name, value);
        Ok(())
    }

    /// What a node makes of its inputs, for each of its outputs.
    fn follow(&mut self, node: Node<'g>) -> Result<Vec<Value>> {
        let names = node.proto.input.iter().filter(|name| !name.is_empty());
        let mut inputs = Vec::new();
        for name in names {
            let value = self.values.get(name.as_str());
            inputs.push(value.ok_or_else(|| refuse(format!("nothing makes `{name}`")))?.clone());
        }
        let unread = inputs.iter().find_map(|input| match input {
            Value::Unread(error) => Some(error.clone()),
            _ => None,
        });
        let outputs = node.proto.output.len();
        if let Some(error) = unread {
            return Ok(vec![Value::Unread(error); outputs]);
        }
        let labels = inputs.iter().any(|input| matches!(input, Value::Label));
        if labels || matches!(node.op(), "ArgMax" | "ArgMin") {
            return Ok(vec![Value::Label; outputs]);
        }
        // What is wrong is an error; what is only not read, one if it is asked for.
        match self.apply(node, &inputs) {
            Ok(values) => Ok(values),
            Err(error) if error.code() == stayput_core::ErrorCode::Unsupported => {
                Ok(vec![Value::Unread(error); outputs])
            }
            Err(error) => Err(error),
        }
    }

    /// The model of a score.
    fn model(
        mut self,
        score: &Score,
        names: Vec<Option<String>>,
        stored: Option<&Features>,
        features: &Features,
    ) -> Result<Model> {
        let width = names.len();
        let mut codes = BTreeMap::new();
        if let Body::Trees { trees, columns, .. } = score.body.as_ref() {
            codes = trees::coded(trees, columns)?;
        }
        let columns: Vec<features::Column> = names
            .into_iter()
            .enumerate()
            .map(|(at, name)| {
                let found = if let Some(names) = self.dictionaries.remove(&at) {
                    Found::Category(Some(names))
                } else if codes.contains_key(&at) {
                    Found::Category(None)
                } else {
                    Found::Number
                };
                features::Column { name, found }
            })
            .collect();
        let text = columns
            .iter()
            .zip(&self.texts)
            .position(|(column, text)| *text && !matches!(column.found, Found::Category(Some(_))));
        if let Some(at) = text {
            return Err(unsupported(format!("its feature {at} is a text and no category")));
        }
        let given = if *features == Features::AsStored { stored } else { None };
        let inputs = features::inputs(columns, "f", given.unwrap_or(features))?;
        if inputs.len() != width {
            return Err(refuse("its features have no one number"));
        }
        let categories: BTreeMap<usize, usize> = inputs
            .iter()
            .enumerate()
            .filter_map(|(at, input)| match &input.kind {
                stayput_core::churn::InputKind::Category { values } => Some((at, values.len())),
                _ => None,
            })
            .collect();
        let predictor: Predictor = match (score.body.as_ref(), score.of) {
            (Body::Linear(sum), Of::Logistic) => sum.model(width, &categories)?,
            (Body::Trees { trees, columns, single }, of) => {
                let link = match of {
                    Of::Logistic => Link::Logistic,
                    Of::Margin { probability: true } => Link::Identity,
                    Of::Step => Link::Step,
                    Of::Margin { .. } => {
                        return Err(unsupported(
                            "its scores are no probabilities: they have no `post_transform` and may be \
                         negative",
                        ));
                    }
                    _ => return Err(first_class()),
                };
                trees::forest(trees, columns, *single, link, &categories)?
            }
            (Body::Linear(_), Of::LogisticRest | Of::Negative | Of::Rest) => {
                return Err(first_class());
            }
            (Body::Linear(_), _) => {
                let message = "its scores are no probabilities: no logistic function is behind its \
                               linear model";
                return Err(unsupported(message));
            }
        };
        let gains = vec![0.0; inputs.len()];
        crate::import::model("onnx", inputs, predictor, None, &gains, [])
    }
}

fn first_class() -> Error {
    unsupported("its last score is that of the first class; read is that of the second")
}

/// The columns after a step that is the same for all of them, or one of several for each.
pub(super) fn each(
    node: Node<'_>,
    columns: &[Column],
    values: &[f64],
    step: impl Fn(f64) -> Step,
) -> Result<Value> {
    if values.len() != 1 && values.len() != columns.len() {
        let message = format!("{} numbers for {} columns", values.len(), columns.len());
        return Err(node.wrong(&message));
    }
    let of = |(at, column): (usize, &Column)| {
        let value = if values.len() == 1 { values[0] } else { values[at] };
        column.then(step(value)).ok_or_else(|| node.unread("stands behind a one-hot encoder"))
    };
    Ok(Value::columns(columns.iter().enumerate().map(of).collect::<Result<_>>()?))
}
