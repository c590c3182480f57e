use std::thread;

use serde_json::json;

use super::*;
use crate::cross_validate;
use crate::testing::{made_up, real};

fn params(text: &Value) -> StudyParams {
    StudyParams::from_json(&text.to_string()).unwrap()
}

fn study(text: &Value) -> Study {
    Study::new(params(text)).unwrap()
}

/// A quick study of trees.
fn quick(more: &Value) -> StudyParams {
    let mut text = json!({
        "params": {"algorithm": "gbm", "n_estimators": 15, "n_jobs": 1},
        "space": {
            "max_depth": {"type": "int", "low": 1, "high": 6},
            "learning_rate": {"type": "float", "low": 0.01, "high": 0.5, "log": true},
            "encoding": {"type": "choice", "values": ["onehot", "target"]},
        },
        "folds": 3,
    });
    let Value::Object(more) = more else { panic!() };
    text.as_object_mut().unwrap().extend(more.clone());
    params(&text)
}

fn on(_: &Study) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn the_first_trial_has_the_defaults_and_scores_are_those_of_cross_validation() {
    let set = made_up(240, 1);
    let mut study = Study::new(quick(&json!({}))).unwrap();
    assert!(study.best_params().unwrap_err().to_string().contains("run it first"));
    study.run(&set, 4, on).unwrap();
    assert_eq!(study.trials().len(), 4);
    assert!(study.trials()[0].params.is_empty());
    for trial in study.trials() {
        let params = study.with_params(&trial.params).unwrap();
        let reports = cross_validate(&set, &params, &Folds::stratified(3, 0)).unwrap();
        let losses: Vec<f64> = reports.iter().map(|report| report.log_loss).collect();
        assert_eq!(trial.scores, losses);
    }
    let best = study.best().unwrap();
    assert!(study.trials().iter().all(|trial| trial.score >= best.score));
    let params = study.best_train_params().unwrap();
    assert_eq!(params.n_estimators, Some(15));
    assert_eq!(params.max_depth.is_some(), !best.params.is_empty());
    train(&set, &params).unwrap();
}

#[test]
fn broken_off_after_any_fold_it_goes_on_as_if_nothing_had_happened() {
    let set = made_up(180, 2);
    for more in [json!({"seed": 5}), json!({"measure": "roc_auc", "by": "customer"})] {
        let mut whole = Study::new(quick(&more)).unwrap();
        let mut folds = 0;
        whole
            .run(&set, 16, |_| {
                folds += 1;
                ControlFlow::Continue(())
            })
            .unwrap();
        assert!(whole.trials().iter().any(|trial| trial.state == TrialState::Pruned), "{more}");
        let mut broken = Study::new(quick(&more)).unwrap();
        for fold in 1..=folds {
            broken.run(&set, 16, |_| ControlFlow::Break(())).unwrap();
            let judged: usize = broken.trials().iter().map(|trial| trial.scores.len()).sum();
            assert_eq!(judged, fold);
            broken = Study::from_json(&broken.to_json().unwrap()).unwrap();
        }
        assert_eq!(broken.to_json().unwrap(), whole.to_json().unwrap());
    }
}

#[test]
fn threads_change_nothing() {
    let set = made_up(180, 2);
    let trials = |n_jobs: i64| {
        let mut params = quick(&json!({}));
        params.params.insert("n_jobs".to_owned(), n_jobs.into());
        let mut study = Study::new(params).unwrap();
        study.run(&set, 12, on).unwrap();
        serde_json::to_string(study.trials()).unwrap()
    };
    assert_eq!(trials(1), trials(2));
}

#[test]
fn every_measure_and_every_way_to_part_rows_can_be_asked_for() {
    let set = made_up(240, 3);
    for measure in Measure::ALL {
        for by in ["row", "customer", "time"] {
            let name = serde_json::to_value(measure).unwrap();
            let text = json!({
                "params": {"algorithm": "logistic"}, "measure": name, "by": by, "folds": 2,
            });
            let mut study = study(&text);
            study.run(&set, 3, on).unwrap();
            let (first, best) =
                (study.trials()[0].score.unwrap(), study.best().unwrap().score.unwrap());
            assert!(
                if measure.more_is_better() { best >= first } else { best <= first },
                "{measure:?} {by}"
            );
        }
    }
}

#[test]
fn parameters_that_do_not_go_together_are_a_trial_that_says_so() {
    let set = made_up(150, 4);
    let mut study = study(&json!({
        "params": {"n_estimators": 3},
        "space": {
            "grow_policy": {"type": "choice", "values": ["symmetric", "depthwise"]},
            "encoding": {"type": "choice", "values": ["native", "onehot"]},
        },
        "folds": 2,
    }));
    study.run(&set, 12, on).unwrap();
    let refused: Vec<&Trial> =
        study.trials().iter().filter(|trial| trial.state == TrialState::Refused).collect();
    assert!(!refused.is_empty());
    for trial in refused {
        assert_eq!(
            (&trial.params["grow_policy"], &trial.params["encoding"]),
            (&json!("symmetric"), &json!("native"))
        );
        assert!(trial.message.as_ref().unwrap().starts_with("parameter `encoding`: `native`"));
    }
    assert_eq!(Study::from_json(&study.to_json().unwrap()).unwrap(), study);
}

#[test]
fn what_cannot_be_studied_is_refused_by_name() {
    let space = |name: &str, of: &Value| json!({"space": {name: of}});
    for (text, message) in [
        (
            json!({"params": {"max_dept": 3}}),
            "parameter `max_dept`: is not a parameter; did you mean `max_depth`?",
        ),
        (
            space("max_dept", &json!({"type": "int", "low": 1, "high": 3})),
            "parameter `max_dept`: is not a parameter; did you mean `max_depth`?",
        ),
        (
            space("max_depth", &json!({"type": "int", "low": 0, "high": 3})),
            "parameter `max_depth`: is 0; expected 1 to 16",
        ),
        (
            space("max_depth", &json!({"type": "float", "low": 1.5, "high": 3})),
            "parameter `max_depth`: is `1.5`; expected a whole number, 0 or more",
        ),
        (
            space("C", &json!({"type": "float", "low": 0.5, "high": 3})),
            "parameter `C`: is not a parameter of `gbm`",
        ),
        (
            json!({"params": {"max_depth": 3}, "space": {"max_depth": {"type": "int", "low": 1, "high": 3}}}),
            "space `max_depth`: is given as a parameter too; it is one or the other",
        ),
        (
            json!({"params": {"algorithm": "logistic", "C": 1, "encoding": "onehot"}}),
            "argument `space`: has no parameter; there is nothing to search",
        ),
        (
            json!({"by": "month"}),
            "argument `by`: found `month`; expected `row`, `customer` or `time`",
        ),
    ] {
        assert_eq!(Study::new(params(&text)).unwrap_err().to_string(), message, "{text}");
    }
}

#[test]
fn options_that_are_none_are_refused_by_name() {
    let refused = |text: &str| StudyParams::from_json(text).unwrap_err().to_string();
    let message = "argument `measure`: `auc` is none of `roc_auc`, `pr_auc`, `ks`, `log_loss`, \
                   `brier`, `ece` and `empc`";
    assert!(refused(r#"{"measure": "auc"}"#).starts_with(message));
    assert_eq!(refused(r#"{"measure": 3}"#), "argument `measure`: is `3`; expected a name");
    assert!(refused(r#"{"fold": 3}"#).contains("`fold`"), "{}", refused(r#"{"fold": 3}"#));
    assert!(refused(r#"{"space": {"C": 1}}"#).starts_with("space `C`: "));
    let defaults = StudyParams::from_json(r#"{"space": null, "measure": null, "by": null}"#);
    assert_eq!(defaults.unwrap(), StudyParams::default());
    for measure in Measure::ALL {
        assert_eq!(serde_json::to_value(measure).unwrap(), measure.name());
        assert_eq!(Measure::named(measure.name()).unwrap(), measure);
    }
}

#[test]
fn a_study_goes_on_with_the_set_that_it_began_with() {
    let (set, mut other) = (made_up(120, 1), made_up(120, 1));
    let mut study = Study::new(quick(&json!({}))).unwrap();
    study.run(&set, 1, on).unwrap();
    other.labels.swap(0, 1);
    if other.labels == set.labels {
        other.labels[0] = 1.0 - other.labels[0];
    }
    let error = study.run(&other, 1, on).unwrap_err();
    assert_eq!((error.code(), error.path()), (ErrorCode::Argument, Some("data")));
    study.run(&set, 1, on).unwrap();
    let text = study.to_json().unwrap();
    // A trial with all its scores does not run any more.
    let running =
        text.replacen("\"complete\"", "\"running\"", 2).replacen("running", "complete", 1);
    assert_ne!(running, text);
    assert!(Study::from_json(&running).unwrap_err().to_string().contains("as many scores as no"));
    for (from, to) in [
        ("\"version\":1", "\"version\":2"),
        ("\"folds\":3", "\"folds\":2"),
        ("\"max_depth\":{", "\"max_dept\":{"),
    ] {
        let wrong = text.replacen(from, to, 1);
        assert_ne!(wrong, text);
        assert!(Study::from_json(&wrong).is_err(), "{from}");
    }
}

#[test]
fn one_runs_a_study_while_others_look() {
    let set = made_up(120, 1);
    let shared = SharedStudy::from(Study::new(quick(&json!({}))).unwrap());
    let mut seen = 0;
    let done = shared.run(&set, 3, |trial| {
        seen += 1;
        let now = shared.now();
        assert_eq!(now.trials().last(), Some(trial));
        let again = thread::scope(|scope| {
            scope.spawn(|| shared.run(&set, 1, |_| ControlFlow::Continue(()))).join().unwrap()
        });
        assert!(again.unwrap_err().to_string().contains("runs already"));
        ControlFlow::Continue(())
    });
    done.unwrap();
    assert_eq!(seen, 9);
    assert_eq!(shared.now().trials().len(), 3);
}

/// Four fifths of real customers are tuned on, the rest judges: nested cross-validation by one
/// outer fold each.
#[test]
fn tuned_parameters_of_real_customers_are_no_worse_than_the_defaults() {
    let Some(telco) = real::telco() else { return };
    let outer = Folds::stratified(5, 1).split(&telco).unwrap();
    for (algorithm, trials, margin) in [("logistic", 15, 0.001), ("gbm", 12, 0.003)] {
        // A fixed number of trees, so that a trial takes a fraction of a second.
        let mut fixed = json!({"algorithm": algorithm});
        if algorithm == "gbm" {
            fixed["n_estimators"] = 80.into();
        }
        let (mut ours, mut defaults) = (0.0, 0.0);
        for split in outer.iter().take(2) {
            let (seen, unseen) =
                (telco.select(&split.train).unwrap(), telco.select(&split.test).unwrap());
            let mut study = study(&json!({"params": fixed, "folds": 3}));
            study.run(&seen, trials, on).unwrap();
            let judge = |params: &TrainParams| {
                evaluate(&train(&seen, params).unwrap(), &unseen).unwrap().log_loss
            };
            ours += judge(&study.best_train_params().unwrap()) / 2.0;
            defaults += judge(&study.with_params(&Map::new()).unwrap()) / 2.0;
        }
        println!("{algorithm}: tuned {ours:.4}, defaults {defaults:.4}");
        assert!(ours < defaults + margin, "{algorithm} {ours} {defaults}");
    }
}
