"""What is exported predicts in XGBoost what it predicts here, to the bit."""

import foreign
import numpy as np
import pytest
import stayput
import xgboost

PLAYBOOK = """
[playbook]
name = "export"
[customer]
wide = "number"
grid = "number"
share = "number"
paying = "bool"
plan = { type = "category", values = ["free", "basic", "pro"] }
[events.login]
[events.leave]
[churn]
label = "exists(leave, horizon)"
horizon = "30d"
[features]
wide = "customer.wide"
grid = "customer.grid"
share = "customer.share"
paying = "customer.paying"
plan = "customer.plan"
"""


def training_set(seed, rows=600):
    """A training set of made-up customers, some of whom leave."""
    frame, leaves = foreign.made_up(np.random.default_rng(seed), rows)
    frame = frame.drop(columns="city")
    frame["paying"] = [None if value != value else bool(value) for value in frame["paying"]]
    ids = [f"c{at:04}" for at in range(rows)]
    customers = [
        {"customer_id": name} | {key: value for key, value in row.items() if value == value}
        for name, row in zip(ids, frame.astype(object).to_dict("records"))
    ]
    events = [{"customer_id": name, "timestamp": "2026-01-01", "type": "login"} for name in ids]
    events += [
        {"customer_id": name, "timestamp": "2026-02-10", "type": "leave"}
        for name, leave in zip(ids, leaves)
        if leave
    ]
    events.append({"customer_id": "last", "timestamp": "2026-06-01", "type": "login"})
    playbook = stayput.Playbook.parse(PLAYBOOK)
    return playbook.training_set(events, customers, as_of=["2026-02-01"]), frame


@pytest.mark.parametrize("algorithm", ["gbm", "gbdt"])
@pytest.mark.parametrize("seed", range(5))
def test_our_forests(algorithm, seed):
    data, _ = training_set(seed)
    # Symmetric trees read encoded categories, and encoders are not exported.
    grown = {"grow_policy": "depthwise"} if algorithm == "gbm" else {}
    model = stayput.train(data, algorithm, n_estimators=20, max_depth=4, **grown)
    unseen, _ = foreign.made_up(np.random.default_rng(seed + 100), 2000)
    rows = foreign.matrix(unseen.drop(columns="city"))
    booster = xgboost.Booster(model_file=bytearray(model.to_xgboost()))
    kinds = ["q", "q", "q", "i", "c"]
    how = {"feature_names": model.names, "feature_types": booster.feature_types}
    matrix = xgboost.DMatrix(rows, enable_categorical=True, **how)
    assert [kind.replace("float", "q") for kind in booster.feature_types] == kinds
    foreign.same_bits(model.margins(rows), booster.predict(matrix, output_margin=True))
    foreign.same_bits(model.predict_proba(rows), booster.predict(matrix))
    again = stayput.Model.from_xgboost(bytes(booster.save_raw("ubj")))
    foreign.same_bits(again.margins(rows), model.margins(rows))
    assert again.names == model.names


def test_a_model_goes_there_and_back():
    frame, labels = foreign.made_up(np.random.default_rng(7), 500)
    rows = xgboost.DMatrix(frame, labels, enable_categorical=True)
    for objective in ["binary:logistic", "binary:hinge"]:
        first = xgboost.train({"objective": objective}, rows, 10)
        model = stayput.Model.from_xgboost(first)
        second = xgboost.Booster(model_file=bytearray(model.to_xgboost()))
        np.testing.assert_array_equal(first.predict(rows), second.predict(rows))


def test_what_the_format_has_no_place_for_is_refused():
    data, _ = training_set(1)
    for algorithm, params, message in [
        ("logistic", {}, "it is not made of trees"),
        ("gbm", {"grow_policy": "depthwise", "calibrate": "platt"}, "it has a calibrator"),
        ("gbm", {}, "encode"),
    ]:
        with pytest.raises(stayput.UnsupportedError, match=message):
            stayput.train(data, algorithm, **params).to_xgboost()
