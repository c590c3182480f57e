//! Training: one call for every algorithm.

use std::panic::{AssertUnwindSafe, catch_unwind};

use stayput_core::churn::{Model, ModelParts, Reference};
use stayput_core::features::TrainingSet;
use stayput_core::{Error, ErrorCode, Result};

use crate::data::{Data, refuse};
use crate::encode::Encoded;
use crate::params::{CheckedAlgorithm, CheckedTrainParams, Settled, TrainParams, Trees};
use crate::{calibrate, forest, gbdt, gbm, logistic, tree, warm};

/// What training may be given beside rows and parameters.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrainOptions<'a> {
    /// What each row counts, as scikit-learn's `sample_weight`: 0, or 1e-9 to 1e9. A row of weight 0
    /// is as if it were not there. Not with `confidence`, which counts rows.
    pub sample_weight: Option<&'a [f64]>,
    /// A model of `gbm` that training goes on from: its trees stay, and as many as `n_estimators`
    /// says are added to them. See [`train_with`].
    pub init_model: Option<&'a Model>,
}

/// Fits a model that gives the probability of label 1.
///
/// Numbers, booleans and categories are read, a missing value as missing; instants and texts are
/// left out. The same set and parameters give the same model, whatever `n_jobs` is.
///
/// # Errors
/// [`stayput_core::ErrorCode::ModelParameter`] for a parameter that is not possible, and
/// [`stayput_core::ErrorCode::ModelData`] for rows that cannot be trained on: none, labels other
/// than 0 and 1 or all alike, no feature that a model reads, a value that is not what its column
/// says, `early_stopping` by time where the rows before the latest instants have one label.
pub fn train(set: &TrainingSet, params: &TrainParams) -> Result<Model> {
    train_with(set, params, TrainOptions::default())
}

/// [`train`], with weights of rows and a model to go on from.
///
/// Going on from a model adds trees to it. It gives the model that training all of these trees in
/// one go gives, to the bit, where `n_estimators` says how many, rows and other parameters are the
/// same and no category is encoded by its mean label. The features and their encoding are those of
/// the model, so that the same columns reach the new trees; on rows that the model has seen, a mean
/// label then holds the row's own.
/// Importances are those of both, by their number of trees, since a model does not keep what its
/// splits gained.
///
/// # Errors
/// As for [`train`]. [`stayput_core::ErrorCode::ModelData`] for weights that are not one a row or
/// out of range. [`stayput_core::ErrorCode::Unsupported`] for weights with
/// `confidence`, and for a model to go on from that is none of `gbm`, has a calibrator or an
/// interval, or is to be calibrated: what it has seen says too little of what it has not.
pub fn train_with(
    set: &TrainingSet,
    params: &TrainParams,
    options: TrainOptions<'_>,
) -> Result<Model> {
    let given = params;
    let params = given.check()?;
    let mut data = match options.init_model {
        Some(init) => warm::data(set, init, &params)?,
        None => Data::new(set)?,
    };
    let judged = params.calibrate.is_some() || params.confidence;
    if let Some(weights) = options.sample_weight {
        if params.confidence {
            let message =
                "is not for use with `confidence`, which counts every row once; leave one out";
            return Err(Error::new(ErrorCode::Unsupported, "training data", message)
                .at_path("sample_weight"));
        }
        data = data.weighed(weights)?;
        // A row that counts nothing is not there.
        if weights.contains(&0.0) {
            let counted: Vec<usize> =
                (0..weights.len()).filter(|&row| weights[row] > 0.0).collect();
            let weights: Vec<f64> = counted.iter().map(|&row| weights[row]).collect();
            let options = TrainOptions { sample_weight: Some(&weights), ..options };
            return train_with(&set.select(&counted)?, given, options);
        }
    }
    data.weigh_classes(params.weights);
    let init = options.init_model;
    let params = settled(params, &data, init)?;
    let known = |model: Model| {
        let reference = Reference::of(&model, model.rows_of(&set.table)?.view(), &set.labels)?;
        model.with_reference(Some(reference))
    };
    if !judged {
        return known(fit_from(data, &params, init)?);
    }
    let margins = calibrate::out_of_fold(&data, &params)?;
    let calibrator = params.calibrate.map(|kind| calibrate::calibrator(kind, &margins, &data));
    let confidence = params.confidence.then(|| calibrate::venn_abers(&margins, &data.labels));
    known(fit(data, &params)?)?.calibrated(calibrator)?.with_confidence(confidence)
}

/// The parameters, with as many trees, and these scaled, as rows held out say where that is left to
/// them.
fn settled(
    params: CheckedTrainParams,
    data: &Data,
    init: Option<&Model>,
) -> Result<CheckedTrainParams> {
    let CheckedAlgorithm::Gbm(own) = &params.algorithm else { return Ok(params) };
    let Trees::Chosen(held_out) = own.trees else { return Ok(params) };
    let start = init.map(|init| warm::start(init, data)).transpose()?;
    let encoded = encoded(data.clone(), &params, init);
    let bound = own.constraints.bind(&data.inputs, &encoded.of)?;
    let rows = &encoded.data;
    let settled = guarded(|| gbm::settle(rows, own, &held_out, &bound, start.as_ref()))?;
    // A calibrator says how far trees are to lead, and better not twice.
    let trees = if params.calibrate.is_some() { Settled::plain(settled.trees) } else { settled };
    Ok(params.with_trees(trees))
}

fn encoded(data: Data, params: &CheckedTrainParams, init: Option<&Model>) -> Encoded {
    match init {
        Some(init) => Encoded::by(data, init.parts().encoders.clone()),
        None => Encoded::new(data, params.encoding, params.random_state),
    }
}

/// A model without a calibrator.
pub(crate) fn fit(data: Data, params: &CheckedTrainParams) -> Result<Model> {
    fit_from(data, params, None)
}

fn fit_from(data: Data, params: &CheckedTrainParams, init: Option<&Model>) -> Result<Model> {
    let (inputs, trained_on) = (data.inputs.clone(), data.trained_on());
    let start = init.map(|init| warm::start(init, &data)).transpose()?;
    let encoded = encoded(data, params, init);
    let rows = &encoded.data;
    let (predictor, importance) = match &params.algorithm {
        CheckedAlgorithm::Gbm(own) => {
            let bound = own.constraints.bind(&inputs, &encoded.of)?;
            guarded(|| gbm::fit(rows, own, &bound, start.as_ref()))
        }
        CheckedAlgorithm::Gbdt(own) => guarded(|| gbdt::fit(rows, own)),
        CheckedAlgorithm::Logistic(own) => guarded(|| logistic::fit(rows, own)),
        CheckedAlgorithm::Forest(own) => {
            let bound = own.constraints.bind(&inputs, &encoded.of)?;
            guarded(|| forest::fit(rows, own, &bound))
        }
        CheckedAlgorithm::Tree(own) => guarded(|| tree::fit(rows, own)),
    }?;
    let importance = encoded.importance(&importance, inputs.len());
    let model = Model::new(ModelParts {
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
    })?;
    match init {
        Some(init) => warm::joined(&model, init),
        None => Ok(model),
    }
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

    const ALL: [Algorithm; 5] = Algorithm::ALL;

    fn with(algorithm: Algorithm) -> TrainParams {
        let trees = !matches!(algorithm, Algorithm::Logistic | Algorithm::Tree);
        let n_estimators = trees.then_some(30);
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
