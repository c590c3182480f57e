"""Models of other libraries, as the bytes of a file that the importers read."""

from __future__ import annotations

import json
import os
import pathlib
import tempfile
from typing import Any

from ._errors import of_family


def source(library: str, model: Any) -> bytes:
    """The bytes of a model of ``library``: of a path, of bytes, or of that library's object."""
    if isinstance(model, (bytes, bytearray, memoryview)):
        return bytes(model)
    if isinstance(model, (str, os.PathLike)):
        try:
            return pathlib.Path(model).read_bytes()
        except (OSError, ValueError) as error:
            message = f"file `{os.fspath(model)}`: cannot be read: {error}"
            raise of_family("argument", message, "file", os.fspath(model), None) from None
    try:
        return _WRITERS[library](model)
    except (AttributeError, TypeError) as error:
        message = f"argument `source`: expected a path, bytes or a model of {library}: {error}"
        raise of_family("argument", message, "argument", "source", None) from None


def _xgboost(model: Any) -> bytes:
    if not hasattr(model, "get_booster"):
        return bytes(model.save_raw("ubj"))
    booster, best = model.get_booster(), getattr(model, "best_iteration", None)
    if best is None:
        return bytes(booster.save_raw("ubj"))
    # What the estimator predicts with: after early stopping, the best iteration. To slice the
    # booster would lose the names of categories.
    file = json.loads(booster.save_raw("json"))
    trees = file["learner"]["gradient_booster"]
    trees = trees.get("gbtree", trees)["model"]
    parallel = int(trees["gbtree_model_param"].get("num_parallel_tree", 1))
    del trees["trees"][(best + 1) * parallel :]
    return json.dumps(file).encode()


def _lightgbm(model: Any) -> bytes:
    text: str = getattr(model, "booster_", model).model_to_string()
    return text.encode()


def _catboost(model: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "model.json")
        model.save_model(str(path), format="json")
        return path.read_bytes()


def _onnx(model: Any) -> bytes:
    return bytes(model.SerializeToString())


_WRITERS = {
    "xgboost": _xgboost,
    "lightgbm": _lightgbm,
    "catboost": _catboost,
    "onnx": _onnx,
}
