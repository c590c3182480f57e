//! One node of a graph: its attributes, by name.

use stayput_core::{Error, Result};

use super::{refuse, unsupported};
use crate::onnx::{AttributeProto, NodeProto};

/// The operators that are read, for who meets another.
const READ: &str = "`TreeEnsembleClassifier`, `TreeEnsembleRegressor`, `TreeEnsemble`, \
    `LinearClassifier`, `LinearRegressor`, with scaling, imputing and one-hot encoding before, and a \
    logistic function behind";

/// A node with what errors call it.
#[derive(Clone, Copy)]
pub(super) struct Node<'g> {
    pub(super) proto: &'g NodeProto,
}

impl<'g> Node<'g> {
    pub(super) fn op(self) -> &'g str {
        &self.proto.op_type
    }

    /// The error for a node that holds what cannot be.
    pub(super) fn wrong(self, message: &str) -> Error {
        refuse(format!("operator `{}`: {message}", self.op()))
    }

    /// The error for a node that is not read, or not here.
    pub(super) fn unread(self, message: &str) -> Error {
        unsupported(format!("the operator `{}` {message}; read are {READ}", self.op()))
    }

    fn attribute(self, name: &str) -> Option<&'g AttributeProto> {
        self.proto.attribute.iter().find(|attribute| attribute.name == name)
    }

    pub(super) fn int(self, name: &str) -> Option<i64> {
        self.attribute(name).map(|attribute| attribute.i)
    }

    pub(super) fn float(self, name: &str) -> Option<f32> {
        self.attribute(name).map(|attribute| attribute.f)
    }

    pub(super) fn ints(self, name: &str) -> &'g [i64] {
        self.attribute(name).map_or(&[], |attribute| &attribute.ints)
    }

    pub(super) fn floats(self, name: &str) -> &'g [f32] {
        self.attribute(name).map_or(&[], |attribute| &attribute.floats)
    }

    pub(super) fn text(self, name: &str) -> Option<&'g [u8]> {
        self.attribute(name).map(|attribute| attribute.s.as_slice())
    }

    pub(super) fn texts(self, name: &str) -> &'g [Vec<u8>] {
        self.attribute(name).map_or(&[], |attribute| &attribute.strings)
    }

    /// The numbers of an attribute that is a tensor; none where it is not there.
    pub(super) fn tensor(self, name: &str) -> Result<Option<Vec<f64>>> {
        let Some(attribute) = self.attribute(name) else { return Ok(None) };
        let numbers = attribute.t.as_ref().and_then(crate::onnx::TensorProto::numbers);
        let wrong = || self.wrong(&format!("`{name}` is no tensor of numbers"));
        numbers.map(Some).ok_or_else(wrong)
    }

    /// Numbers that are written as `name`, in single precision, or as `name_as_tensor`.
    pub(super) fn numbers(self, name: &str) -> Result<Vec<f64>> {
        let tensor = self.tensor(&format!("{name}_as_tensor"))?;
        Ok(tensor.unwrap_or_else(|| self.floats(name).iter().map(|&x| x.into()).collect()))
    }

    /// The number of classes that the labels name; 0 where there are none.
    pub(super) fn classes(self) -> usize {
        let ints = self.ints("classlabels_int64s").len().max(self.ints("classlabels_ints").len());
        ints.max(self.texts("classlabels_strings").len())
    }
}
