//! The messages of ONNX that are read or written here, by the field numbers of its public
//! `onnx.proto`. Fields that are not listed are skipped when a file is read.
//!
//! Protobuf messages nest here at most five deep, and `prost` follows no more than a hundred levels;
//! a list takes as much room as its bytes, times at most eight.

use prost::Message;

/// What an `f32` is called.
pub(crate) const FLOAT: i32 = 1;
/// What a `u8` is called.
pub(crate) const UINT8: i32 = 2;
/// What an `i64` is called.
pub(crate) const INT64: i32 = 7;
/// What a text is called.
pub(crate) const STRING: i32 = 8;
/// What an `f64` is called.
pub(crate) const DOUBLE: i32 = 11;

/// The domain of the operators for trees and linear models.
pub(crate) const ML: &str = "ai.onnx.ml";

/// The key of the metadata that says what the features are, as [`crate::import::Features`] reads it.
pub(crate) const FEATURES: &str = "stayput.features";
/// The key of the metadata that holds the model itself, in hexadecimal.
pub(crate) const MODEL: &str = "stayput.model";

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ModelProto {
    #[prost(int64, tag = "1")]
    pub(crate) ir_version: i64,
    #[prost(string, tag = "2")]
    pub(crate) producer_name: String,
    #[prost(string, tag = "3")]
    pub(crate) producer_version: String,
    #[prost(message, optional, tag = "7")]
    pub(crate) graph: Option<GraphProto>,
    #[prost(message, repeated, tag = "8")]
    pub(crate) opset_import: Vec<OperatorSetIdProto>,
    #[prost(message, repeated, tag = "14")]
    pub(crate) metadata_props: Vec<StringStringEntryProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct OperatorSetIdProto {
    #[prost(string, tag = "1")]
    pub(crate) domain: String,
    #[prost(int64, tag = "2")]
    pub(crate) version: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct StringStringEntryProto {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(string, tag = "2")]
    pub(crate) value: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct GraphProto {
    #[prost(message, repeated, tag = "1")]
    pub(crate) node: Vec<NodeProto>,
    #[prost(string, tag = "2")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "5")]
    pub(crate) initializer: Vec<TensorProto>,
    #[prost(message, repeated, tag = "11")]
    pub(crate) input: Vec<ValueInfoProto>,
    #[prost(message, repeated, tag = "12")]
    pub(crate) output: Vec<ValueInfoProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct NodeProto {
    #[prost(string, repeated, tag = "1")]
    pub(crate) input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub(crate) output: Vec<String>,
    #[prost(string, tag = "3")]
    pub(crate) name: String,
    #[prost(string, tag = "4")]
    pub(crate) op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub(crate) attribute: Vec<AttributeProto>,
    #[prost(string, tag = "7")]
    pub(crate) domain: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct AttributeProto {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(float, tag = "2")]
    pub(crate) f: f32,
    #[prost(int64, tag = "3")]
    pub(crate) i: i64,
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) s: Vec<u8>,
    #[prost(message, optional, tag = "5")]
    pub(crate) t: Option<TensorProto>,
    #[prost(float, repeated, packed = "false", tag = "7")]
    pub(crate) floats: Vec<f32>,
    #[prost(int64, repeated, packed = "false", tag = "8")]
    pub(crate) ints: Vec<i64>,
    #[prost(bytes = "vec", repeated, tag = "9")]
    pub(crate) strings: Vec<Vec<u8>>,
    /// `FLOAT` 1, `INT` 2, `STRING` 3, `TENSOR` 4, `FLOATS` 6, `INTS` 7, `STRINGS` 8.
    #[prost(int32, tag = "20")]
    pub(crate) r#type: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TensorProto {
    #[prost(int64, repeated, tag = "1")]
    pub(crate) dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub(crate) data_type: i32,
    #[prost(float, repeated, tag = "4")]
    pub(crate) float_data: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    pub(crate) int32_data: Vec<i32>,
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub(crate) string_data: Vec<Vec<u8>>,
    #[prost(int64, repeated, tag = "7")]
    pub(crate) int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    pub(crate) name: String,
    #[prost(bytes = "vec", tag = "9")]
    pub(crate) raw_data: Vec<u8>,
    #[prost(double, repeated, tag = "10")]
    pub(crate) double_data: Vec<f64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ValueInfoProto {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) r#type: Option<TypeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TypeProto {
    #[prost(message, optional, tag = "1")]
    pub(crate) tensor_type: Option<TensorTypeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TensorTypeProto {
    #[prost(int32, tag = "1")]
    pub(crate) elem_type: i32,
    #[prost(message, optional, tag = "2")]
    pub(crate) shape: Option<TensorShapeProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TensorShapeProto {
    #[prost(message, repeated, tag = "1")]
    pub(crate) dim: Vec<DimensionProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct DimensionProto {
    #[prost(int64, optional, tag = "1")]
    pub(crate) dim_value: Option<i64>,
    #[prost(string, optional, tag = "2")]
    pub(crate) dim_param: Option<String>,
}

impl TensorProto {
    /// The numbers of a tensor of any type that is read here; none where it has another type, or
    /// its bytes are not as many as they should be.
    pub(crate) fn numbers(&self) -> Option<Vec<f64>> {
        fn raw<const N: usize>(bytes: &[u8], of: fn([u8; N]) -> f64) -> Option<Vec<f64>> {
            let (whole, rest) = bytes.as_chunks::<N>();
            rest.is_empty().then(|| whole.iter().map(|bytes| of(*bytes)).collect())
        }
        let bytes = &self.raw_data;
        let numbers = match (self.data_type, bytes.is_empty()) {
            (FLOAT, true) => Some(self.float_data.iter().map(|&x| x.into()).collect()),
            (DOUBLE, true) => Some(self.double_data.clone()),
            #[expect(clippy::cast_precision_loss, reason = "places and codes are small")]
            (INT64, true) => Some(self.int64_data.iter().map(|&x| x as f64).collect()),
            (2 | 6 | 9, true) => Some(self.int32_data.iter().map(|&x| x.into()).collect()),
            (FLOAT, false) => raw(bytes, |bytes| f32::from_le_bytes(bytes).into()),
            (DOUBLE, false) => raw(bytes, f64::from_le_bytes),
            #[expect(clippy::cast_precision_loss, reason = "places and codes are small")]
            (INT64, false) => raw(bytes, |bytes| i64::from_le_bytes(bytes) as f64),
            (6, false) => raw(bytes, |bytes| i32::from_le_bytes(bytes).into()),
            (2 | 9, false) => Some(bytes.iter().map(|&x| x.into()).collect()),
            _ => None,
        }?;
        let count = self.dims.iter().try_fold(1_i64, |count, &dim| count.checked_mul(dim))?;
        (usize::try_from(count) == Ok(numbers.len())).then_some(numbers)
    }
}
