"""Reads the arrays off models of scikit-learn, for the core to make a forest or a linear model of.

Only attributes are read and nothing of scikit-learn is imported, so that any version will do that
has them: 1.3 and newer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ._errors import of_family

_FORESTS = {"RandomForestClassifier", "ExtraTreesClassifier"}
_TREES = {"DecisionTreeClassifier", "ExtraTreeClassifier"}
_LINEAR = {"LogisticRegression", "LogisticRegressionCV"}
_SCALERS = {"StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler"}


def read(estimator: Any) -> dict[str, Any]:
    """The parts of a fitted estimator: ``columns``, and ``trees`` or ``linear``."""
    scalers, model = [], estimator
    if type(estimator).__name__ == "Pipeline":
        steps = [step for _, step in estimator.steps if step is not None and step != "passthrough"]
        *scalers, model = steps or [None]
    kind = type(model).__name__
    if not type(model).__module__.startswith("sklearn."):
        raise _argument(f"expected a model of scikit-learn; found `{kind}`")
    if scalers and kind not in _LINEAR:
        raise _unsupported(f"a pipeline ends in logistic regression; this one in `{kind}`")
    readers: dict[str, Callable[[Any, dict[str, Any]], dict[str, Any]]] = {
        "GradientBoostingClassifier": _boosting,
        "HistGradientBoostingClassifier": _histogram_boosting,
    }
    readers |= {name: _forest for name in _FORESTS} | {name: _tree for name in _TREES}
    if kind not in readers and kind not in _LINEAR:
        known = ", ".join(f"`{name}`" for name in sorted({*readers, *_LINEAR}))
        raise _unsupported(f"`{kind}` is not read; these are: {known}")
    if not hasattr(model, "classes_"):
        raise _argument(f"`{kind}` is not fitted")
    if getattr(model, "n_outputs_", 1) != 1 or len(model.classes_) != 2:
        raise _unsupported(f"`{kind}` has {len(model.classes_)} classes; a churn model has two")
    names = getattr((scalers or [model])[0], "feature_names_in_", None)
    columns = {
        "count": int(model.n_features_in_),
        "names": [] if names is None else [str(name) for name in names],
        "categories": [],
        "gains": _floats(getattr(model, "feature_importances_", [])),
    }
    parts: dict[str, Any] = {"columns": columns}
    if kind in _LINEAR:
        parts["linear"] = _linear(model, scalers)
    else:
        parts["trees"] = readers[kind](model, columns)
    return parts


def _argument(message: str) -> Exception:
    return of_family("argument", f"argument `estimator`: {message}", "argument", "estimator", None)


def _unsupported(message: str) -> Exception:
    return of_family("unsupported", f"scikit-learn model: {message}", "unsupported", None, None)


def _floats(values: Any) -> np.ndarray:
    return np.ascontiguousarray(values, np.float64).ravel()


def _linear(model: Any, scalers: list[Any]) -> dict[str, Any]:
    if getattr(model, "multi_class", None) == "multinomial":
        raise _unsupported("`LogisticRegression` with `multi_class=\"multinomial\"`")
    width = model.n_features_in_
    mean, scale = np.zeros(width), np.ones(width)
    for scaler in scalers:
        less, by = _scaler(scaler, width)
        # ((x − mean) / scale − less) / by, as one step.
        mean, scale = mean + scale * less, scale * by
    intercept = float(np.ravel(model.intercept_)[0])
    return {
        "weights": _floats(model.coef_[0]),
        "intercept": intercept,
        "mean": _floats(mean),
        "scale": _floats(scale),
    }


def _scaler(scaler: Any, width: int) -> tuple[Any, Any]:
    """What a scaler takes off each column, and what it then divides by."""
    kind, none = type(scaler).__name__, (np.zeros(width), np.ones(width))
    if kind not in _SCALERS:
        known = ", ".join(f"`{name}`" for name in sorted(_SCALERS))
        raise _unsupported(f"`{kind}` before a model is not read; these are: {known}")
    if getattr(scaler, "clip", False):
        raise _unsupported(f"`{kind}` with `clip`")
    if kind == "MinMaxScaler":
        return -scaler.min_ / scaler.scale_, 1 / scaler.scale_
    less = getattr(scaler, "mean_" if kind == "StandardScaler" else "center_", None)
    if kind == "StandardScaler" and not scaler.with_mean:
        less = None
    by = scaler.scale_
    return none[0] if less is None else less, none[1] if by is None else by


def _join(trees: list[Any], value: Any, **more: Any) -> dict[str, Any]:
    """The arrays of scikit-learn's trees, one after the other; ``value`` gives a tree's leaves."""
    counts = [tree.node_count for tree in trees]
    every = lambda name, kind: np.concatenate([getattr(tree, name) for tree in trees]).astype(kind)
    missing = all(hasattr(tree, "missing_go_to_left") for tree in trees)
    return {
        "roots": np.cumsum([0, *counts[:-1]]).astype(np.uint64),
        "left": every("children_left", np.int64),
        "right": every("children_right", np.int64),
        "feature": every("feature", np.int64),
        "threshold": every("threshold", np.float64),
        "value": _floats(np.concatenate([value(tree) for tree in trees])),
        "cover": every("weighted_n_node_samples", np.float64),
        "missing_left": every("missing_go_to_left", np.bool_) if missing else np.zeros(0, np.bool_),
        "sets": [],
        "base": 0.0,
        "link": "identity",
        "slope": 1.0,
        "single": True,
    } | more


def _shares(count: int) -> Any:
    """The share of the second class among the rows of each node, for one of ``count`` trees."""
    return lambda tree: tree.value[:, 0, 1] / tree.value[:, 0, :].sum(axis=1) / count


def _tree(model: Any, _: Any) -> dict[str, Any]:
    return _join([model.tree_], _shares(1))


def _forest(model: Any, _: Any) -> dict[str, Any]:
    trees = [tree.tree_ for tree in model.estimators_]
    return _join(trees, _shares(len(trees)))


def _boosting(model: Any, _: Any) -> dict[str, Any]:
    if model.init not in (None, "zero"):
        raise _unsupported("`GradientBoostingClassifier` with an `init` of its own")
    start = model._raw_predict_init(np.zeros((1, model.n_features_in_), np.float32))
    trees = [tree.tree_ for tree in model.estimators_[:, 0]]
    return _join(
        trees,
        lambda tree: model.learning_rate * tree.value[:, 0, 0],
        base=float(start[0, 0]),
        link="logistic",
        slope=2.0 if model.loss == "exponential" else 1.0,
    )


def _histogram_boosting(model: Any, columns: dict[str, Any]) -> dict[str, Any]:
    predictors = [row[0] for row in model._predictors]
    nodes = [predictor.nodes for predictor in predictors]
    every = np.concatenate(nodes)
    order = np.arange(model.n_features_in_)
    gains = np.zeros(len(order))
    flags = model.is_categorical_
    known: list[set[int]] = []
    if flags is not None and np.any(flags):
        # Categories come first where the estimator encodes them itself.
        order = np.concatenate([np.flatnonzero(flags), np.flatnonzero(~np.asarray(flags))])
        encoder = model._preprocessor.named_transformers_["encoder"]
        for at, names in enumerate(encoder.categories_):
            names = [_name(name) for name in names if name == name and name is not None]
            columns["categories"].append((int(order[at]), names))
        bitsets, places = model._bin_mapper.make_known_categories_bitsets()
        known = [_codes(bitsets[places[at]]) for at in range(len(encoder.categories_))]
    feature = order[every["feature_idx"]] if len(order) else every["feature_idx"]
    splits = every["is_leaf"] == 0
    np.add.at(gains, feature[splits], np.maximum(every["gain"][splits], 0))
    columns["gains"] = gains
    sets: list[tuple[int, list[int]]] = []
    first = 0
    for predictor in predictors:
        asks = predictor.nodes["is_categorical"] & (predictor.nodes["is_leaf"] == 0)
        for at in map(int, np.flatnonzero(asks)):
            node = predictor.nodes[at]
            left = _codes(predictor.raw_left_cat_bitsets[node["bitset_idx"]])
            if node["missing_go_to_left"]:
                # A name that training did not see is missing to the library.
                place = int(node["feature_idx"])
                left |= set(range(len(columns["categories"][place][1]))) - known[place]
            sets.append((first + at, sorted(left)))
        first += len(predictor.nodes)
    leaf = every["is_leaf"] != 0
    return {
        "roots": np.cumsum([0, *map(len, nodes[:-1])]).astype(np.uint64),
        "left": np.where(leaf, -1, every["left"].astype(np.int64)),
        "right": np.where(leaf, -1, every["right"].astype(np.int64)),
        "feature": feature.astype(np.int64),
        "threshold": _floats(every["num_threshold"]),
        "value": _floats(every["value"]),
        "cover": _floats(every["count"]),
        "missing_left": every["missing_go_to_left"] != 0,
        "sets": sets,
        "base": float(np.ravel(model._baseline_prediction)[0]),
        "link": "logistic",
        "slope": 1.0,
        "single": False,
    }


def _codes(words: Any) -> set[int]:
    """The numbers of the bits that are set in words of 32 bits."""
    places = ((at, bit) for at in range(len(words)) for bit in range(32))
    return {32 * at + bit for at, bit in places if int(words[at]) >> bit & 1}


def _name(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
