//! What holds of every algorithm, whatever the rows: weights, constraints.

use ndarray::Array2;
use proptest::prelude::*;
use stayput_core::ErrorCode;
use stayput_core::churn::{Model, Predictor};
use stayput_core::features::TrainingSet;

use crate::params::{Algorithm, Calibrate, ClassWeight, GrowPolicy, TrainParams};
use crate::testing::{made_up, real};
use crate::{Encode, TrainOptions, evaluate, train, train_with};

fn of(algorithm: Algorithm) -> TrainParams {
    let trees = !matches!(algorithm, Algorithm::Logistic | Algorithm::Tree);
    TrainParams { algorithm, n_estimators: trees.then_some(12), ..TrainParams::default() }
}

fn weighed(set: &TrainingSet, params: &TrainParams, weights: &[f64]) -> Model {
    let options = TrainOptions { sample_weight: Some(weights), ..TrainOptions::default() };
    train_with(set, params, options).unwrap()
}

fn predict(model: &Model, on: &TrainingSet) -> Vec<f64> {
    model.predict(model.rows_of(&on.table).unwrap().view()).unwrap()
}

fn furthest(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).fold(0.0, |most, (a, b)| f64::max(most, (a - b).abs()))
}

/// The set with every row as often as `counts` says, one copy after the other.
fn repeated(set: &TrainingSet, counts: &[f64]) -> TrainingSet {
    let mut rows = Vec::new();
    for (row, &count) in counts.iter().enumerate() {
        let mut copies = 0.0;
        while copies < count {
            rows.push(row);
            copies += 1.0;
        }
    }
    set.select(&rows).unwrap()
}

#[test]
fn weights_of_one_change_no_bit() {
    let set = made_up(400, 1);
    for algorithm in Algorithm::ALL {
        let params = of(algorithm);
        let plain = train(&set, &params).unwrap();
        assert_eq!(weighed(&set, &params, &[1.0; 400]), plain, "{algorithm:?}");
        let scaled = TrainParams { scale_pos_weight: Some(1.0), ..params };
        assert_eq!(train(&set, &scaled).unwrap(), plain, "{algorithm:?}");
    }
}

/// Not in trees, encodings or folds, nor in what is counted: the model is that of the others.
#[test]
fn a_row_that_weighs_nothing_is_as_if_it_were_not_there() {
    let set = made_up(600, 2);
    let counts: Vec<f64> = (0..600).map(|row| f64::from(u8::from(row % 3 > 0))).collect();
    let some = repeated(&set, &counts);
    let chosen = TrainParams { learning_rate: Some(0.3), ..TrainParams::default() };
    let calibrated = Algorithm::ALL.map(|algorithm| TrainParams {
        calibrate: Some(Calibrate::Platt),
        encoding: (algorithm != Algorithm::Tree).then_some(Encode::Target),
        ..of(algorithm)
    });
    for params in Algorithm::ALL.map(of).into_iter().chain(calibrated).chain([chosen]) {
        assert_eq!(weighed(&set, &params, &counts), train(&some, &params).unwrap(), "{params:?}");
    }
}

/// Trees see weights in sums alone, where rows are not drawn; the rows of a split, as many as there
/// are copies, count as their weight does.
#[test]
fn trees_of_weighed_rows_are_trees_of_repeated_rows() {
    let set = made_up(500, 4);
    let counts: Vec<f64> = (0..500).map(|row| f64::from(1 + row % 3)).collect();
    let again = repeated(&set, &counts);
    let depthwise = TrainParams {
        grow_policy: Some(GrowPolicy::Depthwise),
        subsample: Some(1.0),
        colsample_bytree: Some(1.0),
        ..of(Algorithm::Gbm)
    };
    let gbdt =
        TrainParams { min_child_samples: Some(1), max_depth: Some(2), ..of(Algorithm::Gbdt) };
    for params in [depthwise, of(Algorithm::Tree), gbdt] {
        let (a, b) = (weighed(&set, &params, &counts), train(&again, &params).unwrap());
        let far = furthest(&predict(&a, &set), &predict(&b, &set));
        assert!(far < 1e-4, "{:?} {far}", params.algorithm);
    }
}

#[test]
fn classes_that_are_balanced_have_a_mean_probability_of_one_half() {
    let Some(telco) = real::telco() else { return };
    for algorithm in Algorithm::ALL {
        let plain =
            TrainParams { n_estimators: of(algorithm).n_estimators.map(|_| 60), ..of(algorithm) };
        let balanced = TrainParams { class_weight: Some(ClassWeight::Balanced), ..plain.clone() };
        let scaled = TrainParams { scale_pos_weight: Some(5174.0 / 1869.0), ..plain.clone() };
        let mean = |params| {
            let report = evaluate(&train(&telco, params).unwrap(), &telco).unwrap();
            assert!(report.roc_auc > Some(0.82), "{algorithm:?}\n{report}");
            report.mean_probability
        };
        let found = [&plain, &balanced, &scaled].map(mean);
        println!("{algorithm:?} {found:?}");
        assert!((found[0] - 0.2654).abs() < 0.03, "{algorithm:?} {found:?}");
        // Probabilities are those of rows so weighed: of both labels together half a row.
        assert!(found[1] > found[0] + 0.08 && found[1] < 0.5, "{algorithm:?} {found:?}");
        assert!((found[1] - found[2]).abs() < 0.02, "{algorithm:?} {found:?}");
    }
}

#[test]
fn weights_that_cannot_be_are_refused() {
    let set = made_up(40, 5);
    let refused = |params: &TrainParams, weights: &[f64]| {
        let options = TrainOptions { sample_weight: Some(weights), ..TrainOptions::default() };
        train_with(&set, params, options).unwrap_err()
    };
    let gbm = of(Algorithm::Gbm);
    let zero: Vec<f64> = set.labels.iter().map(|label| 1.0 - label).collect();
    let mut negative = vec![1.0; 40];
    negative[3] = -1.0;
    let mut none = vec![1.0; 40];
    none[7] = f64::NAN;
    for (weights, message) in [
        (vec![1.0; 39], "there are 39 weights for 40 rows"),
        (negative, "row 3 weighs `-1`; expected 0, or 1e-9 to 1e9"),
        (none, "row 7 weighs `NaN`; expected 0, or 1e-9 to 1e9"),
        (zero, "all rows of label 1 weigh 0"),
    ] {
        let error = refused(&gbm, &weights);
        assert_eq!(error.code(), ErrorCode::ModelData);
        assert_eq!(error.to_string(), format!("training data `sample_weight`: {message}"));
    }
    let confident = TrainParams { confidence: Some(true), ..gbm };
    assert_eq!(refused(&confident, &[1.0; 40]).code(), ErrorCode::Unsupported);
}

#[test]
fn a_calibrated_model_counts_rows_as_its_trees_do() {
    let set = made_up(400, 5);
    for kind in Calibrate::ALL {
        let params =
            TrainParams { calibrate: Some(kind), n_estimators: Some(20), ..of(Algorithm::Gbm) };
        let once = train(&set, &params).unwrap();
        assert_eq!(weighed(&set, &params, &[1.0; 400]), once);
        // Of rows that churned and count three times as much, more are said to churn.
        let thrice: Vec<f64> = set.labels.iter().map(|label| 1.0 + 2.0 * label).collect();
        let mean = |model: &Model| evaluate(model, &set).unwrap().mean_probability;
        let (plain, more) = (mean(&once), mean(&weighed(&set, &params, &thrice)));
        assert!((plain - set.labels.iter().sum::<f64>() / 400.0).abs() < 0.05, "{kind:?} {plain}");
        let expected = 3.0 * plain / (1.0 + 2.0 * plain);
        assert!((more - expected).abs() < 0.06, "{kind:?} {plain} {more} {expected}");
    }
}

#[test]
fn constraints_of_what_is_not_there_are_refused() {
    let set = made_up(60, 5);
    let text = |text: &str| {
        let params = TrainParams::from_json(text).unwrap();
        let error = train(&set, &params).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ModelParameter);
        error.to_string()
    };
    for (params, message) in [
        (
            r#"{"monotone_constraints": {"login": -1}}"#,
            "parameter `monotone_constraints`: `login` is no feature that is trained on; did you \
             mean `logins`?",
        ),
        (
            r#"{"monotone_constraints": {"plan": 1}}"#,
            "parameter `monotone_constraints`: `plan` is a category, whose names have no order",
        ),
        (
            r#"{"interaction_constraints": [["logins"], []]}"#,
            "parameter `interaction_constraints`: has a group of no features",
        ),
        (
            r#"{"algorithm": "logistic", "monotone_constraints": {"logins": 1}}"#,
            "parameter `monotone_constraints`: is not a parameter of `logistic`",
        ),
    ] {
        assert_eq!(text(params), message);
    }
}

/// Rows of the set's columns, one of which takes one value after the other.
fn moved(model: &Model, set: &TrainingSet, column: usize, to: &[f64]) -> Vec<Vec<f64>> {
    let rows = model.rows_of(&set.table).unwrap();
    let at = |value: &f64| {
        let mut rows: Array2<f64> = rows.clone();
        rows.column_mut(column).fill(*value);
        model.predict(rows.view()).unwrap()
    };
    to.iter().map(at).collect()
}

/// The inputs that each tree of a model asks about, path by path.
fn paths(model: &Model) -> Vec<Vec<u32>> {
    use stayput_core::churn::{ForestParts, LEAF};
    let Predictor::Forest(forest) = &model.parts().predictor else { panic!() };
    let ForestParts::F32(nodes) = forest.parts() else { panic!() };
    let mut paths = Vec::new();
    for &root in &nodes.roots {
        let mut open = vec![(root, Vec::new())];
        while let Some((at, path)) = open.pop() {
            let (at, mut path): (usize, Vec<u32>) = (at as usize, path);
            if nodes.feature[at] == LEAF {
                path.sort_unstable();
                path.dedup();
                paths.push(path);
                continue;
            }
            path.push(nodes.feature[at]);
            open.extend([nodes.left[at], nodes.left[at] + 1].map(|child| (child, path.clone())));
        }
    }
    paths
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn rows_that_count_twice_are_two_rows_to_logistic_regression(
        seed in any::<u64>(),
        counts in proptest::collection::vec(1_u8..5, 150),
        balanced in any::<bool>(),
    ) {
        let set = made_up(150, seed);
        prop_assume!(crate::data::Data::new(&set).is_ok());
        let class_weight = balanced.then_some(ClassWeight::Balanced);
        let params = TrainParams { class_weight, ..of(Algorithm::Logistic) };
        let counts: Vec<f64> = counts.into_iter().map(f64::from).collect();
        let weighed = weighed(&set, &params, &counts);
        let again = train(&repeated(&set, &counts), &params).unwrap();
        let far = furthest(&predict(&weighed, &set), &predict(&again, &set));
        prop_assert!(far < 1e-6, "{}", far);
    }

    #[test]
    fn a_monotone_probability_never_moves_the_wrong_way(
        seed in any::<u64>(),
        policy in prop_oneof![Just(GrowPolicy::Symmetric), Just(GrowPolicy::Depthwise)],
        direction in prop_oneof![Just(-1_i8), Just(1)],
        max_depth in 1_u64..7,
        learning_rate in 0.05_f64..1.0,
        reg_lambda in prop_oneof![Just(0.0), 0.1_f64..3.0],
        min_child_weight in prop_oneof![Just(0.0), 0.1_f64..5.0],
    ) {
        let set = made_up(250, seed);
        prop_assume!(crate::data::Data::new(&set).is_ok());
        let constraints = [("logins", direction), ("paying", -direction)];
        let params = TrainParams {
            monotone_constraints: Some(
                constraints.iter().map(|(name, way)| ((*name).to_owned(), *way)).collect(),
            ),
            grow_policy: Some(policy),
            max_depth: Some(max_depth),
            learning_rate: Some(learning_rate),
            reg_lambda: Some(reg_lambda),
            min_child_weight: Some(min_child_weight),
            random_state: Some(seed),
            ..of(Algorithm::Gbm)
        };
        let model = train(&set, &params).unwrap();
        let values: Vec<f64> = (-1..42).map(f64::from).collect();
        for (column, way, to) in [(0, direction, values), (2, -direction, vec![0.0, 1.0])] {
            let found = moved(&model, &made_up(40, !seed), column, &to);
            for pair in found.windows(2) {
                for (before, after) in pair[0].iter().zip(&pair[1]) {
                    let step = (after - before) * f64::from(way);
                    prop_assert!(step >= -1e-7, "{} {}", before, after);
                }
            }
        }
    }

    #[test]
    fn a_path_asks_about_features_of_one_group(seed in any::<u64>(), policy in 0_u8..3) {
        let set = made_up(250, seed);
        prop_assume!(crate::data::Data::new(&set).is_ok());
        let groups = [&["logins", "spend"][..], &["paying", "plan", "logins"]];
        let names = |group: &[&str]| group.iter().map(|name| (*name).to_owned()).collect();
        let params = TrainParams {
            interaction_constraints: Some(groups.map(names).to_vec()),
            grow_policy: [Some(GrowPolicy::Symmetric), Some(GrowPolicy::Depthwise), None]
                [policy as usize],
            encoding: (policy == 0).then_some(Encode::Ordinal),
            random_state: Some(seed),
            ..of(if policy == 2 { Algorithm::Forest } else { Algorithm::Gbm })
        };
        let paths = paths(&train(&set, &params).unwrap());
        prop_assert!(paths.iter().any(|path| path.len() > 1));
        for path in paths {
            let within = |group: &[u32]| path.iter().all(|input| group.contains(input));
            prop_assert!(path.len() <= 1 || within(&[0, 1]) || within(&[2, 3, 0]), "{:?}", path);
        }
    }
}
