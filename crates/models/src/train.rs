//! Training: one call for every algorithm.

use std::panic::{AssertUnwindSafe, catch_unwind};

use stayput_core::Result;
use stayput_core::churn::{Model, ModelParts, Reference};
use stayput_core::features::TrainingSet;

use crate::data::{Data, refuse};
use crate::encode::Encoded;
use crate::params::{CheckedAlgorithm, CheckedTrainParams, TrainParams};
use crate::{calibrate, gbdt, gbm, logistic};

/// Fits a model that gives the probability of label 1.
///
/// Numbers, booleans and categories are read, a missing value as missing; instants and texts are
/// left out. The same set and parameters give the same model, whatever `n_jobs` is.
///
/// # Errors
/// [`stayput_core::ErrorCode::ModelParameter`] for a parameter that is not possible, and
/// [`stayput_core::ErrorCode::ModelData`] for rows that cannot be trained on: none, labels other
/// than 0 and 1 or all alike, no feature that a model reads, a value that is not what its column
/// says.
pub fn train(set: &TrainingSet, params: &TrainParams) -> Result<Model> {
    let params = params.check()?;
    let data = Data::new(set)?;
    let params = settled(params, &data)?;
    let known = |model: Model| {
        let reference = Reference::of(&model, model.rows_of(&set.table)?.view(), &set.labels)?;
        model.with_reference(Some(reference))
    };
    if params.calibrate.is_none() && !params.confidence {
        return known(fit(data, &params)?);
    }
    let margins = calibrate::out_of_fold(&data, &params)?;
    let calibrator =
        params.calibrate.map(|kind| calibrate::calibrator(kind, &margins, &data.labels));
    let confidence = params.confidence.then(|| calibrate::venn_abers(&margins, &data.labels));
    known(fit(data, &params)?)?.calibrated(calibrator)?.with_confidence(confidence)
}

/// The parameters, with as many trees as rows held out say where that is left to them.
fn settled(params: CheckedTrainParams, data: &Data) -> Result<CheckedTrainParams> {
    let CheckedAlgorithm::Gbm(own) = &params.algorithm else { return Ok(params) };
    if own.n_estimators.is_some() {
        return Ok(params);
    }
    let encoded = Encoded::new(data.clone(), params.encoding, params.random_state);
    let trees = guarded(|| gbm::best_rounds(&encoded.data, own))?;
    Ok(params.with_trees(trees))
}

/// A model without a calibrator.
pub(crate) fn fit(data: Data, params: &CheckedTrainParams) -> Result<Model> {
    let (inputs, trained_on) = (data.inputs.clone(), data.trained_on());
    let encoded = Encoded::new(data, params.encoding, params.random_state);
    let rows = &encoded.data;
    let (predictor, importance) = guarded(|| match &params.algorithm {
        CheckedAlgorithm::Gbm(own) => gbm::fit(rows, own),
        CheckedAlgorithm::Gbdt(own) => gbdt::fit(rows, own),
        CheckedAlgorithm::Logistic(own) => logistic::fit(rows, own),
    })?;
    let importance = encoded.importance(&importance, inputs.len());
    Model::new(ModelParts {
        inputs,
        encoders: encoded.encoders,
        predictor,
        calibrator: None,
        importance,
        algorithm: params.algorithm().to_owned(),
        params: params.record(),
        trained_on,
        confidence: None,
        reference: None,
    })
}

/// A panic inside a training library as an error: a host must not die of one, and what the
/// library held is dropped with it.
fn guarded<T>(fit: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(fit))
        .unwrap_or_else(|_| Err(refuse("the training library fails on these rows")))
}

#[cfg(test)]
mod tests {
    use stayput_core::ErrorCode;
    use stayput_core::features::{FeatureColumn, FeatureData, FeatureType};

    use super::*;
    use crate::params::{Algorithm, Calibrate};
    use crate::testing::made_up;
    use crate::validate::{Folds, cross_validate, evaluate};

    const ALL: [Algorithm; 3] = [Algorithm::Gbm, Algorithm::Gbdt, Algorithm::Logistic];

    fn with(algorithm: Algorithm) -> TrainParams {
        let n_estimators = (algorithm != Algorithm::Logistic).then_some(30);
        TrainParams { algorithm, n_estimators, ..TrainParams::default() }
    }

    fn bytes(model: &Model) -> Vec<u8> {
        serde_json::to_vec(model).unwrap()
    }

    #[test]
    fn every_algorithm_learns_what_there_is_to_learn() {
        let (set, unseen) = (made_up(1_500, 1), made_up(3_000, 2));
        for algorithm in ALL {
            let model = train(&set, &with(algorithm)).unwrap();
            let report = evaluate(&model, &unseen).unwrap();
            assert!(report.roc_auc > Some(0.72), "{algorithm:?}\n{report}");
            assert_eq!(model.algorithm(), algorithm.name());
            assert_eq!(model.parts().trained_on.rows, 1_500);
            let importance = model.importance();
            assert!((importance.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            // Logins matter most; what never changes does not matter at all.
            let most = importance.iter().copied().fold(0.0, f64::max);
            assert!(importance[0] >= most, "{algorithm:?} {importance:?}");
            assert!(importance[5..7].iter().all(|&share| share == 0.0));
        }
    }

    #[test]
    fn neither_threads_nor_a_second_run_change_a_byte() {
        let set = made_up(900, 3);
        for algorithm in ALL {
            let run = |n_jobs| {
                let params = TrainParams { n_jobs, ..with(algorithm) };
                let params = TrainParams { calibrate: Some(Calibrate::Platt), ..params };
                bytes(&train(&set, &params).unwrap())
            };
            let first = run(Some(1));
            assert_eq!(first, run(Some(1)), "{algorithm:?}");
            assert_eq!(first, run(Some(2)), "{algorithm:?}");
            assert_eq!(first, run(None), "{algorithm:?}");
        }
        let chosen = |n_jobs| {
            bytes(&train(&set, &TrainParams { n_jobs, ..TrainParams::default() }).unwrap())
        };
        assert_eq!(chosen(Some(1)), chosen(Some(2)));
        let seeded = |random_state| {
            let params = TrainParams { random_state, ..with(Algorithm::Gbm) };
            bytes(&train(&set, &params).unwrap())
        };
        assert_ne!(seeded(Some(1)), seeded(Some(2)));
    }

    #[test]
    fn cross_validation_judges_every_fold() {
        let reports =
            cross_validate(&made_up(400, 5), &with(Algorithm::Gbm), &Folds::stratified(4, 0));
        let reports = reports.unwrap();
        assert_eq!(reports.iter().map(|report| report.rows).sum::<usize>(), 400);
        assert!(reports.iter().all(|report| report.roc_auc > Some(0.6)));
    }

    fn refused(set: &TrainingSet) -> String {
        let mut messages = ALL.map(|algorithm| {
            let error = train(set, &with(algorithm)).unwrap_err();
            assert_eq!(error.code(), ErrorCode::ModelData);
            error.to_string()
        });
        let message = std::mem::take(&mut messages[0]);
        assert!(messages[1..].iter().all(|other| *other == message), "{messages:?}");
        message
    }

    #[test]
    fn rows_that_cannot_be_trained_on_are_refused() {
        let set = made_up(40, 5);
        let changed = |change: &dyn Fn(&mut TrainingSet)| {
            let mut set = set.clone();
            change(&mut set);
            refused(&set)
        };
        let value = |set: &mut TrainingSet, column: usize, value: f64| {
            let FeatureData::Number(rows) = &mut set.table.columns[column].data else { panic!() };
            let mut changed = rows.to_vec();
            changed[3] = value;
            *rows = changed.into();
        };
        assert_eq!(refused(&set.select(&[]).unwrap()), "training data: there are no rows");
        assert_eq!(
            changed(&|set| set.labels.fill(1.0)),
            "training data: all 40 labels are 1; training needs rows of both kinds"
        );
        assert_eq!(
            changed(&|set| set.labels[2] = f64::NAN),
            "training data: the label of row 2 is `NaN`; expected 0 or 1"
        );
        assert_eq!(
            changed(&|set| {
                set.labels[7] = f64::NAN;
                set.censored[7] = true;
            }),
            "training data: row 7 is censored: the data end before its horizon does; make the set with `censored` as `drop`"
        );
        assert_eq!(
            changed(&|set| drop(set.labels.split_off(30))),
            "training data: there are 30 labels for 40 rows"
        );
        assert_eq!(
            changed(&|set| set.table.columns.retain(|column| column.name == "signed_up")),
            "training data: no feature is a number, a boolean or a category"
        );
        assert_eq!(
            changed(&|set| value(set, 1, f64::INFINITY)),
            "training data `spend`: row 3 is `inf`; expected a finite number"
        );
        assert_eq!(
            changed(&|set| value(set, 2, 0.5)),
            "training data `paying`: row 3 is `0.5`; expected 0 or 1"
        );
        for code in [-1.0, 1.5, 3.0] {
            assert_eq!(
                changed(&|set| value(set, 3, code)),
                format!(
                    "training data `plan`: row 3 is `{code}`; expected the index of one of 3 names"
                )
            );
        }
    }

    #[test]
    fn extreme_but_finite_numbers_do_no_harm() {
        let mut set = made_up(200, 6);
        let extremes = [f64::MAX, f64::MIN, 1e-310, -0.0, f64::MIN_POSITIVE, 3.5e38, -3.5e38];
        let FeatureData::Number(rows) = &mut set.table.columns[1].data else { panic!() };
        *rows = (0..rows.len()).map(|at| extremes[at % extremes.len()]).collect();
        for algorithm in ALL {
            let model = train(&set, &with(algorithm)).unwrap();
            for p in model.predict(model.rows_of(&set.table).unwrap().view()).unwrap() {
                assert!((0.0..=1.0).contains(&p), "{algorithm:?}");
            }
        }
    }

    #[test]
    fn a_feature_that_tells_nothing_is_no_error() {
        let mut set = made_up(60, 6);
        set.table.columns = vec![FeatureColumn {
            name: "same".to_owned(),
            kind: FeatureType::Number,
            data: FeatureData::Number(vec![1.0; 60].into()),
        }];
        for algorithm in ALL {
            let model = train(&set, &with(algorithm)).unwrap();
            assert_eq!(model.importance(), [0.0]);
            let rate = set.labels.iter().sum::<f64>() / 60.0;
            let p = model.predict_row(&[1.0]).unwrap();
            assert!((p - rate).abs() < 0.02, "{algorithm:?} {p} {rate}");
        }
    }

    #[test]
    fn a_panic_in_a_library_becomes_an_error() {
        let error = guarded::<()>(|| panic!("as libraries do")).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ModelData);
    }
}
