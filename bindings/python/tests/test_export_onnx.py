"""What is exported to ONNX predicts in ONNX Runtime what it predicts here."""

import foreign
import in_onnx
import lightgbm
import numpy as np
import onnx
import pytest
import stayput
import xgboost
from test_export_xgboost import training_set


def exported(model):
    """The file, checked by onnx itself, which reads back as the same model."""
    file = model.to_onnx()
    proto = onnx.load_from_string(file)
    onnx.checker.check_model(proto, full_check=True)
    again = stayput.Model.from_onnx(file)
    assert again.to_bytes() == model.to_bytes()
    return proto


def hostile(rng, rows):
    """Rows with categories that are missing, unseen or none at all."""
    rows = rows.copy()
    rows[rng.random(len(rows)) < 0.1, -1] = 77
    rows[rng.random(len(rows)) < 0.1, -1] = -1
    rows[rng.random(len(rows)) < 0.1, -1] = np.nan
    return rows


CASES = [
    ("gbm", {}),
    ("gbm", {"grow_policy": "depthwise"}),
    ("gbm", {"encoding": "onehot"}),
    ("gbm", {"encoding": "ordinal"}),
    ("gbm", {"encoding": "frequency"}),
    ("gbm", {"encoding": "target"}),
    ("gbm", {"calibrate": "platt"}),
    ("gbm", {"calibrate": "isotonic"}),
    ("gbm", {"calibrate": "beta"}),
    ("gbdt", {}),
    ("logistic", {}),
    ("logistic", {"calibrate": "isotonic", "confidence": True}),
]


@pytest.mark.parametrize(("algorithm", "params"), CASES, ids=str)
def test_our_models(algorithm, params):
    data, _ = training_set(1)
    few = {"n_estimators": 20, "max_depth": 4} if algorithm != "logistic" else {}
    model = stayput.train(data, algorithm, **few, **params)
    rng = np.random.default_rng(9)
    unseen, _ = foreign.made_up(rng, 2000)
    rows = hostile(rng, foreign.matrix(unseen.drop(columns="city")))
    proto = exported(model)
    if algorithm != "logistic":
        foreign.same_bits(model.margins(rows), in_onnx.margin(proto, rows))
    close = 1e-12 if algorithm == "logistic" or "calibrate" in params else 1e-7
    ours, theirs = model.predict_proba(rows), in_onnx.probability(proto, rows)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=close)
    assert in_onnx.run(proto, rows, "label").tolist() == (theirs > 0.5).astype(int).tolist()


@pytest.mark.parametrize("zero_as_missing", [False, True])
def test_models_of_other_libraries(zero_as_missing):
    rng = np.random.default_rng(3)
    frame, labels = foreign.made_up(rng, 700)
    unseen, _ = foreign.made_up(rng, 2000)
    rows = foreign.matrix(unseen)
    booster = lightgbm.train(
        {"objective": "binary", "verbose": -1, "zero_as_missing": zero_as_missing},
        lightgbm.Dataset(frame, labels),
        20,
    )
    model = stayput.Model.from_lightgbm(booster)
    proto = exported(model)
    foreign.same_bits(model.margins(rows), in_onnx.margin(proto, rows))
    foreign.close(model.predict_proba(rows), in_onnx.probability(proto, rows))
    for objective in ["binary:logistic", "binary:hinge"]:
        booster = xgboost.train(
            {"objective": objective},
            xgboost.DMatrix(frame, labels, enable_categorical=True),
            20,
        )
        model = stayput.Model.from_xgboost(booster)
        proto = exported(model)
        foreign.same_bits(model.margins(rows), in_onnx.margin(proto, rows))
        ours, theirs = model.predict_proba(rows), in_onnx.probability(proto, rows)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-7)


def test_real_customers():
    frame, left = foreign.telco()
    rows = foreign.matrix(frame)
    booster = xgboost.train(
        {"objective": "binary:logistic", "max_depth": 5},
        xgboost.DMatrix(frame, left, enable_categorical=True),
        100,
    )
    model = stayput.Model.from_xgboost(booster)
    proto = exported(model)
    foreign.same_bits(model.margins(rows), in_onnx.margin(proto, rows))


def test_the_graph_is_what_counts():
    frame, labels = foreign.made_up(np.random.default_rng(4), 500)
    frame = frame[["wide", "grid", "share", "paying"]]
    booster = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(frame, labels), 10)
    model = stayput.Model.from_xgboost(booster)
    proto, rows = exported(model), foreign.matrix(frame)
    # The graph says another thing than the model in the metadata: a leaf was altered.
    trees = next(node for node in proto.graph.node if node.op_type == "TreeEnsemble")
    weights = next(each for each in trees.attribute if each.name == "leaf_weights").t
    numbers = np.frombuffer(weights.raw_data, np.float32) * 2
    weights.raw_data = numbers.tobytes()
    read = stayput.Model.from_onnx(proto.SerializeToString())
    assert (read.algorithm, read.names) == ("onnx", model.names)
    foreign.same_bits(read.margins(rows), 2 * model.margins(rows))
    # Without that model, the graph alone gives the same trees.
    proto = exported(model)
    del proto.metadata_props[1]
    read = stayput.Model.from_onnx(proto.SerializeToString())
    assert read.names == model.names
    foreign.same_bits(read.predict_proba(rows), model.predict_proba(rows))
