"""Models in ONNX predict here what ONNX Runtime predicts with them."""

import catboost
import foreign
import in_onnx
import lightgbm
import numpy as np
import onnx
import pandas as pd
import pytest
import stayput
import xgboost
from onnx import TensorProto, helper
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as Floats
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

# A logistic function in single precision, computed in two ways.
SINGLE = 2e-7


def same(proto, rows, **how):
    """Holds margins to the bit, and probabilities to single precision, against ONNX Runtime."""
    model = stayput.Model.from_onnx(proto, **how)
    foreign.same_bits(model.margins(rows), in_onnx.margin(proto, rows))
    ours, theirs = model.predict_proba(rows), in_onnx.probability(proto, rows)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=SINGLE)
    return model


def in_numbers(frame):
    return in_onnx.singles(foreign.matrix(frame))


def test_real_customers():
    frame, left = foreign.telco()
    rows = in_numbers(frame)
    kind = [("rows", Floats([None, rows.shape[1]]))]
    trees = lightgbm.LGBMClassifier(n_estimators=100, verbose=-1).fit(rows, left)
    for zipmap in [False, True]:
        same(convert_lightgbm(trees, initial_types=kind, zipmap=zipmap), rows)
    trees = xgboost.XGBClassifier(n_estimators=100, max_depth=5).fit(rows, left)
    same(convert_xgboost(trees, initial_types=kind), rows)
    forest = RandomForestClassifier(60, random_state=1).fit(rows, left)
    same(to_onnx(forest, rows[:1].astype(np.float32)), rows)


@pytest.mark.parametrize("seed", range(8))
def test_random_trees_of_boosting_libraries(seed, tmp_path):
    rng = np.random.default_rng(seed)
    frame, labels = foreign.made_up(rng, int(rng.integers(100, 1000)))
    unseen, _ = foreign.made_up(rng, 1000)
    rows, other = in_numbers(frame), in_numbers(unseen)
    kind = [("rows", Floats([None, rows.shape[1]]))]
    rounds, depth = int(rng.integers(1, 40)), int(rng.integers(1, 8))
    trees = xgboost.XGBClassifier(n_estimators=rounds, max_depth=depth).fit(rows, labels)
    same(convert_xgboost(trees, initial_types=kind), other)
    numbers, codes = frame.columns[:4], {4: ["free", "basic", "pro"], 5: foreign.CATEGORIES}
    trees = lightgbm.LGBMClassifier(n_estimators=rounds, max_depth=depth, cat_smooth=1, verbose=-1)
    trees.fit(rows, labels, categorical_feature=list(codes))
    kinds = dict.fromkeys(numbers, "number") | {"plan": codes[4], "city": codes[5]}
    proto = convert_lightgbm(trees, initial_types=kind, zipmap=False)
    asked = any(b"BRANCH_EQ" in each.strings for each in proto.graph.node[0].attribute)
    same(proto, other, features=kinds if asked else None)
    trees = catboost.CatBoostClassifier(
        iterations=rounds, depth=depth, verbose=0, allow_writing_files=False
    )
    trees.fit(rows, labels)
    trees.save_model(str(tmp_path / "model.onnx"), format="onnx")
    # CatBoost has no missing values in ONNX.
    same(onnx.load(tmp_path / "model.onnx"), np.nan_to_num(other))
    path = stayput.Model.from_onnx(tmp_path / "model.onnx")
    assert path.algorithm == "onnx"


def test_a_hinge_has_sides_and_no_probability():
    frame, labels = foreign.made_up(np.random.default_rng(3), 400)
    rows = in_numbers(frame)
    trees = xgboost.XGBClassifier(n_estimators=10, objective="binary:hinge").fit(rows, labels)
    proto = convert_xgboost(trees, initial_types=[("rows", Floats([None, 6]))])
    model = same(proto, rows)
    assert set(model.predict_proba(rows)) <= {0.0, 1.0}


FORESTS = [
    RandomForestClassifier(40, max_depth=6, random_state=1),
    ExtraTreesClassifier(20, random_state=1),
    DecisionTreeClassifier(max_depth=5),
    GradientBoostingClassifier(n_estimators=30),
    make_pipeline(StandardScaler(), RandomForestClassifier(20, random_state=1)),
    make_pipeline(SimpleImputer(), RobustScaler(), GradientBoostingClassifier()),
    make_pipeline(SimpleImputer(strategy="median"), MinMaxScaler(), ExtraTreesClassifier(9)),
]


@pytest.mark.parametrize("estimator", FORESTS, ids=lambda each: str(each)[:60])
def test_forests_of_scikit_learn(estimator):
    rng = np.random.default_rng(2)
    frame, labels = foreign.made_up(rng, 600)
    unseen, _ = foreign.made_up(rng, 1500)
    rows, other = in_numbers(frame), in_numbers(unseen)
    imputes = "imputer" in str(estimator).lower()
    if not imputes:
        rows, other = np.nan_to_num(rows), np.nan_to_num(other)
    estimator.fit(rows, labels)
    same(to_onnx(estimator, rows[:1].astype(np.float32)), other)


LINEAR = [
    (LogisticRegression(), None),
    (LogisticRegression(), {"zipmap": False}),
    (LogisticRegression(), {"zipmap": "columns"}),
    (make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()), None),
    (make_pipeline(MinMaxScaler(), LogisticRegression()), None),
    (make_pipeline(MaxAbsScaler(), RobustScaler(), LogisticRegression()), None),
    (make_pipeline(StandardScaler(), SGDClassifier(loss="log_loss", random_state=1)), None),
]


@pytest.mark.parametrize(("estimator", "options"), LINEAR, ids=lambda each: str(each)[:60])
def test_linear_models_of_scikit_learn(estimator, options):
    rng = np.random.default_rng(2)
    frame, labels = foreign.made_up(rng, 600)
    rows = in_numbers(frame[["grid", "share", "paying"]])
    if "imputer" not in str(estimator).lower():
        rows = np.nan_to_num(rows)
    estimator.fit(rows, labels)
    proto = to_onnx(estimator, rows[:1].astype(np.float32), options=options)
    model = stayput.Model.from_onnx(proto)
    ours, theirs = model.predict_proba(rows), in_onnx.probability(proto, rows)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
    np.testing.assert_allclose(ours, estimator.predict_proba(rows)[:, 1], rtol=0, atol=1e-5)


def test_double_precision_is_kept():
    rng = np.random.default_rng(2)
    frame, labels = foreign.made_up(rng, 600, missing=False)
    rows = foreign.matrix(frame[["grid", "share", "paying"]])
    estimator = LogisticRegression().fit(rows, labels)
    proto = to_onnx(estimator, rows[:1], options={"zipmap": False})
    ours = stayput.Model.from_onnx(proto).predict_proba(rows)
    foreign.close(ours, in_onnx.probability(proto, rows))


def test_a_pipeline_of_named_columns_and_categories():
    frame, labels = foreign.made_up(np.random.default_rng(4), 500)
    numbers = ["wide", "grid", "share", "paying"]
    frame = frame[[*numbers, "plan"]].copy()
    frame[numbers] = frame[numbers].astype(np.float32)
    frame["plan"] = frame["plan"].astype(object).fillna("free")
    for model in [LogisticRegression(), RandomForestClassifier(10, random_state=1)]:
        encode = make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
            (OneHotEncoder(handle_unknown="ignore"), ["plan"]),
        )
        pipeline = make_pipeline(encode, model).fit(frame, labels)
        kinds = [(name, FloatTensorType([None, 1])) for name in numbers]
        proto = to_onnx(pipeline, initial_types=[*kinds, ("plan", StringTensorType([None, 1]))])
        ours = stayput.Model.from_onnx(proto)
        assert ours.names == [*numbers, "plan"]
        inputs = {name: frame[[name]].to_numpy() for name in numbers}
        inputs["plan"] = frame[["plan"]].to_numpy()
        names = ["basic", "free", "pro"]
        frame_of_codes = frame.assign(plan=[names.index(plan) for plan in frame["plan"]])
        found = ours.predict_proba(frame_of_codes.to_numpy(float))
        theirs = in_onnx.probability(proto, inputs)
        np.testing.assert_allclose(found, theirs, rtol=0, atol=1e-5)


MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]


def random_trees(rng, mixed):
    """Trees of all modes: features 0 to 2 are numbers, 3 is looked up among six codes."""
    trees = []
    for _ in range(int(rng.integers(1, 12))):
        tree, open_nodes = [], [0]
        tree.append(None)
        while open_nodes:
            at = open_nodes.pop(0)
            if len(tree) > 20 or (at and rng.random() < 0.3):
                low = -1 if mixed else 0
                tree[at] = ("LEAF", float(np.float32(rng.uniform(low, 1))))
                continue
            feature = int(rng.integers(0, 4))
            mode = MODES[int(rng.integers(4, 6) if feature == 3 else rng.integers(0, 4))]
            value = float(rng.integers(0, 6) if feature == 3 else rng.integers(-3, 4))
            yes, no = len(tree), len(tree) + 1
            tree += [None, None]
            tree[at] = (mode, feature, value, int(rng.random() < 0.5), yes, no)
            open_nodes += [yes, no]
        trees.append(tree)
    return trees


def in_version_3(trees, kind, classifier, base):
    """The trees as a TreeEnsembleClassifier or TreeEnsembleRegressor."""
    lists = {
        name: []
        for name in "treeids nodeids modes featureids values missing true false".split()
    }
    leaves = []
    for number, tree in enumerate(trees):
        for at, node in enumerate(tree):
            mode, feature, value, missing, yes, no = (
                (*node[:1], 0, 0.0, 0, 0, 0) if node[0] == "LEAF" else node
            )
            row = [number, at, mode, feature, value, missing, yes, no]
            for entries, entry in zip(lists.values(), row):
                entries.append(entry)
            if node[0] == "LEAF":
                leaves.append((number, at, node[1]))
    single = kind == TensorProto.FLOAT
    of = "class" if classifier else "target"

    def numbers(name, values):
        if single:
            return {name: values}
        return {f"{name}_as_tensor": helper.make_tensor(name, kind, [len(values)], values)}

    attributes = {
        "nodes_treeids": lists["treeids"],
        "nodes_nodeids": lists["nodeids"],
        "nodes_modes": lists["modes"],
        "nodes_featureids": lists["featureids"],
        "nodes_missing_value_tracks_true": lists["missing"],
        "nodes_truenodeids": lists["true"],
        "nodes_falsenodeids": lists["false"],
        f"{of}_treeids": [tree for tree, _, _ in leaves],
        f"{of}_nodeids": [at for _, at, _ in leaves],
        f"{of}_ids": [0] * len(leaves),
        "post_transform": "LOGISTIC",
        **numbers("nodes_values", lists["values"]),
        **numbers(f"{of}_weights", [value for _, _, value in leaves]),
    }
    if base is not None:
        attributes |= numbers("base_values", [base])
    if classifier:
        attributes["classlabels_int64s"] = [0, 1]
    else:
        attributes["n_targets"] = 1
    op = "TreeEnsembleClassifier" if classifier else "TreeEnsembleRegressor"
    outputs = ["label", "scores"] if classifier else ["scores"]
    node = helper.make_node(op, ["rows"], outputs, domain="ai.onnx.ml", **attributes)
    return in_a_graph(node, kind, 3, TensorProto.FLOAT, 1 + classifier)


def in_a_graph(node, kind, version, output, width=1):
    rows = helper.make_tensor_value_info("rows", kind, [None, 4])
    scores = helper.make_tensor_value_info("scores", output, [None, width])
    graph = helper.make_graph([node], "trees", [rows], [scores])
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", version)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def in_version_5(trees, kind, members):
    """The trees as a TreeEnsemble; where they look a code up, it may be one of several."""
    splits, leaves, sets = [], [], []
    roots = []
    for tree in trees:
        inner = {at: i for i, at in enumerate(a for a, n in enumerate(tree) if n[0] != "LEAF")}
        first, first_leaf = len(splits), len(leaves)
        outer = {at: i for i, at in enumerate(a for a, n in enumerate(tree) if n[0] == "LEAF")}
        roots.append(first)
        for node in tree:
            if node[0] == "LEAF":
                leaves.append(node[1])
                continue
            mode, feature, value, missing, yes, no = node
            children = []
            for child in (yes, no):
                leaf = child in outer
                children += [(outer if leaf else inner)[child] + (first_leaf if leaf else first)]
                children.append(int(leaf))
            number = MODES.index(mode)
            if mode == "BRANCH_EQ" and members:
                number = 6
                sets += [value, float((int(value) + 2) % 6), np.nan]
            splits.append([feature, number, value, missing, *children])
    columns = [list(column) for column in zip(*splits)]
    attributes = {
        "aggregate_function": 1,
        "leaf_targetids": [0] * len(leaves),
        "leaf_weights": helper.make_tensor("w", kind, [len(leaves)], leaves),
        "n_targets": 1,
        "nodes_featureids": columns[0],
        "nodes_modes": helper.make_tensor("m", TensorProto.UINT8, [len(splits)], columns[1]),
        "nodes_splits": helper.make_tensor("s", kind, [len(splits)], columns[2]),
        "nodes_missing_value_tracks_true": columns[3],
        "nodes_truenodeids": columns[4],
        "nodes_trueleafs": columns[5],
        "nodes_falsenodeids": columns[6],
        "nodes_falseleafs": columns[7],
        "post_transform": 2,
        "tree_roots": roots,
    }
    if sets:
        attributes["membership_values"] = helper.make_tensor("v", kind, [len(sets)], sets)
    node = helper.make_node("TreeEnsemble", ["rows"], ["scores"], domain="ai.onnx.ml", **attributes)
    return in_a_graph(node, kind, 5, kind)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.DOUBLE], ids=["f32", "f64"])
@pytest.mark.parametrize("form", ["classifier", "regressor", "placed", "members"])
@pytest.mark.parametrize("seed", range(6))
def test_all_modes_of_nodes(seed, form, kind):
    rng = np.random.default_rng(seed)
    trees = random_trees(rng, mixed=True)
    if form in ("classifier", "regressor"):
        base = [None, 0.25, -0.125][seed % 3]
        proto = in_version_3(trees, kind, form == "classifier", base)
    else:
        proto = in_version_5(trees, kind, form == "members")
    onnx.checker.check_model(proto, full_check=True)
    rows = rng.integers(-4, 5, (800, 4)).astype(float)
    rows[:, 3] = rng.integers(0, 6, 800)
    rows[:, :3] += rng.choice([0.0, 0.0, 1e-7, -1e-7], (800, 3))
    rows[rng.random((800, 4)) < 0.1] = np.nan
    if kind == TensorProto.FLOAT:
        rows = in_onnx.singles(rows)
    looked_up = any(node[0] in MODES[4:] for tree in trees for node in tree)
    names = {"a": "number", "b": "number", "c": "number"}
    names["d"] = list("uvwxyz") if looked_up else "number"
    model = stayput.Model.from_onnx(proto, features=names)
    theirs = in_onnx.probability(proto, rows)
    if form != "classifier":
        # A regressor of one target gives the margin, though the file asks for a probability.
        if kind == TensorProto.FLOAT:
            foreign.same_bits(model.margins(rows), theirs)
        elif form != "regressor":
            foreign.same_bits(model.margins(rows), theirs)
        theirs = 1 / (1 + np.exp(-theirs))
    np.testing.assert_allclose(model.predict_proba(rows), theirs, rtol=0, atol=SINGLE)


def test_what_is_not_read_is_said():
    frame, labels = foreign.made_up(np.random.default_rng(5), 200, missing=False)
    rows = foreign.matrix(frame[["grid", "share"]]).astype(np.float32)
    three = (rows[:, 0] > 0).astype(int) + (rows[:, 0] > 1)
    for estimator, truth, message in [
        (BaggingClassifier(n_estimators=2), labels, "operator `Concat` puts rows together"),
        (LinearSVC(), labels, "no logistic function"),
        (make_pipeline(Normalizer(), LogisticRegression()), labels, "operator `Normalizer` is not"),
        (RandomForestClassifier(2), three, "has 3 classes"),
    ]:
        proto = to_onnx(estimator.fit(rows, truth), rows[:1])
        with pytest.raises(stayput.UnsupportedError, match=message):
            stayput.Model.from_onnx(proto)
    proto = to_onnx(RandomForestClassifier(2).fit(rows, labels), rows[:1])
    for source, message in [
        (b"\xff\xff\xff", "ONNX model"),
        (proto.SerializeToString()[:-40], "ONNX model"),
        (b"", "has no graph"),
    ]:
        with pytest.raises(stayput.ModelError, match=message) as refused:
            stayput.Model.from_onnx(source)
        assert refused.value.code == "model_format"
    with pytest.raises(stayput.ArgumentError, match="expected a path, bytes or a model of onnx"):
        stayput.Model.from_onnx(3)


def test_names_are_given_or_made_up():
    frame, labels = foreign.made_up(np.random.default_rng(6), 200, missing=False)
    rows = foreign.matrix(frame[["grid", "share"]]).astype(np.float32)
    proto = to_onnx(RandomForestClassifier(2).fit(rows, labels), rows[:1])
    assert stayput.Model.from_onnx(proto).names == ["f0", "f1"]
    assert stayput.Model.from_onnx(proto, features=["a", "b"]).names == ["a", "b"]
    assert pd.Series(stayput.Model.from_onnx(proto).predict_proba(rows)).between(0, 1).all()
