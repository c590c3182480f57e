"""Stayput: an embeddable customer-retention engine.

One Rust core turns a customer's event history into features, a health score, a churn probability
and a decision on what to do next, with the same bits in Python, Node and the browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    Bandit,
    Bundle,
    Engine,
    Explanation,
    Model,
    Playbook,
    Search,
    Simulation,
    Study,
    Table,
    TrainingSet,
    cohorts,
    compare,
    cross_validate,
    describe,
    experiment,
    fit_health,
    off_policy,
    power_analysis,
    sample_ratio,
    sequential,
    simulate,
    table,
    train,
    tune,
    validate_health,
)

if TYPE_CHECKING:
    from ._classifier import ChurnClassifier

__all__ = [
    "ArgumentError",
    "Bandit",
    "Bundle",
    "BundleError",
    "ChurnClassifier",
    "Engine",
    "Explanation",
    "Model",
    "ModelError",
    "Playbook",
    "PlaybookError",
    "Search",
    "Simulation",
    "StateError",
    "StayputError",
    "Study",
    "Table",
    "TableError",
    "TrainingSet",
    "UnsupportedError",
    "cohorts",
    "compare",
    "cross_validate",
    "describe",
    "experiment",
    "fit_health",
    "off_policy",
    "power_analysis",
    "sample_ratio",
    "sequential",
    "simulate",
    "table",
    "train",
    "tune",
    "validate_health",
]


def __getattr__(name: str) -> Any:
    """``ChurnClassifier``, which needs scikit-learn: it is imported when it is first named."""
    if name != "ChurnClassifier":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ._classifier import ChurnClassifier

    return ChurnClassifier
