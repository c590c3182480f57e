//! Graphs written by hand, and what becomes of files that are altered. What other libraries write
//! is held against ONNX Runtime by the tests of the Python package.

use proptest::prelude::*;
use stayput_core::ErrorCode;

use super::*;
use crate::onnx::{
    AttributeProto, DimensionProto, FLOAT, GraphProto, ML, NodeProto, TensorShapeProto,
    TensorTypeProto, TypeProto, ValueInfoProto,
};

fn attribute(name: &str, r#type: i32) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type, ..AttributeProto::default() }
}

fn ints(name: &str, ints: &[i64]) -> AttributeProto {
    AttributeProto { ints: ints.to_vec(), ..attribute(name, 7) }
}

fn floats(name: &str, floats: &[f32]) -> AttributeProto {
    AttributeProto { floats: floats.to_vec(), ..attribute(name, 6) }
}

fn texts(name: &str, texts: &[&str]) -> AttributeProto {
    let strings = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    AttributeProto { strings, ..attribute(name, 8) }
}

fn text(name: &str, text: &str) -> AttributeProto {
    AttributeProto { s: text.as_bytes().to_vec(), ..attribute(name, 3) }
}

fn node(domain: &str, op: &str, from: &str, to: &[&str], of: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        input: vec![from.to_owned()],
        output: to.iter().map(|&name| name.to_owned()).collect(),
        op_type: op.to_owned(),
        domain: domain.to_owned(),
        attribute: of,
        ..NodeProto::default()
    }
}

/// `x <= 1 (missing yes) ? 0.5 : (x > 3 ? −1 : 0.25)`, of `(x − 1) · −2`, with base 0.125.
fn scaled() -> ModelProto {
    let scaler = vec![floats("offset", &[1.0]), floats("scale", &[-2.0])];
    let trees = vec![
        ints("nodes_treeids", &[0; 5]),
        ints("nodes_nodeids", &[0, 1, 2, 3, 4]),
        ints("nodes_featureids", &[0; 5]),
        texts("nodes_modes", &["BRANCH_LEQ", "LEAF", "BRANCH_GT", "LEAF", "LEAF"]),
        floats("nodes_values", &[1.0, 0.0, 3.0, 0.0, 0.0]),
        ints("nodes_truenodeids", &[1, 0, 3, 0, 0]),
        ints("nodes_falsenodeids", &[2, 0, 4, 0, 0]),
        ints("nodes_missing_value_tracks_true", &[1, 0, 0, 0, 0]),
        ints("class_treeids", &[0; 3]),
        ints("class_nodeids", &[1, 3, 4]),
        ints("class_ids", &[0; 3]),
        floats("class_weights", &[0.5, -1.0, 0.25]),
        ints("classlabels_int64s", &[0, 1]),
        floats("base_values", &[0.125]),
        text("post_transform", "LOGISTIC"),
    ];
    let dim = |value| DimensionProto { dim_value: value, dim_param: None };
    let shape = TensorShapeProto { dim: vec![dim(None), dim(Some(1))] };
    let tensor = TensorTypeProto { elem_type: FLOAT, shape: Some(shape) };
    let value = |name: &str| ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto { tensor_type: Some(tensor.clone()) }),
    };
    let graph = GraphProto {
        node: vec![
            node(ML, "Scaler", "rows", &["scaled"], scaler),
            node(ML, "TreeEnsembleClassifier", "scaled", &["label", "p"], trees),
            node(ML, "ZipMap", "p", &["zipped"], Vec::new()),
        ],
        input: vec![value("rows")],
        output: vec![value("label"), value("zipped")],
        ..GraphProto::default()
    };
    ModelProto { graph: Some(graph), ..ModelProto::default() }
}

fn read(file: &ModelProto) -> Result<Model> {
    onnx(&file.encode_to_vec(), &Features::AsStored)
}

#[test]
fn a_small_graph_says_what_it_means() {
    let model = read(&scaled()).unwrap();
    assert_eq!(model.inputs()[0].name, "f0");
    // −2 (x − 1) is at most 1 from 0.5 on, and above 3 below −0.5.
    for (x, margin) in [
        (0.5, 0.625),
        (9.0, 0.625),
        (f64::NAN, 0.625),
        (0.499, 0.375),
        (-0.5, 0.375),
        (-0.501, -0.875),
    ] {
        assert_eq!(model.margin_row(&[x]).unwrap(), margin, "{x}");
    }
}

#[test]
fn what_cannot_be_is_refused_and_what_is_not_read_is_named() {
    type Change = fn(&mut GraphProto);
    let cases: [(Change, ErrorCode, &str); 9] = [
        (|graph| graph.node[1].attribute[5].ints[0] = 0, ErrorCode::ModelFormat, "not trees"),
        (
            |graph| graph.node[1].attribute[5].ints[0] = 9,
            ErrorCode::ModelFormat,
            "operator `TreeEnsembleClassifier`: node 0 lacks a child",
        ),
        (
            |graph| graph.node[1].attribute[2].ints[0] = 3,
            ErrorCode::ModelFormat,
            "asks about feature 3 of 1",
        ),
        (
            |graph| graph.node[1].attribute[1].ints[1] = 0,
            ErrorCode::ModelFormat,
            "two of its nodes have one number",
        ),
        (
            |graph| graph.node[1].attribute[9].ints[0] = 0,
            ErrorCode::ModelFormat,
            "a weight belongs to no leaf",
        ),
        (
            |graph| graph.node[0].attribute[1].floats[0] = 0.0,
            ErrorCode::Unsupported,
            "scales a feature by 0",
        ),
        (
            |graph| graph.node[0].op_type = "Normalizer".to_owned(),
            ErrorCode::Unsupported,
            "the operator `Normalizer` is not read; read are `TreeEnsembleClassifier`",
        ),
        (
            |graph| graph.node[1].attribute[14].s = b"PROBIT".to_vec(),
            ErrorCode::Unsupported,
            "has the `post_transform` `PROBIT`",
        ),
        (|graph| graph.node[2].input[0].clear(), ErrorCode::Unsupported, "`ZipMap` is not read"),
    ];
    for (change, code, message) in cases {
        let mut file = scaled();
        change(file.graph.as_mut().unwrap());
        let error = read(&file).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn a_graph_that_doubles_its_columns_is_stopped() {
    let mut file = scaled();
    let graph = file.graph.as_mut().unwrap();
    let double = |at: usize| {
        let axis = AttributeProto { i: 1, ..attribute("axis", 2) };
        let mut node =
            node("", "Concat", &format!("x{at}"), &[&format!("x{}", at + 1)], vec![axis]);
        node.input.push(format!("x{at}"));
        node
    };
    graph.node = (0..60).map(double).collect();
    graph.node[0].input = vec!["rows".to_owned(); 2];
    let error = read(&file).unwrap_err();
    assert!(error.to_string().contains("repeats its columns"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn altered_files_never_panic_and_what_is_read_predicts(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        x in any::<f64>(),
    ) {
        let mut bytes = scaled().encode_to_vec();
        for (place, byte) in changes {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        match onnx(&bytes, &Features::AsStored) {
            Ok(model) => {
                let probability = model.predict_row(&vec![x; model.inputs().len()]).unwrap();
                prop_assert!((0.0..=1.0).contains(&probability));
            }
            Err(error) => prop_assert_ne!(error.code(), ErrorCode::Internal, "{}", error),
        }
    }
}
