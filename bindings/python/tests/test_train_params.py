"""Forests, trees, weights, constraints, early stopping and going on, beside the field's libraries."""

import numpy as np
import pandas as pd
import pytest
import stayput
import xgboost
from data import real
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

NUMBERS = ["seniorcitizen", "tenure", "monthlycharges"]


def telco(columns=None):
    """Customers of Telco: the frame, the labels, a playbook's text and the training set."""
    frame = pd.read_csv(real("telco_ibm", "telco_customer_churn.csv"))
    churned = (frame.pop("Churn") == "Yes").to_numpy()
    frame = frame.drop(columns=["customerID", "TotalCharges"])
    frame.columns = [name.lower() for name in frame.columns]
    frame = frame[columns or list(frame.columns)]
    kinds = {name: "number" if pd.api.types.is_numeric_dtype(frame[name]) else "category" for name in frame}
    lines = ["[playbook]", 'name = "telco"', "[customer]", 'churned = "bool"']
    lines += [f'{name} = "{kind}"' for name, kind in kinds.items()]
    lines += ["[features]", *(f"{name} = 'customer.{name}'" for name in kinds)]
    lines += ["[churn]", "label = 'customer.churned'", 'horizon = "30d"']
    customers = frame.assign(customer_id=[f"{at:06}" for at in range(len(frame))], churned=churned)
    text = "\n".join(lines)
    data = stayput.Playbook.parse(text).training_set(None, customers, as_of="2026-01-01")
    return frame, churned, text, customers, data


def halves(data):
    half = np.arange(len(data.y)) % 2 == 0
    return half, data.select(np.flatnonzero(half)), data.select(np.flatnonzero(~half))


def test_a_forest_is_as_good_as_that_of_scikit_learn():
    frame, churned, _, _, data = telco()
    columns = pd.get_dummies(frame).to_numpy(float)
    found = []
    for train, test in StratifiedKFold(3, shuffle=True, random_state=0).split(columns, churned):
        model = stayput.train(data.select(train), "forest", n_estimators=200, min_samples_leaf=20)
        theirs = RandomForestClassifier(200, min_samples_leaf=20, random_state=0)
        theirs.fit(columns[train], churned[train])
        ours = model.predict_proba(data.select(test).X)
        found.append(
            [
                roc_auc_score(churned[test], ours),
                roc_auc_score(churned[test], theirs.predict_proba(columns[test])[:, 1]),
            ]
        )
    ours, theirs = np.mean(found, axis=0)
    assert ours > theirs - 0.002, (ours, theirs)


def test_a_tree_parts_rows_as_that_of_scikit_learn_does():
    frame, churned, _, _, data = telco(NUMBERS)
    theirs = DecisionTreeClassifier(max_depth=3, min_samples_leaf=50).fit(frame.to_numpy(), churned)
    model = stayput.train(data, "tree", max_depth=3, min_samples_leaf=50)
    ours, leaves = model.predict_proba(data.X), theirs.apply(frame.to_numpy())
    rate = churned.mean()
    for leaf in np.unique(leaves):
        own = leaves == leaf
        smoothed = (churned[own].sum() + 2 * rate) / (own.sum() + 2)
        np.testing.assert_allclose(ours[own], smoothed, rtol=1e-12)


def test_leaves_are_segments_of_a_playbook():
    _, churned, text, customers, data = telco()
    model = stayput.train(data, "tree")
    found = model.segments(data)
    assert "everyone: 7043 rows, 26.5% churn" in repr(found)
    assert sum(segment.rows for segment in found.segments) == 7043
    assert sum(segment.churners for segment in found.segments) == churned.sum()
    assert len(found.to_pandas()) == len(found.segments)
    playbook = stayput.Playbook.parse(f"{text}\n{found.playbook}")
    engine = stayput.Engine(stayput.Bundle(playbook, model))
    engine.ingest([], customers.head(500))
    of = {segment.name: segment.probability for segment in found.segments}
    scores = engine.score_all(as_of="2026-01-01")
    assert len(scores) == 500
    for score in scores:
        (name,) = score.segments
        assert score.churn.probability == of[name]
    with pytest.raises(stayput.StayputError, match="is not a single tree"):
        stayput.train(data, "logistic").segments(data)


@pytest.mark.parametrize("weighted", [False, True])
def test_logistic_regression_weighs_as_scikit_learn_does(weighted):
    frame, churned, _, _, data = telco(NUMBERS)
    weights = 1.0 + np.arange(len(frame)) % 3 if weighted else None
    scaled = StandardScaler().fit_transform(frame, sample_weight=weights)
    theirs = LogisticRegression(C=1.0, class_weight=None if weighted else "balanced", tol=1e-10, max_iter=1000)
    theirs.fit(scaled, churned, sample_weight=weights)
    beside = {} if weighted else {"class_weight": "balanced"}
    model = stayput.train(data, "logistic", sample_weight=weights, **beside)
    np.testing.assert_allclose(
        model.predict_proba(data.X), theirs.predict_proba(scaled)[:, 1], atol=2e-5
    )


CONSTRAINTS = [
    {"monotone_constraints": {"tenure": -1, "monthlycharges": 1}},
    {"interaction_constraints": [["tenure", "monthlycharges"], ["seniorcitizen"]]},
    {"scale_pos_weight": 3.0},
]


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=lambda constraint: next(iter(constraint)))
def test_boosting_is_as_good_as_xgboost_under_constraints(constraint):
    frame, churned, _, _, data = telco(NUMBERS)
    half, known, unseen = halves(data)
    params = {"max_depth": 3, "learning_rate": 0.1, "n_estimators": 60, "reg_lambda": 1.0, "min_child_weight": 1.0}
    theirs = xgboost.XGBClassifier(tree_method="hist", **params, **constraint).fit(frame[half], churned[half])
    whole = {"subsample": 1.0, "colsample_bytree": 1.0, "grow_policy": "depthwise"}
    model = stayput.train(known, **params, **whole, **constraint)
    ours, theirs = model.predict_proba(unseen.X), theirs.predict_proba(frame[~half])[:, 1]
    assert abs(roc_auc_score(churned[~half], ours) - roc_auc_score(churned[~half], theirs)) < 0.002
    assert np.mean(np.abs(ours - theirs)) < 0.02
    if "monotone_constraints" in constraint:
        rows = frame[~half].head(200).to_numpy(float)
        last = None
        for tenure in range(73):
            rows[:, 1] = tenure
            found = model.predict_proba(rows)
            assert last is None or (found <= last + 1e-7).all()
            last = found


def test_training_goes_on_as_xgboost_does():
    frame, churned, _, _, data = telco(NUMBERS)
    params = {"max_depth": 3, "grow_policy": "depthwise"}
    whole = stayput.train(data, n_estimators=30, **params)
    first = stayput.train(data, n_estimators=10, **params)
    both = stayput.train(data, init_model=first, n_estimators=20, **params)
    assert (both.predict_proba(data.X) == whole.predict_proba(data.X)).all()
    # A model of theirs is gone on from too.
    matrix = xgboost.DMatrix(frame.to_numpy(float), churned, feature_names=list(frame.columns))
    booster = xgboost.train({"objective": "binary:logistic", "max_depth": 3}, matrix, 3)
    model = stayput.train(
        data, init_model=stayput.Model.from_xgboost(booster), n_estimators=40, **params
    )
    before = roc_auc_score(churned, booster.predict(matrix))
    assert roc_auc_score(churned, model.predict_proba(data.X)) > before
    with pytest.raises(stayput.StayputError, match="`logistic` does not go on from a model"):
        stayput.train(data, "logistic", init_model=first)


def test_the_latest_instants_say_how_many_trees():
    _, churned, text, customers, _ = telco(NUMBERS)
    instants = [f"2026-{1 + at % 4:02}-01" for at in range(len(customers))]
    playbook = stayput.Playbook.parse(text)
    data = playbook.training_set(None, customers.assign(as_of=pd.to_datetime(instants, utc=True)))
    by_time = stayput.train(data, early_stopping="time", early_stopping_rounds=20)
    by_folds = stayput.train(data, early_stopping_rounds=20)
    for model in by_time, by_folds:
        assert roc_auc_score(churned, model.predict_proba(data.X)) > 0.8
    assert by_time.to_bytes() != by_folds.to_bytes()
    with pytest.raises(stayput.StayputError, match="choose `folds`, or more cut-offs"):
        stayput.train(playbook.training_set(None, customers, as_of="2026-01-01"), early_stopping="time")


def test_a_model_says_what_it_was_trained_with():
    *_, data = telco(NUMBERS)
    model = stayput.train(data, n_estimators=20, random_state=2**63)
    said = [model.params[name] for name in ("n_estimators", "learning_rate", "grow_policy", "random_state")]
    assert said == [20, 0.03, "symmetric", 2**63]
    assert stayput.train(data, model.algorithm, **model.params).to_bytes() == model.to_bytes()
    assert "slope" not in model.params
    # The number of trees and what scales them, where rows held out said both.
    chosen = stayput.train(data, learning_rate=0.3, early_stopping_rounds=20).params
    assert isinstance(chosen["n_estimators"], int)
    as_many = stayput.train(data, learning_rate=0.3, n_estimators=chosen["n_estimators"])
    margin = np.log(as_many.predict_proba(data.X) / (1 - as_many.predict_proba(data.X)))
    scaled = 1 / (1 + np.exp(-(chosen["slope"] * margin + chosen["intercept"])))
    found = stayput.train(data, learning_rate=0.3, early_stopping_rounds=20).predict_proba(data.X)
    np.testing.assert_allclose(found, scaled, atol=1e-5)


def test_what_is_not_possible_is_refused():
    *_, data = telco(NUMBERS)
    for wrong, message in [
        ({"sample_weight": [1.0, 2.0]}, "there are 2 weights for 7043 rows"),
        ({"sample_weight": "heavy"}, "expected a list or an array of numbers"),
        ({"class_weight": "balance"}, "did you mean `balanced`"),
        ({"class_weight": "balanced", "scale_pos_weight": 2}, "choose one"),
        ({"monotone_constraints": {"tenur": 1}}, "did you mean `tenure`"),
        ({"monotone_constraints": {"tenure": 2}}, "expected -1, 0 or 1"),
        ({"interaction_constraints": ["tenure"]}, "expected lists of the names of features"),
        ({"early_stopping": "times"}, "did you mean `time`"),
        ({"algorithm": "forest", "max_features": "log2"}, "expected `sqrt` or a share"),
        ({"algorithm": "tree", "encoding": "onehot"}, "asks about categories as they are"),
    ]:
        with pytest.raises(stayput.StayputError, match=message):
            stayput.train(data, **wrong)
