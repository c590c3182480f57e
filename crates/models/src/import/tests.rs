//! What holds for every format: small files written by hand, and what becomes of them when they are
//! cut off, altered, or meant to harm.

use proptest::prelude::*;
use stayput_core::churn::{Input, InputKind};

use super::*;

type Read = fn(&[u8], &Features) -> Result<Model>;

/// `x < 2.5 (missing left) ? (plan in {1} ? 0.25 : 0.5) : -1`, base score 0.5.
const XGBOOST: &str = include_str!("small.xgboost.json");

/// The same trees, of one missing type each.
const LIGHTGBM: &str = include_str!("small.lightgbm.txt");

const CATBOOST: &str = include_str!("small.catboost.json");

const NON_SYMMETRIC: &str = include_str!("small.non_symmetric.catboost.json");

/// A JSON value in UBJSON, so that one small file serves both.
fn ubjson(value: &serde_json::Value, bytes: &mut Vec<u8>) {
    use serde_json::Value;
    let text = |text: &str, bytes: &mut Vec<u8>| {
        bytes.push(b'L');
        bytes.extend(i64::try_from(text.len()).unwrap().to_be_bytes());
        bytes.extend(text.as_bytes());
    };
    match value {
        Value::Null => bytes.push(b'Z'),
        Value::Bool(truth) => bytes.push(if *truth { b'T' } else { b'F' }),
        Value::Number(number) => {
            bytes.push(b'D');
            bytes.extend(number.as_f64().unwrap().to_be_bytes());
            if let Some(whole) = number.as_i64() {
                bytes.truncate(bytes.len() - 9);
                bytes.push(b'l');
                bytes.extend(i32::try_from(whole).unwrap().to_be_bytes());
            }
        }
        Value::String(of) => {
            bytes.push(b'S');
            text(of, bytes);
        }
        Value::Array(values) => {
            bytes.push(b'[');
            for value in values {
                ubjson(value, bytes);
            }
            bytes.push(b']');
        }
        Value::Object(values) => {
            bytes.push(b'{');
            for (key, value) in values {
                text(key, bytes);
                ubjson(value, bytes);
            }
            bytes.push(b'}');
        }
    }
}

fn xgboost_ubjson() -> Vec<u8> {
    let mut bytes = Vec::new();
    ubjson(&serde_json::from_str(XGBOOST).unwrap(), &mut bytes);
    bytes
}

fn files() -> Vec<(Read, Vec<u8>)> {
    vec![
        (xgboost, XGBOOST.as_bytes().to_vec()),
        (xgboost, xgboost_ubjson()),
        (lightgbm, LIGHTGBM.as_bytes().to_vec()),
        (catboost, CATBOOST.as_bytes().to_vec()),
        (catboost, NON_SYMMETRIC.as_bytes().to_vec()),
    ]
}

fn read(read: Read, file: &str) -> Result<Model> {
    read(file.as_bytes(), &named(file.as_bytes()))
}

/// The names that a file of `CatBoost` does not have.
fn named(file: &[u8]) -> Features {
    let has = |text: &[u8]| file.windows(text.len()).any(|part| part == text);
    let values = ["a", "ä"].map(str::to_owned).to_vec();
    let plan = Input { name: "plan".to_owned(), kind: InputKind::Category { values } };
    if has(b"cat_feature_index") { Features::Kinds(vec![plan]) } else { Features::AsStored }
}

fn margins<const N: usize>(model: &Model, rows: [[f64; 2]; N]) -> [f64; N] {
    rows.map(|row| model.margin_row(&row).unwrap())
}

const ROWS: [[f64; 2]; 7] = [
    [2.0, 0.0],
    [2.0, 1.0],
    [2.5, 0.0],
    [9.0, 1.0],
    [f64::NAN, 1.0],
    [f64::NAN, f64::NAN],
    [0.0, f64::NAN],
];

#[test]
fn small_files_say_what_they_mean() {
    let plan = InputKind::Category { values: ["a", "ä"].map(str::to_owned).to_vec() };
    let inputs = [("x", InputKind::Number), ("plan", plan)]
        .map(|(name, kind)| Input { name: name.to_owned(), kind });
    for (file, expected) in [
        (read(xgboost, XGBOOST), [0.5, 0.25, -1.0, -1.0, 0.25, 0.25, 0.25]),
        (
            xgboost(&xgboost_ubjson(), &Features::AsStored),
            [0.5, 0.25, -1.0, -1.0, 0.25, 0.25, 0.25],
        ),
        (read(lightgbm, LIGHTGBM), [0.625, 0.375, 0.625, -0.875, 0.375, 0.625, 0.625]),
        (read(catboost, CATBOOST), [1.125, 0.625, 1.125, -3.875, 0.625, 1.125, 1.125]),
    ] {
        let model = file.unwrap();
        assert_eq!(model.inputs(), inputs);
        assert_eq!(margins(&model, ROWS), expected, "{}", model.algorithm());
        let stored = Model::from_bytes(&model.to_bytes().unwrap()).unwrap();
        assert_eq!(stored, model);
    }
    assert_eq!(read(xgboost, XGBOOST).unwrap().importance(), [0.75, 0.25]);
    // The sigmoid's parameter counts in the probability alone.
    let model = read(lightgbm, LIGHTGBM).unwrap();
    assert_eq!(model.probability(0.25), stayput_core::math::sigmoid(0.5));
    let model = read(catboost, NON_SYMMETRIC).unwrap();
    let alone = [2.5, 2.6, f64::NAN].map(|x| model.margin_row(&[x]).unwrap());
    assert_eq!((model.inputs()[0].name.as_str(), alone), ("f0", [1.0, -1.0, -1.0]));
}

#[test]
fn a_file_that_says_what_cannot_be_is_refused() {
    type Case = (Read, &'static str, &'static str, &'static str, &'static str);
    let cases: [Case; 17] = [
        (xgboost, XGBOOST, "[1, 3, -1,", "[0, 3, -1,", "tree 0: its nodes are not a tree"),
        (xgboost, XGBOOST, "[1, 3, -1,", "[9, 3, -1,", "node 9 is missing"),
        (xgboost, XGBOOST, "[2, 4, -1,", "[-5, 4, -1,", "node 0 is missing"),
        (
            xgboost,
            XGBOOST,
            "[0, 1, 0, 0, 0], \"split_cond",
            "[7, 1, 0, 0, 0], \"split_cond",
            "asks about feature 8 of 2",
        ),
        (
            xgboost,
            XGBOOST,
            "\"categories\": [1]",
            "\"categories\": [4294967295]",
            "category 4294967295 of `plan`",
        ),
        (
            xgboost,
            XGBOOST,
            "\"categories_sizes\": [1]",
            "\"categories_sizes\": [18446744073709551615]",
            "more than it lists",
        ),
        (xgboost, XGBOOST, "[5E-1]", "[0]", "`base_score` of `[0]` is not possible"),
        (xgboost, XGBOOST, "[5E-1]", "half", "expected a number"),
        (xgboost, XGBOOST, "[0, 1, 3], \"values\"", "[0, 1, 9], \"values\"", "names of categories"),
        (lightgbm, LIGHTGBM, "num_leaves=3", "num_leaves=0", "a tree has no leaves"),
        (lightgbm, LIGHTGBM, "num_leaves=3", "num_leaves=18446744073709551615", "instead of"),
        (
            lightgbm,
            LIGHTGBM,
            "left_child=1 -2",
            "left_child=0 -2",
            "tree 0: its nodes are not a tree",
        ),
        (lightgbm, LIGHTGBM, "right_child=-1 -3", "right_child=-9 -3", "a split lacks a child"),
        (
            lightgbm,
            LIGHTGBM,
            "cat_threshold=2",
            "cat_threshold=4",
            "category 2 of `plan`, which has 2",
        ),
        (lightgbm, LIGHTGBM, "decision_type=10 1", "decision_type=14 1", "wrong `decision_type`"),
        (catboost, CATBOOST, "[0.5, -1, 0.25, -2]", "[0.5, -1, 0.25]", "2 questions and 3 leaves"),
        (
            catboost,
            CATBOOST,
            "\"flat_feature_index\": 1",
            "\"flat_feature_index\": 0",
            "out of place",
        ),
    ];
    for (import, file, old, new, message) in cases {
        assert!(file.contains(old), "{old}");
        let error = read(import, &file.replacen(old, new, 1)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ModelFormat, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn a_set_that_two_splits_share_is_refused() {
    // Else a small file could ask for a large set any number of times.
    let file = LIGHTGBM.replace("threshold=2.5 0", "threshold=0 0");
    let file = file.replace("decision_type=10 1", "decision_type=1 1");
    let file = file.replace("split_feature=0 1", "split_feature=1 1");
    let error = read(lightgbm, &file).unwrap_err();
    assert!(error.to_string().contains("belongs to two splits"), "{error}");
}

#[test]
fn a_file_of_another_kind_is_told_from_a_broken_one() {
    type Case = (Read, &'static str, &'static str, &'static str, &'static str);
    let cases: [Case; 8] = [
        (xgboost, XGBOOST, "binary:logistic", "rank:pairwise", "the objective `rank:pairwise`"),
        (xgboost, XGBOOST, "\"gbtree\"", "\"gblinear\"", "booster `gblinear` has no trees"),
        (xgboost, XGBOOST, "\"num_class\": \"0\"", "\"num_class\": \"3\"", "several classes"),
        (xgboost, XGBOOST, "\"size_leaf_vector\": \"0\"", "\"size_leaf_vector\": \"2\"", "vectors"),
        (lightgbm, LIGHTGBM, "is_linear=0", "is_linear=1", "linear_tree"),
        (lightgbm, LIGHTGBM, "num_class=1", "num_class=2", "several classes"),
        (catboost, CATBOOST, "OneHotFeature", "OnlineCtr", "CTR"),
        (catboost, CATBOOST, "Logloss", "RMSE", "the loss `RMSE`"),
    ];
    for (import, file, old, new, message) in cases {
        let error = read(import, &file.replacen(old, new, 1)).unwrap_err();
        assert_eq!(error.code(), ErrorCode::Unsupported, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn what_is_nested_without_end_is_refused() {
    for (open, close) in [("[", "]"), ("{\"learner\":", "}"), ("{\"trees\":[{\"left\":", "}]}")] {
        let file = open.repeat(200_000) + &close.repeat(200_000);
        assert!(read(xgboost, &file).is_err());
        assert!(read(catboost, &file).is_err());
    }
    let mut deep = b"{L\0\0\0\0\0\0\0\x01a".repeat(100_000);
    deep.push(b'{');
    assert!(xgboost(&deep, &Features::AsStored).unwrap_err().to_string().contains("too deep"));
}

#[test]
fn features_are_read_and_held_against_the_model() {
    let given = |json: &str| Features::from_json(json).unwrap();
    let imported = |json: &str| xgboost(XGBOOST.as_bytes(), &given(json));
    let names =
        |model: Model| model.inputs().iter().map(|input| input.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(imported("null").unwrap()), ["x", "plan"]);
    assert_eq!(names(imported(r#"["logins", "tier"]"#).unwrap()), ["logins", "tier"]);
    let kinds = imported(r#"{"x": "bool", "plan": ["a", "ä"]}"#).unwrap();
    assert_eq!(kinds.inputs()[0].kind, InputKind::Bool);
    for (json, path, message) in [
        (r#"["x"]"#, "features", "names 1 features; the model reads 2"),
        (r#"{"y": "bool"}"#, "y", "does not read this feature; did you mean `x`?"),
        (r#"{"x": ["a"]}"#, "x", "is given as category; the model was trained on number"),
        (r#"{"plan": "bool"}"#, "plan", "is given as bool; the model was trained on category"),
        (r#"{"plan": ["ä", "a"]}"#, "plan", "in another order"),
        (r#"["x", "x"]"#, "x", "is there twice"),
    ] {
        let error = imported(json).unwrap_err();
        assert_eq!(error.path(), Some(path));
        assert!(error.to_string().contains(message), "{error}");
    }
    for json in ["", "3", "[3]", r#"{"x": "text"}"#, r#"{"x": [1]}"#] {
        assert_eq!(Features::from_json(json).unwrap_err().code(), ErrorCode::Argument, "{json}");
    }
}

/// Text that a number may be replaced by.
const NUMBERS: [&str; 8] =
    ["-1", "0", "1", "3", "4294967295", "9223372036854775807", "18446744073709551615", "1e309"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn altered_files_never_panic_and_what_is_read_predicts(
        at in 0_usize..5,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        numbers in prop::collection::vec((any::<prop::sample::Index>(), 0..NUMBERS.len()), 0..4),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        row in [any::<f64>(), any::<f64>()],
    ) {
        let (import, mut bytes) = files().swap_remove(at);
        for (place, number) in numbers {
            let digits: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at].is_ascii_digit()).collect();
            let from = digits[place.index(digits.len())];
            bytes.splice(from..=from, NUMBERS[number].bytes());
        }
        for (place, byte) in changes {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        match import(&bytes, &named(&bytes)) {
            Ok(model) => {
                let row: Vec<f64> = row.iter().copied().cycle().take(model.inputs().len()).collect();
                let probability = model.predict_row(&row).unwrap();
                prop_assert!((0.0..=1.0).contains(&probability));
            }
            Err(error) => prop_assert_ne!(error.code(), ErrorCode::Internal, "{}", error),
        }
    }
}
