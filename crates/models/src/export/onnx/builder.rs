//! Puts a graph together: operators, constants and the names between them.

use crate::onnx::{
    AttributeProto, DOUBLE, DimensionProto, FLOAT, GraphProto, INT64, ML, NodeProto, TensorProto,
    TensorShapeProto, TensorTypeProto, TypeProto, UINT8, ValueInfoProto,
};

/// The precision that a graph computes in before its probability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Single,
    Double,
}

impl Kind {
    pub(super) fn code(self) -> i32 {
        match self {
            Self::Single => FLOAT,
            Self::Double => DOUBLE,
        }
    }
}

/// A graph that is being written.
pub(super) struct Builder {
    pub(super) kind: Kind,
    nodes: Vec<NodeProto>,
    constants: Vec<TensorProto>,
}

impl Builder {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, nodes: Vec::new(), constants: Vec::new() }
    }

    /// Adds an operator, and gives the name of its output.
    pub(super) fn op(&mut self, op: &str, inputs: &[&str]) -> String {
        self.with(op, inputs, Vec::new())
    }

    /// Adds an operator whose output has this name.
    pub(super) fn op_as(&mut self, op: &str, inputs: &[&str], output: &str) {
        self.push("", op, inputs, Vec::new(), output);
    }

    /// Adds an operator with attributes.
    pub(super) fn with(
        &mut self,
        op: &str,
        inputs: &[&str],
        attributes: Vec<AttributeProto>,
    ) -> String {
        let output = format!("v{}", self.nodes.len());
        self.push("", op, inputs, attributes, &output);
        output
    }

    /// Adds an operator of the machine learning domain.
    pub(super) fn ml(&mut self, op: &str, input: &str, attributes: Vec<AttributeProto>) -> String {
        let output = format!("v{}", self.nodes.len());
        self.push(ML, op, &[input], attributes, &output);
        output
    }

    fn push(
        &mut self,
        domain: &str,
        op: &str,
        inputs: &[&str],
        attribute: Vec<AttributeProto>,
        output: &str,
    ) {
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|&name| name.to_owned()).collect(),
            output: vec![output.to_owned()],
            name: format!("n{}", self.nodes.len()),
            op_type: op.to_owned(),
            attribute,
            domain: domain.to_owned(),
        });
    }

    pub(super) fn cast(&mut self, of: &str, to: i32) -> String {
        self.with("Cast", &[of], vec![int("to", to.into())])
    }

    pub(super) fn widened(&mut self, of: &str) -> String {
        if self.kind == Kind::Double { of.to_owned() } else { self.cast(of, DOUBLE) }
    }

    /// Puts columns side by side.
    pub(super) fn concat(&mut self, columns: &[String]) -> String {
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        self.with("Concat", &columns, vec![int("axis", 1)])
    }

    pub(super) fn concat_as(&mut self, columns: &[&str], output: &str) {
        self.push("", "Concat", columns, vec![int("axis", 1)], output);
    }

    /// The columns at these places.
    pub(super) fn columns(&mut self, of: &str, places: &[i64]) -> String {
        let places = self.ints(places);
        self.with("Gather", &[of, &places], vec![int("axis", 1)])
    }

    /// The rows of a table that whole numbers name.
    pub(super) fn rows(&mut self, of: &str, places: &str) -> String {
        self.with("Gather", &[of, places], vec![int("axis", 0)])
    }

    fn constant(&mut self, mut tensor: TensorProto) -> String {
        let same = |known: &&TensorProto| {
            known.data_type == tensor.data_type
                && known.dims == tensor.dims
                && known.raw_data == tensor.raw_data
        };
        if let Some(known) = self.constants.iter().find(same) {
            return known.name.clone();
        }
        tensor.name = format!("c{}", self.constants.len());
        self.constants.push(tensor);
        format!("c{}", self.constants.len() - 1)
    }

    /// Numbers of the graph's precision.
    pub(super) fn numbers(&mut self, of: &[f64], dims: &[i64]) -> String {
        self.constant(numbers(self.kind, of, dims))
    }

    /// A number of the graph's precision.
    pub(super) fn number(&mut self, of: f64) -> String {
        self.numbers(&[of], &[1, 1])
    }

    pub(super) fn doubles(&mut self, of: &[f64], dims: &[i64]) -> String {
        self.constant(numbers(Kind::Double, of, dims))
    }

    pub(super) fn double(&mut self, of: f64) -> String {
        self.constant(numbers(Kind::Double, &[of], &[]))
    }

    pub(super) fn ints(&mut self, of: &[i64]) -> String {
        let raw_data = of.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.constant(tensor(INT64, &[length(of.len())], raw_data))
    }

    /// The graph, which reads rows of `width` numbers.
    pub(super) fn graph(self, rows: &str, width: usize, kind: Kind) -> GraphProto {
        GraphProto {
            node: self.nodes,
            name: "stayput".to_owned(),
            initializer: self.constants,
            input: vec![value(rows, kind.code(), Some(width))],
            output: vec![value("label", INT64, None), value("probabilities", DOUBLE, Some(2))],
        }
    }
}

fn value(name: &str, elem_type: i32, width: Option<usize>) -> ValueInfoProto {
    let n = DimensionProto { dim_value: None, dim_param: Some("n".to_owned()) };
    let width =
        width.map(|width| DimensionProto { dim_value: Some(length(width)), dim_param: None });
    let shape = TensorShapeProto { dim: [n].into_iter().chain(width).collect() };
    let tensor = TensorTypeProto { elem_type, shape: Some(shape) };
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type: Some(tensor) }) }
}

fn tensor(data_type: i32, dims: &[i64], raw_data: Vec<u8>) -> TensorProto {
    TensorProto { dims: dims.to_vec(), data_type, raw_data, ..TensorProto::default() }
}

/// A tensor of numbers of this precision.
fn numbers(kind: Kind, of: &[f64], dims: &[i64]) -> TensorProto {
    #[expect(clippy::cast_possible_truncation, reason = "what is in single precision stays so")]
    let raw = match kind {
        Kind::Single => of.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect(),
        Kind::Double => of.iter().flat_map(|x| x.to_le_bytes()).collect(),
    };
    tensor(kind.code(), dims, raw)
}

pub(super) fn length(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

fn attribute(name: &str, r#type: i32) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type, ..AttributeProto::default() }
}

pub(super) fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { i, ..attribute(name, 2) }
}

pub(super) fn ints(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto { ints, ..attribute(name, 7) }
}

pub(super) fn list(name: &str, kind: Kind, of: &[f64]) -> AttributeProto {
    AttributeProto { t: Some(numbers(kind, of, &[length(of.len())])), ..attribute(name, 4) }
}

pub(super) fn bytes(name: &str, of: Vec<u8>) -> AttributeProto {
    let dims = [length(of.len())];
    AttributeProto { t: Some(tensor(UINT8, &dims, of)), ..attribute(name, 4) }
}
