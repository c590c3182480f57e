//! Shipped defaults on real customers.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test says what it found, and stops where it cannot read"
)]

use stayput_core::features::TrainingSet;
use stayput_models::{Folds, Report, TrainParams, cross_validate, evaluate, train};

mod real;

fn params(text: &str) -> TrainParams {
    TrainParams::from_json(text).unwrap()
}

/// The mean over the folds of an area under the curve, and of a log-loss.
fn mean(reports: &[Report]) -> (f64, f64) {
    let mean = |of: &dyn Fn(&Report) -> f64| {
        let count = f64::from(u32::try_from(reports.len()).unwrap());
        reports.iter().map(of).sum::<f64>() / count
    };
    (mean(&|report| report.roc_auc.unwrap()), mean(&|report| report.log_loss))
}

fn judge(name: &str, set: &TrainingSet, text: &str) -> (f64, f64) {
    let reports = cross_validate(set, &params(text), &Folds::stratified(5, 0)).unwrap();
    let (auc, loss) = mean(&reports);
    println!("{name} {text}: ROC-AUC {auc:.4}, log-loss {loss:.4}");
    (auc, loss)
}

/// The best of scikit-learn's logistic regression, `LightGBM`, `XGBoost` and `CatBoost`, as they
/// come, has 0.8454 and 0.4170 here by 5-fold cross-validation.
#[test]
fn defaults_hold_their_own_on_telco_customers() {
    let Some(telco) = real::telco() else { return };
    let (auc, loss) = judge("telco", &telco, r#"{"algorithm": "gbm"}"#);
    assert!(auc > 0.8454 && loss < 0.4170);
    let (auc, loss) = judge("telco", &telco, r#"{"algorithm": "logistic"}"#);
    assert!(auc > 0.8424 && loss < 0.4200);
}

/// The best of the same four, `CatBoost`, has 0.9253 and 0.1455 here.
#[test]
fn defaults_hold_their_own_on_usage() {
    let set = real::read("mlc_churn_5000/mlc_churn.csv", "churn", "yes", &[]);
    let Some(set) = set else { return };
    let (auc, loss) = judge("mlc_churn_5000", &set, r#"{"algorithm": "gbm"}"#);
    assert!(auc > 0.920 && loss < 0.170);
}

#[test]
fn calibrated_probabilities_have_the_mean_of_what_comes_true() {
    let Some(telco) = real::telco() else { return };
    let splits = Folds::stratified(2, 0).split(&telco).unwrap();
    let (set, unseen) =
        (telco.select(&splits[0].train).unwrap(), telco.select(&splits[0].test).unwrap());
    for text in [r#"{"calibrate": "platt"}"#, r#"{"algorithm": "logistic", "calibrate": "platt"}"#]
    {
        let report = evaluate(&train(&set, &params(text)).unwrap(), &unseen).unwrap();
        println!("{text}\n{report}");
        assert!((report.mean_probability - report.churn_rate()).abs() < 0.02);
        assert!(report.roc_auc > Some(0.83));
    }
}
