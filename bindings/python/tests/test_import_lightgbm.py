"""Models of LightGBM predict here what they predict there: margins to the bit."""

import re

import foreign
import lightgbm
import numpy as np
import pytest
import stayput


def trained(frame, labels, rounds=30, **params):
    params = {"objective": "binary", "verbose": -1, "num_threads": 2, **params}
    return lightgbm.train(params, lightgbm.Dataset(frame, labels), rounds)


def same(booster, frame, source=None, **how):
    """Holds margins and probabilities on the frame against the booster's own."""
    model = stayput.Model.from_lightgbm(booster if source is None else source, **how)
    rows = foreign.matrix(frame)
    foreign.same_bits(model.margins(rows), booster.predict(frame, raw_score=True))
    foreign.close(model.predict_proba(rows), booster.predict(frame))
    return model


@pytest.mark.parametrize("boosting", ["gbdt", "rf", "dart"])
def test_real_customers(boosting):
    frame, left = foreign.telco()
    more = {"bagging_freq": 1, "bagging_fraction": 0.6} if boosting == "rf" else {}
    booster = trained(frame, left, 200, boosting=boosting, **more)
    model = same(booster, frame)
    assert model.names == list(frame.columns)
    gains = booster.feature_importance("gain")
    shares = [share for _, share in model.importance]
    np.testing.assert_allclose(shares, gains / gains.sum(), rtol=1e-4)


@pytest.mark.parametrize("seed", range(60))
def test_random_trees_with_missing_values_and_categories(seed, tmp_path):
    rng = np.random.default_rng(seed)
    frame, labels = foreign.made_up(rng, int(rng.integers(50, 1500)), missing=seed % 5 > 0)
    boosting = ["gbdt", "gbdt", "dart", "rf", "goss"][int(rng.integers(5))]
    params = {
        "objective": "cross_entropy" if seed % 7 == 0 else "binary",
        "boosting": "gbdt" if boosting == "goss" else boosting,
        "data_sample_strategy": "goss" if boosting == "goss" else "bagging",
        "num_leaves": int(rng.integers(2, 60)),
        "min_data_in_leaf": int(rng.integers(1, 20)),
        "learning_rate": float(rng.uniform(0.05, 0.9)),
        "use_missing": bool(seed % 4),
        "zero_as_missing": seed % 3 == 0,
        "min_data_per_group": 3,
        "cat_smooth": 1,
        "max_cat_to_onehot": int(rng.choice([1, 4, 100])),
        "extra_trees": seed % 2 == 0,
        "seed": seed,
    }
    if params["objective"] == "binary":
        params["sigmoid"] = float(rng.choice([1.0, 0.7, 2.5]))
    if boosting in ("rf", "gbdt"):
        params |= {"bagging_freq": 1, "bagging_fraction": 0.7}
    booster = trained(frame, labels, int(rng.integers(1, 25)), **params)
    unseen, _ = foreign.made_up(rng, 2000)
    tiny = [0.0, -0.0, 1e-36, -1e-36, 1e-35, 1.1e-35, -2e-35]
    unseen.loc[: len(tiny) - 1, "share"] = tiny
    booster.save_model(tmp_path / "model.txt")
    same(booster, unseen, tmp_path / "model.txt")


def test_what_is_missing_to_whom():
    rng = np.random.default_rng(0)
    frame, labels = foreign.made_up(rng, 800)
    seen = set()
    for params in [{"use_missing": False}, {"zero_as_missing": True}, {}]:
        booster = trained(frame[["grid", "share"]], labels, 10, **params)
        same(booster, frame[["grid", "share"]])
        for line in booster.model_to_string().splitlines():
            if line.startswith("decision_type="):
                seen |= {int(kind) & 12 for kind in line.split("=")[1].split()}
    assert seen == {0, 4, 8}


def test_an_estimator_predicts_with_its_best_iteration():
    rng = np.random.default_rng(1)
    (frame, labels), (other, truth) = foreign.made_up(rng, 300), foreign.made_up(rng, 300)
    estimator = lightgbm.LGBMClassifier(n_estimators=200, verbose=-1)
    stop = [lightgbm.early_stopping(3, verbose=False)]
    estimator.fit(frame, labels, eval_set=[(other, truth)], callbacks=stop)
    assert estimator.best_iteration_ < 150
    model = stayput.Model.from_lightgbm(estimator)
    theirs = estimator.predict_proba(other)[:, 1]
    foreign.close(model.predict_proba(foreign.matrix(other)), theirs)


def test_codes_without_names_are_named_by_who_imports():
    frame, labels = foreign.made_up(np.random.default_rng(2), 900, missing=False)
    rows = foreign.matrix(frame)
    data = lightgbm.Dataset(rows, labels, categorical_feature=[4, 5])
    params = {"objective": "binary", "verbose": -1, "min_data_per_group": 5, "cat_smooth": 1}
    booster = lightgbm.train(params, data, 20)
    with pytest.raises(stayput.ModelError, match="`Column_4`: the model knows the codes"):
        stayput.Model.from_lightgbm(booster)
    kinds = dict.fromkeys(frame.columns, "number")
    kinds |= {"paying": "bool", "plan": ["free", "basic", "pro"], "city": foreign.CATEGORIES}
    model = stayput.Model.from_lightgbm(booster, features=kinds)
    foreign.same_bits(model.margins(rows), booster.predict(rows, raw_score=True))
    with pytest.raises(stayput.ModelError, match="`plan`: is given as number; .* on category"):
        stayput.Model.from_lightgbm(booster, features=kinds | {"plan": "number"})


def test_what_is_not_read_is_said():
    frame, labels = foreign.made_up(np.random.default_rng(3), 200, missing=False)
    frame = frame[["wide", "grid"]]
    for params, message in [
        ({"objective": "regression"}, "objective `regression` is not one for two classes"),
        ({"objective": "multiclass", "num_class": 2}, "it has several classes"),
        ({"linear_tree": True}, "linear_tree"),
    ]:
        with pytest.raises(stayput.UnsupportedError, match=message):
            stayput.Model.from_lightgbm(trained(frame, labels, 2, **params))
    good = trained(frame, labels, 2).model_to_string()
    for text, message in [
        ("", "first line is not `tree`"),
        (good[: len(good) // 8], "`end of trees` is missing"),
        (re.sub("left_child=[^ ]+", "left_child=0", good, count=1), "tree 0: its nodes are not a tree"),
        (good.replace("threshold=", "threshold=1 ", 1), "numbers instead of"),
        (good.replace("num_leaves=", "num_leaves=9999999999", 1), "instead of 9999999999"),
    ]:
        with pytest.raises(stayput.ModelError, match=message) as refused:
            stayput.Model.from_lightgbm(text.encode())
        assert refused.value.code == "model_format"
