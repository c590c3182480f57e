"""``ChurnClassifier`` as scikit-learn, and data frames, use it."""

import os
import pickle
import re
import subprocess
import sys

import data
import foreign
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import stayput
from stayput import ChurnClassifier

ESTIMATORS = [
    ChurnClassifier(n_jobs=1),
    ChurnClassifier(n_estimators=20, n_jobs=1),
    ChurnClassifier(grow_policy="depthwise", n_estimators=20, min_child_weight=0.1, n_jobs=1),
    ChurnClassifier("gbdt", n_estimators=20, min_child_samples=2),
    ChurnClassifier("logistic"),
    ChurnClassifier("logistic", calibrate="platt", confidence=True),
]


def not_passed(estimator):
    """The checks that an estimator cannot pass, and why."""
    weights = "check_class_weight_classifiers"
    if estimator.calibrate is not None:
        return {weights: "a calibrator counts every row once, so weights are refused beside it"}
    if estimator.algorithm == "gbdt":
        return {weights: "a leaf of one class says so whatever its rows weigh, and nothing shrinks it"}
    return {}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=not_passed)
def test_every_check_of_scikit_learn_passes(estimator, check):
    check(estimator)


def test_no_check_is_skipped_where_scipy_is_told_to_allow_them_all():
    """The check of array API input skips itself unless the environment says this from the start."""
    code = """
from sklearn.utils.estimator_checks import check_estimator
from stayput import ChurnClassifier
done = check_estimator(ChurnClassifier("logistic"), on_skip=None)
assert len(done) > 40 and {check["status"] for check in done} == {"passed"}, done
"""
    environment = os.environ | {"SCIPY_ARRAY_API": "1"}
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, env=environment)


def customers(rows=400, seed=0):
    return foreign.made_up(np.random.default_rng(seed), rows)


def test_the_parameters_are_those_of_train():
    declared = (data.ROOT / "bindings" / "documents.d.ts").read_text()
    fields = re.search(r"export type TrainParams = \{(.*?)\n\}", declared, re.DOTALL)[1]
    names = re.findall(r"^  (\w+)\??:", fields, re.MULTILINE)
    assert len(names) > 10 and set(ChurnClassifier().get_params()) == set(names)
    given = ChurnClassifier("logistic", C=0.5).set_params(encoding="target").get_params()
    assert (given["algorithm"], given["C"], given["encoding"]) == ("logistic", 0.5, "target")


def test_weights_of_classes_are_weights_of_rows():
    frame, y = customers()
    heavy = ChurnClassifier("logistic", class_weight={0: 1.0, 1: 5.0}).fit(frame, y)
    plain = ChurnClassifier("logistic").fit(frame, y)
    scaled = ChurnClassifier("logistic", scale_pos_weight=5.0).fit(frame, y)
    assert heavy.predict_proba(frame)[:, 1].mean() > plain.predict_proba(frame)[:, 1].mean() + 0.1
    # Weights of rows move what columns are scaled by, and so the penalty a little.
    assert np.allclose(heavy.predict_proba(frame), scaled.predict_proba(frame), atol=2e-3)


def test_one_row_is_as_a_row_of_many():
    frame, y = customers()
    model = ChurnClassifier(n_estimators=15).fit(frame, y).model_
    matrix = foreign.matrix(sorted_names(frame))
    whole = model.predict_proba(matrix)
    assert (whole == model.predict_proba(matrix, n_jobs=1)).all()
    assert [model.predict_row(row) for row in matrix] == whole.tolist()
    assert model.predict_row(matrix[3].tolist()) == whole[3]
    assert model.predict_row(np.asfortranarray(matrix)[3]) == whole[3]
    with pytest.raises(stayput.StayputError, match="rows have 2 columns"):
        model.predict_row([1.0, 2.0])
    with pytest.raises(stayput.StayputError, match="expected a number for each feature"):
        model.predict_row("no")


def tables():
    frame, _ = customers()
    texts = frame.astype({"plan": object, "city": object}).where(frame.notna(), None)
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    yield "pandas", frame
    yield "pandas with texts", texts
    yield "polars", pl.from_pandas(frame)
    yield "pyarrow", arrow
    yield "dictionary", {name: list(texts[name]) for name in texts}
    yield "stayput", stayput.table(arrow)


@pytest.mark.parametrize(("kind", "table"), [pytest.param(*case, id=case[0]) for case in tables()])
def test_tables_of_every_kind_give_the_same_model(kind, table):
    frame, y = customers()
    model = ChurnClassifier(n_estimators=15).fit(frame, y)
    same = ChurnClassifier(n_estimators=15).fit(table, y)
    assert same.model_.to_bytes() == model.model_.to_bytes(), kind
    assert list(same.feature_names_in_) == list(frame.columns)
    proba = same.predict_proba(table)
    assert (proba == model.predict_proba(frame)).all()
    matrix = foreign.matrix(sorted_names(frame))
    assert (proba[:, 1] == same.model_.predict_proba(matrix)).all()


def sorted_names(frame):
    """The frame with the names of categories in order, and only those that occur."""
    frame = frame.copy()
    for name in ("plan", "city"):
        used = sorted(frame[name].dropna().unique())
        frame[name] = frame[name].cat.set_categories(used)
    return frame


def test_categories_are_categories_and_an_unseen_one_is_no_error():
    frame, y = customers()
    frame["code"] = pd.Categorical(np.arange(len(frame)) % 3 + 7)
    kinds = {"grow_policy": "depthwise", "n_estimators": 15}
    model = ChurnClassifier(**kinds).fit(frame, y)
    types = stayput.TrainingSet.from_table(frame, y).X.types
    assert (types["plan"], types["city"], types["share"]) == ("category", "category", "number")
    rows = frame.head(5).copy()
    rows["plan"] = pd.Categorical(["never heard of"] * 5)
    assert np.isfinite(model.predict_proba(rows)).all()
    # Codes of a category are names: three of them, and not a number.
    again = ChurnClassifier(**kinds).fit(frame.assign(code=frame["code"].astype(str)), y)
    assert again.model_.to_bytes() == model.model_.to_bytes()


def test_columns_are_found_by_name_and_a_missing_one_is_named():
    frame, y = customers()
    for kind in (lambda frame: frame, pl.from_pandas):
        model = ChurnClassifier(n_estimators=15).fit(kind(frame), y)
        with pytest.raises(ValueError, match="wide"):
            model.predict(kind(frame.drop(columns="wide")))
    model = ChurnClassifier(n_estimators=15).fit(dict(frame), y)
    with pytest.raises(stayput.TableError, match="`wide`") as raised:
        model.predict(dict(frame.drop(columns="wide")))
    assert raised.value.path == "wide"
    turned = frame[list(frame.columns[::-1])]
    assert (model.predict_proba(dict(turned)) == model.predict_proba(dict(frame))).all()


def test_a_matrix_is_numbers_and_nan_is_missing():
    frame, y = customers()
    matrix = frame[["wide", "grid", "share", "paying"]].to_numpy()
    assert np.isnan(matrix).any()
    for algorithm in ("gbm", "gbdt", "logistic"):
        model = ChurnClassifier(algorithm).fit(matrix, y)
        assert model.model_.names == ["x0", "x1", "x2", "x3"]
        assert not hasattr(model, "feature_names_in_")
        assert model.feature_importances_.shape == (4,)
        assert model.feature_importances_.sum() == pytest.approx(1)
        proba = model.predict_proba(matrix)
        assert proba.sum(axis=1) == pytest.approx(1)
        assert (proba[:, 1] == model.model_.predict_proba(matrix)).all()
        margins = model.decision_function(matrix)
        assert 1 / (1 + np.exp(-margins)) == pytest.approx(proba[:, 1], abs=1e-6)


def test_classes_may_be_texts():
    frame, y = customers()
    texts = np.where(y == 1, "left", "here")
    model = ChurnClassifier("logistic").fit(frame, texts)
    assert list(model.classes_) == ["here", "left"]
    same = ChurnClassifier("logistic").fit(frame, y)
    assert (model.predict_proba(frame) == same.predict_proba(frame)).all()
    assert (model.predict(frame) == np.where(same.predict(frame) == 1, "left", "here")).all()
    assert model.score(frame, texts) == same.score(frame, y)


def test_errors_are_ours_and_value_errors():
    frame, y = customers(60)
    wrong = [
        (ChurnClassifier(), frame, np.arange(60) % 3, "has 3 classes; a churn model has two"),
        (ChurnClassifier(), frame, np.zeros(60), "has one class"),
        (ChurnClassifier(max_depth=0), frame, y, "`max_depth`: is 0; expected 1 to 16"),
        (ChurnClassifier(C=1.0), frame, y, "`C`: is not a parameter of `gbm`"),
        (ChurnClassifier("gmb"), frame, y, "did you mean `gbm`"),
        (ChurnClassifier(), frame.assign(wide=np.inf), y, "wide"),
        (ChurnClassifier(), frame, y[:50], "50 labels for 60 rows"),
    ]
    for estimator, x, labels, message in wrong:
        with pytest.raises(ValueError, match=re.escape(message)) as raised:
            estimator.fit(x, labels)
        assert isinstance(raised.value, stayput.StayputError) and raised.value.code
    with pytest.raises(NotFittedError):
        ChurnClassifier().predict(frame)


def test_it_goes_through_the_tools_of_scikit_learn():
    frame, y = customers()
    model = ChurnClassifier(n_estimators=15, n_jobs=1)
    scores = cross_val_score(model, frame, y, cv=3, scoring="neg_log_loss")
    assert (scores > -0.69).all()
    grid = GridSearchCV(model, {"max_depth": np.arange(2, 4), "learning_rate": [0.05, 0.2]}, cv=3)
    grid.fit(frame, y)
    chosen = clone(grid.best_estimator_).get_params()
    assert chosen == model.get_params() | grid.best_params_
    assert grid.best_score_ > max(y.mean(), 1 - y.mean()) - 0.05
    calibrated = CalibratedClassifierCV(model, cv=3).fit(frame, y)
    assert log_loss(y, calibrated.predict_proba(frame)) < 0.65
    numbers = frame[["wide", "grid", "share", "paying"]]
    pipeline = make_pipeline(SimpleImputer(), StandardScaler(), ChurnClassifier("logistic"))
    assert roc_auc_score(y, pipeline.fit(numbers, y).predict_proba(numbers)[:, 1]) > 0.6
    fitted = model.fit(frame, y)
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.predict_proba(frame) == fitted.predict_proba(frame)).all()
    assert not hasattr(clone(fitted), "model_")


def test_seeds_are_numbers_or_states():
    frame, y = customers()
    kinds = {"n_estimators": 15, "subsample": 0.5}

    def fitted(seed):
        return ChurnClassifier(random_state=seed, **kinds).fit(frame, y).model_.to_bytes()

    assert fitted(None) == fitted(0) != fitted(1)
    assert fitted(np.random.RandomState(3)) == fitted(np.random.RandomState(3)) != fitted(0)


def test_the_model_goes_into_a_bundle_as_one_that_train_made():
    company = stayput.simulate(customers=400, days=300, seed=5)
    playbook = stayput.Playbook.load(data.ROOT / "examples" / "acme" / "playbook.toml")
    rows = playbook.training_set(company.events, company.customers, as_of="2026-06-01")
    estimator = ChurnClassifier(n_estimators=15).fit(rows.X, rows.y)
    assert estimator.model_.to_bytes() == stayput.train(rows, n_estimators=15).to_bytes()
    assert list(estimator.feature_names_in_) == rows.names
    bundle = stayput.Bundle(playbook, estimator.model_)
    assert (bundle.score_rows(rows.X) == estimator.predict_proba(rows.X)[:, 1]).all()


def test_real_customers_are_judged_as_cross_validate_judges_them():
    frame, y = foreign.telco()
    estimator = ChurnClassifier("logistic")
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scores = cross_val_score(estimator, frame, y, cv=folds, scoring="roc_auc")
    reports = stayput.cross_validate(stayput.TrainingSet.from_table(frame, y), "logistic")
    assert scores.mean() == pytest.approx(np.mean([r.roc_auc for r in reports]), abs=0.002)


def test_the_package_needs_no_scikit_learn():
    code = "import stayput, sys; assert 'sklearn' not in sys.modules; stayput.ChurnClassifier"
    subprocess.run([sys.executable, "-c", code], check=True)
    code = "import sys; sys.modules['sklearn'] = None; import stayput\n"
    code += "try: stayput.ChurnClassifier\nexcept ImportError as e: assert 'stayput[sklearn]' in str(e)"
    subprocess.run([sys.executable, "-c", code], check=True)
