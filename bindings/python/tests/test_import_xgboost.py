"""Models of XGBoost predict here what they predict there, to the bit."""

import json

import foreign
import numpy as np
import pandas as pd
import pytest
import stayput
import xgboost


def trained(frame, labels, rounds=30, **params):
    rows = xgboost.DMatrix(frame, label=labels, enable_categorical=True)
    return xgboost.train({"objective": "binary:logistic", "nthread": 2, **params}, rows, rounds)


def same(booster, frame, source=None, **how):
    """Holds margins and probabilities on the frame against the booster's own."""
    model = stayput.Model.from_xgboost(booster if source is None else source, **how)
    rows = xgboost.DMatrix(frame, enable_categorical=True)
    ours = foreign.matrix(frame)
    foreign.same_bits(model.margins(ours), booster.predict(rows, output_margin=True))
    if "logitraw" not in booster.save_config():
        foreign.same_bits(model.predict_proba(ours), booster.predict(rows))
    return model


@pytest.mark.parametrize("booster", ["gbtree", "dart"])
def test_real_customers(booster):
    frame, left = foreign.telco()
    more = {"rate_drop": 0.2, "seed": 3} if booster == "dart" else {}
    trees = trained(frame, left, 200, booster=booster, max_depth=5, **more)
    model = same(trees, frame)
    assert model.names == list(frame.columns)
    gains = trees.get_score(importance_type="total_gain")
    total = sum(gains.values())
    expected = [gains.get(name, 0.0) / total for name in model.names]
    np.testing.assert_allclose([share for _, share in model.importance], expected, rtol=1e-5)


@pytest.mark.parametrize("seed", range(40))
def test_random_trees_with_missing_values_and_categories(seed):
    rng = np.random.default_rng(seed)
    frame, labels = foreign.made_up(rng, int(rng.integers(50, 1500)))
    objective = ["binary:logistic", "reg:logistic", "binary:logitraw", "binary:hinge"][seed % 4]
    params = {
        "objective": objective,
        "booster": ["gbtree", "dart"][seed // 4 % 2],
        "max_depth": int(rng.integers(1, 9)),
        "eta": float(rng.uniform(0.05, 1.0)),
        "max_cat_to_onehot": int(rng.choice([1, 4, 100])),
        "num_parallel_tree": int(rng.choice([1, 1, 3])),
        "min_child_weight": float(rng.uniform(0, 2)),
        "rate_drop": 0.3,
        "subsample": 0.8,
        "seed": seed,
    }
    if params["booster"] == "gbtree":
        del params["rate_drop"]
    if seed % 3 == 0:
        params["base_score"] = float(rng.uniform(0.01, 0.99))
    booster = trained(frame, labels, int(rng.integers(1, 25)), **params)
    unseen, _ = foreign.made_up(rng, 2000)
    for kind in ["json", "ubj"]:
        same(booster, unseen, bytes(booster.save_raw(kind)))


def test_what_stands_at_a_threshold_is_compared_in_single_precision():
    rng = np.random.default_rng(0)
    frame, labels = foreign.made_up(rng, 500)
    frame = frame[["wide", "share"]]
    booster = trained(frame, labels, 20)
    trees = booster.trees_to_dataframe()
    cuts = trees[trees.Feature == "share"].Split.to_numpy()
    near = np.concatenate([cuts + step for step in (-1e-8, -1e-9, 0, 1e-9, 1e-8)])
    same(booster, pd.DataFrame({"wide": 0.0, "share": near}))


def test_files_of_older_versions():
    frame, labels = foreign.made_up(np.random.default_rng(1), 500)
    frame = frame[["wide", "grid", "share", "paying"]]
    booster = trained(frame, labels, 10, base_score=0.3)
    file = json.loads(booster.save_raw("json"))
    # 1.0 wrote a number for the base score, booleans, and neither categories nor names.
    learner = file["learner"]
    learner["learner_model_param"].update(base_score="3E-1", num_target=None)
    del learner["feature_names"], learner["feature_types"]
    model = learner["gradient_booster"]["model"]
    model.pop("cats")
    for tree in model["trees"]:
        tree["default_left"] = [bool(left) for left in tree["default_left"]]
        for key in [key for key in tree if key.startswith(("categories", "split_type"))]:
            del tree[key]
    names = list(frame.columns)
    old = json.dumps(file).encode()
    assert same(booster, frame, old).names == ["f0", "f1", "f2", "f3"]
    assert same(booster, frame, old, features=names).names == names


def test_an_estimator_predicts_with_its_best_iteration(tmp_path):
    rng = np.random.default_rng(2)
    (frame, labels), (other, truth) = foreign.made_up(rng, 300), foreign.made_up(rng, 300)
    estimator = xgboost.XGBClassifier(
        n_estimators=200, early_stopping_rounds=3, max_depth=6, enable_categorical=True
    )
    estimator.fit(frame, labels, eval_set=[(other, truth)], verbose=False)
    assert estimator.best_iteration < 150
    model = stayput.Model.from_xgboost(estimator)
    theirs = estimator.predict_proba(other)[:, 1]
    foreign.same_bits(model.predict_proba(foreign.matrix(other)), theirs)
    # A file has no such memory.
    estimator.save_model(tmp_path / "model.ubj")
    same(estimator.get_booster(), other, tmp_path / "model.ubj")
    estimator.save_model(tmp_path / "model.json")
    same(estimator.get_booster(), other, str(tmp_path / "model.json"))


def test_codes_without_names_are_named_by_who_imports():
    rng = np.random.default_rng(3)
    frame, labels = foreign.made_up(rng, 600)
    rows = foreign.matrix(frame)
    kinds = ["q", "q", "q", "i", "c", "c"]
    matrix = xgboost.DMatrix(rows, labels, feature_types=kinds, enable_categorical=True)
    booster = xgboost.train({"objective": "binary:logistic", "max_cat_to_onehot": 1}, matrix, 20)
    with pytest.raises(stayput.ModelError, match="`f4`: the model knows the codes .*names"):
        stayput.Model.from_xgboost(booster)
    plans = ["free", "basic", "pro"]
    kinds = dict.fromkeys(frame.columns, "number")
    kinds |= {"paying": "bool", "plan": plans, "city": foreign.CATEGORIES}
    model = stayput.Model.from_xgboost(booster, features=kinds)
    foreign.same_bits(model.predict_proba(rows), booster.predict(matrix))
    with pytest.raises(stayput.ModelError, match="category 2 of `plan`, which has 2 names"):
        stayput.Model.from_xgboost(booster, features=kinds | {"plan": plans[:2]})
    for wrong, message in [
        (list("abc"), "names 3 features; the model reads 6"),
        ({"a": "text"}, "expected `number`, `bool` or the list of a category's names"),
        ("abc", "expected a list of names"),
    ]:
        with pytest.raises(stayput.ArgumentError, match=message):
            stayput.Model.from_xgboost(booster, features=wrong)


def test_an_imported_model_joins_a_bundle():
    playbook = stayput.Playbook.parse(
        """
        [playbook]
        name = "shop"
        [events.order]
        amount = "number"
        [features]
        orders = "count(order)"
        spend = "sum(order.amount)"
        big = "exists(order, '30d', order.amount > 50)"
        [churn]
        label = "count(order, horizon) == 0"
        horizon = "30d"
        """
    )
    rng = np.random.default_rng(4)
    names = ["orders", "spend", "big"]
    frame = pd.DataFrame({"orders": rng.poisson(3, 400) * 1.0, "spend": rng.random(400) * 90})
    frame["big"] = frame.spend > 50
    booster = trained(frame, (frame.orders < 3).astype(int), 10, max_depth=3)
    bundle = stayput.Bundle(playbook, stayput.Model.from_xgboost(booster))
    events = {
        "customer_id": ["a", "a", "b"],
        "timestamp": ["2026-01-01", "2026-01-20", "2026-01-05"],
        "type": ["order"] * 3,
        "amount": [60.0, 20.0, 10.0],
    }
    engine = stayput.Engine(bundle)
    engine.ingest(events)
    scores = {score.customer_id: score for score in engine.score_all(as_of="2026-01-25")}
    table = pd.DataFrame([[2.0, 80.0, True], [1.0, 10.0, False]], columns=names)
    theirs = booster.predict(xgboost.DMatrix(table))
    assert [scores[name].churn.probability for name in "ab"] == [float(p) for p in theirs]
    with pytest.raises(stayput.StayputError, match="spent"):
        wrong = stayput.Model.from_xgboost(booster, features=["orders", "spent", "big"])
        stayput.Bundle(playbook, wrong)


def test_what_is_not_read_is_said():
    frame, labels = foreign.made_up(np.random.default_rng(5), 100)
    frame = frame[["wide", "grid"]].fillna(0)
    for params, message in [
        ({"objective": "reg:squarederror"}, "`reg:squarederror` is not one for two classes"),
        ({"objective": "multi:softprob", "num_class": 2}, "not one for two classes"),
        ({"booster": "gblinear"}, "booster `gblinear` has no trees"),
    ]:
        with pytest.raises(stayput.UnsupportedError, match=message):
            stayput.Model.from_xgboost(trained(frame, labels, 2, **params))
    booster = trained(frame, labels, 2)
    good = bytes(booster.save_raw("json"))
    for source, message in [
        (b"binf1234", "neither JSON nor UBJSON"),
        (good[:-20], "XGBoost model: EOF"),
        (bytes(booster.save_raw("ubj"))[:-20], "ends too early"),
        (good.replace(b'"left_children":[1', b'"left_children":[0', 1), "are not a tree"),
    ]:
        with pytest.raises(stayput.ModelError, match=message) as refused:
            stayput.Model.from_xgboost(source)
        assert refused.value.code == "model_format"
    with pytest.raises(stayput.ArgumentError, match="expected a path, bytes or a model of xgboost"):
        stayput.Model.from_xgboost(3)
    with pytest.raises(stayput.ArgumentError, match="none.json`: cannot be read"):
        stayput.Model.from_xgboost("none.json")
