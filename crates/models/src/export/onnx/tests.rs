use proptest::prelude::*;
use stayput_core::churn::Calibrator;

use super::*;
use crate::import::{self, Features};
use crate::testing::made_up;
use crate::{Algorithm, GrowPolicy, TrainParams};

fn trained(algorithm: Algorithm, grow_policy: Option<GrowPolicy>, seed: u64) -> Model {
    let n_estimators = (algorithm != Algorithm::Logistic).then_some(5);
    let params = TrainParams { algorithm, n_estimators, grow_policy, ..TrainParams::default() };
    crate::train(&made_up(300, seed), &params).unwrap()
}

/// The file without the model in its metadata.
fn graph_alone(file: &[u8]) -> Vec<u8> {
    let mut file = ModelProto::decode(file).unwrap();
    file.metadata_props.retain(|entry| entry.key != MODEL);
    file.encode_to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn every_model_comes_back_as_it_was(seed in any::<u64>()) {
        for (algorithm, grow_policy) in [
            (Algorithm::Gbm, None),
            (Algorithm::Gbm, Some(GrowPolicy::Depthwise)),
            (Algorithm::Logistic, None),
        ] {
            let model = trained(algorithm, grow_policy, seed);
            let margins = vec![-2.0, 0.5, 1.0];
            let probabilities = vec![0.125, 0.25, 0.5];
            for calibrator in [
                None,
                Some(Calibrator::Platt { slope: 2.0, intercept: 0.5 }),
                Some(Calibrator::Beta { a: 1.0, b: 0.5, c: 0.25 }),
                Some(Calibrator::Isotonic { margins, probabilities }),
            ] {
                let model = model.clone().calibrated(calibrator).unwrap();
                let file = onnx(&model).unwrap();
                prop_assert_eq!(&file, &onnx(&model).unwrap());
                prop_assert_eq!(import::onnx(&file, &Features::AsStored).unwrap(), model);
            }
        }
    }
}

#[test]
fn a_file_that_was_altered_is_read_by_its_graph() {
    let text = include_bytes!("../../import/small.xgboost.json");
    let model = import::xgboost(text, &Features::AsStored).unwrap();
    let mut file = ModelProto::decode(onnx(&model).unwrap().as_slice()).unwrap();
    // The category goes through `Where`, which the reader of graphs does not follow.
    file.graph.as_mut().unwrap().node[0].name = "other".to_owned();
    let error = import::onnx(&file.encode_to_vec(), &Features::AsStored).unwrap_err();
    assert_eq!(error.code(), stayput_core::ErrorCode::Unsupported, "{error}");
}

#[test]
fn the_graph_of_a_forest_of_numbers_is_the_forest() {
    let text = r#"{"learner": {"feature_names": ["x"], "gradient_booster": {"name": "gbtree",
        "model": {"trees": [{"left_children": [1, -1, -1], "right_children": [2, -1, -1],
        "split_indices": [0, 0, 0], "split_conditions": [2.5, -1, 0.5], "default_left": [1, 0, 0],
        "tree_param": {}}]}}, "learner_model_param": {"base_score": "0.3", "num_class": "0",
        "num_feature": "1"}, "objective": {"name": "binary:logistic"}}}"#;
    let model = import::xgboost(text.as_bytes(), &Features::AsStored).unwrap();
    let file = graph_alone(&onnx(&model).unwrap());
    let read = import::onnx(&file, &Features::AsStored).unwrap();
    assert_eq!(read.inputs(), model.inputs());
    for x in [2.0, 2.5, f64::from(2.5_f32.next_down()), 9.0, f64::NAN] {
        assert_eq!(read.predict_row(&[x]).unwrap(), model.predict_row(&[x]).unwrap(), "{x}");
    }
}
