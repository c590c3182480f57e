//! Parameters as documents write them, and what is refused of them.

use super::*;

fn refused(text: &str) -> String {
    let error = TrainParams::from_json(text).and_then(|params| params.check()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::ModelParameter, "{text}");
    error.to_string()
}

#[test]
fn every_parameter_is_read_by_its_name() {
    let text = r#"{"algorithm": "gbm", "n_estimators": 50, "max_depth": 3.0,
        "learning_rate": 0.2, "min_child_weight": 2, "subsample": 0.5, "colsample_bytree": 0.6,
        "colsample_bylevel": 0.7, "grow_policy": "depthwise", "reg_lambda": 0, "random_state": 18446744073709551615, "n_jobs": 2,
        "calibrate": "platt"}"#;
    let params = TrainParams::from_json(text).unwrap();
    let expected = TrainParams {
        algorithm: Algorithm::Gbm,
        n_estimators: Some(50),
        max_depth: Some(3),
        learning_rate: Some(0.2),
        min_child_weight: Some(2.0),
        subsample: Some(0.5),
        colsample_bytree: Some(0.6),
        colsample_bylevel: Some(0.7),
        grow_policy: Some(GrowPolicy::Depthwise),
        reg_lambda: Some(0.0),
        random_state: Some(u64::MAX),
        n_jobs: Some(2),
        calibrate: Some(Calibrate::Platt),
        ..TrainParams::default()
    };
    assert_eq!(params, expected);
    assert!(params.check().is_ok());
    for text in ["", "{}", r#"{"max_depth": null, "calibrate": "none", "n_jobs": null}"#] {
        assert_eq!(TrainParams::from_json(text).unwrap(), TrainParams::default());
    }
    let others = [
        r#"{"algorithm": "gbdt", "min_child_samples": 5}"#,
        r#"{"algorithm": "logistic", "C": 0.5, "class_weight": "balanced"}"#,
        r#"{"algorithm": "forest", "n_estimators": 10, "max_depth": 60, "min_samples_leaf": 1,
            "max_features": "sqrt", "max_samples": 0.5, "interaction_constraints": [["a", "b"]]}"#,
        r#"{"algorithm": "forest", "max_features": 0.5, "scale_pos_weight": 2}"#,
        r#"{"algorithm": "tree", "max_depth": 3, "min_samples_leaf": 5, "encoding": "native"}"#,
        r#"{"random_strength": 0, "monotone_constraints": {"a": 0}}"#,
        r#"{"n_estimators": 300, "early_stopping": "time", "early_stopping_rounds": 20,
            "monotone_constraints": {"a": -1, "b": 0, "c": 1.0}, "interaction_constraints": []}"#,
    ];
    for text in others {
        assert!(TrainParams::from_json(text).unwrap().check().is_ok());
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn what_is_not_possible_is_refused_by_name() {
    let cases = [
        ("[1]", "parameters: `[1]` is not a JSON object"),
        (
            r#"{"max_dept": 4}"#,
            "parameter `max_dept`: is not a parameter; did you mean `max_depth`?",
        ),
        (r#"{"colour": 4}"#, "parameter `colour`: is not a parameter"),
        (
            r#"{"algorithm": "gmb"}"#,
            "parameter `algorithm`: \"gmb\" is none of `gbm`, `gbdt`, `logistic`, `forest` and `tree`; \
             did you mean `gbm`?",
        ),
        (
            r#"{"algorithm": "logistic", "max_depth": 4}"#,
            "parameter `max_depth`: is not a parameter of `logistic`",
        ),
        (
            r#"{"algorithm": "gbdt", "subsample": 0.5}"#,
            "parameter `subsample`: is not a parameter of `gbdt`",
        ),
        (r#"{"C": 1}"#, "parameter `C`: is not a parameter of `gbm`"),
        (
            r#"{"class_weight": "balance"}"#,
            "parameter `class_weight`: \"balance\" is not `balanced`; did you mean `balanced`?",
        ),
        (
            r#"{"class_weight": "balanced", "scale_pos_weight": 2}"#,
            "parameter `scale_pos_weight`: is not for use beside `class_weight`; choose one",
        ),
        (r#"{"scale_pos_weight": 0}"#, "parameter `scale_pos_weight`: is 0; expected 1e-6 to 1e6"),
        (
            r#"{"monotone_constraints": {"a": 2}}"#,
            "parameter `monotone_constraints`: is 2 for `a`; expected -1, 0 or 1 for each of some \
             features",
        ),
        (
            r#"{"interaction_constraints": ["a"]}"#,
            "parameter `interaction_constraints`: is `[\"a\"]`; expected lists of the names of \
             features",
        ),
        (
            r#"{"early_stopping": "folsd"}"#,
            "parameter `early_stopping`: \"folsd\" is none of `folds` and `time`; did you mean \
             `folds`?",
        ),
        (
            r#"{"algorithm": "forest", "max_features": "log2"}"#,
            "parameter `max_features`: is `\"log2\"`; expected `sqrt` or a share of the features",
        ),
        (
            r#"{"algorithm": "forest", "monotone_constraints": {"a": 1}}"#,
            "parameter `monotone_constraints`: is not a parameter of `forest`",
        ),
        (r#"{"max_depth": 0}"#, "parameter `max_depth`: is 0; expected 1 to 16"),
        (
            r#"{"max_depth": 2.5}"#,
            "parameter `max_depth`: is `2.5`; expected a whole number, 0 or more",
        ),
        (
            r#"{"n_estimators": "many"}"#,
            "parameter `n_estimators`: is `\"many\"`; expected a whole number, 0 or more",
        ),
        (
            r#"{"learning_rate": 0}"#,
            "parameter `learning_rate`: is 0; expected above 0 and up to 1",
        ),
        (r#"{"n_jobs": 0}"#, "parameter `n_jobs`: is 0; expected 1 to 1024, or -1 for all cores"),
        (
            r#"{"encoding": "one_hot"}"#,
            "parameter `encoding`: \"one_hot\" is none of `auto`, `native`, `onehot`, `ordinal`, `frequency` and `target`; did you mean `onehot`?",
        ),
        (
            r#"{"grow_policy": "symetric"}"#,
            "parameter `grow_policy`: \"symetric\" is none of `symmetric` and `depthwise`; did you mean `symmetric`?",
        ),
        (
            r#"{"encoding": "native"}"#,
            "parameter `encoding`: `native` is not for symmetric trees, which split numbers alone; choose another, or `grow_policy` `depthwise`",
        ),
        (
            r#"{"confidence": "high"}"#,
            "parameter `confidence`: is `\"high\"`; expected true or false",
        ),
        (
            r#"{"calibrate": "sigmoid"}"#,
            "parameter `calibrate`: \"sigmoid\" is none of `platt`, `isotonic`, `beta` and `none`",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(refused(text), message);
    }
    assert!(refused("{").starts_with("parameters: cannot be read as JSON"));
    for text in [
        r#"{"reg_lambda": -1}"#,
        r#"{"random_strength": 11}"#,
        r#"{"random_strength": 0.5, "grow_policy": "depthwise"}"#,
        r#"{"random_strength": 0.5, "monotone_constraints": {"a": 1}}"#,
        r#"{"subsample": 1.5}"#,
        r#"{"min_child_weight": 1e300}"#,
        r#"{"algorithm": "logistic", "C": 0}"#,
        r#"{"random_state": -1}"#,
        r#"{"n_estimators": 1e18}"#,
    ] {
        refused(text);
    }
    let nan = TrainParams { learning_rate: Some(f64::NAN), ..TrainParams::default() };
    assert_eq!(nan.check().unwrap_err().code(), ErrorCode::ModelParameter);
}
