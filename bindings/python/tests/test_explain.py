"""Explanations are those of the libraries that trained a model, and of shap."""

import math

import catboost
import foreign
import lightgbm
import numpy as np
import pytest
import shap
import stayput
import xgboost
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def same(ours, theirs, tolerance):
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def numbers(rows=None):
    """Telco customers as numbers alone, none missing; and who left."""
    frame, left = foreign.telco()
    values = np.nan_to_num(foreign.matrix(frame), nan=-1.0)
    return values[:rows], left[:rows]


def adds_up(model, rows, **how):
    """The explanation, whose base and contributions are held to what the model states."""
    found = model.explain(rows, **how)
    stated = found.base + found.values.sum(axis=1)
    if how.get("output") == "margin":
        same(stated, model.margins(rows), 1e-12)
    if how.get("output") == "probability":
        same(stated, model.predict_proba(rows), 1e-12)
    return found


@pytest.mark.parametrize("categories", [False, True])
def test_lightgbm(categories):
    frame, left = foreign.telco()
    rows = foreign.matrix(frame)
    data = lightgbm.Dataset(frame if categories else rows, left)
    booster = lightgbm.train({"objective": "binary", "verbose": -1, "num_leaves": 31}, data, 60)
    model = stayput.Model.from_lightgbm(booster)
    some = frame[:500] if categories else rows[:500]
    theirs = booster.predict(some, pred_contrib=True)
    found = adds_up(model, rows[:500], output="margin")
    same(found.values, theirs[:, :-1], 1e-9)
    same(found.base, theirs[0, -1], 1e-9)
    assert found.names == model.names


def test_xgboost():
    frame, left = foreign.telco()
    data = xgboost.DMatrix(frame, left, enable_categorical=True)
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": 6}, data, 100)
    model = stayput.Model.from_xgboost(booster)
    rows = foreign.matrix(frame)[:300]
    some = xgboost.DMatrix(frame[:300], enable_categorical=True)
    found = adds_up(model, rows, output="margin")
    # It sums in single precision.
    theirs = booster.predict(some, pred_contribs=True)
    same(found.values, theirs[:, :-1], 2e-5)
    same(found.base, theirs[0, -1], 2e-5)
    pairs = model.explain(rows[:50], output="margin", interactions=True)
    theirs = booster.predict(some, pred_interactions=True)[:50, :-1, :-1]
    same(pairs.values, theirs, 5e-5)
    same(pairs.values.sum(axis=2), found.values[:50], 1e-12)


def test_catboost():
    rows, left = numbers()
    trees = catboost.CatBoostClassifier(
        iterations=100, depth=6, verbose=0, allow_writing_files=False, random_seed=1
    )
    trees.fit(rows, left)
    model = stayput.Model.from_catboost(trees)
    theirs = trees.get_feature_importance(catboost.Pool(rows[:500]), type="ShapValues")
    found = adds_up(model, rows[:500], output="margin")
    same(found.values, theirs[:, :-1], 1e-9)
    same(found.base, theirs[0, -1], 1e-9)


@pytest.mark.parametrize("kind", [RandomForestClassifier, ExtraTreesClassifier])
def test_forests_of_scikit_learn(kind):
    rows, left = numbers(2000)
    trees = kind(30, max_depth=9, random_state=1).fit(rows, left)
    model = stayput.Model.from_sklearn(trees)
    theirs = shap.TreeExplainer(trees).shap_values(rows[:200])[..., 1]
    same(adds_up(model, rows[:200], output="margin").values, theirs, 1e-9)
    # A margin that is a probability: the log-odds of what is stated.
    inside = np.abs(model.predict_proba(rows[:200]) - 0.5) < 0.499
    found = model.explain(rows[:200])
    stated = model.predict_proba(rows[:200])[inside]
    same((found.base + found.values.sum(axis=1))[inside], np.log(stated / (1 - stated)), 1e-9)


@pytest.mark.parametrize("against", [False, True])
def test_boosting_of_scikit_learn_by_shap(against):
    rows, left = numbers(2000)
    rows = rows.astype(np.float32).astype(float)
    trees = GradientBoostingClassifier(n_estimators=60, max_depth=5, random_state=1).fit(rows, left)
    model = stayput.Model.from_sklearn(trees)
    background = rows[1000:1100] if against else None
    how = "interventional" if against else "tree_path_dependent"
    explainer = shap.TreeExplainer(trees, data=background, feature_perturbation=how)
    theirs = explainer.shap_values(rows[:100])
    found = adds_up(model, rows[:100], background=background, output="margin")
    same(found.base, explainer.expected_value, 1e-6 if against else 1e-9)
    if against:
        # There shap works in single precision, in which a row may be on the other side of a
        # threshold: a few rows differ, and the definition decides (below).
        assert np.isclose(found.values, theirs, rtol=0, atol=1e-6).mean() > 0.95
    else:
        same(found.values, theirs, 1e-9)
        pairs = model.explain(rows[:20], output="margin", interactions=True).values
        same(pairs, explainer.shap_interaction_values(rows[:20]), 1e-9)


def test_against_a_background_the_definition_decides():
    rows, left = numbers(2000)
    rows = rows[:, :14].astype(np.float32).astype(float)
    trees = GradientBoostingClassifier(n_estimators=60, max_depth=5, random_state=1).fit(rows, left)
    model = stayput.Model.from_sklearn(trees)
    width = rows.shape[1]
    # Shapley (1953): over all sets of features that come from the row, the rest from the other.
    sets = np.arange(2**width)
    taken = (sets[:, None] >> np.arange(width) & 1).astype(bool)
    size = taken.sum(axis=1)
    weight = np.array([1 / (width * math.comb(width - 1, of)) for of in range(width)])
    for row, other in [(rows[0], rows[1015]), (rows[2], rows[1020]), (rows[4], rows[1001])]:
        margins = trees.decision_function(np.where(taken, row, other))
        found = model.explain(row[None], background=other[None], output="margin").values[0]
        for feature in range(width):
            without = sets[~taken[:, feature]]
            steps = margins[without | 1 << feature] - margins[without]
            same(found[feature], (weight[size[without]] * steps).sum(), 1e-10)


def test_logistic_regression_against_its_means():
    rows, left = numbers(2000)
    pipe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1)).fit(rows, left)
    model = stayput.Model.from_sklearn(pipe)
    with pytest.raises(stayput.ArgumentError, match="pass a sample of rows as the background"):
        model.explain(rows)
    scaled = pipe[0].transform(rows)
    explainer = shap.LinearExplainer(pipe[1], shap.maskers.Independent(scaled, len(scaled)))
    found = adds_up(model, rows[:200], background=rows, output="margin")
    same(found.values, explainer.shap_values(scaled[:200]), 1e-9)


def test_what_cannot_be_explained_is_refused():
    rows, left = numbers(500)
    booster = lightgbm.train(
        {"objective": "binary", "verbose": -1, "num_leaves": 7}, lightgbm.Dataset(rows, left), 5
    )
    model = stayput.Model.from_lightgbm(booster)
    with pytest.raises(stayput.ArgumentError, match="output"):
        model.explain(rows, output="odds")
    with pytest.raises(stayput.ModelError):
        model.explain(rows[:, :3])
    with pytest.raises(stayput.ArgumentError, match="background"):
        model.explain(rows, background=rows[:0])
    assert model.explain(rows[:0]).values.shape == (0, rows.shape[1])


@pytest.mark.parametrize("calibrate", [None, "platt", "isotonic", "beta"])
@pytest.mark.parametrize("encoding", ["auto", "onehot", "target"])
def test_models_trained_here(calibrate, encoding):
    simulation = stayput.simulate(customers=300, start="2025-01-01", seed=2)
    playbook = stayput.Playbook.parse(PLAYBOOK)
    data = playbook.training_set(
        simulation.events, simulation.customers, as_of=["2025-06-01", "2025-08-01"]
    )
    for algorithm, more in [("gbm", {"n_estimators": 20}), ("logistic", {})]:
        model = stayput.train(data, algorithm, calibrate=calibrate, encoding=encoding, **more)
        p = model.predict_proba(data.X)
        for output in ["log_odds", "probability"]:
            found = model.explain(data.X, output=output)
            stated = found.base + found.values.sum(axis=1)
            # Trees state their probability in single precision where nothing calibrates them.
            loose = 2e-6 if calibrate is None and output == "log_odds" else 1e-11
            same(stated, np.log(p / (1 - p)) if output == "log_odds" else p, loose)
        again = model.explain(data.X, n_jobs=1).values
        np.testing.assert_array_equal(again, model.explain(data.X, n_jobs=2).values)


PLAYBOOK = """
[playbook]
name = "shop"
[customer]
plan = { type = "category", values = ["free", "pro", "enterprise"] }
mrr = "number"
[events.login]
[events.cancelled]
[features]
logins = 'count(login, "30d")'
quiet = 'days_since(last(login))'
plan = 'customer.plan'
mrr = 'customer.mrr'
[churn]
label = 'count(login, horizon) == 0'
horizon = "30d"
"""


def test_an_engine_says_why_in_the_playbooks_words():
    simulation = stayput.simulate(customers=300, start="2025-01-01", seed=2)
    words = '[reasons.features.quiet]\ntext = "{{ value }} days without a login, usually {{ typical }}"'
    playbook = stayput.Playbook.parse(PLAYBOOK + words + "\nactionable = true\n")
    data = playbook.training_set(
        simulation.events, simulation.customers, as_of=["2025-06-01", "2025-08-01"]
    )
    model = stayput.train(data, n_estimators=20)
    engine = stayput.Engine(stayput.Bundle(playbook, model))
    engine.ingest(simulation.events, simulation.customers)
    told = 0
    for score in engine.score_all(as_of="2025-09-01"):
        reasons = engine.reasons(score.customer_id, as_of="2025-09-01", top=4)
        contributions = [reason.contribution for reason in reasons]
        assert contributions == sorted(contributions, reverse=True)
        assert all(contribution > 0 for contribution in contributions)
        for reason in reasons:
            assert reason.value == score.features[reason.feature]
            if reason.feature == "quiet":
                told += 1
                assert " days without a login, usually " in reason.text
        only = engine.reasons(score.customer_id, as_of="2025-09-01", actionable=True)
        assert {reason.feature for reason in only} <= {"quiet"}
    assert told > 10
