"""Stayput: an embeddable customer-retention engine.

One Rust core turns a customer's event history into features, a health score, a churn probability
and a decision on what to do next, with the same bits in Python, Node and the browser.
"""

from . import _pickling  # noqa: F401
from ._errors import (
    ArgumentError,
    BundleError,
    ModelError,
    PlaybookError,
    StateError,
    StayputError,
    TableError,
    UnsupportedError,
)
from ._native import (
    Bundle,
    Engine,
    Explanation,
    Model,
    Playbook,
    Simulation,
    Table,
    TrainingSet,
    compare,
    cross_validate,
    describe,
    simulate,
    table,
    train,
)

__all__ = [
    "ArgumentError",
    "Bundle",
    "BundleError",
    "Engine",
    "Explanation",
    "Model",
    "ModelError",
    "Playbook",
    "PlaybookError",
    "Simulation",
    "StateError",
    "StayputError",
    "Table",
    "TableError",
    "TrainingSet",
    "UnsupportedError",
    "compare",
    "cross_validate",
    "describe",
    "simulate",
    "table",
    "train",
]
