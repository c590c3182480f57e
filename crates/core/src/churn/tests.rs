//! What holds for every model: it survives storage bit for bit, a batch is its rows, and nothing
//! that was tampered with panics.

#![expect(clippy::float_cmp, reason = "these numbers are exact")]

use std::sync::Arc;

use ndarray::Array2;
use proptest::prelude::*;

use super::*;
use crate::bundle::container::{Container, MODEL};
use crate::error::ErrorCode;
use crate::features::{FeatureColumn, FeatureData, FeatureTable, FeatureType, Keys};
use crate::time::Timestamp;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|at| format!("c{at}")).collect()
}

/// Number, boolean, and a category of 70 names, whose sets take two words.
fn inputs() -> Vec<Input> {
    let input = |name: &str, kind| Input { name: name.to_owned(), kind };
    vec![
        input("logins", InputKind::Number),
        input("paying", InputKind::Bool),
        input("plan", InputKind::Category { values: names(70) }),
    ]
}

fn model(predictor: Predictor) -> Model {
    Model::new(parts(predictor)).unwrap()
}

fn parts(predictor: Predictor) -> ModelParts {
    ModelParts {
        inputs: inputs(),
        encoders: Vec::new(),
        predictor,
        calibrator: None,
        importance: vec![0.5, 0.25, 0.25],
        algorithm: "gbm".to_owned(),
        params: [("C".to_owned(), crate::schema::Literal::Number(0.1))].into(),
        trained_on: TrainedOn { rows: 10, positives: 3 },
        confidence: None,
        reference: None,
    }
}

/// `logins < 3 (missing left) ? (plan in {1, 69} ? 0.5 : -0.25) : 1`, and a tree of one leaf.
fn nodes() -> Nodes<f32> {
    Nodes {
        link: Link::Logistic,
        compare: Compare::Less,
        base: 0.125,
        roots: vec![0, 5],
        feature: vec![0, 2, LEAF, LEAF, LEAF, LEAF],
        value: vec![3.0, 0.0, 1.0, 0.5, -0.25, 2.0],
        left: vec![1, 3, 0, 0, 0, 0],
        missing_left: vec![true, false, false, false, false, false],
        sets: Sets { node: vec![1], end: vec![2], words: vec![1 << 1, 1 << 5] },
        cover: vec![8.0, 5.0, 3.0, 4.0, 1.0, 8.0],
    }
}

fn forest(nodes: Nodes<f32>) -> Predictor {
    Predictor::Forest(Forest::new(ForestParts::F32(nodes)).unwrap())
}

#[test]
fn a_walk_follows_thresholds_sets_and_missing_values() {
    let model = model(forest(nodes()));
    let margin = |row: [f64; 3]| model.margin_row(&row).unwrap();
    assert_eq!(margin([3.0, 0.0, 1.0]), 3.125);
    assert_eq!(margin([2.0, 0.0, 1.0]), 2.625);
    assert_eq!(margin([2.0, 0.0, 69.0]), 2.625);
    assert_eq!(margin([2.0, 0.0, 2.0]), 1.875);
    assert_eq!(margin([f64::NAN, 0.0, 1.0]), 2.625);
    // Missing, and what names no category, go the way of the missing: right.
    for plan in [f64::NAN, -1.0, 70.0, 133.0, f64::INFINITY] {
        assert_eq!(margin([f64::NAN, 0.0, plan]), 1.875);
    }
    // In single precision 2.999999999 is 3.
    assert_eq!(margin([2.999_999_999, 0.0, 1.0]), 3.125);
    assert_eq!(model.predict_row(&[3.0, 0.0, 1.0]).unwrap(), f64::from(0.957_912_27_f32));
}

#[test]
fn parameters_are_told_as_they_were_given() {
    use crate::schema::Literal;
    let mut parts = parts(forest(nodes()));
    for (name, value) in [
        ("n_estimators", Literal::Number(738.0)),
        ("random_state", Literal::Text(u64::MAX.to_string())),
        ("grow_policy", Literal::Text("symmetric".to_owned())),
        ("confidence", Literal::Bool(true)),
    ] {
        parts.params.insert(name.to_owned(), value);
    }
    let told = serde_json::to_string(&Model::new(parts).unwrap().params()).unwrap();
    let whole = r#"{"C":0.1,"confidence":true,"grow_policy":"symmetric","n_estimators":738,"#;
    assert_eq!(told, format!("{whole}\"random_state\":{}}}", u64::MAX));
}

#[test]
fn a_node_that_only_asks_whether_a_value_is_missing_survives_storage() {
    let mut nodes = nodes();
    nodes.value[0] = f32::NEG_INFINITY;
    let model = model(forest(nodes));
    let back: Model = Model::from_bytes(&model.to_bytes().unwrap()).unwrap();
    assert_eq!(back, model);
    for number in [0.0, -1e300, f64::NEG_INFINITY, f64::INFINITY] {
        assert_eq!(back.margin_row(&[number, 0.0, 1.0]).unwrap(), 3.125);
    }
    assert_eq!(back.margin_row(&[f64::NAN, 0.0, 1.0]).unwrap(), 2.625);
}

#[test]
fn a_stored_model_says_what_is_wrong_with_it() {
    let bytes = model(forest(nodes())).to_bytes().unwrap();
    let mut altered = bytes.clone();
    altered[bytes.len() - 1] ^= 1;
    let cases: [(&[u8], ErrorCode, &str); 4] = [
        (b"", ErrorCode::BundleFormat, "model: not a Stayput model"),
        (
            b"stayputB\x01\0",
            ErrorCode::BundleFormat,
            "model: not a Stayput model; this is a bundle",
        ),
        (
            &altered,
            ErrorCode::BundleChecksum,
            "model: section `model` fails its checksum (file truncated or altered)",
        ),
        (
            &bytes[..bytes.len() - 1],
            ErrorCode::BundleFormat,
            "model: section `model` ends too early (file truncated or altered)",
        ),
    ];
    for (bytes, code, message) in cases {
        let error = Model::from_bytes(bytes).unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), (code, message));
    }
}

#[test]
fn a_row_of_the_wrong_width_is_refused() {
    let model = model(forest(nodes()));
    let error = model.predict_row(&[1.0]).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ModelShape);
    assert_eq!(error.to_string(), "model: rows have 1 columns; the model reads 3");
    assert!(model.predict(Array2::zeros((2, 4)).view()).is_err());
    assert!(model.predict(Array2::zeros((0, 3)).view()).unwrap().is_empty());
    let value = |at: usize| f64::from(u32::try_from(at % 70).unwrap());
    let rows = Array2::from_shape_fn((5_000, 3), |(row, input)| value(row * 7 + input));
    let alone = model.predict(rows.view()).unwrap();
    for threads in [0, 1, 2, 3, 64] {
        assert_eq!(model.predict_on(rows.view(), threads).unwrap(), alone);
    }
}

type Change = fn(&mut Nodes<f32>);
type ChangeParts = fn(&mut ModelParts);

#[test]
fn what_cannot_be_walked_is_refused() {
    let changes: [(&str, Change); 14] = [
        ("a child before its parent", |n| n.left[1] = 1),
        ("a child of another tree", |n| n.left[1] = 4),
        ("a child past the end", |n| n.left[1] = 400),
        ("two parents", |n| n.left[1] = 1),
        ("an unreachable node", |n| (n.feature[1], n.left[1], n.sets) = (LEAF, 0, Sets::default())),
        ("a split without children", |n| n.left[0] = 0),
        ("a leaf with children", |n| n.feature[0] = LEAF),
        ("a list too short", |n| n.value.truncate(5)),
        ("a root in no order", |n| n.roots = vec![0, 0]),
        ("a root that is not there", |n| n.roots = vec![0, 9]),
        ("a threshold that is no number", |n| n.value[0] = f32::NAN),
        ("leaves that overflow", |n| (n.value[2], n.value[5]) = (f32::MAX, f32::MAX)),
        ("a set on a leaf", |n| n.sets.node[0] = 2),
        ("a set past the words", |n| n.sets.end[0] = 3),
    ];
    for (what, change) in changes {
        let mut nodes = nodes();
        change(&mut nodes);
        let error = Forest::new(ForestParts::F32(nodes)).map(|_| ()).expect_err(what);
        assert_eq!(error.code(), ErrorCode::ModelShape, "{what}");
    }
    let changes: [(&str, ChangeParts); 6] = [
        ("an input that is not there", |p| drop((p.inputs.pop(), p.importance.pop()))),
        ("a set on a number", |p| p.inputs[2].kind = InputKind::Number),
        ("a name twice", |p| p.inputs[1].name = "logins".to_owned()),
        ("a category twice", |p| {
            p.inputs[2].kind = InputKind::Category { values: vec!["a".to_owned(); 2] };
        }),
        ("importances that are no shares", |p| p.importance[0] = 2.0),
        ("too few importances", |p| p.importance.truncate(2)),
    ];
    for (what, change) in changes {
        let mut parts = parts(forest(nodes()));
        change(&mut parts);
        assert_eq!(Model::new(parts).expect_err(what).code(), ErrorCode::ModelShape, "{what}");
    }
}

fn table(columns: Vec<FeatureColumn>, rows: usize) -> FeatureTable {
    let as_of = Timestamp::parse("2026-11-01T00:00:00Z").unwrap();
    let keys = Keys {
        customers: Arc::new((0..rows).map(|at| format!("c{at}")).collect()),
        customer: (0..rows).map(|at| u32::try_from(at).unwrap()).collect(),
        as_of: vec![as_of.as_micros(); rows].into(),
    };
    FeatureTable::new(keys, columns).unwrap()
}

fn column(name: &str, kind: FeatureType, rows: &[f64]) -> FeatureColumn {
    FeatureColumn { name: name.to_owned(), kind, data: FeatureData::Number(rows.to_vec().into()) }
}

#[test]
fn rows_are_matched_by_name_and_categories_by_theirs() {
    let model = model(forest(nodes()));
    let values = vec!["c69".to_owned(), "new".to_owned(), "c0".to_owned()];
    let plan = FeatureType::Category { values };
    let columns = vec![
        column("plan", plan, &[0.0, 1.0, 2.0, f64::NAN]),
        column("unused", FeatureType::Number, &[9.0; 4]),
        column("paying", FeatureType::Bool, &[0.0, 1.0, 1.0, 0.0]),
        column("logins", FeatureType::Number, &[1.0, 2.0, f64::NAN, 4.0]),
    ];
    let rows = model.rows_of(&table(columns.clone(), 4)).unwrap();
    let bits = |row: [f64; 3]| row.map(f64::to_bits);
    let found: Vec<[u64; 3]> = rows.rows().into_iter().map(|r| bits([r[0], r[1], r[2]])).collect();
    let nan = f64::NAN;
    let expected = [[1.0, 0.0, 69.0], [2.0, 1.0, 70.0], [nan, 1.0, 0.0], [4.0, 0.0, nan]].map(bits);
    assert_eq!(found, expected);

    let mut renamed = columns.clone();
    renamed[3].name = "login".to_owned();
    let error = model.rows_of(&table(renamed, 4)).unwrap_err();
    assert_eq!((error.code(), error.path()), (ErrorCode::ModelShape, Some("logins")));
    assert!(error.to_string().ends_with("does not have it; did you mean `login`?"), "{error}");

    let mut retyped = columns;
    retyped[3].kind = FeatureType::Bool;
    let error = model.rows_of(&table(retyped, 4)).unwrap_err();
    assert_eq!(error.to_string(), "feature `logins`: is bool; the model was trained on number");
}

fn push_leaf(nodes: &mut Nodes<f32>, value: f32) {
    nodes.feature.push(LEAF);
    nodes.value.push(value);
    nodes.left.push(0);
    nodes.missing_left.push(false);
    nodes.cover.push(value.abs());
}

/// A forest of up to five random trees over [`inputs`].
fn any_nodes() -> impl Strategy<Value = Nodes<f32>> {
    let split = (any::<prop::sample::Index>(), 0_u32..3, -4.0_f32..4.0, any::<bool>());
    let tree = (prop::collection::vec(split, 0..12), prop::collection::vec(any::<[u64; 2]>(), 12));
    (prop::collection::vec(tree, 0..6), -1.0_f32..1.0).prop_map(|(trees, base)| {
        let mut nodes = Nodes { base, ..nodes() };
        (nodes.roots, nodes.feature, nodes.value) = (vec![], vec![], vec![]);
        (nodes.left, nodes.missing_left, nodes.sets) = (vec![], vec![], Sets::default());
        nodes.cover.clear();
        for (splits, words) in trees {
            let root = nodes.feature.len();
            nodes.roots.push(u32::try_from(root).unwrap());
            push_leaf(&mut nodes, 0.5);
            // Split the leaves in the order of their numbers, so that sets stay in order.
            let mut next = root;
            for ((at, feature, value, missing), words) in splits.into_iter().zip(words) {
                let open = nodes.feature.len() - next;
                if open == 0 {
                    break;
                }
                let chosen = next + at.index(open.min(2));
                next = chosen + 1;
                let left = u32::try_from(nodes.feature.len()).unwrap();
                nodes.feature[chosen] = feature;
                nodes.left[chosen] = left;
                nodes.missing_left[chosen] = missing;
                nodes.value[chosen] = value;
                if feature == 2 {
                    nodes.sets.node.push(u32::try_from(chosen).unwrap());
                    nodes.sets.words.extend(words);
                    nodes.sets.end.push(u32::try_from(nodes.sets.words.len()).unwrap());
                }
                push_leaf(&mut nodes, value);
                push_leaf(&mut nodes, -value / 3.0);
            }
        }
        nodes
    })
}

fn any_linear() -> impl Strategy<Value = Linear> {
    (prop::collection::vec(-3.0_f64..3.0, 75), -3.0_f64..3.0).prop_map(|(weights, intercept)| {
        let number = |mean| Encoding::Number { mean, scale: 2.0, indicator: true };
        let plan = Encoding::Category { values: 70, indicator: true };
        Linear { encodings: vec![number(1.0), number(0.5), plan], weights, intercept }
    })
}

fn any_model() -> impl Strategy<Value = Model> {
    let forest = prop_oneof![
        any_nodes()
            .prop_map(|nodes| Predictor::Forest(Forest::new(ForestParts::F32(nodes)).unwrap())),
        any_linear().prop_map(Predictor::Linear),
    ];
    let platt = (0.1_f64..3.0, -1.0_f64..1.0)
        .prop_map(|(slope, intercept)| Calibrator::Platt { slope, intercept });
    let native = (forest, prop::option::of(platt)).prop_map(|(predictor, calibrator)| {
        Model::new(ModelParts { calibrator, ..parts(predictor) }).unwrap()
    });
    prop_oneof![2 => native, 1 => any_encoder().prop_map(encoded)]
}

fn any_encoder() -> impl Strategy<Value = Encoder> {
    let numbers = || {
        (prop::collection::vec(0.0_f64..=1.0, 70), 0.0_f64..=1.0, 0.0_f64..=1.0)
            .prop_map(|(names, missing, unseen)| NumberOfName { names, missing, unseen })
    };
    prop_oneof![
        any::<bool>().prop_map(|indicator| Encoder::OneHot { indicator }),
        Just(Encoder::Ordinal { values: 70 }),
        numbers().prop_map(Encoder::Frequency),
        numbers().prop_map(Encoder::Target),
    ]
}

/// A linear model of the columns that the encoder makes of the category.
fn encoded(encoder: Encoder) -> Model {
    let number = Encoding::Number { mean: 0.25, scale: 0.5, indicator: true };
    let width = 2 + encoder.columns(&inputs()[2].kind);
    let linear = Linear {
        encodings: vec![number; width],
        weights: (0_u32..).map(|at| f64::from(at) / 7.0 - 1.0).take(2 * width).collect(),
        intercept: 0.5,
    };
    let encoders = vec![Encoder::Native, Encoder::Native, encoder];
    Model::new(ModelParts { encoders, ..parts(Predictor::Linear(linear)) }).unwrap()
}

#[test]
fn a_category_goes_through_its_encoder_before_the_form() {
    let numbers = NumberOfName { names: vec![0.5; 70], missing: 0.25, unseen: 0.75 };
    let model = encoded(Encoder::Target(numbers));
    let margin = |category: f64| model.margin_row(&[0.25, 0.25, category]).unwrap();
    // The weights are -1, -6/7, …; the third number's is -3/7, and it is standardised.
    for (category, standardised) in [(3.0, 0.5), (f64::NAN, 0.0), (70.0, 1.0)] {
        let expected = standardised * (4.0 / 7.0 - 1.0) + 0.5;
        assert_eq!(margin(category), expected, "{category}");
    }
}

#[test]
fn an_encoder_that_does_not_fit_its_input_is_refused() {
    let numbers = |names| NumberOfName { names, missing: 0.0, unseen: 0.0 };
    let model = encoded(Encoder::Ordinal { values: 70 });
    let refused = |encoders: Vec<Encoder>| {
        Model::new(ModelParts { encoders, ..model.parts().clone() }).unwrap_err().to_string()
    };
    let of_plan = |encoder| refused(vec![Encoder::Native, Encoder::Native, encoder]);
    assert_eq!(refused(vec![Encoder::Native]), "model: has 1 encoders for 3 inputs");
    assert_eq!(
        refused(vec![Encoder::Ordinal { values: 1 }; 3]),
        "model `logins`: has an encoder, and is no category"
    );
    for encoder in [Encoder::Ordinal { values: 2 }, Encoder::Frequency(numbers(vec![0.5]))] {
        assert_eq!(of_plan(encoder), "model `plan`: has an encoder of another number of names");
    }
    for share in [f64::NAN, -0.5, 2.0] {
        let error = of_plan(Encoder::Target(numbers(vec![share; 70])));
        assert_eq!(error, "model `plan`: has an encoder with a number that is no share");
    }
    assert_eq!(
        of_plan(Encoder::OneHot { indicator: false }),
        "model `linear`: has 3 encodings for 72 inputs"
    );
}

fn any_rows() -> impl Strategy<Value = Array2<f64>> {
    let value = prop_oneof![
        4 => -5.0_f64..5.0,
        2 => (0_u8..75).prop_map(f64::from),
        1 => Just(f64::NAN),
        1 => prop_oneof![Just(f64::INFINITY), Just(-1e300), any::<f64>()],
    ];
    (0_usize..200)
        .prop_flat_map(move |rows| prop::collection::vec(value.clone(), rows * 3))
        .prop_map(|values| Array2::from_shape_vec((values.len() / 3, 3), values).unwrap())
}

proptest! {
    #[test]
    fn a_batch_is_its_rows_and_probabilities_are_probabilities(
        model in any_model(),
        rows in any_rows(),
    ) {
        let batch = model.predict(rows.view()).unwrap();
        let columns = rows.t().as_standard_layout().into_owned();
        let turned = model.predict(columns.t()).unwrap();
        for (at, (&p, row)) in batch.iter().zip(rows.rows()).enumerate() {
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert_eq!(p.to_bits(), model.predict_row(&row.to_vec()).unwrap().to_bits());
            prop_assert_eq!(p.to_bits(), turned[at].to_bits());
        }
    }

    #[test]
    fn a_model_comes_back_from_storage_bit_for_bit(model in any_model(), rows in any_rows()) {
        let bytes = model.to_bytes().unwrap();
        let back = Model::from_bytes(&bytes).unwrap();
        prop_assert_eq!(back.to_bytes().unwrap(), bytes);
        let bits = |model: &Model| -> Vec<u64> {
            model.predict(rows.view()).unwrap().into_iter().map(f64::to_bits).collect()
        };
        prop_assert_eq!(bits(&back), bits(&model));
        prop_assert_eq!(back, model);
    }

    #[test]
    fn bytes_that_were_tampered_with_never_panic(
        model in any_model(),
        rows in any_rows(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        // With checksums that fit, as only a writer that means harm makes.
        let file = model.to_bytes().unwrap();
        let mut bytes = Container::read(&file, &MODEL).unwrap().require("model").unwrap().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let mut forged = Container::new(&MODEL);
        forged.push("model", bytes).unwrap();
        match Model::from_bytes(&forged.write()) {
            Ok(model) => {
                for &p in model.predict(rows.view()).iter().flatten() {
                    prop_assert!((0.0..=1.0).contains(&p));
                }
            }
            Err(error) => prop_assert_eq!(error.code(), ErrorCode::BundleFormat),
        }
    }
}
